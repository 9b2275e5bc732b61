//! The multiply-add peak of one core: what a matrix product is measured against.
//!
//! The loop holds as many vectors as registers allow, touches no memory in its steady state that is not in the
//! nearest cache, and chains nothing but the additions, so it is bound by the arithmetic units alone.

use super::real::Real;
use super::simd::Vector;

/// Runs `iterations` rounds of 12 vector multiplications and additions in `f32`; returns the number of floating-point operations done.
#[must_use]
pub fn peak_f32(iterations: usize) -> f64 {
    peak::<f32>(iterations)
}

/// [`peak_f32`] in `f64`.
#[must_use]
pub fn peak_f64(iterations: usize) -> f64 {
    peak::<f64>(iterations)
}

#[inline(always)]
fn peak<T: Real>(iterations: usize) -> f64 {
    type V<T> = <T as Real>::Vector;
    let m = std::hint::black_box(V::<T>::splat(T::from_f64(0.75)));
    let c = std::hint::black_box(V::<T>::splat(T::from_f64(0.25)));
    macro_rules! run {
        ($($x:ident)+) => {
            $(let mut $x = std::hint::black_box(c);)+
            for _ in 0..iterations { $($x = $x.mul(m).add(c);)+ }
            $(std::hint::black_box($x);)+
        };
    }
    run!(a b d e f g h i j k l n);
    (iterations * 12 * 2 * V::<T>::LANES) as f64
}

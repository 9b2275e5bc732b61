//! The multiply-add peak of one core: what a matrix product is measured against.
//!
//! As many multiplications as additions, on 14 accumulators that know nothing of each other: no memory, no chain from
//! a product into a sum. A product of matrices has no such chain either; a loop of `x = x * m + c` does, and where
//! units outnumber what 12 of these chains can feed (three for 128-bit arithmetic on Intel's Golden Cove: 8 cycles of
//! latency) it reads a tenth less than a matrix product.

use super::real::Real;
use super::simd::Vector;

/// Runs `iterations` rounds of 7 vector multiplications and 7 additions; returns the number of floating-point operations
/// done.
#[inline(never)]
#[must_use]
pub fn peak<T: Real>(iterations: usize) -> f64 {
    type V<T> = <T as Real>::Vector;
    // 1 keeps products where they are and sums normal; with 14 accumulators it takes the 15 registers that there are
    let one = std::hint::black_box(V::<T>::splat(T::ONE));
    macro_rules! run {
        ($($product:ident $sum:ident)+) => {
            // hidden one by one, or equal accumulators would be merged
            $(let (mut $product, mut $sum) = std::hint::black_box((one, one));)+
            for _ in 0..iterations { $($product = $product.mul(one); $sum = $sum.add(one);)+ }
            $(std::hint::black_box(($product, $sum));)+
        };
    }
    run!(a b c d e f g h i j k l m n);
    (iterations * 14 * V::<T>::LANES) as f64
}

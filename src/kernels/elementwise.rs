//! Arithmetic on slices of one length, element by element. What trainings do most is written in vectors, several to a turn of
//! the loop; the rest are plain loops, of which the compiler makes vectors.
//!
//! NaN: arithmetic, [`max`] and [`min`] propagate it; every comparison with it is false, but for "not equal". Which
//! NaN bits are stored is not fixed: hashes read numbers by [`Real::canonical_bits`].

use super::Real;
use super::map::map;
use super::simd::Vector;

/// Writes `f(a[i], b[i])` to `y[i]`.
#[inline(always)]
fn zip<T: Real>(a: &[T], b: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    debug_assert!(a.len() == y.len() && b.len() == y.len());
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = f(a, b);
    }
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident = $f:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name<T: Real>(a: &[T], b: &[T], y: &mut [T]) {
            zip(a, b, y, $f);
        }
    )*};
}

/// Writes `vector` of each `N` elements to `y`, or `scalar` of those that fill no vector: the same function, in lanes and
/// for one number. A turn of the loop takes four vectors: counting and comparing, and the engine's look whether it is to
/// stop, cost as much as the work on one.
#[inline(always)]
fn lanes<T: Real, const N: usize>(
    x: [&[T]; N],
    y: &mut [T],
    vector: impl Fn([T::Vector; N]) -> T::Vector,
    scalar: impl Fn([T; N]) -> T,
) {
    let (lanes, len) = (T::Vector::LANES, y.len());
    assert!(x.iter().all(|x| x.len() == len), "operands of different lengths");
    let y = y.as_mut_ptr();
    let mut i = 0;
    // SAFETY: every element read or written is one of `len`.
    unsafe {
        if T::TRAINS {
            while i + 4 * lanes <= len {
                // all are read before the first is written
                let (a, b) = (vector(vectors(x, i)), vector(vectors(x, i + lanes)));
                let (c, d) = (vector(vectors(x, i + 2 * lanes)), vector(vectors(x, i + 3 * lanes)));
                a.store(y.add(i));
                b.store(y.add(i + lanes));
                c.store(y.add(i + 2 * lanes));
                d.store(y.add(i + 3 * lanes));
                i += 4 * lanes;
            }
        }
        while i + lanes <= len {
            vector(vectors(x, i)).store(y.add(i));
            i += lanes;
        }
        while i < len {
            *y.add(i) = scalar(x.map(|x| *x.as_ptr().add(i)));
            i += 1;
        }
    }
}

/// The vectors from element `i` of each slice on.
///
/// # Safety
/// They must exist.
#[inline(always)]
unsafe fn vectors<T: Real, const N: usize>(x: [&[T]; N], i: usize) -> [T::Vector; N] {
    // SAFETY: the caller's.
    x.map(
        #[inline(always)]
        |x| unsafe { T::Vector::load(x.as_ptr().add(i)) },
    )
}

/// `y = a + b`.
pub fn add<T: Real>(a: &[T], b: &[T], y: &mut [T]) {
    lanes(
        [a, b],
        y,
        #[inline(always)]
        |[a, b]| a.add(b),
        #[inline(always)]
        |[a, b]| a + b,
    );
}

/// `y = a - b`.
pub fn sub<T: Real>(a: &[T], b: &[T], y: &mut [T]) {
    lanes(
        [a, b],
        y,
        #[inline(always)]
        |[a, b]| a.sub(b),
        #[inline(always)]
        |[a, b]| a - b,
    );
}

/// `y = a * b`.
pub fn mul<T: Real>(a: &[T], b: &[T], y: &mut [T]) {
    lanes(
        [a, b],
        y,
        #[inline(always)]
        |[a, b]| a.mul(b),
        #[inline(always)]
        |[a, b]| a * b,
    );
}

/// 1 where `a > b`, else 0.
pub fn greater<T: Real>(a: &[T], b: &[T], y: &mut [T]) {
    let one = T::Vector::splat(T::ONE);
    lanes(
        [a, b],
        y,
        #[inline(always)]
        |[a, b]| b.less(a).and(one),
        #[inline(always)]
        |[a, b]| truth(a > b),
    );
}

/// `y = a` where `condition` is not 0 (NaN counts as not 0), else `b`; all of one length.
pub fn select<T: Real>(condition: &[T], a: &[T], b: &[T], y: &mut [T]) {
    let zero = T::Vector::splat(T::ZERO);
    lanes(
        [condition, a, b],
        y,
        #[inline(always)]
        |[c, a, b]| c.equal(zero).choose(b, a),
        #[inline(always)]
        |[c, a, b]| if c == T::ZERO { b } else { a },
    );
}

/// `y = max(x, 0)`; NaN stays, -0 becomes +0.
pub fn relu<T: Real>(x: &[T], y: &mut [T]) {
    let zero = T::Vector::splat(T::ZERO);
    lanes(
        [x],
        y,
        // the sum makes +0 of -0
        #[inline(always)]
        |[x]| x.at_least(zero).add(zero),
        #[inline(always)]
        |[x]| if x <= T::ZERO { T::ZERO } else { x },
    );
}

/// `ct` where `y > 0`, else 0.
pub fn relu_gradient<T: Real>(y: &[T], ct: &[T], dx: &mut [T]) {
    let zero = T::Vector::splat(T::ZERO);
    lanes(
        [y, ct],
        dx,
        #[inline(always)]
        |[y, ct]| zero.less(y).and(ct),
        #[inline(always)]
        |[y, ct]| if y > T::ZERO { ct } else { T::ZERO },
    );
}

/// `ct (1 - y y)`.
pub fn tanh_gradient<T: Real>(y: &[T], ct: &[T], dx: &mut [T]) {
    let one = T::Vector::splat(T::ONE);
    lanes(
        [y, ct],
        dx,
        #[inline(always)]
        |[y, ct]| ct.mul(one.sub(y.mul(y))),
        #[inline(always)]
        |[y, ct]| ct * (T::ONE - y * y),
    );
}

/// `ct (y (1 - y))`.
pub fn sigmoid_gradient<T: Real>(y: &[T], ct: &[T], dx: &mut [T]) {
    let one = T::Vector::splat(T::ONE);
    lanes(
        [y, ct],
        dx,
        #[inline(always)]
        |[y, ct]| ct.mul(y.mul(one.sub(y))),
        #[inline(always)]
        |[y, ct]| ct * (y * (T::ONE - y)),
    );
}

binary! {
    /// `y = a / b`.
    div = |a, b| a / b;
    /// `y = a^b`.
    pow = |a, b| a.pow(b);
    /// The larger of `a` and `b`, of equal ones (+0 and -0) the first; NaN if either is.
    max = larger;
    /// The smaller of `a` and `b`, of equal ones (+0 and -0) the first; NaN if either is.
    min = smaller;
    /// 1 where `a == b`, else 0.
    equal = |a, b| truth(a == b);
    /// 1 where `a != b`, also where one is NaN, else 0.
    not_equal = |a, b| truth(a != b);
    /// 1 where `a < b`, else 0.
    less = |a, b| truth(a < b);
    /// 1 where `a <= b`, else 0.
    less_or_equal = |a, b| truth(a <= b);
    /// 1 where `a >= b`, else 0.
    greater_or_equal = |a, b| truth(a >= b);
}

/// The larger of two numbers, of equal ones the first; NaN if either is.
#[inline(always)]
#[expect(
    clippy::eq_op,
    reason = "a comparison with itself is the NaN test that becomes one vector instruction"
)]
pub fn larger<T: Real>(a: T, b: T) -> T {
    if (b > a) | (b != b) { b } else { a }
}

/// The smaller of two numbers, of equal ones the first; NaN if either is.
#[inline(always)]
#[expect(
    clippy::eq_op,
    reason = "a comparison with itself is the NaN test that becomes one vector instruction"
)]
pub fn smaller<T: Real>(a: T, b: T) -> T {
    if (b < a) | (b != b) { b } else { a }
}

#[inline(always)]
fn truth<T: Real>(condition: bool) -> T {
    if condition { T::ONE } else { T::ZERO }
}

/// `y = x` above 0, else `slope * x`.
pub fn leaky_relu<T: Real>(slope: T, x: &[T], y: &mut [T]) {
    map(x, y, |x| if x > T::ZERO { x } else { slope * x });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::map::Elementary;
    use crate::kernels::test_util::{bits, both, sweep};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Kernels of two slices against functions of two numbers.
    macro_rules! check {
        ($($kernel:ident = $one:expr;)*) => {$(both!(T =>
            let one: fn(T, T) -> T = $one;
            sweep::<T, 2>(
                stringify!($kernel),
                |n| ([n, n], n),
                |_, [a, b], y| $kernel(a, b, y),
                |_, [a, b], y| (0..y.len()).for_each(|i| y[i] = one(a[i], b[i])),
            );
        );)*};
    }

    #[test]
    fn arithmetic_is_that_of_the_numbers() {
        check! {
            add = |a, b| a + b;
            sub = |a, b| a - b;
            mul = |a, b| a * b;
            div = |a, b| a / b;
            pow = |a, b| Elementary::pow(a, b);
        }
    }

    #[test]
    fn larger_and_smaller_keep_nan_and_the_first_of_equals() {
        check! {
            max = |a, b| if a.is_nan() || b.is_nan() { T::NAN } else if a < b { b } else { a };
            min = |a, b| if a.is_nan() || b.is_nan() { T::NAN } else if a > b { b } else { a };
        }
    }

    #[test]
    fn comparisons_are_numbers() {
        check! {
            equal = |a, b| T::from(u8::from(a == b));
            not_equal = |a, b| T::from(u8::from(a != b));
            less = |a, b| T::from(u8::from(a < b));
            less_or_equal = |a, b| T::from(u8::from(a <= b));
            greater = |a, b| T::from(u8::from(a > b));
            greater_or_equal = |a, b| T::from(u8::from(a >= b));
        }
    }

    #[test]
    fn select_takes_the_second_only_at_zero() {
        both!(T => sweep::<T, 3>(
            "select",
            |n| ([n; 3], n),
            |_, [c, a, b], y| select(c, a, b, y),
            |_, [c, a, b], y| (0..y.len()).for_each(|i| y[i] = if c[i] == 0.0 { b[i] } else { a[i] }),
        ););
    }

    #[test]
    fn rectifiers_let_pass_what_is_above_zero() {
        both!(T =>
            sweep::<T, 1>(
                "relu",
                |n| ([n], n),
                |_, [x], y| relu(x, y),
                |_, [x], y| (0..y.len()).for_each(|i| y[i] = if x[i] <= 0.0 { 0.0 } else { x[i] }),
            );
            sweep::<T, 1>(
                "leaky relu",
                |n| ([n], n),
                |_, [x], y| leaky_relu(0.3, x, y),
                |_, [x], y| (0..y.len()).for_each(|i| y[i] = if x[i] > 0.0 { x[i] } else { 0.3 * x[i] }),
            );
        );
        let mut y = [0.0; 3];
        relu(&[-0.0, f32::NAN, -1.0], &mut y);
        assert_eq!(bits(&y), bits(&[0.0, f32::NAN, 0.0]));
    }
}

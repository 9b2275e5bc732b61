//! Arithmetic on slices of one length, element by element. Plain loops: the compiler makes vectors of them.
//!
//! NaN: arithmetic, [`max`] and [`min`] propagate it; every comparison with it is false, but for "not equal". Which
//! NaN bits are stored is not fixed: hashes read numbers by [`Real::canonical_bits`].

use super::Real;
use super::map::map;

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

binary! {
    /// `y = a + b`.
    add = |a, b| a + b;
    /// `y = a - b`.
    sub = |a, b| a - b;
    /// `y = a * b`.
    mul = |a, b| a * b;
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
    /// 1 where `a > b`, else 0.
    greater = |a, b| truth(a > b);
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

/// `y = a` where `condition` is not 0 (NaN counts as not 0), else `b`; all of one length.
pub fn select<T: Real>(condition: &[T], a: &[T], b: &[T], y: &mut [T]) {
    debug_assert!([condition.len(), a.len(), b.len()] == [y.len(); 3]);
    for (((y, &c), &a), &b) in y.iter_mut().zip(condition).zip(a).zip(b) {
        *y = if c == T::ZERO { b } else { a };
    }
}

/// `y = max(x, 0)`; NaN stays, -0 becomes +0.
pub fn relu<T: Real>(x: &[T], y: &mut [T]) {
    map(x, y, |x| if x <= T::ZERO { T::ZERO } else { x });
}

/// `y = x` above 0, else `slope * x`.
pub fn leaky_relu<T: Real>(slope: T, x: &[T], y: &mut [T]) {
    map(x, y, |x| if x > T::ZERO { x } else { slope * x });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{bits, numbers};

    const SPECIAL: [f32; 8] = [0.0, -0.0, 1.5, -2.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-40];

    /// All pairs of special values.
    fn pairs() -> (Vec<f32>, Vec<f32>) {
        SPECIAL.iter().flat_map(|&a| SPECIAL.iter().map(move |&b| (a, b))).unzip()
    }

    fn check(kernel: fn(&[f32], &[f32], &mut [f32]), twin: fn(f32, f32) -> f32) {
        let (a, b) = pairs();
        let cases = (0..33).map(|n| (numbers(1, n), numbers(2, n))).chain([(a, b)]);
        for (a, b) in cases {
            let mut y = vec![0.0; a.len()];
            kernel(&a, &b, &mut y);
            let want: Vec<_> = a.iter().zip(&b).map(|(&a, &b)| twin(a, b)).collect();
            assert_eq!(bits(&y), bits(&want), "{a:?} {b:?}");
        }
    }

    #[test]
    fn arithmetic_is_that_of_the_numbers() {
        check(add, |a, b| a + b);
        check(sub, |a, b| a - b);
        check(mul, |a, b| a * b);
        check(div, |a, b| a / b);
        check(pow, libm::powf);
    }

    #[test]
    fn larger_and_smaller_keep_nan_and_the_first_of_equals() {
        check(max, |a, b| {
            if a.is_nan() || b.is_nan() {
                f32::NAN
            } else if a < b {
                b
            } else {
                a
            }
        });
        check(min, |a, b| {
            if a.is_nan() || b.is_nan() {
                f32::NAN
            } else if a > b {
                b
            } else {
                a
            }
        });
    }

    #[test]
    fn comparisons_are_numbers() {
        check(equal, |a, b| f32::from(u8::from(a == b)));
        check(not_equal, |a, b| f32::from(u8::from(a != b)));
        check(less, |a, b| f32::from(u8::from(a < b)));
        check(less_or_equal, |a, b| f32::from(u8::from(a <= b)));
        check(greater, |a, b| f32::from(u8::from(a > b)));
        check(greater_or_equal, |a, b| f32::from(u8::from(a >= b)));
    }

    #[test]
    fn select_takes_the_second_only_at_zero() {
        let mut y = [0.0; 4];
        select(&[0.0, -0.0, 1e-40, f32::NAN], &[1.0; 4], &[2.0; 4], &mut y);
        assert_eq!(y, [2.0, 2.0, 1.0, 1.0]);
    }

    #[test]
    fn rectifiers_at_special_values() {
        let mut y = [0.0; 8];
        relu(&SPECIAL, &mut y);
        let want = [0.0, 0.0, 1.5, 0.0, f32::INFINITY, 0.0, f32::NAN, 1e-40];
        assert_eq!(bits(&y), bits(&want));
        leaky_relu(0.5, &SPECIAL, &mut y);
        let want = [0.0, -0.0, 1.5, -1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-40];
        assert_eq!(bits(&y), bits(&want));
    }
}

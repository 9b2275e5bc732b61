//! Elementary functions of one variable, on slices and on single numbers.
//!
//! A single number and an element of a slice give the same bits, wherever the element lies.

use super::Real;
use super::transcendental::{F32, F64};

/// The elementary functions of a real type. `f_slice(x, y)` writes `f(x[i])` to `y[i]` for slices of one
/// length; `f_in_place(x)` overwrites.
pub trait Elementary: Copy + Sized {
    /// `e^x`.
    fn exp(self) -> Self;
    /// Natural logarithm; NaN below 0.
    fn log(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Logistic function `1 / (1 + e^-x)`, exact in both tails.
    fn sigmoid(self) -> Self;
    /// `e^x - 1`, exact near 0.
    fn expm1(self) -> Self;
    /// `log(1 + x)`, exact near 0.
    fn log1p(self) -> Self;
    /// The error function.
    fn erf(self) -> Self;
    /// Sine of radians.
    fn sin(self) -> Self;
    /// Cosine of radians.
    fn cos(self) -> Self;
    /// `1 / x`.
    fn reciprocal(self) -> Self;
    /// -1, 0 or 1 by the sign of x; 0 for both zeros; NaN for NaN.
    fn sign(self) -> Self;
    /// `log(1 + e^x)`, finite for every finite x.
    fn softplus(self) -> Self;
    /// `x^y`.
    fn pow(self, exponent: Self) -> Self;

    /// `e^x` of a slice.
    fn exp_slice(x: &[Self], y: &mut [Self]);
    /// `e^x` of a slice, in place.
    fn exp_in_place(x: &mut [Self]);
    /// Natural logarithm of a slice.
    fn log_slice(x: &[Self], y: &mut [Self]);
    /// Natural logarithm of a slice, in place.
    fn log_in_place(x: &mut [Self]);
    /// Hyperbolic tangent of a slice.
    fn tanh_slice(x: &[Self], y: &mut [Self]);
    /// Hyperbolic tangent of a slice, in place.
    fn tanh_in_place(x: &mut [Self]);
    /// Logistic function of a slice.
    fn sigmoid_slice(x: &[Self], y: &mut [Self]);
    /// Logistic function of a slice, in place.
    fn sigmoid_in_place(x: &mut [Self]);
}

/// Writes `f(x[i])` to `y[i]`.
#[inline(always)]
pub fn map<T: Copy>(x: &[T], y: &mut [T], f: impl Fn(T) -> T) {
    debug_assert_eq!(x.len(), y.len());
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// Writes `bytes[i] / divisor` to `y[i]`.
#[inline(never)]
pub fn quotients<T: Real>(bytes: &[u8], divisor: T, y: &mut [T]) {
    debug_assert_eq!(bytes.len(), y.len());
    for (y, &byte) in y.iter_mut().zip(bytes) {
        *y = T::from_f64(f64::from(byte)) / divisor;
    }
}

/// Replaces every `x[i]` by `f(x[i])`.
#[inline(always)]
pub fn map_in_place<T: Copy>(x: &mut [T], f: impl Fn(T) -> T) {
    for x in x {
        *x = f(*x);
    }
}

macro_rules! elementary {
    ($t:ident, $table:ident, expm1: $expm1:ident, log1p: $log1p:ident,
     erf: $erf:ident, sin: $sin:ident, cos: $cos:ident, pow: $pow:ident) => {
        impl Elementary for $t {
            #[inline]
            fn exp(self) -> Self {
                $table.exp_one(self)
            }
            #[inline]
            fn log(self) -> Self {
                $table.log_one(self)
            }
            #[inline]
            fn tanh(self) -> Self {
                $table.tanh_one(self)
            }
            #[inline]
            fn sigmoid(self) -> Self {
                $table.sigmoid_one(self)
            }
            #[inline]
            fn expm1(self) -> Self {
                libm::$expm1(self)
            }
            #[inline]
            fn log1p(self) -> Self {
                libm::$log1p(self)
            }
            #[inline]
            fn erf(self) -> Self {
                libm::$erf(self)
            }
            #[inline]
            fn sin(self) -> Self {
                libm::$sin(self)
            }
            #[inline]
            fn cos(self) -> Self {
                libm::$cos(self)
            }
            #[inline(always)]
            fn reciprocal(self) -> Self {
                1.0 / self
            }
            #[inline(always)]
            fn sign(self) -> Self {
                if self > 0.0 {
                    1.0
                } else if self < 0.0 {
                    -1.0
                } else {
                    self + 0.0
                }
            }
            #[inline]
            fn softplus(self) -> Self {
                // the larger of x and 0 carries the size, so that the exponential never overflows
                let linear = if self <= 0.0 { 0.0 } else { self };
                linear + libm::$log1p(Elementary::exp(-self.abs()))
            }
            #[inline]
            fn pow(self, exponent: Self) -> Self {
                libm::$pow(self, exponent)
            }
            #[inline]
            fn exp_slice(x: &[Self], y: &mut [Self]) {
                $table.exp(x, y);
            }
            #[inline]
            fn exp_in_place(x: &mut [Self]) {
                $table.exp_in_place(x);
            }
            #[inline]
            fn log_slice(x: &[Self], y: &mut [Self]) {
                $table.log(x, y);
            }
            #[inline]
            fn log_in_place(x: &mut [Self]) {
                $table.log_in_place(x);
            }
            #[inline]
            fn tanh_slice(x: &[Self], y: &mut [Self]) {
                $table.tanh(x, y);
            }
            #[inline]
            fn tanh_in_place(x: &mut [Self]) {
                $table.tanh_in_place(x);
            }
            #[inline]
            fn sigmoid_slice(x: &[Self], y: &mut [Self]) {
                $table.sigmoid(x, y);
            }
            #[inline]
            fn sigmoid_in_place(x: &mut [Self]) {
                $table.sigmoid_in_place(x);
            }
        }
    };
}

elementary!(f32, F32, expm1: expm1f, log1p: log1pf, erf: erff, sin: sinf, cos: cosf, pow: powf);
elementary!(f64, F64, expm1: expm1, log1p: log1p, erf: erf, sin: sin, cos: cos, pow: pow);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{both, sweep};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_element_of_a_slice_has_the_bits_of_the_number_alone() {
        macro_rules! check {
            ($($slice:ident, $in_place:ident, $one:ident;)*) => {$(both!(T =>
                let one = |x: &[T], y: &mut [T]| map(x, y, |x| Elementary::$one(x));
                sweep::<T, 1>(
                    stringify!($slice),
                    |n| ([n], n),
                    |_, [x], y| Elementary::$slice(x, y),
                    |_, [x], y| one(x, y),
                );
                let in_place = |x: &[T], y: &mut [T]| {
                    y.copy_from_slice(x);
                    Elementary::$in_place(y);
                };
                sweep::<T, 1>(
                    stringify!($in_place),
                    |n| ([n], n),
                    |_, [x], y| in_place(x, y),
                    |_, [x], y| one(x, y),
                );
            );)*};
        }
        check! {
            exp_slice, exp_in_place, exp;
            log_slice, log_in_place, log;
            tanh_slice, tanh_in_place, tanh;
            sigmoid_slice, sigmoid_in_place, sigmoid;
        }
    }

    #[test]
    fn loops_apply_their_function() {
        both!(T =>
            let twice = |x: T| x + x;
            let in_place = |x: &[T], y: &mut [T]| {
                y.copy_from_slice(x);
                map_in_place(y, twice);
            };
            let definition = |x: &[T], y: &mut [T]| (0..y.len()).for_each(|i| y[i] = twice(x[i]));
            sweep::<T, 1>("map", |n| ([n], n), |_, [x], y| map(x, y, twice), |_, [x], y| definition(x, y));
            sweep::<T, 1>("in place", |n| ([n], n), |_, [x], y| in_place(x, y), |_, [x], y| definition(x, y));
        );
    }

    #[test]
    fn functions_at_the_edges_of_the_numbers() {
        both!(T =>
            let (inf, nan, least) = (T::INFINITY, T::NAN, T::from_bits(1));
            let same = |name, y: T, want: T| {
                assert!(y.to_bits() == want.to_bits() || y.is_nan() && want.is_nan(), "{name}: {y:e}, not {want:e}");
            };
            for (x, sign, reciprocal) in [
                (0.0, 0.0, inf),
                (-0.0, 0.0, -inf),
                (least, 1.0, inf),
                (-least, -1.0, -inf),
                (inf, 1.0, 0.0),
                (-inf, -1.0, -0.0),
                (nan, nan, nan),
                (-4.0, -1.0, -0.25),
            ] {
                same("sign", Elementary::sign(x), sign);
                same("reciprocal", Elementary::reciprocal(x), reciprocal);
            }
            for (x, expm1, log1p, softplus) in [
                (0.0, 0.0, 0.0, std::f64::consts::LN_2 as T),
                (-0.0, -0.0, -0.0, std::f64::consts::LN_2 as T),
                (least, least, least, std::f64::consts::LN_2 as T),
                (inf, inf, inf, inf),
                (-inf, -1.0, nan, 0.0),
                (nan, nan, nan, nan),
                (T::MAX, inf, Elementary::log(T::MAX), T::MAX),
                (T::MIN, -1.0, nan, 0.0),
            ] {
                same("expm1", Elementary::expm1(x), expm1);
                same("log1p", Elementary::log1p(x), log1p);
                same("softplus", Elementary::softplus(x), softplus);
            }
            for x in [inf, -inf, nan] {
                same("sin", Elementary::sin(x), nan);
                same("cos", Elementary::cos(x), nan);
                same("erf", Elementary::erf(x), if x.is_nan() { nan } else { x.signum() });
            }
            for (x, exponent, want) in
                [(nan, 0.0, 1.0), (1.0, nan, 1.0), (-0.0, -1.0, -inf), (-2.0, 3.0, -8.0), (-2.0, 0.5, nan)]
            {
                same("pow", Elementary::pow(x, exponent), want);
            }
        );
    }

    #[test]
    fn quotients_of_bytes_are_those_of_f64_rounded() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let (mut single, mut double) = (vec![0.0_f32; 256], vec![0.0_f64; 256]);
        for divisor in [1.0, 2.5, 1e-3_f32].into_iter().chain((3..=255_u8).map(f32::from)) {
            quotients(&bytes, divisor, &mut single);
            quotients(&bytes, f64::from(divisor), &mut double);
            for ((&byte, &single), &double) in bytes.iter().zip(&single).zip(&double) {
                let want = f64::from(byte) / f64::from(divisor);
                assert_eq!((single.to_bits(), double), ((want as f32).to_bits(), want), "{byte} / {divisor}");
            }
        }
    }
}

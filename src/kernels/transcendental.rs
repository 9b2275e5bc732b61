//! exp, log, tanh and the logistic function, two vectors at a time, without branches.
//!
//! One algorithm serves f32 and f64; a [`Table`] holds what differs. Largest errors found, in units in the last place
//! of the exact result, over all f32 and over six million f64 of all sizes:
//!
//! | | f32 | f64 |
//! |---|---|---|
//! | exp | 0.92 | 0.88 |
//! | log | 0.84 | 0.82 |
//! | tanh | 2.5 | 2.5 |
//! | sigmoid | 2.41 | 2.31 |
//!
//! Subnormal numbers, both zeros, infinities and NaN come out right.

use super::Real;
use super::simd::Vector;
use std::hint::black_box;

/// The constants of one number type, with `E` and `L` coefficients.
pub struct Table<T, const E: usize, const L: usize> {
    zero: T,
    /// The least number above 0.
    least: T,
    half: T,
    one: T,
    two: T,
    infinity: T,
    minus_infinity: T,
    nan: T,
    minus_two: T,
    /// The bit of the sign, alone.
    sign: T,
    /// All other bits.
    size: T,
    log2_e: T,
    /// log 2 in two parts, the first so short that its product with an exponent is exact.
    ln2: [T; 2],
    /// `1.5 * 2^m`, m the bits of the fraction: a number to which it is added is rounded to an integer, which then
    /// stands in the lowest bits.
    round: T,
    /// The bits of `round` less twice the bias of the exponent.
    round_bias: T,
    /// Below the first e^x is 0, above the second infinite.
    exp_range: [T; 2],
    /// Below this e^x - 1 is -1.
    expm1_least: T,
    /// P in `r coth(r / 2) = 2 + r² P(r²)`, |r| <= log 2 / 2.
    exp: [T; E],
    /// The least normal number, a factor that makes every number below it normal, and the exponent of that factor.
    subnormal: [T; 3],
    /// The bits of 1 less those of `sqrt(1/2)`.
    centre: T,
    /// `2^m`, whose bits become `2^m + i` when those of a small integer i are added, and `2^m` plus the bias.
    integer: [T; 2],
    /// Q in `log((1 + s) / (1 - s)) = 2 s + s³ Q(s²)`, |s| <= 3 - 2 sqrt(2).
    log: [T; L],
}

/// The polynomials are minimax (Remez exchange) for the error of the function they serve: below 2^-28 of it in f32,
/// 2^-59 in f64, small against the half ulp of a rounding.
pub static F32: Table<f32, 2, 3> = Table {
    zero: 0.0,
    least: f32::from_bits(1),
    half: 0.5,
    one: 1.0,
    two: 2.0,
    infinity: f32::INFINITY,
    minus_infinity: f32::NEG_INFINITY,
    nan: f32::NAN,
    minus_two: -2.0,
    sign: -0.0,
    size: f32::from_bits(0x7fff_ffff),
    log2_e: std::f32::consts::LOG2_E,
    ln2: [f32::from_bits(0x3f31_7200), 1.428_606_8e-6],
    round: 12_582_912.0,
    round_bias: f32::from_bits(0x4b40_0000 - 2 * 127),
    exp_range: [-104.0, 89.0],
    expm1_least: -20.0,
    exp: [0.166_666_25, -0.002_766_712_8],
    subnormal: [f32::MIN_POSITIVE, 16_777_216.0, 24.0],
    centre: f32::from_bits(0x3f80_0000 - 0x3f35_04f3),
    integer: [8_388_608.0, 8_388_608.0 + 127.0],
    log: [0.666_667_76, 0.399_775_68, 0.298_714_6],
};

/// See [`F32`].
pub static F64: Table<f64, 5, 7> = Table {
    zero: 0.0,
    least: f64::from_bits(1),
    half: 0.5,
    one: 1.0,
    two: 2.0,
    infinity: f64::INFINITY,
    minus_infinity: f64::NEG_INFINITY,
    nan: f64::NAN,
    minus_two: -2.0,
    sign: -0.0,
    size: f64::from_bits(0x7fff_ffff_ffff_ffff),
    log2_e: std::f64::consts::LOG2_E,
    ln2: [f64::from_bits(0x3fe6_2e42_fefa_3800), 5.497_923_018_708_371e-14],
    round: 6_755_399_441_055_744.0,
    round_bias: f64::from_bits(0x4338_0000_0000_0000 - 2 * 1023),
    exp_range: [-746.0, 710.0],
    expm1_least: -40.0,
    exp: [
        0.166_666_666_666_666_02,
        -0.002_777_777_777_701_278_3,
        6.613_756_320_694_599e-5,
        -1.653_390_140_376_922_4e-6,
        4.138_106_761_462_142e-8,
    ],
    subnormal: [f64::MIN_POSITIVE, 18_014_398_509_481_984.0, 54.0],
    centre: f64::from_bits(0x3ff0_0000_0000_0000 - 0x3fe6_a09e_667f_3bcd),
    integer: [4_503_599_627_370_496.0, 4_503_599_627_370_496.0 + 1023.0],
    log: [
        0.666_666_666_666_673_5,
        0.399_999_999_994_110_9,
        0.285_714_287_432_631_8,
        0.222_221_984_759_389_87,
        0.181_835_697_421_445_42,
        0.153_139_031_887_677_44,
        0.147_975_082_769_122_75,
    ],
};

/// Bits of the fraction.
const fn fraction<T>() -> u32 {
    if size_of::<T>() == 4 { 23 } else { 52 }
}

impl<T: Real, const E: usize, const L: usize> Table<T, E, L> {
    /// `(n, hi, lo)` with `x = n log 2 + (hi - lo)` and `|hi - lo| <= log 2 / 2`; n is in the lowest bits, behind
    /// those of `round`.
    #[inline(always)]
    fn reduce(&self, x: T::Vector) -> (T::Vector, T::Vector, T::Vector) {
        let biased = x.mul(at(&self.log2_e)).add(at(&self.round));
        let n = biased.sub(at(&self.round));
        (biased, x.sub(n.mul(at(&self.ln2[0]))), n.mul(at(&self.ln2[1])))
    }

    /// `lo - (e^r - 1 - r)` for `r = hi - lo`: what is to be taken from `hi` to get `e^r - 1`.
    ///
    /// `e^r = 1 + 2 r / (2 - c)` with `c = r - r² P(r²)`, hence `e^r - 1 - r = r c / (2 - c)`.
    #[inline(always)]
    fn correction(&self, hi: T::Vector, lo: T::Vector) -> T::Vector {
        let r = hi.sub(lo);
        let square = r.mul(r);
        let c = r.sub(square.mul(polynomial(&self.exp, square)));
        lo.sub(r.mul(c).div(at(&self.two).sub(c)))
    }

    /// e^x.
    #[inline(always)]
    fn exp_vector(&self, x: T::Vector) -> T::Vector {
        let x = x.at_most(at(&self.exp_range[1])).at_least(at(&self.exp_range[0]));
        let (biased, hi, lo) = self.reduce(x);
        let y = at(&self.one).sub(self.correction(hi, lo).sub(hi));
        // 2^n as two factors, each normal: the product is rounded once, also where it is subnormal or infinite
        let exponents = biased.bits_sub(at(&self.round_bias));
        let first = exponents.bits_down(1);
        let second = exponents.bits_sub(first);
        y.mul(first.bits_up(fraction::<T>())).mul(second.bits_up(fraction::<T>()))
    }

    /// `1 / (1 + e^-x)`, from `e^-|x|`, so that neither tail overflows or cancels.
    #[inline(always)]
    fn sigmoid_vector(&self, x: T::Vector) -> T::Vector {
        let one = at(&self.one);
        let e = self.exp_vector(x.or(at(&self.sign)));
        x.less(at(&self.zero)).choose(e, one).div(one.add(e))
    }

    /// `-m / (m + 2)` with `m = e^(-2 |x|) - 1`, which is exact near 0; then the sign of x.
    #[inline(always)]
    fn tanh_vector(&self, x: T::Vector) -> T::Vector {
        let size = x.and(at(&self.size));
        let (biased, hi, lo) = self.reduce(size.mul(at(&self.minus_two)).at_least(at(&self.expm1_least)));
        let scale = biased.bits_up(fraction::<T>()).bits_add(at(&self.one));
        let m = scale.mul(hi.sub(self.correction(hi, lo))).add(scale.sub(at(&self.one)));
        m.div(m.add(at(&self.two))).and(at(&self.size)).or(x.and(at(&self.sign)))
    }

    /// `k log 2 + log(1 + f)` for `x = 2^k (1 + f)`, with 1 + f from sqrt(1/2) to sqrt(2).
    ///
    /// With `s = f / (2 + f)`: `log(1 + f) = f - f²/2 + s (f²/2 + s² Q(s²))`.
    #[inline(always)]
    fn log_vector(&self, x: T::Vector) -> T::Vector {
        let small = x.less(at(&self.subnormal[0]));
        let normal = small.choose(x.mul(at(&self.subnormal[1])), x);
        let shift = small.and(at(&self.subnormal[2]));

        let exponent = normal.bits_add(at(&self.centre)).bits_down(fraction::<T>());
        let k = exponent.bits_add(at(&self.integer[0])).sub(at(&self.integer[1])).sub(shift);
        let one = at(&self.one);
        let f = normal.bits_sub(exponent.bits_up(fraction::<T>())).bits_add(one).sub(one);

        let s = f.div(at(&self.two).add(f));
        let square = s.mul(s);
        let half = at(&self.half).mul(f).mul(f);
        let tail = s.mul(half.add(square.mul(polynomial(&self.log, square))));
        let low = half.sub(tail.add(k.mul(at(&self.ln2[1]))));
        let y = k.mul(at(&self.ln2[0])).sub(low.sub(f));

        // infinity and NaN stay; 0 gives -inf, numbers below it NaN
        let y = x.less(at(&self.infinity)).choose(y, x);
        let pole = x.less(at(&self.zero)).choose(at(&self.nan), at(&self.minus_infinity));
        x.less(at(&self.least)).choose(pole, y)
    }
}

/// The polynomial in `x` with these coefficients, constant first, by Horner's rule.
#[inline(always)]
fn polynomial<T: Real, const N: usize>(coefficients: &[T; N], x: T::Vector) -> T::Vector {
    let mut y = at(&coefficients[N - 1]);
    for c in coefficients[..N - 1].iter().rev() {
        y = at(c).add_product(y, x);
    }
    y
}

/// The element in every lane. Read from memory, because engines rebuild the constants of vector code at each use.
#[inline(always)]
fn at<T: Real>(from: &T) -> T::Vector {
    // SAFETY: a reference is readable.
    unsafe { T::Vector::load_splat(from) }
}

/// A function as the tables' users call it: of a slice, in place, of one number.
macro_rules! kernels {
    ($($(#[$doc:meta])* $name:ident, $in_place:ident, $one:ident, $raw:ident, $vector:ident;)*) => {
        impl<T: Real, const E: usize, const L: usize> Table<T, E, L> {$(
            $(#[$doc])*
            #[inline]
            pub fn $name(&'static self, x: &[T], y: &mut [T]) {
                debug_assert_eq!(x.len(), y.len());
                // SAFETY: both slices have at least so many elements, and y is borrowed alone.
                unsafe { self.$raw(x.as_ptr(), y.as_mut_ptr(), x.len().min(y.len())) }
            }

            /// The same, in place.
            #[inline]
            pub fn $in_place(&'static self, x: &mut [T]) {
                let (from, n) = (x.as_mut_ptr(), x.len());
                // SAFETY: the slice has so many elements and is borrowed alone.
                unsafe { self.$raw(from, from, n) }
            }

            /// The same, of one number.
            #[inline]
            pub fn $one(&'static self, x: T) -> T {
                let mut x = [x];
                self.$in_place(&mut x);
                x[0]
            }

            /// # Safety
            /// `n` elements are readable at `x` and writable at `y`, which is `x` or does not overlap it.
            #[inline(never)]
            unsafe fn $raw(&'static self, x: *const T, y: *mut T, n: usize) {
                // the compiler must not see the numbers, or it makes constants of them
                let table = black_box(self);
                let lanes = T::Vector::LANES;
                let pair = 2 * lanes;
                let whole = n - n % pair;
                // two vectors at a time, since one waits most of the time for the steps of its own polynomial
                for i in (0..whole).step_by(pair) {
                    // SAFETY: i + pair <= n; vectors are read before their places are written.
                    unsafe {
                        let (a, b) = (T::Vector::load(x.add(i)), T::Vector::load(x.add(i + lanes)));
                        let (a, b) = (table.$vector(a), table.$vector(b));
                        a.store(y.add(i));
                        b.store(y.add(i + lanes));
                    }
                }
                if whole < n {
                    // the last elements are copied into a pair of vectors, so that they take the same way
                    let (mut last, rest) = ([T::ONE; 8], n - whole);
                    let place = last.as_mut_ptr();
                    // SAFETY: `rest` elements are left, fewer than `last` holds, which holds a pair.
                    unsafe {
                        place.copy_from_nonoverlapping(x.add(whole), rest);
                        self.$raw(place, place, pair);
                        y.add(whole).copy_from_nonoverlapping(place, rest);
                    }
                }
            }
        )*}
    };
}

kernels! {
    /// `y = e^x`.
    exp, exp_in_place, exp_one, exp_raw, exp_vector;
    /// `y = log x`.
    log, log_in_place, log_one, log_raw, log_vector;
    /// `y = tanh x`.
    tanh, tanh_in_place, tanh_one, tanh_raw, tanh_vector;
    /// `y = 1 / (1 + e^-x)`.
    sigmoid, sigmoid_in_place, sigmoid_one, sigmoid_raw, sigmoid_vector;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{Double, bits};
    use crate::{Source, Stream};

    /// Largest error of `kernel` over the numbers that `bits` makes, in ulp of the exact result.
    fn largest_error_f32(stride: usize, kernel: fn(&[f32], &mut [f32]), exact: fn(f64) -> f64) -> (f64, f32) {
        let mut worst = (0.0, 0.0);
        let mut x = Vec::with_capacity(4096);
        let mut y = vec![0.0; 4096];
        let mut patterns = (0..=u32::MAX).step_by(stride).map(f32::from_bits).filter(|x| !x.is_nan());
        loop {
            x.clear();
            x.extend(patterns.by_ref().take(4096));
            if x.is_empty() {
                return worst;
            }
            kernel(&x, &mut y[..x.len()]);
            for (&x, &y) in x.iter().zip(&y) {
                let exact = exact(x.into());
                // the distance of f32 numbers at the exact result, which may lie beyond the largest f32
                let size = exact.abs().clamp(f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
                let ulp = f64::from_bits(size.to_bits() & 0x7ff0_0000_0000_0000) / 8_388_608.0;
                let overflow =
                    exact.abs() > f64::from(f32::MAX) && f64::from(y) == exact.signum() * f64::INFINITY;
                let right = overflow || (exact.is_nan() && y.is_nan());
                let error = if right { 0.0 } else { (f64::from(y) - exact).abs() / ulp };
                if error.is_nan() || error > worst.0 {
                    worst = (error, x);
                }
            }
        }
    }

    fn sigmoid_f64(x: f64) -> f64 {
        let e = libm::exp(-x.abs());
        if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
    }

    #[test]
    fn errors_in_f32_are_as_stated() {
        let check = |name, kernel, exact, bound| {
            // every 1009th f32: all exponents and all kinds of fractions, 4 million numbers
            let (error, x) = largest_error_f32(1009, kernel, exact);
            assert!(error <= bound, "{name}({x:e}) is wrong by {error} ulp");
        };
        check("exp", |x, y| F32.exp(x, y), libm::exp, 0.92);
        check("log", |x, y| F32.log(x, y), libm::log, 0.84);
        check("tanh", |x, y| F32.tanh(x, y), libm::tanh, 2.5);
        check("sigmoid", |x, y| F32.sigmoid(x, y), sigmoid_f64, 2.41);
    }

    /// Numbers of both signs and of sizes from 2^low to 2^high.
    fn samples(low: i32, high: i32, count: u64) -> impl Iterator<Item = f64> {
        let source = Source::new(9, Stream::PROBE, 0);
        (0..count).map(move |i| {
            let exponent = f64::from(low) + source.uniform(3 * i) * f64::from(high - low);
            let size = libm::exp2(exponent.floor()) * (1.0 + source.uniform(3 * i + 1));
            if source.uniform(3 * i + 2) < 0.5 { -size } else { size }
        })
    }

    fn largest_error_f64(
        x: impl Iterator<Item = f64>,
        kernel: fn(&[f64], &mut [f64]),
        exact: fn(f64) -> Double,
    ) -> (f64, f64) {
        let x: Vec<f64> = x.collect();
        let mut y = vec![0.0; x.len()];
        kernel(&x, &mut y);
        x.iter().zip(&y).fold((0.0, 0.0), |worst, (&x, &y)| {
            let exact = exact(x);
            let ulp = f64::from_bits((exact.0.abs().to_bits() & 0x7ff0_0000_0000_0000).max(1 << 52))
                / 4_503_599_627_370_496.0;
            let error = ((y - exact.0) - exact.1).abs() / ulp.max(5e-324);
            if error <= worst.0 { worst } else { (error, x) }
        })
    }

    #[test]
    fn errors_in_f64_are_as_stated() {
        let count = 100_000;
        let check = |name, x: &mut dyn Iterator<Item = f64>, kernel, exact, bound| {
            let (error, x) = largest_error_f64(x, kernel, exact);
            assert!(error <= bound, "{name}({x:e}) is wrong by {error} ulp");
        };
        let moderate = |x: &f64| (-707.0..709.0).contains(x);
        check("exp", &mut samples(-60, 10, count).filter(moderate), |x, y| F64.exp(x, y), Double::exp, 0.88);
        check("exp", &mut samples(-4, 4, count), |x, y| F64.exp(x, y), Double::exp, 0.88);
        check("log", &mut samples(-1022, 1023, count).map(f64::abs), |x, y| F64.log(x, y), Double::log, 0.82);
        check("log", &mut samples(-4, 2, count).map(f64::abs), |x, y| F64.log(x, y), Double::log, 0.82);
        check("log", &mut samples(-40, -3, count).map(|x| 1.0 + x), |x, y| F64.log(x, y), Double::log, 0.82);
        check("tanh", &mut samples(-60, 6, count), |x, y| F64.tanh(x, y), Double::tanh, 2.5);
        check("tanh", &mut samples(-4, 3, count), |x, y| F64.tanh(x, y), Double::tanh, 2.5);
        check("sigmoid", &mut samples(-60, 9, count), |x, y| F64.sigmoid(x, y), Double::sigmoid, 2.31);
        check("sigmoid", &mut samples(-4, 4, count), |x, y| F64.sigmoid(x, y), Double::sigmoid, 2.31);
    }

    #[test]
    fn special_values() {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        let least = f32::from_bits(1);
        let x = [0.0, -0.0, inf, -inf, nan, least, -least, f32::MAX, f32::MIN, 1.0];
        let check = |kernel: fn(&[f32], &mut [f32]), want: [f32; 10]| {
            let mut y = [0.0; 10];
            kernel(&x, &mut y);
            assert_eq!(bits(&y), bits(&want), "{y:?}");
        };
        check(|x, y| F32.exp(x, y), [1.0, 1.0, inf, 0.0, nan, 1.0, 1.0, inf, 0.0, std::f32::consts::E]);
        check(|x, y| F32.log(x, y), [-inf, -inf, inf, nan, nan, -103.278_93, nan, 88.722_84, nan, 0.0]);
        check(|x, y| F32.tanh(x, y), [0.0, -0.0, 1.0, -1.0, nan, least, -least, 1.0, -1.0, 0.761_594_24]);
        check(|x, y| F32.sigmoid(x, y), [0.5, 0.5, 1.0, 0.0, nan, 0.5, 0.5, 1.0, 0.0, 0.731_058_6]);

        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let least = f64::from_bits(1);
        let x = [0.0, -0.0, inf, -inf, nan, least, -least, f64::MAX, f64::MIN, 709.9];
        let check = |kernel: fn(&[f64], &mut [f64]), want: [f64; 10]| {
            let mut y = [0.0; 10];
            kernel(&x, &mut y);
            assert_eq!(bits(&y), bits(&want), "{y:?}");
        };
        check(|x, y| F64.exp(x, y), [1.0, 1.0, inf, 0.0, nan, 1.0, 1.0, inf, 0.0, inf]);
        check(
            |x, y| F64.log(x, y),
            [-inf, -inf, inf, nan, nan, libm::log(least), nan, libm::log(f64::MAX), nan, libm::log(709.9)],
        );
        check(|x, y| F64.tanh(x, y), [0.0, -0.0, 1.0, -1.0, nan, least, -least, 1.0, -1.0, 1.0]);
        check(|x, y| F64.sigmoid(x, y), [0.5, 0.5, 1.0, 0.0, nan, 0.5, 0.5, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn subnormal_results_in_f64() {
        for x in [-708.4, -720.0, -740.5, -744.9, -745.13] {
            assert!((F64.exp_one(x) - libm::exp(x)).abs() <= f64::from_bits(1), "{x}");
            assert!((F64.sigmoid_one(x) - libm::exp(x)).abs() <= f64::from_bits(2), "{x}");
        }
    }

    #[test]
    fn an_element_has_the_same_bits_wherever_it_lies() {
        for n in 0..33 {
            let x: Vec<f32> = samples(-4, 4, n).map(|x| x as f32).collect();
            let mut y = vec![0.0; x.len()];
            F32.tanh(&x, &mut y);
            let single: Vec<_> = x.iter().map(|&x| F32.tanh_one(x)).collect();
            assert_eq!(bits(&y), bits(&single));
            y.copy_from_slice(&x);
            F32.tanh_in_place(&mut y);
            assert_eq!(bits(&y), bits(&single));

            let x: Vec<f64> = samples(-4, 4, n).collect();
            let mut y = vec![0.0; x.len()];
            F64.exp(&x, &mut y);
            assert!(x.iter().zip(&y).all(|(&x, &y)| F64.exp_one(x).to_bits() == y.to_bits()));
        }
    }
}

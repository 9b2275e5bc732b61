//! What the kernels' tests share.

use super::Real;
use crate::shape::Window;
use crate::{Source, Stream};
use std::ops::Range;

/// Uniform numbers of [-1, 1).
pub fn numbers<T: Real>(seed: u64, len: usize) -> Vec<T> {
    let source = Source::new(seed, Stream::PROBE, 0);
    (0..len as u64).map(|i| T::from_f64(source.uniform(i) * 2.0 - 1.0)).collect()
}

/// Numbers at the edges of a type: zeros, the least and the largest subnormal, the least normal one, the largest,
/// infinities, NaN.
pub fn edges<T: Real>() -> Vec<T> {
    let ([least, subnormal, normal, largest], epsilon) = if T::NAME == "f32" {
        let normal = f32::MIN_POSITIVE;
        ([f32::from_bits(1), normal.next_down(), normal, f32::MAX].map(f64::from), f32::EPSILON.into())
    } else {
        let normal = f64::MIN_POSITIVE;
        ([f64::from_bits(1), normal.next_down(), normal, f64::MAX], f64::EPSILON)
    };
    [0.0, 1.0, least, subnormal, normal, largest, f64::INFINITY, f64::NAN, 1.0 + epsilon]
        .into_iter()
        .flat_map(|x| [T::from_f64(x), T::from_f64(-x)])
        .collect()
}

/// As [`numbers`], but about so large a `share` of them are [`edges`].
pub fn uneven<T: Real>(seed: u64, len: usize, share: f64) -> Vec<T> {
    let source = Source::new(seed ^ 0x5eed, Stream::PROBE, 1);
    let edges = edges::<T>();
    let mut numbers = numbers(seed, len);
    for (x, i) in numbers.iter_mut().zip(0..) {
        if source.uniform(2 * i) < share {
            *x = edges[(source.uniform(2 * i + 1) * edges.len() as f64) as usize];
        }
    }
    numbers
}

/// Sizes that end before, at and behind every block of the kernels' loops.
pub const SIZES: Range<usize> = 0..34;

/// Holds a kernel to its definition, to the bit: at all [`SIZES`], with slices that begin anywhere in their
/// memory, on numbers of which none, few or half are [`edges`]; and sees that it writes nothing beside its result.
///
/// `lengths(n)` are those of the operands and of the result. The result holds numbers before.
pub fn sweep<T: Real, const N: usize>(
    name: &str,
    lengths: impl Fn(usize) -> ([usize; N], usize),
    kernel: impl Fn(usize, [&[T]; N], &mut [T]),
    definition: impl Fn(usize, [&[T]; N], &mut [T]),
) {
    for n in SIZES {
        let (operands, len) = lengths(n);
        for (shift, share) in [(0, 0.0), (1, 0.02), (2, 0.1), (3, 0.5)] {
            let memory: [Vec<T>; N] =
                std::array::from_fn(|i| uneven(i as u64 + 1, operands[i] + shift, share));
            let x: [&[T]; N] = std::array::from_fn(|i| &memory[i][shift..]);
            let before = numbers::<T>(99, shift + len + 8);
            let (mut got, mut want) = (before.clone(), before);
            kernel(n, x, &mut got[shift..][..len]);
            definition(n, x, &mut want[shift..][..len]);
            assert_eq!(bits(&got), bits(&want), "{name} in {}, size {n}, of {x:?}", T::NAME);
        }
    }
}

/// Sizes of images, and windows with strides, dilations and paddings that fit badly: gaps between windows, windows wider
/// than the image, all of one in the padding, more padding on one side than on the other.
pub fn strange_windows() -> Vec<([usize; 2], Window)> {
    let window = |kernel: [usize; 2], stride, dilation, padding| Window { kernel, stride, dilation, padding };
    vec![
        ([5, 4], window([2, 2], [2, 2], [1, 1], [[0, 0], [0, 0]])),
        ([5, 7], window([3, 2], [2, 3], [1, 2], [[1, 0], [0, 2]])),
        ([6, 3], window([2, 3], [5, 1], [3, 1], [[2, 1], [3, 3]])),
        ([2, 2], window([1, 1], [1, 1], [1, 1], [[1, 1], [2, 0]])),
        ([1, 1], window([3, 3], [1, 1], [1, 1], [[1, 1], [1, 1]])),
        ([4, 9], window([4, 1], [1, 4], [1, 3], [[3, 3], [0, 0]])),
    ]
}

/// Takes some statements twice: the name stands for `f32`, then for `f64`.
macro_rules! both {
    ($t:ident => $($body:tt)*) => {{
        {
            type $t = f32;
            $($body)*
        }
        {
            type $t = f64;
            $($body)*
        }
    }};
}
pub(super) use both;

/// The bits of all elements, every NaN alike.
pub fn bits<T: Real>(values: &[T]) -> Vec<u64> {
    values.iter().map(|v| v.canonical_bits()).collect()
}

/// The indices of all elements of a tensor, in row-major order.
pub fn indices(dims: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    (0..dims.iter().product()).map(move |mut at| {
        let mut index: Vec<usize> = dims.iter().rev().map(|&d| (at % d, at /= d).0).collect();
        index.reverse();
        index
    })
}

/// The place of an element in row-major order.
pub fn place(dims: &[usize], index: &[usize]) -> usize {
    dims.iter().zip(index).fold(0, |at, (d, i)| at * d + i)
}

/// The sum of two f64, the second below half an ulp of the first: about 32 digits, to judge results in f64
/// (Dekker 1971).
#[derive(Clone, Copy, Debug)]
pub struct Double(pub f64, pub f64);

impl Double {
    const LOG_2: Self = Self(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);

    fn of_sum(a: f64, b: f64) -> Self {
        let s = a + b;
        let t = s - a;
        Self(s, (a - (s - t)) + (b - t))
    }

    fn of_product(a: f64, b: f64) -> Self {
        let halves = |a: f64| {
            let high = f64::from_bits(a.to_bits() & !0x07ff_ffff);
            (high, a - high)
        };
        let (p, (ah, al), (bh, bl)) = (a * b, halves(a), halves(b));
        Self(p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
    }

    fn add(self, other: Self) -> Self {
        let Self(s, e) = Self::of_sum(self.0, other.0);
        Self::of_sum(s, e + self.1 + other.1)
    }

    fn mul(self, other: Self) -> Self {
        let Self(p, e) = Self::of_product(self.0, other.0);
        Self::of_sum(p, e + (self.0 * other.1 + self.1 * other.0))
    }

    fn neg(self) -> Self {
        Self(-self.0, -self.1)
    }

    fn div(self, other: Self) -> Self {
        let q = self.0 / other.0;
        let rest = self.add(other.mul(Self(q, 0.0)).neg());
        let next = rest.0 / other.0;
        let rest = rest.add(other.mul(Self(next, 0.0)).neg());
        Self::of_sum(q, next).add(Self(rest.0 / other.0, 0.0))
    }

    /// e^x - 1 by its series, |x| < 0.4.
    fn small_expm1(x: Self) -> Self {
        (1..25)
            .rev()
            .fold(Self(0.0, 0.0), |sum, n| sum.add(Self(1.0, 0.0)).mul(x).div(Self(f64::from(n), 0.0)))
    }

    /// e^x.
    pub fn exp(x: f64) -> Self {
        let n = (x / std::f64::consts::LN_2).round();
        let r = Self(x, 0.0).add(Self::LOG_2.mul(Self(-n, 0.0)));
        let y = Self::small_expm1(r).add(Self(1.0, 0.0));
        let scale = libm::exp2(n);
        Self(y.0 * scale, y.1 * scale)
    }

    /// log x, from an approximation and one step that squares its error.
    pub fn log(x: f64) -> Self {
        // near the largest numbers the power of two is split off, so that nothing overflows
        let (fraction, exponent) = libm::frexp(x);
        let y = libm::log(fraction);
        let quotient = Self(fraction, 0.0).mul(Self::exp(-y));
        let Self(d, e) = quotient.add(Self(-1.0, 0.0));
        let near = Self(y, 0.0).add(Self(d, e)).add(Self(-d * d / 2.0, 0.0));
        near.add(Self::LOG_2.mul(Self(f64::from(exponent), 0.0)))
    }

    /// tanh x.
    pub fn tanh(x: f64) -> Self {
        let m = if x.abs() < 0.17 {
            Self::small_expm1(Self(-2.0 * x.abs(), 0.0))
        } else {
            Self::exp(-2.0 * x.abs()).add(Self(-1.0, 0.0))
        };
        let y = m.neg().div(m.add(Self(2.0, 0.0)));
        if x < 0.0 { y.neg() } else { y }
    }

    /// 1 / (1 + e^-x).
    pub fn sigmoid(x: f64) -> Self {
        let e = Self::exp(-x.abs());
        let numerator = if x < 0.0 { e } else { Self(1.0, 0.0) };
        numerator.div(e.add(Self(1.0, 0.0)))
    }
}

//! The two number types a program can run in.

use super::map::Elementary;
use super::simd::{F32x4, F64x2, Vector};
use std::fmt::{Debug, Display};
use std::hint::black_box;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// `f32` (training) or `f64` (gradient checks, Hessians, landscapes).
pub trait Real:
    Elementary
    + Copy
    + Debug
    + Default
    + Display
    + PartialEq
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Send
    + Sync
    + 'static
{
    /// 16 bytes of lanes.
    #[doc(hidden)]
    type Vector: Vector<Self>;

    /// Whether networks train in this type. Its kernels have every form that pays; those of the other, which judges,
    /// have the few that it needs.
    #[doc(hidden)]
    const TRAINS: bool;
    /// `"f32"` or `"f64"`.
    const NAME: &'static str;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Minus infinity.
    const NEG_INFINITY: Self;
    /// Not a number.
    const NAN: Self;

    /// The nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// The same number, exact.
    fn to_f64(self) -> f64;
    /// The bits, with every NaN made the same, for hashes.
    fn canonical_bits(self) -> u64;
    /// The square root, correctly rounded.
    fn sqrt(self) -> Self;
    /// The absolute value.
    fn abs(self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;

    /// Said in the body of a loop: the compiler makes vectors of it in the type that networks train in, and spares
    /// them in the other, where the loop takes little of the time and its vectors half of its code.
    #[doc(hidden)]
    #[inline(always)]
    fn spare_vectors() {
        if !Self::TRAINS {
            black_box(());
        }
    }
}

macro_rules! real {
    ($t:ty, $vector:ty, $name:literal, $trains:literal) => {
        impl Real for $t {
            type Vector = $vector;

            const TRAINS: bool = $trains;
            const NAME: &'static str = $name;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NEG_INFINITY: Self = <$t>::NEG_INFINITY;
            const NAN: Self = <$t>::NAN;

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as Self
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self.into()
            }
            #[inline]
            fn canonical_bits(self) -> u64 {
                if self.is_nan() { <$t>::NAN.abs().to_bits().into() } else { self.to_bits().into() }
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                self.is_finite()
            }
        }
    };
}

real!(f32, F32x4, "f32", true);
real!(f64, F64x2, "f64", false);

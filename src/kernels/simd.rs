//! One vector type per number type: `f32` x 4 and `f64` x 2, as wide as a WebAssembly vector.
//!
//! In WebAssembly the lanes are simd128 intrinsics, elsewhere an array of the same length. A product is rounded
//! before it is added, on both sides, so both give the same bits.

/// As many lanes of `T` as 16 bytes hold.
pub trait Vector<T>: Copy {
    /// The number of lanes.
    const LANES: usize;

    /// `value` in every lane.
    fn splat(value: T) -> Self;
    /// Reads [`LANES`](Self::LANES) neighbouring elements; no alignment is needed.
    ///
    /// # Safety
    /// All of them must be readable.
    unsafe fn load(from: *const T) -> Self;
    /// Reads one element into every lane.
    ///
    /// # Safety
    /// It must be readable.
    unsafe fn load_splat(from: *const T) -> Self;
    /// Writes [`LANES`](Self::LANES) neighbouring elements; no alignment is needed.
    ///
    /// # Safety
    /// All of them must be writable.
    unsafe fn store(self, to: *mut T);
    /// `self + other`, lane by lane.
    fn add(self, other: Self) -> Self;
    /// `self * other`, lane by lane.
    fn mul(self, other: Self) -> Self;
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    use super::Vector;
    use core::arch::wasm32::*;

    macro_rules! vector {
        ($name:ident, $t:ty, $lanes:literal, $splat:ident, $load_splat:ident, $add:ident, $mul:ident) => {
            /// One simd128 register.
            #[derive(Clone, Copy)]
            pub struct $name(v128);

            impl Vector<$t> for $name {
                const LANES: usize = $lanes;

                #[inline(always)]
                fn splat(value: $t) -> Self {
                    Self($splat(value))
                }
                #[inline(always)]
                unsafe fn load(from: *const $t) -> Self {
                    // SAFETY: 16 readable bytes are promised; v128_load needs no alignment.
                    Self(unsafe { v128_load(from.cast()) })
                }
                #[inline(always)]
                unsafe fn load_splat(from: *const $t) -> Self {
                    // SAFETY: one readable element is promised; no alignment is needed.
                    Self(unsafe { $load_splat(from.cast()) })
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut $t) {
                    // SAFETY: 16 writable bytes are promised; v128_store needs no alignment.
                    unsafe { v128_store(to.cast(), self.0) }
                }
                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    Self($add(self.0, other.0))
                }
                #[inline(always)]
                fn mul(self, other: Self) -> Self {
                    Self($mul(self.0, other.0))
                }
            }
        };
    }

    vector!(F32x4, f32, 4, f32x4_splat, v128_load32_splat, f32x4_add, f32x4_mul);
    vector!(F64x2, f64, 2, f64x2_splat, v128_load64_splat, f64x2_add, f64x2_mul);
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod lanes {
    use super::Vector;

    macro_rules! vector {
        ($name:ident, $t:ty, $lanes:literal) => {
            /// Lanes as an array, which the compiler keeps in a register where the machine has one.
            #[derive(Clone, Copy)]
            #[repr(C, align(16))]
            pub struct $name([$t; $lanes]);

            impl Vector<$t> for $name {
                const LANES: usize = $lanes;

                #[inline(always)]
                fn splat(value: $t) -> Self {
                    Self([value; $lanes])
                }
                #[inline(always)]
                unsafe fn load(from: *const $t) -> Self {
                    // SAFETY: all lanes are promised to be readable; the read assumes no alignment.
                    Self(unsafe { from.cast::<[$t; $lanes]>().read_unaligned() })
                }
                #[inline(always)]
                unsafe fn load_splat(from: *const $t) -> Self {
                    // SAFETY: one readable element is promised.
                    Self([unsafe { from.read() }; $lanes])
                }
                #[inline(always)]
                unsafe fn store(self, to: *mut $t) {
                    // SAFETY: all lanes are promised to be writable; the write assumes no alignment.
                    unsafe { to.cast::<[$t; $lanes]>().write_unaligned(self.0) }
                }
                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
                }
                #[inline(always)]
                fn mul(self, other: Self) -> Self {
                    Self(std::array::from_fn(|i| self.0[i] * other.0[i]))
                }
            }
        };
    }

    vector!(F32x4, f32, 4);
    vector!(F64x2, f64, 2);
}

pub use lanes::{F32x4, F64x2};

//! One vector type per number type: `f32` x 4 and `f64` x 2, as wide as a WebAssembly vector.
//!
//! In WebAssembly the lanes are simd128 intrinsics, elsewhere an array of the same length. A product is rounded
//! before it is added, on both sides, so both give the same bits. Only a build with relaxed SIMD leaves that to the machine,
//! and is not bit-reproducible: see [`Vector::add_product`].

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
    /// `self + a * b`, lane by lane. With relaxed SIMD the machine rounds once, if it has an instruction for that, or
    /// twice: the one place where bits differ between machines.
    fn add_product(self, a: Self, b: Self) -> Self;
    /// `self - other`, lane by lane.
    fn sub(self, other: Self) -> Self;
    /// `self / other`, lane by lane.
    fn div(self, other: Self) -> Self;
    /// `limit` where it is smaller, else `self`, NaN too.
    fn at_most(self, limit: Self) -> Self;
    /// `limit` where it is larger, else `self`, NaN too.
    fn at_least(self, limit: Self) -> Self;
    /// All bits set where `self < other`, none elsewhere.
    fn less(self, other: Self) -> Self;
    /// All bits set where `self == other`, none elsewhere.
    fn equal(self, other: Self) -> Self;
    /// All bits set where `self > best`, or where `self` is NaN and `best` is not; none elsewhere.
    fn beats(self, best: Self) -> Self;
    /// The bits of `yes` where those of `self` are set, those of `no` elsewhere.
    fn choose(self, yes: Self, no: Self) -> Self;
    /// The bits set in both.
    fn and(self, other: Self) -> Self;
    /// The bits set in one or both.
    fn or(self, other: Self) -> Self;
    /// The sum of the lanes' bits as integers, wrapping.
    fn bits_add(self, other: Self) -> Self;
    /// The difference of the lanes' bits as integers, wrapping.
    fn bits_sub(self, other: Self) -> Self;
    /// The lanes' bits, moved up.
    fn bits_up(self, by: u32) -> Self;
    /// The lanes' bits, moved down; zeros come in.
    fn bits_down(self, by: u32) -> Self;
    /// Writes a square of [`LANES`](Self::LANES) rows transposed; `from_stride` and `to_stride` lie between its rows.
    ///
    /// # Safety
    /// All rows must be readable and writable.
    unsafe fn transpose(from: *const T, from_stride: usize, to: *mut T, to_stride: usize);
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    use super::Vector;
    use core::arch::wasm32::*;

    macro_rules! vector {
        ($name:ident, $t:ty, $lanes:literal, $splat:ident, $load_splat:ident, $transpose:ident, $up:ident, $down:ident,
         $at_most:ident, $multiply_add:ident, $($method:ident = $instruction:ident),*) => {
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
                $(#[inline(always)]
                fn $method(self, other: Self) -> Self {
                    Self($instruction(self.0, other.0))
                })*
                #[inline(always)]
                fn add_product(self, a: Self, b: Self) -> Self {
                    #[cfg(target_feature = "relaxed-simd")]
                    return Self($multiply_add(a.0, b.0, self.0));
                    #[cfg(not(target_feature = "relaxed-simd"))]
                    return self.add(a.mul(b));
                }
                #[inline(always)]
                fn beats(self, best: Self) -> Self {
                    Self(v128_andnot(best.equal(best).0, $at_most(self.0, best.0)))
                }
                #[inline(always)]
                fn choose(self, yes: Self, no: Self) -> Self {
                    Self(v128_bitselect(yes.0, no.0, self.0))
                }
                #[inline(always)]
                fn bits_up(self, by: u32) -> Self {
                    Self($up(self.0, by))
                }
                #[inline(always)]
                fn bits_down(self, by: u32) -> Self {
                    Self($down(self.0, by))
                }
                #[inline(always)]
                unsafe fn transpose(from: *const $t, from_stride: usize, to: *mut $t, to_stride: usize) {
                    // SAFETY: all rows are promised to be readable and writable.
                    unsafe {
                        let rows = std::array::from_fn(|i| v128_load(from.add(i * from_stride).cast()));
                        for (i, column) in $transpose(rows).into_iter().enumerate() {
                            v128_store(to.add(i * to_stride).cast(), column);
                        }
                    }
                }
            }
        };
    }

    #[inline(always)]
    fn transpose_4([a, b, c, d]: [v128; 4]) -> [v128; 4] {
        let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
        let (ef, gh) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
        [
            i64x2_shuffle::<0, 2>(ab, cd),
            i64x2_shuffle::<1, 3>(ab, cd),
            i64x2_shuffle::<0, 2>(ef, gh),
            i64x2_shuffle::<1, 3>(ef, gh),
        ]
    }

    #[inline(always)]
    fn transpose_2([a, b]: [v128; 2]) -> [v128; 2] {
        [i64x2_shuffle::<0, 2>(a, b), i64x2_shuffle::<1, 3>(a, b)]
    }

    vector!(
        F32x4,
        f32,
        4,
        f32x4_splat,
        v128_load32_splat,
        transpose_4,
        i32x4_shl,
        u32x4_shr,
        f32x4_le,
        f32x4_relaxed_madd,
        add = f32x4_add,
        mul = f32x4_mul,
        sub = f32x4_sub,
        div = f32x4_div,
        at_most = f32x4_pmin,
        at_least = f32x4_pmax,
        less = f32x4_lt,
        equal = f32x4_eq,
        and = v128_and,
        or = v128_or,
        bits_add = i32x4_add,
        bits_sub = i32x4_sub
    );
    vector!(
        F64x2,
        f64,
        2,
        f64x2_splat,
        v128_load64_splat,
        transpose_2,
        i64x2_shl,
        u64x2_shr,
        f64x2_le,
        f64x2_relaxed_madd,
        add = f64x2_add,
        mul = f64x2_mul,
        sub = f64x2_sub,
        div = f64x2_div,
        at_most = f64x2_pmin,
        at_least = f64x2_pmax,
        less = f64x2_lt,
        equal = f64x2_eq,
        and = v128_and,
        or = v128_or,
        bits_add = i64x2_add,
        bits_sub = i64x2_sub
    );
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod lanes {
    use super::Vector;
    use crate::kernels::reduce;

    /// A method of two vectors by what it does with a lane.
    macro_rules! lane_by_lane {
        ($($method:ident = |$a:ident, $b:ident| $lane:expr;)*) => {$(
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(std::array::from_fn(|i| {
                    let ($a, $b) = (self.0[i], other.0[i]);
                    $lane
                }))
            }
        )*};
    }

    macro_rules! vector {
        ($name:ident, $t:ty, $bits:ty, $lanes:literal) => {
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
                lane_by_lane! {
                    add = |a, b| a + b;
                    mul = |a, b| a * b;
                    sub = |a, b| a - b;
                    div = |a, b| a / b;
                    at_most = |a, b| if b < a { b } else { a };
                    at_least = |a, b| if a < b { b } else { a };
                    less = |a, b| <$t>::from_bits(if a < b { <$bits>::MAX } else { 0 });
                    equal = |a, b| <$t>::from_bits(if a == b { <$bits>::MAX } else { 0 });
                    beats = |a, b| <$t>::from_bits(if reduce::beats(a, b) { <$bits>::MAX } else { 0 });
                    and = |a, b| <$t>::from_bits(a.to_bits() & b.to_bits());
                    or = |a, b| <$t>::from_bits(a.to_bits() | b.to_bits());
                    bits_add = |a, b| <$t>::from_bits(a.to_bits().wrapping_add(b.to_bits()));
                    bits_sub = |a, b| <$t>::from_bits(a.to_bits().wrapping_sub(b.to_bits()));
                }
                #[inline(always)]
                fn add_product(self, a: Self, b: Self) -> Self {
                    self.add(a.mul(b))
                }
                #[inline(always)]
                fn choose(self, yes: Self, no: Self) -> Self {
                    Self(std::array::from_fn(|i| {
                        let mask = self.0[i].to_bits();
                        <$t>::from_bits(yes.0[i].to_bits() & mask | no.0[i].to_bits() & !mask)
                    }))
                }
                #[inline(always)]
                fn bits_up(self, by: u32) -> Self {
                    Self(self.0.map(|a| <$t>::from_bits(a.to_bits() << by)))
                }
                #[inline(always)]
                fn bits_down(self, by: u32) -> Self {
                    Self(self.0.map(|a| <$t>::from_bits(a.to_bits() >> by)))
                }
                #[inline(always)]
                unsafe fn transpose(from: *const $t, from_stride: usize, to: *mut $t, to_stride: usize) {
                    for i in 0..$lanes {
                        for j in 0..$lanes {
                            // SAFETY: all rows are promised to be readable and writable.
                            unsafe { *to.add(j * to_stride + i) = *from.add(i * from_stride + j) };
                        }
                    }
                }
            }
        };
    }

    vector!(F32x4, f32, u32, 4);
    vector!(F64x2, f64, u64, 2);
}

pub use lanes::{F32x4, F64x2};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Real;
    use crate::kernels::test_util::{both, edges, numbers};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The lanes of a vector.
    fn lanes<T: Real>(v: T::Vector) -> Vec<T> {
        let mut to = vec![T::ZERO; T::Vector::LANES];
        // SAFETY: there is room for all lanes.
        unsafe { v.store(to.as_mut_ptr()) };
        to
    }

    /// All pairs of edge values, a whole number of vectors of each.
    fn pairs<T: Real>() -> (Vec<T>, Vec<T>) {
        let (edges, ordinary) = (edges::<T>(), numbers::<T>(1, 4));
        let all = [&edges[..], &ordinary[..]].concat();
        let mut pairs: Vec<_> = all.iter().flat_map(|&a| all.iter().map(move |&b| (a, b))).collect();
        pairs.truncate(pairs.len() / 4 * 4);
        pairs.into_iter().unzip()
    }

    #[test]
    fn every_method_is_that_of_its_lanes() {
        both!(T =>
            let (all_a, all_b) = pairs::<T>();
            let n = <T as Real>::Vector::LANES;
            // an odd start: no method may ask for alignment
            let (a, b) = ([&[0.5], &all_a[..]].concat(), [&[0.5], &all_b[..]].concat());
            for at in (1..a.len()).step_by(n) {
                let (xs, ys) = (&a[at..at + n], &b[at..at + n]);
                // SAFETY: n elements are there.
                let (x, y) = unsafe {
                    (<T as Real>::Vector::load(xs.as_ptr()), <T as Real>::Vector::load(ys.as_ptr()))
                };
                let check = |name: &str, v: <T as Real>::Vector, f: &dyn Fn(T, T) -> T, to_the_bit: bool| {
                    for ((got, &x), &y) in lanes::<T>(v).into_iter().zip(xs).zip(ys) {
                        let want = f(x, y);
                        let same = got.to_bits() == want.to_bits() || !to_the_bit && got.is_nan() && want.is_nan();
                        assert!(same, "{name} of {x:e} and {y:e}: {got:e}, not {want:e}");
                    }
                };
                let one = <T as Real>::Vector::splat(1.0);
                check("load", x, &|x, _| x, true);
                check("add", x.add(y), &|x, y| x + y, false);
                check("mul", x.mul(y), &|x, y| x * y, false);
                check("add_product", one.add_product(x, y), &|x, y| 1.0 + x * y, false);
                check("sub", x.sub(y), &|x, y| x - y, false);
                check("div", x.div(y), &|x, y| x / y, false);
                check("at_most", x.at_most(y), &|x, y| if y < x { y } else { x }, true);
                check("at_least", x.at_least(y), &|x, y| if y > x { y } else { x }, true);
                let all = |is: bool| T::from_bits(if is { 0_u64.wrapping_sub(1) as _ } else { 0 });
                check("equal", x.equal(y), &|x, y| all(x == y), true);
                check("less", x.less(y), &|x, y| all(x < y), true);
                check("beats", x.beats(y), &|x, y| all(x > y || x.is_nan() && !y.is_nan()), true);
                check("choose", x.less(y).choose(y, x), &|x, y| if x < y { y } else { x }, true);
                check("and", x.and(y), &|x, y| T::from_bits(x.to_bits() & y.to_bits()), true);
                check("or", x.or(y), &|x, y| T::from_bits(x.to_bits() | y.to_bits()), true);
                let bits = T::to_bits;
                check("bits_add", x.bits_add(y), &|x, y| T::from_bits(bits(x).wrapping_add(bits(y))), true);
                check("bits_sub", x.bits_sub(y), &|x, y| T::from_bits(bits(x).wrapping_sub(bits(y))), true);
                check("bits_up", x.bits_up(5), &|x, _| T::from_bits(bits(x) << 5), true);
                check("bits_down", x.bits_down(5), &|x, _| T::from_bits(bits(x) >> 5), true);
                check("splat", <T as Real>::Vector::splat(xs[0]), &|_, _| xs[0], true);
                // SAFETY: the element is there.
                check("load_splat", unsafe { <T as Real>::Vector::load_splat(&raw const xs[1]) }, &|_, _| xs[1], true);
            }
        );
    }

    #[test]
    fn squares_are_transposed_between_any_strides() {
        both!(T =>
            let n = <T as Real>::Vector::LANES;
            for (from_stride, to_stride) in [(n, n), (n + 1, n + 3), (7, 5), (n, 9)] {
                let from = numbers::<T>(1, n * from_stride);
                let mut to = vec![9.0; n * to_stride];
                // SAFETY: n rows of n elements are on both sides.
                unsafe { <T as Real>::Vector::transpose(from.as_ptr(), from_stride, to.as_mut_ptr(), to_stride) };
                for (i, &y) in to.iter().enumerate() {
                    let (row, column) = (i / to_stride, i % to_stride);
                    let want = if column < n { from[column * from_stride + row] } else { 9.0 };
                    assert!(y == want, "{i} of strides {from_stride}, {to_stride}");
                }
            }
        );
    }
}

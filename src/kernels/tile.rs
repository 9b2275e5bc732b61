//! The register tiles of the matrix product.
//!
//! A tile is R rows x V vectors of the result. Its accumulators are named locals, so they stay in registers at
//! every optimisation level, and there are 8 at most: WebAssembly engines have 15 registers to give, and with
//! the vectors of B and one element of A a larger tile spills (4 x 8 and 2 x 16 `f32` reach the peak, 8 x 8 half of it).
//! One k is one turn of the loop; unrolled, the steps are interleaved and spill too.

use super::real::Real;
use super::simd::Vector;

/// The left operand: where element (r, i) of A is.
pub(super) trait Left<T: Real>: Copy {
    /// What a tile keeps of its rows.
    type Rows<const R: usize>: Copy;

    /// The `R` rows from `r` on.
    ///
    /// # Safety
    /// The rows must exist.
    unsafe fn rows<const R: usize>(self, r: usize) -> Self::Rows<R>;

    /// Element `i` of the `j`-th of those rows.
    ///
    /// # Safety
    /// The element must exist.
    unsafe fn at<const R: usize>(self, rows: Self::Rows<R>, j: usize, i: usize) -> *const T;

    /// Whether column n of the result takes not the element itself but the n-th after it.
    const DIAGONAL: bool = false;

    /// The same operand where rows follow each other at distance 1, which spares their pointers.
    type Run: Left<T>;

    /// That, if it is so for the `R` rows from `r` on and is not known without asking.
    ///
    /// # Safety
    /// The rows must exist.
    #[inline(always)]
    unsafe fn run<const R: usize>(self, r: usize) -> Option<Self::Run> {
        let _ = r;
        None
    }
}

/// Row r at `r * stride`, its elements adjacent.
#[derive(Clone, Copy)]
pub(super) struct Dense<T> {
    pub a: *const T,
    pub stride: usize,
}

/// Rows adjacent, their elements `stride` apart.
#[derive(Clone, Copy)]
pub(super) struct Transposed<T> {
    pub a: *const T,
    pub stride: usize,
}

/// Both of these: row r at `r * row`, its elements `column` apart. One code for the row that may be left over.
#[derive(Clone, Copy)]
pub(super) struct Strided<T> {
    pub a: *const T,
    pub row: usize,
    pub column: usize,
}

/// Row r at `rows[r]`, element i of it `columns[i]` further.
#[derive(Clone, Copy)]
pub(super) struct Indirect<T> {
    pub a: *const T,
    pub rows: *const u32,
    pub columns: *const u32,
}

/// As [`Indirect`], where the rows of a tile are adjacent.
#[derive(Clone, Copy)]
pub(super) struct IndirectRun<T>(Indirect<T>);

impl<T: Real> Left<T> for Dense<T> {
    type Rows<const R: usize> = [*const T; R];

    #[inline(always)]
    unsafe fn rows<const R: usize>(self, r: usize) -> [*const T; R] {
        // SAFETY: the rows exist.
        std::array::from_fn(|j| unsafe { self.a.add((r + j) * self.stride) })
    }
    #[inline(always)]
    unsafe fn at<const R: usize>(self, rows: [*const T; R], j: usize, i: usize) -> *const T {
        // SAFETY: the element exists.
        unsafe { rows[j].add(i) }
    }

    type Run = Self;
}

impl<T: Real> Left<T> for Transposed<T> {
    type Rows<const R: usize> = *const T;

    #[inline(always)]
    unsafe fn rows<const R: usize>(self, r: usize) -> *const T {
        // SAFETY: the rows exist.
        unsafe { self.a.add(r) }
    }
    #[inline(always)]
    unsafe fn at<const R: usize>(self, rows: *const T, j: usize, i: usize) -> *const T {
        // SAFETY: the element exists.
        unsafe { rows.add(i * self.stride).add(j) }
    }

    type Run = Self;
}

impl<T: Real> Left<T> for Strided<T> {
    type Rows<const R: usize> = [*const T; R];

    #[inline(always)]
    unsafe fn rows<const R: usize>(self, r: usize) -> [*const T; R] {
        // SAFETY: the rows exist.
        std::array::from_fn(|j| unsafe { self.a.add((r + j) * self.row) })
    }
    #[inline(always)]
    unsafe fn at<const R: usize>(self, rows: [*const T; R], j: usize, i: usize) -> *const T {
        // SAFETY: the element exists.
        unsafe { rows[j].add(i * self.column) }
    }

    type Run = Self;
}

impl<T: Real> Left<T> for Indirect<T> {
    type Rows<const R: usize> = [*const T; R];

    #[inline(always)]
    unsafe fn rows<const R: usize>(self, r: usize) -> [*const T; R] {
        // SAFETY: the rows exist, so the table holds them.
        std::array::from_fn(|j| unsafe { self.a.add(*self.rows.add(r + j) as usize) })
    }
    #[inline(always)]
    unsafe fn at<const R: usize>(self, rows: [*const T; R], j: usize, i: usize) -> *const T {
        // SAFETY: the element exists, so the table holds its column.
        unsafe { rows[j].add(*self.columns.add(i) as usize) }
    }

    type Run = IndirectRun<T>;

    #[inline(always)]
    unsafe fn run<const R: usize>(self, r: usize) -> Option<IndirectRun<T>> {
        // SAFETY: the rows exist, so the table holds them.
        let offset = |j| unsafe { *self.rows.add(r + j) };
        (R > 1 && T::TRAINS && (1..R).all(|j| offset(j) == offset(0).wrapping_add(j as u32)))
            .then_some(IndirectRun(self))
    }
}

impl<T: Real> Left<T> for IndirectRun<T> {
    type Rows<const R: usize> = *const T;

    #[inline(always)]
    unsafe fn rows<const R: usize>(self, r: usize) -> *const T {
        // SAFETY: the rows exist, so the table holds the first.
        unsafe { self.0.a.add(*self.0.rows.add(r) as usize) }
    }
    #[inline(always)]
    unsafe fn at<const R: usize>(self, rows: *const T, j: usize, i: usize) -> *const T {
        // SAFETY: the element exists, so the table holds its column.
        unsafe { rows.add(*self.0.columns.add(i) as usize).add(j) }
    }

    type Run = Self;
}

/// As [`Indirect`], but column n of the result takes the n-th element from there on.
#[derive(Clone, Copy)]
pub(super) struct Diagonal<T>(pub Indirect<T>);

impl<T: Real> Left<T> for Diagonal<T> {
    type Rows<const R: usize> = [*const T; R];

    #[inline(always)]
    unsafe fn rows<const R: usize>(self, r: usize) -> [*const T; R] {
        // SAFETY: the caller's.
        unsafe { self.0.rows::<R>(r) }
    }
    #[inline(always)]
    unsafe fn at<const R: usize>(self, rows: [*const T; R], j: usize, i: usize) -> *const T {
        // SAFETY: the caller's.
        unsafe { self.0.at::<R>(rows, j, i) }
    }
    const DIAGONAL: bool = true;

    type Run = Self;
}

/// The left operand in any of its forms.
#[derive(Clone, Copy)]
pub(super) enum Operand<T> {
    Dense(Dense<T>),
    Transposed(Transposed<T>),
    Indirect(Indirect<T>),
    Diagonal(Diagonal<T>),
}

impl<T> Operand<T> {
    /// The operand from column `i` on, for the columns of the result from `n` on.
    ///
    /// # Safety
    /// `i` columns must exist.
    pub unsafe fn skip(self, i: usize, n: usize) -> Self {
        // SAFETY: the columns exist, so tables hold them. The pointer of the last form wraps because A may be empty
        // where there are none.
        unsafe {
            match self {
                Self::Dense(Dense { a, stride }) => Self::Dense(Dense { a: a.add(i), stride }),
                Self::Transposed(Transposed { a, stride }) => {
                    Self::Transposed(Transposed { a: a.add(i * stride), stride })
                }
                Self::Indirect(from) => Self::Indirect(from.skip(i)),
                Self::Diagonal(Diagonal(from)) => {
                    Self::Diagonal(Diagonal(Indirect { a: from.a.wrapping_add(n), ..from.skip(i) }))
                }
            }
        }
    }
}

impl<T> Indirect<T> {
    /// # Safety
    /// `i` columns must exist.
    unsafe fn skip(self, i: usize) -> Self {
        // SAFETY: the table holds them.
        Self { columns: unsafe { self.columns.add(i) }, ..self }
    }
}

/// Some columns of B and what belongs to them. The last of a tile's vectors ends where the strip ends, and so
/// may overlap the one before: no padding, no scalar rest.
#[derive(Clone, Copy)]
pub(super) struct Strip<T> {
    /// Elements of a sum.
    pub k: usize,
    /// The strip's first element of B.
    pub b: *const T,
    /// From one row of B to the next.
    pub ldb: usize,
    /// Where the strip is to be packed, row after row; null if it is read where it lies.
    pub packed: *mut T,
    /// Columns of the strip.
    pub width: usize,
    /// Where the sums start: a row of `width` elements for all rows; null if each starts from what C holds.
    pub start: *const T,
    /// The strip's first element of C.
    pub c: *mut T,
    pub c_rows: RowOffsets,
}

/// Where the rows of C begin.
#[derive(Clone, Copy)]
pub(super) enum RowOffsets {
    Affine(usize),
    Table(*const u32),
}

impl RowOffsets {
    /// # Safety
    /// Row `r` must exist.
    #[inline(always)]
    pub unsafe fn at(self, r: usize) -> usize {
        match self {
            Self::Affine(stride) => r * stride,
            // SAFETY: the row exists, so the table holds it.
            Self::Table(table) => unsafe { *table.add(r) as usize },
        }
    }
}

macro_rules! tile {
    (
        $(#[$doc:meta])* $name:ident, rows $rows:literal,
        columns [$($b:ident $at:ident = $v:literal),+],
        $($j:literal $a:ident $c:ident $start:ident [$($sum:ident $x:ident $o:ident),+])+
    ) => {
        $(#[$doc])*
        /// With `PACK` the strip is packed on the way.
        ///
        /// # Safety
        /// All elements of A, B, C and `start` that the rows and the strip name must exist, with `PACK` the place for the
        /// packed strip too, and `from..to` must be a multiple of the tile's rows.
        #[inline(never)]
        pub(super) unsafe fn $name<T: Real, L: Left<T>, const PACK: bool>(
            left: L,
            strip: &Strip<T>,
            from: usize,
            to: usize,
        ) {
            #[inline(always)]
            unsafe fn one<T: Real, L: Left<T>, const PACK: bool>(left: L, strip: &Strip<T>, r: usize) {
                let &Strip { k, b, ldb, mut packed, width, start, c, c_rows } = strip;
                let last = width - T::Vector::LANES;
                $(let $at = last.min($v * T::Vector::LANES);)+
                // SAFETY: rows r.. and k elements of each exist; vectors end within the strip. B's pointer wraps
                // because it is moved once more than it is read.
                unsafe {
                    let rows = left.rows::<$rows>(r);
                    $(
                        let $c = c.add(c_rows.at(r + $j));
                        let $start = if start.is_null() { $c.cast_const() } else { start };
                        $(let mut $sum = T::Vector::load($start.add($o));)+
                    )+
                    let mut b = b;
                    for i in 0..k {
                        $(let $b = T::Vector::load(b.add($at));)+
                        if PACK {
                            $($b.store(packed.add($at));)+
                            packed = packed.wrapping_add(width);
                        }
                        $(
                            let element = left.at::<$rows>(rows, $j, i);
                            let $a = T::Vector::load_splat(element);
                            $(
                                let $a = if L::DIAGONAL { T::Vector::load(element.add($o)) } else { $a };
                                $sum = $sum.add_product($a, $x);
                            )+
                        )+
                        b = b.wrapping_add(ldb);
                    }
                    $($($sum.store($c.add($o));)+)+
                }
            }
            for r in (from..to).step_by($rows) {
                // SAFETY: the caller's.
                unsafe {
                    match left.run::<$rows>(r) {
                        Some(run) => one::<T, _, PACK>(run, strip, r),
                        None => one::<T, _, PACK>(left, strip, r),
                    }
                }
            }
        }
    };
}

tile! {
    /// 4 rows x 2 vectors.
    tile_4x2, rows 4, columns [b0 o0 = 0, b1 o1 = 1],
    0 a0 c0 s0 [c00 b0 o0, c01 b1 o1]
    1 a1 c1 s1 [c10 b0 o0, c11 b1 o1]
    2 a2 c2 s2 [c20 b0 o0, c21 b1 o1]
    3 a3 c3 s3 [c30 b0 o0, c31 b1 o1]
}
tile! {
    /// 2 rows x 2 vectors.
    tile_2x2, rows 2, columns [b0 o0 = 0, b1 o1 = 1],
    0 a0 c0 s0 [c00 b0 o0, c01 b1 o1]
    1 a1 c1 s1 [c10 b0 o0, c11 b1 o1]
}
tile! {
    /// 1 row x 2 vectors.
    tile_1x2, rows 1, columns [b0 o0 = 0, b1 o1 = 1],
    0 a0 c0 s0 [c00 b0 o0, c01 b1 o1]
}
tile! {
    /// 2 rows x 3 vectors.
    tile_2x3, rows 2, columns [b0 o0 = 0, b1 o1 = 1, b2 o2 = 2],
    0 a0 c0 s0 [c00 b0 o0, c01 b1 o1, c02 b2 o2]
    1 a1 c1 s1 [c10 b0 o0, c11 b1 o1, c12 b2 o2]
}
tile! {
    /// 1 row x 3 vectors.
    tile_1x3, rows 1, columns [b0 o0 = 0, b1 o1 = 1, b2 o2 = 2],
    0 a0 c0 s0 [c00 b0 o0, c01 b1 o1, c02 b2 o2]
}
tile! {
    /// 2 rows x 4 vectors.
    tile_2x4, rows 2, columns [b0 o0 = 0, b1 o1 = 1, b2 o2 = 2, b3 o3 = 3],
    0 a0 c0 s0 [c00 b0 o0, c01 b1 o1, c02 b2 o2, c03 b3 o3]
    1 a1 c1 s1 [c10 b0 o0, c11 b1 o1, c12 b2 o2, c13 b3 o3]
}
tile! {
    /// 1 row x 4 vectors.
    tile_1x4, rows 1, columns [b0 o0 = 0, b1 o1 = 1, b2 o2 = 2, b3 o3 = 3],
    0 a0 c0 s0 [c00 b0 o0, c01 b1 o1, c02 b2 o2, c03 b3 o3]
}

/// Strips narrower than a vector: one column at a time, `R` rows at once so that their additions overlap.
///
/// # Safety
/// All elements of A, B, C and `start` that the rows and the strip name must exist.
#[inline(never)]
pub(super) unsafe fn tile_scalar<T: Real, L: Left<T>, const R: usize>(
    left: L,
    strip: &Strip<T>,
    from: usize,
    to: usize,
) {
    let mut r = from;
    while R > 1 && r + R <= to {
        // SAFETY: the caller's.
        unsafe { scalar_rows::<T, L, R>(left, strip, r) };
        r += R;
    }
    while r < to {
        // SAFETY: the caller's.
        unsafe { scalar_rows::<T, L, 1>(left, strip, r) };
        r += 1;
    }
}

/// # Safety
/// As [`tile_scalar`], for the `R` rows from `r` on.
#[inline(always)]
unsafe fn scalar_rows<T: Real, L: Left<T>, const R: usize>(left: L, strip: &Strip<T>, r: usize) {
    for n in 0..strip.width {
        // SAFETY: the rows, k elements of each and column n exist.
        unsafe {
            let rows = left.rows::<R>(r);
            let c: [*mut T; R] = std::array::from_fn(|j| strip.c.add(strip.c_rows.at(r + j) + n));
            let mut sums: [T; R] =
                std::array::from_fn(|j| if strip.start.is_null() { *c[j] } else { *strip.start.add(n) });
            for i in 0..strip.k {
                let b = *strip.b.add(i * strip.ldb + n);
                for (j, sum) in sums.iter_mut().enumerate() {
                    *sum += *left.at::<R>(rows, j, i).add(if L::DIAGONAL { n } else { 0 }) * b;
                }
            }
            for (c, sum) in c.iter().zip(sums) {
                **c = sum;
            }
        }
    }
}

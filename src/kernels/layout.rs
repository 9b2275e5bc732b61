//! Copies that rearrange: transpose, broadcast, pad, slice, concatenate, gather and scatter.
//!
//! Tensors are row-major; `dims` are extents, outermost first, of any rank.

use super::Real;

/// Number of elements behind one step along the first axis of `dims`.
fn stride(dims: &[usize]) -> usize {
    dims[1..].iter().product()
}

/// Permutes axes: axis `i` of `y` is axis `order[i]` of `x`, as in NumPy.
pub fn transpose<T: Real>(x: &[T], dims: &[usize], order: &[usize], y: &mut [T]) {
    debug_assert!(x.len() == y.len() && dims.len() == order.len());
    if !x.is_empty() {
        permute(x, dims, order, y);
    }
}

/// Fills `y`, whose axes are those of `x` that `order` still names. `x` begins at their first element and may reach
/// further.
fn permute<T: Real>(x: &[T], dims: &[usize], order: &[usize], y: &mut [T]) {
    let step = |axis: usize| stride(&dims[axis..]);
    match *order {
        [] => y[0] = x[0],
        // axes that are neighbours in the same order on both sides are one
        _ if order.windows(2).all(|o| o[0] + 1 == o[1]) && order.last() == Some(&(dims.len() - 1)) => {
            y.copy_from_slice(&x[..y.len()]);
        }
        [axis] => y.iter_mut().zip(x.iter().step_by(step(axis))).for_each(|(y, &x)| *y = x),
        [rows, columns] => transpose_plane(x, [step(rows), step(columns)], y, dims[columns]),
        [axis, ref rest @ ..] => {
            let piece = y.len() / dims[axis];
            for (i, y) in y.chunks_exact_mut(piece).enumerate() {
                permute(&x[i * step(axis)..], dims, rest, y);
            }
        }
    }
}

/// `y (rows, columns)` from elements that lie `step[0]` and `step[1]` apart, in squares that fit the nearest cache.
fn transpose_plane<T: Real>(x: &[T], step: [usize; 2], y: &mut [T], columns: usize) {
    const SIDE: usize = 8;
    for (band, y) in y.chunks_mut(SIDE * columns).enumerate() {
        let x = &x[band * SIDE * step[0]..];
        for left in (0..columns).step_by(SIDE) {
            let width = SIDE.min(columns - left);
            for (row, y) in y.chunks_exact_mut(columns).enumerate() {
                let x = &x[row * step[0] + left * step[1]..];
                for (column, y) in y[left..left + width].iter_mut().enumerate() {
                    *y = x[column * step[1]];
                }
            }
        }
    }
}

/// Stretches `x` of extents `dims` to `target` under NumPy's rule. The adjoint is `reduce::sum_to`.
pub fn broadcast<T: Real>(x: &[T], dims: &[usize], target: &[usize], y: &mut [T]) {
    if y.is_empty() {
        return;
    }
    let (lead, own) = target.split_at(target.len() - dims.len());
    let one = y.len() / lead.iter().product::<usize>();
    stretch(x, dims, own, &mut y[..one]);
    repeat(y, one);
}

fn stretch<T: Real>(x: &[T], dims: &[usize], target: &[usize], y: &mut [T]) {
    match *x {
        [x] => y.fill(x),
        _ if x.len() == y.len() => y.copy_from_slice(x),
        _ => {
            let piece = y.len() / target[0];
            if dims[0] == 1 {
                stretch(x, &dims[1..], &target[1..], &mut y[..piece]);
                repeat(y, piece);
            } else {
                for (x, y) in x.chunks_exact(x.len() / dims[0]).zip(y.chunks_exact_mut(piece)) {
                    stretch(x, &dims[1..], &target[1..], y);
                }
            }
        }
    }
}

/// Repeats the first `n` elements to the end, doubling what is there.
fn repeat<T: Real>(y: &mut [T], n: usize) {
    let mut done = n;
    while done < y.len() {
        let more = done.min(y.len() - done);
        y.copy_within(..more, done);
        done += more;
    }
}

/// Adds `before[i]` and `after[i]` zeros along axis `i`. The adjoint is [`slice`] from `before` on.
pub fn pad<T: Real>(x: &[T], dims: &[usize], before: &[usize], after: &[usize], y: &mut [T]) {
    match dims {
        [] => y.copy_from_slice(x),
        _ if x.is_empty() => y.fill(T::ZERO),
        [n, rest @ ..] => {
            let step = y.len() / (before[0] + n + after[0]);
            let (head, y) = y.split_at_mut(before[0] * step);
            let (y, tail) = y.split_at_mut(n * step);
            head.fill(T::ZERO);
            tail.fill(T::ZERO);
            if step == stride(dims) {
                y.copy_from_slice(x);
            } else {
                for (x, y) in x.chunks_exact(stride(dims)).zip(y.chunks_exact_mut(step)) {
                    pad(x, rest, &before[1..], &after[1..], y);
                }
            }
        }
    }
}

/// Elements `starts[i] .. starts[i] + lengths[i]` along axis `i`. The adjoint is [`pad`].
pub fn slice<T: Real>(x: &[T], dims: &[usize], starts: &[usize], lengths: &[usize], y: &mut [T]) {
    match dims {
        _ if y.is_empty() => {}
        [] => y.copy_from_slice(x),
        [_, rest @ ..] => {
            let (step, piece) = (stride(dims), stride(lengths));
            let x = &x[starts[0] * step..][..lengths[0] * step];
            if step == piece {
                y.copy_from_slice(x);
            } else {
                for (x, y) in x.chunks_exact(step).zip(y.chunks_exact_mut(piece)) {
                    slice(x, rest, &starts[1..], &lengths[1..], y);
                }
            }
        }
    }
}

/// Copies `x (rows, width)` into columns `at ..` of `y (rows, row)`: one part of a concatenation.
pub fn copy_columns<T: Real>(x: &[T], width: usize, y: &mut [T], row: usize, at: usize) {
    if width > 0 {
        for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(row)) {
            y[at..at + width].copy_from_slice(x);
        }
    }
}

/// `y[i] = x[index[i]]` for rows of `n` elements. A row of NaN stands for an index beyond the end, so that a wrong
/// index ends as a loss that is not finite.
pub fn gather_rows<T: Real>(x: &[T], n: usize, index: &[u32], y: &mut [T]) {
    debug_assert_eq!(y.len(), index.len() * n);
    if n == 0 {
        return;
    }
    for (&i, y) in index.iter().zip(y.chunks_exact_mut(n)) {
        match row(x.len(), n, i) {
            Some(at) => y.copy_from_slice(&x[at..at + n]),
            None => y.fill(T::NAN),
        }
    }
}

/// The adjoint of [`gather_rows`]: `dx` is 0, then `dx[index[i]] += dy[i]` in ascending i. Rows beyond the end are
/// left out.
pub fn scatter_add_rows<T: Real>(dy: &[T], n: usize, index: &[u32], dx: &mut [T]) {
    debug_assert_eq!(dy.len(), index.len() * n);
    dx.fill(T::ZERO);
    if n == 0 {
        return;
    }
    for (&i, dy) in index.iter().zip(dy.chunks_exact(n)) {
        if let Some(at) = row(dx.len(), n, i) {
            dx[at..at + n].iter_mut().zip(dy).for_each(|(dx, &dy)| *dx += dy);
        }
    }
}

/// Where row `i` of `n` elements begins, if it is there.
fn row(len: usize, n: usize, i: u32) -> Option<usize> {
    let at = (i as usize).checked_mul(n)?;
    (at < len).then_some(at)
}

/// `y (rows, classes)`: 1 in column `index[i]` of row `i`, else 0; a row of zeros for an index beyond the end.
pub fn one_hot<T: Real>(index: &[u32], classes: usize, y: &mut [T]) {
    y.fill(T::ZERO);
    if classes == 0 {
        return;
    }
    for (&i, y) in index.iter().zip(y.chunks_exact_mut(classes)) {
        if let Some(y) = y.get_mut(i as usize) {
            *y = T::ONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::test_util::{both, indices, numbers, place, sweep};
    #[cfg(target_family = "wasm")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const SHAPES: [&[usize]; 10] = [
        &[],
        &[5],
        &[3, 4],
        &[33, 17],
        &[1, 9],
        &[2, 3, 4],
        &[2, 9, 1, 11],
        &[3, 0, 2],
        &[2, 1, 3, 2, 2],
        &[8, 16],
    ];

    fn orders(rank: usize) -> Vec<Vec<usize>> {
        if rank == 0 {
            return vec![Vec::new()];
        }
        let insert = |o: &Vec<usize>, at: usize| [&o[..at], &[rank - 1], &o[at..]].concat();
        orders(rank - 1).iter().flat_map(|o| (0..rank).map(move |at| insert(o, at))).collect()
    }

    #[test]
    fn transposes_by_every_order() {
        for dims in SHAPES {
            let x = numbers::<f32>(1, dims.iter().product());
            for order in orders(dims.len()) {
                let target: Vec<_> = order.iter().map(|&a| dims[a]).collect();
                let mut y = vec![0.0; x.len()];
                transpose(&x, dims, &order, &mut y);
                for (i, y) in indices(&target).zip(&y) {
                    let mut from = i.clone();
                    order.iter().zip(&i).for_each(|(&axis, &i)| from[axis] = i);
                    assert_eq!(*y, x[place(dims, &from)], "{dims:?} by {order:?}");
                }
            }
        }
        for (rows, columns) in (0..33).flat_map(|r| (0..33).map(move |c| (r, c))) {
            let x = numbers::<f64>(1, rows * columns);
            let mut y = vec![0.0; x.len()];
            transpose(&x, &[rows, columns], &[1, 0], &mut y);
            assert!((0..x.len()).all(|i| y[i] == x[i % rows * columns + i / rows]), "{rows} x {columns}");
        }
    }

    #[test]
    fn broadcasts_by_numpys_rule() {
        let cases: [(&[usize], &[usize]); 9] = [
            (&[], &[2, 3]),
            (&[3], &[4, 3]),
            (&[4, 1], &[4, 3]),
            (&[1, 3], &[4, 3]),
            (&[2, 1, 3], &[5, 2, 4, 3]),
            (&[1, 4, 1], &[2, 4, 3]),
            (&[1], &[7]),
            (&[1, 5], &[0, 5]),
            (&[2, 3], &[2, 3]),
        ];
        for (dims, target) in cases {
            let x = numbers::<f32>(2, dims.iter().product());
            let mut y = vec![0.0; target.iter().product()];
            broadcast(&x, dims, target, &mut y);
            for (i, y) in indices(target).zip(&y) {
                let own = &i[i.len() - dims.len()..];
                let from: Vec<_> = own.iter().zip(dims).map(|(i, d)| i % d).collect();
                assert_eq!(*y, x[place(dims, &from)], "{dims:?} to {target:?}");
            }
        }
    }

    #[test]
    fn slice_cuts_what_pad_added() {
        for dims in SHAPES {
            let x = numbers::<f32>(3, dims.iter().product());
            for pattern in 0..3_usize.pow(dims.len() as u32) {
                let before: Vec<_> = (0..dims.len()).map(|a| pattern / 3_usize.pow(a as u32) % 3).collect();
                let after: Vec<_> = before.iter().map(|b| (b * 2 + 1) % 3).collect();
                let target: Vec<_> = (0..dims.len()).map(|a| before[a] + dims[a] + after[a]).collect();
                let mut y = vec![9.0; target.iter().product()];
                pad(&x, dims, &before, &after, &mut y);
                for (i, y) in indices(&target).zip(&y) {
                    let inside = (0..dims.len()).all(|a| (before[a]..before[a] + dims[a]).contains(&i[a]));
                    let from: Vec<_> = i.iter().zip(&before).map(|(i, b)| i.wrapping_sub(*b)).collect();
                    assert_eq!(*y, if inside { x[place(dims, &from)] } else { 0.0 }, "{dims:?} {before:?}");
                }
                let mut back = vec![9.0; x.len()];
                slice(&y, &target, &before, dims, &mut back);
                assert_eq!(back, x, "{dims:?} {before:?}");
            }
        }
    }

    #[test]
    fn every_size_keeps_its_numbers() {
        /// `y[i] = x[from(index of i)]` for a result of these extents, 0 where there is nothing.
        fn copied<T: Real>(x: &[T], y: &mut [T], dims: &[usize], from: impl Fn(&[usize]) -> Option<usize>) {
            for (i, y) in indices(dims).zip(y) {
                *y = from(&i).map_or(T::ZERO, |from| x[from]);
            }
        }
        both!(T =>
            sweep::<T, 1>(
                "transpose of three axes",
                |n| ([6 * n], 6 * n),
                |n, [x], y| transpose(x, &[3, n, 2], &[2, 0, 1], y),
                |n, [x], y| copied(x, y, &[2, 3, n], |i| Some((i[1] * n + i[2]) * 2 + i[0])),
            );
            sweep::<T, 1>(
                "broadcast of columns",
                |n| ([n], 5 * n),
                |n, [x], y| broadcast(x, &[n, 1], &[n, 5], y),
                |n, [x], y| copied(x, y, &[n, 5], |i| Some(i[0])),
            );
            sweep::<T, 1>(
                "broadcast of rows",
                |n| ([2 * n], 6 * n),
                |n, [x], y| broadcast(x, &[2, 1, n], &[2, 3, n], y),
                |n, [x], y| copied(x, y, &[2, 3, n], |i| Some(i[0] * n + i[2])),
            );
            sweep::<T, 1>(
                "pad",
                |n| ([3 * n], 6 * (n + 3)),
                |n, [x], y| pad(x, &[3, n], &[2, 1], &[1, 2], y),
                |n, [x], y| copied(x, y, &[6, n + 3], |i| {
                    let (row, column) = (i[0].checked_sub(2)?, i[1].checked_sub(1)?);
                    (row < 3 && column < n).then_some(row * n + column)
                }),
            );
            sweep::<T, 1>(
                "slice",
                |n| ([4 * (n + 3)], 2 * n),
                |n, [x], y| slice(x, &[4, n + 3], &[1, 2], &[2, n], y),
                |n, [x], y| copied(x, y, &[2, n], |i| Some((i[0] + 1) * (n + 3) + i[1] + 2)),
            );
            sweep::<T, 1>(
                "columns",
                |n| ([3 * n], 3 * (n + 5)),
                |n, [x], y| copy_columns(x, n, y, n + 5, 4),
                |n, [x], y| (0..3 * n).for_each(|i| y[i / n * (n + 5) + i % n + 4] = x[i]),
            );
            // twice the same row, one beyond the end
            let rows = [2, 0, 2, 5];
            sweep::<T, 1>(
                "gather",
                |n| ([3 * n], 4 * n),
                |n, [x], y| gather_rows(x, n, &rows, y),
                |n, [x], y| (0..y.len()).for_each(|i| {
                    y[i] = x.get(rows[i / n] as usize * n + i % n).copied().unwrap_or(T::NAN);
                }),
            );
            sweep::<T, 1>(
                "scatter",
                |n| ([4 * n], 3 * n),
                |n, [dy], dx| scatter_add_rows(dy, n, &rows, dx),
                |n, [dy], dx| {
                    dx.fill(0.0);
                    for (i, dy) in dy.iter().enumerate() {
                        if let Some(dx) = dx.get_mut(rows[i / n] as usize * n + i % n) {
                            *dx += dy;
                        }
                    }
                },
            );
        );
    }

    #[test]
    fn columns_side_by_side() {
        let mut y = [0.0; 6];
        copy_columns(&[1.0, 2.0], 1, &mut y, 3, 0);
        copy_columns::<f32>(&[], 0, &mut y, 3, 1);
        copy_columns(&[3.0, 4.0, 5.0, 6.0], 2, &mut y, 3, 1);
        assert_eq!(y, [1.0, 3.0, 4.0, 2.0, 5.0, 6.0]);
    }

    #[test]
    fn rows_by_index_and_back() {
        let x = [0.0_f32, 0.5, 1.0, 1.5, 2.0, 2.5];
        let mut y = [0.0; 8];
        gather_rows(&x, 2, &[2, 0, 2, 3], &mut y);
        assert_eq!(y[..6], [2.0, 2.5, 0.0, 0.5, 2.0, 2.5]);
        assert!(y[6..].iter().all(|y| y.is_nan()));
        let mut dx = [9.0; 6];
        scatter_add_rows(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 2, &[2, 0, 2, 3], &mut dx);
        assert_eq!(dx, [3.0, 4.0, 0.0, 0.0, 6.0, 8.0]);
    }

    #[test]
    fn one_hot_rows() {
        let mut y = [9.0; 9];
        one_hot(&[2, 7, 0], 3, &mut y);
        assert_eq!(y, [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }
}

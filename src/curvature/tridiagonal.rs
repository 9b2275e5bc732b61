//! Symmetric matrices in tridiagonal form, and their eigenvalues.

use crate::kernels::reduce::{axpy, dot};

/// Steps for one eigenvalue after which what is left beside it is dropped; two are usual.
const MAX_STEPS: usize = 60;

/// `T = Q^T A Q`.
pub(super) struct Tridiagonal {
    pub diagonal: Vec<f64>,
    /// `beside[i]` stands between `diagonal[i]` and `diagonal[i + 1]`; the last one is 0.
    pub beside: Vec<f64>,
    /// For reflection i its `u . u / 2`; 0 where none was needed.
    halves: Vec<f64>,
}

impl Tridiagonal {
    /// Reduces the lower triangle of `a`, n rows, by reflections `I - u u^T / h`, the last row first (Golub, Van Loan,
    /// algorithm 8.3.1). Row i of `a` then holds the u that left it, i numbers.
    ///
    /// A row of a symmetric matrix is half in the row and half in the column below its diagonal. Each row of the triangle is
    /// read once for both, so all that is read lies side by side.
    pub fn reduce(a: &mut [f64], n: usize) -> Self {
        let mut t = Self { diagonal: vec![0.0; n], beside: vec![0.0; n], halves: vec![0.0; n] };
        let mut product = vec![0.0; n];
        for i in (1..n).rev() {
            let (above, rest) = a.split_at_mut(i * n);
            t.diagonal[i] = rest[i];
            let u = &mut rest[..i];
            let last = u[i - 1];
            let size = u.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            if i == 1 || u[..i - 1].iter().all(|x| *x == 0.0) {
                t.beside[i - 1] = last;
                continue;
            }
            // the row over its largest entry: no square is lost to underflow
            u.iter_mut().for_each(|x| *x /= size);
            let squares = dot(u, u);
            let length = if u[i - 1] > 0.0 { -squares.sqrt() } else { squares.sqrt() };
            let half = squares - u[i - 1] * length;
            t.beside[i - 1] = size * length;
            u[i - 1] -= length;
            t.halves[i] = half;

            let p = &mut product[..i];
            p.fill(0.0);
            for (j, row) in above.chunks_exact(n).enumerate() {
                axpy(u[j], &row[..j], &mut p[..j]);
                p[j] += dot(&row[..=j], &u[..=j]);
            }
            p.iter_mut().for_each(|x| *x /= half);
            let along = dot(u, p) / (2.0 * half);
            axpy(-along, u, p);
            for (j, row) in above.chunks_exact_mut(n).enumerate() {
                let (uj, pj) = (u[j], p[j]);
                for ((x, u), p) in row[..=j].iter_mut().zip(&*u).zip(&*p) {
                    *x -= uj * p + pj * u;
                }
            }
        }
        if n > 0 {
            t.diagonal[0] = a[0];
        }
        t
    }

    /// `Q^T`, row after row, from what [`Tridiagonal::reduce`] left in `a`.
    pub fn basis(&self, a: &[f64]) -> Vec<f64> {
        let n = self.diagonal.len();
        let mut q = vec![0.0; n * n];
        (0..n).for_each(|i| q[i * n + i] = 1.0);
        for i in (1..n).filter(|&i| self.halves[i] > 0.0) {
            let u = &a[i * n..][..i];
            for row in q.chunks_exact_mut(n).take(i) {
                let along = dot(&row[..i], u) / self.halves[i];
                axpy(-along, u, &mut row[..i]);
            }
        }
        q
    }
}

/// Diagonalises a tridiagonal matrix, in place and in no order. `beside` is used up. The rows of `v`, of any length, are
/// turned along: those of a unit matrix become the eigenvectors.
pub(super) fn diagonalise(diagonal: &mut [f64], beside: &mut [f64], v: &mut [f64]) {
    let n = diagonal.len();
    let (d, e) = (diagonal, beside);
    if n == 0 {
        return;
    }
    let width = v.len() / n;
    // one rounding of the largest row: what is below changes no eigenvalue by more
    let largest = |i: usize| d[i].abs() + e[i].abs();
    let small = f64::EPSILON * (0..n).map(largest).fold(0.0, f64::max);
    for first in 0..n {
        for _ in 0..MAX_STEPS {
            let Some(last) = (first..n).find(|&i| i + 1 == n || e[i].abs() <= small) else { break };
            if last == first {
                break;
            }
            // the eigenvalue of the leading two by two block that is closer to its first entry (Wilkinson's shift)
            let ratio = (d[first + 1] - d[first]) / (2.0 * e[first]);
            let root = libm::hypot(ratio, 1.0);
            let mut g = d[last] - d[first] + e[first] / (ratio + if ratio < 0.0 { -root } else { root });
            let (mut s, mut c, mut shift, mut broken) = (1.0, 1.0, 0.0, false);
            for i in (first..last).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r = libm::hypot(f, g);
                e[i + 1] = r;
                if r == 0.0 {
                    // the matrix has fallen apart here by itself
                    d[i + 1] -= shift;
                    e[last] = 0.0;
                    broken = true;
                    break;
                }
                (s, c) = (f / r, g / r);
                g = d[i + 1] - shift;
                let r = (d[i] - g) * s + 2.0 * c * b;
                shift = s * r;
                d[i + 1] = g + shift;
                g = c * r - b;
                if width > 0 {
                    let (upper, lower) = v[i * width..][..2 * width].split_at_mut(width);
                    for (x, y) in upper.iter_mut().zip(lower) {
                        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                    }
                }
            }
            if !broken {
                d[first] -= shift;
                e[first] = g;
                e[last] = 0.0;
            }
        }
    }
}

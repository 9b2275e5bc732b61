//! The plane in which descents spread most, and what a random walk would spread in its own.

use super::Plane;
use crate::curvature::symmetric_eigen;
use crate::error::{Error, Result};
use crate::kernels::reduce;
use ndarray::Array2;

/// Most points of all paths together: a decomposition of so large a matrix takes about a second.
const MAX_POINTS: usize = 256;

/// The plane of the first two principal components of some paths.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalPlane {
    /// Through the mean of all points.
    pub plane: Plane,
    /// Share of the variance along each axis.
    pub explained: [f64; 2],
    /// What it would be for random walks of as many points from one start, in a space of very many dimensions.
    pub random_walk: [f64; 2],
}

/// The principal plane of paths from one start, each of them points of `parameters` numbers one after the other.
///
/// With many parameters and few points, the components come from the matrix of inner products of the points (Gram's),
/// not from the covariance of the parameters: both have the same eigenvalues.
///
/// A random walk in many dimensions has 6 / pi^2 = 60.8 % of its variance in its first component and 15.2 % in its
/// second (Antognini, Sohl-Dickstein 2018): a path that explains no more says nothing of the loss. That share is
/// computed here for as many points and paths.
///
/// # Errors
/// [`Error::Spec`] for fewer than three points or too many, or points on a line; [`Error::NotFinite`].
pub fn principal_plane(paths: &[&[f64]], parameters: usize) -> Result<PrincipalPlane> {
    let points: Vec<&[f64]> = paths.iter().flat_map(|path| path.chunks_exact(parameters.max(1))).collect();
    let n = points.len();
    if !(3..=MAX_POINTS).contains(&n) {
        return Err(Error::spec("plane-points", "plane")
            .expected(format!("3 to {MAX_POINTS} points on all paths together"))
            .got(n.to_string())
            .hint("record more or fewer points of each path")
            .arg("most", MAX_POINTS)
            .arg("got", n));
    }
    let mut mean = vec![0.0; parameters];
    points.iter().for_each(|point| reduce::axpy(1.0 / n as f64, point, &mut mean));
    let centred: Vec<Vec<f64>> =
        points.iter().map(|point| point.iter().zip(&mean).map(|(x, m)| x - m).collect()).collect();
    let mut gram = Array2::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let product = reduce::dot(&centred[i], &centred[j]);
            (gram[[i, j]], gram[[j, i]]) = (product, product);
        }
    }
    let (explained, weights) = leading(&gram)?;
    let axis = |weights: &[f64]| {
        let mut axis = vec![0.0; parameters];
        weights.iter().zip(&centred).for_each(|(&w, point)| reduce::axpy(w, point, &mut axis));
        axis
    };
    let lengths: Vec<usize> = paths.iter().map(|path| path.len() / parameters.max(1)).collect();
    Ok(PrincipalPlane {
        plane: Plane::new(mean, &axis(&weights[0]), &axis(&weights[1]))?,
        explained,
        random_walk: leading(&random_walk(&lengths))?.0,
    })
}

/// The centred matrix of expected inner products of random walks from one start: of two points of one walk, as many
/// steps as they have in common; of two walks, none.
fn random_walk(lengths: &[usize]) -> Array2<f64> {
    let places: Vec<(usize, usize)> =
        lengths.iter().enumerate().flat_map(|(walk, &n)| (0..n).map(move |i| (walk, i))).collect();
    let n = places.len();
    let raw = Array2::from_shape_fn((n, n), |(i, j)| {
        let ((a, s), (b, t)) = (places[i], places[j]);
        if a == b { s.min(t) as f64 } else { 0.0 }
    });
    let means: Vec<f64> = raw.rows().into_iter().map(|row| row.sum() / n as f64).collect();
    let mean = means.iter().sum::<f64>() / n as f64;
    Array2::from_shape_fn((n, n), |(i, j)| raw[[i, j]] - means[i] - means[j] + mean)
}

/// The shares of the two largest eigenvalues in the trace, and their eigenvectors.
fn leading(gram: &Array2<f64>) -> Result<([f64; 2], [Vec<f64>; 2])> {
    let eigen = symmetric_eigen(gram)?;
    let n = eigen.values.len();
    let total: f64 = eigen.values.iter().map(|v| v.max(0.0)).sum();
    let share = |i: usize| if total > 0.0 { eigen.values[i].max(0.0) / total } else { 0.0 };
    Ok(([share(n - 1), share(n - 2)], [n - 1, n - 2].map(|i| eigen.vectors.row(i).to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Source, Stream};

    fn walk(points: usize, parameters: usize, seed: u64) -> Vec<f64> {
        let mut path = vec![0.0; points * parameters];
        for i in 1..points {
            let source = Source::new(seed, Stream::PROBE, i as u64);
            for j in 0..parameters {
                path[i * parameters + j] = path[(i - 1) * parameters + j] + source.normal(j as u64);
            }
        }
        path
    }

    #[test]
    fn a_random_walk_has_six_over_pi_squared_in_its_first_component() {
        for seed in [1, 2, 3] {
            let found = principal_plane(&[&walk(120, 4000, seed)], 4000).unwrap();
            assert!((found.explained[0] - 0.608).abs() < 0.02, "{:?}", found.explained);
            assert!((found.explained[0] - found.random_walk[0]).abs() < 0.02, "{found:?}");
            assert!((found.explained[1] - 0.152).abs() < 0.02, "{:?}", found.explained);
        }
    }

    /// The eigenvalues of the centred matrix are 1 / (4 sin^2(pi k / 2 n)), whose sum is (n^2 - 1) / 6.
    #[test]
    fn the_expected_share_of_one_walk_is_the_one_on_paper() {
        for n in [3, 10, 61] {
            let half = libm::sin(std::f64::consts::PI / (2.0 * n as f64));
            let want = 6.0 / (4.0 * half * half * (n * n - 1) as f64);
            let (got, _) = leading(&random_walk(&[n])).unwrap();
            assert!((got[0] - want).abs() < 1e-12, "{n}: {got:?} {want}");
        }
    }

    #[test]
    fn several_walks_from_one_start_share_less_in_one_direction() {
        let walks: Vec<Vec<f64>> = (1..4).map(|seed| walk(40, 4000, seed)).collect();
        let found = principal_plane(&walks.iter().map(Vec::as_slice).collect::<Vec<_>>(), 4000).unwrap();
        for i in 0..2 {
            assert!((found.explained[i] - found.random_walk[i]).abs() < 0.02, "{found:?}");
        }
        assert!(found.random_walk[0] < 0.5);
    }

    #[test]
    fn points_of_a_plane_are_explained_whole() {
        let points: Vec<f64> = (0..20)
            .flat_map(|i| {
                let t = f64::from(i);
                [1.0 + t, 2.0 - t, 0.5 * t * t, 7.0]
            })
            .collect();
        let found = principal_plane(&[&points], 4).unwrap();
        assert!((found.explained[0] + found.explained[1] - 1.0).abs() < 1e-12);
        for point in points.chunks_exact(4) {
            assert!(found.plane.project(point).off < 1e-6);
        }
    }

    #[test]
    fn too_few_points_and_points_on_a_line_are_refused() {
        let code = |path: &[f64]| principal_plane(&[path], 2).unwrap_err().report().code;
        assert_eq!(code(&[0.0, 0.0, 1.0, 1.0]), "plane-points");
        assert_eq!(code(&vec![0.0; 2 * 300]), "plane-points");
        assert_eq!(code(&[0.0, 0.0, 1.0, 1.0, 2.0, 2.0]), "plane-degenerate");
    }
}

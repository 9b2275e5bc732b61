//! Index against loss: are the critical points of high loss saddles of high index?

use super::krylov::norm;
use super::{
    CertificateOptions, Objective, SearchEnd, SearchOptions, Verdict, certify, lambda_max,
    minimize_gradient_norm, newton_mr,
};
use crate::error::Result;
use crate::kernels::reduce::axpy;
use crate::rng::{Source, Stream};
use serde::Serialize;

/// Lanczos steps for the learning rate of the descent.
const RATE_STEPS: usize = 12;

/// How points are drawn and looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexOptions {
    /// Decides initial weights, lengths of descents and noise.
    pub seed: u64,
    /// Most steps of gradient descent before a search begins.
    pub descent: usize,
    /// Most noise on theta where the search begins, as a share of its length.
    pub noise: f64,
    /// Steps of gradient-norm minimisation before Newton's: far from any critical point it is steadier.
    pub approach: usize,
    /// Steps of the same after Newton's, if they stalled: they go down to the floor of the region that is gradient-flat.
    pub polish: usize,
    /// The search.
    pub search: SearchOptions,
    /// The certificate.
    pub certificate: CertificateOptions,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            descent: 1000,
            noise: 0.5,
            approach: 50,
            polish: 500,
            search: SearchOptions::default(),
            certificate: CertificateOptions::default(),
        }
    }
}

/// One point of the scatter.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_family = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct IndexPoint {
    /// Steps of gradient descent from the initial weights to where the search began.
    pub descended: usize,
    /// Loss where the search ended.
    pub loss: f64,
    /// Negative eigenvalues there.
    pub index: usize,
    /// The same as a share of all eigenvalues.
    pub fraction: f64,
    /// Euclidean norm of the gradient.
    pub gradient_norm: f64,
    /// Whether it is a critical point: the others belong in no plot of index against loss.
    pub verdict: Verdict,
}

/// The `number`-th point of the scatter of Dauphin et al. 2014, figure 1, with theta where it was found.
///
/// As there, the search begins near a trajectory of training: `initial(seed)` gives initial weights, gradient descent at
/// the rate 1 / lambda_max, halved where the loss would rise, goes some steps (their number equally likely in every octave up to `descent`), noise is
/// added, then a critical point of any index is looked for. A point depends on seed and number alone, so a picture
/// may grow one point at a time, in any order, on any worker.
///
/// # Errors
/// As [`certify`] and [`newton_mr`].
pub fn index_point(
    objective: &mut impl Objective<f64>,
    initial: &dyn Fn(u64) -> Vec<f64>,
    number: u64,
    options: &IndexOptions,
) -> Result<(IndexPoint, Vec<f64>)> {
    let source = Source::new(options.seed, Stream::SEARCH, number);
    let words = source.words(0);
    let mut theta = initial(u64::from(words[0]) << 32 | u64::from(words[1]));
    let n = theta.len();
    let longest = libm::log(1.0 + options.descent as f64);
    let descended = libm::floor(libm::exp(longest * source.uniform(1)) - 1.0) as usize;
    descend(objective, &mut theta, descended)?;
    let noise: Vec<f64> = (0..n as u64).map(|i| source.normal(3 + i)).collect();
    let strength = options.noise * source.uniform(2) * norm(&theta) / norm(&noise).max(f64::MIN_POSITIVE);
    axpy(strength, &noise, &mut theta);

    let approach = SearchOptions { steps: options.approach, ..options.search.clone() };
    let mut found = minimize_gradient_norm(objective, &theta, &approach)?;
    if found.end != SearchEnd::Converged {
        found = newton_mr(objective, &found.theta, &options.search)?;
    }
    if found.end != SearchEnd::Converged {
        let polish = SearchOptions { steps: options.polish, ..options.search.clone() };
        found = minimize_gradient_norm(objective, &found.theta, &polish)?;
    }
    let certificate = certify(objective, &found.theta, &options.certificate)?;
    let point = IndexPoint {
        descended,
        loss: certificate.loss,
        index: certificate.index,
        fraction: certificate.index as f64 / n.max(1) as f64,
        gradient_norm: certificate.gradient_norm,
        verdict: certificate.verdict,
    };
    Ok((point, found.theta))
}

/// Gradient descent at the rate 1 / lambda_max of the start, halved whenever the loss would rise.
fn descend(objective: &mut impl Objective<f64>, theta: &mut Vec<f64>, steps: usize) -> Result<()> {
    let curvature = lambda_max(objective, theta, RATE_STEPS)?;
    let mut rate = if curvature > 0.0 { 1.0 / curvature } else { 1.0 };
    let mut gradient = vec![0.0; theta.len()];
    let mut loss = objective.gradient(theta, &mut gradient)?;
    let (mut there, mut next) = (theta.clone(), gradient.clone());
    for _ in 0..steps {
        there.copy_from_slice(theta);
        axpy(-rate, &gradient, &mut there);
        let value = objective.gradient(&there, &mut next)?;
        if value <= loss {
            loss = value;
            std::mem::swap(theta, &mut there);
            std::mem::swap(&mut gradient, &mut next);
        } else {
            rate *= 0.5;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::test_util::Polynomial;

    /// A sum of double wells x^4 - 2 x^2: critical points have k coordinates at 0 and the others at 1 or -1, loss
    /// k - n and index k. So index and loss stand in a straight line, as they should.
    #[test]
    fn wells_side_by_side_have_their_index_and_loss() {
        let n = 4;
        let terms: Vec<(f64, Vec<(usize, i32)>)> =
            (0..n).flat_map(|i| [(1.0, vec![(i, 4)]), (-2.0, vec![(i, 2)])]).collect();
        let borrowed: Vec<(f64, &[(usize, i32)])> = terms.iter().map(|(c, p)| (*c, &p[..])).collect();
        let mut f = Polynomial::new(n, &borrowed);
        let initial = |seed: u64| {
            let source = Source::new(seed, Stream::INIT, 0);
            (0..n as u64).map(|i| 0.6 * source.normal(i)).collect::<Vec<f64>>()
        };
        let options = IndexOptions { descent: 20, ..IndexOptions::default() };
        let mut indices = Vec::new();
        for number in 0..30 {
            let (point, theta) = index_point(&mut f, &initial, number, &options).unwrap();
            assert_eq!(point, index_point(&mut f, &initial, number, &options).unwrap().0);
            if point.verdict == Verdict::Critical {
                let zeros = theta.iter().filter(|x| x.abs() < 0.5).count();
                assert_eq!(point.index, zeros, "{theta:?}");
                assert!((point.loss - (zeros as f64 - n as f64)).abs() < 1e-9, "{point:?}");
                indices.push(point.index);
            }
        }
        assert!(indices.len() >= 25 && indices.iter().max() > indices.iter().min(), "{indices:?}");
    }
}

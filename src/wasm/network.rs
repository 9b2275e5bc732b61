//! A network of any size in the landscape of its loss.

use super::common::read;
use super::convert::{Js, doubles, object, set, whole};
use crate::curvature::{CertificateOptions, SearchEnd, SearchOptions};
use crate::error::Error;
use crate::io;
use crate::json;
use crate::landscape::{
    NetworkLandscape, NetworkRaceSpec, NetworkSpec, Plane, principal_plane, random_plane,
};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Seeds are whole numbers that JavaScript carries exactly.
pub(super) const MOST_SEED: u64 = (1 << 53) - 1;
/// Most steps of an iteration; each of Lanczos' holds a vector as long as theta.
pub(super) const MOST_STEPS: u64 = 10_000;

/// A trajectory without its numbers.
#[derive(Debug, Serialize, tsify::Tsify)]
#[tsify(missing_as_null)]
#[serde(rename_all = "camelCase")]
pub struct TrajectoryHead<'a> {
    /// The arm's.
    pub id: &'a str,
    /// The update after which it was not finite.
    pub diverged_at: Option<u64>,
}

/// Where a search ended, without its weights.
#[derive(Debug, Serialize, tsify::Tsify)]
#[serde(rename_all = "camelCase")]
pub struct SearchHead {
    /// The loss there.
    pub loss: f64,
    /// Euclidean norm of the gradient.
    pub gradient_norm: f64,
    /// Steps taken.
    pub steps: usize,
    /// Hessian-vector products.
    pub products: usize,
    /// Why it ended.
    pub end: SearchEnd,
}

/// The gradient noise of single examples on a plane, and of batches.
#[derive(Debug, Serialize, tsify::Tsify)]
#[serde(rename_all = "camelCase")]
pub struct NoiseOnPlane {
    /// Components of the mean gradient along the axes.
    pub mean: [f64; 2],
    /// Covariance of single gradients: of x with x, x with y, y with y.
    pub covariance: [f64; 3],
    /// For each batch size the half axes of one standard deviation, the longer first.
    pub ellipses: Vec<[[f64; 2]; 2]>,
}

/// A network with its data, and the plane that is looked at.
#[wasm_bindgen]
#[derive(Debug)]
pub struct NetworkSession {
    pub(super) network: NetworkLandscape,
    plane: Option<Plane>,
}

#[wasm_bindgen]
impl NetworkSession {
    /// The network that `spec` describes, over the files given, if its data are files.
    ///
    /// # Errors
    /// What is wrong with the description or the data.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &str, names: Vec<String>, contents: Vec<Uint8Array>) -> Js<NetworkSession> {
        let spec: NetworkSpec = json::read("network", spec)?;
        Ok(Self { network: NetworkLandscape::new(&spec, &read(names, &contents)?)?, plane: None })
    }

    /// What there is to say about it.
    #[must_use]
    pub fn info(&self) -> JsValue {
        object(&self.network.info())
    }

    /// The weights that a run of this seed begins with.
    ///
    /// # Errors
    /// [`Error::Spec`] for a seed that is none.
    pub fn initial(&self, seed: f64) -> Js<JsValue> {
        Ok(doubles(&self.network.initial(whole("seed", seed, 0, MOST_SEED)?)))
    }

    /// The weights of a saved model of the same network.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn weights(&self, file: &[u8]) -> Js<JsValue> {
        let weights: Vec<f64> = io::weights(file, self.network.table())?.into_iter().map(f64::from).collect();
        Ok(doubles(&weights))
    }

    /// Loss and gradient norm at some weights.
    ///
    /// # Errors
    /// [`Error::State`] for another number of weights.
    pub fn measure(&mut self, theta: Vec<f64>) -> Js<JsValue> {
        let (loss, norm) = self.network.measure(&theta)?;
        Ok(doubles(&[loss, norm]))
    }

    /// One arm of a race, from `start` or, if that is empty, from the initial weights of its seed.
    ///
    /// # Errors
    /// As [`NetworkLandscape::descend`].
    pub fn descend(&mut self, race: &str, arm: f64, start: Vec<f64>) -> Js<JsValue> {
        let race: NetworkRaceSpec = json::read("race", race)?;
        let arm = whole("arm", arm, 0, u64::from(u32::MAX))? as usize;
        let path = self.network.descend(&race, arm, Some(start.as_slice()).filter(|s| !s.is_empty()))?;
        let head = object(&TrajectoryHead { id: &path.id, diverged_at: path.diverged_at });
        let counts = |counts: &[u64]| doubles(&counts.iter().map(|&n| n as f64).collect::<Vec<_>>());
        set(&head, "updates", counts(&path.updates));
        set(&head, "examples", counts(&path.examples));
        set(&head, "thetas", doubles(&path.thetas));
        set(&head, "loss", doubles(&path.loss));
        set(&head, "gradientNorm", doubles(&path.gradient_norm));
        Ok(head)
    }

    /// The plane of the first two principal components of paths: `paths` are all their numbers, `points` how many points
    /// each has.
    ///
    /// # Errors
    /// As [`principal_plane`].
    #[wasm_bindgen(js_name = principalPlane)]
    pub fn principal_plane(&self, paths: Vec<f64>, points: Vec<f64>) -> Js<JsValue> {
        let parameters = self.network.parameters();
        let mut rest = paths.as_slice();
        let mut parts = Vec::with_capacity(points.len());
        for &count in &points {
            let count = whole("paths", count, 0, u64::from(u32::MAX))? as usize;
            let Some((part, after)) = rest.split_at_checked(count.saturating_mul(parameters)) else { break };
            parts.push(part);
            rest = after;
        }
        if !rest.is_empty() || parts.len() != points.len() {
            return Err(Error::state("theta-length", "paths")
                .expected(format!("points of {parameters} numbers"))
                .got(format!("{} numbers", paths.len()))
                .hint("pass the trajectories of a race of this network")
                .into());
        }
        let found = principal_plane(&parts, parameters)?;
        let head = plane(&found.plane);
        set(&head, "explained", doubles(&found.explained));
        set(&head, "randomWalk", doubles(&found.random_walk));
        Ok(head)
    }

    /// A random plane whose directions have the size of the network's filters.
    ///
    /// # Errors
    /// As [`random_plane`].
    #[wasm_bindgen(js_name = randomPlane)]
    pub fn random_plane(&self, theta: Vec<f64>, seed: f64) -> Js<JsValue> {
        let seed = whole("seed", seed, 0, MOST_SEED)?;
        let found = random_plane(self.network.checked(&theta)?, self.network.table(), seed)?;
        let head = plane(&found.plane);
        set(&head, "unit", found.unit);
        Ok(head)
    }

    /// The plane of the most negative and the most positive curvature, after `steps` steps of Lanczos iteration.
    ///
    /// # Errors
    /// As [`NetworkLandscape::eigen_plane`].
    #[wasm_bindgen(js_name = eigenPlane)]
    pub fn eigen_plane(&mut self, theta: Vec<f64>, steps: f64, seed: f64) -> Js<JsValue> {
        let steps = whole("steps", steps, 1, MOST_STEPS)? as usize;
        let found = self.network.eigen_plane(&theta, steps, whole("seed", seed, 0, MOST_SEED)?)?;
        let head = plane(&found.plane);
        set(&head, "eigenvalues", doubles(&found.values));
        set(&head, "residuals", doubles(&found.residuals));
        set(&head, "ritz", doubles(&found.spectrum.values));
        Ok(head)
    }

    /// What can be proved of some weights; all eigenvalues of networks of at most `whole` weights.
    ///
    /// # Errors
    /// As [`NetworkLandscape::certify`].
    pub fn certify(&mut self, theta: Vec<f64>, most: f64, steps: f64) -> Js<JsValue> {
        let options = CertificateOptions {
            whole: whole("whole", most, 0, u64::from(u32::MAX))? as usize,
            steps: whole("steps", steps, 1, MOST_STEPS)? as usize,
            ..CertificateOptions::default()
        };
        Ok(object(&self.network.certify(&theta, &options)?))
    }

    /// The critical point that Newton-MR reaches from some weights within `steps` steps, or where it ended.
    ///
    /// # Errors
    /// As [`NetworkLandscape::search`].
    pub fn search(&mut self, theta: Vec<f64>, steps: f64) -> Js<JsValue> {
        let steps = whole("steps", steps, 1, MOST_STEPS)? as usize;
        let found = self.network.search(&theta, &SearchOptions { steps, ..SearchOptions::default() })?;
        let head = object(&SearchHead {
            loss: found.loss,
            gradient_norm: found.gradient_norm,
            steps: found.steps,
            products: found.products,
            end: found.end,
        });
        set(&head, "theta", doubles(&found.theta));
        Ok(head)
    }

    /// The plane through three points.
    ///
    /// # Errors
    /// As [`Plane::through`].
    #[wasm_bindgen(js_name = planeThrough)]
    pub fn plane_through(&self, a: Vec<f64>, b: Vec<f64>, c: Vec<f64>) -> Js<JsValue> {
        let [a, b, c] = [self.network.checked(&a)?, self.network.checked(&b)?, self.network.checked(&c)?];
        Ok(plane(&Plane::through([a, b, c])?))
    }

    /// The plane of two weights, each by its number or its name.
    ///
    /// # Errors
    /// As [`NetworkLandscape::place`] and [`Plane::of_parameters`].
    #[wasm_bindgen(js_name = weightsPlane)]
    pub fn weights_plane(&self, theta: Vec<f64>, x: &str, y: &str) -> Js<JsValue> {
        let places = [self.network.place(x)?, self.network.place(y)?];
        self.network.checked(&theta)?;
        Ok(plane(&Plane::of_parameters(theta, places)?))
    }

    /// Looks at a plane: what `slice` and `follow` are about.
    ///
    /// # Errors
    /// As [`Plane::new`].
    pub fn look(&mut self, origin: Vec<f64>, x: Vec<f64>, y: Vec<f64>) -> Js<()> {
        self.network.checked(&origin)?;
        self.plane = Some(Plane::new(origin, &x, &y)?);
        Ok(())
    }

    /// The loss at points of the plane, `x0, y0, x1, y1, …`.
    ///
    /// # Errors
    /// [`Error::State`] if none was looked at.
    pub fn slice(&mut self, points: Vec<f64>) -> Js<JsValue> {
        let (points, _) = points.as_chunks::<2>();
        let plane = self.plane.as_ref().ok_or_else(no_plane)?;
        Ok(doubles(&self.network.slice(plane, points)?))
    }

    /// A path seen on the plane.
    ///
    /// # Errors
    /// As [`NetworkLandscape::follow`]; [`Error::State`] if no plane was looked at.
    pub fn follow(&mut self, path: Vec<f64>) -> Js<JsValue> {
        let plane = self.plane.as_ref().ok_or_else(no_plane)?;
        let seen = self.network.follow(plane, &path)?;
        let head = js_sys::Object::new().into();
        for (name, numbers) in [("at", &seen.at), ("off", &seen.off), ("slice", &seen.slice)] {
            set(&head, name, doubles(numbers));
        }
        Ok(head)
    }

    /// The gradient noise on the plane at some weights, for batches of some sizes.
    ///
    /// # Errors
    /// As [`NetworkLandscape::gradient_noise`]; [`Error::State`] if no plane was looked at.
    pub fn noise(&mut self, theta: Vec<f64>, batches: Vec<f64>) -> Js<JsValue> {
        let plane = self.plane.as_ref().ok_or_else(no_plane)?;
        let noise = self.network.gradient_noise(plane, &theta)?;
        let mut ellipses = Vec::with_capacity(batches.len());
        for &size in &batches {
            ellipses.push(noise.ellipse(whole("batches", size, 1, u64::from(u32::MAX))? as usize)?);
        }
        Ok(object(&NoiseOnPlane { mean: noise.mean, covariance: noise.covariance, ellipses }))
    }
}

fn no_plane() -> Error {
    Error::state("no-plane", "slice").expected("a plane to look at").got("none").hint("choose a plane first")
}

fn plane(plane: &Plane) -> JsValue {
    let head: JsValue = js_sys::Object::new().into();
    set(&head, "origin", doubles(&plane.origin));
    set(&head, "axes", plane.axes.iter().map(|axis| doubles(axis)).collect::<Array>());
    head
}

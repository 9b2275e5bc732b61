//! Whole training runs: the loss of every step, the gradient, the final weights and what they predict.

mod data;
pub mod words;

use super::{Case, Outcome, Stop, Tensor, compare, failed, judged, not_yet, optim};
use saddlepoint::curvature::DataLoss;
use saddlepoint::data::Examples;
use saddlepoint::kernels::Real;
use saddlepoint::nn::{Model, Parameter};
use saddlepoint::optim::{Optimizer, OptimizerSpec};
use serde_json::Value;
use std::ops::Range;
use std::sync::Arc;

/// The files give no tolerance for gradients: that of their f32 weights, relative to the largest entry or norm.
const GRADIENT_TOLERANCE: f64 = 1e-5;

/// The files give none for running statistics either: that of the weights.
const STATE_TOLERANCE: f64 = 1e-5;

/// What a manifest says of a case.
const KEYS: [&str; 17] = [
    "id",
    "about",
    "data",
    "model",
    "loss",
    "optimizer",
    "batch",
    "steps",
    "params",
    "state",
    "loss_first",
    "loss_last",
    "f32_loss_err_max",
    "eval_atol",
    "param_atol",
    "param_sum",
    "param_sumsq",
];

pub fn check(case: &Case<'_>) -> Outcome {
    let loss = words::loss(case.text("loss")?)?;
    let Some(hyper) = case.manifest["optimizer"].as_object() else {
        return failed("the manifest has no optimizer");
    };
    let mut hyper = hyper.clone();
    let name = hyper.remove("name");
    let hyper = Value::Object(hyper);
    let (optimizer, unread) = optim::spec(name.as_ref().and_then(Value::as_str).unwrap_or_default(), &hyper)?;
    // layers are called what their parameters are called
    let mut names: Vec<&str> =
        case.names("params").iter().filter_map(|p| Some(p.split_once('.')?.0)).collect();
    names.dedup();
    let network = words::network(&case.names("model"), &names)?;
    let examples = data::examples(&case.manifest["data"], network.input.as_deref(), loss.needs_classes())?;
    let target = DataLoss::<f64>::target_of(&examples);
    let model = Model::new(examples.dataset().shape(), &network.layers, loss, target)?;
    let run =
        Run { case, examples: Arc::new(examples), model, optimizer, channels_last: network.channels_last };
    let numbers = run.train::<f32>().and_then(|()| run.train::<f64>());
    judged(numbers, unread.or_else(|| case.beside(&KEYS)))
}

struct Run<'a> {
    case: &'a Case<'a>,
    examples: Arc<Examples>,
    model: Model,
    optimizer: OptimizerSpec,
    /// Whether images are flattened as they are here.
    channels_last: bool,
}

/// A parameter of the case and, for each of its places, the place in our theta.
struct Part<'a> {
    name: &'a str,
    places: Vec<usize>,
}

impl Run<'_> {
    /// Parameters in the order of the case.
    fn parts(&self) -> Result<Vec<Part<'_>>, Stop> {
        let mut parts = Vec::new();
        for name in self.case.names("params") {
            let mut all = Vec::new();
            for p in self.entries(name)? {
                all.extend(self.places(p).into_iter().map(|i| p.offset + i));
            }
            parts.push(Part { name, places: all });
        }
        let covered: usize = parts.iter().map(|p| p.places.len()).sum();
        if covered != self.model.table().len() {
            return failed(format!(
                "{covered} parameters in the case, {} in the network",
                self.model.table().len()
            ));
        }
        Ok(parts)
    }

    /// Our parameters that make up one of the case: `fc1.w`, `rnn.w_ih`, `rnn.b_hh_l0_reverse`.
    fn entries(&self, name: &str) -> Result<Vec<&Parameter>, Stop> {
        let entries = self.model.table().entries();
        let (layer, role) = name.rsplit_once('.').unwrap_or((name, ""));
        let (role, reverse) = role.strip_suffix("_reverse").map_or((role, false), |r| (r, true));
        let role = role.strip_suffix("_l0").unwrap_or(role);
        let ours: &[&str] = match role {
            "w" | "weight" => &["kernel", "gamma", "table"],
            "b" | "bias" => &["bias", "beta"],
            "w_ih" => &["kernel"],
            "w_hh" => &["recurrent"],
            "b_ih" => &["bias", "bias_input", "bias_forget", "bias_cell", "bias_output"],
            "b_hh" => &["bias_recurrent"],
            other => &[other][..],
        };
        let places = match reverse {
            true => vec![format!("{layer}/backward")],
            false => vec![layer.to_owned(), format!("{layer}/forward")],
        };
        let full = ours.iter().flat_map(|role| places.iter().map(move |place| format!("{place}.{role}")));
        let found: Vec<&Parameter> =
            full.filter_map(|full| entries.iter().find(|p| p.name == full)).collect();
        if found.is_empty() { not_yet(format!("a parameter {name}")) } else { Ok(found) }
    }

    /// For each place of a tensor of the case, the place in ours.
    fn places(&self, p: &Parameter) -> Vec<usize> {
        match *p.shape.dims() {
            // (out, channels, rows, columns) against (rows, columns, channels, out); of a transposed convolution
            // (in, out, rows, columns) against (rows, columns, out, in)
            [kh, kw, c, o] => places(&[o, c, kh, kw], &[1, o, kw * c * o, c * o]),
            // (out, in) against (in, out); after images, in counts (channels, rows, columns) there and
            // (rows, columns, channels) here
            [fan_in, fan_out] if !p.name.ends_with(".table") => match self.flattened(&p.layer) {
                Some([h, w, c]) if h * w * c == fan_in && !self.channels_last => {
                    places(&[fan_out, c, h, w], &[1, fan_out, w * c * fan_out, c * fan_out])
                }
                _ => places(&[fan_out, fan_in], &[1, fan_out]),
            },
            _ => (0..p.shape.len()).collect(),
        }
    }

    /// The extents (H, W, C) of the images that come to a dense layer, if images do.
    fn flattened(&self, layer: &str) -> Option<[usize; 3]> {
        let rows = self.model.rows();
        let place = rows.iter().position(|r| r.name == layer)?;
        let flat = |kind: &str| kind == "flatten";
        // only a flatten layer may stand between
        let before = rows[..place].iter().rposition(|r| !flat(&r.kind));
        let images = match before {
            Some(i) => &rows[i].output[..],
            None => self.model.input().dims(),
        };
        <[usize; 3]>::try_from(images).ok()
    }

    fn train<T: Real>(&self) -> Result<(), Stop> {
        let (case, parts) = (self.case, self.parts()?);
        let mut theta = vec![T::ZERO; self.model.table().len()];
        for part in &parts {
            let init = case.tensor(&format!("init.{}", part.name))?;
            if init.values.len() != part.places.len() {
                return failed(format!("init.{} is {}", part.name, init.shape));
            }
            part.places.iter().zip(&init.values).for_each(|(&i, &v)| theta[i] = T::from_f64(v));
        }
        let mut loss = DataLoss::<T>::new(self.model.clone(), self.examples.clone());
        let mut state = loss.state().to_vec();
        for (range, name) in self.states()? {
            let init = case.tensor(&format!("init_state.{name}"))?;
            if init.values.len() != range.len() {
                return failed(format!("init_state.{name} is {}", init.shape));
            }
            state[range].iter_mut().zip(&init.values).for_each(|(s, &v)| *s = T::from_f64(v));
        }
        loss.set_state(&state)?;
        let mut optimizer = Optimizer::<T>::new(self.optimizer, theta.len())?;
        let mut gradient = vec![T::ZERO; theta.len()];
        let order = case.tensor("order")?;
        let (batch, steps) = (case.number("batch")? as usize, case.number("steps")? as usize);
        if order.shape.dims() != [steps, batch] {
            return failed(format!("the order is {} instead of ({steps}, {batch})", order.shape));
        }
        let [losses, tolerances, norms] = ["loss", "loss_tol", "grad_norm"].map(|role| case.tensor(role));
        let (losses, tolerances, norms) = (losses?, tolerances?, norms?);
        for (step, rows) in order.indices()?.chunks_exact(batch).enumerate() {
            let value = loss.gradient(rows, &theta, &mut gradient)?.to_f64();
            let what = |of: &str| format!("{of} at step {step} in {}", T::NAME);
            compare(&what("loss"), &[value], &[losses.values[step]], 0.0, tolerances.values[step])?;
            let norm = gradient.iter().map(|g| g.to_f64() * g.to_f64()).sum::<f64>().sqrt();
            let tolerance = GRADIENT_TOLERANCE.max(10.0 * tolerances.values[step]);
            compare(&what("gradient norm"), &[norm], &[norms.values[step]], tolerance, tolerance)?;
            if step == 0 {
                for part in &parts {
                    if let Some(want) = case.find(&format!("grad0.{}", part.name)) {
                        near(&what(&format!("grad0.{}", part.name)), &gradient, part, want)?;
                    }
                }
            }
            loss.carry();
            optimizer.step(&mut theta, &gradient, 1.0);
        }
        for part in &parts {
            let what = format!("final.{} in {}", part.name, T::NAME);
            let want = case.tensor(&format!("final.{}", part.name))?;
            let Some(atol) = case.manifest["param_atol"][part.name].as_f64() else {
                return failed(format!("the manifest has no tolerance for {}", part.name));
            };
            compare(&what, &take(&theta, part), &want.values, 0.0, atol)?;
        }
        for (range, name) in self.states()? {
            let want = case.tensor(&format!("final_state.{name}"))?;
            let got: Vec<f64> = loss.state()[range].iter().map(|v| v.to_f64()).collect();
            compare(
                &format!("final_state.{name} in {}", T::NAME),
                &got,
                &want.values,
                STATE_TOLERANCE,
                STATE_TOLERANCE,
            )?;
        }
        self.evaluate(&mut loss, &theta)
    }

    /// The states of the case: where they are in ours, and their names.
    fn states(&self) -> Result<Vec<(Range<usize>, &str)>, Stop> {
        let (names, table) = (self.case.names("state"), self.model.states());
        let ours = |name: &str| name.replace(".mean", ".running_mean").replace(".var", ".running_var");
        let found = names.iter().filter_map(|name| {
            let state = table.entries().iter().find(|s| s.name == ours(name))?;
            Some((state.range(), *name))
        });
        let found: Vec<_> = found.collect();
        if found.len() != names.len() || names.len() != table.entries().len() {
            return not_yet(format!("states {}", names.join(", ")));
        }
        Ok(found)
    }

    /// What the final network puts out, before any softmax, for the first rows.
    fn evaluate<T: Real>(&self, loss: &mut DataLoss<T>, theta: &[T]) -> Result<(), Stop> {
        let want = self.case.tensor("eval_out")?;
        let &[rows, width] = want.shape.dims() else { return failed("eval_out needs two axes") };
        let mut got = Vec::new();
        let mut features = vec![T::ZERO; self.model.input().len()];
        for row in 0..rows as u32 {
            self.examples.fill_batch(&[row], &mut features)?;
            let (_, activations) = loss.inspect(&features, theta)?;
            got.extend(activations[activations.len() - width..].iter().map(|v| v.to_f64()));
        }
        let what = format!("eval_out in {}", T::NAME);
        compare(&what, &got, &want.values, 0.0, self.case.number("eval_atol")?)
    }
}

/// For each place of a tensor of extents `dims`, row-major, the place where the strides lead.
fn places(dims: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut all = vec![0];
    for (&d, &s) in dims.iter().zip(strides) {
        all = all.iter().flat_map(|&start| (0..d).map(move |i| start + i * s)).collect();
    }
    all
}

fn take<T: Real>(values: &[T], part: &Part<'_>) -> Vec<f64> {
    part.places.iter().map(|&i| values[i].to_f64()).collect()
}

/// A gradient within the tolerance, relative to its largest entry.
fn near<T: Real>(what: &str, gradient: &[T], part: &Part<'_>, want: &Tensor) -> Result<(), Stop> {
    let largest = want.values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let atol = GRADIENT_TOLERANCE * largest.max(1e-3);
    compare(what, &take(gradient, part), &want.values, GRADIENT_TOLERANCE, atol)
}

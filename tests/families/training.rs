//! Whole training runs: the loss of every step, the gradient, the final weights and what they predict.

use super::{Case, Outcome, Stop, Tensor, compare, failed, not_yet, optim};
use saddlepoint::Window;
use saddlepoint::curvature::DataLoss;
use saddlepoint::data::{Examples, assemble, digits};
use saddlepoint::kernels::Real;
use saddlepoint::nn::{
    Activation, ActivationLayer, AveragePool2d, BatchNormalization, Conv2dLayer, Dense, Flatten, LayerSpec,
    Loss, MaxPool2d, MeanSquaredError, Model, PaddingSpec, SoftmaxCrossEntropy,
};
use saddlepoint::optim::{Optimizer, OptimizerSpec};
use serde_json::Value;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// The files give no tolerance for gradients: that of their f32 weights, relative to the largest entry or norm.
const GRADIENT_TOLERANCE: f64 = 1e-5;

/// The files give none for running statistics either: that of the weights.
const STATE_TOLERANCE: f64 = 1e-5;

pub fn check(case: &Case<'_>) -> Outcome {
    case.only(&[
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
    ])?;
    let loss = loss(case.text("loss")?)?;
    let optimizer = optimizer(&case.manifest["optimizer"])?;
    let words = case.names("model");
    let layers = layers(&words)?;
    let examples = Arc::new(examples(&case.manifest["data"])?);
    let target = DataLoss::<f64>::target_of(&examples);
    let model = Model::new(examples.dataset().shape(), &layers, loss, target)?;
    let run = Run { case, examples, model, optimizer };
    run.train::<f32>()?;
    run.train::<f64>()?;
    Ok("")
}

fn loss(words: &str) -> Result<Loss, Stop> {
    match words {
        "softmax cross-entropy, mean" | "softmax cross-entropy, mean over batch" => {
            Ok(SoftmaxCrossEntropy::default().into())
        }
        "mse" | "mse, mean" | "mse mean" | "mse, mean over all entries" => Ok(MeanSquaredError {}.into()),
        other => not_yet(format!("loss {other}")),
    }
}

fn optimizer(value: &Value) -> Result<OptimizerSpec, Stop> {
    let Some(map) = value.as_object() else { return failed("the manifest has no optimizer") };
    let mut hyper = map.clone();
    let name = hyper.remove("name");
    optim::spec(name.as_ref().and_then(Value::as_str).unwrap_or_default(), &Value::Object(hyper))
}

/// The data file, from the folder DATA_DIR or `../shared/data`.
fn examples(data: &Value) -> Result<Examples, Stop> {
    let text = |key: &str| data[key].as_str().unwrap_or_default();
    let set = match (text("file"), text("scale")) {
        ("tabular/digits.csv", "x / 16") => digits()?,
        (file, "x / 255" | "x / 255 in f32") if file.contains("idx3") && !text("labels").is_empty() => {
            let folder = std::env::var_os("DATA_DIR").map_or_else(
                || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")),
                PathBuf::from,
            );
            let read = |name: &str| {
                let path = folder.join(name);
                let bytes = std::fs::read(&path);
                let bytes =
                    bytes.map_err(|_| Stop::Skipped(format!("because there is no {}", path.display())));
                Ok::<_, Stop>((name.to_owned(), bytes?))
            };
            assemble(&[read(file)?, read(text("labels"))?])?
        }
        (file, scale) => return not_yet(format!("data {file}, scaled {scale}")),
    };
    Ok(Examples::new(set, 0.0, 0)?)
}

/// The layers in words, such as `conv1 6x1x5x5 (OIHW) stride 1 pad 2`.
fn layers(words: &[&str]) -> Result<Vec<LayerSpec>, Stop> {
    let mut layers = Vec::new();
    let mut norm = BatchNormalization::default();
    for &line in words {
        let tokens: Vec<&str> = line.split_whitespace().collect();
        // the number behind a word, 0 or 1 if it is not there
        let after = |word: &str, default: usize| {
            let place = tokens.iter().position(|t| *t == word);
            place.and_then(|p| tokens.get(p + 1)).and_then(|t| t.parse().ok()).unwrap_or(default)
        };
        let name = tokens.first().copied().unwrap_or_default();
        let numbers = |separator: &str| -> Option<Vec<usize>> {
            tokens.iter().filter(|t| t.contains(separator)).find_map(|t| {
                t.split(separator)
                    .map(|n| n.parse().ok())
                    .collect::<Option<Vec<usize>>>()
                    .filter(|n| n.len() > 1)
            })
        };
        let (stride, pad) = (after("stride", 1), after("pad", 0));
        let activation = match name {
            "relu" => Some(Activation::Relu),
            "tanh" => Some(Activation::Tanh),
            "sigmoid" => Some(Activation::Sigmoid),
            _ => None,
        };
        let layer = match (name, numbers("x"), numbers("->")) {
            ("input", ..) if !line.contains("NHWC") => continue,
            (_, None, None) if activation.is_some() && tokens.len() == 1 => {
                LayerSpec::Activation(ActivationLayer {
                    name: None,
                    activation: activation.unwrap_or_default(),
                })
            }
            (name, None, None) if name.starts_with("bn") => {
                // what is said of one holds for those behind it
                let number = |word: &str, before: f64| {
                    let place = tokens.iter().position(|t| t.trim_start_matches('(') == word);
                    let text = place.and_then(|p| tokens.get(p + 1)).map(|t| t.trim_end_matches([',', ')']));
                    text.and_then(|t| t.parse().ok()).unwrap_or(before)
                };
                norm.epsilon = number("eps", norm.epsilon);
                norm.momentum = number("momentum", norm.momentum);
                norm.name = Some(name.to_owned());
                LayerSpec::BatchNormalization(norm.clone())
            }
            ("flatten", None, None) => LayerSpec::Flatten(Flatten::default()),
            ("max_pool", Some(size), None) if size.len() == 2 && pad == 0 => {
                let strides = Some([after("stride", size[0]), after("stride", size[1])]);
                LayerSpec::MaxPool2d(MaxPool2d { strides, ..MaxPool2d::new([size[0], size[1]]) })
            }
            ("avg_pool", Some(size), None) if size.len() == 2 && pad == 0 => {
                let strides = Some([after("stride", size[0]), after("stride", size[1])]);
                LayerSpec::AveragePool2d(AveragePool2d { strides, ..AveragePool2d::new([size[0], size[1]]) })
            }
            (name, Some(filter), None) if name.starts_with("conv") && filter.len() == 4 => {
                let kernel = [filter[2], filter[3]];
                // with a stride of 1, "same" is half the kernel on each side whatever the size of the image
                let same = Window::new(kernel).same([64, 64]).padding == [[pad; 2]; 2] && stride == 1;
                let padding = match pad {
                    0 => PaddingSpec::Valid,
                    _ if same => PaddingSpec::Same,
                    _ => return not_yet(format!("layer {line}")),
                };
                let mut conv = Conv2dLayer::new(filter[0], kernel, padding, Activation::Linear);
                conv.name = Some(name.to_owned());
                conv.strides = [stride; 2];
                conv.use_bias = !line.contains("without bias");
                LayerSpec::Conv2d(conv)
            }
            (name, None, Some(fans)) if name.starts_with("fc") && fans.len() == 2 => {
                let mut dense = Dense::new(fans[1], Activation::Linear);
                dense.name = Some(name.to_owned());
                dense.use_bias = !line.contains("without bias");
                LayerSpec::Dense(dense)
            }
            _ => return not_yet(format!("layer {line}")),
        };
        layers.push(layer);
    }
    Ok(layers)
}

struct Run<'a> {
    case: &'a Case<'a>,
    examples: Arc<Examples>,
    model: Model,
    optimizer: OptimizerSpec,
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
            let ours = match name.rsplit_once('.') {
                Some((layer, "w")) => format!("{layer}.kernel"),
                Some((layer, "b")) => format!("{layer}.bias"),
                _ => name.to_owned(),
            };
            let Some(p) = self.model.table().entries().iter().find(|p| p.name == ours) else {
                return not_yet(format!("a parameter {name}"));
            };
            let places = match *p.shape.dims() {
                // (out, channels, rows, columns) against (rows, columns, channels, out)
                [kh, kw, c, o] => {
                    let strides = [1, o, kw * c * o, c * o];
                    places(&[o, c, kh, kw], &strides)
                }
                // (out, in) against (in, out); after images, in counts (channels, rows, columns) there and
                // (rows, columns, channels) here
                [fan_in, fan_out] => match self.flattened(&p.layer) {
                    Some([h, w, c]) if h * w * c == fan_in => {
                        let strides = [1, fan_out, w * c * fan_out, c * fan_out];
                        places(&[fan_out, c, h, w], &strides)
                    }
                    _ => places(&[fan_out, fan_in], &[1, fan_out]),
                },
                _ => (0..p.shape.len()).collect(),
            };
            parts.push(Part { name, places: places.into_iter().map(|i| p.offset + i).collect() });
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

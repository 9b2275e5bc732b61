//! Optimizers: every point of a trajectory, in f32 and in f64.

use super::{Attributes, Case, Outcome, Stop, compare, failed, judged, not_yet};
use saddlepoint::kernels::Real;
use saddlepoint::optim::{Optimizer, OptimizerSpec};
use serde_json::{Map, Value};

pub fn check(case: &Case<'_>) -> Outcome {
    let known = ["id", "about", "optimizer", "hyper", "gradient", "steps", "rtol", "atol"];
    let (spec, unread) = spec(case.text("optimizer")?, &case.manifest["hyper"])?;
    let numbers = trajectory::<f32>(case, spec).and_then(|()| trajectory::<f64>(case, spec));
    judged(numbers, unread.or_else(|| case.beside(&known)))
}

/// The optimizer under a name, with its constants, and a constant that it does not know. The name says the family, the
/// constants the member.
pub fn spec<'a>(name: &str, hyper: &'a Value) -> Result<(OptimizerSpec, Option<&'a str>), Stop> {
    let constants = Attributes::new(hyper);
    if constants.flag("maximize", false)? {
        return not_yet(format!("{name} with maximize"));
    }
    if constants.get(&["lr"]).and_then(Value::as_f64).is_none() {
        return failed("the manifest has no number lr");
    }
    let stem = name.split('_').next().unwrap_or_default();
    let beta = [("beta1", "beta1"), ("beta2", "beta2"), ("eps", "epsilon")];
    let (kind, names): (&str, &[(&str, &str)]) = match stem {
        "sgd" if constants.get(&["momentum"]).is_none() => ("sgd", &[]),
        "sgd" => {
            ("momentum", &[("momentum", "momentum"), ("nesterov", "nesterov"), ("dampening", "dampening")])
        }
        "adagrad" => (
            "adagrad",
            &[
                ("lr_decay", "learningRateDecay"),
                ("initial_accumulator", "initialAccumulator"),
                ("initial_accumulator_value", "initialAccumulator"),
                ("eps", "epsilon"),
            ],
        ),
        "adadelta" => ("adadelta", &[("rho", "rho"), ("eps", "epsilon")]),
        "rmsprop" => (
            "rmsprop",
            &[("alpha", "rho"), ("momentum", "momentum"), ("centered", "centered"), ("eps", "epsilon")],
        ),
        "adam" | "amsgrad" => {
            ("adam", &[("beta1", "beta1"), ("beta2", "beta2"), ("eps", "epsilon"), ("amsgrad", "amsgrad")])
        }
        "adamw" => {
            ("adamW", &[("beta1", "beta1"), ("beta2", "beta2"), ("eps", "epsilon"), ("amsgrad", "amsgrad")])
        }
        "nadam" => (
            "nadam",
            &[
                ("beta1", "beta1"),
                ("beta2", "beta2"),
                ("eps", "epsilon"),
                ("momentum_decay", "momentumDecay"),
            ],
        ),
        "radam" => ("radam", &beta),
        "adamax" => ("adamax", &beta),
        "lion" => ("lion", &beta[..2]),
        _ => return not_yet(format!("an optimizer `{name}`")),
    };
    let mut json = Map::from_iter([("type".to_owned(), kind.into())]);
    let everywhere = [
        ("lr", "learningRate"),
        ("weight_decay", "weightDecay"),
        ("decoupled", "decoupled"),
        ("decoupled_weight_decay", "decoupled"),
        ("clip_global_norm", "clipNorm"),
        ("clip_norm", "clipNorm"),
        ("max_norm", "clipNorm"),
        ("clip_value", "clipValue"),
    ];
    for (theirs, ours) in names.iter().chain(&everywhere) {
        if let Some(value) = constants.get(&[theirs]) {
            json.insert((*ours).to_owned(), value.clone());
        }
    }
    // the one default that differs by name
    json.entry("weightDecay").or_insert(0.0.into());
    let unread = constants.unread();
    let spec = serde_json::from_value(Value::Object(json));
    Ok((spec.map_err(|e| Stop::Failed(format!("{name}: {e}")))?, unread))
}

fn trajectory<T: Real>(case: &Case<'_>, spec: OptimizerSpec) -> Result<(), Stop> {
    let real = |values: &[f64]| -> Vec<T> { values.iter().map(|&v| T::from_f64(v)).collect() };
    let mut theta = real(&case.shared("params0")?.values);
    let n = theta.len();
    let want = case.tensor("trajectory")?;
    let steps = case.number("steps")? as usize;
    if want.shape.dims() != [steps, n] {
        return failed(format!("the trajectory is {} instead of ({steps}, {n})", want.shape));
    }
    let sequence = match case.text("gradient")? {
        "sequence" => Some(real(&case.shared("grads")?.values)),
        "quadratic" => None,
        other => return not_yet(format!("a gradient `{other}`")),
    };
    let [diagonal, centre] = ["quad_diag", "quad_centre"].map(|name| case.shared(name));
    let (diagonal, centre) = (real(&diagonal?.values), real(&centre?.values));
    let mut optimizer = Optimizer::<T>::new(spec, n)?;
    for (step, want) in want.values.chunks_exact(n).enumerate() {
        let gradient: Vec<T> = match &sequence {
            Some(rows) => rows[step * n..][..n].to_vec(),
            None => (0..n).map(|i| diagonal[i] * (theta[i] - centre[i])).collect(),
        };
        optimizer.step(&mut theta, &gradient, 1.0);
        let got: Vec<f64> = theta.iter().map(|v| v.to_f64()).collect();
        let what = format!("parameters after step {} in {}", step + 1, T::NAME);
        compare(&what, &got, want, case.number("rtol")?, case.number("atol")?)?;
    }
    Ok(())
}

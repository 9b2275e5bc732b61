//! Optimizers: every point of a trajectory, in f32 and in f64.

use super::{Attributes, Case, Outcome, Stop, compare, failed, not_yet};
use saddlepoint::kernels::Real;
use saddlepoint::optim::{Adam, Momentum, Optimizer, OptimizerSpec, Sgd};
use serde_json::Value;

pub fn check(case: &Case<'_>) -> Outcome {
    case.only(&["id", "about", "optimizer", "hyper", "gradient", "steps", "rtol", "atol"])?;
    let spec = spec(case.text("optimizer")?, &case.manifest["hyper"])?;
    trajectory::<f32>(case, spec)?;
    trajectory::<f64>(case, spec)?;
    Ok("")
}

/// The optimizer under a name, with its constants. The name says the family, the constants the member.
pub fn spec(name: &str, hyper: &Value) -> Result<OptimizerSpec, Stop> {
    let constants = Attributes::new(hyper);
    let number = |key: &str, default: f64| constants.number(&[key], default);
    // a constant that switches something off is as good as none
    for key in ["weight_decay", "dampening"] {
        if number(key, 0.0)? != 0.0 {
            return not_yet(format!("{name} with {key}"));
        }
    }
    for key in ["amsgrad", "maximize"] {
        if constants.flag(key, false)? {
            return not_yet(format!("{name} with {key}"));
        }
    }
    let Some(learning_rate) = constants.get(&["lr"]).and_then(Value::as_f64) else {
        return failed("the manifest has no number lr");
    };
    let spec = match name.split('_').next().unwrap_or_default() {
        "sgd" => match (number("momentum", 0.0)?, constants.flag("nesterov", false)?) {
            (0.0, false) => OptimizerSpec::Sgd(Sgd { learning_rate }),
            (momentum, nesterov) => OptimizerSpec::Momentum(Momentum { learning_rate, momentum, nesterov }),
        },
        "adam" => {
            let (beta1, beta2, epsilon) =
                (number("beta1", 0.9)?, number("beta2", 0.999)?, number("eps", 1e-8)?);
            OptimizerSpec::Adam(Adam { learning_rate, beta1, beta2, epsilon })
        }
        _ => return not_yet(format!("an optimizer `{name}`")),
    };
    constants.all_read()?;
    Ok(spec)
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

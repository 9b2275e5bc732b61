//! Every optimizer down a bowl, plain and with all that it can do to a gradient, and every schedule along a run.

use super::{Case, hash};
use saddlepoint::kernels::Real;
use saddlepoint::optim::{Clock, Optimizer, OptimizerSpec, Options, Schedule, optimizers, schedules};
use serde::de::DeserializeOwned;

/// One case for each optimizer, real type and set of options, and one for each schedule.
pub fn cases() -> Vec<Case> {
    let options = Options {
        clip_norm: Some(3.0),
        clip_value: Some(0.5),
        gradient_noise: Some(0.1),
        weight_decay: Some(0.02),
        ..Options::default()
    };
    let mut cases = Vec::new();
    for entry in optimizers() {
        let plain: OptimizerSpec = usual(&entry.name);
        let treated = OptimizerSpec { options, ..plain };
        for (what, spec) in [("plain", plain), ("treated", treated)] {
            let case = |real: &str, hash| Case { name: format!("optim/{}/{what}/{real}", entry.name), hash };
            cases.push(case("f32", descend::<f32>(spec)));
            cases.push(case("f64", descend::<f64>(spec)));
        }
    }
    for entry in schedules() {
        let schedule: Schedule = usual(&entry.name);
        let factors = (0..200).map(|step| schedule.factor(Clock { step, steps: 200, per_epoch: 7 }));
        let hash = hash(factors.map(f64::to_bits));
        cases.push(Case { name: format!("schedule/{}", entry.name), hash });
    }
    cases
}

/// What a spec with nothing but a type means.
fn usual<T: DeserializeOwned>(kind: &str) -> T {
    serde_json::from_str(&format!(r#"{{"type":"{kind}"}}"#)).unwrap()
}

fn descend<T: Real>(spec: OptimizerSpec) -> u64 {
    let mut theta: Vec<T> = (0..1500).map(|i| T::from_f64(f64::from(i % 37) * 0.1 - 1.5)).collect();
    let mut optimizer = Optimizer::new(spec, theta.len()).unwrap().with_seed(9);
    for step in 0..20 {
        let gradient: Vec<T> = theta
            .iter()
            .enumerate()
            .map(|(i, &p)| p * T::from_f64(0.5 + (i % 5 + step % 3) as f64))
            .collect();
        optimizer.step(&mut theta, &gradient, 1.0);
    }
    hash(theta.iter().map(|p| p.canonical_bits()))
}

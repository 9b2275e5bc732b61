//! Losses: the values of [`Loss::per_example`], reduced as the case asks.

use super::{Op, Stop, failed, not_yet};
use saddlepoint::nn::{BinaryCrossEntropy, Loss, SoftmaxCrossEntropy, gaussian_divergence};
use saddlepoint::{Shape, Value};
use serde_json::json;

/// Losses of single entries, with what the mean divides by.
struct Losses {
    each: Value,
    weight: f64,
}

pub fn build(op: &mut Op<'_>, name: &str) -> Result<Value, Stop> {
    let losses = match name {
        "softmax_xent" => softmax_cross_entropy(op),
        "bce_logits" => binary_cross_entropy(op),
        "kl_div" => divergence(op),
        "kl_gauss" => normal_divergence(op),
        "huber" => {
            let delta = op.attributes.number(&["delta"], 1.0)?;
            entries(op, &json!({ "type": "huber", "delta": delta }))
        }
        "smooth_l1" => {
            let beta = op.attributes.number(&["beta"], 1.0)?;
            entries(op, &json!({ "type": "smoothL1", "beta": beta }))
        }
        "mse" => entries(op, &json!("meanSquaredError")),
        "mae" => entries(op, &json!("meanAbsoluteError")),
        "log_cosh" => entries(op, &json!("logCosh")),
        _ => entries(op, &json!("hinge")),
    }?;
    reduce(op, &losses)
}

/// The sum or the mean of the losses.
fn reduce(op: &mut Op<'_>, losses: &Losses) -> Result<Value, Stop> {
    let sum = op.g.sum_all(losses.each)?;
    match op.attributes.text("reduction", "mean")? {
        "sum" => Ok(sum),
        "mean" | "batchmean" => Ok(op.g.scale(sum, 1.0 / losses.weight)?),
        "none" => Ok(losses.each),
        other => not_yet(format!("reduction {other}")),
    }
}

fn softmax_cross_entropy(op: &mut Op<'_>) -> Result<Losses, Stop> {
    op.only(&["logits", "labels", "target", "class_weight"])?;
    let kinds = ["class index", "probability rows"];
    op.attributes.one_of("labels", &kinds)?;
    let logits = op.named("logits")?;
    let Some(&k) = op.g.shape(logits).dims().last() else { return failed("logits without classes") };
    let mut options = SoftmaxCrossEntropy {
        label_smoothing: op.attributes.number(&["label_smoothing"], 0.0)?,
        ..SoftmaxCrossEntropy::default()
    };
    if op.find("class_weight").is_some() {
        options.class_weights = Some(op.case.tensor("in.class_weight")?.values.clone());
    }
    if op.attributes.get(&["ignore_index"]).is_some() {
        let ignored = op.attributes.integer(&["ignore_index"], 0)?;
        // an index that is no class stands for the next one that is none
        options.ignore_index = Some(u32::try_from(ignored).unwrap_or(super::NO_CLASS));
    }
    let rows = op.g.shape(logits).len() / k;
    let logits = op.g.reshape(logits, [rows, k])?;
    let Some(labels) = op.find("labels") else {
        let target = op.named("target")?;
        let target = op.g.reshape(target, [rows, k])?;
        let each = Loss::from(options).per_example(&mut op.g, logits, target)?;
        return Ok(Losses { each, weight: rows as f64 });
    };
    let loss = Loss::from(options);
    let each = loss.per_example(&mut op.g, logits, labels)?;
    let kept = super::indices(op.case.tensor("in.labels")?)?;
    let weight = kept.iter().map(|&label| loss.weight(label).unwrap_or(1.0)).sum();
    Ok(Losses { each, weight })
}

fn binary_cross_entropy(op: &mut Op<'_>) -> Result<Losses, Stop> {
    op.only(&["logits", "target", "pos_weight"])?;
    let mut options = BinaryCrossEntropy::default();
    if let Some(value) = op.attributes.get(&["pos_weight"]) {
        options.positive_weights = match (value.as_f64(), value.as_array()) {
            (Some(one), _) => Some(vec![one]),
            (_, Some(list)) => list.iter().map(serde_json::Value::as_f64).collect(),
            _ => return not_yet(format!("pos_weight {value}")),
        };
    }
    if op.find("pos_weight").is_some() {
        options.positive_weights = Some(op.case.tensor("in.pos_weight")?.values.clone());
    }
    let (x, target) = (op.named("logits")?, op.named("target")?);
    let shape = op.g.shape(x).clone();
    let target = op.g.expand(target, shape.clone())?;
    if options.positive_weights.as_ref().is_none_or(|w| w.len() == 1) {
        return each_entry(op, &options.into(), x, target);
    }
    // one weight a column: rows stay rows, and every column counts alike
    let Some(&k) = shape.dims().last() else { return failed("weights without columns") };
    let rows = shape.len() / k;
    let (x, target) = (op.g.reshape(x, [rows, k])?, op.g.reshape(target, [rows, k])?);
    let each = Loss::from(options).per_example(&mut op.g, x, target)?;
    let each = op.g.scale(each, k as f64)?;
    Ok(Losses { each, weight: shape.len() as f64 })
}

/// A loss of each entry of `pred` alone.
fn entries(op: &mut Op<'_>, loss: &serde_json::Value) -> Result<Losses, Stop> {
    op.only(&["pred", "target"])?;
    let (x, mut target) = (op.named("pred")?, op.named("target")?);
    let shape = op.g.shape(x).clone();
    target = op.g.expand(target, shape)?;
    if loss == "hinge" {
        // ours takes 0 and 1 where the case may have -1 and 1
        let zero = op.g.constant(0.0)?;
        target = op.g.greater(target, zero)?;
    }
    let loss: Loss = serde_json::from_value(loss.clone()).map_err(|e| Stop::Failed(e.to_string()))?;
    each_entry(op, &loss, x, target)
}

/// Every entry as an example of one output: mean and sum are over all of them.
fn each_entry(op: &mut Op<'_>, loss: &Loss, x: Value, target: Value) -> Result<Losses, Stop> {
    let shape = op.g.shape(x).clone();
    let (x, target) = (op.g.reshape(x, [shape.len(), 1])?, op.g.reshape(target, [shape.len(), 1])?);
    let each = loss.per_example(&mut op.g, x, target)?;
    let each = op.g.reshape(each, shape.clone())?;
    Ok(Losses { each, weight: shape.len() as f64 })
}

/// `sum p (log p - log q)`, q from logits, log-probabilities or probabilities: by the name of the input.
fn divergence(op: &mut Op<'_>) -> Result<Losses, Stop> {
    let names = op.names.clone();
    let known = |list: &[&str]| names.iter().copied().find(|n| list.contains(n));
    let target = known(&["target", "p", "target_probs", "log_target", "log_p"]);
    let output = known(&["logits", "x", "log_q", "log_pred", "log_probs", "log_input", "input", "pred", "q"]);
    let (Some(target), Some(output)) = (target, output) else { return not_yet("other inputs") };
    op.only(&[target, output])?;
    let (mut p, mut x) = (op.named(target)?, op.named(output)?);
    let shape = op.g.shape(x).clone();
    if target.starts_with("log") {
        p = op.g.exp(p)?;
    }
    if output == "q" {
        x = op.g.log(x)?;
    }
    let Some(&k) = shape.dims().last() else { return failed("distributions without entries") };
    let rows = shape.len() / k;
    let (flat, p) = (op.g.reshape(x, [rows, k])?, op.g.reshape(p, [rows, k])?);
    let loss: Loss =
        serde_json::from_value(json!("klDivergence")).map_err(|e| Stop::Failed(e.to_string()))?;
    let mut each = loss.per_example(&mut op.g, flat, p)?;
    if output != "logits" && output != "x" {
        // log-probabilities count as they are, also where their exponentials do not sum to 1
        let normaliser = op.g.log_sum_exp(flat)?;
        let total = op.g.sum(p, &[1])?;
        let excess = op.g.mul(total, normaliser)?;
        let excess = op.g.reshape(excess, [rows])?;
        each = op.g.sub(each, excess)?;
    }
    let words = op.case.manifest["attrs"]["formula"].as_str().unwrap_or_default();
    let all = op.attributes.text("reduction", "")? == "mean" && words.contains("entries");
    Ok(Losses { each, weight: if all { shape.len() } else { rows } as f64 })
}

fn normal_divergence(op: &mut Op<'_>) -> Result<Losses, Stop> {
    let names = op.names.clone();
    let known = |list: &[&str]| names.iter().copied().find(|n| list.contains(n));
    let mean = known(&["mu", "mean", "m"]);
    let variance = known(&["logvar", "log_var", "log_variance", "lv"]);
    let (Some(mean), Some(variance)) = (mean, variance) else { return not_yet("other inputs") };
    op.only(&[mean, variance])?;
    let (mean, variance) = (op.named(mean)?, op.named(variance)?);
    let shape: Shape = op.g.shape(mean).clone();
    let Some(&k) = shape.dims().last() else { return failed("distributions without entries") };
    let rows = shape.len() / k;
    let (mean, variance) = (op.g.reshape(mean, [rows, k])?, op.g.reshape(variance, [rows, k])?);
    let each = gaussian_divergence(&mut op.g, mean, variance)?;
    let words = op.case.manifest["attrs"]["formula"].as_str().unwrap_or_default();
    Ok(Losses { each, weight: if words.contains("entries") { shape.len() } else { rows } as f64 })
}

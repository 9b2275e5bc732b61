//! Losses: the values of [`Loss::per_example`], reduced as the case asks.

use super::super::attributes::axis;
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
    // without a word it is the mean, of which the formula says over what
    match op.attributes.text("reduction", "mean")? {
        "sum" => Ok(sum),
        "mean" | "batchmean" => Ok(op.g.scale(sum, 1.0 / losses.weight)?),
        "none" => Ok(losses.each),
        other => not_yet(format!("reduction {other}")),
    }
}

fn softmax_cross_entropy(op: &mut Op<'_>) -> Result<Losses, Stop> {
    op.only(&["logits", "labels", "target", "class_weight"])?;
    // which of both it is follows from the inputs
    op.attributes.get(&["labels"]);
    let mut logits = op.named("logits")?;
    let mut dims = op.g.shape(logits).dims().to_vec();
    let Some(last) = dims.len().checked_sub(1) else { return failed("logits without classes") };
    let labels = op.find("labels");
    let along = match op.attributes.get(&["axis"]).and_then(serde_json::Value::as_i64) {
        Some(said) => axis(said, dims.len())?,
        // classes behind the examples, as PyTorch has them, if the labels leave no other place
        None => match op.case.find("in.labels").map(|labels| labels.shape.dims()) {
            Some(rows)
                if last > 1 && *rows != dims[..last] && *rows == [&dims[..1], &dims[2..]].concat()[..] =>
            {
                1
            }
            _ => last,
        },
    };
    let order: Vec<usize> = (0..=last).filter(|&a| a != along).chain([along]).collect();
    logits = op.g.transpose(logits, &order)?;
    let k = dims.remove(along);
    let rows: usize = dims.iter().product();
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
    let loss = Loss::from(options);
    let logits = op.g.reshape(logits, [rows, k])?;
    let (each, weight) = match labels {
        None => {
            let target = op.named("target")?;
            let target = op.g.transpose(target, &order)?;
            let target = op.g.reshape(target, [rows, k])?;
            (loss.per_example(&mut op.g, logits, target)?, rows as f64)
        }
        Some(labels) => {
            let each = loss.per_example(&mut op.g, logits, labels)?;
            let kept = super::indices(op.case.tensor("in.labels")?)?;
            (each, kept.iter().map(|&label| loss.weight(label).unwrap_or(1.0)).sum())
        }
    };
    Ok(Losses { each: op.g.reshape(each, dims)?, weight })
}

fn binary_cross_entropy(op: &mut Op<'_>) -> Result<Losses, Stop> {
    op.only(&["logits", "target", "pos_weight"])?;
    let mut weights = None;
    if let Some(value) = op.attributes.get(&["pos_weight"]) {
        weights = match (value.as_f64(), value.as_array()) {
            (Some(one), _) => Some(vec![one]),
            (_, Some(list)) => list.iter().map(serde_json::Value::as_f64).collect(),
            _ => return not_yet(format!("pos_weight {value}")),
        };
    }
    if op.find("pos_weight").is_some() {
        weights = Some(op.case.tensor("in.pos_weight")?.values.clone());
    }
    let (x, target) = (op.named("logits")?, op.named("target")?);
    let shape = op.g.shape(x).clone();
    let target = op.g.expand(target, shape.clone())?;
    let with = |weights: Option<Vec<f64>>| Loss::from(BinaryCrossEntropy { positive_weights: weights });
    let Some(columns) = weights.clone().filter(|w| w.len() > 1) else {
        return each_entry(op, &with(weights), x, target);
    };
    // a weight for each column: column by column, since the loss of an example is the mean over its outputs
    let k = columns.len();
    let rows = shape.len() / k;
    let (x, target) = (op.g.reshape(x, [rows, k])?, op.g.reshape(target, [rows, k])?);
    let mut parts = Vec::new();
    for (column, weight) in columns.into_iter().enumerate() {
        let one = |op: &mut Op<'_>, v| op.g.slice(v, vec![0, column], vec![rows, 1]);
        let (x, target) = (one(op, x)?, one(op, target)?);
        let each = with(Some(vec![weight])).per_example(&mut op.g, x, target)?;
        parts.push(op.g.reshape(each, [rows, 1])?);
    }
    let each = op.g.concat(&parts, 1)?;
    Ok(Losses { each: op.g.reshape(each, shape.clone())?, weight: shape.len() as f64 })
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

/// `sum p (log p - log q)`, where names and formula tell what the inputs are: probabilities, their logarithms or logits.
fn divergence(op: &mut Op<'_>) -> Result<Losses, Stop> {
    let truth =
        ["target", "p", "target_probs", "log_target", "log_p", "target_logits", "p_logits", "logits_p"];
    let &[first, second] = &op.names[..] else { return not_yet("other inputs") };
    let (target, output) = match (truth.contains(&first), truth.contains(&second)) {
        (true, false) => (first, second),
        (false, true) => (second, first),
        _ => return not_yet("other inputs"),
    };
    let (mut p, mut x) = (op.named(target)?, op.named(output)?);
    let shape = op.g.shape(x).clone();
    let Some(&k) = shape.dims().last() else { return failed("distributions without entries") };
    if target.contains("logits") {
        p = op.g.softmax(p)?;
    } else if op.attributes.flag("log_target", target.starts_with("log"))? {
        p = op.g.exp(p)?;
    }
    let words = formula(op);
    let logits = output.contains("logits") || words.contains(&format!("softmax({output})"));
    if output == "q" || output.contains("prob") && !output.starts_with("log") {
        x = op.g.log(x)?;
    }
    let rows = shape.len() / k;
    let (flat, p) = (op.g.reshape(x, [rows, k])?, op.g.reshape(p, [rows, k])?);
    let loss: Loss =
        serde_json::from_value(json!("klDivergence")).map_err(|e| Stop::Failed(e.to_string()))?;
    let mut each = loss.per_example(&mut op.g, flat, p)?;
    if !logits {
        // log-probabilities count as they are, also where their exponentials do not sum to 1
        let normaliser = op.g.log_sum_exp(flat)?;
        let total = op.g.sum(p, &[1])?;
        let excess = op.g.mul(total, normaliser)?;
        let excess = op.g.reshape(excess, [rows])?;
        each = op.g.sub(each, excess)?;
    }
    Ok(Losses { each, weight: divisor(op, &words, rows, shape.len())? })
}

/// The divergence of a normal distribution from the standard one, of a mean and a log-variance.
fn normal_divergence(op: &mut Op<'_>) -> Result<Losses, Stop> {
    let names = op.names.clone();
    let known = |list: &[&str]| names.iter().copied().find(|n| list.contains(n));
    let mean = known(&["mu", "mean", "m"]);
    let variance = known(&["logvar", "log_var", "log_variance", "lv"]);
    let deviation = known(&["sigma", "std", "log_sigma", "log_std"]);
    let (Some(mean), Some(spread)) = (mean, variance.or(deviation)) else { return not_yet("other inputs") };
    op.only(&[mean, spread])?;
    let (mean, mut log) = (op.named(mean)?, op.named(spread)?);
    if variance.is_none() {
        if !spread.starts_with("log") {
            log = op.g.log(log)?;
        }
        log = op.g.scale(log, 2.0)?;
    }
    let shape: Shape = op.g.shape(mean).clone();
    let Some(&k) = shape.dims().last() else { return failed("distributions without entries") };
    let rows = shape.len() / k;
    let (mean, log) = (op.g.reshape(mean, [rows, k])?, op.g.reshape(log, [rows, k])?);
    let each = gaussian_divergence(&mut op.g, mean, log)?;
    let words = formula(op);
    Ok(Losses { each, weight: divisor(op, &words, rows, shape.len())? })
}

fn formula(op: &Op<'_>) -> String {
    op.case.manifest["attrs"]["formula"].as_str().unwrap_or_default().to_lowercase()
}

/// What the sum is divided by: rows or entries, as the formula says, or the reduction as PyTorch means it.
fn divisor(op: &Op<'_>, words: &str, rows: usize, entries: usize) -> Result<f64, Stop> {
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    let reduction = op.attributes.text("reduction", "")?;
    Ok(match reduction {
        "batchmean" => rows as f64,
        _ if says(&["entries", "elements", "all "]) => entries as f64,
        _ if says(&["/ n", "/n", "/ b", "rows", "batch", "examples", "samples"]) => rows as f64,
        "mean" => entries as f64,
        "" if says(&["mean"]) => entries as f64,
        _ => 1.0,
    })
}

//! Recurrences over several layers and directions, and attention.

use super::{Op, Stop, failed, not_yet};
use saddlepoint::Value;
use saddlepoint::nn::{self, Carried, Cell, Recurrence};

/// The output `y`, beside it `hT` and, for an LSTM, `cT`.
pub fn build(op: &mut Op<'_>, name: &str) -> Result<Value, Stop> {
    let cell = match name {
        "lstm" => Cell::Lstm,
        "gru" => match op.attributes.one_of("reset", &["after", "before"])? {
            "after" => Cell::Gru { reset_after: true },
            _ => Cell::Gru { reset_after: false },
        },
        _ => Cell::Simple { relu: op.attributes.one_of("nonlinearity", &["tanh", "relu"])? == "relu" },
    };
    op.attributes.one_of("gates", &["i,f,g,o", "r,z,n", "one gate"])?;
    op.attributes.one_of("x", &["[T,N,I]"])?;
    let layers = op.attributes.integer(&["layers"], 1)?;
    let directions = if op.attributes.flag("bidirectional", false)? { 2 } else { 1 };
    let mut x = op.named("x")?;
    let &[steps, batch, _] = op.g.shape(x).dims() else { return failed("x needs three axes") };
    let (mut last_h, mut last_c) = (Vec::new(), Vec::new());
    for layer in 0..layers {
        let mut sides = Vec::new();
        for direction in 0..directions {
            let suffix = format!("l{layer}{}", if direction == 1 { "_reverse" } else { "" });
            let place = usize::try_from(layer).unwrap_or_default() * directions + direction;
            let h0 = start(op, "h0", place)?;
            let c0 = if cell == Cell::Lstm { start(op, "c0", place)? } else { None };
            let carried = h0.map(|output| Carried { output, cell: c0 });
            let (outputs, end) = one(op, cell, x, &suffix, carried, direction == 1)?;
            let rows = op.g.concat(&outputs, 0)?;
            let units = op.g.shape(rows).dims()[1];
            sides.push(op.g.reshape(rows, [steps, batch, units])?);
            let Some(end) = end else { return failed("no step was done") };
            last_h.push(op.g.reshape(end.output, [1, batch, units])?);
            if let Some(c) = end.cell {
                last_c.push(op.g.reshape(c, [1, batch, units])?);
            }
        }
        x = op.g.concat(&sides, 2)?;
    }
    let h = op.g.concat(&last_h, 0)?;
    op.also.push(("hT", h));
    if !last_c.is_empty() {
        let c = op.g.concat(&last_c, 0)?;
        op.also.push(("cT", c));
    }
    Ok(x)
}

/// One row of the states at the start, `(N, H)`.
fn start(op: &mut Op<'_>, name: &str, place: usize) -> Result<Option<Value>, Stop> {
    let Some(all) = op.find(name) else { return Ok(None) };
    let &[_, batch, units] = op.g.shape(all).dims() else { return failed("a state needs three axes") };
    let one = op.g.slice(all, vec![place, 0, 0], vec![1, batch, units])?;
    Ok(Some(op.g.reshape(one, [batch, units])?))
}

type Run = (Vec<Value>, Option<Carried>);

/// One direction of one layer. The cases have two biases, of which ours needs one, but for the product that a GRU resets.
fn one(
    op: &mut Op<'_>,
    cell: Cell,
    x: Value,
    suffix: &str,
    start: Option<Carried>,
    backwards: bool,
) -> Result<Run, Stop> {
    let [w, u] = [op.named(&format!("w_ih_{suffix}"))?, op.named(&format!("w_hh_{suffix}"))?];
    let biases = ["b_ih", "b_hh"].map(|name| op.find(&format!("{name}_{suffix}")));
    let &[steps, batch, features] = op.g.shape(x).dims() else { return failed("x needs three axes") };
    let g = &mut op.g;
    let columns = g.shape(w).dims()[0];
    let rows = g.reshape(x, [steps * batch, features])?;
    let mut projected = g.matmul(rows, w, false, true)?;
    let mut inner = None;
    if let Some(b) = biases[0] {
        projected = g.add(projected, b)?;
    }
    if let Some(mut b) = biases[1] {
        if cell == (Cell::Gru { reset_after: true }) {
            let units = columns / 3;
            inner = Some(g.slice(b, vec![2 * units], vec![units])?);
            let gates = g.slice(b, vec![0], vec![2 * units])?;
            b = g.pad(gates, vec![0], vec![units])?;
        }
        projected = g.add(projected, b)?;
    }
    let projected = g.reshape(projected, [steps, batch, columns])?;
    let weights = g.transpose(u, &[1, 0])?;
    Ok(Recurrence { cell, weights, bias: inner }.run(g, projected, start, backwards)?)
}

pub fn attend(op: &mut Op<'_>) -> Result<Value, Stop> {
    op.only(&["q", "k", "v"])?;
    op.attributes.one_of("scale", &["1/sqrt(d)"])?;
    let causal = op.attributes.flag("causal", false)?;
    let (q, k, v) = (op.named("q")?, op.named("k")?, op.named("v")?);
    Ok(nn::attention(&mut op.g, q, k, v, causal)?)
}

pub fn attend_in_heads(op: &mut Op<'_>) -> Result<Value, Stop> {
    op.attributes.get(&["scale"]);
    op.attributes.get(&["weight"]);
    let causal = op.attributes.flag("causal", false)?;
    let heads = op.attributes.integer(&["heads", "num_heads", "n_heads"], 1)?;
    let Ok(heads) = usize::try_from(heads) else { return not_yet(format!("{heads} heads")) };
    let x = op.named("x")?;
    let &[batch, steps, features] = op.g.shape(x).dims() else { return failed("x needs three axes") };
    let rows = op.g.reshape(x, [batch * steps, features])?;
    let linear = |op: &mut Op<'_>, part: &str, x: Value| -> Result<Value, Stop> {
        let w = op.named(&format!("w_{part}"))?;
        let y = op.g.matmul(x, w, false, true)?;
        Ok(match op.find(&format!("b_{part}")) {
            Some(b) => op.g.add(y, b)?,
            None => y,
        })
    };
    let parts = [linear(op, "q", rows)?, linear(op, "k", rows)?, linear(op, "v", rows)?];
    let y = nn::attend_in_heads(&mut op.g, parts, [batch, steps, heads], causal)?;
    let y = linear(op, "o", y)?;
    Ok(op.g.reshape(y, [batch, steps, features])?)
}

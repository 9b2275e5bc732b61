//! Products, reductions and changes of shape, with the names and the meaning they have in NumPy.

use super::super::attributes::axis;
use super::{Op, Stop, failed, not_yet};
use saddlepoint::{Graph, Shape, Value};
use serde_json::Value as Json;

impl Op<'_> {
    pub(super) fn matmul(&mut self) -> Result<Value, Stop> {
        self.only(&["a", "b"])?;
        let (a, b) = (self.named("a")?, self.named("b")?);
        let swap = [self.attributes.flag("transpose_a", false)?, self.attributes.flag("transpose_b", false)?];
        product(&mut self.g, [a, b], swap)
    }

    pub(super) fn dense(&mut self) -> Result<Value, Stop> {
        self.only(&["x", "w", "b"])?;
        let turned = self.attributes.one_of("weight", &["OI", "IO"])? == "OI";
        let (x, w) = (self.named("x")?, self.named("w")?);
        let y = product(&mut self.g, [x, w], [false, turned])?;
        self.with_bias(y)
    }

    pub(super) fn binary(&mut self) -> Result<Value, Stop> {
        self.only(&["a", "b"])?;
        let (a, b) = (self.named("a")?, self.named("b")?);
        let g = &mut self.g;
        Ok(match self.attributes.text("fn", "")? {
            "add" => g.add(a, b),
            "sub" | "subtract" => g.sub(a, b),
            "mul" | "multiply" => g.mul(a, b),
            "div" | "divide" => g.div(a, b),
            "pow" | "power" => g.pow(a, b),
            "max" | "maximum" => g.maximum(a, b),
            "min" | "minimum" => g.minimum(a, b),
            other => return not_yet(format!("a binary function `{other}`")),
        }?)
    }

    pub(super) fn reduce(&mut self) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let x = self.named("x")?;
        let dims = self.g.shape(x).dims().to_vec();
        let rank = dims.len();
        let axes = match self.attributes.integers(&["axes", "axis"], 1)? {
            None => (0..rank).collect(),
            Some(list) => {
                let mut axes = list.iter().map(|&a| axis(a, rank)).collect::<Result<Vec<_>, _>>()?;
                axes.sort_unstable();
                axes
            }
        };
        let keep = self.attributes.flag("keepdims", false)?;
        let function = self.attributes.text("fn", "")?;
        let count: usize = axes.iter().map(|&a| dims[a]).product();
        let kept: Vec<usize> = (0..rank).map(|a| if axes.contains(&a) { 1 } else { dims[a] }).collect();
        let others: Vec<usize> = (0..rank).filter(|a| !axes.contains(a)).collect();
        let left: Vec<usize> = others.iter().map(|&a| dims[a]).collect();
        let g = &mut self.g;
        // for what works on the last axis: the others go to the front, the reduced ones become one
        let last = |g: &mut Graph| {
            let x = g.transpose(x, &[&others[..], &axes].concat())?;
            g.reshape(x, [&left[..], &[count]].concat())
        };
        let mean = |g: &mut Graph, x: Value| {
            let sum = g.sum(x, &axes)?;
            g.scale(sum, 1.0 / count as f64)
        };
        let y = match function {
            "sum" => g.sum(x, &axes)?,
            "mean" => mean(g, x)?,
            "var" | "std" => {
                let centre = mean(g, x)?;
                let distance = g.sub(x, centre)?;
                let square = g.mul(distance, distance)?;
                let variance = mean(g, square)?;
                if function == "std" { g.sqrt(variance)? } else { variance }
            }
            "max" => g.max_over(x, &axes)?,
            "min" => {
                let x = g.neg(x)?;
                let y = g.max_over(x, &axes)?;
                g.neg(y)?
            }
            "prod" => {
                // factor by factor, so that a zero among them keeps the derivative with respect to itself
                let x = last(g)?;
                let mut y = g.fill(1.0, left.clone())?;
                for i in 0..count {
                    let factor = take(g, x, left.len(), &[i])?;
                    let factor = g.reshape(factor, left.clone())?;
                    y = g.mul(y, factor)?;
                }
                y
            }
            "logsumexp" => {
                let x = last(g)?;
                g.log_sum_exp(x)?
            }
            other => return not_yet(format!("a reduction `{other}`")),
        };
        Ok(g.reshape(y, if keep { kept } else { left })?)
    }

    pub(super) fn concat(&mut self) -> Result<Value, Stop> {
        let rank = self.inputs.first().map_or(0, |&v| self.g.shape(v).rank());
        let along = axis(self.attributes.integer(&["axis"], 0)?, rank)?;
        Ok(self.g.concat(&self.inputs.clone(), along)?)
    }

    pub(super) fn slice(&mut self) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let mut x = self.named("x")?;
        let rank = self.g.shape(x).rank();
        let mut ranges = vec![[None; 3]; rank];
        match self.attributes.get(&["slices", "slice", "index"]) {
            Some(given) => {
                let given = ranges_of(given);
                let Some(given) = given.filter(|r| r.len() <= rank) else { return not_yet("this slice") };
                ranges[..given.len()].copy_from_slice(&given);
            }
            None => {
                let axes = match self.attributes.integers(&["axes"], 1)? {
                    Some(list) => list.iter().map(|&a| axis(a, rank)).collect::<Result<Vec<_>, _>>()?,
                    None => (0..rank).collect(),
                };
                let mut any = false;
                for (part, names) in [
                    &["start", "starts", "begin"][..],
                    &["stop", "stops", "end", "ends", "limit", "limits"],
                    &["step", "steps", "stride", "strides"],
                ]
                .into_iter()
                .enumerate()
                {
                    for (v, &a) in self.attributes.integers(names, axes.len())?.iter().flatten().zip(&axes) {
                        ranges[a][part] = Some(*v);
                        any = true;
                    }
                }
                for (v, &a) in
                    self.attributes.integers(&["size", "sizes"], axes.len())?.iter().flatten().zip(&axes)
                {
                    ranges[a][1] = Some(ranges[a][0].unwrap_or(0) + v);
                }
                if !any {
                    return not_yet("a slice without start and stop");
                }
            }
        }
        for (along, range) in ranges.into_iter().enumerate() {
            let places = places(range, self.g.shape(x).dims()[along]);
            let Some(places) = places else { return not_yet("a slice that does not move") };
            x = take(&mut self.g, x, along, &places)?;
        }
        Ok(x)
    }

    pub(super) fn pad(&mut self) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let mut x = self.named("x")?;
        let shape = self.g.shape(x).clone();
        let sides = self.attributes.sides("pad", shape.rank())?;
        let mode = self.attributes.one_of("mode", &["constant", "reflect", "symmetric", "edge", "wrap"])?;
        let value = self.attributes.number(&["value", "constant"], 0.0)?;
        if mode != "constant" {
            for (along, [before, after]) in sides.into_iter().enumerate() {
                let n = shape.dims()[along] as i64;
                let places = -(before as i64)..n + after as i64;
                let places: Vec<usize> = places.map(|i| mirrored(mode, i, n)).collect();
                x = take(&mut self.g, x, along, &places)?;
            }
            return Ok(x);
        }
        let [before, after] = [0, 1].map(|i| sides.iter().map(|s| s[i]).collect::<Vec<_>>());
        let g = &mut self.g;
        let padded = g.pad(x, before.clone(), after.clone())?;
        if value == 0.0 {
            return Ok(padded);
        }
        let inside = g.fill(1.0, shape)?;
        let inside = g.pad(inside, before, after)?;
        let one = g.constant(1.0)?;
        let outside = g.sub(one, inside)?;
        let border = g.scale(outside, value)?;
        Ok(g.add(padded, border)?)
    }

    pub(super) fn transpose(&mut self) -> Result<Value, Stop> {
        self.only(&["x"])?;
        let x = self.named("x")?;
        let rank = self.g.shape(x).rank();
        let order = match self.attributes.integers(&["perm", "axes", "order", "permutation"], 1)? {
            Some(list) => list.iter().map(|&a| axis(a, rank)).collect::<Result<Vec<_>, _>>()?,
            None => (0..rank).rev().collect(),
        };
        Ok(self.g.transpose(x, &order)?)
    }
}

/// The product over the last two axes; leading ones broadcast, and a vector is a row on the left, a column on the right.
pub(super) fn product(g: &mut Graph, [a, b]: [Value; 2], swap: [bool; 2]) -> Result<Value, Stop> {
    let (left, right) = (g.shape(a).dims().to_vec(), g.shape(b).dims().to_vec());
    let (row, column) = (left.len() == 1, right.len() == 1);
    let (mut x, mut y) = (a, b);
    if row {
        x = g.reshape(x, [1, left[0]])?;
    }
    if column {
        y = g.reshape(y, [right[0], 1])?;
    }
    let lead = |g: &Graph, v| match g.shape(v).dims() {
        [lead @ .., rows, columns] => Ok((lead.to_vec(), [*rows, *columns])),
        _ => failed("a product of a scalar"),
    };
    let ((front, own), (other, theirs)) = (lead(g, x)?, lead(g, y)?);
    if front != other {
        let common = Shape::from(front).broadcast(&Shape::from(other))?;
        x = g.expand(x, [common.dims(), &own].concat())?;
        y = g.expand(y, [common.dims(), &theirs].concat())?;
    }
    let z = g.matmul(x, y, swap[0] && !row, swap[1] && !column)?;
    let mut dims = g.shape(z).dims().to_vec();
    if row {
        dims.remove(dims.len() - 2);
    }
    if column {
        dims.pop();
    }
    Ok(g.reshape(z, dims)?)
}

/// The entries of these places along an axis, in this order.
fn take(g: &mut Graph, x: Value, along: usize, places: &[usize]) -> Result<Value, saddlepoint::Error> {
    let dims = g.shape(x).dims().to_vec();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &place in places {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == place => *length += 1,
            _ => runs.push((place, 1)),
        }
    }
    let mut parts = Vec::with_capacity(runs.len());
    for (start, length) in runs {
        let (mut starts, mut lengths) = (vec![0; dims.len()], dims.clone());
        (starts[along], lengths[along]) = (start, length);
        parts.push(g.slice(x, starts, lengths)?);
    }
    if parts.len() == 1 { Ok(parts[0]) } else { g.concat(&parts, along) }
}

/// Start, stop and step of each axis as in Python, as lists `[[1, 5, 2], [null, null, -1]]` or as text `[1:5:2, ::-1]`.
fn ranges_of(given: &Json) -> Option<Vec<[Option<i64>; 3]>> {
    if let Some(text) = given.as_str() {
        let axes = text.trim_matches(['[', ']']).split(',');
        return axes
            .map(|axis| {
                let mut range = [None; 3];
                for (i, part) in axis.trim().split(':').enumerate() {
                    let part = part.trim();
                    *range.get_mut(i)? = if part.is_empty() { None } else { Some(part.parse().ok()?) };
                }
                Some(range)
            })
            .collect();
    }
    let axes = given.as_array()?.iter();
    axes.map(|axis| {
        let parts = axis.as_array().map(Vec::as_slice).unwrap_or_default();
        Some([0, 1, 2].map(|i| parts.get(i).and_then(Json::as_i64)))
    })
    .collect()
}

/// The places of `start:stop:step` among `n`; none if the step is 0.
fn places([start, stop, step]: [Option<i64>; 3], n: usize) -> Option<Vec<usize>> {
    let (n, step) = (n as i64, step.unwrap_or(1));
    if step == 0 {
        return None;
    }
    // backwards the ends are the last place and the one before the first
    let (least, most) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let place = |v: i64| (if v < 0 { v + n } else { v }).clamp(least, most);
    let from = start.map_or(if step > 0 { least } else { most }, place);
    let to = stop.map_or(if step > 0 { most } else { least }, place);
    let count = ((to - from) * step.signum()).max(0).unsigned_abs().div_ceil(step.unsigned_abs());
    Some((0..count as i64).map(|i| (from + i * step) as usize).collect())
}

/// The place among `n` that stands at `i`, which may be outside.
fn mirrored(mode: &str, i: i64, n: i64) -> usize {
    let place = match mode {
        "edge" => i.clamp(0, n - 1),
        "wrap" => i.rem_euclid(n),
        _ => {
            // there and back; reflection does not repeat the entries at the ends
            let (period, repeats) = if mode == "symmetric" { (2 * n, 1) } else { ((2 * n - 2).max(1), 0) };
            let j = i.rem_euclid(period);
            if j < n { j } else { period - j - repeats }
        }
    };
    place as usize
}

//! Pooling over windows of images `(N, H, W, C)`. Sizes round down.

use super::{
    Attribute, Case, CaseInput, Class, Eval, Onnx, Op, Operation, Pulled, Values, Vjp, expect, mismatch,
    window_attributes,
};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::{Real, pool};
use crate::shape::{Pool2dShape, Shape, Window};

/// The maximum of each window, and its place inside the window (`ky * KW + kx`, the first of equals). Padding
/// counts as minus infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MaxPool {
    /// The window.
    pub window: Window,
}

/// The adjoint of taking the maxima: each number goes back to the place its index names; overlaps add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MaxUnpool {
    /// The window.
    pub window: Window,
    /// Height and width of the image.
    pub input: [usize; 2],
}

/// The adjoint of [`MaxUnpool`]: of each window, the number at the place the index names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PoolGather {
    /// The window.
    pub window: Window,
}

/// The mean of each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AveragePool {
    /// The window.
    pub window: Window,
    /// Whether zeros of the padding count as entries; if not, the sum is divided by the entries inside.
    pub count_padding: bool,
}

/// The adjoint of [`AveragePool`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AveragePoolGradient {
    /// The window.
    pub window: Window,
    /// As in [`AveragePool`].
    pub count_padding: bool,
    /// Height and width of the image.
    pub input: [usize; 2],
}

/// Extents from the shape of the image batch.
fn of_image(name: &'static str, window: Window, x: &Shape) -> Result<Pool2dShape> {
    match *x.dims() {
        [batch, h, w, channels] => extents(name, window, [batch, h, w, channels]),
        _ => Err(mismatch(name, "images (N, H, W, C)", x)),
    }
}

/// Extents from the shape of the pooled batch.
fn of_result(name: &'static str, window: Window, [h, w]: [usize; 2], y: &Shape) -> Result<Pool2dShape> {
    let [batch, _, _, channels] = *y.dims() else {
        return Err(mismatch(name, "pooled images (N, OH, OW, C)", y));
    };
    let s = extents(name, window, [batch, h, w, channels])?;
    if s.y_dims() == *y.dims() { Ok(s) } else { Err(mismatch(name, s.y().to_string(), y)) }
}

fn extents(name: &'static str, window: Window, [batch, h, w, channels]: [usize; 4]) -> Result<Pool2dShape> {
    // a window that lies in the padding alone would have no maximum and no mean
    let outside = (0..2).any(|i| window.padding[i].iter().any(|&p| p >= window.extent(i)));
    if outside {
        return Err(mismatch(name, "padding smaller than the window", &Shape::from([batch, h, w, channels])));
    }
    Ok(Pool2dShape { batch, input: [h, w], channels, window, output: window.output(name, [h, w])? })
}

/// Windows apart, overlapping, padded and dilated; with H, W, C.
fn samples() -> Vec<(Window, [usize; 3])> {
    vec![
        (Window::new([2, 2]).stride([2, 2]), [6, 7, 3]),
        (Window::new([2, 2]).stride([2, 2]), [4, 4, 8]),
        (Window::new([3, 3]).stride([2, 2]).padding([[1, 1]; 2]), [5, 6, 2]),
        (Window::new([2, 3]).stride([1, 2]).padding([[0, 1], [1, 0]]), [4, 5, 2]),
        (Window::new([2, 2]).dilation([2, 1]), [4, 3, 1]),
    ]
}

impl Operation for MaxPool {
    const NAME: &'static str = "MaxPool";
    const CLASS: Class = Class::Pooling;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        let y = of_image(Self::NAME, self.window, &x)?.y();
        Ok(vec![TensorType::real(y.clone()), TensorType::index(y)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = of_image(Self::NAME, self.window, &run.shapes.inputs[0]) {
            pool::max_pool(&s, run.real(0), run.y[0], run.index);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let dims = g.shape(at.inputs[0]).dims();
        let op = MaxUnpool { window: self.window, input: [dims[1], dims[2]] };
        Ok(vec![Some(g.push_one(op.into(), &[ct, at.outputs[1]])?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        Some(Onnx { name: Self::NAME, attributes: window_attributes(&self.window) })
    }

    fn cases() -> Vec<Case> {
        samples()
            .into_iter()
            .map(|(window, [h, w, c])| Case::of(Self { window }, &[&[2, h, w, c]], Values::Distinct))
            .collect()
    }
}

/// Inputs of the two ops that take numbers and places: the numbers' shape, and places inside the image.
fn indexed(window: Window, [h, w, c]: [usize; 3], pooled: bool) -> Option<Vec<CaseInput>> {
    let [oh, ow] = window.output("sample", [h, w]).ok()?;
    let numbers = if pooled { [2, oh, ow, c] } else { [2, h, w, c] };
    // with padding, only some places are inside: the first of an unpadded window always is
    let places =
        if window.padding == [[0; 2]; 2] { window.kernel[0] * window.kernel[1] } else { return None };
    Some(vec![
        CaseInput::new(numbers, Values::Normal),
        CaseInput::new([2, oh, ow, c], Values::Below(places as u32)),
    ])
}

impl Operation for MaxUnpool {
    const NAME: &'static str = "MaxUnpool";
    const CLASS: Class = Class::Pooling;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [y, index] = expect(Self::NAME, inputs, [DType::Real, DType::Index])?;
        if y != index {
            return Err(mismatch(Self::NAME, format!("numbers of the shape of the places, {index}"), &y));
        }
        Ok(vec![TensorType::real(of_result(Self::NAME, self.window, self.input, &y)?.x())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = of_result(Self::NAME, self.window, self.input, &run.shapes.inputs[0]) {
            pool::max_unpool(&s, run.real(0), run.indices(1), run.y[0]);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        let op = PoolGather { window: self.window };
        Ok(vec![Some(g.push_one(op.into(), &[ct, at.inputs[1]])?), None])
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        let case = |(window, dims @ [h, w, _]): (Window, [usize; 3])| {
            Some(Case::new(Self { window, input: [h, w] }, indexed(window, dims, true)?))
        };
        samples().into_iter().filter_map(case).collect()
    }
}

impl Operation for PoolGather {
    const NAME: &'static str = "PoolGather";
    const CLASS: Class = Class::Pooling;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x, index] = expect(Self::NAME, inputs, [DType::Real, DType::Index])?;
        let s = of_image(Self::NAME, self.window, &x)?;
        if s.y() != index {
            return Err(mismatch(Self::NAME, format!("places {}", s.y()), &index));
        }
        Ok(vec![TensorType::real(index)])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = of_image(Self::NAME, self.window, &run.shapes.inputs[0]) {
            pool::pool_gather(&s, run.real(0), run.indices(1), run.y[0]);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        let dims = g.shape(at.inputs[0]).dims();
        let op = MaxUnpool { window: self.window, input: [dims[1], dims[2]] };
        Ok(vec![Some(g.push_one(op.into(), &[ct, at.inputs[1]])?), None])
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        let case = |(window, dims): (Window, [usize; 3])| {
            Some(Case::new(Self { window }, indexed(window, dims, false)?))
        };
        samples().into_iter().filter_map(case).collect()
    }
}

impl Operation for AveragePool {
    const NAME: &'static str = "AveragePool";
    const CLASS: Class = Class::Pooling;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        Ok(vec![TensorType::real(of_image(Self::NAME, self.window, &x)?.y())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = of_image(Self::NAME, self.window, &run.shapes.inputs[0]) {
            pool::average_pool(&s, self.count_padding, run.real(0), run.y[0]);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let dims = g.shape(at.inputs[0]).dims();
        let input = [dims[1], dims[2]];
        let op = AveragePoolGradient { window: self.window, count_padding: self.count_padding, input };
        Ok(vec![Some(g.push_one(op.into(), &[ct])?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        let mut attributes = window_attributes(&self.window);
        attributes.push(("count_include_pad", Attribute::Int(i64::from(self.count_padding))));
        Some(Onnx { name: Self::NAME, attributes })
    }

    fn cases() -> Vec<Case> {
        let both = |(window, [h, w, c]): (Window, [usize; 3])| {
            [true, false].map(|count_padding| Case::normal(Self { window, count_padding }, &[&[2, h, w, c]]))
        };
        samples().into_iter().flat_map(both).collect()
    }
}

impl Operation for AveragePoolGradient {
    const NAME: &'static str = "AveragePoolGradient";
    const CLASS: Class = Class::Pooling;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [y] = expect(Self::NAME, inputs, [DType::Real])?;
        Ok(vec![TensorType::real(of_result(Self::NAME, self.window, self.input, &y)?.x())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = of_result(Self::NAME, self.window, self.input, &run.shapes.inputs[0]) {
            pool::average_pool_gradient(&s, self.count_padding, run.real(0), run.y[0]);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let op = AveragePool { window: self.window, count_padding: self.count_padding };
        Ok(vec![Some(g.push_one(op.into(), &[ct])?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        samples()
            .into_iter()
            .filter_map(|(window, [h, w, c])| {
                let [oh, ow] = window.output("sample", [h, w]).ok()?;
                let op = Self { window, count_padding: false, input: [h, w] };
                Some(Case::normal(op, &[&[2, oh, ow, c]]))
            })
            .collect()
    }
}

impl Graph {
    /// The maxima of [`MaxPool`].
    ///
    /// Of `max(x + bias, 0)`, with a bias for each channel, they are taken before both, which never fall as x rises: the
    /// values are the same, and there are fewer of them to add to. Of numbers that only the bias makes equal, by
    /// rounding, the largest one before counts.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `x` holds no images or the window does not fit.
    pub fn max_pool(&mut self, x: Value, window: Window) -> Result<Value> {
        let of = self.node_of(x);
        match (&of.op, &of.inputs[..]) {
            (Op::Relu(_), &[inner]) => {
                let y = self.max_pool(inner, window)?;
                self.relu(y)
            }
            (Op::Add(_), &[inner, bias]) if let Some(bias) = self.channel_row(bias) => {
                let y = self.max_pool(inner, window)?;
                self.add(y, bias)
            }
            _ => self.push_one(MaxPool { window }.into(), &[x]),
        }
    }

    /// The vector of one number for each channel that `x` repeats for all pixels, if it is one.
    fn channel_row(&self, x: Value) -> Option<Value> {
        let of = self.node_of(x);
        let from = *of.inputs.first()?;
        (matches!(of.op, Op::Expand(_)) && self.shape(from).rank() == 1).then_some(from)
    }

    /// See [`AveragePool`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `x` holds no images or the window does not fit.
    pub fn average_pool(&mut self, x: Value, window: Window, count_padding: bool) -> Result<Value> {
        self.push_one(AveragePool { window, count_padding }.into(), &[x])
    }
}

//! Two-dimensional convolution (cross-correlation, as everywhere in the field) and its two gradients. The three
//! are trilinear in one another, so each one's derivatives are the other two.

use super::{
    Attribute, Case, Class, Eval, Onnx, Operation, Pulled, Scratch, Shapes, Vjp, expect, mismatch,
    window_attributes,
};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::{self, Real};
use crate::shape::{Conv2dShape, Shape, Window};

/// `y = conv(x, w)`: x `(N, H, W, C)`, w `(KH, KW, C / groups, O)`, y `(N, OH, OW, O)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Conv2d {
    /// How the filter slides.
    pub window: Window,
    /// Groups of channels that do not mix.
    pub groups: usize,
}

/// The gradient of the image, from dy `(N, OH, OW, O)` and w.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Conv2dInputGradient {
    /// How the filter slides.
    pub window: Window,
    /// Groups of channels that do not mix.
    pub groups: usize,
    /// Height and width of the image.
    pub input: [usize; 2],
}

/// The gradient of the filter, from x `(N, H, W, C)` and dy `(N, OH, OW, O)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Conv2dFilterGradient {
    /// How the filter slides.
    pub window: Window,
    /// Groups of channels that do not mix.
    pub groups: usize,
}

/// All extents, from any two of the three shapes and the size of the image.
fn extents(
    name: &'static str,
    window: Window,
    groups: usize,
    input: [usize; 2],
    [batch, in_channels, out_channels]: [usize; 3],
) -> Result<Conv2dShape> {
    let output = window.output(name, input)?;
    if groups == 0 || ![in_channels, out_channels].iter().all(|n| n.is_multiple_of(groups)) {
        let got = Shape::from([in_channels, out_channels]);
        return Err(mismatch(name, format!("channels that {groups} groups divide"), &got));
    }
    Ok(Conv2dShape { batch, input, in_channels, out_channels, groups, window, output })
}

fn rank4(name: &'static str, shape: &Shape, what: &str) -> Result<[usize; 4]> {
    <[usize; 4]>::try_from(shape.dims()).map_err(|_| mismatch(name, what, shape))
}

fn attributes(window: &Window, groups: usize) -> Vec<(&'static str, Attribute)> {
    let mut all = window_attributes(window);
    all.push(("group", Attribute::Int(groups as i64)));
    all
}

fn workspace(s: &Conv2dShape, which: kernels::ConvProduct) -> Scratch {
    let kernels::Workspace { reals, indices } = kernels::conv2d_scratch(s, which);
    Scratch { reals, indices }
}

/// Windows and groups that exercise every attribute: (window, groups, H, W, C, O).
fn samples() -> Vec<(Window, usize, [usize; 4])> {
    vec![
        (Window::new([3, 3]).padding([[1, 1]; 2]), 1, [5, 6, 3, 4]),
        (Window::new([1, 1]), 1, [3, 3, 2, 5]),
        (Window::new([3, 2]).stride([2, 1]).padding([[1, 0], [0, 1]]), 1, [6, 5, 2, 3]),
        (Window::new([2, 2]).dilation([2, 1]), 2, [5, 4, 4, 6]),
        (Window::new([3, 3]).stride([2, 2]).padding([[1, 1]; 2]), 3, [5, 5, 3, 3]),
        (Window::new([2, 3]).stride([2, 3]).dilation([2, 1]).padding([[2, 1], [0, 3]]), 2, [6, 7, 2, 4]),
    ]
}

impl Conv2d {
    fn shape(&self, x: &Shape, w: &Shape) -> Result<Conv2dShape> {
        let name = Self::NAME;
        let [n, h, width, c] = rank4(name, x, "images (N, H, W, C)")?;
        let [kh, kw, cg, o] = rank4(name, w, "a filter (KH, KW, C / groups, O)")?;
        let s = extents(name, self.window, self.groups, [h, width], [n, c, o])?;
        if [kh, kw] != self.window.kernel || cg != s.group_in() {
            return Err(mismatch(name, format!("a filter {}", s.w()), w));
        }
        Ok(s)
    }
}

impl Operation for Conv2d {
    const NAME: &'static str = "Conv";
    const CLASS: Class = Class::Convolution;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x, w] = expect(Self::NAME, inputs, [DType::Real; 2])?;
        Ok(vec![TensorType::real(self.shape(&x, &w)?.y())])
    }

    fn scratch(&self, shapes: &Shapes) -> Scratch {
        let s = self.shape(&shapes.inputs[0], &shapes.inputs[1]);
        s.map_or(Scratch::default(), |s| workspace(&s, kernels::ConvProduct::Forward))
    }

    fn flop(&self, shapes: &Shapes) -> f64 {
        self.shape(&shapes.inputs[0], &shapes.inputs[1]).map_or(0.0, |s| s.flop())
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = self.shape(&run.shapes.inputs[0], &run.shapes.inputs[1]) {
            kernels::conv2d(&s, run.real(0), run.real(1), None, run.y[0], run.scratch, run.offsets);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        let (x, w) = (at.inputs[0], at.inputs[1]);
        let dims = g.shape(x).dims();
        let input = [dims[1], dims[2]];
        let Self { window, groups } = *self;
        let dx = g.push_one(Conv2dInputGradient { window, groups, input }.into(), &[ct, w])?;
        let dw = g.push_one(Conv2dFilterGradient { window, groups }.into(), &[x, ct])?;
        Ok(vec![Some(dx), Some(dw)])
    }

    fn onnx(&self) -> Option<Onnx> {
        Some(Onnx { name: Self::NAME, attributes: attributes(&self.window, self.groups) })
    }

    fn cases() -> Vec<Case> {
        samples()
            .into_iter()
            .map(|(window, groups, [h, w, c, o])| {
                let [kh, kw] = window.kernel;
                Case::normal(Self { window, groups }, &[&[2, h, w, c], &[kh, kw, c / groups, o]])
            })
            .collect()
    }
}

impl Conv2dInputGradient {
    fn shape(&self, dy: &Shape, w: &Shape) -> Result<Conv2dShape> {
        let name = Self::NAME;
        let [n, oh, ow, _] = rank4(name, dy, "gradients (N, OH, OW, O)")?;
        let [.., cg, o] = rank4(name, w, "a filter (KH, KW, C / groups, O)")?;
        let s = extents(name, self.window, self.groups, self.input, [n, cg * self.groups, o])?;
        if s.output != [oh, ow] || s.y_dims() != *dy.dims() || s.w_dims() != *w.dims() {
            return Err(mismatch(name, format!("gradients {} and a filter {}", s.y(), s.w()), dy));
        }
        Ok(s)
    }
}

impl Operation for Conv2dInputGradient {
    const NAME: &'static str = "ConvInputGradient";
    const CLASS: Class = Class::InputGradient;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [dy, w] = expect(Self::NAME, inputs, [DType::Real; 2])?;
        Ok(vec![TensorType::real(self.shape(&dy, &w)?.x())])
    }

    fn scratch(&self, shapes: &Shapes) -> Scratch {
        let s = self.shape(&shapes.inputs[0], &shapes.inputs[1]);
        s.map_or(Scratch::default(), |s| workspace(&s, kernels::ConvProduct::InputGradient))
    }

    fn flop(&self, shapes: &Shapes) -> f64 {
        self.shape(&shapes.inputs[0], &shapes.inputs[1]).map_or(0.0, |s| s.flop())
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = self.shape(&run.shapes.inputs[0], &run.shapes.inputs[1]) {
            kernels::conv2d_input_gradient(&s, run.real(0), run.real(1), run.y[0], run.scratch, run.offsets);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        // <ct, dx(dy, w)> = <conv(ct, w), dy>
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        let (dy, w) = (at.inputs[0], at.inputs[1]);
        let Self { window, groups, .. } = *self;
        let to_dy = g.push_one(Conv2d { window, groups }.into(), &[ct, w])?;
        let to_w = g.push_one(Conv2dFilterGradient { window, groups }.into(), &[ct, dy])?;
        Ok(vec![Some(to_dy), Some(to_w)])
    }

    fn onnx(&self) -> Option<Onnx> {
        Some(Onnx { name: "ConvTranspose", attributes: attributes(&self.window, self.groups) })
    }

    fn cases() -> Vec<Case> {
        samples()
            .into_iter()
            .filter_map(|(window, groups, [h, w, c, o])| {
                let [kh, kw] = window.kernel;
                let [oh, ow] = window.output("sample", [h, w]).ok()?;
                let op = Self { window, groups, input: [h, w] };
                Some(Case::normal(op, &[&[2, oh, ow, o], &[kh, kw, c / groups, o]]))
            })
            .collect()
    }
}

impl Conv2dFilterGradient {
    fn shape(&self, x: &Shape, dy: &Shape) -> Result<Conv2dShape> {
        let name = Self::NAME;
        let [n, h, w, c] = rank4(name, x, "images (N, H, W, C)")?;
        let [.., o] = rank4(name, dy, "gradients (N, OH, OW, O)")?;
        let s = extents(name, self.window, self.groups, [h, w], [n, c, o])?;
        if s.y_dims() != *dy.dims() {
            return Err(mismatch(name, format!("gradients {}", s.y()), dy));
        }
        Ok(s)
    }
}

impl Operation for Conv2dFilterGradient {
    const NAME: &'static str = "ConvFilterGradient";
    const CLASS: Class = Class::FilterGradient;

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x, dy] = expect(Self::NAME, inputs, [DType::Real; 2])?;
        Ok(vec![TensorType::real(self.shape(&x, &dy)?.w())])
    }

    fn scratch(&self, shapes: &Shapes) -> Scratch {
        let s = self.shape(&shapes.inputs[0], &shapes.inputs[1]);
        s.map_or(Scratch::default(), |s| workspace(&s, kernels::ConvProduct::FilterGradient))
    }

    fn flop(&self, shapes: &Shapes) -> f64 {
        self.shape(&shapes.inputs[0], &shapes.inputs[1]).map_or(0.0, |s| s.flop())
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = self.shape(&run.shapes.inputs[0], &run.shapes.inputs[1]) {
            kernels::conv2d_filter_gradient(
                &s,
                run.real(0),
                run.real(1),
                run.y[0],
                false,
                run.scratch,
                run.offsets,
            );
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        // <ct, dw(x, dy)> = <conv(x, ct), dy>
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None; 2]) };
        let (x, dy) = (at.inputs[0], at.inputs[1]);
        let dims = g.shape(x).dims();
        let input = [dims[1], dims[2]];
        let Self { window, groups } = *self;
        let to_x = g.push_one(Conv2dInputGradient { window, groups, input }.into(), &[dy, ct])?;
        let to_dy = g.push_one(Conv2d { window, groups }.into(), &[x, ct])?;
        Ok(vec![Some(to_x), Some(to_dy)])
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        samples()
            .into_iter()
            .filter_map(|(window, groups, [h, w, c, o])| {
                let [oh, ow] = window.output("sample", [h, w]).ok()?;
                Some(Case::normal(Self { window, groups }, &[&[2, h, w, c], &[2, oh, ow, o]]))
            })
            .collect()
    }
}

impl Graph {
    /// See [`Conv2d`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if image, filter, window and groups do not fit.
    pub fn conv2d(&mut self, x: Value, w: Value, window: Window, groups: usize) -> Result<Value> {
        self.push_one(Conv2d { window, groups }.into(), &[x, w])
    }
}

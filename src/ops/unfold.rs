//! Windows of images laid out one beside the other: what layers with a filter for each place multiply.

use super::{Case, Eval, Onnx, Operation, Pulled, Vjp, expect, mismatch};
use crate::error::Result;
use crate::graph::{DType, Graph, TensorType, Value};
use crate::kernels::{Real, unfold};
use crate::shape::{Pool2dShape, Shape, Window};

/// The windows of images `(N, H, W, C)` as `(OH, OW, N, KH, KW, C)`: the place comes first, so that a product with one
/// matrix for each place needs no transposition. Padding is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unfold {
    /// How the window slides.
    pub window: Window,
}

/// The adjoint of [`Unfold`]: windows to images, where overlaps add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fold {
    /// How the window slides.
    pub window: Window,
    /// Height and width of the image.
    pub input: [usize; 2],
}

fn extents(name: &'static str, window: Window, [batch, h, w, channels]: [usize; 4]) -> Result<Pool2dShape> {
    Ok(Pool2dShape { batch, input: [h, w], channels, window, output: window.output(name, [h, w])? })
}

fn windows(s: &Pool2dShape) -> [usize; 6] {
    let ([oh, ow], [kh, kw]) = (s.output, s.window.kernel);
    [oh, ow, s.batch, kh, kw, s.channels]
}

/// Windows side by side, overlapping, padded and dilated; with H, W, C.
fn samples() -> [(Window, [usize; 3]); 4] {
    [
        (Window::new([2, 2]).stride([2, 2]), [4, 5, 3]),
        (Window::new([3, 2]).padding([[1, 0], [0, 1]]), [4, 3, 2]),
        (Window::new([2, 3]).stride([1, 2]).dilation([2, 1]), [5, 5, 1]),
        (Window::new([1, 1]).stride([2, 1]).padding([[1, 1]; 2]), [3, 3, 2]),
    ]
}

impl Unfold {
    fn shape(&self, x: &Shape) -> Result<Pool2dShape> {
        match *x.dims() {
            [n, h, w, c] => extents(Self::NAME, self.window, [n, h, w, c]),
            _ => Err(mismatch(Self::NAME, "images (N, H, W, C)", x)),
        }
    }
}

impl Fold {
    fn shape(&self, y: &Shape) -> Result<Pool2dShape> {
        let [_, _, n, _, _, c] = *y.dims() else {
            return Err(mismatch(Self::NAME, "windows (OH, OW, N, KH, KW, C)", y));
        };
        let s = extents(Self::NAME, self.window, [n, self.input[0], self.input[1], c])?;
        if windows(&s) == *y.dims() {
            return Ok(s);
        }
        Err(mismatch(Self::NAME, Shape::from(windows(&s)).to_string(), y))
    }
}

impl Operation for Unfold {
    const NAME: &'static str = "Unfold";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [x] = expect(Self::NAME, inputs, [DType::Real])?;
        Ok(vec![TensorType::real(windows(&self.shape(&x)?))])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = self.shape(&run.shapes.inputs[0]) {
            unfold::unfold(&s, run.real(0), run.y[0]);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        let s = self.shape(g.shape(at.inputs[0]))?;
        Ok(vec![Some(g.push_one(Fold { window: self.window, input: s.input }.into(), &[ct])?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        samples().map(|(window, [h, w, c])| Case::normal(Self { window }, &[&[2, h, w, c]])).to_vec()
    }
}

impl Operation for Fold {
    const NAME: &'static str = "Fold";

    fn outputs(&self, inputs: &[&TensorType]) -> Result<Vec<TensorType>> {
        let [y] = expect(Self::NAME, inputs, [DType::Real])?;
        Ok(vec![TensorType::real(self.shape(&y)?.x())])
    }

    fn eval<T: Real>(&self, run: &mut Eval<'_, T>) {
        if let Ok(s) = self.shape(&run.shapes.inputs[0]) {
            unfold::fold(&s, run.real(0), run.y[0]);
        }
    }

    fn vjp(&self, g: &mut Graph, at: &Vjp<'_>) -> Pulled {
        let Some(ct) = at.cotangents[0] else { return Ok(vec![None]) };
        Ok(vec![Some(g.unfold(ct, self.window)?)])
    }

    fn onnx(&self) -> Option<Onnx> {
        None
    }

    fn cases() -> Vec<Case> {
        let case = |(window, [h, w, c]): (Window, [usize; 3])| {
            let s = extents(Self::NAME, window, [2, h, w, c]).ok()?;
            Some(Case::normal(Self { window, input: [h, w] }, &[&windows(&s)]))
        };
        samples().into_iter().filter_map(case).collect()
    }
}

impl Graph {
    /// See [`Unfold`].
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if `x` holds no images or the window does not fit.
    pub fn unfold(&mut self, x: Value, window: Window) -> Result<Value> {
        self.push_one(Unfold { window }.into(), &[x])
    }
}

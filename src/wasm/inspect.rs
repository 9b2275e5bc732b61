//! What a network makes of examples, ready to draw.

use super::convert::{Js, floats, object, set, whole};
use super::session::Session;
use crate::data::Features;
use crate::error::Error;
use crate::json;
use crate::nn::{Activation, LayerSpec};
use js_sys::{Array, Float32Array, Uint8Array, Uint32Array};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// Most examples of one call of [`Session::examples`]: what can be drawn point by point.
const MOST_EXAMPLES: u64 = 100_000;

/// An image without its pixels.
#[derive(Debug, Serialize, tsify::Tsify)]
#[tsify(missing_as_null)]
pub struct ImageHead {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values of a pixel.
    pub channels: usize,
    /// The class; `None` for a regression.
    pub label: Option<u32>,
}

/// A stack of grey images without their values.
#[derive(Debug, Serialize, tsify::Tsify)]
pub struct PlanesHead<'a> {
    /// The layer they belong to.
    pub layer: &'a str,
    /// How many.
    pub count: usize,
    /// Rows of each.
    pub height: usize,
    /// Columns of each.
    pub width: usize,
}

/// Examples without their features and labels.
#[derive(Debug, Serialize, tsify::Tsify)]
pub struct ExamplesHead {
    /// How many.
    pub count: usize,
    /// Features of each.
    pub width: usize,
}

/// An inspection without its arrays.
#[derive(Debug, Serialize)]
struct Inspection {}

/// The [`Curve`](crate::nn::Curve) of an activation, which comes as JSON.
///
/// # Errors
/// [`Error::Spec`] for an activation that is none; as [`Activation::drawn`].
#[wasm_bindgen(js_name = activationCurve)]
pub fn activation_curve(activation: &str, from: f64, to: f64, points: f64) -> Js<JsValue> {
    let activation: Activation = json::read("activation", activation)?;
    let points = whole("activationCurve", points, 0, u64::from(u32::MAX))?;
    Ok(object(&activation.drawn(from, to, points as usize)?))
}

#[wasm_bindgen]
impl Session {
    /// The image `index` of the test part, or of the training part.
    ///
    /// # Errors
    /// [`Error::State`] if the data are no images, [`Error::Spec`] for a number that is none.
    pub fn image(&mut self, index: f64, test: bool) -> Js<JsValue> {
        let examples = self.trainer().examples();
        examples.check_present()?;
        let rows = if test { examples.test() } else { examples.train() };
        let Some(last) = rows.len().checked_sub(1) else {
            return Err(Error::state("no-test-part", "image")
                .expected("test examples")
                .got("none")
                .hint("hold some out")
                .into());
        };
        let row = rows[whole("image", index, 0, last as u64)? as usize];
        let set_ = examples.dataset();
        let (Some(pixels), &[height, width, channels]) = (set_.pixels(row), set_.shape().dims()) else {
            return Err(no_images(set_.name()).into());
        };
        let image = object(&ImageHead { height, width, channels, label: set_.label(row) });
        set(&image, "pixels", Uint8Array::from(pixels.as_slice()));
        Ok(image)
    }

    /// The first examples of the test part, or of the training part, `most` of them at most: raw features, one
    /// example after the other, and the classes as training sees them.
    ///
    /// # Errors
    /// [`Error::Spec`] for a number that is none.
    pub fn examples(&mut self, most: f64, test: bool) -> Js<JsValue> {
        let examples = self.trainer().examples().clone();
        examples.check_present()?;
        let rows = if test { examples.test() } else { examples.train() };
        let rows = &rows[..rows.len().min(whole("examples", most, 1, MOST_EXAMPLES)? as usize)];
        let data = examples.dataset();
        let mut features: Vec<f32> = Vec::with_capacity(rows.len() * data.width());
        for &row in rows {
            match data.features() {
                Features::Reals(values) => {
                    features.extend(values.row(row as usize).iter().map(|&x| x as f32))
                }
                Features::Bytes { .. } => {
                    features.extend(data.pixels(row).iter().flatten().map(|&x| f32::from(x)))
                }
            }
        }
        let head = object(&ExamplesHead { count: rows.len(), width: data.width() });
        set(&head, "features", floats(&features));
        let labels: Option<Vec<u32>> = rows.iter().map(|&row| self.trainer().loss().label(row)).collect();
        set(
            &head,
            "labels",
            labels.map_or(JsValue::NULL, |labels| Uint32Array::from(labels.as_slice()).into()),
        );
        Ok(head)
    }

    /// Raw features of rows, as [`Session::predict`] takes them; `rows` is JSON, a list of objects of columns and values.
    ///
    /// # Errors
    /// As [`Examples::encode`](crate::data::Examples::encode).
    pub fn encode(&mut self, rows: &str) -> Js<Float32Array> {
        let features = self.trainer().examples().encode(rows)?;
        let features: Vec<f32> = features.into_iter().map(|x| x as f32).collect();
        Ok(Float32Array::from(features.as_slice()))
    }

    /// Outputs for raw examples, one after the other; real targets in the units of the data.
    ///
    /// # Errors
    /// [`Error::Shape`] if the numbers are not whole examples, [`Error::Data`] if one is not finite.
    pub fn predict(&mut self, mut raw: Vec<f32>) -> Js<Float32Array> {
        let examples = self.trainer().examples().clone();
        examples.scale_raw(&mut raw)?;
        let (loss, theta) = self.trainer().loss_and_theta();
        let mut outputs = loss.predict(&raw, theta)?;
        let width = loss.model().target().outputs();
        examples.scaling().targets.inverse(&mut outputs, width)?;
        Ok(Float32Array::from(outputs.as_slice()))
    }

    /// What the network makes of one raw example: outputs, filters of a convolution that comes first, and what each
    /// layer on images puts out.
    ///
    /// # Errors
    /// As [`Session::predict`].
    pub fn inspect(&mut self, mut raw: Vec<f32>) -> Js<JsValue> {
        let examples = self.trainer().examples().clone();
        examples.scale_raw(&mut raw)?;
        let (loss, theta) = self.trainer().loss_and_theta();
        let (mut outputs, activations) = loss.inspect(&raw, theta)?;
        let model = loss.model();
        examples.scaling().targets.inverse(&mut outputs, model.target().outputs())?;

        let inspection = object(&Inspection {});
        set(&inspection, "output", floats(&outputs));
        let softmax = model.layers().last().map(LayerSpec::activation) == Some(Activation::Softmax);
        let classes = model.target().classes().is_some();
        let chances = classes && (softmax || model.loss().takes_logits());
        set(&inspection, "probabilities", if chances { floats(&outputs) } else { JsValue::NULL });

        let filters = match (model.layers().first(), model.table().entries().first()) {
            (Some(LayerSpec::Conv2d(_)), Some(kernel)) => match *kernel.shape.dims() {
                [height, width, channels, filters] => {
                    let head = PlanesHead { layer: &kernel.layer, count: channels * filters, height, width };
                    planes(&head, &theta[kernel.range()], channels)
                }
                _ => JsValue::NULL,
            },
            _ => JsValue::NULL,
        };
        set(&inspection, "filters", filters);

        let maps = Array::new();
        let mut rest = activations.as_slice();
        for row in model.rows() {
            let (own, others) = rest.split_at(row.output.iter().product());
            rest = others;
            if let [height, width, channels] = *row.output {
                let head = PlanesHead { layer: &row.name, count: channels, height, width };
                maps.push(&planes(&head, own, 1));
            }
        }
        set(&inspection, "maps", maps);
        Ok(inspection)
    }
}

/// The complaint that a run is over no images.
pub(super) fn no_images(name: &str) -> Error {
    Error::state("no-images", "image")
        .expected("a data set of images")
        .got(name)
        .hint("choose digits or drop image files")
}

/// Planes (height, width) one after the other from values (height, width, group, count / group), in the order of
/// count, then group: for filters, all channels of the first filter first.
fn planes(head: &PlanesHead<'_>, values: &[f32], group: usize) -> JsValue {
    let (area, count) = (head.height * head.width, head.count);
    let each = count / group.max(1);
    let at = |plane: usize, pixel: usize| values[pixel * count + plane % group * each + plane / group];
    let split: Vec<f32> =
        (0..count).flat_map(|p| (0..area).map(move |i| (p, i))).map(|(p, i)| at(p, i)).collect();
    let object = object(head);
    set(&object, "values", floats(&split));
    object
}

//! Activation functions by name.
//!
//! # Adding one
//! One row in the `activations!` list with its title, formula and source, and one arm in [`Activation::apply`]. Large
//! inputs must neither overflow nor lose the derivative: tests/activations.rs looks at ±40.

use crate::documented::Documented;
use crate::error::Result;
use crate::exec::{Bindings, Executor, Output, Plan, Sink};
use crate::graph::{Buffer, Graph, Value};
use crate::json::{self, Map, Value as Json};
use crate::kernels::Real;
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `alpha` and the factor of SELU, from the fixed point of mean 0 and variance 1 (Klambauer et al. 2017, eq. 14).
const SELU: [f64; 2] = [1.673_263_242_354_377_2, 1.050_700_987_355_480_5];

macro_rules! activations {
    ($($(#[$doc:meta])* $name:ident $({ $($parameter:ident = $default:literal),+ })?:
        $title:literal, $formula:literal, $source:literal;)*) => {
        /// A function applied to what a layer puts out. As JSON its name, `"relu"`, or name and parameters,
        /// `{"type": "leakyRelu", "slope": 0.2}`.
        #[derive(Debug, Clone, Copy, Default, PartialEq)]
        pub enum Activation {
            $(
                $(#[$doc])*
                #[doc = concat!("`", $formula, "`. ", $source, ".")]
                $name $({ $(#[doc = concat!("By default ", $default, ".")] $parameter: f64),+ })?
            ),*
        }

        impl Activation {
            /// All functions with their usual parameters.
            #[must_use]
            pub fn all() -> Vec<Self> {
                vec![$(Self::$name $({ $($parameter: $default),+ })?),*]
            }

            /// The name that a person reads.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name { .. } => $title),* }
            }

            /// What is known of each function, in the order of the list.
            #[must_use]
            pub fn docs() -> Vec<Documented> {
                vec![$(Documented::new(json::camel(stringify!($name)), $title, $formula, $source)),*]
            }

            /// The name in a spec, and the parameters that are not the usual ones.
            fn written(self) -> (String, Vec<(&'static str, f64)>) {
                match self {
                    $(Self::$name $({ $($parameter),+ })? => {
                        #[allow(unused_mut)]
                        let mut changed = Vec::new();
                        $($(if $parameter != $default {
                            changed.push((stringify!($parameter), $parameter));
                        })+)?
                        (json::camel(stringify!($name)), changed)
                    })*
                }
            }

            /// The function of a name, with the parameters that `take` knows.
            fn read(kind: &str, mut _take: impl FnMut(&str, f64) -> f64) -> Option<Self> {
                $(if kind == json::camel(stringify!($name)) {
                    return Some(Self::$name $({ $($parameter: _take(stringify!($parameter), $default)),+ })?);
                })*
                None
            }
        }

        /// The same for TypeScript.
        #[cfg(target_family = "wasm")]
        #[allow(dead_code, missing_docs, reason = "their declarations are what they are for")]
        mod types {
            #[derive(tsify::Tsify)]
            #[serde(rename_all = "camelCase")]
            pub enum ActivationName { $($name),* }

            #[derive(tsify::Tsify)]
            #[serde(tag = "type", rename_all = "camelCase")]
            pub enum ActivationWith { $($name { $($(#[tsify(optional)] $parameter: Option<f64>),+)? }),* }

            #[derive(tsify::Tsify)]
            #[serde(untagged)]
            pub enum Activation {
                Usual(ActivationName),
                With(ActivationWith),
            }
        }
    };
}

activations! {
    #[default]
    Linear: "linear", "x", "Widrow, Hoff 1960";
    Relu: "ReLU", "max(x, 0)", "Nair, Hinton 2010";
    Relu6: "ReLU6", "min(max(x, 0), 6)", "Krizhevsky 2010";
    LeakyRelu { slope = 0.01 }: "leaky ReLU", "x if x > 0, else slope x", "Maas, Hannun, Ng 2013";
    Elu { alpha = 1.0 }: "ELU", "x if x > 0, else alpha (exp(x) - 1)", "Clevert, Unterthiner, Hochreiter 2016";
    Celu { alpha = 1.0 }: "CELU", "x if x > 0, else alpha (exp(x / alpha) - 1)", "Barron 2017";
    Selu: "SELU", "1.0507 x if x > 0, else 1.0507 * 1.6733 (exp(x) - 1)", "Klambauer, Unterthiner, Mayr, Hochreiter 2017";
    Gelu: "GELU", "x (1 + erf(x / sqrt 2)) / 2", "Hendrycks, Gimpel 2016";
    GeluTanh: "GELU (tanh)", "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2", "Hendrycks, Gimpel 2016";
    Silu: "SiLU", "x / (1 + exp(-x))", "Elfwing, Uchibe, Doya 2018";
    Mish: "Mish", "x tanh(log(1 + exp(x)))", "Misra 2019";
    HardSwish: "hard swish", "x min(max(x / 6 + 1/2, 0), 1)", "Howard et al. 2019";
    Softplus { beta = 1.0 }: "softplus", "log(1 + exp(beta x)) / beta", "Dugas, Bengio et al. 2000";
    Softsign: "softsign", "x / (1 + |x|)", "Turian, Bergstra, Bengio 2009";
    Sigmoid: "sigmoid", "1 / (1 + exp(-x))", "The logistic function, Verhulst 1845";
    LogSigmoid: "log-sigmoid", "-log(1 + exp(-x))", "Mikolov, Sutskever, Chen, Corrado, Dean 2013, eq. 4";
    HardSigmoid: "hard sigmoid", "min(max(x / 6 + 1/2, 0), 1)", "Courbariaux, Bengio, David 2015, with the slope 1/6 of Howard et al. 2019";
    Tanh: "tanh", "tanh(x)", "LeCun, Bottou, Orr, Müller 1998, section 4.4";
    HardTanh { min = -1.0, max = 1.0 }: "hard tanh", "min(max(x, min), max)", "Collobert 2004";
    Softmax: "softmax", "exp(x_i) / sum_j exp(x_j), over the last axis", "Bridle 1990";
    LogSoftmax: "log-softmax", "x_i - log sum_j exp(x_j), over the last axis", "Bridle 1990";
}

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let (kind, parameters) = self.written();
        if parameters.is_empty() {
            return to.serialize_str(&kind);
        }
        let mut map = to.serialize_map(Some(parameters.len() + 1))?;
        map.serialize_entry("type", &kind)?;
        for (name, value) in parameters {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let (kind, mut fields) = match Json::deserialize(from)? {
            Json::String(kind) => (kind, Map::default()),
            Json::Object(mut fields) => match fields.remove("type") {
                Some(Json::String(kind)) => (kind, fields),
                _ => return Err(D::Error::custom("an activation without a type")),
            },
            other => {
                return Err(D::Error::custom(format!("activation {other}; use a name such as \"relu\"")));
            }
        };
        let read = Self::read(&kind, |name, default| match fields.remove(name) {
            None => default,
            Some(value) => value.as_f64().unwrap_or(f64::NAN),
        });
        let Some(activation) = read else {
            let names: Vec<String> = Self::all().into_iter().map(|a| a.written().0).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return Err(D::Error::custom(json::unknown("activation", &kind, &names)));
        };
        if let Some(name) = fields.first() {
            return Err(D::Error::custom(format!("unknown field `{name}` of {kind}")));
        }
        if !activation.is_sound() {
            return Err(D::Error::custom(format!(
                "{kind} with these parameters; use finite numbers, alpha and beta above 0, min below max"
            )));
        }
        Ok(activation)
    }
}

impl Activation {
    fn is_sound(self) -> bool {
        match self {
            Self::LeakyRelu { slope } => slope.is_finite(),
            Self::Elu { alpha: a } | Self::Celu { alpha: a } | Self::Softplus { beta: a } => {
                a.is_finite() && a > 0.0
            }
            Self::HardTanh { min, max } => min.is_finite() && max.is_finite() && min < max,
            _ => true,
        }
    }

    /// Appends the function.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if a softmax has nothing to sum over.
    pub fn apply(self, g: &mut Graph, x: Value) -> Result<Value> {
        match self {
            Self::Linear => Ok(x),
            Self::Relu => g.relu(x),
            Self::Relu6 => g.clip(x, 0.0, 6.0),
            Self::LeakyRelu { slope } => g.leaky_relu(x, slope),
            Self::Elu { alpha } => exponential_unit(g, x, alpha, 1.0),
            Self::Celu { alpha } => exponential_unit(g, x, alpha, alpha),
            Self::Selu => {
                let y = exponential_unit(g, x, SELU[0], 1.0)?;
                g.scale(y, SELU[1])
            }
            Self::Gelu => {
                let argument = g.scale(x, std::f64::consts::FRAC_1_SQRT_2)?;
                let (erf, one) = (g.erf(argument)?, g.constant(1.0)?);
                let twice = g.add(erf, one)?;
                let share = g.scale(twice, 0.5)?;
                g.mul(x, share)
            }
            Self::GeluTanh => {
                // (1 + tanh u) / 2 is the logistic function of 2 u, which keeps its digits where it is small
                let square = g.mul(x, x)?;
                let (small, one) = (g.scale(square, 0.044_715)?, g.constant(1.0)?);
                let factor = g.add(small, one)?;
                let u = g.mul(x, factor)?;
                let twice = g.scale(u, std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::SQRT_2)?;
                let share = g.sigmoid(twice)?;
                g.mul(x, share)
            }
            Self::Silu => {
                let share = g.sigmoid(x)?;
                g.mul(x, share)
            }
            Self::Mish => {
                let soft = g.softplus(x)?;
                let share = g.tanh(soft)?;
                g.mul(x, share)
            }
            Self::HardSwish => {
                let share = hard_sigmoid(g, x)?;
                g.mul(x, share)
            }
            Self::Softplus { beta } => {
                let scaled = g.scale(x, beta)?;
                let y = g.softplus(scaled)?;
                g.scale(y, 1.0 / beta)
            }
            Self::Softsign => {
                let (size, one) = (g.abs(x)?, g.constant(1.0)?);
                let below = g.add(size, one)?;
                g.div(x, below)
            }
            Self::Sigmoid => g.sigmoid(x),
            Self::LogSigmoid => {
                let negative = g.neg(x)?;
                let y = g.softplus(negative)?;
                g.neg(y)
            }
            Self::HardSigmoid => hard_sigmoid(g, x),
            Self::Tanh => g.tanh(x),
            Self::HardTanh { min, max } => g.clip(x, min, max),
            Self::Softmax => g.softmax(x),
            Self::LogSoftmax => g.log_softmax(x),
        }
    }

    /// The function and its derivative at `points` numbers spread evenly over `range`, computed by the graph that
    /// trains. Those over an axis are shown for the first of two inputs, the other one being 0.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) if there is not enough for so many points.
    pub fn curve(self, range: [f64; 2], points: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut g = Graph::new();
        let x = g.input(Buffer::Theta, 0, [points, 1])?;
        let pairs = g.pad(x, vec![0, 0], vec![0, 1])?;
        let y = self.apply(&mut g, pairs)?;
        let y = g.slice(y, vec![0, 0], vec![points, 1])?;
        let sum = g.sum_all(y)?;
        let slope = g.gradient(sum, &[x])?[0];
        let plan = Plan::new(&g, &[Output::new(y, Sink::Prediction), Output::new(slope, Sink::Gradient)])?;
        let step = (range[1] - range[0]) / points.saturating_sub(1).max(1) as f64;
        let at: Vec<f64> = (0..points).map(|i| range[0] + step * i as f64).collect();
        let (mut values, mut slopes) = (vec![f64::ZERO; points], vec![f64::ZERO; points]);
        let mut bindings = Bindings::new()
            .reals(Buffer::Theta, &at)
            .sink(Sink::Prediction, &mut values)
            .sink(Sink::Gradient, &mut slopes);
        Executor::new(plan)?.run(&mut bindings)?;
        Ok((values, slopes))
    }
}

/// `x` above 0, `alpha (exp(x / width) - 1)` below: the exponential never sees a number above 0.
fn exponential_unit(g: &mut Graph, x: Value, alpha: f64, width: f64) -> Result<Value> {
    let zero = g.constant(0.0)?;
    let below = g.minimum(x, zero)?;
    let below = g.scale(below, 1.0 / width)?;
    let fall = g.expm1(below)?;
    let fall = g.scale(fall, alpha)?;
    let positive = g.greater(x, zero)?;
    g.select(positive, x, fall)
}

fn hard_sigmoid(g: &mut Graph, x: Value) -> Result<Value> {
    let (slope, half) = (g.scale(x, 1.0 / 6.0)?, g.constant(0.5)?);
    let line = g.add(slope, half)?;
    g.clip(line, 0.0, 1.0)
}

//! Train real neural networks, and see why they train: natively or, compiled to WebAssembly, in a browser tab.
//!
//! # The one idea
//!
//! A loss is a static [`Graph`]. [`Graph::gradient`] is a function from graph to graph: it appends nodes. So the
//! gradient of a gradient exists for every operation, Hessian-vector products are exact, and loss, gradient and
//! curvature are three programs made from one description.
//!
//! ```text
//! spec (JSON or Rust)      nn::Model            layers add nodes; parameters get a place in one flat vector theta
//!    -> Graph              ops, Graph           append-only, shapes checked as each node is added
//!    -> gradient           Graph::gradient      a reverse walk that only calls Graph::push
//!    -> Plan               Plan                 dead code out, elementwise chains fused, memory by liveness
//!    -> Executor<f32|f64>  Executor             runs a plan; no allocation after the first run
//!    -> Trainer            train                batches, optimizer, history, snapshots
//!    -> landscapes         curvature, landscape Hessians, critical points, descents
//!    -> JavaScript         wasm                 conversions only
//! ```
//!
//! # A tour
//!
//! A run is data ([`train::RunSpec`]), and the same data give the same bits on every machine:
//!
//! ```
//! use saddlepoint::data::load;
//! use saddlepoint::train::{RunSpec, RunState, Trainer};
//! use std::sync::Arc;
//!
//! let spec = RunSpec::from_json(
//!     r#"{
//!         "data": {"type": "generated", "kind": "xor", "examples": 200, "noise": 0.1},
//!         "test": 0.25,
//!         "layers": [
//!             {"type": "dense", "units": 8, "activation": "tanh"},
//!             {"type": "dense", "units": 2, "activation": "softmax"}
//!         ],
//!         "loss": "softmaxCrossEntropy",
//!         "optimizer": {"type": "adam", "learningRate": 0.05},
//!         "batch": {"type": "mini", "size": 16},
//!         "epochs": 30,
//!         "seed": 1
//!     }"#,
//! )?;
//! let data = load(&spec.data, spec.seed, &[])?;
//! let examples = Arc::new(spec.examples(data)?);
//! let mut trainer = Trainer::<f32>::new(spec, examples)?;
//! trainer.run_until(|| false)?;
//! assert_eq!(*trainer.state(), RunState::Done);
//! assert!(trainer.evaluate()?.accuracy > Some(0.95));
//! # Ok::<(), saddlepoint::Error>(())
//! ```
//!
//! Below that there are graphs. A Hessian-vector product is the gradient of gradient . v:
//!
//! ```
//! use saddlepoint::{Bindings, Buffer, Executor, Graph, Output, Plan, Sink};
//!
//! let mut g = Graph::new();
//! let x = g.input(Buffer::Theta, 0, [2])?;
//! let v = g.input(Buffer::Direction, 0, [2])?;
//! let cube = g.mul(x, x)?;
//! let cube = g.mul(cube, x)?;
//! let loss = g.sum_all(cube)?; // x0^3 + x1^3, whose Hessian is diag(6 x0, 6 x1)
//! let gradient = g.gradient(loss, &[x])?[0];
//! let inner = g.mul(gradient, v)?;
//! let inner = g.sum_all(inner)?;
//! let product = g.gradient(inner, &[x])?[0];
//!
//! let mut run = Executor::<f64>::new(Plan::new(&g, &[Output::new(product, Sink::Product)])?)?;
//! let mut out = [0.0; 2];
//! let mut bindings = Bindings::new()
//!     .reals(Buffer::Theta, &[1.0, 2.0])
//!     .reals(Buffer::Direction, &[1.0, -1.0])
//!     .sink(Sink::Product, &mut out);
//! run.run(&mut bindings)?;
//! assert_eq!(out, [6.0, -12.0]);
//! # Ok::<(), saddlepoint::Error>(())
//! ```
//!
//! # Where things are added
//!
//! An operation: [`ops`]. A layer, activation, initialiser or loss: [`nn`]. An optimizer: [`optim`]. A way to learn
//! without a network: [`learn`]. Each says how at its top. Imports point down only: error, documented, shape, rng < kernels
//! < ops, graph < exec < nn, data < curvature < optim < train < landscape, learn, io < wasm; a test reads the `use` lines to
//! keep it so.

#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod curvature;
pub mod data;
mod documented;
mod error;
mod exec;
mod graph;
pub mod io;
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "some readers are for JavaScript"))]
mod json;
#[doc(hidden)]
pub mod kernels;
#[cfg(feature = "bench")]
pub mod lab;
pub mod landscape;
pub mod learn;
pub mod nn;
pub mod ops;
pub mod optim;
mod rng;
mod shape;
pub mod train;
#[cfg(feature = "aligned")]
#[global_allocator]
static ALLOCATOR: kernels::Aligned = kernels::Aligned;

#[cfg(target_family = "wasm")]
#[cfg_attr(feature = "image-module", path = "wasm/image_module.rs")]
#[cfg_attr(feature = "bench-module", path = "wasm/bench_module.rs")]
#[cfg_attr(feature = "fast-module", path = "wasm/fast_module.rs")]
pub mod wasm;

pub use documented::Documented;
pub use error::{Error, Report, Result};
pub use exec::{Bindings, Clock, Executor, Output, Plan, Sink, Spent};
pub use graph::{Buffer, DType, Graph, Node, TensorType, Value};
pub use rng::{Source, Stream};
pub use shape::{Conv2dShape, Pool2dShape, Shape, Window};

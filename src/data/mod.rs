//! Data sets: embedded, generated and read from files; how they are split, scaled and handed to a trainer.
//!
//! A [`Dataset`] holds the values as they came, images as bytes. [`Examples`] adds what a run decides: which
//! examples are for training and which for testing, and a [`Scaling`] fitted on the training part alone. A trainer
//! asks it for rows ([`Examples::fill_batch`]) and gets scaled numbers of its own real type, without allocation.
//!
//! ```
//! use saddlepoint::data::{DataSpec, Examples, load};
//!
//! let digits = load(&DataSpec::Digits {}, 0, &[])?;
//! let examples = Examples::new(digits, 797.0, 0)?; // hold out 797 of 1797
//! let mut batch = vec![0.0_f32; 2 * 64];
//! examples.fill_batch(&examples.train()[..2], &mut batch)?;
//! assert!(batch.iter().all(|x| (0.0..=1.0).contains(x)));
//! # Ok::<(), saddlepoint::Error>(())
//! ```

mod arrays;
mod augment;
mod csv;
mod dataset;
mod embedded;
mod encode;
mod examples;
mod files;
mod generate;
mod given;
mod gzip;
mod hash;
mod idx;
#[cfg(feature = "image-files")]
mod images;
mod impute;
mod names;
mod npy;
mod outline;
mod packed;
mod pairs;
mod scaling;
mod sequences;
mod sets;
mod spec;
mod split;
mod table;
mod text;

pub use augment::{Augment, Border};
pub use dataset::{Dataset, Features, Targets};
pub use embedded::{breast_cancer, diabetes, digits, iris, longley, provide_set, wine};
pub use encode::{Missing, TableSpec};
pub use examples::{DataInfo, Examples};
pub use files::{FileKind, FilesInfo, assemble, check_file};
pub use generate::Generator;
pub use hash::Fnv1a;
#[cfg(feature = "image-files")]
pub use images::{images, is_image};
pub use impute::{Encoding, Source};
pub use outline::Outline;
pub use packed::PackedImages;
pub use scaling::{Scaler, ScalerKind, Scaling};
pub use sequences::SequenceTask;
pub use sets::data_sets;
pub use spec::{DataSpec, load};
pub use split::{Split, SplitSpec};
pub use table::{Column, ColumnKind, Odd, TableInfo, Task};
pub use text::characters;

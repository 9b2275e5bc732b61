//! What several modules export, or need to.

use crate::data::check_file;
use crate::error::{Error, Result};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;

/// Bytes at the start of a file by which it is judged before the rest is copied.
const HEAD: u32 = 4096;

/// Objects whose fields come from two lists, which the generated types cannot say.
#[wasm_bindgen(typescript_custom_section)]
const JOINED: &str = r"
/** A method with its constants, and the options that all methods understand: `{type: 'adam', learningRate: 0.001, clipNorm: 1}`. */
export type OptimizerSpec = MethodSpec & Options;

/** Any optimizer, those made for saddles too: what moves a descent on a landscape. */
export type DescentSpec = OptimizerSpec | SaddleSpec;

/**
 * How the learning rate moves. `warmup`: epochs, or parts of one, over which it first rises in a straight line to where the
 * shape begins; the shape takes the rest of the run.
 */
export type Schedule = ShapeSpec & { warmup?: number };
";

/// Hands over a packed set of the package (`digits`, `wine`, `breastCancer`), which a run over it asks for by an error `set-missing`.
#[wasm_bindgen(js_name = provideSet)]
pub fn provide_set(name: &str, packed: Vec<u8>) {
    crate::data::provide_set(name, packed);
}

/// Copies files into memory. All are judged by their beginnings first, so that what is useless or far too large is
/// never copied.
pub(super) fn read(names: Vec<String>, contents: &[Uint8Array]) -> Result<Vec<(String, Vec<u8>)>> {
    if names.len() != contents.len() {
        return Err(Error::file("files-unnamed", "files")
            .expected("a name for every file")
            .got(format!("{} names for {} files", names.len(), contents.len()))
            .hint("pass files as {name, bytes}"));
    }
    for (name, bytes) in names.iter().zip(contents) {
        check_file(name, &bytes.subarray(0, HEAD).to_vec(), bytes.length() as usize)?;
    }
    Ok(names.into_iter().zip(contents.iter().map(Uint8Array::to_vec)).collect())
}

//! The module that decodes image files, in place of all other exports: a page fetches it when an image comes.

#[allow(dead_code, reason = "the other module uses all of it")]
mod convert;
mod report;

pub use convert::Js;
pub use report::ReportMessage;

use crate::data::images;
use crate::error::Error;
use js_sys::Uint8Array;
use std::borrow::Cow;
use wasm_bindgen::prelude::wasm_bindgen;

/// Image files as one file, which the other module takes for data; the names are paths, whose folders are the classes.
///
/// # Errors
/// What [`images`] says of them.
#[wasm_bindgen(js_name = packImages)]
pub fn pack_images(names: Vec<String>, contents: Vec<Uint8Array>) -> Js<Uint8Array> {
    if names.len() != contents.len() {
        return Err(Error::file("files-unnamed", "files")
            .expected("a name for every file")
            .got(format!("{} names for {} files", names.len(), contents.len()))
            .hint("pass files as {name, bytes}")
            .into());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let set = images(&names, |i| Cow::Owned(contents[i].to_vec()))?;
    Ok(Uint8Array::from(set.to_bytes().as_slice()))
}

//! The core comes in two files (`tools/wasm/split.mjs`): what a page opens with, and the rest, which is fetched when one of its
//! functions is first called.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(raw_module = "./saddlepoint_rest.js")]
extern "C" {
    #[wasm_bindgen(js_name = fetchRest)]
    fn fetch_rest();
}

/// Fetches the rest now. Calls do so by themselves when they need it.
#[wasm_bindgen(js_name = loadRest)]
pub fn load_rest() {
    fetch_rest();
}

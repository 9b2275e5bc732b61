//! The same tests natively, in Node and in Chromium: the build has its vector instructions, and the bits are the same.
//!
//! `wasm-pack test --node --test wasm`, or `--headless --chrome --features browser-tests --test wasm`.

mod hashes;
mod runs;

use wasm_bindgen_test::wasm_bindgen_test;

#[cfg(all(target_family = "wasm", feature = "browser-tests"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test(unsupported = test)]
fn vector_instructions_are_on_in_wasm() {
    let expected = if cfg!(target_family = "wasm") { "simd128" } else { "portable" };
    assert_eq!(saddlepoint::kernels::simd_level(), expected);
}

#[wasm_bindgen_test(unsupported = test)]
fn random_words_are_the_known_ones() {
    let words = hashes::all().into_iter().find(|case| case.name == "rng/words").map(|case| case.hash);
    assert_eq!(words, Some(hashes::RANDOM_WORDS), "{words:x?}");
}

/// Prints the list that the test run compares between engines.
#[wasm_bindgen_test(unsupported = test)]
fn print_case_hashes() {
    let mut cases = hashes::all();
    for run in runs::all() {
        let mut trainer = run.trainer();
        trainer.run_until(|| false).unwrap();
        let hash = trainer.run_hash();
        assert_eq!(format!("{hash:016x}"), run.hash, "{}: tests/fixtures/run-hash.json", run.name);
        cases.push(hashes::Case { name: format!("run/{}", run.name), hash });
    }
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "two cases share a name");
    let lines: Vec<String> =
        cases.iter().map(|case| format!("case hash {} {:016x}", case.name, case.hash)).collect();
    print(&lines.join("\n"));
}

#[cfg(target_family = "wasm")]
fn print(text: &str) {
    wasm_bindgen_test::console_log!("{text}");
}

#[cfg(not(target_family = "wasm"))]
fn print(text: &str) {
    println!("{text}");
}

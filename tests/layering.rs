//! Imports point down only, and `unsafe` stays in the kernels.
//!
//! The test reads the source text: every path that starts with `crate::` or climbs with `super::` is resolved to
//! the top-level module it reaches, and that module must stand on a lower level than the one it is named in.
#![cfg(not(target_family = "wasm"))]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up. A module may use every level below its own.
const LEVELS: &[&[&str]] = &[
    &["error", "documented", "shape", "rng", "json"],
    &["kernels"],
    &["ops", "graph"],
    &["exec"],
    &["nn", "data"],
    &["curvature"],
    &["optim"],
    &["train"],
    &["landscape", "learn", "io"],
    &["lab"],
    &["wasm"],
];

/// Neighbours that may be used all the same: (user, used).
const PAIRS: &[(&str, &str)] = &[("shape", "error"), ("json", "error"), ("ops", "graph"), ("graph", "ops")];

#[test]
fn imports_point_down_and_unsafe_stays_in_the_kernels() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let root = fs::read_to_string(src.join("lib.rs")).unwrap();
    assert!(root.contains("#![deny(unsafe_code)]"), "src/lib.rs: #![deny(unsafe_code)] is missing");
    let names = reexports(&code_of(&root));
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 3, "no source was found under {}", src.display());

    let mut faults = Vec::new();
    for file in files {
        let place = file.strip_prefix(&src).unwrap();
        let modules = module_path(place);
        if modules.is_empty() || modules.iter().any(|m| m == "tests") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        faults.extend(
            faults_of(&modules, &text, &names).into_iter().map(|f| format!("src/{}:{f}", place.display())),
        );
    }
    assert!(faults.is_empty(), "{} fault(s)\n{}", faults.len(), faults.join("\n"));
}

/// What is wrong in one file: `line: sentence`.
fn faults_of(modules: &[String], text: &str, names: &HashMap<String, String>) -> Vec<String> {
    let code = code_of(text);
    let user = &modules[0];
    let mut faults = Vec::new();
    let mut fault = |at: usize, words: String| {
        let line = code[..at].matches('\n').count() + 1;
        faults.push(format!("{line}: {words}"));
    };
    if level(user).is_none() {
        fault(0, format!("module {user} has no place in the order; add it to LEVELS"));
    }
    for (at, used) in roots(modules.len(), &code) {
        let used = names.get(&used).unwrap_or(&used);
        match (level(user), level(used)) {
            (_, None) => {
                fault(at, format!("crate::{used} is no module of LEVELS and no `pub use` of lib.rs"));
            }
            (Some(a), Some(b)) if b > a => fault(at, format!("{user} uses {used}, which stands above it")),
            (Some(a), Some(b))
                if a == b && user != used && !PAIRS.contains(&(user.as_str(), used.as_str())) =>
            {
                fault(at, format!("{user} uses its neighbour {used}; if that is meant, add it to PAIRS"));
            }
            _ => {}
        }
    }
    if user != "kernels" {
        for (at, word) in words(&code) {
            if word == "unsafe" || word == "unsafe_code" {
                fault(at, format!("{word} outside src/kernels"));
            }
        }
    }
    faults
}

fn level(module: &str) -> Option<usize> {
    LEVELS.iter().position(|level| level.contains(&module))
}

/// The names that paths reach directly under the crate's root. `depth` is the length of the file's module path.
fn roots(depth: usize, code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, word) in words(code) {
        if code[..at].trim_end().ends_with("::") {
            continue;
        }
        let tail = match word {
            "crate" => code[at + word.len()..].trim_start().strip_prefix("::"),
            // a climb that leaves the file's own top-level module ends at the root
            "super" => climb(&code[at..]).filter(|(steps, _)| *steps == depth).map(|(_, tail)| tail),
            _ => None,
        };
        if let Some(tail) = tail {
            found.extend(heads(tail).into_iter().map(|name| (at, name)));
        }
    }
    found
}

/// Number of `super::` in front, and what follows them.
fn climb(path: &str) -> Option<(usize, &str)> {
    let tail = path.strip_prefix("super")?.trim_start().strip_prefix("::")?.trim_start();
    Some(climb(tail).map_or((1, tail), |(steps, tail)| (steps + 1, tail)))
}

/// First names of `a::b` or of each element of `{a::b, c::{d, e}}`.
fn heads(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let Some(group) = path.strip_prefix('{') else {
        return words(path).next().map(|(_, word)| word.to_owned()).into_iter().collect();
    };
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.extend(words(&group[start..i]).next().map(|(_, word)| word.to_owned()));
                start = i + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

/// `pub use module::{A, B as C}` of lib.rs: name at the root -> module it lives in.
fn reexports(code: &str) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for item in code.split(';') {
        let Some((_, path)) = item.split_once("pub use ") else { continue };
        let Some((module, _)) = path.split_once("::") else { continue };
        let listed: Vec<&str> = words(path).map(|(_, word)| word).collect();
        names.extend(listed.into_iter().map(|name| (name.to_owned(), module.trim().to_owned())));
    }
    names
}

fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.split(move |c| !part(c)).filter(|word| !word.is_empty()).map(move |word| {
        let at = word.as_ptr() as usize - code.as_ptr() as usize;
        (at, word)
    })
}

/// The text without comments, strings and the tests module at the end; line numbers stay.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if c == '"' {
            quoted(rest)
        } else if rest.starts_with("r\"") || rest.starts_with("r#") {
            raw_string(rest)
        } else if rest.starts_with("'\\''") {
            4
        } else if rest.starts_with("'\"'") {
            3
        } else {
            0
        };
        if skipped == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.extend(rest[..skipped].chars().filter(|&c| c == '\n'));
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    let tail = code.match_indices("#[cfg(test)]").find(|(at, mark)| {
        let item = code[at + mark.len()..].trim_start();
        item.strip_prefix("mod ").is_some_and(|m| m.chars().find(|c| "{;".contains(*c)) == Some('{'))
    });
    if let Some((at, _)) = tail {
        code.truncate(at);
    }
    code
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let step = &text.as_bytes()[at..];
        match step {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return i + 1,
            _ => {}
        }
    }
    text.len()
}

/// 0 if this is no raw string but a raw identifier.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].chars().take_while(|&c| c == '#').count();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    text[hashes + 2..].find(&end).map_or(text.len(), |i| hashes + 2 + i + end.len())
}

/// `graph/grad.rs` -> `[graph, grad]`, `graph/mod.rs` -> `[graph]`, `lib.rs` -> `[]`.
fn module_path(place: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        place.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(path.last().map(String::as_str), Some("mod" | "lib")) {
        path.pop();
    }
    path
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            found.push(entry);
        }
    }
}

fn faults_in(place: &str, text: &str) -> Vec<String> {
    let names = reexports("mod error; pub use error::{Error, Result}; pub use train::Trainer;");
    faults_of(&module_path(Path::new(place)), text, &names)
}

#[test]
fn the_checker_sees_a_fault_however_it_is_written() {
    let wrong = [
        ("kernels/gemm.rs", "use crate::graph::NodeId;"),
        ("graph/grad.rs", "use crate::{error::Error, nn::{Layer, Model}};"),
        ("graph/grad.rs", "use super::super::train::Trainer;"),
        ("graph/grad.rs", "fn f() -> super::super::exec::Plan {}"),
        ("exec/plan.rs", "fn f(t: &crate::Trainer) {}"),
        ("nn/mod.rs", "use super::data::Split;"),
        ("nn/mod.rs", "macro_rules! m { () => { $crate::lab::run() } }"),
        ("nn/mod.rs", "use crate::nowhere::Thing;"),
        ("attic/mod.rs", "use crate::error::Error;"),
        ("nn/mod.rs", "fn f() { unsafe { g() } }"),
        ("nn/mod.rs", "#![allow(unsafe_code)]"),
        ("nn/mod.rs", "#[cfg(test)]\nmod naive;\nuse crate::train::Trainer;"),
        ("nn/mod.rs", "const QUOTE: char = '\"';\nuse crate::train::Trainer; // \""),
    ];
    for (place, text) in wrong {
        assert_eq!(faults_in(place, text).len(), 1, "{place}: {text}");
    }
}

#[test]
fn the_checker_lets_pass_what_is_allowed() {
    let right = [
        ("kernels/gemm.rs", "fn f() { unsafe { g() } }"),
        (
            "graph/grad.rs",
            "use crate::{error::Error, ops::Op};\nuse super::Graph;\nuse crate::graph::NodeId;",
        ),
        ("graph/grad.rs", "use super::{verify, display::Long};"),
        ("wasm/mod.rs", "use crate::{lab, Trainer, Error};\nuse super::train;"),
        (
            "nn/mod.rs",
            "// crate::train is above\n/* unsafe /* crate::lab */ */ const A: &str = \"crate::lab\";",
        ),
        ("nn/mod.rs", "const A: &str = r#\"unsafe \" crate::lab\"#; fn r#type() {}"),
        ("nn/mod.rs", "use crate::ops::Op;\n#[cfg(test)]\nmod tests {\n    use crate::train::Trainer;\n}"),
        ("nn/dense.rs", "fn f() { not::crate_name(); other::superb(); }"),
    ];
    for (place, text) in right {
        assert_eq!(faults_in(place, text), Vec::<String>::new(), "{place}: {text}");
    }
}

#[test]
fn a_fault_names_its_line() {
    let faults =
        faults_in("ops/math.rs", "/* two\nlines */\nuse crate::Error;\nuse crate::train::Trainer;\n");
    assert_eq!(faults, ["4: ops uses train, which stands above it"]);
}

//! The crate against reference values that were computed independently of it.
//!
//! `ORACLE_DIR` names the directory of reference files, `../shared/oracle` if it is not set; `ORACLE_FAMILY` picks one
//! family. Each case is passed, failed or not yet supported, one line each; a case whose data files are not there is
//! skipped. The last line is the sum: `oracle: P passed, F failed, U not yet supported`; any failure fails the run.
//!
//! A case counts as supported if something the crate offers under a name computes it: an operation, a layer, a loss, an
//! activation, an optimizer. Reductions, broadcasts and changes of layout around it are composed here from the graph's
//! public builders; a loss or an activation that would exist in this test alone is not yet supported.

mod families;
mod program;

use families::{FAMILIES, Fixture, Stop};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    // this test has no harness of its own: it is left out if another one is asked for by name, or a list
    let mut words = std::env::args().skip(1);
    if words.any(|w| w == "--list" || (!w.starts_with('-') && !"oracle".contains(w.as_str()))) {
        return ExitCode::SUCCESS;
    }
    let folder = std::env::var_os("ORACLE_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/oracle")),
        PathBuf::from,
    );
    let chosen = std::env::var("ORACLE_FAMILY").ok().filter(|f| !f.is_empty());
    if let Some(name) = chosen.as_ref().filter(|c| FAMILIES.iter().all(|(name, _)| name != c)) {
        let names: Vec<&str> = FAMILIES.iter().map(|(name, _)| *name).collect();
        println!("ORACLE_FAMILY: expected one of {}, got {name}", names.join(", "));
        return ExitCode::FAILURE;
    }

    let (mut passed, mut failed, mut unsupported) = (0, 0, 0);
    for (family, check) in FAMILIES {
        if chosen.as_ref().is_some_and(|c| c != family) {
            continue;
        }
        if !folder.join(format!("{family}.json")).is_file() {
            println!("skipped: {family}, because {} has no {family}.json", folder.display());
            continue;
        }
        let fixture = match Fixture::read(&folder, family) {
            Ok(fixture) => fixture,
            Err(why) => {
                println!("{family}: FAILED, {why}");
                failed += 1;
                continue;
            }
        };
        for case in fixture.cases() {
            let verdict = catch_unwind(AssertUnwindSafe(|| check(&case)));
            let verdict = verdict.unwrap_or_else(|_| Err(Stop::Failed("it panicked, see above".into())));
            let word = match verdict {
                Ok(note) => {
                    passed += 1;
                    format!("passed{note}")
                }
                Err(Stop::Failed(why)) => {
                    failed += 1;
                    format!("FAILED, {why}")
                }
                Err(Stop::NotYet(why)) => {
                    unsupported += 1;
                    format!("not yet supported, {why}")
                }
                Err(Stop::Skipped(why)) => format!("skipped, {why}"),
            };
            println!("{family}: {}: {word}", case.id());
        }
    }
    println!("oracle: {passed} passed, {failed} failed, {unsupported} not yet supported");
    if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

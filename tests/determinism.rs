//! One spec over the same data is one run, bit for bit: the hashes of tests/fixtures/run-hash.json hold natively
//! here, in Node (www/lib/test) and in Chromium (www/e2e).
#![cfg(not(target_family = "wasm"))]

mod runs;

#[test]
fn the_known_runs_have_their_known_hashes() {
    let found: Vec<(String, String)> = runs::all()
        .into_iter()
        .map(|run| {
            let mut trainer = run.trainer();
            trainer.run_until(|| false).unwrap();
            (run.name, format!("{:016x}", trainer.run_hash()))
        })
        .collect();
    let known: Vec<(String, String)> = runs::all().into_iter().map(|run| (run.name, run.hash)).collect();
    assert_eq!(found, known, "left: what this machine computed; right: tests/fixtures/run-hash.json");
}

#[test]
fn interruptions_do_not_matter_but_edits_do() {
    let run = runs::all().swap_remove(0);
    let mut whole = run.trainer();
    whole.run_until(|| false).unwrap();

    let mut pieces = run.trainer();
    for length in (1..).map(|i| i % 5) {
        let mut left = length;
        pieces
            .run_until(|| {
                left -= 1;
                left < 0
            })
            .unwrap();
        if pieces.steps_done() == pieces.steps() {
            break;
        }
    }
    assert_eq!(pieces.run_hash(), whole.run_hash());

    let mut edited = run.trainer();
    edited.step().unwrap();
    edited.set_learning_rate(run.trainer().learning_rate()).unwrap();
    edited.run_until(|| false).unwrap();
    assert_eq!(edited.theta(), whole.theta(), "the same rate again changes no weight");
    assert_ne!(edited.run_hash(), whole.run_hash(), "but the list of edits belongs to the run");
}

#[test]
fn another_seed_is_another_run() {
    let mut run = runs::all().swap_remove(0);
    let hash = |run: &runs::Run| {
        let mut trainer = run.trainer();
        trainer.step().unwrap();
        trainer.run_hash()
    };
    let first = hash(&run);
    assert_eq!(first, hash(&run));
    run.spec.seed += 1;
    assert_ne!(first, hash(&run));
}

//! Text that a character model writes.

use super::Trainer;
use crate::data::{DataSpec, Features};
use crate::error::{Error, Result};
use crate::exec::{Bindings, Executor, Sink};
use crate::graph::Buffer;
use crate::kernels::Real;
use crate::nn::{Model, StateTable, predicted_class};
use crate::rng::{Source, Stream};

/// Most characters of a prompt and of what is written.
const LONGEST: usize = 10_000;
/// At ten times the usual temperature all characters are nearly as likely.
const HOTTEST: f64 = 10.0;

/// What to write.
#[derive(Debug, Clone, PartialEq)]
pub struct Generate {
    /// What was written before. If it is empty, writing starts from the first character of the text that was learned.
    pub prompt: String,
    /// How many characters to write.
    pub length: usize,
    /// Probabilities are raised to the power of 1 / temperature: 1 leaves them as they are, 0 takes the likeliest.
    pub temperature: f64,
    /// What decides between characters.
    pub seed: u64,
}

impl Generate {
    fn check(&self) -> Result<()> {
        let characters = self.prompt.chars().count();
        for (place, got) in [("generate.prompt", characters), ("generate.length", self.length)] {
            let least = usize::from(place == "generate.length");
            if !(least..=LONGEST).contains(&got) {
                return Err(Error::spec("number-range", place)
                    .expected(format!("{least} to {LONGEST} characters"))
                    .got(got.to_string())
                    .hint("choose a number in this range")
                    .arg("low", least)
                    .arg("high", LONGEST)
                    .arg("got", got));
            }
        }
        if !(0.0..=HOTTEST).contains(&self.temperature) {
            return Err(Error::spec("number-range", "generate.temperature")
                .expected(format!("0 to {HOTTEST}"))
                .got(self.temperature.to_string())
                .hint("use 1 for the probabilities as they were learned")
                .arg("low", 0)
                .arg("high", HOTTEST)
                .arg("got", self.temperature));
        }
        Ok(())
    }
}

impl<T: Real> Trainer<T> {
    /// Writes on from a prompt, one character after the other: each is drawn from what the network predicts after all
    /// before it. The same weights, prompt and seed give the same text on every machine.
    ///
    /// # Errors
    /// [`Error::State`] if the run is not over a text, [`Error::Spec`] for a character that the text does not have, a
    /// number out of range, or a network that needs windows whole (see [`Model::step_plan`]).
    pub fn generate(&self, wish: &Generate) -> Result<String> {
        let examples = self.examples();
        let (DataSpec::Text { .. }, Some(names), Features::Reals(values)) =
            (&self.spec().data, examples.dataset().classes(), examples.dataset().features())
        else {
            return Err(Error::state("generate-needs-text", "generate")
                .expected("a run over a text")
                .got(examples.dataset().name())
                .hint("drop a file that ends in .txt"));
        };
        wish.check()?;
        if wish.prompt.is_empty() {
            // it begins as the text begins
            examples.check_present()?;
        }
        let first = values.first().map_or(0, |&x| x as usize);
        let prompt = prompt(&wish.prompt, names)?;
        let mut reader = Reader::new(self.model(), self.loss.state())?;
        let start = if prompt.is_empty() { vec![first] } else { prompt };
        for &character in &start {
            reader.read(character, &self.theta)?;
        }
        let draws = Source::new(wish.seed, Stream::SAMPLE, 0);
        let mut text = String::new();
        for place in 0..wish.length {
            let next = draw(&reader.chances, wish.temperature, draws.uniform(place as u64));
            text.push_str(names.get(next).map_or("", String::as_str));
            if place + 1 < wish.length {
                reader.read(next, &self.theta)?;
            }
        }
        Ok(text)
    }
}

/// The numbers of the characters of a prompt.
fn prompt(prompt: &str, names: &[String]) -> Result<Vec<usize>> {
    let mut buffer = [0; 4];
    let mut number = |letter: char| {
        let text: &str = letter.encode_utf8(&mut buffer);
        names.binary_search_by(|name| name.as_str().cmp(text)).ok()
    };
    prompt
        .chars()
        .enumerate()
        .map(|(at, letter)| {
            number(letter).ok_or_else(|| {
                Error::spec("generate-character", "generate.prompt")
                    .expected(format!("the {} characters of the text alone", names.len()))
                    .got(format!("{letter:?}, character {}", at + 1))
                    .hint("leave it out")
                    .arg("character", letter)
                    .arg("at", at + 1)
                    .arg("known", names.len())
            })
        })
        .collect()
}

/// A network that reads character by character.
struct Reader<T> {
    executor: Executor<T>,
    /// What layers carry, and room for what they carry next.
    state: Vec<T>,
    next: Vec<T>,
    /// What follows the character read last.
    chances: Vec<T>,
}

impl<T: Real> Reader<T> {
    /// At the start of a text. `learned` is the state of training: running statistics, which reading leaves alone.
    fn new(model: &Model, learned: &[T]) -> Result<Self> {
        let (plan, table) = model.step_plan()?;
        let state = started(&table, model.states(), learned);
        let classes = model.target().classes().unwrap_or(0);
        Ok(Self {
            executor: Executor::new(plan)?,
            next: state.clone(),
            state,
            chances: vec![T::ZERO; classes],
        })
    }

    fn read(&mut self, character: usize, theta: &[T]) -> Result<()> {
        let features = [T::from_f64(character as f64)];
        let mut bindings = Bindings::new()
            .reals(Buffer::Features, &features)
            .reals(Buffer::Theta, theta)
            .reals(Buffer::State, &self.state)
            .sink(Sink::Prediction, &mut self.chances)
            .sink(Sink::State, &mut self.next);
        self.executor.run(&mut bindings)?;
        self.state.copy_from_slice(&self.next);
        Ok(())
    }
}

/// The state before the first step: what training has left where it has the same tensor, else its start.
fn started<T: Real>(table: &StateTable, trained: &StateTable, learned: &[T]) -> Vec<T> {
    let mut state = table.initial::<T>();
    for entry in table.entries() {
        let same = trained.entries().iter().find(|t| t.name == entry.name && t.shape == entry.shape);
        if let Some(values) = same.and_then(|t| learned.get(t.range())) {
            state[entry.range()].copy_from_slice(values);
        }
    }
    state
}

/// The class at `uniform` of 0..1 of the chances raised to the power of 1 / temperature.
fn draw<T: Real>(chances: &[T], temperature: f64, uniform: f64) -> usize {
    let likeliest = predicted_class(chances);
    if temperature == 0.0 {
        return likeliest;
    }
    // relative to the likeliest, so that no power overflows and not all vanish
    let top = chances.get(likeliest).map_or(1.0, |p| p.to_f64());
    let weight = |p: &T| libm::pow(p.to_f64() / top, 1.0 / temperature);
    let total: f64 = chances.iter().map(weight).sum();
    let mut left = uniform * total;
    for (class, chance) in chances.iter().enumerate() {
        left -= weight(chance);
        if left < 0.0 {
            return class;
        }
    }
    likeliest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Examples, load};
    use crate::train::RunSpec;
    use std::sync::Arc;

    /// A text of 24 characters again and again; windows of 11 begin at each of them.
    fn text() -> Vec<u8> {
        "the cat sat on the mat. ".repeat(40).into_bytes()
    }

    fn trainer(layers: &str) -> Trainer<f32> {
        let json = format!(
            r#"{{"data": {{"type": "text", "steps": 11}}, "test": 0, "layers": [{layers}], "loss": "softmaxCrossEntropy",
                "optimizer": {{"type": "adam", "learningRate": 0.03}}, "batch": {{"type": "mini", "size": 8}}, "epochs": 60, "seed": 1}}"#
        );
        let spec = RunSpec::from_json(&json).unwrap();
        let set = load(&spec.data, 0, &[("t.txt".to_owned(), text())]).unwrap();
        Trainer::new(spec.clone(), Arc::new(Examples::new(set, 0.0, 1).unwrap())).unwrap()
    }

    fn wish(prompt: &str, temperature: f64, seed: u64) -> Generate {
        Generate { prompt: prompt.to_owned(), length: 40, temperature, seed }
    }

    const EMBEDDING: &str = r#"{"type": "embedding", "vocabulary": 11, "units": 6}"#;
    const END: &str = r#"{"type": "dense", "units": 11}"#;

    #[test]
    fn step_by_step_gives_the_bits_of_a_whole_window() {
        for recurrent in [
            r#"{"type": "lstm", "units": 7, "returnSequences": true}"#,
            r#"{"type": "gru", "units": 7, "returnSequences": true}, {"type": "batchNormalization"}"#,
            r#"{"type": "gru", "units": 7, "resetAfter": false, "returnSequences": true}"#,
            r#"{"type": "residual", "layers": [{"type": "simpleRnn", "units": 6, "returnSequences": true}]}, {"type": "dropout", "rate": 0.5}"#,
        ] {
            let mut trainer = trainer(&format!("{EMBEDDING}, {recurrent}, {END}"));
            for _ in 0..3 {
                trainer.step().unwrap();
            }
            let window: Vec<f32> = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5].map(|n| n as f32).to_vec();
            let (loss, theta) = trainer.loss_and_theta();
            let whole = loss.predict(&window, theta).unwrap();
            let mut reader = Reader::new(trainer.model(), trainer.loss.state()).unwrap();
            for (t, &character) in window.iter().enumerate() {
                reader.read(character as usize, &trainer.theta).unwrap();
                assert_eq!(reader.chances, whole[t * 11..][..11], "{recurrent}, step {t}");
            }
        }
    }

    #[test]
    fn what_was_learned_is_written_and_the_seed_decides() {
        let lstm = r#"{"type": "lstm", "units": 24, "returnSequences": true}"#;
        let mut trainer = trainer(&format!("{EMBEDDING}, {lstm}, {END}"));
        trainer.run_until(|| false).unwrap();
        let likeliest = trainer.generate(&wish("the cat ", 0.0, 0)).unwrap();
        assert_eq!(likeliest, "sat on the mat. the cat sat on the mat. ");
        let hot = trainer.generate(&wish("the cat ", 3.0, 1)).unwrap();
        assert_eq!(hot.chars().count(), 40);
        assert_eq!(hot, trainer.generate(&wish("the cat ", 3.0, 1)).unwrap());
        assert_ne!(hot, trainer.generate(&wish("the cat ", 3.0, 2)).unwrap());
        // nothing before it: as after the first character of the text
        assert_eq!(trainer.generate(&wish("", 0.0, 0)), trainer.generate(&wish("t", 0.0, 0)));
    }

    #[test]
    fn chances_are_followed() {
        let chances = [0.5_f64, 0.0, 0.3, 0.2];
        let counts = |temperature| {
            let mut counts = [0; 4];
            let draws = Source::new(1, Stream::SAMPLE, 0);
            for i in 0..10_000 {
                counts[draw(&chances, temperature, draws.uniform(i))] += 1;
            }
            counts
        };
        let near = |got: [i32; 4], want: [f64; 4]| {
            got.iter().zip(want).all(|(&got, want)| (f64::from(got) / 10_000.0 - want).abs() < 0.02)
        };
        assert!(near(counts(1.0), chances));
        // squares: 25, 9 and 4 of 38
        assert!(near(counts(0.5), [0.658, 0.0, 0.237, 0.105]));
        assert_eq!(counts(0.0), [10_000, 0, 0, 0]);
        assert!(near(counts(1e-9), [1.0, 0.0, 0.0, 0.0]));
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let gru = r#"{"type": "gru", "units": 3, "returnSequences": true}"#;
        let trainer = trainer(&format!("{EMBEDDING}, {gru}, {END}"));
        let code = |wish: Generate| trainer.generate(&wish).map_or_else(|e| e.report().code, |_| "ok");
        assert_eq!(code(wish("the", 1.0, 0)), "ok");
        assert_eq!(code(wish("the dog", 1.0, 0)), "generate-character");
        assert_eq!(code(wish("the", -0.1, 0)), "number-range");
        assert_eq!(code(wish("the", f64::NAN, 0)), "number-range");
        assert_eq!(code(Generate { length: 0, ..wish("the", 1.0, 0) }), "number-range");
        assert_eq!(code(Generate { length: LONGEST + 1, ..wish("the", 1.0, 0) }), "number-range");
        for whole in [
            r#"{"type": "gru", "units": 3, "returnSequences": true, "bidirectional": true}"#,
            r#"{"type": "residual", "layers": [{"type": "multiHeadAttention", "heads": 1, "causal": true}]}"#,
            r#"{"type": "layerNormalization", "axes": 2}"#,
        ] {
            let trainer = super::tests::trainer(&format!("{EMBEDDING}, {whole}, {END}"));
            assert_eq!(trainer.generate(&wish("the", 1.0, 0)).unwrap_err().report().code, "stream-whole");
        }
    }
}

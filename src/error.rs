//! The one error type of the crate.
//!
//! A user's mistake is caught where it is made: when a node is added to a graph, a file is read, a spec is parsed.
//! Every error says what was expected, what came and what to change. [`Report::code`] is stable, and
//! [`Report::args`] holds the numbers of the sentence, so that a front end can say the same in another language.

use std::fmt;

/// What a sentence about a mistake is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Stable identifier in kebab-case, for example `idx-truncated`.
    pub code: &'static str,
    /// Where it happened: a layer (`dense_2`), an op (`MatMul`), a file name, a field of the spec.
    pub place: String,
    /// What would have been right.
    pub expected: String,
    /// What came instead.
    pub got: String,
    /// What to change. An imperative clause without a final stop.
    pub hint: String,
    /// Named values of the sentence, for translation.
    pub args: Vec<(&'static str, String)>,
}

/// Everything that can go wrong. The variant is the kind of mistake, the [`Report`] its sentence; boxed, because every
/// result that holds it is passed on again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Tensors or layers that do not fit together.
    Shape(Box<Report>),
    /// A network, optimizer or run description that is not valid.
    Spec(Box<Report>),
    /// A data set that cannot be used: counts, labels, values.
    Data(Box<Report>),
    /// Bytes that are not what their format demands.
    File(Box<Report>),
    /// More memory than there is or than was allowed.
    Memory(Box<Report>),
    /// A call that does not fit the state, such as a prediction before there is a model.
    State(Box<Report>),
    /// A loss or a gradient that is no longer a finite number.
    NotFinite(Box<Report>),
}

/// `std::result::Result` with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident => $variant:ident),* $(,)?) => {
        impl Error {
            $($(#[$doc])*
            #[must_use]
            #[inline(never)]
            pub fn $name(code: &'static str, place: impl Into<String>) -> Self {
                Self::$variant(Box::new(Report { code, place: place.into(), ..Report::default() }))
            })*

            /// The sentence and its parts.
            #[must_use]
            pub fn report(&self) -> &Report {
                match self { $(Self::$variant(report) => report,)* }
            }

            fn report_mut(&mut self) -> &mut Report {
                match self { $(Self::$variant(report) => report,)* }
            }
        }
    };
}

constructors! {
    /// Starts an [`Error::Shape`] at `place`.
    shape => Shape,
    /// Starts an [`Error::Spec`] at `place`.
    spec => Spec,
    /// Starts an [`Error::Data`] at `place`.
    data => Data,
    /// Starts an [`Error::File`] at `place`.
    file => File,
    /// Starts an [`Error::Memory`] at `place`.
    memory => Memory,
    /// Starts an [`Error::State`] at `place`.
    state => State,
    /// Starts an [`Error::NotFinite`] at `place`.
    not_finite => NotFinite,
}

impl Error {
    /// Says what would have been right.
    // called once for each mistake there is: copies of it would add up in a WebAssembly build
    #[inline(never)]
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.report_mut().expected = expected.into();
        self
    }

    /// Says what came instead.
    #[inline(never)]
    #[must_use]
    pub fn got(mut self, got: impl Into<String>) -> Self {
        self.report_mut().got = got.into();
        self
    }

    /// Says what to change.
    #[inline(never)]
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.report_mut().hint = hint.into();
        self
    }

    /// Adds a named value of the sentence.
    #[inline(never)]
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.report_mut().args.push((name, value.to_string()));
        self
    }

    /// Renames the place, used by a layer to put its own name before an op's complaint.
    #[inline(never)]
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.report_mut().place = place.into();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { place, expected, got, hint, .. } = self.report();
        write!(f, "{place}: expected {expected}, got {got}")?;
        if hint.is_empty() { Ok(()) } else { write!(f, "; {hint}") }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_place_expectation_finding_and_remedy() {
        let error = Error::shape("dense-input", "dense_2")
            .expected("input of 64 features (N, 64)")
            .got("(N, 10)")
            .hint("set input to 10")
            .arg("want", 64);
        assert_eq!(
            error.to_string(),
            "dense_2: expected input of 64 features (N, 64), got (N, 10); set input to 10"
        );
        assert_eq!(error.report().args, [("want", "64".to_owned())]);
    }
}

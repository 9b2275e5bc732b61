//! What the crate says of its own parts: the rows of `docs/reference.md`.

/// Something a run can be made of: a layer, an activation, a loss, an optimizer, a data set, ….
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documented {
    /// As a spec writes it, for example `conv2d`.
    pub name: String,
    /// What people call it.
    pub title: &'static str,
    /// What it computes, in one line of symbols or words.
    pub formula: &'static str,
    /// Who described it first, with the year.
    pub source: &'static str,
}

impl Documented {
    /// A row.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        title: &'static str,
        formula: &'static str,
        source: &'static str,
    ) -> Self {
        Self { name: name.into(), title, formula, source }
    }
}

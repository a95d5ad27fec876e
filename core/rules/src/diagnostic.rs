//! What is wrong with a rule set, told to its author.

use std::ops::Range;

/// One finding. `compile` gives all of them at once, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable: `R101` keeps its meaning for ever. The list stands in `check/codes.rs`.
    pub code: &'static str,
    pub severity: Severity,
    /// JSON path of the value, as `rules[2].maxDistance`.
    pub path: String,
    /// Bytes of the body.
    pub span: Range<usize>,
    /// 1-based; columns count characters.
    pub line: usize,
    pub column: usize,
    pub expected: String,
    pub found: String,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// One line: where, expected, found, what to do (D-04).
impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: expected {}, found {}", self.path, self.expected, self.found)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        write!(f, " [{}]", self.code)
    }
}

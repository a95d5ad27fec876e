//! From text to rule set, or to every diagnostic at once.

use crate::{Diagnostic, RuleSet};

#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Unknown keys only warn (D-42 refuses them).
    pub unknown_keys_warn: bool,
}

/// Compiles a rule set body.
///
/// # Errors
/// All diagnostics of the body, in the order of the text; at least one is an error.
pub fn compile(body: &str, options: Options) -> Result<(RuleSet, Vec<Diagnostic>), Vec<Diagnostic>> {
    let _ = (body, options);
    Err(Vec::new())
}

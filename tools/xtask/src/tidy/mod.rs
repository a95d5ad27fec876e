//! The house rules that no compiler checks. Every rule answers with all its findings at once.

mod arrows;
mod codes;
mod map;
mod purity;
mod tree;
mod words;

use crate::shell::{Outcome, metadata, root};

use tree::Tree;

/// Runs every rule; fails with the list of findings.
pub fn tidy() -> Outcome {
    let metadata = metadata()?;
    let tree = Tree::read(&root())?;
    let rules = [
        ("arrows between crates", arrows::check(&metadata)),
        ("ARCHITECTURE.md is the map", map::check(&tree, &metadata)),
        ("core is pure", purity::check(&tree)),
        ("error codes are documented", codes::check(&tree)),
        ("files and words", words::check(&tree)),
    ];
    let mut findings = Vec::new();
    for (rule, found) in rules {
        println!(
            "tidy: {rule}: {}",
            if found.is_empty() { "ok".to_owned() } else { format!("{} findings", found.len()) }
        );
        findings.extend(found.into_iter().map(|one| format!("  {rule}: {one}")));
    }
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n")) }
}

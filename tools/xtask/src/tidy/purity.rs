//! Core stays pure: its clippy.toml is there, and no source reaches for a clock, a disk, a thread.
//!
//! Clippy sees types and methods; this sees modules, so that an import alone is found.

use super::tree::{File, Tree};

const FORBIDDEN: [&str; 10] = [
    "std::time::Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "std::thread",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "tokio",
];

pub fn check(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    if tree.file("core/clippy.toml").is_none() {
        findings.push("core/clippy.toml is missing; it forbids clocks and hash order to core".to_owned());
    }
    let sources = tree.under("core/", ".rs").filter(|file| file.path.contains("/src/"));
    findings.extend(sources.flat_map(impure_lines));
    findings
}

/// Comments may name what is absent.
fn impure_lines(file: &File) -> Vec<String> {
    let lines = file.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let found = lines.filter_map(|(number, line)| {
        let word = FORBIDDEN.iter().find(|word| line.contains(*word))?;
        Some(format!(
            "{}:{}: {word} has no place in core; hand it in, or move the code to an edge",
            file.path,
            number + 1
        ))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_found_and_a_comment_is_not() {
        let text = "//! Knows no HashMap.\nuse std::fs;\nlet tree = BTreeMap::new();\n".to_owned();
        let file = File { path: "core/x/src/lib.rs".to_owned(), text };
        let found = impure_lines(&file);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("core/x/src/lib.rs:2: std::fs"), "{found:?}");
    }
}

//! Every error code of the sources stands in the reference, and the reference names no other.

use std::collections::BTreeSet;

use super::tree::Tree;

/// Families: R rule sets, E refusals of the engine, H requests, F journal, C configuration, N node.
const FAMILIES: [char; 6] = ['R', 'E', 'H', 'F', 'C', 'N'];

pub fn check(tree: &Tree) -> Vec<String> {
    let sources = ["core/", "edges/", "apps/"].into_iter().flat_map(|folder| tree.under(folder, ".rs"));
    let mut used = BTreeSet::new();
    for file in sources.filter(|file| file.path.contains("/src/")) {
        // A code stands alone in quotes, or in brackets at the end of a message.
        used.extend(file.text.split(['"', '[', ']']).filter(|word| is_code(word)).map(str::to_owned));
    }
    let mut written = BTreeSet::new();
    for page in tree.under("docs/reference/", ".md") {
        let words = page.text.split(|letter: char| !letter.is_ascii_alphanumeric());
        written.extend(words.filter(|word| is_code(word)).map(str::to_owned));
    }
    let missing =
        used.difference(&written).map(|code| format!("{code} is in no page of docs/reference/; add it"));
    let stale = written.difference(&used).map(|code| format!("{code} is documented, but no source has it"));
    missing.chain(stale).collect()
}

fn is_code(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|first| FAMILIES.contains(&first))
        && word.len() == 4
        && letters.all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_a_family_and_three_digits() {
        assert!(is_code("R101") && is_code("H119"));
        assert!(!is_code("X101") && !is_code("R10") && !is_code("R1011") && !is_code("E1a2"));
    }
}

//! The reference lists every diagnostic, in the words of the code.

use matchwright_rules::CODES;

#[test]
fn the_reference_lists_every_code() {
    let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/rules.md");
    let reference = std::fs::read_to_string(reference).expect("the reference is there");
    for (code, meaning) in CODES {
        let row = format!("| {code} | {meaning} |");
        assert!(reference.contains(&row), "docs/reference/rules.md lacks the row {row}");
    }
}

//! What is a rule set and what is wrong with one, as data: `conformance/language/*.json`.
//!
//! A case changes the file's `rule_set` (`set` at a JSON pointer, `remove`) or brings a `body` of its own, and names
//! every finding in the order of the text, as code and path; none means that it is accepted.

mod language_cases;

use std::collections::BTreeSet;

use matchwright_rules::{CODES, Diagnostic, Options, compile};
use serde_json::Value;

const CASE_KEYS: [&str; 6] = ["name", "set", "remove", "body", "findings", "hint"];

fn findings(body: &str) -> Vec<Diagnostic> {
    match compile(body, Options { unknown_keys_warn: false }) {
        Ok((_, warnings)) => warnings,
        Err(found) => found,
    }
}

#[test]
fn every_rule_set_is_accepted_or_refused_as_its_case_says() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, file) in language_cases::files() {
        for case in file["cases"].as_array().expect("cases") {
            let title = case["name"].as_str().expect("a name");
            let unknown =
                case.as_object().expect("a case").keys().find(|key| !CASE_KEYS.contains(&key.as_str()));
            assert_eq!(unknown, None, "{name}: {title}");
            let found = findings(&language_cases::body_of(&file, case));
            seen.extend(found.iter().map(|one| one.code));
            let short: Vec<Value> =
                found.iter().map(|one| Value::from(format!("{} {}", one.code, one.path))).collect();
            if case["findings"].as_array().expect("findings") != &short {
                let told: Vec<String> = found.iter().map(ToString::to_string).collect();
                wrong.push(format!("{name}: {title}: expected {}, found {told:#?}", case["findings"]));
            }
            let hints: Vec<&str> = found.iter().filter_map(|one| one.hint.as_deref()).collect();
            if let Some(hint) = case["hint"].as_str().filter(|hint| !hints.contains(hint)) {
                wrong.push(format!("{name}: {title}: expected the hint {hint}, found {hints:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    let unseen: Vec<&str> = CODES.iter().map(|(code, _)| *code).filter(|code| !seen.contains(code)).collect();
    assert!(unseen.is_empty(), "no case shows {unseen:?}");
}

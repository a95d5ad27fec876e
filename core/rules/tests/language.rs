//! What is a rule set and what is wrong with one, as data: `conformance/language/*.json`.
//!
//! A case changes the file's `rule_set` (`set` at a JSON pointer, `remove`) or brings a `body` of its own, and names
//! every finding in the order of the text, as code and path; none means that it is accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use matchwright_rules::{CODES, Diagnostic, Options, compile};
use serde_json::Value;

const CASE_KEYS: [&str; 6] = ["name", "set", "remove", "body", "findings", "hint"];

fn files() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/language");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |path: &Path| {
        let text = std::fs::read_to_string(path).expect("a readable file");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let files: BTreeMap<String, Value> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), read(&path)))
        .collect();
    assert!(!files.is_empty(), "no cases in {}", folder.display());
    files
}

/// Changes the value at a pointer; its last part may be new.
fn change(body: &mut Value, pointer: &str, value: Option<&Value>) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match (body.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")), value) {
        (Value::Object(members), Some(value)) => drop(members.insert(key.to_string(), value.clone())),
        (Value::Object(members), None) => assert!(members.remove(key).is_some(), "nothing at {pointer}"),
        (Value::Array(items), Some(value)) => match key.parse::<usize>().expect("an index") {
            index if index == items.len() => items.push(value.clone()),
            index => items[index] = value.clone(),
        },
        (other, _) => panic!("{pointer} is inside {other}"),
    }
}

fn body_of(file: &Value, case: &Value) -> String {
    if let Some(body) = case["body"].as_str() {
        return body.to_string();
    }
    let mut body = file["rule_set"].clone();
    for (pointer, value) in case["set"].as_object().into_iter().flatten() {
        change(&mut body, pointer, Some(value));
    }
    for pointer in case["remove"].as_array().into_iter().flatten() {
        change(&mut body, pointer.as_str().expect("a pointer"), None);
    }
    body.to_string()
}

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
    for (name, file) in files() {
        for case in file["cases"].as_array().expect("cases") {
            let title = case["name"].as_str().expect("a name");
            let unknown =
                case.as_object().expect("a case").keys().find(|key| !CASE_KEYS.contains(&key.as_str()));
            assert_eq!(unknown, None, "{name}: {title}");
            let found = findings(&body_of(&file, case));
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

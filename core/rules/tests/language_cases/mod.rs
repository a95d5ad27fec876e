//! The cases of `conformance/language`: a rule set, and what each case changes in it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// Name and content of each file in `conformance/language`.
pub fn files() -> BTreeMap<String, Value> {
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

/// The rule set body of a case.
pub fn body_of(file: &Value, case: &Value) -> String {
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

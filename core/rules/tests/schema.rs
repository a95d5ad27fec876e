//! The published schema: it never refuses what the checker accepts, and it catches what a schema can.

mod language_cases;

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use matchwright_rules::{Options, SCHEMA, compile};
use serde_json::Value;

/// Findings about shape; the others need names, expressions, or sizes that depend on each other.
const SHAPE: [&str; 7] = ["R103", "R104", "R105", "R107", "R108", "R109", "R150"];

fn schema() -> Validator {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    jsonschema::meta::validate(&schema).expect("the schema is one");
    jsonschema::validator_for(&schema).expect("the schema compiles")
}

fn is_accepted(body: &str) -> Result<(), Vec<&'static str>> {
    let found = compile(body, Options { unknown_keys_warn: false });
    found.map(|_| ()).map_err(|found| found.iter().map(|one| one.code).collect())
}

/// The schema and the checker about one body: whether they may differ as they do.
fn compare(schema: &Validator, name: &str, body: &str) -> Result<(), String> {
    // Comments are for the checker only.
    let Ok(value) = serde_json::from_str::<Value>(body) else { return Ok(()) };
    let refused =
        schema.iter_errors(&value).next().map(|error| format!("{}: {error}", error.instance_path()));
    match (is_accepted(body), refused) {
        (Ok(()), Some(why)) => Err(format!("{name}: accepted by the checker, refused by the schema: {why}")),
        (Err(codes), None) => match codes.iter().find(|code| SHAPE.contains(code)) {
            Some(code) => Err(format!("{name}: {code} is about shape, but the schema accepts it")),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    paths
}

#[test]
fn our_own_cases_fit() {
    let schema = schema();
    let mut wrong = Vec::new();
    for (name, file) in language_cases::files() {
        for case in file["cases"].as_array().expect("cases") {
            let body = language_cases::body_of(&file, case);
            wrong.extend(compare(&schema, &format!("{name}: {}", case["name"]), &body).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rule_sets_of_others_fit() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/rulesets");
    if !shared.exists() {
        println!("{} is absent: the schema is not compared with rule sets of others", shared.display());
        return;
    }
    let schema = schema();
    let folders = ["guide", "valid", "invalid"].map(|folder| shared.join(folder));
    let paths: Vec<PathBuf> = folders.iter().flat_map(|folder| json_files(folder)).collect();
    assert!(!paths.is_empty());
    let compared = paths.iter().map(|path| {
        let body = std::fs::read_to_string(path).expect("a readable file");
        compare(&schema, &path.display().to_string(), &body)
    });
    let wrong: Vec<String> = compared.filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! From text to rule set, or to every diagnostic at once. Knows the language's shape; evaluates nothing.
//!
//! Reading order: `source` (text with places), `attributes`, `teams`, `algorithm`, `rules`, `expansions`, each the
//! part of that name; `expression` and `statement` are the two small languages inside; `codes` lists all findings.

mod algorithm;
mod attributes;
mod codes;
mod expansions;
mod expression;
mod rules;
mod source;
mod statement;
mod teams;

pub use codes::CODES;

use jsonc_parser::ast::Value;

use self::source::{Finding, Members, Node, Notes, Path};
use crate::{Diagnostic, RuleSet, Severity};

#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Unknown keys only warn (D-42 refuses them).
    pub unknown_keys_warn: bool,
}

const KEYS: [&str; 7] =
    ["name", "ruleLanguageVersion", "playerAttributes", "algorithm", "teams", "rules", "expansions"];

/// Compiles a rule set body, 1 to 65,535 characters of JSON with comments; gives the warnings beside it.
///
/// # Errors
/// All diagnostics of the body, in the order of the text; at least one is an error.
pub fn compile(body: &str, options: Options) -> Result<(RuleSet, Vec<Diagnostic>), Vec<Diagnostic>> {
    let notes = Notes::new(body, options.unknown_keys_warn);
    let parsed = source::parse(body, &notes);
    let rule_set = parsed.as_ref().and_then(|value| check(value, &notes));
    let found = notes.into_found();
    match rule_set {
        Some(rule_set) if found.iter().all(|one| one.severity == Severity::Warning) => Ok((rule_set, found)),
        _ => Err(found),
    }
}

fn check<'a>(value: &'a Value<'a>, notes: &'a Notes<'a>) -> Option<RuleSet> {
    let root = Members::new(Node { value, path: &Path::Root, notes }, &KEYS)?;
    let name = root.with("name", |node| node.text().map(str::to_string));
    root.required("ruleLanguageVersion", |node| {
        let version = node.text()?;
        if version != "1.0" {
            node.report(Finding::new(codes::VERSION, "\"1.0\"", format!("{version:?}")));
        }
        Some(())
    });
    let listed = match value {
        Value::Object(object) => {
            object.properties.iter().find(|property| property.name.as_str() == "expansions")
        }
        _ => None,
    };
    let expansions = expansions::check(listed.map(|property| &property.value), notes);
    let attributes = attributes::check(&root);
    let teams = teams::check(&root, &expansions);
    let algorithm = algorithm::check(&root, &attributes, teams.large);
    let world = rules::World {
        names: expression::Names {
            attributes: &attributes,
            teams: &teams.teams,
            definitions: &teams.definitions,
        },
        expansions: &expansions,
        large: teams.large,
    };
    let checked = rules::check(&root, &world);
    expansions.report_unused(&teams.definitions, checked.names.iter().map(String::as_str));
    Some(RuleSet {
        name,
        algorithm: algorithm?,
        rules: checked.rules?,
        steps: expansions.steps,
        large: teams.large,
        teams: teams.teams,
        attributes,
    })
}

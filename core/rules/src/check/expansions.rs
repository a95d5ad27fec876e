//! expansions: targets and steps, folded into a value per tier.
//!
//! They are read first. Teams and rules then ask for the values of their own properties, and what nobody asked for
//! does not exist.

use std::cell::Cell;
use std::time::Duration;

use jsonc_parser::ast::Value;

use super::codes;
use super::source::{Finding, Members, Node, Notes, Path};
use crate::Tiered;

pub(super) struct Expansions<'a> {
    /// All wait times, rising: tier t holds from `steps[t - 1]` on.
    pub steps: Vec<Duration>,
    targets: Vec<Target<'a>>,
    notes: &'a Notes<'a>,
}

struct Target<'a> {
    of_team: bool,
    name: String,
    property: String,
    steps: Vec<(Duration, &'a Value<'a>, Path<'a>)>,
    path: Path<'a>,
    span: std::ops::Range<usize>,
    /// A team or rule of this name exists.
    named: Cell<bool>,
    /// It has this property, and it can be expanded.
    used: Cell<bool>,
}

pub(super) fn check<'a>(root: Option<&'a Value<'a>>, notes: &'a Notes<'a>) -> Expansions<'a> {
    let mut found = Expansions { steps: Vec::new(), targets: Vec::new(), notes };
    let Some(value) = root else { return found };
    let path = Path::Text("expansions".to_string());
    let node = Node { value, path: &path, notes };
    let Value::Array(array) = value else {
        node.items();
        return found;
    };
    for (index, value) in array.elements.iter().enumerate() {
        check_one(value, &Path::Text(format!("expansions[{index}]")), &mut found);
    }
    let mut steps: Vec<Duration> = found
        .targets
        .iter()
        .flat_map(|target| &target.steps)
        .map(|(wait, ..)| *wait)
        .filter(|w| !w.is_zero())
        .collect();
    steps.sort();
    steps.dedup();
    found.steps = steps;
    found
}

fn check_one<'a>(value: &'a Value<'a>, path: &Path<'_>, found: &mut Expansions<'a>) -> Option<()> {
    let notes = found.notes;
    let members = Members::new(Node { value, path, notes }, &["target", "steps"])?;
    let target = members.required("target", |node| {
        let text = node.text()?;
        let parsed = parse_target(text);
        if parsed.is_none() {
            let finding = Finding::new(
                codes::TARGET,
                "teams[name].property or rules[name].property",
                format!("`{text}`"),
            );
            node.report(
                finding.hint("name every team: teams[red,blue].minPlayers; teams[*] is not supported"),
            );
        }
        Some((parsed?, node.span()))
    });
    let steps = members.required("steps", |_| Some(()));
    let ((of_team, names, property), span) = target?;
    steps?;
    let list = match value {
        Value::Object(object) => object.properties.iter().find(|property| property.name.as_str() == "steps"),
        _ => None,
    };
    let steps = steps_of(&list?.value, path, notes)?;
    for name in names {
        let twice = found
            .targets
            .iter()
            .any(|one| one.of_team == of_team && one.name == name && one.property == property);
        if twice {
            let finding = Finding::new(
                codes::TARGET_TWICE,
                "every property expanded once",
                format!("`{name}`.{property} again"),
            );
            notes.add(path, span.clone(), finding);
            continue;
        }
        let steps =
            steps.iter().map(|(wait, value, path)| (*wait, *value, Path::Text(path.clone()))).collect();
        let path = Path::Text(format!("{path}.target"));
        let (property, span) = (property.clone(), span.clone());
        let (named, used) = (Cell::new(false), Cell::new(false));
        found.targets.push(Target { of_team, name, property, steps, path, span, named, used });
    }
    Some(())
}

/// (of a team, names, property)
fn parse_target(text: &str) -> Option<(bool, Vec<String>, String)> {
    let text = text.trim();
    let (of_team, rest) = match text.strip_prefix("teams") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("rules")?),
    };
    let (names, rest) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let property = rest.trim_start().strip_prefix('.')?.trim();
    let names: Vec<String> = names.split(',').map(|name| name.trim().to_string()).collect();
    let fits = !property.is_empty()
        && property.chars().all(char::is_alphanumeric)
        && names.iter().all(|name| !name.is_empty() && !name.contains(['*', '(', ')']));
    fits.then(|| (of_team, names, property.to_string()))
}

type Step<'a> = (Duration, &'a Value<'a>, String);

fn steps_of<'a>(value: &'a Value<'a>, path: &Path<'_>, notes: &'a Notes<'a>) -> Option<Vec<Step<'a>>> {
    let steps_path = Path::Key(path, "steps");
    let node = Node { value, path: &steps_path, notes };
    let Value::Array(array) = value else {
        node.items();
        return None;
    };
    if array.elements.is_empty() {
        node.report(Finding::new(codes::STEPS, "at least one step", "none"));
        return None;
    }
    let mut steps: Vec<Step<'a>> = Vec::new();
    for (index, value) in array.elements.iter().enumerate() {
        let step_path = Path::Index(&steps_path, index);
        let step = Node { value, path: &step_path, notes };
        let members = Members::new(step, &["waitTimeSeconds", "value"])?;
        let wait =
            members.required("waitTimeSeconds", |node| wait_time(node, steps.last().map(|step| step.0)));
        members.required("value", |_| Some(()))?;
        let Value::Object(object) = value else { return None };
        let given = object.properties.iter().find(|property| property.name.as_str() == "value")?;
        steps.push((wait?, &given.value, Path::Key(&step_path, "value").to_string()));
    }
    Some(steps)
}

/// Not negative, and later than the step before (D-89).
fn wait_time(node: Node<'_>, before: Option<Duration>) -> Option<Duration> {
    let wait = Duration::try_from_secs_f64(node.number()?).ok();
    let rises = wait.filter(|wait| before.is_none_or(|before| *wait > before));
    if rises.is_none() {
        let expected = match before {
            Some(before) => format!("more than the {} s before it", before.as_secs_f64()),
            None => "seconds, 0 or more".to_string(),
        };
        node.report(Finding::new(codes::STEPS, expected, node.describe()));
    }
    rises
}

impl<'a> Expansions<'a> {
    /// The values of a team's property, one per tier.
    pub fn of_team(
        &self,
        name: &str,
        property: &str,
        base: u32,
        read: impl Fn(Node<'_>) -> Option<u32>,
    ) -> Tiered<u32> {
        self.tiered(true, name, property, base, read)
    }

    /// The values of a rule's property, one per tier.
    pub fn of_rule<T: Clone>(
        &self,
        name: &str,
        property: &str,
        base: T,
        read: impl Fn(Node<'_>) -> Option<T>,
    ) -> Tiered<T> {
        self.tiered(false, name, property, base, read)
    }

    fn tiered<T: Clone>(
        &self,
        of_team: bool,
        name: &str,
        property: &str,
        base: T,
        read: impl Fn(Node<'_>) -> Option<T>,
    ) -> Tiered<T> {
        let mut values = vec![base; self.steps.len() + 1];
        for target in self.targets.iter().filter(|target| target.of_team == of_team && target.name == name) {
            target.named.set(true);
            if target.property != property {
                continue;
            }
            target.used.set(true);
            for (wait, value, path) in &target.steps {
                let Some(value) = read(Node { value, path, notes: self.notes }) else { continue };
                let from =
                    self.steps.iter().position(|step| step >= wait).map_or(self.steps.len(), |at| at + 1);
                let from = if wait.is_zero() { 0 } else { from };
                values[from..].fill(value);
            }
        }
        Tiered(values)
    }

    /// A rule of this name stands there, so that only its property can be wrong.
    pub fn rule_exists(&self, name: &str) {
        self.targets
            .iter()
            .filter(|one| !one.of_team && one.name == name)
            .for_each(|one| one.named.set(true));
    }

    /// Reports what no team and no rule asked for.
    pub fn report_unused<'k>(&self, teams: &[String], rules: impl Iterator<Item = &'k str> + Clone) {
        for target in self.targets.iter().filter(|target| !target.used.get()) {
            let known: Vec<&str> = match target.of_team {
                true => teams.iter().map(String::as_str).collect(),
                false => rules.clone().collect(),
            };
            let what = if target.of_team { "team" } else { "rule" };
            let finding = match target.named.get() {
                true => Finding::new(
                    codes::TARGET_PROPERTY,
                    format!(
                        "a property of the {what} `{}` that it has and that can be expanded",
                        target.name
                    ),
                    format!("`{}`", target.property),
                )
                .near(
                    &target.property,
                    [
                        "minPlayers",
                        "maxPlayers",
                        "maxDistance",
                        "minDistance",
                        "maxLatency",
                        "minCount",
                        "maxCount",
                        "referenceValue",
                    ],
                ),
                false => {
                    let expected = format!("a {what}: {}", known.join(", "));
                    Finding::new(codes::TARGET_UNKNOWN, expected, format!("`{}`", target.name))
                        .near(&target.name, known)
                }
            };
            self.notes.add(&target.path, target.span.clone(), finding);
        }
    }
}

//! algorithm: strategy, batching, ages, priorities.

use matchwright_model::AttributeType;

use super::codes;
use super::expression::undeclared;
use super::source::{Finding, Members, Node};
use crate::{Algorithm, Attribute, BackfillPriority, Batching, ExpansionAge, Strategy};

#[derive(Clone, Copy, PartialEq)]
enum Preference {
    Random,
    Sorted,
    LargestPopulation,
    FastestRegion,
}

pub(super) fn check(root: &Members<'_>, attributes: &[Attribute], large: bool) -> Option<Algorithm> {
    if !root.has("algorithm") {
        if large {
            root.report(large_needs_balanced("no algorithm"));
        }
        let backfill_priority = default_priority(large);
        let (strategy, batching) = (Strategy::ExhaustiveSearch, Batching::Random);
        return Some(Algorithm {
            strategy,
            batching,
            expansion_age: ExpansionAge::Newest,
            backfill_priority,
        });
    }
    root.with("algorithm", |node| check_one(node, attributes, large))
}

/// In a large match backfill goes first (D-101).
fn default_priority(large: bool) -> BackfillPriority {
    if large { BackfillPriority::High } else { BackfillPriority::Normal }
}

fn large_needs_balanced(found: &str) -> Finding {
    Finding::new(codes::LARGE_STRATEGY, "strategy `balanced` for more than 40 players", found.to_string())
        .hint("add \"algorithm\": {\"strategy\": \"balanced\", \"balancedAttribute\": ...}")
}

const KEYS: [&str; 6] = [
    "strategy",
    "batchingPreference",
    "sortByAttributes",
    "balancedAttribute",
    "expansionAgeSelection",
    "backfillPriority",
];

fn check_one(node: Node<'_>, attributes: &[Attribute], large: bool) -> Option<Algorithm> {
    let members = Members::new(node, &KEYS)?;
    let balanced = match members.has("strategy") {
        true => {
            members.with("strategy", |node| node.choice(&[("exhaustiveSearch", false), ("balanced", true)]))
        }
        false => Some(false),
    };
    if large && balanced == Some(false) {
        node.report(large_needs_balanced("exhaustiveSearch"));
    }
    let attribute = match balanced {
        Some(true) => members.required("balancedAttribute", |node| balanced_attribute(node, attributes)),
        _ => members.with("balancedAttribute", |node| balanced_attribute(node, attributes)),
    };
    let batching = batching(&members, attributes, balanced);
    let expansion_age = members.with("expansionAgeSelection", |node| {
        node.choice(&[("newest", ExpansionAge::Newest), ("oldest", ExpansionAge::Oldest)])
    });
    let priorities = [
        ("normal", BackfillPriority::Normal),
        ("high", BackfillPriority::High),
        ("low", BackfillPriority::Low),
    ];
    let priority = members.with("backfillPriority", |node| node.choice(&priorities));
    let strategy = match balanced? {
        true => Strategy::Balanced { attribute: attribute? },
        false => Strategy::ExhaustiveSearch,
    };
    let (expansion_age, backfill_priority) =
        (expansion_age.unwrap_or_default(), priority.unwrap_or_else(|| default_priority(large)));
    Some(Algorithm { strategy, batching: batching?, expansion_age, backfill_priority })
}

fn balanced_attribute(node: Node<'_>, attributes: &[Attribute]) -> Option<usize> {
    attribute(node, attributes, &[AttributeType::Number], "a number attribute")
}

/// A declared attribute of one of these types, by index.
pub(super) fn attribute(
    node: Node<'_>,
    attributes: &[Attribute],
    kinds: &[AttributeType],
    expected: &str,
) -> Option<usize> {
    let name = node.text()?;
    let Some(index) = attributes.iter().position(|attribute| attribute.name == name) else {
        node.report(undeclared(name, attributes));
        return None;
    };
    if !kinds.contains(&attributes[index].kind) {
        let found = format!("`{name}`, a {:?}", attributes[index].kind);
        node.report(Finding::new(codes::ATTRIBUTE_TYPE, expected, found));
        return None;
    }
    Some(index)
}

fn batching(members: &Members<'_>, attributes: &[Attribute], balanced: Option<bool>) -> Option<Batching> {
    let choices = [
        ("random", Preference::Random),
        ("sorted", Preference::Sorted),
        ("largestPopulation", Preference::LargestPopulation),
        ("fastestRegion", Preference::FastestRegion),
    ];
    let preference = match (members.has("batchingPreference"), balanced?) {
        (true, _) => members.with("batchingPreference", |node| {
            let chosen = node.choice(&choices)?;
            let fits = matches!(chosen, Preference::LargestPopulation | Preference::FastestRegion)
                == (balanced == Some(true));
            if !fits {
                let expected = match balanced {
                    Some(true) => "largestPopulation or fastestRegion with strategy balanced",
                    _ => "random or sorted with strategy exhaustiveSearch",
                };
                node.report(Finding::new(codes::BATCHING, expected, node.describe()));
            }
            fits.then_some(chosen)
        })?,
        (false, true) => Preference::LargestPopulation,
        (false, false) => Preference::Random,
    };
    let kinds = [AttributeType::Number, AttributeType::Text, AttributeType::TextList];
    let sorted = members.each("sortByAttributes", |_, node| {
        attribute(node, attributes, &kinds, "a number, string or string_list attribute")
    });
    match preference {
        Preference::Sorted if sorted.is_empty() => {
            members.report(Finding::new(
                codes::SORT_ATTRIBUTES,
                "sortByAttributes with batchingPreference sorted",
                "none",
            ));
            None
        }
        Preference::Sorted => sorted.into_iter().collect::<Option<_>>().map(Batching::Sorted),
        Preference::Random => Some(Batching::Random),
        Preference::LargestPopulation => Some(Batching::LargestPopulation),
        Preference::FastestRegion => Some(Batching::FastestRegion),
    }
}

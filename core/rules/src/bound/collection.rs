//! collection: how many texts or lists there are or can be, and whether that many may be.

use std::collections::BTreeSet;

use super::domain::{Abstract, List, Texts};
use super::value::{bounds, evaluate, intersection, reference};
use super::{Case, Verdict};
use crate::{Collection, CollectionOperation, Expression, Reference, Type};

/// At least and at most so many.
type Count = (u32, u32);

pub(super) fn verdict(case: &Case<'_>, rule: &Collection) -> Verdict {
    let min = case.hull(rule.min_count.as_ref(), 0.0);
    let max = case.hull(rule.max_count.as_ref(), f64::INFINITY);
    let in_range = |count: Count| {
        let (low, high) = (f64::from(count.0), f64::from(count.1));
        Verdict::of(low >= min.1 && high <= max.0, high < min.0 || low > max.1)
    };
    rule.measurements.iter().map(|one| measure(case, rule, one, &in_range)).min().unwrap_or(Verdict::True)
}

fn measure(
    case: &Case<'_>,
    rule: &Collection,
    measured: &Expression,
    in_range: &dyn Fn(Count) -> Verdict,
) -> Verdict {
    let value = evaluate(case, measured, rule.party);
    let depth = depth(&measured.kind);
    match &rule.operation {
        CollectionOperation::Intersection => groups(&value, depth, 2).every(|group| match group {
            Abstract::List(lists) => in_range(intersection(lists).count()),
            _ => Verdict::Unknown,
        }),
        CollectionOperation::Contains(wanted) => {
            let wanted: BTreeSet<&String> = wanted.span(case.tiers.low, case.tiers.high).iter().collect();
            let count = |group: &Abstract| contains(group, &wanted);
            groups(&value, depth, 2).every(|group| in_range(count(group)))
        }
        CollectionOperation::ReferenceIntersectionCount(given) => {
            let nested = match given {
                Reference::Expression(expression) => self::depth(&expression.kind),
                _ => 1,
            };
            let others = groups(&reference(case, given, rule.party), nested, 1);
            groups(&value, depth, 1).every(|list| others.every(|other| in_range(shared(list, other))))
        }
    }
}

fn depth(kind: &Type) -> usize {
    match kind {
        Type::List(of) => 1 + depth(of),
        _ => 0,
    }
}

/// The parts of a value that are lists of the wanted nesting: each team by itself where grouped by team (D-73).
fn groups(value: &Abstract, depth: usize, wanted: usize) -> List {
    match value {
        Abstract::List(list) if depth > wanted => {
            (wanted + 1..depth).fold(list.clone(), |list, _| list.flattened())
        }
        _ => List::known(vec![value.clone()]),
    }
}

/// How many elements are, or hold, the text, whichever of the wanted it is.
fn contains(group: &Abstract, wanted: &BTreeSet<&String>) -> Count {
    let Abstract::List(list) = group else { return (0, u32::MAX) };
    let holds = |item: &Abstract| {
        let (must, may) = match item {
            Abstract::Text(_) => bounds(&Abstract::List(List::known(vec![item.clone()]))),
            list => bounds(list),
        };
        let perhaps = may.is_none_or(|may| wanted.iter().any(|text| may.contains(*text)));
        (wanted.iter().all(|text| must.contains(*text)), perhaps)
    };
    tally(list, holds)
}

/// How many texts of a list stand in another.
fn shared(list: &Abstract, other: &Abstract) -> Count {
    let (must, may) = bounds(other);
    let Abstract::List(list) = list else { return (0, u32::MAX) };
    let possible = |texts: &Texts| match (texts, &may) {
        (Some(texts), Some(may)) => !texts.is_disjoint(may),
        (Some(texts), None) => !texts.is_empty(),
        (None, may) => may.as_ref().is_none_or(|may| !may.is_empty()),
    };
    tally(list, |item| match item {
        Abstract::Text(texts) => {
            let surely = texts.as_ref().is_some_and(|texts| !texts.is_empty() && texts.is_subset(&must));
            (surely, possible(texts))
        }
        _ => (false, true),
    })
}

/// How many elements surely, and how many perhaps.
fn tally(list: &List, counts: impl Fn(&Abstract) -> (bool, bool)) -> Count {
    let mut count = (0_u32, 0_u32);
    for (surely, perhaps) in list.known.iter().map(&counts) {
        count = (count.0 + u32::from(surely), count.1 + u32::from(perhaps));
    }
    if let Some((surely, perhaps)) = list.of.as_deref().map(&counts) {
        count.0 = count.0.saturating_add(if surely { list.extra.0 } else { 0 });
        count.1 = count.1.saturating_add(if perhaps { list.extra.1 } else { 0 });
    }
    count
}

//! collection: how many texts or lists, and whether that many may be.

use super::Case;
use super::value::{Value, evaluate, intersection, reference};
use crate::{Collection, CollectionOperation, Reference, Type};

pub(super) fn holds(case: &Case<'_>, rule: &Collection) -> bool {
    let in_range = |count: usize| {
        let count = count as f64;
        rule.min_count.as_ref().is_none_or(|min| count >= *min.at(case.tier))
            && rule.max_count.as_ref().is_none_or(|max| count <= *max.at(case.tier))
    };
    rule.measurements.iter().all(|one| {
        let measured = evaluate(case, one, rule.party);
        counts(case, rule, &measured, depth(&one.kind)).into_iter().all(in_range)
    })
}

/// One count, or one per team or list, each of which has to be in range.
fn counts(case: &Case<'_>, rule: &Collection, measured: &Value, depth: usize) -> Vec<usize> {
    match &rule.operation {
        CollectionOperation::Intersection => groups(measured, depth, 2)
            .into_iter()
            .map(|lists| intersection(lists.items()).items().len())
            .collect(),
        CollectionOperation::Contains(text) => {
            let text = Value::Text(text.at(case.tier).clone());
            let is_it = |item: &&Value| **item == text || item.items().contains(&text);
            groups(measured, depth, 2)
                .into_iter()
                .map(|group| group.items().iter().filter(is_it).count())
                .collect()
        }
        CollectionOperation::ReferenceIntersectionCount(given) => {
            let nested = match given {
                Reference::Expression(expression) => self::depth(&expression.kind),
                _ => 1,
            };
            let given = reference(case, given, rule.party);
            let others = groups(&given, nested, 1);
            let shared = |list: &Value, other: &Value| {
                list.items().iter().filter(|text| other.items().contains(text)).count()
            };
            let lists = groups(measured, depth, 1);
            lists.iter().flat_map(|list| others.iter().map(|other| shared(list, other))).collect()
        }
    }
}

/// The parts of a value that are lists of the wanted nesting: each team by itself where it is grouped by team (D-73).
fn groups(value: &Value, depth: usize, wanted: usize) -> Vec<&Value> {
    if depth <= wanted {
        return vec![value];
    }
    value.items().iter().flat_map(|item| groups(item, depth - 1, wanted)).collect()
}

fn depth(kind: &Type) -> usize {
    match kind {
        Type::List(of) => 1 + depth(of),
        _ => 0,
    }
}

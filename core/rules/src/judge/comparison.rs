//! comparison: with a reference element by element, without one over all measured values.

use std::cmp::Ordering;

use super::Case;
use super::value::{Value, evaluate, reference};
use crate::{Comparison, ComparisonOperation};

pub(super) fn holds(case: &Case<'_>, rule: &Comparison) -> bool {
    let measured: Vec<Value> = rule.measurements.iter().map(|one| evaluate(case, one, rule.party)).collect();
    let values: Vec<&Value> = measured.iter().flat_map(|value| value.leaves()).collect();
    let Some(given) = &rule.reference else {
        return all_defined(&values)
            && pairs(&values).all(|(one, other)| compares(rule.operation, one, other));
    };
    let given = reference(case, given, rule.party);
    let given = given.leaves();
    let passes = |value: &&Value| given.iter().all(|other| compares(rule.operation, value, other));
    all_defined(&values) && all_defined(&given) && values.iter().all(passes)
}

fn pairs<'v>(values: &'v [&'v Value]) -> impl Iterator<Item = (&'v Value, &'v Value)> {
    let later = move |(index, one): (usize, &&'v Value)| {
        let one = *one;
        values[index + 1..].iter().map(move |other| (one, *other))
    };
    values.iter().enumerate().flat_map(later)
}

/// One undefined number is enough to fail (D-64).
fn all_defined(values: &[&Value]) -> bool {
    values.iter().all(|value| **value != Value::Number(None))
}

fn compares(operation: ComparisonOperation, one: &Value, other: &Value) -> bool {
    let ordering = match (one, other) {
        (Value::Number(Some(one)), Value::Number(Some(other))) => one.partial_cmp(other),
        (Value::Text(one), Value::Text(other)) => Some(one.cmp(other)),
        _ => None,
    };
    let Some(ordering) = ordering else { return false };
    match operation {
        ComparisonOperation::Less => ordering == Ordering::Less,
        ComparisonOperation::LessOrEqual => ordering != Ordering::Greater,
        ComparisonOperation::Equal => ordering == Ordering::Equal,
        ComparisonOperation::NotEqual => ordering != Ordering::Equal,
        ComparisonOperation::GreaterOrEqual => ordering != Ordering::Less,
        ComparisonOperation::Greater => ordering == Ordering::Greater,
    }
}

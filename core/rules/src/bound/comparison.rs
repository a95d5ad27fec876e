//! comparison: with a reference element by element, without one over all measured values.

use super::domain::{Abstract, List, Range, Texts, Undefined, leaves};
use super::value::{evaluate, reference};
use super::{Case, Verdict};
use crate::{Comparison, ComparisonOperation};

pub(super) fn verdict(case: &Case<'_>, rule: &Comparison) -> Verdict {
    let measured = rule.measurements.iter().map(|one| evaluate(case, one, rule.party)).collect();
    let values = leaves(&Abstract::List(List::known(measured)));
    let Some(given) = &rule.reference else {
        return across(rule.operation, &values).min(values.defined());
    };
    let against = leaves(&reference(case, given, rule.party));
    let passes = |value: &Abstract| against.every(|other| compare(rule.operation, value, other));
    values.every(passes).min(values.defined()).min(against.defined())
}

/// All equal, or all different, newcomers too.
fn across(operation: ComparisonOperation, values: &List) -> Verdict {
    let mut found = Verdict::True;
    for (index, one) in values.known.iter().enumerate() {
        let later = values.known[index + 1..].iter().map(|other| compare(operation, one, other)).min();
        found = found.min(later.unwrap_or(Verdict::True));
        if let Some(of) = values.of.as_deref() {
            let newcomers = List::open(Vec::new(), values.extra, of.clone());
            found = found.min(newcomers.every(|other| compare(operation, one, other)));
        }
    }
    match (values.of.as_deref(), values.extra) {
        (None, _) | (_, (_, 0 | 1)) => found,
        // Two newcomers bring values out of the same range; whether two come is open.
        (Some(of), (0 | 1, _)) => found.min(compare(operation, of, of).max(Verdict::Unknown)),
        (Some(of), _) => found.min(compare(operation, of, of)),
    }
}

fn compare(operation: ComparisonOperation, one: &Abstract, other: &Abstract) -> Verdict {
    #[cfg(test)]
    let operation = super::soundness::mutation::operation(operation);
    match (one, other) {
        (Abstract::Number(one), Abstract::Number(other)) => match one.undefined.max(other.undefined) {
            Undefined::Always => Verdict::False,
            Undefined::Maybe => numbers(operation, one, other).min(Verdict::Unknown),
            Undefined::Never => numbers(operation, one, other),
        },
        (Abstract::Text(one), Abstract::Text(other)) => texts(operation, one, other),
        _ => Verdict::Unknown,
    }
}

fn numbers(operation: ComparisonOperation, one: &Range, other: &Range) -> Verdict {
    let equal = one.is_point() && other.is_point() && one.low == other.low;
    let apart = one.high < other.low || other.high < one.low;
    match operation {
        ComparisonOperation::Less => Verdict::of(one.high < other.low, one.low >= other.high),
        ComparisonOperation::LessOrEqual => Verdict::of(one.high <= other.low, one.low > other.high),
        ComparisonOperation::Equal => Verdict::of(equal, apart),
        ComparisonOperation::NotEqual => Verdict::of(apart, equal),
        ComparisonOperation::GreaterOrEqual => Verdict::of(one.low >= other.high, one.high < other.low),
        ComparisonOperation::Greater => Verdict::of(one.low > other.high, one.high <= other.low),
    }
}

fn texts(operation: ComparisonOperation, one: &Texts, other: &Texts) -> Verdict {
    let (Some(one), Some(other)) = (one, other) else { return Verdict::Unknown };
    let equal = one.len() == 1 && one == other;
    let apart = one.is_disjoint(other);
    match operation {
        ComparisonOperation::Equal => Verdict::of(equal, apart),
        ComparisonOperation::NotEqual => Verdict::of(apart, equal),
        // The checker refuses an order over texts (D-71).
        _ => Verdict::Unknown,
    }
}

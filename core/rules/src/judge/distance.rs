//! distance: every measured number near enough to, and far enough from, every reference number (D-68).

use super::Case;
use super::value::{evaluate, reference};
use crate::Distance;

pub(super) fn holds(case: &Case<'_>, rule: &Distance) -> bool {
    let against = reference(case, &rule.reference, rule.party);
    let measured: Vec<_> = rule.measurements.iter().map(|one| evaluate(case, one, rule.party)).collect();
    let measured: Option<Vec<f64>> =
        measured.iter().flat_map(|value| value.leaves()).map(|leaf| leaf.as_number()).collect();
    let against: Option<Vec<f64>> = against.leaves().into_iter().map(|leaf| leaf.as_number()).collect();
    // One undefined number is enough to fail (D-64).
    let (Some(measured), Some(against)) = (measured, against) else { return false };
    let near = |distance: f64| {
        rule.max.as_ref().is_none_or(|max| distance <= *max.at(case.tier))
            && rule.min.as_ref().is_none_or(|min| distance >= *min.at(case.tier))
    };
    measured.iter().all(|one| against.iter().all(|other| near((one - other).abs())))
}

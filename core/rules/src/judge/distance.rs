//! distance: every measured number near enough to, and far enough from, every reference number (D-68).

use super::Case;
use super::value::{evaluate, reference};
use crate::Distance;

pub(super) fn holds(case: &Case<'_>, rule: &Distance) -> bool {
    let against = reference(case, &rule.reference, rule.party);
    let measured: Vec<_> = rule.measurements.iter().map(|one| evaluate(case, one, rule.party)).collect();
    let pair_holds = |m: Option<f64>, r: Option<f64>| {
        let (Some(m), Some(r)) = (m, r) else { return false };
        let distance = (m - r).abs();
        rule.max.as_ref().is_none_or(|max| distance <= *max.at(case.tier))
            && rule.min.as_ref().is_none_or(|min| distance >= *min.at(case.tier))
    };
    let leaves = measured.iter().flat_map(|value| value.leaves());
    leaves.into_iter().all(|m| against.leaves().iter().all(|r| pair_holds(m.as_number(), r.as_number())))
}

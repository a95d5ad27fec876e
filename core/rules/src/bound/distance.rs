//! distance: every measured number near enough to, and far enough from, every reference number (D-68).

use super::domain::{Abstract, Range, Undefined, leaves};
use super::value::{evaluate, reference};
use super::{Case, Verdict};
use crate::Distance;

pub(super) fn verdict(case: &Case<'_>, rule: &Distance) -> Verdict {
    let against = leaves(&reference(case, &rule.reference, rule.party));
    let limits =
        Limits { min: case.hull(rule.min.as_ref(), 0.0), max: case.hull(rule.max.as_ref(), f64::INFINITY) };
    let one = |measured: &crate::Expression| {
        let measured = leaves(&evaluate(case, measured, rule.party));
        let near = measured.every(|one| against.every(|other| limits.verdict(one, other)));
        near.min(measured.defined())
    };
    rule.measurements.iter().map(one).min().unwrap_or(Verdict::True).min(against.defined())
}

struct Limits {
    min: (f64, f64),
    max: (f64, f64),
}

impl Limits {
    fn verdict(&self, one: &Abstract, other: &Abstract) -> Verdict {
        let (Abstract::Number(one), Abstract::Number(other)) = (one, other) else { return Verdict::False };
        match one.undefined.max(other.undefined) {
            Undefined::Always => Verdict::False,
            Undefined::Maybe => self.defined(one, other).min(Verdict::Unknown),
            Undefined::Never => self.defined(one, other),
        }
    }

    fn defined(&self, one: &Range, other: &Range) -> Verdict {
        let nearest = (one.low - other.high).max(other.low - one.high).max(0.0);
        let farthest = (one.high - other.low).max(other.high - one.low);
        let always = farthest <= self.max.0 && nearest >= self.min.1;
        Verdict::of(always, nearest > self.max.1 || farthest < self.min.0)
    }
}

//! batchDistance: numbers close together over the tickets of the match, texts equal over its players (D-79).
//!
//! Whoever comes can only widen the spread, so that what is too wide now stays so.

use matchwright_model::AttributeValue;

use super::domain::{Abstract, List, Range};
use super::statistic::statistic;
use super::value::aggregator;
use super::{Case, Domain, Verdict};
use crate::{BatchDistance, Party};

pub(super) fn verdict(case: &Case<'_>, rule: &BatchDistance) -> Verdict {
    if rule.max.is_none() {
        return texts(case, rule);
    }
    let seated = || case.lineup.parties.iter().map(|party| ticket_value(party, rule));
    let now = spread(seated());
    let later = match (case.is_closed(), &case.universe.attributes[rule.attribute]) {
        (true, _) => now,
        (false, Domain::Numbers { low, high }) => {
            // A ticket's average may be rounded to just outside.
            spread(seated().chain([*low, *high])) + 2e-9 * low.abs().max(high.abs())
        }
        _ => f64::INFINITY,
    };
    let max = case.hull(rule.max.as_ref(), f64::INFINITY);
    Verdict::of(later <= max.0, now > max.1)
}

fn texts(case: &Case<'_>, rule: &BatchDistance) -> Verdict {
    let mut seated = case.lineup.members().map(|member| &member.values[rule.attribute]);
    let first = seated.next();
    let differ = seated.any(|value| Some(value) != first);
    let only = match (&case.universe.attributes[rule.attribute], first) {
        (Domain::Texts(texts), Some(AttributeValue::Text(first))) => texts.iter().all(|text| text == first),
        (Domain::Texts(texts), None) => texts.len() <= 1,
        _ => false,
    };
    Verdict::of(case.is_closed() || only, differ)
}

/// The ticket's one number, as `partyAggregation` makes it.
fn ticket_value(party: &Party, rule: &BatchDistance) -> f64 {
    let number = |value: &AttributeValue| match value {
        AttributeValue::Number(number) => Abstract::Number(Range::point(*number)),
        _ => Abstract::Number(Range::undefined()),
    };
    let numbers = party.members.iter().map(|member| number(&member.values[rule.attribute])).collect();
    statistic(aggregator(rule.party), &List::known(numbers)).low
}

fn spread(values: impl Iterator<Item = f64>) -> f64 {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.fold(start, |(low, high), value| (low.min(value), high.max(value)));
    if low > high { 0.0 } else { high - low }
}

//! batchDistance: numbers close together over the tickets of the match, texts equal over its players (D-79).

use matchwright_model::AttributeValue;

use super::Case;
use super::value::aggregate;
use crate::BatchDistance;

pub(super) fn holds(case: &Case<'_>, rule: &BatchDistance) -> bool {
    match &rule.max {
        Some(max) => {
            let values: Vec<f64> =
                case.lineup.parties.iter().filter_map(|party| ticket_value(party, rule)).collect();
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            values.is_empty() || high - low <= *max.at(case.tier)
        }
        None => {
            let mut values = case.lineup.members().map(|member| &member.values[rule.attribute]);
            let first = values.next();
            values.all(|value| Some(value) == first)
        }
    }
}

/// The ticket's one number, as `partyAggregation` makes it.
fn ticket_value(party: &crate::Party, rule: &BatchDistance) -> Option<f64> {
    let number = |value: &AttributeValue| match value {
        AttributeValue::Number(number) => Some(*number),
        _ => None,
    };
    let numbers: Vec<f64> =
        party.members.iter().filter_map(|member| number(&member.values[rule.attribute])).collect();
    aggregate(&numbers, rule.party)
}

//! What can be said of each rule before the match is finished: `bound/*.json`, a file per rule type.

mod support;

use std::collections::BTreeMap;

use matchwright_rules::{Room, Tier, TierSpan, Universe, Verdict, bound};
use serde_json::Value;

/// `{"red": [least, most]}`; a team that is not named is closed.
fn room(case: &support::Case) -> Room {
    let count = |value: &Value| value.as_u64().expect("a count") as u32;
    let teams = case.rules.teams.iter().map(|team| match &case.given["room"][team.name.as_str()] {
        Value::Array(ends) => (count(&ends[0]), count(&ends[1])),
        _ => (0, 0),
    });
    Room { teams: teams.collect() }
}

/// Who may still come; anybody where the case does not say.
fn universe(case: &support::Case) -> Universe {
    let Some(tickets) = case.given["newcomers"].as_array() else { return Universe::any(&case.rules) };
    let parties: Vec<_> = tickets.iter().map(|ticket| support::ticket_of(&case.rules, ticket).1).collect();
    Universe::of(&case.rules, parties.iter().map(|party| &**party))
}

#[test]
fn every_rule_is_bounded_as_written() {
    let mut wrong = Vec::new();
    for case in support::cases("bound") {
        let until = case.given["until_tier"].as_u64().map_or(case.tier, |tier| Tier(tier as u16));
        let tiers = TierSpan { low: case.tier, high: until };
        let verdicts = bound(&case.rules, &case.lineup, &room(&case), &universe(&case), tiers, case.policy);
        let named: BTreeMap<&str, Verdict> =
            case.rules.rules.iter().map(|rule| rule.name.as_str()).zip(verdicts).collect();
        for (rule, expected) in case.given["expect"].as_object().expect("what to expect") {
            let found = named.get(rule.as_str()).unwrap_or_else(|| panic!("{}: no {rule}", case.name));
            let expected = match expected.as_bool() {
                Some(true) => Verdict::True,
                Some(false) => Verdict::False,
                None => Verdict::Unknown,
            };
            if *found != expected {
                wrong.push(format!("{}: {rule}: expected {expected:?}, found {found:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! What each rule says of a finished match: `judge/*.json`, a file per rule type.

mod support;

use std::collections::BTreeMap;

use matchwright_rules::judge;

#[test]
fn every_rule_is_judged_as_written() {
    let mut wrong = Vec::new();
    for case in support::cases("judge") {
        let judgement = judge(&case.rules, &case.lineup, case.tier, case.policy);
        let named = case.rules.rules.iter().zip(&judgement.rules);
        let verdicts: BTreeMap<&str, Option<bool>> =
            named.map(|(rule, verdict)| (rule.name.as_str(), *verdict)).collect();
        for (rule, expected) in case.given["expect"].as_object().into_iter().flatten() {
            let found = verdicts.get(rule.as_str()).unwrap_or_else(|| panic!("{}: no {rule}", case.name));
            if *found != expected.as_bool() {
                wrong.push(format!("{}: {rule}: expected {expected}, found {found:?}", case.name));
            }
        }
        if let Some(expected) = case.given["valid"].as_bool()
            && expected != judgement.valid
        {
            wrong.push(format!("{}: expected valid {expected}, found {judgement:?}", case.name));
        }
        if let Some(expected) = case.given.get("region") {
            let found = judgement.region.as_ref().map(|region| region.as_str());
            if found != expected.as_str() {
                wrong.push(format!("{}: expected region {expected}, found {found:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

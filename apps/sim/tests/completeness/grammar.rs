//! The same over random rule sets of the whole grammar: those that the bound is compared with the judge over.

use matchwright_model::Player;
use matchwright_rules::{Options, compile};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use serde_json::{Value, json};

use crate::generate::{self, Dice};
use crate::quiescence::{Seen, live, seeds};

/// Random rule sets allow of few matches: smaller pools have most of what larger ones have.
const TICKETS_MAX: usize = 7;

pub fn player(random: &mut ChaCha8Rng, number: u64) -> Player {
    generate::player(&mut Dice::new(random.next_u64()), &format!("p{number}"))
}

/// A random rule set with teams of one to three, and mostly so few rules that matches exist.
pub fn rule_set(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    loop {
        let (_, text) = generate::rule_set(&mut dice);
        let mut body: Value = serde_json::from_str(&text).expect("JSON");
        let teams = body["teams"].as_array_mut().expect("teams");
        let (least, most) = dice.pick(&[(1, 1), (1, 2), (2, 2)]);
        let alone = if teams.len() == 1 { 1 } else { 0 };
        for team in teams {
            team["minPlayers"] = json!(least + alone);
            team["maxPlayers"] = json!(most + alone);
        }
        if dice.percent(70) {
            body["rules"].as_array_mut().expect("rules").truncate(1 + dice.below(2));
        }
        if dice.percent(30) {
            body["algorithm"] = json!({"expansionAgeSelection": "oldest"});
        }
        let names: Vec<String> =
            body["rules"].as_array().expect("rules").iter().map(|rule| rule["name"].to_string()).collect();
        let is_kept = |expansion: &Value| {
            let target = expansion["target"].to_string();
            names.iter().any(|name| target.contains(&format!("[{}]", name.trim_matches('"'))))
        };
        body["expansions"].as_array_mut().expect("expansions").retain(is_kept);
        let text = body.to_string();
        if compile(&text, Options { unknown_keys_warn: false }).is_ok() {
            return text;
        }
    }
}

#[test]
fn whatever_the_rules_nothing_is_left_to_be_found() {
    let (mut all, mut lively) = (Seen::default(), 0);
    for seed in seeds(80) {
        let body = rule_set(seed);
        match live(&body, player, seed, TICKETS_MAX) {
            Ok(seen) => {
                lively += usize::from(seen.matches > 0);
                all = all.and(seen);
            }
            Err(left) => panic!("MATCHWRIGHT_QUIET_SEED={seed}: {left}\n{body}"),
        }
    }
    println!("{lively} rule sets with a match: {all:?}");
    assert!(lively * 4 > seeds(80).count(), "{lively} rule sets with a match prove little");
}

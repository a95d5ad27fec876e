//! Rules and tickets changed so that what is found before tells what must be found after: looser rules allow no less,
//! other names and a shifted skill change nothing, twice the tickets make twice the matches.

use std::collections::BTreeSet;

use matchwright_model::AttributeValue;
use matchwright_rules::{Options, compile};
use matchwright_search::SearchSettings;
use serde_json::{Value, json};

use crate::brute::most_matches;
use crate::grammar;
use crate::moment::{Made, Moment, set};
use crate::rule_sets::RULE_SETS;
use crate::unlimited;

const TICKETS: usize = 8;
const POOLS: u64 = 20;
/// Random rule sets of the whole grammar.
const RANDOM: u64 = 60;

/// Every rule set with some pools.
fn each(tickets: usize, mut check: impl FnMut(&str, Moment)) {
    for (name, body) in RULE_SETS {
        for seed in 0..POOLS {
            check(&format!("{name}, seed {seed}"), Moment::of(body, tickets, 1_000 + seed));
        }
    }
}

fn json_of(body: &str) -> Value {
    serde_json::from_str(body).expect("JSON")
}

/// The rule set without one rule, and those in which one limit is looser. Rules that a statement names are no limits of
/// their own, and go with it.
fn relaxed(body: &str) -> Vec<(String, String)> {
    let whole = json_of(body);
    let rules = whole["rules"].as_array().expect("rules");
    let statements: Vec<&str> = rules.iter().filter_map(|rule| rule["statement"].as_str()).collect();
    let mut looser = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let name = rule["name"].as_str().expect("a name");
        if statements.iter().any(|statement| statement.contains(name)) {
            continue;
        }
        let mut without = whole.clone();
        let is_named = |other: &Value| {
            rule["statement"]
                .as_str()
                .is_some_and(|one| one.contains(other["name"].as_str().expect("a name")))
        };
        without["rules"].as_array_mut().expect("rules").retain(|other| other != rule && !is_named(other));
        if let Some(expansions) = without.get_mut("expansions").and_then(Value::as_array_mut) {
            expansions
                .retain(|one| !one["target"].as_str().expect("a target").contains(&format!("[{name}]")));
        }
        looser.push((format!("without {name}"), without.to_string()));
        for (limit, change) in [("maxDistance", 2), ("maxLatency", 5), ("maxCount", 1), ("minCount", -1)] {
            let Some(value) = rule[limit].as_i64() else { continue };
            let mut other = whole.clone();
            other["rules"][index][limit] = json!(value + change);
            looser.push((format!("{name}, {limit} {change:+}"), other.to_string()));
        }
    }
    // A statement may be gone whose parts another one names, and a count be less than nothing.
    looser.retain(|(_, body)| compile(body, Options { unknown_keys_warn: false }).is_ok());
    looser
}

/// How many looser rule sets there were, and how many of them have more matches.
#[derive(Default)]
struct Looser {
    compared: usize,
    more: usize,
}

impl Looser {
    fn check(&mut self, place: &str, moment: &Moment) {
        let (before, made) = (moment.sets(), moment.searched(unlimited()));
        for (how, body) in relaxed(&moment.body) {
            let looser = Moment { body, ..moment.clone() };
            let after = looser.sets();
            assert!(before.is_subset(&after), "{place}, {how}: a match is none any more");
            assert!(most_matches(&before) <= most_matches(&after), "{place}, {how}: fewer can be made");
            for one in &made {
                assert!(after.contains(&set(one)), "{place}, {how}: what was found is none any more");
            }
            let found = looser.searched(unlimited());
            assert_eq!(found.is_empty(), after.is_empty(), "{place}, {how}: it finds one if there is one");
            self.compared += 1;
            self.more += usize::from(after.len() > before.len());
        }
    }
}

#[test]
fn looser_rules_allow_no_less() {
    let mut looser = Looser::default();
    each(TICKETS, |place, moment| looser.check(place, &moment));
    let Looser { compared, more } = looser;
    println!("{compared} looser rule sets, {more} of them with more matches");
    assert!(more * 4 > compared, "rules that are not missed prove little: {more} of {compared}");
}

#[test]
fn a_rule_less_allows_no_less_whatever_the_rules() {
    let mut looser = Looser::default();
    for seed in 0..RANDOM {
        let body = grammar::rule_set(10_000 + seed);
        let moment = Moment::with(&body, grammar::player, TICKETS - 2, seed);
        looser.check(&format!("seed {seed}: {body}"), &moment);
    }
    let Looser { compared, more } = looser;
    println!("{compared} random rule sets with a rule less, {more} of them with more matches");
    assert!(more > 20, "rules that are not missed prove little: {more} of {compared}");
}

/// Whole words of a rule set's text, one for another.
fn renamed(text: &str, names: &[(&str, &str)]) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let word = &rest[..end];
        out.push_str(names.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| to));
        let gap = rest[end..].find(is_word).map_or(rest.len(), |gap| end + gap);
        out.push_str(&rest[end..gap]);
        rest = &rest[gap..];
    }
    out
}

/// The names of teams of one rule set, each with the next one's.
fn turned_names(body: &str) -> Vec<(String, String)> {
    let teams = json_of(body)["teams"].as_array().expect("teams").clone();
    let names: Vec<String> =
        teams.iter().map(|team| team["name"].as_str().expect("a name").to_string()).collect();
    let next = names.iter().cycle().skip(1);
    names.iter().zip(next).map(|(name, next)| (name.clone(), next.clone())).collect()
}

#[test]
fn teams_by_other_names_are_the_same_teams() {
    let mut named = 0;
    each(TICKETS, |place, moment| {
        let names = turned_names(&moment.body);
        let borrowed: Vec<(&str, &str)> =
            names.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        if borrowed.iter().all(|(from, to)| from == to) {
            return;
        }
        let other = Moment { body: renamed(&moment.body, &borrowed), ..moment.clone() };
        let with_new_names = |made: Made| -> Made {
            let new =
                |team: &str| borrowed.iter().find(|(from, _)| *from == team).map(|(_, to)| to.to_string());
            made.into_iter().map(|(seat, team)| (seat, new(&team).expect("a team"))).collect()
        };
        let expected: Vec<Made> = moment.searched(unlimited()).into_iter().map(with_new_names).collect();
        assert_eq!(other.searched(unlimited()), expected, "{place}");
        named += expected.len();
    });
    assert!(named > 50, "{named} matches prove little");
}

#[test]
fn teams_in_another_order_allow_the_same_matches() {
    each(TICKETS, |place, moment| {
        let mut body = json_of(&moment.body);
        body["teams"].as_array_mut().expect("teams").reverse();
        let other = Moment { body: body.to_string(), ..moment.clone() };
        let sets = moment.sets();
        assert_eq!(other.sets(), sets, "{place}");
        let found = other.searched(unlimited());
        assert_eq!(found.is_empty(), sets.is_empty(), "{place}");
        assert!(found.iter().all(|one| sets.contains(&set(one))), "{place}");
    });
}

/// Attributes by other names, which stand in another order.
fn with_other_names(moment: &Moment) -> Moment {
    let names =
        [("skill", "zeal"), ("role", "aim"), ("rank", "yield"), ("maps", "corners"), ("foes", "bane")];
    let mut other = Moment { body: renamed(&moment.body, &names), ..moment.clone() };
    for player in other.tickets.iter_mut().flat_map(|ticket| &mut ticket.players) {
        let new = |name: &str| names.iter().find(|(from, _)| *from == name).map(|(_, to)| (*to).into());
        let attributes = player.attributes.iter();
        player.attributes = attributes
            .map(|(name, value)| (new(name.as_str()).expect("one of all"), value.clone()))
            .collect();
    }
    other
}

#[test]
fn attributes_by_other_names_change_nothing() {
    let mut found = 0;
    let mut check = |place: &str, moment: &Moment| {
        for settings in [unlimited(), SearchSettings::default()] {
            let expected = moment.searched(settings.clone());
            assert_eq!(with_other_names(moment).searched(settings), expected, "{place}");
            found += expected.len();
        }
    };
    each(TICKETS, |place, moment| check(place, &moment));
    for seed in 0..RANDOM {
        let body = grammar::rule_set(10_000 + seed);
        check(&format!("seed {seed}: {body}"), &Moment::with(&body, grammar::player, TICKETS, seed));
    }
    assert!(found > 100, "{found} matches prove little");
}

/// Skills and distances times sixty: means of up to six players are whole numbers then, and none is rounded.
fn in_sixtieths(moment: &Moment, shift: f64) -> Moment {
    const TIMES: f64 = 60.0;
    let mut body = json_of(&moment.body);
    for rule in body["rules"].as_array_mut().expect("rules") {
        if let Some(limit) = rule["maxDistance"].as_f64() {
            rule["maxDistance"] = json!(limit * TIMES);
        }
    }
    for expansion in body.get_mut("expansions").and_then(Value::as_array_mut).into_iter().flatten() {
        if expansion["target"].as_str().expect("a target").ends_with("maxDistance") {
            for step in expansion["steps"].as_array_mut().expect("steps") {
                step["value"] = json!(step["value"].as_f64().expect("a number") * TIMES);
            }
        }
    }
    let mut other = Moment { body: body.to_string(), ..moment.clone() };
    for player in other.tickets.iter_mut().flat_map(|ticket| &mut ticket.players) {
        let other = |value: &AttributeValue| match value {
            AttributeValue::Number(skill) => AttributeValue::Number(skill * TIMES + shift),
            other => other.clone(),
        };
        let attributes = player.attributes.iter();
        player.attributes = attributes.map(|(name, value)| (name.clone(), other(value))).collect();
    }
    other
}

#[test]
fn distances_do_not_hang_on_how_high_skills_are() {
    let mut found = 0;
    each(TICKETS, |place, moment| {
        // A limit of one skill is not one of a distance.
        if place.starts_with("either or") {
            return;
        }
        let expected = in_sixtieths(&moment, 0.0).searched(unlimited());
        for shift in [6_000.0, -1_200.0] {
            assert_eq!(in_sixtieths(&moment, shift).searched(unlimited()), expected, "{place}, {shift:+}");
        }
        found += expected.len();
    });
    assert!(found > 50, "{found} matches prove little");
}

/// Everybody comes twice, the second time under another name and a little younger.
fn doubled(moment: &Moment) -> Moment {
    let mut other = moment.clone();
    for ticket in &moment.tickets {
        let mut twin = ticket.clone();
        twin.players.iter_mut().for_each(|player| player.id = format!("{}-twin", player.id).into());
        other.tickets.push(twin);
    }
    other
}

#[test]
fn twice_the_tickets_make_at_least_as_many_matches() {
    let (mut single, mut double) = (0, 0);
    each(5, |place, moment| {
        let (twice, once) = (doubled(&moment), moment.sets());
        let sets = twice.sets();
        assert!(once.iter().all(|set| sets.contains(set) && sets.contains(&(set << 5))), "{place}");
        assert!(most_matches(&sets) >= 2 * most_matches(&once), "{place}");
        let (before, after) = (moment.searched(unlimited()).len(), twice.searched(unlimited()).len());
        assert!(after >= before, "{place}: {before} matches, of twice the tickets {after}");
        let of_twice: BTreeSet<_> = twice.searched(unlimited()).iter().map(set).collect();
        assert!(of_twice.is_subset(&sets), "{place}");
        (single, double) = (single + before, double + after);
    });
    println!("{single} matches, of twice the tickets {double}");
    assert!(single > 20, "{single} matches prove little");
}

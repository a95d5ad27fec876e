//! Random rule sets over the whole grammar, and random players for them.

use matchwright_model::{AttributeValue, Listing, Player, Region};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::{Options, RuleSet, compile};

pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0 to `end`, without it.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

const TEXTS: [&str; 5] = ["a", "b", "c", "p1", "p2"];
const NUMBERS: [f64; 11] = [-2.0, 0.0, 0.1, 0.2, 0.3, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0];
const LIMITS: [f64; 9] = [0.0, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0];
const REGIONS: [&str; 3] = ["x", "y", "z"];

/// Teams as the rule set spells them: one team of a name, or several.
struct Teams {
    definitions: Value,
    single: &'static [&'static str],
    several: &'static [&'static str],
}

fn teams(dice: &mut Dice) -> Teams {
    let team = |name: &str, quantity: u32| json!({"name": name, "minPlayers": 0, "maxPlayers": 6, "quantity": quantity});
    match dice.below(4) {
        0 => Teams { definitions: json!([team("red", 1)]), single: &["red"], several: &["*"] },
        1 => Teams {
            definitions: json!([team("solo", 1), team("squad", 2)]),
            single: &["solo", "squad_1", "squad_2"],
            several: &["*", "squad", "solo,squad_2"],
        },
        _ => Teams {
            definitions: json!([team("red", 1), team("blue", 1)]),
            single: &["red", "blue"],
            several: &["*", "red,blue"],
        },
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Leaf {
    Number,
    Text,
    Player,
}

/// An expression as text, with as many lists around its leaves.
struct Grown {
    text: String,
    depth: usize,
    leaf: Leaf,
}

fn path(dice: &mut Dice, teams: &Teams, members: &[(&str, Leaf, usize)]) -> Grown {
    let (member, leaf, lists) = dice.pick(members);
    let (team, depth) =
        if dice.percent(40) { (dice.pick(teams.single), 1) } else { (dice.pick(teams.several), 2) };
    Grown { text: format!("teams[{team}].players{member}"), depth: depth + lists, leaf }
}

const NUMBER_MEMBERS: [(&str, Leaf, usize); 2] =
    [(".attributes[skill]", Leaf::Number, 0), (".attributes[rank]", Leaf::Number, 0)];
const TEXT_MEMBERS: [(&str, Leaf, usize); 2] =
    [(".attributes[role]", Leaf::Text, 0), ("[playerId]", Leaf::Text, 0)];
const LIST_MEMBERS: [(&str, Leaf, usize); 4] = [
    (".attributes[maps]", Leaf::Text, 1),
    (".attributes[foes]", Leaf::Text, 1),
    (".attributes[role]", Leaf::Text, 0),
    ("[playerId]", Leaf::Text, 0),
];
const PLAYER_MEMBERS: [(&str, Leaf, usize); 1] = [("", Leaf::Player, 0)];

/// Wraps it into a function that its type allows (D-61), if there is one.
fn wrap(dice: &mut Dice, grown: &mut Grown) {
    let mut fitting: Vec<(&str, Leaf, usize)> = Vec::new();
    if grown.depth >= 1 {
        fitting.extend([("flatten", grown.leaf, grown.depth.min(grown.depth.max(2) - 1))]);
        fitting.push(("count", Leaf::Number, grown.depth - 1));
        if grown.leaf == Leaf::Number {
            let names = ["min", "max", "avg", "avg", "median", "sum", "stddev"];
            fitting.extend(names.map(|name| (name, Leaf::Number, grown.depth - 1)));
        }
    }
    if grown.depth >= 2 && grown.leaf == Leaf::Text {
        fitting.extend([("set_intersection", Leaf::Text, grown.depth - 1); 2]);
    }
    if fitting.is_empty() {
        return;
    }
    let (name, leaf, depth) = dice.pick(&fitting);
    *grown = Grown { text: format!("{name}({})", grown.text), depth, leaf };
}

fn numbers(dice: &mut Dice, teams: &Teams) -> String {
    loop {
        let members: &[_] = match dice.below(6) {
            0 => &PLAYER_MEMBERS,
            1 => &LIST_MEMBERS,
            _ => &NUMBER_MEMBERS,
        };
        let mut grown = path(dice, teams, members);
        (0..dice.below(4)).for_each(|_| wrap(dice, &mut grown));
        if grown.leaf == Leaf::Number {
            return grown.text;
        }
    }
}

fn texts(dice: &mut Dice, teams: &Teams, members: &[(&str, Leaf, usize)], depth: usize) -> String {
    loop {
        let mut grown = path(dice, teams, members);
        (0..dice.below(3)).for_each(|_| wrap(dice, &mut grown));
        if grown.leaf == Leaf::Text && grown.depth >= depth {
            return grown.text;
        }
    }
}

fn some<T>(dice: &mut Dice, one: impl Fn(&mut Dice) -> T) -> Vec<T> {
    let count = if dice.percent(15) { 2 } else { 1 };
    (0..count).map(|_| one(dice)).collect()
}

/// A rule but its name, and its properties that may expand.
fn leaf_rule(dice: &mut Dice, teams: &Teams) -> (Value, Vec<&'static str>) {
    let (mut rule, mut expandable) = match dice.below(12) {
        0..=2 => distance(dice, teams),
        3..=5 if dice.percent(25) => apart(dice, teams),
        3..=5 => comparison(dice, teams),
        6..=8 if dice.percent(40) => lists(dice, teams),
        6..=8 => collection(dice, teams),
        9 => batch_distance(dice),
        10 if dice.percent(30) => {
            let sort =
                json!({"type": "distanceSort", "sortDirection": "ascending", "sortAttribute": "skill"});
            (sort, vec![])
        }
        _ => latency(dice),
    };
    let lists = rule["type"] == "collection";
    if dice.percent(50) {
        rule["partyAggregation"] = json!(if lists {
            dice.pick(&["union", "intersection"])
        } else {
            dice.pick(&["avg", "min", "max"])
        });
    }
    expandable.retain(|property| rule.get(property).is_some());
    (rule, expandable)
}

fn limits(dice: &mut Dice, rule: &mut Value, names: [&str; 2]) {
    let which = dice.below(3);
    if which != 1 {
        rule[names[0]] = json!(dice.pick(&LIMITS));
    }
    if which != 0 {
        rule[names[1]] = json!(dice.pick(&LIMITS));
    }
}

fn distance(dice: &mut Dice, teams: &Teams) -> (Value, Vec<&'static str>) {
    let measurements = some(dice, |dice| numbers(dice, teams));
    let mut rule = json!({"type": "distance", "measurements": measurements});
    let mut expandable = vec!["maxDistance", "minDistance"];
    rule["referenceValue"] = if dice.percent(30) {
        expandable.push("referenceValue");
        json!(dice.pick(&NUMBERS))
    } else {
        json!(numbers(dice, teams))
    };
    limits(dice, &mut rule, ["maxDistance", "minDistance"]);
    (rule, expandable)
}

fn comparison(dice: &mut Dice, teams: &Teams) -> (Value, Vec<&'static str>) {
    if dice.percent(30) {
        let measurements = some(dice, |dice| texts(dice, teams, &TEXT_MEMBERS, 1));
        let mut rule =
            json!({"type": "comparison", "measurements": measurements, "operation": dice.pick(&["=", "!="])});
        match dice.below(4) {
            0 => rule["referenceValue"] = json!(dice.pick(&TEXTS)),
            1 => rule["referenceValue"] = json!(texts(dice, teams, &TEXT_MEMBERS, 1)),
            _ => {}
        }
        return (rule, vec![]);
    }
    let operation = dice.pick(&["<", "<=", "<", "<=", "=", "!=", ">=", ">"]);
    let measurements = some(dice, |dice| numbers(dice, teams));
    let mut rule = json!({"type": "comparison", "measurements": measurements, "operation": operation});
    let order = !["=", "!="].contains(&operation);
    if dice.percent(40) {
        rule["referenceValue"] = json!(dice.pick(&NUMBERS));
        return (rule, vec!["referenceValue"]);
    }
    if order || dice.percent(40) {
        rule["referenceValue"] = json!(numbers(dice, teams));
    }
    (rule, vec![])
}

fn collection(dice: &mut Dice, teams: &Teams) -> (Value, Vec<&'static str>) {
    let operation = dice.pick(&["intersection", "contains", "reference_intersection_count"]);
    let depth = if operation == "intersection" { 2 } else { 1 };
    let measurements = some(dice, |dice| texts(dice, teams, &LIST_MEMBERS, depth));
    let mut rule = json!({"type": "collection", "measurements": measurements, "operation": operation});
    let expandable = vec!["minCount", "maxCount", "referenceValue"];
    match operation {
        "contains" => rule["referenceValue"] = json!(dice.pick(&TEXTS)),
        "reference_intersection_count" => {
            rule["referenceValue"] = match dice.percent(50) {
                true => json!([dice.pick(&TEXTS[..2]), "c"]),
                false => json!(texts(dice, teams, &LIST_MEMBERS, 1)),
            }
        }
        _ => {}
    }
    let which = dice.below(3);
    if which != 1 {
        rule["minCount"] = json!(dice.below(4));
    }
    if which != 0 {
        rule["maxCount"] = json!(dice.below(4));
    }
    (rule, expandable)
}

/// What is written of lists most often: a block list, a list in common, and both by teams.
fn lists(dice: &mut Dice, teams: &Teams) -> (Value, Vec<&'static str>) {
    let (one, several) = (dice.pick(teams.single), dice.pick(teams.several));
    let attribute = dice.pick(&["foes", "maps"]);
    let listed = match dice.below(3) {
        0 => format!("flatten(teams[{several}].players.attributes[{attribute}])"),
        1 => format!("teams[{several}].players.attributes[{attribute}]"),
        _ => format!("teams[{one}].players.attributes[{attribute}]"),
    };
    let mut rule = json!({"type": "collection", "measurements": [listed]});
    if dice.percent(50) {
        rule["operation"] = json!("intersection");
    } else {
        rule["operation"] = json!("reference_intersection_count");
        rule["referenceValue"] = json!(format!("flatten(teams[{several}].players[playerId])"));
    }
    limits(dice, &mut rule, ["maxCount", "minCount"]);
    for limit in ["minCount", "maxCount"] {
        if rule.get(limit).is_some() {
            rule[limit] = json!(dice.pick(&[0, 1, 1, 2]));
        }
    }
    (rule, vec!["minCount", "maxCount"])
}

/// All different, or all alike, over players.
fn apart(dice: &mut Dice, teams: &Teams) -> (Value, Vec<&'static str>) {
    let member = dice.pick(&["[playerId]", ".attributes[role]", ".attributes[rank]", ".attributes[skill]"]);
    let text = format!("flatten(teams[{}].players{member})", dice.pick(teams.several));
    (
        json!({"type": "comparison", "measurements": [text], "operation": dice.pick(&["!=", "!=", "="])}),
        vec![],
    )
}

fn latency(dice: &mut Dice) -> (Value, Vec<&'static str>) {
    let mut rule = json!({"type": "latency", "maxLatency": dice.pick(&[20, 50, 80, 120])});
    if dice.percent(40) {
        rule["maxDistance"] = json!(dice.pick(&[0, 15, 30, 50]));
        rule["distanceReference"] = json!(dice.pick(&["min", "avg"]));
    }
    (rule, vec!["maxLatency", "maxDistance"])
}

fn batch_distance(dice: &mut Dice) -> (Value, Vec<&'static str>) {
    if dice.percent(40) {
        return (json!({"type": "batchDistance", "batchAttribute": "role"}), vec![]);
    }
    let rule = json!({"type": "batchDistance", "batchAttribute": "skill", "maxDistance": dice.pick(&LIMITS)});
    (rule, vec!["maxDistance"])
}

fn statement(dice: &mut Dice, names: &[String], depth: usize) -> String {
    if depth == 0 || dice.percent(30) {
        return names[dice.below(names.len())].clone();
    }
    let operator = dice.pick(&["and", "or", "xor", "not"]);
    let count = if operator == "not" { 1 } else { 2 + dice.below(2) };
    let parts: Vec<String> = (0..count).map(|_| statement(dice, names, depth - 1)).collect();
    format!("{operator}({})", parts.join(", "))
}

fn step_value(dice: &mut Dice, rule: &Value, property: &str) -> Value {
    match (property, &rule[property]) {
        ("referenceValue", Value::String(_)) => json!(dice.pick(&TEXTS)),
        ("referenceValue", Value::Array(_)) => json!([dice.pick(&TEXTS)]),
        ("referenceValue", _) => json!(dice.pick(&NUMBERS)),
        ("maxLatency", _) => json!(dice.pick(&[20, 50, 80, 120])),
        ("minCount" | "maxCount", _) => json!(dice.below(4)),
        _ => json!(dice.pick(&LIMITS)),
    }
}

/// A rule set and its text; all of its teams may be of any size from 0 to 6.
pub(super) fn rule_set(dice: &mut Dice) -> (RuleSet, String) {
    let teams = teams(dice);
    let (mut rules, mut named, mut expansions) = (Vec::new(), Vec::new(), Vec::new());
    for index in 0..3 + dice.below(4) {
        let (mut rule, expandable) = leaf_rule(dice, &teams);
        let name = format!("r{index}");
        rule["name"] = json!(name);
        for property in expandable {
            let literal = !rule[property].as_str().is_some_and(|text| text.contains('('))
                && !rule[property].as_str().is_some_and(|text| text.starts_with("teams["));
            if literal && dice.percent(30) {
                let first = step_value(dice, &rule, property);
                let second = step_value(dice, &rule, property);
                let steps = json!([{"waitTimeSeconds": 10, "value": first}, {"waitTimeSeconds": 20, "value": second}]);
                expansions.push(json!({"target": format!("rules[{name}].{property}"), "steps": steps}));
            }
        }
        if !["batchDistance", "distanceSort"].map(|kind| rule["type"] == kind).contains(&true) {
            named.push(name);
        }
        rules.push(rule);
    }
    for index in 0..dice.below(3) {
        if !named.is_empty() {
            let name = format!("c{index}");
            rules.push(json!({"name": name, "type": "compound", "statement": statement(dice, &named, 2)}));
            named.push(name);
        }
    }
    let attribute = |name: &str, kind: &str| json!({"name": name, "type": kind});
    let body = json!({
        "ruleLanguageVersion": "1.0",
        "playerAttributes": [
            attribute("skill", "number"), attribute("rank", "number"), attribute("role", "string"),
            attribute("maps", "string_list"), attribute("foes", "string_list"),
        ],
        "teams": teams.definitions, "rules": rules, "expansions": expansions,
    });
    let text = serde_json::to_string_pretty(&body).expect("JSON");
    match compile(&text, Options::default()) {
        Ok((compiled, _)) => (compiled, text),
        Err(found) => panic!("the generator made a rule set that is none: {found:#?}\n{text}"),
    }
}

pub(super) fn player(dice: &mut Dice, id: &str) -> Player {
    let list = |dice: &mut Dice| {
        let texts: Vec<String> = TEXTS.into_iter().filter(|_| dice.percent(45)).map(str::to_string).collect();
        AttributeValue::text_list(texts)
    };
    let attributes = Listing::from([
        ("skill".into(), AttributeValue::Number(dice.pick(&NUMBERS))),
        ("rank".into(), AttributeValue::Number(dice.pick(&NUMBERS[3..8]))),
        ("role".into(), AttributeValue::Text(dice.pick(&TEXTS[..3]).to_string())),
        ("maps".into(), list(dice)),
        ("foes".into(), list(dice)),
    ]);
    let latencies = REGIONS.into_iter().filter(|_| dice.percent(80)).map(Region::from).collect::<Vec<_>>();
    let latencies = latencies.into_iter().map(|region| (region, dice.pick(&[10, 20, 40, 60, 100]))).collect();
    Player { id: id.into(), attributes, latencies, team: None }
}

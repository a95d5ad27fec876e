//! Cases as data: a rule set, who sits where, and what is to be found.

use std::path::Path;
use std::sync::Arc;

use matchwright_model::{AttributeValue, PartyPolicy, Player, Region};
use matchwright_rules::{Lineup, Options, Party, RuleSet, Tier, compile};
use serde_json::{Value, json};

/// One case of a file, ready to be judged or bounded.
pub struct Case {
    /// File and name, for messages.
    pub name: String,
    pub rules: RuleSet,
    pub lineup: Lineup,
    pub tier: Tier,
    pub policy: PartyPolicy,
    /// What only one of the tests reads: `room`, `newcomers`, `expect` and others.
    pub given: Value,
}

/// All cases of the files in a folder beside the tests.
pub fn cases(folder: &str) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let files = std::fs::read_dir(&folder).expect("a folder of cases");
    let mut files: Vec<_> = files.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn read(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).expect("a readable file");
    let body: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
    let cases = body["cases"].as_array().expect("cases");
    cases.iter().map(|case| one(&stem, &body, case)).collect()
}

fn one(file: &str, body: &Value, case: &Value) -> Case {
    let name = format!("{file}: {}", case["name"].as_str().expect("a name"));
    let or = |key: &str, default: Value| case.get(key).or(body.get(key)).cloned().unwrap_or(default);
    let team = |name: &str| json!({"name": name, "minPlayers": 0, "maxPlayers": 5});
    let rule_set = json!({
        "ruleLanguageVersion": "1.0",
        "playerAttributes": or("playerAttributes", json!([])),
        "teams": or("teams", json!([team("red"), team("blue")])),
        "rules": case["rules"],
        "expansions": or("expansions", json!([])),
    });
    let (rules, _) = compile(&rule_set.to_string(), Options::default())
        .unwrap_or_else(|found| panic!("{name}: {}", found[0]));
    let mut lineup = Lineup::empty(&rules);
    for ticket in case["seated"].as_array().unwrap_or(&Vec::new()) {
        let (team, party) = ticket_of(&rules, ticket);
        lineup.push(party, team);
    }
    let policy = match case["policy"].as_str() {
        Some("literal") => PartyPolicy::Literal,
        _ => PartyPolicy::Individual,
    };
    let tier = Tier(case["tier"].as_u64().unwrap_or(0) as u16);
    Case { name, rules, lineup, tier, policy, given: case.clone() }
}

/// `["red", player, player]`: one ticket and its team.
pub fn ticket_of(rules: &RuleSet, ticket: &Value) -> (usize, Arc<Party>) {
    let parts = ticket.as_array().expect("a team and its players");
    let team = rules.team(parts[0].as_str().expect("a team")).expect("a team of the rule set");
    let players: Vec<Player> = parts[1..].iter().map(player).collect();
    (team, Arc::new(Party::bind(rules, &players).expect("players with every attribute")))
}

/// `{"id": "a", "latencies": {"eu": 20}, ...}`; every other key is an attribute.
fn player(given: &Value) -> Player {
    let given = given.as_object().expect("a player");
    let attributes = given.iter().filter(|(key, _)| !["id", "latencies"].contains(&key.as_str()));
    let latencies = given.get("latencies").and_then(Value::as_object).into_iter().flatten();
    Player {
        id: given["id"].as_str().expect("an id").into(),
        attributes: attributes.map(|(key, value)| (key.as_str().into(), attribute(value))).collect(),
        latencies: latencies
            .map(|(region, value)| (Region::from(region.as_str()), value.as_u64().expect("ms") as u32))
            .collect(),
        team: None,
    }
}

fn attribute(value: &Value) -> AttributeValue {
    let text = |value: &Value| value.as_str().expect("a string").to_string();
    match value {
        Value::Number(number) => AttributeValue::Number(number.as_f64().expect("a number")),
        Value::Array(list) => AttributeValue::text_list(list.iter().map(text)),
        value => AttributeValue::Text(text(value)),
    }
}

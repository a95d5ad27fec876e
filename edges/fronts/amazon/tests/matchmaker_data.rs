//! Matchmaker data, byte for byte: as others captured it, and what no capture shows.

use std::fs;
use std::path::Path;

use matchwright_amazon::{Arns, matchmaker_data};
use matchwright_model::{AttributeValue, Listing, MatchId, Refill, Roster, RosterPlayer, RosterTeam};
use serde_json::Value;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected a text, found {value}"))
}

fn attribute(value: &Value) -> AttributeValue {
    let found = &value["valueAttribute"];
    match text(&value["attributeType"]) {
        "STRING" => AttributeValue::Text(text(found).to_string()),
        "DOUBLE" => AttributeValue::Number(found.as_f64().unwrap()),
        "STRING_LIST" => AttributeValue::TextList(
            found.as_array().unwrap().iter().map(|one| text(one).to_string()).collect(),
        ),
        "STRING_DOUBLE_MAP" => {
            let entries = found.as_object().unwrap().iter();
            AttributeValue::NumberMap(
                entries.map(|(key, one)| (key.clone(), one.as_f64().unwrap())).collect(),
            )
        }
        other => panic!("attribute type {other}"),
    }
}

fn player(value: &Value) -> RosterPlayer {
    let attributes = value["attributes"].as_object().unwrap().iter();
    RosterPlayer {
        id: text(&value["playerId"]).into(),
        attributes: attributes.map(|(name, value)| (name.as_str().into(), attribute(value))).collect(),
        latencies: Listing::new(),
    }
}

fn team(value: &Value) -> RosterTeam {
    let players = value["players"].as_array().unwrap().iter().map(player).collect();
    RosterTeam { name: text(&value["name"]).into(), players }
}

/// The names of the realm that wrote it, and the roster in it.
fn read(data: &Value) -> (Arns, Roster) {
    let arn: Vec<&str> = text(&data["matchmakingConfigurationArn"]).split([':', '/']).collect();
    let [_, _, _, region, account, _, matchmaker] = arn[..] else { panic!("{arn:?} is no ARN") };
    let id = text(&data["matchId"]).replace('-', "");
    let roster = Roster {
        match_id: MatchId::new(u128::from_str_radix(&id, 16).unwrap()),
        matchmaker: matchmaker.into(),
        teams: data["teams"].as_array().unwrap().iter().map(team).collect(),
        refill: data["autoBackfillTicketId"].as_str().map_or(Refill::Off, |id| Refill::Open(id.into())),
    };
    (Arns::new(region, account), roster)
}

/// Without the white space between tokens, which is all that pretty printing adds.
fn compact(json: &str) -> String {
    let (mut out, mut is_inside, mut is_escaped) = (String::new(), false, false);
    for one in json.chars() {
        if is_inside || !one.is_whitespace() {
            out.push(one);
        }
        is_inside ^= one == '"' && !is_escaped;
        is_escaped = is_inside && one == '\\' && !is_escaped;
    }
    out
}

#[test]
fn published_captures_are_written_byte_for_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/rulesets/payloads");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("{} is absent: captures are not compared", folder.display());
        return;
    };
    let mut compared = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains("-matchmakerdata-") {
            continue;
        }
        let capture = fs::read_to_string(&path).unwrap();
        let (arns, roster) = read(&serde_json::from_str(&capture).unwrap());
        assert_eq!(matchmaker_data(&arns, &roster), compact(&capture), "{name}");
        compared += 1;
    }
    assert!(compared > 0, "no captures in {}", folder.display());
}

#[test]
fn what_no_capture_shows() {
    let numbers = [("Body", 10.0), ("mind", 0.1)].map(|(key, one)| (key.to_string(), one));
    let attributes = [
        ("skills", AttributeValue::NumberMap(numbers.into())),
        ("huge", AttributeValue::Number(1e21)),
        ("name", AttributeValue::Text("a \"b\"\n\u{1}é".to_string())),
        ("none", AttributeValue::TextList(Vec::new())),
    ];
    let attributes = attributes.map(|(key, value)| (key.into(), value)).into_iter().collect();
    let latencies = [("custom-1".into(), 20)].into();
    let player = RosterPlayer { id: "p1".into(), attributes, latencies };
    let roster = Roster {
        match_id: MatchId::new(1),
        matchmaker: "duel".into(),
        teams: vec![
            RosterTeam { name: "red".into(), players: vec![player] },
            RosterTeam { name: "blue".into(), players: Vec::new() },
        ],
        refill: Refill::Open("bf-1".into()),
    };
    let expected = concat!(
        r#"{"matchId":"00000000-0000-0000-0000-000000000001","#,
        r#""matchmakingConfigurationArn":"arn:aws:gamelift:us-east-1:000000000000:matchmakingconfiguration/duel","#,
        r#""teams":[{"name":"red","players":[{"playerId":"p1","attributes":{"#,
        r#""huge":{"attributeType":"DOUBLE","valueAttribute":1.0e21},"#,
        r#""name":{"attributeType":"STRING","valueAttribute":"a \"b\"\n\u0001é"},"#,
        r#""none":{"attributeType":"STRING_LIST","valueAttribute":[]},"#,
        r#""skills":{"attributeType":"STRING_DOUBLE_MAP","valueAttribute":{"Body":10.0,"mind":0.1}}}}]},"#,
        r#"{"name":"blue","players":[]}],"autoBackfillMode":"AUTOMATIC","autoBackfillTicketId":"bf-1"}"#,
    );
    assert_eq!(matchmaker_data(&Arns::new("us-east-1", "000000000000"), &roster), expected);
}

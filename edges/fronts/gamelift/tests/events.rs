//! The eight events against envelopes written by hand (`events/*.json`), member for member and in order.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use matchwright_engine::{
    AcceptanceOutcome, EndReason, Event, EventKind, EventPlayer, EventTicket, RuleCount, Session, Source,
};
use matchwright_gamelift::FrontSettings;
use matchwright_gamelift::events::Envelopes;
use matchwright_model::{MatchId, Timestamp};
use serde_json::Value;

const MATCH: MatchId = MatchId::new(0x6c2f_4f0e_5a2b_4c8d_9e11_2a3b_4c5d_6e7f);
/// 2026-01-02T03:04:05Z.
const START: u64 = 1_767_323_045_000;

fn envelopes() -> Envelopes {
    let settings = FrontSettings {
        region: "us-east-1".to_string(),
        account: "123456789012".to_string(),
        lenient_ids: false,
        lenient_latency: false,
        unknown_keys_warn: false,
        game_server_endpoint: "wss://games.example:443".to_string(),
    };
    Envelopes::new(&settings, 7)
}

fn player(id: &str, team: Option<&str>, accepted: Option<bool>) -> EventPlayer {
    EventPlayer { id: id.into(), team: team.map(Into::into), accepted, session: None }
}

fn event(kind: EventKind, players: &[EventPlayer]) -> Event {
    let starts = [("t-1", START), ("t-2", START + 1250)];
    let ticket = |(player, (id, start)): (&EventPlayer, (&str, u64))| EventTicket {
        id: id.into(),
        started_at: Timestamp(start),
        players: [player.clone()].into(),
    };
    Event {
        at: Timestamp(START + 5500),
        source: Source::Matchmaker("duel".into()),
        kind,
        tickets: players.iter().zip(starts).map(ticket).collect(),
        custom_event_data: None,
        notification_target: Some("arn:aws:sns:us-east-1:123456789012:topic".to_string()),
    }
}

/// Each file's event.
fn all() -> BTreeMap<&'static str, Event> {
    let counts = || vec![RuleCount { rule: "close".into(), passed: 3, failed: 1 }];
    let (ann, bob) = (player("ann", Some("red"), None), player("bob", Some("blue"), None));
    let (yes, no) = (player("ann", Some("red"), Some(true)), player("ann", Some("red"), Some(false)));
    let bob_accepts = player("bob", Some("blue"), Some(true));
    let alone = player("ann", None, None);
    let both = [ann.clone(), bob.clone()];
    let potential = |span: Option<u64>| EventKind::PotentialMatch {
        match_id: MATCH,
        acceptance_timeout: span.map(Duration::from_secs),
        rule_counts: counts(),
        region: None,
    };
    let ended = |outcome| EventKind::AcceptanceEnded { match_id: MATCH, outcome };
    let session = Session {
        id: "fleet-1/custom-1/gsess-1".into(),
        ip: Some("192.0.2.7".to_string()),
        dns: None,
        port: 7777,
        player_sessions: BTreeMap::new(),
    };
    let seated =
        |player: &EventPlayer, id: &str| EventPlayer { session: Some(id.to_string()), ..player.clone() };
    let mut failed = event(EventKind::Failed { match_id: MATCH, rule_counts: counts() }, &both);
    failed.custom_event_data = Some("season 7".to_string());
    BTreeMap::from([
        (
            "searching",
            event(EventKind::Searching { estimated_wait_seconds: None }, std::slice::from_ref(&alone)),
        ),
        (
            "searching_with_estimate",
            event(EventKind::Searching { estimated_wait_seconds: Some(17) }, std::slice::from_ref(&alone)),
        ),
        ("potential_match_with_acceptance", event(potential(Some(30)), &both)),
        ("potential_match_without_acceptance", event(potential(None), &both)),
        ("answered", event(EventKind::Answered { match_id: MATCH }, &[ann.clone(), bob_accepts.clone()])),
        ("acceptance_accepted", event(ended(AcceptanceOutcome::Accepted), &[yes, bob_accepts.clone()])),
        ("acceptance_rejected", event(ended(AcceptanceOutcome::Rejected), &[no, bob_accepts.clone()])),
        ("acceptance_timed_out", event(ended(AcceptanceOutcome::TimedOut), &[ann.clone(), bob_accepts])),
        (
            "succeeded_standalone",
            event(EventKind::Succeeded { match_id: MATCH, session: None, region: None }, &both),
        ),
        (
            "succeeded_in_a_game_session",
            event(
                EventKind::Succeeded { match_id: MATCH, session: Some(session.into()), region: None },
                &[seated(&ann, "ps-1"), seated(&bob, "ps-2")],
            ),
        ),
        ("timed_out", event(EventKind::TimedOut { rule_counts: counts() }, std::slice::from_ref(&ann))),
        (
            "cancelled_by_request",
            event(
                EventKind::Cancelled { match_id: None, reason: EndReason::Stopped, rule_counts: Vec::new() },
                &[alone],
            ),
        ),
        (
            "cancelled_after_a_proposal",
            event(
                EventKind::Cancelled {
                    match_id: Some(MATCH),
                    reason: EndReason::NotAccepted,
                    rule_counts: counts(),
                },
                &[ann],
            ),
        ),
        ("failed", failed),
    ])
}

/// Without the white space between members.
fn minified(json: &str) -> String {
    let (mut out, mut in_text, mut escaped) = (String::new(), false, false);
    for c in json.chars() {
        if in_text || !c.is_whitespace() {
            out.push(c);
        }
        if c == '"' && !escaped {
            in_text = !in_text;
        }
        escaped = c == '\\' && !escaped;
    }
    out
}

#[test]
fn every_envelope_is_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    let events = all();
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let event = events.get(name.as_str()).unwrap_or_else(|| panic!("{name}: no event of that name"));
        let expected = minified(&fs::read_to_string(&path).unwrap());
        assert_eq!(envelopes().envelope(42, event), expected, "{name}");
        files.insert(name);
    }
    assert_eq!(files.len(), events.len(), "every event has a file");
}

#[test]
fn an_id_is_that_of_its_position_for_ever() {
    let one = envelopes();
    assert_eq!(one.id(42), envelopes().id(42));
    assert_ne!(one.id(42), one.id(43));
    assert_eq!(one.id(42).len(), 36);
}

/// Of every event: five members, and among them the envelope as it stands in the event's file.
#[test]
fn a_notification_carries_the_envelope_as_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events");
    for (name, event) in all() {
        let written = fs::read_to_string(folder.join(name).with_extension("json")).unwrap();
        let expected = serde_json::json!({
            "Type": "Notification",
            "MessageId": "3dd40678-4a24-5393-bcf2-56a2c4fc31a6",
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:topic",
            "Message": minified(&written),
            "Timestamp": "2026-01-02T03:04:10.500Z",
        });
        let found: Value = serde_json::from_str(&envelopes().notification(42, &event)).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

/// Spec 4.1: the data of the configuration stands in `detail` of every event, and changes nothing else.
#[test]
fn every_event_carries_custom_data_where_it_is_configured() {
    for (name, event) in all() {
        let custom = Event { custom_event_data: Some("\"ä\"\n".to_string()), ..event.clone() };
        let plain = Event { custom_event_data: None, ..event };
        let read =
            |event: &Event| -> Value { serde_json::from_str(&envelopes().envelope(42, event)).unwrap() };
        let (mut custom, plain) = (read(&custom), read(&plain));
        let detail = custom["detail"].as_object_mut().unwrap();
        assert_eq!(detail.remove("customEventData"), Some(Value::from("\"ä\"\n")), "{name}");
        assert_eq!(custom, plain, "{name}");
    }
}

/// The list of spec 4.3 is closed: each type has a file, and no file another type.
#[test]
fn the_eight_types_are_all_there() {
    let kind = |event: &Event| -> String {
        let envelope: Value = serde_json::from_str(&envelopes().envelope(42, event)).unwrap();
        envelope["detail"]["type"].as_str().unwrap().to_string()
    };
    let found: BTreeSet<String> = all().values().map(kind).collect();
    let expected = [
        "AcceptMatch",
        "AcceptMatchCompleted",
        "MatchmakingCancelled",
        "MatchmakingFailed",
        "MatchmakingSearching",
        "MatchmakingSucceeded",
        "MatchmakingTimedOut",
        "PotentialMatchCreated",
    ];
    assert_eq!(found, expected.map(str::to_string).into());
}

/// Captures that others published: whatever member they show, ours has, with the same kind of value.
#[test]
fn published_captures_have_the_same_members() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/rulesets/payloads");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("{} is absent: captures are not compared", folder.display());
        return;
    };
    let ours: Vec<Value> =
        all().values().map(|event| serde_json::from_str(&envelopes().envelope(42, event)).unwrap()).collect();
    let mut compared = 0;
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains("-sns-") && !name.contains("-event-") {
            continue;
        }
        let Some(capture) = envelope_in(&fs::read_to_string(&path).unwrap()) else {
            panic!("{name}: no envelope found");
        };
        let kind = &capture["detail"]["type"];
        let alike: Vec<&Value> = ours.iter().filter(|one| one["detail"]["type"] == *kind).collect();
        assert!(!alike.is_empty(), "{name}: no event of type {kind}");
        assert!(
            alike.iter().any(|one| lacks(&capture, one).is_none()),
            "{name}: {:?}",
            lacks(&capture, alike[0])
        );
        compared += 1;
    }
    assert!(compared > 0, "no captures in {}", folder.display());
}

/// The envelope, as it stands or inside the notification that carried it.
fn envelope_in(text: &str) -> Option<Value> {
    let found: Value = serde_json::from_str(text).ok()?;
    let carried = found.pointer("/Records/0/Sns/Message").or_else(|| found.get("Message"));
    match carried.and_then(Value::as_str) {
        Some(message) => serde_json::from_str(message).ok(),
        None => found.get("detail").is_some().then_some(found),
    }
}

/// The first member of a capture that ours has not.
fn lacks(capture: &Value, ours: &Value) -> Option<String> {
    match (capture, ours) {
        (Value::Object(members), Value::Object(_)) => members.iter().find_map(|(key, value)| {
            let found = ours.get(key).map_or(Some(String::new()), |found| lacks(value, found));
            found.map(|deeper| format!("/{key}{deeper}"))
        }),
        (Value::Array(items), Value::Array(found)) => {
            items.first().zip(found.first()).and_then(|(item, found)| lacks(item, found))
        }
        _ => None,
    }
}

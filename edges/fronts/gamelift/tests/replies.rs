//! Replies against documents written by hand (`replies/*.json`), in JSON and in CBOR; each rejection as an exception
//! that its operation models (`exceptions.json`, the table of spec 1.2).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use matchwright_engine::{
    Answer, Asked, BackfillMode, EndReason, Matched, Matchmaker, MatchmakerFields, Mode, Query, Rejection,
    Reply, RuleSetRecord, Session, Status, Ticket, TicketKind,
};
use matchwright_gamelift::errors::Class;
use matchwright_gamelift::{ApiError, Ask, Front, FrontSettings, Operation, Outcome, Protocol};
use matchwright_model::{AttributeType, AttributeValue, Listing, MatchId, Player, PlayerId, Timestamp};
use matchwright_rules::Diagnostic;
use serde_json::Value;

/// 2026-01-02T03:04:05.250Z.
const START: Timestamp = Timestamp(1_767_323_045_250);
const END: Timestamp = Timestamp(1_767_323_105_250);

fn front() -> Front {
    Front::new(FrontSettings {
        region: "us-east-1".to_string(),
        account: "000000000000".to_string(),
        lenient_ids: false,
        lenient_latency: false,
        unknown_keys_warn: false,
        game_server_endpoint: "wss://games.example:443".to_string(),
    })
}

fn ticket(status: Status, reason: Option<EndReason>) -> Ticket {
    let texts = vec!["a".to_string(), "b".to_string()];
    let attributes = Listing::from([
        ("skill".into(), AttributeValue::Number(23.0)),
        ("mode".into(), AttributeValue::Text("coop".to_string())),
        ("maps".into(), AttributeValue::text_list(texts)),
        ("build".into(), AttributeValue::NumberMap(BTreeMap::from([("body".to_string(), 10.0)]))),
    ]);
    let latencies = Listing::from([("eu-west-1".into(), 25)]);
    let ann = Player { id: "ann".into(), attributes, latencies, team: None };
    let bob = Player { id: "bob".into(), attributes: Listing::new(), latencies: Listing::new(), team: None };
    let asked = Asked {
        id: "t-1".into(),
        matchmaker: "duel".into(),
        kind: TicketKind::Matchmaking,
        players: [ann, bob].into(),
    };
    // Of the last proposal: shown only while it is that of a match (D-35).
    let teams = BTreeMap::from([("ann".into(), "red".into()), ("bob".into(), "red".into())]);
    Ticket {
        asked: asked.into(),
        started_at: START,
        deadline: END,
        status,
        reason,
        matched: Some(Box::new(Matched { id: MatchId::new(1), teams, session: None })),
    }
}

fn described(status: Status, reason: Option<EndReason>) -> Outcome {
    Outcome::Answer(Answer::Tickets(vec![(ticket(status, reason), None)]))
}

fn completed() -> Outcome {
    let sessions = BTreeMap::from([("ann".into(), "ps-1".to_string()), ("bob".into(), "ps-2".to_string())]);
    let session = Session {
        id: "fleet-1/custom-1/gsess-1".into(),
        ip: Some("192.0.2.7".to_string()),
        dns: Some("game.example".to_string()),
        port: 7777,
        player_sessions: sessions,
    };
    let mut done = ticket(Status::Completed { at: END }, None);
    done.matched.iter_mut().for_each(|matched| matched.session = Some(session.clone()));
    Outcome::Answer(Answer::Tickets(vec![(done, None)]))
}

/// Its players say in which team they play already.
fn backfill() -> Ticket {
    let started = ticket(Status::Queued, None);
    let seated = started.players.iter().map(|player| Player { team: Some("blue".into()), ..player.clone() });
    let kind = TicketKind::Backfill { game_session: Some("fleet-1/custom-1/gsess-1".into()) };
    let asked = Asked { kind, players: seated.collect(), ..(*started.asked).clone() };
    Ticket { asked: asked.into(), matched: None, ..started }
}

fn rule_set() -> RuleSetRecord {
    let body = "{ \"ruleLanguageVersion\" : \"1.0\" }\n".to_string();
    RuleSetRecord { body, created_at: START, tags: BTreeMap::new(), compiled: None }
}

fn matchmaker(fields: impl FnOnce(MatchmakerFields) -> MatchmakerFields) -> Matchmaker {
    let least = MatchmakerFields {
        mode: Some(Mode::Standalone),
        backfill_mode: Some(BackfillMode::Manual),
        ..MatchmakerFields::least("rules".into(), Duration::from_secs(60))
    };
    Matchmaker { fields: fields(least), created_at: START, tags: BTreeMap::new() }
}

fn whole(least: MatchmakerFields) -> MatchmakerFields {
    MatchmakerFields {
        description: Some("one against one".to_string()),
        acceptance_required: true,
        acceptance_timeout: Some(Duration::from_secs(30)),
        mode: Some(Mode::WithQueue),
        queues: vec!["q-1".into()],
        notification_target: Some("arn:topic".to_string()),
        additional_players: 2,
        custom_event_data: Some("season 7".to_string()),
        game_properties: vec![("map".to_string(), "desert".to_string())],
        game_session_data: Some("{}".to_string()),
        backfill_mode: Some(BackfillMode::Automatic),
        ..least
    }
}

/// Each file's operation and outcome.
fn all() -> BTreeMap<&'static str, (Operation, Outcome)> {
    use Operation::*;
    let proposed = Status::Proposed { match_id: MatchId::new(1) };
    let tags = [("team", "core"), ("stage", "beta")].map(|(key, value)| (key.to_string(), value.to_string()));
    let one_rule_set = ("rules".into(), rule_set());
    let started = Reply::Ticket(ticket(Status::Queued, None), Some(17));
    BTreeMap::from([
        ("start_matchmaking", (StartMatchmaking, Outcome::Reply(started))),
        (
            "describe_searching_again",
            (DescribeMatchmaking, described(Status::Searching, Some(EndReason::OthersNotAccepted))),
        ),
        ("describe_requires_acceptance", (DescribeMatchmaking, described(proposed, None))),
        (
            "describe_placing",
            (DescribeMatchmaking, described(Status::Placing { match_id: MatchId::new(1) }, None)),
        ),
        ("describe_failed", (DescribeMatchmaking, described(Status::Failed { at: END }, None))),
        ("start_backfill", (StartMatchBackfill, Outcome::Reply(Reply::Ticket(backfill(), None)))),
        ("describe_completed", (DescribeMatchmaking, completed())),
        (
            "describe_cancelled",
            (DescribeMatchmaking, described(Status::Cancelled { at: END }, Some(EndReason::Stopped))),
        ),
        ("describe_timed_out", (DescribeMatchmaking, described(Status::TimedOut { at: END }, None))),
        ("nothing_found", (DescribeMatchmaking, Outcome::Answer(Answer::Tickets(Vec::new())))),
        ("stop_matchmaking", (StopMatchmaking, Outcome::Reply(Reply::Done))),
        (
            "create_rule_set",
            (CreateMatchmakingRuleSet, Outcome::Reply(Reply::RuleSet("rules".into(), Box::new(rule_set())))),
        ),
        (
            "describe_rule_sets",
            (
                DescribeMatchmakingRuleSets,
                Outcome::Answer(Answer::RuleSets {
                    found: vec![one_rule_set],
                    next: Some((START, "rules".to_string())),
                }),
            ),
        ),
        (
            "create_configuration",
            (
                CreateMatchmakingConfiguration,
                Outcome::Reply(Reply::Matchmaker("duel".into(), Box::new(matchmaker(|least| least)))),
            ),
        ),
        (
            "update_configuration",
            (
                UpdateMatchmakingConfiguration,
                Outcome::Reply(Reply::Matchmaker("duel".into(), Box::new(matchmaker(whole)))),
            ),
        ),
        (
            "describe_configurations",
            (
                DescribeMatchmakingConfigurations,
                Outcome::Answer(Answer::Matchmakers {
                    found: vec![("duel".into(), matchmaker(whole))],
                    next: None,
                }),
            ),
        ),
        ("validate", (ValidateMatchmakingRuleSet, Outcome::Valid)),
        ("list_tags", (ListTagsForResource, Outcome::Answer(Answer::Tags(tags.into())))),
    ])
}

/// CBOR as the JSON that says the same: a time stamp is tag 1 with seconds.
fn plain(value: ciborium::Value) -> Value {
    use ciborium::Value as Cbor;
    match value {
        Cbor::Tag(1, seconds) => plain(*seconds),
        Cbor::Map(members) => members
            .into_iter()
            .map(|(key, value)| (key.into_text().expect("keys are texts"), plain(value)))
            .collect(),
        Cbor::Array(items) => items.into_iter().map(plain).collect(),
        other => other.deserialized().expect("plain values have a JSON form"),
    }
}

fn header<'h>(headers: &'h [(HeaderName, HeaderValue)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.to_str().unwrap())
}

#[test]
fn every_reply_is_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replies");
    let outcomes = all();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), outcomes.len(), "every reply has a file");
    for (name, (operation, outcome)) in outcomes {
        let path = folder.join(name).with_extension("json");
        let expected: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let json = front().encode(Protocol::Json, operation, Ok(outcome.clone()));
        assert_eq!(json.status, 200, "{name}");
        assert_eq!(serde_json::from_slice::<Value>(&json.body).unwrap(), expected, "{name}");
        let cbor = front().encode(Protocol::Cbor, operation, Ok(outcome));
        assert_eq!(header(cbor.headers, "smithy-protocol"), Some("rpc-v2-cbor"), "{name}");
        assert_eq!(plain(ciborium::from_reader(&cbor.body[..]).unwrap()), expected, "{name} in CBOR");
    }
}

/// Spec 1.1: an empty output is an empty structure, never an empty body.
#[test]
fn what_has_nothing_to_say_says_so() {
    use Operation::*;
    let operations = [
        AcceptMatch,
        DeleteMatchmakingConfiguration,
        DeleteMatchmakingRuleSet,
        StopMatchmaking,
        TagResource,
        UntagResource,
    ];
    for operation in operations {
        let encode = |protocol| front().encode(protocol, operation, Ok(Outcome::Reply(Reply::Done)));
        let (json, cbor) = (encode(Protocol::Json), encode(Protocol::Cbor));
        assert_eq!((json.status, &json.body[..]), (200, &b"{}"[..]), "{}", operation.name());
        assert_eq!((cbor.status, &cbor.body[..]), (200, &[0xa0][..]), "{}", operation.name());
    }
}

/// Spec 1.1: a time stamp is tag 1, a double is a float even where it is whole.
#[test]
fn times_and_doubles_have_their_own_forms_in_cbor() {
    let outcome = described(Status::Searching, None);
    let answer = front().encode(Protocol::Cbor, Operation::DescribeMatchmaking, Ok(outcome));
    let has = |part: &[u8]| answer.body.windows(part.len()).any(|window| window == part);
    let time = ciborium::Value::Tag(1, Box::new(ciborium::Value::Float(1_767_323_045.25)));
    for (key, value) in [("StartTime", time), ("N", ciborium::Value::Float(23.0))] {
        let mut part = Vec::new();
        ciborium::into_writer(key, &mut part).unwrap();
        ciborium::into_writer(&value, &mut part).unwrap();
        assert!(has(&part), "{key}");
    }
}

/// One of each, with the class that spec 1.2 and 1.4 give it and a text that clients may look for.
fn rejections() -> Vec<(Rejection, &'static str, &'static str)> {
    use Rejection::*;
    let (not_found, limit) = ("NotFoundException", "LimitExceededException");
    let (tagging, invalid) = ("TaggingFailedException", "InvalidRequestException");
    let state = |status, action| TicketState { id: "t-1".into(), status, action };
    let (player, team) = (PlayerId::from("ann"), "red".to_string());
    let (expected, found) = (AttributeType::Number, AttributeType::Text);
    let attribute = "skill".to_string();
    vec![
        (RuleSetNotFound("rules".into()), not_found, "Failed to find rule set: rules"),
        (MatchmakerNotFound("duel".into()), not_found, "Configuration not found: duel"),
        (TicketNotFound("t-1".into()), not_found, "t-1"),
        (QueueNotFound("q-1".into()), not_found, "q-1"),
        (RuleSetQuota { limit: 1000 }, limit, "1000"),
        (MatchmakerQuota { limit: 100 }, limit, "100"),
        (TagQuota { limit: 50 }, tagging, "50"),
        (TagReserved("aws:x".to_string()), tagging, "aws:x"),
        (RuleSetExists("rules".into()), invalid, "already exists"),
        (RuleSetInvalid(wrong_rule_set()), invalid, "Invalid rule set: "),
        (RuleSetInUse { name: "rules".into(), matchmaker: "duel".into() }, invalid, "duel"),
        (MatchmakerExists("duel".into()), invalid, "already exists"),
        (MatchmakerInUse { name: "duel".into(), active_tickets: 3 }, invalid, "3 active tickets"),
        (MatchmakerInvalid("it contradicts itself".to_string()), invalid, "it contradicts itself"),
        (TicketExists("t-1".into()), invalid, "already exists"),
        (
            state("PLACING", "canceled"),
            invalid,
            "Matchmaking ticket is in PLACING status and cannot be canceled.",
        ),
        (
            state("COMPLETED", "canceled"),
            invalid,
            "Matchmaking ticket is in COMPLETED status and cannot be canceled.",
        ),
        (PlayerNotInTicket { ticket: "t-1".into(), player: player.clone() }, invalid, "ann"),
        (PlayerTwice(player.clone()), invalid, "ann"),
        (
            MissingAttribute { player: player.clone(), attribute: attribute.clone() },
            invalid,
            "Invalid player; missing required attribute skill",
        ),
        (WrongAttributeType { player: player.clone(), attribute, expected, found }, invalid, "skill"),
        (PartyTooLarge { players: 9, most: 5 }, invalid, "9 players"),
        (BackfillTeamMissing(player.clone()), invalid, "ann"),
        (BackfillTeamUnknown { player, team: team.clone() }, invalid, "red"),
        (BackfillTeamFull { team, players: 9, most: 5 }, invalid, "red"),
        (BackfillNeedsSession, invalid, "GameSessionArn"),
        (ProposalStale { match_id: MatchId::new(1), why: "a ticket is gone" }, invalid, "a ticket is gone"),
    ]
}

fn wrong_rule_set() -> Vec<Diagnostic> {
    match front().validate("{}") {
        Err(Rejection::RuleSetInvalid(found)) => found,
        other => panic!("an empty rule set is wrong, found {other:?}"),
    }
}

#[test]
fn every_rejection_is_an_exception_that_the_operation_models() {
    let models: BTreeMap<String, Vec<String>> =
        serde_json::from_str(include_str!("exceptions.json")).unwrap();
    assert_eq!(models.len(), Operation::ALL.len(), "the table of spec 1.2 has a line for each operation");
    let rejections = rejections();
    for operation in Operation::ALL {
        let modelled = &models[operation.name()];
        for (rejection, natural, text) in &rejections {
            let class = if modelled.iter().any(|class| class == natural) {
                natural
            } else {
                "InvalidRequestException"
            };
            let answer = front().encode(Protocol::Json, *operation, Err(rejection.clone()));
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            let place = format!("{}: {rejection:?}", operation.name());
            assert_eq!((answer.status, &body["__type"]), (400, &Value::from(class)), "{place}");
            let message = body["Message"].as_str().expect("a message");
            assert!(message.ends_with(&format!(" [{}]", rejection.code())), "{place}: {message}");
            assert!(message.contains(text), "{place}: {message}");
            let cbor = front().encode(Protocol::Cbor, *operation, Err(rejection.clone()));
            assert_eq!(plain(ciborium::from_reader(&cbor.body[..]).unwrap()), body, "{place}");
        }
    }
}

/// The statuses of spec 1.2: 500 for the one fault, 404 for what is not served (D-02), else 400.
#[test]
fn an_error_of_the_server_has_its_class_and_status() {
    let classes = [
        (Class::Internal, "InternalServiceException", 500),
        (Class::UnknownOperation, "UnknownOperationException", 404),
        (Class::UnsupportedRegion, "UnsupportedRegionException", 400),
        (Class::Serialization, "SerializationException", 400),
        (Class::InvalidRequest, "InvalidRequestException", 400),
    ];
    for (class, name, status) in classes {
        for protocol in [Protocol::Json, Protocol::Cbor] {
            let answer = front().encode_error(protocol, &ApiError::new(class, "what \"happened\""));
            let body: Value = match protocol {
                Protocol::Json => serde_json::from_slice(&answer.body).unwrap(),
                Protocol::Cbor => plain(ciborium::from_reader(&answer.body[..]).unwrap()),
            };
            assert_eq!(answer.status, status, "{name}");
            assert_eq!(body, serde_json::json!({"__type": name, "Message": "what \"happened\""}));
        }
    }
}

/// Spec 1.1: what tells a client which language the body is in.
#[test]
fn every_answer_says_its_language() {
    for answer in [Ok(Outcome::Valid), Err(Rejection::BackfillNeedsSession)] {
        let encode = |protocol| {
            front().encode(protocol, Operation::ValidateMatchmakingRuleSet, answer.clone()).headers
        };
        let json = encode(Protocol::Json);
        assert_eq!((json.len(), header(json, "content-type")), (1, Some("application/x-amz-json-1.1")));
        let cbor = encode(Protocol::Cbor);
        assert_eq!(header(cbor, "content-type"), Some("application/cbor"));
        assert_eq!(header(cbor, "smithy-protocol"), Some("rpc-v2-cbor"));
    }
}

/// The token of an answer is the place where the next page goes on (D-15).
#[test]
fn a_token_that_was_given_is_read_again() {
    let next = Some((START, "a.rule-set".to_string()));
    let outcome = Outcome::Answer(Answer::RuleSets { found: Vec::new(), next: next.clone() });
    let answer = front().encode(Protocol::Json, Operation::DescribeMatchmakingRuleSets, Ok(outcome));
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let ask = serde_json::json!({"NextToken": body["NextToken"]}).to_string();
    let path = "/service/GameLift/operation/DescribeMatchmakingRuleSets";
    let mut cbor = Vec::new();
    ciborium::into_writer(&serde_json::from_str::<Value>(&ask).unwrap(), &mut cbor).unwrap();
    let request = front().decode(path, &http::HeaderMap::new(), &cbor, String::new).unwrap();
    let Ask::Query(Query::RuleSets { page, .. }) = request.ask else { panic!("{request:?}") };
    assert_eq!(page.after, next);
}

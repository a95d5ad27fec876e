//! The wire as data: `conformance/socket/*.json`.
//!
//! A file of an action changes its `frame` (`with`, `without`) or gives a whole one (`text`), and says what it `asks`
//! (parts of what was understood) or how it is `refused` (the exact answer). `answers.json` and `pushes.json` give what
//! is written, byte for byte; `connections.json` who is let in.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use matchwright_engine::{Answer, Asked, Rejection, Reply, Status, Ticket, TicketKind};
use matchwright_game_server::auth::{self, Proof};
use matchwright_game_server::{Action, Front, FrontSettings, Head, Outcome};
use matchwright_hosting::{
    Answer as Hosted, Compute, ComputeFields, GameSession, JoinPolicy, PlayerSession, PlayerSessionStatus,
    ProcessKey, PushKind, Rejection as Refused, SessionFields, SessionStatus, UpdateReason,
};
use matchwright_model::{Listing, MatchId, Player, Roster, RosterPlayer, RosterTeam, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    action: Option<String>,
    frame: Option<Map<String, Value>>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default, rename = "with")]
    added: Map<String, Value>,
    #[serde(default)]
    without: Vec<String>,
    text: Option<String>,
    #[serde(default)]
    lenient_latency: bool,
    #[serde(default)]
    asks: Vec<String>,
    refused: Option<String>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/socket")
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let text = fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn front(lenient_latency: bool) -> Front {
    let (region, account) = ("us-east-1".to_string(), "123456789012".to_string());
    Front::new(FrontSettings { region, account, lenient_latency })
}

fn process() -> ProcessKey {
    ProcessKey { fleet: "fleet-1111".into(), compute: "compute-1".into(), id: "p-1".into() }
}

fn frame(file: &File, case: &Case) -> String {
    if let Some(text) = &case.text {
        return text.clone();
    }
    let mut frame = file.frame.clone().expect("the file has a frame");
    for key in &case.without {
        assert!(frame.remove(key).is_some(), "{}: the frame has no {key}", case.name);
    }
    frame.extend(case.added.clone());
    Value::Object(frame).to_string()
}

#[test]
fn frames_are_understood_or_refused() {
    let special = ["answers.json", "pushes.json", "connections.json"];
    let names = fs::read_dir(folder()).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = names.filter(|name| !special.contains(&&**name)).collect();
    let mut actions = BTreeSet::new();
    for name in names {
        let file: File = read(&name);
        actions.extend(file.action.clone());
        let mut seen = BTreeSet::new();
        for case in &file.cases {
            let place = format!("{name}, {}", case.name);
            assert!(seen.insert(&case.name), "{place}: twice");
            assert_ne!(case.asks.is_empty(), case.refused.is_none(), "{place}: asks or refused");
            check(&place, &file, case);
        }
    }
    let all: BTreeSet<String> = Action::ALL.iter().map(|one| one.name().to_string()).collect();
    assert_eq!(actions, all, "a file for each action");
}

fn check(place: &str, file: &File, case: &Case) {
    let front = front(case.lenient_latency);
    match (front.decode(&process(), &frame(file, case)), &case.refused) {
        (Ok(request), None) => {
            assert_eq!(Some(request.head.action.name()), file.action.as_deref(), "{place}");
            let found = format!("{:?}", request.ask);
            for part in &case.asks {
                assert!(found.contains(part), "{place}: {part} is not in {found}");
            }
        }
        (Err(refused), Some(expected)) => assert_eq!(front.encode_refused(&refused), *expected, "{place}"),
        (found, _) => panic!("{place}: {found:?}"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    name: String,
    action: String,
    /// See [`outcome`].
    outcome: String,
    answer: String,
}

#[test]
fn answers_are_written_byte_for_byte() {
    let cases: Vec<Answered> = read("answers.json");
    let mut statuses = BTreeSet::new();
    for case in &cases {
        let action = Action::of_name(&case.action).expect("an action");
        let head = Head { action, request_id: "r-1".to_string(), made: Some("bf-made".into()) };
        let found = front(false).encode(&head, &outcome(&case.outcome));
        assert_eq!(found, case.answer, "{}", case.name);
        let found: Value = serde_json::from_str(&found).unwrap();
        assert!(found["StatusCode"].is_u64() && found["RequestId"] == "r-1", "{}", case.name);
        statuses.insert(found["StatusCode"].as_u64().unwrap());
    }
    assert_eq!(statuses, BTreeSet::from([200, 400, 401, 403, 404, 409]));
}

fn outcome(name: &str) -> Result<Outcome, Rejection> {
    let answered = |answer| Ok(Outcome::Answer(Answer::Hosting(Box::new(answer))));
    let refused = |rejection| Err(Rejection::Hosting(rejection));
    let seats = |next| {
        let session = Arc::new(session(&Map::new()));
        let of = |(id, status)| (seat(id, status), session.clone());
        let all = [
            ("psess-1", PlayerSessionStatus::Reserved { until: Timestamp(1) }),
            ("psess-2", PlayerSessionStatus::Active),
            ("psess-3", PlayerSessionStatus::Completed { at: Timestamp(1_700_000_009_000) }),
            ("psess-4", PlayerSessionStatus::TimedOut { at: Timestamp(1_700_000_060_000) }),
        ];
        Hosted::PlayerSessions((all.map(of).to_vec(), next))
    };
    match name {
        "done" => Ok(Outcome::Reply(Reply::Done)),
        "nothing asked" => Ok(Outcome::Done),
        "ticket" => Ok(Outcome::Reply(Reply::Ticket(ticket(), None))),
        "seats" => answered(seats(None)),
        "seats and more" => answered(seats(Some((Timestamp(1_700_000_000_000), "psess-4".to_string())))),
        "no seats" => answered(Hosted::PlayerSessions((Vec::new(), None))),
        "compute" => answered(Hosted::Compute("fleet-1111".into(), "compute-1".into(), compute(None))),
        "compute with certificate" => {
            let compute = compute(Some("/etc/certificate".to_string()));
            answered(Hosted::Compute("fleet-1111".into(), "compute-1".into(), compute))
        }
        "made ticket exists" => Err(Rejection::TicketExists("bf-made".into())),
        "another ticket exists" => Err(Rejection::TicketExists("bf-1".into())),
        "no ticket" => Err(Rejection::TicketNotFound("bf-1".into())),
        "no session" => refused(Refused::SessionNotFound("s".into())),
        "not its session" => refused(Refused::NotItsSession { process: process(), session: "s".into() }),
        "ready twice" => {
            refused(Refused::ProcessState { process: process(), status: "ACTIVE", action: "become ready" })
        }
        "seat taken" => refused(Refused::PlayerSessionState {
            id: "psess-1".into(),
            status: "COMPLETED",
            action: "accepted",
        }),
        "token" => refused(Refused::TokenInvalid),
        other => panic!("no outcome is called {other}"),
    }
}

fn ticket() -> Ticket {
    let player = Player {
        id: "p1".into(),
        attributes: Listing::new(),
        latencies: Listing::new(),
        team: Some("red".into()),
    };
    let asked = Asked {
        id: "bf-1".into(),
        matchmaker: "cfg".into(),
        kind: TicketKind::Backfill { game_session: Some("s".to_string()) },
        players: vec![player].into(),
    };
    Ticket {
        asked: asked.into(),
        started_at: Timestamp(1),
        deadline: Timestamp(2),
        status: Status::Queued,
        reason: None,
        matched: None,
    }
}

fn compute(certificate_path: Option<String>) -> Box<Compute> {
    let fields = ComputeFields {
        location: "custom-loc1".into(),
        ip: "127.0.0.1".to_string(),
        dns: None,
        certificate_path,
    };
    Box::new(Compute { fields, created_at: Timestamp(1), tokens: Vec::new() })
}

fn seat(id: &str, status: PlayerSessionStatus) -> PlayerSession {
    let data = (id == "psess-1").then(|| "x".to_string());
    PlayerSession {
        id: id.into(),
        player: id.replace("psess-", "p").into(),
        data,
        status,
        created_at: Timestamp(1_700_000_000_000),
    }
}

/// With what a case names: `name`, `data`, `dns`, `properties`, `roster`, `status`.
fn session(with: &Map<String, Value>) -> GameSession {
    let text = |key: &str| with.get(key).and_then(Value::as_str);
    let properties = with.get("properties").and_then(Value::as_object).into_iter().flatten();
    let fields = SessionFields {
        name: text("name").map(str::to_string),
        max_players: 4,
        properties: properties.map(|(key, one)| (key.clone(), one.as_str().unwrap().to_string())).collect(),
        data: text("data").map(Into::into),
        creator: None,
        token: None,
        policy: JoinPolicy::AcceptAll,
        is_protected: false,
    };
    GameSession {
        id: "fleet-1111/custom-loc1/gsess-aaaa".into(),
        fields,
        host: matchwright_hosting::Host::Process(process()),
        location: "custom-loc1".into(),
        ip: "127.0.0.1".to_string(),
        dns: text("dns").map(str::to_string),
        port: 7777,
        status: match text("status") {
            Some("ACTIVE") => SessionStatus::Active,
            Some("TERMINATING") => SessionStatus::Terminating,
            _ => SessionStatus::Activating { by: Timestamp(9) },
        },
        created_at: Timestamp(1),
        placement: None,
        roster: with.contains_key("roster").then(|| Arc::new(roster())),
        update: None,
        players: Vec::new(),
        occupied: 0,
    }
}

fn roster() -> Roster {
    let players =
        vec![RosterPlayer { id: "p1".into(), attributes: Listing::new(), latencies: Listing::new() }];
    Roster {
        match_id: MatchId::new(1),
        matchmaker: "cfg".into(),
        teams: vec![RosterTeam { name: "red".into(), players }],
        refill: Default::default(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pushed {
    name: String,
    create: Option<Map<String, Value>>,
    update: Option<Map<String, Value>>,
    reason: Option<String>,
    backfill: Option<String>,
    terminate: Option<u64>,
    refresh: Option<(String, String)>,
    says: Value,
}

#[test]
fn pushes_are_written_byte_for_byte() {
    let cases: Vec<Pushed> = read("pushes.json");
    for case in cases {
        let front = front(false);
        let found = match (&case.create, &case.update, case.terminate, &case.refresh) {
            (Some(with), ..) => front.push(&PushKind::CreateSession(Box::new(session(with)))),
            (_, Some(with), ..) => front.push(&PushKind::UpdateSession {
                session: Box::new(session(with)),
                reason: reason(case.reason.as_deref()),
                backfill: case.backfill.as_deref().map(Into::into),
            }),
            (_, _, Some(by), _) => front.push(&PushKind::Terminate { by: Timestamp(by) }),
            (_, _, _, Some((endpoint, token))) => Some(front.refresh(endpoint, token)),
            _ => front.push(&PushKind::Close),
        };
        assert_eq!(found.as_deref(), case.says.as_str(), "{}", case.name);
        let found: Value = serde_json::from_str(&found.unwrap_or_default()).unwrap_or_default();
        let would_be_lost = found.get("RequestId").or(found.get("StatusCode"));
        assert_eq!(would_be_lost, None, "{}", case.name);
    }
}

fn reason(word: Option<&str>) -> UpdateReason {
    match word {
        Some("failed") => UpdateReason::BackfillFailed,
        Some("timed out") => UpdateReason::BackfillTimedOut,
        Some("cancelled") => UpdateReason::BackfillCancelled,
        _ => UpdateReason::RosterChanged,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Visiting {
    name: String,
    query: String,
    /// Where it is signed: the secret, and seconds since 1970.
    secret: Option<String>,
    now: Option<u64>,
    process: Option<[String; 3]>,
    token: Option<String>,
    sdk: Option<String>,
    refused: Option<String>,
}

#[test]
fn connections_are_read_and_signatures_verified() {
    let cases: Vec<Visiting> = read("connections.json");
    for case in cases {
        let name = &case.name;
        let visit = auth::read(&case.query).and_then(|visit| match (&visit.proof, &case.secret) {
            (Proof::Signature(signature), Some(secret)) => {
                signature.verify(secret, Timestamp::from_secs(case.now.unwrap_or(0))).map(|()| visit)
            }
            (_, None) => Ok(visit),
            (Proof::Token(_), Some(_)) => panic!("{name}: a token where a signature was expected"),
        });
        match (visit, case.refused) {
            (Ok(visit), None) => {
                let ids =
                    [visit.process.fleet.as_str(), visit.process.compute.as_str(), visit.process.id.as_str()];
                assert_eq!(Some(ids.map(str::to_string)), case.process, "{name}");
                let token = match &visit.proof {
                    Proof::Token(token) => Some(token.clone()),
                    Proof::Signature(_) => None,
                };
                assert_eq!(token, case.token, "{name}");
                let sdk = format!("{} {}", visit.sdk.language, visit.sdk.version);
                assert_eq!(sdk.trim(), case.sdk.as_deref().unwrap_or(""), "{name}");
            }
            (Err(found), Some(why)) => assert!(found.to_string().contains(&why), "{name}: {found}"),
            (found, why) => panic!("{name}: {found:?}, {why:?}"),
        }
    }
}

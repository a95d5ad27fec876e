//! Frames to commands and queries, action by action (spec hosting 1.4). What an SDK may leave empty is read as absent,
//! unknown fields are passed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_amazon::{Kind, name_of};
use matchwright_engine::{Command, Query};
use matchwright_hosting::{Command as Hosted, JoinPolicy, PlayersOf, ProcessKey, Query as HostedQuery};
use matchwright_model::{
    AttributeValue, GameSessionId, Listing, MatchmakerName, Page, Player, Region, TicketId,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::errors::{BAD_REQUEST, SocketError};
use crate::operations::Action;
use crate::{Ask, Front, Head, Request, page};

/// The SDKs ask for no longer page.
const PAGE_MAX: u32 = 1024;
const PLAYERS_MAX: usize = 200;
/// As for tickets (D-08).
const ATTRIBUTES_MAX: usize = 10;
/// Made by `uuidgen`, once: ids of tickets whose server named none are derived from it.
const TICKETS: Uuid = Uuid::from_u128(0x0b8e_5d1c_53d4_4a55_9b0c_6f86_1c7a_2d10);

/// A frame that was not understood, with what could be read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub action: Option<String>,
    pub request_id: Option<String>,
    pub error: SocketError,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    action: Option<String>,
    request_id: Option<String>,
}

pub(crate) fn decode(front: &Front, process: &ProcessKey, frame: &str) -> Result<Request, Refused> {
    let (action, request_id) = head(frame)?;
    let refused = |message: String| Refused {
        action: Some(action.name().to_string()),
        request_id: Some(request_id.clone()),
        error: SocketError::new(BAD_REQUEST, format!("{}: {message}", action.name())),
    };
    let mut head = Head { action, request_id: request_id.clone(), made: None };
    let ask = match action {
        Action::StartMatchBackfill => start_backfill(front, process, frame, &mut head),
        _ => ask(action, process, frame),
    };
    ask.map(|ask| Request { head, ask }).map_err(refused)
}

fn head(frame: &str) -> Result<(Action, String), Refused> {
    let refuse = |envelope: Envelope, message: String| Refused {
        action: envelope.action,
        request_id: envelope.request_id,
        error: SocketError::new(BAD_REQUEST, message),
    };
    let nothing = |why: &str| {
        let envelope = Envelope { action: None, request_id: None };
        refuse(envelope, format!("expected a JSON object, found {why}"))
    };
    if frame.trim_start().starts_with('[') {
        return Err(nothing("a list"));
    }
    let envelope: Envelope =
        serde_json::from_str(frame).map_err(|error| nothing(&format!("none: {error}")))?;
    let Some(name) = envelope.action.clone() else {
        return Err(refuse(envelope, "expected an Action, found none".to_string()));
    };
    let Some(action) = Action::of_name(&name) else {
        let known: Vec<&str> = Action::ALL.iter().map(|one| one.name()).collect();
        let message = format!("unknown Action {name:?}; expected one of {}", known.join(", "));
        return Err(refuse(envelope, message));
    };
    match envelope.request_id.clone().filter(|id| !id.is_empty()) {
        Some(request_id) => Ok((action, request_id)),
        None => Err(refuse(envelope, format!("{name}: expected a RequestId, found none"))),
    }
}

type Asked = Result<Ask, String>;

fn ask(action: Action, process: &ProcessKey, frame: &str) -> Asked {
    let process = process.clone();
    match action {
        Action::ActivateServerProcess => {
            let Ready { port, log_paths } = read(frame)?;
            hosted(Hosted::ReadyProcess { process, port, log_paths: log_paths.unwrap_or_default() })
        }
        Action::HeartbeatServerProcess => {
            let Heartbeat { health_status } = read(frame)?;
            Ok(Ask::Heartbeat { is_healthy: health_status })
        }
        Action::ActivateGameSession => {
            let OfSession { game_session_id } = read(frame)?;
            hosted(Hosted::ActivateSession { process, session: session(&game_session_id)? })
        }
        Action::UpdatePlayerSessionCreationPolicy => {
            let Policy { game_session_id, player_session_policy } = read(frame)?;
            let policy = policy(&player_session_policy)?;
            hosted(Hosted::SetJoinPolicy { process, session: session(&game_session_id)?, policy })
        }
        Action::AcceptPlayerSession => {
            let OfPlayer { game_session_id, player_session_id } = read(frame)?;
            let (session, player) = (session(&game_session_id)?, filled(player_session_id)?);
            hosted(Hosted::AcceptPlayer { process, session, player_session: player.into() })
        }
        Action::RemovePlayerSession => {
            let OfPlayer { game_session_id, player_session_id } = read(frame)?;
            let (session, player) = (session(&game_session_id)?, filled(player_session_id)?);
            hosted(Hosted::RemovePlayer { process, session, player_session: player.into() })
        }
        Action::DescribePlayerSessions => describe(read(frame)?),
        Action::StopMatchBackfill => stop_backfill(process, read(frame)?),
        Action::GetComputeCertificate => {
            query(HostedQuery::Compute { fleet: process.fleet, name: process.compute })
        }
        Action::GetFleetRoleCredentials => Ok(Ask::Credentials),
        Action::TerminateServerProcess => hosted(Hosted::EndProcess { process }),
        Action::StartMatchBackfill => unreachable!("decoded on its own: it may need an id"),
    }
}

/// Without the place in the line, which says nothing to who did not write it by hand.
fn read<T: DeserializeOwned>(frame: &str) -> Result<T, String> {
    serde_json::from_str(frame).map_err(|error| {
        let text = error.to_string();
        text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_string()
    })
}

fn hosted(command: Hosted) -> Asked {
    Ok(Ask::Command(Box::new(Command::Hosting(Box::new(command)))))
}

fn query(query: HostedQuery) -> Asked {
    Ok(Ask::Query(Box::new(Query::Hosting(query))))
}

/// A text that says something.
fn filled(text: String) -> Result<String, String> {
    match text.is_empty() {
        true => Err("expected an id, found an empty text".to_string()),
        false => Ok(text),
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The end of its ARN; the id alone is taken too.
fn session(arn: &str) -> Result<GameSessionId, String> {
    let id = name_of(arn, Kind::GameSession).filter(|id| !id.is_empty());
    id.map(GameSessionId::from).ok_or_else(|| format!("expected the ARN of a game session, found {arn:?}"))
}

fn matchmaker(arn: &str) -> Result<MatchmakerName, String> {
    let name = name_of(arn, Kind::Matchmaker).filter(|name| !name.is_empty());
    name.map(MatchmakerName::from)
        .ok_or_else(|| format!("expected the ARN of a matchmaking configuration, found {arn:?}"))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ready {
    port: u16,
    /// Absent from C++ when empty, null from Go.
    log_paths: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Heartbeat {
    health_status: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfSession {
    game_session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfPlayer {
    game_session_id: String,
    player_session_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    game_session_id: String,
    player_session_policy: String,
}

fn policy(word: &str) -> Result<JoinPolicy, String> {
    match word {
        "ACCEPT_ALL" => Ok(JoinPolicy::AcceptAll),
        "DENY_ALL" => Ok(JoinPolicy::DenyAll),
        other => Err(format!("PlayerSessionPolicy: expected ACCEPT_ALL or DENY_ALL, found {other:?}")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Describe {
    game_session_id: Option<String>,
    player_id: Option<String>,
    player_session_id: Option<String>,
    player_session_status_filter: Option<String>,
    limit: Option<u32>,
    next_token: Option<String>,
}

fn describe(asked: Describe) -> Asked {
    let of = match (given(asked.game_session_id), given(asked.player_id), given(asked.player_session_id)) {
        (Some(arn), None, None) => PlayersOf::Session(session(&arn)?),
        (None, Some(player), None) => PlayersOf::Player(player.into()),
        (None, None, Some(id)) => PlayersOf::One(id.into()),
        _ => return Err("expected exactly one of GameSessionId, PlayerId, PlayerSessionId".to_string()),
    };
    let status = given(asked.player_session_status_filter).map(|word| {
        let known = ["RESERVED", "ACTIVE", "COMPLETED", "TIMEDOUT"];
        let found = known.into_iter().find(|one| *one == word);
        found.ok_or_else(|| {
            format!("PlayerSessionStatusFilter: expected one of {}, found {word:?}", known.join(", "))
        })
    });
    let after = given(asked.next_token).map(|token| {
        page::read(&token).ok_or("NextToken: expected a token of an earlier answer, found another text")
    });
    // 0 is what an SDK sends that was given no limit.
    let limit = asked.limit.filter(|limit| *limit > 0).unwrap_or(PAGE_MAX).min(PAGE_MAX);
    let page = Page { after: after.transpose()?, limit: limit as usize };
    query(HostedQuery::PlayerSessions { of, status: status.transpose()?, page })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StopBackfill {
    game_session_arn: String,
    matchmaking_configuration_arn: String,
    ticket_id: String,
}

fn stop_backfill(process: ProcessKey, asked: StopBackfill) -> Asked {
    matchmaker(&asked.matchmaking_configuration_arn)?;
    let (id, session) = (filled(asked.ticket_id)?.into(), session(&asked.game_session_arn)?);
    let stop = Command::StopBackfill { id, game_session: session.to_string() };
    let command = Command::OfSession { process: Box::new(process), session, command: Box::new(stop) };
    Ok(Ask::Command(Box::new(command)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StartBackfill {
    game_session_arn: String,
    matchmaking_configuration_arn: String,
    /// Empty from Go when unset.
    ticket_id: Option<String>,
    players: Vec<SentPlayer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SentPlayer {
    player_id: String,
    team: Option<String>,
    player_attributes: Option<BTreeMap<String, SentAttribute>>,
    latency_in_ms: Option<BTreeMap<String, u32>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct SentAttribute {
    #[serde(rename = "AttrType")]
    kind: Option<String>,
    s: Option<String>,
    n: Option<f64>,
    sl: Option<Vec<String>>,
    sdm: Option<BTreeMap<String, f64>>,
}

/// Where the server named no ticket, its id follows from the request's: an SDK that asks again gets the same ticket.
fn start_backfill(front: &Front, process: &ProcessKey, frame: &str, head: &mut Head) -> Asked {
    let asked: StartBackfill = read(frame)?;
    let id = match given(asked.ticket_id) {
        Some(id) => ticket(id)?,
        None => {
            let text = format!("{}/{}/{}/{}", process.fleet, process.compute, process.id, head.request_id);
            let made = TicketId::from(Uuid::new_v5(&TICKETS, text.as_bytes()).to_string());
            head.made.insert(made).clone()
        }
    };
    let count = asked.players.len();
    if !(1..=PLAYERS_MAX).contains(&count) {
        return Err(format!("Players: expected 1 to {PLAYERS_MAX}, found {count}"));
    }
    let players = asked.players.into_iter().map(|one| player(one, front.settings.lenient_latency));
    let session = session(&asked.game_session_arn)?;
    let start = Command::StartBackfill {
        id,
        matchmaker: matchmaker(&asked.matchmaking_configuration_arn)?,
        game_session: Some(session.to_string()),
        players: players.collect::<Result<Arc<[Player]>, String>>()?,
    };
    let process = Box::new(process.clone());
    Ok(Ask::Command(Box::new(Command::OfSession { process, session, command: Box::new(start) })))
}

fn ticket(id: String) -> Result<TicketId, String> {
    let fits =
        id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    match fits {
        true => Ok(id.into()),
        false => Err(format!("TicketId: expected up to 128 letters, digits, - and ., found {id:?}")),
    }
}

fn player(sent: SentPlayer, lenient_latency: bool) -> Result<Player, String> {
    let id = filled(sent.player_id)?;
    let attributes = sent.player_attributes.unwrap_or_default();
    if attributes.len() > ATTRIBUTES_MAX {
        let found = attributes.len();
        return Err(format!("PlayerAttributes of {id}: expected at most {ATTRIBUTES_MAX}, found {found}"));
    }
    let mut kept = Vec::new();
    for (name, sent) in attributes {
        let value = attribute(sent).map_err(|why| format!("attribute {name} of player {id}: {why}"))?;
        kept.extend(value.map(|value| (name.into(), value)));
    }
    let latencies = sent.latency_in_ms.unwrap_or_default();
    if !lenient_latency && latencies.values().any(|latency| *latency == 0) {
        return Err(format!("LatencyInMs of {id}: expected at least 1, found 0"));
    }
    Ok(Player {
        id: id.into(),
        attributes: kept.into_iter().collect(),
        latencies: latencies_of(latencies),
        team: given(sent.team).map(Into::into),
    })
}

fn latencies_of(sent: BTreeMap<String, u32>) -> Listing<Region, u32> {
    sent.into_iter().map(|(region, latency)| (Region::from(region), latency.max(1))).collect()
}

/// `None` for an attribute that says that it holds nothing.
fn attribute(sent: SentAttribute) -> Result<Option<AttributeValue>, String> {
    let kind = match (&sent.kind, &sent.s, &sent.n, &sent.sl, &sent.sdm) {
        (Some(kind), ..) => kind.as_str(),
        (None, Some(_), ..) => "STRING",
        (None, _, Some(_), ..) => "DOUBLE",
        (None, _, _, Some(_), _) => "STRING_LIST",
        (None, _, _, _, Some(_)) => "STRING_DOUBLE_MAP",
        (None, ..) => "NONE",
    };
    let value = match kind {
        "NONE" => return Ok(None),
        "STRING" => sent.s.map(AttributeValue::Text).ok_or("S"),
        "DOUBLE" => sent.n.map(AttributeValue::Number).ok_or("N"),
        "STRING_LIST" => sent.sl.map(AttributeValue::text_list).ok_or("SL"),
        "STRING_DOUBLE_MAP" => sent.sdm.map(AttributeValue::NumberMap).ok_or("SDM"),
        other => return Err(format!("unknown AttrType {other:?}")),
    };
    value.map(Some).map_err(|key| format!("AttrType {kind} needs a value {key}"))
}

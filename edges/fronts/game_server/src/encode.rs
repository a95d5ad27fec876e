//! Answers and pushes (spec hosting 1.3 to 1.5). An answer repeats action and request id and has a whole-numbered
//! status; a push has neither id nor status, or the SDKs would take it for an answer and drop it.

use std::collections::BTreeMap;

use matchwright_amazon::matchmaker_data;
use matchwright_engine::{Answer, Reply};
use matchwright_hosting::{
    Answer as Hosted, GameSession, PlayerSession, PlayerSessionStatus, PushKind, SessionStatus, UpdateReason,
};
use matchwright_model::{FleetId, TicketId, Timestamp};
use serde::Serialize;

use crate::errors::SocketError;
use crate::{Front, Head, Outcome, page};

const OK: u16 = 200;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Response<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    status_code: u16,
    #[serde(flatten)]
    fields: T,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure<'a> {
    error_message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Backfill<'a> {
    ticket_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Certificate<'a> {
    certificate_path: &'a str,
    compute_name: &'a str,
}

/// Empty texts, not missing ones: how an SDK tells that its compute is no part of a cloud.
#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Credentials {
    assumed_role_user_arn: &'static str,
    assumed_role_id: &'static str,
    access_key_id: &'static str,
    secret_access_key: &'static str,
    session_token: &'static str,
    expiration: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Players {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    player_sessions: Vec<Seat>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Seat {
    player_id: String,
    player_session_id: String,
    game_session_id: String,
    fleet_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    player_data: Option<String>,
    ip_address: String,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns_name: Option<String>,
    creation_time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    termination_time: Option<u64>,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateGameSession<'a> {
    action: &'static str,
    game_session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    game_session_name: Option<&'a str>,
    #[serde(flatten)]
    data: Data<'a>,
    #[serde(flatten)]
    place: Place<'a>,
    game_properties: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateGameSession<'a> {
    action: &'static str,
    game_session: Session<'a>,
    update_reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    backfill_ticket_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Session<'a> {
    game_session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    fleet_id: &'a str,
    location: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    #[serde(flatten)]
    data: Data<'a>,
    game_properties: BTreeMap<&'a str, &'a str>,
    status: &'static str,
}

/// What both pushes tell of a game session under the same names, though in another order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    game_session_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matchmaker_data: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Place<'a> {
    maximum_player_session_count: u32,
    ip_address: &'a str,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns_name: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TerminateProcess {
    action: &'static str,
    termination_time: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct RefreshConnection<'a> {
    action: &'static str,
    refresh_connection_endpoint: &'a str,
    auth_token: &'a str,
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("writing to memory cannot fail")
}

fn success(head: &Head, fields: impl Serialize) -> String {
    let (action, request_id) = (Some(head.action.name()), Some(head.request_id.as_str()));
    text(&Response { action, request_id, status_code: OK, fields })
}

pub(crate) fn error(action: Option<&str>, request_id: Option<&str>, error: &SocketError) -> String {
    let fields = Failure { error_message: &error.message };
    text(&Response { action, request_id, status_code: error.status, fields })
}

pub(crate) fn backfill(head: &Head, id: &TicketId) -> String {
    success(head, Backfill { ticket_id: id.as_str() })
}

pub(crate) fn answer(front: &Front, head: &Head, outcome: &Outcome) -> String {
    use crate::Action::*;
    match (head.action, outcome) {
        (StartMatchBackfill, Outcome::Reply(Reply::Ticket(ticket, _))) => backfill(head, &ticket.id),
        (GetFleetRoleCredentials, _) => success(head, Credentials::default()),
        (_, Outcome::Answer(Answer::Hosting(answer))) => hosted(front, head, answer),
        _ => success(head, Nothing {}),
    }
}

fn hosted(front: &Front, head: &Head, answer: &Hosted) -> String {
    match answer {
        Hosted::PlayerSessions((found, next)) => {
            let player_sessions = found.iter().map(|(seat, session)| seat_of(front, seat, session)).collect();
            success(head, Players { next_token: next.as_ref().map(page::write), player_sessions })
        }
        Hosted::Compute(_, name, compute) => {
            let certificate_path = compute.fields.certificate_path.as_deref().unwrap_or_default();
            success(head, Certificate { certificate_path, compute_name: name.as_str() })
        }
        _ => success(head, Nothing {}),
    }
}

fn seat_of(front: &Front, seat: &PlayerSession, session: &GameSession) -> Seat {
    let (status, ended) = match seat.status {
        PlayerSessionStatus::Reserved { .. } => ("RESERVED", None),
        PlayerSessionStatus::Active => ("ACTIVE", None),
        PlayerSessionStatus::Completed { at } => ("COMPLETED", Some(at)),
        PlayerSessionStatus::TimedOut { at } => ("TIMEDOUT", Some(at)),
    };
    Seat {
        player_id: seat.player.to_string(),
        player_session_id: seat.id.to_string(),
        game_session_id: front.arns.game_session(&session.id),
        // A session that a process speaks of has a fleet.
        fleet_id: session.fleet().map(ToString::to_string).unwrap_or_default(),
        player_data: seat.data.clone(),
        ip_address: session.ip.clone(),
        port: session.port,
        dns_name: session.dns.clone(),
        creation_time: seat.created_at.0,
        termination_time: ended.map(|at: Timestamp| at.0),
        status,
    }
}

pub(crate) fn push(front: &Front, kind: &PushKind) -> Option<String> {
    Some(match kind {
        PushKind::CreateSession(session) => text(&CreateGameSession {
            action: "CreateGameSession",
            game_session_id: front.arns.game_session(&session.id),
            game_session_name: session.fields.name.as_deref(),
            data: data(front, session),
            place: place(session),
            game_properties: properties(session),
        }),
        PushKind::UpdateSession { session, reason, backfill } => text(&UpdateGameSession {
            action: "UpdateGameSession",
            game_session: session_of(front, session),
            update_reason: reason_word(*reason),
            backfill_ticket_id: backfill.as_ref().map(TicketId::as_str),
        }),
        PushKind::Terminate { by } => {
            text(&TerminateProcess { action: "TerminateProcess", termination_time: by.0 })
        }
        PushKind::Close => return None,
    })
}

pub(crate) fn refresh(endpoint: &str, token: &str) -> String {
    text(&RefreshConnection {
        action: "RefreshConnection",
        refresh_connection_endpoint: endpoint,
        auth_token: token,
    })
}

fn session_of<'a>(front: &Front, session: &'a GameSession) -> Session<'a> {
    Session {
        game_session_id: front.arns.game_session(&session.id),
        name: session.fields.name.as_deref(),
        fleet_id: session.fleet().map_or("", FleetId::as_str),
        location: session.location.as_str(),
        place: place(session),
        data: data(front, session),
        game_properties: properties(session),
        status: match session.status {
            SessionStatus::Activating { .. } => "ACTIVATING",
            SessionStatus::Active => "ACTIVE",
            SessionStatus::Terminating => "TERMINATING",
            SessionStatus::Terminated { .. } => "TERMINATED",
        },
    }
}

fn data<'a>(front: &Front, session: &'a GameSession) -> Data<'a> {
    Data {
        game_session_data: session.fields.data.as_deref(),
        matchmaker_data: session.roster.as_ref().map(|roster| matchmaker_data(&front.arns, roster)),
    }
}

fn place(session: &GameSession) -> Place<'_> {
    Place {
        maximum_player_session_count: session.fields.max_players,
        ip_address: &session.ip,
        port: session.port,
        dns_name: session.dns.as_deref(),
    }
}

/// Here an object; the API has a list of them.
fn properties(session: &GameSession) -> BTreeMap<&str, &str> {
    session.fields.properties.iter().map(|(key, value)| (&**key, &**value)).collect()
}

fn reason_word(reason: UpdateReason) -> &'static str {
    match reason {
        UpdateReason::RosterChanged => "MATCHMAKING_DATA_UPDATED",
        UpdateReason::BackfillFailed => "BACKFILL_FAILED",
        UpdateReason::BackfillTimedOut => "BACKFILL_TIMED_OUT",
        UpdateReason::BackfillCancelled => "BACKFILL_CANCELLED",
    }
}

//! Game sessions and player sessions (hosting 3.6, 3.7).

use matchwright_amazon::matchmaker_data;
use matchwright_hosting::{GameSession, JoinPolicy, PlayerSession, SessionEnd, SessionStatus};
use matchwright_model::{PlayerId, Timestamp};

use super::fleets::{fleet_id, protection};
use super::pair;
use crate::Front;
use crate::operations::Operation;
use crate::out::{Members, Out};

/// DescribeGameSessionDetails tells the protection of each beside it.
pub(super) fn game_sessions(
    front: &Front,
    operation: Operation,
    found: &[GameSession],
    reply: &mut Members<'_>,
) {
    if operation != Operation::DescribeGameSessionDetails {
        return reply.member("GameSessions").list(found.iter(), |out, one| game_session(front, one, out));
    }
    reply.member("GameSessionDetails").list(found.iter(), |out, one| {
        out.map(|detail| {
            game_session(front, one, detail.member("GameSession"));
            detail.text("ProtectionPolicy", protection(one.fields.is_protected));
        });
    });
}

pub(super) fn game_session(front: &Front, one: &GameSession, out: &mut Out) {
    let fields = &one.fields;
    let (ended_at, reason) = ended(one.status).unzip();
    out.map(|session| {
        session.text("GameSessionId", &front.arns().game_session(&one.id));
        session.optional_text("Name", fields.name.as_ref());
        if let Some(fleet) = one.fleet() {
            fleet_id(front, fleet, session);
        }
        session.member("CreationTime").time(one.created_at);
        if let Some(at) = ended_at {
            session.member("TerminationTime").time(at);
        }
        session.int("CurrentPlayerSessionCount", one.occupied);
        session.int("MaximumPlayerSessionCount", fields.max_players);
        session.text("Status", one.status.name());
        session.optional_text("StatusReason", reason.flatten().as_ref());
        if !fields.properties.is_empty() {
            let properties = session.member("GameProperties");
            properties.list(fields.properties.iter(), |out, (key, value)| pair(key, value, out));
        }
        session.text("IpAddress", &one.ip);
        session.optional_text("DnsName", one.dns.as_ref());
        session.int("Port", one.port);
        session.text(
            "PlayerSessionCreationPolicy",
            match fields.policy {
                JoinPolicy::AcceptAll => "ACCEPT_ALL",
                JoinPolicy::DenyAll => "DENY_ALL",
            },
        );
        session.optional_text("CreatorId", fields.creator.as_ref());
        session.optional_text("GameSessionData", fields.data.as_ref());
        if let Some(roster) = &one.roster {
            session.text("MatchmakerData", &matchmaker_data(front.arns(), roster));
        }
        session.text("Location", &one.location);
        if let Some(process) = one.process() {
            session.text("ComputeName", &process.compute);
        }
        session.text("PlayerGatewayStatus", "DISABLED");
    });
}

/// When a session ended, and why; one that its server ended by itself has no reason.
fn ended(status: SessionStatus) -> Option<(Timestamp, Option<&'static str>)> {
    let SessionStatus::Terminated { at, end } = status else { return None };
    let reason = match end {
        SessionEnd::Finished | SessionEnd::NotActivated | SessionEnd::TimeUp => None,
        SessionEnd::Triggered => Some("TRIGGERED_ON_PROCESS_TERMINATE"),
        SessionEnd::Interrupted => Some("INTERRUPTED"),
    };
    Some((at, reason))
}

pub(super) fn player_session(front: &Front, one: &PlayerSession, session: &GameSession, out: &mut Out) {
    out.map(|seat| {
        seat.text("PlayerSessionId", &one.id);
        seat.text("PlayerId", &one.player);
        seat.text("GameSessionId", &front.arns().game_session(&session.id));
        if let Some(fleet) = session.fleet() {
            fleet_id(front, fleet, seat);
        }
        seat.member("CreationTime").time(one.created_at);
        if let Some(at) = one.status.ended_at() {
            seat.member("TerminationTime").time(at);
        }
        seat.text("Status", one.status.name());
        seat.text("IpAddress", &session.ip);
        seat.optional_text("DnsName", session.dns.as_ref());
        seat.int("Port", session.port);
        seat.optional_text("PlayerData", one.data.as_ref());
    });
}

/// Straight to the game server: there is no player gateway here, and no token for one.
pub(super) fn connections(
    front: &Front,
    session: &GameSession,
    players: &[PlayerId],
    reply: &mut Members<'_>,
) {
    reply.text("GameSessionId", &front.arns().game_session(&session.id));
    reply.member("PlayerConnectionDetails").list(players.iter(), |out, player| {
        out.map(|detail| {
            detail.text("PlayerId", player);
            detail.member("Endpoints").list([session].into_iter(), |out, session| {
                out.map(|endpoint| {
                    endpoint.text("IpAddress", &session.ip);
                    endpoint.int("Port", session.port);
                });
            });
        });
    });
}

//! Games in version 1: game sessions, who plays in them, and their seats.

use serde::{Deserialize, Serialize};

use super::super::{Attributes, Latencies, MatchId};
use super::{ProcessKey, Properties};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct GameSession<'a> {
    pub(super) id: &'a str,
    #[serde(borrow)]
    pub(super) fields: SessionFields<'a>,
    #[serde(borrow)]
    pub(super) host: Host<'a>,
    pub(super) location: &'a str,
    pub(super) ip: &'a str,
    #[serde(borrow)]
    pub(super) dns: Option<&'a str>,
    pub(super) port: u16,
    pub(super) status: SessionStatus,
    pub(super) created_at: u64,
    #[serde(borrow)]
    pub(super) placement: Option<&'a str>,
    #[serde(borrow)]
    pub(super) roster: Option<Roster<'a>>,
    #[serde(borrow)]
    pub(super) update: Option<SessionUpdate<'a>>,
    #[serde(borrow)]
    pub(super) players: Vec<PlayerSession<'a>>,
    pub(super) occupied: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(in super::super) enum Host<'a> {
    Process(#[serde(borrow)] ProcessKey<'a>),
    Elsewhere { until: u64, reservation_ms: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct Server<'a> {
    #[serde(borrow)]
    pub(super) session: Option<&'a str>,
    pub(super) location: &'a str,
    pub(super) ip: &'a str,
    #[serde(borrow)]
    pub(super) dns: Option<&'a str>,
    pub(super) port: u16,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct SessionFields<'a> {
    #[serde(borrow)]
    pub(super) name: Option<&'a str>,
    pub(super) max_players: u32,
    #[serde(borrow)]
    pub(super) properties: Properties<'a>,
    #[serde(borrow)]
    pub(super) data: Option<&'a str>,
    #[serde(borrow)]
    pub(super) creator: Option<&'a str>,
    #[serde(borrow)]
    pub(super) token: Option<&'a str>,
    pub(super) policy: JoinPolicy,
    pub(super) is_protected: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum SessionStatus {
    Activating { by: u64 },
    Active,
    Terminating,
    Terminated { at: u64, end: SessionEnd },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum JoinPolicy {
    AcceptAll,
    DenyAll,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum SessionEnd {
    Finished,
    Triggered,
    Interrupted,
    NotActivated,
    TimeUp,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct SessionUpdate<'a> {
    pub(super) at: u64,
    pub(super) reason: UpdateReason,
    #[serde(borrow)]
    pub(super) backfill: Option<&'a str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum UpdateReason {
    RosterChanged,
    BackfillFailed,
    BackfillTimedOut,
    BackfillCancelled,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Roster<'a> {
    pub(super) match_id: MatchId,
    pub(super) matchmaker: &'a str,
    #[serde(borrow)]
    pub(super) teams: Vec<RosterTeam<'a>>,
    #[serde(borrow)]
    pub(super) refill: Refill<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum Refill<'a> {
    Off,
    Resting,
    Open(&'a str),
}

#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct RosterTeam<'a> {
    pub(super) name: &'a str,
    #[serde(borrow)]
    pub(super) players: Vec<RosterPlayer<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct RosterPlayer<'a> {
    pub(super) id: &'a str,
    #[serde(borrow)]
    pub(super) attributes: Attributes<'a>,
    #[serde(borrow)]
    pub(super) latencies: Latencies<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct PlayerSession<'a> {
    pub(super) id: &'a str,
    pub(super) player: &'a str,
    #[serde(borrow)]
    pub(super) data: Option<&'a str>,
    pub(super) status: PlayerSessionStatus,
    pub(super) created_at: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) enum PlayerSessionStatus {
    Reserved { until: u64 },
    Active,
    Completed { at: u64 },
    TimedOut { at: u64 },
}

/// A player session to be, and who asked for it.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct Reservation<'a> {
    pub(super) id: &'a str,
    #[serde(borrow)]
    pub(super) request: PlayerRequest<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct PlayerRequest<'a> {
    pub(super) player: &'a str,
    #[serde(borrow)]
    pub(super) data: Option<&'a str>,
}

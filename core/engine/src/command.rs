//! Everything one may ask of the engine: clients, the clock, search, placement and sinks alike.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use matchwright_model::{GameSessionId, MatchId, MatchmakerName, Player, QueueName, RuleSetName, TicketId};

use crate::{BackfillMode, Mode, Resource, RuleCount, Seat};

/// A wish. [`crate::decide`] answers it with changes or a rejection.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    CreateRuleSet {
        name: RuleSetName,
        body: String,
        tags: BTreeMap<String, String>,
    },
    DeleteRuleSet {
        name: RuleSetName,
    },
    CreateMatchmaker {
        name: MatchmakerName,
        /// Boxed like all that is rare and large: each command is as wide as the widest.
        fields: Box<MatchmakerFields>,
        tags: BTreeMap<String, String>,
    },
    UpdateMatchmaker {
        name: MatchmakerName,
        patch: Box<MatchmakerPatch>,
    },
    DeleteMatchmaker {
        name: MatchmakerName,
    },
    Tag {
        resource: Resource,
        tags: BTreeMap<String, String>,
    },
    Untag {
        resource: Resource,
        keys: Vec<String>,
    },
    /// `id` is made at the door when the client sent none.
    StartTicket {
        id: TicketId,
        matchmaker: MatchmakerName,
        players: Arc<[Player]>,
    },
    StartBackfill {
        id: TicketId,
        matchmaker: MatchmakerName,
        game_session: Option<String>,
        players: Arc<[Player]>,
    },
    /// What a game server asks of its own game: another ticket than a backfill of it is unknown.
    StopBackfill {
        id: TicketId,
        game_session: String,
    },
    StopTicket {
        id: TicketId,
    },
    /// A player's answer to a proposal, for one or more players of one ticket.
    AnswerProposal {
        ticket: TicketId,
        players: Vec<matchwright_model::PlayerId>,
        accept: bool,
    },
    /// Search found a match; everything in it is checked again before it is committed.
    Propose(Proposal),
    /// Game servers and who hosts them; boxed like all that is rare and large.
    Hosting(Box<matchwright_hosting::Command>),
    /// A game server asks for its game session: a backfill is started or stopped only where that session runs.
    OfSession {
        process: Box<matchwright_hosting::ProcessKey>,
        session: GameSessionId,
        command: Box<Command>,
    },
    /// The clock: ends what is due, at most `Settings::due_per_tick` at a time.
    Tick,
    /// A sink delivered everything up to a position of the journal.
    AdvanceSink {
        sink: String,
        position: u64,
    },
}

/// A match that search would make.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Made at the door from a seeded generator.
    pub match_id: MatchId,
    pub matchmaker: MatchmakerName,
    /// The rule set it was judged by; another one in force rejects it.
    pub rule_set: RuleSetName,
    /// Every player of every ticket, tickets by age.
    pub seats: Vec<Seat>,
    /// The anchor's counters (D-119).
    pub rule_counts: Vec<RuleCount>,
    /// The best common region (D-115).
    pub region: Option<matchwright_model::Region>,
}

/// A whole configuration, valid by itself; the engine checks it against the rest of the world.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchmakerFields {
    pub description: Option<String>,
    pub rule_set: RuleSetName,
    /// 1 s to 43,200 s.
    pub request_timeout: Duration,
    pub acceptance_required: bool,
    /// 1 s to 600 s; `None` reads as 600 s where acceptance is required (D-20).
    pub acceptance_timeout: Option<Duration>,
    pub mode: Option<Mode>,
    pub queues: Vec<QueueName>,
    pub notification_target: Option<String>,
    pub additional_players: u32,
    pub custom_event_data: Option<String>,
    pub game_properties: Vec<(String, String)>,
    pub game_session_data: Option<String>,
    pub backfill_mode: Option<BackfillMode>,
}

impl MatchmakerFields {
    /// A configuration that says no more than it must.
    pub fn least(rule_set: RuleSetName, request_timeout: Duration) -> Self {
        Self {
            description: None,
            rule_set,
            request_timeout,
            acceptance_required: false,
            acceptance_timeout: None,
            mode: None,
            queues: Vec::new(),
            notification_target: None,
            additional_players: 0,
            custom_event_data: None,
            game_properties: Vec::new(),
            game_session_data: None,
            backfill_mode: None,
        }
    }
}

/// Only the given members change; an empty text clears one (D-23).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MatchmakerPatch {
    pub description: Option<String>,
    pub rule_set: Option<RuleSetName>,
    pub request_timeout: Option<Duration>,
    pub acceptance_required: Option<bool>,
    pub acceptance_timeout: Option<Duration>,
    pub mode: Option<Mode>,
    pub queues: Option<Vec<QueueName>>,
    pub notification_target: Option<String>,
    pub additional_players: Option<u32>,
    pub custom_event_data: Option<String>,
    pub game_properties: Option<Vec<(String, String)>>,
    pub game_session_data: Option<String>,
    pub backfill_mode: Option<BackfillMode>,
}

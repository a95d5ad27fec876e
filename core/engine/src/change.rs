//! What happened: the journaled facts. A journal is a list of these, and so is a snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_model::{
    MatchId, MatchmakerName, PlayerId, Region, RuleSetName, TeamName, TicketId, Timestamp,
};

use crate::{AcceptanceOutcome, Asked, MatchmakerFields, Resource, Session};

/// A change and when it happened; its position is given by the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub at: Timestamp,
    pub change: Change,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    RuleSetCreated {
        name: RuleSetName,
        body: String,
        tags: BTreeMap<String, String>,
    },
    RuleSetDeleted {
        name: RuleSetName,
    },
    /// `fields` with every default filled in; boxed like all that is rare and large, for each record is as wide as the
    /// widest.
    MatchmakerCreated {
        name: MatchmakerName,
        fields: Box<MatchmakerFields>,
        tags: BTreeMap<String, String>,
    },
    MatchmakerUpdated {
        name: MatchmakerName,
        fields: Box<MatchmakerFields>,
    },
    MatchmakerDeleted {
        name: MatchmakerName,
    },
    TagsReplaced {
        resource: Resource,
        tags: BTreeMap<String, String>,
    },

    /// A request to play, or to fill a running game, was received: QUEUED.
    TicketStarted {
        asked: Arc<Asked>,
        deadline: Timestamp,
    },
    /// In the pool: new, or back from a proposal or a placement (then with the reason).
    TicketSearching {
        id: TicketId,
        reason: Option<EndReason>,
    },
    TicketCancelled {
        id: TicketId,
        reason: EndReason,
        rule_counts: Vec<RuleCount>,
    },
    TicketTimedOut {
        id: TicketId,
        rule_counts: Vec<RuleCount>,
    },
    /// A finished ticket is forgotten after its retention (D-40).
    TicketForgotten {
        id: TicketId,
    },

    /// A match was made. With `acceptance_deadline` its players are asked first.
    MatchProposed {
        id: MatchId,
        matchmaker: MatchmakerName,
        seats: Vec<Seat>,
        acceptance_deadline: Option<Timestamp>,
        region: Option<Region>,
        rule_counts: Vec<RuleCount>,
    },
    /// One call of AcceptMatch.
    ProposalAnswered {
        id: MatchId,
        ticket: TicketId,
        players: Vec<PlayerId>,
        accept: bool,
    },
    /// Everybody accepted, or somebody did not. What becomes of each ticket follows as changes of its own.
    AcceptanceEnded {
        id: MatchId,
        outcome: AcceptanceOutcome,
    },
    /// A host is sought: PLACING.
    PlacementStarted {
        id: MatchId,
    },
    /// The host had no room; its tickets follow as `TicketSearching`.
    PlacementAbandoned {
        id: MatchId,
    },
    MatchCompleted {
        id: MatchId,
        session: Option<Box<Session>>,
    },
    MatchFailed {
        id: MatchId,
        rule_counts: Vec<RuleCount>,
    },

    /// Of game servers and what runs on them. Boxed: each record is as wide as the widest.
    Hosting(Box<matchwright_hosting::Change>),

    SinkAdvanced {
        sink: String,
        position: u64,
    },

    // Only in snapshots: what no other change can rebuild.
    /// A ticket as it stands, where its history is gone.
    TicketRestored {
        ticket: Box<crate::Ticket>,
    },
    /// A match as it stands.
    MatchRestored {
        id: MatchId,
        open: Box<crate::Match>,
    },
    /// Waits of matched tickets, per minute, behind the estimate (D-117).
    WaitsRestored {
        matchmaker: MatchmakerName,
        minute: u64,
        tickets: u64,
        total_ms: u64,
    },
}

/// A seat in a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub ticket: TicketId,
    pub player: PlayerId,
    pub team: TeamName,
}

/// How often a rule held and failed on candidate sets with this ticket (D-119).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    pub rule: String,
    pub passed: u64,
    pub failed: u64,
}

/// Why a ticket ended or went back to searching (D-112).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndReason {
    /// StopMatchmaking.
    Stopped,
    /// One of its players started another ticket (D-107).
    Requeued,
    /// A later backfill of the same session took its place (D-32).
    Replaced,
    /// One of its players rejected the proposal or did not answer.
    NotAccepted,
    /// Others did not accept: back to searching.
    OthersNotAccepted,
    /// Another ticket of its proposal was stopped: back to searching (D-37).
    ProposalWithdrawn,
    /// No host had room: back to searching (D-114); or a running game had none, and its backfill ends.
    NoCapacity,
    /// The game that it was to fill is over.
    GameEnded,
}

//! A workload as the changes that a search follows.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_engine::{Asked, Change, MatchmakerFields, Mode, Record, TicketKind};
use matchwright_model::{TicketId, Timestamp};

use crate::workload::{Ticket, Workload};

const MATCHMAKER: &str = "bench";
/// Longer than any run.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(43_200);

/// The rule set and its matchmaker.
pub fn matchmaker_records(workload: &Workload) -> [Record; 2] {
    let fields = MatchmakerFields {
        mode: Some(Mode::Standalone),
        ..MatchmakerFields::least(MATCHMAKER.into(), REQUEST_TIMEOUT)
    };
    let (name, body, tags) = (MATCHMAKER.into(), workload.rules.clone(), BTreeMap::new());
    let changes = [
        Change::RuleSetCreated { name, body, tags },
        Change::MatchmakerCreated { name: MATCHMAKER.into(), fields: fields.into(), tags: BTreeMap::new() },
    ];
    changes.map(|change| Record { at: Timestamp(0), change })
}

/// A ticket comes and is searched for.
pub fn started(id: &TicketId, ticket: &Ticket) -> [Record; 2] {
    let at = ticket.started_at;
    let asked = Asked {
        id: id.clone(),
        matchmaker: MATCHMAKER.into(),
        kind: TicketKind::Matchmaking,
        players: ticket.players.clone().into(),
    };
    let changes = [
        Change::TicketStarted { asked: asked.into(), deadline: at + REQUEST_TIMEOUT },
        Change::TicketSearching { id: id.clone(), reason: None },
    ];
    changes.map(|change| Record { at, change })
}

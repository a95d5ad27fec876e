//! What decisions look up besides ids: the tickets of a player, the backfill of a session, what ends next.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::{ById, MatchId, MatchmakerName, PlayerId, TicketId, Timestamp};
use smallvec::SmallVec;

use crate::deadlines::{Deadlines, Due};
use crate::{Settings, Status, Ticket, TicketKind};

/// Follows the tickets of a state; told of each before and after it changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Index {
    /// Active tickets of a player, backfill tickets that list him included, each once and by id. Mostly it is one.
    tickets_of: ById<PlayerId, SmallVec<[TicketId; 1]>>,
    /// The active backfill ticket of a session (D-32), whichever matchmaker it is of.
    backfills: BTreeMap<String, TicketId>,
    active: BTreeMap<MatchmakerName, usize>,
    due: Deadlines,
    /// How long ended tickets are kept.
    retention: Duration,
    /// Else the request deadline waits while a proposal may still succeed, as it always does for a placement (D-111).
    deadline_during_acceptance: bool,
}

impl Default for Index {
    fn default() -> Self {
        Self::new(&Settings::default())
    }
}

impl Index {
    pub fn new(settings: &Settings) -> Self {
        Self {
            tickets_of: ById::default(),
            backfills: BTreeMap::new(),
            active: BTreeMap::new(),
            due: Deadlines::default(),
            retention: settings.ticket_retention,
            deadline_during_acceptance: settings.deadline_during_acceptance,
        }
    }

    /// What ends by itself, the next first.
    pub fn due(&self) -> impl Iterator<Item = (Timestamp, Due<'_>)> {
        self.due.iter()
    }

    pub fn active_count(&self, matchmaker: &MatchmakerName) -> usize {
        self.active.get(matchmaker).copied().unwrap_or(0)
    }

    /// The active tickets that hold a player.
    pub fn tickets_of(&self, player: &PlayerId) -> &[TicketId] {
        self.tickets_of.get(player).map_or(&[], |tickets| tickets)
    }

    pub fn backfill_of(&self, session: &str) -> Option<&TicketId> {
        self.backfills.get(session)
    }

    pub fn add(&mut self, ticket: &Ticket) {
        self.arm(self.deadline(ticket, ticket.status));
        if ticket.status.is_active() {
            self.enter(ticket);
        }
    }

    /// A ticket moved from one status to the one that it has now.
    pub fn moved(&mut self, ticket: &Ticket, from: Status) {
        if self.has_same_deadline(from, ticket.status) {
            return;
        }
        let (before, after) = (self.deadline(ticket, from), self.deadline(ticket, ticket.status));
        if before != after {
            self.disarm(before);
            self.arm(after);
        }
        if from.is_active() && !ticket.status.is_active() {
            self.leave(ticket);
        }
    }

    /// An ended ticket is gone.
    pub fn forget(&mut self, ticket: &Ticket) {
        self.disarm(self.deadline(ticket, ticket.status));
    }

    pub fn await_answers(&mut self, id: MatchId, deadline: Timestamp) {
        self.due.insert(deadline, Due::Acceptance(id));
    }

    pub fn answers_ended(&mut self, id: MatchId, deadline: Timestamp) {
        self.due.remove(deadline, Due::Acceptance(id));
    }

    pub fn forget_matchmaker(&mut self, name: &MatchmakerName) {
        self.active.remove(name);
    }

    fn deadline<'t>(&self, ticket: &'t Ticket, status: Status) -> Option<(Timestamp, Due<'t>)> {
        let waits = match status {
            Status::Placing { .. } => true,
            Status::Proposed { .. } => !self.deadline_during_acceptance,
            _ => false,
        };
        if waits {
            return None;
        }
        Some(match status.ended_at() {
            Some(at) => (at + self.retention, Due::Retention(&ticket.id)),
            None => (ticket.deadline, Due::Request(&ticket.id)),
        })
    }

    /// Both wait for the deadline of the request, as in the step that every ticket takes first.
    fn has_same_deadline(&self, from: Status, to: Status) -> bool {
        [from, to].iter().all(|status| matches!(status, Status::Queued | Status::Searching))
    }

    fn arm(&mut self, deadline: Option<(Timestamp, Due<'_>)>) {
        if let Some((at, due)) = deadline {
            self.due.insert(at, due);
        }
    }

    fn disarm(&mut self, deadline: Option<(Timestamp, Due<'_>)>) {
        if let Some((at, due)) = deadline {
            self.due.remove(at, due);
        }
    }

    fn enter(&mut self, ticket: &Ticket) {
        *self.active.entry(ticket.matchmaker.clone()).or_default() += 1;
        for player in ticket.players.iter() {
            let tickets = self.tickets_of.entry(player.id.clone()).or_default();
            if let Err(place) = tickets.binary_search(&ticket.id) {
                tickets.insert(place, ticket.id.clone());
            }
        }
        if let TicketKind::Backfill { game_session: Some(session) } = &ticket.kind {
            self.backfills.insert(session.clone(), ticket.id.clone());
        }
    }

    fn leave(&mut self, ticket: &Ticket) {
        if let Some(count) = self.active.get_mut(&ticket.matchmaker) {
            *count -= 1;
            if *count == 0 {
                self.active.remove(&ticket.matchmaker);
            }
        }
        for player in ticket.players.iter() {
            if let Some(tickets) = self.tickets_of.get_mut(&player.id) {
                tickets.retain(|id| *id != ticket.id);
                if tickets.is_empty() {
                    self.tickets_of.swap_remove(&player.id);
                }
            }
        }
        if let TicketKind::Backfill { game_session: Some(session) } = &ticket.kind
            && self.backfills.get(session) == Some(&ticket.id)
        {
            self.backfills.remove(session);
        }
    }
}

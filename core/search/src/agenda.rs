//! What to look at next: dirty tickets now, others when their time comes. An idle pool costs nothing.
//!
//! If a pool held no possible match, a new one contains a ticket that is *dirty*: new, in a new expansion tier, or
//! back from a proposal. So only dirty tickets are searched from. Where a search was cut by its budget that
//! argument fails, and the ticket comes up again after a pause that grows with its age.

use std::collections::{BTreeMap, BTreeSet};

use matchwright_model::{TicketId, Timestamp};

use crate::pool::Rank;

/// Why a ticket is looked at, and so what any new match around it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// It came, came back, or was not searched to the end: any set with it.
    Arrival,
    /// It entered an expansion tier: only sets whose age it decides.
    Expansion,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dirty {
    pub ticket: TicketId,
    pub cause: Cause,
    /// Where a cut search goes on: with the anchors from this rank.
    pub resume: Option<Rank>,
}

#[derive(Debug, Default)]
pub(crate) struct Agenda {
    /// Oldest first; one entry a ticket.
    dirty: BTreeMap<Rank, Dirty>,
    wheel: BTreeSet<(Timestamp, TicketId, Cause)>,
}

impl Agenda {
    pub fn mark(&mut self, rank: Rank, dirty: Dirty) {
        let known = self.dirty.get(&rank);
        if known.is_none_or(|known| known.cause > dirty.cause || known.resume.is_some()) {
            self.dirty.insert(rank, dirty);
        }
    }

    pub fn wake(&mut self, at: Timestamp, ticket: TicketId, cause: Cause) {
        self.wheel.insert((at, ticket, cause));
    }

    pub fn take_dirty(&mut self) -> Option<Dirty> {
        self.dirty.pop_first().map(|(_, dirty)| dirty)
    }

    pub fn take_due(&mut self, now: Timestamp) -> Option<(TicketId, Cause)> {
        self.wheel.first().filter(|(at, ..)| *at <= now)?;
        self.wheel.pop_first().map(|(_, ticket, cause)| (ticket, cause))
    }

    pub fn next_wake(&self) -> Option<Timestamp> {
        match self.dirty.is_empty() {
            true => self.wheel.first().map(|(at, ..)| *at),
            false => Some(Timestamp(0)),
        }
    }
}

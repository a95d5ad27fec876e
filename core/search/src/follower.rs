//! Search as a follower: changes in, proposals out.

use matchwright_engine::{Proposal, Record, RuleCount};
use matchwright_model::{MatchId, TicketId, Timestamp};

use crate::SearchSettings;

/// One realm's search.
#[derive(Debug)]
pub struct Search {
    settings: SearchSettings,
}

/// What one bounded piece of work gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// At most one; its tickets are set aside until its change arrives or [`Search::rejected`] is called.
    pub proposal: Option<Proposal>,
    /// Counters of the tickets that were looked at, whole values, for those who end without a match.
    pub rule_counts: Vec<(TicketId, Vec<RuleCount>)>,
}

impl Search {
    pub fn new(settings: SearchSettings) -> Self {
        Self { settings }
    }

    /// Takes in a change. All changes of the realm, in order; a snapshot's list first after a start.
    pub fn follow(&mut self, record: &Record) {
        let _ = record;
    }

    /// The next piece of work, or `None` when nothing is left to do before [`Search::next_wake`].
    pub fn step(&mut self, now: Timestamp, new_id: &mut dyn FnMut() -> MatchId) -> Option<Step> {
        let _ = (now, new_id, &self.settings);
        None
    }

    /// When time alone gives new work.
    pub fn next_wake(&self) -> Option<Timestamp> {
        None
    }

    /// The writer refused a proposal: those of its tickets that still search are searched for again.
    pub fn rejected(&mut self, proposal: &Proposal) {
        let _ = proposal;
    }
}

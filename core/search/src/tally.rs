//! How often each rule held and failed on candidate sets with a ticket (D-119).

use std::collections::{BTreeMap, BTreeSet};

use matchwright_engine::RuleCount;
use matchwright_model::TicketId;
use matchwright_rules::{RuleKind, RuleSet};

#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<TicketId, Vec<(u64, u64)>>,
    touched: BTreeSet<TicketId>,
}

impl Tally {
    /// A ticket starts to search: from nothing.
    pub fn reset(&mut self, ticket: &TicketId, rules: &RuleSet) {
        self.counts.insert(ticket.clone(), vec![(0, 0); rules.rules.len()]);
        self.touched.insert(ticket.clone());
    }

    pub fn forget(&mut self, ticket: &TicketId) {
        self.counts.remove(ticket);
        self.touched.remove(ticket);
    }

    /// Adds what was found on sets that held the ticket: (held, failed) per rule.
    pub fn add(&mut self, ticket: &TicketId, seen: &[(u64, u64)]) {
        if let Some(counts) = self.counts.get_mut(ticket)
            && counts.len() == seen.len()
        {
            counts.iter_mut().zip(seen).for_each(|(sum, one)| *sum = (sum.0 + one.0, sum.1 + one.1));
            self.touched.insert(ticket.clone());
        }
    }

    /// Per rule of the set; sort rules have no truth to count.
    pub fn of(&self, ticket: &TicketId, rules: &RuleSet) -> Vec<RuleCount> {
        let counts = self.counts.get(ticket).map(Vec::as_slice).unwrap_or_default();
        let named =
            rules.rules.iter().enumerate().filter(|(_, rule)| !matches!(rule.kind, RuleKind::Sort(_)));
        let count = |index: usize| counts.get(index).copied().unwrap_or_default();
        named
            .map(|(index, rule)| RuleCount {
                rule: rule.name.clone(),
                passed: count(index).0,
                failed: count(index).1,
            })
            .collect()
    }

    /// Tickets whose counters changed since the last call.
    pub fn take_touched(&mut self) -> BTreeSet<TicketId> {
        std::mem::take(&mut self.touched)
    }
}

//! What search may spend and how long it may hold back.

use std::time::Duration;

use matchwright_model::PartyPolicy;

#[derive(Debug, Clone, PartialEq)]
pub struct SearchSettings {
    /// Partial matches looked at per anchor. 1,000 finds at least 98 % of what an unlimited search finds.
    pub nodes_per_anchor: u64,
    /// Once a match was found, partial matches looked at for the one that an older ticket makes (D-95).
    pub nodes_per_step: u64,
    /// Pools of one key up to this many tickets are searched completely; larger ones around the newcomer only.
    pub exact_tickets: usize,
    /// In larger pools, how many candidates are looked at around an anchor.
    pub candidates_max: usize,
    /// When so many tickets of a matchmaker are to be looked from at once, its pool is swept first; 0: never.
    pub sweep_tickets: usize,
    /// Stretches of a sweep that are walked in one round, each by a worker. The threads are those of who calls [`crate::Search::backlog`].
    pub workers: usize,
    /// What is new is looked at together, at most once in so long, at its multiples: longer waits, closer matches.
    /// Of less than a millisecond: at once.
    pub hold: Duration,
    /// A match with open seats waits until its oldest ticket has waited so long.
    pub hold_partial: Duration,
    pub party_policy: PartyPolicy,
}

impl Default for SearchSettings {
    fn default() -> Self {
        Self {
            nodes_per_anchor: 1_000,
            nodes_per_step: 20_000,
            exact_tickets: 40,
            candidates_max: 256,
            sweep_tickets: 5_000,
            workers: 1,
            hold: Duration::ZERO,
            hold_partial: Duration::ZERO,
            party_policy: PartyPolicy::Individual,
        }
    }
}

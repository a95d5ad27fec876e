//! What search may spend and how long it may hold back.

use std::time::Duration;

use matchwright_model::PartyPolicy;

#[derive(Debug, Clone, PartialEq)]
pub struct SearchSettings {
    /// Partial matches looked at per anchor. `matchwright bench small` tells what a thousand times as many would find.
    pub nodes_per_anchor: u64,
    /// Once a match was found, partial matches looked at for the one that an older ticket makes (D-95).
    pub nodes_per_step: u64,
    /// Buckets of up to so many tickets are searched completely, and up to four times as many around who waits in vain;
    /// else it is looked among the nearest.
    pub exact_tickets: usize,
    /// In larger buckets, how many candidates are looked at around an anchor, besides a few for each that was seated.
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
    /// Where backfills have a priority of their own, the game with the fewest open seats goes first, then the oldest.
    pub fullest_first: bool,
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
            fullest_first: false,
        }
    }
}

//! Builds proposals from waiting tickets within a counted budget. Changes nothing: it reads changes and answers
//! with proposals. Knows no clock, no disk, no thread; the same changes give the same proposals.
//!
//! Reading order: [`Search`] (changes in, proposals out), `agenda` (what to look at next), `pool` (who waits, in
//! buckets), `order` (who is looked at first), `hunt` (the complete search around one anchor), `large` (matches
//! above 40 players), `balance` (even teams).

mod agenda;
mod balance;
mod follower;
mod hunt;
mod large;
mod near;
mod order;
mod pool;
mod settings;
mod tally;

pub use follower::{Search, Step};
pub use settings::SearchSettings;

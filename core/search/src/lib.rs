//! Builds proposals from waiting tickets within a counted budget. Changes nothing: it reads changes and answers
//! with proposals. Knows no clock, no disk, no thread; the same changes give the same proposals.
//!
//! Reading order: [`Search`] (changes in, proposals out), `agenda` (what to look at next), `roster` (tickets and
//! players by number), `pool` and `bucket` (who waits), `look` (what one ticket can be matched with). Small buckets:
//! `order` (who is looked at first), `hope` (could there be a match at all), `hunt` (the complete search around one
//! anchor) and `ahead` (what those it has not tried can bring). Large ones: `intake` (a party as numbers), `lexicon`
//! and `spoken` (the texts of single players), [`Crowd`], `table` and `reach` (who waits and where he may play), `band`
//! (who is near whom), `tally` and `stand` (is there hope), `seek` (a match around one ticket), `split` (even teams);
//! `sweep` and [`Backlog`] (very many at once). Matches above 40 players: `large`, `balance`.

mod agenda;
mod ahead;
mod alive;
mod backlog;
mod balance;
mod band;
mod bucket;
mod crowd;
#[cfg(test)]
mod dice;
mod follower;
mod hope;
mod hunt;
#[cfg(test)]
mod incremental;
mod intake;
mod large;
mod lexicon;
mod look;
mod numbers;
mod order;
mod pool;
mod reach;
mod roster;
mod seek;
mod settings;
mod split;
mod spoken;
mod stand;
mod sweep;
mod table;
mod tally;

pub use backlog::{Backlog, Swept};
pub use crowd::{Crowd, Guest, Slot};
pub use follower::{Search, Step};
pub use intake::Intake;
pub use seek::{Anchor, Limits, Picked};
pub use settings::SearchSettings;
pub use sweep::Stretch;

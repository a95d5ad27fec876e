//! So many tickets at once that the order of age would make them all wait: their pool is swept, by several workers if
//! there are, a stretch each at a time. Whoever remains is served by age as always.
//!
//! The threads are the caller's: [`Backlog::walk`] only reads, and what it found goes to [`crate::Search::swept`].

use matchwright_model::{MatchmakerName, Timestamp};

use crate::SearchSettings;
use crate::look::{Look, Made};
use crate::pool::Pool;
use crate::sweep::Stretch;

/// The next pieces of a pool that is swept.
#[derive(Debug)]
pub struct Backlog<'s> {
    settings: &'s SearchSettings,
    pool: &'s Pool,
    now: Timestamp,
    stretches: &'s [Stretch],
}

/// What the walks of a round gave.
pub struct Swept {
    pub(crate) matchmaker: MatchmakerName,
    pub(crate) made: Vec<Made>,
}

/// What is left to walk of a pool, the next last.
pub(crate) fn all_of(pool: &Pool, settings: &SearchSettings, now: Timestamp) -> Vec<Stretch> {
    let mut stretches = pool.stretches(Look { settings, pool, now }.crowd_min());
    stretches.reverse();
    stretches
}

impl<'s> Backlog<'s> {
    pub(crate) fn new(
        settings: &'s SearchSettings,
        pool: &'s Pool,
        now: Timestamp,
        left: &'s [Stretch],
    ) -> Self {
        let next = left.len().saturating_sub(settings.workers.max(1));
        Self { settings, pool, now, stretches: &left[next..] }
    }

    /// A stretch for each worker, in the order of their turn; at least one.
    pub fn stretches(&self) -> impl Iterator<Item = &'s Stretch> {
        self.stretches.iter().rev()
    }

    /// Walks one stretch. All of a round are to be walked, each once.
    pub fn walk(&self, stretch: &Stretch) -> Swept {
        let look = Look { settings: self.settings, pool: self.pool, now: self.now };
        let made = self.pool.walk(stretch, look.limits(), |sought| look.judged(sought));
        Swept { matchmaker: self.pool.matchmaker.clone(), made }
    }
}

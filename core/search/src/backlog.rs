//! So many tickets at once that the order of age would make them all wait: their pool is swept, by several workers if
//! there are, in pieces that end after a counted number of tickets. Whoever remains is served by age as always.
//!
//! The threads are the caller's: [`Backlog::walk`] only reads, and what it found goes to [`crate::Search::swept`].

use matchwright_model::{MatchmakerName, Timestamp};

use crate::SearchSettings;
use crate::look::{Look, Made};
use crate::pool::{Pool, Sought};
use crate::sweep::Stretch;

/// Tickets that one worker looks from in one piece of work.
const ANCHORS_PER_WALK: usize = 256;

/// What one worker still has to walk.
#[derive(Debug, Clone, Default)]
pub struct Share {
    /// The one that is walked is the last.
    stretches: Vec<Stretch>,
}

/// A pool that is swept.
#[derive(Debug)]
pub struct Backlog<'s> {
    pub(crate) settings: &'s SearchSettings,
    pub(crate) pool: &'s Pool,
    pub(crate) now: Timestamp,
    pub(crate) shares: &'s [Share],
}

/// What a walk gave.
pub struct Swept {
    pub(crate) matchmaker: MatchmakerName,
    pub(crate) made: Vec<Made>,
    pub(crate) share: Share,
}

impl Share {
    /// The shares of so many workers.
    pub(crate) fn deal(pool: &Pool, settings: &SearchSettings, now: Timestamp) -> Vec<Self> {
        let tickets_min = Look { settings, pool, now }.crowd_min();
        let dealt = pool.stretches(settings.workers, tickets_min).into_iter();
        dealt.map(|own| Self { stretches: own.into_iter().rev().collect() }).collect()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.stretches.is_empty()
    }
}

impl Backlog<'_> {
    /// One for each worker.
    pub fn shares(&self) -> &[Share] {
        self.shares
    }

    /// A bounded piece of one worker's share.
    pub fn walk(&self, share: &Share) -> Swept {
        let look = Look { settings: self.settings, pool: self.pool, now: self.now };
        let mut swept =
            Swept { matchmaker: self.pool.matchmaker.clone(), made: Vec::new(), share: share.clone() };
        let Some(stretch) = swept.share.stretches.last_mut() else { return swept };
        let is_held = |sought: &Sought<'_>| {
            sought.units.iter().all(|(entry, _)| entry.rank.started_at + self.settings.hold > self.now)
        };
        let judged = |sought: Sought<'_>| if is_held(&sought) { None } else { look.judged(sought) };
        swept.made = self.pool.walk(stretch, ANCHORS_PER_WALK, look.limits(), judged);
        if stretch.is_done() {
            swept.share.stretches.pop();
        }
        swept
    }
}

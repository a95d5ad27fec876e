//! What to look at next: dirty tickets now, others when their time comes. An idle pool costs nothing.
//!
//! If a pool held no possible match, a new one contains a ticket that is *dirty*: new, in a new expansion tier, or
//! back from a proposal. So only dirty tickets are searched from. Where a search was cut by its budget that
//! argument fails, and the ticket comes up again after a pause that grows with its age.
//!
//! Matchmakers take turns, so that one with thousands of hopeless tickets does not keep another waiting. Within a
//! matchmaker the oldest ticket comes first, and what was cut before comes behind what is new, but gets its share.
//!
//! With a *hold*, all that became dirty since the last time is looked at together, at most once per hold: whoever is
//! served has everybody to choose from who came meanwhile.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::time::Duration;

use matchwright_model::{MatchmakerName, Timestamp};

use crate::pool::Rank;
use crate::roster::Number;

/// Every so many turns of a matchmaker are for tickets whose search was cut before, if there are any.
const TURNS_PER_RETRY: u32 = 4;

/// Why a ticket is looked at, and so what any new match around it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// It came, or came back: any set with it.
    Arrival,
    /// It entered an expansion tier: only sets whose age it decides.
    Expansion,
    /// It was not searched to the end: any set with it.
    Retry,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dirty {
    pub ticket: Number,
    pub cause: Cause,
}

#[derive(Debug, Default)]
pub(crate) struct Agenda {
    /// Matchmakers with something to do.
    queues: BTreeMap<MatchmakerName, Queue>,
    /// Whose turn it was.
    last: Option<MatchmakerName>,
    /// A number that another ticket has by now wakes that one, which costs a look and changes nothing.
    wheel: BTreeSet<(Timestamp, Number, Cause)>,
    hold: Duration,
    /// Nobody is looked at before.
    opens_at: Timestamp,
}

/// Dirty tickets of one matchmaker, oldest first; one entry a ticket in each.
#[derive(Debug, Default)]
struct Queue {
    new: Line,
    again: Line,
    turns: u32,
}

/// Dirty tickets by rank. Most become dirty in the order of their ranks, and each is put behind the one before.
#[derive(Debug, Default)]
struct Line {
    in_order: VecDeque<(Rank, Dirty)>,
    /// Those who came later than their rank says. The last of those in order is behind them all.
    late: BTreeMap<Rank, Dirty>,
}

impl Line {
    /// Puts a ticket in; one that is in already stands for the first of both causes.
    fn insert(&mut self, rank: Rank, dirty: Dirty) {
        if self.in_order.back().is_none_or(|(last, _)| *last < rank) {
            self.in_order.push_back((rank, dirty));
            return;
        }
        let known = match self.in_order.binary_search_by_key(&rank, |(rank, _)| *rank) {
            Ok(index) => &mut self.in_order[index].1,
            Err(_) => self.late.entry(rank).or_insert_with(|| dirty.clone()),
        };
        if known.cause > dirty.cause {
            *known = dirty;
        }
    }

    fn pop_first(&mut self) -> Option<Dirty> {
        let late = self.late.first_entry();
        match (late, self.in_order.front()) {
            (Some(late), Some((first, _))) if late.key() < first => Some(late.remove()),
            _ => self.in_order.pop_front().map(|(_, dirty)| dirty),
        }
    }

    fn len(&self) -> usize {
        self.in_order.len() + self.late.len()
    }

    fn is_empty(&self) -> bool {
        // Behind whoever came late somebody stands in order.
        self.in_order.is_empty()
    }
}

impl Queue {
    fn mark(&mut self, rank: Rank, dirty: Dirty) {
        match dirty.cause {
            Cause::Retry => self.again.insert(rank, dirty),
            Cause::Arrival | Cause::Expansion => self.new.insert(rank, dirty),
        }
    }

    fn take(&mut self) -> Option<Dirty> {
        self.turns = self.turns.wrapping_add(1);
        let retries_first = self.turns.is_multiple_of(TURNS_PER_RETRY);
        match retries_first {
            true => self.again.pop_first().or_else(|| self.new.pop_first()),
            false => self.new.pop_first().or_else(|| self.again.pop_first()),
        }
    }

    fn is_empty(&self) -> bool {
        self.new.is_empty() && self.again.is_empty()
    }
}

impl Agenda {
    pub fn new(hold: Duration) -> Self {
        Self { hold, ..Self::default() }
    }

    pub fn mark(&mut self, matchmaker: &MatchmakerName, rank: Rank, dirty: Dirty) {
        match self.queues.get_mut(matchmaker) {
            Some(queue) => queue.mark(rank, dirty),
            None => self.queues.entry(matchmaker.clone()).or_default().mark(rank, dirty),
        }
    }

    pub fn wake(&mut self, at: Timestamp, ticket: Number, cause: Cause) {
        self.wheel.insert((at, ticket, cause));
    }

    /// Who is looked at next. Once nobody is left, what comes is held until the next multiple of the hold.
    pub fn take_dirty(&mut self, now: Timestamp) -> Option<Dirty> {
        if now < self.opens_at {
            return None;
        }
        let Some(matchmaker) = self.in_turn().next().map(|(name, _)| name.clone()) else {
            self.opens_at = self.next_opening(now);
            return None;
        };
        let queue = self.queues.get_mut(&matchmaker)?;
        let taken = queue.take();
        if queue.is_empty() {
            self.queues.remove(&matchmaker);
        }
        self.last = Some(matchmaker);
        taken
    }

    /// Matchmakers with so many new dirty tickets that may be looked at, the next in turn first.
    pub fn crowded(&self, tickets_min: usize, now: Timestamp) -> impl Iterator<Item = &MatchmakerName> {
        let all = self.in_turn().filter(move |(_, queue)| queue.new.len() >= tickets_min);
        all.map(|(name, _)| name).filter(move |_| now >= self.opens_at)
    }

    /// So many new dirty tickets of this matchmaker wait.
    pub fn is_crowded(&self, matchmaker: &MatchmakerName, tickets_min: usize) -> bool {
        self.queues.get(matchmaker).is_some_and(|queue| queue.new.len() >= tickets_min)
    }

    pub fn take_due(&mut self, now: Timestamp) -> Option<(Number, Cause)> {
        self.wheel.first().filter(|(at, ..)| *at <= now)?;
        self.wheel.pop_first().map(|(_, ticket, cause)| (ticket, cause))
    }

    pub fn next_wake(&self) -> Option<Timestamp> {
        match self.queues.is_empty() {
            true => self.wheel.first().map(|(at, ..)| *at),
            false => Some(self.opens_at),
        }
    }

    /// Matchmakers with something to do, from the next in turn on; each at least once.
    fn in_turn(&self) -> impl Iterator<Item = (&MatchmakerName, &Queue)> {
        let behind = self.last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        self.queues.range::<MatchmakerName, _>((behind, Bound::Unbounded)).chain(&self.queues)
    }

    /// The first multiple of the hold after a time; at once without a hold.
    fn next_opening(&self, now: Timestamp) -> Timestamp {
        match self.hold.as_millis() as u64 {
            0 => Timestamp(0),
            hold => Timestamp((now.0 / hold + 1) * hold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Dice;

    fn dirty(ticket: Number, cause: Cause) -> Dirty {
        Dirty { ticket, cause }
    }

    fn mark(agenda: &mut Agenda, matchmaker: &str, ticket: Number, second: u64, cause: Cause) {
        let rank = Rank::new(1, Timestamp(second * 1000), second);
        agenda.mark(&matchmaker.into(), rank, dirty(ticket, cause));
    }

    fn all(mut agenda: Agenda) -> Vec<Number> {
        std::iter::from_fn(|| agenda.take_dirty(Timestamp(0))).map(|dirty| dirty.ticket).collect()
    }

    #[test]
    fn matchmakers_take_turns_and_the_oldest_comes_first() {
        let mut agenda = Agenda::default();
        for second in [3, 1, 2] {
            mark(&mut agenda, "busy", second as Number, second, Cause::Arrival);
        }
        mark(&mut agenda, "quiet", 90, 9, Cause::Arrival);
        assert_eq!(all(agenda), [1, 90, 2, 3]);
    }

    #[test]
    fn retries_wait_behind_what_is_new_but_get_their_share() {
        let mut agenda = Agenda::default();
        for second in 1..=6 {
            mark(&mut agenda, "duel", second as Number, second, Cause::Arrival);
        }
        mark(&mut agenda, "duel", 70, 0, Cause::Retry);
        assert_eq!(all(agenda), [1, 2, 3, 70, 4, 5, 6]);
    }

    #[test]
    fn an_arrival_stands_for_an_expansion_too() {
        let mut agenda = Agenda::default();
        mark(&mut agenda, "duel", 5, 1, Cause::Expansion);
        mark(&mut agenda, "duel", 5, 1, Cause::Arrival);
        mark(&mut agenda, "duel", 5, 1, Cause::Expansion);
        assert_eq!(agenda.take_dirty(Timestamp(0)), Some(dirty(5, Cause::Arrival)));
        assert_eq!(agenda.take_dirty(Timestamp(0)), None);
    }

    #[test]
    fn a_line_is_what_a_map_by_rank_would_be() {
        let mut dice = Dice(7);
        let (mut line, mut map) = (Line::default(), BTreeMap::new());
        for event in 0..5_000 {
            if dice.below(3) == 0 {
                assert_eq!(line.pop_first(), map.pop_first().map(|(_, dirty)| dirty));
            } else {
                let second = event / 2 - dice.below(40).min(event / 2);
                let cause = if dice.below(2) == 0 { Cause::Arrival } else { Cause::Expansion };
                let (rank, dirty) = (Rank::new(1, Timestamp(second), second), dirty(second as Number, cause));
                line.insert(rank, dirty.clone());
                let known = map.entry(rank).or_insert_with(|| dirty.clone());
                known.cause = known.cause.min(dirty.cause);
            }
            assert_eq!((line.len(), line.is_empty()), (map.len(), map.is_empty()));
        }
    }

    #[test]
    fn with_a_hold_what_is_new_is_looked_at_together() {
        let mut agenda = Agenda::new(Duration::from_secs(2));
        let take = |agenda: &mut Agenda, at| agenda.take_dirty(Timestamp(at)).map(|dirty| dirty.ticket);
        mark(&mut agenda, "duel", 1, 3, Cause::Arrival);
        assert_eq!(take(&mut agenda, 3_000), Some(1), "nobody was looked at for long");
        assert_eq!(take(&mut agenda, 3_000), None);
        mark(&mut agenda, "duel", 2, 3, Cause::Arrival);
        mark(&mut agenda, "duel", 3, 1, Cause::Expansion);
        assert_eq!(agenda.crowded(1, Timestamp(3_999)).count(), 0);
        assert_eq!((take(&mut agenda, 3_999), agenda.next_wake()), (None, Some(Timestamp(4_000))));
        assert_eq!((take(&mut agenda, 4_000), take(&mut agenda, 4_001)), (Some(3), Some(2)));
    }
}

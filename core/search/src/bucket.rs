//! The tickets that a match may mix, in rank order.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::pool::{Entry, Rank};

/// Tickets of a leaf, at most.
const LEAF: usize = 64;

/// Leaves of tickets, all in order; none is empty. Nearly everybody ranks behind all who came before him: he is put there
/// without a search, and leaves are full.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// The first rank of each leaf.
    firsts: VecDeque<Rank>,
    leaves: VecDeque<Vec<Arc<Entry>>>,
    len: usize,
}

impl Bucket {
    /// Takes in a ticket that is not here.
    pub fn insert(&mut self, entry: Arc<Entry>) {
        self.len += 1;
        let is_behind_all = self.last().is_none_or(|last| last.rank < entry.rank);
        match self.leaves.back_mut() {
            Some(last) if is_behind_all && last.len() < LEAF => last.push(entry),
            _ if is_behind_all => self.insert_leaf(self.leaves.len(), vec![entry]),
            _ => self.insert_between(entry),
        }
    }

    fn insert_between(&mut self, entry: Arc<Entry>) {
        let mut index = self.holding(entry.rank);
        if self.leaves[index].len() == LEAF {
            let half = self.leaves[index].split_off(LEAF / 2);
            let is_in_half = half[0].rank < entry.rank;
            self.insert_leaf(index + 1, half);
            index += usize::from(is_in_half);
        }
        let leaf = &mut self.leaves[index];
        leaf.insert(leaf.partition_point(|one| one.rank < entry.rank), entry);
        self.firsts[index] = leaf[0].rank;
    }

    fn insert_leaf(&mut self, index: usize, leaf: Vec<Arc<Entry>>) {
        self.firsts.insert(index, leaf[0].rank);
        self.leaves.insert(index, leaf);
    }

    /// Takes out the ticket of a rank. A leaf that is left half empty takes in the one behind where both fit.
    pub fn remove(&mut self, rank: Rank) {
        let index = self.holding(rank);
        let Some(leaf) = self.leaves.get_mut(index) else { return };
        let Ok(at) = leaf.binary_search_by_key(&rank, |entry| entry.rank) else { return };
        leaf.remove(at);
        self.len -= 1;
        let Some(first) = leaf.first() else {
            self.remove_leaf(index);
            return;
        };
        self.firsts[index] = first.rank;
        let len = leaf.len();
        if self.leaves.get(index + 1).is_some_and(|next| next.len() + len <= LEAF / 2) {
            let next = self.remove_leaf(index + 1);
            self.leaves[index].extend(next.into_iter().flatten());
        }
    }

    fn remove_leaf(&mut self, index: usize) -> Option<Vec<Arc<Entry>>> {
        self.firsts.remove(index);
        self.leaves.remove(index)
    }

    /// In rank order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.leaves.iter().flatten().map(|entry| &**entry)
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn last(&self) -> Option<&Entry> {
        self.leaves.back()?.last().map(|entry| &**entry)
    }

    /// The last leaf whose first is not behind a rank; the first where there is none.
    fn holding(&self, rank: Rank) -> usize {
        self.firsts.partition_point(|first| *first <= rank).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use matchwright_model::Timestamp;
    use matchwright_rules::Party;

    use super::*;
    use crate::dice::Dice;
    use crate::pool::Seats;

    fn entry(rank: Rank) -> Arc<Entry> {
        let party = Arc::new(Party { members: [].into_iter().collect() });
        Arc::new(Entry { number: 0, rank, party, seats: Seats::Open(0), key: 0, regions: Box::default() })
    }

    #[test]
    fn it_is_in_order_whoever_came_and_went() {
        let mut dice = Dice(3);
        let (mut bucket, mut plain) = (Bucket::default(), BTreeSet::new());
        for event in 0..20_000_u64 {
            // It grows, shrinks to nearly nobody, and grows again.
            let is_leaving = dice.below(10) < if event / 4_000 % 2 == 0 { 3 } else { 7 };
            if is_leaving && !plain.is_empty() {
                let which = dice.below(plain.len() as u64) as usize;
                let rank = *plain.iter().nth(which).expect("one of them");
                plain.remove(&rank);
                bucket.remove(rank);
            } else {
                let late = if dice.below(4) == 0 { dice.below(2_000) } else { 0 };
                let rank = Rank::new(1, Timestamp(event.saturating_sub(late)), event);
                plain.insert(rank);
                bucket.insert(entry(rank));
            }
            assert_eq!((bucket.len(), bucket.is_empty()), (plain.len(), plain.is_empty()));
            if event % 100 == 0 {
                assert!(bucket.iter().map(|entry| entry.rank).eq(plain.iter().copied()), "event {event}");
                assert!(bucket.leaves.len() <= 4 * plain.len() / LEAF + 2, "event {event}");
            }
        }
    }

    #[test]
    fn who_comes_in_order_fills_leaves() {
        let mut bucket = Bucket::default();
        (0..10 * LEAF as u64).for_each(|at| bucket.insert(entry(Rank::new(1, Timestamp(at), at))));
        assert_eq!(bucket.leaves.len(), 10);
    }
}

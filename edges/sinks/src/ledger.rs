//! Which positions are on their way, and below which position nothing is missing.

use std::collections::BTreeSet;

/// Positions are pushed in rising order and come back in any order.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    outstanding: BTreeSet<u64>,
    /// Everything up to here was pushed, or needs no delivery.
    seen: u64,
}

impl Ledger {
    pub(crate) fn start(position: u64) -> Self {
        Self { outstanding: BTreeSet::new(), seen: position }
    }

    pub(crate) fn push(&mut self, position: u64) {
        self.outstanding.insert(position);
        self.seen = self.seen.max(position);
    }

    /// Nothing up to here needs delivery that was not pushed.
    pub(crate) fn pass(&mut self, position: u64) {
        self.seen = self.seen.max(position);
    }

    pub(crate) fn delivered(&mut self, position: u64) {
        self.outstanding.remove(&position);
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.outstanding.first().map_or(self.seen, |first| first - 1)
    }

    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_missing_position_holds_the_acknowledgement() {
        let mut ledger = Ledger::start(10);
        assert_eq!(ledger.acknowledged(), 10);
        [12, 13, 17].into_iter().for_each(|position| ledger.push(position));
        ledger.delivered(13);
        assert_eq!((ledger.acknowledged(), ledger.outstanding()), (11, 2));
        ledger.delivered(12);
        assert_eq!(ledger.acknowledged(), 16);
        ledger.delivered(17);
        assert_eq!(ledger.acknowledged(), 17);
        ledger.pass(40);
        assert_eq!(ledger.acknowledged(), 40);
    }
}

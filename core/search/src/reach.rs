//! Where a ticket may play: its key, its tier, and per tier the regions near enough. Many tickets share each, so that
//! a slot and a spot keep a number.

use matchwright_rules::{ExpansionAge, Tier};
use smallvec::SmallVec;

use crate::numbers::Numbers;

/// See the module's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reach {
    pub key: u32,
    pub tier: Tier,
    /// Per tier, a bit for every region near enough. Empty: regions play no part.
    pub regions: SmallVec<[u64; 4]>,
}

/// A reach as [`Reaches`] numbers it; free for another when nobody has it any more.
pub(crate) type ReachNumber = u32;

/// The reaches of all tickets of a crowd.
#[derive(Debug)]
pub(crate) struct Reaches {
    age: ExpansionAge,
    numbers: Numbers<Reach>,
    /// Per tier, and there per reach: the regions of a match that its tickets can join at that tier.
    open: Vec<Vec<u64>>,
}

impl Reaches {
    pub fn new(age: ExpansionAge, tiers: usize) -> Self {
        Self { age, numbers: Numbers::default(), open: vec![Vec::new(); tiers] }
    }

    /// The number of a reach for one ticket more.
    pub fn take(&mut self, reach: Reach) -> ReachNumber {
        if let Some(number) = self.numbers.share(&reach) {
            return number;
        }
        let number = self.numbers.add(reach);
        let at = number as usize;
        for tier in 0..self.open.len() {
            let open = self.joined_at(self.get(number), tier);
            let all = &mut self.open[tier];
            all.resize(all.len().max(at + 1), 0);
            all[at] = open;
        }
        number
    }

    /// One ticket fewer has it.
    pub fn give_back(&mut self, number: ReachNumber) {
        self.numbers.give_back(number);
    }

    pub fn get(&self, number: ReachNumber) -> &Reach {
        self.numbers.get(number)
    }

    /// The regions of a match that tickets of this reach can join at a tier.
    pub fn regions(&self, number: ReachNumber, tier: Tier) -> u64 {
        self.open[usize::from(tier.0)][number as usize]
    }

    /// Who can join a match in one region at one tier.
    pub fn at(&self, tier: Tier, region: u32) -> Open<'_> {
        Open { regions: &self.open[usize::from(tier.0)], region }
    }

    pub fn bytes(&self) -> usize {
        self.numbers.bytes() + self.open.iter().map(|one| one.capacity() * 8).sum::<usize>()
    }

    /// Where the newest decides, a ticket joins matches at its own tier and those before; else at all.
    fn joined_at(&self, reach: &Reach, tier: usize) -> u64 {
        match (self.age, reach.regions.get(tier)) {
            (ExpansionAge::Newest, _) if tier > usize::from(reach.tier.0) => 0,
            (_, Some(regions)) => *regions,
            (_, None) => 1,
        }
    }
}

/// The reaches that are open to one region at one tier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open<'c> {
    regions: &'c [u64],
    region: u32,
}

impl Open<'_> {
    pub fn holds(&self, reach: ReachNumber) -> bool {
        self.regions[reach as usize] >> self.region & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(key: u32, tier: u16, regions: &[u64]) -> Reach {
        Reach { key, tier: Tier(tier), regions: regions.into() }
    }

    #[test]
    fn a_number_stands_for_a_reach_as_long_as_somebody_has_it() {
        let mut reaches = Reaches::new(ExpansionAge::Newest, 2);
        let one = reaches.take(reach(0, 0, &[1, 3]));
        let later = reaches.take(reach(0, 1, &[1, 3]));
        assert_eq!(reaches.take(reach(0, 0, &[1, 3])), one);
        reaches.give_back(one);
        assert_eq!(reaches.get(one), &reach(0, 0, &[1, 3]));
        reaches.give_back(one);
        assert_eq!(reaches.take(reach(7, 0, &[2, 2])), one, "free for another");
        assert_eq!((reaches.regions(later, Tier(0)), reaches.regions(later, Tier(1))), (1, 3));
        assert_eq!((reaches.regions(one, Tier(0)), reaches.regions(one, Tier(1))), (2, 0), "not yet");
        let open = reaches.at(Tier(0), 1);
        assert!(open.holds(one) && !open.holds(later));
    }

    #[test]
    fn where_the_oldest_decides_everybody_joins_at_every_tier() {
        let mut reaches = Reaches::new(ExpansionAge::Oldest, 2);
        let one = reaches.take(reach(0, 0, &[]));
        assert_eq!((reaches.regions(one, Tier(0)), reaches.regions(one, Tier(1))), (1, 1));
    }
}

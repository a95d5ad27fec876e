//! Tickets along one number, so that the nearest to any point come first.
//!
//! Leaves of spots, all in order; beside each spot its ticket's reach, so that those who cannot come are passed over
//! without a look at anything else. Inserting, leaving and the next nearest cost about the same in a band of a hundred as
//! of a million, and no single one costs much more than the others.

use smallvec::SmallVec;

use crate::alive::Alive;
use crate::reach::{Open, ReachNumber};

/// A ticket in a band: its number, its slot and its size in one, in the order of the band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot(u64);

/// Bits of a spot that tell its size.
const SIZE_BITS: u32 = 4;
/// Sizes of parties told apart; the last stands for all greater ones.
pub(crate) const SIZES: usize = 1 << SIZE_BITS;

impl Spot {
    pub fn new(near: f32, slot: u32, size: u32) -> Self {
        debug_assert!(slot < 1 << (32 - SIZE_BITS), "a crowd has fewer than 2^28 places");
        Self(u64::from(ordered(near)) << 32 | u64::from(slot << SIZE_BITS | size.min(SIZES as u32 - 1)))
    }

    pub fn near(self) -> f32 {
        let bits = (self.0 >> 32) as u32;
        f32::from_bits(if bits >> 31 == 1 { bits & !(1 << 31) } else { !bits })
    }

    pub fn slot(self) -> u32 {
        self.0 as u32 >> SIZE_BITS
    }

    pub fn size(self) -> u32 {
        self.0 as u32 & (SIZES as u32 - 1)
    }

    fn bit(self) -> Sizes {
        1 << self.size()
    }
}

/// Bits that order as the numbers do.
fn ordered(near: f32) -> u32 {
    let bits = near.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// Spots of a leaf, at most.
const LEAF: usize = 64;
/// Leaves of a band that is made of many tickets at once are filled so far, so that those who come find room.
const LEAF_FILL: usize = 48;
/// A list ends on a side where it went so far without finding anybody: so many leaves looked through, or so many times
/// [`LEAVES_PER_LOOK`] passed over because nobody in them has a size that fits.
const BARREN_LEAVES_MAX: usize = 32;
const LEAVES_PER_LOOK: usize = 16;
/// Leaves of a stretch: a walk of it is one piece of work.
const STRETCH_LEAVES: usize = 16;

/// No leaf is empty.
#[derive(Debug, Default)]
pub(crate) struct Band {
    /// The first spot of each leaf.
    firsts: Vec<Spot>,
    #[expect(clippy::vec_box, reason = "a leaf more moves pointers, not leaves")]
    leaves: Vec<Box<Leaf>>,
}

#[derive(Debug)]
struct Leaf {
    len: usize,
    /// Spots by size, and a bit for every size that is there.
    by_size: [u8; SIZES],
    sizes: Sizes,
    spots: [Spot; LEAF],
    /// The reach of each spot's ticket.
    reaches: [ReachNumber; LEAF],
}

/// A bit per size of party.
pub(crate) type Sizes = u16;

/// A place: leaf, spot.
type At = (usize, usize);

/// Whom a list passes over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter<'c> {
    pub open: Open<'c>,
    pub alive: &'c Alive,
    pub fits: Sizes,
}

impl Filter<'_> {
    fn holds(&self, spot: Spot, reach: ReachNumber) -> bool {
        self.fits & spot.bit() != 0 && self.open.holds(reach) && self.alive.holds(spot.slot())
    }
}

impl Band {
    /// Those who came together, in order.
    pub fn of(some: &[(Spot, ReachNumber)]) -> Self {
        debug_assert!(some.is_sorted_by_key(|(spot, _)| *spot));
        let leaves: Vec<Box<Leaf>> = some.chunks(LEAF_FILL).map(|some| Box::new(Leaf::of(some))).collect();
        Self { firsts: leaves.iter().map(|leaf| leaf.spots[0]).collect(), leaves }
    }

    pub fn insert(&mut self, spot: Spot, reach: ReachNumber) {
        if self.leaves.is_empty() {
            self.push_leaf(spot, reach);
            return;
        }
        let mut index = self.holding(spot);
        if self.leaves[index].len == LEAF {
            let is_behind_all = index + 1 == self.leaves.len() && spot > self.leaves[index].spots[LEAF - 1];
            if is_behind_all {
                self.push_leaf(spot, reach);
                return;
            }
            self.make_room(index);
            index += usize::from(spot >= self.firsts[index + 1]);
        }
        self.leaves[index].insert(spot, reach);
        self.firsts[index] = self.leaves[index].spots[0];
    }

    /// A leaf behind all others, for one: who comes in order fills it.
    fn push_leaf(&mut self, spot: Spot, reach: ReachNumber) {
        self.firsts.push(spot);
        self.leaves.push(Box::new(Leaf::of(&[(spot, reach)])));
    }

    /// Shares a full leaf with the one behind, or with a new one where that has hardly room either.
    fn make_room(&mut self, index: usize) {
        let next = index + 1;
        if self.leaves.get(next).is_none_or(|leaf| leaf.len > LEAF_FILL) {
            self.firsts.insert(next, Spot(0));
            self.leaves.insert(next, Box::new(Leaf::EMPTY));
        }
        let both = self.leaves[index].each().chain(self.leaves[next].each());
        let both: SmallVec<[(Spot, ReachNumber); 2 * LEAF]> = both.collect();
        let (first, second) = both.split_at(both.len() / 2);
        (*self.leaves[index], *self.leaves[next]) = (Leaf::of(first), Leaf::of(second));
        self.firsts[next] = second[0].0;
    }

    /// Takes out a spot that stands here. A leaf that is left half empty takes in the one behind where both fit.
    pub fn remove(&mut self, spot: Spot) {
        let index = self.holding(spot);
        let leaf = &mut self.leaves[index];
        leaf.remove(leaf.place_of(spot));
        match leaf.len {
            0 => drop(self.drop_leaf(index)),
            len => {
                self.firsts[index] = leaf.spots[0];
                if self.leaves.get(index + 1).is_some_and(|next| next.len + len <= LEAF / 2) {
                    let next = self.drop_leaf(index + 1);
                    self.leaves[index].append(&next);
                }
            }
        }
    }

    fn drop_leaf(&mut self, index: usize) -> Box<Leaf> {
        self.firsts.remove(index);
        self.leaves.remove(index)
    }

    /// The ticket of a spot that stands here has another reach.
    pub fn set_reach(&mut self, spot: Spot, reach: ReachNumber) {
        let index = self.holding(spot);
        let leaf = &mut self.leaves[index];
        leaf.reaches[leaf.place_of(spot)] = reach;
    }

    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.firsts.capacity() * size_of::<Spot>()
            + self.leaves.capacity() * 8
            + self.leaves.len() * size_of::<Leaf>()
    }

    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// How many stand here.
    #[cfg(test)]
    fn spots(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.len).sum()
    }

    /// Starts to list those whom a filter holds by closeness to a point.
    pub fn around(&self, point: f32, filter: Filter<'_>) -> Around {
        let at = self.at(point);
        Around { point, left: self.before(at, filter), right: self.from(at, filter) }
    }

    /// Starts to list those whom a filter holds from a point on.
    pub fn onward(&self, point: f32, filter: Filter<'_>) -> Around {
        Around { point, left: None, right: self.from(self.at(point), filter) }
    }

    /// The place of the first one who is not before a point.
    fn at(&self, point: f32) -> At {
        let point = Spot::new(point, 0, 0);
        let leaf = self.holding(point);
        (leaf, self.leaves.get(leaf).map_or(0, |leaf| leaf.spots().partition_point(|one| *one < point)))
    }

    /// The last leaf whose first is not behind a spot; the first where there is none.
    fn holding(&self, spot: Spot) -> usize {
        self.firsts.partition_point(|first| *first <= spot).saturating_sub(1)
    }

    /// The last one whom a filter holds before a place.
    fn before(&self, at: At, filter: Filter<'_>) -> Option<Next> {
        let (mut index, mut end) = at;
        let mut patience = BARREN_LEAVES_MAX * LEAVES_PER_LOOK;
        loop {
            let leaf = self.leaves.get(index)?;
            let found = leaf.is_worth(filter, &mut patience)?.then(|| {
                let some = leaf.spots[..end].iter().zip(&leaf.reaches[..end]);
                some.rev().position(|(spot, reach)| filter.holds(*spot, *reach))
            });
            if let Some(back) = found.flatten() {
                return Some(leaf.next(index, end - 1 - back));
            }
            index = index.checked_sub(1)?;
            end = self.leaves[index].len;
        }
    }

    /// The first one whom a filter holds at a place or after it.
    fn from(&self, at: At, filter: Filter<'_>) -> Option<Next> {
        let (mut index, mut start) = at;
        let mut patience = BARREN_LEAVES_MAX * LEAVES_PER_LOOK;
        loop {
            let leaf = self.leaves.get(index)?;
            let found = leaf.is_worth(filter, &mut patience)?.then(|| {
                let mut some = leaf.spots[start..leaf.len].iter().zip(&leaf.reaches[start..leaf.len]);
                some.position(|(spot, reach)| filter.holds(*spot, *reach))
            });
            if let Some(on) = found.flatten() {
                return Some(leaf.next(index, start + on));
            }
            (index, start) = (index + 1, 0);
        }
    }

    /// The last spots of the stretches that it is walked in, but for the last stretch.
    pub fn stretch_ends(&self) -> impl Iterator<Item = Spot> {
        let before_last = self.leaves.len().saturating_sub(1);
        self.leaves[..before_last].chunks_exact(STRETCH_LEAVES).map(|some| {
            let last = &some[STRETCH_LEAVES - 1];
            last.spots[last.len - 1]
        })
    }

    /// All spots behind one, in order, each with its ticket's reach.
    pub fn behind(&self, spot: Option<Spot>) -> impl Iterator<Item = (Spot, ReachNumber)> {
        let at = spot.map_or((0, 0), |spot| {
            let leaf = self.holding(spot);
            let spots = self.leaves.get(leaf).map_or(&[][..], |leaf| leaf.spots());
            (leaf, spots.partition_point(|one| *one <= spot))
        });
        let first = self.leaves.get(at.0).into_iter().flat_map(move |leaf| leaf.each().skip(at.1));
        first.chain(self.leaves.iter().skip(at.0 + 1).flat_map(|leaf| leaf.each()))
    }
}

impl Leaf {
    const EMPTY: Self =
        Self { len: 0, by_size: [0; SIZES], sizes: 0, spots: [Spot(0); LEAF], reaches: [0; LEAF] };

    fn of(some: &[(Spot, ReachNumber)]) -> Self {
        let mut leaf = Self::EMPTY;
        some.iter().for_each(|(spot, reach)| leaf.push(*spot, *reach));
        leaf
    }

    /// Puts somebody behind all others.
    fn push(&mut self, spot: Spot, reach: ReachNumber) {
        (self.spots[self.len], self.reaches[self.len]) = (spot, reach);
        self.len += 1;
        self.count(spot);
    }

    fn count(&mut self, spot: Spot) {
        self.by_size[spot.size() as usize] += 1;
        self.sizes |= spot.bit();
    }

    /// Somebody here has a size that fits. `None`: the patience ends with this leaf.
    fn is_worth(&self, filter: Filter<'_>, patience: &mut usize) -> Option<bool> {
        let is_worth = self.sizes & filter.fits != 0;
        *patience = patience.checked_sub(if is_worth { LEAVES_PER_LOOK } else { 1 })?;
        Some(is_worth)
    }

    fn spots(&self) -> &[Spot] {
        &self.spots[..self.len]
    }

    fn each(&self) -> impl Iterator<Item = (Spot, ReachNumber)> {
        self.spots().iter().copied().zip(self.reaches.iter().copied())
    }

    fn next(&self, leaf: usize, at: usize) -> Next {
        ((leaf, at), self.spots[at], self.reaches[at])
    }

    /// Where a spot stands.
    fn place_of(&self, spot: Spot) -> usize {
        self.spots().binary_search(&spot).expect("a ticket stands where it entered")
    }

    fn insert(&mut self, spot: Spot, reach: ReachNumber) {
        let at = self.spots().partition_point(|one| *one < spot);
        self.spots.copy_within(at..self.len, at + 1);
        self.reaches.copy_within(at..self.len, at + 1);
        (self.spots[at], self.reaches[at]) = (spot, reach);
        self.len += 1;
        self.count(spot);
    }

    fn remove(&mut self, at: usize) {
        let spot = self.spots[at];
        self.spots.copy_within(at + 1..self.len, at);
        self.reaches.copy_within(at + 1..self.len, at);
        self.len -= 1;
        let left = &mut self.by_size[spot.size() as usize];
        *left -= 1;
        if *left == 0 {
            self.sizes &= !spot.bit();
        }
    }

    fn append(&mut self, next: &Self) {
        next.each().for_each(|(spot, reach)| self.push(spot, reach));
    }
}

/// A list by closeness. Valid as long as its band does not change.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    point: f32,
    left: Option<Next>,
    right: Option<Next>,
}

/// Who comes next on a side, and where he stands.
type Next = (At, Spot, ReachNumber);

impl Around {
    /// How far the next one is.
    pub fn distance(&self) -> Option<f32> {
        let away = |next: Option<Next>| next.map(|(_, spot, _)| (spot.near() - self.point).abs());
        match (away(self.left), away(self.right)) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        }
    }

    pub fn next(&mut self, band: &Band, filter: Filter<'_>) -> Option<(Spot, ReachNumber)> {
        let goes_left = match (self.left, self.right) {
            (Some((_, left, _)), Some((_, right, _))) => self.point - left.near() < right.near() - self.point,
            (left, _) => left.is_some(),
        };
        if goes_left {
            let (at, spot, reach) = self.left?;
            self.left = band.before(at, filter);
            Some((spot, reach))
        } else {
            let ((leaf, at), spot, reach) = self.right?;
            self.right = band.from((leaf, at + 1), filter);
            Some((spot, reach))
        }
    }
}

#[cfg(test)]
mod tests {
    use matchwright_rules::{ExpansionAge, Tier};

    use super::*;
    use crate::dice::Dice;
    use crate::reach::{Reach, Reaches};

    /// Two reaches, of which region 0 is open to the first.
    fn reaches() -> (Reaches, [ReachNumber; 2]) {
        let mut reaches = Reaches::new(ExpansionAge::Newest, 1);
        let mut take =
            |regions: u64| reaches.take(Reach { key: 0, tier: Tier(0), regions: [regions][..].into() });
        let both = [take(1), take(2)];
        (reaches, both)
    }

    #[test]
    fn the_nearest_who_can_come_come_first_whatever_came_and_went() {
        let mut dice = Dice(7);
        let (reaches, both) = reaches();
        let mut band = Band::default();
        let mut plain: Vec<(Spot, ReachNumber)> = Vec::new();
        let mut alive = Alive::default();
        for slot in 0..6_000 {
            let far = if dice.below(50) == 0 { 1_000_000.0 } else { 1.0 };
            let spot = Spot::new(dice.below(2_000) as f32 * far - 700.0, slot, 1);
            let reach = both[dice.below(2) as usize];
            alive.set(slot);
            band.insert(spot, reach);
            plain.push((spot, reach));
            // The pool shrinks in the second half.
            for _ in 0..dice.below(if slot < 3_000 { 2 } else { 4 }) {
                if !plain.is_empty() {
                    let gone = plain.swap_remove(dice.below(plain.len() as u64) as usize).0;
                    alive.clear(gone.slot());
                    band.remove(gone);
                }
            }
            if !plain.is_empty() {
                let changed = dice.below(plain.len() as u64) as usize;
                plain[changed].1 = both[dice.below(2) as usize];
                band.set_reach(plain[changed].0, plain[changed].1);
            }
            if slot % 100 == 0 {
                let from = dice.below(2_000) as f32 - 700.0;
                let filter = Filter { open: reaches.at(Tier(0), 0), alive: &alive, fits: Sizes::MAX };
                let mut around = band.around(from, filter);
                let found: Vec<f32> = std::iter::from_fn(|| around.next(&band, filter))
                    .map(|(spot, _)| (spot.near() - from).abs())
                    .collect();
                let come = plain.iter().filter(|(_, reach)| *reach == both[0]);
                let mut wanted: Vec<f32> = come.map(|(spot, _)| (spot.near() - from).abs()).collect();
                wanted.sort_by(f32::total_cmp);
                assert_eq!(found, wanted);
                assert_eq!(band.spots(), plain.len());
                let leaves = band.leaves.len();
                assert!(leaves <= 4 * plain.len() / LEAF + 2, "{leaves} leaves for {}", plain.len());
            }
        }
    }

    #[test]
    fn many_at_once_are_as_many_one_by_one() {
        let mut dice = Dice(11);
        let (reaches, both) = reaches();
        let mut alive = Alive::default();
        let spot = |slot| (Spot::new(dice.below(300) as f32, slot, 1 + slot % 5), both[0]);
        let mut some: Vec<(Spot, ReachNumber)> = (0..1_000).map(spot).collect();
        let mut one_by_one = Band::default();
        for (spot, reach) in &some {
            alive.set(spot.slot());
            one_by_one.insert(*spot, *reach);
        }
        some.sort_unstable();
        let at_once = Band::of(&some);
        let filter = Filter { open: reaches.at(Tier(0), 0), alive: &alive, fits: Sizes::MAX };
        let spots = |band: &Band| -> Vec<Spot> {
            let mut around = band.around(150.0, filter);
            std::iter::from_fn(|| around.next(band, filter)).map(|(spot, _)| spot).collect()
        };
        assert_eq!(spots(&at_once), spots(&one_by_one));
        assert_eq!(spots(&at_once).len(), some.len());
    }
}

//! Tickets along one number, so that the nearest to any point come first.
//!
//! Leaves of spots, all in order. Inserting, leaving and the next nearest cost about the same in a band of a hundred as
//! of a million, and no single one costs much more than the others.

use crate::alive::Alive;

/// A ticket in a band: its number, its slot and its size in one, in the order of the band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot(u64);

/// Bits of a spot that tell its size.
const SIZE_BITS: u32 = 4;
/// Sizes of parties told apart; the last stands for all greater ones.
pub(crate) const SIZES: usize = 1 << SIZE_BITS;

impl Spot {
    pub fn new(key: f32, slot: u32, size: u32) -> Self {
        debug_assert!(slot < 1 << (32 - SIZE_BITS), "a crowd has fewer than 2^28 places");
        Self(u64::from(ordered(key)) << 32 | u64::from(slot << SIZE_BITS | size.min(SIZES as u32 - 1)))
    }

    pub fn key(self) -> f32 {
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

    /// The key as bits that order as keys do.
    fn order(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// Bits that order as the numbers do.
fn ordered(key: f32) -> u32 {
    let bits = key.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// Spots of a leaf, at most.
const LEAF: usize = 128;
/// Leaves of a band that is made of many tickets at once are filled so far, so that those who come find room.
const LEAF_FILL: usize = 96;
/// Leaves without anybody in a row after which a list ends on its side.
const EMPTY_LEAVES_MAX: usize = 8;
/// Leaves of a stretch: a walk of it is one piece of work.
const STRETCH_LEAVES: usize = 8;
/// Every so many who left, one leaf is cleared of them; sooner once they are more than those who stand here.
const LEFT_PER_LEAF: u32 = 16;
const LEFT_PER_LEAF_MANY: u32 = 2;

/// No leaf is empty. Who left keeps his spot until his leaf is cleared: leaving costs a subtraction, not a search.
#[derive(Debug, Default)]
pub(crate) struct Band {
    /// The key of the first spot of each leaf, as bits that order as the keys do.
    firsts: Vec<u32>,
    #[expect(clippy::vec_box, reason = "a leaf more moves pointers, not leaves")]
    leaves: Vec<Box<Leaf>>,
    /// Spots in leaves, and of how many tickets who stand here.
    spots: usize,
    tickets: usize,
    players: u32,
    sizes: [u32; SIZES],
    /// Who left since a leaf was cleared last, and the leaf whose turn is next.
    left: u32,
    hand: usize,
}

#[derive(Debug)]
struct Leaf {
    len: usize,
    /// A bit for every size that stands in it, or stood in it when it was cleared last.
    sizes: Sizes,
    spots: [Spot; LEAF],
}

/// A bit per size of party.
pub(crate) type Sizes = u16;

/// A place: leaf, spot.
type At = (usize, usize);

impl Band {
    /// Those who came together, in order.
    pub fn of(spots: &[Spot]) -> Self {
        debug_assert!(spots.is_sorted());
        let leaves: Vec<Box<Leaf>> = spots.chunks(LEAF_FILL).map(|some| Box::new(Leaf::of(some))).collect();
        let mut band =
            Self { firsts: leaves.iter().map(|leaf| leaf.first()).collect(), leaves, ..Self::default() };
        (band.spots, band.tickets) = (spots.len(), spots.len());
        for spot in spots {
            band.players += spot.size();
            band.sizes[spot.size() as usize] += 1;
        }
        band
    }

    pub fn insert(&mut self, spot: Spot) {
        (self.spots, self.tickets) = (self.spots + 1, self.tickets + 1);
        self.players += spot.size();
        self.sizes[spot.size() as usize] += 1;
        if self.leaves.is_empty() {
            self.firsts.push(spot.order());
            self.leaves.push(Box::new(Leaf::of(&[spot])));
            return;
        }
        let mut index = self.holding(spot);
        if self.leaves[index].len == LEAF {
            let second = Box::new(self.leaves[index].split_off());
            let first = second.first();
            self.firsts.insert(index + 1, first);
            self.leaves.insert(index + 1, second);
            index += usize::from(spot.order() >= first);
        }
        self.leaves[index].insert(spot);
        self.firsts[index] = self.leaves[index].first();
    }

    /// Somebody of this size left. Tells every slot whose spot was cleared meanwhile.
    pub fn leave(&mut self, size: u32, alive: &Alive, cleared: impl FnMut(u32)) {
        self.players -= size.min(SIZES as u32 - 1);
        self.sizes[(size as usize).min(SIZES - 1)] -= 1;
        self.tickets -= 1;
        self.left += 1;
        let is_stale = self.spots > 2 * self.tickets;
        if self.left >= if is_stale { LEFT_PER_LEAF_MANY } else { LEFT_PER_LEAF } {
            self.left = 0;
            self.clear_next(alive, cleared);
        }
    }

    /// Clears the next leaf in turn of those who left; what remains of it and of the one behind becomes one where both
    /// fit into half a leaf.
    fn clear_next(&mut self, alive: &Alive, cleared: impl FnMut(u32)) {
        if self.leaves.is_empty() {
            return;
        }
        let index = if self.hand < self.leaves.len() { self.hand } else { 0 };
        self.hand = index + 1;
        let before = self.leaves[index].len;
        self.leaves[index].clear(alive, cleared);
        let len = self.leaves[index].len;
        self.spots -= before - len;
        if len == 0 {
            self.firsts.remove(index);
            self.leaves.remove(index);
            self.hand = index;
            return;
        }
        self.firsts[index] = self.leaves[index].first();
        if self.leaves.get(index + 1).is_some_and(|next| next.len + len <= LEAF / 2) {
            self.firsts.remove(index + 1);
            let next = self.leaves.remove(index + 1);
            self.leaves[index].append(&next);
        }
    }

    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.firsts.capacity() * 4
            + self.leaves.capacity() * 8
            + self.leaves.len() * size_of::<Leaf>()
    }

    /// Spots, of those who left as well.
    pub fn spots(&self) -> usize {
        self.spots
    }

    pub fn tickets(&self) -> usize {
        self.tickets
    }

    pub fn players(&self) -> u32 {
        self.players
    }

    /// Tickets by size; the last counts all greater ones.
    pub fn sizes(&self) -> &[u32; SIZES] {
        &self.sizes
    }

    /// Starts to list those of some sizes by closeness to a point.
    pub fn around(&self, key: f32, fits: Sizes, alive: &Alive) -> Around {
        if self.leaves.is_empty() {
            return Around { key, left: None, right: None };
        }
        let point = Spot::new(key, 0, 0);
        let leaf = self.holding(point);
        let at = (leaf, self.leaves[leaf].spots().partition_point(|one| *one < point));
        Around { key, left: self.before(at, fits, alive), right: self.from(at, fits, alive) }
    }

    /// The last leaf whose first is not behind a spot; the first where there is none.
    fn holding(&self, spot: Spot) -> usize {
        self.firsts.partition_point(|first| *first <= spot.order()).saturating_sub(1)
    }

    /// The last one of some sizes before a place.
    fn before(&self, at: At, fits: Sizes, alive: &Alive) -> Option<(At, Spot)> {
        let (mut index, mut end) = at;
        for _ in 0..EMPTY_LEAVES_MAX {
            let leaf = &self.leaves[index];
            let is_one = |spot: &Spot| spot.bit() & fits != 0 && alive.holds(spot.slot());
            if leaf.sizes & fits != 0
                && let Some(found) = leaf.spots()[..end].iter().rposition(is_one)
            {
                return Some(((index, found), leaf.spots[found]));
            }
            index = index.checked_sub(1)?;
            end = self.leaves[index].len;
        }
        None
    }

    /// The first one of some sizes at a place or after it.
    fn from(&self, at: At, fits: Sizes, alive: &Alive) -> Option<(At, Spot)> {
        let (mut index, mut start) = at;
        for _ in 0..EMPTY_LEAVES_MAX {
            let leaf = self.leaves.get(index)?;
            let is_one = |spot: &Spot| spot.bit() & fits != 0 && alive.holds(spot.slot());
            if leaf.sizes & fits != 0
                && let Some(found) = leaf.spots()[start..].iter().position(is_one)
            {
                return Some(((index, start + found), leaf.spots[start + found]));
            }
            (index, start) = (index + 1, 0);
        }
        None
    }

    /// The last spots of the stretches that it is walked in, but for the last stretch.
    pub fn stretch_ends(&self) -> impl Iterator<Item = Spot> {
        let before_last = self.leaves.len().saturating_sub(1);
        self.leaves[..before_last].chunks_exact(STRETCH_LEAVES).map(|some| {
            let last = &some[STRETCH_LEAVES - 1];
            last.spots[last.len - 1]
        })
    }

    /// All spots behind one, in order, of those who left as well.
    pub fn behind(&self, spot: Option<Spot>) -> impl Iterator<Item = Spot> {
        let at = spot.map_or((0, 0), |spot| {
            let leaf = self.holding(spot);
            let spots = self.leaves.get(leaf).map_or(&[][..], |leaf| leaf.spots());
            (leaf, spots.partition_point(|one| *one <= spot))
        });
        let first = self.leaves.get(at.0).map_or(&[][..], |leaf| &leaf.spots()[at.1..]);
        let others = self.leaves.iter().skip(at.0 + 1).flat_map(|leaf| leaf.spots());
        first.iter().chain(others).copied()
    }
}

impl Leaf {
    fn of(some: &[Spot]) -> Self {
        let mut leaf = Self { len: 0, sizes: 0, spots: [Spot(0); LEAF] };
        leaf.add(some);
        leaf
    }

    fn spots(&self) -> &[Spot] {
        &self.spots[..self.len]
    }

    fn first(&self) -> u32 {
        self.spots[0].order()
    }

    fn add(&mut self, some: &[Spot]) {
        self.spots[self.len..self.len + some.len()].copy_from_slice(some);
        self.len += some.len();
        self.sizes |= sizes(some);
    }

    fn append(&mut self, next: &Self) {
        self.add(next.spots());
    }

    fn insert(&mut self, spot: Spot) {
        let at = self.spots().partition_point(|one| *one < spot);
        self.spots.copy_within(at..self.len, at + 1);
        self.spots[at] = spot;
        self.len += 1;
        self.sizes |= spot.bit();
    }

    fn split_off(&mut self) -> Self {
        let second = Self::of(&self.spots[LEAF / 2..self.len]);
        self.len = LEAF / 2;
        self.sizes = sizes(self.spots());
        second
    }

    fn clear(&mut self, alive: &Alive, mut cleared: impl FnMut(u32)) {
        let mut kept = 0;
        for index in 0..self.len {
            let spot = self.spots[index];
            if alive.holds(spot.slot()) {
                self.spots[kept] = spot;
                kept += 1;
            } else {
                cleared(spot.slot());
            }
        }
        self.len = kept;
        self.sizes = sizes(self.spots());
    }
}

fn sizes(spots: &[Spot]) -> Sizes {
    spots.iter().fold(0, |sizes, spot| sizes | spot.bit())
}

/// A list by closeness. Valid as long as its band does not change.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    key: f32,
    left: Option<(At, Spot)>,
    right: Option<(At, Spot)>,
}

impl Around {
    /// How far the next one is.
    pub fn distance(&self) -> Option<f32> {
        let away = |next: Option<(At, Spot)>| next.map(|(_, spot)| (spot.key() - self.key).abs());
        match (away(self.left), away(self.right)) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        }
    }

    pub fn next(&mut self, band: &Band, fits: Sizes, alive: &Alive) -> Option<Spot> {
        let goes_left = match (self.left, self.right) {
            (Some((_, left)), Some((_, right))) => self.key - left.key() < right.key() - self.key,
            (left, _) => left.is_some(),
        };
        if goes_left {
            let (at, spot) = self.left?;
            self.left = band.before(at, fits, alive);
            Some(spot)
        } else {
            let ((leaf, at), spot) = self.right?;
            self.right = band.from((leaf, at + 1), fits, alive);
            Some(spot)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number in 0..below, by a generator of one line.
    fn dice(state: &mut u64, below: u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % below
    }

    #[test]
    fn the_nearest_come_first_whatever_came_and_went() {
        let mut state = 7;
        let (mut band, mut plain): (Band, Vec<Spot>) = (Band::default(), Vec::new());
        let (mut alive, mut cleared) = (Alive::default(), Vec::new());
        for slot in 0..6_000 {
            let far = if dice(&mut state, 50) == 0 { 1_000_000.0 } else { 1.0 };
            let spot = Spot::new(dice(&mut state, 2_000) as f32 * far - 700.0, slot, 1);
            alive.set(slot);
            band.insert(spot);
            plain.push(spot);
            // The pool shrinks in the second half.
            for _ in 0..dice(&mut state, if slot < 3_000 { 2 } else { 4 }) {
                if !plain.is_empty() {
                    let gone = plain.swap_remove(dice(&mut state, plain.len() as u64) as usize);
                    alive.clear(gone.slot());
                    band.leave(1, &alive, |slot| cleared.push(slot));
                }
            }
            if slot % 100 == 0 {
                let from = dice(&mut state, 2_000) as f32 - 700.0;
                let mut around = band.around(from, Sizes::MAX, &alive);
                let found: Vec<f32> = std::iter::from_fn(|| around.next(&band, Sizes::MAX, &alive))
                    .map(|spot| (spot.key() - from).abs())
                    .collect();
                let mut wanted: Vec<f32> = plain.iter().map(|spot| (spot.key() - from).abs()).collect();
                wanted.sort_by(f32::total_cmp);
                assert_eq!(found, wanted);
                assert_eq!(band.tickets(), plain.len());
                assert_eq!(band.players() as usize, plain.len());
                assert_eq!(band.spots() + cleared.len(), slot as usize + 1, "every spot is cleared once");
                assert!(band.spots() <= 2 * plain.len() + 2 * LEAF, "{} for {}", band.spots(), plain.len());
            }
        }
    }

    #[test]
    fn many_at_once_are_as_many_one_by_one() {
        let mut state = 11;
        let mut alive = Alive::default();
        let mut spots: Vec<Spot> =
            (0..1_000).map(|slot| Spot::new(dice(&mut state, 300) as f32, slot, 1 + slot % 5)).collect();
        let mut one_by_one = Band::default();
        for spot in &spots {
            alive.set(spot.slot());
            one_by_one.insert(*spot);
        }
        spots.sort_unstable();
        let at_once = Band::of(&spots);
        assert_eq!((at_once.players(), at_once.sizes()), (one_by_one.players(), one_by_one.sizes()));
        let keys = |band: &Band| -> Vec<f32> {
            let mut around = band.around(150.0, Sizes::MAX, &alive);
            std::iter::from_fn(|| around.next(band, Sizes::MAX, &alive)).map(Spot::key).collect()
        };
        assert_eq!(keys(&at_once), keys(&one_by_one));
    }
}

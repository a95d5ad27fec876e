//! Tickets along one number, so that the nearest to any point come first.
//!
//! A tree of three levels: chunks of leaves of tickets, all in order. Inserting, removing and the next nearest cost
//! about the same in a band of a hundred as of a million, and no single one costs much more than the others.

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
}

/// Bits that order as the numbers do.
fn ordered(key: f32) -> u32 {
    let bits = key.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// Tickets of a leaf, and leaves of a chunk, at most.
const LEAF: usize = 32;
const CHUNK: usize = 64;

/// No chunk and no leaf is empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Band {
    /// The first of each chunk.
    firsts: Vec<Spot>,
    chunks: Vec<Chunk>,
    tickets: usize,
    players: u32,
    sizes: [u32; SIZES],
}

#[derive(Debug, Clone, Default)]
struct Chunk {
    /// The first of each leaf.
    firsts: Vec<Spot>,
    leaves: Vec<Leaf>,
}

#[derive(Debug, Clone)]
struct Leaf {
    spots: Vec<Spot>,
    /// A bit for every size that stands in it.
    sizes: Sizes,
}

/// A bit per size of party.
pub(crate) type Sizes = u16;

/// A place: chunk, leaf, ticket.
type At = (usize, usize, usize);

impl Band {
    pub fn insert(&mut self, spot: Spot) {
        self.tickets += 1;
        self.players += spot.size();
        self.sizes[spot.size() as usize] += 1;
        if self.chunks.is_empty() {
            self.firsts.push(spot);
            self.chunks.push(Chunk { firsts: vec![spot], leaves: vec![Leaf::new(&[spot])] });
            return;
        }
        let index = holding(&self.firsts, spot);
        let chunk = &mut self.chunks[index];
        chunk.insert(spot);
        self.firsts[index] = chunk.firsts[0];
        if chunk.leaves.len() > CHUNK {
            let second = chunk.split_off();
            self.firsts.insert(index + 1, second.firsts[0]);
            self.chunks.insert(index + 1, second);
        }
    }

    /// False when it was not there.
    pub fn remove(&mut self, spot: Spot) -> bool {
        if self.chunks.is_empty() {
            return false;
        }
        let index = holding(&self.firsts, spot);
        let chunk = &mut self.chunks[index];
        if !chunk.remove(spot) {
            return false;
        }
        match chunk.firsts.first() {
            Some(first) => self.firsts[index] = *first,
            None => {
                self.firsts.remove(index);
                self.chunks.remove(index);
            }
        }
        self.tickets -= 1;
        self.players -= spot.size();
        self.sizes[spot.size() as usize] -= 1;
        true
    }

    pub fn bytes(&self) -> usize {
        let of_leaf = |leaf: &Leaf| leaf.spots.capacity() * size_of::<Spot>() + size_of::<Leaf>();
        let of_chunk = |chunk: &Chunk| {
            let leaves: usize = chunk.leaves.iter().map(of_leaf).sum();
            leaves + chunk.firsts.capacity() * size_of::<Spot>() + size_of::<Chunk>() + size_of::<Spot>()
        };
        size_of::<Self>() + self.chunks.iter().map(of_chunk).sum::<usize>()
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
    pub fn around(&self, key: f32, fits: Sizes) -> Around {
        if self.chunks.is_empty() {
            return Around { key, left: None, right: None };
        }
        let point = Spot::new(key, 0, 0);
        let chunk = holding(&self.firsts, point);
        let leaf = holding(&self.chunks[chunk].firsts, point);
        let at = self.chunks[chunk].leaves[leaf].spots.partition_point(|one| *one < point);
        let at = (chunk, leaf, at);
        Around { key, left: self.before(at, fits), right: self.from(at, fits) }
    }

    /// The last one of some sizes before a place.
    fn before(&self, at: At, fits: Sizes) -> Option<(At, Spot)> {
        let (mut chunk, mut leaf, mut end) = at;
        loop {
            let here = &self.chunks[chunk].leaves[leaf];
            if here.sizes & fits != 0
                && let Some(found) = here.spots[..end].iter().rposition(|spot| spot.bit() & fits != 0)
            {
                return Some(((chunk, leaf, found), here.spots[found]));
            }
            (chunk, leaf) = match (chunk, leaf) {
                (0, 0) => return None,
                (chunk, 0) => (chunk - 1, self.chunks[chunk - 1].leaves.len() - 1),
                (chunk, leaf) => (chunk, leaf - 1),
            };
            end = self.chunks[chunk].leaves[leaf].spots.len();
        }
    }

    /// The first one of some sizes at a place or after it.
    fn from(&self, at: At, fits: Sizes) -> Option<(At, Spot)> {
        let (mut chunk, mut leaf, mut start) = at;
        loop {
            let here = &self.chunks[chunk].leaves[leaf];
            if here.sizes & fits != 0
                && let Some(found) = here.spots[start..].iter().position(|spot| spot.bit() & fits != 0)
            {
                return Some(((chunk, leaf, start + found), here.spots[start + found]));
            }
            (chunk, leaf) = match leaf + 1 < self.chunks[chunk].leaves.len() {
                true => (chunk, leaf + 1),
                false if chunk + 1 < self.chunks.len() => (chunk + 1, 0),
                false => return None,
            };
            start = 0;
        }
    }
}

/// The one of several, told by their firsts, in which a spot stands if it stands anywhere.
fn holding(firsts: &[Spot], spot: Spot) -> usize {
    firsts.partition_point(|first| *first <= spot).saturating_sub(1)
}

impl Leaf {
    fn new(some: &[Spot]) -> Self {
        let mut spots = Vec::with_capacity(LEAF);
        spots.extend_from_slice(some);
        Self { sizes: sizes(some), spots }
    }
}

fn sizes(spots: &[Spot]) -> Sizes {
    spots.iter().fold(0, |sizes, spot| sizes | spot.bit())
}

impl Chunk {
    fn insert(&mut self, spot: Spot) {
        let mut index = holding(&self.firsts, spot);
        if self.leaves[index].spots.len() == LEAF {
            let second = Leaf::new(&self.leaves[index].spots[LEAF / 2..]);
            self.leaves[index].spots.truncate(LEAF / 2);
            self.leaves[index].sizes = sizes(&self.leaves[index].spots);
            let first = second.spots[0];
            self.firsts.insert(index + 1, first);
            self.leaves.insert(index + 1, second);
            index += usize::from(spot > first);
        }
        let leaf = &mut self.leaves[index];
        let at = leaf.spots.partition_point(|one| *one < spot);
        leaf.spots.insert(at, spot);
        leaf.sizes |= spot.bit();
        self.firsts[index] = leaf.spots[0];
    }

    fn remove(&mut self, spot: Spot) -> bool {
        let index = holding(&self.firsts, spot);
        let leaf = &mut self.leaves[index];
        let Ok(at) = leaf.spots.binary_search(&spot) else { return false };
        leaf.spots.remove(at);
        match leaf.spots.first() {
            Some(first) => self.firsts[index] = *first,
            None => {
                self.firsts.remove(index);
                self.leaves.remove(index);
                return true;
            }
        }
        leaf.sizes = sizes(&leaf.spots);
        // Two leaves that are half empty together become one.
        let left = self.leaves[index].spots.len();
        if self.leaves.get(index + 1).is_some_and(|next| next.spots.len() + left <= LEAF / 2) {
            let next = self.leaves.remove(index + 1);
            self.firsts.remove(index + 1);
            self.leaves[index].spots.extend(next.spots);
            self.leaves[index].sizes |= next.sizes;
        }
        true
    }

    fn split_off(&mut self) -> Self {
        Self { firsts: self.firsts.split_off(CHUNK / 2), leaves: self.leaves.split_off(CHUNK / 2) }
    }
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

    pub fn next(&mut self, band: &Band, fits: Sizes) -> Option<Spot> {
        let goes_left = match (self.left, self.right) {
            (Some((_, left)), Some((_, right))) => self.key - left.key() < right.key() - self.key,
            (left, _) => left.is_some(),
        };
        if goes_left {
            let (at, spot) = self.left?;
            self.left = band.before(at, fits);
            Some(spot)
        } else {
            let ((chunk, leaf, at), spot) = self.right?;
            self.right = band.from((chunk, leaf, at + 1), fits);
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
        for slot in 0..3_000 {
            let far = if dice(&mut state, 50) == 0 { 1_000_000.0 } else { 1.0 };
            let spot = Spot::new(dice(&mut state, 2_000) as f32 * far - 700.0, slot, 1);
            band.insert(spot);
            plain.push(spot);
            if dice(&mut state, 3) == 0 {
                let gone = plain.swap_remove(dice(&mut state, plain.len() as u64) as usize);
                assert!(band.remove(gone));
                assert!(!band.remove(gone));
            }
            if slot % 100 == 0 {
                let from = dice(&mut state, 2_000) as f32 - 700.0;
                let mut around = band.around(from, Sizes::MAX);
                let found: Vec<f32> = std::iter::from_fn(|| around.next(&band, Sizes::MAX))
                    .map(|spot| (spot.key() - from).abs())
                    .collect();
                let mut wanted: Vec<f32> = plain.iter().map(|spot| (spot.key() - from).abs()).collect();
                wanted.sort_by(f32::total_cmp);
                assert_eq!(found, wanted);
                assert_eq!(band.tickets(), plain.len());
                assert_eq!(band.players() as usize, plain.len());
            }
        }
    }
}

//! Tickets along one number, so that the nearest to any point come first. Inserting, removing and the next nearest
//! cost the same in a band of a hundred as of a million.

use smallvec::SmallVec;

/// A ticket in a band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    pub key: f32,
    /// Slot and size in one.
    who: u32,
}

/// Bits of a spot that tell its size.
const SIZE_BITS: u32 = 4;

impl Spot {
    /// A party of more than 15 players is listed as one of 15: its row tells its size.
    pub fn new(key: f32, slot: u32, size: u32) -> Self {
        debug_assert!(slot < 1 << (32 - SIZE_BITS), "a crowd has fewer than 2^28 places");
        Self { key, who: slot << SIZE_BITS | size.min((1 << SIZE_BITS) - 1) }
    }

    pub fn slot(self) -> u32 {
        self.who >> SIZE_BITS
    }

    pub fn size(self) -> u32 {
        self.who & ((1 << SIZE_BITS) - 1)
    }
}

/// Tickets to a cell, where they are spread evenly.
const PER_CELL: usize = 8;
const CELLS_MAX: usize = 1 << 15;
/// Sizes of parties told apart.
pub(crate) const SIZES: usize = 1 << SIZE_BITS;

/// In place while its tickets are as many as in an even spread.
type Cell = SmallVec<[Spot; PER_CELL]>;

/// Cells of equal width over the middle of the values; what lies outside is in the first or the last.
#[derive(Debug, Clone)]
pub(crate) struct Band {
    cells: Vec<Cell>,
    /// A bit per cell that holds somebody.
    taken: Vec<u64>,
    low: f32,
    cells_per_unit: f32,
    tickets: usize,
    players: u32,
    sizes: [u32; SIZES],
    /// Tickets when the cells were laid out.
    laid_out_for: usize,
}

impl Default for Band {
    fn default() -> Self {
        Self {
            cells: vec![Cell::new()],
            taken: vec![0],
            low: 0.0,
            cells_per_unit: 0.0,
            tickets: 0,
            players: 0,
            sizes: [0; SIZES],
            laid_out_for: PER_CELL,
        }
    }
}

impl Band {
    pub fn insert(&mut self, spot: Spot) {
        self.tickets += 1;
        self.players += spot.size();
        self.sizes[spot.size() as usize] += 1;
        if self.tickets > 2 * self.laid_out_for {
            self.lay_out();
        }
        self.put(spot);
    }

    /// False when it was not there.
    pub fn remove(&mut self, spot: Spot) -> bool {
        let index = self.cell_of(spot.key);
        let cell = &mut self.cells[index];
        let first = cell.partition_point(|one| one.key < spot.key);
        let Some(at) = cell[first..].iter().position(|one| one.who == spot.who) else { return false };
        cell.remove(first + at);
        if cell.is_empty() {
            self.taken[index / 64] &= !(1 << (index % 64));
        }
        self.tickets -= 1;
        self.players -= spot.size();
        self.sizes[spot.size() as usize] -= 1;
        true
    }

    pub fn bytes(&self) -> usize {
        let spilled = self.cells.iter().filter(|cell| cell.spilled());
        let spilled: usize = spilled.map(|cell| cell.capacity() * size_of::<Spot>()).sum();
        size_of::<Self>() + spilled + self.cells.capacity() * size_of::<Cell>() + self.taken.capacity() * 8
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

    /// Starts to list by closeness to a point.
    pub fn around(&self, key: f32) -> Around {
        let cell = self.cell_of(key);
        let at = self.cells[cell].partition_point(|one| one.key < key);
        Around { key, left: self.before(cell, at), right: self.from(cell, at) }
    }

    fn put(&mut self, spot: Spot) {
        let index = self.cell_of(spot.key);
        let cell = &mut self.cells[index];
        // Behind its equals: the longer there, the earlier found.
        let at = cell.partition_point(|one| one.key <= spot.key);
        cell.insert(at, spot);
        self.taken[index / 64] |= 1 << (index % 64);
    }

    fn cell_of(&self, key: f32) -> usize {
        // A cast of a float saturates, and of what is no number is 0.
        (((key - self.low) * self.cells_per_unit) as usize).min(self.cells.len() - 1)
    }

    /// New cells for twice as many tickets; amortised over their arrivals.
    fn lay_out(&mut self) {
        let spots: Vec<Spot> = self.cells.drain(..).flatten().collect();
        let mut keys: Vec<f32> = spots.iter().map(|spot| spot.key).collect();
        let edge = keys.len() / 50;
        let last = keys.len() - 1 - edge;
        let low = *keys.select_nth_unstable_by(edge, f32::total_cmp).1;
        let high = *keys.select_nth_unstable_by(last, f32::total_cmp).1;
        let cells = (2 * spots.len() / PER_CELL).next_power_of_two().min(CELLS_MAX);
        let cells = if high > low { cells } else { 1 };
        self.laid_out_for = self.tickets;
        self.low = low;
        self.cells_per_unit = if high > low { cells as f32 / (high - low) } else { 0.0 };
        self.cells = vec![Cell::new(); cells];
        self.taken = vec![0; cells.div_ceil(64)];
        spots.into_iter().for_each(|spot| self.put(spot));
    }

    fn before(&self, cell: usize, at: usize) -> Option<(u32, u32)> {
        if at > 0 {
            return Some((cell as u32, at as u32 - 1));
        }
        let cell = self.taken_before(cell)?;
        Some((cell as u32, self.cells[cell].len() as u32 - 1))
    }

    fn from(&self, cell: usize, at: usize) -> Option<(u32, u32)> {
        if at < self.cells[cell].len() {
            return Some((cell as u32, at as u32));
        }
        Some((self.taken_after(cell)? as u32, 0))
    }

    fn taken_before(&self, cell: usize) -> Option<usize> {
        let (word, bit) = (cell / 64, cell % 64);
        let here = self.taken[word] & ((1 << bit) - 1);
        let words = std::iter::once((word, here)).chain((0..word).rev().map(|word| (word, self.taken[word])));
        words
            .into_iter()
            .find(|(_, bits)| *bits != 0)
            .map(|(word, bits)| word * 64 + 63 - bits.leading_zeros() as usize)
    }

    fn taken_after(&self, cell: usize) -> Option<usize> {
        let (word, bit) = (cell / 64, cell % 64);
        let here = if bit == 63 { 0 } else { self.taken[word] & (u64::MAX << (bit + 1)) };
        let later = (word + 1..self.taken.len()).map(|word| (word, self.taken[word]));
        let mut words = std::iter::once((word, here)).chain(later);
        words.find(|(_, bits)| *bits != 0).map(|(word, bits)| word * 64 + bits.trailing_zeros() as usize)
    }

    fn spot(&self, at: (u32, u32)) -> Spot {
        self.cells[at.0 as usize][at.1 as usize]
    }
}

/// A list by closeness. Valid as long as its band does not change.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    key: f32,
    left: Option<(u32, u32)>,
    right: Option<(u32, u32)>,
}

impl Around {
    /// How far the next one is.
    pub fn distance(&self, band: &Band) -> Option<f32> {
        let away = |at: Option<(u32, u32)>| at.map(|at| (band.spot(at).key - self.key).abs());
        match (away(self.left), away(self.right)) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        }
    }

    pub fn next(&mut self, band: &Band) -> Option<Spot> {
        let (left, right) = (self.left.map(|at| band.spot(at)), self.right.map(|at| band.spot(at)));
        let goes_left = match (left, right) {
            (Some(left), Some(right)) => self.key - left.key < right.key - self.key,
            (left, _) => left.is_some(),
        };
        if goes_left {
            let (cell, at) = self.left?;
            self.left = band.before(cell as usize, at as usize);
            left
        } else {
            let (cell, at) = self.right?;
            self.right = band.from(cell as usize, at as usize + 1);
            right
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
                let mut around = band.around(from);
                let found: Vec<f32> =
                    std::iter::from_fn(|| around.next(&band)).map(|spot| (spot.key - from).abs()).collect();
                let mut wanted: Vec<f32> = plain.iter().map(|spot| (spot.key - from).abs()).collect();
                wanted.sort_by(f32::total_cmp);
                assert_eq!(found, wanted);
                assert_eq!(band.tickets(), plain.len());
                assert_eq!(band.players() as usize, plain.len());
            }
        }
    }
}

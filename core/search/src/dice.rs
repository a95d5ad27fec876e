//! Chance for tests: the same in every run.

/// Numbers from a seed, by a generator of one line.
pub(crate) struct Dice(pub u64);

impl Dice {
    /// A number in 0..below.
    pub fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// A place in a list of so many.
    pub fn place(&mut self, count: usize) -> usize {
        self.below(count as u64) as usize
    }
}

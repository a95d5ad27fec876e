//! How many could share a match, counted: per tier, region and class of one key.

use crate::band::SIZES;

/// Tickets and players of one tier, region and class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub tickets: u32,
    pub players: u32,
    /// Tickets by size; the last counts all greater ones.
    pub sizes: [u32; SIZES],
}

impl Tally {
    pub fn add(&mut self, size: u32) {
        self.tickets += 1;
        self.players += size;
        self.sizes[(size as usize).min(SIZES - 1)] += 1;
    }

    pub fn subtract(&mut self, size: u32) {
        self.tickets -= 1;
        self.players -= size;
        self.sizes[(size as usize).min(SIZES - 1)] -= 1;
    }
}

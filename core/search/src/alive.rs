//! Who is still there, a bit per slot: the one thing that several workers write at the same time.

use std::sync::atomic::{AtomicU64, Ordering};

/// A bit for every slot that somebody holds and nobody claimed.
#[derive(Debug, Default)]
pub(crate) struct Alive(Vec<AtomicU64>);

impl Alive {
    pub fn set(&mut self, slot: u32) {
        let word = slot as usize / 64;
        if self.0.len() <= word {
            self.0.resize_with(word + 1, AtomicU64::default);
        }
        *self.0[word].get_mut() |= 1 << (slot % 64);
    }

    pub fn clear(&mut self, slot: u32) {
        *self.0[slot as usize / 64].get_mut() &= !(1 << (slot % 64));
    }

    pub fn holds(&self, slot: u32) -> bool {
        self.0[slot as usize / 64].load(Ordering::Relaxed) >> (slot % 64) & 1 == 1
    }

    /// Takes all of them, or none where somebody else has one: no slot is ever claimed twice.
    pub fn claim(&self, slots: impl Iterator<Item = u32> + Clone) -> bool {
        for (taken, slot) in slots.clone().enumerate() {
            let bit = 1 << (slot % 64);
            if self.0[slot as usize / 64].fetch_and(!bit, Ordering::AcqRel) & bit == 0 {
                slots.take(taken).for_each(|slot| self.give_back(slot));
                return false;
            }
        }
        true
    }

    fn give_back(&self, slot: u32) {
        self.0[slot as usize / 64].fetch_or(1 << (slot % 64), Ordering::AcqRel);
    }

    pub fn bytes(&self) -> usize {
        self.0.capacity() * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_takes_all_or_nothing() {
        let mut alive = Alive::default();
        [1, 70, 200].into_iter().for_each(|slot| alive.set(slot));
        assert!(alive.claim([70].into_iter()));
        assert!(!alive.claim([1, 200, 70].into_iter()));
        assert!(alive.holds(1) && alive.holds(200) && !alive.holds(70));
        assert!(alive.claim([1, 200].into_iter()));
        assert!(!alive.holds(1) && !alive.holds(200));
    }
}

//! A backlog all at once: bands are walked from end to end, and everybody met is matched with his neighbours.
//!
//! The order of age is given up for this, and with it the wait that the eldest are promised; so it is for backlogs.
//! Several workers may walk different stretches of the same crowd at the same time: what one claims nobody else finds.

use matchwright_rules::{ExpansionAge, Tier};

use crate::band::Spot;
use crate::crowd::{Crowd, Slot};
use crate::seek::{Anchor, Filling, Limits, Picked};
use crate::stand::Stand;

/// The part of a crowd between one end of a band and the other, and how far it was walked.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    key: u32,
    tier: Tier,
    region: u32,
    class: usize,
    walked: Option<Spot>,
    tickets: usize,
    is_done: bool,
}

impl Stretch {
    /// Nobody is left to look from.
    pub fn is_done(&self) -> bool {
        self.is_done
    }
}

impl Crowd {
    /// All stretches of keys with so many tickets, dealt to so many workers: a region of a key belongs to one of them, so that they seldom meet.
    /// Each gets the strictest tier first, and there those first who have nothing that others want.
    pub fn stretches(&self, workers: usize, tickets_min: usize) -> Vec<Vec<Stretch>> {
        let mut all: Vec<Stretch> = self
            .bands()
            .filter(|(key, ..)| self.tickets(*key) >= tickets_min)
            .map(|(key, tier, region, class, band)| Stretch {
                key,
                tier,
                region,
                class,
                walked: None,
                tickets: band.tickets(),
                is_done: false,
            })
            .collect();
        all.sort_by_key(|one| (one.key, one.region));
        let mut owned: Vec<&[Stretch]> =
            all.chunk_by(|a, b| (a.key, a.region) == (b.key, b.region)).collect();
        let load = |some: &[Stretch]| some.iter().map(|one| one.tickets).sum::<usize>();
        owned.sort_by_key(|some| std::cmp::Reverse(load(some)));
        let mut dealt: Vec<(usize, Vec<Stretch>)> = vec![(0, Vec::new()); workers.max(1)];
        for some in owned {
            if let Some(least) = dealt.iter_mut().min_by_key(|(load, _)| *load) {
                least.0 += load(some);
                least.1.extend_from_slice(some);
            }
        }
        let in_order = |(_, mut some): (usize, Vec<Stretch>)| {
            some.sort_by_key(|one| (one.tier.0, one.class, std::cmp::Reverse(one.tickets)));
            some
        };
        dealt.into_iter().map(in_order).collect()
    }

    /// Walks on, looking from at most so many tickets. What is found, full and accepted is claimed, comes with what it
    /// was accepted as, and is to be removed by the caller.
    pub fn walk<T>(
        &self,
        stretch: &mut Stretch,
        anchors: usize,
        limits: Limits,
        mut accept: impl FnMut(&Picked) -> Option<T>,
    ) -> Vec<(Picked, T)> {
        let Stretch { key, tier, region, class, walked, .. } = *stretch;
        let stand = Stand::new(self, key, tier, region);
        let mut picked = Vec::new();
        let Some(band) = self.band(key, tier, region, class).filter(|_| !stand.is_hopeless()) else {
            stretch.is_done = true;
            return picked;
        };
        let mut left = anchors;
        for spot in band.behind(walked) {
            let slot = spot.slot();
            while self.holds(slot) && self.may_lead(slot, tier) && left > 0 {
                left -= 1;
                let found = Filling::new(&stand, limits).from(Anchor::Ticket(slot));
                let found = found.filter(|found| found.is_full);
                let Some((found, made)) = found.and_then(|found| accept(&found).map(|made| (found, made)))
                else {
                    break;
                };
                // Where another worker was faster, the ticket may still be there.
                if self.claim(&found) {
                    picked.push((found, made));
                }
            }
            stretch.walked = Some(spot);
            if left == 0 {
                return picked;
            }
        }
        stretch.is_done = true;
        picked
    }

    /// Where the oldest decides, a match around a ticket is made at its own tier.
    fn may_lead(&self, slot: Slot, tier: Tier) -> bool {
        self.rules.algorithm.expansion_age == ExpansionAge::Newest || self.tier(slot) == tier
    }
}

//! A backlog all at once: bands are walked from end to end, and everybody met is matched with his neighbours.
//!
//! The order of age is given up for this, and with it the wait that the eldest are promised; so it is for backlogs.
//! Several workers may walk different stretches of the same crowd at the same time: what one claims nobody else finds.

use matchwright_rules::{ExpansionAge, Tier};

use crate::band::{Band, SIZES, Spot};
use crate::crowd::{Crowd, Slot};
use crate::seek::{Anchor, Filling, Limits, Picked};
use crate::stand::Stand;

/// A counted part of a band: one walk.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    key: u32,
    tier: Tier,
    region: u32,
    class: usize,
    /// Behind which it begins, and its last; `None`: the end of the band.
    behind: Option<Spot>,
    last: Option<Spot>,
}

impl Crowd {
    /// All tickets of keys with so many, in stretches: the strictest tier first, there those who have nothing that
    /// others want, and there the most populated bands.
    pub fn stretches(&self, tickets_min: usize) -> Vec<Stretch> {
        let tallies = self.tallies().filter(|(key, ..)| self.tickets(*key) >= tickets_min);
        let mut tallies: Vec<_> = tallies.collect();
        tallies.sort_by_key(|(key, tier, region, class, tally)| {
            (tier.0, *class, std::cmp::Reverse(tally.tickets), *key, *region)
        });
        let stretches = tallies.into_iter().flat_map(|(key, tier, region, class, _)| {
            let mut behind = None;
            let band = self.band(key, class).into_iter();
            let ends = band.flat_map(Band::stretch_ends).map(Some).chain([None]);
            let cut = |last| Stretch {
                key,
                tier,
                region,
                class,
                behind: std::mem::replace(&mut behind, last),
                last,
            };
            ends.map(cut).collect::<Vec<_>>()
        });
        stretches.collect()
    }

    /// Looks from every ticket of a stretch. What is found, full and accepted is claimed, comes with what it was
    /// accepted as, and is to be removed by the caller.
    pub fn walk<T>(
        &self,
        stretch: &Stretch,
        limits: Limits,
        mut accept: impl FnMut(&Picked) -> Option<T>,
    ) -> Vec<(Picked, T)> {
        let Stretch { key, tier, region, class, behind, last } = *stretch;
        let stand = Stand::new(self, key, tier, region);
        let mut picked = Vec::new();
        let Some(band) = self.band(key, class).filter(|_| !stand.is_hopeless()) else { return picked };
        let open = self.open(tier, region);
        let here = band.behind(behind).take_while(|(spot, _)| last.is_none_or(|last| *spot <= last));
        let packs: Vec<bool> = (0..SIZES as u32).map(|size| stand.packs(size)).collect();
        let here = here.filter(|(spot, reach)| open.holds(*reach) && packs[spot.size() as usize]);
        for slot in here.map(|(spot, _)| spot.slot()) {
            while self.holds(slot) && self.may_lead(slot, tier) {
                let found = Filling::new(&stand, limits, true).find(Anchor::Ticket(slot));
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
        }
        picked
    }

    /// Where the oldest decides, a match around a ticket is made at its own tier.
    fn may_lead(&self, slot: Slot, tier: Tier) -> bool {
        self.rules.algorithm.expansion_age == ExpansionAge::Newest || self.tier(slot) == tier
    }
}

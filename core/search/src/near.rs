//! Which regions are near enough for a ticket, as bits.

use std::collections::BTreeMap;

use matchwright_model::Region;
use matchwright_rules::{Party, Tiered};

/// More regions than this are all near for everybody here; the judge tells them apart.
const REGIONS_MAX: usize = 64;

/// Numbers the regions as they are first heard of.
#[derive(Debug, Default)]
pub(crate) struct Regions {
    numbers: BTreeMap<Region, u32>,
}

impl Regions {
    /// Per tier, a bit for every region where no member is further away than the limit.
    pub fn near(&mut self, party: &Party, limit: &Tiered<f64>) -> Vec<u64> {
        let Some(first) = party.members.first() else { return vec![0; limit.0.len()] };
        let mut near = vec![0; limit.0.len()];
        for region in first.latencies.keys() {
            let each = party.members.iter().map(|member| member.latencies.get(region).copied());
            let Some(furthest) = each.reduce(|a, b| Some(a?.max(b?))).flatten() else { continue };
            let Some(bit) = self.bit(region) else { return vec![u64::MAX; limit.0.len()] };
            for (near, limit) in near.iter_mut().zip(&limit.0) {
                *near |= if f64::from(furthest) <= *limit { bit } else { 0 };
            }
        }
        near
    }

    fn bit(&mut self, region: &Region) -> Option<u64> {
        let next = self.numbers.len();
        if let Some(number) = self.numbers.get(region) {
            return Some(1 << number);
        }
        if next >= REGIONS_MAX {
            return None;
        }
        self.numbers.insert(region.clone(), next as u32);
        Some(1 << next)
    }
}

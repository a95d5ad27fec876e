//! From a party to a crowd's guest: texts and regions become numbers, as they are first heard of.

use std::collections::BTreeMap;

use matchwright_model::{AttributeValue, Region};
use matchwright_rules::plan::{Plan, Words};
use matchwright_rules::{Party, Tier, Tiered};

use crate::Guest;
use crate::lexicon::Lexicon;

/// More regions than this are all near for everybody here; the judge tells them apart.
const REGIONS_MAX: usize = 64;

/// Numbers what it hears.
#[derive(Debug, Default)]
pub struct Intake {
    /// Values that all players of a match share, where rules ask for it: no match crosses a key (D-130).
    keys: BTreeMap<Vec<String>, u32>,
    regions: BTreeMap<Region, u32>,
    lexicon: Lexicon,
}

impl Intake {
    /// `None` when its own members differ where a match may not: such a party can never be in one.
    pub fn guest(&mut self, plan: &Plan, party: &Party, tier: Tier) -> Option<Guest> {
        let next = self.keys.len() as u32;
        let key = *self.keys.entry(key_of(plan, party)?).or_insert(next);
        let regions = plan.latency.as_ref().map(|limit| self.near(party, limit)).unwrap_or_default();
        let words = self.lexicon.words(plan, party);
        Some(Guest { key, tier, row: plan.row(party), regions, words })
    }

    /// Of a backfill ticket, the words of its members in each team, instead of those that its guest brought.
    pub(crate) fn seated(
        &mut self,
        (plan, party): (&Plan, &Party),
        teams: &[usize],
        guest: &Guest,
    ) -> Vec<(usize, Words)> {
        let seated = self.lexicon.words_seated(plan, party, teams);
        self.forget(guest.words.iter());
        seated
    }

    /// A ticket with these words left.
    pub(crate) fn forget<'w>(&mut self, words: impl Iterator<Item = &'w Words>) {
        words.for_each(|words| self.lexicon.release(words));
    }

    /// Per tier, a bit for every region where no member is further away than the limit.
    fn near(&mut self, party: &Party, limit: &Tiered<f64>) -> Vec<u64> {
        let mut near = vec![0; limit.0.len()];
        let Some(first) = party.members.first() else { return near };
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
        let next = self.regions.len();
        if let Some(number) = self.regions.get(region) {
            return Some(1 << number);
        }
        if next >= REGIONS_MAX {
            return None;
        }
        self.regions.insert(region.clone(), next as u32);
        Some(1 << next)
    }
}

fn key_of(plan: &Plan, party: &Party) -> Option<Vec<String>> {
    let value = |attribute: &usize| {
        let mut values = party.members.iter().map(|member| text(&member.values[*attribute]));
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    };
    plan.keys.iter().map(value).collect()
}

fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Text(text) => text.clone(),
        // Equal numbers have equal texts once both zeros are one.
        AttributeValue::Number(number) => format!("{:?}", number + 0.0),
        other => format!("{other:?}"),
    }
}

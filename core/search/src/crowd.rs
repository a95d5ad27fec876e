//! Who waits at one matchmaker, as numbers by slot and, per key, along the number that brings those who suit each other
//! together. Knows no ids, no texts, no time: tiers are told.

use std::sync::Arc;

use matchwright_rules::plan::{Plan, Row, Totals, Words};
use matchwright_rules::{RuleSet, Tier};

use crate::alive::Alive;
use crate::band::{Band, Spot};
use crate::reach::{Open, Reach, ReachNumber, Reaches};
use crate::seek::Picked;
use crate::spoken::Spoken;
use crate::table::Table;
use crate::tally::Tally;

/// A ticket's place in a crowd; free for another once it has left.
pub type Slot = u32;

/// A ticket as a crowd keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Guest {
    /// Tickets with different keys share no match.
    pub key: u32,
    pub tier: Tier,
    /// The plan's row.
    pub row: Row,
    /// Per tier, a bit for every region near enough. Not looked at where the plan limits no latency.
    pub regions: Vec<u64>,
    /// The texts of its players, where the plan keeps any.
    pub words: Option<Words>,
}

/// Wanted texts that split bands; more than these are looked for among all.
const SPLITS_MAX: usize = 3;

/// See the module's words.
#[derive(Debug)]
pub struct Crowd {
    pub(crate) rules: Arc<RuleSet>,
    pub(crate) plan: Arc<Plan>,
    /// Columns of which somebody is wanted, each once: bit `n` of a class says that a ticket has the `n`-th.
    pub(crate) splits: Vec<usize>,
    /// Teams without players.
    pub(crate) nobody: Totals,
    tiers: usize,
    rows: Table<f64>,
    /// One for every slot; [`NOBODY`] where it is free.
    reach_of: Table<ReachNumber>,
    reaches: Reaches,
    pub(crate) spoken: Spoken,
    pub(crate) alive: Alive,
    slots: Slot,
    free: Vec<Slot>,
    groups: Vec<Group>,
}

const NOBODY: ReachNumber = ReachNumber::MAX;

/// Tickets of one key.
#[derive(Debug, Default)]
struct Group {
    /// By class. A ticket stands in one of them.
    bands: Vec<Band>,
    /// By region, tier and class. A ticket counts wherever it can join a match.
    tallies: Vec<Tally>,
    tickets: usize,
}

impl Group {
    fn tally_mut(&mut self, index: usize) -> &mut Tally {
        if self.tallies.len() <= index {
            self.tallies.resize(index + 1, Tally::default());
        }
        &mut self.tallies[index]
    }
}

impl Crowd {
    pub fn new(rules: Arc<RuleSet>, plan: Arc<Plan>) -> Self {
        let mut splits: Vec<usize> = plan.steer.wanted.iter().map(|wanted| wanted.column).collect();
        splits.sort_unstable();
        splits.dedup();
        splits.truncate(SPLITS_MAX);
        let (width, tiers) = (plan.columns.width(), rules.steps.len() + 1);
        Self {
            splits,
            nobody: Totals::new(&plan.columns, rules.teams.len()),
            tiers,
            rows: Table::new(width),
            reach_of: Table::new(1),
            reaches: Reaches::new(rules.algorithm.expansion_age, tiers),
            spoken: Spoken::default(),
            alive: Alive::default(),
            slots: 0,
            free: Vec::new(),
            groups: Vec::new(),
            rules,
            plan,
        }
    }

    /// Takes a ticket in.
    pub fn insert(&mut self, guest: &Guest) -> Slot {
        let (slot, reach) = self.place(guest);
        let (class, spot) = (self.class_of(&guest.row), self.spot(slot));
        self.groups[guest.key as usize].bands[class].insert(spot, reach);
        slot
    }

    /// Takes in many at once: bands where nobody stands are sorted once.
    pub fn extend(&mut self, guests: &[Guest]) -> Vec<Slot> {
        let mut together: Vec<Vec<Vec<(Spot, ReachNumber)>>> = Vec::new();
        let mut slots = Vec::with_capacity(guests.len());
        for guest in guests {
            let (slot, reach) = self.place(guest);
            slots.push(slot);
            let key = guest.key as usize;
            if together.len() <= key {
                together.resize(key + 1, vec![Vec::new(); self.classes()]);
            }
            together[key][self.class_of(&guest.row)].push((self.spot(slot), reach));
        }
        for (group, bands) in self.groups.iter_mut().zip(together) {
            for (band, mut some) in group.bands.iter_mut().zip(bands) {
                some.sort_unstable();
                match band.is_empty() {
                    true => *band = Band::of(&some),
                    false => some.into_iter().for_each(|(spot, reach)| band.insert(spot, reach)),
                }
            }
        }
        slots
    }

    /// Gives a ticket a slot, and counts it.
    fn place(&mut self, guest: &Guest) -> (Slot, ReachNumber) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        });
        let regions =
            if self.plan.latency.is_some() { guest.regions.as_slice().into() } else { [][..].into() };
        let reach = self.reaches.take(Reach { key: guest.key, tier: guest.tier, regions });
        self.rows.set(slot, &guest.row);
        self.reach_of.set(slot, &[reach]);
        self.spoken.set(slot, guest.words.as_ref());
        self.alive.set(slot);
        let (key, classes) = (guest.key as usize, self.classes());
        if self.groups.len() <= key {
            self.groups.resize_with(key + 1, Group::default);
        }
        let group = &mut self.groups[key];
        group.tickets += 1;
        group.bands.resize_with(classes, Band::default);
        self.count(slot, reach, Tally::add);
        (slot, reach)
    }

    /// Takes a ticket out, claimed or not.
    pub fn remove(&mut self, slot: Slot) {
        let reach = self.reach_of(slot);
        if reach == NOBODY {
            return;
        }
        let (key, class, spot) = (self.key(slot) as usize, self.class_of(self.row(slot)), self.spot(slot));
        self.count(slot, reach, Tally::subtract);
        self.groups[key].bands[class].remove(spot);
        self.groups[key].tickets -= 1;
        self.alive.clear(slot);
        self.reach_of.set(slot, &[NOBODY]);
        self.reaches.give_back(reach);
        self.free.push(slot);
    }

    /// Takes the tickets of a match for one of several workers, all or none. Each is then to be removed; until then it
    /// is counted, but nobody finds it.
    pub fn claim(&self, picked: &Picked) -> bool {
        self.alive.claim(picked.units.iter().map(|(slot, _)| *slot))
    }

    /// A ticket has waited into a later tier.
    pub fn promote(&mut self, slot: Slot, tier: Tier) {
        let before = self.reach_of(slot);
        if before == NOBODY || tier <= self.tier(slot) {
            return;
        }
        let reach = self.reaches.take(Reach { tier, ..self.reaches.get(before).clone() });
        self.count(slot, before, Tally::subtract);
        self.count(slot, reach, Tally::add);
        self.reach_of.set(slot, &[reach]);
        let (key, class, spot) = (self.key(slot) as usize, self.class_of(self.row(slot)), self.spot(slot));
        self.groups[key].bands[class].set_reach(spot, reach);
        self.reaches.give_back(before);
    }

    /// Changes the tallies of every match that a ticket of this reach can join.
    fn count(&mut self, slot: Slot, reach: ReachNumber, change: fn(&mut Tally, u32)) {
        let row = self.row(slot);
        let (class, size) = (self.class_of(row), row[0] as u32);
        let key = self.reaches.get(reach).key as usize;
        for tier in 0..self.tiers {
            for region in bits(self.reaches.regions(reach, Tier(tier as u16))) {
                let index = self.index(tier, region, class);
                change(self.groups[key].tally_mut(index), size);
            }
        }
    }

    /// Bytes held per ticket's numbers and places in bands.
    pub fn bytes(&self) -> usize {
        let of_group = |group: &Group| {
            let bands = group.bands.iter().map(Band::bytes).sum::<usize>();
            bands + group.tallies.capacity() * size_of::<Tally>()
        };
        let by_slot =
            self.rows.bytes() + self.reach_of.bytes() + self.alive.bytes() + self.free.capacity() * 4;
        by_slot + self.spoken.bytes() + self.reaches.bytes() + self.groups.iter().map(of_group).sum::<usize>()
    }

    /// Spots in bands, and how many of them are of tickets that were claimed or left.
    pub fn spots(&self) -> (usize, usize) {
        let spots = self.groups.iter().flat_map(|group| &group.bands).flat_map(|band| band.behind(None));
        spots.fold((0, 0), |(all, stale), (spot, _)| (all + 1, stale + usize::from(!self.holds(spot.slot()))))
    }

    /// Somebody stands in this place, and nobody claimed him.
    pub fn holds(&self, slot: Slot) -> bool {
        self.alive.holds(slot)
    }

    pub(crate) fn row(&self, slot: Slot) -> &[f64] {
        self.rows.row(slot)
    }

    /// The words of a ticket that stands here, where the plan keeps any.
    pub(crate) fn words(&self, slot: Slot) -> Option<&Words> {
        self.spoken.of(slot)
    }

    fn reach_of(&self, slot: Slot) -> ReachNumber {
        self.reach_of.row(slot)[0]
    }

    pub(crate) fn tier(&self, slot: Slot) -> Tier {
        self.reaches.get(self.reach_of(slot)).tier
    }

    pub(crate) fn tier_of(&self, reach: ReachNumber) -> Tier {
        self.reaches.get(reach).tier
    }

    pub(crate) fn key(&self, slot: Slot) -> u32 {
        self.reaches.get(self.reach_of(slot)).key
    }

    /// The regions of a match that a ticket can join at a tier.
    pub(crate) fn regions(&self, slot: Slot, tier: Tier) -> u64 {
        self.reaches.regions(self.reach_of(slot), tier)
    }

    pub(crate) fn open(&self, tier: Tier, region: u32) -> Open<'_> {
        self.reaches.at(tier, region)
    }

    pub(crate) fn classes(&self) -> usize {
        1 << self.splits.len()
    }

    pub(crate) fn band(&self, key: u32, class: usize) -> Option<&Band> {
        self.groups.get(key as usize)?.bands.get(class)
    }

    pub(crate) fn tally(&self, key: u32, tier: Tier, region: u32, class: usize) -> Option<&Tally> {
        self.groups.get(key as usize)?.tallies.get(self.index(usize::from(tier.0), region, class))
    }

    /// Players of a key who can join a match in one region at one tier.
    pub(crate) fn players(&self, key: u32, tier: Tier, region: u32) -> u32 {
        let all = (0..self.classes()).filter_map(|class| self.tally(key, tier, region, class));
        all.map(|tally| tally.players).sum()
    }

    /// The number along which bands are ordered.
    pub(crate) fn near(&self, row: &[f64]) -> f32 {
        self.plan.steer.near.map_or(0.0, |column| row[column + 1] / row[0]) as f32
    }

    /// A bit for every split that a ticket has.
    pub(crate) fn class_of(&self, row: &[f64]) -> usize {
        let has = |(bit, column): (usize, &usize)| usize::from(row[column + 1] > 0.0) << bit;
        self.splits.iter().enumerate().map(has).sum()
    }

    /// Tickets of a key.
    pub(crate) fn tickets(&self, key: u32) -> usize {
        self.groups[key as usize].tickets
    }

    /// Everything that somebody could join: its key, tier, region, class and who that is.
    pub(crate) fn tallies(&self) -> impl Iterator<Item = (u32, Tier, u32, usize, &Tally)> {
        self.groups.iter().enumerate().flat_map(move |(key, group)| {
            group.tallies.iter().enumerate().filter(|(_, tally)| tally.tickets > 0).map(
                move |(index, tally)| {
                    let (rest, class) = (index / self.classes(), index % self.classes());
                    (key as u32, Tier((rest % self.tiers) as u16), (rest / self.tiers) as u32, class, tally)
                },
            )
        })
    }

    fn index(&self, tier: usize, region: u32, class: usize) -> usize {
        (region as usize * self.tiers + tier) * self.classes() + class
    }

    fn spot(&self, slot: Slot) -> Spot {
        let row = self.row(slot);
        Spot::new(self.near(row), slot, row[0] as u32)
    }
}

/// The numbers of the bits that are set.
pub(crate) fn bits(mut mask: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = mask.trailing_zeros();
        mask &= mask.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

//! Who waits at one matchmaker, as numbers by slot and, per key, tier and region, along the number that brings those
//! who suit each other together. Knows no ids, no texts, no time: tiers are told.

use std::sync::Arc;

use matchwright_rules::plan::Plan;
use matchwright_rules::{ExpansionAge, RuleSet, Tier};

use crate::alive::Alive;
use crate::band::{Band, Spot};
use crate::seek::Picked;

/// A ticket's place in a crowd; free for another once it has left.
pub type Slot = u32;

/// A ticket as a crowd keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Guest {
    /// Tickets with different keys share no match.
    pub key: u32,
    pub tier: Tier,
    /// The plan's row.
    pub row: Vec<f64>,
    /// Per tier, a bit for every region near enough. Not looked at where the plan limits no latency.
    pub regions: Vec<u64>,
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
    width: usize,
    tiers: usize,
    /// Region masks of a ticket: one per tier, none where regions play no part.
    masks: usize,
    rows: Vec<f64>,
    regions: Vec<u64>,
    places: Vec<Place>,
    pub(crate) alive: Alive,
    free: Vec<Slot>,
    groups: Vec<Group>,
}

/// Where a slot's ticket stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    key: u32,
    tier: u16,
    class: u8,
    is_here: bool,
    /// Bands that have a spot of it. A slot is free for another when nobody holds it and no spot is left.
    spots: u16,
}

/// Tickets of one key: bands by region, tier and class.
#[derive(Debug, Default)]
struct Group {
    bands: Vec<Option<Box<Band>>>,
    tickets: usize,
}

impl Group {
    fn band_mut(&mut self, index: usize) -> &mut Band {
        if self.bands.len() <= index {
            self.bands.resize_with(index + 1, || None);
        }
        self.bands[index].get_or_insert_default()
    }
}

impl Crowd {
    pub fn new(rules: Arc<RuleSet>, plan: Arc<Plan>) -> Self {
        let mut splits: Vec<usize> = plan.steer.wanted.iter().map(|wanted| wanted.column).collect();
        splits.sort_unstable();
        splits.dedup();
        splits.truncate(SPLITS_MAX);
        let (width, tiers) = (plan.columns.width(), rules.steps.len() + 1);
        let masks = if plan.latency.is_some() { tiers } else { 0 };
        let (rows, regions, places) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            rules,
            plan,
            splits,
            width,
            tiers,
            masks,
            rows,
            regions,
            places,
            alive: Alive::default(),
            free: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Takes a ticket in.
    pub fn insert(&mut self, guest: &Guest) -> Slot {
        let slot = self.place(guest);
        for tier in self.indexed(0, guest.tier.0) {
            self.enter(slot, tier);
        }
        slot
    }

    /// Takes in many at once: bands where nobody stands are sorted once.
    pub fn extend(&mut self, guests: &[Guest]) -> Vec<Slot> {
        self.rows.reserve(guests.len() * self.width);
        self.regions.reserve(guests.len() * self.masks);
        self.places.reserve(guests.len());
        let mut together: Vec<Vec<Vec<Spot>>> = Vec::new();
        let mut slots = Vec::with_capacity(guests.len());
        for guest in guests {
            let slot = self.place(guest);
            slots.push(slot);
            let key = guest.key as usize;
            together.resize_with(together.len().max(key + 1), Vec::new);
            for tier in self.indexed(0, guest.tier.0) {
                self.each_band(slot, tier, |index, spot| {
                    let bands = &mut together[key];
                    bands.resize_with(bands.len().max(index + 1), Vec::new);
                    bands[index].push(spot);
                });
            }
        }
        for (group, bands) in self.groups.iter_mut().zip(together) {
            for (index, mut spots) in bands.into_iter().enumerate().filter(|(_, spots)| !spots.is_empty()) {
                spots.sort_unstable();
                match group.band_mut(index) {
                    band if band.spots() == 0 => *band = Band::of(&spots),
                    band => spots.into_iter().for_each(|spot| band.insert(spot)),
                }
            }
        }
        slots
    }

    /// Gives a ticket a slot.
    fn place(&mut self, guest: &Guest) -> Slot {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { key: 0, tier: 0, class: 0, is_here: false, spots: 0 });
            self.rows.resize(self.places.len() * self.width, 0.0);
            self.regions.resize(self.places.len() * self.masks, 0);
            self.places.len() as Slot - 1
        });
        let at = slot as usize;
        self.rows[at * self.width..(at + 1) * self.width].copy_from_slice(&guest.row);
        if self.masks > 0 {
            self.regions[at * self.masks..(at + 1) * self.masks].copy_from_slice(&guest.regions);
        }
        let class = self.class_of(&guest.row);
        self.places[at] = Place { key: guest.key, tier: guest.tier.0, class, is_here: true, spots: 0 };
        self.alive.set(slot);
        if self.groups.len() <= guest.key as usize {
            self.groups.resize_with(guest.key as usize + 1, Group::default);
        }
        self.groups[guest.key as usize].tickets += 1;
        slot
    }

    /// Takes a ticket out, claimed or not.
    pub fn remove(&mut self, slot: Slot) {
        let place = self.places[slot as usize];
        if !place.is_here {
            return;
        }
        self.alive.clear(slot);
        self.groups[place.key as usize].tickets -= 1;
        for tier in self.indexed(0, place.tier) {
            self.leave(slot, tier);
        }
        let place = &mut self.places[slot as usize];
        place.is_here = false;
        if place.spots == 0 {
            self.free.push(slot);
        }
    }

    /// Takes the tickets of a match for one of several workers, all or none. Each is then to be removed; until then
    /// bands count them, but nobody finds them.
    pub fn claim(&self, picked: &Picked) -> bool {
        self.alive.claim(picked.units.iter().map(|(slot, _)| *slot))
    }

    /// A ticket has waited into a later tier.
    pub fn promote(&mut self, slot: Slot, tier: Tier) {
        let place = self.places[slot as usize];
        if !place.is_here || tier.0 <= place.tier {
            return;
        }
        self.places[slot as usize].tier = tier.0;
        if self.rules.algorithm.expansion_age == ExpansionAge::Newest {
            (place.tier + 1..=tier.0).for_each(|tier| self.enter(slot, tier));
        }
    }

    /// Bytes held per ticket's numbers and places in bands.
    pub fn bytes(&self) -> usize {
        let bands = self.groups.iter().flat_map(|group| group.bands.iter().flatten());
        let fixed = self.alive.bytes()
            + self.rows.capacity() * 8
            + self.regions.capacity() * 8
            + self.places.capacity() * size_of::<Place>();
        fixed + bands.map(|band| band.bytes()).sum::<usize>()
    }

    /// Spots in bands, and how many of them are of tickets that left.
    pub fn spots(&self) -> (usize, usize) {
        let bands = || self.groups.iter().flat_map(|group| group.bands.iter().flatten());
        let all: usize = bands().map(|band| band.spots()).sum();
        (all, all - bands().map(|band| band.tickets()).sum::<usize>())
    }

    /// Somebody stands in this place, and nobody claimed him.
    pub fn holds(&self, slot: Slot) -> bool {
        self.alive.holds(slot)
    }

    pub(crate) fn row(&self, slot: Slot) -> &[f64] {
        &self.rows[slot as usize * self.width..(slot as usize + 1) * self.width]
    }

    pub(crate) fn tier(&self, slot: Slot) -> Tier {
        Tier(self.places[slot as usize].tier)
    }

    pub(crate) fn key(&self, slot: Slot) -> u32 {
        self.places[slot as usize].key
    }

    pub(crate) fn regions(&self, slot: Slot, tier: Tier) -> u64 {
        match self.masks {
            0 => 1,
            masks => self.regions[slot as usize * masks + usize::from(tier.0)],
        }
    }

    pub(crate) fn classes(&self) -> usize {
        1 << self.splits.len()
    }

    pub(crate) fn band(&self, key: u32, tier: Tier, region: u32, class: usize) -> Option<&Band> {
        let index = self.index(usize::from(tier.0), region, class);
        self.groups.get(key as usize)?.bands.get(index)?.as_deref()
    }

    /// The number along which bands are ordered.
    pub(crate) fn near(&self, row: &[f64]) -> f32 {
        self.plan.steer.near.map_or(0.0, |column| row[column + 1] / row[0]) as f32
    }

    /// A bit for every split that a ticket has.
    pub(crate) fn class_of(&self, row: &[f64]) -> u8 {
        let has = |(bit, column): (usize, &usize)| u8::from(row[column + 1] > 0.0) << bit;
        self.splits.iter().enumerate().map(has).sum()
    }

    /// The tiers whose bands hold a ticket that stands in tier `own`: where the newest decides, its own and those
    /// before; else all.
    fn indexed(&self, first: u16, own: u16) -> std::ops::RangeInclusive<u16> {
        match self.rules.algorithm.expansion_age {
            ExpansionAge::Newest => first..=own,
            ExpansionAge::Oldest => first..=self.tiers as u16 - 1,
        }
    }

    /// Tickets of a key.
    pub(crate) fn tickets(&self, key: u32) -> usize {
        self.groups[key as usize].tickets
    }

    /// Every band in which somebody stands: its key, tier, region and class.
    pub(crate) fn bands(&self) -> impl Iterator<Item = (u32, Tier, u32, usize, &Band)> {
        self.groups.iter().enumerate().flat_map(move |(key, group)| {
            group.bands.iter().enumerate().filter_map(move |(index, band)| {
                let band = band.as_deref().filter(|band| band.tickets() > 0)?;
                let (rest, class) = (index / self.classes(), index % self.classes());
                Some((key as u32, Tier((rest % self.tiers) as u16), (rest / self.tiers) as u32, class, band))
            })
        })
    }

    fn index(&self, tier: usize, region: u32, class: usize) -> usize {
        (region as usize * self.tiers + tier) * self.classes() + class
    }

    fn enter(&mut self, slot: Slot, tier: u16) {
        let key = self.places[slot as usize].key as usize;
        let mut groups = std::mem::take(&mut self.groups);
        self.each_band(slot, tier, |index, spot| groups[key].band_mut(index).insert(spot));
        self.groups = groups;
    }

    /// Tells the bands that a ticket enters at a tier, and counts its spots.
    fn each_band(&mut self, slot: Slot, tier: u16, mut enter: impl FnMut(usize, Spot)) {
        let (class, spot) = (usize::from(self.places[slot as usize].class), self.spot(slot));
        for region in bits(self.regions(slot, Tier(tier))) {
            enter(self.index(usize::from(tier), region, class), spot);
            self.places[slot as usize].spots += 1;
        }
    }

    fn leave(&mut self, slot: Slot, tier: u16) {
        let place = self.places[slot as usize];
        let size = self.row(slot)[0] as u32;
        for region in bits(self.regions(slot, Tier(tier))) {
            let index = self.index(usize::from(tier), region, usize::from(place.class));
            let Self { groups, alive, places, free, .. } = self;
            let band = groups[place.key as usize].bands[index].as_mut();
            let band = band.expect("a ticket stands in every band that it entered");
            band.leave(size, alive, |slot| {
                let place = &mut places[slot as usize];
                place.spots -= 1;
                if place.spots == 0 && !place.is_here {
                    free.push(slot);
                }
            });
        }
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

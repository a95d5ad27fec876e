//! What the candidates of a hunt that are still ahead can bring to the set at hand: a partial match is left as soon as
//! they cannot make it whole.

use std::time::Duration;

use matchwright_model::Timestamp;
use matchwright_rules::{RuleSet, TierSpan};
use smallvec::SmallVec;

use crate::Crowd;
use crate::crowd::bits;
use crate::hunt::{Hunt, Teams};
use crate::pool::Entry;

/// The youngest and the eldest of several tickets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ages {
    pub least: Duration,
    pub most: Duration,
}

impl Ages {
    const NOBODY: Self = Self { least: Duration::MAX, most: Duration::ZERO };

    pub fn of<'e>(entries: impl Iterator<Item = &'e Entry>, now: Timestamp) -> Self {
        entries.fold(Self::NOBODY, |ages, entry| ages.with(now.since(entry.rank.started_at())))
    }

    pub fn with(self, age: Duration) -> Self {
        self.and(Self { least: age, most: age })
    }

    /// Tiers at which a match of some of them can be judged.
    pub fn span(self, rules: &RuleSet) -> TierSpan {
        TierSpan { low: rules.tier(self.least), high: rules.tier(self.most) }
    }

    pub fn and(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.max(other.most) }
    }
}

/// What the candidates from some index on who may play in one region can still bring.
#[derive(Clone)]
pub(crate) struct Supply {
    pub players: u32,
    /// Bit by bit, numbers of players that some of them add up to.
    sums: u64,
    /// Tickets with each text that teams cannot do without.
    having: Teams<usize>,
}

impl Supply {
    fn add(&mut self, crowd: &Crowd, entry: &Entry, wanted: &[usize]) {
        self.players += entry.size();
        self.sums |= self.sums.checked_shl(entry.size()).unwrap_or(0);
        let each = self.having.iter_mut().zip(wanted);
        each.for_each(|(having, column)| *having += usize::from(entry.has(crowd, *column)));
    }

    /// Some of them are together at least and at most so many players.
    fn adds_up(&self, (least, most): (u32, u32)) -> bool {
        least == 0
            || most >= u64::BITS
            || self.sums >> least & (u64::MAX >> (u64::BITS - 1 - (most - least))) != 0
    }
}

/// What a set lacks to be a match.
pub(crate) struct Lack {
    /// Per team, the least and the most players who can still come.
    pub rooms: Teams<(u32, u32)>,
    /// The same of all teams together.
    pub all: (u32, u32),
    /// Per text that teams cannot do without, tickets that have it.
    pub tickets: Teams<usize>,
}

impl Lack {
    pub fn is_met_by(&self, supply: &Supply) -> bool {
        self.all.0 <= supply.players
            && self.tickets.iter().zip(&supply.having).all(|(lacking, having)| lacking <= having)
            && self.rooms.iter().chain([&self.all]).all(|room| supply.adds_up(*room))
    }
}

/// What the candidates from some index on can still bring.
pub(crate) struct Ahead {
    /// Of those who must be in.
    pub must_ages: Ages,
    pub ages: Vec<Ages>,
    /// The regions of the first who must be in; none where regions play no part.
    regions: SmallVec<[u32; 8]>,
    /// Columns of the texts that teams cannot do without, each once.
    pub wanted: Teams<usize>,
    /// Per candidate: of everybody from there on, and of those in each region.
    supplies: Vec<Supply>,
    /// Per candidate, what [`Coming::domain`] is of those from there on.
    pub domains: Vec<Vec<(f64, f64)>>,
    /// The same of everybody.
    pub everybody: Vec<(f64, f64)>,
}

impl Ahead {
    pub fn of(hunt: &Hunt<'_>) -> Self {
        let count = hunt.candidates.len();
        let must_ages = Ages::of(hunt.must.iter().copied(), hunt.now);
        let all = must_ages.and(Ages::of(hunt.candidates.iter().copied(), hunt.now));
        let span = all.span(hunt.rules);
        let regions: SmallVec<[u32; 8]> = match hunt.must[0].regions.is_empty() {
            true => SmallVec::new(),
            false => bits(hunt.must[0].regions_at(span)).collect(),
        };
        let mut wanted: Teams<usize> = hunt.plan.steer.wanted.iter().map(|one| one.column).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let nobody = Supply { players: 0, sums: 1, having: Teams::from_elem(0, wanted.len()) };
        let width = regions.len() + 1;
        let mut ahead = Self {
            must_ages,
            ages: vec![Ages::NOBODY; count + 1],
            regions,
            wanted,
            supplies: vec![nobody; (count + 1) * width],
            domains: vec![hunt.plan.domain(std::iter::empty()); count + 1],
            everybody: Vec::new(),
        };
        for (index, entry) in hunt.candidates.iter().enumerate().rev() {
            ahead.ages[index] = ahead.ages[index + 1].with(hunt.now.since(entry.rank.started_at()));
            let near = entry.regions_at(span);
            let is_in = |place: usize| place == 0 || near >> ahead.regions[place - 1] & 1 == 1;
            for place in 0..width {
                let mut supply = ahead.supplies[(index + 1) * width + place].clone();
                if is_in(place) {
                    supply.add(hunt.crowd, entry, &ahead.wanted);
                }
                ahead.supplies[index * width + place] = supply;
            }
            let domain = hunt.plan.domain(std::iter::once(&*entry.party));
            ahead.domains[index] = match index + 1 == count {
                true => domain,
                false => hunt.plan.united(&domain, &ahead.domains[index + 1]),
            };
        }
        let musts = hunt.plan.domain(hunt.must.iter().map(|entry| &*entry.party));
        ahead.everybody = if count == 0 { musts } else { hunt.plan.united(&musts, &ahead.domains[0]) };
        ahead
    }

    /// Of everybody from a candidate on.
    pub fn all(&self, from: usize) -> &Supply {
        &self.supplies[from * (self.regions.len() + 1)]
    }

    /// Of those from a candidate on who may play in each of the regions that a set shares; where it shares none, or
    /// regions play no part, of everybody.
    pub fn near(&self, from: usize, common: u64) -> impl Iterator<Item = &Supply> {
        let here = &self.supplies[from * (self.regions.len() + 1)..][..=self.regions.len()];
        let is_shared = move |region: &u32| common >> region & 1 == 1;
        let everybody = (!self.regions.iter().any(is_shared)).then_some(&here[0]);
        let near = self.regions.iter().zip(&here[1..]).filter(move |(region, _)| is_shared(region));
        everybody.into_iter().chain(near.map(|(_, supply)| supply))
    }
}

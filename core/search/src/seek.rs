//! A match around one ticket of a crowd: who is wanted first, then the nearest, large parties before small ones.
//!
//! It looks at a counted number of tickets, whatever the size of the crowd, and may miss what exists; the retries of
//! [`crate::Search`] and the complete hunt of small pools make up for that. What it returns passes every gate of the
//! plan; regions, keys and tiers hold by where it looked.

use matchwright_rules::plan::{Case, Coming, Totals, Wanted};
use matchwright_rules::{ExpansionAge, Team, Tier, TierSpan, Verdict};
use smallvec::SmallVec;

use crate::band::{Around, SIZES, Sizes, Spot};
use crate::crowd::{Crowd, Slot, bits};
use crate::split::{Split, Unit};
use crate::stand::Stand;

/// More players than are missing that are looked at before the first is seated: the largest parties of these go first.
const SLACK: u32 = 4;
/// Tickets tried in another's place when the teams of a full match do not come out even.
const REPLACEMENTS_MAX: usize = 16;

/// What one search may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Players of a match, at most.
    pub players: u32,
    /// Tickets looked at, per tier and region.
    pub looks: usize,
}

/// A match: every ticket with its team.
#[derive(Debug, Clone, PartialEq)]
pub struct Picked {
    pub units: Vec<(Slot, usize)>,
    /// No seat is left.
    pub is_full: bool,
    /// No number stands too close to a limit to tell: the judge cannot refuse it for a rule that has a gate.
    pub is_sure: bool,
}

/// Where a search begins.
#[derive(Debug, Clone, Copy)]
pub enum Anchor<'a> {
    Ticket(Slot),
    /// A game that runs: the rows of its players by team, and where they can play.
    Backfill {
        rows: &'a [(usize, Vec<f64>)],
        key: u32,
        tier: Tier,
        regions: &'a [u64],
        /// Tickets of players whom it lists.
        without: &'a [Slot],
    },
}

impl Crowd {
    /// The first match found around an anchor, the strictest tier first.
    pub fn seek<'a>(&'a self, anchor: Anchor<'a>, limits: Limits) -> Option<Picked> {
        let own = match anchor {
            Anchor::Ticket(slot) if !self.holds(slot) => return None,
            Anchor::Ticket(slot) => self.tier(slot),
            Anchor::Backfill { tier, .. } => tier,
        };
        match self.rules.algorithm.expansion_age {
            ExpansionAge::Newest => (0..=own.0).find_map(|tier| self.seek_at(anchor, Tier(tier), limits)),
            ExpansionAge::Oldest => self.seek_at(anchor, own, limits),
        }
    }

    fn seek_at<'a>(&'a self, anchor: Anchor<'a>, tier: Tier, limits: Limits) -> Option<Picked> {
        let (key, regions) = match anchor {
            Anchor::Ticket(slot) => (self.key(slot), self.regions(slot, tier)),
            Anchor::Backfill { key, regions, .. } => {
                (key, regions.get(usize::from(tier.0)).copied().unwrap_or(1))
            }
        };
        let mut stands: SmallVec<[Stand<'_>; 4]> =
            bits(regions).map(|region| Stand::new(self, key, tier, region)).collect();
        // The largest population first (D-102).
        stands.sort_by_key(|stand| std::cmp::Reverse(stand.players));
        let mut best: Option<Picked> = None;
        for stand in &stands {
            if let Anchor::Ticket(slot) = anchor
                && (stand.is_hopeless() || !stand.packs(self.row(slot)[0] as u32))
            {
                continue;
            }
            match Filling::new(stand, limits).from(anchor) {
                Some(picked) if picked.is_full => return Some(picked),
                picked => best = best.or(picked),
            }
        }
        best
    }
}

/// A match in the making.
pub(crate) struct Filling<'s, 'c> {
    stand: &'s Stand<'c>,
    crowd: &'c Crowd,
    tier: Tier,
    limits: Limits,
    totals: Totals,
    seated: Totals,
    units: SmallVec<[Unit<'c>; 16]>,
    /// Looked at and not seated.
    spare: SmallVec<[Spot; 32]>,
    without: &'c [Slot],
    looks: usize,
    near: f32,
    /// Sizes of parties that some team has room for.
    fits: Sizes,
    /// What [`Picked::is_sure`] will be.
    is_sure: bool,
}

impl<'s, 'c> Filling<'s, 'c> {
    pub fn new(stand: &'s Stand<'c>, limits: Limits) -> Self {
        let (crowd, tier) = (stand.crowd, stand.tier);
        let totals = Totals::new(&crowd.plan.columns, crowd.rules.teams.len());
        let (units, spare, seated) = (SmallVec::new(), SmallVec::new(), totals.clone());
        let (without, looks, near, fits, is_sure) = (&[] as &[Slot], 0, 0.0, Sizes::MAX, false);
        Self { stand, crowd, tier, limits, totals, seated, units, spare, without, looks, near, fits, is_sure }
    }

    pub fn from(mut self, anchor: Anchor<'c>) -> Option<Picked> {
        match anchor {
            Anchor::Ticket(slot) => {
                self.near = self.crowd.near(self.crowd.row(slot));
                if !self.seat(slot) {
                    return None;
                }
            }
            Anchor::Backfill { rows, without, .. } => {
                self.without = without;
                for (team, row) in rows {
                    self.totals.add(&self.crowd.plan.columns, *team, row);
                }
                self.seated = self.totals.clone();
                let all = rows.iter().fold((0.0, 0.0), |sum, (_, row)| {
                    (sum.0 + row[0], sum.1 + f64::from(self.crowd.near(row)) * row[0])
                });
                self.near = (all.1 / all.0) as f32;
                self.fits = self.sizes_that_fit();
            }
        }
        if !self.seat_the_wanted() {
            return None;
        }
        self.fill();
        self.finish()
    }

    fn team(&self, team: usize) -> &'c Team {
        &self.crowd.rules.teams[team]
    }

    fn taken(&self, team: usize) -> u32 {
        self.totals.row(team)[0] as u32
    }

    fn room(&self, team: usize) -> u32 {
        self.team(team).max_players.at(self.tier).saturating_sub(self.taken(team))
    }

    fn sizes_that_fit(&self) -> Sizes {
        sizes_to((0..self.crowd.rules.teams.len()).map(|team| self.room(team)).max().unwrap_or(0))
    }

    fn missing(&self) -> u32 {
        let teams = 0..self.crowd.rules.teams.len();
        let (taken, room) =
            teams.fold((0, 0), |sum, team| (sum.0 + self.taken(team), sum.1 + self.room(team)));
        room.min(self.limits.players.saturating_sub(taken))
    }

    /// Seats a ticket where it fits most closely, if no rule that lasts breaks.
    fn seat(&mut self, slot: Slot) -> bool {
        let size = self.crowd.row(slot)[0] as u32;
        if size > self.missing() {
            return false;
        }
        let mut after = (0, 0);
        loop {
            let rooms = (0..self.crowd.rules.teams.len()).map(|team| (self.room(team), team + 1));
            let Some(next) = rooms.filter(|one| one.0 >= size && *one > after).min() else { return false };
            if !self.strands(self.crowd.row(slot), next.1 - 1) && self.seat_in(slot, next.1 - 1) {
                return true;
            }
            after = next;
        }
    }

    fn seat_in(&mut self, slot: Slot, team: usize) -> bool {
        let row = self.crowd.row(slot);
        let columns = &self.crowd.plan.columns;
        if self.crowd.plan.steer.lasting.is_empty() {
            self.totals.add(columns, team, row);
        } else {
            let before = self.totals.clone();
            self.totals.add(columns, team, row);
            let (tiers, coming) = (TierSpan { low: self.tier, high: self.tier }, Coming::default());
            if !self.crowd.plan.lasts(&Case { columns, totals: &self.totals, coming: &coming, tiers }) {
                self.totals = before;
                return false;
            }
        }
        self.units.push(Unit { slot, row, team });
        self.fits = self.sizes_that_fit();
        true
    }

    /// The nearest ticket with each text that a team cannot do without, the scarcest text first.
    fn seat_the_wanted(&mut self) -> bool {
        let plan = &self.crowd.plan;
        let mut order: Vec<usize> = (0..plan.steer.wanted.len()).collect();
        order.sort_by_key(|index| self.stand.supply(plan.steer.wanted[*index].column));
        for index in order {
            let wanted = &plan.steer.wanted[index];
            let has = |filling: &Self| -> f64 {
                wanted.teams.iter().map(|team| filling.totals.row(*team)[wanted.column + 1]).sum()
            };
            let mut nearest = Nearest::new(self, |class| self.stand.offers(class, wanted.column));
            while has(self) < *wanted.least.at(self.tier) {
                let room = wanted.teams.iter().map(|team| self.room(*team)).max().unwrap_or(0);
                let Some(spot) = self.look(&mut nearest, sizes_to(room)) else { return false };
                let row = self.crowd.row(spot.slot());
                if row[wanted.column + 1] <= 0.0 {
                    continue;
                }
                let mut teams: SmallVec<[(u32, usize); 4]> = wanted
                    .teams
                    .iter()
                    .map(|team| (self.room(*team), *team))
                    .filter(|(room, team)| *room >= spot.size() && !self.strands(row, *team))
                    .collect();
                teams.sort_unstable_by(|a, b| b.cmp(a));
                let is_seated = teams.into_iter().any(|(_, team)| self.seat_in(spot.slot(), team));
                if !is_seated {
                    self.spare.push(spot);
                }
            }
        }
        true
    }

    /// With this ticket a team would be full and still without what it cannot do without.
    fn strands(&self, row: &[f64], team: usize) -> bool {
        let is_unmet = |wanted: &Wanted| {
            let own = self.totals.row(team)[wanted.column + 1] + row[wanted.column + 1];
            wanted.teams == [team] && own < *wanted.least.at(self.tier)
        };
        self.room(team) <= row[0] as u32 && self.crowd.plan.steer.wanted.iter().any(is_unmet)
    }

    /// Seats until nothing is missing: those whom nobody wants first, then the others.
    fn fill(&mut self) {
        let passes: &[fn(usize) -> bool] = match self.crowd.classes() {
            1 => &[|_| true],
            _ => &[|class| class == 0, |class| class != 0],
        };
        for is_in in passes {
            if self.missing() == 0 {
                return;
            }
            let mut nearest = Nearest::new(self, is_in);
            self.seat_the_largest(&mut nearest);
            while self.missing() > 0 {
                let Some(spot) = self.look(&mut nearest, self.fits) else { break };
                if !self.seat(spot.slot()) {
                    self.spare.push(spot);
                }
            }
        }
    }

    /// Of the nearest tickets that together are a little more than what is missing, the largest parties first.
    fn seat_the_largest(&mut self, nearest: &mut Nearest) {
        let wanted = self.missing() + SLACK;
        let (mut window, mut players) = (SmallVec::<[Spot; 32]>::new(), 0);
        while players < wanted {
            let Some(spot) = self.look(nearest, self.fits) else { break };
            players += spot.size();
            window.push(spot);
        }
        window.sort_by_key(|spot| std::cmp::Reverse(spot.size()));
        for spot in window {
            if !self.seat(spot.slot()) {
                self.spare.push(spot);
            }
        }
    }

    /// The next nearest ticket that is not seated, while there are looks left and it is near enough for the rules.
    fn look(&mut self, nearest: &mut Nearest, fits: Sizes) -> Option<Spot> {
        loop {
            if self.looks >= self.limits.looks + 4 * self.units.len() {
                return None;
            }
            let spot = nearest.next(self.stand, fits)?;
            self.looks += 1;
            let window = self.crowd.plan.steer.window.as_ref().map(|window| *window.at(self.tier));
            if window.is_some_and(|window| f64::from((spot.key() - self.near).abs()) > window * (1.0 + 1e-6))
            {
                return None;
            }
            if !self.units.iter().any(|unit| unit.slot == spot.slot()) && !self.without.contains(&spot.slot())
            {
                return Some(spot);
            }
        }
    }

    /// Evens the teams and asks the gates; where they say no, with another ticket in somebody's place.
    fn finish(mut self) -> Option<Picked> {
        let is_full = self.missing() == 0;
        let teams = self.crowd.rules.teams.iter().enumerate();
        let has_all = teams.into_iter().all(|(team, one)| self.taken(team) >= *one.min_players.at(self.tier));
        if !has_all {
            return None;
        }
        if self.passes() || self.replace() {
            let units = self.units.iter().map(|unit| (unit.slot, unit.team)).collect();
            return Some(Picked { units, is_full, is_sure: self.is_sure });
        }
        None
    }

    fn passes(&mut self) -> bool {
        let crowd = self.crowd;
        let split = Split { rules: &crowd.rules, plan: &crowd.plan, tier: self.tier, seated: &self.seated };
        split.even(&mut self.units);
        self.totals.clone_from(&self.seated);
        for unit in &self.units {
            self.totals.add(&crowd.plan.columns, unit.team, unit.row);
        }
        let tier = self.true_tier();
        let (tiers, coming) = (TierSpan { low: tier, high: tier }, Coming::default());
        let case = Case { columns: &crowd.plan.columns, totals: &self.totals, coming: &coming, tiers };
        let verdict = crowd.plan.verdict(&crowd.rules, &case);
        self.is_sure = verdict == Verdict::True;
        verdict != Verdict::False
    }

    /// The tier at which the match is judged.
    fn true_tier(&self) -> Tier {
        let tiers = self.units.iter().map(|unit| self.crowd.tier(unit.slot));
        let tier = match self.crowd.rules.algorithm.expansion_age {
            ExpansionAge::Newest => tiers.min(),
            ExpansionAge::Oldest => tiers.max(),
        };
        tier.unwrap_or(self.tier)
    }

    fn replace(&mut self) -> bool {
        let spare = std::mem::take(&mut self.spare);
        let mut tried = 0;
        for spot in spare {
            // Who was passed over for one seat may have been seated later.
            if self.units.iter().any(|unit| unit.slot == spot.slot()) {
                continue;
            }
            let row = self.crowd.row(spot.slot());
            // The anchor of a search stays: it is the first unit, unless the search fills a game that runs.
            for index in 1..self.units.len() {
                if self.units[index].row[0] != row[0] {
                    continue;
                }
                tried += 1;
                if tried > REPLACEMENTS_MAX {
                    return false;
                }
                let before = self.units.clone();
                self.units[index] = Unit { slot: spot.slot(), row, team: before[index].team };
                if self.passes() {
                    return true;
                }
                self.units = before;
            }
        }
        false
    }
}

/// Sizes of parties that so much room is enough for.
fn sizes_to(room: u32) -> Sizes {
    match room as usize {
        room if room + 1 >= SIZES => Sizes::MAX,
        room => (1 << (room + 1)) - 1,
    }
}

/// Tickets of several bands by closeness.
struct Nearest {
    bands: SmallVec<[(usize, Around); 4]>,
}

impl Nearest {
    fn new(filling: &Filling<'_, '_>, is_in: impl Fn(usize) -> bool) -> Self {
        let (near, filter) = (filling.near, filling.stand.filter(filling.fits));
        let bands = filling.stand.bands.iter().enumerate().filter(|(class, _)| is_in(*class));
        let bands =
            bands.filter_map(|(class, band)| Some((class, (*band)?.0.around(near, filter)))).collect();
        Self { bands }
    }

    /// Room only shrinks: what does not fit now will not fit later.
    fn next(&mut self, stand: &Stand<'_>, fits: Sizes) -> Option<Spot> {
        loop {
            let nearest = match self.bands.as_mut_slice() {
                [only] => Some(only),
                several => several
                    .iter_mut()
                    .filter_map(|one| Some((one.1.distance()?, one)))
                    .min_by(|a, b| a.0.total_cmp(&b.0))
                    .map(|(_, one)| one),
            };
            let (class, around) = nearest?;
            let spot = around.next(stand.bands[*class]?.0, stand.filter(fits))?;
            if fits >> spot.size() & 1 == 1 {
                return Some(spot);
            }
        }
    }
}

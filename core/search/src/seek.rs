//! A match around one ticket of a crowd: who is wanted first, then the nearest, large parties before small ones.
//!
//! It looks at a counted number of tickets, whatever the size of the crowd, and may miss what exists; the retries of
//! [`crate::Search`] and the complete hunt of small pools make up for that. What it returns passes every gate of the
//! plan; regions, keys and tiers hold by where it looked.

use matchwright_rules::plan::{Case, Coming, Row, Totals, Wanted, Words};
use matchwright_rules::{ExpansionAge, Team, Tier, TierSpan, Verdict};
use smallvec::SmallVec;

use crate::band::{Around, Band, SIZES, Sizes, Spot};
use crate::crowd::{Crowd, Slot, bits};
use crate::split::{Split, Unit};
use crate::stand::Stand;

/// More players than are missing that are looked at before the first is seated: the largest parties of these go first.
const SLACK: u32 = 4;
/// Looks that every ticket seated adds, so that a match of 200 is not cut off before a match of two.
const LOOKS_PER_SEATED: usize = 4;
/// Tickets tried in another's place when the teams of a full match do not come out even.
const REPLACEMENTS_MAX: usize = 16;

/// What one search may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Players of a match, at most.
    pub players: u32,
    /// Tickets looked at per tier and region, besides a few for each that was seated.
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
        rows: &'a [(usize, Row)],
        words: &'a [(usize, Words)],
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
        let mut populated: SmallVec<[(u32, u32); 8]> =
            bits(regions).map(|region| (self.players(key, tier, region), region)).collect();
        // The largest population first (D-102).
        populated.sort_by_key(|(players, _)| std::cmp::Reverse(*players));
        let mut best: Option<Picked> = None;
        for (_, region) in populated {
            let stand = Stand::new(self, key, tier, region);
            if let Anchor::Ticket(slot) = anchor
                && (stand.is_hopeless() || !stand.packs(self.row(slot)[0] as u32))
            {
                continue;
            }
            match Filling::new(&stand, limits, false).find(anchor) {
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
    spare: SmallVec<[Listed; 32]>,
    without: &'c [Slot],
    /// The words of a game that runs.
    game: &'c [(usize, Words)],
    looks: usize,
    near: f32,
    /// Only those behind the point are listed.
    is_onward: bool,
    /// How far from the point somebody may be.
    window: f64,
    /// Per team, seats that nobody has.
    rooms: SmallVec<[u32; 8]>,
    /// Players that still come, at most.
    missing: u32,
    /// Sizes of parties that some team has room for.
    fits: Sizes,
    /// What [`Picked::is_sure`] will be.
    is_sure: bool,
}

impl<'s, 'c> Filling<'s, 'c> {
    /// `is_onward`: only those behind the anchor are seated, as whoever walks from end to end has left nobody before it.
    pub fn new(stand: &'s Stand<'c>, limits: Limits, is_onward: bool) -> Self {
        let (crowd, tier) = (stand.crowd, stand.tier);
        let totals = crowd.nobody.clone();
        let rooms: SmallVec<[u32; 8]> =
            crowd.rules.teams.iter().map(|team| *team.max_players.at(tier)).collect();
        // A little more than the rule says: spots keep the number rounded.
        let window = crowd.plan.steer.window.as_ref();
        let window = window.map_or(f64::INFINITY, |window| window.at(tier) * (1.0 + 1e-6));
        let mut filling = Self {
            stand,
            crowd,
            tier,
            limits,
            seated: totals.clone(),
            totals,
            units: SmallVec::new(),
            spare: SmallVec::new(),
            without: &[],
            game: &[],
            looks: 0,
            near: 0.0,
            is_onward,
            window,
            missing: rooms.iter().sum::<u32>().min(limits.players),
            rooms,
            fits: 0,
            is_sure: false,
        };
        filling.fits = filling.sizes_that_fit();
        filling
    }

    /// A match around an anchor. A filling is good for one.
    pub fn find(&mut self, anchor: Anchor<'c>) -> Option<Picked> {
        match anchor {
            Anchor::Ticket(slot) => {
                let row = self.crowd.row(slot);
                self.near = self.crowd.near(row);
                if !self.seat(slot, row, self.crowd.tier(slot)) {
                    return None;
                }
            }
            Anchor::Backfill { rows, words, without, .. } => {
                (self.without, self.game) = (without, words);
                self.join(rows);
            }
        }
        if !self.seat_the_wanted() {
            return None;
        }
        self.fill();
        self.finish()
    }

    /// Begins with the players of a game that runs.
    fn join(&mut self, rows: &[(usize, Row)]) {
        let (mut players, mut sum) = (0.0, 0.0);
        for (team, row) in rows {
            self.totals.add(&self.crowd.plan.columns, *team, row);
            self.rooms[*team] = self.rooms[*team].saturating_sub(row[0] as u32);
            players += row[0];
            sum += f64::from(self.crowd.near(row)) * row[0];
        }
        self.seated = self.totals.clone();
        self.near = (sum / players) as f32;
        let left = self.limits.players.saturating_sub(players as u32);
        self.missing = self.rooms.iter().sum::<u32>().min(left);
        self.fits = self.sizes_that_fit();
    }

    fn sizes_that_fit(&self) -> Sizes {
        sizes_to(self.rooms.iter().copied().max().unwrap_or(0).min(self.missing))
    }

    /// Seats a ticket where it fits most closely, if no rule that lasts breaks.
    fn seat(&mut self, slot: Slot, row: &'c [f64], tier: Tier) -> bool {
        let size = row[0] as u32;
        if size > self.missing {
            return false;
        }
        let mut after = (0, 0);
        loop {
            let rooms = self.rooms.iter().enumerate().map(|(team, room)| (*room, team + 1));
            let Some(next) = rooms.filter(|one| one.0 >= size && *one > after).min() else { return false };
            let unit = Unit { slot, row, tier, team: next.1 - 1 };
            if !self.strands(row, unit.team) && self.seat_in(unit) {
                return true;
            }
            after = next;
        }
    }

    fn seat_in(&mut self, unit: Unit<'c>) -> bool {
        let columns = &self.crowd.plan.columns;
        if self.crowd.plan.steer.lasting.is_empty() {
            self.totals.add(columns, unit.team, unit.row);
        } else {
            let before = self.totals.clone();
            self.totals.add(columns, unit.team, unit.row);
            let (tiers, coming) = (TierSpan::only(self.tier), Coming::default());
            let company = &self.crowd.spoken.company(self.game, &self.units, Some((unit.slot, unit.team)));
            let case = Case { columns, totals: &self.totals, company, coming: &coming, tiers };
            if !self.crowd.plan.lasts(&case) {
                self.totals = before;
                return false;
            }
        }
        let size = unit.row[0] as u32;
        self.rooms[unit.team] -= size;
        self.missing -= size;
        self.units.push(unit);
        self.fits = self.sizes_that_fit();
        true
    }

    /// The nearest ticket with each text that a team cannot do without, the scarcest text first. Who has the scarcest is
    /// taken for another only where nobody else is left.
    fn seat_the_wanted(&mut self) -> bool {
        let plan = &self.crowd.plan;
        let mut order: SmallVec<[usize; 8]> = (0..plan.steer.wanted.len()).collect();
        order.sort_by_key(|index| self.stand.supply(plan.steer.wanted[*index].column));
        let scarcest = order.first().map(|index| plan.steer.wanted[*index].column);
        order.into_iter().all(|index| {
            let wanted = &plan.steer.wanted[index];
            let is_scarce =
                |class| scarcest.is_some_and(|one| one != wanted.column && self.stand.offers(class, one));
            let offers = |class| self.stand.offers(class, wanted.column);
            [false, true].into_iter().any(|scarce| {
                let mut nearest = Nearest::new(self, |class| offers(class) && is_scarce(class) == scarce);
                self.seat_one_wanted(wanted, &mut nearest)
            })
        })
    }

    /// Seats the nearest who have a text until its teams have enough of it. False: they have not.
    fn seat_one_wanted(&mut self, wanted: &Wanted, nearest: &mut Nearest) -> bool {
        let has = |filling: &Self| -> f64 {
            wanted.teams.iter().map(|team| filling.totals.row(*team)[wanted.column + 1]).sum()
        };
        while has(self) < *wanted.least.at(self.tier) {
            let room = wanted.teams.iter().map(|team| self.rooms[*team]).max().unwrap_or(0);
            let Some(one) = self.look(nearest, sizes_to(room)) else { return false };
            let (spot, tier, row) = (one.spot, one.tier, self.crowd.row(one.spot.slot()));
            if row[wanted.column + 1] <= 0.0 {
                continue;
            }
            let mut teams: SmallVec<[(u32, usize); 4]> = wanted
                .teams
                .iter()
                .map(|team| (self.rooms[*team], *team))
                .filter(|(room, team)| *room >= spot.size() && !self.strands(row, *team))
                .collect();
            teams.sort_unstable_by(|a, b| b.cmp(a));
            let mut units = teams.into_iter().map(|(_, team)| Unit { slot: spot.slot(), row, tier, team });
            if !units.any(|unit| self.seat_in(unit)) {
                self.spare.push(one);
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
        self.rooms[team] <= row[0] as u32 && self.crowd.plan.steer.wanted.iter().any(is_unmet)
    }

    /// Seats until nothing is missing: those whom nobody wants first, those whom most matches are made of last.
    fn fill(&mut self) {
        let scarcest = match self.crowd.splits.as_slice() {
            [] => None,
            splits => splits.iter().min_by_key(|column| self.stand.supply(**column)).copied(),
        };
        let is_scarce = |class: usize| scarcest.is_some_and(|column| self.stand.offers(class, column));
        let turn = |class: usize| if class == 0 { 0 } else { 1 + usize::from(is_scarce(class)) };
        let turns: SmallVec<[usize; 8]> = (0..self.crowd.classes()).map(turn).collect();
        let last = turns.iter().copied().max().unwrap_or(0);
        for own in 0..=last {
            if self.missing == 0 {
                return;
            }
            let mut nearest = Nearest::new(self, |class| turns[class] == own);
            self.seat_the_largest(&mut nearest);
            while self.missing > 0 {
                let Some(one) = self.look(&mut nearest, self.fits) else { break };
                self.seat_or_spare(one);
            }
        }
    }

    /// Of the nearest tickets that together are a little more than what is missing, the largest parties first.
    fn seat_the_largest(&mut self, nearest: &mut Nearest) {
        // Where everybody comes alone, the nearest are the largest.
        let wanted = self.missing + if self.stand.is_solo { 0 } else { SLACK };
        let (mut window, mut players) = (SmallVec::<[Listed; 32]>::new(), 0);
        while players < wanted {
            let Some(one) = self.look(nearest, self.fits) else { break };
            players += one.spot.size();
            window.push(one);
        }
        window.sort_by_key(|one| std::cmp::Reverse(one.spot.size()));
        window.into_iter().for_each(|one| self.seat_or_spare(one));
    }

    fn seat_or_spare(&mut self, one: Listed) {
        let slot = one.spot.slot();
        if self.missing == 0 || !self.seat(slot, self.crowd.row(slot), one.tier) {
            self.spare.push(one);
        }
    }

    /// The next nearest ticket that is not seated, while there are looks left and it is near enough for the rules.
    fn look(&mut self, nearest: &mut Nearest, fits: Sizes) -> Option<Listed> {
        loop {
            if self.looks >= self.limits.looks + LOOKS_PER_SEATED * self.units.len() {
                return None;
            }
            let one = nearest.next(self.stand, fits)?;
            self.looks += 1;
            if f64::from((one.spot.near() - self.near).abs()) > self.window {
                return None;
            }
            let slot = one.spot.slot();
            if !self.units.iter().any(|unit| unit.slot == slot) && !self.without.contains(&slot) {
                return Some(one);
            }
        }
    }

    /// Evens the teams and asks the gates; where they say no, with another ticket in somebody's place.
    fn finish(&mut self) -> Option<Picked> {
        let is_full = self.missing == 0;
        let teams = self.crowd.rules.teams.iter().enumerate();
        let is_unmet = |(team, one): (usize, &Team)| {
            self.totals.row(team)[0] < f64::from(*one.min_players.at(self.tier))
        };
        if teams.into_iter().any(is_unmet) {
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
        // Where rules look at single players, the division that broke none of them is kept: evening may break one.
        let before = (!crowd.plan.vocabulary.kept.is_empty()).then(|| self.units.clone());
        split.even(&mut self.units);
        if self.passes_as_divided() {
            return true;
        }
        let Some(before) = before.filter(|before| *before != self.units) else { return false };
        self.units = before;
        self.passes_as_divided()
    }

    fn passes_as_divided(&mut self) -> bool {
        let crowd = self.crowd;
        self.totals.clone_from(&self.seated);
        for unit in &self.units {
            self.totals.add(&crowd.plan.columns, unit.team, unit.row);
        }
        let tier = self.true_tier();
        let (tiers, coming) = (TierSpan::only(tier), Coming::default());
        let company = &crowd.spoken.company(self.game, &self.units, None);
        let (columns, totals) = (&crowd.plan.columns, &self.totals);
        let case = Case { columns, totals, company, coming: &coming, tiers };
        let verdict = crowd.plan.verdict(&crowd.rules, &case);
        self.is_sure = verdict == Verdict::True;
        verdict != Verdict::False
    }

    /// The tier at which the match is judged.
    fn true_tier(&self) -> Tier {
        let tiers = self.units.iter().map(|unit| unit.tier);
        let tier = match self.crowd.rules.algorithm.expansion_age {
            ExpansionAge::Newest => tiers.min(),
            ExpansionAge::Oldest => tiers.max(),
        };
        tier.unwrap_or(self.tier)
    }

    /// Tries another ticket in somebody's place, first what evens the teams the most.
    fn replace(&mut self) -> bool {
        let spare = std::mem::take(&mut self.spare);
        // Who was passed over for one seat may have been seated later.
        let is_left = |one: &&Listed| !self.units.iter().any(|unit| unit.slot == one.spot.slot());
        let mut pairs: SmallVec<[(f64, usize, Listed); 64]> = SmallVec::new();
        for one in spare.iter().filter(is_left) {
            let row = self.crowd.row(one.spot.slot());
            // The anchor of a search stays: it is the first unit, unless the search fills a game that runs.
            let same = self.units.iter().enumerate().skip(1).filter(|(_, unit)| unit.row[0] == row[0]);
            pairs.extend(same.map(|(index, unit)| (self.unevenness_with(unit, row), index, *one)));
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, index, one) in pairs.into_iter().take(REPLACEMENTS_MAX) {
            let (slot, before) = (one.spot.slot(), self.units.clone());
            self.units[index] =
                Unit { slot, row: self.crowd.row(slot), tier: one.tier, team: before[index].team };
            if self.passes() {
                return true;
            }
            self.units = before;
        }
        false
    }

    /// How far a unit's team would be from the mean of all with another ticket in its place; 0 where no rule asks.
    fn unevenness_with(&self, unit: &Unit<'_>, row: &[f64]) -> f64 {
        let Some(column) = self.crowd.plan.steer.even.map(|column| column + 1) else { return 0.0 };
        let teams = (0..self.crowd.rules.teams.len()).map(|team| self.totals.row(team));
        let all = teams.fold((0.0, 0.0), |all, team| (all.0 + team[0], all.1 + team[column]));
        let moved = row[column] - unit.row[column];
        let own = self.totals.row(unit.team);
        ((own[column] + moved) / own[0] - (all.1 + moved) / all.0).abs()
    }
}

/// Sizes of parties that so much room is enough for.
fn sizes_to(room: u32) -> Sizes {
    match room as usize {
        room if room + 1 >= SIZES => Sizes::MAX,
        room => (1 << (room + 1)) - 1,
    }
}

/// Somebody near, and his own tier.
#[derive(Debug, Clone, Copy)]
struct Listed {
    spot: Spot,
    tier: Tier,
}

/// Tickets of several bands by closeness.
struct Nearest {
    bands: SmallVec<[(usize, Around); 4]>,
}

impl Nearest {
    fn new(filling: &Filling<'_, '_>, is_in: impl Fn(usize) -> bool) -> Self {
        let (near, filter) = (filling.near, filling.stand.filter(filling.fits));
        let bands = filling.stand.bands.iter().enumerate().filter(|(class, _)| is_in(*class));
        let around = |band: &Band| match filling.is_onward {
            true => band.onward(near, filter),
            false => band.around(near, filter),
        };
        let bands = bands.filter_map(|(class, band)| Some((class, around((*band)?.0)))).collect();
        Self { bands }
    }

    /// Room only shrinks: what does not fit now will not fit later.
    fn next(&mut self, stand: &Stand<'_>, fits: Sizes) -> Option<Listed> {
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
            let (spot, reach) = around.next(stand.bands[*class]?.0, stand.filter(fits))?;
            if fits >> spot.size() & 1 == 1 {
                return Some(Listed { spot, tier: stand.crowd.tier_of(reach) });
            }
        }
    }
}

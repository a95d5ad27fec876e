//! Which of the chosen tickets plays in which team, so that the teams' means are even.

use matchwright_rules::plan::{Plan, Totals};
use matchwright_rules::{RuleSet, Tier};
use smallvec::SmallVec;

/// Tickets up to this many are tried in every division between two teams.
const EXACT_MAX: usize = 12;
/// Swaps of a division that is not exact.
const SWAPS_MAX: usize = 60;

/// Means this close to each other, as a share of them, are not worth another swap or division.
const EVEN_ENOUGH: f64 = 1e-4;

/// A ticket and its team.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit<'c> {
    pub slot: u32,
    pub row: &'c [f64],
    /// Its own tier.
    pub tier: Tier,
    pub team: usize,
}

/// Evens teams out.
pub(crate) struct Split<'r> {
    pub rules: &'r RuleSet,
    pub plan: &'r Plan,
    pub tier: Tier,
    /// What was seated before (backfill), and stays.
    pub seated: &'r Totals,
}

impl Split<'_> {
    /// Gives every unit its team. Nobody is wanted by a team in vain who was not before.
    pub fn even(&self, units: &mut [Unit<'_>]) {
        let Some(column) = self.plan.steer.even else { return };
        match self.rules.teams.len() {
            0 | 1 => {}
            2 if units.len() <= EXACT_MAX => self.divide(units, column + 1),
            _ => {
                self.deal(units, column + 1);
                self.swap(units, column + 1);
            }
        }
    }

    /// Deals the units out anew: the largest first, then those furthest from the mean, each to the team that it evens
    /// the most. Leaves them as they were where they do not fit that way, or where a team would lose what it wants.
    fn deal(&self, units: &mut [Unit<'_>], column: usize) {
        let wanted = Wants::of(self.plan, self.tier);
        let side = |row: &[f64]| Side::of(row, column, &wanted);
        let mut teams: SmallVec<[Side; 4]> =
            (0..self.rules.teams.len()).map(|team| side(self.seated.row(team))).collect();
        let all = units.iter().map(|unit| side(unit.row)).chain(teams.iter().copied());
        let mean = all.fold(Side::default(), |sum, one| sum.with(&one)).mean();
        let off = |side: &Side| side.sum - mean * side.players;
        let mut order: SmallVec<[(u32, f64, usize); 16]> = units
            .iter()
            .enumerate()
            .map(|(index, unit)| (unit.row[0] as u32, off(&side(unit.row)), index))
            .collect();
        order
            .sort_unstable_by(|a, b| b.0.cmp(&a.0).then(b.1.abs().total_cmp(&a.1.abs())).then(a.2.cmp(&b.2)));
        let mut dealt: SmallVec<[usize; 16]> = SmallVec::from_elem(0, units.len());
        for (size, away, index) in order {
            let room = |team: usize| {
                f64::from(*self.rules.teams[team].max_players.at(self.tier))
                    >= teams[team].players + f64::from(size)
            };
            let open = (0..teams.len()).filter(|team| room(*team));
            let evened = |team: &usize| if away >= 0.0 { off(&teams[*team]) } else { -off(&teams[*team]) };
            let Some(team) = open.min_by(|a, b| evened(a).total_cmp(&evened(b))) else { return };
            teams[team] = teams[team].with(&side(units[index].row));
            dealt[index] = team;
        }
        let least = |team: usize| f64::from(*self.rules.teams[team].min_players.at(self.tier));
        if (0..teams.len()).all(|team| teams[team].players >= least(team)) && wanted.are_met(&teams) {
            units.iter_mut().zip(dealt).for_each(|(unit, team)| unit.team = team);
        }
    }

    /// Every division between two teams, each from the one before by one ticket; the one with the closest means.
    fn divide(&self, units: &mut [Unit<'_>], column: usize) {
        let wanted = Wants::of(self.plan, self.tier);
        let start = [0, 1].map(|team| Side::of(self.seated.row(team), column, &wanted));
        let each: SmallVec<[(f64, f64); EXACT_MAX]> =
            units.iter().map(|unit| (unit.row[0], unit.row[column])).collect();
        let limits = [0, 1].map(|team| {
            let team = &self.rules.teams[team];
            (f64::from(*team.min_players.at(self.tier)), f64::from(*team.max_players.at(self.tier)))
        });
        // Teams that nothing tells apart: the last ticket's place is free to choose.
        let is_even =
            self.rules.teams[0].definition == self.rules.teams[1].definition && start[0] == start[1];
        let moving = units.len() - usize::from(is_even && !units.is_empty());
        let own = start.iter().fold((0.0, 0.0), |all, side| (all.0 + side.players, all.1 + side.sum));
        let all = each.iter().fold(own, |all, one| (all.0 + one.0, all.1 + one.1));
        // Who is not in the second team is in the first: its limits are limits of the second.
        let least = limits[1].0.max(all.0 - limits[0].1);
        let most = limits[1].1.min(all.0 - limits[0].0);
        let even_enough = EVEN_ENOUGH * mean(all).abs().max(1.0);
        let mut second = (start[1].players, start[1].sum);
        let mut best: Option<(f64, usize)> = None;
        let mut gray = 0_usize;
        for step in 1..=1_usize << moving {
            if second.0 >= least && second.0 <= most {
                let apart = (mean((all.0 - second.0, all.1 - second.1)) - mean(second)).abs();
                if best.is_none_or(|(least, _)| apart < least)
                    && (wanted.are_none() || wanted.are_met(&sides_of(units, start, gray, column, &wanted)))
                {
                    best = Some((apart, gray));
                    if apart <= even_enough {
                        break;
                    }
                }
            }
            let unit = step.trailing_zeros() as usize;
            if unit >= moving {
                break;
            }
            gray ^= 1 << unit;
            let sign = if gray >> unit & 1 == 1 { 1.0 } else { -1.0 };
            second = (second.0 + sign * each[unit].0, second.1 + sign * each[unit].1);
        }
        if let Some((_, gray)) = best {
            units.iter_mut().enumerate().for_each(|(index, unit)| unit.team = gray >> index & 1);
        }
    }

    /// Swaps between the team furthest from the mean and the others, as long as that helps.
    fn swap(&self, units: &mut [Unit<'_>], column: usize) {
        let wanted = Wants::of(self.plan, self.tier);
        let mut teams: SmallVec<[Side; 4]> = (0..self.rules.teams.len())
            .map(|team| Side::of(self.seated.row(team), column, &wanted))
            .collect();
        for unit in units.iter() {
            teams[unit.team] = teams[unit.team].with(&Side::of(unit.row, column, &wanted));
        }
        let all = teams.iter().fold(Side::default(), |sum, one| sum.with(one));
        let mean = all.mean();
        for _ in 0..SWAPS_MAX {
            let off = |side: &Side| (side.mean() - mean).abs();
            let furthest = (0..teams.len()).filter(|team| teams[*team].players > 0.0);
            let Some(furthest) = furthest.max_by(|a, b| off(&teams[*a]).total_cmp(&off(&teams[*b]))) else {
                return;
            };
            let too_much = teams[furthest].mean() - mean;
            if too_much.abs() <= EVEN_ENOUGH * mean.abs().max(1.0) {
                return;
            }
            let mut best: Option<(f64, usize, usize)> = None;
            for (index, one) in units.iter().enumerate().filter(|(_, unit)| unit.team == furthest) {
                for (with, other) in units.iter().enumerate() {
                    let moved = other.row[column] - one.row[column];
                    // What moves the furthest team further away is no help.
                    if moved * too_much >= 0.0 || other.team == furthest || other.row[0] != one.row[0] {
                        continue;
                    }
                    let theirs = &teams[other.team];
                    let here = (too_much + moved / teams[furthest].players).abs();
                    let there = (theirs.mean() - mean - moved / theirs.players).abs();
                    let gain = too_much.abs().max(off(theirs)) - here.max(there);
                    if gain > 1e-9 && best.is_none_or(|(most, _, _)| gain > most) {
                        best = Some((gain, index, with));
                    }
                }
            }
            let Some((_, one, other)) = best else { return };
            let (from, to) = (units[one].team, units[other].team);
            let sides = [one, other].map(|index| Side::of(units[index].row, column, &wanted));
            let (before_from, before_to) = (teams[from], teams[to]);
            let were_met = wanted.are_met(&teams);
            teams[from] = teams[from].without(&sides[0]).with(&sides[1]);
            teams[to] = teams[to].without(&sides[1]).with(&sides[0]);
            if were_met && !wanted.are_met(&teams) {
                (teams[from], teams[to]) = (before_from, before_to);
                return;
            }
            (units[one].team, units[other].team) = (to, from);
        }
    }
}

/// Of so many players with such a sum.
fn mean((players, sum): (f64, f64)) -> f64 {
    if players > 0.0 { sum / players } else { 0.0 }
}

/// Both teams when those units play in the second whose bits are set.
fn sides_of(
    units: &[Unit<'_>],
    start: [Side; 2],
    seconds: usize,
    column: usize,
    wanted: &Wants<'_>,
) -> [Side; 2] {
    units.iter().enumerate().fold(start, |mut sides, (index, unit)| {
        let team = seconds >> index & 1;
        sides[team] = sides[team].with(&Side::of(unit.row, column, wanted));
        sides
    })
}

/// Wanted columns a side keeps count of.
const WANTS_MAX: usize = 4;

/// One team's players, the sum to even, and how many it has of what is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Side {
    players: f64,
    sum: f64,
    has: [f32; WANTS_MAX],
}

impl Side {
    fn of(row: &[f64], column: usize, wanted: &Wants<'_>) -> Self {
        let mut has = [0.0; WANTS_MAX];
        has.iter_mut().zip(&wanted.columns).for_each(|(has, column)| *has = row[column + 1] as f32);
        Self { players: row[0], sum: row[column], has }
    }

    fn mean(&self) -> f64 {
        mean((self.players, self.sum))
    }

    fn with(self, other: &Self) -> Self {
        let mut has = self.has;
        has.iter_mut().zip(other.has).for_each(|(one, other)| *one += other);
        Self { players: self.players + other.players, sum: self.sum + other.sum, has }
    }

    fn without(self, other: &Self) -> Self {
        let mut has = self.has;
        has.iter_mut().zip(other.has).for_each(|(one, other)| *one -= other);
        Self { players: self.players - other.players, sum: self.sum - other.sum, has }
    }
}

/// What teams want, by the place of its column in [`Side::has`].
struct Wants<'r> {
    columns: SmallVec<[usize; WANTS_MAX]>,
    list: SmallVec<[(usize, &'r [usize], f64); WANTS_MAX]>,
}

impl<'r> Wants<'r> {
    fn of(plan: &'r Plan, tier: Tier) -> Self {
        let mut columns: SmallVec<[usize; WANTS_MAX]> =
            plan.steer.wanted.iter().map(|wanted| wanted.column).collect();
        columns.sort_unstable();
        columns.dedup();
        columns.truncate(WANTS_MAX);
        let list = plan.steer.wanted.iter().filter_map(|wanted| {
            let place = columns.iter().position(|column| *column == wanted.column)?;
            Some((place, wanted.teams.as_slice(), *wanted.least.at(tier)))
        });
        let list = list.collect();
        Self { columns, list }
    }

    fn are_none(&self) -> bool {
        self.list.is_empty()
    }

    fn are_met(&self, sides: &[Side]) -> bool {
        self.list.iter().all(|(place, teams, least)| {
            let has: f32 = teams.iter().map(|team| sides[*team].has[*place]).sum();
            f64::from(has) >= *least
        })
    }
}

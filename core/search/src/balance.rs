//! Even teams: after the players of a match are fixed, tickets of equal size change places between teams as long
//! as that brings the averages of the balanced attribute closer together, then the sums (D-103).

use matchwright_model::{AttributeValue, PartyPolicy};
use matchwright_rules::{Lineup, RuleSet, Tier, judge};

use crate::pool::Entry;

/// Where every ticket of a match sits: one team each, `None` for backfill tickets, who stay.
type Places = Vec<Option<usize>>;

/// Swaps until no swap helps; the result is judged, and the old lineup kept if a rule breaks.
pub(crate) fn balance(
    rules: &RuleSet,
    attribute: usize,
    entries: &[&Entry],
    lineup: &Lineup,
    tier: Tier,
    policy: PartyPolicy,
) -> Lineup {
    let mut places = places_of(entries, lineup);
    let mut teams = Totals::of(rules.teams.len(), attribute, lineup);
    let mut swapped = false;
    while let Some((one, other)) = best_swap(attribute, entries, &places, &teams) {
        teams.swap(attribute, entries, &places, one, other);
        places.swap(one, other);
        swapped = true;
    }
    if !swapped {
        return lineup.clone();
    }
    let balanced = lineup_of(rules, entries, &places);
    match judge(rules, &balanced, tier, policy).valid {
        true => balanced,
        false => lineup.clone(),
    }
}

fn places_of(entries: &[&Entry], lineup: &Lineup) -> Places {
    let team_of =
        |party: usize| lineup.teams.iter().position(|seats| seats.iter().any(|seat| seat.0 == party));
    entries.iter().enumerate().map(|(index, entry)| team_of(index).filter(|_| !entry.is_backfill())).collect()
}

fn lineup_of(rules: &RuleSet, entries: &[&Entry], places: &Places) -> Lineup {
    let mut lineup = Lineup::empty(rules);
    for (entry, place) in entries.iter().zip(places) {
        entry.join(&mut lineup, *place);
    }
    lineup
}

/// Sum and head-count of the attribute per team.
#[derive(Clone)]
struct Totals(Vec<(f64, u32)>);

impl Totals {
    fn of(teams: usize, attribute: usize, lineup: &Lineup) -> Self {
        let total = |team| {
            let values = lineup.team(team).map(|member| number(&member.values[attribute]));
            values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1))
        };
        Self((0..teams).map(total).collect())
    }

    /// Largest difference of averages, then of sums: less is better.
    fn spread(&self) -> (f64, f64) {
        let taken = || self.0.iter().filter(|(_, count)| *count > 0);
        let range = |values: Vec<f64>| {
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            if values.is_empty() { 0.0 } else { high - low }
        };
        let averages = range(taken().map(|(sum, count)| sum / f64::from(*count)).collect());
        (averages, range(taken().map(|(sum, _)| *sum).collect()))
    }

    fn swap(&mut self, attribute: usize, entries: &[&Entry], places: &Places, one: usize, other: usize) {
        if let (Some(team), Some(against)) = (places[one], places[other]) {
            let moved = sum(entries[other], attribute) - sum(entries[one], attribute);
            self.0[team].0 += moved;
            self.0[against].0 -= moved;
        }
    }
}

/// The swap that evens the most; ties go to the first. `None` when none helps.
fn best_swap(
    attribute: usize,
    entries: &[&Entry],
    places: &Places,
    teams: &Totals,
) -> Option<(usize, usize)> {
    let mut best = (teams.spread(), None);
    for one in 0..entries.len() {
        for other in one + 1..entries.len() {
            let movable = places[one].is_some() && places[other].is_some() && places[one] != places[other];
            if !movable || entries[one].size() != entries[other].size() {
                continue;
            }
            let mut tried = teams.clone();
            tried.swap(attribute, entries, places, one, other);
            let spread = tried.spread();
            // A gain below this is rounding, and would let swaps go round in circles.
            let gains = |old: f64, new: f64| new < old - 1e-9 * old.abs().max(1.0);
            let even = |old: f64, new: f64| !gains(new, old);
            if gains(best.0.0, spread.0) || (even(best.0.0, spread.0) && gains(best.0.1, spread.1)) {
                best = (spread, Some((one, other)));
            }
        }
    }
    best.1
}

fn sum(entry: &Entry, attribute: usize) -> f64 {
    entry.party.members.iter().map(|member| number(&member.values[attribute])).sum()
}

fn number(value: &AttributeValue) -> f64 {
    match value {
        AttributeValue::Number(number) => *number,
        other => unreachable!("a balanced attribute is a number (D-55), not {other:?}"),
    }
}

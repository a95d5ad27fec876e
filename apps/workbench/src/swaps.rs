//! Even teams the straightforward way: of all swaps of two tickets of one size the one that evens the most, until none
//! does (D-103). What the search's own division of the same tickets is compared with.

use std::cmp::Reverse;

use matchwright_model::{AttributeValue, Player};
use matchwright_rules::{RuleSet, Tier};

use crate::quality::Made;
use crate::workload::Ticket;

/// Mean over matches of the greatest difference of two teams' average skills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evenness {
    pub matches: usize,
    /// As the matches are.
    pub found: f64,
    /// Their tickets filled in from the largest on, then swapped.
    pub swapped: f64,
}

/// A ticket of a match.
#[derive(Debug, Clone, Copy)]
struct Unit {
    players: u32,
    skill: f64,
    team: usize,
}

/// The first `matches_max` of these matches, each divided anew.
pub fn evenness(rules: &RuleSet, tickets: &[Ticket], matches: &[Made], matches_max: usize) -> Evenness {
    let some = &matches[..matches.len().min(matches_max)];
    let (mut found, mut swapped) = (0.0, 0.0);
    for made in some {
        let units: Vec<Unit> = made.seats.iter().map(|seat| unit(tickets, *seat)).collect();
        let teams = rules.teams.len();
        found += spread(&sides(&units, teams)).0;
        // Where the largest first leave no room for the rest, the match's own division is where swaps begin.
        let mut filled = filled(rules, &units).unwrap_or(units);
        swap(&mut filled, teams);
        swapped += spread(&sides(&filled, teams)).0;
    }
    let count = some.len().max(1) as f64;
    Evenness { matches: some.len(), found: found / count, swapped: swapped / count }
}

fn unit(tickets: &[Ticket], (ticket, team): (u32, u8)) -> Unit {
    let players = &tickets[ticket as usize].players;
    let skill = |player: &Player| match player.attributes.get("skill") {
        Some(AttributeValue::Number(skill)) => *skill,
        _ => 0.0,
    };
    Unit { players: players.len() as u32, skill: players.iter().map(skill).sum(), team: usize::from(team) }
}

/// The largest first, each to the team with the most open seats; `None` where somebody finds no room.
fn filled(rules: &RuleSet, units: &[Unit]) -> Option<Vec<Unit>> {
    let mut order = units.to_vec();
    order.sort_by_key(|unit| Reverse(unit.players));
    let mut open: Vec<u32> = rules.teams.iter().map(|team| *team.max_players.at(Tier(0))).collect();
    for unit in &mut order {
        unit.team = (0..open.len()).max_by_key(|team| (open[*team], Reverse(*team)))?;
        open[unit.team] = open[unit.team].checked_sub(unit.players)?;
    }
    Some(order)
}

/// Per team, its skill and its players.
fn sides(units: &[Unit], teams: usize) -> Vec<(f64, f64)> {
    let mut sides = vec![(0.0, 0.0); teams];
    for unit in units {
        let side = &mut sides[unit.team];
        *side = (side.0 + unit.skill, side.1 + f64::from(unit.players));
    }
    sides
}

/// The greatest difference of averages, then of sums: less is better.
fn spread(sides: &[(f64, f64)]) -> (f64, f64) {
    let taken = || sides.iter().filter(|side| side.1 > 0.0);
    (range(taken().map(|side| side.0 / side.1)), range(taken().map(|side| side.0)))
}

fn range(values: impl Iterator<Item = f64>) -> f64 {
    let ends =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
    (ends.1 - ends.0).max(0.0)
}

fn swap(units: &mut [Unit], teams: usize) {
    let mut sides = sides(units, teams);
    while let Some((one, other)) = best_swap(units, &mut sides) {
        exchange(&mut sides, units, one, other);
        (units[one].team, units[other].team) = (units[other].team, units[one].team);
    }
}

fn best_swap(units: &[Unit], sides: &mut [(f64, f64)]) -> Option<(usize, usize)> {
    // A gain below this is rounding, and would let swaps go round in circles.
    let gains = |old: f64, new: f64| new < old - 1e-9 * old.abs().max(1.0);
    let (mut best, mut least) = (None, spread(sides));
    for one in 0..units.len() {
        for other in one + 1..units.len() {
            let (left, right) = (units[one], units[other]);
            if left.team == right.team || left.players != right.players {
                continue;
            }
            let before = (sides[left.team], sides[right.team]);
            exchange(sides, units, one, other);
            let tried = spread(sides);
            (sides[left.team], sides[right.team]) = before;
            if gains(least.0, tried.0) || (!gains(tried.0, least.0) && gains(least.1, tried.1)) {
                (best, least) = (Some((one, other)), tried);
            }
        }
    }
    best
}

fn exchange(sides: &mut [(f64, f64)], units: &[Unit], one: usize, other: usize) {
    let moved = units[other].skill - units[one].skill;
    sides[units[one].team].0 += moved;
    sides[units[other].team].0 -= moved;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Workload;
    use matchwright_model::Timestamp;

    fn units(skills: &[f64]) -> Vec<Unit> {
        skills
            .iter()
            .enumerate()
            .map(|(index, skill)| Unit { players: 1, skill: *skill, team: index / 2 })
            .collect()
    }

    #[test]
    fn the_best_swap_evens_two_teams() {
        let mut four = units(&[1.0, 2.0, 3.0, 4.0]);
        swap(&mut four, 2);
        assert_eq!(spread(&sides(&four, 2)), (0.0, 0.0));
        assert!(four[0].team == four[3].team && four[1].team == four[2].team);
    }

    #[test]
    fn tickets_of_different_size_keep_their_places() {
        let mut units = units(&[1.0, 2.0, 3.0, 4.0]);
        (0..2).for_each(|index| units[index].players = 2);
        let before: Vec<usize> = units.iter().map(|unit| unit.team).collect();
        swap(&mut units, 2);
        assert_eq!(units.iter().map(|unit| unit.team).collect::<Vec<_>>(), before);
    }

    #[test]
    fn a_match_that_is_uneven_on_purpose_is_found_so() {
        let workload = Workload::by_name("w4b").expect("it is one of all").single();
        let (rules, tickets) = (workload.compiled(), workload.tickets(200, 1, Timestamp(1_000_000)));
        let mut by_skill: Vec<u32> = (0..200).collect();
        let skill = |ticket: &u32| unit(&tickets, (*ticket, 0)).skill;
        by_skill.sort_by(|one, other| skill(one).total_cmp(&skill(other)));
        let seats = by_skill.iter().enumerate().map(|(rank, ticket)| (*ticket, (rank / 20) as u8));
        let found = evenness(&rules, &tickets, &[Made { seats: seats.collect() }], 5);
        assert_eq!(found.matches, 1);
        assert!(found.found > 1_000.0 && found.swapped < 20.0, "{found:?}");
    }
}

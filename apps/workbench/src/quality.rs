//! How good a set of matches is: who is left over, how far apart the players of a match and its teams are, and whether
//! the judge accepts each.

use std::sync::Arc;

use matchwright_model::{AttributeValue, PartyPolicy, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, Party, RuleSet, Tier, judge};

use crate::workload::Ticket;

/// A match: each ticket by its index, with its team.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    pub seats: Vec<(u32, u8)>,
}

/// Figures of many matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    pub matches: usize,
    /// Share of tickets in no match.
    pub unmatched: f64,
    /// Mean over matches of the greatest difference of two players' skills.
    pub spread: f64,
    /// Mean over matches of the greatest difference of two teams' average skills.
    pub unevenness: f64,
    /// Matches that the judge refuses, and tickets in a second match. Anything but 0 is an error of the search.
    pub wrong: usize,
}

/// The match as the judge sees it, and at which tier.
fn lineup(rules: &RuleSet, tickets: &[Ticket], now: Timestamp, made: &Made) -> (Lineup, Tier) {
    let mut lineup = Lineup::empty(rules);
    for (ticket, team) in &made.seats {
        let party = Party::bind(rules, &tickets[*ticket as usize].players);
        lineup.push(Arc::new(party.expect("tickets of the workload fit its rules")), usize::from(*team));
    }
    let ages = made.seats.iter().map(|seat| now.since(tickets[seat.0 as usize].started_at));
    let age = match rules.algorithm.expansion_age {
        ExpansionAge::Newest => ages.min(),
        ExpansionAge::Oldest => ages.max(),
    };
    (lineup, rules.tier(age.unwrap_or_default()))
}

/// The judge accepts it.
pub fn is_match(rules: &RuleSet, tickets: &[Ticket], now: Timestamp, made: &Made) -> bool {
    let (lineup, tier) = lineup(rules, tickets, now, made);
    judge(rules, &lineup, tier, PartyPolicy::Individual).valid
}

/// Judges every match and measures it by the attribute `skill`.
pub fn quality(rules: &RuleSet, tickets: &[Ticket], now: Timestamp, matches: &[Made]) -> Quality {
    let mut seen = vec![false; tickets.len()];
    let (mut spread, mut unevenness, mut wrong) = (0.0, 0.0, 0);
    let skill = rules.attribute("skill");
    for made in matches {
        for (ticket, _) in &made.seats {
            wrong += usize::from(std::mem::replace(&mut seen[*ticket as usize], true));
        }
        let (lineup, tier) = lineup(rules, tickets, now, made);
        wrong += usize::from(!judge(rules, &lineup, tier, PartyPolicy::Individual).valid);
        let teams: Vec<Vec<f64>> = (0..rules.teams.len())
            .map(|team| {
                lineup
                    .team(team)
                    .filter_map(|member| skill.map(|skill| number(&member.values[skill])))
                    .collect()
            })
            .collect();
        spread += range(teams.iter().flatten().copied());
        let means = teams.iter().filter(|team| !team.is_empty());
        unevenness += range(means.map(|team| team.iter().sum::<f64>() / team.len() as f64));
    }
    let count = matches.len().max(1) as f64;
    Quality {
        matches: matches.len(),
        unmatched: seen.iter().filter(|seen| !**seen).count() as f64 / tickets.len().max(1) as f64,
        spread: spread / count,
        unevenness: unevenness / count,
        wrong,
    }
}

fn number(value: &AttributeValue) -> f64 {
    match value {
        AttributeValue::Number(number) => *number,
        _ => 0.0,
    }
}

fn range(values: impl Iterator<Item = f64>) -> f64 {
    let ends =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
    (ends.1 - ends.0).max(0.0)
}

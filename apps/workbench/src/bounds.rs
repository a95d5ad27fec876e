//! What no search can beat: most matches by counting, least time by sorting.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::{AttributeValue, Player, Timestamp};
use matchwright_rules::{RuleKind, RuleSet};

use crate::clock::thread_time;
use crate::workload::Ticket;

/// No search makes more matches out of these tickets: by players and, where rules want one in each team, by tickets
/// with a healer or a tank, in each mode by itself. Tickets without any near region are not counted.
pub fn most_matches(rules: &RuleSet, tickets: &[Ticket], now: Timestamp) -> usize {
    let least: u32 =
        rules.teams.iter().map(|team| team.min_players.0.iter().min().copied().unwrap_or(0)).sum();
    let wants = rules
        .rules
        .iter()
        .any(|rule| matches!(&rule.kind, RuleKind::Collection(rule) if rule.min_count.is_some()));
    let has_modes = rules.rules.iter().any(|rule| matches!(rule.kind, RuleKind::Comparison(_)));
    let mut modes: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for ticket in tickets.iter().filter(|ticket| has_region(rules, ticket, now)) {
        let mode = if has_modes { text(&ticket.players[0], "mode") } else { "" };
        let counts = modes.entry(mode.to_string()).or_default();
        let has = |role: &str| usize::from(ticket.players.iter().any(|player| text(player, "role") == role));
        *counts = (counts.0 + ticket.players.len(), counts.1 + has("healer"), counts.2 + has("tank"));
    }
    let per_mode = modes.values().map(|(players, healers, tanks)| {
        let by_players = players / (least as usize).max(1);
        if wants {
            by_players.min(healers / rules.teams.len()).min(tanks / rules.teams.len())
        } else {
            by_players
        }
    });
    per_mode.sum()
}

fn has_region(rules: &RuleSet, ticket: &Ticket, now: Timestamp) -> bool {
    let tier = rules.tier(now.since(ticket.started_at));
    let limits: Vec<f64> = rules
        .rules
        .iter()
        .filter_map(|rule| match &rule.kind {
            RuleKind::Latency(latency) => Some(*latency.max_latency.at(tier)),
            _ => None,
        })
        .collect();
    let near = |region| {
        let latency = |player: &Player| player.latencies.get(region).map(|one| f64::from(*one));
        ticket
            .players
            .iter()
            .all(|player| limits.iter().all(|limit| latency(player).is_some_and(|one| one <= *limit)))
    };
    limits.is_empty() || ticket.players[0].latencies.keys().any(near)
}

fn text<'a>(player: &'a Player, attribute: &str) -> &'a str {
    match player.attributes.get(attribute) {
        Some(AttributeValue::Text(text)) => text,
        _ => "",
    }
}

/// One against one cannot be done in less than this: a counting sort of the skills and one pass over neighbours.
/// The pairs found come with it, so that the work is not optimised away.
pub fn sort_and_pair(tickets: &[Ticket], within: f64) -> (Duration, usize) {
    let skill = |ticket: &Ticket| match ticket.players[0].attributes.get("skill") {
        Some(AttributeValue::Number(number)) => number.clamp(0.0, f64::from(u16::MAX)) as u16,
        _ => 0,
    };
    let skills: Vec<u16> = tickets.iter().map(skill).collect();
    let mut order = vec![0_u32; skills.len()];
    let started = thread_time();
    let most = skills.iter().copied().max().unwrap_or(0);
    let mut ends = vec![0_u32; usize::from(most) + 1];
    skills.iter().for_each(|skill| ends[usize::from(*skill)] += 1);
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    for (index, skill) in skills.iter().enumerate().rev() {
        let end = &mut ends[usize::from(*skill)];
        *end -= 1;
        order[*end as usize] = index as u32;
    }
    let (mut pairs, mut at) = (0, 0);
    while at + 1 < order.len() {
        let apart = skills[order[at + 1] as usize] - skills[order[at] as usize];
        let is_pair = f64::from(apart) <= within;
        pairs += usize::from(is_pair);
        at += 1 + usize::from(is_pair);
    }
    (thread_time() - started, pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::greedy::greedy;
    use crate::quality::quality;
    use crate::workload::Workload;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn the_baseline_stays_below_the_bound_and_the_judge_accepts_it() {
        for workload in Workload::all() {
            let (rules, tickets) = (workload.compiled(), workload.tickets(60, 3, NOW));
            let outcome = greedy(&rules, &tickets, NOW, Duration::MAX);
            let found = quality(&rules, &tickets, NOW, &outcome.matches);
            assert_eq!(found.wrong, 0, "{}", workload.name);
            assert!(found.matches <= most_matches(&rules, &tickets, NOW), "{}", workload.name);
        }
    }

    #[test]
    fn neighbours_are_paired_once() {
        let duel = Workload::by_name("w1").expect("it is there");
        let tickets = duel.tickets(1_000, 1, NOW);
        assert_eq!(sort_and_pair(&tickets, 1e9).1, 500);
        assert!(sort_and_pair(&tickets, 0.0).1 < 500);
    }
}

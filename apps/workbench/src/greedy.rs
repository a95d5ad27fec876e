//! N1, the baseline: the documented search, done the straightforward way.
//!
//! The oldest ticket is the anchor; every other ticket is tried oldest first in every team with room, the one with the
//! most open seats first (D-98); every rule that
//! can be evaluated on the set so far is evaluated by the interpreter for each; the largest valid set on the way is
//! the match. Rules on head-counts and least counts are left to the end, as they cannot hold before.

use std::sync::Arc;
use std::time::Duration;

use matchwright_model::{PartyPolicy, Region, Timestamp};
use matchwright_rules::{
    Expression, Function, Lineup, Member, Node, Party, Reference, RuleKind, RuleSet, TeamSelection, Tier,
    judge, judge_rule,
};

use crate::clock::thread_time;
use crate::quality::Made;
use crate::workload::Ticket;

/// What it made, and how far it came.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub matches: Vec<Made>,
    pub anchors_done: usize,
    /// It ended before its time was up.
    pub is_complete: bool,
    /// Tickets that were served or given up.
    pub tickets_done: usize,
    pub took: Duration,
}

/// Searches the whole pool, or as far as `limit` of processor time allows.
pub fn greedy(rules: &RuleSet, tickets: &[Ticket], now: Timestamp, limit: Duration) -> Outcome {
    let parties: Vec<Arc<Party>> = tickets
        .iter()
        .map(|ticket| {
            Arc::new(Party::bind(rules, &ticket.players).expect("tickets of the workload fit its rules"))
        })
        .collect();
    let mut order: Vec<usize> = (0..tickets.len()).collect();
    order.sort_by_key(|index| (tickets[*index].started_at, *index));
    let started = thread_time();
    let mut search = Search { rules, parties: &parties, tickets, now, waiting: order, late: late(rules) };
    let mut outcome = Outcome {
        matches: Vec::new(),
        anchors_done: 0,
        is_complete: true,
        tickets_done: 0,
        took: Duration::ZERO,
    };
    let mut next = 0;
    while next < search.waiting.len() {
        outcome.took = thread_time() - started;
        if outcome.took > limit {
            outcome.is_complete = false;
            return outcome;
        }
        outcome.anchors_done += 1;
        match search.from(next) {
            Some(made) => {
                search.waiting.retain(|ticket| !made.seats.iter().any(|seat| seat.0 as usize == *ticket));
                outcome.tickets_done += made.seats.len();
                outcome.matches.push(made);
            }
            None => {
                outcome.tickets_done += 1;
                next += 1;
            }
        }
    }
    outcome.took = thread_time() - started;
    outcome
}

struct Search<'a> {
    rules: &'a RuleSet,
    parties: &'a [Arc<Party>],
    tickets: &'a [Ticket],
    now: Timestamp,
    /// Oldest first.
    waiting: Vec<usize>,
    /// Per rule: it cannot hold before the set is whole.
    late: Vec<bool>,
}

impl Search<'_> {
    fn from(&self, anchor: usize) -> Option<Made> {
        let mut lineup = Lineup::empty(self.rules);
        let mut chosen = Vec::new();
        let mut best = None;
        self.add(&mut lineup, &mut chosen, self.waiting[anchor]);
        for ticket in self.waiting.iter().skip(anchor + 1) {
            if self.add(&mut lineup, &mut chosen, *ticket) {
                let (tier, players) = (self.tier(&chosen), lineup.members().count());
                if judge(self.rules, &lineup, tier, PartyPolicy::Individual).valid {
                    best = Some(Made { seats: chosen.clone() });
                }
                let seats: u32 = self.rules.teams.iter().map(|team| *team.max_players.at(tier)).sum();
                if players as u32 == seats {
                    break;
                }
            }
        }
        best
    }

    fn tier(&self, chosen: &[(u32, u8)]) -> Tier {
        let ages = chosen.iter().map(|seat| self.now.since(self.tickets[seat.0 as usize].started_at));
        self.rules.tier(ages.min().unwrap_or_default())
    }

    /// Seats a ticket in the first team where every rule that can be evaluated holds.
    fn add(&self, lineup: &mut Lineup, chosen: &mut Vec<(u32, u8)>, ticket: usize) -> bool {
        let party = &self.parties[ticket];
        let mut teams: Vec<usize> = (0..self.rules.teams.len()).collect();
        let open = |team: usize| {
            self.rules.teams[team].max_players.at(Tier(0)).saturating_sub(lineup.teams[team].len() as u32)
        };
        teams.sort_by_key(|team| std::cmp::Reverse(open(*team)));
        for team in teams {
            chosen.push((ticket as u32, team as u8));
            let tier = self.tier(chosen);
            let room = *self.rules.teams[team].max_players.at(tier) as usize;
            if lineup.teams[team].len() + party.members.len() <= room {
                lineup.push(party.clone(), team);
                if self.holds(lineup, tier) {
                    return true;
                }
                lineup.pop();
            }
            chosen.pop();
        }
        false
    }

    fn holds(&self, lineup: &Lineup, tier: Tier) -> bool {
        let has_all_teams = lineup.teams.iter().all(|team| !team.is_empty());
        self.rules.rules.iter().enumerate().all(|(index, rule)| {
            let can_tell = !self.late[index] && (has_all_teams || !compares_teams(&rule.kind));
            match &rule.kind {
                _ if !rule.enforced || !can_tell => true,
                RuleKind::Latency(latency) => has_region(lineup, *latency.max_latency.at(tier)),
                _ => judge_rule(self.rules, index, lineup, tier, PartyPolicy::Individual) != Some(false),
            }
        })
    }
}

/// Some region is near enough for everybody.
fn has_region(lineup: &Lineup, limit: f64) -> bool {
    let Some(first) = lineup.members().next() else { return true };
    let near = |member: &Member, region: &Region| {
        member.latencies.get(region).is_some_and(|latency| f64::from(*latency) <= limit)
    };
    first.latencies.keys().any(|region| lineup.members().all(|member| near(member, region)))
}

fn late(rules: &RuleSet) -> Vec<bool> {
    let is_late = |kind: &RuleKind| match kind {
        RuleKind::Collection(rule) => rule.min_count.is_some(),
        other => expressions(other).into_iter().any(counts_heads),
    };
    rules.rules.iter().map(|rule| is_late(&rule.kind)).collect()
}

/// A rule on a value of each team says nothing while a team is empty.
fn compares_teams(kind: &RuleKind) -> bool {
    fn per_team(expression: &Expression) -> bool {
        match &expression.node {
            Node::Call { function: Function::Flatten, .. } => false,
            Node::Call { lift: 1.., .. } => true,
            Node::Call { argument, .. } => per_team(argument),
            Node::Attribute { teams, .. } | Node::Players(teams) | Node::PlayerIds(teams) => {
                matches!(teams, TeamSelection::One(_))
            }
        }
    }
    expressions(kind).into_iter().any(per_team)
}

fn expressions(kind: &RuleKind) -> Vec<&Expression> {
    fn of(reference: &Reference) -> Option<&Expression> {
        match reference {
            Reference::Expression(expression) => Some(expression),
            _ => None,
        }
    }
    match kind {
        RuleKind::Distance(rule) => rule.measurements.iter().chain(of(&rule.reference)).collect(),
        RuleKind::Comparison(rule) => {
            rule.measurements.iter().chain(rule.reference.as_ref().and_then(of)).collect()
        }
        _ => Vec::new(),
    }
}

fn counts_heads(expression: &Expression) -> bool {
    match &expression.node {
        Node::Call { function: Function::Count, .. } => true,
        Node::Call { argument, .. } => counts_heads(argument),
        _ => false,
    }
}

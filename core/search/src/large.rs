//! Matches above 40 players: by region, by closeness in the balanced attribute, filled in the documented order.
//!
//! The oldest ticket that can play in a region is the anchor there; the others follow by closeness to it (D-100),
//! each goes to the team that the fill order names (D-104), and the largest valid set on the way is the match.

use std::collections::BTreeMap;

use matchwright_model::{PartyPolicy, Region, Timestamp};
use matchwright_rules::{
    Batching, Lineup, PartyAggregation, Room, RuleKind, RuleSet, Strategy, TierSpan, Universe, Verdict,
    bound, judge,
};

use crate::hunt::{Found, team_order, tier_of};
use crate::order::aggregate;
use crate::pool::{Entry, Seats};

/// Forms one match out of a bucket in rank order, if there is one.
pub(crate) fn form<'a>(
    rules: &RuleSet,
    bucket: &[&'a Entry],
    now: Timestamp,
    players_max: u32,
    policy: PartyPolicy,
) -> Option<Found<'a>> {
    let least: u32 =
        rules.teams.iter().map(|team| team.min_players.0.iter().min().copied().unwrap_or(0)).sum();
    if bucket.iter().map(|entry| entry.size()).sum::<u32>() < least {
        return None;
    }
    let filler = Filler { rules, now, players_max, policy };
    groups(rules, bucket).into_iter().find_map(|group| filler.fill(group))
}

/// Tickets that could play together, the group to try first in front.
fn groups<'a>(rules: &RuleSet, bucket: &[&'a Entry]) -> Vec<Vec<&'a Entry>> {
    if !rules.needs_latency() {
        return vec![bucket.to_vec()];
    }
    let choices: Vec<(&'a Entry, Vec<Region>)> =
        bucket.iter().map(|entry| (*entry, regions(rules, entry))).collect();
    let deepest = choices.iter().map(|(_, regions)| regions.len()).max().unwrap_or(0);
    // fastestRegion: by first choice; then second choices are let in too, and so on (D-102).
    let depths =
        if rules.algorithm.batching == Batching::FastestRegion { 1..=deepest } else { deepest..=deepest };
    let mut groups = Vec::new();
    for depth in depths {
        let mut by_region: BTreeMap<&Region, Vec<&'a Entry>> = BTreeMap::new();
        for (entry, regions) in &choices {
            for region in regions.iter().take(depth) {
                by_region.entry(region).or_default().push(entry);
            }
        }
        let mut at_depth: Vec<Vec<&'a Entry>> = by_region.into_values().collect();
        at_depth.sort_by_key(|group| std::cmp::Reverse(group.iter().map(|entry| entry.size()).sum::<u32>()));
        groups.extend(at_depth);
    }
    groups
}

/// The regions in which all of a party may play under the loosest step, fastest on average first.
fn regions(rules: &RuleSet, entry: &Entry) -> Vec<Region> {
    let loosest = rules.rules.iter().filter(|rule| rule.enforced).filter_map(|rule| match &rule.kind {
        RuleKind::Latency(latency) => Some(latency.max_latency.0.iter().copied().fold(0.0, f64::max)),
        _ => None,
    });
    let limit = loosest.fold(f64::INFINITY, f64::min);
    let members = &entry.party.members;
    let common = members.first().into_iter().flat_map(|member| member.latencies.keys());
    let mut regions: Vec<(u64, &Region)> = common
        .filter_map(|region| {
            let each = members.iter().map(|member| member.latencies.get(region).copied());
            let all: Vec<u32> = each.collect::<Option<_>>()?;
            let near = all.iter().all(|latency| f64::from(*latency) <= limit);
            near.then(|| (all.iter().map(|latency| u64::from(*latency)).sum(), region))
        })
        .collect();
    regions.sort();
    regions.into_iter().map(|(_, region)| region.clone()).collect()
}

struct Filler<'r> {
    rules: &'r RuleSet,
    now: Timestamp,
    players_max: u32,
    policy: PartyPolicy,
}

impl Filler<'_> {
    fn fill<'a>(&self, group: Vec<&'a Entry>) -> Option<Found<'a>> {
        let ordered = self.around_the_anchor(group);
        let universe = Universe::of(self.rules, ordered.iter().map(|entry| &*entry.party));
        let mut lineup = Lineup::empty(self.rules);
        let mut chosen: Vec<&'a Entry> = Vec::new();
        let mut best: Option<Found<'a>> = None;
        for entry in ordered {
            if self.place(&mut lineup, &chosen, entry, &universe) {
                chosen.push(entry);
                best = self.valid(&chosen, &lineup).or(best);
            }
            if best.as_ref().is_some_and(|found| found.full) {
                break;
            }
        }
        best
    }

    /// Backfill by its priority, then the oldest, then the closest to it; age where nothing else speaks.
    fn around_the_anchor<'a>(&self, mut group: Vec<&'a Entry>) -> Vec<&'a Entry> {
        let Strategy::Balanced { attribute } = self.rules.algorithm.strategy else { return group };
        let value =
            |entry: &Entry| aggregate(&entry.party, attribute, None, PartyAggregation::Avg).unwrap_or(0.0);
        group.sort_by_key(|entry| entry.rank);
        let Some(anchor) = group.first().map(|entry| value(entry)) else { return group };
        let from_anchor = |entry: &Entry| (value(entry) - anchor).abs();
        group[1..].sort_by(|a, b| {
            let close = from_anchor(a).total_cmp(&from_anchor(b));
            a.rank.class().cmp(&b.rank.class()).then(close).then(a.rank.cmp(&b.rank))
        });
        group
    }

    /// Seats a ticket where the fill order says, unless it breaks a rule for good.
    fn place(&self, lineup: &mut Lineup, chosen: &[&Entry], entry: &Entry, universe: &Universe) -> bool {
        let tier = tier_of(self.rules, self.now, chosen.iter().copied().chain([entry]));
        let span = TierSpan::only(tier);
        let taken: Vec<u32> = lineup.teams.iter().map(|seats| seats.len() as u32).collect();
        let players = taken.iter().sum::<u32>();
        let twice = chosen.iter().any(|one| one.is_backfill())
            && (entry.is_backfill() || shares_player(lineup, entry));
        if players + entry.size() > self.players_max || twice {
            return false;
        }
        match &entry.seats {
            Seats::Taken(taken) => lineup.push_seated(entry.party.clone(), &taken.teams),
            Seats::Open(_) => match team_order(self.rules, &taken, span, entry.size()).first() {
                Some(team) => lineup.push(entry.party.clone(), *team),
                None => return false,
            },
        }
        let lowest = TierSpan { low: matchwright_rules::Tier(0), high: tier };
        let room = self.rules.teams.iter().zip(&lineup.teams).map(|(team, seats)| {
            let most = team.max_players.0.iter().max().copied().unwrap_or(0);
            (0, most.saturating_sub(seats.len() as u32))
        });
        let room = Room { teams: room.collect() };
        let verdicts = bound(self.rules, lineup, &room, universe, lowest, self.policy);
        let broken =
            self.rules.rules.iter().zip(&verdicts).any(|(rule, one)| rule.enforced && *one == Verdict::False);
        if broken {
            lineup.pop();
        }
        !broken
    }

    fn valid<'a>(&self, chosen: &[&'a Entry], lineup: &Lineup) -> Option<Found<'a>> {
        let tier = tier_of(self.rules, self.now, chosen.iter().copied());
        let sizes_fit = self.rules.teams.iter().zip(&lineup.teams).all(|(team, seats)| {
            (*team.min_players.at(tier)..=*team.max_players.at(tier)).contains(&(seats.len() as u32))
        });
        if !sizes_fit || chosen.iter().all(|entry| entry.is_backfill()) {
            return None;
        }
        let judgement = judge(self.rules, lineup, tier, self.policy);
        let players: u32 = lineup.teams.iter().map(|seats| seats.len() as u32).sum();
        let seats: u32 = self.rules.teams.iter().map(|team| *team.max_players.at(tier)).sum();
        judgement.valid.then(|| Found {
            entries: chosen.to_vec(),
            lineup: lineup.clone(),
            region: judgement.region,
            full: players == seats.min(self.players_max),
            tier,
        })
    }
}

fn shares_player(lineup: &Lineup, entry: &Entry) -> bool {
    entry.party.members.iter().any(|member| lineup.members().any(|one| one.id == member.id))
}

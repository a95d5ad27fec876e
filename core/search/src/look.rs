//! What one ticket can be matched with at this moment: in a small bucket everything that exists is looked at, in a large
//! one the nearest.

use matchwright_model::{MatchmakerName, PlayerId, RuleSetName, TeamName, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, RuleKind, Strategy, judge};

use crate::agenda::{Cause, Dirty};
use crate::balance::balance;
use crate::bucket::Bucket;
use crate::hope::Hope;
use crate::hunt::{Found, Hunt, Outcome, hunt, tier_of};
use crate::order::documented_order;
use crate::pool::{Entry, Pool, Rank, Sought};
use crate::roster::Number;
use crate::{Limits, SearchSettings, large};

/// Of the budget around an anchor, one part in so many goes to the documented order.
const FIRST_SHARE: u64 = 4;
/// In buckets up to so many times those that are searched completely, a ticket that was searched for in vain before is
/// also searched for depth first, among so many of the closest and with one part in so many of the budget. In fuller
/// buckets that finds hardly more than the crowd's search does.
const STARVING_BUCKETS: usize = 4;
const STARVING_CANDIDATES: usize = 24;
const STARVING_SHARE: u64 = 4;
/// Tickets per player of a match above which a bucket is not looked at as a whole for every arrival.
const LARGE_BUCKET: usize = 8;

/// A match as it will be proposed.
pub(crate) struct Made {
    pub matchmaker: MatchmakerName,
    pub rule_set: RuleSetName,
    /// Its tickets.
    pub numbers: Vec<Number>,
    pub seats: Vec<Place>,
    pub region: Option<matchwright_model::Region>,
    pub full: bool,
    /// The first of its tickets in rank.
    pub anchor: Rank,
    pub oldest: Timestamp,
}

/// Who sits where, and the ticket that he came with.
pub(crate) struct Place {
    pub ticket: Number,
    pub player: PlayerId,
    pub team: TeamName,
}

impl Made {
    /// A match with open seats waits for more players until its oldest ticket is old enough.
    pub fn held_until(&self, now: Timestamp, settings: &SearchSettings) -> Option<Timestamp> {
        let until = self.oldest + settings.hold_partial;
        (!self.full && until > now).then_some(until)
    }
}

pub(crate) type Seen = Vec<(Number, Vec<(u64, u64)>)>;

/// What a look from one ticket gave.
#[derive(Default)]
pub(crate) struct Looked {
    pub made: Option<Made>,
    pub seen: Seen,
    /// A match with the ticket may exist all the same: it is looked from again after a pause.
    pub is_cut: bool,
}

/// What the complete search around one anchor gave.
#[derive(Default)]
struct Hunted {
    made: Option<Made>,
    seen: Seen,
    nodes_used: u64,
    /// The budget ended before the search did.
    cut: bool,
}

/// Looks from one ticket of a pool at one moment.
pub(crate) struct Look<'s> {
    pub settings: &'s SearchSettings,
    pub pool: &'s Pool,
    pub now: Timestamp,
}

impl<'s> Look<'s> {
    /// Tickets from which on a bucket is looked at around single tickets rather than as a whole.
    pub fn crowd_min(&self) -> usize {
        match self.pool.rules.large {
            true => LARGE_BUCKET * self.players_max() as usize + 1,
            false => self.settings.exact_tickets + 1,
        }
    }

    /// What one search in a crowd may take.
    pub fn limits(&self) -> Limits {
        Limits { players: self.players_max(), looks: self.settings.candidates_max }
    }

    fn players_max(&self) -> u32 {
        let rules = &self.pool.rules;
        let seats: u32 =
            rules.teams.iter().map(|team| team.max_players.0.iter().max().copied().unwrap_or(0)).sum();
        let base: u32 = rules.teams.iter().map(|team| team.max_players.0[0]).sum();
        seats.saturating_sub(self.pool.reserved_seats.min(base))
    }

    /// What the documented fill makes of the bucket (D-104). It looks at all of it; so in a very large one a full match
    /// is sought in the crowd, and the fill waits for a retry.
    pub fn large_match(&self, dirty: &Dirty, own: &'s Entry, bucket: &'s Bucket) -> Looked {
        let players_max = self.players_max();
        if bucket.len() >= self.crowd_min() {
            let sought = self.sought(own).filter(|made| made.full);
            if sought.is_some() || dirty.cause == Cause::Arrival {
                return Looked { made: sought, is_cut: true, ..Looked::default() };
            }
        }
        let bucket: Vec<&Entry> = bucket.iter().collect();
        let policy = self.settings.party_policy;
        let found = large::form(&self.pool.rules, &bucket, self.now, players_max, policy);
        let made = found.map(|found| self.made(&found, &self.balanced(&found)));
        Looked { made, ..Looked::default() }
    }

    /// Is there a match with the dirty ticket; and if so, the one that the oldest anchor makes with it (D-95).
    pub fn small_match(&self, dirty: &Dirty, own: &'s Entry, bucket: &'s Bucket) -> Looked {
        if bucket.len() >= self.crowd_min() {
            return self.around(dirty, own, bucket);
        }
        let any =
            self.hunt(vec![own], self.candidates(dirty, own, own, bucket), self.settings.nodes_per_anchor);
        let Some(made) = any.made else {
            return Looked { made: None, seen: any.seen, is_cut: any.cut };
        };
        let mut seen = any.seen;
        let mut left = self.settings.nodes_per_step;
        for anchor in self.anchors(dirty, own, bucket).into_iter().filter(|anchor| anchor.rank <= made.anchor)
        {
            let must = if anchor.rank == own.rank { vec![own] } else { vec![anchor, own] };
            let mut candidates = self.candidates(dirty, anchor, own, bucket);
            candidates.retain(|entry| entry.rank > anchor.rank);
            let hunted = self.hunt(must, candidates, left.min(self.settings.nodes_per_anchor));
            seen.extend(hunted.seen);
            left -= hunted.nodes_used;
            if let Some(made) = hunted.made {
                return Looked { made: Some(made), seen, is_cut: false };
            }
        }
        Looked { made: Some(made), seen, is_cut: false }
    }

    /// A match around a ticket of a large bucket; where the plan cannot say every rule, also by the complete search
    /// over the first in the documented order, and around a ticket that waits in vain by that over the closest.
    fn around(&self, dirty: &Dirty, own: &'s Entry, bucket: &'s Bucket) -> Looked {
        let sought = self.sought(own);
        let is_sparse = bucket.len() <= STARVING_BUCKETS * self.settings.exact_tickets;
        let others = bucket.iter().filter(|entry| entry.rank != own.rank);
        let hunted = match &sought {
            None if self.pool.plan.is_partial => {
                let others = documented_order(&self.pool.rules, own, others, self.settings.candidates_max);
                self.hunt(vec![own], others, self.settings.nodes_per_anchor)
            }
            None if dirty.cause == Cause::Retry && is_sparse => self.starving(own, others.collect()),
            _ => Hunted::default(),
        };
        Looked { made: sought.or(hunted.made), seen: hunted.seen, is_cut: true }
    }

    /// The complete search around a ticket that waits in vain, over the closest of those for whom there is hope.
    fn starving(&self, own: &'s Entry, others: Vec<&'s Entry>) -> Hunted {
        let Some(mut closest) = self.hopeful(&[own], others) else { return Hunted::default() };
        self.by_closeness(own, &mut closest);
        closest.truncate(STARVING_CANDIDATES);
        if self.is_ordered() {
            closest = documented_order(&self.pool.rules, own, closest.into_iter(), usize::MAX);
        }
        let outcome =
            hunt(&self.hunting(vec![own], closest, self.settings.nodes_per_anchor / STARVING_SHARE));
        self.hunted(&[own], outcome)
    }

    /// A match around a ticket out of a large bucket.
    fn sought(&self, own: &'s Entry) -> Option<Made> {
        self.judged(self.pool.seek(own, self.now, self.limits())?)
    }

    /// A match out of a crowd, if the judge finds it to be one.
    pub fn judged(&self, sought: Sought<'_>) -> Option<Made> {
        let rules = &self.pool.rules;
        let Sought { units, is_full } = sought;
        let mut lineup = Lineup::empty(rules);
        units.iter().for_each(|(entry, team)| entry.join(&mut lineup, *team));
        let entries: Vec<&Entry> = units.into_iter().map(|(entry, _)| entry).collect();
        let is_backfill = entries.iter().all(|entry| entry.is_backfill());
        let tier = tier_of(rules, self.now, entries.iter().copied());
        let judgement = judge(rules, &lineup, tier, self.settings.party_policy);
        let found = Found { entries, lineup, region: judgement.region, full: is_full, tier };
        (judgement.valid && !is_backfill).then(|| self.made(&found, &found.lineup))
    }

    /// Tickets that can be the oldest of a set with the dirty one, in rank order.
    fn anchors(&self, dirty: &Dirty, own: &'s Entry, bucket: &'s Bucket) -> Vec<&'s Entry> {
        let decides_alone = dirty.cause == Cause::Expansion
            && self.pool.rules.algorithm.expansion_age == ExpansionAge::Oldest
            && bucket.iter().all(|entry| entry.rank.class() == own.rank.class());
        let can_be = |entry: &&Entry| entry.rank <= own.rank && (!decides_alone || entry.rank == own.rank);
        bucket.iter().filter(can_be).collect()
    }

    /// Around the anchor in order. A ticket that entered a tier decides only sets in which it
    /// is the newest (or the oldest, whichever counts).
    fn candidates(&self, dirty: &Dirty, anchor: &Entry, own: &Entry, bucket: &'s Bucket) -> Vec<&'s Entry> {
        let newest = self.pool.rules.algorithm.expansion_age == ExpansionAge::Newest;
        let decides = |entry: &Entry| match (dirty.cause, newest) {
            (Cause::Arrival | Cause::Retry, _) => true,
            (Cause::Expansion, true) => entry.rank.started_at() <= own.rank.started_at(),
            (Cause::Expansion, false) => entry.rank.started_at() >= own.rank.started_at(),
        };
        let fits = |entry: &&Entry| entry.rank != anchor.rank && entry.rank != own.rank && decides(entry);
        documented_order(&self.pool.rules, anchor, bucket.iter().filter(fits), usize::MAX)
    }

    /// In the documented order first (D-95); where the budget ends before the search, the rest of it goes to the
    /// closest first, which finds more.
    fn hunt(&self, must: Vec<&'s Entry>, candidates: Vec<&'s Entry>, nodes: u64) -> Hunted {
        let Some(candidates) = self.hopeful(&must, candidates) else { return Hunted::default() };
        let has_second = !self.is_ordered() && self.pool.plan.steer.near.is_some();
        let first_nodes = if has_second { nodes / FIRST_SHARE } else { nodes };
        let mut hunting = self.hunting(must, candidates, first_nodes);
        let mut outcome = hunt(&hunting);
        if outcome.found.is_none() && outcome.cut && has_second {
            let used = outcome.nodes_used;
            self.by_closeness(hunting.must[0], &mut hunting.candidates);
            hunting.nodes = nodes - used;
            outcome = hunt(&hunting);
            outcome.nodes_used += used;
        }
        self.hunted(&hunting.must, outcome)
    }

    fn hunting(&self, must: Vec<&'s Entry>, candidates: Vec<&'s Entry>, nodes: u64) -> Hunt<'s> {
        Hunt {
            rules: &self.pool.rules,
            plan: &self.pool.plan,
            crowd: &self.pool.crowd,
            now: self.now,
            policy: self.settings.party_policy,
            must,
            candidates,
            players_max: self.players_max(),
            nodes,
        }
    }

    fn hunted(&self, must: &[&Entry], outcome: Outcome<'s>) -> Hunted {
        Hunted {
            seen: must.iter().map(|entry| (entry.number, outcome.counts.clone())).collect(),
            made: outcome.found.map(|found| self.made(&found, &self.balanced(&found))),
            nodes_used: outcome.nodes_used,
            cut: outcome.cut,
        }
    }

    fn hopeful(&self, must: &[&Entry], candidates: Vec<&'s Entry>) -> Option<Vec<&'s Entry>> {
        let Pool { rules, plan, crowd, .. } = self.pool;
        Hope { rules, plan, crowd, now: self.now, must }.of(candidates)
    }

    /// Sort rules decide in which order candidates are tried.
    fn is_ordered(&self) -> bool {
        self.pool.rules.rules.iter().any(|rule| matches!(rule.kind, RuleKind::Sort(_)))
    }

    /// Sorts by distance to the anchor in the number that says who is near whom; the order stays where there is none.
    fn by_closeness(&self, anchor: &Entry, candidates: &mut [&'s Entry]) {
        let near = |entry: &Entry| {
            let sum = |number: usize| entry.sum(&self.pool.crowd, number);
            self.pool.plan.steer.near.map_or(0.0, |column| sum(column + 1) / sum(0))
        };
        let center = near(anchor);
        let away = |entry: &Entry| (near(entry) - center).abs();
        candidates.sort_by(|a, b| a.rank.class().cmp(&b.rank.class()).then(away(a).total_cmp(&away(b))));
    }

    /// The lineup with even teams, where the rule set asks for them.
    fn balanced(&self, found: &Found<'_>) -> Lineup {
        let (rules, policy) = (&self.pool.rules, self.settings.party_policy);
        match rules.algorithm.strategy {
            Strategy::Balanced { attribute } => {
                balance(rules, attribute, &found.entries, &found.lineup, found.tier, policy)
            }
            Strategy::ExhaustiveSearch => found.lineup.clone(),
        }
    }

    fn made(&self, found: &Found<'_>, lineup: &Lineup) -> Made {
        let rules = &self.pool.rules;
        let mut seats: Vec<(usize, usize, Place)> = Vec::new();
        for (team, taken) in lineup.teams.iter().enumerate() {
            for (party, member) in taken {
                let player = lineup.member((*party, *member)).id.clone();
                let ticket = found.entries[*party].number;
                seats.push((*party, *member, Place { ticket, player, team: rules.teams[team].name.clone() }));
            }
        }
        let age = |party: usize| found.entries[party].rank;
        seats.sort_by_key(|(party, member, _)| (age(*party), *member));
        Made {
            matchmaker: self.pool.matchmaker.clone(),
            rule_set: self.pool.rule_set.clone(),
            numbers: found.entries.iter().map(|entry| entry.number).collect(),
            seats: seats.into_iter().map(|(_, _, seat)| seat).collect(),
            region: found.region.clone(),
            full: found.full,
            anchor: found.entries.iter().map(|entry| entry.rank).min().unwrap_or(found.entries[0].rank),
            oldest: found.entries.iter().map(|entry| entry.rank.started_at()).min().unwrap_or(self.now),
        }
    }
}

//! What one ticket can be matched with at this moment: in a small bucket everything that exists is looked at, in a large
//! one the nearest.

use matchwright_engine::Seat;
use matchwright_model::{MatchmakerName, RuleSetName, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, RuleKind, Strategy, judge};

use crate::agenda::{Cause, Dirty};
use crate::balance::balance;
use crate::hope::Hope;
use crate::hunt::{Found, Hunt, hunt, tier_of};
use crate::order::nearest;
use crate::pool::{Bucket, Entry, Pool, Rank, Sought};
use crate::roster::Number;
use crate::{Limits, SearchSettings, large};

/// Of the budget around an anchor, one part in so many goes to the documented order.
const FIRST_SHARE: u64 = 4;
/// Tickets per player of a match above which a bucket is not looked at as a whole for every arrival.
const LARGE_BUCKET: usize = 8;

/// A match as it will be proposed.
pub(crate) struct Made {
    pub matchmaker: MatchmakerName,
    pub rule_set: RuleSetName,
    /// Its tickets.
    pub numbers: Vec<Number>,
    pub seats: Vec<Seat>,
    pub region: Option<matchwright_model::Region>,
    pub full: bool,
    /// The first of its tickets in rank.
    pub anchor: Rank,
    pub oldest: Timestamp,
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
    pub fn large(&self, dirty: &Dirty, rank: Rank, bucket: &'s Bucket) -> Looked {
        let Some(own) = bucket.get(&rank).map(|entry| &**entry) else { return Looked::default() };
        let players_max = self.players_max();
        if bucket.len() >= self.crowd_min() {
            let sought = self.sought(own).filter(|made| made.full);
            if sought.is_some() || dirty.cause == Cause::Arrival {
                return Looked { made: sought, is_cut: true, ..Looked::default() };
            }
        }
        let bucket: Vec<&Entry> = bucket.values().map(|entry| &**entry).collect();
        let policy = self.settings.party_policy;
        let found = large::form(&self.pool.rules, &bucket, self.now, players_max, policy);
        let made = found.map(|found| self.made(&found, &self.balanced(&found)));
        Looked { made, ..Looked::default() }
    }

    /// Is there a match with the dirty ticket; and if so, the one that the oldest anchor makes with it (D-95).
    pub fn small(&self, dirty: &Dirty, rank: Rank, bucket: &'s Bucket) -> Looked {
        let Some(own) = bucket.get(&rank).map(|entry| &**entry) else { return Looked::default() };
        if bucket.len() >= self.crowd_min() {
            return self.around(own, bucket);
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

    /// A match around a ticket of a large bucket; where columns cannot say every rule, also by the complete search
    /// over the nearest.
    fn around(&self, own: &'s Entry, bucket: &'s Bucket) -> Looked {
        let sought = self.sought(own);
        if sought.is_some() || !self.pool.plan.is_partial {
            return Looked { made: sought, is_cut: true, ..Looked::default() };
        }
        let others = bucket.values().map(|entry| &**entry).filter(|entry| entry.rank != own.rank);
        let others = nearest(&self.pool.rules, own, others, self.settings.candidates_max);
        let hunted = self.hunt(vec![own], others, self.settings.nodes_per_anchor);
        Looked { made: hunted.made, seen: hunted.seen, is_cut: true }
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
        for (entry, team) in &units {
            match (team, &entry.seated) {
                (Some(team), _) => lineup.push(entry.party.clone(), *team),
                (None, Some(teams)) => lineup.push_seated(entry.party.clone(), teams),
                (None, None) => unreachable!("only a backfill ticket brings its seats"),
            }
        }
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
            && bucket.values().all(|entry| entry.rank.class() == own.rank.class());
        let can_be = |entry: &&Entry| entry.rank <= own.rank && (!decides_alone || entry.rank == own.rank);
        bucket.values().map(|entry| &**entry).filter(can_be).collect()
    }

    /// Around the anchor in order. A ticket that entered a tier decides only sets in which it
    /// is the newest (or the oldest, whichever counts).
    fn candidates(&self, dirty: &Dirty, anchor: &Entry, own: &Entry, bucket: &'s Bucket) -> Vec<&'s Entry> {
        let newest = self.pool.rules.algorithm.expansion_age == ExpansionAge::Newest;
        let decides = |entry: &Entry| match (dirty.cause, newest) {
            (Cause::Arrival | Cause::Retry, _) => true,
            (Cause::Expansion, true) => entry.rank.started_at <= own.rank.started_at,
            (Cause::Expansion, false) => entry.rank.started_at >= own.rank.started_at,
        };
        let fits = |entry: &&Entry| entry.rank != anchor.rank && entry.rank != own.rank && decides(entry);
        nearest(&self.pool.rules, anchor, bucket.values().map(|entry| &**entry).filter(fits), usize::MAX)
    }

    /// In the documented order first (D-95); where the budget ends before the search, the rest of it goes to the
    /// nearest first, which finds more.
    fn hunt(&self, must: Vec<&'s Entry>, candidates: Vec<&'s Entry>, nodes: u64) -> Hunted {
        let numbers: Vec<Number> = must.iter().map(|entry| entry.number).collect();
        let hope = Hope { rules: &self.pool.rules, plan: &self.pool.plan, now: self.now, must: &must };
        let Some(candidates) = hope.of(candidates) else { return Hunted::default() };
        let is_ordered = self.pool.rules.rules.iter().any(|rule| matches!(rule.kind, RuleKind::Sort(_)));
        let has_second = !is_ordered && self.pool.plan.steer.near.is_some();
        let mut hunting = Hunt {
            rules: &self.pool.rules,
            plan: &self.pool.plan,
            now: self.now,
            policy: self.settings.party_policy,
            must,
            candidates,
            players_max: self.players_max(),
            nodes: if has_second { nodes / FIRST_SHARE } else { nodes },
        };
        let mut outcome = hunt(&hunting);
        let mut used = outcome.nodes_used;
        if outcome.found.is_none() && outcome.cut && has_second {
            let near = |entry: &Entry| {
                let sum = |column: usize| entry.rows.iter().map(|(_, row)| row[column]).sum::<f64>();
                self.pool.plan.steer.near.map_or(0.0, |column| sum(column + 1) / sum(0))
            };
            let anchor = near(hunting.must[0]);
            let away = |entry: &&Entry| (near(entry) - anchor).abs();
            hunting
                .candidates
                .sort_by(|a, b| a.rank.class().cmp(&b.rank.class()).then(away(a).total_cmp(&away(b))));
            hunting.nodes = nodes - used;
            outcome = hunt(&hunting);
            used += outcome.nodes_used;
        }
        Hunted {
            seen: numbers.into_iter().map(|number| (number, outcome.counts.clone())).collect(),
            made: outcome.found.map(|found| self.made(&found, &self.balanced(&found))),
            nodes_used: used,
            cut: outcome.cut,
        }
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
        let mut seats: Vec<(usize, usize, Seat)> = Vec::new();
        for (team, taken) in lineup.teams.iter().enumerate() {
            for (party, member) in taken {
                let player = lineup.member((*party, *member)).id.clone();
                let ticket = found.entries[*party].id.clone();
                seats.push((*party, *member, Seat { ticket, player, team: rules.teams[team].name.clone() }));
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
            oldest: found.entries.iter().map(|entry| entry.rank.started_at).min().unwrap_or(self.now),
        }
    }
}

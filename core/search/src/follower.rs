//! Search as a follower: changes in, proposals out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine::{
    AcceptanceOutcome, Change, MatchmakerFields, Mode, Proposal, Record, RuleCount, Seat, Status, Ticket,
};
use matchwright_model::{MatchId, MatchmakerName, RuleSetName, TicketId, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, Options, RuleKind, RuleSet, Strategy, compile, judge};

use crate::agenda::{Agenda, Cause, Dirty};
use crate::balance::balance;
use crate::hunt::{Found, Hunt, hunt, tier_of};
use crate::order::nearest;
use crate::pool::{Bucket, Entry, Pool, Rank, Sought};
use crate::roster::{Known, Number, Place, Roster};
use crate::{Limits, SearchSettings, large};

/// The longest pause before a ticket whose search was cut is searched again.
const RETRY_MAX: Duration = Duration::from_secs(16);
const RETRY_MIN: Duration = Duration::from_millis(250);
/// Of the budget around an anchor, one part in so many goes to the documented order.
const FIRST_SHARE: u64 = 4;
/// Tickets per player of a match above which a bucket is not looked at as a whole for every arrival.
const LARGE_BUCKET: usize = 8;

/// One realm's search.
#[derive(Debug)]
pub struct Search {
    settings: SearchSettings,
    rule_sets: BTreeMap<RuleSetName, Arc<RuleSet>>,
    configs: BTreeMap<MatchmakerName, MatchmakerFields>,
    pools: BTreeMap<MatchmakerName, Pool>,
    roster: Roster,
    matches: BTreeMap<MatchId, Vec<Seat>>,
    agenda: Agenda,
    /// Tickets whose counters changed since the last step.
    counted: Vec<Number>,
}

/// What one bounded piece of work gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// At most one; its tickets are set aside until its change arrives or [`Search::rejected`] is called.
    pub proposal: Option<Proposal>,
    /// Counters of the tickets that were looked at, whole values, for those who end without a match.
    pub rule_counts: Vec<(TicketId, Vec<RuleCount>)>,
}

impl Search {
    pub fn new(settings: SearchSettings) -> Self {
        Self {
            settings,
            rule_sets: BTreeMap::new(),
            configs: BTreeMap::new(),
            pools: BTreeMap::new(),
            roster: Roster::default(),
            matches: BTreeMap::new(),
            agenda: Agenda::default(),
            counted: Vec::new(),
        }
    }

    /// Takes in a change. All changes of the realm, in order; a snapshot's list first after a start.
    pub fn follow(&mut self, record: &Record) {
        match &record.change {
            Change::RuleSetCreated { name, body, .. } => {
                if let Ok((rules, _)) = compile(body, Options { unknown_keys_warn: true }) {
                    self.rule_sets.insert(name.clone(), Arc::new(rules));
                }
            }
            Change::RuleSetDeleted { name } => drop(self.rule_sets.remove(name)),
            Change::MatchmakerCreated { name, fields, .. } | Change::MatchmakerUpdated { name, fields } => {
                self.configure(name, fields);
            }
            Change::MatchmakerDeleted { name } => {
                self.configs.remove(name);
                self.pools.remove(name);
            }
            Change::TicketStarted { id, matchmaker, players, .. } => {
                self.roster.learn(id, matchmaker, players, record.at, false);
            }
            Change::BackfillStarted { id, matchmaker, players, .. } => {
                self.roster.learn(id, matchmaker, players, record.at, true);
            }
            Change::TicketSearching { id, .. } => {
                if let Some(number) = self.roster.number(id) {
                    self.start_searching(number);
                }
            }
            Change::TicketCancelled { id, .. } | Change::TicketTimedOut { id, .. } => self.forget(id),
            Change::MatchProposed { id, seats, .. } => self.hold(*id, seats),
            Change::AcceptanceEnded { id, outcome } if *outcome != AcceptanceOutcome::Accepted => {
                self.release(*id)
            }
            Change::PlacementAbandoned { id } => self.release(*id),
            Change::MatchCompleted { id, .. } | Change::MatchFailed { id, .. } => self.finish(*id),
            Change::TicketRestored { ticket } if ticket.status.is_active() => {
                let Ticket { id, matchmaker, players, started_at, .. } = &**ticket;
                let number = self.roster.learn(id, matchmaker, players, *started_at, ticket.is_backfill());
                if ticket.status == Status::Searching {
                    self.start_searching(number);
                }
            }
            Change::MatchRestored { id, open } => self.hold(*id, &open.seats),
            _ => {}
        }
    }

    /// The next piece of work, or `None` when nothing is left to do before [`Search::next_wake`].
    pub fn step(&mut self, now: Timestamp, new_id: &mut dyn FnMut() -> MatchId) -> Option<Step> {
        while let Some((number, cause)) = self.agenda.take_due(now) {
            if cause == Cause::Expansion {
                self.promote(number, now);
            }
            self.mark(number, cause);
        }
        let dirty = self.agenda.take_dirty()?;
        let proposal = self.search_from(&dirty, now).map(|made| self.propose(made, new_id()));
        let mut counted = std::mem::take(&mut self.counted);
        counted.sort_unstable();
        counted.dedup();
        let rule_counts = counted.into_iter().filter_map(|number| {
            let known = self.roster.get(number)?;
            Some((known.id.clone(), self.rule_counts(known)?))
        });
        Some(Step { proposal, rule_counts: rule_counts.collect() })
    }

    /// When time alone gives new work.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.agenda.next_wake()
    }

    /// The writer refused a proposal: those of its tickets that still search are searched for again.
    pub fn rejected(&mut self, proposal: &Proposal) {
        let tickets: BTreeSet<&TicketId> = proposal.seats.iter().map(|seat| &seat.ticket).collect();
        for number in tickets.into_iter().filter_map(|id| self.roster.number(id)).collect::<Vec<_>>() {
            if let Some(known) = self.roster.get_mut(number) {
                known.is_proposed = false;
            }
            self.admit(number);
        }
    }

    fn configure(&mut self, name: &MatchmakerName, fields: &MatchmakerFields) {
        self.configs.insert(name.clone(), fields.clone());
        let Some(rules) = self.rule_sets.get(&fields.rule_set).cloned() else { return };
        let reserved = if fields.mode == Some(Mode::WithQueue) { fields.additional_players } else { 0 };
        let same = |pool: &Pool| pool.rule_set == fields.rule_set && pool.reserved_seats == reserved;
        if self.pools.get(name).is_some_and(same) {
            return;
        }
        let pool =
            Pool::new(name.clone(), fields.rule_set.clone(), rules, reserved, self.settings.party_policy);
        self.pools.insert(name.clone(), pool);
        // A live ticket is searched by the new rules from now on, if it fits them (D-22).
        for number in self.roster.of_matchmaker(name) {
            if let Some(known) = self.roster.get_mut(number) {
                known.place = None;
                known.counts.clear();
            }
            self.admit(number);
        }
    }

    fn start_searching(&mut self, number: Number) {
        let Some(known) = self.roster.get_mut(number) else { return };
        known.is_searching = true;
        known.is_proposed = false;
        known.counts.clear();
        self.counted.push(number);
        self.admit(number);
    }

    /// Puts a ticket into its pool, if it may be matched at this moment.
    fn admit(&mut self, number: Number) {
        let Some(known) = self.roster.get(number) else { return };
        let may_match = known.is_searching && !known.is_proposed && known.place.is_none();
        if !may_match || self.roster.is_busy(known) {
            return;
        }
        let Some(pool) = self.pools.get_mut(&known.matchmaker) else { return };
        let Some(place) = pool.insert(number, known) else { return };
        let started_at = known.started_at;
        for step in &pool.rules.steps {
            self.agenda.wake(started_at + *step, number, Cause::Expansion);
        }
        if let Some(known) = self.roster.get_mut(number) {
            known.place = Some(place);
        }
        match self.settings.hold.is_zero() {
            true => self.mark(number, Cause::Arrival),
            false => self.agenda.wake(started_at + self.settings.hold, number, Cause::Arrival),
        }
    }

    fn mark(&mut self, number: Number, cause: Cause) {
        let Some(known) = self.roster.get(number) else { return };
        if let Some(place) = known.place {
            self.agenda.mark(&known.matchmaker, place.rank, Dirty { ticket: number, cause });
        }
    }

    fn promote(&mut self, number: Number, now: Timestamp) {
        let Some(known) = self.roster.get(number) else { return };
        if let (Some(place), Some(pool)) = (known.place, self.pools.get_mut(&known.matchmaker)) {
            pool.promote(place, now);
        }
    }

    fn withdraw(&mut self, number: Number) {
        let Some(known) = self.roster.get_mut(number) else { return };
        if let (Some(place), Some(pool)) = (known.place.take(), self.pools.get_mut(&known.matchmaker)) {
            pool.remove(place);
        }
    }

    fn forget(&mut self, id: &TicketId) {
        if let Some(number) = self.roster.number(id) {
            self.withdraw(number);
            self.roster.forget(number);
        }
    }

    /// A match took its tickets and players.
    fn hold(&mut self, id: MatchId, seats: &[Seat]) {
        for seat in seats {
            if let Some(number) = self.roster.number(&seat.ticket) {
                self.withdraw(number);
                if let Some(known) = self.roster.get_mut(number) {
                    known.is_searching = false;
                    known.is_proposed = false;
                }
            }
            self.roster.set_busy(&seat.player, true);
            // His other tickets wait until this match has ended.
            for other in self.roster.tickets_of(&seat.player) {
                self.withdraw(other);
            }
        }
        self.matches.insert(id, seats.to_vec());
    }

    /// A match let its players go; what becomes of its tickets follows as changes of their own.
    fn release(&mut self, id: MatchId) {
        let seats = self.matches.remove(&id).unwrap_or_default();
        for seat in &seats {
            self.roster.set_busy(&seat.player, false);
        }
        for seat in &seats {
            for other in self.roster.tickets_of(&seat.player) {
                self.admit(other);
            }
        }
    }

    fn finish(&mut self, id: MatchId) {
        let tickets: BTreeSet<TicketId> =
            self.matches.get(&id).into_iter().flatten().map(|seat| seat.ticket.clone()).collect();
        tickets.iter().for_each(|ticket| self.forget(ticket));
        self.release(id);
    }

    /// Adds what was found on sets that held a ticket: held and failed, per rule.
    fn count(&mut self, number: Number, seen: &[(u64, u64)]) {
        let Some(known) = self.roster.get_mut(number) else { return };
        known.counts.resize(seen.len(), (0, 0));
        known.counts.iter_mut().zip(seen).for_each(|(sum, one)| *sum = (sum.0 + one.0, sum.1 + one.1));
        self.counted.push(number);
    }

    /// Per rule of the set; sort rules have no truth to count. `None`: the set has no rules.
    fn rule_counts(&self, known: &Known) -> Option<Vec<RuleCount>> {
        let rules = &self.pools.get(&known.matchmaker)?.rules.rules;
        let has_truth = rules.iter().enumerate().filter(|(_, rule)| !matches!(rule.kind, RuleKind::Sort(_)));
        let count = |index: usize| known.counts.get(index).copied().unwrap_or_default();
        let counts: Vec<RuleCount> = has_truth
            .map(|(index, rule)| RuleCount {
                rule: rule.name.clone(),
                passed: count(index).0,
                failed: count(index).1,
            })
            .collect();
        (!counts.is_empty()).then_some(counts)
    }

    /// Looks for a match with a dirty ticket in it.
    fn search_from(&mut self, dirty: &Dirty, now: Timestamp) -> Option<Made> {
        let known = self.roster.get(dirty.ticket)?;
        let Place { key, rank } = known.place?;
        let pool = self.pools.get(&known.matchmaker)?;
        let bucket = pool.bucket(key)?;
        let hunter = Hunter { settings: &self.settings, pool, now };
        let Looked { made, seen, is_cut } = match pool.rules.large {
            true => hunter.large(dirty, rank, bucket),
            false => hunter.small(dirty, rank, bucket),
        };
        let held_until = made.as_ref().and_then(|made| made.held_until(now, &self.settings));
        match (held_until, &made) {
            (Some(until), _) => self.agenda.wake(until, dirty.ticket, Cause::Arrival),
            (None, None) if is_cut => {
                let pause = now.since(rank.started_at).clamp(RETRY_MIN, RETRY_MAX);
                self.agenda.wake(now + pause, dirty.ticket, Cause::Retry);
            }
            _ => {}
        }
        for (number, counts) in seen {
            self.count(number, &counts);
        }
        made.filter(|_| held_until.is_none())
    }

    fn propose(&mut self, made: Made, match_id: MatchId) -> Proposal {
        for number in &made.numbers {
            self.withdraw(*number);
            if let Some(known) = self.roster.get_mut(*number) {
                known.is_proposed = true;
            }
        }
        let anchor = self.roster.number(&made.seats[0].ticket).and_then(|number| self.roster.get(number));
        Proposal {
            match_id,
            matchmaker: made.matchmaker,
            rule_set: made.rule_set,
            rule_counts: anchor.and_then(|anchor| self.rule_counts(anchor)).unwrap_or_default(),
            seats: made.seats,
            region: made.region,
        }
    }
}

/// A match as it will be proposed.
struct Made {
    matchmaker: MatchmakerName,
    rule_set: RuleSetName,
    /// Its tickets.
    numbers: Vec<Number>,
    seats: Vec<Seat>,
    region: Option<matchwright_model::Region>,
    full: bool,
    /// The first of its tickets in rank.
    anchor: Rank,
    oldest: Timestamp,
}

impl Made {
    /// A match with open seats waits for more players until its oldest ticket is old enough.
    fn held_until(&self, now: Timestamp, settings: &SearchSettings) -> Option<Timestamp> {
        let until = self.oldest + settings.hold_partial;
        (!self.full && until > now).then_some(until)
    }
}

type Seen = Vec<(Number, Vec<(u64, u64)>)>;

/// What a look from one ticket gave.
#[derive(Default)]
struct Looked {
    made: Option<Made>,
    seen: Seen,
    /// A match with the ticket may exist all the same: it is looked from again after a pause.
    is_cut: bool,
}

/// What the complete search around one anchor gave.
struct Hunted {
    made: Option<Made>,
    seen: Seen,
    nodes_used: u64,
    /// The budget ended before the search did.
    cut: bool,
}

struct Hunter<'s> {
    settings: &'s SearchSettings,
    pool: &'s Pool,
    now: Timestamp,
}

impl<'s> Hunter<'s> {
    fn players_max(&self) -> u32 {
        let rules = &self.pool.rules;
        let seats: u32 =
            rules.teams.iter().map(|team| team.max_players.0.iter().max().copied().unwrap_or(0)).sum();
        let base: u32 = rules.teams.iter().map(|team| team.max_players.0[0]).sum();
        seats.saturating_sub(self.pool.reserved_seats.min(base))
    }

    /// What the documented fill makes of the bucket (D-104). It looks at all of it; so in a very large one a full match
    /// is sought in the crowd, and the fill waits for a retry.
    fn large(&self, dirty: &Dirty, rank: Rank, bucket: &'s Bucket) -> Looked {
        let Some(own) = bucket.get(&rank).map(|entry| &**entry) else { return Looked::default() };
        let players_max = self.players_max();
        if bucket.len() > LARGE_BUCKET * players_max as usize {
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
    fn small(&self, dirty: &Dirty, rank: Rank, bucket: &'s Bucket) -> Looked {
        let Some(own) = bucket.get(&rank).map(|entry| &**entry) else { return Looked::default() };
        if bucket.len() > self.settings.exact_tickets {
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
        let rules = &self.pool.rules;
        let limits = Limits { players: self.players_max(), looks: self.settings.candidates_max };
        let Sought { units, is_full } = self.pool.seek(own, self.now, limits)?;
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

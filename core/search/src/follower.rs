//! Search as a follower: changes in, proposals out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine::{
    AcceptanceOutcome, Change, MatchmakerFields, Mode, Proposal, Record, RuleCount, Seat, Status,
};
use matchwright_model::{MatchId, MatchmakerName, Player, PlayerId, RuleSetName, TicketId, Timestamp};
use matchwright_rules::{ExpansionAge, Lineup, Options, RuleSet, Strategy, compile, judge};

use crate::agenda::{Agenda, Cause, Dirty};
use crate::balance::balance;
use crate::hunt::{Found, Hunt, hunt, tier_of};
use crate::order::nearest;
use crate::pool::{Bucket, Entry, Pool, Rank, Sought};
use crate::tally::Tally;
use crate::{Limits, SearchSettings, large};

/// The longest pause before a ticket whose search was cut is searched again.
const RETRY_MAX: Duration = Duration::from_secs(16);
const RETRY_MIN: Duration = Duration::from_millis(250);

/// One realm's search.
#[derive(Debug)]
pub struct Search {
    settings: SearchSettings,
    rule_sets: BTreeMap<RuleSetName, Arc<RuleSet>>,
    configs: BTreeMap<MatchmakerName, MatchmakerFields>,
    pools: BTreeMap<MatchmakerName, Pool>,
    tickets: BTreeMap<TicketId, Known>,
    tickets_of: BTreeMap<PlayerId, BTreeSet<TicketId>>,
    /// Players in a live match; their other tickets wait until it ends.
    busy: BTreeSet<PlayerId>,
    matches: BTreeMap<MatchId, Vec<Seat>>,
    agenda: Agenda,
    tally: Tally,
    sequence: u64,
}

#[derive(Debug, Clone)]
struct Known {
    matchmaker: MatchmakerName,
    players: Arc<[Player]>,
    started_at: Timestamp,
    sequence: u64,
    backfill: bool,
    searching: bool,
    /// In a proposal that the writer has not answered yet.
    proposed: bool,
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
            tickets: BTreeMap::new(),
            tickets_of: BTreeMap::new(),
            busy: BTreeSet::new(),
            matches: BTreeMap::new(),
            agenda: Agenda::default(),
            tally: Tally::default(),
            sequence: 0,
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
                self.learn(id, matchmaker, players, record.at, false);
            }
            Change::BackfillStarted { id, matchmaker, players, .. } => {
                self.learn(id, matchmaker, players, record.at, true);
            }
            Change::TicketSearching { id, .. } => self.start_searching(id),
            Change::TicketCancelled { id, .. } | Change::TicketTimedOut { id, .. } => self.forget(id),
            Change::MatchProposed { id, seats, .. } => self.hold(*id, seats),
            Change::AcceptanceEnded { id, outcome } if *outcome != AcceptanceOutcome::Accepted => {
                self.release(*id)
            }
            Change::PlacementAbandoned { id } => self.release(*id),
            Change::MatchCompleted { id, .. } | Change::MatchFailed { id, .. } => self.finish(*id),
            Change::TicketRestored { ticket } if ticket.status.is_active() => {
                self.learn(
                    &ticket.id,
                    &ticket.matchmaker,
                    &ticket.players,
                    ticket.started_at,
                    ticket.is_backfill(),
                );
                if ticket.status == Status::Searching {
                    self.start_searching(&ticket.id);
                }
            }
            Change::MatchRestored { id, open } => self.hold(*id, &open.seats),
            _ => {}
        }
    }

    /// The next piece of work, or `None` when nothing is left to do before [`Search::next_wake`].
    pub fn step(&mut self, now: Timestamp, new_id: &mut dyn FnMut() -> MatchId) -> Option<Step> {
        while let Some((ticket, cause)) = self.agenda.take_due(now) {
            if cause == Cause::Expansion {
                self.promote(&ticket, now);
            }
            self.mark(&ticket, cause);
        }
        let dirty = self.agenda.take_dirty()?;
        let proposal = self.search_from(&dirty, now).map(|made| self.propose(made, new_id()));
        let rule_counts = self.tally.take_touched().into_iter().filter_map(|id| {
            let rules = &self.pools.get(&self.tickets.get(&id)?.matchmaker)?.rules;
            Some((id.clone(), self.tally.of(&id, rules)))
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
        for id in tickets {
            if let Some(known) = self.tickets.get_mut(id) {
                known.proposed = false;
                self.admit(id);
            }
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
        let of_it = self.tickets.iter().filter(|(_, known)| known.matchmaker == *name);
        let waiting: Vec<TicketId> = of_it.map(|(id, _)| id.clone()).collect();
        waiting.iter().for_each(|id| self.admit(id));
    }

    fn learn(
        &mut self,
        id: &TicketId,
        matchmaker: &MatchmakerName,
        players: &Arc<[Player]>,
        at: Timestamp,
        backfill: bool,
    ) {
        self.sequence += 1;
        for player in players.iter() {
            self.tickets_of.entry(player.id.clone()).or_default().insert(id.clone());
        }
        let known = Known {
            matchmaker: matchmaker.clone(),
            players: players.clone(),
            started_at: at,
            sequence: self.sequence,
            backfill,
            searching: false,
            proposed: false,
        };
        self.tickets.insert(id.clone(), known);
    }

    fn start_searching(&mut self, id: &TicketId) {
        let Some(known) = self.tickets.get_mut(id) else { return };
        known.searching = true;
        known.proposed = false;
        if let Some(pool) = self.pools.get(&known.matchmaker) {
            self.tally.reset(id, &pool.rules);
        }
        self.admit(id);
    }

    /// Puts a ticket into its pool, if it may be matched at this moment.
    fn admit(&mut self, id: &TicketId) {
        let Some(known) = self.tickets.get(id) else { return };
        let is_busy = known.players.iter().any(|player| self.busy.contains(&player.id));
        let Some(pool) = self.pools.get_mut(&known.matchmaker) else { return };
        if !known.searching || known.proposed || is_busy || pool.rank(id).is_some() {
            return;
        }
        let arrival = (known.started_at, known.sequence);
        if pool.insert(id, &known.players, arrival, known.backfill).is_none() {
            return;
        }
        for step in &pool.rules.steps {
            self.agenda.wake(known.started_at + *step, id.clone(), Cause::Expansion);
        }
        match self.settings.hold.is_zero() {
            true => self.mark(id, Cause::Arrival),
            false => self.agenda.wake(known.started_at + self.settings.hold, id.clone(), Cause::Arrival),
        }
    }

    fn mark(&mut self, id: &TicketId, cause: Cause) {
        let Some(known) = self.tickets.get(id) else { return };
        if let Some(rank) = self.pools.get(&known.matchmaker).and_then(|pool| pool.rank(id)) {
            self.agenda.mark(&known.matchmaker, rank, Dirty { ticket: id.clone(), cause, resume: None });
        }
    }

    fn promote(&mut self, id: &TicketId, now: Timestamp) {
        if let Some(pool) = self.tickets.get(id).and_then(|known| self.pools.get_mut(&known.matchmaker)) {
            pool.promote(id, now);
        }
    }

    fn withdraw(&mut self, id: &TicketId) {
        if let Some(pool) = self.tickets.get(id).and_then(|known| self.pools.get_mut(&known.matchmaker)) {
            pool.remove(id);
        }
    }

    fn forget(&mut self, id: &TicketId) {
        self.withdraw(id);
        self.tally.forget(id);
        let Some(known) = self.tickets.remove(id) else { return };
        for player in known.players.iter() {
            if let Some(tickets) = self.tickets_of.get_mut(&player.id) {
                tickets.remove(id);
                if tickets.is_empty() {
                    self.tickets_of.remove(&player.id);
                }
            }
        }
    }

    /// A match took its tickets and players.
    fn hold(&mut self, id: MatchId, seats: &[Seat]) {
        for seat in seats {
            self.withdraw(&seat.ticket);
            if let Some(known) = self.tickets.get_mut(&seat.ticket) {
                known.searching = false;
                known.proposed = false;
            }
            self.busy.insert(seat.player.clone());
            // His other tickets wait until this match has ended.
            for other in self.tickets_of.get(&seat.player).cloned().unwrap_or_default() {
                self.withdraw(&other);
            }
        }
        self.matches.insert(id, seats.to_vec());
    }

    /// A match let its players go; what becomes of its tickets follows as changes of their own.
    fn release(&mut self, id: MatchId) {
        let seats = self.matches.remove(&id).unwrap_or_default();
        for seat in &seats {
            self.busy.remove(&seat.player);
        }
        for seat in &seats {
            for other in self.tickets_of.get(&seat.player).cloned().unwrap_or_default() {
                self.admit(&other);
            }
        }
    }

    fn finish(&mut self, id: MatchId) {
        let tickets: BTreeSet<TicketId> =
            self.matches.get(&id).into_iter().flatten().map(|seat| seat.ticket.clone()).collect();
        tickets.iter().for_each(|ticket| self.forget(ticket));
        self.release(id);
    }

    /// Looks for a match with a dirty ticket in it.
    fn search_from(&mut self, dirty: &Dirty, now: Timestamp) -> Option<Made> {
        let known = self.tickets.get(&dirty.ticket)?;
        let pool = self.pools.get(&known.matchmaker)?;
        let bucket = pool.bucket_of(&dirty.ticket)?;
        let hunter = Hunter { settings: &self.settings, pool, now };
        let (made, seen, again) = match pool.rules.large {
            true => (hunter.large(bucket), Vec::new(), None),
            false => hunter.small(dirty, bucket),
        };
        let held_until = made.as_ref().and_then(|made| made.held_until(now, &self.settings));
        let rank = pool.rank(&dirty.ticket)?;
        for (ticket, counts) in seen {
            self.tally.add(&ticket, &counts);
        }
        match (held_until, again) {
            (Some(until), _) => {
                self.agenda.wake(until, dirty.ticket.clone(), Cause::Arrival);
                return None;
            }
            (None, Some(Again::From(resume))) if made.is_none() => {
                self.agenda.mark(&known.matchmaker, rank, Dirty { resume: Some(resume), ..dirty.clone() });
            }
            (None, Some(Again::Later)) if made.is_none() => {
                let pause = now.since(rank.started_at).clamp(RETRY_MIN, RETRY_MAX);
                self.agenda.wake(now + pause, dirty.ticket.clone(), Cause::Retry);
            }
            _ => {}
        }
        made
    }

    fn propose(&mut self, made: Made, match_id: MatchId) -> Proposal {
        let rules = self.pools[&made.matchmaker].rules.clone();
        for seat in &made.seats {
            self.withdraw(&seat.ticket);
            if let Some(known) = self.tickets.get_mut(&seat.ticket) {
                known.proposed = true;
            }
        }
        let anchor = made.seats[0].ticket.clone();
        Proposal {
            match_id,
            matchmaker: made.matchmaker,
            rule_set: made.rule_set,
            seats: made.seats,
            rule_counts: self.tally.of(&anchor, &rules),
            region: made.region,
        }
    }
}

/// A match as it will be proposed.
struct Made {
    matchmaker: MatchmakerName,
    rule_set: RuleSetName,
    seats: Vec<Seat>,
    region: Option<matchwright_model::Region>,
    full: bool,
    oldest: Timestamp,
}

impl Made {
    /// A match with open seats waits for more players until its oldest ticket is old enough.
    fn held_until(&self, now: Timestamp, settings: &SearchSettings) -> Option<Timestamp> {
        let until = self.oldest + settings.hold_partial;
        (!self.full && until > now).then_some(until)
    }
}

/// How a search that found nothing goes on.
enum Again {
    /// The step's budget is spent: with the anchors from here, in the next step.
    From(Rank),
    /// An anchor's budget was spent: after a pause.
    Later,
}

type Seen = Vec<(TicketId, Vec<(u64, u64)>)>;

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

    fn large(&self, bucket: &'s Bucket) -> Option<Made> {
        let bucket: Vec<&Entry> = bucket.values().collect();
        let policy = self.settings.party_policy;
        large::form(&self.pool.rules, &bucket, self.now, self.players_max(), policy)
            .map(|found| self.made(&found))
    }

    /// Every anchor that could hold the dirty ticket, oldest first (D-95); in a large bucket the ticket itself.
    fn small(&self, dirty: &Dirty, bucket: &'s Bucket) -> (Option<Made>, Seen, Option<Again>) {
        let Some(own) = self.pool.rank(&dirty.ticket).and_then(|rank| bucket.get(&rank)) else {
            return (None, Vec::new(), None);
        };
        if bucket.len() > self.settings.exact_tickets {
            let sought = self.sought(own);
            if sought.is_some() || !self.pool.plan.is_partial {
                return (sought, Vec::new(), Some(Again::Later));
            }
            let others = bucket.values().filter(|entry| entry.rank != own.rank);
            let others = nearest(&self.pool.rules, own, others, self.settings.candidates_max);
            let (made, seen, _, _) = self.hunt(vec![own], others, self.settings.nodes_per_anchor);
            return (made, seen, Some(Again::Later));
        }
        let mut seen = Vec::new();
        let mut left = self.settings.nodes_per_step;
        let mut again = None;
        for anchor in self.anchors(dirty, own, bucket) {
            if left == 0 {
                return (None, seen, Some(Again::From(anchor.rank)));
            }
            let must = if anchor.id == own.id { vec![own] } else { vec![anchor, own] };
            let candidates = self.candidates(dirty, anchor, own, bucket);
            let budget = left.min(self.settings.nodes_per_anchor);
            let (made, counts, used, cut) = self.hunt(must, candidates, budget);
            seen.extend(counts);
            left -= used;
            if cut {
                again = Some(Again::Later);
            }
            if made.is_some() {
                return (made, seen, None);
            }
        }
        (None, seen, again)
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
        (judgement.valid && !is_backfill).then(|| self.made(&found))
    }

    /// Tickets that can be the oldest of a set with the dirty one, in rank order.
    fn anchors(&self, dirty: &Dirty, own: &'s Entry, bucket: &'s Bucket) -> Vec<&'s Entry> {
        let decides_alone = dirty.cause == Cause::Expansion
            && self.pool.rules.algorithm.expansion_age == ExpansionAge::Oldest
            && bucket.values().all(|entry| entry.rank.class() == own.rank.class());
        let from = dirty.resume;
        let can_be = |entry: &&Entry| {
            entry.rank <= own.rank
                && (!decides_alone || entry.id == own.id)
                && from.is_none_or(|from| entry.rank >= from)
        };
        bucket.values().filter(can_be).collect()
    }

    /// Behind the anchor in rank, around it in order. A ticket that entered a tier decides only sets in which it
    /// is the newest (or the oldest, whichever counts).
    fn candidates(&self, dirty: &Dirty, anchor: &Entry, own: &Entry, bucket: &'s Bucket) -> Vec<&'s Entry> {
        let newest = self.pool.rules.algorithm.expansion_age == ExpansionAge::Newest;
        let decides = |entry: &Entry| match (dirty.cause, newest) {
            (Cause::Arrival | Cause::Retry, _) => true,
            (Cause::Expansion, true) => entry.rank.started_at <= own.rank.started_at,
            (Cause::Expansion, false) => entry.rank.started_at >= own.rank.started_at,
        };
        let fits = |entry: &&Entry| entry.rank > anchor.rank && entry.id != own.id && decides(entry);
        nearest(&self.pool.rules, anchor, bucket.values().filter(fits), usize::MAX)
    }

    fn hunt(
        &self,
        must: Vec<&'s Entry>,
        candidates: Vec<&'s Entry>,
        nodes: u64,
    ) -> (Option<Made>, Seen, u64, bool) {
        let looked_at: Vec<TicketId> = must.iter().map(|entry| entry.id.clone()).collect();
        let outcome = hunt(&Hunt {
            rules: &self.pool.rules,
            plan: &self.pool.plan,
            now: self.now,
            policy: self.settings.party_policy,
            must,
            candidates,
            players_max: self.players_max(),
            nodes,
        });
        let seen = looked_at.into_iter().map(|ticket| (ticket, outcome.counts.clone())).collect();
        (outcome.found.map(|found| self.made(&found)), seen, outcome.nodes_used, outcome.cut)
    }

    fn made(&self, found: &Found<'_>) -> Made {
        let rules = &self.pool.rules;
        let lineup = match rules.algorithm.strategy {
            Strategy::Balanced { attribute } => balance(
                rules,
                attribute,
                &found.entries,
                &found.lineup,
                found.tier,
                self.settings.party_policy,
            ),
            Strategy::ExhaustiveSearch => found.lineup.clone(),
        };
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
            seats: seats.into_iter().map(|(_, _, seat)| seat).collect(),
            region: found.region.clone(),
            full: found.full,
            oldest: found.entries.iter().map(|entry| entry.rank.started_at).min().unwrap_or(self.now),
        }
    }
}

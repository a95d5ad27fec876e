//! Search as a follower: changes in, proposals out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine::{
    AcceptanceOutcome, Change, MatchmakerFields, Mode, Proposal, Record, RuleCount, Seat, Status,
};
use matchwright_model::{MatchId, MatchmakerName, RuleSetName, TicketId, Timestamp};
use matchwright_rules::{Options, RuleKind, RuleSet, compile};

use crate::SearchSettings;
use crate::agenda::{Agenda, Cause, Dirty};
use crate::backlog::{self, Backlog, Swept};
use crate::look::{Look, Looked, Made, Place};
use crate::pool::Pool;
use crate::roster::{Known, Number, Roster};
use crate::sweep::Stretch;

/// The longest and the shortest pause before a ticket whose search was cut is searched for again.
const RETRY_MAX: Duration = Duration::from_secs(16);
const RETRY_MIN: Duration = Duration::from_millis(250);

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
    /// What is left to walk of pools that are swept; nothing of those that were, until their tickets were served.
    sweeps: BTreeMap<MatchmakerName, Vec<Stretch>>,
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
            agenda: Agenda::new(settings.hold),
            settings,
            rule_sets: BTreeMap::new(),
            configs: BTreeMap::new(),
            pools: BTreeMap::new(),
            roster: Roster::default(),
            matches: BTreeMap::new(),
            sweeps: BTreeMap::new(),
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
                self.sweeps.remove(name);
                self.pools.remove(name);
            }
            Change::TicketStarted { asked, .. } => {
                self.roster.learn(asked, record.at);
            }
            Change::TicketSearching { id, .. } => {
                if let Some(number) = self.roster.number(id) {
                    self.start_searching(number);
                }
            }
            Change::TicketCancelled { id, .. } | Change::TicketTimedOut { id, .. } => self.forget(id),
            Change::MatchProposed { id, seats, .. } => self.occupy(*id, seats),
            Change::AcceptanceEnded { id, outcome } if *outcome != AcceptanceOutcome::Accepted => {
                self.release(*id)
            }
            Change::PlacementAbandoned { id } => self.release(*id),
            Change::MatchCompleted { id, .. } | Change::MatchFailed { id, .. } => self.finish(*id),
            Change::TicketRestored { ticket } if ticket.status.is_active() => {
                let number = self.roster.learn(&ticket.asked, ticket.started_at);
                if ticket.status == Status::Searching {
                    self.start_searching(number);
                }
            }
            Change::MatchRestored { id, open } => self.occupy(*id, &open.seats),
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
        let dirty = self.agenda.take_dirty(now)?;
        let proposal = self.search_from(&dirty, now).map(|made| self.propose(made, new_id()));
        let mut counted = std::mem::take(&mut self.counted);
        counted.sort_unstable();
        counted.dedup();
        let rule_counts = counted.into_iter().filter_map(|number| {
            let known = self.roster.get(number)?;
            Some((known.asked.id.clone(), self.rule_counts(known)?))
        });
        Some(Step { proposal, rule_counts: rule_counts.collect() })
    }

    /// A pool in which so many tickets wait to be looked from that it is swept: each worker walks a stretch, at the
    /// same time or one after the other, and what they give goes to [`Search::swept`]. `None`: there is none,
    /// [`Search::step`] serves everybody.
    pub fn backlog(&mut self, now: Timestamp) -> Option<Backlog<'_>> {
        let tickets_min = self.settings.sweep_tickets;
        if tickets_min == 0 {
            return None;
        }
        let Self { agenda, sweeps, pools, settings, .. } = self;
        // A sweep that is done bars the next one until those whom it left over were served.
        sweeps.retain(|name, left| !left.is_empty() || agenda.is_crowded(name, tickets_min));
        let begun = sweeps.iter().find(|(_, left)| !left.is_empty()).map(|(name, _)| name);
        let may_begin = |name: &&MatchmakerName| !sweeps.contains_key(*name);
        let name = begun.or_else(|| agenda.crowded(tickets_min, now).find(may_begin))?.clone();
        let pool = pools.get(&name)?;
        let left = sweeps.entry(name).or_insert_with(|| backlog::all_of(pool, settings, now));
        (!left.is_empty()).then(|| Backlog::new(settings, pool, now, left))
    }

    /// Takes in what a round of a backlog gave. As of [`Step::proposal`], the tickets of each are set aside.
    pub fn swept(&mut self, round: Vec<Swept>, new_id: &mut dyn FnMut() -> MatchId) -> Vec<Proposal> {
        let mut proposals = Vec::new();
        for swept in round {
            if let Some(left) = self.sweeps.get_mut(&swept.matchmaker) {
                left.pop();
            }
            proposals.extend(swept.made.into_iter().map(|made| self.propose(made, new_id())));
        }
        proposals
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
        let pool = Pool::new(name.clone(), fields.rule_set.clone(), rules, reserved, &self.settings);
        self.pools.insert(name.clone(), pool);
        self.sweeps.remove(name);
        // A live ticket is searched by the new rules from now on, if it fits them (D-22).
        for number in self.roster.of_matchmaker(name) {
            if let Some(known) = self.roster.get_mut(number) {
                known.entry = None;
                known.counts = Box::default();
            }
            self.admit(number);
        }
    }

    fn start_searching(&mut self, number: Number) {
        let Some(known) = self.roster.get_mut(number) else { return };
        known.is_searching = true;
        known.is_proposed = false;
        known.counts = Box::default();
        self.counted.push(number);
        self.admit(number);
    }

    /// Puts a ticket into its pool, if it may be matched at this moment.
    fn admit(&mut self, number: Number) {
        let Some(known) = self.roster.get(number) else { return };
        let may_match = known.is_searching && !known.is_proposed && known.entry.is_none();
        if !may_match || self.roster.is_busy(known) {
            return;
        }
        let Some(pool) = self.pools.get_mut(&known.asked.matchmaker) else { return };
        let Some(entry) = pool.insert(number, known) else { return };
        let started_at = known.started_at;
        for step in &pool.rules.steps {
            self.agenda.wake(started_at + *step, number, Cause::Expansion);
        }
        if let Some(known) = self.roster.get_mut(number) {
            known.entry = Some(entry);
        }
        self.mark(number, Cause::Arrival);
    }

    fn mark(&mut self, number: Number, cause: Cause) {
        let Some(known) = self.roster.get(number) else { return };
        if let Some(entry) = &known.entry {
            self.agenda.mark(&known.asked.matchmaker, entry.rank, Dirty { ticket: number, cause });
        }
    }

    fn promote(&mut self, number: Number, now: Timestamp) {
        let Some(known) = self.roster.get(number) else { return };
        if let (Some(entry), Some(pool)) = (&known.entry, self.pools.get_mut(&known.asked.matchmaker)) {
            pool.promote(entry, now);
        }
    }

    fn withdraw(&mut self, number: Number) {
        let Some(known) = self.roster.get_mut(number) else { return };
        if let (Some(entry), Some(pool)) = (known.entry.take(), self.pools.get_mut(&known.asked.matchmaker)) {
            pool.remove(&entry);
        }
    }

    fn forget(&mut self, id: &TicketId) {
        if let Some(number) = self.roster.number(id) {
            self.withdraw(number);
            self.roster.forget(number);
        }
    }

    /// A match took its tickets and players.
    fn occupy(&mut self, id: MatchId, seats: &[Seat]) {
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
        if known.counts.is_empty() {
            known.counts = vec![(0, 0); seen.len()].into();
        }
        known.counts.iter_mut().zip(seen).for_each(|(sum, one)| *sum = (sum.0 + one.0, sum.1 + one.1));
        self.counted.push(number);
    }

    /// Per rule of the set; sort rules have no truth to count. `None`: the set has no rules.
    fn rule_counts(&self, known: &Known) -> Option<Vec<RuleCount>> {
        let rules = &self.pools.get(&known.asked.matchmaker)?.rules.rules;
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
        let own = known.entry.as_deref()?;
        let started_at = own.rank.started_at();
        let pool = self.pools.get(&known.asked.matchmaker)?;
        let bucket = pool.bucket(own.key)?;
        let look = Look { settings: &self.settings, pool, now };
        let Looked { made, seen, is_cut } = match pool.rules.large {
            true => look.large_match(dirty, own, bucket),
            false => look.small_match(dirty, own, bucket),
        };
        let held_until = made.as_ref().and_then(|made| made.held_until(now, &self.settings));
        match (held_until, &made) {
            (Some(until), _) => self.agenda.wake(until, dirty.ticket, Cause::Arrival),
            (None, None) if is_cut => {
                let pause = now.since(started_at).clamp(RETRY_MIN, RETRY_MAX);
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
        let anchor = self.roster.get(made.seats[0].ticket);
        let seats = made.seats.into_iter().map(|Place { ticket, player, team }| {
            let known = self.roster.get(ticket).expect("a ticket in a pool is known");
            Seat { ticket: known.asked.id.clone(), player, team }
        });
        Proposal {
            match_id,
            matchmaker: made.matchmaker,
            rule_set: made.rule_set,
            rule_counts: anchor.and_then(|anchor| self.rule_counts(anchor)).unwrap_or_default(),
            seats: seats.collect(),
            region: made.region,
        }
    }
}

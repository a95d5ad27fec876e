//! What follows from all changes, with the indexes that decisions need.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use matchwright_model::{MatchId, MatchmakerName, Player, PlayerId, RuleSetName, TicketId, Timestamp};
use matchwright_rules::RuleSet;

use crate::decide::{Context, Decision};
use crate::estimate::Waits;
use crate::{
    Change, Match, MatchPhase, Matchmaker, Record, Rejection, Resource, RuleSetRecord, Settings, Status,
    Ticket, proposal, ticket,
};

/// The state of one realm. Public maps are read by anyone; only `apply` writes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    pub rule_sets: BTreeMap<RuleSetName, RuleSetRecord>,
    pub matchmakers: BTreeMap<MatchmakerName, Matchmaker>,
    /// Active tickets, and ended ones until they are forgotten.
    pub tickets: BTreeMap<TicketId, Ticket>,
    /// Proposed and being placed.
    pub matches: BTreeMap<MatchId, Match>,
    /// Queues that matchmakers may name. Empty until game servers are hosted here.
    pub queues: BTreeSet<String>,
    /// Per sink, the position up to which it has delivered.
    pub sinks: BTreeMap<String, u64>,
    pub(crate) waits: BTreeMap<MatchmakerName, Waits>,
    /// Active tickets of a player, backfill tickets that list him included.
    tickets_of: BTreeMap<PlayerId, BTreeSet<TicketId>>,
    /// The one live match of a player: the invariant that this engine exists for.
    match_of: BTreeMap<PlayerId, MatchId>,
    active: BTreeMap<MatchmakerName, usize>,
    due: BTreeSet<(Timestamp, Due)>,
    retention: Retention,
    /// Else the request deadline waits while a proposal or placement may still succeed (D-111).
    deadline_during_acceptance: bool,
}

/// How long ended tickets are kept; a newtype for its default.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Retention(Duration);

impl Default for Retention {
    fn default() -> Self {
        Self(Settings::default().ticket_retention)
    }
}

/// Something that ends by itself. The order decides who goes first at the same millisecond.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    Acceptance(MatchId),
    Request(TicketId),
    Retention(TicketId),
}

impl State {
    pub fn new(settings: &Settings) -> Self {
        Self {
            retention: Retention(settings.ticket_retention),
            deadline_during_acceptance: settings.deadline_during_acceptance,
            ..Self::default()
        }
    }

    /// When the next `Command::Tick` has something to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    pub fn live_match_of(&self, player: &PlayerId) -> Option<MatchId> {
        self.match_of.get(player).copied()
    }

    /// The rules in force for a matchmaker, where they compile.
    pub fn rules_of(&self, matchmaker: &MatchmakerName) -> Option<Arc<RuleSet>> {
        let rule_set = &self.matchmakers.get(matchmaker)?.fields.rule_set;
        self.rule_sets.get(rule_set)?.compiled.clone()
    }

    /// Mean wait in seconds of the tickets matched lately (D-117).
    pub fn matchmaker_estimate(&self, matchmaker: &MatchmakerName, now: Timestamp) -> Option<u64> {
        self.waits.get(matchmaker)?.estimate(now)
    }

    pub fn active_count(&self, matchmaker: &MatchmakerName) -> usize {
        self.active.get(matchmaker).copied().unwrap_or(0)
    }

    pub(crate) fn matchmaker(&self, name: &MatchmakerName) -> Result<&Matchmaker, Rejection> {
        self.matchmakers.get(name).ok_or_else(|| Rejection::MatchmakerNotFound(name.clone()))
    }

    pub(crate) fn ticket(&self, id: &TicketId) -> Result<&Ticket, Rejection> {
        self.tickets.get(id).ok_or_else(|| Rejection::TicketNotFound(id.clone()))
    }

    /// Active tickets that hold any of these players, each once, by id.
    pub(crate) fn active_tickets_of(&self, players: &[Player]) -> Vec<Ticket> {
        let ids: BTreeSet<&TicketId> =
            players.iter().filter_map(|player| self.tickets_of.get(&player.id)).flatten().collect();
        ids.into_iter().filter_map(|id| self.tickets.get(id)).cloned().collect()
    }

    /// The active backfill ticket of a session in one matchmaker.
    pub(crate) fn backfill_of(
        &self,
        matchmaker: &MatchmakerName,
        session: &str,
        players: &[Player],
    ) -> Option<&Ticket> {
        let same = |ticket: &&Ticket| {
            matches!(&ticket.kind, crate::TicketKind::Backfill { game_session: Some(one) } if one == session)
                && ticket.matchmaker == *matchmaker
                && ticket.status.is_active()
        };
        let near = players.iter().filter_map(|player| self.tickets_of.get(&player.id)).flatten();
        let near = near.filter_map(|id| self.tickets.get(id)).find(same);
        near.or_else(|| self.tickets.values().find(same))
    }

    pub(crate) fn insert_ticket(&mut self, ticket: Ticket) {
        if ticket.status.live_match().is_none() || self.deadline_during_acceptance {
            self.due.insert(ticket::due(&ticket, self.retention.0));
        }
        if ticket.status.is_active() {
            self.index(&ticket);
        }
        self.tickets.insert(ticket.id.clone(), ticket);
    }

    pub(crate) fn change_ticket(&mut self, id: &TicketId, change: impl FnOnce(&mut Ticket)) {
        if let Some(ticket) = self.tickets.get_mut(id) {
            change(ticket);
        }
    }

    /// Moves a ticket to a status and its deadlines and indexes with it.
    pub(crate) fn set_status(&mut self, id: &TicketId, status: Status) {
        let Some(mut ticket) = self.tickets.remove(id) else { return };
        self.due.remove(&ticket::due(&ticket, self.retention.0));
        let was_active = ticket.status.is_active();
        ticket.status = status;
        if was_active && !status.is_active() {
            self.unindex(&ticket);
        }
        if status.live_match().is_none() || self.deadline_during_acceptance {
            self.due.insert(ticket::due(&ticket, self.retention.0));
        }
        self.tickets.insert(id.clone(), ticket);
    }

    pub(crate) fn forget_ticket(&mut self, id: &TicketId) {
        if let Some(ticket) = self.tickets.remove(id) {
            self.due.remove(&ticket::due(&ticket, self.retention.0));
        }
    }

    fn index(&mut self, ticket: &Ticket) {
        *self.active.entry(ticket.matchmaker.clone()).or_default() += 1;
        for player in ticket.players.iter() {
            self.tickets_of.entry(player.id.clone()).or_default().insert(ticket.id.clone());
        }
    }

    fn unindex(&mut self, ticket: &Ticket) {
        if let Some(count) = self.active.get_mut(&ticket.matchmaker) {
            *count -= 1;
            if *count == 0 {
                self.active.remove(&ticket.matchmaker);
            }
        }
        for player in ticket.players.iter() {
            if let Some(tickets) = self.tickets_of.get_mut(&player.id) {
                tickets.remove(&ticket.id);
                if tickets.is_empty() {
                    self.tickets_of.remove(&player.id);
                }
            }
        }
    }

    /// # Panics
    /// When a player of it is in another live match: the promise of this engine.
    pub(crate) fn insert_match(&mut self, id: MatchId, made: Match) {
        for seat in &made.seats {
            let before = self.match_of.insert(seat.player.clone(), id);
            assert!(
                before.is_none(),
                "player {} is in match {before:?} and would also be in {id}",
                seat.player
            );
        }
        if let MatchPhase::Acceptance { deadline } = made.phase {
            self.due.insert((deadline, Due::Acceptance(id)));
        }
        self.matches.insert(id, made);
    }

    pub(crate) fn remove_match(&mut self, id: MatchId) -> Option<Match> {
        let made = self.matches.remove(&id)?;
        for seat in &made.seats {
            self.match_of.remove(&seat.player);
        }
        if let MatchPhase::Acceptance { deadline } = made.phase {
            self.due.remove(&(deadline, Due::Acceptance(id)));
        }
        Some(made)
    }

    pub(crate) fn remove_matchmaker(&mut self, name: &MatchmakerName) {
        self.matchmakers.remove(name);
        self.waits.remove(name);
        self.active.remove(name);
    }

    pub(crate) fn record_wait(&mut self, matchmaker: &MatchmakerName, at: Timestamp, wait: Duration) {
        self.waits.entry(matchmaker.clone()).or_default().record(at, wait);
    }

    pub(crate) fn restore_waits(
        &mut self,
        matchmaker: &MatchmakerName,
        minute: u64,
        tickets: u64,
        total_ms: u64,
    ) {
        self.waits.entry(matchmaker.clone()).or_default().restore(minute, tickets, total_ms);
    }

    pub(crate) fn tags(&self, resource: &Resource) -> Result<&BTreeMap<String, String>, Rejection> {
        match resource {
            Resource::RuleSet(name) => {
                let found =
                    self.rule_sets.get(name).ok_or_else(|| Rejection::RuleSetNotFound(name.clone()))?;
                Ok(&found.tags)
            }
            Resource::Matchmaker(name) => self.matchmaker(name).map(|found| &found.tags),
        }
    }

    pub(crate) fn replace_tags(&mut self, resource: &Resource, tags: &BTreeMap<String, String>) {
        match resource {
            Resource::RuleSet(name) => {
                self.rule_sets.get_mut(name).into_iter().for_each(|found| found.tags = tags.clone());
            }
            Resource::Matchmaker(name) => {
                self.matchmakers.get_mut(name).into_iter().for_each(|found| found.tags = tags.clone());
            }
        }
    }

    /// Cheap checks around one change, in every build; the auditor of the simulation checks everything.
    pub(crate) fn assert_invariants_near(&self, record: &Record) {
        if let Change::MatchProposed { id, seats, .. } = &record.change
            && let Some(made) = self.matches.get(id)
        {
            assert_eq!(made.seats, *seats, "match {id} holds the seats that were proposed");
            for seat in seats {
                let live = self.tickets.get(&seat.ticket).and_then(|ticket| ticket.status.live_match());
                assert_eq!(live, Some(*id), "ticket {} is held by the match that it sits in", seat.ticket);
            }
        }
    }
}

/// Ends what is due, oldest first, at most `Settings::due_per_tick` at a time.
pub(crate) fn decide_tick(state: &State, context: &Context<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let due = state.due.iter().take_while(|(at, _)| *at <= context.now);
    for (_, what) in due.take(context.settings.due_per_tick) {
        match what {
            Due::Acceptance(id) => proposal::decide_deadline(state, context, *id, &mut changes),
            Due::Request(id) => ticket::decide_deadline(state, context, id, &mut changes),
            Due::Retention(id) => changes.push(Change::TicketForgotten { id: id.clone() }),
        }
    }
    changes
}

/// Reserved keys first, then the number (D-39).
pub(crate) fn check_tags(tags: &BTreeMap<String, String>, settings: &Settings) -> Result<(), Rejection> {
    if let Some(key) = tags.keys().find(|key| key.starts_with("aws:")) {
        return Err(Rejection::TagReserved(key.clone()));
    }
    match tags.len() > settings.tags_max {
        true => Err(Rejection::TagQuota { limit: settings.tags_max }),
        false => Ok(()),
    }
}

/// # Rejections, in this order
/// `RuleSetNotFound`/`MatchmakerNotFound`, `TagReserved`, `TagQuota`.
pub(crate) fn decide_tag(
    state: &State,
    context: &Context<'_>,
    resource: &Resource,
    tags: &BTreeMap<String, String>,
) -> Result<Decision, Rejection> {
    let mut all = state.tags(resource)?.clone();
    all.extend(tags.iter().map(|(key, value)| (key.clone(), value.clone())));
    check_tags(&all, context.settings)?;
    Ok(Decision::done(vec![Change::TagsReplaced { resource: resource.clone(), tags: all }]))
}

/// Removing an absent key succeeds.
///
/// # Rejections
/// `RuleSetNotFound`/`MatchmakerNotFound`.
pub(crate) fn decide_untag(
    state: &State,
    resource: &Resource,
    keys: &[String],
) -> Result<Decision, Rejection> {
    let mut all = state.tags(resource)?.clone();
    all.retain(|key, _| !keys.contains(key));
    Ok(Decision::done(vec![Change::TagsReplaced { resource: resource.clone(), tags: all }]))
}

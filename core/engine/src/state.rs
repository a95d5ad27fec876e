//! What follows from all changes, with the indexes that decisions need.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::{ById, MatchId, MatchmakerName, Player, PlayerId, RuleSetName, TicketId, Timestamp};
use matchwright_rules::RuleSet;

use crate::deadlines::Due;
use crate::decide::{Context, Decision};
use crate::estimate::Waits;
use crate::index::Index;
use crate::{
    Change, Match, MatchPhase, Matchmaker, Record, Rejection, Resource, RuleSetRecord, Settings, Status,
    Ticket, Tickets, hosting, proposal, ticket,
};

/// The state of one realm. Public maps are read by anyone; only `apply` writes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    pub rule_sets: BTreeMap<RuleSetName, RuleSetRecord>,
    pub matchmakers: BTreeMap<MatchmakerName, Matchmaker>,
    /// Active tickets, and ended ones until they are forgotten.
    pub tickets: Tickets,
    /// Proposed and being placed.
    pub matches: BTreeMap<MatchId, Match>,
    /// Where matches are played.
    pub hosting: matchwright_hosting::State,
    /// Per sink, the position up to which it has delivered.
    pub sinks: BTreeMap<String, u64>,
    pub(crate) waits: BTreeMap<MatchmakerName, Waits>,
    /// The one live match of a player: the invariant that this engine exists for.
    match_of: ById<PlayerId, MatchId>,
    /// None: it only follows.
    index: Option<Index>,
}

impl State {
    pub fn new(settings: &Settings) -> Self {
        Self {
            index: Some(Index::new(settings)),
            hosting: matchwright_hosting::State::new(&settings.hosting),
            ..Self::default()
        }
    }

    /// The same without the indexes that only decisions need: half the room and half the work of a change.
    ///
    /// It can be applied to, compared and snapshotted; a decision on it panics.
    pub fn into_follower(self) -> Self {
        Self { index: None, hosting: self.hosting.into_follower(), ..self }
    }

    fn index(&self) -> &Index {
        self.index.as_ref().expect("a state that only follows decides nothing")
    }

    /// When the next `Command::Tick` has something to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        let own = self.index().due().next().map(|(at, _)| at);
        own.into_iter().chain(self.hosting.next_due()).min()
    }

    pub fn live_match_of(&self, player: &PlayerId) -> Option<MatchId> {
        self.match_of.get(player).copied()
    }

    /// The rules in force for a matchmaker, where they compile.
    pub fn rules_of(&self, matchmaker: &MatchmakerName) -> Option<&RuleSet> {
        self.rules_by(self.matchmakers.get(matchmaker)?)
    }

    /// The rules that a matchmaker is configured with, where they compile.
    pub(crate) fn rules_by(&self, config: &Matchmaker) -> Option<&RuleSet> {
        self.rule_sets.get(&config.fields.rule_set)?.compiled.as_deref()
    }

    /// Mean wait in seconds of the tickets matched lately (D-117).
    pub fn matchmaker_estimate(&self, matchmaker: &MatchmakerName, now: Timestamp) -> Option<u64> {
        self.waits.get(matchmaker)?.estimate(now)
    }

    pub fn active_count(&self, matchmaker: &MatchmakerName) -> usize {
        self.index().active_count(matchmaker)
    }

    pub(crate) fn matchmaker(&self, name: &MatchmakerName) -> Result<&Matchmaker, Rejection> {
        self.matchmakers.get(name).ok_or_else(|| Rejection::MatchmakerNotFound(name.clone()))
    }

    pub(crate) fn ticket(&self, id: &TicketId) -> Result<&Ticket, Rejection> {
        self.tickets.get(id).ok_or_else(|| Rejection::TicketNotFound(id.clone()))
    }

    /// Active tickets that hold any of these players, each once, by id.
    pub(crate) fn active_tickets_of(&self, players: &[Player]) -> Vec<&Ticket> {
        let index = self.index();
        let mut ids: Vec<&TicketId> = Vec::new();
        players.iter().for_each(|player| ids.extend(index.tickets_of(&player.id)));
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.tickets.get(id)).collect()
    }

    /// The active backfill ticket of a session.
    pub(crate) fn backfill_of(&self, session: &str) -> Option<&Ticket> {
        self.tickets.get(self.index().backfill_of(session)?)
    }

    pub(crate) fn insert_ticket(&mut self, ticket: Ticket) {
        self.index.iter_mut().for_each(|index| index.add(&ticket));
        self.tickets.insert(ticket);
    }

    /// Moves a ticket to a status, its deadlines with it, and changes what goes with the move.
    pub(crate) fn move_ticket(&mut self, id: &TicketId, status: Status, change: impl FnOnce(&mut Ticket)) {
        let Some(ticket) = self.tickets.get_mut(id) else { return };
        let before = std::mem::replace(&mut ticket.status, status);
        self.index.iter_mut().for_each(|index| index.moved(ticket, before));
        change(ticket);
    }

    pub(crate) fn forget_ticket(&mut self, id: &TicketId) {
        if let Some(ticket) = self.tickets.remove(id) {
            self.index.iter_mut().for_each(|index| index.forget(&ticket));
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
            self.index.iter_mut().for_each(|index| index.await_answers(id, deadline));
        }
        self.matches.insert(id, made);
    }

    pub(crate) fn remove_match(&mut self, id: MatchId) -> Option<Match> {
        let made = self.matches.remove(&id)?;
        for seat in &made.seats {
            self.match_of.swap_remove(&seat.player);
        }
        if let MatchPhase::Acceptance { deadline } = made.phase {
            self.index.iter_mut().for_each(|index| index.answers_ended(id, deadline));
        }
        Some(made)
    }

    pub(crate) fn remove_matchmaker(&mut self, name: &MatchmakerName) {
        self.matchmakers.remove(name);
        self.waits.remove(name);
        self.index.iter_mut().for_each(|index| index.forget_matchmaker(name));
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
            Resource::Hosted(resource) => self.hosting.tags(resource).map_err(Rejection::Hosting),
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
            Resource::Hosted(resource) => self.hosting.replace_tags(resource, tags),
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

/// Ends what is due, the oldest first: of tickets or of hosting, each in a tick of its own, for what ends there may end
/// tickets that end here. Neither waits until the other has nothing left.
pub(crate) fn decide_tick(state: &State, context: &Context<'_>) -> Vec<Change> {
    let own = state.index().due().next().map(|(at, _)| at);
    let is_own_first = own.is_some_and(|own| state.hosting.next_due().is_none_or(|hosted| own <= hosted));
    match is_own_first {
        true => decide_due(state, context),
        false => {
            let due = matchwright_hosting::decide_tick(&state.hosting, &context.hosting());
            due.into_iter().map(hosting::hosted).collect()
        }
    }
}

/// At most `Settings::due_per_tick` at a time.
fn decide_due(state: &State, context: &Context<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let due = state.index().due().take_while(|(at, _)| *at <= context.now);
    for (_, what) in due.take(context.settings.due_per_tick) {
        match what {
            Due::Acceptance(id) => proposal::decide_deadline(state, context, id, &mut changes),
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

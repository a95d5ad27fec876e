//! The two doors of the engine: a command in, changes out; a change in, new state.

use std::collections::BTreeMap;

use matchwright_hosting::Fresh;
use matchwright_model::{MatchmakerName, RuleSetName, TicketId, Timestamp};

use crate::{
    Change, Command, Match, Matchmaker, Record, Rejection, RuleCount, RuleSetRecord, Settings, State, Status,
    Ticket,
};
use crate::{backfill, hosting, matchmaker, proposal, rule_set, state, ticket};

/// What a decision may look at besides the state.
pub struct Context<'a> {
    /// Stamped once, at the door.
    pub now: Timestamp,
    pub settings: &'a Settings,
    /// Counters of the tickets that search has looked at. They are journaled only with what they end up in.
    pub rule_counts: &'a BTreeMap<TicketId, Vec<RuleCount>>,
    /// Ids for what this decision makes.
    pub fresh: Fresh,
}

impl Context<'_> {
    pub(crate) fn hosting(&self) -> matchwright_hosting::Context<'_> {
        matchwright_hosting::Context { now: self.now, settings: &self.settings.hosting, fresh: &self.fresh }
    }

    pub(crate) fn rule_counts(&self, ticket: &TicketId) -> Vec<RuleCount> {
        self.rule_counts.get(ticket).cloned().unwrap_or_default()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// In the order they happened; applied one by one.
    pub changes: Vec<Change>,
    pub reply: Reply,
}

impl Decision {
    pub(crate) fn done(changes: Vec<Change>) -> Self {
        Self { changes, reply: Reply::Done }
    }
}

/// What the caller of a command hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Done,
    /// As it was received, with the estimated wait in seconds.
    Ticket(Ticket, Option<u64>),
    RuleSet(RuleSetName, Box<RuleSetRecord>),
    Matchmaker(MatchmakerName, Box<Matchmaker>),
    Hosting(matchwright_hosting::Reply),
}

/// Decides a command. Changes nothing; the same inputs give the same changes.
///
/// # Errors
/// The rejections of each command, in the order its `decide_*` documents.
pub fn decide(state: &State, context: &Context<'_>, command: &Command) -> Result<Decision, Rejection> {
    let mut decision = decide_alone(state, context, command)?;
    hosting::conclude(state, context, &mut decision.changes);
    Ok(decision)
}

fn decide_alone(state: &State, context: &Context<'_>, command: &Command) -> Result<Decision, Rejection> {
    match command {
        Command::CreateRuleSet { name, body, tags } => {
            rule_set::decide_create(state, context, name, body, tags)
        }
        Command::DeleteRuleSet { name } => rule_set::decide_delete(state, name),
        Command::CreateMatchmaker { name, fields, tags } => {
            matchmaker::decide_create(state, context, name, fields, tags)
        }
        Command::UpdateMatchmaker { name, patch } => matchmaker::decide_update(state, name, patch),
        Command::DeleteMatchmaker { name } => matchmaker::decide_delete(state, name),
        Command::Tag { resource, tags } => state::decide_tag(state, context, resource, tags),
        Command::Untag { resource, keys } => state::decide_untag(state, resource, keys),
        Command::StartTicket { id, matchmaker, players } => {
            ticket::decide_start(state, context, id, matchmaker, players)
        }
        Command::StartBackfill { id, matchmaker, game_session, players } => {
            let request =
                backfill::Request { id, matchmaker, game_session: game_session.as_deref(), players };
            backfill::decide_start(state, context, &request)
        }
        Command::StopBackfill { id, game_session } => backfill::decide_stop(state, context, id, game_session),
        Command::StopTicket { id } => ticket::decide_stop(state, context, id),
        Command::AnswerProposal { ticket, players, accept } => {
            proposal::decide_answer(state, context, ticket, players, *accept)
        }
        Command::Propose(found) => proposal::decide_propose(state, context, found),
        Command::Hosting(command) => hosting::decide(state, context, command),
        Command::OfSession { process, session, command } => {
            hosting::refuse_foreign(state, process, session)?;
            decide_alone(state, context, command)
        }
        Command::Tick => Ok(Decision::done(state::decide_tick(state, context))),
        Command::AdvanceSink { sink, position } => {
            Ok(Decision::done(vec![Change::SinkAdvanced { sink: sink.clone(), position: *position }]))
        }
    }
}

/// Applies a change. Total: what was journaled is never refused.
pub fn apply(state: &mut State, record: &Record) {
    let at = record.at;
    match &record.change {
        Change::RuleSetCreated { name, body, tags } => rule_set::apply_created(state, at, name, body, tags),
        Change::RuleSetDeleted { name } => drop(state.rule_sets.remove(name)),
        Change::MatchmakerCreated { name, fields, tags } => {
            matchmaker::apply_created(state, at, name, fields, tags)
        }
        Change::MatchmakerUpdated { name, fields } => matchmaker::apply_updated(state, name, fields),
        Change::MatchmakerDeleted { name } => state.remove_matchmaker(name),
        Change::TagsReplaced { resource, tags } => state.replace_tags(resource, tags),
        Change::TicketStarted { asked, deadline } => ticket::apply_started(state, at, asked, *deadline),
        Change::TicketSearching { id, reason } => ticket::apply_searching(state, id, *reason),
        Change::TicketCancelled { id, reason, .. } => {
            ticket::apply_ended(state, at, id, Status::Cancelled { at }, Some(*reason));
        }
        Change::TicketTimedOut { id, .. } => {
            ticket::apply_ended(state, at, id, Status::TimedOut { at }, None)
        }
        Change::TicketForgotten { id } => ticket::apply_forgotten(state, id),
        Change::MatchProposed { id, matchmaker, seats, acceptance_deadline, region, .. } => {
            let made =
                Match::proposed(matchmaker.clone(), seats.clone(), *acceptance_deadline, region.clone());
            proposal::apply_proposed(state, *id, made);
        }
        Change::ProposalAnswered { id, players, accept, .. } => {
            proposal::apply_answered(state, *id, players, *accept);
        }
        Change::AcceptanceEnded { id, outcome } => proposal::apply_acceptance_ended(state, *id, *outcome),
        Change::PlacementStarted { id } => proposal::apply_placement_started(state, *id),
        Change::PlacementAbandoned { id } => proposal::apply_abandoned(state, *id),
        Change::MatchCompleted { id, session } => {
            proposal::apply_ended(state, at, *id, Status::Completed { at }, session.as_deref());
        }
        Change::MatchFailed { id, .. } => proposal::apply_ended(state, at, *id, Status::Failed { at }, None),
        Change::Hosting(change) => matchwright_hosting::apply(&mut state.hosting, at, change),
        Change::SinkAdvanced { sink, position } => drop(state.sinks.insert(sink.clone(), *position)),
        Change::TicketRestored { ticket } => state.insert_ticket((**ticket).clone()),
        Change::MatchRestored { id, open } => state.insert_match(*id, (**open).clone()),
        Change::WaitsRestored { matchmaker, minute, tickets, total_ms } => {
            state.restore_waits(matchmaker, *minute, *tickets, *total_ms);
        }
    }
    state.assert_invariants_near(record);
}

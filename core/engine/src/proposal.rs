//! A proposal: a match from the moment search made it until its players play or go back.
//!
//! ```text
//! MatchProposed ─▶ Acceptance ─ all accepted ─▶ Placing ─▶ MatchCompleted, MatchFailed
//!                       │                          └─ no room ─▶ PlacementAbandoned
//!                       └─ rejected, timed out, withdrawn ─▶ AcceptanceEnded
//! ```
//! Without acceptance it starts in `Placing`; a standalone matchmaker completes it in the same batch (D-93).

use std::collections::{BTreeMap, BTreeSet};

use matchwright_model::{MatchId, MatchmakerName, PlayerId, Region, TicketId, Timestamp};

use crate::Rejection;
use crate::decide::{Context, Decision};
use crate::ticket::{cancelled, returned};
use crate::{
    Change, EndReason, Matched, Mode, Proposal, RuleCount, Seat, Session, State, Status, Ticket, TicketKind,
};

/// A live match: proposed or being placed.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    pub matchmaker: MatchmakerName,
    /// Every player of every ticket, tickets by age; a ticket's seats stand together.
    pub seats: Vec<Seat>,
    pub phase: MatchPhase,
    pub answers: BTreeMap<PlayerId, bool>,
    pub region: Option<Region>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchPhase {
    Acceptance { deadline: Timestamp },
    Placing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptanceOutcome {
    Accepted,
    Rejected,
    TimedOut,
}

impl Match {
    pub(crate) fn proposed(
        matchmaker: MatchmakerName,
        seats: Vec<Seat>,
        acceptance_deadline: Option<Timestamp>,
        region: Option<Region>,
    ) -> Self {
        let phase =
            acceptance_deadline.map_or(MatchPhase::Placing, |deadline| MatchPhase::Acceptance { deadline });
        Self { matchmaker, seats, phase, answers: BTreeMap::new(), region }
    }

    pub(crate) fn answer(&mut self, players: &[PlayerId], accept: bool) {
        self.answers.extend(players.iter().map(|player| (player.clone(), accept)));
    }

    /// Its tickets, each once, in order.
    pub fn tickets(&self) -> impl Iterator<Item = &TicketId> {
        let starts = |index: &usize| *index == 0 || self.seats[index - 1].ticket != self.seats[*index].ticket;
        (0..self.seats.len()).filter(starts).map(|index| &self.seats[index].ticket)
    }

    fn players_of<'a>(&'a self, ticket: &'a TicketId) -> impl Iterator<Item = &'a PlayerId> {
        self.seats.iter().filter(move |seat| seat.ticket == *ticket).map(|seat| &seat.player)
    }
}

/// Commits what search found, if it is still true.
///
/// # Rejections
/// `MatchmakerNotFound`, `ProposalStale`: a ticket is gone or elsewhere, a player is in another live match, or
/// the rule set is no longer in force.
pub(crate) fn decide_propose(
    state: &State,
    context: &Context<'_>,
    proposal: &Proposal,
) -> Result<Decision, Rejection> {
    let config = state.matchmaker(&proposal.matchmaker)?;
    let stale = |why| Err(Rejection::ProposalStale { match_id: proposal.match_id, why });
    if let Some(why) = staleness(state, proposal, &config.fields.rule_set) {
        return stale(why);
    }
    let acceptance = config.acceptance();
    let mut changes = vec![Change::MatchProposed {
        id: proposal.match_id,
        matchmaker: proposal.matchmaker.clone(),
        seats: proposal.seats.clone(),
        acceptance_deadline: acceptance.map(|timeout| context.now + timeout),
        region: proposal.region.clone(),
        rule_counts: proposal.rule_counts.clone(),
    }];
    if acceptance.is_none() {
        changes.extend(placed_at_once(config.mode(), proposal.match_id));
    }
    Ok(Decision::done(changes))
}

/// There is nothing to place for a standalone matchmaker (D-93).
fn placed_at_once(mode: Mode, id: MatchId) -> Option<Change> {
    (mode == Mode::Standalone).then_some(Change::MatchCompleted { id, session: None })
}

fn staleness(
    state: &State,
    proposal: &Proposal,
    rule_set: &matchwright_model::RuleSetName,
) -> Option<&'static str> {
    if *rule_set != proposal.rule_set {
        return Some("another rule set is in force");
    }
    if state.matches.contains_key(&proposal.match_id) {
        return Some("the match exists already");
    }
    let mut players = BTreeSet::new();
    let mut backfills = 0;
    let made = Match::proposed(proposal.matchmaker.clone(), proposal.seats.clone(), None, None);
    let tickets: Vec<&TicketId> = made.tickets().collect();
    if tickets.iter().collect::<BTreeSet<_>>().len() != tickets.len() {
        return Some("the seats of a ticket do not stand together");
    }
    for id in &tickets {
        let Some(ticket) = state.tickets.get(*id) else { return Some("a ticket is gone") };
        if ticket.status != Status::Searching || ticket.matchmaker != proposal.matchmaker {
            return Some("a ticket is no longer searching");
        }
        backfills += usize::from(ticket.is_backfill());
        let seated = made.players_of(id).collect::<BTreeSet<_>>();
        if seated != ticket.players.iter().map(|player| &player.id).collect() {
            return Some("the seats are not the players of the ticket");
        }
        for player in seated {
            if !players.insert(player.clone()) {
                return Some("a player is in two of its tickets");
            }
            if state.live_match_of(player).is_some() {
                return Some("a player is in another live match");
            }
        }
    }
    if backfills > 1 || backfills == tickets.len() {
        return Some("a match has at most one backfill ticket and at least one new one");
    }
    None
}

/// A player's answer. The last missing acceptance also starts the placement, in the same batch.
///
/// Repeating an acceptance, or answering for a backfill ticket, changes nothing (D-38).
///
/// # Rejections, in this order
/// `TicketNotFound`, `TicketState` (not in REQUIRES_ACCEPTANCE), `PlayerNotInTicket`.
pub(crate) fn decide_answer(
    state: &State,
    context: &Context<'_>,
    id: &TicketId,
    players: &[PlayerId],
    accept: bool,
) -> Result<Decision, Rejection> {
    let ticket = state.ticket(id)?;
    let Status::Proposed { match_id } = ticket.status else {
        let status = ticket.status.name();
        return Err(Rejection::TicketState { id: id.clone(), status, action: "accepted or rejected" });
    };
    for player in players {
        if !ticket.players.iter().any(|one| one.id == *player) {
            return Err(Rejection::PlayerNotInTicket { ticket: id.clone(), player: player.clone() });
        }
    }
    let proposal = &state.matches[&match_id];
    let is_news = players.iter().any(|player| proposal.answers.get(player) != Some(&accept));
    if ticket.is_backfill() || !is_news {
        return Ok(Decision::done(Vec::new()));
    }
    let mut changes = vec![Change::ProposalAnswered {
        id: match_id,
        ticket: id.clone(),
        players: players.to_vec(),
        accept,
    }];
    let mut answered = proposal.clone();
    answered.answer(players, accept);
    if !accept {
        end_unaccepted(state, context, match_id, &answered, AcceptanceOutcome::Rejected, &mut changes);
    } else if new_players(state, &answered).all(|player| answered.answers.get(player) == Some(&true)) {
        changes.push(Change::AcceptanceEnded { id: match_id, outcome: AcceptanceOutcome::Accepted });
        let mode =
            state.matchmakers.get(&proposal.matchmaker).map_or(Mode::Standalone, |config| config.mode());
        changes.push(placed_at_once(mode, match_id).unwrap_or(Change::PlacementStarted { id: match_id }));
    }
    Ok(Decision::done(changes))
}

/// Those who are asked: everybody but the players of a backfill ticket, who play already.
fn new_players<'a>(state: &'a State, proposal: &'a Match) -> impl Iterator<Item = &'a PlayerId> {
    let is_new = |ticket: &TicketId| state.tickets.get(ticket).is_some_and(|ticket| !ticket.is_backfill());
    proposal.seats.iter().filter(move |seat| is_new(&seat.ticket)).map(|seat| &seat.player)
}

/// Ends an acceptance that failed; every ticket goes its way (D-109).
fn end_unaccepted(
    state: &State,
    context: &Context<'_>,
    id: MatchId,
    proposal: &Match,
    outcome: AcceptanceOutcome,
    changes: &mut Vec<Change>,
) {
    changes.push(Change::AcceptanceEnded { id, outcome });
    for ticket in proposal.tickets().filter_map(|id| state.tickets.get(id)) {
        let answers = || proposal.players_of(&ticket.id).map(|player| proposal.answers.get(player));
        let rejected = answers().any(|answer| answer == Some(&false));
        let silent = answers().any(|answer| answer.is_none());
        let leaves = rejected || (silent && outcome == AcceptanceOutcome::TimedOut);
        changes.push(match leaves && !ticket.is_backfill() {
            true => cancelled(context, &ticket.id, EndReason::NotAccepted),
            false => returned(state, context, ticket, EndReason::OthersNotAccepted),
        });
    }
}

/// The acceptance deadline passed.
pub(crate) fn decide_deadline(state: &State, context: &Context<'_>, id: MatchId, changes: &mut Vec<Change>) {
    let Some(proposal) = state.matches.get(&id) else { return };
    if matches!(proposal.phase, MatchPhase::Acceptance { deadline } if deadline <= context.now) {
        end_unaccepted(state, context, id, proposal, AcceptanceOutcome::TimedOut, changes);
    }
}

/// A ticket leaves the proposal on request: it is cancelled, the others search on with their clocks (D-37).
pub(crate) fn withdraw(
    state: &State,
    context: &Context<'_>,
    id: MatchId,
    leaver: &TicketId,
    reason: EndReason,
    changes: &mut Vec<Change>,
) {
    changes.push(Change::AcceptanceEnded { id, outcome: AcceptanceOutcome::Rejected });
    for ticket in state.matches[&id].tickets().filter_map(|id| state.tickets.get(id)) {
        changes.push(match ticket.id == *leaver {
            true => cancelled(context, leaver, reason),
            false => returned(state, context, ticket, EndReason::ProposalWithdrawn),
        });
    }
}

/// A request deadline fired during acceptance, where the settings let it (the other reading of D-111).
pub(crate) fn drop_for_deadline(
    state: &State,
    context: &Context<'_>,
    id: MatchId,
    changes: &mut Vec<Change>,
) {
    let is_dropped =
        changes.iter().any(|change| matches!(change, Change::AcceptanceEnded { id: one, .. } if *one == id));
    if is_dropped {
        return;
    }
    changes.push(Change::AcceptanceEnded { id, outcome: AcceptanceOutcome::TimedOut });
    for ticket in state.matches[&id].tickets().filter_map(|id| state.tickets.get(id)) {
        changes.push(returned(state, context, ticket, EndReason::ProposalWithdrawn));
    }
}

pub(crate) fn anchor_counts(context: &Context<'_>, made: &Match) -> Vec<RuleCount> {
    made.tickets().next().map(|anchor| context.rule_counts(anchor)).unwrap_or_default()
}

pub(crate) fn apply_proposed(state: &mut State, id: MatchId, made: Match) {
    let status = match made.phase {
        MatchPhase::Acceptance { .. } => Status::Proposed { match_id: id },
        MatchPhase::Placing => Status::Placing { match_id: id },
    };
    for ticket in made.tickets() {
        state.move_ticket(ticket, status, |ticket| seat(ticket, id, &made));
    }
    state.insert_match(id, made);
}

fn seat(ticket: &mut Ticket, id: MatchId, made: &Match) {
    let mine = made.seats.iter().filter(|seat| seat.ticket == ticket.id);
    let teams = mine.map(|seat| (seat.player.clone(), seat.team.clone())).collect();
    ticket.matched = Some(Box::new(Matched { id, teams, session: None }));
    ticket.reason = None;
}

pub(crate) fn apply_answered(state: &mut State, id: MatchId, players: &[PlayerId], accept: bool) {
    if let Some(proposal) = state.matches.get_mut(&id) {
        proposal.answer(players, accept);
    }
}

pub(crate) fn apply_acceptance_ended(state: &mut State, id: MatchId, outcome: AcceptanceOutcome) {
    if outcome != AcceptanceOutcome::Accepted {
        state.remove_match(id);
    }
}

pub(crate) fn apply_placement_started(state: &mut State, id: MatchId) {
    let Some(mut made) = state.remove_match(id) else { return };
    made.phase = MatchPhase::Placing;
    for ticket in made.tickets() {
        state.move_ticket(ticket, Status::Placing { match_id: id }, |_| {});
    }
    state.insert_match(id, made);
}

pub(crate) fn apply_abandoned(state: &mut State, id: MatchId) {
    state.remove_match(id);
}

pub(crate) fn apply_ended(
    state: &mut State,
    at: Timestamp,
    id: MatchId,
    status: Status,
    session: Option<&Session>,
) {
    let Some(made) = state.remove_match(id) else { return };
    for ticket in made.tickets() {
        if let Some(found) = state.tickets.get(ticket)
            && matches!(status, Status::Completed { .. })
            && found.kind == TicketKind::Matchmaking
        {
            let wait = at.since(found.started_at);
            state.record_wait(&made.matchmaker, at, wait);
        }
        state.move_ticket(ticket, status, |ticket| {
            ticket.matched.iter_mut().for_each(|matched| matched.session = session.cloned());
        });
    }
}

//! A placement: finding a host for a match or for whoever asks.
//!
//! ```text
//! PlacementStarted ─▶ Pending ─ a process is free ─▶ (its session activates) ─▶ Fulfilled
//!                        └─ stopped, time is up, session lost ─▶ Cancelled, TimedOut, Failed
//! ```

use std::sync::Arc;

use matchwright_model::{
    GameSessionId, LocationName, MatchId, PlacementId, PlayerId, QueueName, Region, Roster, Timestamp,
};

use crate::choose::{allows, count_free, leads_to, process_for};
use crate::decide::{Context, Decision, Draft, Reply};
use crate::{
    Change, GameSession, JoinPolicy, LatencyPolicy, PlayerRequest, Priority, Process, Queue, Rejection,
    SessionFields, State, game_session, player_session,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub id: PlacementId,
    pub request: PlacementRequest,
    pub status: PlacementStatus,
    pub started_at: Timestamp,
    pub deadline: Timestamp,
    /// The session that is being activated, or was.
    pub session: Option<GameSessionId>,
    /// How many processes it has tried.
    pub attempts: u32,
    /// How many of its queue's latency policies have had their time.
    pub relaxed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacementStatus {
    Pending,
    Fulfilled { at: Timestamp },
    Cancelled { at: Timestamp },
    TimedOut { at: Timestamp },
    Failed { at: Timestamp },
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlacementRequest {
    pub id: PlacementId,
    pub queue: QueueName,
    /// The match it is for, where it is for one.
    pub match_id: Option<MatchId>,
    pub max_players: u32,
    pub name: Option<String>,
    pub properties: Vec<(String, String)>,
    pub data: Option<Arc<str>>,
    pub roster: Option<Arc<Roster>>,
    pub latencies: Vec<PlayerLatency>,
    /// Each gets a player session once the game runs.
    pub players: Vec<PlayerRequest>,
    pub order: Option<LocationOverride>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlayerLatency {
    pub player: PlayerId,
    pub region: Region,
    pub latency_ms: f32,
}

/// Locations to try first, once each, whatever the queue prefers.
#[derive(Debug, Clone, PartialEq)]
pub struct LocationOverride {
    pub locations: Vec<LocationName>,
    pub fallback: Fallback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fallback {
    /// Then the others of the queue.
    #[default]
    Queue,
    Nothing,
}

impl PlacementStatus {
    /// The field's own word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Fulfilled { .. } => "FULFILLED",
            Self::Cancelled { .. } => "CANCELLED",
            Self::TimedOut { .. } => "TIMED_OUT",
            Self::Failed { .. } => "FAILED",
        }
    }

    pub fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pending => None,
            Self::Fulfilled { at } | Self::Cancelled { at } | Self::TimedOut { at } | Self::Failed { at } => {
                Some(*at)
            }
        }
    }
}

impl PlacementRequest {
    pub(crate) fn session_fields(&self, is_protected: bool) -> SessionFields {
        SessionFields {
            name: self.name.clone(),
            max_players: self.max_players,
            properties: self.properties.clone(),
            data: self.data.clone(),
            creator: None,
            token: None,
            policy: JoinPolicy::AcceptAll,
            is_protected,
        }
    }
}

impl Placement {
    fn started(at: Timestamp, request: &PlacementRequest, deadline: Timestamp) -> Self {
        Self {
            id: request.id.clone(),
            request: request.clone(),
            status: PlacementStatus::Pending,
            started_at: at,
            deadline,
            session: None,
            attempts: 0,
            relaxed: 0,
        }
    }

    /// The latency policy in force: the lowest cap whose time is not over, at last the highest.
    pub(crate) fn policy<'q>(&self, queue: &'q Queue) -> Option<&'q LatencyPolicy> {
        let policies = &queue.fields.latency_policies;
        policies.get(self.relaxed as usize).or(policies.last())
    }

    /// When the policy in force gives way to the next.
    pub(crate) fn next_step(&self, queue: &Queue) -> Option<Timestamp> {
        let policies = &queue.fields.latency_policies;
        let in_force = self.relaxed as usize;
        if self.request.latencies.is_empty() || in_force + 1 >= policies.len() {
            return None;
        }
        let spans = policies[..=in_force].iter().map(|policy| policy.duration);
        Some(self.started_at + spans.sum::<Option<std::time::Duration>>()?)
    }
}

/// Starts a placement; where a process is free it is taken in the same step.
///
/// # Rejections, in this order
/// `QueueNotFound`, `PlacementExists`, `PlacementInvalid`, `PlayerTwice`.
pub(crate) fn decide_start(
    state: &State,
    context: &Context<'_>,
    request: &PlacementRequest,
) -> Result<Decision, Rejection> {
    let queue = state.queue(&request.queue)?;
    if state.placements.contains_key(&request.id) {
        return Err(Rejection::PlacementExists(request.id.clone()));
    }
    check(context, queue, request)?;
    let deadline = context.now + queue.fields.timeout;
    let mut placement = Placement::started(context.now, request, deadline);
    let mut draft = Draft::default();
    draft.push(Change::PlacementStarted { request: request.clone(), deadline });
    let session = host(state, context, &placement, queue, &mut draft);
    placement.session = session.as_ref().map(|session| session.id.clone());
    let reply = Reply::Placement(Box::new(placement), session.map(Box::new));
    Ok(Decision { changes: draft.changes, reply })
}

fn check(context: &Context<'_>, queue: &Queue, request: &PlacementRequest) -> Result<(), Rejection> {
    let invalid = |why: String| Err(Rejection::PlacementInvalid(why));
    let most = context.settings.players_per_session_max;
    if request.max_players > most {
        let found = request.max_players;
        return invalid(format!(
            "MaximumPlayerSessionCount is {found}, but a game session holds at most {most}"
        ));
    }
    if request.players.len() > request.max_players as usize {
        let (wanted, most) = (request.players.len(), request.max_players);
        return invalid(format!(
            "DesiredPlayerSessions lists {wanted} players, but the session holds {most}"
        ));
    }
    // A match brings both: its order comes from its rules.
    let asked_for = request.order.as_ref().filter(|_| request.match_id.is_none());
    if asked_for.is_some() && !request.latencies.is_empty() {
        return invalid(
            "PlayerLatencies and PriorityConfigurationOverride exclude one another; give one of them"
                .to_string(),
        );
    }
    if asked_for.is_some() && !queue.fields.priority.contains(&Priority::Location) {
        return invalid(
            "PriorityConfigurationOverride needs a queue with LOCATION in its PriorityOrder; leave it out, or update the queue"
                .to_string(),
        );
    }
    player_session::refuse_twice(&request.players)
}

/// # Rejections, in this order
/// `PlacementNotFound`, `PlacementState` (it has a session, or has ended).
pub(crate) fn decide_stop(
    state: &State,
    context: &Context<'_>,
    id: &PlacementId,
) -> Result<Decision, Rejection> {
    let placement = state.placement(id)?;
    if placement.status != PlacementStatus::Pending {
        let status = placement.status.name();
        return Err(Rejection::PlacementState { id: id.clone(), status, action: "be stopped" });
    }
    if placement.session.is_some() {
        return Err(Rejection::PlacementState {
            id: id.clone(),
            status: "PENDING (its game session is starting)",
            action: "be stopped",
        });
    }
    let status = PlacementStatus::Cancelled { at: context.now };
    let stopped = Placement { status, ..placement.clone() };
    let cancelled = Change::PlacementCancelled { id: id.clone() };
    Ok(Decision { changes: vec![cancelled], reply: Reply::Placement(Box::new(stopped), None) })
}

/// Takes a process for a placement, where one is free and not taken by this decision already. A queue that is homed
/// elsewhere gets none.
fn host(
    state: &State,
    context: &Context<'_>,
    placement: &Placement,
    queue: &Queue,
    draft: &mut Draft,
) -> Option<GameSession> {
    if context.settings.elsewhere.contains_key(&placement.request.queue) {
        return None;
    }
    let key = process_for(state, placement, queue, &draft.taken)?;
    Some(start(state, context, placement, &state.processes[key], draft))
}

fn start(
    state: &State,
    context: &Context<'_>,
    placement: &Placement,
    process: &Process,
    draft: &mut Draft,
) -> GameSession {
    let request = &placement.request;
    let is_protected = state.fleets[&process.key.fleet].fields.is_protected;
    let for_whom = game_session::Wanted {
        fields: request.session_fields(is_protected),
        placement: Some(placement.id.clone()),
        roster: request.roster.clone(),
        name: None,
    };
    game_session::start(state, context, process, for_whom, draft)
}

/// A process has become free: it goes to the oldest placement that it suits.
pub(crate) fn offer(state: &State, context: &Context<'_>, process: &Process, draft: &mut Draft) {
    let (fleet, location) = (&process.key.fleet, &process.location);
    let oldest = |(name, queue)| {
        let mut waiting = state.index().waiting(name);
        waiting.find(|(_, id)| allows(&state.placements[id], queue, location))
    };
    let ours = state.queues.iter().filter(|(name, _)| !context.settings.elsewhere.contains_key(*name));
    let leading = ours.filter(|(_, queue)| leads_to(state, queue, fleet, location));
    let of_queues = leading.filter_map(oldest);
    if let Some((_, id)) = of_queues.min() {
        start(state, context, &state.placements[id], process, draft);
    }
}

/// A queue is another now, or leads elsewhere: its waiting placements try again.
pub(crate) fn offer_all(
    state: &State,
    context: &Context<'_>,
    name: &QueueName,
    queue: &Queue,
    draft: &mut Draft,
) {
    let mut free = count_free(state, queue);
    let mut waiting = state.index().waiting(name);
    while free > 0
        && let Some((_, id)) = waiting.next()
    {
        free -= usize::from(host(state, context, &state.placements[id], queue, draft).is_some());
    }
}

/// The process of a placement was lost before its game ran: another one is tried, as often as the settings say.
pub(crate) fn lost_host(state: &State, context: &Context<'_>, id: &PlacementId, draft: &mut Draft) {
    let Some(placement) = state.placements.get(id).filter(|one| one.status == PlacementStatus::Pending)
    else {
        return;
    };
    let queue = state.queues.get(&placement.request.queue);
    let may_retry = placement.attempts < context.settings.placement_attempts;
    match queue.filter(|_| may_retry) {
        None => draft.push(Change::PlacementFailed { id: id.clone() }),
        Some(_) if placement.deadline <= context.now => {
            draft.push(Change::PlacementTimedOut { id: id.clone() })
        }
        Some(queue) => drop(host(state, context, placement, queue, draft)),
    }
}

/// Its game was ended before it ran.
pub(crate) fn fail(state: &State, id: &PlacementId, draft: &mut Draft) {
    if state.placements.get(id).is_some_and(|placement| placement.status == PlacementStatus::Pending) {
        draft.push(Change::PlacementFailed { id: id.clone() });
    }
}

/// Its session runs: those it is for get their seats, and it is fulfilled.
pub(crate) fn fulfil(context: &Context<'_>, placement: &Placement, session: &GameSession, draft: &mut Draft) {
    if !placement.request.players.is_empty() {
        draft.push(player_session::reserved(context, session, &placement.request.players));
    }
    draft.push(Change::PlacementFulfilled { id: placement.id.clone() });
}

/// The queue's time is up; while its session starts it may still succeed.
pub(crate) fn decide_deadline(state: &State, id: &PlacementId, draft: &mut Draft) {
    let Some(placement) = state.placements.get(id) else { return };
    if placement.status == PlacementStatus::Pending && placement.session.is_none() {
        draft.push(Change::PlacementTimedOut { id: id.clone() });
    }
}

/// The next latency policy is in force: more locations may do.
pub(crate) fn decide_step(state: &State, context: &Context<'_>, id: &PlacementId, draft: &mut Draft) {
    let Some(placement) = state.placements.get(id) else { return };
    let Some(queue) = state.queues.get(&placement.request.queue) else { return };
    // Also where it comes too late to be of use: a step that stayed due would be in the way of everything behind it.
    draft.push(Change::PlacementRelaxed { id: id.clone() });
    if placement.deadline <= context.now {
        return;
    }
    let relaxed = Placement { relaxed: placement.relaxed + 1, ..(**placement).clone() };
    host(state, context, &relaxed, queue, draft);
}

pub(crate) fn apply_started(
    state: &mut State,
    at: Timestamp,
    request: &PlacementRequest,
    deadline: Timestamp,
) {
    state.insert_placement(Placement::started(at, request, deadline));
}

pub(crate) fn apply_ended(state: &mut State, id: &PlacementId, status: PlacementStatus) {
    state.change_placement(id, |placement| placement.status = status);
}

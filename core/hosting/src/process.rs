//! A server process: one execution of a game server program, which hosts one game session in its life.
//!
//! ```text
//! ProcessConnected ─▶ Starting ─ ProcessReady ─▶ Idle ─ SessionStarted ─▶ Busy
//!                        │                         │                        │
//!                        └─────────────────────────┴────────────────────────┴─▶ ProcessEnded ─▶ Ended ─▶ (forgotten)
//! ```
//! Beside its phase it is connected or not, and may have been told to end; neither hinders the other. A process that
//! is not connected, or was told to end, gets no game session.

use matchwright_model::{ComputeName, FleetId, GameSessionId, LocationName, ProcessId, Timestamp};

use crate::decide::{Context, Decision, Draft, Reply};
use crate::push::missed;
use crate::{Change, FleetStatus, Rejection, State, game_session, placement};

/// Which process: its id is unique on its compute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessKey {
    pub fleet: FleetId,
    pub compute: ComputeName,
    pub id: ProcessId,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    pub key: ProcessKey,
    /// That of its compute.
    pub location: LocationName,
    pub sdk: Sdk,
    pub phase: Phase,
    pub connection: Connection,
    /// It was told to end: given up at this time.
    pub terminating: Option<Timestamp>,
    /// That was for its health.
    pub is_unhealthy: bool,
    /// Set by `ProcessReady`.
    pub port: u16,
    pub log_paths: Vec<String>,
    pub created_at: Timestamp,
}

/// What a process says of its SDK.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sdk {
    pub version: String,
    pub language: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Connected once, not ready yet; given up at this time.
    Starting {
        ready_by: Timestamp,
    },
    Idle {
        since: Timestamp,
    },
    /// With the one session of its life, which may have ended before it.
    Busy {
        session: GameSessionId,
    },
    Ended {
        at: Timestamp,
        cause: EndCause,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    Connected,
    /// Since when, and when it counts as crashed. What it was told since then it may have missed.
    Lost {
        since: Timestamp,
        until: Timestamp,
    },
}

/// Why a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndCause {
    /// ProcessEnding: its own wish, or what it was told.
    Exited,
    /// It did not come back after its connection broke.
    Crashed,
    /// It was not ready in time.
    NotReady,
    /// It reported itself unhealthy, or nothing, three times in a row, and did not end when told to.
    Unhealthy,
    /// It did not end when told to.
    NotEnded,
    /// Its compute was deregistered.
    ComputeGone,
}

impl Phase {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting { .. } => "starting",
            Self::Idle { .. } => "idle",
            Self::Busy { .. } => "busy",
            Self::Ended { .. } => "ended",
        }
    }
}

impl Process {
    pub fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Ended { .. })
    }

    /// It can be given a game session now.
    pub fn is_free(&self) -> bool {
        let is_idle = matches!(self.phase, Phase::Idle { .. });
        is_idle && self.connection == Connection::Connected && self.terminating.is_none()
    }
}

/// The process, where it has not ended.
fn live<'s>(state: &'s State, key: &ProcessKey) -> Result<&'s Process, Rejection> {
    match state.process(key)? {
        process if process.is_live() => Ok(process),
        _ => Err(Rejection::ProcessEnded(key.clone())),
    }
}

/// Lets a process in, for the first time or again. A known one may show a token that has expired since: it cannot ask
/// for another while it is away.
///
/// # Rejections, in this order
/// `FleetNotFound`, `ComputeNotFound`, `TokenInvalid`, `ProcessEnded`, `FleetDeleting`, `Quota`.
pub(crate) fn decide_connect(
    state: &State,
    context: &Context<'_>,
    key: &ProcessKey,
    token: Option<&str>,
    sdk: &Sdk,
) -> Result<Decision, Rejection> {
    let fleet = state.fleet(&key.fleet)?;
    let compute = fleet.compute(&key.fleet, &key.compute)?;
    let known = state.processes.get(key);
    let admits = |token: &str| {
        let shown = compute.tokens.iter().find(|one| one.is(token));
        shown.is_some_and(|token| known.is_some() || token.expires_at > context.now)
    };
    if !token.is_none_or(admits) {
        return Err(Rejection::TokenInvalid);
    }
    let Some(process) = known else {
        return connect_first(state, context, key, sdk, fleet.status);
    };
    if !process.is_live() {
        return Err(Rejection::ProcessEnded(key.clone()));
    }
    let mut draft = Draft::default();
    if process.connection != Connection::Connected {
        draft.push(Change::ProcessReconnected { process: key.clone() });
        let back = Process { connection: Connection::Connected, ..process.clone() };
        if back.is_free() {
            placement::offer(state, context, &back, &mut draft);
        }
    }
    Ok(Decision { changes: draft.changes, reply: Reply::Connected(missed(state, process)) })
}

fn connect_first(
    state: &State,
    context: &Context<'_>,
    key: &ProcessKey,
    sdk: &Sdk,
    fleet: FleetStatus,
) -> Result<Decision, Rejection> {
    if fleet == FleetStatus::Deleting {
        return Err(Rejection::FleetDeleting(key.fleet.clone()));
    }
    let limit = context.settings.processes_max;
    if state.index().live_processes().len() >= limit {
        return Err(Rejection::Quota { what: "server processes", limit });
    }
    let connected = Change::ProcessConnected {
        process: key.clone(),
        sdk: sdk.clone(),
        ready_by: context.now + context.settings.ready_timeout,
    };
    Ok(Decision { changes: vec![connected], reply: Reply::Connected(Vec::new()) })
}

/// Its last socket is gone; it has some time to come back.
///
/// # Rejections
/// `ProcessNotFound`.
pub(crate) fn decide_disconnect(
    state: &State,
    context: &Context<'_>,
    key: &ProcessKey,
) -> Result<Decision, Rejection> {
    let process = state.process(key)?;
    let is_news = process.is_live() && process.connection == Connection::Connected;
    let until = context.now + context.settings.reconnect_grace;
    let lost = is_news.then(|| Change::ProcessDisconnected { process: key.clone(), until });
    Ok(Decision::done(lost.into_iter().collect()))
}

pub(crate) fn decide_lose_connections(state: &State, context: &Context<'_>) -> Decision {
    let is_connected = |process: &Process| process.is_live() && process.connection == Connection::Connected;
    let is_news = state.processes.values().any(is_connected);
    let until = context.now + context.settings.reconnect_grace;
    Decision::done(is_news.then_some(Change::ConnectionsLost { until }).into_iter().collect())
}

/// ProcessReady: from now on it can be given a game session. Saying so again changes nothing.
///
/// # Rejections, in this order
/// `ProcessNotFound`, `ProcessEnded`.
pub(crate) fn decide_ready(
    state: &State,
    context: &Context<'_>,
    key: &ProcessKey,
    port: u16,
    log_paths: &[String],
) -> Result<Decision, Rejection> {
    let process = live(state, key)?;
    if !matches!(process.phase, Phase::Starting { .. }) {
        return Ok(Decision::done(Vec::new()));
    }
    let mut draft = Draft::default();
    draft.push(Change::ProcessReady { process: key.clone(), port, log_paths: log_paths.to_vec() });
    let ready = Process { phase: Phase::Idle { since: context.now }, ..process.clone() };
    if ready.is_free() {
        placement::offer(state, context, &ready, &mut draft);
    }
    Ok(draft.done())
}

/// Three bad heartbeats, or none: it is told to end. One that is not ready yet sends none, and has its own time limit.
///
/// # Rejections, in this order
/// `ProcessNotFound`, `ProcessEnded`.
pub(crate) fn decide_unhealthy(
    state: &State,
    context: &Context<'_>,
    key: &ProcessKey,
) -> Result<Decision, Rejection> {
    let mut draft = Draft::default();
    let process = live(state, key)?;
    if !matches!(process.phase, Phase::Starting { .. }) {
        terminate(context, process, true, &mut draft);
    }
    Ok(draft.done())
}

/// ProcessEnding. Saying so again changes nothing.
///
/// # Rejections
/// `ProcessNotFound`.
pub(crate) fn decide_end(
    state: &State,
    context: &Context<'_>,
    key: &ProcessKey,
) -> Result<Decision, Rejection> {
    let mut draft = Draft::default();
    if state.process(key)?.is_live() {
        end(state, context, key, EndCause::Exited, &mut draft);
    }
    Ok(draft.done())
}

/// Tells a process to end, unless it was told before.
pub(crate) fn tell_to_end(context: &Context<'_>, process: &Process, draft: &mut Draft) {
    terminate(context, process, false, draft);
}

fn terminate(context: &Context<'_>, process: &Process, is_unhealthy: bool, draft: &mut Draft) {
    if process.is_live() && process.terminating.is_none() && !draft.taken.contains(&process.key) {
        let by = context.now + context.settings.termination_grace;
        draft.taken.insert(process.key.clone());
        draft.push(Change::ProcessTerminating { process: process.key.clone(), by, is_unhealthy });
    }
}

/// Ends a process and what runs on it; the last one of a fleet that is being deleted ends that too.
pub(crate) fn end(
    state: &State,
    context: &Context<'_>,
    key: &ProcessKey,
    cause: EndCause,
    draft: &mut Draft,
) {
    draft.taken.insert(key.clone());
    draft.push(Change::ProcessEnded { process: key.clone(), cause });
    if let Phase::Busy { session } = &state.processes[key].phase {
        game_session::end_with_process(state, context, session, cause, draft);
    }
    draft.ended.insert(key.clone());
    let is_deleting = state.fleets.get(&key.fleet).is_some_and(|fleet| fleet.status == FleetStatus::Deleting);
    if is_deleting && of_fleet(state, &key.fleet).all(|one| draft.ended.contains(&one.key)) {
        draft.push(Change::FleetDeleted { id: key.fleet.clone() });
    }
}

/// The processes of a fleet that have not ended.
pub(crate) fn of_fleet<'s>(state: &'s State, fleet: &FleetId) -> impl Iterator<Item = &'s Process> {
    let first = ProcessKey { fleet: fleet.clone(), compute: "".into(), id: "".into() };
    let keys = state.index().live_processes().range(first..).take_while(move |key| key.fleet == *fleet);
    keys.map(|key| &state.processes[key])
}

/// The processes of a compute that have not ended.
pub(crate) fn of_compute<'s>(
    state: &'s State,
    fleet: &FleetId,
    compute: &ComputeName,
) -> impl Iterator<Item = &'s Process> {
    let first = ProcessKey { fleet: fleet.clone(), compute: compute.clone(), id: "".into() };
    let rest = state.index().live_processes().range(first..);
    let keys = rest.take_while(move |key| key.fleet == *fleet && key.compute == *compute);
    keys.map(|key| &state.processes[key])
}

/// Something of a process is due: it was not ready, not back or not gone in time.
pub(crate) fn decide_due(state: &State, context: &Context<'_>, key: &ProcessKey, draft: &mut Draft) {
    let Some(process) = state.processes.get(key).filter(|one| one.is_live()) else { return };
    if draft.taken.contains(key) {
        return;
    }
    let is_over = |at: Timestamp| at <= context.now;
    let cause = match (&process.phase, process.connection, process.terminating) {
        (.., Some(by)) if is_over(by) && process.is_unhealthy => EndCause::Unhealthy,
        (.., Some(by)) if is_over(by) => EndCause::NotEnded,
        (_, Connection::Lost { until, .. }, _) if is_over(until) => EndCause::Crashed,
        (Phase::Starting { ready_by }, ..) if is_over(*ready_by) => EndCause::NotReady,
        _ => return,
    };
    end(state, context, key, cause, draft);
}

pub(crate) fn apply_connected(
    state: &mut State,
    at: Timestamp,
    key: &ProcessKey,
    sdk: &Sdk,
    ready_by: Timestamp,
) {
    let compute = state.fleets.get(&key.fleet).and_then(|fleet| fleet.computes.get(&key.compute));
    let Some(location) = compute.map(|compute| compute.fields.location.clone()) else { return };
    state.insert_process(Process {
        key: key.clone(),
        location,
        sdk: sdk.clone(),
        phase: Phase::Starting { ready_by },
        connection: Connection::Connected,
        terminating: None,
        is_unhealthy: false,
        port: 0,
        log_paths: Vec::new(),
        created_at: at,
    });
}

/// Nobody knows what was still told before: it may have missed everything.
pub(crate) fn apply_connections_lost(state: &mut State, until: Timestamp) {
    let lost = Connection::Lost { since: Timestamp::default(), until };
    let connected =
        state.processes.values().filter(|one| one.is_live() && one.connection == Connection::Connected);
    let keys: Vec<ProcessKey> = connected.map(|process| process.key.clone()).collect();
    for key in keys {
        state.change_process(&key, |process| process.connection = lost);
    }
}

pub(crate) fn apply_ready(
    state: &mut State,
    at: Timestamp,
    key: &ProcessKey,
    port: u16,
    log_paths: &[String],
) {
    state.change_process(key, |process| {
        process.phase = Phase::Idle { since: at };
        process.port = port;
        process.log_paths = log_paths.to_vec();
    });
}

pub(crate) fn apply_ended(state: &mut State, at: Timestamp, key: &ProcessKey, cause: EndCause) {
    state.change_process(key, |process| {
        process.phase = Phase::Ended { at, cause };
        // It is kept for its id alone.
        process.log_paths = Vec::new();
    });
    if cause != EndCause::Exited
        && let Some(fleet) = state.fleets.get_mut(&key.fleet)
    {
        let kind = crate::FleetEventKind::ProcessEnded {
            compute: key.compute.clone(),
            process: key.id.clone(),
            cause,
        };
        fleet.remember(at, kind);
    }
}

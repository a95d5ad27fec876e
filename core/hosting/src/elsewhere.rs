//! Games on servers that are not ours: a queue that is homed elsewhere, where an allocator finds the server.
//!
//! ```text
//! PlacementStarted ─ HostPlacement ─▶ SessionHosted ─▶ Active ─ TerminateSession, its time is up ─▶ SessionEnded
//!        └─ RefusePlacement ─▶ PlacementFailed
//! ```
//! Nobody tells that such a game runs, who came or that it is over. So it is active at once, its seats are kept longer
//! than others, and it ends at a time that is known when it begins.

use std::time::Duration;

use matchwright_model::{GameSessionId, LocationName, PlacementId, Timestamp};
use uuid::Uuid;

use crate::decide::{Context, Decision, Draft, Reply};
use crate::{
    Change, GameSession, Placement, PlacementStatus, ProcessKey, Rejection, SessionEnd, SessionStatus, State,
    placement,
};

/// How games of a queue live that is homed elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home {
    /// A game counts as over after it.
    pub life: Duration,
    /// How long a seat is kept.
    pub reservation: Duration,
}

/// Where a game session runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    Process(ProcessKey),
    /// On a server that an allocator found; over at this time. Each seat is kept for `reservation`.
    Elsewhere {
        until: Timestamp,
        reservation: Duration,
    },
}

/// A server that an allocator found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The last part of the id of its session, where it is another than the one that was asked with.
    pub session: Option<String>,
    pub location: LocationName,
    pub ip: String,
    pub dns: Option<String>,
    pub port: u16,
}

/// The last part of the id of the session that a placement would make elsewhere: the same however often it is asked,
/// another for a later placement of the same id. It fits a label of Kubernetes.
pub fn session_name(placement: &PlacementId, started_at: Timestamp) -> String {
    let what = format!("{}/{placement}", started_at.0);
    format!("gsess-{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, what.as_bytes()))
}

/// An allocator found a server: the session runs, those it is for get their seats, and the placement is fulfilled.
///
/// # Rejections, in this order
/// `PlacementNotFound`, `PlacementState` (it has a session, or has ended), `SessionExists`.
pub(crate) fn decide_host(
    state: &State,
    context: &Context<'_>,
    id: &PlacementId,
    server: &Server,
) -> Result<Decision, Rejection> {
    let placement = waiting(state, id, "be hosted")?;
    let queue = &placement.request.queue;
    let name = server.session.clone().unwrap_or_else(|| session_name(id, placement.started_at));
    // Where other ids have the fleet, this one has the queue.
    let session = GameSessionId::new(format!("{queue}/{}/{name}", server.location));
    if state.sessions.contains_key(&session) {
        return Err(Rejection::SessionExists(session));
    }
    let home = context.settings.elsewhere.get(queue).copied().unwrap_or_default();
    let change = Change::SessionHosted {
        id: session.clone(),
        placement: id.clone(),
        server: server.clone(),
        until: context.now + home.life,
        reservation: home.reservation,
    };
    let made = hosted(state, context.now, &change).expect("its placement waits");
    let mut draft = Draft::default();
    draft.push(change);
    placement::fulfil(context, placement, &made, &mut draft);
    let status = PlacementStatus::Fulfilled { at: context.now };
    let fulfilled = Placement { status, session: Some(session), ..placement.clone() };
    let reply = Reply::Placement(Box::new(fulfilled), Some(Box::new(made)));
    Ok(Decision { changes: draft.changes, reply })
}

/// An allocator will never find a server for this placement.
///
/// # Rejections, in this order
/// `PlacementNotFound`, `PlacementState` (it has a session, or has ended).
pub(crate) fn decide_refuse(state: &State, id: &PlacementId) -> Result<Decision, Rejection> {
    waiting(state, id, "be refused")?;
    Ok(Decision::done(vec![Change::PlacementFailed { id: id.clone() }]))
}

/// The placement, where it waits for a server.
fn waiting<'s>(state: &'s State, id: &PlacementId, action: &'static str) -> Result<&'s Placement, Rejection> {
    let placement = state.placement(id)?;
    match placement.status {
        PlacementStatus::Pending if placement.session.is_none() => Ok(placement),
        status => Err(Rejection::PlacementState { id: id.clone(), status: status.name(), action }),
    }
}

/// The session that such a change makes; `None` for any other change.
pub fn hosted(state: &State, at: Timestamp, change: &Change) -> Option<GameSession> {
    let Change::SessionHosted { id, placement, server, until, reservation } = change else { return None };
    let request = &state.placements.get(placement)?.request;
    Some(GameSession {
        id: id.clone(),
        fields: request.session_fields(false),
        host: Host::Elsewhere { until: *until, reservation: *reservation },
        location: server.location.clone(),
        ip: server.ip.clone(),
        dns: server.dns.clone(),
        port: server.port,
        status: SessionStatus::Active,
        created_at: at,
        placement: Some(placement.clone()),
        roster: request.roster.clone(),
        update: None,
        players: Vec::new(),
        occupied: 0,
    })
}

/// Its time is up.
pub(crate) fn decide_over(state: &State, context: &Context<'_>, id: &GameSessionId, draft: &mut Draft) {
    let Some(session) = state.sessions.get(id) else { return };
    let is_over = matches!(session.host, Host::Elsewhere { until, .. } if until <= context.now);
    if session.status == SessionStatus::Active && is_over {
        draft.push(Change::SessionEnded { id: id.clone(), end: SessionEnd::TimeUp });
    }
}

pub(crate) fn apply_hosted(state: &mut State, at: Timestamp, change: &Change) {
    let Some(session) = hosted(state, at, change) else { return };
    if let Some(placement) = &session.placement {
        state.change_placement(placement, |placement| placement.session = Some(session.id.clone()));
    }
    state.insert_session(session);
}

impl Default for Home {
    /// Four hours for both: longer than most games.
    fn default() -> Self {
        let hours = Duration::from_secs(4 * 3600);
        Self { life: hours, reservation: hours }
    }
}

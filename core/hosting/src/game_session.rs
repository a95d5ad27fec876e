//! A game session: a running match on a server process, or [elsewhere](crate::elsewhere).
//!
//! ```text
//! SessionStarted ─▶ Activating ─ SessionActivated ─▶ Active ─ SessionTerminating ─▶ Terminating
//!                       │                              │                               │
//!                       └──────────────────────────────┴───────────────────────────────┴─▶ SessionEnded ─▶ Terminated
//! ```

use std::sync::Arc;
use std::time::Duration;

use matchwright_model::{
    FleetId, GameSessionId, LocationName, PlacementId, PlayerId, PlayerSessionId, Roster, TicketId, Timestamp,
};

use crate::decide::{Context, Decision, Draft, Reply};
use crate::{
    Change, CreationLimit, EndCause, Fleet, FleetEventKind, Host, Phase, PlacementStatus, PlayerSession,
    Process, ProcessKey, Rejection, Settings, State, Target, TerminationMode, fleet, placement,
    player_session, process,
};

/// Of a creator on a fleet without a policy.
const CREATION_LIMIT: CreationLimit = CreationLimit { sessions: 1, period: Duration::from_secs(1) };

#[derive(Debug, Clone, PartialEq)]
pub struct GameSession {
    pub id: GameSessionId,
    pub fields: SessionFields,
    pub host: Host,
    pub location: LocationName,
    pub ip: String,
    pub dns: Option<String>,
    pub port: u16,
    pub status: SessionStatus,
    pub created_at: Timestamp,
    /// The placement that made it.
    pub placement: Option<PlacementId>,
    /// What its server is to know of the match, as of the latest backfill.
    pub roster: Option<Arc<Roster>>,
    /// The latest change of the roster, for a process that missed it.
    pub update: Option<SessionUpdate>,
    /// Its player sessions in the order they were made: the open ones, and of those that ended the latest.
    pub players: Vec<PlayerSession>,
    /// Reserved and active ones.
    pub occupied: u32,
}

/// What whoever asked for a session gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionFields {
    pub name: Option<String>,
    pub max_players: u32,
    pub properties: Vec<(String, String)>,
    /// Up to 262,144 characters: shared, for it is told and kept in several places.
    pub data: Option<Arc<str>>,
    pub creator: Option<String>,
    /// A repeated request with this token gets the session that the first one made.
    pub token: Option<String>,
    pub policy: JoinPolicy,
    pub is_protected: bool,
}

impl SessionFields {
    /// A game that says no more than it must.
    pub fn least(max_players: u32) -> Self {
        Self {
            name: None,
            max_players,
            properties: Vec::new(),
            data: None,
            creator: None,
            token: None,
            policy: JoinPolicy::AcceptAll,
            is_protected: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// Its process was asked to start it; given up at this time.
    Activating {
        by: Timestamp,
    },
    Active,
    /// Its process was told to end.
    Terminating,
    Terminated {
        at: Timestamp,
        end: SessionEnd,
    },
}

/// Whether new players may join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JoinPolicy {
    #[default]
    AcceptAll,
    DenyAll,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionEnd {
    /// Its process ended by its own wish.
    Finished,
    /// TerminateGameSession.
    Triggered,
    /// Its process was lost.
    Interrupted,
    /// Its process did not activate it in time.
    NotActivated,
    /// It ran elsewhere, where nobody tells of its end, and has had its time.
    TimeUp,
}

/// Something about the match that the game server is told while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUpdate {
    pub at: Timestamp,
    pub reason: UpdateReason,
    pub backfill: Option<TicketId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpdateReason {
    /// A backfill found players: the roster is another.
    RosterChanged,
    BackfillFailed,
    BackfillTimedOut,
    BackfillCancelled,
}

/// CreateGameSession.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRequest {
    pub target: Target,
    /// Required where the fleet has more than one.
    pub location: Option<LocationName>,
    pub fields: SessionFields,
}

/// UpdateGameSession: only the given members change. Properties are added or changed, never taken away.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionPatch {
    pub name: Option<String>,
    pub max_players: Option<u32>,
    pub policy: Option<JoinPolicy>,
    pub is_protected: Option<bool>,
    pub properties: Vec<(String, String)>,
}

impl SessionStatus {
    pub(crate) const TERMINATED: &str = "TERMINATED";

    /// The field's own word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Activating { .. } => "ACTIVATING",
            Self::Active => "ACTIVE",
            Self::Terminating => "TERMINATING",
            Self::Terminated { .. } => Self::TERMINATED,
        }
    }

    /// Not ended yet.
    pub fn is_live(&self) -> bool {
        !matches!(self, Self::Terminated { .. })
    }
}

impl GameSession {
    pub fn seat(&self, id: &PlayerSessionId) -> Option<&PlayerSession> {
        self.players.iter().find(|seat| seat.id == *id)
    }

    /// The seat that a player has now.
    pub fn open_seat(&self, player: &PlayerId) -> Option<&PlayerSession> {
        self.players.iter().find(|seat| seat.player == *player && seat.status.is_open())
    }

    pub fn free_seats(&self) -> u32 {
        self.fields.max_players.saturating_sub(self.occupied)
    }

    /// The process that it runs on, where that is one of ours.
    pub fn process(&self) -> Option<&ProcessKey> {
        match &self.host {
            Host::Process(key) => Some(key),
            Host::Elsewhere { .. } => None,
        }
    }

    pub fn fleet(&self) -> Option<&FleetId> {
        self.process().map(|key| &key.fleet)
    }

    /// How long a seat is kept for a player who does not come.
    pub(crate) fn reservation(&self, settings: &Settings) -> Duration {
        match self.host {
            Host::Process(_) => settings.reservation,
            Host::Elsewhere { reservation, .. } => reservation,
        }
    }

    /// The same without its player sessions, which may be many.
    pub fn without_players(&self) -> Self {
        Self {
            id: self.id.clone(),
            fields: self.fields.clone(),
            host: self.host.clone(),
            location: self.location.clone(),
            ip: self.ip.clone(),
            dns: self.dns.clone(),
            port: self.port,
            status: self.status,
            created_at: self.created_at,
            placement: self.placement.clone(),
            roster: self.roster.clone(),
            update: self.update.clone(),
            players: Vec::new(),
            occupied: self.occupied,
        }
    }

    pub(crate) fn count(&mut self) {
        self.occupied = self.players.iter().filter(|seat| seat.status.is_open()).count() as u32;
    }

    fn is_asked_for_alike(&self, fields: &SessionFields) -> bool {
        let asked = |fields: &SessionFields| {
            (
                fields.name.clone(),
                fields.max_players,
                fields.properties.clone(),
                fields.data.clone(),
                fields.creator.clone(),
            )
        };
        asked(&self.fields) == asked(fields)
    }
}

/// What a session is started for.
pub(crate) struct Wanted {
    pub fields: SessionFields,
    pub placement: Option<PlacementId>,
    pub roster: Option<Arc<Roster>>,
    /// The last part of its id, where it is given.
    pub name: Option<String>,
}

/// Takes a process and asks it to start a game session.
pub(crate) fn start(
    state: &State,
    context: &Context<'_>,
    process: &Process,
    wanted: Wanted,
    draft: &mut Draft,
) -> GameSession {
    let name = wanted.name.unwrap_or_else(|| format!("gsess-{}", context.fresh.uuid()));
    let change = Change::SessionStarted {
        id: session_id(&process.key.fleet, &process.location, &name),
        process: process.key.clone(),
        fields: wanted.fields,
        placement: wanted.placement,
        roster: wanted.roster,
        activate_by: context.now + context.settings.activation_timeout,
    };
    let session = started(state, context.now, &change).expect("its process stands on a compute of a fleet");
    // A process that has only now become ready tells its port with the same decision.
    let port = draft.changes.iter().find_map(|change| match change {
        Change::ProcessReady { process: ready, port, .. } if *ready == process.key => Some(*port),
        _ => None,
    });
    draft.taken.insert(process.key.clone());
    draft.push(change);
    GameSession { port: port.unwrap_or(session.port), ..session }
}

fn session_id(fleet: &FleetId, location: &LocationName, name: &str) -> GameSessionId {
    GameSessionId::new(format!("{fleet}/{location}/{name}"))
}

/// The session that a start change makes.
pub(crate) fn started(state: &State, at: Timestamp, change: &Change) -> Option<GameSession> {
    let Change::SessionStarted { id, process: key, fields, placement, roster, activate_by } = change else {
        unreachable!("{change:?} starts no session");
    };
    let process = state.processes.get(key)?;
    let compute = state.fleets.get(&key.fleet)?.computes.get(&key.compute)?;
    Some(GameSession {
        id: id.clone(),
        fields: fields.clone(),
        host: Host::Process(key.clone()),
        location: process.location.clone(),
        ip: compute.fields.ip.clone(),
        dns: compute.fields.dns.clone(),
        port: process.port,
        status: SessionStatus::Activating { by: *activate_by },
        created_at: at,
        placement: placement.clone(),
        roster: roster.clone(),
        update: None,
        players: Vec::new(),
        occupied: 0,
    })
}

/// CreateGameSession: on a free process of one fleet, now or not at all. A repeated token gets the session it made.
///
/// # Rejections, in this order
/// `FleetNotFound`/`AliasNotFound`/`AliasTerminal`, `FleetDeleting`, `LocationNeeded`/`LocationNotInFleet`,
/// `TokenReused`, `SessionInvalid`, `CreatorTooFast`, `NoCapacity`.
pub(crate) fn decide_create(
    state: &State,
    context: &Context<'_>,
    request: &SessionRequest,
) -> Result<Decision, Rejection> {
    let (id, fleet) = state.resolve(&request.target)?;
    fleet::active(state, id)?;
    let location = location_of(id, fleet, request.location.as_ref())?;
    let fields = &request.fields;
    if let Some(token) = &fields.token
        && let Some(made) = state.sessions.get(&session_id(id, location, token))
    {
        return match made.is_asked_for_alike(fields) {
            true => Ok(replied(made.without_players())),
            false => Err(Rejection::TokenReused { token: token.clone(), session: made.id.clone() }),
        };
    }
    check_size(context, fields.max_players)?;
    if let Some(creator) = &fields.creator {
        check_pace(state, context, id, fleet, creator)?;
    }
    let free = state.index().idle(id, location).next();
    let none = || Rejection::NoCapacity { fleet: id.clone(), location: location.clone() };
    let process = &state.processes[free.ok_or_else(none)?];
    let fields = SessionFields { is_protected: fleet.fields.is_protected, ..fields.clone() };
    let wanted = Wanted { name: fields.token.clone(), fields, placement: None, roster: None };
    let mut draft = Draft::default();
    let made = start(state, context, process, wanted, &mut draft);
    Ok(Decision { changes: draft.changes, reply: Reply::Session(Box::new(made)) })
}

fn replied(session: GameSession) -> Decision {
    Decision { changes: Vec::new(), reply: Reply::Session(Box::new(session)) }
}

fn location_of<'s>(
    id: &FleetId,
    fleet: &'s Fleet,
    given: Option<&'s LocationName>,
) -> Result<&'s LocationName, Rejection> {
    match given {
        Some(location) if fleet.locations.contains(location) => Ok(location),
        Some(location) => {
            Err(Rejection::LocationNotInFleet { fleet: id.clone(), location: location.clone() })
        }
        None if fleet.locations.len() > 1 => Err(Rejection::LocationNeeded(id.clone())),
        None => Ok(fleet.locations.first().expect("a fleet has a location")),
    }
}

fn check_size(context: &Context<'_>, found: u32) -> Result<(), Rejection> {
    let most = context.settings.players_per_session_max;
    match found > most {
        true => Err(Rejection::SessionInvalid(format!(
            "MaximumPlayerSessionCount is {found}, but a game session holds at most {most}"
        ))),
        false => Ok(()),
    }
}

fn check_pace(
    state: &State,
    context: &Context<'_>,
    id: &FleetId,
    fleet: &Fleet,
    creator: &str,
) -> Result<(), Rejection> {
    let limit = fleet.fields.creation_limit.unwrap_or(CREATION_LIMIT);
    let start = context.now - limit.period;
    let recent = state.index().sessions(id).rev().take_while(|(at, _)| *at > start);
    let own = recent.filter(|(_, id)| state.sessions[id].fields.creator.as_deref() == Some(creator));
    let most = limit.sessions as usize;
    match own.take(most).count() >= most {
        true => Err(Rejection::CreatorTooFast {
            creator: creator.to_string(),
            sessions: limit.sessions,
            seconds: limit.period.as_secs(),
        }),
        false => Ok(()),
    }
}

/// UpdateGameSession.
///
/// # Rejections, in this order
/// `SessionNotFound`, `SessionState` (it has ended), `SessionInvalid`.
pub(crate) fn decide_update(
    state: &State,
    context: &Context<'_>,
    id: &GameSessionId,
    patch: &SessionPatch,
) -> Result<Decision, Rejection> {
    let session = state.session(id)?;
    if !session.status.is_live() {
        let status = session.status.name();
        return Err(Rejection::SessionState { id: id.clone(), status, action: "be updated" });
    }
    let mut fields = session.fields.clone();
    fields.name = patch.name.clone().or(fields.name);
    fields.max_players = patch.max_players.unwrap_or(fields.max_players);
    fields.policy = patch.policy.unwrap_or(fields.policy);
    fields.is_protected = patch.is_protected.unwrap_or(fields.is_protected);
    for (key, value) in &patch.properties {
        match fields.properties.iter_mut().find(|(own, _)| own == key) {
            Some((_, own)) => own.clone_from(value),
            None => fields.properties.push((key.clone(), value.clone())),
        }
    }
    check_size(context, fields.max_players)?;
    check_promised(state, session, fields.max_players)?;
    Ok(updated(session, fields))
}

/// Those whom a session is started for have no seats yet, but will.
fn check_promised(state: &State, session: &GameSession, found: u32) -> Result<(), Rejection> {
    let placement = session.placement.as_ref().and_then(|id| state.placements.get(id));
    let waits = placement.filter(|placement| placement.status == PlacementStatus::Pending);
    let promised = waits.map_or(0, |placement| placement.request.players.len());
    match (found as usize) < promised {
        true => Err(Rejection::SessionInvalid(format!(
            "MaximumPlayerSessionCount is {found}, but {promised} players wait for this game session to start; give it at least as many"
        ))),
        false => Ok(()),
    }
}

fn updated(session: &GameSession, fields: SessionFields) -> Decision {
    let made = GameSession { fields: fields.clone(), ..session.without_players() };
    let change = Change::SessionUpdated { id: session.id.clone(), fields };
    Decision { changes: vec![change], reply: Reply::Session(Box::new(made)) }
}

/// TerminateGameSession: its process is told to end; elsewhere it is over at once. Asking again changes nothing.
///
/// # Rejections, in this order
/// `SessionNotFound`, `ForceNeedsAgent`, `SessionState` (it has ended).
pub(crate) fn decide_terminate(
    state: &State,
    context: &Context<'_>,
    id: &GameSessionId,
    mode: TerminationMode,
) -> Result<Decision, Rejection> {
    let session = state.session(id)?;
    if mode == TerminationMode::Force {
        return Err(Rejection::ForceNeedsAgent);
    }
    let made = GameSession { status: SessionStatus::Terminating, ..session.without_players() };
    match session.status {
        SessionStatus::Terminating => Ok(replied(made)),
        SessionStatus::Terminated { .. } => {
            let status = session.status.name();
            Err(Rejection::SessionState { id: id.clone(), status, action: "be terminated" })
        }
        _ => {
            let mut draft = Draft::default();
            match session.process() {
                Some(process) => {
                    draft.push(Change::SessionTerminating { id: id.clone() });
                    process::tell_to_end(context, state.process(process)?, &mut draft);
                }
                None => end(state, context, session, SessionEnd::Triggered, &mut draft),
            }
            Ok(Decision { changes: draft.changes, reply: Reply::Session(Box::new(made)) })
        }
    }
}

/// The session that a process speaks of, where it is its own.
///
/// # Rejections, in this order
/// `ProcessNotFound`, `NotItsSession`.
pub(crate) fn own<'s>(
    state: &'s State,
    key: &ProcessKey,
    id: &GameSessionId,
) -> Result<&'s GameSession, Rejection> {
    let other = || Rejection::NotItsSession { process: key.clone(), session: id.clone() };
    match &state.process(key)?.phase {
        Phase::Busy { session } if session == id => state.session(id),
        // It may still speak of the session that ended with it.
        Phase::Ended { .. } => {
            state.session(id).ok().filter(|one| one.process() == Some(key)).ok_or_else(other)
        }
        _ => Err(other()),
    }
}

/// ActivateGameSession: the game runs. Those it was placed for get their seats. Saying so again changes nothing.
///
/// # Rejections, in this order
/// `ProcessNotFound`, `NotItsSession`, `SessionState` (it is ending, or has ended).
pub(crate) fn decide_activate(
    state: &State,
    context: &Context<'_>,
    key: &ProcessKey,
    id: &GameSessionId,
) -> Result<Decision, Rejection> {
    let session = own(state, key, id)?;
    let mut draft = Draft::default();
    match session.status {
        SessionStatus::Active => {}
        SessionStatus::Activating { .. } => {
            draft.push(Change::SessionActivated { id: id.clone() });
            let placement = session.placement.as_ref().and_then(|id| state.placements.get(id));
            if let Some(placement) = placement.filter(|one| one.status == PlacementStatus::Pending) {
                placement::fulfil(context, placement, session, &mut draft);
            }
        }
        _ => {
            let status = session.status.name();
            return Err(Rejection::SessionState { id: id.clone(), status, action: "be activated" });
        }
    }
    Ok(draft.done())
}

/// UpdatePlayerSessionCreationPolicy.
///
/// # Rejections, in this order
/// `ProcessNotFound`, `NotItsSession`, `SessionState` (it has ended).
pub(crate) fn decide_policy(
    state: &State,
    key: &ProcessKey,
    id: &GameSessionId,
    policy: JoinPolicy,
) -> Result<Decision, Rejection> {
    let session = own(state, key, id)?;
    if !session.status.is_live() {
        let status = session.status.name();
        return Err(Rejection::SessionState { id: id.clone(), status, action: "change its policy" });
    }
    let is_news = session.fields.policy != policy;
    let fields = SessionFields { policy, ..session.fields.clone() };
    let changed = is_news.then(|| Change::SessionUpdated { id: id.clone(), fields });
    Ok(Decision::done(changed.into_iter().collect()))
}

/// Its process has ended.
pub(crate) fn end_with_process(
    state: &State,
    context: &Context<'_>,
    id: &GameSessionId,
    cause: EndCause,
    draft: &mut Draft,
) {
    let Some(session) = state.sessions.get(id).filter(|session| session.status.is_live()) else { return };
    let why = match (session.status, cause) {
        (SessionStatus::Terminating, _) => SessionEnd::Triggered,
        (_, EndCause::Exited) => SessionEnd::Finished,
        _ => SessionEnd::Interrupted,
    };
    end(state, context, session, why, draft);
}

fn end(state: &State, context: &Context<'_>, session: &GameSession, end: SessionEnd, draft: &mut Draft) {
    draft.push(Change::SessionEnded { id: session.id.clone(), end });
    match &session.placement {
        // Somebody wanted it to end: it is not tried again elsewhere.
        Some(placement) if end == SessionEnd::Triggered => placement::fail(state, placement, draft),
        Some(placement) => placement::lost_host(state, context, placement, draft),
        None => {}
    }
}

/// It was not activated in time: it ends, and its process, whose one session it was, is told to.
pub(crate) fn decide_deadline(state: &State, context: &Context<'_>, id: &GameSessionId, draft: &mut Draft) {
    let Some(session) = state.sessions.get(id) else { return };
    let is_over = matches!(session.status, SessionStatus::Activating { by } if by <= context.now);
    if !is_over || session.process().is_some_and(|process| draft.taken.contains(process)) {
        return;
    }
    if let Some(process) = session.process().and_then(|process| state.processes.get(process)) {
        process::tell_to_end(context, process, draft);
    }
    // Should the process be due in the same tick, its game has ended already.
    draft.taken.extend(session.process().cloned());
    end(state, context, session, SessionEnd::NotActivated, draft);
}

pub(crate) fn apply_started(state: &mut State, at: Timestamp, change: &Change) {
    let Some(session) = started(state, at, change) else { return };
    let id = session.id.clone();
    if let Some(process) = session.process() {
        state.change_process(process, |process| process.phase = Phase::Busy { session: id.clone() });
    }
    if let Some(placement) = &session.placement {
        state.change_placement(placement, |placement| {
            placement.session = Some(id.clone());
            placement.attempts += 1;
        });
    }
    state.insert_session(session);
}

pub(crate) fn apply_ended(state: &mut State, at: Timestamp, id: &GameSessionId, end: SessionEnd) {
    player_session::apply_game_over(state, at, id);
    state.change_session(id, |session| session.status = SessionStatus::Terminated { at, end });
    let Some(session) = state.sessions.get(id) else { return };
    let (placement, fleet) = (session.placement.clone(), session.fleet().cloned());
    if let Some(placement) = placement {
        state.change_placement(&placement, |placement| {
            if placement.status == PlacementStatus::Pending {
                placement.session = None;
            }
        });
    }
    if end == SessionEnd::NotActivated
        && let Some(fleet) = fleet.and_then(|fleet| state.fleets.get_mut(&fleet))
    {
        fleet.remember(at, FleetEventKind::ActivationTimedOut { session: id.clone() });
    }
}

pub(crate) fn apply_informed(
    state: &mut State,
    id: &GameSessionId,
    update: SessionUpdate,
    roster: Option<&Arc<Roster>>,
) {
    state.change_session(id, |session| {
        session.update = Some(update);
        session.roster = roster.or(session.roster.as_ref()).cloned();
    });
}

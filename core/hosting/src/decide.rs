//! The two doors of hosting: a command in, changes out; a change in, new state.

use std::cell::Cell;
use std::collections::BTreeSet;

use matchwright_model::{AliasId, ComputeName, FleetId, LocationName, QueueName, Timestamp};
use uuid::Uuid;

use crate::index::Due;
use crate::process::Connection;
use crate::{
    Alias, Change, Command, Compute, Fleet, GameSession, Location, Placement, PlacementStatus, PlayerSession,
    PlayerSessionStatus, ProcessKey, Push, Queue, Rejection, SessionStatus, SessionUpdate, Settings, State,
    Token,
};
use crate::{
    alias, compute, elsewhere, fleet, game_session, location, placement, player_session, process, queue,
};

/// What a decision may look at besides the state.
#[derive(Debug)]
pub struct Context<'a> {
    /// Stamped once, at the door.
    pub now: Timestamp,
    pub settings: &'a Settings,
    pub fresh: &'a Fresh,
}

/// Ids that nobody can guess, from a random seed that the door made for one command.
#[derive(Debug)]
pub struct Fresh {
    seed: Uuid,
    made: Cell<u64>,
}

impl Fresh {
    pub fn new(seed: u128) -> Self {
        Self { seed: Uuid::from_u128(seed), made: Cell::new(0) }
    }

    /// Another one with each call; the same seed gives the same row of them.
    pub fn uuid(&self) -> Uuid {
        let number = self.made.replace(self.made.get() + 1);
        Uuid::new_v5(&self.seed, &number.to_be_bytes())
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// In the order they happened; applied one by one.
    pub changes: Vec<Change>,
    pub reply: Reply,
}

/// Changes as they gather in one decision, which does not see what they do to the state.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub changes: Vec<Change>,
    /// Processes that one of them has taken, ended or told to end: not to be taken again.
    pub taken: BTreeSet<ProcessKey>,
    /// Those of them that one has ended.
    pub ended: BTreeSet<ProcessKey>,
}

impl Draft {
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub fn done(self) -> Decision {
        Decision::done(self.changes)
    }
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
    Location(LocationName, Location),
    Fleet(FleetId, Box<Fleet>),
    /// The locations that were added or taken away.
    FleetLocations(FleetId, BTreeSet<LocationName>),
    Alias(AliasId, Box<Alias>),
    Compute(FleetId, ComputeName, Box<Compute>),
    Token(FleetId, ComputeName, Token),
    Queue(QueueName, Box<Queue>),
    /// With its session, where it has one.
    Placement(Box<Placement>, Option<Box<GameSession>>),
    /// As it is now.
    Session(Box<GameSession>),
    /// The seats, and the session that they are in.
    PlayerSessions(Vec<PlayerSession>, Box<GameSession>),
    /// A process is connected: what it must be told again, for it may have missed it.
    Connected(Vec<Push>),
}

/// Decides a command. Changes nothing; the same inputs give the same changes.
///
/// # Errors
/// The rejections of each command, in the order its `decide_*` documents.
pub fn decide(state: &State, context: &Context<'_>, command: &Command) -> Result<Decision, Rejection> {
    match command {
        Command::CreateLocation { name, tags } => location::decide_create(state, context, name, tags),
        Command::DeleteLocation { name } => location::decide_delete(state, name),
        Command::CreateFleet { fields, locations, tags } => {
            fleet::decide_create(state, context, fields, locations, tags)
        }
        Command::UpdateFleet { fleet, patch } => fleet::decide_update(state, fleet, patch),
        Command::DeleteFleet { fleet } => fleet::decide_delete(state, context, fleet),
        Command::AddFleetLocations { fleet, locations } => {
            fleet::decide_add_locations(state, fleet, locations)
        }
        Command::RemoveFleetLocations { fleet, locations } => {
            fleet::decide_remove_locations(state, fleet, locations)
        }
        Command::CreateAlias { fields, tags } => alias::decide_create(state, context, fields, tags),
        Command::UpdateAlias { alias, patch } => alias::decide_update(state, context, alias, patch),
        Command::DeleteAlias { alias } => alias::decide_delete(state, alias),
        Command::RegisterCompute { fleet, name, fields } => {
            compute::decide_register(state, context, fleet, name, fields)
        }
        Command::DeregisterCompute { fleet, name } => compute::decide_deregister(state, context, fleet, name),
        Command::IssueToken { fleet, compute } => compute::decide_token(state, context, fleet, compute),
        Command::CreateQueue { name, fields, tags } => {
            queue::decide_create(state, context, name, fields, tags)
        }
        Command::UpdateQueue { name, patch } => queue::decide_update(state, context, name, patch),
        Command::DeleteQueue { name } => queue::decide_delete(state, name),
        Command::StartPlacement(request) => placement::decide_start(state, context, request),
        Command::StopPlacement { id } => placement::decide_stop(state, context, id),
        Command::HostPlacement { id, server } => elsewhere::decide_host(state, context, id, server),
        Command::RefusePlacement { id } => elsewhere::decide_refuse(state, id),
        Command::CreateSession(request) => game_session::decide_create(state, context, request),
        Command::UpdateSession { id, patch } => game_session::decide_update(state, context, id, patch),
        Command::TerminateSession { id, mode } => game_session::decide_terminate(state, context, id, *mode),
        Command::ReservePlayers { session, players } => {
            player_session::decide_reserve(state, context, session, players)
        }
        Command::ConnectProcess { process, token, sdk } => {
            process::decide_connect(state, context, process, token.as_deref(), sdk)
        }
        Command::DisconnectProcess { process } => process::decide_disconnect(state, context, process),
        Command::LoseConnections => Ok(process::decide_lose_connections(state, context)),
        Command::ReadyProcess { process, port, log_paths } => {
            process::decide_ready(state, context, process, *port, log_paths)
        }
        Command::ReportUnhealthy { process } => process::decide_unhealthy(state, context, process),
        Command::ActivateSession { process, session } => {
            game_session::decide_activate(state, context, process, session)
        }
        Command::SetJoinPolicy { process, session, policy } => {
            game_session::decide_policy(state, process, session, *policy)
        }
        Command::AcceptPlayer { process, session, player_session } => {
            player_session::decide_accept(state, process, session, player_session)
        }
        Command::RemovePlayer { process, session, player_session } => {
            player_session::decide_remove(state, process, session, player_session)
        }
        Command::EndProcess { process } => process::decide_end(state, context, process),
    }
}

/// Ends what is due, oldest first, at most `Settings::due_per_tick` at a time.
pub fn decide_tick(state: &State, context: &Context<'_>) -> Vec<Change> {
    let mut draft = Draft::default();
    let due = state.index().due().take_while(|(at, _)| *at <= context.now);
    for (_, what) in due.take(context.settings.due_per_tick) {
        match what {
            Due::Process(key) => process::decide_due(state, context, key, &mut draft),
            Due::Activation(id) => game_session::decide_deadline(state, context, id, &mut draft),
            Due::SessionOver(id) => elsewhere::decide_over(state, context, id, &mut draft),
            Due::Reservation(session, id) => {
                player_session::decide_deadline(state, context, session, id, &mut draft)
            }
            Due::LatencyStep(id) => placement::decide_step(state, context, id, &mut draft),
            Due::Placement(id) => placement::decide_deadline(state, id, &mut draft),
            Due::ForgetProcess(key) => draft.push(Change::ProcessForgotten { process: key.clone() }),
            Due::ForgetSession(id) => draft.push(Change::SessionForgotten { id: id.clone() }),
            Due::ForgetPlacement(id) => draft.push(Change::PlacementForgotten { id: id.clone() }),
        }
    }
    draft.changes
}

/// Applies a change. Total: what was journaled is never refused.
pub fn apply(state: &mut State, at: Timestamp, change: &Change) {
    match change {
        Change::LocationCreated { name, tags } => {
            let made = Location { created_at: at, tags: tags.clone() };
            state.locations.insert(name.clone(), made);
        }
        Change::LocationDeleted { name } => drop(state.locations.remove(name)),
        Change::AliasCreated { id, fields, tags } => {
            let made = Alias { fields: fields.clone(), created_at: at, updated_at: at, tags: tags.clone() };
            state.aliases.insert(id.clone(), made);
        }
        Change::AliasUpdated { id, fields } => alias::apply_updated(state, at, id, fields),
        Change::AliasDeleted { id } => drop(state.aliases.remove(id)),
        Change::QueueCreated { name, fields, tags } => queue::apply_created(state, at, name, fields, tags),
        Change::QueueUpdated { name, fields } => queue::apply_updated(state, name, fields),
        Change::QueueDeleted { name } => state.replace_queue(name, None),
        Change::TagsReplaced { resource, tags } => state.replace_tags(resource, tags),
        Change::FleetCreated { .. }
        | Change::FleetUpdated { .. }
        | Change::FleetLocationsChanged { .. }
        | Change::FleetDeleting { .. }
        | Change::FleetDeleted { .. }
        | Change::FleetRestored { .. }
        | Change::ComputeRegistered { .. }
        | Change::ComputeDeregistered { .. }
        | Change::TokenIssued { .. } => apply_to_fleet(state, at, change),
        Change::ProcessConnected { .. }
        | Change::ProcessReconnected { .. }
        | Change::ProcessDisconnected { .. }
        | Change::ConnectionsLost { .. }
        | Change::ProcessReady { .. }
        | Change::ProcessTerminating { .. }
        | Change::ProcessEnded { .. }
        | Change::ProcessForgotten { .. }
        | Change::ProcessRestored { .. } => apply_to_process(state, at, change),
        Change::SessionStarted { .. }
        | Change::SessionHosted { .. }
        | Change::SessionActivated { .. }
        | Change::SessionUpdated { .. }
        | Change::SessionTerminating { .. }
        | Change::SessionEnded { .. }
        | Change::SessionForgotten { .. }
        | Change::SessionInformed { .. }
        | Change::SessionRestored { .. } => apply_to_session(state, at, change),
        Change::PlayersReserved { session, seats, until } => {
            player_session::apply_reserved(state, at, session, seats, *until);
        }
        Change::PlayerAccepted { session, player_session } => {
            player_session::apply_moved(state, session, player_session, PlayerSessionStatus::Active);
        }
        Change::PlayerLeft { session, player_session } => {
            player_session::apply_moved(
                state,
                session,
                player_session,
                PlayerSessionStatus::Completed { at },
            );
        }
        Change::ReservationTimedOut { session, player_session } => {
            player_session::apply_moved(state, session, player_session, PlayerSessionStatus::TimedOut { at });
        }
        Change::PlacementStarted { .. }
        | Change::PlacementRelaxed { .. }
        | Change::PlacementFulfilled { .. }
        | Change::PlacementCancelled { .. }
        | Change::PlacementTimedOut { .. }
        | Change::PlacementFailed { .. }
        | Change::PlacementForgotten { .. }
        | Change::PlacementRestored { .. } => apply_to_placement(state, at, change),
    }
}

fn apply_to_fleet(state: &mut State, at: Timestamp, change: &Change) {
    match change {
        Change::FleetCreated { id, fields, locations, tags } => {
            fleet::apply_created(state, at, id, fields, locations, tags);
        }
        Change::FleetUpdated { id, fields } => {
            state.fleets.get_mut(id).into_iter().for_each(|fleet| fleet.fields = fields.clone());
        }
        Change::FleetLocationsChanged { id, locations } => {
            state.fleets.get_mut(id).into_iter().for_each(|fleet| fleet.locations.clone_from(locations));
        }
        Change::FleetDeleting { id } => fleet::apply_deleting(state, at, id),
        Change::FleetDeleted { id } => drop(state.fleets.remove(id)),
        Change::FleetRestored { id, fleet } => drop(state.fleets.insert(id.clone(), (**fleet).clone())),
        Change::ComputeRegistered { fleet, name, fields } => {
            compute::apply_registered(state, at, fleet, name, fields);
        }
        Change::ComputeDeregistered { fleet, name } => {
            let found = state.fleets.get_mut(fleet);
            found.into_iter().for_each(|fleet| drop(fleet.computes.remove(name)));
        }
        Change::TokenIssued { fleet, compute, token } => {
            compute::apply_token(state, at, fleet, compute, token);
        }
        other => unreachable!("{other:?} is not about a fleet"),
    }
}

fn apply_to_process(state: &mut State, at: Timestamp, change: &Change) {
    match change {
        Change::ProcessConnected { process, sdk, ready_by } => {
            process::apply_connected(state, at, process, sdk, *ready_by);
        }
        Change::ProcessReconnected { process } => {
            state.change_process(process, |process| process.connection = Connection::Connected);
        }
        Change::ProcessDisconnected { process, until } => {
            let lost = Connection::Lost { since: at, until: *until };
            state.change_process(process, |process| process.connection = lost);
        }
        Change::ConnectionsLost { until } => process::apply_connections_lost(state, *until),
        Change::ProcessReady { process, port, log_paths } => {
            process::apply_ready(state, at, process, *port, log_paths);
        }
        Change::ProcessTerminating { process, by, is_unhealthy } => {
            state.change_process(process, |process| {
                process.terminating = Some(*by);
                process.is_unhealthy = *is_unhealthy;
            });
        }
        Change::ProcessEnded { process, cause } => process::apply_ended(state, at, process, *cause),
        Change::ProcessForgotten { process } => state.forget_process(process),
        Change::ProcessRestored { process } => state.insert_process((**process).clone()),
        other => unreachable!("{other:?} is not about a process"),
    }
}

fn apply_to_session(state: &mut State, at: Timestamp, change: &Change) {
    match change {
        Change::SessionStarted { .. } => game_session::apply_started(state, at, change),
        Change::SessionHosted { .. } => elsewhere::apply_hosted(state, at, change),
        Change::SessionActivated { id } => {
            state.change_session(id, |session| session.status = SessionStatus::Active);
        }
        Change::SessionUpdated { id, fields } => {
            state.change_session(id, |session| session.fields = fields.clone());
        }
        Change::SessionTerminating { id } => {
            state.change_session(id, |session| session.status = SessionStatus::Terminating);
        }
        Change::SessionEnded { id, end } => game_session::apply_ended(state, at, id, *end),
        Change::SessionForgotten { id } => state.forget_session(id),
        Change::SessionInformed { id, reason, backfill, roster } => {
            let update = SessionUpdate { at, reason: *reason, backfill: backfill.clone() };
            game_session::apply_informed(state, id, update, roster.as_ref());
        }
        Change::SessionRestored { session } => state.insert_session((**session).clone()),
        other => unreachable!("{other:?} is not about a game session"),
    }
}

fn apply_to_placement(state: &mut State, at: Timestamp, change: &Change) {
    match change {
        Change::PlacementStarted { request, deadline } => {
            placement::apply_started(state, at, request, *deadline)
        }
        Change::PlacementRelaxed { id } => state.change_placement(id, |placement| placement.relaxed += 1),
        Change::PlacementFulfilled { id } => {
            placement::apply_ended(state, id, PlacementStatus::Fulfilled { at });
        }
        Change::PlacementCancelled { id } => {
            placement::apply_ended(state, id, PlacementStatus::Cancelled { at });
        }
        Change::PlacementTimedOut { id } => {
            placement::apply_ended(state, id, PlacementStatus::TimedOut { at })
        }
        Change::PlacementFailed { id } => placement::apply_ended(state, id, PlacementStatus::Failed { at }),
        Change::PlacementForgotten { id } => state.forget_placement(id),
        Change::PlacementRestored { placement } => state.insert_placement((**placement).clone()),
        other => unreachable!("{other:?} is not about a placement"),
    }
}

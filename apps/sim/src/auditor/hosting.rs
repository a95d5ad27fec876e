//! What must always hold of hosting. A ledger keeps its own books of processes, games and seats, from changes alone, and
//! compares them with the state.

use std::collections::{BTreeMap, BTreeSet};

use matchwright_engine::{Change, MatchPhase, Mode, Record, State, TicketKind};
use matchwright_hosting as hosting;
use matchwright_hosting::{
    Connection, Destination, Fallback, FleetStatus, GameSession, Phase, Placement, PlacementStatus, Process,
    ProcessKey, Queue, Routing, SessionStatus,
};
use matchwright_model::{GameSessionId, PlacementId, PlayerId, PlayerSessionId, Timestamp};

/// Books of what hosting promised, change by change.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The one game of each process, for ever.
    hosted: BTreeMap<ProcessKey, GameSessionId>,
    /// Games that have not ended.
    games: BTreeMap<GameSessionId, Game>,
    /// The process of each placement that has one.
    placed: BTreeMap<PlacementId, GameSessionId>,
}

#[derive(Debug)]
struct Game {
    placement: Option<PlacementId>,
    /// Seats that are taken: by whom, and until when where he has not come yet.
    seats: BTreeMap<PlayerSessionId, (PlayerId, Option<Timestamp>)>,
}

impl Game {
    fn seats_of<'a>(&'a self, player: &'a PlayerId) -> impl Iterator<Item = &'a PlayerSessionId> {
        self.seats.iter().filter(move |(_, (one, _))| one == player).map(|(id, _)| id)
    }
}

impl Ledger {
    /// Checks a change against the books and the state before it, and enters it.
    ///
    /// # Panics
    /// With what does not hold.
    pub fn enter(&mut self, before: &State, record: &Record) {
        match &record.change {
            Change::Hosting(change) => {
                self.enter_process(before, change);
                self.enter_seat(before, record.at, change);
                self.enter_placement(before, change);
            }
            Change::MatchCompleted { id, session: Some(session) } => {
                let made = &before.matches[id];
                let game = self.games.get(&session.id).expect("a match completes with a game that runs");
                for seat in made.seats.iter().filter(|seat| !before.tickets[&seat.ticket].is_backfill()) {
                    let seats: Vec<&PlayerSessionId> = game.seats_of(&seat.player).collect();
                    assert_eq!(
                        seats.len(),
                        1,
                        "player {} of match {id} has one seat: {seats:?}",
                        seat.player
                    );
                    let told = session.player_sessions.get(&seat.player).map(String::as_str);
                    assert_eq!(told, Some(seats[0].as_str()), "player {} is told his seat", seat.player);
                }
            }
            _ => {}
        }
    }

    fn enter_process(&mut self, before: &State, change: &hosting::Change) {
        match change {
            hosting::Change::SessionStarted { id, process: key, placement, .. } => {
                let process = &before.hosting.processes[key];
                assert!(is_free(process), "game {id} starts on a process that is not free: {process:?}");
                let earlier = self.hosted.insert(key.clone(), id.clone());
                assert_eq!(earlier, None, "process {key:?} hosts one game in its life, not also {id}");
                let game = Game { placement: placement.clone(), seats: BTreeMap::new() };
                assert!(self.games.insert(id.clone(), game).is_none(), "game {id} starts twice");
                if let Some(placement) = placement {
                    let earlier = self.placed.insert(placement.clone(), id.clone());
                    assert_eq!(earlier, None, "placement {placement} has one process, not also that of {id}");
                    let found = &before.hosting.placements[placement];
                    assert!(suits(before, found, process), "placement {placement} does not suit {process:?}");
                }
            }
            hosting::Change::SessionEnded { id, .. } => {
                let game = self.games.remove(id);
                let game = game.unwrap_or_else(|| panic!("game {id} ends twice"));
                game.placement.into_iter().for_each(|placement| drop(self.placed.remove(&placement)));
            }
            hosting::Change::ProcessEnded { process, .. } => {
                assert!(before.hosting.processes[process].is_live(), "process {process:?} ends twice");
            }
            _ => {}
        }
    }

    fn enter_seat(&mut self, before: &State, at: Timestamp, change: &hosting::Change) {
        match change {
            hosting::Change::PlayersReserved { session, seats, until } => {
                let game = self.games.get_mut(session).expect("seats are of a game that has not ended");
                for (id, request) in seats {
                    let player = &request.player;
                    assert_eq!(game.seats_of(player).count(), 0, "player {player} has a seat in {session}");
                    game.seats.insert(id.clone(), (player.clone(), Some(*until)));
                }
                let state = &before.hosting.sessions[session];
                assert_eq!(state.status, SessionStatus::Active, "seats of {session} are of a running game");
                let (taken, most) = (game.seats.len(), state.fields.max_players as usize);
                assert!(taken <= most, "{taken} players in {session}, which holds {most}");
            }
            hosting::Change::PlayerAccepted { session, player_session } => {
                let seat = self.seat(session, player_session);
                assert!(
                    seat.1.take().is_some_and(|until| until >= at),
                    "seat {player_session} is kept for him"
                );
            }
            hosting::Change::PlayerLeft { session, player_session } => {
                self.seat(session, player_session);
                self.free(session, player_session);
            }
            hosting::Change::ReservationTimedOut { session, player_session } => {
                let until = self.seat(session, player_session).1;
                assert!(until.is_some_and(|until| until <= at), "seat {player_session} ends too early");
                self.free(session, player_session);
            }
            _ => {}
        }
    }

    fn seat(
        &mut self,
        session: &GameSessionId,
        seat: &PlayerSessionId,
    ) -> &mut (PlayerId, Option<Timestamp>) {
        let game = self.games.get_mut(session).unwrap_or_else(|| panic!("game {session} has ended"));
        game.seats.get_mut(seat).unwrap_or_else(|| panic!("seat {seat} of {session} is not taken"))
    }

    fn free(&mut self, session: &GameSessionId, seat: &PlayerSessionId) {
        self.games.get_mut(session).into_iter().for_each(|game| drop(game.seats.remove(seat)));
    }

    fn enter_placement(&mut self, before: &State, change: &hosting::Change) {
        let status = |id: &PlacementId| before.hosting.placements[id].status;
        match change {
            hosting::Change::PlacementFulfilled { id } => {
                assert_eq!(status(id), PlacementStatus::Pending, "placement {id} ends twice");
                let session = self.placed.get(id).expect("a fulfilled placement has a process");
                for wanted in &before.hosting.placements[id].request.players {
                    let seats = self.games[session].seats_of(&wanted.player).count();
                    assert_eq!(seats, 1, "player {} of placement {id} has one seat", wanted.player);
                }
            }
            hosting::Change::PlacementCancelled { id }
            | hosting::Change::PlacementTimedOut { id }
            | hosting::Change::PlacementFailed { id } => {
                assert_eq!(status(id), PlacementStatus::Pending, "placement {id} ends twice");
                assert!(!self.placed.contains_key(id), "placement {id} ends while its game starts");
            }
            hosting::Change::PlacementForgotten { id } => {
                assert_ne!(
                    status(id),
                    PlacementStatus::Pending,
                    "placement {id} is forgotten while it waits"
                );
            }
            _ => {}
        }
    }

    /// Compares the books with the state after a change.
    ///
    /// # Panics
    /// With what differs.
    pub fn compare(&self, after: &State, record: &Record) {
        let Change::Hosting(change) = &record.change else { return };
        match &**change {
            hosting::Change::SessionEnded { id, .. } => {
                let session = &after.hosting.sessions[id];
                let open: Vec<_> = session.players.iter().filter(|seat| seat.status.is_open()).collect();
                assert!(open.is_empty(), "game {id} has ended with seats taken: {open:?}");
            }
            hosting::Change::SessionStarted { id: session, .. }
            | hosting::Change::SessionUpdated { id: session, .. }
            | hosting::Change::PlayersReserved { session, .. }
            | hosting::Change::PlayerAccepted { session, .. }
            | hosting::Change::PlayerLeft { session, .. }
            | hosting::Change::ReservationTimedOut { session, .. } => {
                self.compare_seats(&after.hosting.sessions[session]);
            }
            _ => {}
        }
    }

    fn compare_seats(&self, session: &GameSession) {
        let open = session.players.iter().filter(|seat| seat.status.is_open());
        let open = open.map(|seat| {
            let until = match seat.status {
                hosting::PlayerSessionStatus::Reserved { until } => Some(until),
                _ => None,
            };
            (seat.id.clone(), (seat.player.clone(), until))
        });
        let open: BTreeMap<_, _> = open.collect();
        assert_eq!(open, self.games[&session.id].seats, "the seats of {}", session.id);
        assert_eq!(session.occupied as usize, open.len(), "taken seats of {} are counted", session.id);
    }
}

/// Checks the state between two moments, when all that was due is done.
///
/// # Panics
/// With what does not hold.
pub fn audit_moment(state: &State, now: Timestamp) {
    let mut hosts = BTreeSet::new();
    for session in state.hosting.sessions.values().filter(|session| session.status.is_live()) {
        let Some(key) = session.process() else { continue };
        let process = &state.hosting.processes[key];
        assert_eq!(process.phase, Phase::Busy { session: session.id.clone() }, "the host of {}", session.id);
        assert!(hosts.insert(key), "process {key:?} hosts two games");
        audit_session(state, session, now);
    }
    for process in state.hosting.processes.values().filter(|process| process.is_live()) {
        audit_process(process, now);
    }
    for placement in state.hosting.placements.values() {
        if placement.status == PlacementStatus::Pending {
            audit_waiting(state, placement, now);
        }
    }
    audit_matches(state);
}

fn audit_session(state: &State, session: &GameSession, now: Timestamp) {
    let id = &session.id;
    if let SessionStatus::Activating { by } = session.status {
        assert!(by > now, "game {id} should have been given up at {by:?}");
    }
    for seat in &session.players {
        if let hosting::PlayerSessionStatus::Reserved { until } = seat.status {
            assert!(until > now, "seat {} of {id} should have timed out at {until:?}", seat.id);
        }
    }
    let automatic = session.roster.as_ref().and_then(|roster| roster.refill.ticket());
    if let Some(ticket) = automatic.filter(|_| session.status == SessionStatus::Active) {
        let is_active = state.tickets.get(ticket).is_some_and(|ticket| ticket.status.is_active());
        assert!(is_active, "game {id} is filled again by itself, but its ticket {ticket} is over");
    }
}

fn audit_process(process: &Process, now: Timestamp) {
    let key = &process.key;
    if let Phase::Starting { ready_by } = process.phase {
        assert!(ready_by > now, "process {key:?} should have been ready at {ready_by:?}");
    }
    if let Connection::Lost { until, .. } = process.connection {
        assert!(until > now, "process {key:?} should have been back at {until:?}");
    }
    assert!(process.terminating.is_none_or(|by| by > now), "process {key:?} should be gone");
}

/// A placement waits only while nothing suits it, and not for ever.
fn audit_waiting(state: &State, placement: &Placement, now: Timestamp) {
    let id = &placement.id;
    if let Some(session) = &placement.session {
        let is_starting = matches!(
            state.hosting.sessions[session].status,
            SessionStatus::Activating { .. } | SessionStatus::Terminating
        );
        assert!(is_starting, "placement {id} waits for game {session}, which does not start");
        return;
    }
    assert!(placement.deadline > now, "placement {id} should have timed out at {:?}", placement.deadline);
    assert!(state.hosting.queues.contains_key(&placement.request.queue), "placement {id} waits in no queue");
    let free = state.hosting.processes.values().filter(|process| is_free(process));
    let suiting = free.filter(|process| suits(state, placement, process)).map(|process| &process.key);
    let suiting: Vec<&ProcessKey> = suiting.collect();
    assert!(suiting.is_empty(), "placement {id} waits, but {suiting:?} would suit it");
}

/// Ready, connected, not told to end, without a game.
fn is_free(process: &Process) -> bool {
    matches!(process.phase, Phase::Idle { .. })
        && process.connection == Connection::Connected
        && process.terminating.is_none()
}

/// Whether a placement may go to a process: the slow way, from the words of the specification.
fn suits(state: &State, placement: &Placement, process: &Process) -> bool {
    let Some(queue) = state.hosting.queues.get(&placement.request.queue) else { return false };
    let fields = &queue.fields;
    let leads_there = fields.destinations.iter().any(|destination| match destination {
        Destination::Fleet(fleet) => *fleet == process.key.fleet,
        Destination::Alias(alias) => {
            matches!(&state.hosting.aliases[alias].fields.routing, Routing::Fleet(fleet) if *fleet == process.key.fleet)
        }
    });
    let is_active =
        state.hosting.fleets.get(&process.key.fleet).is_some_and(|fleet| fleet.status == FleetStatus::Active);
    let is_allowed =
        fields.allowed_locations.is_empty() || fields.allowed_locations.contains(&process.location);
    let order = placement.request.order.as_ref();
    let is_named = order
        .is_none_or(|order| order.fallback == Fallback::Queue || order.locations.contains(&process.location));
    leads_there && is_active && is_allowed && is_named && is_near(queue, placement, process)
}

/// Nobody is farther away than the policy in force allows; where nobody told a latency, everybody is near.
fn is_near(queue: &Queue, placement: &Placement, process: &Process) -> bool {
    let told = &placement.request.latencies;
    let policies = &queue.fields.latency_policies;
    let in_force = policies.get((placement.relaxed as usize).min(policies.len().saturating_sub(1)));
    let Some(policy) = in_force.filter(|_| !told.is_empty()) else { return true };
    let here: Vec<f32> = told
        .iter()
        .filter(|one| one.region.as_str() == process.location.as_str())
        .map(|one| one.latency_ms)
        .collect();
    !here.is_empty() && here.iter().all(|latency| *latency <= policy.max_latency_ms as f32)
}

/// A match that is placed has a placement that waits; a backfill of a hosted game has that game.
fn audit_matches(state: &State) {
    let is_hosted = |name| state.matchmakers.get(name).is_some_and(|one| one.mode() == Mode::WithQueue);
    for (id, made) in &state.matches {
        if made.phase == MatchPhase::Placing && is_hosted(&made.matchmaker) {
            let placement = state.hosting.placements.get(&PlacementId::new(id.to_string()));
            let status = placement.map(|placement| placement.status);
            assert_eq!(status, Some(PlacementStatus::Pending), "match {id} is being placed");
        }
    }
    for ticket in state.tickets.values().filter(|ticket| ticket.status.is_active()) {
        if let TicketKind::Backfill { game_session: Some(session) } = &ticket.kind
            && is_hosted(&ticket.matchmaker)
        {
            let session = state.hosting.sessions.get(session.as_str());
            let is_live = session.is_some_and(|session| session.status.is_live());
            assert!(is_live, "backfill {} is for a game that is over", ticket.id);
        }
    }
}

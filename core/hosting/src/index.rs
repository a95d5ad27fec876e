//! What decisions look up besides ids: free processes, waiting placements, sessions of a fleet, what ends next.

use std::collections::{BTreeMap, BTreeSet};

use matchwright_model::{
    ById, FleetId, GameSessionId, LocationName, PlacementId, PlayerId, PlayerSessionId, QueueName, Timestamp,
};

use crate::{
    Connection, GameSession, Host, Phase, Placement, PlacementStatus, PlayerSession, PlayerSessionStatus,
    Process, ProcessKey, Queue, SessionStatus, Settings,
};

/// Something that ends by itself. The order decides who goes first at the same millisecond.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A process is not ready, or not back, or not gone, though it should be.
    Process(ProcessKey),
    Activation(GameSessionId),
    /// A game elsewhere has had its time.
    SessionOver(GameSessionId),
    Reservation(GameSessionId, PlayerSessionId),
    LatencyStep(PlacementId),
    Placement(PlacementId),
    /// Ended things are forgotten after a while.
    ForgetProcess(ProcessKey),
    ForgetSession(GameSessionId),
    ForgetPlacement(PlacementId),
}

type Deadline = (Timestamp, Due);

/// Where a process, a session or a placement stands in the index: taken before a change and after it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Marks {
    idle: Option<(FleetId, LocationName, Timestamp, ProcessKey)>,
    waits: Option<(QueueName, Timestamp, PlacementId)>,
    live_process: Option<ProcessKey>,
    live_session: Option<(FleetId, Timestamp, GameSessionId)>,
    due: [Option<Deadline>; 2],
}

/// Follows the state; told of each thing before and after it changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Index {
    /// Free processes by where they stand, the longest free first.
    idle: BTreeMap<(FleetId, LocationName), BTreeSet<(Timestamp, ProcessKey)>>,
    /// Placements without a process, the oldest first.
    waiting: BTreeMap<QueueName, BTreeSet<(Timestamp, PlacementId)>>,
    /// Every session that is kept, in the order of creation.
    sessions: BTreeMap<FleetId, BTreeSet<(Timestamp, GameSessionId)>>,
    /// Those of them that have not ended.
    live_sessions: BTreeMap<FleetId, BTreeSet<(Timestamp, GameSessionId)>>,
    live_processes: BTreeSet<ProcessKey>,
    session_of: ById<PlayerSessionId, GameSessionId>,
    sessions_of: ById<PlayerId, BTreeSet<GameSessionId>>,
    due: BTreeSet<Deadline>,
    settings: Settings,
}

impl Index {
    pub fn new(settings: &Settings) -> Self {
        Self {
            idle: BTreeMap::new(),
            waiting: BTreeMap::new(),
            sessions: BTreeMap::new(),
            live_sessions: BTreeMap::new(),
            live_processes: BTreeSet::new(),
            session_of: ById::default(),
            sessions_of: ById::default(),
            due: BTreeSet::new(),
            settings: settings.clone(),
        }
    }

    /// What ends by itself, the next first.
    pub fn due(&self) -> impl Iterator<Item = &Deadline> {
        self.due.iter()
    }

    /// Free processes in one place of a fleet, the longest free first.
    pub fn idle(&self, fleet: &FleetId, location: &LocationName) -> impl Iterator<Item = &ProcessKey> {
        let found = self.idle.get(&(fleet.clone(), location.clone()));
        found.into_iter().flatten().map(|(_, key)| key)
    }

    pub fn free_count(&self, fleet: &FleetId, location: &LocationName) -> usize {
        self.idle.get(&(fleet.clone(), location.clone())).map_or(0, BTreeSet::len)
    }

    /// Placements of a queue that have no process, the oldest first.
    pub fn waiting(&self, queue: &QueueName) -> impl Iterator<Item = &(Timestamp, PlacementId)> {
        self.waiting.get(queue).into_iter().flatten()
    }

    /// Kept sessions of a fleet in the order of creation.
    pub fn sessions(&self, fleet: &FleetId) -> impl DoubleEndedIterator<Item = &(Timestamp, GameSessionId)> {
        self.sessions.get(fleet).into_iter().flatten()
    }

    /// Those of them that have not ended.
    pub fn live_sessions(
        &self,
        fleet: &FleetId,
    ) -> impl DoubleEndedIterator<Item = &(Timestamp, GameSessionId)> {
        self.live_sessions.get(fleet).into_iter().flatten()
    }

    pub fn session_of(&self, id: &PlayerSessionId) -> Option<&GameSessionId> {
        self.session_of.get(id)
    }

    /// The kept sessions that a player has or had a seat in, each once.
    pub fn sessions_of(&self, player: &PlayerId) -> impl Iterator<Item = &GameSessionId> {
        self.sessions_of.get(player).into_iter().flatten()
    }

    pub fn live_processes(&self) -> &BTreeSet<ProcessKey> {
        &self.live_processes
    }

    pub fn moved(&mut self, before: Marks, after: Marks) {
        if before == after {
            return;
        }
        self.take_out(before);
        self.put_in(after);
    }

    fn take_out(&mut self, marks: Marks) {
        if let Some((fleet, location, since, key)) = marks.idle {
            take(&mut self.idle, (fleet, location), &(since, key));
        }
        if let Some((queue, since, id)) = marks.waits {
            take(&mut self.waiting, queue, &(since, id));
        }
        if let Some((fleet, since, id)) = marks.live_session {
            take(&mut self.live_sessions, fleet, &(since, id));
        }
        if let Some(key) = marks.live_process {
            self.live_processes.remove(&key);
        }
        for due in marks.due.into_iter().flatten() {
            self.due.remove(&due);
        }
    }

    fn put_in(&mut self, marks: Marks) {
        if let Some((fleet, location, since, key)) = marks.idle {
            self.idle.entry((fleet, location)).or_default().insert((since, key));
        }
        if let Some((queue, since, id)) = marks.waits {
            self.waiting.entry(queue).or_default().insert((since, id));
        }
        if let Some((fleet, since, id)) = marks.live_session {
            self.live_sessions.entry(fleet).or_default().insert((since, id));
        }
        self.live_processes.extend(marks.live_process);
        self.due.extend(marks.due.into_iter().flatten());
    }

    pub fn process(&self, process: &Process) -> Marks {
        let key = || process.key.clone();
        let due = match (&process.phase, process.connection, process.terminating) {
            (Phase::Ended { at, .. }, ..) => {
                Some((*at + self.settings.process_retention, Due::ForgetProcess(key())))
            }
            (phase, connection, terminating) => {
                let ready_by = match phase {
                    Phase::Starting { ready_by } => Some(*ready_by),
                    _ => None,
                };
                let back_by = match connection {
                    Connection::Lost { until, .. } => Some(until),
                    Connection::Connected => None,
                };
                let first = [ready_by, back_by, terminating].into_iter().flatten().min();
                first.map(|at| (at, Due::Process(key())))
            }
        };
        let idle = match process.phase {
            Phase::Idle { since } if process.is_free() => {
                Some((process.key.fleet.clone(), process.location.clone(), since, key()))
            }
            _ => None,
        };
        let live_process = process.is_live().then(key);
        Marks { idle, live_process, due: [due, None], ..Marks::default() }
    }

    pub fn session(&self, session: &GameSession) -> Marks {
        let id = || session.id.clone();
        let due = match session.status {
            SessionStatus::Activating { by } => Some((by, Due::Activation(id()))),
            SessionStatus::Terminated { at, .. } => {
                Some((at + self.settings.session_retention, Due::ForgetSession(id())))
            }
            SessionStatus::Active => match session.host {
                Host::Elsewhere { until, .. } => Some((until, Due::SessionOver(id()))),
                Host::Process(_) => None,
            },
            SessionStatus::Terminating => None,
        };
        let fleet = session.fleet().filter(|_| session.status.is_live());
        let live_session = fleet.map(|fleet| (fleet.clone(), session.created_at, id()));
        Marks { live_session, due: [due, None], ..Marks::default() }
    }

    /// `queue` is the placement's, where it still exists.
    pub fn placement(&self, placement: &Placement, queue: Option<&Queue>) -> Marks {
        let id = || placement.id.clone();
        let (due, step) = match placement.status {
            PlacementStatus::Pending if placement.session.is_some() => (None, None),
            PlacementStatus::Pending => {
                let step = queue.and_then(|queue| placement.next_step(queue));
                (
                    Some((placement.deadline, Due::Placement(id()))),
                    step.map(|at| (at, Due::LatencyStep(id()))),
                )
            }
            PlacementStatus::Fulfilled { at }
            | PlacementStatus::Cancelled { at }
            | PlacementStatus::TimedOut { at }
            | PlacementStatus::Failed { at } => {
                (Some((at + self.settings.placement_retention, Due::ForgetPlacement(id()))), None)
            }
        };
        let waits = (placement.status == PlacementStatus::Pending && placement.session.is_none())
            .then(|| (placement.request.queue.clone(), placement.started_at, id()));
        Marks { waits, due: [due, step], ..Marks::default() }
    }

    pub fn seat(&self, session: &GameSessionId, seat: &PlayerSession) -> Marks {
        let due = match seat.status {
            PlayerSessionStatus::Reserved { until } => {
                Some((until, Due::Reservation(session.clone(), seat.id.clone())))
            }
            _ => None,
        };
        Marks { due: [due, None], ..Marks::default() }
    }

    pub fn add_session(&mut self, session: &GameSession) {
        if let Some(fleet) = session.fleet() {
            let kept = self.sessions.entry(fleet.clone()).or_default();
            kept.insert((session.created_at, session.id.clone()));
        }
        session.players.iter().for_each(|seat| self.add_seat(&session.id, seat));
    }

    pub fn add_seat(&mut self, session: &GameSessionId, seat: &PlayerSession) {
        self.session_of.insert(seat.id.clone(), session.clone());
        self.sessions_of.entry(seat.player.clone()).or_default().insert(session.clone());
    }

    pub fn forget_session(&mut self, session: &GameSession) {
        if let Some(fleet) = session.fleet() {
            take(&mut self.sessions, fleet.clone(), &(session.created_at, session.id.clone()));
        }
        self.forget_seats(&session.id, &session.players, &[]);
    }

    /// Seats of a session are gone; `left` are those that it still has.
    pub fn forget_seats(&mut self, session: &GameSessionId, gone: &[PlayerSession], left: &[PlayerSession]) {
        for seat in gone {
            self.session_of.swap_remove(&seat.id);
            if left.iter().any(|other| other.player == seat.player) {
                continue;
            }
            if let Some(sessions) = self.sessions_of.get_mut(&seat.player) {
                sessions.remove(session);
                if sessions.is_empty() {
                    self.sessions_of.swap_remove(&seat.player);
                }
            }
        }
    }
}

/// Takes one out of the set under a key, and the set with the last.
fn take<K: Ord, T: Ord>(sets: &mut BTreeMap<K, BTreeSet<T>>, key: K, one: &T) {
    if let Some(set) = sets.get_mut(&key) {
        set.remove(one);
        if set.is_empty() {
            sets.remove(&key);
        }
    }
}

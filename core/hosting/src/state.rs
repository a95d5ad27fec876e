//! What follows from all changes, with the indexes that decisions need.

use std::collections::BTreeMap;

use matchwright_model::{
    AliasId, ById, FleetId, GameSessionId, LocationName, PlacementId, PlayerSessionId, QueueName, Timestamp,
};

use crate::index::{Index, Marks};
use crate::{
    Alias, Fleet, GameSession, Location, Phase, Placement, PlayerSession, Process, ProcessKey, Queue,
    Rejection, Resource, Routing, Settings, Target,
};

/// The hosting of one realm. Public maps are read by anyone; only `apply` writes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    pub locations: BTreeMap<LocationName, Location>,
    pub fleets: BTreeMap<FleetId, Fleet>,
    pub aliases: BTreeMap<AliasId, Alias>,
    pub queues: BTreeMap<QueueName, Queue>,
    /// Live ones, and ended ones until they are forgotten.
    pub processes: BTreeMap<ProcessKey, Process>,
    pub sessions: ById<GameSessionId, Box<GameSession>>,
    pub placements: ById<PlacementId, Box<Placement>>,
    /// None: it only follows.
    index: Option<Index>,
}

impl State {
    pub fn new(settings: &Settings) -> Self {
        Self { index: Some(Index::new(settings)), ..Self::default() }
    }

    /// The same without the indexes that only decisions and questions need.
    ///
    /// It can be applied to, compared and snapshotted; a decision on it panics.
    pub fn into_follower(self) -> Self {
        Self { index: None, ..self }
    }

    pub(crate) fn index(&self) -> &Index {
        self.index.as_ref().expect("a state that only follows decides nothing")
    }

    /// When a tick has something to do.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.index().due().next().map(|(at, _)| *at)
    }

    /// The session that a process runs, or ran last.
    pub fn session_on(&self, process: &ProcessKey) -> Option<&GameSession> {
        match &self.processes.get(process)?.phase {
            Phase::Busy { session } => self.sessions.get(session).map(|one| &**one),
            _ => None,
        }
    }

    /// The seat of a player session, and the session that it is in.
    pub fn seat(&self, id: &PlayerSessionId) -> Option<(&GameSession, &PlayerSession)> {
        let session = self.sessions.get(self.index().session_of(id)?)?;
        Some((session, session.seat(id)?))
    }

    pub(crate) fn fleet(&self, id: &FleetId) -> Result<&Fleet, Rejection> {
        self.fleets.get(id).ok_or_else(|| Rejection::FleetNotFound(id.clone()))
    }

    pub(crate) fn alias(&self, id: &AliasId) -> Result<&Alias, Rejection> {
        self.aliases.get(id).ok_or_else(|| Rejection::AliasNotFound(id.clone()))
    }

    pub(crate) fn queue(&self, name: &QueueName) -> Result<&Queue, Rejection> {
        self.queues.get(name).ok_or_else(|| Rejection::QueueNotFound(name.clone()))
    }

    pub(crate) fn placement(&self, id: &PlacementId) -> Result<&Placement, Rejection> {
        self.placements.get(id).map(|one| &**one).ok_or_else(|| Rejection::PlacementNotFound(id.clone()))
    }

    pub(crate) fn session(&self, id: &GameSessionId) -> Result<&GameSession, Rejection> {
        self.sessions.get(id).map(|one| &**one).ok_or_else(|| Rejection::SessionNotFound(id.clone()))
    }

    pub(crate) fn process(&self, key: &ProcessKey) -> Result<&Process, Rejection> {
        self.processes.get(key).ok_or_else(|| Rejection::ProcessNotFound(key.clone()))
    }

    /// The fleet that a target means.
    ///
    /// # Rejections
    /// `FleetNotFound`, `AliasNotFound`, `AliasTerminal`.
    pub(crate) fn resolve<'s>(&'s self, target: &'s Target) -> Result<(&'s FleetId, &'s Fleet), Rejection> {
        let id = match target {
            Target::Fleet(id) => id,
            Target::Alias(alias) => match &self.alias(alias)?.fields.routing {
                Routing::Fleet(id) => id,
                Routing::Nowhere { message } => {
                    return Err(Rejection::AliasTerminal { alias: alias.clone(), message: message.clone() });
                }
            },
        };
        Ok((id, self.fleet(id)?))
    }

    /// # Errors
    /// There is no such resource.
    pub fn tags(&self, resource: &Resource) -> Result<&BTreeMap<String, String>, Rejection> {
        match resource {
            Resource::Location(name) => {
                let found = self.locations.get(name);
                found.map(|found| &found.tags).ok_or_else(|| Rejection::LocationNotFound(name.clone()))
            }
            Resource::Fleet(id) => self.fleet(id).map(|found| &found.tags),
            Resource::Alias(id) => self.alias(id).map(|found| &found.tags),
            Resource::Queue(name) => self.queue(name).map(|found| &found.tags),
        }
    }

    pub fn replace_tags(&mut self, resource: &Resource, tags: &BTreeMap<String, String>) {
        let found = match resource {
            Resource::Location(name) => self.locations.get_mut(name).map(|found| &mut found.tags),
            Resource::Fleet(id) => self.fleets.get_mut(id).map(|found| &mut found.tags),
            Resource::Alias(id) => self.aliases.get_mut(id).map(|found| &mut found.tags),
            Resource::Queue(name) => self.queues.get_mut(name).map(|found| &mut found.tags),
        };
        found.into_iter().for_each(|found| found.clone_from(tags));
    }

    pub(crate) fn insert_process(&mut self, process: Process) {
        if let Some(index) = &mut self.index {
            let marks = index.process(&process);
            index.moved(Marks::default(), marks);
        }
        self.processes.insert(process.key.clone(), process);
    }

    pub(crate) fn change_process(&mut self, key: &ProcessKey, change: impl FnOnce(&mut Process)) {
        let Some(process) = self.processes.get_mut(key) else { return };
        let before = self.index.as_ref().map(|index| index.process(process));
        change(process);
        if let (Some(index), Some(before)) = (&mut self.index, before) {
            let after = index.process(process);
            index.moved(before, after);
        }
    }

    pub(crate) fn forget_process(&mut self, key: &ProcessKey) {
        if let Some(process) = self.processes.remove(key)
            && let Some(index) = &mut self.index
        {
            let marks = index.process(&process);
            index.moved(marks, Marks::default());
        }
    }

    pub(crate) fn insert_session(&mut self, session: GameSession) {
        if let Some(index) = &mut self.index {
            let marks = index.session(&session);
            index.moved(Marks::default(), marks);
            for seat in &session.players {
                let marks = index.seat(&session.id, seat);
                index.moved(Marks::default(), marks);
            }
            index.add_session(&session);
        }
        self.sessions.insert(session.id.clone(), Box::new(session));
    }

    /// Changes what a session says of itself; its seats are changed by [`Self::change_seats`].
    pub(crate) fn change_session(&mut self, id: &GameSessionId, change: impl FnOnce(&mut GameSession)) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let before = self.index.as_ref().map(|index| index.session(session));
        change(session);
        if let (Some(index), Some(before)) = (&mut self.index, before) {
            let after = index.session(session);
            index.moved(before, after);
        }
    }

    pub(crate) fn forget_session(&mut self, id: &GameSessionId) {
        if let Some(session) = self.sessions.swap_remove(id)
            && let Some(index) = &mut self.index
        {
            let marks = index.session(&session);
            index.moved(marks, Marks::default());
            index.forget_session(&session);
        }
    }

    pub(crate) fn add_seat(&mut self, id: &GameSessionId, seat: PlayerSession) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if let Some(index) = &mut self.index {
            let marks = index.seat(id, &seat);
            index.moved(Marks::default(), marks);
            index.add_seat(id, &seat);
        }
        session.players.push(seat);
        session.count();
    }

    /// Forgets the oldest ended seats of a session, so that no more than `most` of them are kept.
    pub(crate) fn forget_ended_seats(&mut self, id: &GameSessionId, most: usize) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let mut surplus = session.players.len().saturating_sub(session.occupied as usize + most);
        if surplus == 0 {
            return;
        }
        let goes = |seat: &mut PlayerSession| {
            let goes = surplus > 0 && !seat.status.is_open();
            surplus -= usize::from(goes);
            goes
        };
        let gone: Vec<PlayerSession> = session.players.extract_if(.., goes).collect();
        if let Some(index) = &mut self.index {
            index.forget_seats(id, &gone, &session.players);
        }
    }

    /// Changes those seats of a session that `which` picks.
    pub(crate) fn change_seats(
        &mut self,
        id: &GameSessionId,
        which: impl Fn(&PlayerSession) -> bool,
        change: impl Fn(&mut PlayerSession),
    ) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        for seat in session.players.iter_mut().filter(|seat| which(seat)) {
            let before = self.index.as_ref().map(|index| index.seat(id, seat));
            change(seat);
            if let (Some(index), Some(before)) = (&mut self.index, before) {
                let after = index.seat(id, seat);
                index.moved(before, after);
            }
        }
        session.count();
    }

    pub(crate) fn insert_placement(&mut self, placement: Placement) {
        if let Some(index) = &mut self.index {
            let marks = index.placement(&placement, self.queues.get(&placement.request.queue));
            index.moved(Marks::default(), marks);
        }
        self.placements.insert(placement.id.clone(), Box::new(placement));
    }

    pub(crate) fn change_placement(&mut self, id: &PlacementId, change: impl FnOnce(&mut Placement)) {
        let Some(placement) = self.placements.get_mut(id) else { return };
        let queue = self.queues.get(&placement.request.queue);
        let before = self.index.as_ref().map(|index| index.placement(placement, queue));
        change(placement);
        if let (Some(index), Some(before)) = (&mut self.index, before) {
            let after = index.placement(placement, queue);
            index.moved(before, after);
        }
    }

    pub(crate) fn forget_placement(&mut self, id: &PlacementId) {
        if let Some(placement) = self.placements.swap_remove(id)
            && let Some(index) = &mut self.index
        {
            let marks = index.placement(&placement, None);
            index.moved(marks, Marks::default());
        }
    }

    /// Changes a queue; what its waiting placements wait for may be another thing then.
    pub(crate) fn replace_queue(&mut self, name: &QueueName, queue: Option<Queue>) {
        let waiting: Vec<PlacementId> =
            self.index.iter().flat_map(|index| index.waiting(name)).map(|(_, id)| id.clone()).collect();
        let marks = |state: &Self| -> Vec<Marks> {
            let Some(index) = &state.index else { return Vec::new() };
            let queue = state.queues.get(name);
            waiting.iter().map(|id| index.placement(&state.placements[id], queue)).collect()
        };
        let before = marks(self);
        match queue {
            Some(queue) => drop(self.queues.insert(name.clone(), queue)),
            None => drop(self.queues.remove(name)),
        }
        let after = marks(self);
        if let Some(index) = &mut self.index {
            before.into_iter().zip(after).for_each(|(before, after)| index.moved(before, after));
        }
    }
}

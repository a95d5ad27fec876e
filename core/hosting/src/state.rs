//! What follows from all changes, with the indexes that decisions need.

use std::collections::BTreeMap;

use matchwright_model::{
    AliasId, ById, FleetId, GameSessionId, LocationName, PlacementId, QueueName,
};

use crate::{Alias, Fleet, GameSession, Location, Placement, Process, ProcessKey, Queue, Rejection, Resource, Settings};

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
}

impl State {
    pub fn new(_settings: &Settings) -> Self {
        Self::default()
    }
}

impl State {
    /// # Errors
    /// There is no such resource.
    pub fn tags(&self, resource: &Resource) -> Result<&BTreeMap<String, String>, Rejection> {
        match resource {
            Resource::Location(name) => {
                let found = self.locations.get(name).ok_or_else(|| Rejection::LocationNotFound(name.clone()))?;
                Ok(&found.tags)
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

    pub(crate) fn fleet(&self, id: &FleetId) -> Result<&Fleet, Rejection> {
        self.fleets.get(id).ok_or_else(|| Rejection::FleetNotFound(id.clone()))
    }

    pub(crate) fn alias(&self, id: &AliasId) -> Result<&Alias, Rejection> {
        self.aliases.get(id).ok_or_else(|| Rejection::AliasNotFound(id.clone()))
    }

    pub(crate) fn queue(&self, name: &QueueName) -> Result<&Queue, Rejection> {
        self.queues.get(name).ok_or_else(|| Rejection::QueueNotFound(name.clone()))
    }
}

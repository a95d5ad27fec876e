//! A game that runs, for tests of what hosting means for tickets.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_hosting as hosting;
use matchwright_hosting::{
    ComputeFields, Destination, FleetFields, ProcessKey, QueueFields, Sdk, SessionFields,
};
use matchwright_model::{LocationName, Roster, Timestamp};

/// The process that hosts the game.
pub fn process() -> ProcessKey {
    ProcessKey { fleet: "fleet-1".into(), compute: "machine".into(), id: "process".into() }
}

/// A queue with a fleet, and a running game in it that a backfill can be for.
pub fn game(queue_timeout: Duration, by: Timestamp, roster: Option<Roster>) -> Vec<hosting::Change> {
    let location = LocationName::from("custom-here");
    let compute = ComputeFields {
        location: location.clone(),
        ip: "10.0.0.1".into(),
        dns: None,
        certificate_path: None,
    };
    let fleet = FleetFields::least("fleet");
    let queue = QueueFields::least(queue_timeout, vec![Destination::Fleet("fleet-1".into())]);
    let session = SessionFields::least(4);
    let tags = BTreeMap::new;
    vec![
        hosting::Change::LocationCreated { name: location.clone(), tags: tags() },
        hosting::Change::FleetCreated {
            id: "fleet-1".into(),
            fields: fleet,
            locations: [location].into(),
            tags: tags(),
        },
        hosting::Change::ComputeRegistered {
            fleet: "fleet-1".into(),
            name: "machine".into(),
            fields: compute,
        },
        hosting::Change::QueueCreated { name: "queue".into(), fields: queue, tags: tags() },
        hosting::Change::ProcessConnected { process: process(), sdk: Sdk::default(), ready_by: by },
        hosting::Change::ProcessReady { process: process(), port: 7777, log_paths: Vec::new() },
        hosting::Change::SessionStarted {
            id: "game".into(),
            process: process(),
            fields: session,
            placement: None,
            roster: roster.map(Into::into),
            activate_by: by,
        },
        hosting::Change::SessionActivated { id: "game".into() },
    ]
}

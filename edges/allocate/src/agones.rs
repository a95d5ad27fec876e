//! Agones, in two ways: the Kubernetes API with a service account's token, or the allocator service with a client
//! certificate. Both take the same question in two spellings.
//!
//! A repeated question finds the server that it took before: the session is a label, and the first selector looks for it
//! among the allocated ones.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::webhook::properties;
use crate::{Allocator, Client, Failure, Request, Server};

/// What Kubernetes takes of annotations on one object, keys and values together.
pub const ANNOTATIONS_BYTES_MAX: usize = 256 << 10;

const SESSION: &str = "matchwright/session";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// A GameServerAllocation.
    Kubernetes,
    /// `agones-allocator`, over REST.
    Allocator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduling {
    /// Fills machines one after the other.
    Packed,
    /// Spreads over machines.
    Distributed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgonesOptions {
    pub api: Api,
    pub namespace: String,
    /// What a game server must have, such as its fleet.
    pub labels: BTreeMap<String, String>,
    pub scheduling: Scheduling,
    /// The list of the game server that takes the players' ids.
    pub players_list: Option<String>,
    /// The port that players connect to; `None`: the first.
    pub port_name: Option<String>,
}

pub struct Agones {
    client: Client,
    options: AgonesOptions,
}

impl Agones {
    pub fn new(client: Client, options: AgonesOptions) -> Self {
        Self { client, options }
    }
}

/// A GameServerAllocation as it comes back; of the allocator service, its `status` alone.
#[derive(Deserialize)]
struct Allocation {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    /// The allocator service has none: it answers with a status code.
    state: Option<String>,
    #[serde(default)]
    address: String,
    #[serde(default)]
    ports: Vec<Port>,
}

#[derive(Deserialize)]
struct Port {
    #[serde(default)]
    name: String,
    port: u16,
}

impl Allocator for Agones {
    fn allocate(&self, request: &Request) -> Result<Server, Failure> {
        let (path, body) = self.question(request)?;
        let reply = self.client.post(&path, &request.session, &body)?;
        if !reply.is_success() {
            return Err(reply.failure());
        }
        let status = match self.options.api {
            Api::Kubernetes => reply.json::<Allocation>()?.status,
            Api::Allocator => reply.json::<Status>()?,
        };
        match (self.options.api, status.state.as_deref()) {
            (Api::Kubernetes, Some("Allocated")) | (Api::Allocator, None) => self.server(status),
            (_, Some("UnAllocated")) => Err(Failure::NoCapacity),
            (_, Some("Contention")) => Err(Failure::Contention),
            (_, other) => Err(Failure::Unanswered(format!(
                "the answer's state is {other:?}; expected Allocated, UnAllocated or Contention"
            ))),
        }
    }
}

impl Agones {
    fn question(&self, request: &Request) -> Result<(String, Value), Failure> {
        let namespace = &self.options.namespace;
        let scheduling = match self.options.scheduling {
            Scheduling::Packed => "Packed",
            Scheduling::Distributed => "Distributed",
        };
        let metadata =
            json!({ "labels": { SESSION: request.session }, "annotations": annotations(request)? });
        let mut asked = json!({ "scheduling": scheduling, "metadata": metadata });
        if let Some(list) = self.options.players_list.as_ref().filter(|_| !request.players.is_empty()) {
            asked["lists"] = json!({ list: { "addValues": request.players } });
        }
        Ok(match self.options.api {
            Api::Kubernetes => {
                asked["selectors"] = self.selectors(request, ["Allocated", "Ready"]);
                let path =
                    format!("/apis/allocation.agones.dev/v1/namespaces/{namespace}/gameserverallocations");
                let version = "allocation.agones.dev/v1";
                (path, json!({ "apiVersion": version, "kind": "GameServerAllocation", "spec": asked }))
            }
            Api::Allocator => {
                asked["namespace"] = json!(namespace);
                asked["gameServerSelectors"] = self.selectors(request, ["ALLOCATED", "READY"]);
                ("/gameserverallocation".to_string(), asked)
            }
        })
    }

    /// The server that the session has already, else a ready one.
    fn selectors(&self, request: &Request, [allocated, ready]: [&str; 2]) -> Value {
        let mut own = self.options.labels.clone();
        own.insert(SESSION.to_string(), request.session.clone());
        json!([
            { "matchLabels": own, "gameServerState": allocated },
            { "matchLabels": self.options.labels, "gameServerState": ready },
        ])
    }

    fn server(&self, status: Status) -> Result<Server, Failure> {
        let wanted = self.options.port_name.as_ref();
        let port = status.ports.iter().find(|port| wanted.is_none_or(|name| port.name == *name));
        let (Some(port), false) = (port, status.address.is_empty()) else {
            let wanted = wanted.map_or("a port".to_string(), |name| format!("port {name}"));
            return Err(Failure::Unanswered(format!(
                "the game server was allocated without an address or without {wanted}; expected both"
            )));
        };
        let is_name = status.address.parse::<IpAddr>().is_err();
        let dns = is_name.then(|| status.address.clone());
        Ok(Server { address: status.address, dns, port: port.port, session: None })
    }
}

/// What the game server is told, which Agones has no other way for.
fn annotations(request: &Request) -> Result<Value, Failure> {
    let mut all = Map::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            all.insert(format!("matchwright/{key}"), Value::String(value));
        }
    };
    put("placement-id", Some(request.placement.clone()));
    put("queue", Some(request.queue.clone()));
    put("game-session-name", request.name.clone());
    put("game-session-data", request.data.as_deref().map(str::to_string));
    put("game-properties", (!request.properties.is_empty()).then(|| properties(request).to_string()));
    put("maximum-player-session-count", Some(request.max_players.to_string()));
    put("matchmaker-data", request.matchmaker_data.clone());
    let size: usize = all.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    match size > ANNOTATIONS_BYTES_MAX {
        true => Err(Failure::Refused(format!(
            "game session data and matchmaker data are {size} bytes of annotations, but Kubernetes takes {ANNOTATIONS_BYTES_MAX}; shorten GameSessionData or the players' attributes"
        ))),
        false => Ok(Value::Object(all)),
    }
}

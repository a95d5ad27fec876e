//! A service of the studio's own: one POST, answered with an address. docs/reference/allocators.md is its contract.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Allocator, Client, Failure, Request, Server};

pub struct Webhook {
    client: Client,
}

impl Webhook {
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    ip_address: String,
    dns_name: Option<String>,
    port: u16,
    game_session_id: Option<String>,
}

impl Allocator for Webhook {
    fn allocate(&self, request: &Request) -> Result<Server, Failure> {
        let reply = self.client.post("", &request.session, &body(request))?;
        match reply.status {
            // It has none: 409 is not Agones' word for contention here.
            204 | 409 => Err(Failure::NoCapacity),
            _ if !reply.is_success() => Err(reply.failure()),
            _ => server(reply.json()?),
        }
    }
}

fn body(request: &Request) -> Value {
    let players: Vec<Value> = request.players.iter().map(|id| json!({ "playerId": id })).collect();
    let latencies = request.latencies.iter().map(|one| {
        json!({ "playerId": one.player, "region": one.region, "latencyInMilliseconds": one.latency_ms })
    });
    json!({
        "placementId": request.placement,
        "idempotencyToken": request.session,
        "queue": request.queue,
        "gameSessionName": request.name,
        "maximumPlayerSessionCount": request.max_players,
        "gameProperties": properties(request),
        "gameSessionData": request.data.as_deref(),
        "matchmakerData": request.matchmaker_data,
        "players": players,
        "latencies": latencies.collect::<Vec<Value>>(),
    })
}

pub(crate) fn properties(request: &Request) -> Value {
    request.properties.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn server(found: Found) -> Result<Server, Failure> {
    let fits = |id: &String| {
        let of_set = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        of_set && (1..=63).contains(&id.len())
    };
    if let Some(id) = found.game_session_id.as_ref().filter(|id| !fits(id)) {
        return Err(Failure::Unanswered(format!(
            "the answer's gameSessionId is {id:?}; expected 1 to 63 letters, digits and hyphens, or none"
        )));
    }
    if found.ip_address.is_empty() || found.port == 0 {
        return Err(Failure::Unanswered("the answer has no ipAddress or no port; expected both".to_string()));
    }
    let (address, dns) = (found.ip_address, found.dns_name);
    Ok(Server { address, dns, port: found.port, session: found.game_session_id })
}

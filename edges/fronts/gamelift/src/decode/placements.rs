//! Placements (hosting 3.5).

use std::fmt::Arguments;

use matchwright_hosting::{
    Command, Fallback, LocationOverride, PlacementRequest, PlayerLatency, Query, Resource,
};

use super::queues::locations_once;
use super::{Asked, command, query};
use crate::document::Number;
use crate::shapes::Shapes;

const FALLBACKS: [(&str, Fallback); 2] =
    [("DEFAULT_AFTER_SINGLE_PASS", Fallback::Queue), ("NONE", Fallback::Nothing)];

pub(super) fn start(shapes: &Shapes<'_>) -> Option<Asked> {
    let id = shapes.placement("PlacementId");
    let queue = shapes.required_queue("GameSessionQueueName");
    let max_players = shapes.required_count("MaximumPlayerSessionCount");
    let latencies = shapes.get("PlayerLatencies").and_then(|given| {
        let read = |path: Arguments<'_>, one| latency(&shapes.inside(path, one)?);
        shapes.each("PlayerLatencies", given, 0..=usize::MAX, read)
    });
    let players = shapes.get("DesiredPlayerSessions").and_then(|given| {
        let read = |path: Arguments<'_>, one| shapes.inside(path, one)?.player_request();
        shapes.each("DesiredPlayerSessions", given, 0..=usize::MAX, read)
    });
    let order = shapes
        .get("PriorityConfigurationOverride")
        .and_then(|given| location_override(&shapes.inside("PriorityConfigurationOverride", given)?));
    let (name, data) = (shapes.optional_text("GameSessionName", 1..=1024), shapes.game_session_data());
    let properties = shapes.game_properties("GameProperties").unwrap_or_default();
    let queue = queue?;
    let touched = Resource::Queue(queue.clone());
    let request = PlacementRequest {
        id: id?,
        queue,
        match_id: None,
        max_players: max_players?,
        name,
        properties,
        data,
        roster: None,
        latencies: latencies.unwrap_or_default(),
        players: players.unwrap_or_default(),
        order,
    };
    command(Command::StartPlacement(request), Some(touched))
}

fn latency(shapes: &Shapes<'_>) -> Option<PlayerLatency> {
    let text = |key: &str| shapes.required(key).and_then(|value| shapes.text(key, value, 1..=1024));
    let (player, region) = (text("PlayerId"), text("RegionIdentifier"));
    let latency_ms = latency_ms(shapes);
    Some(PlayerLatency { player: player?.into(), region: region?.into(), latency_ms: latency_ms? })
}

fn latency_ms(shapes: &Shapes<'_>) -> Option<f32> {
    let key = "LatencyInMilliseconds";
    let given = shapes.required(key)?;
    let found = match given.number() {
        Some(Number::Int(number)) => number as f32,
        Some(Number::Double(number)) => number as f32,
        None => {
            shapes.violate(key, "a number", given.kind());
            return None;
        }
    };
    let fits = found.is_finite() && found >= 0.0;
    if !fits {
        shapes.violate(key, "a number from 0", found);
    }
    fits.then_some(found)
}

fn location_override(shapes: &Shapes<'_>) -> Option<LocationOverride> {
    let fallback = shapes.choice("PlacementFallbackStrategy", &FALLBACKS).unwrap_or_default();
    shapes.required("LocationOrder")?;
    Some(LocationOverride { locations: locations_once(shapes, "LocationOrder", 10), fallback })
}

pub(super) fn stop(shapes: &Shapes<'_>) -> Option<Asked> {
    command(Command::StopPlacement { id: shapes.placement("PlacementId")? }, None)
}

pub(super) fn describe(shapes: &Shapes<'_>) -> Option<Asked> {
    query(Query::Placement(shapes.placement("PlacementId")?), None)
}

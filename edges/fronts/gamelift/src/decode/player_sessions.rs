//! Player sessions (hosting 3.7).

use std::fmt::Arguments;

use matchwright_hosting::{Command, PlayerRequest, PlayersOf, Query};
use matchwright_model::PlayerId;

use super::game_sessions::fleet_of;
use super::{Asked, PAGE_MAX, command, page_of, query};
use crate::shapes::Shapes;

const STATUSES: [(&str, &str); 4] =
    [("RESERVED", "RESERVED"), ("ACTIVE", "ACTIVE"), ("COMPLETED", "COMPLETED"), ("TIMEDOUT", "TIMEDOUT")];

pub(super) fn create(shapes: &Shapes<'_>) -> Option<Asked> {
    let (session, player) = (shapes.required_game_session(), shapes.player_request());
    let session = session?;
    let touched = fleet_of(&session);
    command(Command::ReservePlayers { session, players: vec![player?] }, touched)
}

pub(super) fn create_several(shapes: &Shapes<'_>) -> Option<Asked> {
    let (session, ids) = (shapes.required_game_session(), player_ids(shapes));
    let mut data = shapes.player_data("PlayerDataMap").unwrap_or_default();
    let session = session?;
    let request = |player: PlayerId| {
        let data = data.remove(player.as_str());
        PlayerRequest { player, data }
    };
    let players = ids?.into_iter().map(request).collect();
    let touched = fleet_of(&session);
    command(Command::ReservePlayers { session, players }, touched)
}

fn player_ids(shapes: &Shapes<'_>) -> Option<Vec<PlayerId>> {
    let player = |path: Arguments<'_>, item| shapes.text(path, item, 1..=1024).map(PlayerId::from);
    shapes.each("PlayerIds", shapes.required("PlayerIds")?, 1..=25, player)
}

pub(super) fn describe(shapes: &Shapes<'_>) -> Option<Asked> {
    let keys = ["GameSessionId", "PlayerId", "PlayerSessionId"];
    let given: Vec<&str> = keys.into_iter().filter(|key| shapes.get(key).is_some()).collect();
    let of = match given.as_slice() {
        ["GameSessionId"] => shapes.required_game_session().map(PlayersOf::Session),
        ["PlayerId"] => shapes.optional_text("PlayerId", 1..=1024).map(|id| PlayersOf::Player(id.into())),
        ["PlayerSessionId"] => shapes.player_session("PlayerSessionId").map(PlayersOf::One),
        _ => {
            shapes.violate(keys[0], "one of GameSessionId, PlayerId, PlayerSessionId", given.len());
            None
        }
    };
    let status = shapes.choice("PlayerSessionStatusFilter", &STATUSES);
    let page = page_of(shapes, PAGE_MAX);
    let of = of?;
    let touched = match &of {
        PlayersOf::Session(session) => fleet_of(session),
        PlayersOf::Player(_) | PlayersOf::One(_) => None,
    };
    query(Query::PlayerSessions { of, status, page: page? }, touched)
}

pub(super) fn connections(shapes: &Shapes<'_>) -> Option<Asked> {
    let (session, players) = (shapes.required_game_session(), player_ids(shapes));
    let session = session?;
    let touched = fleet_of(&session);
    query(Query::Connections { session, players: players? }, touched)
}

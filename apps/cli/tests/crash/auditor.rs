//! Reads the events as an outsider and keeps account of tickets, players and live matches.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::text;

/// An event with its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub id: u64,
    pub envelope: Value,
}

impl Told {
    /// The tickets of the event.
    pub fn tickets(&self) -> impl Iterator<Item = &str> {
        list(&self.envelope["detail"]["tickets"]).map(|ticket| text(ticket, "ticketId"))
    }

    fn players(&self) -> impl Iterator<Item = &str> {
        let tickets = list(&self.envelope["detail"]["tickets"]);
        tickets.flat_map(|ticket| list(&ticket["players"])).map(|player| text(player, "playerId"))
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Every event so far, and what they add up to.
#[derive(Default)]
pub struct Story {
    pub told: Vec<Told>,
    pub auditor: Auditor,
}

impl Story {
    pub fn add(&mut self, one: Told) {
        assert!(one.id > self.last_id(), "position {} follows {}", one.id, self.last_id());
        self.auditor.take(&one);
        self.told.push(one);
    }

    pub fn last_id(&self) -> u64 {
        self.told.last().map_or(0, |one| one.id)
    }
}

/// What all the events so far add up to. Panics at the first that contradicts the ones before it.
#[derive(Default)]
pub struct Auditor {
    searching: BTreeSet<String>,
    ended: BTreeSet<String>,
    /// Player to the live match he is in.
    live: BTreeMap<String, String>,
    /// Player to the one seat he was given.
    pub seats: BTreeMap<String, String>,
    ended_placements: BTreeSet<String>,
    pub completed_matches: usize,
    pub fulfilled_placements: usize,
    pub timed_out: usize,
}

impl Auditor {
    pub fn knows(&self, ticket: &str) -> bool {
        self.searching.contains(ticket) || self.ended.contains(ticket)
    }

    /// Tickets whose end was not told yet.
    pub fn unended(&self) -> BTreeSet<String> {
        self.searching.difference(&self.ended).cloned().collect()
    }

    fn take(&mut self, one: &Told) {
        let detail = &one.envelope["detail"];
        for ticket in one.tickets() {
            assert!(!self.ended.contains(ticket), "{ticket} has ended, and then: {}", one.envelope);
        }
        match text(detail, "type") {
            "MatchmakingSearching" => {
                self.searching.extend(one.tickets().map(str::to_owned));
                // Its match found no host in time, and it goes on searching.
                self.part(one);
            }
            "PotentialMatchCreated" => self.begin(one, text(detail, "matchId")),
            "AcceptMatch" => {}
            "AcceptMatchCompleted" => {
                if text(detail, "acceptance") != "Accepted" {
                    self.free(one);
                }
            }
            "MatchmakingSucceeded" => {
                self.free(one);
                self.seat(list(&detail["gameSessionInfo"]["players"]), &one.envelope);
                self.completed_matches += 1;
                self.ended.extend(one.tickets().map(str::to_owned));
            }
            "MatchmakingTimedOut" => {
                self.timed_out += 1;
                self.ended.extend(one.tickets().map(str::to_owned));
            }
            "MatchmakingCancelled" | "MatchmakingFailed" => {
                self.part(one);
                self.ended.extend(one.tickets().map(str::to_owned));
            }
            "PlacementFulfilled" => {
                self.end_placement(one, text(detail, "placementId"));
                self.fulfilled_placements += 1;
                self.seat(list(&detail["placedPlayerSessions"]), &one.envelope);
            }
            "PlacementCancelled" | "PlacementTimedOut" | "PlacementFailed" => {
                self.end_placement(one, text(detail, "placementId"));
            }
            other => panic!("no load leads to {other}: {}", one.envelope),
        }
    }

    fn begin(&mut self, one: &Told, match_id: &str) {
        for player in one.players() {
            let other = self.live.insert(player.to_owned(), match_id.to_owned());
            assert_eq!(other, None, "{player} is in two live matches: {}", one.envelope);
        }
    }

    fn free(&mut self, one: &Told) {
        for player in one.players() {
            assert!(self.live.remove(player).is_some(), "{player} was in no live match: {}", one.envelope);
        }
    }
    /// Whoever of its players was in a live match no longer is.
    fn part(&mut self, one: &Told) {
        for player in one.players() {
            self.live.remove(player);
        }
    }

    /// Players whose seat is told of, here or there: it is always the same.
    fn seat<'a>(&mut self, players: impl Iterator<Item = &'a Value>, envelope: &Value) {
        for player in players {
            let Some(seat) = player["playerSessionId"].as_str() else { continue };
            let player = text(player, "playerId");
            let first = self.seats.entry(player.to_owned()).or_insert_with(|| seat.to_owned());
            assert_eq!(first, seat, "{player} has two seats: {envelope}");
        }
    }

    pub fn has_ended(&self, placement: &str) -> bool {
        self.ended_placements.contains(placement)
    }

    fn end_placement(&mut self, one: &Told, placement: &str) {
        let is_first = self.ended_placements.insert(placement.to_owned());
        assert!(is_first, "{placement} ends twice: {}", one.envelope);
    }
}

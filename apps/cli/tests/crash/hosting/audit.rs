//! What the server says of games after a start, against what it acknowledged and what it said before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::load::Ledger;
use crate::auditor::Story;
use crate::server::Api;
use crate::text;

/// Of each kind so many of the newest are looked at after every start.
const RECENT: usize = 25;

/// States that are left within a second or two, by an answer or by a timer.
const PASSING: [&str; 4] = ["ACTIVATING", "TERMINATING", "RESERVED", "PENDING"];
/// Much longer than any timer here.
const PASSES: Duration = Duration::from_secs(10);

/// How far each thing had come when it was seen last: it never goes back, and does not stay half-way.
#[derive(Default)]
pub struct Progress(BTreeMap<String, Seen>);

struct Seen {
    rank: usize,
    status: String,
    since: Instant,
}

/// The states of one kind of thing, in groups of which one follows the other.
type Order<'a> = &'a [&'a [&'a str]];

pub const SESSION: Order<'static> = &[&["ACTIVATING"], &["ACTIVE"], &["TERMINATING"], &["TERMINATED"]];
const SEAT: Order<'static> = &[&["RESERVED"], &["ACTIVE"], &["COMPLETED", "TIMEDOUT"]];
const PLACEMENT: Order<'static> = &[&["PENDING"], &["FULFILLED", "CANCELLED", "TIMED_OUT", "FAILED"]];

impl Progress {
    fn check(&mut self, id: &str, status: &str, order: Order<'_>) {
        let rank = order.iter().position(|group| group.contains(&status));
        let rank = rank.unwrap_or_else(|| panic!("{id} is {status}, which is no state of it"));
        match self.0.get(id) {
            Some(seen) if seen.status == status => {
                let is_stuck = PASSING.contains(&status) && seen.since.elapsed() > PASSES;
                assert!(!is_stuck, "{id} is {status} for {:?}", seen.since.elapsed());
            }
            seen => {
                let goes_on = seen.is_none_or(|seen| rank > seen.rank);
                assert!(goes_on, "{id} was {} and is {status}", seen.map_or("", |seen| &seen.status));
                self.0.insert(id.to_owned(), Seen { rank, status: status.to_owned(), since: Instant::now() });
            }
        }
    }
}

/// Everything, or a panic that names what is wrong.
pub fn audit(api: &Api, fleet: &str, story: &Story, ledger: &Ledger, progress: &mut Progress) {
    tickets(api, story, ledger);
    for id in ledger.placements.iter().rev().take(RECENT) {
        let found = api.must("DescribeGameSessionPlacement", &json!({ "PlacementId": id }));
        let status = text(&found["GameSessionPlacement"], "Status");
        progress.check(id, status, PLACEMENT);
        let is_stopped = ledger.stopped_placements.contains(id);
        assert!(!is_stopped || status == "CANCELLED", "{id} was stopped, and that was acknowledged: {found}");
        let is_told = story.auditor.has_ended(id);
        assert!(!is_told || status != "PENDING", "an event told that {id} ended: {found}");
    }
    for id in ledger.sessions.iter().rev().take(RECENT) {
        progress.check(id, &session_status(api, id), SESSION);
    }
    for id in ledger.seats.iter().rev().take(RECENT) {
        let found = all(api, "DescribePlayerSessions", json!({ "PlayerSessionId": id }), "PlayerSessions");
        assert_eq!(found.len(), 1, "the acknowledged seat {id}");
        progress.check(id, text(&found[0], "Status"), SEAT);
    }
    for (player, seat) in
        story.auditor.seats.iter().rev().filter(|(player, _)| player.starts_with("of-")).take(RECENT)
    {
        let found = all(api, "DescribePlayerSessions", json!({ "PlayerId": player }), "PlayerSessions");
        let ids: Vec<&str> = found.iter().map(|one| text(one, "PlayerSessionId")).collect();
        assert_eq!(ids, [seat.as_str()], "{player} was given one seat");
        progress.check(seat, text(&found[0], "Status"), SEAT);
    }
    games(api, fleet, progress);
}

fn tickets(api: &Api, story: &Story, ledger: &Ledger) {
    let recent: Vec<&String> = ledger.tickets.iter().rev().take(4 * RECENT).collect();
    let mut states: BTreeMap<String, String> = BTreeMap::new();
    for ids in recent.chunks(10) {
        let answer = api.must("DescribeMatchmaking", &json!({ "TicketIds": ids }));
        for ticket in answer["TicketList"].as_array().expect("a list") {
            states.insert(text(ticket, "TicketId").to_owned(), text(ticket, "Status").to_owned());
        }
    }
    for ticket in recent {
        let state = states.get(ticket).unwrap_or_else(|| panic!("acknowledged ticket {ticket} is missing"));
        let is_stopped = ledger.stopped_tickets.contains(ticket);
        assert!(!is_stopped || state == "CANCELLED", "{ticket} was stopped, and is {state}");
        assert!(story.auditor.knows(ticket), "{ticket} is acknowledged, but no event tells of it");
    }
}

/// Every game that is not over: who runs it, and who sits there.
fn games(api: &Api, fleet: &str, progress: &mut Progress) {
    let mut ports = BTreeMap::new();
    for game in open_games(api, fleet) {
        let (id, number) = (text(&game, "GameSessionId"), |key: &str| game[key].as_u64().expect("a number"));
        progress.check(id, text(&game, "Status"), SESSION);
        let other = ports.insert(number("Port"), id.to_owned());
        assert_eq!(other, None, "the process of {id} has another game");
        let seats = all(api, "DescribePlayerSessions", json!({ "GameSessionId": id }), "PlayerSessions");
        let mut players = BTreeSet::new();
        for seat in &seats {
            progress.check(text(seat, "PlayerSessionId"), text(seat, "Status"), SEAT);
            if ["RESERVED", "ACTIVE"].contains(&text(seat, "Status")) {
                let player = text(seat, "PlayerId");
                assert!(players.insert(player), "{player} has two seats in {id}");
            }
        }
        let most = number("MaximumPlayerSessionCount") as usize;
        assert!(players.len() <= most, "{id} holds {} players of {most}", players.len());
    }
}

/// Games that are not over.
pub fn open_games(api: &Api, fleet: &str) -> Vec<Value> {
    let states = ["ACTIVATING", "ACTIVE", "TERMINATING"];
    let of = |state| {
        let body = json!({ "FleetId": fleet, "StatusFilter": state });
        all(api, "DescribeGameSessions", body, "GameSessions")
    };
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    // Asked one after the other: who changes meanwhile is seen twice.
    for game in states.into_iter().flat_map(of) {
        found.insert(text(&game, "GameSessionId").to_owned(), game);
    }
    found.into_values().collect()
}

pub fn session_status(api: &Api, id: &str) -> String {
    let found = all(api, "DescribeGameSessions", json!({ "GameSessionId": id }), "GameSessions");
    assert_eq!(found.len(), 1, "the acknowledged game {id}");
    text(&found[0], "Status").to_owned()
}

/// Every page.
pub fn all(api: &Api, operation: &str, mut body: Value, list: &str) -> Vec<Value> {
    let mut found = Vec::new();
    loop {
        let mut answer = api.must(operation, &body);
        found.extend(answer[list].as_array().cloned().expect("a list"));
        match answer["NextToken"].take() {
            Value::Null => return found,
            token => body["NextToken"] = token,
        }
    }
}

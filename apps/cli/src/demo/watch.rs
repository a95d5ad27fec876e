//! The demo's view of the events: accepts what is proposed, notes what is made.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::players::Party;
use crate::api::Api;

/// A match that was made.
#[derive(Debug, Clone)]
pub struct Made {
    pub matchmaker: String,
    pub id: String,
    /// Per ticket, its players with their teams.
    tickets: Vec<Vec<(String, String)>>,
    pub longest_wait: Duration,
}

impl Made {
    pub fn players(&self) -> usize {
        self.tickets.iter().map(Vec::len).sum()
    }

    /// The teams with skills, as `sun 1010, moon 998`.
    pub fn teams(&self, parties: &[Party]) -> String {
        let all = parties.iter().flat_map(|party| &party.players);
        let skills: BTreeMap<&str, u32> = all.map(|player| (player.id.as_str(), player.skill)).collect();
        let mut teams: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ticket in &self.tickets {
            let mut of_ticket: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for (player, team) in ticket {
                let skill = skills.get(player.as_str()).map_or("?".to_string(), u32::to_string);
                of_ticket.entry(team).or_default().push(skill);
            }
            for (team, skills) in of_ticket {
                teams.entry(team).or_default().push(skills.join("+"));
            }
        }
        let shown: Vec<String> =
            teams.iter().map(|(team, skills)| format!("{team} {}", skills.join(" "))).collect();
        shown.join("\n")
    }
}

/// Watches on a thread of its own, until the stream ends.
pub fn start(api: Api, made: Arc<Mutex<Vec<Made>>>) {
    std::thread::spawn(move || {
        let mut started: BTreeMap<String, Instant> = BTreeMap::new();
        let watched = api.clone().events(0, |event| {
            look(&api, &event, &mut started, &made);
            true
        });
        if let Err(why) = watched {
            eprintln!("the events ended: {why}");
        }
    });
}

fn look(api: &Api, event: &Value, started: &mut BTreeMap<String, Instant>, made: &Mutex<Vec<Made>>) {
    let detail = &event["detail"];
    let tickets = || detail["tickets"].as_array().into_iter().flatten();
    let id = |ticket: &Value| ticket["ticketId"].as_str().unwrap_or_default().to_string();
    match detail["type"].as_str() {
        Some("MatchmakingSearching") => tickets().for_each(|ticket| {
            started.entry(id(ticket)).or_insert_with(Instant::now);
        }),
        Some("PotentialMatchCreated") if detail["acceptanceRequired"] == true => {
            tickets().for_each(|ticket| {
                let players: Vec<&Value> = ticket["players"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|player| &player["playerId"])
                    .collect();
                let answer =
                    json!({ "TicketId": id(ticket), "PlayerIds": players, "AcceptanceType": "ACCEPT" });
                if let Err(why) = api.call("AcceptMatch", &answer) {
                    eprintln!("not accepted: {why}");
                }
            })
        }
        Some("MatchmakingSucceeded") => {
            let waits = tickets().filter_map(|ticket| started.get(&id(ticket))).map(Instant::elapsed);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
            let player = |player: &Value| (text(&player["playerId"]), text(&player["team"]));
            let one = Made {
                matchmaker: text(&event["resources"][0]).rsplit('/').next().unwrap_or_default().to_string(),
                id: text(&detail["matchId"]),
                longest_wait: waits.max().unwrap_or_default(),
                tickets: tickets()
                    .map(|ticket| ticket["players"].as_array().into_iter().flatten().map(player).collect())
                    .collect(),
            };
            made.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        }
        _ => {}
    }
}

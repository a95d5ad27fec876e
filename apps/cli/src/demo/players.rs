//! Players as a small game has them: parties of friends, skill around a middle, a home with latencies.

use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::{Value, json};

/// Where players live, and the usual milliseconds from there to each region.
const HOMES: &[(&str, [(&str, u32); 3])] = &[
    ("europe", [("eu-west-1", 25), ("us-east-1", 85), ("ap-northeast-1", 230)]),
    ("america", [("eu-west-1", 85), ("us-east-1", 30), ("ap-northeast-1", 160)]),
    ("asia", [("eu-west-1", 230), ("us-east-1", 160), ("ap-northeast-1", 35)]),
];

#[derive(Debug, Clone)]
pub struct Player {
    pub id: String,
    pub skill: u32,
    healer: bool,
    latencies: Vec<(&'static str, u32)>,
}

/// Friends who send one ticket.
#[derive(Debug, Clone)]
pub struct Party {
    pub matchmaker: &'static str,
    pub players: Vec<Player>,
}

impl Party {
    pub fn request(&self) -> Value {
        let attributes = |player: &Player| {
            let skill = ("skill".to_string(), json!({ "N": player.skill }));
            let role = if player.healer { "healer" } else { "fighter" };
            let role = (self.matchmaker == "raid").then(|| ("role".to_string(), json!({ "SL": [role] })));
            [Some(skill), role].into_iter().flatten().collect::<serde_json::Map<_, _>>()
        };
        let player = |player: &Player| {
            let latencies: serde_json::Map<String, Value> =
                player.latencies.iter().map(|(region, ms)| (region.to_string(), json!(ms))).collect();
            json!({ "PlayerId": player.id, "PlayerAttributes": attributes(player), "LatencyInMs": latencies })
        };
        let players: Vec<Value> = self.players.iter().map(player).collect();
        json!({ "ConfigurationName": self.matchmaker, "Players": players })
    }
}

/// `count` players in parties, the same for the same seed.
pub fn parties(rng: &mut ChaCha12Rng, count: usize) -> Vec<Party> {
    let mut parties = Vec::new();
    let mut number = 0;
    while number < count {
        let matchmaker =
            ["duel", "duel", "squads", "squads", "squads", "squads", "raid"][rng.random_range(0..7)];
        let friends = match (matchmaker, rng.random_range(0..100)) {
            ("duel", _) | (_, 0..60) => 1,
            (_, 60..85) => 2,
            (_, 85..95) => 3,
            _ => {
                if matchmaker == "raid" {
                    3
                } else {
                    4
                }
            }
        };
        let (home, usual) = HOMES[rng.random_range(0..HOMES.len())];
        let friends = friends.min(count - number);
        // Friends are of a kind: their skills lie around the party's.
        let middle: f64 = 1000.0 + (0..6).map(|_| rng.random_range(-80.0..80.0)).sum::<f64>();
        let players = (0..friends).map(|_| {
            number += 1;
            let skill = (middle + rng.random_range(-60.0..60.0)).max(1.0) as u32;
            let latencies = usual.map(|(region, ms)| (region, ms + rng.random_range(0..=ms / 3)));
            let healer = rng.random_range(0..4) == 0;
            Player { id: format!("{home}-{number}"), skill, healer, latencies: latencies.to_vec() }
        });
        parties.push(Party { matchmaker, players: players.collect() });
    }
    parties
}

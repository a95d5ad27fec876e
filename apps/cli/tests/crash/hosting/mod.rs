//! The rounds with games in play: game servers outlive every kill and come back through the real socket, while
//! matches, placements and games are asked for.
//!
//! After each start: what was acknowledged is there and did not go back, no process has two games, no game is over
//! capacity, whoever was given a seat has that one and no other, and whoever runs a game still does. At the end all
//! placements, reservations and games end.

mod audit;
mod load;
mod servers;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use audit::{Progress, all, audit, open_games, session_status};
use load::{Ledger, Load};
use matchwright_fake_server::Address;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use servers::Servers;

use crate::auditor::Story;
use crate::server::{Api, Server};
use crate::{catch_up, listen, snapshots, start_mark, text};

const FLEET: &str = "fleet";
const LOCATION: &str = "custom-here";
/// The queue, and the matchmaker that uses it.
const QUEUED: &str = "queued";

/// Timers that run out within a few rounds; game servers ask as often as they like.
const OPTIONS: [&str; 8] = [
    "--set",
    "hosting.player_session_reservation_seconds=1",
    "--set",
    "hosting.reconnect_grace_seconds=2",
    "--set",
    "hosting.termination_grace_seconds=2",
    "--set",
    "hosting.rate_limits=false",
];
/// About one in each round: with more of them the journal could be truncated before its last events were heard.
pub const SNAPSHOTS: [&str; 2] = ["--set", "journal.snapshot_bytes=30000"];
const LONG: Duration = Duration::from_secs(20);

/// Rounds on one journal.
pub fn live(random: &mut ChaCha8Rng, rounds: usize, more_options: &[&str]) {
    let (folder, address) = (tempfile::tempdir().expect("a folder"), free_address(random));
    let options: Vec<&str> = OPTIONS.iter().chain(more_options).copied().collect();
    let (mut ledger, mut story, mut progress) = (Ledger::default(), Story::default(), Progress::default());
    let mut server = Server::start_at(&address, folder.path(), &options);
    let place = set_up(server.api(), &address);
    let mut servers = Servers::start(place.clone(), random.random());
    for round in 0..rounds {
        let api = server.api();
        let mark = format!("mark-{round}");
        start_mark(api, &mark);
        catch_up(api, &mut story, &mark);
        audit(api, &place.fleet, &story, &ledger, &mut progress);
        keeps_its_games(api, &servers);
        let load = Load::start(api, &place.fleet, random, round);
        let listener = listen(api.clone(), story.last_id());
        std::thread::sleep(Duration::from_millis(random.random_range(60..250)));
        server.kill();
        load.end(&mut ledger);
        let heard = listener.recv_timeout(Duration::from_secs(10)).expect("the stream ends with the server");
        heard.into_iter().for_each(|one| story.add(one));
        server = Server::start_at(&address, folder.path(), &options);
    }
    start_mark(server.api(), "mark-served");
    catch_up(server.api(), &mut story, "mark-served");
    audit(server.api(), &place.fleet, &story, &ledger, &mut progress);
    is_served(server.api());
    end(server.api(), &place.fleet, &mut servers, &ledger, story);
    if !more_options.is_empty() {
        has_snapshots(server.api(), folder.path());
    }
}

/// A slow machine may have journaled too little for a snapshot by now: then it gets what is enough for one.
fn has_snapshots(api: &Api, folder: &Path) {
    let padding = " ".repeat(30_000);
    let body = format!(
        r#"{{"ruleLanguageVersion": "1.0",{padding}"teams": [{{"name": "a", "minPlayers": 1, "maxPlayers": 1}}]}}"#
    );
    for number in 0..100 {
        if snapshots(folder) > 0 {
            return;
        }
        api.must(
            "CreateMatchmakingRuleSet",
            &json!({ "Name": format!("large-{number}"), "RuleSetBody": body }),
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no snapshot was written");
}

/// Below the ports that systems give to clients: one that tries to come back could else take the server's for its own.
fn free_address(random: &mut ChaCha8Rng) -> String {
    loop {
        let address = format!("127.0.0.1:{}", random.random_range(20_000..32_000));
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

/// A fleet of one machine, a queue, a matchmaker that fills its games again, and one that never finds a second player.
fn set_up(api: &Api, address: &str) -> Address {
    api.must("CreateLocation", &json!({ "LocationName": LOCATION }));
    let fleet = json!({ "Name": FLEET, "ComputeType": "ANYWHERE", "Locations": [{ "Location": LOCATION }],
        "AnywhereConfiguration": { "Cost": "1" } });
    let fleet = api.must("CreateFleet", &fleet)["FleetAttributes"].take();
    let (id, arn) = (text(&fleet, "FleetId"), text(&fleet, "FleetArn"));
    let compute =
        json!({ "FleetId": id, "ComputeName": "here", "IpAddress": "127.0.0.1", "Location": LOCATION });
    api.must("RegisterCompute", &compute);
    let token = api.must("GetComputeAuthToken", &json!({ "FleetId": id, "ComputeName": "here" }));
    let queue = json!({ "Name": QUEUED, "TimeoutInSeconds": 2, "Destinations": [{ "DestinationArn": arn }] });
    let queue = api.must("CreateGameSessionQueue", &queue)["GameSessionQueue"].take();
    let queue = text(&queue, "GameSessionQueueArn");
    matchmaker(
        api,
        QUEUED,
        [1, 3],
        json!({ "FlexMatchMode": "WITH_QUEUE", "BackfillMode": "AUTOMATIC",
        "GameSessionQueueArns": [queue] }),
    );
    matchmaker(api, "alone", [20, 20], json!({ "FlexMatchMode": "STANDALONE" }));
    Address {
        endpoint: format!("ws://{address}/game-server"),
        fleet: id.to_owned(),
        compute: "here".to_owned(),
        token: text(&token, "AuthToken").to_owned(),
    }
}

fn matchmaker(api: &Api, name: &str, [least, most]: [u32; 2], mut fields: serde_json::Value) {
    let team = |name: &str| json!({ "name": name, "minPlayers": least, "maxPlayers": most });
    let rules = json!({ "ruleLanguageVersion": "1.0", "teams": [team("red"), team("blue")] });
    api.must("CreateMatchmakingRuleSet", &json!({ "Name": name, "RuleSetBody": rules.to_string() }));
    fields["Name"] = json!(name);
    fields["RuleSetName"] = json!(name);
    fields["RequestTimeoutSeconds"] = json!(2);
    fields["AcceptanceRequired"] = json!(false);
    api.must("CreateMatchmakingConfiguration", &fields);
}

/// Whoever runs a game has come back to it, and the server knows it as running, unless it ends just now.
fn keeps_its_games(api: &Api, servers: &Servers) {
    let playing = servers.seen().playing.clone();
    let mut left: BTreeMap<usize, String> = playing;
    let until = Instant::now() + LONG;
    while !left.is_empty() {
        left.retain(|process, game| {
            session_status(api, game) != "ACTIVE" && servers.seen().playing.contains_key(process)
        });
        assert!(Instant::now() < until, "these run games that the server takes for over: {left:?}");
    }
    let complaints = std::mem::take(&mut servers.seen().complaints);
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// The processes are there still, and are given games.
fn is_served(api: &Api) {
    let body =
        json!({ "PlacementId": "last", "GameSessionQueueName": QUEUED, "MaximumPlayerSessionCount": 2 });
    let until = Instant::now() + LONG;
    for attempt in 0.. {
        let mut body = body.clone();
        body["PlacementId"] = json!(format!("last-{attempt}"));
        api.must("StartGameSessionPlacement", &body);
        let mut status = "PENDING".to_owned();
        while status == "PENDING" {
            std::thread::sleep(Duration::from_millis(20));
            let found =
                api.must("DescribeGameSessionPlacement", &json!({ "PlacementId": body["PlacementId"] }));
            status = text(&found["GameSessionPlacement"], "Status").to_owned();
        }
        if status == "FULFILLED" {
            return;
        }
        assert!(Instant::now() < until, "no process takes a game: {status}");
    }
}

/// Everybody's timers run out and every process ends; then nothing is left open.
fn end(api: &Api, fleet: &str, servers: &mut Servers, ledger: &Ledger, mut story: Story) {
    keeps_its_games(api, servers);
    servers.end();
    let after = story.last_id();
    let is_over = |story: &Story| {
        story.auditor.unended().is_empty() && ledger.placements.iter().all(|one| story.auditor.has_ended(one))
    };
    start_mark(api, "mark-last");
    let mut over = false;
    api.events(after, |one| {
        story.add(one);
        over = story.auditor.knows("mark-last") && is_over(&story);
        !over
    });
    assert!(over, "the stream ended, and these never did: {:?}", story.auditor.unended());
    let until = Instant::now() + LONG;
    loop {
        let open = open_games(api, fleet);
        if open.is_empty() {
            break;
        }
        assert!(Instant::now() < until, "these games never end: {open:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let given = ledger.seats.iter().rev().take(100);
    for seat in given.chain(story.auditor.seats.values().rev().take(100)) {
        let found = all(api, "DescribePlayerSessions", json!({ "PlayerSessionId": seat }), "PlayerSessions");
        let is_open = found.iter().any(|one| ["RESERVED", "ACTIVE"].contains(&text(one, "Status")));
        assert!(!is_open, "the seat {seat} outlives its game: {found:?}");
    }
    tell(servers, ledger, &story);
}

fn tell(servers: &Servers, ledger: &Ledger, story: &Story) {
    let (seen, auditor) = (servers.seen(), &story.auditor);
    println!(
        "{} tickets, {} placements, {} games and {} seats acknowledged; {} matches, {} placements fulfilled; game \
         servers: {} reconnects, {} crashes, {} updates, {} players",
        ledger.tickets.len(),
        ledger.placements.len(),
        ledger.sessions.len(),
        ledger.seats.len(),
        auditor.completed_matches,
        auditor.fulfilled_placements,
        seen.reconnected,
        seen.crashed,
        seen.updated,
        seen.players,
    );
    let all = [auditor.completed_matches, auditor.fulfilled_placements, seen.reconnected, seen.players];
    assert!(all.into_iter().all(|count| count > 0), "something was never in play");
}

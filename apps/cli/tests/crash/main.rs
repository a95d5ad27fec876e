//! Kills the server at random moments under load and looks at what the next start knows; `hosting` with games in play.
//!
//! Every round ends with SIGKILL. Then, on the same data: no acknowledged ticket is missing, no event that somebody
//! was told is gone, no ticket ended twice, no player is in two live matches. At the end every ticket ends by its
//! timers. `CRASH_ROUNDS` sets the rounds (20; the gate runs 200), `CRASH_SEED` repeats the choices of a run; the moments at which
//! threads meet are the machine's.

mod auditor;
mod hosting;
mod load;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use auditor::{Auditor, Story, Told};
use load::{Ledger, Load};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use server::{Api, Server};

/// They are written all the time.
const SNAPSHOTS: [&str; 2] = ["--set", "journal.snapshot_bytes=3000"];

/// The journal is read from its beginning at the end, so it keeps everything.
#[test]
fn acknowledged_is_kept() {
    run(rounds(20), &[], true);
}

/// The same while snapshots are written and the journal is truncated behind them.
#[test]
fn acknowledged_is_kept_while_snapshots_are_written() {
    run(rounds(20) / 4 + 1, &SNAPSHOTS, false);
}

/// The same with games in play.
#[test]
fn acknowledged_is_kept_with_game_servers() {
    lives(rounds(20) * 3 / 4, |random, rounds| hosting::live(random, rounds, &[]));
}

#[test]
fn acknowledged_is_kept_with_game_servers_while_snapshots_are_written() {
    lives(rounds(20) / 4, |random, rounds| hosting::live(random, rounds, &hosting::SNAPSHOTS));
}

fn rounds(default: usize) -> usize {
    std::env::var("CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Another one each time; printed, so that it can be given again.
fn any_seed() -> u64 {
    let now = std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970");
    now.as_nanos() as u64
}

/// A new journal every so many rounds, so that a long run does not spend its time on replay.
const ROUNDS_OF_A_LIFE: usize = 40;

fn run(rounds: usize, options: &[&str], keeps_all: bool) {
    lives(rounds, |random, rounds| live(random, rounds, options, keeps_all));
}

/// Spreads the rounds over as many journals as they need.
fn lives(rounds: usize, live: impl Fn(&mut ChaCha8Rng, usize)) {
    let seed = std::env::var("CRASH_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(any_seed);
    println!("CRASH_SEED={seed} CRASH_ROUNDS={rounds}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for first in (0..rounds).step_by(ROUNDS_OF_A_LIFE) {
        live(&mut random, ROUNDS_OF_A_LIFE.min(rounds - first));
    }
}

fn live(random: &mut ChaCha8Rng, rounds: usize, options: &[&str], keeps_all: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut ledger, mut story) = (Ledger::default(), Story::default());
    for round in 0..rounds {
        let server = Server::start(folder.path(), options);
        if round == 0 {
            set_up(server.api());
        }
        // A mark meets nobody: its first event tells that the past has been read, its last that timers go on.
        let mark = format!("mark-{round}");
        start_mark(server.api(), &mark);
        catch_up(server.api(), &mut story, &mark);
        audit(server.api(), &story, &ledger);
        let load = Load::start(server.api().clone(), random, round, ledger);
        let listener = listen(server.api().clone(), story.last_id());
        std::thread::sleep(Duration::from_millis(random.random_range(60..200)));
        server.kill();
        ledger = load.end();
        let heard = listener.recv_timeout(Duration::from_secs(10)).expect("the stream ends with the server");
        heard.into_iter().for_each(|one| story.add(one));
    }
    end(folder.path(), options, ledger, story, keeps_all);
    assert!(keeps_all || snapshots(folder.path()) > 0, "no snapshot was written");
}

fn snapshots(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("us-east-1/snap")).expect("a folder of snapshots").count()
}

/// Everybody's timers run out; then the whole story is read once more.
fn end(folder: &Path, options: &[&str], ledger: Ledger, mut story: Story, keeps_all: bool) {
    let server = Server::start(folder, options);
    let api = server.api();
    start_mark(api, "mark-last");
    catch_up(api, &mut story, "mark-last");
    audit(api, &story, &ledger);
    let after = story.last_id();
    let mut running = story.auditor.unended();
    api.events(after, |one| {
        story.add(one);
        running = story.auditor.unended();
        !running.is_empty()
    });
    assert!(running.is_empty(), "the stream ended, and these never did: {running:?}");
    if keeps_all {
        let mut again = Story::default();
        api.events(0, |one| {
            again.add(one);
            again.last_id() < story.last_id()
        });
        assert!(again.told == story.told, "the journal from its beginning tells another story");
    }
    let Auditor { completed_matches, timed_out, .. } = story.auditor;
    println!(
        "{} tickets and {} stops acknowledged; {} events, {completed_matches} matches, {timed_out} tickets timed out",
        ledger.started.len(),
        ledger.stopped.len(),
        story.told.len(),
    );
    assert!(completed_matches > 0 && timed_out > 0, "the load made no match, or no timer ran");
}

/// `open` matches at once, `asked` asks the players first, `alone` never finds a second player.
fn set_up(api: &Api) {
    let team = |name: &str, players: u32| json!({"name": name, "minPlayers": players, "maxPlayers": players});
    for (name, asks, players) in [("open", false, 1), ("asked", true, 1), ("alone", false, 20)] {
        let body =
            json!({"ruleLanguageVersion": "1.0", "teams": [team("red", players), team("blue", players)]});
        api.must("CreateMatchmakingRuleSet", &json!({"Name": name, "RuleSetBody": body.to_string()}));
        let mut fields = json!({"Name": name, "RuleSetName": name, "RequestTimeoutSeconds": 2, "AcceptanceRequired": asks});
        if asks {
            fields["AcceptanceTimeoutSeconds"] = json!(1);
        }
        api.must("CreateMatchmakingConfiguration", &fields);
    }
}

fn start_mark(api: &Api, mark: &str) {
    let players = json!([{"PlayerId": mark}]);
    api.must(
        "StartMatchmaking",
        &json!({"TicketId": mark, "ConfigurationName": "alone", "Players": players}),
    );
}

/// Reads on until the mark's first event; all before it is then in the story.
fn catch_up(api: &Api, story: &mut Story, mark: &str) {
    let mut found = false;
    api.events(story.last_id(), |one| {
        found = one.tickets().any(|ticket| ticket == mark);
        story.add(one);
        !found
    });
    assert!(found, "the stream ended before the event of {mark}");
}

/// Collects what is told until the server dies.
fn listen(api: Api, after: u64) -> mpsc::Receiver<Vec<Told>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut heard = Vec::new();
        api.events(after, |one| {
            heard.push(one);
            true
        });
        // The test may have failed meanwhile; then nobody listens.
        let _ = sender.send(heard);
    });
    receiver
}

/// What the server says now against what it acknowledged and what it told.
fn audit(api: &Api, story: &Story, ledger: &Ledger) {
    let recent: Vec<&String> = ledger.started.iter().rev().take(100).collect();
    let mut states: BTreeMap<String, String> = BTreeMap::new();
    for ids in recent.chunks(10) {
        let answer = api.must("DescribeMatchmaking", &json!({"TicketIds": ids}));
        for ticket in answer["TicketList"].as_array().expect("a list") {
            let word = |key: &str| ticket[key].as_str().expect("a text").to_owned();
            states.insert(word("TicketId"), word("Status"));
        }
    }
    for ticket in recent {
        let state = states.get(ticket).unwrap_or_else(|| panic!("acknowledged ticket {ticket} is missing"));
        if ledger.stopped.contains(ticket) {
            assert_eq!(state, "CANCELLED", "{ticket} was stopped, and that was acknowledged");
        }
    }
    let unknown: BTreeSet<&String> = ledger.started.iter().filter(|one| !story.auditor.knows(one)).collect();
    assert!(unknown.is_empty(), "acknowledged, but no event tells of them: {unknown:?}");
}

/// A member that must be there.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is missing in {value}"))
}

//! The stream of events: in order, resumed, filtered, older than memory.

use crate::client::{Server, kind};

fn play(server: &Server, matchmaker: &str, round: usize) {
    let (one, other) = (format!("{matchmaker}-{round}-a"), format!("{matchmaker}-{round}-b"));
    server.join(matchmaker, &one);
    server.join(matchmaker, &other);
    server.until_status(&one, "COMPLETED");
}

#[test]
fn a_reader_resumes_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.create_duel("duel-now");
    play(&server, "duel-now", 1);
    let all = server.events("?after=0", None, 4);
    let kinds: Vec<&str> = all.iter().map(|(_, envelope)| kind(envelope)).collect();
    assert_eq!(
        kinds,
        ["MatchmakingSearching", "MatchmakingSearching", "PotentialMatchCreated", "MatchmakingSucceeded"]
    );
    assert!(all.is_sorted_by_key(|(position, _)| *position));
    let rest = server.events("", Some(all[1].0), 2);
    assert_eq!(rest, all[2..]);
    server.create_duel("other");
    play(&server, "other", 1);
    let other = server.events("?after=0&matchmaker=other", None, 4);
    assert!(other.iter().all(|(position, _)| *position > all[3].0), "{other:?}");
}

#[test]
fn events_older_than_memory_come_from_the_journal_with_the_same_ids() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.create_duel("duel-now");
    (0..10).for_each(|round| play(&server, "duel-now", round));
    let whole = server.events("?after=0", None, 40);
    server.stop();
    let server = Server::start(folder.path(), &["events.keep=3"]);
    assert_eq!(server.events("?after=0", None, 40), whole);
    assert_eq!(server.events(&format!("?after={}", whole[17].0), None, 22), whole[18..]);
    play(&server, "duel-now", 10);
    assert_eq!(server.events("?after=0", None, 44)[..40], whole);
}

#[test]
fn snapshots_shorten_the_journal_and_the_stream_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["events.keep=3", "journal.snapshot_bytes=2000"];
    let server = Server::start(folder.path(), &settings);
    server.create_duel("duel-now");
    let snapshots =
        || std::fs::read_dir(folder.path().join("us-east-1/snap")).map_or(0, |entries| entries.count());
    for round in 0.. {
        play(&server, "duel-now", round);
        if snapshots() == 2 {
            break;
        }
    }
    // How much is left depends on when the snapshots were taken; the newest three events stay in memory.
    let before = server.events("?after=0", None, 3);
    server.stop();
    let server = Server::start(folder.path(), &settings);
    play(&server, "duel-now", 100_000);
    let after = server.events(&format!("?after={}", before[2].0), None, 4);
    assert!(after.iter().all(|(position, _)| *position > before[2].0), "{after:?}");
    server.until_status("duel-now-0-a", "COMPLETED");
}

#[test]
fn a_reader_of_old_events_goes_on_while_the_journal_is_shortened() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["events.keep=3", "journal.snapshot_bytes=2000"]);
    server.create_duel("duel-now");
    play(&server, "duel-now", 0);
    std::thread::scope(|scope| {
        let playing = scope.spawn(|| (1..60).for_each(|round| play(&server, "duel-now", round)));
        while !playing.is_finished() {
            let found = server.events("?after=0", None, 3);
            assert!(found.is_sorted_by_key(|(position, _)| *position), "{found:?}");
        }
    });
}

#[test]
fn nonsense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.get("/v1/events?after=x").0, 400);
    assert_eq!(server.get("/v1/events?region=nowhere").0, 404);
}

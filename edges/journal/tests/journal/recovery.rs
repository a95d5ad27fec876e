//! Starts: which snapshot serves, what is repaired, what is refused and with which words; and a full disk.

use std::fs;
use std::path::Path;

use matchwright_engine::Record;
use matchwright_journal::{Fault, Log, Options, Repair, SnapshotName, SqliteLog, codec, inspect, snapshot};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use crate::common::*;
use crate::samples;

/// A journal with real records, snapshots after each third, truncated as the rules say, closed.
fn journal() -> (TempDir, Vec<Record>, Vec<SnapshotName>) {
    let place = tempdir().unwrap();
    let (mut log, _) = open(place.path());
    let records = samples::of_every_kind();
    let mut names = Vec::new();
    let third = records.len() / 3;
    for start in [0, third, 2 * third] {
        let part = &records[start..start + third];
        for pair in part.chunks(2) {
            let bytes: Vec<_> = pair.iter().map(codec::encode).collect();
            log.append(log.last_position() + 1, &bytes).unwrap();
        }
        // The "state" of this test: every record so far.
        let state = records[..start + third].iter().map(codec::encode).collect();
        names.push(take_snapshot(place.path(), &mut log, state));
    }
    let rest: Vec<_> = records[3 * third..].iter().map(codec::encode).collect();
    log.append(log.last_position() + 1, &rest).unwrap();
    append_all(&mut log, &records[..3]);
    let records = [&records[..], &records[..3]].concat();
    (place, records, names)
}

fn append_all(log: &mut SqliteLog, records: &[Record]) {
    let bytes: Vec<_> = records.iter().map(codec::encode).collect();
    log.append(log.last_position() + 1, &bytes).unwrap();
}

/// Starts and replays; gives the records as applied and what was repaired.
fn replay(place: &Path) -> (Vec<Record>, Vec<Repair>, Option<u64>) {
    let (mut log, recovered) = open(place);
    let repairs = recovered.repairs.clone();
    let from = recovered.snapshot.as_ref().map(|found| found.name.position);
    let last_position = recovered.last_position;
    let mut applied = Vec::new();
    let mut positions = Vec::new();
    recovered
        .replay(&mut log, |position, record| {
            positions.push(position);
            applied.push(record);
        })
        .unwrap();
    assert_eq!(positions.last(), Some(&last_position));
    (applied, repairs, from)
}

fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn change(place: &Path, sql: &str) {
    let connection = Connection::open(place.join("journal.db")).unwrap();
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql}");
}

fn bytes_of(place: &Path) -> Vec<u8> {
    fs::read(place.join("journal.db")).unwrap()
}

#[test]
fn the_newest_snapshot_and_the_frames_above_it_are_replayed() {
    let (place, records, names) = journal();
    let (applied, repairs, from) = replay(place.path());
    assert_eq!((applied, repairs, from), (records, vec![], Some(names[2].position)));
}

#[test]
fn a_damaged_snapshot_is_reported_and_the_older_one_serves() {
    let (place, records, names) = journal();
    let truncate_up_to = snapshot::prune(place.path(), REALM, names[2].position).unwrap();
    assert_eq!(truncate_up_to, names[1].position);
    let (mut log, _) = open(place.path());
    while log.truncate(truncate_up_to).unwrap() > 0 {}
    drop(log);
    damage(&names[2].path(place.path()));
    let (applied, repairs, from) = replay(place.path());
    assert_eq!((applied, from), (records.clone(), Some(names[1].position)));
    assert!(
        matches!(&repairs[..], [Repair::SnapshotSkipped { name, .. }] if *name == names[2].to_string()),
        "{repairs:?}"
    );
    let seen = inspect::overview(place.path()).unwrap();
    assert_eq!(seen.snapshots.iter().filter(|one| one.damage.is_some()).count(), 1);

    // A missing one is the same, and when both are gone the truncated journal cannot serve.
    fs::remove_file(names[2].path(place.path())).unwrap();
    let (applied, repairs, _) = replay(place.path());
    assert_eq!((applied, repairs.len()), (records, 1));
    damage(&names[1].path(place.path()));
    let fault = refused(place.path());
    assert_eq!(fault.code(), "F112", "{fault}");
}

#[test]
fn without_any_snapshot_a_whole_journal_serves() {
    let (place, records, names) = journal();
    for name in &names {
        damage(&name.path(place.path()));
    }
    let (applied, repairs, from) = replay(place.path());
    assert_eq!((applied, from, repairs.len()), (records, None, 3));
}

#[test]
fn an_unfinished_snapshot_is_removed_and_one_the_head_does_not_name_serves() {
    let (place, records, names) = journal();
    let left = place.path().join("snap/eu-west-1-40-1.zst.tmp");
    fs::write(&left, b"half").unwrap();
    change(place.path(), "UPDATE realm_head SET snapshot_name = NULL, snapshot_position = 0");
    let (applied, repairs, from) = replay(place.path());
    assert_eq!((applied, from), (records, Some(names[2].position)));
    assert_eq!(repairs, [Repair::UnfinishedSnapshot { name: "eu-west-1-40-1.zst.tmp".to_string() }]);
    assert!(!left.exists());
}

#[test]
fn a_damaged_last_frame_is_set_aside_and_reported() {
    let (place, records, _) = journal();
    let (log, _) = open(place.path());
    let identity = log.identity();
    drop(log);
    change(
        place.path(),
        "UPDATE realm_journal SET frame = zeroblob(40) WHERE last_position = (SELECT max(last_position) FROM realm_journal)",
    );
    let (applied, repairs, _) = replay(place.path());
    assert_eq!(applied, records[..records.len() - 3]);
    let [Repair::LastFrameDropped { first, last, kept_as, .. }] = &repairs[..] else { panic!("{repairs:?}") };
    assert_eq!((*first, *last), (records.len() as u64 - 2, records.len() as u64));
    assert_eq!(fs::read(kept_as).unwrap(), [0; 40]);
    // Its positions are used again, so their events must not have the lost ones' ids.
    let (mut log, recovered) = open(place.path());
    assert_ne!(log.identity(), identity);
    assert_eq!(recovered.repairs, []);
    append_all(&mut log, &records[..3]);
    drop(log);
    assert_eq!(replay(place.path()).0, records);
}

#[test]
fn what_cannot_be_right_is_refused_with_what_to_do_and_left_alone() {
    let middle = "(SELECT last_position FROM realm_journal ORDER BY last_position LIMIT 1 OFFSET 4)";
    let cases = [
        (format!("UPDATE realm_journal SET frame = zeroblob(9) WHERE last_position = {middle}"), "F108"),
        (format!("DELETE FROM realm_journal WHERE last_position = {middle}"), "F109"),
        (
            format!(
                "UPDATE realm_journal SET first_position = first_position + 1 WHERE last_position = {middle}"
            ),
            "F109",
        ),
        ("UPDATE realm_head SET last_position = last_position + 1".to_string(), "F110"),
        ("UPDATE realm_head SET last_position = last_position - 1".to_string(), "F110"),
        ("DELETE FROM realm_journal".to_string(), "F110"),
        ("UPDATE realm_head SET name = 'us-east-1'".to_string(), "F120"),
    ];
    for (sql, code) in cases {
        let (place, ..) = journal();
        change(place.path(), &sql);
        let before = bytes_of(place.path());
        let fault = refused(place.path());
        assert_eq!(fault.code(), code, "{sql}: {fault}");
        assert!(fault.to_string().ends_with(&format!("[{code}]")), "{fault}");
        assert_eq!(bytes_of(place.path()), before, "{sql}");
    }
}

#[test]
fn another_layout_or_another_database_is_refused() {
    for (sql, code) in [("PRAGMA user_version = 2", "F115"), ("PRAGMA application_id = 7", "F104")] {
        let (place, ..) = journal();
        Connection::open(place.path().join("journal.db")).unwrap().execute_batch(sql).unwrap();
        assert_eq!(refused(place.path()).code(), code);
    }
    let place = tempdir().unwrap();
    fs::write(place.path().join("journal.db"), [7; 8192]).unwrap();
    assert_eq!(refused(place.path()).code(), "F117");
}

#[test]
fn a_deleted_database_is_refused_while_snapshots_are_there() {
    let (place, ..) = journal();
    fs::remove_file(place.path().join("journal.db")).unwrap();
    assert_eq!(refused(place.path()).code(), "F114");
    assert!(!place.path().join("journal.db").exists());
}

#[test]
fn a_realm_without_a_proper_name_is_refused() {
    let place = tempdir().unwrap();
    for realm in ["", "../x", "-a", "a/b", &"x".repeat(64)] {
        let Err(fault) = SqliteLog::open(place.path(), realm, &options()) else {
            panic!("{realm} was taken")
        };
        assert_eq!(fault.code(), "F104");
    }
}

#[test]
fn a_full_journal_rejects_appends_serves_reads_and_recovers() {
    let place = tempdir().unwrap();
    let options = Options { max_bytes: Some(1 << 20), ..options() };
    let (mut log, _) = SqliteLog::open(place.path(), REALM, &options).unwrap();
    let fault = loop {
        if let Err(fault) = append(&mut log, 10, 1000) {
            break fault;
        }
        assert!(log.bytes().unwrap() <= 1 << 20);
    };
    assert!(fault.is_full(), "{fault}");
    assert_eq!(fault.code(), "F103");
    let last = log.last_position();
    assert_eq!(records_above(&mut log, 0).len() as u64, last, "reads go on, the rest was rolled back");
    assert!(append(&mut log, 10, 1000).unwrap_err().is_full());

    for _ in 0..2 {
        take_snapshot(place.path(), &mut log, vec![b"state".to_vec()]);
    }
    while log.truncate(last).unwrap() > 0 {}
    append(&mut log, 10, 1000).unwrap();
    drop(log);
    let (mut log, recovered) = SqliteLog::open(place.path(), REALM, &options).unwrap();
    assert_eq!(recovered.last_position, last + 10);
    assert_eq!(records_above(&mut log, last).len(), 10);
    assert!(log.bytes().unwrap() <= 1 << 20);
}

#[test]
fn a_second_start_is_refused_with_clear_words() {
    let place = tempdir().unwrap();
    let (mut log, _) = open(place.path());
    let Err(fault @ Fault::Locked { .. }) = try_open(place.path()) else { panic!("it was opened twice") };
    assert!(fault.to_string().contains("in use by another process; stop that one"), "{fault}");
    assert_eq!(inspect::overview(place.path()).unwrap_err().code(), "F102");
    append(&mut log, 1, 50).unwrap();
}

#[test]
fn inspection_shows_everything_and_writes_nothing() {
    let (place, records, names) = journal();
    change(place.path(), "UPDATE realm_journal SET frame = zeroblob(9) WHERE last_position = 2");
    let before = bytes_of(place.path());
    let seen = inspect::overview(place.path()).unwrap();
    assert_eq!((seen.realm.as_str(), seen.epoch, seen.last_position), (REALM, 1, records.len() as u64));
    assert_eq!(seen.snapshot_name, Some(names[2].to_string()));
    assert_eq!(
        seen.snapshots.iter().map(|one| one.records as u64).collect::<Vec<_>>(),
        names.iter().map(|one| one.position).collect::<Vec<_>>()
    );
    assert_eq!(seen.frames.iter().filter(|frame| frame.damage.is_some()).count(), 1);
    assert!(seen.problems[0].contains("[F108]"), "{:?}", seen.problems);

    let mut lines = Vec::new();
    inspect::write_records(place.path(), 0, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), records.len() - 2 + 1, "a damaged frame of two is one line");
    assert!(lines[0]["problem"].is_string());
    assert_eq!(lines[1]["position"], 3);
    assert_eq!(lines[1]["change"]["matchmakerCreated"]["name"], "arena");

    let mut lines = Vec::new();
    inspect::write_snapshot(place.path(), &names[0], &mut lines).unwrap();
    assert_eq!(lines.split(|byte| *byte == b'\n').count() as u64 - 1, names[0].position);
    assert_eq!(bytes_of(place.path()), before);
}

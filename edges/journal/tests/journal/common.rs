//! What the tests of the journal share.

use std::path::Path;

use matchwright_journal::{Fault, Frame, Log, Options, Recovered, SnapshotName, SqliteLog, snapshot};

pub const REALM: &str = "eu-west-1";

pub fn options() -> Options {
    Options { max_bytes: None, lock_wait: std::time::Duration::ZERO }
}

pub fn open(folder: &Path) -> (SqliteLog, Recovered) {
    try_open(folder).unwrap_or_else(|fault| panic!("{fault}"))
}

pub fn try_open(folder: &Path) -> Result<(SqliteLog, Recovered), Fault> {
    SqliteLog::open(folder, REALM, &options())
}

/// The fault of a start that must be refused.
pub fn refused(folder: &Path) -> Fault {
    match try_open(folder) {
        Ok(_) => panic!("the start was not refused"),
        Err(fault) => fault,
    }
}

/// The record at a position, about `length` bytes long.
pub fn record(position: u64, length: usize) -> Vec<u8> {
    format!("record {position} ").into_bytes().into_iter().cycle().take(length.max(24)).collect()
}

/// Appends `count` records in one step.
pub fn append(log: &mut dyn Log, count: u64, length: usize) -> Result<(), Fault> {
    let first = log.last_position() + 1;
    let records: Vec<_> = (first..first + count).map(|position| record(position, length)).collect();
    log.append(first, &records)
}

/// Every record above a position, read in small pages; checks that positions follow each other.
pub fn records_above(log: &mut dyn Log, mut after: u64) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    loop {
        let frames = log.read(after, 3).unwrap_or_else(|fault| panic!("{fault}"));
        let Some(last) = frames.last().map(Frame::last_position) else { return records };
        for frame in &frames {
            for (position, bytes) in frame.records_after(after) {
                assert_eq!(position, after + 1);
                records.push(bytes.to_vec());
                after = position;
            }
        }
        assert_eq!(after, last);
    }
}

/// Writes a snapshot at the log's last position and lets the head name it.
pub fn take_snapshot(folder: &Path, log: &mut dyn Log, records: Vec<Vec<u8>>) -> SnapshotName {
    let name = SnapshotName { position: log.last_position(), epoch: log.epoch(), realm: REALM.to_string() };
    snapshot::write(folder, &name, records).unwrap();
    log.set_snapshot(name.position, &name.to_string()).unwrap();
    name
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

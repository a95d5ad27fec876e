//! Crashes and decay: files cut at every byte and with flipped bits. What opens is a prefix, never a wrong record.
//! Inside pages the cuts are 17 bytes apart; `CUT_EVERY_BYTE=1` takes minutes and leaves out none.

use std::fs;
use std::path::{Path, PathBuf};

use matchwright_journal::{Log, Repair};
use tempfile::TempDir;

use crate::common::*;

const COMMITS: usize = 8;
const RECORDS: u64 = 2;

/// A journal as a crash left it: nothing was closed. Kept in memory where the system has a place for that.
struct Crashed {
    place: TempDir,
    database: Vec<u8>,
    wal: Vec<u8>,
    /// Bytes of the write-ahead file after each commit.
    ends: Vec<usize>,
}

fn quick_place() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

impl Crashed {
    fn after_commits() -> Self {
        let place = quick_place();
        let (mut log, _) = open(place.path());
        let wal_bytes = || fs::metadata(place.path().join("journal.db-wal")).unwrap().len() as usize;
        let ends = (0..COMMITS).map(|_| {
            append(&mut log, RECORDS, 100).unwrap();
            wal_bytes()
        });
        let ends = ends.collect();
        let crashed = quick_place();
        copy_folder(place.path(), crashed.path());
        let read = |name| fs::read(crashed.path().join(name)).unwrap();
        Self { database: read("journal.db"), wal: read("journal.db-wal"), place: crashed, ends }
    }

    fn folder(&self) -> &Path {
        self.place.path()
    }

    fn wal_path(&self) -> PathBuf {
        self.folder().join("journal.db-wal")
    }

    /// Puts the files back as the crash left them, but for the write-ahead file.
    fn restore(&self, wal: &[u8]) {
        fs::write(self.folder().join("journal.db"), &self.database).unwrap();
        fs::write(self.wal_path(), wal).unwrap();
    }

    /// Opens it with its write-ahead file cut, and checks that exactly the whole commits are there.
    fn check_cut(&self, length: usize) {
        self.restore(&self.wal[..length]);
        let commits = self.ends.iter().filter(|end| **end <= length).count() as u64;
        let (mut log, recovered) =
            try_open(self.folder()).unwrap_or_else(|fault| panic!("cut to {length}: {fault}"));
        assert_eq!(recovered.last_position, commits * RECORDS, "cut to {length}");
        let expected: Vec<_> = (1..=commits * RECORDS).map(|position| record(position, 100)).collect();
        assert_eq!(records_above(&mut log, 0), expected, "cut to {length}");
        if commits > 0 {
            let torn = (length - self.ends[commits as usize - 1]) as u64;
            let expected = if torn > 0 { vec![Repair::UnfinishedCommit { bytes: torn }] } else { vec![] };
            assert_eq!(recovered.repairs, expected, "cut to {length}");
        }
        append(&mut log, 1, 100).unwrap();
    }
}

#[test]
fn cut_at_every_byte_of_the_last_commits_a_journal_opens_at_a_commit() {
    let crashed = Crashed::after_commits();
    let from = crashed.ends[COMMITS - 4];
    let all = std::env::var_os("CUT_EVERY_BYTE").is_some();
    // A frame is 24 bytes and a page of 4096. Inside a page each cut is like the next: 17 is no factor of anything.
    let is_inside = |length: usize| (64..4096).contains(&((length - 32) % 4120));
    for length in (from..=crashed.wal.len()).filter(|length| all || !is_inside(*length) || length % 17 == 0) {
        crashed.check_cut(length);
    }
}

#[test]
fn cut_anywhere_since_its_creation_a_journal_opens_at_a_commit() {
    let crashed = Crashed::after_commits();
    for length in (0..64).chain((0..crashed.wal.len()).step_by(509)) {
        crashed.check_cut(length);
    }
}

#[test]
fn a_flipped_bit_in_an_earlier_commit_is_refused_and_nothing_is_touched() {
    let crashed = Crashed::after_commits();
    let last = crashed.ends[COMMITS - 2];
    for index in (0..200).chain((0..last).step_by(101)).chain(last - 40..last) {
        let mut wal = crashed.wal.clone();
        wal[index] ^= 1 << (index % 8);
        crashed.restore(&wal);
        assert_eq!(refused(crashed.folder()).code(), "F111", "byte {index}");
        assert_eq!(fs::read(crashed.wal_path()).unwrap(), wal, "byte {index}");
        assert_eq!(fs::read(crashed.folder().join("journal.db")).unwrap(), crashed.database, "byte {index}");
    }
}

#[test]
fn a_flipped_bit_in_the_last_commit_is_a_torn_tail() {
    let crashed = Crashed::after_commits();
    let last = crashed.ends[COMMITS - 2];
    for index in (last..crashed.wal.len()).step_by(67) {
        let mut wal = crashed.wal.clone();
        wal[index] ^= 0x20;
        crashed.restore(&wal);
        let Ok((mut log, recovered)) = try_open(crashed.folder()) else { continue };
        assert_eq!(recovered.last_position, (COMMITS as u64 - 1) * RECORDS, "byte {index}");
        assert_eq!(records_above(&mut log, 0).len() as u64, recovered.last_position);
        let torn = (crashed.wal.len() - last) as u64;
        assert_eq!(recovered.repairs, [Repair::UnfinishedCommit { bytes: torn }], "byte {index}");
    }
}

/// An earlier round of the write-ahead file lies behind the newest one; it is no damage.
#[test]
fn a_write_ahead_file_that_went_round_opens() {
    let place = quick_place();
    let (mut log, _) = open(place.path());
    let wal = place.path().join("journal.db-wal");
    let mut largest = 0;
    // 1000 pages fill it; then it starts again from its beginning.
    for _ in 0..9 {
        append(&mut log, 700, 6000).unwrap();
        largest = largest.max(fs::metadata(&wal).unwrap().len());
    }
    assert!(largest > 4_000_000, "{largest}");
    append(&mut log, 1, 100).unwrap();
    let last = log.last_position();
    let crashed = quick_place();
    copy_folder(place.path(), crashed.path());
    let (mut log, recovered) = open(crashed.path());
    assert_eq!((recovered.last_position, recovered.repairs), (last, vec![]));
    assert_eq!(records_above(&mut log, last - 1), [record(last, 100)]);
}

/// After a clean stop everything is in the database, which has no checksums of its own.
#[test]
fn a_flipped_bit_in_the_database_never_gives_a_wrong_record() {
    let place = quick_place();
    let (mut log, _) = open(place.path());
    for _ in 0..COMMITS {
        append(&mut log, RECORDS, 2000).unwrap();
    }
    let expected = records_above(&mut log, 0);
    drop(log);
    assert!(!place.path().join("journal.db-wal").exists());
    let path = place.path().join("journal.db");
    let database = fs::read(&path).unwrap();
    let (mut refusals, mut repairs) = (0, 0);
    for index in (0..database.len()).step_by(29) {
        let mut flipped = database.clone();
        flipped[index] ^= 1 << (index % 8);
        fs::write(&path, &flipped).unwrap();
        match try_open(place.path()) {
            Err(_) => {
                refusals += 1;
                assert_eq!(fs::read(&path).unwrap(), flipped, "byte {index}: a refused start wrote");
            }
            Ok((mut log, recovered)) => {
                let dropped =
                    recovered.repairs.iter().any(|one| matches!(one, Repair::LastFrameDropped { .. }));
                let length = expected.len() - if dropped { RECORDS as usize } else { 0 };
                assert_eq!(records_above(&mut log, 0), expected[..length], "byte {index}");
                assert_eq!(log.last_position(), length as u64);
                repairs += usize::from(dropped);
            }
        }
        let _ = fs::remove_file(place.path().join("journal.db-wal"));
    }
    assert!(refusals > 500, "{refusals}");
    assert!(repairs > 100, "{repairs}");
}

//! What every engine of the journal promises. An engine takes part with a [`Place`].

use std::path::PathBuf;

use crate::common::*;
use matchwright_journal::{Fault, Log, SqliteLog};

/// Where an engine keeps one journal.
trait Place: Default {
    type Engine: Log;
    /// Opens it, as a process that starts does.
    fn open(&self) -> Result<Self::Engine, Fault>;
    /// Makes a snapshot at the last position and names it.
    fn snapshot(&self, log: &mut Self::Engine);
}

struct Folder(tempfile::TempDir);

impl Default for Folder {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Place for Folder {
    type Engine = SqliteLog;

    fn open(&self) -> Result<SqliteLog, Fault> {
        try_open(self.0.path()).map(|(log, _)| log)
    }

    fn snapshot(&self, log: &mut SqliteLog) {
        let folder: PathBuf = log.folder().to_path_buf();
        take_snapshot(&folder, log, vec![b"state".to_vec()]);
    }
}

macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name::<super::Folder>(); })*
        }
    };
}

contract! {
    a_new_journal_is_empty,
    what_was_appended_is_read,
    it_is_there_after_a_restart,
    nothing_appended_changes_nothing,
    the_same_position_twice_is_refused,
    a_large_commit_is_one_step_of_several_frames,
    a_record_that_fits_in_no_frame_is_refused,
    reading_from_the_middle_of_a_frame,
    truncation_stops_at_the_snapshot,
    a_truncated_position_is_named,
    truncation_goes_in_batches,
    a_second_owner_is_kept_out_or_fences_the_first,
    the_identity_stays_and_the_epoch_grows,
}

fn a_new_journal_is_empty<P: Place>() {
    let mut log = P::default().open().unwrap();
    assert_eq!((log.last_position(), log.epoch()), (0, 1));
    assert_eq!(log.read(0, 10).unwrap(), []);
    assert_eq!(log.read(7, 10).unwrap(), []);
    assert_eq!(log.truncate(u64::MAX).unwrap(), 0);
}

fn what_was_appended_is_read<P: Place>() {
    let mut log = P::default().open().unwrap();
    for count in [1, 3, 20] {
        append(&mut log, count, 400).unwrap();
    }
    assert_eq!(log.last_position(), 24);
    assert_eq!(
        records_above(&mut log, 0),
        (1..=24).map(|position| record(position, 400)).collect::<Vec<_>>()
    );
    let frames = log.read(0, 2).unwrap();
    assert_eq!(frames.iter().map(|frame| frame.first_position).collect::<Vec<_>>(), [1, 2]);
}

fn it_is_there_after_a_restart<P: Place>() {
    let place = P::default();
    for round in 0..4 {
        let mut log = place.open().unwrap();
        assert_eq!(log.last_position(), round * 5);
        append(&mut log, 5, 100).unwrap();
    }
    let records = records_above(&mut place.open().unwrap(), 0);
    assert_eq!(records, (1..=20).map(|position| record(position, 100)).collect::<Vec<_>>());
}

fn nothing_appended_changes_nothing<P: Place>() {
    let mut log = P::default().open().unwrap();
    log.append(1, &[]).unwrap();
    assert_eq!((log.last_position(), log.read(0, 1).unwrap()), (0, vec![]));
}

fn the_same_position_twice_is_refused<P: Place>() {
    let mut log = P::default().open().unwrap();
    append(&mut log, 3, 50).unwrap();
    for (first, code) in [(3, "F106"), (5, "F106"), (0, "F106")] {
        assert_eq!(log.append(first, &[vec![1]]).unwrap_err().code(), code);
    }
    append(&mut log, 1, 50).unwrap();
    assert_eq!(records_above(&mut log, 0).len(), 4);
}

fn a_large_commit_is_one_step_of_several_frames<P: Place>() {
    let place = P::default();
    let mut log = place.open().unwrap();
    append(&mut log, 5, 300_000).unwrap();
    drop(log);
    let mut log = place.open().unwrap();
    assert_eq!(log.last_position(), 5);
    let frames = log.read(0, 10).unwrap();
    assert_eq!(frames.iter().map(|frame| frame.records.len()).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(records_above(&mut log, 0)[4], record(5, 300_000));
}

fn a_record_that_fits_in_no_frame_is_refused<P: Place>() {
    let mut log = P::default().open().unwrap();
    let fault = log.append(1, &[vec![1], vec![0; 1 << 20]]).unwrap_err();
    assert_eq!(fault.code(), "F107");
    assert!(!fault.is_full());
    append(&mut log, 1, 50).unwrap();
    assert_eq!(records_above(&mut log, 0), [record(1, 50)]);
}

fn reading_from_the_middle_of_a_frame<P: Place>() {
    let mut log = P::default().open().unwrap();
    append(&mut log, 4, 50).unwrap();
    append(&mut log, 4, 50).unwrap();
    assert_eq!(records_above(&mut log, 2), (3..=8).map(|position| record(position, 50)).collect::<Vec<_>>());
    assert_eq!(log.read(2, 1).unwrap()[0].first_position, 1);
    assert_eq!(log.read(8, 1).unwrap(), []);
}

fn truncation_stops_at_the_snapshot<P: Place>() {
    let place = P::default();
    let mut log = place.open().unwrap();
    append(&mut log, 4, 50).unwrap();
    append(&mut log, 4, 50).unwrap();
    assert_eq!(log.truncate(8).unwrap(), 0, "no snapshot, nothing may go");
    place.snapshot(&mut log);
    append(&mut log, 4, 50).unwrap();
    assert_eq!(log.truncate(7).unwrap(), 1, "only whole frames go");
    assert_eq!(log.truncate(u64::MAX).unwrap(), 1);
    assert_eq!(log.truncate(u64::MAX).unwrap(), 0);
    drop(log);
    let mut log = place.open().unwrap();
    assert_eq!(log.last_position(), 12);
    assert_eq!(records_above(&mut log, 8), (9..=12).map(|position| record(position, 50)).collect::<Vec<_>>());
}

fn a_truncated_position_is_named<P: Place>() {
    let place = P::default();
    let mut log = place.open().unwrap();
    append(&mut log, 4, 50).unwrap();
    place.snapshot(&mut log);
    log.truncate(4).unwrap();
    assert_eq!(
        log.read(2, 5).unwrap_err().to_string(),
        "position 3 was asked for but the journal starts at 5: the rest was truncated; start from the newest snapshot [F119]"
    );
    append(&mut log, 1, 50).unwrap();
    assert!(matches!(log.read(3, 5), Err(Fault::Truncated { after: 3, first: 5 })));
    assert_eq!(records_above(&mut log, 4), [record(5, 50)]);
}

fn truncation_goes_in_batches<P: Place>() {
    let place = P::default();
    let mut log = place.open().unwrap();
    for _ in 0..2100 {
        append(&mut log, 1, 24).unwrap();
    }
    place.snapshot(&mut log);
    assert_eq!(log.truncate(2100).unwrap(), 2000);
    append(&mut log, 1, 24).unwrap();
    assert_eq!(log.truncate(2100).unwrap(), 100);
    assert_eq!(records_above(&mut log, 2100), [record(2101, 24)]);
}

fn a_second_owner_is_kept_out_or_fences_the_first<P: Place>() {
    let place = P::default();
    let mut first = place.open().unwrap();
    append(&mut first, 2, 50).unwrap();
    match place.open() {
        Err(fault) => {
            assert_eq!(fault.code(), "F102");
            append(&mut first, 1, 50).unwrap();
        }
        Ok(mut second) => {
            assert_eq!(append(&mut first, 1, 50).unwrap_err().code(), "F105");
            append(&mut second, 1, 50).unwrap();
        }
    }
    drop(first);
    let mut log = place.open().unwrap();
    assert_eq!(records_above(&mut log, 0), (1..=3).map(|position| record(position, 50)).collect::<Vec<_>>());
}

fn the_identity_stays_and_the_epoch_grows<P: Place>() {
    let place = P::default();
    let identity = place.open().unwrap().identity();
    let log = place.open().unwrap();
    assert_eq!((log.identity(), log.epoch()), (identity, 2));
    assert_ne!(P::default().open().unwrap().identity(), identity);
}

//! A journal with damage anywhere is refused with a fault, or gives back the beginning of what was written.
//! It never gives another record and never panics.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bolero::TypeGenerator;
use matchwright_fuzz::{Edit, Spoiled, duration};
use matchwright_journal::{Frame, Log, Options, SqliteLog, codec};

const REALM: &str = "us-east-1";

/// Damage to one file of a journal's folder.
#[derive(Debug, Clone, TypeGenerator)]
struct Damage {
    file: u8,
    edits: Vec<Edit>,
}

#[test]
fn damaged_journals() {
    let original = tempfile::tempdir().expect("a folder");
    let written = write_journal(original.path());
    bolero::check!().with_type::<Damage>().with_test_time(duration()).for_each(|damage| {
        let copy = tempfile::tempdir().expect("a folder");
        spoil(original.path(), copy.path(), damage);
        let Ok(found) = read_journal(copy.path()) else { return };
        assert!(
            written.starts_with(&found),
            "{} records of {} and not the first",
            found.len(),
            written.len()
        );
    });
}

#[test]
fn any_record_bytes() {
    bolero::check!().with_test_time(duration()).for_each(|bytes: &[u8]| {
        decode_is_sound(bytes);
        decode_is_sound(&[&[1], bytes].concat());
    });
}

#[test]
fn spoiled_records() {
    let corpus = golden_records();
    bolero::check!().with_type::<Spoiled>().with_test_time(duration()).for_each(|spoiled| {
        decode_is_sound(&spoiled.bytes(&corpus, &["us-east-1"]));
    });
}

/// One record of every kind, as version 1 writes them.
fn golden_records() -> Vec<Vec<u8>> {
    ["v1.bin", "v1-hosting.bin"].into_iter().flat_map(records_of).collect()
}

/// Records of a golden file: `length u32 | bytes`, repeated.
fn records_of(name: &str) -> Vec<Vec<u8>> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../edges/journal/tests/golden");
    let bytes = fs::read(golden.join(name)).expect("the golden records");
    let mut rest = &bytes[..];
    let mut records = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (record, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        records.push(record.to_vec());
        rest = after;
    }
    records
}

/// What was understood is written so that it is understood the same.
fn decode_is_sound(bytes: &[u8]) {
    let Ok(record) = codec::decode(bytes) else { return };
    let again = codec::decode(&codec::encode(&record)).expect("what we wrote we read");
    // NaN differs from itself; the bytes tell whether it is the same record.
    assert_eq!(codec::encode(&again), codec::encode(&record));
}

fn options() -> Options {
    Options { max_bytes: None, lock_wait: Duration::ZERO }
}

/// Forty small commits. Kept as a crash leaves them: the write-ahead file still holds some.
fn write_journal(folder: &Path) -> Vec<Vec<u8>> {
    let live = tempfile::tempdir().expect("a folder");
    let (mut log, _) =
        SqliteLog::open(live.path(), REALM, &options()).unwrap_or_else(|fault| panic!("{fault}"));
    let mut written = Vec::new();
    for commit in 0..40_usize {
        let records: Vec<_> =
            (0..=commit % 3).map(|one| format!("record {commit}-{one}").repeat(9).into_bytes()).collect();
        log.append(log.last_position() + 1, &records).unwrap_or_else(|fault| panic!("{fault}"));
        written.extend(records);
    }
    copy(live.path(), folder);
    written
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("a copied file");
        }
    }
}

fn spoil(from: &Path, to: &Path, damage: &Damage) {
    copy(from, to);
    let mut files: Vec<_> =
        fs::read_dir(to).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let file = &files[usize::from(damage.file) % files.len()];
    let spoiled = Spoiled { document: 0, edits: damage.edits.clone() };
    let bytes = fs::read(file).expect("a file");
    fs::write(file, spoiled.bytes(&[bytes], &["SQLite format 3\0"])).expect("a written file");
}

fn read_journal(folder: &Path) -> Result<Vec<Vec<u8>>, matchwright_journal::Fault> {
    let (mut log, recovered) = SqliteLog::open(folder, REALM, &options())?;
    let (mut found, mut after) = (Vec::new(), 0);
    while after < recovered.last_position {
        let frames = log.read(after, 7)?;
        let end =
            frames.last().map(Frame::last_position).expect("a verified journal reaches its last position");
        found.extend(
            frames.iter().flat_map(|frame| frame.records_after(after)).map(|(_, bytes)| bytes.to_vec()),
        );
        after = end;
    }
    Ok(found)
}

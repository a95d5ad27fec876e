//! Records come back as they were, those of old versions too.

use std::collections::HashSet;
use std::fs;
use std::mem::{Discriminant, discriminant};
use std::path::PathBuf;

use matchwright_engine::{Change, Record, TicketKind};
use matchwright_hosting as hosting;
use matchwright_journal::codec;
use proptest::prelude::*;

use crate::samples;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_record_comes_back(record in samples::record()) {
        let bytes = codec::encode(&record);
        prop_assert_eq!(bytes[0], codec::VERSION);
        prop_assert!(codec::to_json(&bytes).is_ok());
        prop_assert_eq!(codec::decode(&bytes), Ok(record));
    }

    #[test]
    fn any_bytes_are_a_record_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let bytes = [&[codec::VERSION], &bytes[..]].concat();
        if let Ok(record) = codec::decode(&bytes) {
            prop_assert_eq!(codec::decode(&codec::encode(&record)), Ok(record));
        }
    }

    #[test]
    fn a_cut_record_is_an_error(record in samples::record(), part in 0.0f64..1.0) {
        let bytes = codec::encode(&record);
        let length = (bytes.len() as f64 * part) as usize;
        prop_assert!(codec::decode(&bytes[..length]).is_err());
    }
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).join(name)
}

/// Records of a golden file: `length u32 | bytes`, repeated.
fn golden_records(name: &str) -> Vec<Vec<u8>> {
    let bytes = fs::read(golden(name)).unwrap();
    let mut rest = &bytes[..];
    let mut records = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (record, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        records.push(record.to_vec());
        rest = after;
    }
    records
}

/// The golden files of version 1: what they are called, and what is in them.
fn kept() -> [(&'static str, Vec<Record>); 2] {
    [("v1", samples::of_every_kind()), ("v1-hosting", samples::of_hosting())]
}

/// A file of a version is made once, where it is missing. It is never rewritten, not even by bless.
fn make_missing_file(name: &str, records: &[Record]) {
    let (bytes, lines) = (golden(&format!("{name}.bin")), golden(&format!("{name}.jsonl")));
    if codec::VERSION != 1 || bytes.exists() || std::env::var_os("UPDATE_EXPECT").is_none() {
        return;
    }
    let records: Vec<_> = records.iter().map(codec::encode).collect();
    let lengths = records.iter().map(|record| (record.len() as u32).to_le_bytes());
    let written: Vec<u8> =
        lengths.zip(&records).flat_map(|(length, record)| [&length[..], record].concat()).collect();
    let shown: String =
        records.iter().map(|record| format!("{}\n", codec::to_json(record).unwrap())).collect();
    fs::write(bytes, written).unwrap();
    fs::write(lines, shown).unwrap();
}

#[test]
fn version_1_is_read_for_ever() {
    for (name, kept) in kept() {
        make_missing_file(name, &kept);
        let records = golden_records(&format!("{name}.bin"));
        let read: Vec<_> = records.iter().map(|record| codec::decode(record).unwrap()).collect();
        assert_eq!(read, kept, "{name}");
        let lines = fs::read_to_string(golden(&format!("{name}.jsonl"))).unwrap();
        let expected: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let shown: Vec<_> = records.iter().map(|record| codec::to_json(record).unwrap()).collect();
        assert_eq!(shown, expected, "{name}");
    }
}

#[test]
fn version_1_is_written_as_it_was() {
    for (name, kept) in kept() {
        let written: Vec<_> = kept.iter().map(codec::encode).collect();
        assert_eq!(written, golden_records(&format!("{name}.bin")), "{name}");
    }
}

/// The variant as it is written: of tickets the kind, of hosting's changes the inner one too.
type Kind = (Discriminant<Change>, Option<Discriminant<TicketKind>>, Option<Discriminant<hosting::Change>>);

fn kind(change: &Change) -> Kind {
    let (ticket, hosted) = match change {
        Change::TicketStarted { asked, .. } => (Some(discriminant(&asked.kind)), None),
        Change::Hosting(change) => (None, Some(discriminant(change.as_ref()))),
        _ => (None, None),
    };
    (discriminant(change), ticket, hosted)
}

#[test]
fn the_samples_hold_every_variant() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let fixed: HashSet<_> = kept().iter().flat_map(|(_, kept)| kept).map(|one| kind(&one.change)).collect();
    let mut generated = HashSet::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..10_000 {
        let record = samples::record().new_tree(&mut runner).unwrap().current();
        assert!(fixed.contains(&kind(&record.change)), "{record:?} has no fixed sample");
        generated.insert(kind(&record.change));
    }
    assert_eq!(generated.len(), fixed.len(), "a kind is never generated");
    assert_eq!(fixed.len(), 23 + 48);
}

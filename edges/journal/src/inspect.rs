//! A journal as an operator reads it: head, frames, snapshots, and records as lines of JSON. Writes nothing, and
//! reads on where a start would be refused.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use crate::database::{self, Database};
use crate::{Fault, codec, frame, recovery, snapshot, wal};

/// What lies in a journal's folder. `problems` is empty when a start would succeed without a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    pub realm: String,
    /// 32 hexadecimal digits.
    pub identity: String,
    pub epoch: u64,
    pub last_position: u64,
    pub database_bytes: u64,
    pub write_ahead_bytes: u64,
    pub snapshot_position: u64,
    pub snapshot_name: Option<String>,
    pub frames: Vec<FrameOverview>,
    pub snapshots: Vec<SnapshotOverview>,
    pub problems: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameOverview {
    pub first_position: u64,
    pub last_position: u64,
    pub epoch: u64,
    pub bytes: usize,
    /// Why it cannot be read.
    pub damage: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotOverview {
    pub name: String,
    pub bytes: u64,
    /// How many it holds; 0 when it is damaged.
    pub records: usize,
    pub damage: Option<String>,
}

/// Looks at everything in a journal's folder.
///
/// # Errors
/// [`Fault::Locked`] while a server uses it; [`Fault::Database`] and [`Fault::Io`] when not even that can be read.
pub fn overview(folder: &Path) -> Result<Overview, Fault> {
    let database = open(folder)?;
    let mut problems = Vec::new();
    match wal::examine(&database::wal_of(folder)) {
        Ok(torn) if torn.bytes > 0 => {
            problems.push(recovery::Repair::UnfinishedCommit { bytes: torn.bytes }.to_string())
        }
        Ok(_) => {}
        Err(fault) => problems.push(fault.to_string()),
    }
    let head = database.head()?;
    match recovery::verify(&database, &head) {
        Ok(findings) => problems.extend(findings.skipped.iter().map(ToString::to_string)),
        Err(fault) => problems.push(fault.to_string()),
    }
    let mut frames = Vec::new();
    recovery::for_each_row(&database, |row| {
        frames.push(FrameOverview {
            first_position: row.first_position,
            last_position: row.last_position,
            epoch: row.epoch,
            bytes: row.bytes.len(),
            damage: row.frame().err(),
        });
        Ok(())
    })?;
    Ok(Overview {
        identity: format!("{:032x}", head.identity),
        epoch: head.epoch,
        last_position: head.last_position,
        database_bytes: bytes_of(&database::path_of(folder)),
        write_ahead_bytes: bytes_of(&database::wal_of(folder)),
        snapshot_position: head.snapshot_position,
        snapshot_name: head.snapshot_name,
        frames,
        snapshots: snapshots(folder, &head.name)?,
        realm: head.name,
        problems,
    })
}

/// A line of JSON for each record above `after`: `{"position":1,"at":..,"change":{..}}`.
///
/// A frame or record that cannot be read becomes a line with `problem` instead.
pub fn write_records(folder: &Path, after: u64, out: &mut dyn Write) -> Result<(), Fault> {
    let database = open(folder)?;
    recovery::for_each_row(&database, |row| {
        if row.last_position <= after {
            return Ok(());
        }
        let (first, last) = (row.first_position, row.last_position);
        let lines = match frame::decode(&row.bytes) {
            Ok(frame) => {
                frame.records_after(after).map(|(position, bytes)| record_line(position, bytes)).collect()
            }
            Err(error) => {
                vec![serde_json::json!({"first": first, "last": last, "problem": error.to_string()})]
            }
        };
        write_lines(&lines, out)
    })
}

/// A line of JSON for each record of a snapshot, numbered from 1.
pub fn write_snapshot(
    folder: &Path,
    name: &snapshot::SnapshotName,
    out: &mut dyn Write,
) -> Result<(), Fault> {
    let records = snapshot::read(folder, name)?;
    let lines: Vec<_> = (1..).zip(&records).map(|(number, bytes)| record_line(number, bytes)).collect();
    write_lines(&lines, out)
}

fn record_line(position: u64, bytes: &[u8]) -> serde_json::Value {
    match codec::to_json(bytes) {
        Ok(mut record) => {
            record["position"] = position.into();
            record
        }
        Err(error) => serde_json::json!({"position": position, "problem": error.to_string()}),
    }
}

fn write_lines(lines: &[serde_json::Value], out: &mut dyn Write) -> Result<(), Fault> {
    lines
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
        .map_err(Fault::io("write", Path::new("the output")))
}

fn open(folder: &Path) -> Result<Database, Fault> {
    let database = Database::open(folder, false, Duration::ZERO)?;
    database.forbid_writes()?;
    database.expect_layout()?;
    Ok(database)
}

fn snapshots(folder: &Path, realm: &str) -> Result<Vec<SnapshotOverview>, Fault> {
    let describe = |(name, bytes): (snapshot::SnapshotName, u64)| {
        let (records, damage) = match snapshot::read(folder, &name) {
            Ok(records) => (records.len(), None),
            Err(fault) => (0, Some(fault.to_string())),
        };
        SnapshotOverview { name: name.to_string(), bytes, records, damage }
    };
    Ok(snapshot::list(folder, realm)?.into_iter().map(describe).collect())
}

/// Only the file's size is asked for: opening and closing the database beside SQLite would drop its lock.
fn bytes_of(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

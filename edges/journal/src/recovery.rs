//! What a start finds: every frame verified, a damaged end repaired, a whole snapshot chosen; and replay.
//! A refused start changes nothing.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use matchwright_engine::Record;

use crate::database::{Database, Head, REALM};
use crate::snapshot::{self, SnapshotName};
use crate::{Fault, Frame, Log, codec, frame};

/// How many frames replay holds at once.
const FRAMES_PER_READ: usize = 256;

/// What a start found.
#[derive(Debug)]
pub struct Recovered {
    /// The last record's position; 0 in a new journal.
    pub last_position: u64,
    /// The newest whole snapshot.
    pub snapshot: Option<SnapshotFound>,
    /// What was wrong and was put right. Empty after a clean stop.
    pub repairs: Vec<Repair>,
}

/// A whole snapshot with its records.
#[derive(Debug)]
pub struct SnapshotFound {
    pub name: SnapshotName,
    pub records: Vec<Vec<u8>>,
}

/// Something that was put right at the start. Its text is for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Repair {
    #[error(
        "a crash left {bytes} bytes of an unfinished commit; they were dropped; no acknowledged change is lost"
    )]
    UnfinishedCommit { bytes: u64 },
    #[error(
        "the last frame, positions {first} to {last}, was damaged: {why}; it was moved to {kept_as}; its changes are lost"
    )]
    LastFrameDropped { first: u64, last: u64, why: String, kept_as: String },
    #[error("the snapshot {name} was not used: {why}; an older one or the whole journal serves")]
    SnapshotSkipped { name: String, why: String },
    #[error("an unfinished snapshot {name} was removed")]
    UnfinishedSnapshot { name: String },
}

impl Recovered {
    /// Gives every record to `apply`: the snapshot's with the snapshot's position, then the frames' with their own.
    ///
    /// # Errors
    /// [`Fault::Record`] for a record that this program cannot read, and those of [`Log::read`].
    pub fn replay(self, log: &mut dyn Log, mut apply: impl FnMut(u64, Record)) -> Result<(), Fault> {
        let mut give = |position, bytes: &[u8]| -> Result<(), Fault> {
            let record =
                codec::decode(bytes).map_err(|error| Fault::Record { position, why: error.to_string() })?;
            apply(position, record);
            Ok(())
        };
        let mut after = 0;
        if let Some(found) = self.snapshot {
            after = found.name.position;
            found.records.iter().try_for_each(|bytes| give(after, bytes))?;
        }
        while after < self.last_position {
            let frames = log.read(after, FRAMES_PER_READ)?;
            for frame in &frames {
                frame.records_after(after).try_for_each(|(position, bytes)| give(position, bytes))?;
                after = frame.last_position();
            }
            assert!(!frames.is_empty(), "a verified journal reaches its last position");
        }
        Ok(())
    }
}

/// What verification found, before anything is changed.
pub(crate) struct Findings {
    pub snapshot: Option<SnapshotFound>,
    pub skipped: Vec<Repair>,
    /// The position to go on from.
    pub last_position: u64,
    pub damaged_end: Option<DamagedEnd>,
}

/// A last frame that does not decode.
pub(crate) struct DamagedEnd {
    row: Row,
    why: String,
}

/// A row of the journal's table.
pub(crate) struct Row {
    pub last_position: u64,
    pub first_position: u64,
    pub epoch: u64,
    pub bytes: Vec<u8>,
}

impl Row {
    /// The frame that its positions say, or why it is not.
    pub fn frame(&self) -> Result<Frame, String> {
        let frame = frame::decode(&self.bytes).map_err(|error| error.to_string())?;
        let held = (frame.first_position, frame.last_position());
        if held != (self.first_position, self.last_position) {
            return Err(format!("it holds positions {} to {}", held.0, held.1));
        }
        Ok(frame)
    }
}

/// Gives each row to `each`, in order, one in memory at a time.
pub(crate) fn for_each_row(
    database: &Database,
    mut each: impl FnMut(Row) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let failed = |error: rusqlite::Error| database.fault("read", &error);
    let sql = "SELECT last_position, first_position, epoch, frame FROM realm_journal
               WHERE realm = ?1 ORDER BY last_position";
    let mut statement = database.connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query([REALM]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let read = || -> rusqlite::Result<Row> {
            Ok(Row {
                last_position: row.get(0)?,
                first_position: row.get(1)?,
                epoch: row.get(2)?,
                bytes: row.get(3)?,
            })
        };
        each(read().map_err(failed)?)?;
    }
    Ok(())
}

/// Reads everything and changes nothing.
pub(crate) fn verify(database: &Database, head: &Head) -> Result<Findings, Fault> {
    let frames = verify_frames(database)?;
    let head_expected = frames.damaged_end.as_ref().map(|end| end.row.last_position).or(frames.last_position);
    if let Some(expected) = head_expected.filter(|last| *last != head.last_position) {
        return Err(Fault::HeadDisagrees { head: head.last_position, frames: expected });
    }
    let names = snapshot::list(&database.folder, &head.name)?;
    let names: Vec<SnapshotName> = names.into_iter().map(|(name, _)| name).collect();
    if let Some(ahead) = names.iter().find(|name| name.position > head.last_position) {
        return Err(Fault::SnapshotAhead { name: ahead.to_string(), last_position: head.last_position });
    }
    // Without a frame, truncation took them all, and it stops at the snapshot that the head names.
    if frames.first_position.is_none() && head.last_position > head.snapshot_position {
        return Err(Fault::HeadDisagrees { head: head.last_position, frames: head.snapshot_position });
    }
    let last_position = match &frames.damaged_end {
        None => head.last_position,
        Some(end) => end.row.first_position.saturating_sub(1),
    };
    if let (Some(end), Some(newest)) = (&frames.damaged_end, names.last())
        && newest.position > last_position
    {
        return Err(Fault::FrameDamaged { last_position: end.row.last_position, why: end.why.clone() });
    }
    let first_position = frames.first_position.unwrap_or(head.last_position + 1);
    let (snapshot, skipped) = choose_snapshot(&database.folder, head, &names)?;
    let reached = snapshot.as_ref().map_or(0, |found| found.name.position);
    if first_position > reached + 1 {
        return Err(Fault::NoSnapshot { first: first_position });
    }
    Ok(Findings { snapshot, skipped, last_position, damaged_end: frames.damaged_end })
}

struct Frames {
    first_position: Option<u64>,
    /// Of the last whole one.
    last_position: Option<u64>,
    damaged_end: Option<DamagedEnd>,
}

fn verify_frames(database: &Database) -> Result<Frames, Fault> {
    let mut frames = Frames { first_position: None, last_position: None, damaged_end: None };
    for_each_row(database, |row| {
        if let Some(end) = &frames.damaged_end {
            return Err(Fault::FrameDamaged { last_position: end.row.last_position, why: end.why.clone() });
        }
        let expected = frames.last_position.map_or(row.first_position, |last| last + 1);
        if row.first_position != expected {
            return Err(Fault::Gap { expected, found: row.first_position });
        }
        frames.first_position.get_or_insert(row.first_position);
        match row.frame() {
            Ok(_) => frames.last_position = Some(row.last_position),
            Err(why) => frames.damaged_end = Some(DamagedEnd { row, why }),
        }
        Ok(())
    })?;
    Ok(frames)
}

/// The newest snapshot that reads back whole, and what was skipped on the way.
fn choose_snapshot(
    folder: &Path,
    head: &Head,
    names: &[SnapshotName],
) -> Result<(Option<SnapshotFound>, Vec<Repair>), Fault> {
    let mut skipped = Vec::new();
    if let Some(named) = &head.snapshot_name
        && !names.iter().any(|name| name.to_string() == *named)
    {
        let why = "the head names it but the file is missing".to_string();
        skipped.push(Repair::SnapshotSkipped { name: named.clone(), why });
    }
    for name in names.iter().rev() {
        match snapshot::read(folder, name) {
            Ok(records) => return Ok((Some(SnapshotFound { name: name.clone(), records }), skipped)),
            Err(Fault::SnapshotDamaged { why, .. }) => {
                skipped.push(Repair::SnapshotSkipped { name: name.to_string(), why });
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok((None, skipped))
}

/// Sets a damaged last frame aside and the head back to the frame before it, in one transaction.
pub(crate) fn drop_damaged_end(database: &Database, realm: &str, end: &DamagedEnd) -> Result<Repair, Fault> {
    let Row { first_position, last_position, epoch, bytes } = &end.row;
    let place = database.folder.join("damaged");
    let kept_as = place.join(format!("{realm}-{last_position}-{epoch}.frame"));
    fs::create_dir_all(&place).map_err(Fault::io("create", &place))?;
    let write = |mut file: File| file.write_all(bytes).and_then(|()| file.sync_all());
    File::create(&kept_as).and_then(write).map_err(Fault::io("write", &kept_as))?;
    snapshot::sync_folder(&place)?;
    let run = || {
        let transaction = database.connection.unchecked_transaction()?;
        transaction.execute(
            "DELETE FROM realm_journal WHERE realm = ?1 AND last_position = ?2",
            (REALM, last_position),
        )?;
        // A new identity: these positions are used again, and their events must not share ids with the lost ones.
        transaction.execute(
            "UPDATE realm_head SET last_position = ?2, identity = randomblob(16) WHERE realm = ?1",
            (REALM, first_position.saturating_sub(1)),
        )?;
        transaction.commit()
    };
    run().map_err(|error: rusqlite::Error| database.fault("repair", &error))?;
    Ok(Repair::LastFrameDropped {
        first: *first_position,
        last: *last_position,
        why: end.why.clone(),
        kept_as: kept_as.display().to_string(),
    })
}

/// Removes what a crash left of a snapshot.
pub(crate) fn remove_unfinished(folder: &Path) -> Result<Vec<Repair>, Fault> {
    let place = snapshot::snapshots_of(folder);
    let mut removed = Vec::new();
    for entry in fs::read_dir(&place).map_err(Fault::io("read", &place))? {
        let path = entry.map_err(Fault::io("read", &place))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.ends_with(".zst.tmp") {
            fs::remove_file(&path).map_err(Fault::io("delete", &path))?;
            removed.push(Repair::UnfinishedSnapshot { name: name.to_string() });
        }
    }
    Ok(removed)
}

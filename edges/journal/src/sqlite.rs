//! The embedded engine: one folder, one SQLite database, one connection, one thread.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::{OptionalExtension, TransactionBehavior};

use crate::database::{self, Database, REALM};
use crate::recovery::{self, Recovered, Repair, Row};
use crate::wal::{self, TornTail};
use crate::{Fault, Frame, Log, frame, snapshot};

/// How many frames one call of truncate removes, so that commits wait for milliseconds only.
const TRUNCATE_BATCH: usize = 2000;
/// The most frames one call of read holds, whatever was asked for: a gigabyte at worst.
const READ_MOST: usize = 1000;

/// How to open a journal.
#[derive(Debug, Clone)]
pub struct Options {
    /// The most bytes of the database file, without its write-ahead file (4 MB) and snapshots. `None`: the disk's.
    pub max_bytes: Option<u64>,
    /// How long to wait for a process that is just stopping.
    pub lock_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_bytes: None, lock_wait: Duration::from_secs(2) }
    }
}

/// A realm's journal in a folder of its own.
pub struct SqliteLog {
    database: Database,
    identity: u128,
    epoch: u64,
    last_position: u64,
    is_stopped: bool,
}

impl SqliteLog {
    /// Opens the journal of a realm, or makes one, and verifies all of it.
    ///
    /// # Errors
    /// [`Fault::Locked`] while another process has it; those of `docs/internals/journal.md`, "Recovery". A start
    /// that is refused leaves everything as it was found.
    pub fn open(folder: &Path, realm: &str, options: &Options) -> Result<(Self, Recovered), Fault> {
        expect_realm_name(realm)?;
        let (database, torn) = open_or_create(folder, realm, options)?;
        let head = database.head()?;
        if head.name != realm {
            let (folder, expected) = (folder.to_path_buf(), realm.to_string());
            return Err(Fault::OtherRealm { folder, expected, found: head.name });
        }
        let findings = recovery::verify(&database, &head)?;

        let mut repairs = Vec::new();
        if torn.bytes > 0 {
            repairs.push(Repair::UnfinishedCommit { bytes: torn.bytes });
        }
        if let Some(end) = &findings.damaged_end {
            repairs.push(recovery::drop_damaged_end(&database, realm, end)?);
        }
        repairs.extend(findings.skipped);
        repairs.extend(recovery::remove_unfinished(folder)?);
        if let Some(max_bytes) = options.max_bytes {
            database.limit(max_bytes)?;
        }
        let epoch = take_over(&database)?;
        snapshot::sync_folder(folder)?;
        database.checkpoint_on_close(true)?;
        let identity = database.head()?.identity;
        let last_position = findings.last_position;
        let recovered = Recovered { last_position, snapshot: findings.snapshot, repairs };
        Ok((Self { database, identity, epoch, last_position, is_stopped: false }, recovered))
    }

    /// The folder it lies in; snapshots go there too.
    pub fn folder(&self) -> &Path {
        &self.database.folder
    }

    /// The bytes of the database file, free pages included.
    pub fn bytes(&self) -> Result<u64, Fault> {
        Ok(self.database.pragma_number("page_count")? as u64 * database::PAGE_BYTES)
    }

    fn write_frames(&mut self, first_position: u64, records: &[Vec<u8>]) -> Result<u64, Fault> {
        let most = frame::MAX_RECORD_BYTES;
        let ranges = frame::split(records).map_err(|bytes| Fault::RecordTooLarge { bytes, most })?;
        let (epoch, from) = (self.epoch, self.last_position);
        let to = from + records.len() as u64;
        let run = || -> rusqlite::Result<bool> {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.database.connection.transaction_with_behavior(behavior)?;
            let moved = transaction
                .prepare_cached(
                    "UPDATE realm_head SET last_position = ?4 WHERE realm = ?1 AND epoch = ?2 AND last_position = ?3",
                )?
                .execute((REALM, epoch, from, to))?;
            if moved != 1 {
                return Ok(false);
            }
            for range in ranges {
                let first = first_position + range.start as u64;
                let last = first_position + range.end as u64 - 1;
                let bytes = frame::encode(first, &records[range]);
                transaction
                    .prepare_cached(
                        "INSERT INTO realm_journal(realm, last_position, first_position, epoch, frame)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute((REALM, last, first, epoch, bytes))?;
            }
            transaction.commit()?;
            Ok(true)
        };
        match run() {
            Ok(true) => Ok(to),
            Ok(false) => Err(Fault::Fenced { epoch, position: from }),
            Err(error) => Err(self.database.fault("append to", &error)),
        }
    }

    /// After a failed write nobody knows what is on the disk, unless it was room that was missing.
    fn note<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &result
            && !fault.is_full()
            && !matches!(fault, Fault::RecordTooLarge { .. })
        {
            self.is_stopped = true;
            // Closing must not touch the disk again either; the next start looks at what is there.
            self.database.checkpoint_on_close(false)?;
        }
        result
    }

    fn oldest_position(&self) -> Result<Option<u64>, Fault> {
        let sql = "SELECT first_position FROM realm_journal WHERE realm = ?1 ORDER BY last_position LIMIT 1";
        let first = self.database.connection.query_row(sql, [REALM], |row| row.get(0)).optional();
        first.map_err(|error| self.database.fault("read", &error))
    }

    fn rows(&self, after: u64, max_frames: usize) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.database.connection.prepare_cached(
            "SELECT last_position, first_position, epoch, frame FROM realm_journal
             WHERE realm = ?1 AND last_position > ?2 ORDER BY last_position LIMIT ?3",
        )?;
        let rows = statement.query_map((REALM, after, max_frames.min(READ_MOST)), |row| {
            Ok(Row {
                last_position: row.get(0)?,
                first_position: row.get(1)?,
                epoch: row.get(2)?,
                bytes: row.get(3)?,
            })
        })?;
        rows.collect()
    }
}

impl Log for SqliteLog {
    fn append(&mut self, first_position: u64, records: &[Vec<u8>]) -> Result<(), Fault> {
        if self.is_stopped {
            return Err(Fault::Stopped);
        }
        if first_position != self.last_position + 1 {
            return Err(Fault::NotNext { expected: self.last_position + 1, found: first_position });
        }
        if records.is_empty() {
            return Ok(());
        }
        let written = self.write_frames(first_position, records);
        self.last_position = self.note(written)?;
        Ok(())
    }

    fn read(&mut self, after: u64, max_frames: usize) -> Result<Vec<Frame>, Fault> {
        if after >= self.last_position {
            return Ok(Vec::new());
        }
        let first = self.oldest_position()?.unwrap_or(self.last_position + 1);
        if after + 1 < first {
            return Err(Fault::Truncated { after, first });
        }
        let rows = self.rows(after, max_frames).map_err(|error| self.database.fault("read", &error))?;
        let mut frames: Vec<Frame> = Vec::with_capacity(rows.len());
        for row in rows {
            let last_position = row.last_position;
            let frame = row.frame().map_err(|why| Fault::FrameDamaged { last_position, why })?;
            let expected = frames.last().map_or(after + 1, |before| before.last_position() + 1);
            if frame.first_position > expected {
                return Err(Fault::Gap { expected, found: frame.first_position });
            }
            frames.push(frame);
        }
        Ok(frames)
    }

    fn truncate(&mut self, up_to: u64) -> Result<usize, Fault> {
        if self.is_stopped {
            return Err(Fault::Stopped);
        }
        // A journal that starts above its snapshot could not be opened again.
        let sql = "DELETE FROM realm_journal WHERE realm = ?1 AND last_position IN
                   (SELECT last_position FROM realm_journal WHERE realm = ?1 AND last_position <=
                     (SELECT min(?2, snapshot_position) FROM realm_head WHERE realm = ?1)
                    ORDER BY last_position LIMIT ?3)";
        let removed =
            self.database.connection.execute(sql, (REALM, up_to.min(self.last_position), TRUNCATE_BATCH));
        let removed = removed.map_err(|error| self.database.fault("truncate", &error));
        self.note(removed)
    }

    fn set_snapshot(&mut self, position: u64, name: &str) -> Result<(), Fault> {
        if self.is_stopped {
            return Err(Fault::Stopped);
        }
        let (epoch, last_position) = (self.epoch, self.last_position);
        let sql = "UPDATE realm_head SET snapshot_position = ?3, snapshot_name = ?4 WHERE realm = ?1 AND epoch = ?2";
        let named = self.database.connection.execute(sql, (REALM, epoch, position, name));
        let named = match named.map_err(|error| self.database.fault("name a snapshot in", &error)) {
            Ok(1) => Ok(()),
            Ok(_) => Err(Fault::Fenced { epoch, position: last_position }),
            Err(fault) => Err(fault),
        };
        self.note(named)
    }

    fn identity(&self) -> u128 {
        self.identity
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn last_position(&self) -> u64 {
        self.last_position
    }
}

fn expect_realm_name(realm: &str) -> Result<(), Fault> {
    let is_word = |character: char| character.is_ascii_alphanumeric();
    let is_valid = (1..=63).contains(&realm.len())
        && realm.starts_with(is_word)
        && realm.chars().all(|character| is_word(character) || "._-".contains(character));
    if is_valid {
        return Ok(());
    }
    Err(Fault::Setting {
        setting: "the realm's name".to_string(),
        expected: "1 to 63 of a-z A-Z 0-9 . _ -, first a letter or digit".to_string(),
        found: format!("{realm:?}"),
    })
}

fn open_or_create(folder: &Path, realm: &str, options: &Options) -> Result<(Database, TornTail), Fault> {
    let snapshots = snapshot::snapshots_of(folder);
    fs::create_dir_all(&snapshots).map_err(Fault::io("create", &snapshots))?;
    if !database::path_of(folder).exists()
        && let Some((left, _)) = snapshot::list(folder, realm)?.pop()
    {
        return Err(Fault::SnapshotAhead { name: left.to_string(), last_position: 0 });
    }
    let database = Database::open(folder, true, options.lock_wait)?;
    // Before anything is written: what SQLite dropped by itself, and whether it should not have.
    let torn = wal::examine(&database::wal_of(folder))?;
    if database.is_empty()? {
        database.create_tables(realm)?;
        // The commit is on the disk; now its file's name is, too.
        snapshot::sync_folder(folder)?;
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            snapshot::sync_folder(parent)?;
        }
    }
    database.expect_layout()?;
    Ok((database, torn))
}

/// Raises the epoch: whoever held the journal before is fenced.
fn take_over(database: &Database) -> Result<u64, Fault> {
    let sql = "UPDATE realm_head SET epoch = epoch + 1 WHERE realm = ?1 RETURNING epoch";
    let epoch = database.connection.query_row(sql, [REALM], |row| row.get(0));
    epoch.map_err(|error| database.fault("take over", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deposed_owner_writes_nothing_and_stays_stopped() {
        let place = tempfile::tempdir().unwrap();
        let (mut log, _) = SqliteLog::open(place.path(), "realm", &Options::default()).unwrap();
        log.append(1, &[vec![1]]).unwrap();
        // What another owner would do; the lock lets no second process try it.
        take_over(&log.database).unwrap();
        let fault = log.append(2, &[vec![2]]).unwrap_err();
        assert!(matches!(fault, Fault::Fenced { epoch: 1, position: 1 }), "{fault}");
        assert_eq!(log.append(2, &[vec![2]]).unwrap_err().code(), "F118");
        assert_eq!(log.set_snapshot(1, "x").unwrap_err().code(), "F118");
        assert_eq!(log.truncate(1).unwrap_err().code(), "F118");
        assert_eq!(log.read(0, 10).unwrap().len(), 1, "reads go on");
        drop(log);
        let (log, recovered) = SqliteLog::open(place.path(), "realm", &Options::default()).unwrap();
        assert_eq!((log.epoch(), recovered.last_position), (3, 1));
    }

    #[test]
    fn an_append_where_the_head_moved_is_fenced() {
        let place = tempfile::tempdir().unwrap();
        let (mut log, _) = SqliteLog::open(place.path(), "realm", &Options::default()).unwrap();
        log.database.connection.execute("UPDATE realm_head SET last_position = 1", []).unwrap();
        assert_eq!(log.append(1, &[vec![1]]).unwrap_err().code(), "F105");
    }
}

//! SQLite as the journal needs it: settings that are set and read back, tables, errors in our words.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::Fault;

/// `MWJL`.
const APPLICATION_ID: i64 = 0x4D57_4A4C;
const LAYOUT_VERSION: i64 = 1;
pub const PAGE_BYTES: u64 = 4096;
/// Older ones can damage a database when its write-ahead file restarts.
const SQLITE_LEAST: i32 = 3_051_003;
/// A realm's number. The cluster engine keeps several in one database; here a folder holds one.
pub const REALM: i64 = 1;

const TABLES: &str = "
CREATE TABLE realm_head(
  realm INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, identity BLOB NOT NULL, epoch INTEGER NOT NULL DEFAULT 0,
  last_position INTEGER NOT NULL DEFAULT 0, snapshot_position INTEGER NOT NULL DEFAULT 0, snapshot_name TEXT) STRICT;
CREATE TABLE realm_journal(
  last_position INTEGER PRIMARY KEY, realm INTEGER NOT NULL, first_position INTEGER NOT NULL, epoch INTEGER NOT NULL,
  frame BLOB NOT NULL) STRICT;";

/// A locked connection, and where it is.
pub struct Database {
    pub connection: Connection,
    pub folder: PathBuf,
}

/// The head row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub name: String,
    pub identity: u128,
    pub epoch: u64,
    pub last_position: u64,
    pub snapshot_position: u64,
    pub snapshot_name: Option<String>,
}

pub fn path_of(folder: &Path) -> PathBuf {
    folder.join("journal.db")
}

pub fn wal_of(folder: &Path) -> PathBuf {
    folder.join("journal.db-wal")
}

impl Database {
    /// Opens and locks a journal's database, or makes an empty file where there is none and `create` is set.
    ///
    /// Writes nothing to one that exists. Closing it writes nothing either, until [`Self::checkpoint_on_close`].
    pub fn open(folder: &Path, create: bool, lock_wait: Duration) -> Result<Self, Fault> {
        if rusqlite::version_number() < SQLITE_LEAST {
            return Err(Fault::Setting {
                setting: "the SQLite version".to_string(),
                expected: "3.51.3 or newer".to_string(),
                found: rusqlite::version().to_string(),
            });
        }
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
        let path = path_of(folder);
        let connection =
            Connection::open_with_flags(&path, flags).map_err(|error| fault(folder, "open", &error))?;
        let database = Self { connection, folder: folder.to_path_buf() };
        // A refused start must leave the write-ahead file as it is; SQLite would fold in what it understands of it.
        database.checkpoint_on_close(false)?;
        database.connection.busy_timeout(lock_wait).map_err(|error| database.fault("open", &error))?;
        database.configure()?;
        Ok(database)
    }

    /// Whether closing folds the write-ahead file in: only where everything was found whole.
    pub fn checkpoint_on_close(&self, is_wanted: bool) -> Result<(), Fault> {
        let keep_wal = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        self.connection
            .set_db_config(keep_wal, !is_wanted)
            .map_err(|error| self.fault("configure", &error))?;
        Ok(())
    }

    /// For who only looks.
    pub fn forbid_writes(&self) -> Result<(), Fault> {
        self.pragma_set("query_only", "ON")?;
        self.expect("query_only", "1")
    }

    fn configure(&self) -> Result<(), Fault> {
        let settings = [
            ("page_size", "4096", "4096"),
            ("locking_mode", "EXCLUSIVE", "exclusive"),
            ("journal_mode", "WAL", "wal"),
            ("synchronous", "FULL", "2"),
            ("wal_autocheckpoint", "1000", "1000"),
            ("cache_size", "-4096", "-4096"),
            ("mmap_size", "0", "0"),
            ("foreign_keys", "ON", "1"),
        ];
        for (setting, value, _) in settings {
            self.pragma_set(setting, value)?;
        }
        // The first read takes the lock, which this connection then keeps.
        self.connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
            .map_err(|error| self.fault("lock", &error))?;
        for (setting, _, expected) in settings {
            self.expect(setting, expected)?;
        }
        Ok(())
    }

    /// Limits the file. A file that is larger already may not grow.
    pub fn limit(&self, max_bytes: u64) -> Result<(), Fault> {
        let pages = (max_bytes / PAGE_BYTES).max(self.pragma_number("page_count")? as u64).max(1);
        let pages = pages.min(u64::from(u32::MAX - 1)).to_string();
        self.pragma_set("max_page_count", &pages)?;
        self.expect("max_page_count", &pages)
    }

    fn pragma_set(&self, setting: &str, value: &str) -> Result<(), Fault> {
        // Some answer with a row, some do not.
        let sql = format!("PRAGMA {setting}={value}");
        match self.connection.query_row(&sql, [], |_| Ok(())) {
            Ok(()) | Err(rusqlite::Error::QueryReturnedNoRows) => Ok(()),
            Err(error) => Err(self.fault("configure", &error)),
        }
    }

    fn expect(&self, setting: &str, expected: &str) -> Result<(), Fault> {
        let value = self
            .connection
            .query_row(&format!("PRAGMA {setting}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
            .map_err(|error| self.fault("configure", &error))?;
        let found = match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        if found != expected {
            let setting = format!("the database's {setting}");
            return Err(Fault::Setting { setting, expected: expected.to_string(), found });
        }
        Ok(())
    }

    pub fn pragma_number(&self, setting: &str) -> Result<i64, Fault> {
        let value = self.connection.query_row(&format!("PRAGMA {setting}"), [], |row| row.get(0));
        value.map_err(|error| self.fault("read", &error))
    }

    /// No table yet: the file was made just now, or a crash came before the first commit.
    pub fn is_empty(&self) -> Result<bool, Fault> {
        let tables =
            self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        Ok(tables.map_err(|error| self.fault("read", &error))? == 0)
    }

    pub fn create_tables(&self, realm: &str) -> Result<(), Fault> {
        let run = || {
            let transaction = self.connection.unchecked_transaction()?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", LAYOUT_VERSION)?;
            transaction.execute_batch(TABLES)?;
            transaction.execute(
                "INSERT INTO realm_head(realm, name, identity) VALUES (?1, ?2, randomblob(16))",
                (REALM, realm),
            )?;
            transaction.commit()
        };
        run().map_err(|error: rusqlite::Error| self.fault("create", &error))
    }

    pub fn expect_layout(&self) -> Result<(), Fault> {
        self.expect("application_id", &APPLICATION_ID.to_string())?;
        let found = self.pragma_number("user_version")?;
        if found != LAYOUT_VERSION {
            let (known, found) = (LAYOUT_VERSION as u32, found as u32);
            return Err(Fault::Version { what: "the database's layout", known, found });
        }
        Ok(())
    }

    pub fn head(&self) -> Result<Head, Fault> {
        let sql =
            "SELECT name, identity, epoch, last_position, snapshot_position, snapshot_name FROM realm_head
                   WHERE realm = ?1";
        let head = self.connection.query_row(sql, [REALM], |row| {
            Ok(Head {
                name: row.get(0)?,
                identity: u128::from_be_bytes(row.get(1)?),
                epoch: row.get(2)?,
                last_position: row.get(3)?,
                snapshot_position: row.get(4)?,
                snapshot_name: row.get(5)?,
            })
        });
        head.map_err(|error| self.fault("read", &error))
    }

    pub fn fault(&self, action: &'static str, error: &rusqlite::Error) -> Fault {
        fault(&self.folder, action, error)
    }
}

fn fault(folder: &Path, action: &'static str, error: &rusqlite::Error) -> Fault {
    let path = path_of(folder);
    let folder = folder.to_path_buf();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Locked { folder },
        Some(ErrorCode::DiskFull) => Fault::Full { folder, why: error.to_string() },
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied,
        ) => Fault::Io { action, path, source: std::io::Error::other(error.to_string()) },
        _ => Fault::Database { path, why: format!("{action}: {error}") },
    }
}

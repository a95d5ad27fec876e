//! What a journal promises, whichever engine keeps it, and the ways in which it fails.

use std::path::{Path, PathBuf};

use crate::Frame;

/// The ordered journal of one realm, held by its one writer.
///
/// Positions count records from 1. What was appended is there after any crash; what was not is not there at all.
/// Every call blocks on the disk: keep it on a thread of its own.
pub trait Log: Send {
    /// Appends records in one atomic step and returns once they are on the disk. No records: nothing happens.
    ///
    /// # Errors
    /// [`Fault::NotNext`] unless `first_position` is one above [`Log::last_position`]; [`Fault::RecordTooLarge`];
    /// [`Fault::Full`], after which nothing was appended and later calls may succeed; [`Fault::Fenced`] when another
    /// owner took over. After any other the log refuses to append [`Fault::Stopped`]: end the process.
    fn append(&mut self, first_position: u64, records: &[Vec<u8>]) -> Result<(), Fault>;

    /// At most `max_frames` frames that hold records above `after`, in order and verified.
    ///
    /// The first may also hold records at or below `after`; [`Frame::records_after`] leaves them out.
    ///
    /// # Errors
    /// [`Fault::Truncated`] when the record after `after` is gone; [`Fault::FrameDamaged`], [`Fault::Gap`].
    fn read(&mut self, after: u64, max_frames: usize) -> Result<Vec<Frame>, Fault>;

    /// Removes one batch of whole frames at or below `up_to`, never above the snapshot that the head names.
    ///
    /// Returns how many frames went; 0 when none is left. Call it between appends until then.
    fn truncate(&mut self, up_to: u64) -> Result<usize, Fault>;

    /// Names the newest snapshot. It must be whole and on the disk.
    fn set_snapshot(&mut self, position: u64, name: &str) -> Result<(), Fault>;

    /// Random, made with the journal. With a position it identifies an event for ever.
    fn identity(&self) -> u128;

    /// The fencing token of this owner: one more than the last owner's.
    fn epoch(&self) -> u64;

    /// The position of the last record; 0 when there is none.
    fn last_position(&self) -> u64;
}

/// What the operator must know: what failed, on what, what we did, what to do. A released code keeps its meaning.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("could not {action} {}: {source}; nothing more is written; check the disk, then start again [F101]", .path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },

    #[error("the journal in {} is in use by another process; stop that one, or give this one its own folder [F102]", .folder.display())]
    Locked { folder: PathBuf },

    #[error("no room for the journal in {}: {why}; nothing was written; free space or raise the limit [F103]", .folder.display())]
    Full { folder: PathBuf, why: String },

    #[error(
        "{setting} is {found} but must be {expected}; the journal was not opened; correct it, then start again [F104]"
    )]
    Setting { setting: String, expected: String, found: String },

    #[error(
        "another owner took over the journal after epoch {epoch} and position {position}; nothing was written; stop this process [F105]"
    )]
    Fenced { epoch: u64, position: u64 },

    #[error(
        "records were to be appended at position {found} but the next one is {expected}; nothing was written; report this, it is a bug [F106]"
    )]
    NotNext { expected: u64, found: u64 },

    #[error(
        "a record of {bytes} bytes was to be appended but at most {most} fit in a frame; nothing was written; send less in one request [F107]"
    )]
    RecordTooLarge { bytes: usize, most: usize },

    #[error(
        "the frame that ends at position {last_position} is damaged: {why}; the journal was left as it is; restore a backup, or look with `matchwright journal inspect` [F108]"
    )]
    FrameDamaged { last_position: u64, why: String },

    #[error(
        "position {expected} is missing, the next frame starts at {found}; the journal was left as it is; restore a backup, or look with `matchwright journal inspect` [F109]"
    )]
    Gap { expected: u64, found: u64 },

    #[error(
        "the head says that the last position is {head} but the last frame ends at {frames}; the journal was left as it is; restore a backup, or look with `matchwright journal inspect` [F110]"
    )]
    HeadDisagrees { head: u64, frames: u64 },

    #[error("{} is damaged at byte {offset} and {later_commits} later commits follow it; they would be lost, so the journal was left as it is; restore a backup, or look with `matchwright journal inspect` [F111]", .path.display())]
    WalDamaged { path: PathBuf, offset: u64, later_commits: u64 },

    #[error("the journal starts at position {first} and no whole snapshot reaches position {}; the journal was left as it is; put the snapshot files or a backup back [F112]", .first - 1)]
    NoSnapshot { first: u64 },

    #[error("the snapshot {} is damaged: {why}; it was not used; an older one serves, or restore a backup [F113]", .path.display())]
    SnapshotDamaged { path: PathBuf, why: String },

    #[error(
        "the snapshot {name} lies above the last position {last_position}: the database was deleted or replaced; the journal was left as it is; put the database back, or move the snapshots away to start anew [F114]"
    )]
    SnapshotAhead { name: String, last_position: u64 },

    #[error(
        "{what} has version {found} but this program reads up to {known}; the journal was left as it is; use the newer program [F115]"
    )]
    Version { what: &'static str, known: u32, found: u32 },

    #[error(
        "the record at position {position} cannot be read: {why}; the start was given up; use the program that wrote it, or restore a backup [F116]"
    )]
    Record { position: u64, why: String },

    #[error("the database {} does not work: {why}; nothing more is written; restore a backup, or look with `matchwright journal inspect` [F117]", .path.display())]
    Database { path: PathBuf, why: String },

    #[error(
        "the journal takes no more records because an earlier write failed; end the process and start it again [F118]"
    )]
    Stopped,

    #[error("position {after} was asked for but the journal starts at {first}: the rest was truncated; start from the newest snapshot [F119]", after = .after + 1)]
    Truncated { after: u64, first: u64 },

    #[error("the journal in {} belongs to realm {found} but {expected} was asked for; it was not opened; correct the realm or the folder [F120]", .folder.display())]
    OtherRealm { folder: PathBuf, expected: String, found: String },
}

impl Fault {
    /// No room: nothing was written, and it may work again once there is room. Every other fault is final.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// The stable code, as at the end of the message.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "F101",
            Self::Locked { .. } => "F102",
            Self::Full { .. } => "F103",
            Self::Setting { .. } => "F104",
            Self::Fenced { .. } => "F105",
            Self::NotNext { .. } => "F106",
            Self::RecordTooLarge { .. } => "F107",
            Self::FrameDamaged { .. } => "F108",
            Self::Gap { .. } => "F109",
            Self::HeadDisagrees { .. } => "F110",
            Self::WalDamaged { .. } => "F111",
            Self::NoSnapshot { .. } => "F112",
            Self::SnapshotDamaged { .. } => "F113",
            Self::SnapshotAhead { .. } => "F114",
            Self::Version { .. } => "F115",
            Self::Record { .. } => "F116",
            Self::Database { .. } => "F117",
            Self::Stopped => "F118",
            Self::Truncated { .. } => "F119",
            Self::OtherRealm { .. } => "F120",
        }
    }

    /// For `map_err` on file calls: `Fault::io("write", path)`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Fault {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull => {
                let folder = path.parent().unwrap_or(&path).to_path_buf();
                Fault::Full { folder, why: format!("could not {action} {}: {source}", path.display()) }
            }
            _ => Fault::Io { action, path, source },
        }
    }
}

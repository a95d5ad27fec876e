//! Snapshot files: written slowly and safely, read back whole. Knows no head, and no record's meaning.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::{Fault, frame};

const MAGIC: &[u8; 4] = b"MWSN";
const VERSION: u8 = 1;
/// A sync each 4 MiB keeps the device's queue short for the commits beside it.
const SYNC_BYTES: u64 = 4 << 20;
/// Measured: at 40 MB/s the p99 of commits stays where it is without a snapshot; at 100 MB/s it does not.
const BYTES_PER_SECOND: u64 = 40_000_000;
/// Records are gathered into frames of about this size, so that a damaged place is found early.
const FRAME_BYTES: usize = 64 << 10;
const COMPRESSION: i32 = 3;

/// Which snapshot: `<realm>-<position>-<epoch>.zst`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotName {
    /// The last position that it holds. Names order by it.
    pub position: u64,
    /// The epoch of the owner that wrote it.
    pub epoch: u64,
    pub realm: String,
}

impl SnapshotName {
    /// Where it lies in a journal's folder.
    pub fn path(&self, folder: &Path) -> PathBuf {
        snapshots_of(folder).join(self.to_string())
    }
}

impl fmt::Display for SnapshotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}.zst", self.realm, self.position, self.epoch)
    }
}

/// Not the name of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected <realm>-<position>-<epoch>.zst")]
pub struct NotASnapshot;

impl FromStr for SnapshotName {
    type Err = NotASnapshot;

    fn from_str(text: &str) -> Result<Self, NotASnapshot> {
        let mut parts = text.strip_suffix(".zst").ok_or(NotASnapshot)?.rsplitn(3, '-');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).ok_or(NotASnapshot);
        let (epoch, position) = (number()?, number()?);
        let realm = parts.next().filter(|realm| !realm.is_empty()).ok_or(NotASnapshot)?;
        Ok(Self { position, epoch, realm: realm.to_string() })
    }
}

pub(crate) fn snapshots_of(folder: &Path) -> PathBuf {
    folder.join("snap")
}

/// Writes a snapshot and reads it back. When it returns, the file is whole and on the disk.
///
/// Takes its time: at most 40 MB of the file per second. Call it on a follower's thread, then let the log's owner
/// call [`crate::Log::set_snapshot`]. Returns the bytes of the file.
///
/// # Errors
/// [`Fault::Io`], [`Fault::RecordTooLarge`], [`Fault::SnapshotDamaged`] when the file did not read back. No file
/// of that name is left then.
pub fn write(
    folder: &Path,
    name: &SnapshotName,
    records: impl IntoIterator<Item = Vec<u8>>,
) -> Result<u64, Fault> {
    let target = name.path(folder);
    let temporary = target.with_extension("zst.tmp");
    let result = write_temporary(&temporary, name, records).and_then(|(checksum, bytes)| {
        if read_file(&temporary, name, |_| ())? != checksum {
            let why = "it did not read back as it was written".to_string();
            return Err(Fault::SnapshotDamaged { path: temporary.clone(), why });
        }
        fs::rename(&temporary, &target).map_err(Fault::io("rename", &temporary))?;
        sync_folder(&snapshots_of(folder))?;
        Ok(bytes)
    });
    if result.is_err() {
        // The fault that is returned says what went wrong; a leftover is removed at the next start.
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// The records of a snapshot, every checksum verified.
///
/// # Errors
/// [`Fault::SnapshotDamaged`], also where it is of another realm, position or epoch than its name says.
pub fn read(folder: &Path, name: &SnapshotName) -> Result<Vec<Vec<u8>>, Fault> {
    let mut records = Vec::new();
    read_file(&name.path(folder), name, |record| records.push(record))?;
    Ok(records)
}

/// The realm's snapshots in a journal's folder, oldest first, with their bytes. Other files are left out.
pub fn list(folder: &Path, realm: &str) -> Result<Vec<(SnapshotName, u64)>, Fault> {
    let place = snapshots_of(folder);
    let failed = || Fault::io("read", &place);
    let entries = match fs::read_dir(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed())?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed())?;
        let name = entry.file_name().to_str().and_then(|name| name.parse::<SnapshotName>().ok());
        if let Some(name) = name.filter(|name| name.realm == realm) {
            found.push((name, entry.metadata().map_err(failed())?.len()));
        }
    }
    found.sort();
    Ok(found)
}

/// What to keep: the newest two, and the newest at or below `keep_position`, the slowest reader of events.
///
/// `names` are oldest first, as [`list`] gives them. Returns those to delete, and the position up to which the
/// journal may be truncated: that of the oldest one kept, or 0 while the journal itself must serve as the oldest.
pub fn retention(names: &[SnapshotName], keep_position: u64) -> (Vec<SnapshotName>, u64) {
    let newest_two = names.len().saturating_sub(2);
    let below = names.iter().rposition(|name| name.position <= keep_position);
    let is_kept = |index: usize| index >= newest_two || Some(index) == below;
    let delete =
        (0..names.len()).filter(|index| !is_kept(*index)).map(|index| names[index].clone()).collect();
    let oldest = (0..names.len()).find(|index| is_kept(*index)).map_or(0, |index| names[index].position);
    // A single snapshot may turn out damaged, and a reader below all of them starts at the journal's beginning.
    let truncate_up_to = if names.len() < 2 || below.is_none() { 0 } else { oldest };
    (delete, truncate_up_to)
}

/// Deletes the snapshots that [`retention`] lets go. Returns how far the log may now be truncated.
pub fn prune(folder: &Path, realm: &str, keep_position: u64) -> Result<u64, Fault> {
    let names: Vec<SnapshotName> = list(folder, realm)?.into_iter().map(|(name, _)| name).collect();
    let (delete, truncate_up_to) = retention(&names, keep_position);
    for name in &delete {
        let path = name.path(folder);
        fs::remove_file(&path).map_err(Fault::io("delete", &path))?;
    }
    sync_folder(&snapshots_of(folder))?;
    Ok(truncate_up_to)
}

/// Makes a rename or a new file in a folder last.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Fault> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(Fault::io("sync", folder))
}

fn write_temporary(
    path: &Path,
    name: &SnapshotName,
    records: impl IntoIterator<Item = Vec<u8>>,
) -> Result<(u32, u64), Fault> {
    let failed = || Fault::io("write", path);
    let file = SlowFile::create(path).map_err(failed())?;
    let mut encoder = zstd::Encoder::new(file, COMPRESSION).map_err(failed())?;
    encoder.include_checksum(true).map_err(failed())?;
    encoder.write_all(&header(name)).map_err(failed())?;
    let mut checksum = 0;
    let mut count = 0u64;
    let (mut pending, mut pending_bytes) = (Vec::new(), 0);
    let mut records = records.into_iter().peekable();
    while let Some(record) = records.next() {
        pending_bytes += record.len();
        pending.push(record);
        if pending_bytes < FRAME_BYTES && records.peek().is_some() {
            continue;
        }
        let most = frame::MAX_RECORD_BYTES;
        for range in frame::split(&pending).map_err(|bytes| Fault::RecordTooLarge { bytes, most })? {
            let bytes = frame::encode(count + 1, &pending[range.clone()]);
            count += range.len() as u64;
            for part in [&(bytes.len() as u32).to_le_bytes()[..], &bytes] {
                checksum = crc32c::crc32c_append(checksum, part);
                encoder.write_all(part).map_err(failed())?;
            }
        }
        pending.clear();
        pending_bytes = 0;
    }
    for part in [&0u32.to_le_bytes()[..], &count.to_le_bytes()] {
        checksum = crc32c::crc32c_append(checksum, part);
        encoder.write_all(part).map_err(failed())?;
    }
    encoder.write_all(&checksum.to_le_bytes()).map_err(failed())?;
    let file = encoder.finish().map_err(failed())?;
    file.file.sync_all().map_err(failed())?;
    Ok((checksum, file.written))
}

fn header(name: &SnapshotName) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.push(VERSION);
    // A realm's name has at most 63 bytes; the engine refuses longer ones.
    out.push(name.realm.len() as u8);
    out.extend(name.realm.bytes());
    out.extend(name.position.to_le_bytes());
    out.extend(name.epoch.to_le_bytes());
    out.extend(crc32c::crc32c(&out).to_le_bytes());
    out
}

/// Gives every record to `each` and returns the checksum. What was given is right only when it returns.
fn read_file(path: &Path, name: &SnapshotName, each: impl FnMut(Vec<u8>)) -> Result<u32, Fault> {
    let file = File::open(path).map_err(Fault::io("open", path))?;
    let decoder = zstd::Decoder::new(BufReader::new(file)).map_err(Fault::io("read", path))?;
    read_stream(decoder, name, each).map_err(|why| Fault::SnapshotDamaged { path: path.to_path_buf(), why })
}

fn read_stream(mut stream: impl Read, name: &SnapshotName, each: impl FnMut(Vec<u8>)) -> Result<u32, String> {
    let mut each = each;
    let expected = header(name);
    let found = read_bytes(&mut stream, expected.len())?;
    if found.starts_with(MAGIC) && found[MAGIC.len()] != VERSION {
        return Err(format!("its version is {}, known is {VERSION}", found[MAGIC.len()]));
    }
    if found != expected {
        return Err("its header does not fit its name".to_string());
    }
    let mut read = 0u64;
    let mut checksum = 0;
    let mut next = |length: usize| -> Result<Vec<u8>, String> {
        let bytes = read_bytes(&mut stream, length)?;
        checksum = crc32c::crc32c_append(checksum, &bytes);
        Ok(bytes)
    };
    loop {
        let length = u32::from_le_bytes(fixed(&next(4)?)) as usize;
        if length == 0 {
            break;
        }
        if length > frame::MAX_BYTES {
            return Err(format!("it has a frame of {length} bytes"));
        }
        let found = frame::decode(&next(length)?).map_err(|error| format!("a frame is damaged: {error}"))?;
        let expected = read + 1;
        if found.first_position != expected {
            return Err(format!("record {expected} is missing, {} follows", found.first_position));
        }
        read = found.last_position();
        found.records.into_iter().for_each(&mut each);
    }
    let count = u64::from_le_bytes(fixed(&next(8)?));
    if count != read {
        return Err(format!("it says it has {count} records but has {read}"));
    }
    if fixed(&read_bytes(&mut stream, 4)?) != checksum.to_le_bytes() {
        return Err("its checksum does not fit its bytes".to_string());
    }
    match stream.read(&mut [0]) {
        Ok(0) => Ok(checksum),
        Ok(_) => Err("bytes follow its end".to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn read_bytes(stream: &mut impl Read, length: usize) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("as many bytes were read")
}

/// A file that is written no faster than [`BYTES_PER_SECOND`] and synced every [`SYNC_BYTES`].
struct SlowFile {
    file: File,
    started: Instant,
    written: u64,
    synced: u64,
}

impl SlowFile {
    fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, started: Instant::now(), written: 0, synced: 0 })
    }
}

impl Write for SlowFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.file.write(bytes)?;
        self.written += length as u64;
        if self.written - self.synced >= SYNC_BYTES {
            self.file.sync_data()?;
            self.synced = self.written;
        }
        std::thread::sleep(pause(self.written, self.started.elapsed()));
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// How long to wait so that `written` bytes have taken their time. Less than 5 ms is left for the next call.
fn pause(written: u64, elapsed: Duration) -> Duration {
    let due = Duration::from_secs_f64(written as f64 / BYTES_PER_SECOND as f64);
    let ahead = due.saturating_sub(elapsed);
    if ahead < Duration::from_millis(5) { Duration::ZERO } else { ahead }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(position: u64, epoch: u64) -> SnapshotName {
        SnapshotName { position, epoch, realm: "eu-west-1".to_string() }
    }

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(snapshots_of(folder.path())).unwrap();
        folder
    }

    fn records(count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|index| format!("record {index} {}", "x".repeat(index % 90)).into_bytes()).collect()
    }

    #[test]
    fn a_name_comes_back_and_sorts_by_position() {
        assert_eq!(name(7, 2).to_string(), "eu-west-1-7-2.zst");
        assert_eq!("eu-west-1-7-2.zst".parse(), Ok(name(7, 2)));
        assert!(name(9, 2) < name(10, 1));
        for wrong in ["", "7-2.zst", "-7-2.zst", "eu-west-1-7-2.zst.tmp", "eu-x-2.zst"] {
            assert_eq!(wrong.parse::<SnapshotName>(), Err(NotASnapshot), "{wrong}");
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let folder = folder();
        for (count, epoch) in [(0, 1), (1, 2), (5000, 3)] {
            let bytes = write(folder.path(), &name(10, epoch), records(count)).unwrap();
            assert_eq!(read(folder.path(), &name(10, epoch)).unwrap(), records(count));
            assert_eq!(list(folder.path(), "eu-west-1").unwrap().last(), Some(&(name(10, epoch), bytes)));
        }
        assert_eq!(list(folder.path(), "eu-west").unwrap(), []);
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_noticed() {
        let folder = folder();
        write(folder.path(), &name(10, 1), records(20)).unwrap();
        let path = name(10, 1).path(folder.path());
        let bytes = fs::read(&path).unwrap();
        for length in 0..bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            assert!(read(folder.path(), &name(10, 1)).is_err(), "cut to {length}");
        }
        for index in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[index] ^= 0x10;
            fs::write(&path, flipped).unwrap();
            // A few bits of zstd's own header mean nothing; then the records must be right.
            if let Ok(found) = read(folder.path(), &name(10, 1)) {
                assert_eq!(found, records(20), "byte {index}");
            }
        }
        fs::write(&path, [&bytes[..], &bytes[..]].concat()).unwrap();
        assert!(read(folder.path(), &name(10, 1)).is_err(), "twice");
    }

    #[test]
    fn a_renamed_snapshot_is_refused() {
        let folder = folder();
        write(folder.path(), &name(10, 1), records(3)).unwrap();
        fs::rename(name(10, 1).path(folder.path()), name(11, 1).path(folder.path())).unwrap();
        assert_eq!(read(folder.path(), &name(11, 1)).unwrap_err().code(), "F113");
    }

    #[test]
    fn the_newest_two_and_the_slowest_readers_are_kept() {
        let names: Vec<_> = [10, 20, 30, 40].map(|position| name(position, 1)).into();
        let positions =
            |delete: Vec<SnapshotName>| delete.iter().map(|name| name.position).collect::<Vec<_>>();
        for (keep_position, deleted, truncate) in [
            (100, vec![10, 20], 30),
            (35, vec![10, 20], 30),
            (29, vec![10], 20),
            (10, vec![20], 10),
            (5, vec![10, 20], 0),
        ] {
            let (delete, up_to) = retention(&names, keep_position);
            assert_eq!((positions(delete), up_to), (deleted, truncate), "keep {keep_position}");
        }
        assert_eq!(retention(&[], 5), (vec![], 0));
        assert_eq!(retention(&names[..1], 50), (vec![], 0));
    }

    #[test]
    fn writing_is_slowed_to_forty_megabytes_a_second() {
        assert_eq!(pause(40_000_000, Duration::ZERO), Duration::from_secs(1));
        assert_eq!(pause(40_000_000, Duration::from_millis(400)), Duration::from_millis(600));
        assert_eq!(pause(40_000_000, Duration::from_secs(2)), Duration::ZERO);
        assert_eq!(pause(100_000, Duration::ZERO), Duration::ZERO);
    }
}

//! Examines SQLite's write-ahead file before it is written to. Changes nothing.
//!
//! SQLite ends silently at the first frame that does not fit, wherever it lies. Each commit was synced before the
//! next began, so a crash tears the last transaction only: a whole later one behind a damaged place means that
//! acknowledged changes would be lost. The format is <https://www.sqlite.org/fileformat2.html#walformat>.

use std::fs;
use std::path::Path;

use crate::Fault;
use crate::database::PAGE_BYTES;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const FRAME: usize = FRAME_HEADER + PAGE_BYTES as usize;

/// What a crash left at the end of the file; SQLite drops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TornTail {
    pub bytes: u64,
}

/// Examines the file.
///
/// # Errors
/// [`Fault::WalDamaged`] where later commits follow a damaged place; [`Fault::Io`].
pub fn examine(path: &Path) -> Result<TornTail, Fault> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(TornTail::default()),
        bytes => bytes.map_err(Fault::io("read", path))?,
    };
    examine_bytes(&bytes).map_err(|Damage { offset, later_commits }| Fault::WalDamaged {
        path: path.to_path_buf(),
        offset,
        later_commits,
    })
}

#[derive(Debug, PartialEq, Eq)]
struct Damage {
    offset: u64,
    later_commits: u64,
}

/// Checksum of a write-ahead file: two running sums over pairs of words.
type Sums = (u32, u32);

fn examine_bytes(bytes: &[u8]) -> Result<TornTail, Damage> {
    let Some(header) = Header::read(bytes) else {
        // The header is synced before the first commit, so a commit cannot follow a torn one.
        let is_torn = bytes.len() <= HEADER || bytes[..HEADER].iter().all(|byte| *byte == 0);
        let torn = TornTail { bytes: bytes.len() as u64 };
        return if is_torn { Ok(torn) } else { Err(Damage { offset: 0, later_commits: 1 }) };
    };
    let mut scan = Scan::new(&header);
    for (index, frame) in bytes[HEADER..].chunks(FRAME).enumerate() {
        scan.frame(&header, HEADER + index * FRAME, frame);
    }
    match scan.broken_at {
        Some(offset) if scan.later_commits > 0 => {
            Err(Damage { offset: offset as u64, later_commits: scan.later_commits })
        }
        _ => Ok(TornTail { bytes: (scan.written_up_to - scan.kept_up_to) as u64 }),
    }
}

struct Scan {
    /// What the frame before says its sums are: each frame can be judged even behind a damaged one.
    sums: Sums,
    broken_at: Option<usize>,
    /// The transaction that the damaged place lies in has ended: the next commit is a later one.
    is_past_broken: bool,
    later_commits: u64,
    /// SQLite keeps everything below.
    kept_up_to: usize,
    /// Frames of this round were written up to here.
    written_up_to: usize,
}

impl Scan {
    fn new(header: &Header) -> Self {
        Self {
            sums: header.stored,
            broken_at: (!header.is_whole).then_some(0),
            is_past_broken: !header.is_whole,
            later_commits: 0,
            kept_up_to: HEADER,
            written_up_to: HEADER,
        }
    }

    fn frame(&mut self, header: &Header, offset: usize, frame: &[u8]) {
        let before = self.sums;
        self.sums = header.stored_sums(frame);
        if frame.len() < FRAME {
            // Only the last can be short, and only by a crash.
            self.broken_at.get_or_insert(offset);
            if self.written_up_to == offset {
                self.written_up_to += frame.len();
            }
            return;
        }
        let wrong_salts = header.wrong_salts(frame);
        let is_of_this_round = wrong_salts < 2;
        let fits = is_of_this_round && header.frame_sums(before, frame) == self.sums;
        let is_commit = is_of_this_round && frame[4..8] != [0; 4];
        if !fits || wrong_salts > 0 {
            self.broken_at.get_or_insert(offset);
        }
        if is_of_this_round {
            self.written_up_to = offset + frame.len();
        }
        match (is_commit, self.broken_at) {
            (true, None) => self.kept_up_to = offset + frame.len(),
            // Behind a damaged checksum the next frame does not fit either; its salts still tell that it was written.
            (true, Some(_)) if self.is_past_broken && (fits || wrong_salts == 0) => self.later_commits += 1,
            (true, Some(_)) => self.is_past_broken = true,
            (false, _) => {}
        }
    }
}

struct Header {
    is_big_endian: bool,
    salts: [u8; 8],
    stored: Sums,
    is_whole: bool,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEADER)?;
        let is_big_endian = match u32::from_be_bytes(fixed(&bytes[..4])) {
            0x377f_0682 => false,
            0x377f_0683 => true,
            _ => return None,
        };
        if u64::from(u32::from_be_bytes(fixed(&bytes[8..12]))) != PAGE_BYTES {
            return None;
        }
        let stored = (u32::from_be_bytes(fixed(&bytes[24..28])), u32::from_be_bytes(fixed(&bytes[28..32])));
        let mut header = Self { is_big_endian, salts: fixed(&bytes[16..24]), stored, is_whole: true };
        header.is_whole = header.add((0, 0), &bytes[..24]) == stored;
        Some(header)
    }

    /// How many of the two salts differ. Frames of an earlier round differ in both; a damaged byte is in one.
    fn wrong_salts(&self, frame: &[u8]) -> usize {
        let pairs = self.salts.chunks_exact(4).zip(frame[8..16].chunks_exact(4));
        pairs.filter(|(ours, theirs)| ours != theirs).count()
    }

    fn add(&self, sums: Sums, bytes: &[u8]) -> Sums {
        let word = if self.is_big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        bytes.chunks_exact(8).fold(sums, |(first, second), pair| {
            let first = first.wrapping_add(word(fixed(&pair[..4]))).wrapping_add(second);
            (first, second.wrapping_add(word(fixed(&pair[4..]))).wrapping_add(first))
        })
    }

    fn frame_sums(&self, before: Sums, frame: &[u8]) -> Sums {
        self.add(self.add(before, &frame[..8]), &frame[FRAME_HEADER..])
    }

    fn stored_sums(&self, frame: &[u8]) -> Sums {
        let Some(stored) = frame.get(16..24) else { return (0, 0) };
        (u32::from_be_bytes(fixed(&stored[..4])), u32::from_be_bytes(fixed(&stored[4..])))
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the slice has that length")
}

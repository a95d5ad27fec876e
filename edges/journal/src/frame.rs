//! A frame: the records of a group commit as bytes. Knows bytes only: no record's meaning, no disk.

use std::ops::Range;

const MAGIC: u8 = 0x4D;
const VERSION: u8 = 1;
const HEADER: usize = 14;
const RECORD_HEADER: usize = 8;
const TRAILER: usize = 4;

/// The most bytes of a frame: what a commit writes at once, and what a reader must hold.
pub const MAX_BYTES: usize = 1 << 20;
/// The longest record that fits in a frame of its own.
pub const MAX_RECORD_BYTES: usize = MAX_BYTES - HEADER - RECORD_HEADER - TRAILER;

/// Records that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub first_position: u64,
    /// At least one.
    pub records: Vec<Vec<u8>>,
}

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("it ends after {found} bytes")]
    Short { found: usize },
    #[error("it begins with {found:#04x}, not {MAGIC:#04x}")]
    Magic { found: u8 },
    #[error("its version is {found}, known is {VERSION}")]
    Version { found: u8 },
    #[error("its checksum is {found:#010x} but its bytes give {expected:#010x}")]
    Checksum { expected: u32, found: u32 },
    #[error("record {index} has checksum {found:#010x} but its bytes give {expected:#010x}")]
    RecordChecksum { index: u32, expected: u32, found: u32 },
    #[error("{found} bytes follow its last record")]
    Trailing { found: usize },
    #[error("it holds no record")]
    Empty,
}

impl Frame {
    pub fn last_position(&self) -> u64 {
        self.first_position.saturating_add(self.records.len() as u64 - 1)
    }

    /// The records above a position, each with its own.
    pub fn records_after(&self, after: u64) -> impl Iterator<Item = (u64, &[u8])> {
        let numbered = (self.first_position..).zip(self.records.iter().map(Vec::as_slice));
        numbered.skip_while(move |(position, _)| *position <= after)
    }
}

/// How many bytes records of these lengths take as one frame.
fn frame_bytes(record_bytes: usize, records: usize) -> usize {
    HEADER + records * RECORD_HEADER + record_bytes + TRAILER
}

/// Ranges of records that fit in one frame each, in order; `Err` with the length of a record that fits in none.
pub fn split(records: &[Vec<u8>]) -> Result<Vec<Range<usize>>, usize> {
    let mut ranges = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, record) in records.iter().enumerate() {
        if record.len() > MAX_RECORD_BYTES {
            return Err(record.len());
        }
        if frame_bytes(bytes + record.len(), index - start + 1) > MAX_BYTES {
            ranges.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += record.len();
    }
    if start < records.len() {
        ranges.push(start..records.len());
    }
    Ok(ranges)
}

/// The bytes of a frame. `records` are as [`split`] cut them: at least one, within [`MAX_BYTES`].
pub fn encode(first_position: u64, records: &[Vec<u8>]) -> Vec<u8> {
    assert!(!records.is_empty(), "a frame holds at least one record");
    let length = frame_bytes(records.iter().map(Vec::len).sum(), records.len());
    assert!(length <= MAX_BYTES, "a frame of {length} bytes was not split");
    let mut out = Vec::with_capacity(length);
    out.extend([MAGIC, VERSION]);
    out.extend((records.len() as u32).to_le_bytes());
    out.extend(first_position.to_le_bytes());
    for record in records {
        out.extend((record.len() as u32).to_le_bytes());
        out.extend(crc32c::crc32c(record).to_le_bytes());
        out.extend(record);
    }
    let checksum = crc32c::crc32c(&out);
    out.extend(checksum.to_le_bytes());
    out
}

/// The frame that bytes hold; every checksum is verified and nothing may follow.
pub fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    let mut rest = bytes;
    let short = FrameError::Short { found: bytes.len() };
    let [magic, version] = take(&mut rest).ok_or(short)?;
    if magic != MAGIC {
        return Err(FrameError::Magic { found: magic });
    }
    if version != VERSION {
        return Err(FrameError::Version { found: version });
    }
    let count = u32::from_le_bytes(take(&mut rest).ok_or(short)?);
    let first_position = u64::from_le_bytes(take(&mut rest).ok_or(short)?);
    if count == 0 {
        return Err(FrameError::Empty);
    }
    let (body, mut trailer) = bytes.split_at(bytes.len().saturating_sub(TRAILER));
    let found = u32::from_le_bytes(take(&mut trailer).ok_or(short)?);
    let expected = crc32c::crc32c(body);
    if found != expected {
        return Err(FrameError::Checksum { expected, found });
    }
    let mut records = Vec::with_capacity((count as usize).min(bytes.len() / RECORD_HEADER));
    for index in 0..count {
        records.push(take_record(&mut rest, index, short)?);
    }
    match rest.len() {
        TRAILER => Ok(Frame { first_position, records }),
        length if length < TRAILER => Err(short),
        length => Err(FrameError::Trailing { found: length - TRAILER }),
    }
}

fn take_record(rest: &mut &[u8], index: u32, short: FrameError) -> Result<Vec<u8>, FrameError> {
    let length = u32::from_le_bytes(take(rest).ok_or(short)?) as usize;
    let found = u32::from_le_bytes(take(rest).ok_or(short)?);
    let (record, after) = rest.split_at_checked(length).ok_or(short)?;
    let expected = crc32c::crc32c(record);
    if found != expected {
        return Err(FrameError::RecordChecksum { index, expected, found });
    }
    *rest = after;
    Ok(record.to_vec())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn records() -> Vec<Vec<u8>> {
        vec![b"first".to_vec(), vec![], vec![0xFF; 300]]
    }

    proptest! {
        #[test]
        fn a_frame_comes_back(first in 1u64..1 << 60, records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..20)) {
            let bytes = encode(first, &records);
            prop_assert_eq!(decode(&bytes), Ok(Frame { first_position: first, records }));
        }

        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = bytes;
            prop_assert!(decode(&bytes).is_err());
            // The same again past the two first checks.
            for (index, byte) in [MAGIC, VERSION].into_iter().enumerate().take(bytes.len()) {
                bytes[index] = byte;
            }
            prop_assert!(decode(&bytes).is_err());
        }
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let bytes = encode(7, &records());
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "cut to {length}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let bytes = encode(0x0102, &[b"ab".to_vec()]);
        let crc = crc32c::crc32c(b"ab").to_le_bytes();
        let mut expected = vec![0x4D, 1, 1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
        expected.extend(crc);
        expected.extend(b"ab");
        expected.extend(crc32c::crc32c(&expected).to_le_bytes());
        assert_eq!(bytes, expected);
    }

    #[test]
    fn records_are_split_where_a_frame_is_full() {
        let half = vec![0; MAX_BYTES / 2];
        assert_eq!(split(&[half.clone(), vec![1], half.clone(), half]), Ok(vec![0..2, 2..3, 3..4]));
        assert_eq!(split(&[vec![0; MAX_RECORD_BYTES]]).map(|ranges| ranges.len()), Ok(1));
        assert_eq!(split(&[vec![], vec![0; MAX_RECORD_BYTES + 1]]), Err(MAX_RECORD_BYTES + 1));
        assert_eq!(split(&[]), Ok(vec![]));
    }

    #[test]
    fn records_after_leaves_out_what_was_read() {
        let frame = Frame { first_position: 5, records: records() };
        let positions = |after| frame.records_after(after).map(|(position, _)| position).collect::<Vec<_>>();
        assert_eq!(positions(0), [5, 6, 7]);
        assert_eq!(positions(5), [6, 7]);
        assert!(positions(7).is_empty());
    }
}

//! A record and its bytes. The first byte is the version; each version has structs of its own.

mod v1;

use matchwright_engine::Record;
use postcard::ser_flavors::Flavor;

/// The version that is written. Every version up to it is read.
pub const VERSION: u8 = 1;

/// Why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("it is empty")]
    Empty,
    #[error("its version is {found} but this program reads 1 to {VERSION}")]
    Version { found: u8 },
    #[error("its version {version} bytes do not fit: {why}")]
    Bytes { version: u8, why: String },
    #[error("{found} bytes follow it")]
    Trailing { found: usize },
}

/// The bytes of a record, in the newest version.
pub fn encode(record: &Record) -> Vec<u8> {
    // Most records are shorter, so that one allocation is enough.
    encode_into(record, Vec::with_capacity(256))
}

/// As [`encode`], in the room of a buffer whose content is not needed any more.
pub fn encode_into(record: &Record, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.clear();
    bytes.push(VERSION);
    postcard::serialize_with_flavor(&v1::Record::from(record), Append(bytes))
        .expect("plain structs of texts, numbers, lists and maps always serialize")
}

/// Writes to the end of a buffer, a text at a time; what comes with postcard takes any buffer, and a byte at a time.
struct Append(Vec<u8>);

impl Flavor for Append {
    type Output = Vec<u8>;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        match bytes {
            // As most lengths and numbers are: without a call to copy it.
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

/// The record that bytes hold, in whatever version they were written.
pub fn decode(bytes: &[u8]) -> Result<Record, DecodeError> {
    parse(bytes).map(Record::from)
}

/// The record as JSON, in the names of the version that it was written in.
pub fn to_json(bytes: &[u8]) -> Result<serde_json::Value, DecodeError> {
    let record = parse(bytes)?;
    serde_json::to_value(record)
        .map_err(|error| DecodeError::Bytes { version: VERSION, why: error.to_string() })
}

fn parse(bytes: &[u8]) -> Result<v1::Record<'_>, DecodeError> {
    let (version, body) = bytes.split_first().ok_or(DecodeError::Empty)?;
    if *version != VERSION {
        return Err(DecodeError::Version { found: *version });
    }
    let (record, rest) = postcard::take_from_bytes(body)
        .map_err(|error| DecodeError::Bytes { version: VERSION, why: error.to_string() })?;
    if !rest.is_empty() {
        return Err(DecodeError::Trailing { found: rest.len() });
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_record_is_named() {
        assert_eq!(decode(&[]), Err(DecodeError::Empty));
        assert_eq!(decode(&[9, 0]), Err(DecodeError::Version { found: 9 }));
        assert!(matches!(decode(&[1, 0, 200]), Err(DecodeError::Bytes { version: 1, .. })));
        let deleted = [1, 0, 1, 1, b'x'];
        assert!(decode(&deleted).is_ok());
        assert_eq!(decode(&[&deleted[..], &[0]].concat()), Err(DecodeError::Trailing { found: 1 }));
    }
}

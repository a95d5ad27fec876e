//! CBOR as it mostly comes (RFC 8949), read in one pass. Whatever is unusual in it is left to `ciborium`: tags, numbers
//! of half precision, lengths that are not told beforehand, and to tell what is wrong with a body that is no CBOR.

use std::borrow::Cow;

use crate::document::Document;

/// As deep as requests go.
const DEPTH_MAX: usize = 16;
/// Room that is made beforehand: the length that is told may be a lie.
const ROOM_MAX: usize = 64;

const WHOLE: u8 = 0;
const NEGATIVE: u8 = 1;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;
const SIMPLE: u8 = 7;

/// `None`: it is no CBOR, or unusual.
pub(crate) fn read(body: &[u8]) -> Option<Document<'_>> {
    let mut reader = Reader { rest: body };
    let document = reader.value(0)?;
    reader.rest.is_empty().then_some(document)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Document<'a>> {
        let [first] = self.take()?;
        match (first >> 5, first & 0b1_1111) {
            _ if depth > DEPTH_MAX => None,
            (WHOLE, size) => Some(Document::Int(i64::try_from(self.number(size)?).ok()?)),
            (NEGATIVE, size) => Some(Document::Int(-1 - i64::try_from(self.number(size)?).ok()?)),
            (TEXT, size) => self.text(size).map(Document::Text),
            (LIST, size) => self.each(size, |reader| reader.value(depth + 1)).map(Document::List),
            (MAP, size) => {
                let members = self.each(size, |reader| Some((reader.key()?, reader.value(depth + 1)?)));
                members.map(Document::Map)
            }
            (SIMPLE, 20) => Some(Document::Bool(false)),
            (SIMPLE, 21) => Some(Document::Bool(true)),
            (SIMPLE, 22) => Some(Document::Null),
            (SIMPLE, 26) => finite(f32::from_be_bytes(self.take()?).into()),
            (SIMPLE, 27) => finite(f64::from_be_bytes(self.take()?)),
            _ => None,
        }
    }

    /// The members of a map or the items of a list.
    fn each<T>(&mut self, size: u8, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number(size)?;
        let mut found = Vec::with_capacity(usize::try_from(count).ok()?.min(ROOM_MAX));
        for _ in 0..count {
            found.push(read(self)?);
        }
        Some(found)
    }

    fn key(&mut self) -> Option<Cow<'a, str>> {
        let [first] = self.take()?;
        if first >> 5 == TEXT { self.text(first & 0b1_1111) } else { None }
    }

    fn text(&mut self, size: u8) -> Option<Cow<'a, str>> {
        let length = usize::try_from(self.number(size)?).ok()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        str::from_utf8(text).ok().map(Cow::Borrowed)
    }

    /// What stands in the first byte itself, or in as many as it says.
    fn number(&mut self, size: u8) -> Option<u64> {
        match size {
            0..24 => Some(size.into()),
            24 => self.take().map(|[byte]| byte.into()),
            25 => self.take().map(|bytes| u16::from_be_bytes(bytes).into()),
            26 => self.take().map(|bytes| u32::from_be_bytes(bytes).into()),
            27 => self.take().map(u64::from_be_bytes),
            _ => None,
        }
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }
}

fn finite(number: f64) -> Option<Document<'static>> {
    number.is_finite().then_some(Document::Double(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// What `ciborium` alone makes of a body: slower, and the law.
    fn told(body: &[u8]) -> Option<Document<'static>> {
        Document::from_unusual_cbor(body).ok()
    }

    fn request() -> Vec<u8> {
        let request = json!({
            "TicketId": "a text of more than twenty-three bytes: ü",
            "Numbers": [0, 23, 24, 255, 256, 65_536, 4_294_967_296u64, i64::MAX, -1, -24, -25, i64::MIN, 1e300, 1.1, 16_777_216.5],
            "Others": [null, true, false, "", [], {}],
            "Players": (0..30).map(|player| json!({"PlayerId": player.to_string()})).collect::<Vec<_>>(),
        });
        let mut body = Vec::new();
        ciborium::into_writer(&request, &mut body).unwrap();
        body
    }

    /// Ciborium writes a number of half precision where that is enough: those are unusual.
    #[test]
    fn it_reads_what_ciborium_does() {
        for value in [json!({}), json!([[1], "text"]), json!({"a": {"b": [1.1, 1e300, null, true, -7]}})] {
            let mut body = Vec::new();
            ciborium::into_writer(&value, &mut body).unwrap();
            assert!(read(&body).is_some(), "{value}");
            assert_eq!(read(&body), told(&body), "{value}");
        }
        assert!(read(&request()).is_some());
        let unusual: [&[u8]; 5] = [
            b"\xf9\x38\x00",                         // 0.5 of half precision
            b"\xc1\x01",                             // a time
            b"\x9f\x01\xff",                         // a list whose length is not told
            b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", // more than an i64 holds
            b"\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x01",
        ];
        for body in unusual {
            assert!(told(body).is_some(), "{body:x?}");
            assert_eq!(read(body), None, "{body:x?}");
        }
        // Cut, with more behind, with lengths that are lies, a key that is no text, a text that is no UTF-8.
        for body in [
            b"".as_slice(),
            b"\x61",
            b"\x01\x01",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xa1\x01\x01",
            b"\x61\xff",
        ] {
            assert_eq!((read(body), told(body)), (None, None), "{body:x?}");
        }
    }

    proptest! {
        #[test]
        fn what_it_reads_of_a_spoiled_body_ciborium_does(
            spoils in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)
        ) {
            let mut body = request();
            for (at, by) in spoils {
                let at = at.index(body.len());
                body[at] = by;
            }
            if let Some(found) = read(&body) {
                prop_assert_eq!(Some(found), told(&body), "{:x?}", body);
            }
        }
    }
}

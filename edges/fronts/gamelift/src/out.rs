//! A reply as it is written, in either language, or an event: member by member, without a tree that would only be
//! thrown away.

use matchwright_model::Timestamp;
use serde::Serialize;

use crate::Protocol;

/// The first bits of a header in CBOR (RFC 8949, 3.1).
const TEXT: u8 = 0b011 << 5;
const LIST: u8 = 0b100 << 5;
const MAP: u8 = 0b101 << 5;
/// Tag 1: seconds since 1970, as RPC v2 CBOR writes a time (D-01).
const TIME: u8 = 0b110 << 5 | 1;

/// Writes one value; a map or a list takes more of them.
pub(crate) struct Out {
    protocol: Protocol,
    bytes: Vec<u8>,
}

impl Out {
    pub fn new(protocol: Protocol) -> Self {
        // Most replies are shorter, so that one allocation is enough.
        Self { protocol, bytes: Vec::with_capacity(768) }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub fn text(&mut self, text: &(impl AsRef<str> + ?Sized)) {
        let text = text.as_ref();
        match self.protocol {
            Protocol::Json => self.scalar(text),
            Protocol::Cbor => self.plain(text),
        }
    }

    /// An ARN, of its parts. Region and names are of letters, digits, - and .: JSON escapes nothing there.
    pub fn arn(&mut self, parts: &[&str]) {
        match self.protocol {
            Protocol::Json => {
                self.bytes.push(b'"');
                parts.iter().for_each(|part| self.bytes.extend_from_slice(part.as_bytes()));
                self.bytes.push(b'"');
            }
            Protocol::Cbor => self.plain(&parts.concat()),
        }
    }

    /// A text in which JSON escapes nothing.
    fn plain(&mut self, text: &str) {
        match self.protocol {
            Protocol::Json => {
                self.bytes.push(b'"');
                self.bytes.extend_from_slice(text.as_bytes());
                self.bytes.push(b'"');
            }
            Protocol::Cbor => {
                match text.len() {
                    length @ 0..24 => self.bytes.push(TEXT | length as u8),
                    length @ 24..0x100 => self.bytes.extend([TEXT | 24, length as u8]),
                    _ => return self.scalar(text),
                }
                self.bytes.extend_from_slice(text.as_bytes());
            }
        }
    }

    pub fn int(&mut self, number: i64) {
        self.scalar(&number);
    }

    /// A finite number.
    pub fn double(&mut self, number: f64) {
        self.scalar(&number);
    }

    /// A finite number of single precision, in the fewest digits that mean it.
    pub fn float(&mut self, number: f32) {
        self.scalar(&number);
    }

    pub fn bool(&mut self, value: bool) {
        self.scalar(&value);
    }

    /// Seconds with three decimals.
    pub fn time(&mut self, at: Timestamp) {
        if self.protocol == Protocol::Cbor {
            self.bytes.push(TIME);
        }
        self.scalar(&(at.0 as f64 / 1000.0));
    }

    pub fn list<T>(&mut self, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        let mut list = Open::new(self, LIST, b'[');
        for item in items {
            list.next();
            write(list.out, item);
        }
        list.close(b']');
    }

    pub fn map(&mut self, write: impl FnOnce(&mut Members<'_>)) {
        let mut members = Members(Open::new(self, MAP, b'{'));
        write(&mut members);
        members.0.close(b'}');
    }

    fn scalar(&mut self, value: &(impl Serialize + ?Sized)) {
        match self.protocol {
            Protocol::Json => serde_json::to_writer(&mut self.bytes, value).expect(NEVER_FAILS),
            Protocol::Cbor => ciborium::into_writer(value, &mut self.bytes).expect(NEVER_FAILS),
        }
    }
}

const NEVER_FAILS: &str = "writing to memory cannot fail";

/// The members of a map, each written as it comes.
pub(crate) struct Members<'o>(Open<'o>);

impl Members<'_> {
    /// Where the value of this member of the model is to be written: exactly one.
    pub fn member(&mut self, key: &'static str) -> &mut Out {
        self.named(|out| out.plain(key))
    }

    /// As `member`, where the key is a text that somebody chose.
    pub fn entry(&mut self, key: &str) -> &mut Out {
        self.named(|out| out.text(key))
    }

    fn named(&mut self, write_key: impl FnOnce(&mut Out)) -> &mut Out {
        self.0.next();
        let out = &mut *self.0.out;
        write_key(out);
        if out.protocol == Protocol::Json {
            out.bytes.push(b':');
        }
        out
    }

    pub fn text(&mut self, key: &'static str, text: &(impl AsRef<str> + ?Sized)) {
        self.member(key).text(text);
    }

    pub fn int(&mut self, key: &'static str, number: impl Into<i64>) {
        self.member(key).int(number.into());
    }

    pub fn optional_text(&mut self, key: &'static str, text: Option<&(impl AsRef<str> + ?Sized)>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }
}

/// A map or list under way. In CBOR its header tells how many come, which is known at the end.
struct Open<'o> {
    out: &'o mut Out,
    /// Its header.
    at: usize,
    kind: u8,
    count: usize,
}

impl<'o> Open<'o> {
    fn new(out: &'o mut Out, kind: u8, bracket: u8) -> Self {
        let at = out.bytes.len();
        out.bytes.push(if out.protocol == Protocol::Json { bracket } else { kind });
        Self { out, at, kind, count: 0 }
    }

    fn next(&mut self) {
        if self.count > 0 && self.out.protocol == Protocol::Json {
            self.out.bytes.push(b',');
        }
        self.count += 1;
    }

    fn close(self, bracket: u8) {
        let Self { out: Out { protocol, bytes }, at, kind, count } = self;
        match (*protocol, count) {
            (Protocol::Json, _) => bytes.push(bracket),
            (Protocol::Cbor, 0..24) => bytes[at] |= count as u8,
            // Rare: what follows the header moves up.
            (Protocol::Cbor, 24..256) => drop(bytes.splice(at..=at, [kind | 24, count as u8])),
            (Protocol::Cbor, _) => {
                let header = [[kind | 26].as_slice(), &(count as u32).to_be_bytes()].concat();
                drop(bytes.splice(at..=at, header));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ciborium::Value as Cbor;
    use serde_json::json;

    use super::*;

    fn written(protocol: Protocol, items: u32) -> Vec<u8> {
        let mut out = Out::new(protocol);
        out.map(|map| {
            map.entry("a \"text\"").text("ü\n");
            map.member("list").list(0..items, |out, item| out.int(item.into()));
            map.member("empty").map(|_| {});
            map.member("members").map(|map| {
                (0..items).for_each(|item| map.entry(&item.to_string()).int(item.into()));
            });
            map.member("time").time(Timestamp(1_767_323_045_250));
            map.optional_text("absent", None::<&str>);
            map.member("is").bool(true);
            map.member("number").double(0.1);
        });
        out.into_bytes()
    }

    #[test]
    fn texts_are_written_as_serde_writes_them() {
        for text in ["", "plain", "a \"quote\"", "\\", "line\nline", "ü and \u{7f}", "\0"] {
            for length in [0, 1, 7, 8, 23, 24, 255, 256, 70_000] {
                let text = format!("{}{text}", "x".repeat(length));
                let [json, cbor] = [Protocol::Json, Protocol::Cbor].map(|protocol| {
                    let mut out = Out::new(protocol);
                    out.text(&text);
                    out.into_bytes()
                });
                assert_eq!(json, serde_json::to_vec(&text).unwrap(), "{text:?}");
                let mut expected = Vec::new();
                ciborium::into_writer(&text, &mut expected).unwrap();
                assert_eq!(cbor, expected, "{text:?}");
            }
        }
    }

    #[test]
    fn an_arn_is_written_as_its_text() {
        let parts = ["arn:aws:gamelift:eu-west-1:000000000000:", "matchmakingconfiguration", "/", "a-1.b"];
        for protocol in [Protocol::Json, Protocol::Cbor] {
            let [mut of_parts, mut whole] = [Out::new(protocol), Out::new(protocol)];
            of_parts.arn(&parts);
            whole.text(&parts.concat());
            assert_eq!(of_parts.into_bytes(), whole.into_bytes());
        }
    }

    #[test]
    fn lists_and_maps_of_any_length_are_read_back() {
        for items in [0, 1, 23, 24, 255, 256, 70_000] {
            let members: serde_json::Map<_, _> =
                (0..items).map(|item| (item.to_string(), json!(item))).collect();
            let list: Vec<u32> = (0..items).collect();
            let time = 1_767_323_045.25;
            let expected = json!({ "a \"text\"": "ü\n", "list": list, "empty": {}, "members": members,
                "time": time, "is": true, "number": 0.1 });
            let json: serde_json::Value = serde_json::from_slice(&written(Protocol::Json, items)).unwrap();
            assert_eq!(json, expected, "{items} items in JSON");
            let mut cbor: Cbor = ciborium::from_reader(&written(Protocol::Cbor, items)[..]).unwrap();
            let at = cbor.as_map_mut().unwrap().iter_mut().find(|(key, _)| key.as_text() == Some("time"));
            let at = &mut at.unwrap().1;
            assert_eq!(*at, Cbor::Tag(1, Box::new(Cbor::Float(time))));
            *at = Cbor::Float(time);
            assert_eq!(cbor.deserialized::<serde_json::Value>().unwrap(), expected, "{items} items in CBOR");
        }
    }
}

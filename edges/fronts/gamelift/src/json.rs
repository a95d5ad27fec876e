//! JSON as it mostly comes, read in one pass. Whatever is unusual in it is left to `serde_json`: texts with escapes,
//! numbers with a sign or a fraction, and to tell what is wrong with a body that is no JSON.

use std::borrow::Cow;

use crate::document::Document;

/// As deep as requests go. What is deeper is left to `serde_json` too.
const DEPTH_MAX: usize = 16;
/// Any i64 has room for as many digits.
const DIGITS_MAX: usize = 18;

/// `None`: it is no JSON, or unusual as a whole.
pub(crate) fn read(text: &str) -> Option<Document<'_>> {
    let mut reader = Reader { text, at: 0 };
    let document = reader.value(0)?;
    reader.next().is_none().then_some(document)
}

/// How many bytes come before the first that cannot stand for itself in a text: a quote, a backslash, a control.
pub(crate) fn plain_bytes(bytes: &[u8]) -> usize {
    let (eights, _) = bytes.as_chunks::<8>();
    for (index, eight) in eights.iter().enumerate() {
        if let Some(plain) = plain_of_eight(*eight) {
            return 8 * index + plain;
        }
    }
    // The last eight: some of them were looked at already.
    if let Some(last) = bytes.last_chunk::<8>() {
        return plain_of_eight(*last).map_or(bytes.len(), |plain| bytes.len() - 8 + plain);
    }
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    bytes.iter().position(is_special).unwrap_or(bytes.len())
}

/// `None`: all of them are plain. They are looked at together, as one number.
fn plain_of_eight(bytes: [u8; 8]) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let bytes = u64::from_le_bytes(bytes);
    // The high bit is set of the first byte below the limit, and of none before it: a byte that is smaller borrows.
    let below = |bytes: u64, limit: u8| bytes.wrapping_sub(EACH * u64::from(limit)) & !bytes & (EACH << 7);
    // Only what equals it becomes zero.
    let equal = |byte: u8| below(bytes ^ (EACH * u64::from(byte)), 1);
    let special = below(bytes, b' ') | equal(b'"') | equal(b'\\');
    (special != 0).then_some(special.trailing_zeros() as usize / 8)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Document<'a>> {
        match self.next()? {
            _ if depth > DEPTH_MAX => None,
            b'"' => self.quoted().map(Document::Text),
            b'0'..=b'9' => self.number(),
            b'{' => {
                let members = self.each(b'}', |reader| {
                    let key = reader.key()?;
                    Some((key, reader.value(depth + 1)?))
                });
                members.map(Document::Map)
            }
            b'[' => self.each(b']', |reader| reader.value(depth + 1)).map(Document::List),
            _ => self.unusual(),
        }
    }

    /// The members of a map or the items of a list, up to its end.
    fn each<T>(&mut self, end: u8, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.at += 1;
        if self.next()? == end {
            self.at += 1;
            return Some(Vec::new());
        }
        // Mostly there are not more.
        let mut found = Vec::with_capacity(4);
        loop {
            found.push(read(self)?);
            let byte = self.next()?;
            self.at += 1;
            match byte {
                b',' => {}
                _ => return (byte == end).then_some(found),
            }
        }
    }

    fn key(&mut self) -> Option<Cow<'a, str>> {
        self.next().filter(|byte| *byte == b'"')?;
        let key = self.quoted()?;
        self.next().filter(|byte| *byte == b':')?;
        self.at += 1;
        Some(key)
    }

    fn quoted(&mut self) -> Option<Cow<'a, str>> {
        let bytes = self.text.as_bytes();
        let begin = self.at + 1;
        let end = begin + plain_bytes(&bytes[begin..]);
        if bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Some(Cow::Borrowed(&self.text[begin..end]));
        }
        match self.unusual()? {
            Document::Text(text) => Some(text),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Document<'a>> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_whole = !matches!(rest.get(length), Some(b'.' | b'e' | b'E'));
        let has_leading_zero = rest[0] == b'0' && length > 1;
        if !is_whole || has_leading_zero || length > DIGITS_MAX {
            return self.unusual();
        }
        self.at += length;
        let number = rest[..length].iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        Some(Document::Int(number))
    }

    fn unusual(&mut self) -> Option<Document<'a>> {
        let mut values = serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value)
    }

    /// The next byte that is no space, where it stands.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What `serde_json` alone makes of a text: slower, and the law.
    fn told(text: &str) -> Option<Document<'_>> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn it_reads_what_serde_json_does() {
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let (usual, unusual) = (deep(DEPTH_MAX), deep(DEPTH_MAX + 1));
        let same = [
            r#"{"a": "plain", "b": [1, 20, {}], "c": {"d": [], "e": null}}"#,
            " \t\r\n{ \"a\" : [ true , false ] } \n",
            r#""with \"quotes\" and \\ and \u00fc""#,
            r#"{"k\ney": "ümlaut", "longer than eight bytes": "1234567\n"}"#,
            "[0, -1, 1.5, 1e3, -0, 999999999999999999, 9223372036854775807, 9223372036854775808, 0.1]",
            r#"{"a": 1, "a": 2}"#,
            r#""""#,
            "7",
            &usual,
        ];
        for text in same {
            assert!(told(text).is_some(), "{text}");
            assert_eq!(read(text), told(text), "{text}");
        }
        let refused = [
            "",
            " ",
            "{",
            "[1",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{1:2}",
            "{,\"a\":1}",
            "\"a",
            "\"a\nb\"",
            "\"\\x\"",
            "\"\\",
            "01",
            "1.",
            "-",
            "+1",
            "1e",
            "nul",
            "truely",
            "{}{}",
            "1 1",
            "[1}",
            "{\"a\":1]",
            "\u{feff}1",
        ];
        for text in refused {
            assert_eq!((read(text), told(text)), (None, None), "{text}");
        }
        assert_eq!(read(&unusual), None, "it is left to serde_json as a whole");
    }

    proptest! {
        #[test]
        fn a_spoiled_text_is_read_as_serde_json_does(
            spoils in proptest::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{}:,\"\\\\0-9.eE ü\n-]"), 0..4)
        ) {
            let mut text =
                r#"{"TicketId":"t-1","Players":[{"PlayerId":"\"ü","LatencyInMs":{"east":30,"west":1.5e1}},{}]}"#
                    .to_string();
            for (at, by) in spoils {
                let places: Vec<(usize, char)> = text.char_indices().collect();
                let (at, old) = places[at.index(places.len())];
                text.replace_range(at..at + old.len_utf8(), &by);
            }
            prop_assert_eq!(read(&text), told(&text), "{}", text);
        }

        #[test]
        fn plain_bytes_end_where_one_does_not_stand_for_itself(text in "[a-zü\"\\\\\n]{0,30}") {
            let slow = text.bytes().position(|byte| byte < 0x20 || b"\"\\".contains(&byte));
            prop_assert_eq!(plain_bytes(text.as_bytes()), slow.unwrap_or(text.len()));
        }
    }
}

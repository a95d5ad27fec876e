//! A request as it came, in JSON or CBOR: read once, in one pass, into one list.

use std::fmt;

use ciborium::Value as Cbor;
use ciborium::value::Integer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::{Deserialize, Deserializer};

/// A value and all that is in it, in the order of the request: what is in a list or a map follows it, and a member's
/// value follows its key.
#[derive(Debug, Clone)]
pub(crate) struct Document<'a>(Vec<Node<'a>>);

#[derive(Debug, Clone, Copy)]
enum Node<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'a str),
    /// While the request is read: from this byte of the copied texts to before that. None is left behind.
    Copied(usize, usize),
    List(Extent),
    Map(Extent),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Double(f64),
}

/// How far a list or a map goes.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Of its items or members.
    count: usize,
    /// Of its own node and all that are in it.
    nodes: usize,
}

/// A value of a document: its node is the first of these, and what is in it follows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'d>(&'d [Node<'d>]);

/// The items of a list: the first begins where these nodes do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Items<'d> {
    nodes: &'d [Node<'d>],
    count: usize,
}

/// The members of a structure: the first begins where these nodes do, with its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members<'d> {
    nodes: &'d [Node<'d>],
    count: usize,
}

/// Deeper than any request. The JSON parser has a limit of its own (128); both stop before the stack does.
const DEPTH_MAX: usize = 64;
/// So many bytes of a request make a node, more or less.
const NODE_BYTES: usize = 8;
/// Room that is made beforehand, in bytes of a request: for most it is enough.
const USUAL_BYTES: usize = 512;

impl<'a> Document<'a> {
    /// A structure without members.
    pub fn empty() -> Self {
        Self(vec![Node::Map(Extent { count: 0, nodes: 1 })])
    }

    /// Texts are borrowed from the request wherever they stand there as they are, the others from `copied`.
    pub fn from_json(body: &'a [u8], copied: &'a mut String) -> Result<Self, String> {
        let read = match str::from_utf8(body) {
            Ok(text) => read_json(serde_json::Deserializer::from_str(text), body.len()),
            // It tells where.
            Err(_) => read_json(serde_json::Deserializer::from_slice(body), body.len()),
        };
        let raw = read.map_err(|error| format!("the body is not JSON: {error}"))?;
        Ok(raw.borrow_from(copied))
    }

    /// `ciborium` lends no text, so that all are borrowed from `copied`.
    pub fn from_cbor(body: &[u8], copied: &'a mut String) -> Result<Self, String> {
        let mut rest = body;
        match ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH_MAX) {
            Ok(raw) if rest.is_empty() => Ok(Raw::borrow_from(raw, copied)),
            _ => Err(wrong_in_cbor(body)),
        }
    }

    /// The value that everything else is in.
    pub fn root(&self) -> Value<'_> {
        Value(&self.0)
    }
}

impl<'d> Value<'d> {
    /// How it is called in messages.
    pub fn kind(self) -> &'static str {
        match self.node() {
            Node::Null => "null",
            Node::Bool(_) => "a boolean",
            Node::Number(_) => "a number",
            Node::Text(_) | Node::Copied(..) => "a string",
            Node::List(_) => "a list",
            Node::Map(_) => "a structure",
        }
    }

    pub fn is_null(self) -> bool {
        matches!(self.node(), Node::Null)
    }

    pub fn boolean(self) -> Option<bool> {
        match self.node() {
            Node::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn number(self) -> Option<Number> {
        match self.node() {
            Node::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn text(self) -> Option<&'d str> {
        match self.node() {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn items(self) -> Option<Items<'d>> {
        match self.node() {
            Node::List(extent) => Some(Items { nodes: &self.0[1..], count: extent.count }),
            _ => None,
        }
    }

    pub fn members(self) -> Option<Members<'d>> {
        match self.node() {
            Node::Map(extent) => Some(Members { nodes: &self.0[1..], count: extent.count }),
            _ => None,
        }
    }

    fn node(self) -> &'d Node<'d> {
        &self.0[0]
    }

    /// What comes behind it and all that is in it.
    fn behind(self) -> &'d [Node<'d>] {
        match self.node() {
            Node::List(extent) | Node::Map(extent) => &self.0[extent.nodes..],
            _ => &self.0[1..],
        }
    }
}

impl<'d> Items<'d> {
    pub fn len(self) -> usize {
        self.count
    }

    pub fn iter(self) -> impl Iterator<Item = Value<'d>> {
        let mut nodes = self.nodes;
        (0..self.count).map(move |_| {
            let item = Value(nodes);
            nodes = item.behind();
            item
        })
    }
}

impl<'d> Members<'d> {
    pub fn len(self) -> usize {
        self.count
    }

    pub fn get(self, key: &str) -> Option<Value<'d>> {
        let [value] = self.pick([key]);
        value
    }

    /// The values of these keys. Null is as good as absent; of a key that stands twice the last counts.
    pub fn pick<const N: usize>(self, keys: [&str; N]) -> [Option<Value<'d>>; N] {
        let mut picked = [None; N];
        for (name, value) in self.iter() {
            for (key, picked) in keys.iter().zip(&mut picked) {
                if *key == name {
                    *picked = (!value.is_null()).then_some(value);
                }
            }
        }
        picked
    }

    pub fn iter(self) -> impl Iterator<Item = (&'d str, Value<'d>)> {
        let mut nodes = self.nodes;
        (0..self.count).map(move |_| {
            let (key, value) = (Value(nodes), Value(&nodes[1..]));
            nodes = value.behind();
            (key.text().expect("only texts are read as keys"), value)
        })
    }
}

/// A document as it is read.
struct Raw<'a> {
    nodes: Vec<Node<'a>>,
    /// The texts that were not lent, one behind the other.
    copied: String,
}

impl<'a> Raw<'a> {
    /// The copied texts move to where the document can borrow them.
    fn borrow_from(self, copied: &'a mut String) -> Document<'a> {
        let Self { mut nodes, copied: texts } = self;
        *copied = texts;
        if !copied.is_empty() {
            for node in &mut nodes {
                if let Node::Copied(begin, end) = *node {
                    *node = Node::Text(&copied[begin..end]);
                }
            }
        }
        Document(nodes)
    }
}

/// Reads a value, whatever it is.
struct Reader<'a, L> {
    raw: Raw<'a>,
    /// A text of the request, if it may be borrowed.
    lend: L,
}

impl<'a, L> Reader<'a, L> {
    fn new(bytes: usize, lend: L) -> Self {
        let nodes = Vec::with_capacity(bytes.min(USUAL_BYTES) / NODE_BYTES + 1);
        Self { raw: Raw { nodes, copied: String::new() }, lend }
    }

    fn push<E>(&mut self, node: Node<'a>) -> Result<(), E> {
        self.raw.nodes.push(node);
        Ok(())
    }

    fn copy<E>(&mut self, text: &str) -> Result<(), E> {
        if text.is_empty() {
            return self.push(Node::Text(""));
        }
        let begin = self.raw.copied.len();
        self.raw.copied.push_str(text);
        self.push(Node::Copied(begin, self.raw.copied.len()))
    }

    /// A list or a map, of which `read_next` reads what is in it: false at its end.
    fn read_all<E>(
        &mut self,
        node: impl FnOnce(Extent) -> Node<'a>,
        mut read_next: impl FnMut(&mut Self) -> Result<bool, E>,
    ) -> Result<(), E> {
        let at = self.raw.nodes.len();
        // Its place: how far it goes is known at the end.
        self.push(Node::Null)?;
        let mut count = 0;
        while read_next(self)? {
            count += 1;
        }
        self.raw.nodes[at] = node(Extent { count, nodes: self.raw.nodes.len() - at });
        Ok(())
    }
}

impl<'de, 'a, L: Fn(&'de str) -> Option<&'a str>> DeserializeSeed<'de> for &mut Reader<'a, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, 'a, L: Fn(&'de str) -> Option<&'a str>> Visitor<'de> for &mut Reader<'a, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.push(Node::Null)
    }

    fn visit_none<E>(self) -> Result<(), E> {
        self.push(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.push(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.push(Node::Number(Number::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.push(integer(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<(), E> {
        self.push(Integer::try_from(value).map(integer).map_err(E::custom)?)
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<(), E> {
        self.push(Integer::try_from(value).map(integer).map_err(E::custom)?)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        match value.is_finite() {
            true => self.push(Node::Number(Number::Double(value))),
            false => Err(E::custom("a number that is not finite")),
        }
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        match (self.lend)(text) {
            Some(text) => self.push(Node::Text(text)),
            None => self.copy(text),
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.copy(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.read_all(Node::List, |reader| Ok(items.next_element_seed(reader)?.is_some()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.read_all(Node::Map, |reader| {
            let has_key = members.next_key_seed(Key(reader))?.is_some();
            if has_key {
                members.next_value_seed(reader)?;
            }
            Ok(has_key)
        })
    }

    /// A tag of CBOR, and the value that it stands before.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        let (IgnoredAny, both) = tagged.variant()?;
        both.tuple_variant(2, Tagged(self))
    }
}

/// What no i64 holds is a double.
fn integer<'a>(number: Integer) -> Node<'a> {
    let double = || Number::Double(i128::from(number) as f64);
    Node::Number(i64::try_from(number).map_or_else(|_| double(), Number::Int))
}

/// A key: a text, and nothing before it.
struct Key<'r, 'a, L>(&'r mut Reader<'a, L>);

impl<'de, 'a, L: Fn(&'de str) -> Option<&'a str>> DeserializeSeed<'de> for Key<'_, 'a, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, 'a, L: Fn(&'de str) -> Option<&'a str>> Visitor<'de> for Key<'_, 'a, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<(), E> {
        self.0.visit_borrowed_str(key)
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        self.0.visit_str(key)
    }
}

/// A tag, which says nothing here, and a value.
struct Tagged<'r, 'a, L>(&'r mut Reader<'a, L>);

impl<'de, 'a, L: Fn(&'de str) -> Option<&'a str>> Visitor<'de> for Tagged<'_, 'a, L> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tag and a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut both: A) -> Result<(), A::Error> {
        both.next_element::<IgnoredAny>()?;
        both.next_element_seed(self.0).map(drop)
    }
}

fn read_json<'a>(
    mut json: serde_json::Deserializer<impl serde_json::de::Read<'a>>,
    bytes: usize,
) -> serde_json::Result<Raw<'a>> {
    let mut reader = Reader::new(bytes, Some);
    reader.deserialize(&mut json)?;
    json.end()?;
    Ok(reader.raw)
}

/// No text is lent, and nothing borrowed.
impl<'de> Deserialize<'de> for Raw<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut reader = Reader::new(USUAL_BYTES, |_| None);
        reader.raw.copied.reserve(USUAL_BYTES);
        reader.deserialize(deserializer)?;
        Ok(reader.raw)
    }
}

/// Why it was not understood. It is read again, for that: seldom, and as `ciborium` itself would.
fn wrong_in_cbor(mut body: &[u8]) -> String {
    let read = ciborium::de::from_reader_with_recursion_limit::<Cbor, _>(&mut body, DEPTH_MAX);
    match (read, body.len()) {
        (Err(error), _) => format!("the body is not CBOR: {error}"),
        (Ok(cbor), 0) => refusal(&cbor).unwrap_or_else(|| "the body is not CBOR".to_string()),
        (Ok(_), more) => format!("the body is not CBOR: {more} bytes stand behind it"),
    }
}

/// The first that no operation takes.
fn refusal(cbor: &Cbor) -> Option<String> {
    match cbor {
        Cbor::Null | Cbor::Bool(_) | Cbor::Integer(_) | Cbor::Text(_) => None,
        Cbor::Float(number) if number.is_finite() => None,
        Cbor::Float(_) => Some("a number that is not finite".to_string()),
        Cbor::Tag(_, inner) => refusal(inner),
        Cbor::Array(items) => items.iter().find_map(refusal),
        Cbor::Map(members) => members.iter().find_map(|(key, value)| match key {
            Cbor::Text(_) => refusal(value),
            other => Some(format!("a map key that is no text: {other:?}")),
        }),
        other => Some(format!("a value that no operation takes: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;

    /// What a library makes of a request by itself: slower, and the law. Both keep the last of a key that stands twice.
    fn told(value: Value<'_>) -> Json {
        match value.number() {
            Some(Number::Int(number)) => return json!(number),
            Some(Number::Double(number)) => return json!(number),
            None => {}
        }
        let text = || value.text().map(Json::from);
        let items = || value.items().map(|items| items.iter().map(told).collect());
        let members = || {
            let members = value.members()?.iter();
            Some(Json::Object(members.map(|(key, value)| (key.to_string(), told(value))).collect()))
        };
        value.boolean().map(Json::from).or_else(text).or_else(items).or_else(members).unwrap_or_default()
    }

    fn of_json(text: &[u8]) -> Result<Json, String> {
        Document::from_json(text, &mut String::new()).map(|document| told(document.root()))
    }

    fn of_cbor(body: &[u8]) -> Result<Json, String> {
        Document::from_cbor(body, &mut String::new()).map(|document| told(document.root()))
    }

    /// What no i64 holds is a double here.
    fn law_of_json(text: &[u8]) -> Result<Json, String> {
        fn rounded(json: Json) -> Json {
            match json {
                Json::Number(number) if number.is_u64() && !number.is_i64() => json!(number.as_f64()),
                Json::Array(items) => items.into_iter().map(rounded).collect(),
                Json::Object(members) => {
                    Json::Object(members.into_iter().map(|(key, value)| (key, rounded(value))).collect())
                }
                other => other,
            }
        }
        serde_json::from_slice(text).map(rounded).map_err(|error| format!("the body is not JSON: {error}"))
    }

    fn law_of_cbor(body: &[u8]) -> Result<Json, String> {
        fn plain(cbor: Cbor) -> Json {
            match cbor {
                Cbor::Bool(value) => json!(value),
                Cbor::Integer(number) => {
                    let double = || json!(i128::from(number) as f64);
                    i64::try_from(number).map_or_else(|_| double(), Json::from)
                }
                Cbor::Float(number) => json!(number),
                Cbor::Text(text) => json!(text),
                Cbor::Tag(_, inner) => plain(*inner),
                Cbor::Array(items) => items.into_iter().map(plain).collect(),
                Cbor::Map(members) => {
                    let key = |key: Cbor| key.into_text().expect("others are refused");
                    members.into_iter().map(|(name, value)| (key(name), plain(value))).collect()
                }
                _ => Json::Null,
            }
        }
        let mut rest = body;
        let read = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH_MAX);
        match read {
            Ok(cbor) if rest.is_empty() && refusal(&cbor).is_none() => Ok(plain(cbor)),
            _ => Err(wrong_in_cbor(body)),
        }
    }

    fn request() -> Json {
        json!({
            "TicketId": "a text of more than twenty-three bytes: ü",
            "Escaped \"key\"": ["\"", "line\nline", "", "\u{0}"],
            "Numbers": [0, 23, 24, 255, 256, 65_536, i64::MAX, u64::MAX, -1, -24, -25, i64::MIN, 1e300, 1.5, -0.0],
            "Others": [null, true, false, [], {}, [[{"a": [{}]}], 7]],
            "Long": "x".repeat(5000),
            "Players": (0..30).map(|player| json!({"PlayerId": player.to_string()})).collect::<Vec<_>>(),
        })
    }

    fn request_in_cbor() -> Vec<u8> {
        let mut body = Vec::new();
        ciborium::into_writer(&request(), &mut body).unwrap();
        body
    }

    #[test]
    fn a_request_is_read_as_the_libraries_do() {
        let text = request().to_string();
        assert_eq!(of_json(text.as_bytes()), law_of_json(text.as_bytes()));
        assert!(of_json(text.as_bytes()).is_ok());
        let body = request_in_cbor();
        assert_eq!(of_cbor(&body), law_of_cbor(&body));
        assert_eq!(of_cbor(&body), of_json(text.as_bytes()));
    }

    #[test]
    fn members_are_found_by_their_last_key_unless_it_is_null() {
        let mut copied = String::new();
        let body = br#"{"a": {"b": 1}, "b": [2, 3], "c": 4, "a": "five", "c": null, "\u0064": 6}"#;
        let document = Document::from_json(body, &mut copied).unwrap();
        let members = document.root().members().unwrap();
        let [a, b, c, d] = members.pick(["a", "b", "c", "d"]).map(|found| found.map(told));
        assert_eq!((a, b, c, d), (Some(json!("five")), Some(json!([2, 3])), None, Some(json!(6))));
        assert_eq!(members.get("e").map(told), None);
        let keys: Vec<&str> = members.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["a", "b", "c", "a", "c", "d"]);
        assert_eq!((members.len(), members.get("b").unwrap().items().unwrap().len()), (6, 2));
        assert_eq!(told(Document::empty().root()), json!({}));
    }

    #[test]
    fn what_is_wrong_is_told_as_the_libraries_do() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        for text in [&nested(127), &nested(128), "", "{", "[1,]", "{1:2}", "\"\\x\"", "1e400", "01", "{} {}"]
        {
            assert_eq!(of_json(text.as_bytes()), law_of_json(text.as_bytes()), "{text}");
        }
        assert_eq!(of_json(b"[\"\xff\"]"), law_of_json(b"[\"\xff\"]"));
        let lists = |depth: usize| [vec![0x81; depth], vec![0x01]].concat();
        let bodies: [&[u8]; 20] = [
            &lists(DEPTH_MAX),
            &lists(DEPTH_MAX + 1),
            b"",
            b"\x61",                                                 // cut
            b"\x01\x01",                                             // more behind it
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",                 // a length that is a lie
            b"\xa1\x01\x01",                                         // a key that is no text
            b"\xa1\xc1\x61a\x01",                                    // a key with a tag
            b"\x61\xff",                                             // no UTF-8
            b"\xf9\x7e\x00",                                         // not a number
            b"\xf9\x38\x00",                                         // of half precision
            b"\xc1\x1a\x65\x00\x00\x00",                             // a time
            b"\xc1\xc1\x81\xc1\x60",                                 // tags of tags, and an empty text
            b"\x9f\x01\x7f\x61a\x61b\xff\xff",                       // lengths that are not told
            b"\x42\x01\x02",                                         // bytes
            b"\xf7",                                                 // undefined
            b"\xe0",                                                 // some simple value
            b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff",                 // less than an i64 holds
            b"\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00",         // more than 64 bits
            b"\x82\x42\x01\x02\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00", // two that no operation takes
        ];
        for body in bodies {
            assert_eq!(of_cbor(body), law_of_cbor(body), "{body:x?}");
        }
    }

    proptest! {
        #[test]
        fn spoiled_json_is_read_as_serde_json_does(
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
            prop_assert_eq!(of_json(text.as_bytes()), law_of_json(text.as_bytes()), "{}", text);
        }

        #[test]
        fn spoiled_cbor_is_read_as_ciborium_does(
            spoils in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)
        ) {
            let mut body = request_in_cbor();
            for (at, by) in spoils {
                let at = at.index(body.len());
                body[at] = by;
            }
            prop_assert_eq!(of_cbor(&body), law_of_cbor(&body), "{:x?}", body);
        }
    }
}

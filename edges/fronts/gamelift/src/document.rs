//! The tree of a request, from JSON or CBOR: parsed once, read by the shapes. Events are written from one too.

use std::borrow::Cow;
use std::fmt;

use ciborium::Value as Cbor;
use serde::de::{MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{cbor, json};

/// Texts are borrowed from the request or the event wherever they stand there as they are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    List(Vec<Document<'a>>),
    Map(Vec<Member<'a>>),
}

/// A member of a structure.
pub(crate) type Member<'a> = (Cow<'a, str>, Document<'a>);

/// Deeper than any request. The JSON parser has a limit of its own (128); both stop before the stack does.
const DEPTH_MAX: usize = 64;

impl<'a> Document<'a> {
    pub fn map<K: Into<Cow<'a, str>>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        let members = members.into_iter();
        // Of optional members nobody knows how many come, but how many there can be.
        let (least, most) = members.size_hint();
        let mut list = Vec::with_capacity(most.unwrap_or(least));
        list.extend(members.map(|(key, value)| (key.into(), value)));
        Self::Map(list)
    }

    pub fn text(text: &'a (impl AsRef<str> + ?Sized)) -> Self {
        Self::Text(Cow::Borrowed(text.as_ref()))
    }

    pub fn from_json(body: &'a [u8]) -> Result<Self, String> {
        match str::from_utf8(body).ok().and_then(json::read) {
            Some(document) => Ok(document),
            None => serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}")),
        }
    }

    pub fn from_cbor(body: &'a [u8]) -> Result<Self, String> {
        cbor::read(body).map_or_else(|| Self::from_unusual_cbor(body), Ok)
    }

    pub fn from_unusual_cbor(mut body: &[u8]) -> Result<Self, String> {
        let read = ciborium::de::from_reader_with_recursion_limit(&mut body, DEPTH_MAX);
        let cbor: Cbor = read.map_err(|error| format!("the body is not CBOR: {error}"))?;
        match body.len() {
            0 => of_cbor(cbor),
            more => Err(format!("the body is not CBOR: {more} bytes stand behind it")),
        }
    }

    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        serde_json::to_writer(&mut bytes, self).expect("writing to memory cannot fail");
        bytes
    }

    /// How it is called in messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Double(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a structure",
        }
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(members) => serializer.collect_map(members.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Document<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

/// Builds the tree from whatever comes.
struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Document<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Document<'de>, E> {
        Ok(Document::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document<'de>, E> {
        Ok(Document::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document<'de>, E> {
        Ok(Document::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document<'de>, E> {
        Ok(i64::try_from(value).map_or(Document::Double(value as f64), Document::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Document<'de>, E> {
        Ok(Document::Double(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Document<'de>, E> {
        Ok(Document::text(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Document<'de>, E> {
        Ok(Document::Text(Cow::Owned(value.to_string())))
    }

    fn visit_string<E>(self, value: String) -> Result<Document<'de>, E> {
        Ok(Document::Text(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Document::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((Key(key), value)) = entries.next_entry::<Key<'de>, Document<'de>>()? {
            members.push((key, value));
        }
        Ok(Document::Map(members))
    }
}

/// `Cow` reads itself from owned texts only, so keys are borrowed here.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Document::deserialize(deserializer)? {
            Document::Text(key) => Ok(Self(key)),
            other => Err(serde::de::Error::invalid_type(Unexpected::Other(other.kind()), &"a key")),
        }
    }
}

fn of_cbor(cbor: Cbor) -> Result<Document<'static>, String> {
    Ok(match cbor {
        Cbor::Null => Document::Null,
        Cbor::Bool(value) => Document::Bool(value),
        Cbor::Integer(number) => {
            // As JSON does: what no i64 holds is a double.
            i64::try_from(number).map_or(Document::Double(i128::from(number) as f64), Document::Int)
        }
        Cbor::Float(number) if number.is_finite() => Document::Double(number),
        Cbor::Float(_) => return Err("a number that is not finite".to_string()),
        Cbor::Text(text) => Document::Text(Cow::Owned(text)),
        Cbor::Tag(_, inner) => of_cbor(*inner)?,
        Cbor::Array(items) => Document::List(items.into_iter().map(of_cbor).collect::<Result<_, _>>()?),
        Cbor::Map(members) => {
            let member = |(key, value): (Cbor, Cbor)| match key {
                Cbor::Text(key) => Ok((Cow::Owned(key), of_cbor(value)?)),
                other => Err(format!("a map key that is no text: {other:?}")),
            };
            Document::Map(members.into_iter().map(member).collect::<Result<_, String>>()?)
        }
        other => return Err(format!("a value that no operation takes: {other:?}")),
    })
}

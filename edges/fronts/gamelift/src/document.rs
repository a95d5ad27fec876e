//! The tree that JSON and CBOR share: parsed once, read by the shapes.

use ciborium::Value as Cbor;
use matchwright_model::Timestamp;
use serde_json::Value as Json;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(String),
    List(Vec<Document>),
    Map(Vec<(String, Document)>),
    /// Written as seconds with fraction, with tag 1 in CBOR (D-01).
    Time(Timestamp),
}

/// Deeper than any request; both parsers stop before the stack does.
const DEPTH_MAX: usize = 32;

impl Document {
    pub fn map<'k>(members: impl IntoIterator<Item = (&'k str, Document)>) -> Self {
        Self::Map(members.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
    }

    pub fn from_json(body: &[u8]) -> Result<Self, String> {
        let json: Json =
            serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
        of_json(json, 0)
    }

    pub fn from_cbor(body: &[u8]) -> Result<Self, String> {
        let read = ciborium::de::from_reader_with_recursion_limit(body, DEPTH_MAX * 2);
        let cbor: Cbor = read.map_err(|error| format!("the body is not CBOR: {error}"))?;
        of_cbor(cbor, 0)
    }

    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        write_json(self, &mut bytes);
        bytes
    }

    pub fn to_cbor(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        ciborium::into_writer(&to_cbor(self), &mut bytes).expect("writing to memory cannot fail");
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
            Self::Time(_) => "a timestamp",
        }
    }
}

fn check_depth(depth: usize) -> Result<(), String> {
    match depth > DEPTH_MAX {
        true => Err(format!("the body is nested deeper than {DEPTH_MAX} levels")),
        false => Ok(()),
    }
}

fn of_json(json: Json, depth: usize) -> Result<Document, String> {
    check_depth(depth)?;
    Ok(match json {
        Json::Null => Document::Null,
        Json::Bool(value) => Document::Bool(value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Document::Int(whole),
            None => Document::Double(
                number.as_f64().filter(|one| one.is_finite()).ok_or("a number out of range")?,
            ),
        },
        Json::String(text) => Document::Text(text),
        Json::Array(items) => {
            Document::List(items.into_iter().map(|item| of_json(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Json::Object(members) => {
            let members = members.into_iter().map(|(key, value)| Ok((key, of_json(value, depth + 1)?)));
            Document::Map(members.collect::<Result<_, String>>()?)
        }
    })
}

fn of_cbor(cbor: Cbor, depth: usize) -> Result<Document, String> {
    check_depth(depth)?;
    Ok(match cbor {
        Cbor::Null => Document::Null,
        Cbor::Bool(value) => Document::Bool(value),
        Cbor::Integer(number) => {
            Document::Int(i64::try_from(number).map_err(|_| "an integer out of range".to_string())?)
        }
        Cbor::Float(number) if number.is_finite() => Document::Double(number),
        Cbor::Float(_) => return Err("a number that is not finite".to_string()),
        Cbor::Text(text) => Document::Text(text),
        Cbor::Tag(_, inner) => of_cbor(*inner, depth + 1)?,
        Cbor::Array(items) => {
            Document::List(items.into_iter().map(|item| of_cbor(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Cbor::Map(members) => {
            let member = |(key, value): (Cbor, Cbor)| match key {
                Cbor::Text(key) => Ok((key, of_cbor(value, depth + 1)?)),
                other => Err(format!("a map key that is no text: {other:?}")),
            };
            Document::Map(members.into_iter().map(member).collect::<Result<_, String>>()?)
        }
        other => return Err(format!("a value that no operation takes: {other:?}")),
    })
}

/// Seconds with three decimals.
fn seconds(at: Timestamp) -> f64 {
    at.0 as f64 / 1000.0
}

fn write_json(document: &Document, out: &mut Vec<u8>) {
    match document {
        Document::Null => out.extend_from_slice(b"null"),
        Document::Bool(value) => write_scalar(value, out),
        Document::Int(value) => write_scalar(value, out),
        Document::Double(value) => write_scalar(value, out),
        Document::Time(at) => write_scalar(&seconds(*at), out),
        Document::Text(text) => write_scalar(text, out),
        Document::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_json(item, out);
            }
            out.push(b']');
        }
        Document::Map(members) => {
            out.push(b'{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_scalar(key, out);
                out.push(b':');
                write_json(value, out);
            }
            out.push(b'}');
        }
    }
}

fn write_scalar(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing to memory cannot fail");
}

fn to_cbor(document: &Document) -> Cbor {
    match document {
        Document::Null => Cbor::Null,
        Document::Bool(value) => Cbor::Bool(*value),
        Document::Int(value) => Cbor::Integer((*value).into()),
        Document::Double(value) => Cbor::Float(*value),
        Document::Time(at) => Cbor::Tag(1, Box::new(Cbor::Float(seconds(*at)))),
        Document::Text(text) => Cbor::Text(text.clone()),
        Document::List(items) => Cbor::Array(items.iter().map(to_cbor).collect()),
        Document::Map(members) => {
            Cbor::Map(members.iter().map(|(key, value)| (Cbor::Text(key.clone()), to_cbor(value))).collect())
        }
    }
}

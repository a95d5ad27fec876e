//! The shapes of spec 1.3: what a member may be. All violations of a request are told at once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use matchwright_model::{AttributeValue, Player, PlayerId, Region, TeamName};

use crate::FrontSettings;
use crate::arn::name_of;
use crate::document::{Document, Member};
use crate::errors::{ApiError, Class};

/// The code of a broken constraint; docs/reference/errors.md lists it.
const CONSTRAINT: &str = "E001";

/// A request's members, and what is wrong with them.
pub(crate) struct Shapes<'a> {
    pub settings: &'a FrontSettings,
    members: &'a [Member],
    violations: RefCell<Vec<String>>,
}

/// How long a text may be, in characters.
type Length = std::ops::RangeInclusive<usize>;

impl<'a> Shapes<'a> {
    pub fn new(settings: &'a FrontSettings, document: &'a Document) -> Result<Self, ApiError> {
        match document {
            Document::Map(members) => Ok(Self { settings, members, violations: RefCell::default() }),
            other => Err(ApiError::new(
                Class::Serialization,
                format!("expected a structure, found {}", other.kind()),
            )),
        }
    }

    /// The request if nothing is wrong with it, else everything that is.
    pub fn finish<T>(self, request: Option<T>) -> Result<T, ApiError> {
        let violations = self.violations.into_inner();
        match request {
            Some(request) if violations.is_empty() => Ok(request),
            _ => {
                Err(ApiError::new(Class::InvalidRequest, format!("{} [{CONSTRAINT}]", violations.join("; "))))
            }
        }
    }

    pub fn violate(&self, path: impl Display, expected: impl Display, found: impl Display) {
        self.violations.borrow_mut().push(format!("{path}: expected {expected}, found {found}"));
    }

    pub fn get(&self, key: &str) -> Option<&'a Document> {
        member(self.members, key)
    }

    pub fn required(&self, key: &str) -> Option<&'a Document> {
        let found = self.get(key);
        if found.is_none() {
            self.violate(key, "a value, it is required", "none");
        }
        found
    }

    pub fn text(&self, path: impl Display, value: &'a Document, length: Length) -> Option<&'a str> {
        let Document::Text(text) = value else {
            self.violate(&path, "a string", value.kind());
            return None;
        };
        let count = text.chars().count();
        if !length.contains(&count) {
            let expected = format!("{} to {} characters", length.start(), length.end());
            self.violate(&path, expected, format!("{count}"));
            return None;
        }
        Some(text)
    }

    pub fn optional_text(&self, key: &str, length: Length) -> Option<String> {
        self.get(key).and_then(|value| self.text(key, value, length)).map(str::to_string)
    }

    pub fn whole(&self, path: impl Display, value: &Document, least: i64, most: i64) -> Option<i64> {
        let number = match value {
            Document::Int(number) => Some(*number),
            Document::Double(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(*number as i64),
            _ => None,
        };
        let fits = number.filter(|number| (least..=most).contains(number));
        if fits.is_none() {
            let found = number.map_or_else(|| value.kind().to_string(), |number| number.to_string());
            self.violate(&path, format!("a whole number from {least} to {most}"), found);
        }
        fits
    }

    pub fn seconds(&self, key: &str, most: i64) -> Option<Duration> {
        let seconds = self.whole(key, self.get(key)?, 1, most)?;
        Some(Duration::from_secs(seconds as u64))
    }

    pub fn boolean(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Document::Bool(value) => Some(*value),
            other => {
                self.violate(key, "true or false", other.kind());
                None
            }
        }
    }

    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.get(key)?;
        let text = self.text(key, value, 0..=usize::MAX)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.violate(key, format!("one of {}", words.join(", ")), format!("{text:?}"));
        }
        found.map(|(_, choice)| *choice)
    }

    pub fn list(
        &self,
        path: impl Display,
        value: &'a Document,
        count: std::ops::RangeInclusive<usize>,
    ) -> Option<&'a [Document]> {
        let Document::List(items) = value else {
            self.violate(&path, "a list", value.kind());
            return None;
        };
        if !count.contains(&items.len()) {
            let expected = format!("{} to {} elements", count.start(), count.end());
            self.violate(&path, expected, items.len());
            return None;
        }
        Some(items)
    }

    /// An id: up to 128 of letters, digits, `-` and `.` (D-05).
    pub fn id(&self, path: impl Display, value: &'a Document) -> Option<&'a str> {
        let text = self.text(&path, value, 1..=128)?;
        let is_printable = |c: char| !c.is_control();
        let fits = match self.settings.lenient_ids {
            true => text.chars().all(is_printable),
            false => text.chars().all(is_name_char),
        };
        if !fits {
            self.violate(&path, "only letters, digits, - and .", format!("{text:?}"));
        }
        fits.then_some(text)
    }

    /// A name or an ARN: the name in it.
    pub fn name(&self, path: impl Display, value: &'a Document, resource: &str) -> Option<&'a str> {
        let text = self.text(&path, value, 1..=256)?;
        let is_arn = text.starts_with("arn:");
        let name = name_of(text);
        let fits = name.chars().all(is_name_char)
            && (!is_arn || text.rsplit(':').next().is_some_and(|last| last.starts_with(resource)));
        if !fits {
            self.violate(
                path,
                format!("a name of letters, digits, - and ., or a {resource} ARN"),
                format!("{text:?}"),
            );
        }
        fits.then_some(name)
    }

    pub fn names(&self, key: &str, resource: &str, most: usize) -> Option<Vec<&'a str>> {
        let Some(value) = self.get(key) else { return Some(Vec::new()) };
        let items = self.list(key, value, 1..=most)?;
        items
            .iter()
            .enumerate()
            .map(|(index, item)| self.name(format_args!("{key}[{index}]"), item, resource))
            .collect()
    }

    pub fn ids(&self, key: &str, most: usize) -> Option<Vec<&'a str>> {
        let items = self.list(key, self.required(key)?, 1..=most)?;
        items.iter().enumerate().map(|(index, item)| self.id(format_args!("{key}[{index}]"), item)).collect()
    }

    pub fn tags(&self, key: &str) -> Option<BTreeMap<String, String>> {
        let Some(value) = self.get(key) else { return Some(BTreeMap::new()) };
        let items = self.list(key, value, 0..=200)?;
        let tag = |(index, item): (usize, &'a Document)| {
            let path = format_args!("{key}[{index}]");
            let (name, value) = self.pair(path, item, 1..=128, 0..=256)?;
            Some((name.to_string(), value.to_string()))
        };
        items.iter().enumerate().map(tag).collect()
    }

    pub fn game_properties(&self, key: &str) -> Option<Vec<(String, String)>> {
        let items = self.list(key, self.get(key)?, 0..=16)?;
        let property = |(index, item): (usize, &'a Document)| {
            let (name, value) = self.pair(format_args!("{key}[{index}]"), item, 0..=32, 0..=96)?;
            Some((name.to_string(), value.to_string()))
        };
        items.iter().enumerate().map(property).collect()
    }

    fn pair(
        &self,
        path: impl Display,
        item: &'a Document,
        key: Length,
        value: Length,
    ) -> Option<(&'a str, &'a str)> {
        let members = self.structure(&path, item)?;
        let part = |name: &str, length: Length| {
            let path = format_args!("{path}.{name}");
            match member(members, name) {
                Some(found) => self.text(path, found, length),
                None => {
                    self.violate(path, "a string, it is required", "none");
                    None
                }
            }
        };
        let (key, value) = (part("Key", key), part("Value", value));
        Some((key?, value?))
    }

    fn structure(&self, path: impl Display, value: &'a Document) -> Option<&'a [Member]> {
        match value {
            Document::Map(members) => Some(members),
            other => {
                self.violate(&path, "a structure", other.kind());
                None
            }
        }
    }

    /// A list of players; `Team` is kept, the engine knows when it means something.
    pub fn players(&self, key: &str, most: usize) -> Option<Vec<Player>> {
        let items = self.list(key, self.required(key)?, 1..=most)?;
        let players: Vec<Option<Player>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| self.player(format_args!("{key}[{index}]"), item))
            .collect();
        players.into_iter().collect()
    }

    fn player(&self, path: impl Display, item: &'a Document) -> Option<Player> {
        let members = self.structure(&path, item)?;
        let id = match member(members, "PlayerId") {
            Some(id) => self.text(format_args!("{path}.PlayerId"), id, 1..=1024),
            None => {
                self.violate(format_args!("{path}.PlayerId"), "a string, it is required", "none");
                None
            }
        };
        let attributes = match member(members, "PlayerAttributes") {
            Some(given) => self.attributes(format_args!("{path}.PlayerAttributes"), given),
            None => Some(BTreeMap::new()),
        };
        let team = match member(members, "Team") {
            Some(given) => {
                self.text(format_args!("{path}.Team"), given, 1..=1024).map(|team| Some(TeamName::from(team)))
            }
            None => Some(None),
        };
        let latencies = match member(members, "LatencyInMs") {
            Some(given) => self.latencies(format_args!("{path}.LatencyInMs"), given),
            None => Some(BTreeMap::new()),
        };
        Some(Player { id: PlayerId::from(id?), attributes: attributes?, latencies: latencies?, team: team? })
    }

    fn latencies(&self, path: impl Display, value: &'a Document) -> Option<BTreeMap<Region, u32>> {
        let members = self.structure(&path, value)?;
        let latency = |(region, value): &'a Member| {
            let path = format_args!("{path}.{region}");
            if region.is_empty() {
                self.violate(path, "the name of a region", "an empty one");
                return None;
            }
            let least = if self.settings.lenient_latency { 0 } else { 1 };
            let found = self.whole(path, value, least, i64::from(i32::MAX))?;
            Some((Region::from(&**region), found.max(1) as u32))
        };
        members.iter().map(latency).collect()
    }

    fn attributes(
        &self,
        path: impl Display,
        value: &'a Document,
    ) -> Option<BTreeMap<String, AttributeValue>> {
        let members = self.structure(&path, value)?;
        if members.len() > 10 {
            self.violate(&path, "at most 10 attributes", members.len());
            return None;
        }
        let attribute = |(name, value): &'a Member| {
            let path = format_args!("{path}.{name}");
            if name.is_empty() || name.chars().count() > 1024 {
                self.violate(path, "a name of 1 to 1024 characters", name.chars().count());
                return None;
            }
            Some((name.to_string(), self.attribute(path, value)?))
        };
        members.iter().map(attribute).collect()
    }

    /// Exactly one of S, N, SL, SDM (D-08).
    fn attribute(&self, path: impl Display, value: &'a Document) -> Option<AttributeValue> {
        let members = self.structure(&path, value)?;
        let given: Vec<&Member> =
            members.iter().filter(|(key, value)| is_value_key(key) && *value != Document::Null).collect();
        let [(key, value)] = given.as_slice() else {
            self.violate(&path, "exactly one of S, N, SL, SDM", format!("{}", given.len()));
            return None;
        };
        let path = format_args!("{path}.{key}");
        match &**key {
            "S" => self.text(path, value, 1..=100).map(|text| AttributeValue::Text(text.to_string())),
            "N" => self.double(path, value).map(AttributeValue::Number),
            "SL" => {
                let items = self.list(path, value, 0..=100)?;
                let texts = items.iter().enumerate().map(|(index, item)| {
                    self.text(format_args!("{path}[{index}]"), item, 1..=100).map(str::to_string)
                });
                texts.collect::<Option<Vec<_>>>().map(AttributeValue::text_list)
            }
            _ => {
                let members = self.structure(path, value)?;
                if members.len() > 10 {
                    self.violate(path, "at most 10 entries", members.len());
                    return None;
                }
                let entry = |(key, value): &'a Member| {
                    let path = format_args!("{path}.{key}");
                    if key.is_empty() || key.chars().count() > 100 {
                        self.violate(path, "a key of 1 to 100 characters", key.chars().count());
                        return None;
                    }
                    Some((key.to_string(), self.double(path, value)?))
                };
                members.iter().map(entry).collect::<Option<_>>().map(AttributeValue::NumberMap)
            }
        }
    }

    /// A number, or a string that holds one, as old clients send it (D-06).
    fn double(&self, path: impl Display, value: &Document) -> Option<f64> {
        let number = match value {
            Document::Int(number) => Some(*number as f64),
            Document::Double(number) => Some(*number),
            Document::Text(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        };
        if number.is_none() {
            self.violate(&path, "a number", value.kind());
        }
        number
    }
}

fn is_value_key(key: &str) -> bool {
    matches!(key, "S" | "N" | "SL" | "SDM")
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '.'
}

/// Null is as good as absent; of a key that stands twice the last counts.
fn member<'m>(members: &'m [Member], key: &str) -> Option<&'m Document> {
    members
        .iter()
        .rfind(|(name, _)| name == key)
        .map(|(_, value)| value)
        .filter(|value| **value != Document::Null)
}

//! The shapes of spec 1.3: what a member may be. All violations of a request are told at once.

mod hosted;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use matchwright_amazon::{Kind, name_of};
use matchwright_model::{AttributeName, AttributeValue, Listing, Player, PlayerId, Region, TeamName};
use smallvec::SmallVec;

use crate::document::{Document, Items, Members, Number, Value};
use crate::errors::{ApiError, Class};
use crate::words::Words;
use crate::{Front, FrontSettings};

/// The code of a broken constraint; docs/reference/errors.md lists it.
const CONSTRAINT: &str = "E001";

/// What is wrong with a request.
pub(crate) type Violations = RefCell<Vec<String>>;

/// A request's members, and what is wrong with them.
pub(crate) struct Shapes<'a> {
    pub settings: &'a FrontSettings,
    words: &'a Words,
    members: Members<'a>,
    /// The path to these members, where they are not those of the request itself.
    within: String,
    violations: &'a Violations,
}

/// Mostly a list or a structure has no more in it.
const FEW: usize = 4;

/// How long a text may be, in characters.
type Length = std::ops::RangeInclusive<usize>;

impl<'a> Shapes<'a> {
    pub fn new(
        front: &'a Front,
        document: &'a Document<'a>,
        violations: &'a Violations,
    ) -> Result<Self, ApiError> {
        let root = document.root();
        match root.members() {
            Some(members) => Ok(Self {
                settings: &front.settings,
                words: &front.words,
                members,
                within: String::new(),
                violations,
            }),
            None => {
                let why = format!("expected a structure, found {}", root.kind());
                Err(ApiError::new(Class::Serialization, why))
            }
        }
    }

    /// The members of a structure in the request; what is wrong with them is told with the rest.
    pub fn inside(&self, path: impl Display, value: Value<'a>) -> Option<Self> {
        let members = self.structure(&path, value)?;
        let within = format!("{}{path}.", self.within);
        Some(Self { members, within, ..*self })
    }

    /// The request if nothing is wrong with it, else everything that is.
    pub fn finish<T>(self, request: Option<T>) -> Result<T, ApiError> {
        let violations = self.violations.take();
        match request {
            Some(request) if violations.is_empty() => Ok(request),
            _ => {
                Err(ApiError::new(Class::InvalidRequest, format!("{} [{CONSTRAINT}]", violations.join("; "))))
            }
        }
    }

    pub fn violate(&self, path: impl Display, expected: impl Display, found: impl Display) {
        self.violations
            .borrow_mut()
            .push(format!("{}{path}: expected {expected}, found {found}", self.within));
    }

    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.members.get(key)
    }

    pub fn required(&self, key: &str) -> Option<Value<'a>> {
        let found = self.get(key);
        if found.is_none() {
            self.violate(key, "a value, it is required", "none");
        }
        found
    }

    pub fn text(&self, path: impl Display, value: Value<'a>, length: Length) -> Option<&'a str> {
        let Some(text) = value.text() else {
            self.violate(&path, "a string", value.kind());
            return None;
        };
        // Of one to four bytes each: mostly the bytes tell that they fit.
        let surely = length.contains(&text.len()) && length.contains(&text.len().div_ceil(4));
        let count = if surely { text.len() } else { text.chars().count() };
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

    pub fn whole(&self, path: impl Display, value: Value<'_>, least: i64, most: i64) -> Option<i64> {
        let number = match value.number() {
            Some(Number::Int(number)) => Some(number),
            Some(Number::Double(number)) if number.fract() == 0.0 && number.abs() < 1e15 => {
                Some(number as i64)
            }
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
        let given = self.get(key)?;
        if given.boolean().is_none() {
            self.violate(key, "true or false", given.kind());
        }
        given.boolean()
    }

    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        self.choice_of(key, self.get(key)?, choices)
    }

    pub fn choice_of<T: Copy>(
        &self,
        path: impl Display,
        value: Value<'a>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(&path, value, 0..=usize::MAX)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.violate(path, format!("one of {}", words.join(", ")), format!("{text:?}"));
        }
        found.map(|(_, choice)| *choice)
    }

    pub fn list(
        &self,
        path: impl Display,
        value: Value<'a>,
        count: std::ops::RangeInclusive<usize>,
    ) -> Option<Items<'a>> {
        let Some(items) = value.items() else {
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

    /// The elements of a list, each read by `read`; every wrong one is told.
    pub fn each<T, C: FromIterator<T>>(
        &self,
        path: impl Display,
        value: Value<'a>,
        count: std::ops::RangeInclusive<usize>,
        read: impl Fn(std::fmt::Arguments<'_>, Value<'a>) -> Option<T>,
    ) -> Option<C> {
        let items = self.list(&path, value, count)?;
        all(items.iter().enumerate().map(|(index, item)| read(format_args!("{path}[{index}]"), item)))
    }

    /// The id of a ticket: up to 128 of letters, digits, `-` and `.`, or of anything printable (D-05).
    pub fn id(&self, path: impl Display, value: Value<'a>) -> Option<&'a str> {
        match self.settings.lenient_ids {
            true => {
                let text = self.text(&path, value, 1..=128)?;
                self.only(path, text, "printable characters", |c| !c.is_control())
            }
            false => self.new_name(path, value),
        }
    }

    /// The name of what is made: never lenient, or nothing could refer to it (see `name`).
    pub fn new_name(&self, path: impl Display, value: Value<'a>) -> Option<&'a str> {
        let text = self.text(&path, value, 1..=128)?;
        self.only(path, text, "letters, digits, - and .", is_name_char)
    }

    /// An ARN that is not one of ours.
    pub fn arn(&self, path: impl Display, value: Value<'a>) -> Option<&'a str> {
        let text = self.text(&path, value, 1..=512)?;
        self.only(path, text, "letters, digits, :, / and -", |c| {
            c.is_ascii_alphanumeric() || ":/-".contains(c)
        })
    }

    pub fn only(
        &self,
        path: impl Display,
        text: &'a str,
        allowed: &str,
        fits: impl Fn(char) -> bool,
    ) -> Option<&'a str> {
        let fits = text.chars().all(fits);
        if !fits {
            self.violate(path, format_args!("only {allowed}"), format_args!("{text:?}"));
        }
        fits.then_some(text)
    }

    /// A name or an ARN: the name in it.
    pub fn name(&self, path: impl Display, value: Value<'a>, kind: Kind) -> Option<&'a str> {
        let text = self.text(&path, value, 1..=256)?;
        let name = name_of(text, kind).filter(|name| name.chars().all(is_name_char));
        if name.is_none() {
            self.violate(
                path,
                format!("a name of letters, digits, - and ., or a {} ARN", kind.word()),
                format!("{text:?}"),
            );
        }
        name
    }

    pub fn names(
        &self,
        key: &str,
        kind: Kind,
        count: std::ops::RangeInclusive<usize>,
    ) -> Option<Vec<&'a str>> {
        let Some(value) = self.get(key) else { return Some(Vec::new()) };
        self.each(key, value, count, |path, item| self.name(path, item, kind))
    }

    pub fn ids(&self, key: &str, most: usize) -> Option<Vec<&'a str>> {
        self.each(key, self.required(key)?, 1..=most, |path, item| self.id(path, item))
    }

    pub fn tags(&self, key: &str) -> Option<BTreeMap<String, String>> {
        let Some(value) = self.get(key) else { return Some(BTreeMap::new()) };
        self.each(key, value, 0..=200, |path, item| self.pair(path, item, 1..=128, 0..=256))
    }

    pub fn game_properties(&self, key: &str) -> Option<Vec<(String, String)>> {
        self.each(key, self.get(key)?, 0..=16, |path, item| self.pair(path, item, 0..=32, 0..=96))
    }

    fn pair(
        &self,
        path: impl Display,
        item: Value<'a>,
        key: Length,
        value: Length,
    ) -> Option<(String, String)> {
        let members = self.structure(&path, item)?;
        let part = |name: &str, length: Length| {
            let path = format_args!("{path}.{name}");
            match members.get(name) {
                Some(found) => self.text(path, found, length).map(str::to_string),
                None => {
                    self.violate(path, "a string, it is required", "none");
                    None
                }
            }
        };
        let (key, value) = (part("Key", key), part("Value", value));
        Some((key?, value?))
    }

    fn structure(&self, path: impl Display, value: Value<'a>) -> Option<Members<'a>> {
        let members = value.members();
        if members.is_none() {
            self.violate(&path, "a structure", value.kind());
        }
        members
    }

    /// A list of players; `Team` is kept, the engine knows when it means something.
    pub fn players(&self, key: &str, most: usize) -> Option<Arc<[Player]>> {
        self.each(key, self.required(key)?, 1..=most, |path, item| self.player(path, item))
    }

    fn player(&self, path: impl Display, item: Value<'a>) -> Option<Player> {
        let [id, attributes, team, latencies] =
            self.structure(&path, item)?.pick(["PlayerId", "PlayerAttributes", "Team", "LatencyInMs"]);
        let id = match id {
            Some(id) => self.text(format_args!("{path}.PlayerId"), id, 1..=1024),
            None => {
                self.violate(format_args!("{path}.PlayerId"), "a string, it is required", "none");
                None
            }
        };
        let attributes = match attributes {
            Some(given) => self.attributes(format_args!("{path}.PlayerAttributes"), given),
            None => Some(Listing::new()),
        };
        let team = match team {
            Some(given) => {
                self.text(format_args!("{path}.Team"), given, 1..=1024).map(|team| Some(TeamName::from(team)))
            }
            None => Some(None),
        };
        let latencies = match latencies {
            Some(given) => self.latencies(format_args!("{path}.LatencyInMs"), given),
            None => Some(Listing::new()),
        };
        Some(Player { id: PlayerId::from(id?), attributes: attributes?, latencies: latencies?, team: team? })
    }

    fn latencies(&self, path: impl Display, value: Value<'a>) -> Option<Listing<Region, u32>> {
        let members = self.structure(&path, value)?;
        let latency = |(region, value): (&'a str, Value<'a>)| {
            let path = format_args!("{path}.{region}");
            if region.is_empty() {
                self.violate(path, "the name of a region", "an empty one");
                return None;
            }
            let least = if self.settings.lenient_latency { 0 } else { 1 };
            let found = self.whole(path, value, least, i64::from(i32::MAX))?;
            Some((Region::new(self.words.share(region)), found.max(1) as u32))
        };
        all(members.iter().map(latency))
    }

    fn attributes(
        &self,
        path: impl Display,
        value: Value<'a>,
    ) -> Option<Listing<AttributeName, AttributeValue>> {
        let members = self.structure(&path, value)?;
        if members.len() > 10 {
            self.violate(&path, "at most 10 attributes", members.len());
            return None;
        }
        let attribute = |(name, value): (&'a str, Value<'a>)| {
            let path = format_args!("{path}.{name}");
            if name.is_empty() || name.chars().count() > 1024 {
                self.violate(path, "a name of 1 to 1024 characters", name.chars().count());
                return None;
            }
            Some((AttributeName::new(self.words.share(name)), self.attribute(path, value)?))
        };
        all(members.iter().map(attribute))
    }

    /// Exactly one of S, N, SL, SDM (D-08).
    fn attribute(&self, path: impl Display, value: Value<'a>) -> Option<AttributeValue> {
        let members = self.structure(&path, value)?;
        let given = || members.iter().filter(|(key, value)| is_value_key(key) && !value.is_null());
        let mut first_two = given();
        let (Some((key, value)), None) = (first_two.next(), first_two.next()) else {
            self.violate(&path, "exactly one of S, N, SL, SDM", given().count());
            return None;
        };
        let path = format_args!("{path}.{key}");
        match key {
            "S" => self.text(path, value, 1..=100).map(|text| AttributeValue::Text(text.to_string())),
            "N" => self.double(path, value).map(AttributeValue::Number),
            "SL" => {
                let texts: Option<Vec<String>> = self.each(path, value, 0..=100, |path, item| {
                    self.text(path, item, 1..=100).map(str::to_string)
                });
                texts.map(AttributeValue::text_list)
            }
            _ => {
                let members = self.structure(path, value)?;
                if members.len() > 10 {
                    self.violate(path, "at most 10 entries", members.len());
                    return None;
                }
                let entry = |(key, value): (&'a str, Value<'a>)| {
                    let path = format_args!("{path}.{key}");
                    if key.is_empty() || key.chars().count() > 100 {
                        self.violate(path, "a key of 1 to 100 characters", key.chars().count());
                        return None;
                    }
                    Some((key.to_string(), self.double(path, value)?))
                };
                all(members.iter().map(entry)).map(AttributeValue::NumberMap)
            }
        }
    }

    /// A number, or a string that holds one, as old clients send it (D-06).
    fn double(&self, path: impl Display, value: Value<'_>) -> Option<f64> {
        let number = match value.number() {
            Some(Number::Int(number)) => Some(number as f64),
            Some(Number::Double(number)) => Some(number),
            None => value
                .text()
                .and_then(|text| text.trim().parse().ok())
                .filter(|number: &f64| number.is_finite()),
        };
        if number.is_none() {
            self.violate(&path, "a number", value.kind());
        }
        number
    }
}

/// All of them or none. Unlike `collect`, it does not stop at the first that is wrong.
fn all<T, C: FromIterator<T>>(items: impl Iterator<Item = Option<T>>) -> Option<C> {
    let mut found: SmallVec<[T; FEW]> = SmallVec::new();
    let mut whole = true;
    for item in items {
        match item {
            Some(item) => found.push(item),
            None => whole = false,
        }
    }
    // Of a range everybody knows the length, so that the collection is made at once.
    let count = found.len();
    let mut found = found.into_iter();
    whole.then(|| (0..count).map(|_| found.next().expect("as many as were counted")).collect())
}

fn is_value_key(key: &str) -> bool {
    matches!(key, "S" | "N" | "SL" | "SDM")
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '.'
}

//! What hosting is named by: ids, names and ARNs (hosting 1.10, 3). An ARN is as good as the name in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Arguments, Display};
use std::sync::Arc;

use matchwright_amazon::{Kind, name_of};
use matchwright_hosting::PlayerRequest;
use matchwright_model::{
    AliasId, ComputeName, FleetId, GameSessionId, LocationName, PlacementId, PlayerSessionId, QueueName,
    Timestamp,
};

use super::{Length, Shapes, all};
use crate::document::{Number, Value};

impl<'a> Shapes<'a> {
    /// A text in which `read` finds what is meant.
    fn fit(
        &self,
        path: impl Display,
        value: Value<'a>,
        length: Length,
        expected: &str,
        read: impl Fn(&'a str) -> Option<&'a str>,
    ) -> Option<&'a str> {
        let text = self.text(&path, value, length)?;
        let found = read(text);
        if found.is_none() {
            self.violate(path, expected, format_args!("{text:?}"));
        }
        found
    }

    pub fn fleet(&self, path: impl Display, value: Value<'a>) -> Option<FleetId> {
        let read = |text| name_of(text, Kind::Fleet).filter(|id| is_fleet(id));
        self.fit(path, value, 1..=512, "a fleet id (fleet-...) or a fleet ARN", read).map(Into::into)
    }

    pub fn required_fleet(&self) -> Option<FleetId> {
        self.required("FleetId").and_then(|id| self.fleet("FleetId", id))
    }

    pub fn fleets(&self, key: &str) -> Option<Vec<FleetId>> {
        let Some(value) = self.get(key) else { return Some(Vec::new()) };
        self.each(key, value, 1..=usize::MAX, |path, item| self.fleet(path, item))
    }

    pub fn alias(&self, path: impl Display, value: Value<'a>) -> Option<AliasId> {
        let read = |text| name_of(text, Kind::Alias).filter(|id| is_alias(id));
        self.fit(path, value, 1..=512, "an alias id (alias-...) or an alias ARN", read).map(Into::into)
    }

    pub fn required_alias(&self) -> Option<AliasId> {
        self.required("AliasId").and_then(|id| self.alias("AliasId", id))
    }

    pub fn location(&self, path: impl Display, value: Value<'a>) -> Option<LocationName> {
        self.letters(path, value, 1..=64).map(Into::into)
    }

    pub fn optional_location(&self) -> Option<LocationName> {
        self.get("Location").and_then(|name| self.location("Location", name))
    }

    pub fn required_location(&self) -> Option<LocationName> {
        self.required("Location").and_then(|name| self.location("Location", name))
    }

    /// A list of locations.
    pub fn locations<C: FromIterator<LocationName>>(
        &self,
        path: impl Display,
        value: Value<'a>,
        most: usize,
    ) -> Option<C> {
        self.each(path, value, 1..=most, |path: Arguments<'_>, item| self.location(path, item))
    }

    /// A location that is made: `custom-` and a name.
    pub fn new_location(&self, key: &str) -> Option<LocationName> {
        let expected = "custom- and a name of letters, digits and -";
        let value = self.required(key)?;
        self.fit(key, value, 8..=64, expected, |text| Some(text).filter(|name| is_custom(name)))
            .map(Into::into)
    }

    pub fn custom_location(&self, key: &str) -> Option<LocationName> {
        let expected = "the name (custom-...) or the ARN of a location";
        let read = |text| name_of(text, Kind::Location).filter(|name| is_custom(name));
        self.fit(key, self.required(key)?, 1..=128, expected, read).map(Into::into)
    }

    /// A compute that is registered.
    pub fn new_compute(&self, key: &str) -> Option<ComputeName> {
        let expected = "a name of letters, digits and -, or two of them with / between";
        let value = self.required(key)?;
        self.fit(key, value, 1..=128, expected, |text| Some(text).filter(|name| is_compute(name)))
            .map(Into::into)
    }

    pub fn compute(&self, key: &str) -> Option<ComputeName> {
        let read = |text| name_of(text, Kind::Compute).filter(|name| is_compute(name));
        self.fit(key, self.required(key)?, 1..=1024, "the name or the ARN of a compute", read).map(Into::into)
    }

    pub fn queue(&self, path: impl Display, value: Value<'a>, length: Length) -> Option<QueueName> {
        let read = |text| name_of(text, Kind::Queue).filter(|name| is_letters(name));
        let expected = "a name of letters, digits and -, or a gamesessionqueue ARN";
        self.fit(path, value, length, expected, read).map(Into::into)
    }

    pub fn required_queue(&self, key: &str) -> Option<QueueName> {
        self.required(key).and_then(|name| self.queue(key, name, 1..=256))
    }

    pub fn placement(&self, key: &str) -> Option<PlacementId> {
        self.letters(key, self.required(key)?, 1..=48).map(Into::into)
    }

    pub fn game_session(&self, path: impl Display, value: Value<'a>) -> Option<GameSessionId> {
        let fits = |id: &str| id.matches('/').count() >= 2 && id.chars().all(|c| is_letter(c) || c == '/');
        let read = |text| name_of(text, Kind::GameSession).filter(|id| fits(id));
        self.fit(path, value, 1..=512, "a game session ARN (...:gamesession/FLEET/LOCATION/NAME)", read)
            .map(Into::into)
    }

    pub fn required_game_session(&self) -> Option<GameSessionId> {
        self.required("GameSessionId").and_then(|id| self.game_session("GameSessionId", id))
    }

    pub fn player_session(&self, key: &str) -> Option<PlayerSessionId> {
        let fits = |id: &&str| id.starts_with("psess-") && id.len() > 6 && !id.contains(char::is_whitespace);
        let read = |text| Some(text).filter(fits);
        self.fit(key, self.get(key)?, 1..=512, "a player session id (psess-...)", read).map(Into::into)
    }

    /// Only letters, digits and `-`.
    pub fn letters(&self, path: impl Display, value: Value<'a>, length: Length) -> Option<&'a str> {
        let text = self.text(&path, value, length)?;
        self.only(path, text, "letters, digits and -", is_letter)
    }

    /// Whoever wants a seat, with what the game server is told of him.
    pub fn player_request(&self) -> Option<PlayerRequest> {
        let player = self.required("PlayerId").and_then(|id| self.text("PlayerId", id, 1..=1024));
        let data = self.optional_text("PlayerData", 1..=2048);
        Some(PlayerRequest { player: player?.into(), data })
    }

    /// What game servers are told of players, by player.
    pub fn player_data(&self, key: &str) -> Option<BTreeMap<&'a str, String>> {
        let entry = |(player, value): (&'a str, Value<'a>)| {
            let path = format_args!("{key}.{player}");
            if player.is_empty() || player.chars().count() > 1024 {
                self.violate(path, "a player of 1 to 1024 characters", player.chars().count());
                return None;
            }
            self.text(path, value, 1..=2048).map(|data| (player, data.to_string()))
        };
        all(self.structure(key, self.get(key)?)?.iter().map(entry))
    }

    /// Shared, for it is large and told in several places.
    pub fn game_session_data(&self) -> Option<Arc<str>> {
        self.get("GameSessionData")
            .and_then(|data| self.text("GameSessionData", data, 1..=262_144))
            .map(Arc::from)
    }

    /// Each only once.
    pub fn distinct<'t>(&self, key: &str, texts: impl Iterator<Item = &'t str>) {
        let mut seen = BTreeSet::new();
        let twice: Vec<&str> = texts.filter(|text| !seen.insert(*text)).collect();
        if let Some(text) = twice.first() {
            self.violate(key, "every element once", format_args!("{text} twice"));
        }
    }

    /// The ARN of a topic; an empty text clears it. `more` is what else it may hold.
    pub fn topic(&self, key: &str, more: &str) -> Option<String> {
        self.optional_text(key, 0..=300).filter(|target| {
            let topic = target.strip_suffix(".fifo").unwrap_or(target);
            let fits =
                topic.chars().all(|c| c.is_ascii_alphanumeric() || ":_-".contains(c) || more.contains(c));
            if !fits {
                self.violate(key, "the ARN of a topic", format!("{target:?}"));
            }
            fits
        })
    }

    pub fn count(&self, key: &str) -> Option<u32> {
        self.whole(key, self.get(key)?, 0, i64::from(i32::MAX)).map(|count| count as u32)
    }

    pub fn required_count(&self, key: &str) -> Option<u32> {
        self.required(key).and_then(|_| self.count(key))
    }

    /// Seconds since 1970, with a fraction.
    pub fn time(&self, key: &str) -> Option<Timestamp> {
        let given = self.get(key)?;
        let seconds = match given.number() {
            Some(Number::Int(number)) => number as f64,
            Some(Number::Double(number)) => number,
            None => {
                self.violate(key, "a time in seconds since 1970", given.kind());
                return None;
            }
        };
        let fits = (0.0..1e12).contains(&seconds);
        if !fits {
            self.violate(key, "a time in seconds since 1970", seconds);
        }
        fits.then_some(Timestamp((seconds * 1000.0) as u64))
    }

    /// A member of managed hosting, which means nothing on machines of one's own.
    pub fn refuse(&self, key: &str, why: &str) {
        if let Some(given) = self.get(key) {
            self.violate(key, format_args!("none, {why}"), given.kind());
        }
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn is_letters(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_letter)
}

fn is_fleet(id: &str) -> bool {
    id.split_once("fleet-")
        .is_some_and(|(kind, name)| kind.chars().all(|c| c.is_ascii_lowercase()) && is_letters(name))
}

fn is_alias(id: &str) -> bool {
    id.strip_prefix("alias-").is_some_and(|name| !name.is_empty() && !name.contains(char::is_whitespace))
}

fn is_custom(name: &str) -> bool {
    name.strip_prefix("custom-").is_some_and(is_letters)
}

/// Of machines of managed hosting the name has two parts.
fn is_compute(name: &str) -> bool {
    let (first, second) = name.split_once('/').map_or((name, None), |(first, second)| (first, Some(second)));
    is_letters(first) && second.is_none_or(is_letters)
}

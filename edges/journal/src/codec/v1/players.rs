//! The players of a ticket: most of what is written, and so written from where they are.

use matchwright_model as model;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Player;

/// Players as they were read, or still in the ticket that lends them to be written one by one.
#[derive(Debug)]
pub(super) enum Players<'a> {
    Read(Vec<Player<'a>>),
    Lent(&'a [model::Player]),
}

impl Serialize for Players<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Read(players) => players.serialize(serializer),
            Self::Lent(players) => serializer.collect_seq(players.iter().map(Player::from)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Players<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::Read)
    }
}

impl From<Players<'_>> for std::sync::Arc<[model::Player]> {
    fn from(players: Players<'_>) -> Self {
        match players {
            Players::Read(players) => players.into_iter().map(Into::into).collect(),
            Players::Lent(players) => players.into(),
        }
    }
}

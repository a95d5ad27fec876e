//! Names and ids. Texts are shared (`Arc<str>`), so that handing one on costs a counter.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;
use uuid::fmt::Hyphenated;

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: impl Into<Arc<str>>) -> Self { Self(text.into()) }
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Debug::fmt(&*self.0, f) }
        }
        impl Borrow<str> for $name { fn borrow(&self) -> &str { &self.0 } }
        impl AsRef<str> for $name { fn as_ref(&self) -> &str { &self.0 } }
        impl From<&str> for $name { fn from(text: &str) -> Self { Self::new(text) } }
        impl From<String> for $name { fn from(text: String) -> Self { Self::new(text) } }
    )*};
}

text_id! {
    /// A request to play, by one player or a party. Unique in a realm while it is kept.
    TicketId,
    /// A player, as the studio names him.
    PlayerId,
    /// A matchmaker: a named service with its rule set and timeouts.
    MatchmakerName,
    /// A rule set.
    RuleSetName,
    /// A team of one match: `red`, or `Red_2` where the rule set has several of a kind.
    TeamName,
    /// What an attribute of players is called.
    AttributeName,
    /// A place where games can be hosted, as players report latency to it.
    Region,
    /// A place where a studio's own machines stand: `custom-...`.
    LocationName,
    /// A fleet: machines that host games: `fleet-...`.
    FleetId,
    /// Another name for a fleet, which can be pointed elsewhere: `alias-...`.
    AliasId,
    /// A machine of a fleet. Unique in its fleet.
    ComputeName,
    /// One execution of a game server program. Unique on its compute, and never used again.
    ProcessId,
    /// A queue that placements wait in.
    QueueName,
    /// A placement: finding a host for a match. Never used again.
    PlacementId,
    /// A running match: `FLEET/LOCATION/NAME`, what its ARN ends with.
    GameSessionId,
    /// A seat of one player in a game session: `psess-...`. Whoever knows it may sit there.
    PlayerSessionId,
}

/// A match, from proposal to end: 128 random bits made at the door, shown as a UUID.
///
/// Kept as bytes, not as a number: a `u128` wants to lie at multiples of 16, and so would every ticket and record that
/// names a match.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchId(Uuid);

impl MatchId {
    /// Of its text.
    pub const LENGTH: usize = Hyphenated::LENGTH;

    pub const fn new(bits: u128) -> Self {
        Self(Uuid::from_u128(bits))
    }

    /// The most significant first.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// As it is shown, without an allocation.
    pub fn encode(self, room: &mut [u8; Self::LENGTH]) -> &str {
        self.0.as_hyphenated().encode_lower(room)
    }
}

impl fmt::Display for MatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), f)
    }
}

impl fmt::Debug for MatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

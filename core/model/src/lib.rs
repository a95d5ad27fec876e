//! The plain words of matchmaking. Knows no rules, no state, no wire format, no clock.

mod attribute;
mod by_id;
mod id;
mod listing;
mod player;
mod time;

pub use attribute::{AttributeType, AttributeValue};
pub use by_id::ById;
pub use id::{MatchId, MatchmakerName, PlayerId, Region, RuleSetName, TeamName, TicketId};
pub use listing::Listing;
pub use player::{PartyPolicy, Player};
pub use time::Timestamp;

//! The plain words of matchmaking. Knows no rules, no state, no wire format, no clock.

mod attribute;
mod by_id;
mod id;
mod listing;
mod page;
mod player;
mod roster;
mod time;

pub use attribute::{AttributeType, AttributeValue};
pub use by_id::{ById, SetById};
pub use id::{
    AliasId, AttributeName, ComputeName, FleetId, GameSessionId, LocationName, MatchId, MatchmakerName,
    PlacementId, PlayerId, PlayerSessionId, ProcessId, QueueName, Region, RuleSetName, TeamName, TicketId,
};
pub use listing::Listing;
pub use page::{Page, Paged};
pub use player::{PartyPolicy, Player};
pub use roster::{Refill, Roster, RosterPlayer, RosterTeam};
pub use time::Timestamp;

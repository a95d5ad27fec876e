//! Who plays in a match, as its game server is told.

use crate::{
    AttributeName, AttributeValue, Listing, MatchId, MatchmakerName, PlayerId, Region, TeamName, TicketId,
};

/// The teams of a match. A game server gets it with its game session, and again after each backfill.
#[derive(Debug, Clone, PartialEq)]
pub struct Roster {
    /// Of the match that was made last: each backfill makes a new one (D-129).
    pub match_id: MatchId,
    pub matchmaker: MatchmakerName,
    pub teams: Vec<RosterTeam>,
    pub refill: Refill,
}

/// Whether the game is filled again without being asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Refill {
    /// Never, or not any more: it was stopped.
    #[default]
    Off,
    /// It is full.
    Resting,
    /// With this backfill ticket.
    Open(TicketId),
}

impl Refill {
    /// The backfill ticket that is open by itself.
    pub fn ticket(&self) -> Option<&TicketId> {
        match self {
            Self::Open(ticket) => Some(ticket),
            Self::Off | Self::Resting => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct RosterTeam {
    pub name: TeamName,
    pub players: Vec<RosterPlayer>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RosterPlayer {
    pub id: PlayerId,
    /// Those that the rule set declares, its defaults filled in (D-28, D-30).
    pub attributes: Listing<AttributeName, AttributeValue>,
    /// As he told them; game servers are not told.
    pub latencies: Listing<Region, u32>,
}

impl Roster {
    pub fn players(&self) -> impl Iterator<Item = &RosterPlayer> {
        self.teams.iter().flat_map(|team| &team.players)
    }
}

//! Who plays in a match, as its game server is told.

use crate::{AttributeValue, Listing, MatchId, MatchmakerName, PlayerId, TeamName, TicketId};

/// The teams of a match. A game server gets it with its game session, and again after each backfill.
#[derive(Debug, Clone, PartialEq)]
pub struct Roster {
    /// Of the match that was made last: each backfill makes a new one (D-129).
    pub match_id: MatchId,
    pub matchmaker: MatchmakerName,
    pub teams: Vec<RosterTeam>,
    /// The backfill ticket that the server keeps open for this session, where it does so by itself.
    pub auto_backfill: Option<TicketId>,
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
    pub attributes: Listing<String, AttributeValue>,
}

impl Roster {
    pub fn players(&self) -> impl Iterator<Item = &RosterPlayer> {
        self.teams.iter().flat_map(|team| &team.players)
    }
}

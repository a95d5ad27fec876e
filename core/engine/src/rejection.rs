//! Refusals: the caller acts. A closed list with stable codes; a released code keeps its meaning.

use std::fmt;

use matchwright_model::{AttributeType, MatchId, MatchmakerName, PlayerId, QueueName, RuleSetName, TicketId};
use matchwright_rules::Diagnostic;

#[derive(Debug, Clone, PartialEq)]
pub enum Rejection {
    RuleSetNotFound(RuleSetName),
    RuleSetExists(RuleSetName),
    RuleSetInvalid(Vec<Diagnostic>),
    RuleSetInUse {
        name: RuleSetName,
        matchmaker: MatchmakerName,
    },
    RuleSetQuota {
        limit: usize,
    },
    MatchmakerNotFound(MatchmakerName),
    MatchmakerExists(MatchmakerName),
    MatchmakerInUse {
        name: MatchmakerName,
        active_tickets: usize,
    },
    MatchmakerQuota {
        limit: usize,
    },
    /// A configuration that contradicts itself or its rule set.
    MatchmakerInvalid(String),
    QueueNotFound(QueueName),
    TicketNotFound(TicketId),
    TicketExists(TicketId),
    /// Not possible in this state: `PLACING`, `COMPLETED`, ...
    TicketState {
        id: TicketId,
        status: &'static str,
        action: &'static str,
    },
    PlayerNotInTicket {
        ticket: TicketId,
        player: PlayerId,
    },
    PlayerTwice(PlayerId),
    MissingAttribute {
        player: PlayerId,
        attribute: String,
    },
    WrongAttributeType {
        player: PlayerId,
        attribute: String,
        expected: AttributeType,
        found: AttributeType,
    },
    PartyTooLarge {
        players: usize,
        most: u32,
    },
    BackfillTeamMissing(PlayerId),
    BackfillTeamUnknown {
        player: PlayerId,
        team: String,
    },
    BackfillTeamFull {
        team: String,
        players: usize,
        most: u32,
    },
    BackfillNeedsSession,
    TagQuota {
        limit: usize,
    },
    TagReserved(String),
    /// The proposal is out of date; search goes on with what is true now.
    ProposalStale {
        match_id: MatchId,
        why: &'static str,
    },
    Hosting(matchwright_hosting::Rejection),
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        use Rejection::*;
        match self {
            RuleSetNotFound(_) => "E101",
            RuleSetExists(_) => "E102",
            RuleSetInvalid(_) => "E103",
            RuleSetInUse { .. } => "E104",
            RuleSetQuota { .. } => "E105",
            MatchmakerNotFound(_) => "E201",
            MatchmakerExists(_) => "E202",
            MatchmakerInUse { .. } => "E203",
            MatchmakerQuota { .. } => "E204",
            MatchmakerInvalid(_) => "E205",
            QueueNotFound(_) => "E206",
            TicketNotFound(_) => "E301",
            TicketExists(_) => "E302",
            TicketState { .. } => "E303",
            PlayerNotInTicket { .. } => "E304",
            PlayerTwice(_) => "E305",
            MissingAttribute { .. } => "E306",
            WrongAttributeType { .. } => "E307",
            PartyTooLarge { .. } => "E308",
            BackfillTeamMissing(_) => "E311",
            BackfillTeamUnknown { .. } => "E312",
            BackfillTeamFull { .. } => "E313",
            BackfillNeedsSession => "E314",
            TagQuota { .. } => "E401",
            TagReserved(_) => "E402",
            ProposalStale { .. } => "E501",
            Hosting(rejection) => rejection.code(),
        }
    }
}

fn type_name(kind: &AttributeType) -> &'static str {
    match kind {
        AttributeType::Text => "S (string)",
        AttributeType::Number => "N (number)",
        AttributeType::TextList => "SL (string_list)",
        AttributeType::NumberMap => "SDM (string_number_map)",
    }
}

/// Expected, found, what to do. The texts that clients match on are those of spec 1.2.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Rejection::*;
        match self {
            RuleSetNotFound(name) => write!(f, "Failed to find rule set: {name}"),
            RuleSetExists(name) => {
                write!(f, "Rule set {name} already exists; a rule set cannot be changed, choose another name")
            }
            RuleSetInvalid(found) => {
                write!(f, "Invalid rule set: ")?;
                for (index, one) in found.iter().enumerate() {
                    let separator = if index > 0 { "; " } else { "" };
                    write!(f, "{separator}{one}")?;
                }
                Ok(())
            }
            RuleSetInUse { name, matchmaker } => {
                write!(
                    f,
                    "Rule set {name} is used by matchmaking configuration {matchmaker}; delete or re-point that first"
                )
            }
            RuleSetQuota { limit } => write!(f, "At most {limit} rule sets are allowed; delete one first"),
            MatchmakerNotFound(name) => write!(f, "Configuration not found: {name}"),
            MatchmakerExists(name) => {
                write!(f, "Matchmaking configuration {name} already exists; choose another name")
            }
            MatchmakerInUse { name, active_tickets } => {
                write!(
                    f,
                    "Matchmaking configuration {name} has {active_tickets} active tickets; stop them or let them end first"
                )
            }
            MatchmakerQuota { limit } => {
                write!(f, "At most {limit} matchmaking configurations are allowed; delete one first")
            }
            MatchmakerInvalid(why) => f.write_str(why),
            QueueNotFound(queue) => {
                write!(
                    f,
                    "Game session queue not found: {queue}; create it, or use FlexMatchMode STANDALONE without a queue"
                )
            }
            TicketNotFound(id) => write!(f, "Matchmaking ticket not found: {id}"),
            TicketExists(id) => write!(f, "Matchmaking ticket {id} already exists; use a new ticket id"),
            TicketState { status, action, .. } => {
                write!(f, "Matchmaking ticket is in {status} status and cannot be {action}.")
            }
            PlayerNotInTicket { ticket, player } => {
                write!(f, "Player {player} is not in matchmaking ticket {ticket}")
            }
            PlayerTwice(player) => write!(f, "Player {player} is listed twice; list every player once"),
            MissingAttribute { attribute, .. } => {
                write!(f, "Invalid player; missing required attribute {attribute}")
            }
            WrongAttributeType { player, attribute, expected, found } => write!(
                f,
                "Invalid player {player}; attribute {attribute} must be {}, found {}",
                type_name(expected),
                type_name(found)
            ),
            PartyTooLarge { players, most } => {
                write!(
                    f,
                    "The ticket has {players} players, but no team of the rule set holds more than {most}"
                )
            }
            BackfillTeamMissing(player) => {
                write!(f, "Player {player} has no Team; every player of a backfill request needs one")
            }
            BackfillTeamUnknown { player, team } => {
                write!(f, "Player {player} is in team {team}, which the rule set does not have")
            }
            BackfillTeamFull { team, players, most } => {
                write!(f, "Team {team} has {players} players, but holds at most {most}")
            }
            BackfillNeedsSession => f.write_str("GameSessionArn is required for a matchmaker with a queue"),
            TagQuota { limit } => write!(f, "At most {limit} tags are allowed on a resource"),
            TagReserved(key) => write!(f, "Tag key {key} is reserved; keys must not start with aws:"),
            ProposalStale { match_id, why } => write!(f, "Proposal {match_id} is out of date: {why}"),
            Hosting(rejection) => rejection.fmt(f),
        }?;
        write!(f, " [{}]", self.code())
    }
}

impl std::error::Error for Rejection {}

//! What the pool keeps of a ticket: one number per column, folded over its members and then over the tickets of a team.

use matchwright_model::{AttributeValue, PartyPolicy};

use crate::{Member, Party, PartyAggregation};

/// One number per ticket. Two tickets' numbers fold into one, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// Sum of a number over the players.
    Sum(usize),
    /// Least number of a player.
    Low(usize),
    /// Greatest number of a player.
    High(usize),
    /// Players who have a text: their value is it, or their list holds it.
    Having(usize, String),
    /// Least and greatest over tickets, of the number that `partyAggregation` makes of each (D-79).
    TicketLow(usize, PartyAggregation),
    TicketHigh(usize, PartyAggregation),
}

/// How numbers of a column become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fold {
    Sum,
    Least,
    Greatest,
}

impl Fold {
    /// What nobody has.
    pub fn nothing(self) -> f64 {
        match self {
            Self::Sum => 0.0,
            Self::Least => f64::INFINITY,
            Self::Greatest => f64::NEG_INFINITY,
        }
    }

    pub fn of(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Sum => one + other,
            Self::Least => one.min(other),
            Self::Greatest => one.max(other),
        }
    }
}

impl Column {
    pub fn attribute(&self) -> usize {
        match self {
            Self::Sum(attribute)
            | Self::Low(attribute)
            | Self::High(attribute)
            | Self::Having(attribute, _)
            | Self::TicketLow(attribute, _)
            | Self::TicketHigh(attribute, _) => *attribute,
        }
    }

    /// How two tickets' numbers become one.
    pub(super) fn fold(&self) -> Fold {
        match self {
            Self::Sum(_) | Self::Having(..) => Fold::Sum,
            Self::Low(_) | Self::TicketLow(..) => Fold::Least,
            Self::High(_) | Self::TicketHigh(..) => Fold::Greatest,
        }
    }

    /// The number of some members of a ticket; what is folded over tickets is that of all of them.
    pub(super) fn of(&self, party: &Party, some: &[&Member]) -> f64 {
        let all: Vec<&Member>;
        let members = match self {
            Self::TicketLow(..) | Self::TicketHigh(..) => {
                all = party.members.iter().collect();
                &all
            }
            _ => some,
        };
        let values = || members.iter().map(|member| &member.values[self.attribute()]);
        let numbers = || {
            values().filter_map(|value| match value {
                AttributeValue::Number(number) => Some(*number),
                _ => None,
            })
        };
        match self {
            Self::Sum(_) => numbers().sum(),
            Self::Low(_) => numbers().fold(f64::INFINITY, f64::min),
            Self::High(_) => numbers().fold(f64::NEG_INFINITY, f64::max),
            Self::Having(_, text) => values().filter(|value| has(value, text)).count() as f64,
            Self::TicketLow(_, how) | Self::TicketHigh(_, how) => match how {
                PartyAggregation::Min => numbers().fold(f64::INFINITY, f64::min),
                PartyAggregation::Max => numbers().fold(f64::NEG_INFINITY, f64::max),
                _ => numbers().sum::<f64>() / members.len() as f64,
            },
        }
    }
}

fn has(value: &AttributeValue, wanted: &str) -> bool {
    match value {
        AttributeValue::Text(text) => text == wanted,
        AttributeValue::TextList(texts) => texts.iter().any(|text| text == wanted),
        _ => false,
    }
}

/// Columns speak of each player by himself; the literal policy does not (D-86).
pub(super) fn speaks(policy: PartyPolicy) -> bool {
    policy == PartyPolicy::Individual
}

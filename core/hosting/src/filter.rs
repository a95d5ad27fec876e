//! Which game sessions a search admits, and in which order. Three-valued nowhere: what a session does not have is
//! simply not equal.

use crate::GameSession;

/// An expression over a game session. The front parses the vendor's grammar into it.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare { operand: Operand, by: Comparison, value: Value },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    Id,
    Name,
    Property(String),
    MaxPlayers,
    /// Milliseconds since 1970.
    CreatedAt,
    Players,
    HasRoom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(i64),
    Bool(bool),
}

/// Sessions without the operand come last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    pub by: Operand,
    pub is_descending: bool,
}

impl Filter {
    /// Whether a session is one of those sought.
    pub fn admits(&self, _session: &GameSession) -> bool {
        todo!()
    }
}

impl Sort {
    /// Which of two sessions comes first.
    pub fn compare(&self, _one: &GameSession, _other: &GameSession) -> std::cmp::Ordering {
        todo!()
    }
}

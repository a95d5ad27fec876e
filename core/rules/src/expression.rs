//! Property expressions, typed (spec 2.3).

/// An expression with every name resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    pub node: Node,
    pub kind: Type,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `teams[..].players`
    Players(TeamSelection),
    /// `teams[..].players[playerId]`
    PlayerIds(TeamSelection),
    /// `teams[..].players.attributes[x]`
    Attribute { teams: TeamSelection, attribute: usize },
    /// The function applies at depth `lift`: outer `lift` levels are mapped (D-61).
    Call { function: Function, argument: Box<Expression>, lift: u8 },
}

/// One team (its players are a plain list), or several (one list per team), by index, in fill order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamSelection {
    One(usize),
    Many(Vec<usize>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    Min,
    Max,
    Avg,
    Median,
    Sum,
    Count,
    Stddev,
    Flatten,
    SetIntersection,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Number,
    Text,
    Player,
    List(Box<Type>),
}

impl Type {
    pub fn list(of: Type) -> Self {
        Self::List(Box::new(of))
    }
}

//! Which game sessions a search admits, and in which order. Three-valued nowhere: what a session does not have is
//! simply not equal.

use std::cmp::Ordering;

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

/// What a session has for an operand.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found<'s> {
    Text(&'s str),
    Number(i64),
    Bool(bool),
}

impl Filter {
    /// Whether a search with this filter finds the session.
    pub fn admits(&self, session: &GameSession) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.admits(session)),
            Self::Any(parts) => parts.iter().any(|part| part.admits(session)),
            Self::Not(part) => !part.admits(session),
            Self::Compare { operand, by, value } => match order(operand.of(session), value) {
                Some(order) => by.holds(order),
                None => *by == Comparison::Unequal,
            },
        }
    }
}

/// `None` where the session has no such thing, or one of another type.
fn order(found: Option<Found<'_>>, value: &Value) -> Option<Ordering> {
    match (found?, value) {
        (Found::Text(found), Value::Text(value)) => Some(found.cmp(value)),
        (Found::Number(found), Value::Number(value)) => Some(found.cmp(value)),
        (Found::Bool(found), Value::Bool(value)) => Some(found.cmp(value)),
        _ => None,
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Operand {
    fn of<'s>(&self, session: &'s GameSession) -> Option<Found<'s>> {
        let fields = &session.fields;
        Some(match self {
            Self::Id => Found::Text(session.id.as_str()),
            Self::Name => Found::Text(fields.name.as_ref()?),
            Self::Property(key) => Found::Text(&fields.properties.iter().find(|(name, _)| name == key)?.1),
            Self::MaxPlayers => Found::Number(fields.max_players.into()),
            Self::CreatedAt => Found::Number(i64::try_from(session.created_at.0).unwrap_or(i64::MAX)),
            Self::Players => Found::Number(session.occupied.into()),
            Self::HasRoom => Found::Bool(session.occupied < fields.max_players),
        })
    }
}

impl Sort {
    /// Which of two sessions comes first. Total: those alike come by their ids, so that pages fit together.
    pub fn compare(&self, one: &GameSession, other: &GameSession) -> Ordering {
        let order = match (self.by.of(one), self.by.of(other)) {
            (Some(one), Some(other)) if self.is_descending => other.cmp(&one),
            (Some(one), Some(other)) => one.cmp(&other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        };
        order.then_with(|| one.id.cmp(&other.id))
    }
}

#[cfg(test)]
mod tests {
    use matchwright_model::{GameSessionId, Timestamp};

    use super::*;
    use crate::{JoinPolicy, ProcessKey, SessionFields, SessionStatus};

    fn session(id: &str, name: Option<&str>, occupied: u32, properties: &[(&str, &str)]) -> GameSession {
        let pair = |(key, value): &(&str, &str)| (key.to_string(), value.to_string());
        let fields = SessionFields {
            name: name.map(str::to_string),
            max_players: 10,
            properties: properties.iter().map(pair).collect(),
            data: None,
            creator: None,
            token: None,
            policy: JoinPolicy::AcceptAll,
            is_protected: false,
        };
        GameSession {
            id: GameSessionId::from(id),
            fields,
            host: crate::Host::Process(ProcessKey {
                fleet: "fleet-1".into(),
                compute: "pc".into(),
                id: "p-1".into(),
            }),
            location: "custom-home".into(),
            ip: "127.0.0.1".to_string(),
            dns: None,
            port: 7777,
            status: SessionStatus::Active,
            created_at: Timestamp(5000),
            placement: None,
            roster: None,
            update: None,
            players: Vec::new(),
            occupied,
        }
    }

    fn compare(operand: Operand, by: Comparison, value: Value) -> Filter {
        Filter::Compare { operand, by, value }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_string())
    }

    fn map_is(map: &str) -> Filter {
        compare(Operand::Property("map".to_string()), Comparison::Equal, text(map))
    }

    #[test]
    fn every_comparison_at_below_and_above() {
        use Comparison::*;
        let found = session("s", None, 5, &[]);
        let table = [
            (Equal, [false, true, false]),
            (Unequal, [true, false, true]),
            (Less, [false, false, true]),
            (LessOrEqual, [false, true, true]),
            (Greater, [true, false, false]),
            (GreaterOrEqual, [true, true, false]),
        ];
        for (by, expected) in table {
            let admits =
                [4, 5, 6].map(|than| compare(Operand::Players, by, Value::Number(than)).admits(&found));
            assert_eq!(admits, expected, "5 {by:?} 4, 5, 6");
        }
    }

    #[test]
    fn every_operand_reads_its_part() {
        let found = session("f/l/s", Some("Duel"), 9, &[("map", "desert")]);
        let full = session("f/l/s", None, 10, &[]);
        let cases = [
            (Operand::Id, text("f/l/s")),
            (Operand::Name, text("Duel")),
            (Operand::Property("map".to_string()), text("desert")),
            (Operand::MaxPlayers, Value::Number(10)),
            (Operand::CreatedAt, Value::Number(5000)),
            (Operand::Players, Value::Number(9)),
            (Operand::HasRoom, Value::Bool(true)),
        ];
        for (operand, value) in cases {
            assert!(compare(operand.clone(), Comparison::Equal, value).admits(&found), "{operand:?}");
        }
        assert!(compare(Operand::HasRoom, Comparison::Equal, Value::Bool(false)).admits(&full));
    }

    #[test]
    fn what_a_session_does_not_have_is_not_equal_to_anything() {
        let found = session("s", None, 5, &[]);
        let name = |by| compare(Operand::Name, by, text("Duel")).admits(&found);
        assert!(!name(Comparison::Equal) && name(Comparison::Unequal) && !name(Comparison::Less));
        let number = compare(Operand::Id, Comparison::Equal, Value::Number(5));
        assert!(!number.admits(&found), "another type");
        assert!(!map_is("desert").admits(&found));
    }

    /// The numbers are texts to a search: 10 comes before 9.
    #[test]
    fn properties_compare_as_texts() {
        let found = session("s", None, 5, &[("level", "10")]);
        let level = Operand::Property("level".to_string());
        assert!(compare(level, Comparison::Less, text("9")).admits(&found));
    }

    #[test]
    fn all_any_and_not() {
        let found = session("s", None, 5, &[("map", "desert")]);
        let (yes, no) = (map_is("desert"), map_is("forest"));
        let all = |parts: &[&Filter]| Filter::All(parts.iter().copied().cloned().collect()).admits(&found);
        let any = |parts: &[&Filter]| Filter::Any(parts.iter().copied().cloned().collect()).admits(&found);
        assert!(all(&[&yes, &yes]) && !all(&[&yes, &no]));
        assert!(any(&[&no, &yes]) && !any(&[&no, &no]));
        assert!(Filter::Not(Box::new(no)).admits(&found) && !Filter::Not(Box::new(yes)).admits(&found));
    }

    #[test]
    fn sessions_without_the_operand_come_last_either_way() {
        let sessions = [
            session("a", None, 1, &[("map", "forest")]),
            session("b", None, 2, &[]),
            session("c", None, 2, &[("map", "desert")]),
        ];
        let sorted = |by: Operand, is_descending: bool| {
            let sort = Sort { by, is_descending };
            let mut found: Vec<&GameSession> = sessions.iter().collect();
            found.sort_by(|one, other| sort.compare(one, other));
            found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join("")
        };
        let map = Operand::Property("map".to_string());
        assert_eq!(sorted(map.clone(), false), "cab");
        assert_eq!(sorted(map, true), "acb");
        assert_eq!(sorted(Operand::Players, true), "bca", "those alike come by their ids");
    }
}

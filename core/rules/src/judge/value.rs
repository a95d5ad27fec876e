//! Expressions over a finished lineup.

use matchwright_model::{AttributeValue, PartyPolicy};

use super::Case;
use crate::{Expression, Function, Node, PartyAggregation, Reference, TeamSelection, Tiered};

/// `None` inside stands for an undefined number: the average of nobody (D-64).
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(Option<f64>),
    Text(String),
    Player,
    List(Vec<Value>),
}

impl Value {
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Every number and text in it, whatever the nesting.
    pub fn leaves(&self) -> Vec<&Value> {
        match self {
            Value::List(items) => items.iter().flat_map(Value::leaves).collect(),
            leaf => vec![leaf],
        }
    }

    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => *number,
            _ => None,
        }
    }
}

/// Evaluates an expression; under the literal policy every value is that of its player's party (D-86).
pub(super) fn evaluate(case: &Case<'_>, expression: &Expression, party: PartyAggregation) -> Value {
    match &expression.node {
        Node::Players(teams) => {
            per_team(teams, &|team| case.lineup.team(team).map(|_| Value::Player).collect())
        }
        Node::PlayerIds(teams) => per_team(teams, &|team| {
            case.lineup.team(team).map(|member| Value::Text(member.id.to_string())).collect()
        }),
        Node::Attribute { teams, attribute } => per_team(teams, &|team| {
            case.lineup.teams[team].iter().map(|seat| attribute_of(case, *seat, *attribute, party)).collect()
        }),
        Node::Call { function, argument, lift } => lifted(*function, &evaluate(case, argument, party), *lift),
    }
}

/// What a reference stands for, at the case's tier.
pub(super) fn reference(case: &Case<'_>, reference: &Reference, party: PartyAggregation) -> Value {
    fn at<'a, T>(case: &Case<'_>, tiered: &'a Tiered<T>) -> &'a T {
        tiered.at(case.tier)
    }
    match reference {
        Reference::Number(number) => Value::Number(Some(*at(case, number))),
        Reference::Text(text) => Value::Text(at(case, text).clone()),
        Reference::Texts(texts) => Value::List(at(case, texts).iter().cloned().map(Value::Text).collect()),
        Reference::Expression(expression) => evaluate(case, expression, party),
    }
}

fn per_team(teams: &TeamSelection, players: &dyn Fn(usize) -> Vec<Value>) -> Value {
    match teams {
        TeamSelection::One(team) => Value::List(players(*team)),
        TeamSelection::Many(teams) => {
            Value::List(teams.iter().map(|team| Value::List(players(*team))).collect())
        }
    }
}

fn attribute_of(case: &Case<'_>, seat: (usize, usize), attribute: usize, party: PartyAggregation) -> Value {
    let own = &case.lineup.member(seat).values[attribute];
    let members = &case.lineup.parties[seat.0].members;
    if case.policy == PartyPolicy::Individual || members.len() == 1 {
        return plain(own);
    }
    let all = members.iter().map(|member| &member.values[attribute]);
    match own {
        AttributeValue::Number(_) => {
            let numbers: Vec<f64> = all.filter_map(|value| plain(value).as_number()).collect();
            Value::Number(aggregate(&numbers, party))
        }
        AttributeValue::TextList(_) => {
            let lists: Vec<Value> = all.map(plain).collect();
            match party {
                PartyAggregation::Intersection => intersection(&lists),
                _ => union(&lists),
            }
        }
        _ => plain(own),
    }
}

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Number(number) => Value::Number(Some(*number)),
        AttributeValue::Text(text) => Value::Text(text.clone()),
        AttributeValue::TextList(texts) => Value::List(texts.iter().cloned().map(Value::Text).collect()),
        // Maps have no use in expressions (D-60); the checker refuses them.
        AttributeValue::NumberMap(_) => Value::List(Vec::new()),
    }
}

/// One number for a party.
pub(super) fn aggregate(numbers: &[f64], party: PartyAggregation) -> Option<f64> {
    let function = match party {
        PartyAggregation::Min => Function::Min,
        PartyAggregation::Max => Function::Max,
        _ => Function::Avg,
    };
    fold(function, numbers)
}

fn lifted(function: Function, value: &Value, lift: u8) -> Value {
    match lift {
        0 => call(function, value),
        _ => Value::List(value.items().iter().map(|item| lifted(function, item, lift - 1)).collect()),
    }
}

fn call(function: Function, value: &Value) -> Value {
    match function {
        Function::Count => Value::Number(Some(value.items().len() as f64)),
        Function::Flatten => {
            Value::List(value.items().iter().flat_map(|item| item.items()).cloned().collect())
        }
        Function::SetIntersection => intersection(value.items()),
        _ => {
            let numbers: Option<Vec<f64>> = value.items().iter().map(Value::as_number).collect();
            Value::Number(numbers.and_then(|numbers| fold(function, &numbers)))
        }
    }
}

fn fold(function: Function, numbers: &[f64]) -> Option<f64> {
    let (sum, count) = (numbers.iter().sum::<f64>(), numbers.len() as f64);
    if function == Function::Sum {
        return Some(sum);
    }
    if numbers.is_empty() {
        return None;
    }
    Some(match function {
        Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        Function::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Function::Median => median(numbers),
        // Population form, so that one player gives 0 (D-63).
        Function::Stddev => {
            let mean = sum / count;
            (numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / count).sqrt()
        }
        _ => sum / count,
    })
}

/// The mean of the two middle values of an even count (D-63).
fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// Texts that stand in every list; of no lists, none.
pub(super) fn intersection(lists: &[Value]) -> Value {
    let Some((first, rest)) = lists.split_first() else { return Value::List(Vec::new()) };
    let everywhere = |text: &&Value| rest.iter().all(|list| list.items().contains(text));
    unique(first.items().iter().filter(everywhere))
}

fn union(lists: &[Value]) -> Value {
    unique(lists.iter().flat_map(|list| list.items()))
}

fn unique<'a>(texts: impl Iterator<Item = &'a Value>) -> Value {
    let mut unique: Vec<Value> = Vec::new();
    for text in texts {
        if !unique.contains(text) {
            unique.push(text.clone());
        }
    }
    Value::List(unique)
}

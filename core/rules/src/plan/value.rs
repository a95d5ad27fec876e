//! A number that a rule measures, as a fold over columns: exact on a whole match, an interval on a partial one.

use super::{Column, Columns, Totals};
use crate::{Expression, Function, Node, RuleSet, TeamSelection};

/// A number over the players of some teams.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// How many players.
    Players(Vec<usize>),
    /// The folded column.
    Total { column: usize, teams: Vec<usize> },
    /// The column's mean over the players.
    Mean { column: usize, teams: Vec<usize> },
    /// Players who do not count in the column.
    Without { column: usize, teams: Vec<usize> },
    /// Teams in which somebody counts in the column.
    TeamsWith { column: usize, teams: Vec<usize> },
    /// A function of other numbers.
    Of { function: Function, values: Vec<Value> },
}

/// What a rule compares: one number, or every player's own.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    Number(Value),
    /// From the least (a column) to the greatest (another); no limit speaks of what lies between.
    Each {
        low: usize,
        high: usize,
        teams: Vec<usize>,
    },
}

/// Who may still come into a partial match.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coming {
    /// Per team, the least and the most players that still come. Empty: nobody comes any more.
    pub seats: Vec<(f64, f64)>,
    /// Players that can come at all.
    pub supply: f64,
    /// Per column, the least and the greatest number of one of them; for [`Column::Having`] how many there are.
    pub domain: Vec<(f64, f64)>,
}

impl Coming {
    /// The match is whole: every number is a point.
    fn is_nobody(&self) -> bool {
        self.seats.is_empty()
    }
}

/// Where a number lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
    /// Surely a number: not the mean of nobody (D-64).
    pub surely: bool,
    /// Possibly a number.
    pub possibly: bool,
}

impl Interval {
    pub(super) fn new(low: f64, high: f64) -> Self {
        Self { low, high, surely: true, possibly: true }
    }

    fn point(number: f64) -> Self {
        Self::new(number, number)
    }

    const UNDEFINED: Self =
        Self { low: f64::INFINITY, high: f64::NEG_INFINITY, surely: false, possibly: false };
}

/// The least and the greatest of what a rule compares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hull {
    pub low: Interval,
    pub high: Interval,
}

impl Measure {
    pub(super) fn hull(&self, columns: &Columns, totals: &Totals, coming: &Coming) -> Hull {
        let (low, high, teams) = match self {
            Self::Number(value) => {
                let interval = value.interval(columns, totals, coming);
                return Hull { low: interval, high: interval };
            }
            Self::Each { low, high, teams } => (*low, *high, teams),
        };
        if coming.is_nobody() {
            // Of a team without players the ends lie the wrong way round, and no limit is broken.
            let end = |column| Interval::point(totals.total(columns, column, teams));
            return Hull { low: end(low), high: end(high) };
        }
        let extra = extra(teams, coming);
        let of = |column: usize| {
            let total = totals.total(columns, column, teams);
            Interval {
                surely: true,
                possibly: true,
                ..folded(&columns.list[column], total, extra, domain(coming, column))
            }
        };
        let mut hull = Hull { low: of(low), high: of(high) };
        if totals.players(teams) + extra.0 <= 0.0 {
            // Perhaps nobody is there to break a limit.
            hull.low.high = f64::INFINITY;
            hull.high.low = f64::NEG_INFINITY;
        }
        hull
    }
}

impl Value {
    /// Where it lies over everything that `coming` allows.
    pub(super) fn interval(&self, columns: &Columns, totals: &Totals, coming: &Coming) -> Interval {
        if coming.is_nobody() {
            return self.point(columns, totals, coming);
        }
        match self {
            Self::Players(teams) => {
                let (known, extra) = (totals.players(teams), extra(teams, coming));
                Interval::new(known + extra.0, known + extra.1)
            }
            Self::Mean { column, teams } => {
                let sum = totals.total(columns, *column, teams);
                mean(sum, totals.players(teams), extra(teams, coming), domain(coming, *column))
            }
            Self::Total { column, teams } => {
                let total = totals.total(columns, *column, teams);
                folded(&columns.list[*column], total, extra(teams, coming), domain(coming, *column))
            }
            Self::Without { column, teams } => {
                let extra = extra(teams, coming);
                let without = totals.players(teams) - totals.total(columns, *column, teams);
                Interval::new(without + (extra.0 - domain(coming, *column).1).max(0.0), without + extra.1)
            }
            Self::TeamsWith { column, teams } => teams_with(*column, teams, totals, coming),
            Self::Of { function, values } => of(*function, values, columns, totals, coming),
        }
    }

    /// Its interval where nobody comes any more.
    fn point(&self, columns: &Columns, totals: &Totals, coming: &Coming) -> Interval {
        match self {
            Self::Players(teams) => Interval::point(totals.players(teams)),
            Self::Mean { column, teams } => match totals.players(teams) {
                0.0 => Interval::UNDEFINED,
                players => Interval::point(totals.total(columns, *column, teams) / players),
            },
            Self::Total { column, teams } => {
                let total = totals.total(columns, *column, teams);
                let is_number = total.is_finite();
                Interval { low: total, high: total, surely: is_number, possibly: is_number }
            }
            Self::Without { column, teams } => {
                Interval::point(totals.players(teams) - totals.total(columns, *column, teams))
            }
            Self::TeamsWith { column, teams } => teams_with(*column, teams, totals, coming),
            Self::Of { function, values } => of(*function, values, columns, totals, coming),
        }
    }
}

fn domain(coming: &Coming, column: usize) -> (f64, f64) {
    coming.domain.get(column).copied().unwrap_or((0.0, 0.0))
}

pub(super) fn extra(teams: &[usize], coming: &Coming) -> (f64, f64) {
    let each = teams.iter().filter_map(|team| coming.seats.get(*team));
    let (least, most) = each.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (least, f64::min(most, coming.supply))
}

/// A mean lies between those with the fewest and the most who come, all at one end of the domain: each is monotone in
/// how many come.
fn mean(sum: f64, known: f64, extra: (f64, f64), domain: (f64, f64)) -> Interval {
    if known + extra.1 <= 0.0 {
        return Interval::UNDEFINED;
    }
    let with = |count: f64, value: f64| (sum + count * value) / (known + count);
    let fewest = if known + extra.0 > 0.0 { extra.0 } else { 1.0 };
    let ends = |value| {
        if extra.1 > 0.0 { (with(fewest, value), with(extra.1, value)) } else { (sum / known, sum / known) }
    };
    let (low, high) = (ends(domain.0), ends(domain.1));
    Interval {
        low: low.0.min(low.1),
        high: high.0.max(high.1),
        surely: known + extra.0 > 0.0,
        possibly: true,
    }
}

fn folded(column: &Column, total: f64, extra: (f64, f64), domain: (f64, f64)) -> Interval {
    let bounded = |total: f64| total.is_finite();
    match column {
        Column::Sum(_) => Interval::new(
            total + (extra.0 * domain.0).min(extra.1 * domain.0),
            total + (extra.0 * domain.1).max(extra.1 * domain.1),
        ),
        Column::Having(..) => Interval::new(total, total + extra.1.min(domain.1)),
        Column::Low(_) | Column::TicketLow(..) => {
            let low = if extra.1 > 0.0 { total.min(domain.0) } else { total };
            let high = if extra.0 > 0.0 {
                total.min(domain.1)
            } else if bounded(total) {
                total
            } else {
                domain.1
            };
            Interval {
                low,
                high,
                surely: bounded(total) || extra.0 > 0.0,
                possibly: bounded(total) || extra.1 > 0.0,
            }
        }
        Column::High(_) | Column::TicketHigh(..) => {
            let high = if extra.1 > 0.0 { total.max(domain.1) } else { total };
            let low = if extra.0 > 0.0 {
                total.max(domain.0)
            } else if bounded(total) {
                total
            } else {
                domain.0
            };
            Interval {
                low,
                high,
                surely: bounded(total) || extra.0 > 0.0,
                possibly: bounded(total) || extra.1 > 0.0,
            }
        }
    }
}

fn teams_with(column: usize, teams: &[usize], totals: &Totals, coming: &Coming) -> Interval {
    let with = teams.iter().filter(|team| totals.row(**team)[column + 1] > 0.0).count() as f64;
    let supply = coming.domain.get(column).map_or(0.0, |domain| domain.1);
    let open = teams.iter().filter(|team| {
        totals.row(**team)[column + 1] <= 0.0 && coming.seats.get(**team).is_some_and(|seats| seats.1 > 0.0)
    });
    Interval::new(with, with + (open.count() as f64).min(supply))
}

/// Every function here but the deviation is monotone in each of its numbers: ends map to ends.
fn of(function: Function, values: &[Value], columns: &Columns, totals: &Totals, coming: &Coming) -> Interval {
    if function == Function::Count {
        // Numbers that are not defined count as well.
        return Interval::new(values.len() as f64, values.len() as f64);
    }
    let each: Vec<Interval> = values.iter().map(|value| value.interval(columns, totals, coming)).collect();
    let surely = each.iter().all(|one| one.surely);
    let possibly = each.iter().all(|one| one.possibly);
    let lows = || each.iter().map(|one| one.low);
    let highs = || each.iter().map(|one| one.high);
    let count = each.len() as f64;
    let (low, high) = match function {
        Function::Min => (lows().fold(f64::INFINITY, f64::min), highs().fold(f64::INFINITY, f64::min)),
        Function::Max => {
            (lows().fold(f64::NEG_INFINITY, f64::max), highs().fold(f64::NEG_INFINITY, f64::max))
        }
        Function::Sum => (lows().sum(), highs().sum()),
        Function::Avg => (lows().sum::<f64>() / count, highs().sum::<f64>() / count),
        Function::Median => (median(lows().collect()), median(highs().collect())),
        Function::Stddev => deviation(&each),
        Function::Count | Function::Flatten | Function::SetIntersection => (count, count),
    };
    Interval { low, high, surely, possibly }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 { numbers[middle] } else { (numbers[middle - 1] + numbers[middle]) / 2.0 }
}

/// Exact on points (population form, D-63); else from none to that of the two ends.
fn deviation(each: &[Interval]) -> (f64, f64) {
    let count = each.len() as f64;
    if each.iter().all(|one| one.low == one.high) {
        let mean = each.iter().map(|one| one.low).sum::<f64>() / count;
        let exact = (each.iter().map(|one| (one.low - mean).powi(2)).sum::<f64>() / count).sqrt();
        return (exact, exact);
    }
    let low = each.iter().map(|one| one.low).fold(f64::INFINITY, f64::min);
    let high = each.iter().map(|one| one.high).fold(f64::NEG_INFINITY, f64::max);
    (0.0, (high - low) / 2.0)
}

/// Players of an attribute's list, as the language nests them.
enum Lists {
    /// One list over the players of these teams.
    Flat(Vec<usize>),
    /// A list per team.
    Grouped(Vec<usize>),
}

/// What an expression measures; `None` where columns cannot say them.
pub(super) fn measures(
    rules: &RuleSet,
    expression: &Expression,
    columns: &mut Columns,
) -> Option<Vec<Measure>> {
    let Some((lists, what)) = players(expression) else {
        let numbers = numbers(rules, expression, columns)?;
        return Some(numbers.into_iter().map(Measure::Number).collect());
    };
    let Measured::Number(attribute) = what.check(rules)? else { return None };
    let (Lists::Flat(teams) | Lists::Grouped(teams)) = lists;
    let (low, high) = (columns.of(Column::Low(attribute)), columns.of(Column::High(attribute)));
    Some(vec![Measure::Each { low, high, teams }])
}

fn numbers(rules: &RuleSet, expression: &Expression, columns: &mut Columns) -> Option<Vec<Value>> {
    let Node::Call { function, argument, lift } = &expression.node else { return None };
    match (players(argument), lift) {
        (Some((Lists::Flat(teams), what)), 0) => Some(vec![folding(rules, *function, what, teams, columns)?]),
        (Some((Lists::Grouped(teams), what)), 1) => {
            teams.into_iter().map(|team| folding(rules, *function, what, vec![team], columns)).collect()
        }
        (None, 0) => {
            let values = numbers(rules, argument, columns)?;
            let is_list = matches!(&argument.kind, crate::Type::List(of) if **of == crate::Type::Number);
            (is_list && !matches!(function, Function::Flatten | Function::SetIntersection))
                .then(|| vec![Value::Of { function: *function, values }])
        }
        _ => None,
    }
}

fn folding(
    rules: &RuleSet,
    function: Function,
    what: Listed,
    teams: Vec<usize>,
    columns: &mut Columns,
) -> Option<Value> {
    if function == Function::Count {
        return Some(Value::Players(teams));
    }
    let Measured::Number(attribute) = what.check(rules)? else { return None };
    Some(match function {
        Function::Avg => Value::Mean { column: columns.of(Column::Sum(attribute)), teams },
        Function::Sum => Value::Total { column: columns.of(Column::Sum(attribute)), teams },
        Function::Min => Value::Total { column: columns.of(Column::Low(attribute)), teams },
        Function::Max => Value::Total { column: columns.of(Column::High(attribute)), teams },
        _ => return None,
    })
}

/// How many players or teams have a text, as a collection rule counts them; `None` where columns cannot say it.
pub(super) fn having(
    rules: &RuleSet,
    expression: &Expression,
    text: &str,
    columns: &mut Columns,
) -> Option<Vec<Value>> {
    let (lists, what) = players(expression).or_else(|| match &expression.node {
        // Lists of texts flattened into texts: no player's list holds a text twice (D-09).
        Node::Call { function: Function::Flatten, argument, lift: 0 } => players(argument),
        _ => None,
    })?;
    let (attribute, is_list) = match what.check(rules)? {
        Measured::Text(attribute) => (attribute, false),
        Measured::Texts(attribute) => (attribute, true),
        Measured::Number(_) => return None,
    };
    let column = columns.of(Column::Having(attribute, text.to_string()));
    Some(match (lists, is_list) {
        (Lists::Flat(teams), _) => vec![Value::Total { column, teams }],
        (Lists::Grouped(teams), false) => vec![Value::TeamsWith { column, teams }],
        (Lists::Grouped(teams), true) => {
            teams.into_iter().map(|team| Value::Total { column, teams: vec![team] }).collect()
        }
    })
}

/// The teams of an expression that lists a text of every player.
pub(super) fn texts(rules: &RuleSet, expression: &Expression) -> Option<(usize, Vec<usize>)> {
    let (lists, what) = players(expression)?;
    let Measured::Text(attribute) = what.check(rules)? else { return None };
    let (Lists::Flat(teams) | Lists::Grouped(teams)) = lists;
    Some((attribute, teams))
}

#[derive(Debug, Clone, Copy)]
enum Listed {
    Players,
    Attribute(usize),
}

enum Measured {
    Number(usize),
    Text(usize),
    Texts(usize),
}

impl Listed {
    fn check(self, rules: &RuleSet) -> Option<Measured> {
        use matchwright_model::AttributeType as Kind;
        let Self::Attribute(attribute) = self else { return None };
        match rules.attributes[attribute].kind {
            Kind::Number => Some(Measured::Number(attribute)),
            Kind::Text => Some(Measured::Text(attribute)),
            Kind::TextList => Some(Measured::Texts(attribute)),
            Kind::NumberMap => None,
        }
    }
}

/// An expression that lists players or their attribute, each team by itself or all in one.
fn players(expression: &Expression) -> Option<(Lists, Listed)> {
    let of = |teams: &TeamSelection| match teams {
        TeamSelection::One(team) => Lists::Flat(vec![*team]),
        TeamSelection::Many(teams) => Lists::Grouped(teams.clone()),
    };
    match &expression.node {
        Node::Players(teams) | Node::PlayerIds(teams) => Some((of(teams), Listed::Players)),
        Node::Attribute { teams, attribute } => Some((of(teams), Listed::Attribute(*attribute))),
        Node::Call { function: Function::Flatten, argument, lift: 0 } => match players(argument)? {
            (Lists::Grouped(teams), what) => Some((Lists::Flat(teams), what)),
            // The texts of one team's lists.
            (Lists::Flat(_), _) => None,
        },
        _ => None,
    }
}

/// The attribute and the teams of an expression that lists it for every player.
pub(super) fn listed(rules: &RuleSet, expression: &Expression) -> Option<(usize, Vec<usize>)> {
    let (lists, what) = players(expression)?;
    let (Lists::Flat(teams) | Lists::Grouped(teams)) = lists;
    match what.check(rules)? {
        Measured::Number(attribute) | Measured::Text(attribute) | Measured::Texts(attribute) => {
            Some((attribute, teams))
        }
    }
}

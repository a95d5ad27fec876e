//! Where a search looks first: what the rules say about closeness, evenness and roles. None of it decides; the gates
//! and the judge do.

use smallvec::SmallVec;

use super::value::{Measure, Value};
use super::{Against, Column, Columns, Gate, Means};
use crate::{ComparisonOperation, RuleKind, RuleSet, SortKind, Strategy, Tiered};

/// What steers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Steer {
    /// The column whose mean over a ticket puts it beside the tickets that suit it.
    pub near: Option<usize>,
    /// No two tickets further apart than this in `near` can share a match, per tier.
    pub window: Option<Tiered<f64>>,
    /// The column whose team means are to be even.
    pub even: Option<usize>,
    pub wanted: Vec<Wanted>,
    /// Gates that can fail in a way that no further player repairs; [`Gate::breaks`](super::Gate) tells whether one does.
    pub lasting: Vec<usize>,
}

/// Players that a team cannot do without.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    pub column: usize,
    pub teams: Vec<usize>,
    pub least: Tiered<f64>,
}

impl Steer {
    /// Tickets with a text that a match still needs at the least: one of its own for each team that wants it, one where
    /// several teams share a want. `is_unmet`: whether a want is one of those that count.
    pub fn tickets_wanted(&self, column: usize, is_unmet: impl Fn(&Wanted) -> bool) -> usize {
        let unmet = || self.wanted.iter().filter(|one| one.column == column && is_unmet(one));
        let alone = unmet().filter(|one| one.teams.len() == 1);
        let mut teams: SmallVec<[usize; 8]> = alone.map(|one| one.teams[0]).collect();
        teams.sort_unstable();
        teams.dedup();
        teams.len().max(usize::from(unmet().next().is_some()))
    }

    pub(super) fn of(rules: &RuleSet, means: &[Means], columns: &mut Columns) -> Self {
        let gates: Vec<(usize, &Gate)> = rules
            .rules
            .iter()
            .zip(means)
            .enumerate()
            .filter_map(|(index, (rule, means))| match means {
                Means::Gate(gate) if rule.enforced => Some((index, gate)),
                _ => None,
            })
            .collect();
        let even = match rules.algorithm.strategy {
            Strategy::Balanced { attribute } => Some(columns.of(Column::Sum(attribute))),
            Strategy::ExhaustiveSearch => gates.iter().find_map(|(_, gate)| evened(gate)),
        };
        let spread = gates.iter().find_map(|(_, gate)| spread(gate, columns));
        let sorted = rules.rules.iter().find_map(|rule| match &rule.kind {
            RuleKind::Sort(sort) if sort.kind == SortKind::Distance && sort.map_key.is_none() => {
                Some(sort.attribute)
            }
            _ => None,
        });
        let is_number =
            |attribute: &usize| rules.attributes[*attribute].kind == matchwright_model::AttributeType::Number;
        let attribute = sorted.filter(is_number).or(spread.as_ref().map(|spread| spread.0));
        let near = attribute.map(|attribute| columns.of(Column::Sum(attribute))).or(even);
        let window =
            spread.filter(|spread| Some(spread.0) == near.map(|near| columns.list[near].attribute()));
        let lasting =
            gates.iter().filter(|(_, gate)| is_lasting(gate, columns)).map(|(index, _)| *index).collect();
        Self {
            near,
            window: window.and_then(|window| window.1),
            even,
            wanted: gates.iter().flat_map(|(_, gate)| wanted(gate, columns)).collect(),
            lasting,
        }
    }
}

/// The column of which a rule compares team means.
fn evened(gate: &Gate) -> Option<usize> {
    let Gate::Distance { measured, max: Some(_), .. } = gate else { return None };
    measured.iter().find_map(|one| match one {
        Measure::Number(Value::Mean { column, .. }) => Some(*column),
        _ => None,
    })
}

/// The attribute that a rule keeps close over single players or tickets, and how close where it says so of any two.
fn spread(gate: &Gate, columns: &Columns) -> Option<(usize, Option<Tiered<f64>>)> {
    let Gate::Distance { measured, against: Against::Measures(against), max: Some(max), .. } = gate else {
        return None;
    };
    let ends = |one: &Measure| match one {
        Measure::Each { low, high, teams } => Some((*low, *high, teams.len())),
        Measure::Number(Value::Total { column, teams }) => Some((*column, *column, teams.len())),
        Measure::Number(_) => None,
    };
    let (one, other) = (ends(measured.first()?)?, ends(against.first()?)?);
    let attribute = columns.list[one.0].attribute();
    if !matches!(
        columns.list[one.0],
        Column::Low(_) | Column::High(_) | Column::TicketLow(..) | Column::TicketHigh(..)
    ) {
        return None;
    }
    // Means of tickets lie within their least and greatest: what holds of any two players holds of the means.
    let same =
        one.2 == other.2 && columns.list[other.0].attribute() == attribute && is_lasting(gate, columns);
    Some((attribute, same.then(|| max.clone())))
}

fn wanted(gate: &Gate, columns: &Columns) -> Vec<Wanted> {
    let Gate::Range { values, min: Some(min), .. } = gate else { return Vec::new() };
    let of = |value: &Value| match value {
        Value::Total { column, teams } if matches!(columns.list[*column], Column::Having(..)) => {
            vec![Wanted { column: *column, teams: teams.clone(), least: min.clone() }]
        }
        Value::TeamsWith { column, teams }
            if min.0.iter().all(|least| least.ceil() == teams.len() as f64) =>
        {
            let one = Tiered(vec![1.0; min.0.len()]);
            teams
                .iter()
                .map(|team| Wanted { column: *column, teams: vec![*team], least: one.clone() })
                .collect()
        }
        _ => Vec::new(),
    };
    values.iter().flat_map(of).collect()
}

fn is_lasting(gate: &Gate, columns: &Columns) -> bool {
    match gate {
        Gate::Distance { measured, against, min: None, max: Some(_) } => match against {
            Against::Number(_) => measured.iter().all(|one| matches!(one, Measure::Each { .. })),
            Against::Measures(against) => {
                let each = |list: &[Measure]| list.iter().all(|one| matches!(one, Measure::Each { .. }));
                (each(measured) && each(against)) || widens(measured, against, columns)
            }
        },
        // Every player by himself against a number.
        Gate::Compare { measured, operation, against: Some(Against::Number(_)) } => {
            *operation != ComparisonOperation::NotEqual
                && measured.iter().all(|one| matches!(one, Measure::Each { .. }))
        }
        Gate::Range { values, min: None, max: Some(_) } => values.iter().all(|value| match value {
            Value::Total { column, .. } => matches!(columns.list[*column], Column::Having(..)),
            Value::Without { .. } | Value::Players(_) => true,
            _ => false,
        }),
        Gate::Texts(texts) => texts.may_break(),
        _ => false,
    }
}

/// The greatest against the least of the same players: more of them can only widen it.
fn widens(measured: &[Measure], against: &[Measure], columns: &Columns) -> bool {
    let (
        [Measure::Number(Value::Total { column: a, teams: of })],
        [Measure::Number(Value::Total { column: b, teams })],
    ) = (measured, against)
    else {
        return false;
    };
    let ends = (&columns.list[*a], &columns.list[*b]);
    let same = ends.0.attribute() == ends.1.attribute() && of == teams;
    same && matches!(ends, (Column::Low(_), Column::High(_)) | (Column::High(_), Column::Low(_)))
}

//! The compiled plan: what a pool keeps of each ticket, and every rule as a check of a few numbers.
//!
//! A plan prunes and orders; the judge decides. What it cannot say in columns or words is *residual*: such a rule is looked at
//! by the bound and the judge alone. Reading order: [`Plan`], `column` (what is kept), `value` (what a rule measures),
//! `gate` (what it says of it), `words` and `company` (what is kept of single players), `texts` (what rules say of
//! that), `steer` (where to look first), `explain` (all of it in words).

mod column;
mod company;
mod explain;
mod gate;
mod steer;
mod texts;
mod totals;
mod value;
mod words;

use matchwright_model::{AttributeType, PartyPolicy};
use smallvec::SmallVec;

pub use column::Column;
pub use company::Company;
pub use explain::Explained;
pub use gate::{Against, Case, Gate};
pub use steer::{Steer, Wanted};
pub use texts::Texts;
pub use totals::{Columns, Totals};
pub use value::{Coming, Interval, Measure, Value};
pub use words::{Kept, Vocabulary, Words, number_as_text};

use crate::bound;
use crate::{
    BatchDistance, Collection, CollectionOperation, Comparison, ComparisonOperation, Distance, Expression,
    Member, Party, Reference, Rule, RuleKind, RuleSet, Statement, Tiered, Verdict,
};

/// Per rule of a set.
pub type Verdicts = SmallVec<[Verdict; 8]>;

/// A number per column of a plan, behind the head-count; in place for a few.
pub type Row = SmallVec<[f64; 8]>;

/// Some members of a ticket; in place for a few.
type Members<'p> = SmallVec<[&'p Member; 5]>;

/// How one rule is carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum Means {
    /// All players of a match share the value: part of the bucket's key.
    Key { attribute: usize },
    /// A region in which all are near enough: chosen before the search.
    Region,
    /// Checked on columns or words.
    Gate(Gate),
    /// A statement over the verdicts of other rules.
    Statement(Statement),
    /// Orders candidates, rejects nobody.
    Order,
    /// Left to the bound and the judge, and why.
    Residual(&'static str),
}

/// A rule set made ready for search. Parallel to [`RuleSet::rules`].
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub columns: Columns,
    /// What is kept of single players; nothing for rule sets that look at none.
    pub vocabulary: Vocabulary,
    pub rules: Vec<Means>,
    /// Attributes of the bucket's key.
    pub keys: Vec<usize>,
    /// The greatest latency at which a region counts, per tier; `None`: regions play no part.
    pub latency: Option<Tiered<f64>>,
    /// An enforced rule is residual.
    pub is_partial: bool,
    pub steer: Steer,
}

impl Plan {
    /// Every rule set has one.
    pub fn of(rules: &RuleSet, policy: PartyPolicy) -> Self {
        let (mut columns, mut vocabulary) = (Columns::default(), Vocabulary::default());
        let means: Vec<Means> = rules
            .rules
            .iter()
            .map(|rule| means(rules, rule, policy, &mut columns, &mut vocabulary))
            .collect();
        let means: Vec<Means> = (0..means.len()).map(|index| settled(&means, index)).collect();
        let mut keys: Vec<usize> = means
            .iter()
            .filter_map(|means| match means {
                Means::Key { attribute } => Some(*attribute),
                _ => None,
            })
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let is_partial = rules
            .rules
            .iter()
            .zip(&means)
            .any(|(rule, means)| rule.enforced && matches!(means, Means::Residual(_)));
        let latency = latency(rules).filter(|_| column::speaks(policy));
        let steer = Steer::of(rules, &means, &mut columns);
        Self { columns, vocabulary, latency, rules: means, keys, is_partial, steer }
    }

    /// The row of one ticket: its players, then a number per column.
    pub fn row(&self, party: &Party) -> Row {
        self.row_of(party, &party.members.iter().collect::<Members>())
    }

    /// The rows of a ticket whose members sit in given teams (backfill).
    pub fn rows_seated(&self, party: &Party, teams: &[usize]) -> Vec<(usize, Row)> {
        seated(party, teams).map(|(team, some)| (team, self.row_of(party, &some))).collect()
    }

    /// The words of one ticket, as `word` numbers texts: those of [`Vocabulary::texts`] by their place.
    pub fn words(&self, party: &Party, word: &mut dyn FnMut(&str) -> u32) -> Words {
        Words::of(&self.vocabulary.kept, &party.members.iter().collect::<Members>(), word)
    }

    /// The words of a ticket whose members sit in given teams (backfill).
    pub fn words_seated(
        &self,
        party: &Party,
        teams: &[usize],
        word: &mut dyn FnMut(&str) -> u32,
    ) -> Vec<(usize, Words)> {
        let seated = seated(party, teams);
        seated.map(|(team, some)| (team, Words::of(&self.vocabulary.kept, &some, word))).collect()
    }

    fn row_of(&self, party: &Party, members: &[&Member]) -> Row {
        let mut row = Row::with_capacity(self.columns.width());
        row.push(members.len() as f64);
        row.extend(self.columns.list.iter().map(|column| column.of(party, members)));
        row
    }

    /// Who may come, if they come out of `parties`: per team at least and at most `seats`, of `supply` players in all.
    pub fn coming<'a>(
        &self,
        seats: Vec<(f64, f64)>,
        parties: impl Iterator<Item = &'a Party> + Clone,
    ) -> Coming {
        let supply = parties.clone().map(|party| party.members.len() as f64).sum();
        Coming { seats, supply, domain: self.domain(parties) }
    }

    /// [`Coming::domain`] of these parties; 0 where there is nobody.
    pub fn domain<'a>(&self, parties: impl Iterator<Item = &'a Party> + Clone) -> Vec<(f64, f64)> {
        let is_nobody = parties.clone().next().is_none();
        let domain = self.columns.list.iter().map(|column| {
            let members = parties.clone().flat_map(|party| party.members.iter().map(move |one| (party, one)));
            let each = members.map(|(party, member)| column.of(party, &[member]));
            match column {
                Column::Having(..) => (0.0, each.sum()),
                _ if is_nobody => (0.0, 0.0),
                _ => each.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| {
                    (low.min(one), high.max(one))
                }),
            }
        });
        domain.collect()
    }

    /// [`Coming::domain`] of some and others, each of at least one party.
    pub fn united(&self, some: &[(f64, f64)], others: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let each = self.columns.list.iter().zip(some.iter().zip(others));
        let united = each.map(|(column, (one, other))| match column {
            Column::Having(..) => (0.0, one.1 + other.1),
            _ => (one.0.min(other.0), one.1.max(other.1)),
        });
        united.collect()
    }

    /// Per rule, its verdict over everything that may still come. Keys hold, as buckets
    /// see to; regions and residual rules are `Unknown`.
    pub fn verdicts(&self, case: &Case<'_>) -> Verdicts {
        let mut verdicts = Verdicts::new();
        for means in &self.rules {
            let verdict = match means {
                Means::Gate(gate) => gate.verdict(case),
                Means::Statement(statement) => bound::compound(statement, &verdicts),
                Means::Order | Means::Key { .. } => Verdict::True,
                Means::Region | Means::Residual(_) => Verdict::Unknown,
            };
            verdicts.push(verdict);
        }
        verdicts
    }

    /// False when a rule fails that no further player can repair.
    pub fn lasts(&self, case: &Case<'_>) -> bool {
        let mut gates = self.steer.lasting.iter().filter_map(|index| match &self.rules[*index] {
            Means::Gate(gate) => Some(gate),
            _ => None,
        });
        gates.all(|gate| !gate.breaks(case))
    }

    /// What the enforced rules with gates say together; regions and residual rules are left out.
    pub fn verdict(&self, rules: &RuleSet, case: &Case<'_>) -> Verdict {
        self.verdict_of(rules, case, |rule| rule.enforced)
    }

    /// The same of those that are asked for.
    pub fn verdict_of(&self, rules: &RuleSet, case: &Case<'_>, is_asked: impl Fn(&Rule) -> bool) -> Verdict {
        let has_statement = self.rules.iter().any(|means| matches!(means, Means::Statement(_)));
        let verdicts = if has_statement { self.verdicts(case) } else { Verdicts::new() };
        let mut all = Verdict::True;
        for (index, (rule, means)) in rules.rules.iter().zip(&self.rules).enumerate() {
            let one = match means {
                _ if !is_asked(rule) => continue,
                Means::Gate(gate) => gate.verdict(case),
                Means::Statement(_) => verdicts[index],
                _ => continue,
            };
            if one == Verdict::False {
                return Verdict::False;
            }
            all = all.min(one);
        }
        all
    }
}

/// The members of a ticket in each of the teams where they sit.
fn seated<'p>(party: &'p Party, teams: &'p [usize]) -> impl Iterator<Item = (usize, Members<'p>)> {
    let mut named = teams.to_vec();
    named.sort_unstable();
    named.dedup();
    named.into_iter().map(move |team| {
        let some = party.members.iter().zip(teams).filter(move |(_, one)| **one == team);
        (team, some.map(|(member, _)| member).collect())
    })
}

/// A statement over a residual rule is residual itself.
fn settled(means: &[Means], index: usize) -> Means {
    fn named(statement: &Statement) -> Vec<usize> {
        match statement {
            Statement::Rule(index) => vec![*index],
            Statement::Not(part) => named(part),
            Statement::And(parts) | Statement::Or(parts) | Statement::Xor(parts) => {
                parts.iter().flat_map(named).collect()
            }
        }
    }
    let says = |index: usize| matches!(means[index], Means::Gate(_) | Means::Statement(_));
    match &means[index] {
        Means::Statement(statement) if !named(statement).into_iter().all(says) => {
            Means::Residual("the statement names a rule that the plan does not say")
        }
        other => other.clone(),
    }
}

/// The strictest enforced limit per tier.
fn latency(rules: &RuleSet) -> Option<Tiered<f64>> {
    let limits = rules.rules.iter().filter(|rule| rule.enforced).filter_map(|rule| match &rule.kind {
        RuleKind::Latency(latency) => Some(latency.max_latency.0.clone()),
        _ => None,
    });
    limits.reduce(|a, b| a.iter().zip(&b).map(|(a, b)| a.min(*b)).collect()).map(Tiered)
}

fn means(
    rules: &RuleSet,
    rule: &Rule,
    policy: PartyPolicy,
    columns: &mut Columns,
    vocabulary: &mut Vocabulary,
) -> Means {
    if !column::speaks(policy) && !matches!(rule.kind, RuleKind::Sort(_)) {
        return Means::Residual("party aggregates replace players' own values");
    }
    let gate = match &rule.kind {
        RuleKind::Sort(_) => return Means::Order,
        RuleKind::Compound(statement) => return Means::Statement(statement.clone()),
        RuleKind::Latency(latency) if rule.enforced && latency.max_distance.is_none() => {
            return Means::Region;
        }
        RuleKind::Latency(_) => return Means::Residual("latencies beside a region's limit"),
        RuleKind::Distance(distance) => self::distance(rules, distance, columns),
        RuleKind::Comparison(comparison) => match key(rules, comparison) {
            Some(attribute) if rule.enforced => return Means::Key { attribute },
            _ => self::comparison(rules, comparison, columns),
        },
        RuleKind::Collection(collection) => self::collection(rules, collection, columns),
        RuleKind::BatchDistance(batch) if batch.max.is_none() && rule.enforced => {
            return Means::Key { attribute: batch.attribute };
        }
        RuleKind::BatchDistance(batch) => batch_distance(rules, batch, columns),
    };
    let gate = gate.or_else(|| texts::texts(rules, &rule.kind, vocabulary).map(Gate::Texts));
    gate.map_or(Means::Residual(why_not(&rule.kind)), Means::Gate)
}

/// Why neither columns nor words can say it.
fn why_not(kind: &RuleKind) -> &'static str {
    match kind {
        RuleKind::Collection(_) => "it counts in a list that set_intersection makes",
        RuleKind::Comparison(_) => "it compares lists that functions make, or numbers one by one",
        _ => "it needs every player's number, not only their sum, least and greatest",
    }
}

fn all_measures(rules: &RuleSet, list: &[Expression], columns: &mut Columns) -> Option<Vec<Measure>> {
    let each: Option<Vec<_>> = list.iter().map(|one| value::measures(rules, one, columns)).collect();
    Some(each?.into_iter().flatten().collect())
}

fn against(rules: &RuleSet, reference: &Reference, columns: &mut Columns) -> Option<Against> {
    match reference {
        Reference::Number(number) => Some(Against::Number(number.clone())),
        Reference::Expression(expression) => {
            value::measures(rules, expression, columns).map(Against::Measures)
        }
        Reference::Text(_) | Reference::Texts(_) => None,
    }
}

fn single(measures: &[Measure]) -> bool {
    measures.iter().all(|one| matches!(one, Measure::Number(_)))
}

fn distance(rules: &RuleSet, rule: &Distance, columns: &mut Columns) -> Option<Gate> {
    let measured = all_measures(rules, &rule.measurements, columns)?;
    let against = against(rules, &rule.reference, columns)?;
    let plain = single(&measured) && !matches!(&against, Against::Measures(list) if !single(list));
    if rule.min.is_some() && !plain {
        return None;
    }
    Some(Gate::Distance { measured, against, min: rule.min.clone(), max: rule.max.clone() })
}

fn comparison(rules: &RuleSet, rule: &Comparison, columns: &mut Columns) -> Option<Gate> {
    if let Some(Reference::Text(text)) = &rule.reference {
        return texts(rules, rule, text, columns);
    }
    let measured = all_measures(rules, &rule.measurements, columns)?;
    let against = match &rule.reference {
        Some(reference) => Some(against(rules, reference, columns)?),
        None => None,
    };
    let plain = single(&measured) && !matches!(&against, Some(Against::Measures(list)) if !single(list));
    let in_order = against.is_some() && rule.operation != ComparisonOperation::NotEqual;
    let is_said = plain || in_order || rule.operation == ComparisonOperation::Equal;
    is_said.then_some(Gate::Compare { measured, operation: rule.operation, against })
}

/// Every player's text is, or is not, one that never changes.
fn texts(rules: &RuleSet, rule: &Comparison, text: &Tiered<String>, columns: &mut Columns) -> Option<Gate> {
    let text = constant(text)?;
    let mut values = Vec::new();
    for one in &rule.measurements {
        let (attribute, teams) = value::texts(rules, one)?;
        let column = columns.of(Column::Having(attribute, text.to_string()));
        values.push(match rule.operation {
            ComparisonOperation::Equal => Value::Without { column, teams },
            ComparisonOperation::NotEqual => Value::Total { column, teams },
            _ => return None,
        });
    }
    let nobody = Tiered(vec![0.5; rules.steps.len() + 1]);
    Some(Gate::Range { values, min: None, max: Some(nobody) })
}

fn collection(rules: &RuleSet, rule: &Collection, columns: &mut Columns) -> Option<Gate> {
    let CollectionOperation::Contains(text) = &rule.operation else { return None };
    let text = constant(text)?;
    let counted: Option<Vec<_>> =
        rule.measurements.iter().map(|one| value::having(rules, one, text, columns)).collect();
    let values = counted?.into_iter().flatten().collect();
    // Counts are whole: half a player on either side keeps them clear of the limit.
    let shifted = |limit: &Option<Tiered<f64>>, by: f64, round: fn(f64) -> f64| {
        limit.as_ref().map(|limit| Tiered(limit.0.iter().map(|one| round(*one) + by).collect()))
    };
    let (min, max) = (shifted(&rule.min_count, -0.5, f64::ceil), shifted(&rule.max_count, 0.5, f64::floor));
    Some(Gate::Range { values, min, max })
}

fn constant(text: &Tiered<String>) -> Option<&str> {
    let first = text.0.first()?;
    text.0.iter().all(|one| one == first).then_some(first.as_str())
}

fn batch_distance(rules: &RuleSet, rule: &BatchDistance, columns: &mut Columns) -> Option<Gate> {
    let max = rule.max.clone()?;
    let low = columns.of(Column::TicketLow(rule.attribute, rule.party));
    let high = columns.of(Column::TicketHigh(rule.attribute, rule.party));
    let each = vec![Measure::Each { low, high, teams: (0..rules.teams.len()).collect() }];
    Some(Gate::Distance {
        measured: each.clone(),
        against: Against::Measures(each),
        min: None,
        max: Some(max),
    })
}

/// The attribute that a comparison wants equal over all players of a match.
fn key(rules: &RuleSet, rule: &Comparison) -> Option<usize> {
    let equal = rule.reference.is_none() && rule.operation == ComparisonOperation::Equal;
    let mut all = rule.measurements.iter().filter_map(|one| value::listed(rules, one));
    let (attribute, teams) = all.next().filter(|_| equal && rule.measurements.len() == 1)?;
    let plain = matches!(rules.attributes[attribute].kind, AttributeType::Text | AttributeType::Number);
    (plain && teams.len() == rules.teams.len()).then_some(attribute)
}

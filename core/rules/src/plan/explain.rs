//! The plan in words, for a person.

use super::texts::{Limits, Lists, Nest, Others};
use super::value::{Measure, Value};
use super::{Against, Column, Gate, Kept, Means, Plan, Texts};
use crate::{ComparisonOperation, Function, RuleSet, Statement, Tiered};

/// One rule of a plan in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    pub rule: String,
    /// What the rule became.
    pub becomes: String,
    /// Where it is looked at, and what that costs.
    pub costs: String,
}

impl Plan {
    /// Every rule, in the order of the set.
    pub fn explain(&self, rules: &RuleSet) -> Vec<Explained> {
        let words = Phrases { rules, plan: self };
        let lines = rules.rules.iter().zip(&self.rules).enumerate();
        lines
            .map(|(index, (rule, means))| Explained {
                rule: rule.name.clone(),
                becomes: words.means(means),
                costs: self.costs(means, index),
            })
            .collect()
    }

    /// What is kept of every ticket, in words.
    pub fn explain_columns(&self, rules: &RuleSet) -> Vec<String> {
        let words = Phrases { rules, plan: self };
        let columns = (0..self.columns.list.len()).map(|column| words.column(column));
        let kept = self.vocabulary.kept.iter().map(|kept| format!("every player's {}", words.kept(*kept)));
        columns.chain(kept).collect()
    }

    /// Where a search looks first, in words.
    pub fn explain_steer(&self, rules: &RuleSet) -> Vec<String> {
        let words = Phrases { rules, plan: self };
        let mut lines = Vec::new();
        match self.steer.near {
            Some(column) => lines.push(format!("nearest first by the mean of {}", words.attribute(column))),
            None => lines.push("longest wait first: no rule says who is near whom".to_string()),
        }
        if let Some(window) = &self.steer.window {
            lines.push(format!("none further away than {}", tiered(window)));
        }
        for wanted in &self.steer.wanted {
            let least = tiered(&wanted.least);
            lines.push(format!(
                "first of all: {least} of {} for {}",
                words.column(wanted.column),
                words.teams(&wanted.teams)
            ));
        }
        if let Some(column) = self.steer.even {
            lines.push(format!("teams divided so that their means of {} are even", words.attribute(column)));
        }
        lines
    }

    fn costs(&self, means: &Means, index: usize) -> String {
        match means {
            Means::Key { .. } | Means::Region => "nothing: it chooses the bucket".to_string(),
            Means::Order => "nothing more than the order costs".to_string(),
            Means::Gate(Gate::Texts(_)) => match self.steer.lasting.contains(&index) {
                true => "texts of the players of a match, per candidate".to_string(),
                false => "texts of its players, per match; a bound in the complete search".to_string(),
            },
            Means::Gate(gate) => {
                let numbers = gate.numbers();
                match self.steer.lasting.contains(&index) {
                    true => format!("{numbers} numbers per candidate"),
                    false => format!("{numbers} numbers per match; a bound in the complete search"),
                }
            }
            Means::Statement(_) => "a few comparisons per match".to_string(),
            Means::Residual(_) => "the interpreter, per match".to_string(),
        }
    }
}

impl Gate {
    /// How many numbers of teams it reads.
    fn numbers(&self) -> usize {
        let of = |measures: &[Measure]| measures.iter().map(Measure::numbers).sum::<usize>();
        match self {
            Self::Distance { measured, against: Against::Measures(against), .. }
            | Self::Compare { measured, against: Some(Against::Measures(against)), .. } => {
                of(measured) + of(against)
            }
            Self::Distance { measured, .. } | Self::Compare { measured, .. } => of(measured),
            Self::Range { values, .. } => values.iter().map(Value::numbers).sum(),
            Self::Texts(_) => 0,
        }
    }
}

impl Measure {
    fn numbers(&self) -> usize {
        match self {
            Self::Number(value) => value.numbers(),
            Self::Each { teams, .. } => 2 * teams.len(),
        }
    }
}

impl Value {
    fn numbers(&self) -> usize {
        match self {
            Self::Players(teams) | Self::Total { teams, .. } | Self::TeamsWith { teams, .. } => teams.len(),
            Self::Mean { teams, .. } | Self::Without { teams, .. } => 2 * teams.len(),
            Self::Of { values, .. } => values.iter().map(Self::numbers).sum(),
        }
    }
}

struct Phrases<'r> {
    rules: &'r RuleSet,
    plan: &'r Plan,
}

impl Phrases<'_> {
    fn means(&self, means: &Means) -> String {
        match means {
            Means::Key { attribute } => {
                format!("bucket key: one {} per match", self.rules.attributes[*attribute].name)
            }
            Means::Region => {
                let limit = self.plan.latency.as_ref().map(tiered).unwrap_or_default();
                format!("bucket per region: those within {limit} ms of it")
            }
            Means::Order => "order of candidates".to_string(),
            Means::Gate(gate) => format!("check: {}", self.gate(gate)),
            Means::Statement(statement) => format!("check: {}", self.statement(statement)),
            Means::Residual(why) => format!("residual: {why}"),
        }
    }

    fn statement(&self, statement: &Statement) -> String {
        let list = |name: &str, parts: &[Statement]| {
            let parts: Vec<String> = parts.iter().map(|part| self.statement(part)).collect();
            format!("{name}({})", parts.join(", "))
        };
        match statement {
            Statement::Rule(index) => self.rules.rules[*index].name.clone(),
            Statement::Not(part) => format!("not({})", self.statement(part)),
            Statement::And(parts) => list("and", parts),
            Statement::Or(parts) => list("or", parts),
            Statement::Xor(parts) => list("xor", parts),
        }
    }

    fn gate(&self, gate: &Gate) -> String {
        match gate {
            Gate::Distance { measured, against, min, max } => {
                let limits = limits(min.as_ref(), max.as_ref());
                format!("distance of {} from {} {limits}", self.measures(measured), self.against(against))
            }
            Gate::Compare { measured, operation, against } => {
                let sign = match operation {
                    ComparisonOperation::Less => "<",
                    ComparisonOperation::LessOrEqual => "<=",
                    ComparisonOperation::Equal => "=",
                    ComparisonOperation::NotEqual => "!=",
                    ComparisonOperation::GreaterOrEqual => ">=",
                    ComparisonOperation::Greater => ">",
                };
                match against {
                    Some(against) => format!("{} {sign} {}", self.measures(measured), self.against(against)),
                    None => format!("{}: each {sign} each", self.measures(measured)),
                }
            }
            Gate::Range { values, min, max } => {
                let values: Vec<String> = values.iter().map(|value| self.value(value)).collect();
                // Kept half a player clear of the limit; people count whole ones.
                let whole = |limit: &Tiered<f64>, to: fn(f64) -> f64| {
                    Tiered(limit.0.iter().map(|one| to(*one)).collect())
                };
                let min = min.as_ref().map(|min| whole(min, f64::ceil));
                let max = max.as_ref().map(|max| whole(max, f64::floor));
                format!("{} {}", values.join(", "), limits(min.as_ref(), max.as_ref()))
            }
            Gate::Texts(texts) => self.texts(texts),
        }
    }

    fn texts(&self, texts: &Texts) -> String {
        let measured: Vec<String> = texts.measured().iter().map(|lists| self.lists(lists)).collect();
        let measured = measured.join(", ");
        let within = |limits: &Limits| self::limits(limits.min.as_ref(), limits.max.as_ref());
        match texts {
            Texts::Shared { against, limits, .. } => {
                format!("texts of {measured} that stand in {}: {}", self.others(against), within(limits))
            }
            Texts::Common { limits, .. } => {
                format!("texts that {measured} have in common: {}", within(limits))
            }
            Texts::Holding { word, limits, .. } => {
                let mut names: Vec<&str> = word.0.iter().map(|word| self.word(*word)).collect();
                names.dedup();
                format!("{measured} with {}: {}", names.join(" > "), within(limits))
            }
            Texts::Alike { against: None, .. } => format!("{measured}: all alike"),
            Texts::Apart { against: None, .. } => format!("{measured}: all different"),
            Texts::Alike { against: Some(others), .. } => format!("{measured} = {}", self.others(others)),
            Texts::Apart { against: Some(others), .. } => format!("{measured} != {}", self.others(others)),
        }
    }

    fn others(&self, others: &Others) -> String {
        match others {
            Others::Lists(lists) => self.lists(lists),
            Others::Words(words) => {
                let list = |words: &Vec<u32>| {
                    words.iter().map(|word| self.word(*word)).collect::<Vec<_>>().join(", ")
                };
                let mut lists: Vec<String> = words.0.iter().map(list).collect();
                lists.dedup();
                lists.join(" > ")
            }
        }
    }

    fn lists(&self, lists: &Lists) -> String {
        let (kept, teams) = (self.kept(self.plan.vocabulary.kept[lists.kept]), self.teams(&lists.teams));
        match lists.nest {
            Nest::TeamsOfPlayers => format!("each {kept} of each of {teams}"),
            Nest::Players => format!("each {kept} of {teams}"),
            Nest::Teams => format!("all {kept} of each of {teams}"),
            Nest::Flat => format!("all {kept} of {teams}"),
        }
    }

    fn kept(&self, kept: Kept) -> &str {
        match kept {
            Kept::Attribute(attribute) => &self.rules.attributes[attribute].name,
            Kept::Ids => "id",
        }
    }

    fn word(&self, word: u32) -> &str {
        &self.plan.vocabulary.texts[word as usize]
    }

    fn against(&self, against: &Against) -> String {
        match against {
            Against::Number(number) => tiered(number),
            Against::Measures(measures) => self.measures(measures),
        }
    }

    fn measures(&self, measures: &[Measure]) -> String {
        let each: Vec<String> = measures.iter().map(|one| self.measure(one)).collect();
        each.join(", ")
    }

    fn measure(&self, measure: &Measure) -> String {
        match measure {
            Measure::Number(value) => self.value(value),
            Measure::Each { low, teams, .. } => {
                format!("every {} of {}", self.attribute(*low), self.teams(teams))
            }
        }
    }

    fn value(&self, value: &Value) -> String {
        match value {
            Value::Players(teams) => format!("players of {}", self.teams(teams)),
            Value::Total { column, teams } => format!("{} of {}", self.column(*column), self.teams(teams)),
            Value::Mean { column, teams } => {
                format!("mean {} of {}", self.attribute(*column), self.teams(teams))
            }
            Value::Without { column, teams } => {
                format!("players of {} without: {}", self.teams(teams), self.column(*column))
            }
            Value::TeamsWith { column, teams } => {
                format!("teams of {} with {}", self.teams(teams), self.column(*column))
            }
            Value::Of { function, values } => {
                let name = match function {
                    Function::Min => "least",
                    Function::Max => "greatest",
                    Function::Avg => "mean",
                    Function::Median => "median",
                    Function::Sum => "sum",
                    Function::Stddev => "deviation",
                    Function::Count | Function::Flatten | Function::SetIntersection => "count",
                };
                let values: Vec<String> = values.iter().map(|value| self.value(value)).collect();
                format!("{name} of ({})", values.join(", "))
            }
        }
    }

    fn column(&self, column: usize) -> String {
        let name = self.attribute(column);
        match &self.plan.columns.list[column] {
            Column::Sum(_) => format!("sum of {name}"),
            Column::Low(_) => format!("least {name}"),
            Column::High(_) => format!("greatest {name}"),
            Column::Having(_, text) => format!("players with {name} {text}"),
            Column::TicketLow(..) => format!("least {name} of a ticket"),
            Column::TicketHigh(..) => format!("greatest {name} of a ticket"),
        }
    }

    fn attribute(&self, column: usize) -> &str {
        &self.rules.attributes[self.plan.columns.list[column].attribute()].name
    }

    fn teams(&self, teams: &[usize]) -> String {
        if teams.len() == self.rules.teams.len() && teams.len() > 1 {
            return "all teams".to_string();
        }
        let names: Vec<&str> = teams.iter().map(|team| self.rules.teams[*team].name.as_str()).collect();
        names.join("+")
    }
}

fn limits(min: Option<&Tiered<f64>>, max: Option<&Tiered<f64>>) -> String {
    let min = min.map(|min| format!("at least {}", tiered(min)));
    let max = max.map(|max| format!("at most {}", tiered(max)));
    min.into_iter().chain(max).collect::<Vec<_>>().join(", ")
}

/// `10`, or `10 > 50` where steps change it.
fn tiered(tiered: &Tiered<f64>) -> String {
    let mut values = tiered.0.clone();
    values.dedup();
    values.iter().map(f64::to_string).collect::<Vec<_>>().join(" > ")
}

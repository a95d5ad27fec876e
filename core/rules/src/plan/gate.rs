//! A rule as numbers and words decide it: does it hold, fail, or depend on who comes.

use smallvec::SmallVec;

use super::value::{Coming, Hull, Interval, Measure, Value};
use super::{Columns, Company, Texts, Totals};
use crate::{ComparisonOperation, Tier, TierSpan, Tiered, Verdict};

/// A rule as numbers and words decide it.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// Everything measured within the limits of everything it is compared with.
    Distance { measured: Vec<Measure>, against: Against, min: Option<Tiered<f64>>, max: Option<Tiered<f64>> },
    /// Against a reference, or without one all measured among each other.
    Compare { measured: Vec<Measure>, operation: ComparisonOperation, against: Option<Against> },
    /// Every number within the limits.
    Range { values: Vec<Value>, min: Option<Tiered<f64>>, max: Option<Tiered<f64>> },
    /// The texts of single players.
    Texts(Texts),
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Against {
    Number(Tiered<f64>),
    Measures(Vec<Measure>),
}

/// A match in the making and the tiers at which it may be judged.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub columns: &'a Columns,
    pub totals: &'a Totals,
    /// The words of the same players; of nobody where the plan keeps none.
    pub company: &'a Company<'a>,
    pub coming: &'a Coming,
    pub tiers: TierSpan,
}

type Hulls = SmallVec<[Hull; 4]>;

/// Numbers this close to a limit are left to the judge: columns add up in another order than he does.
const CLOSE: f64 = 1e-9;

impl Gate {
    /// Over everything that may still come. On a whole match `Unknown` means: too close to a limit to tell.
    pub fn verdict(&self, case: &Case<'_>) -> Verdict {
        match self {
            Self::Distance { measured, against, min, max } => {
                let (one, other) = (case.joined(measured), case.joined_against(against));
                let near = max.as_ref().map_or(Verdict::True, |max| near(&one, &other, case.limits(max)));
                let far = min.as_ref().map_or(Verdict::True, |min| {
                    far(&case.hulls(measured), &case.against(against), case.limits(min))
                });
                one.defined.min(other.defined).min(near).min(far)
            }
            Self::Compare { measured, operation, against: Some(against) } => {
                let (one, other) = (case.hulls(measured), case.against(against));
                defined(&one).min(defined(&other)).min(compared(*operation, &one, &other))
            }
            Self::Compare { measured, operation, against: None } => {
                let one = case.hulls(measured);
                defined(&one).min(among(*operation, &one))
            }
            Self::Range { values, min, max } => values
                .iter()
                .map(|value| {
                    let value = value.interval(case.columns, case.totals, case.coming);
                    let least = min.as_ref().map_or(Verdict::True, |min| above(value, case.limits(min)));
                    let most = max.as_ref().map_or(Verdict::True, |max| below(value, case.limits(max)));
                    least.min(most)
                })
                .min()
                .unwrap_or(Verdict::True),
            Self::Texts(texts) => texts.verdict(case.company, case.coming, case.tiers),
        }
    }

    /// Of one of [`Steer::lasting`](super::Steer): it fails on these players, and with whoever else may come.
    pub(super) fn breaks(&self, case: &Case<'_>) -> bool {
        match self {
            Self::Texts(texts) => texts.breaks(case.company, case.tiers),
            // Of nobody there is no least and no greatest: it fails on a whole match, but players repair that.
            Self::Distance { measured, against, max: Some(max), .. } => {
                let (one, other) = (case.joined(measured), case.joined_against(against));
                let is_defined = one.defined.min(other.defined) != Verdict::False;
                is_defined && near(&one, &other, case.limits(max)) == Verdict::False
            }
            _ => self.verdict(case) == Verdict::False,
        }
    }
}

impl Case<'_> {
    fn hulls(&self, measures: &[Measure]) -> Hulls {
        measures.iter().map(|one| one.hull(self.columns, self.totals, self.coming)).collect()
    }

    /// The hull of several, without a list of them.
    fn joined(&self, measures: &[Measure]) -> Joined {
        measures.iter().fold(Joined::NOTHING, |joined, one| {
            joined.with(&one.hull(self.columns, self.totals, self.coming))
        })
    }

    fn joined_against(&self, against: &Against) -> Joined {
        match against {
            Against::Number(number) => {
                let (low, high) = self.limits(number);
                let interval = Interval::new(low, high);
                Joined::NOTHING.with(&Hull { low: interval, high: interval })
            }
            Against::Measures(measures) => self.joined(measures),
        }
    }

    fn against(&self, against: &Against) -> Hulls {
        match against {
            Against::Number(number) => {
                let (low, high) = self.limits(number);
                let interval = Interval::new(low, high);
                Hulls::from_elem(Hull { low: interval, high: interval }, 1)
            }
            Against::Measures(measures) => self.hulls(measures),
        }
    }

    /// The least and the greatest of a property at the tiers in question.
    fn limits(&self, tiered: &Tiered<f64>) -> (f64, f64) {
        let Tier(low) = self.tiers.low;
        if self.tiers.high.0 == low {
            let only = *tiered.at(self.tiers.low);
            return (only, only);
        }
        let values = tiered.span(self.tiers.low, self.tiers.high).iter().copied();
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)))
    }
}

fn close(limit: f64) -> f64 {
    CLOSE * limit.abs().max(1.0)
}

/// One number that is not defined fails the rule (D-64).
fn defined(hulls: &[Hull]) -> Verdict {
    let one = |hull: &Hull| {
        Verdict::of(hull.low.surely && hull.high.surely, !hull.low.possibly || !hull.high.possibly)
    };
    hulls.iter().map(one).min().unwrap_or(Verdict::True)
}

/// Is it at most the limit.
fn below(value: Interval, limit: (f64, f64)) -> Verdict {
    Verdict::of(value.high <= limit.0 - close(limit.0), value.low > limit.1 + close(limit.1))
}

fn above(value: Interval, limit: (f64, f64)) -> Verdict {
    Verdict::of(value.low >= limit.1 + close(limit.1), value.high < limit.0 - close(limit.0))
}

/// The least and the greatest of several, each somewhere in an interval. Of nothing, the ends lie the wrong way round,
/// and no limit is broken.
#[derive(Debug, Clone, Copy)]
struct Joined {
    least: (f64, f64),
    greatest: (f64, f64),
    /// One number that is not defined fails the rule (D-64).
    defined: Verdict,
}

impl Joined {
    const NOTHING: Self = Self {
        least: (f64::INFINITY, f64::INFINITY),
        greatest: (f64::NEG_INFINITY, f64::NEG_INFINITY),
        defined: Verdict::True,
    };

    fn with(self, hull: &Hull) -> Self {
        let surely = hull.low.surely && hull.high.surely;
        let defined = Verdict::of(surely, !hull.low.possibly || !hull.high.possibly);
        Self {
            least: (self.least.0.min(hull.low.low), self.least.1.min(hull.low.high)),
            greatest: (self.greatest.0.max(hull.high.low), self.greatest.1.max(hull.high.high)),
            defined: self.defined.min(defined),
        }
    }
}

/// No two further apart than the limit.
fn near(one: &Joined, other: &Joined, limit: (f64, f64)) -> Verdict {
    let least = (one.greatest.0 - other.least.1).max(other.greatest.0 - one.least.1);
    let most = (one.greatest.1 - other.least.0).max(other.greatest.1 - one.least.0);
    Verdict::of(most <= limit.0 - close(limit.0), least > limit.1 + close(limit.1))
}

/// No two nearer than the limit. Only single numbers have no gap between their ends.
fn far(one: &[Hull], other: &[Hull], limit: (f64, f64)) -> Verdict {
    let pairs = one.iter().flat_map(|one| other.iter().map(move |other| (one, other)));
    let apart = |(one, other): (&Hull, &Hull)| {
        let least = (one.low.low - other.high.high).max(other.low.low - one.high.high).max(0.0);
        let most = (one.high.high - other.low.low).max(other.high.high - one.low.low);
        Verdict::of(least >= limit.1 + close(limit.1), most < limit.0 - close(limit.0))
    };
    pairs.map(apart).min().unwrap_or(Verdict::True)
}

fn compared(operation: ComparisonOperation, one: &[Hull], other: &[Hull]) -> Verdict {
    let pairs = one.iter().flat_map(|one| other.iter().map(move |other| (one, other)));
    pairs.map(|(one, other)| pair(operation, one, other)).min().unwrap_or(Verdict::True)
}

fn among(operation: ComparisonOperation, hulls: &[Hull]) -> Verdict {
    if operation == ComparisonOperation::Equal {
        return hulls.first().map_or(Verdict::True, |first| compared(operation, &[*first], hulls));
    }
    let pairs =
        hulls.iter().enumerate().flat_map(|(at, one)| hulls[at + 1..].iter().map(move |other| (one, other)));
    pairs.map(|(one, other)| pair(operation, one, other)).min().unwrap_or(Verdict::True)
}

fn pair(operation: ComparisonOperation, one: &Hull, other: &Hull) -> Verdict {
    let less = |one: &Hull, other: &Hull| {
        // All of one below all of the other.
        let gap = Interval::new(other.low.low - one.high.high, other.low.high - one.high.low);
        Verdict::of(gap.low > close(one.high.high), gap.high < -close(one.high.low))
    };
    match operation {
        ComparisonOperation::Less | ComparisonOperation::LessOrEqual => less(one, other),
        ComparisonOperation::Greater | ComparisonOperation::GreaterOrEqual => less(other, one),
        ComparisonOperation::Equal => equal(one, other),
        ComparisonOperation::NotEqual => match equal(one, other) {
            Verdict::True => Verdict::Unknown,
            Verdict::False => Verdict::True,
            Verdict::Unknown => Verdict::Unknown,
        },
    }
}

/// Never surely: two sums that are equal may differ in their last digit. Counts are left to the judge as well.
fn equal(one: &Hull, other: &Hull) -> Verdict {
    let widest = |a: &Hull, b: &Hull| a.high.low - b.low.high;
    let apart = widest(one, other).max(widest(other, one));
    Verdict::of(false, apart > close(one.high.high))
}

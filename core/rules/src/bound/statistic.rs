//! min, max, avg, median, sum and stddev over numbers of which only a part is known.
//!
//! Each gives the exact ends of what the completions can reach, one element at a time; how elements depend on each
//! other is not looked at.

use super::domain::{Abstract, List, Range, Undefined};
use crate::Function;

/// Rounding may differ from the judge's, who adds up in the order of the seats. An error of n numbers stays below
/// n * n * 1.2e-16 of the largest, and a match has at most 200 players.
const SLACK: f64 = 1e-9;

pub(super) fn statistic(function: Function, list: &List) -> Range {
    let number = |value: &Abstract| match value {
        Abstract::Number(range) => *range,
        _ => Range::undefined(),
    };
    let known: Vec<Range> = list.known.iter().map(number).collect();
    let of = list.of.as_deref().map(number);
    let open = Open { known, of, extra: list.extra };
    let undefined = open.undefined(function);
    if undefined == Undefined::Always {
        return Range::undefined();
    }
    let range = match function {
        Function::Min => open.extreme(f64::min, f64::INFINITY),
        Function::Max => open.extreme(f64::max, f64::NEG_INFINITY),
        Function::Sum => open.rounded(open.sum()),
        Function::Median => open.rounded(open.median()),
        Function::Stddev => open.rounded(open.stddev()),
        _ => open.rounded(open.average()),
    };
    Range { undefined, ..range }
}

struct Open {
    known: Vec<Range>,
    of: Option<Range>,
    extra: (u32, u32),
}

impl Open {
    /// Nobody to take the average of, or one of them undefined, and the whole is undefined (D-64).
    fn undefined(&self, function: Function) -> Undefined {
        let seats = self.known.len() as u32;
        let empty = match (seats + self.extra.0, seats.saturating_add(self.extra.1)) {
            _ if function == Function::Sum => Undefined::Never,
            (_, 0) => Undefined::Always,
            (0, _) => Undefined::Maybe,
            _ => Undefined::Never,
        };
        let extra = self.of.map_or(Undefined::Never, |of| {
            of.undefined.min(match self.extra.0 {
                0 => Undefined::Maybe,
                _ => Undefined::Always,
            })
        });
        self.known.iter().map(|range| range.undefined).chain([empty, extra]).max().unwrap_or(Undefined::Never)
    }

    /// With nothing open the sums are the judge's own.
    fn rounded(&self, range: Range) -> Range {
        if self.extra.1 == 0 && self.known.iter().all(Range::is_point) {
            return range;
        }
        let ends = self.known.iter().chain(&self.of).flat_map(|range| [range.low, range.high]);
        let largest = ends.filter(|end| end.is_finite()).map(f64::abs).fold(0.0, f64::max);
        Range { low: range.low - SLACK * largest, high: range.high + SLACK * largest, ..range }
    }

    fn ends(&self, end: fn(&Range) -> f64) -> (Vec<f64>, f64) {
        (self.known.iter().map(end).collect(), self.of.as_ref().map_or(0.0, end))
    }

    fn low(&self) -> (Vec<f64>, f64) {
        self.ends(|range| range.low)
    }

    fn high(&self) -> (Vec<f64>, f64) {
        self.ends(|range| range.high)
    }

    /// How many newcomers; at least one where there is nobody yet, because of nobody there is no average.
    fn counts(&self) -> (u32, u32) {
        let least = if self.known.is_empty() { self.extra.0.max(1) } else { self.extra.0 };
        (least.min(self.extra.1), self.extra.1)
    }

    fn extreme(&self, pick: fn(f64, f64) -> f64, start: f64) -> Range {
        let end = |(known, of): (Vec<f64>, f64)| {
            let seated = known.into_iter().fold(start, pick);
            (seated, if self.extra.1 > 0 { pick(seated, of) } else { seated })
        };
        let ((low, low_with), (high, high_with)) = (end(self.low()), end(self.high()));
        if self.extra.0 > 0 || self.known.is_empty() {
            return Range::new(low_with, high_with);
        }
        Range::new(low.min(low_with), high.max(high_with))
    }

    fn sum(&self) -> Range {
        let total = |known: &[f64], of: f64, count: u32| known.iter().sum::<f64>() + times(of, count);
        self.at_ends(self.extra, total)
    }

    /// Monotone in the number of newcomers, so that the ends lie at the fewest and the most.
    fn average(&self) -> Range {
        let mean = |known: &[f64], of: f64, count: u32| {
            (known.iter().sum::<f64>() + times(of, count)) / (known.len() as f64 + f64::from(count))
        };
        self.at_ends(self.counts(), mean)
    }

    fn at_ends(&self, counts: (u32, u32), value: impl Fn(&[f64], f64, u32) -> f64) -> Range {
        let ((low, low_of), (high, high_of)) = (self.low(), self.high());
        Range::new(
            value(&low, low_of, counts.0).min(value(&low, low_of, counts.1)),
            value(&high, high_of, counts.0).max(value(&high, high_of, counts.1)),
        )
    }

    fn median(&self) -> Range {
        let middle = |(known, of): &(Vec<f64>, f64), count: u32| {
            let mut all = known.clone();
            all.extend(std::iter::repeat_n(*of, count as usize));
            all.sort_by(f64::total_cmp);
            let half = all.len() / 2;
            if all.len() % 2 == 1 { all[half] } else { (all[half - 1] + all[half]) / 2.0 }
        };
        let (low, high) = (self.low(), self.high());
        let (least, most) = self.counts();
        let ends = (least..=most).map(|count| (middle(&low, count), middle(&high, count)));
        let ends = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, (low, high)| {
            (ends.0.min(low), ends.1.max(high))
        });
        Range::new(ends.0, ends.1)
    }

    fn stddev(&self) -> Range {
        let (low, low_of) = self.low();
        let (high, high_of) = self.high();
        if self.known.iter().all(Range::is_point) {
            return self.stddev_around(&low, low_of, high_of);
        }
        // No set of numbers deviates by more than half its range.
        let of = |end: f64| (self.extra.1 > 0).then_some(end);
        let least = low.into_iter().chain(of(low_of)).fold(f64::INFINITY, f64::min);
        let most = high.into_iter().chain(of(high_of)).fold(f64::NEG_INFINITY, f64::max);
        Range::new(0.0, (most - least) / 2.0)
    }

    /// Convex in each newcomer: least with all of them as near the mean of the known as they can be, most with each
    /// at one end.
    fn stddev_around(&self, known: &[f64], of_low: f64, of_high: f64) -> Range {
        let seats = known.len() as f64;
        let mean = if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / seats };
        let squares: f64 = known.iter().map(|number| (number - mean).powi(2)).sum();
        if self.extra.1 == 0 {
            return Range::point((squares / seats).sqrt());
        }
        let away = if known.is_empty() { 0.0 } else { (of_low - mean).max(mean - of_high).max(0.0) };
        // Measured from the mean of the known, or from one end, so that little is lost to rounding.
        let origin = if known.is_empty() { of_low } else { mean };
        let (down, up) = (of_low - origin, of_high - origin);
        let (least, most) = self.counts();
        let mut ends = (f64::INFINITY, 0.0_f64);
        for count in least..=most {
            ends.0 = ends.0.min(nearest(seats, squares, away, count));
            ends.1 = ends.1.max(farthest(seats, squares, (down, up), count));
        }
        Range::new(ends.0, ends.1)
    }
}

/// The deviation when each of `count` newcomers stands at one end, so many at each as makes it largest.
fn farthest(seats: f64, squares: f64, (down, up): (f64, f64), count: u32) -> f64 {
    if !(down.is_finite() && up.is_finite()) {
        return f64::INFINITY;
    }
    let all = seats + f64::from(count);
    let deviation = |upper: u32| {
        let (downs, ups) = (f64::from(count - upper), f64::from(upper));
        let shift = (downs * down + ups * up) / all;
        let variance = (squares + downs * down * down + ups * up * up) / all - shift * shift;
        variance.max(0.0).sqrt()
    };
    (0..=count).map(deviation).fold(0.0, f64::max)
}

/// The deviation when `count` newcomers all stand `away` from the mean of those seated.
fn nearest(seats: f64, squares: f64, away: f64, count: u32) -> f64 {
    let count = f64::from(count);
    let all = seats + count;
    ((squares + seats * count / all * away * away) / all).sqrt()
}

/// Nothing, also of an infinite value, where there is nobody.
fn times(value: f64, count: u32) -> f64 {
    if count == 0 { 0.0 } else { value * f64::from(count) }
}

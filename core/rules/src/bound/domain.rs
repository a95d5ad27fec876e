//! Values of which only a part is known: intervals, sets of texts, lists with an open end.

use std::collections::BTreeSet;

use super::Verdict;

/// A number somewhere in `low..=high`, or perhaps undefined (the average of nobody, D-64).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub low: f64,
    pub high: f64,
    pub undefined: Undefined,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Undefined {
    Never,
    Maybe,
    Always,
}

/// A text out of these; `None`: any text.
pub(super) type Texts = Option<BTreeSet<String>>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Abstract {
    Number(Range),
    Text(Texts),
    Player,
    List(List),
}

/// The known elements, and `extra.0` to `extra.1` more like `of`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct List {
    pub known: Vec<Abstract>,
    pub extra: (u32, u32),
    pub of: Option<Box<Abstract>>,
}

impl Range {
    pub fn point(value: f64) -> Self {
        Self { low: value, high: value, undefined: Undefined::Never }
    }

    pub fn new(low: f64, high: f64) -> Self {
        Self { low, high, undefined: Undefined::Never }
    }

    pub fn undefined() -> Self {
        Self { low: f64::NEG_INFINITY, high: f64::INFINITY, undefined: Undefined::Always }
    }

    pub fn any() -> Self {
        Self::new(f64::NEG_INFINITY, f64::INFINITY)
    }

    pub fn is_point(&self) -> bool {
        self.low == self.high
    }
}

pub(super) fn text(text: &str) -> Abstract {
    Abstract::Text(Some(BTreeSet::from([text.to_string()])))
}

impl List {
    pub fn known(known: Vec<Abstract>) -> Self {
        Self { known, extra: (0, 0), of: None }
    }

    pub fn open(known: Vec<Abstract>, extra: (u32, u32), of: Abstract) -> Self {
        if extra.1 == 0 { Self::known(known) } else { Self { known, extra, of: Some(Box::new(of)) } }
    }

    /// How many elements, at least and at most.
    pub fn count(&self) -> (u32, u32) {
        let known = self.known.len() as u32;
        (known + self.extra.0, known.saturating_add(self.extra.1))
    }

    /// Does it hold for every element: those that are known, and those that may come.
    pub fn every(&self, holds: impl Fn(&Abstract) -> Verdict) -> Verdict {
        let known = self.known.iter().map(&holds).min().unwrap_or(Verdict::True);
        let Some(of) = self.of.as_deref() else { return known };
        known.min(match (holds(of), self.extra.0) {
            (Verdict::False, 0) => Verdict::Unknown,
            (verdict, _) => verdict,
        })
    }

    /// Is every number in it defined; one that is not makes its rule fail (D-64).
    pub fn defined(&self) -> Verdict {
        self.every(|item| match item {
            Abstract::Number(range) => {
                Verdict::of(range.undefined == Undefined::Never, range.undefined == Undefined::Always)
            }
            _ => Verdict::True,
        })
    }

    /// The elements of its elements, one level less.
    pub fn flattened(&self) -> List {
        let mut flat = List::known(Vec::new());
        for item in &self.known {
            if let Abstract::List(list) = item {
                flat.known.extend(list.known.iter().cloned());
                flat.add_extra(list.extra, list.of.as_deref());
            }
        }
        let of = self.of.as_deref().and_then(|of| match of {
            Abstract::List(list) => Some(list.clone()),
            _ => None,
        });
        flat.add_each(self.extra, of);
        flat
    }

    /// The elements of `extra.0` to `extra.1` lists like this one.
    fn add_each(&mut self, extra: (u32, u32), list: Option<List>) {
        let Some(list) = list else { return };
        let (least, most) = list.count();
        let hull = list.known.into_iter().chain(list.of.map(|of| *of)).reduce(join);
        let extra = (extra.0.saturating_mul(least), extra.1.saturating_mul(most));
        self.add_extra(extra, hull.as_ref());
    }

    fn add_extra(&mut self, extra: (u32, u32), of: Option<&Abstract>) {
        let Some(of) = of.filter(|_| extra.1 > 0) else { return };
        self.extra = (self.extra.0.saturating_add(extra.0), self.extra.1.saturating_add(extra.1));
        let joined = match self.of.take() {
            Some(before) => join(*before, of.clone()),
            None => of.clone(),
        };
        self.of = Some(Box::new(joined));
    }
}

/// The least value that covers both.
pub(super) fn join(one: Abstract, other: Abstract) -> Abstract {
    match (one, other) {
        (Abstract::Number(a), Abstract::Number(b)) => Abstract::Number(Range {
            low: a.low.min(b.low),
            high: a.high.max(b.high),
            undefined: if a.undefined == b.undefined { a.undefined } else { Undefined::Maybe },
        }),
        (Abstract::Text(Some(mut a)), Abstract::Text(Some(b))) => {
            a.extend(b);
            Abstract::Text(Some(a))
        }
        (Abstract::Text(_), Abstract::Text(_)) => Abstract::Text(None),
        (Abstract::List(a), Abstract::List(b)) => {
            let (a_count, b_count) = (a.count(), b.count());
            let items =
                [a, b].into_iter().flat_map(|list| list.known.into_iter().chain(list.of.map(|of| *of)));
            let extra = (a_count.0.min(b_count.0), a_count.1.max(b_count.1));
            match items.reduce(join) {
                Some(of) => Abstract::List(List::open(Vec::new(), extra, of)),
                None => Abstract::List(List::known(Vec::new())),
            }
        }
        (one, _) => one,
    }
}

/// All numbers and texts in a value, whatever the nesting, as one open list.
pub(super) fn leaves(value: &Abstract) -> List {
    let Abstract::List(list) = value else { return List::known(vec![value.clone()]) };
    let mut flat = List::known(Vec::new());
    for leaves in list.known.iter().map(leaves) {
        flat.known.extend(leaves.known);
        flat.add_extra(leaves.extra, leaves.of.as_deref());
    }
    flat.add_each(list.extra, list.of.as_deref().map(leaves));
    flat
}

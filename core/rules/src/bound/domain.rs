//! Values of which only a part is known: intervals, sets of texts, lists with an open end.

use std::collections::BTreeSet;

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

    /// Room for rounding: sums over unknown players may be added up in another order.
    pub fn widened(self) -> Self {
        let slack = |value: f64| if value.is_finite() { 1e-9 * (1.0 + value.abs()) } else { 0.0 };
        Self { low: self.low - slack(self.low), high: self.high + slack(self.high), ..self }
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

    /// The elements of its elements, one level less.
    pub fn flattened(&self) -> List {
        let mut flat = List::known(Vec::new());
        for item in &self.known {
            if let Abstract::List(list) = item {
                flat.known.extend(list.known.iter().cloned());
                flat.add_extra(list.extra, list.of.as_deref());
            }
        }
        if let Some(Abstract::List(list)) = self.of.as_deref() {
            let (least, most) = list.count();
            let hull = list.known.iter().cloned().chain(list.of.as_deref().cloned()).reduce(join);
            let extra = (self.extra.0.saturating_mul(least), self.extra.1.saturating_mul(most));
            flat.add_extra(extra, hull.as_ref());
        }
        flat
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
    match value {
        Abstract::List(list) => {
            let mut flat = list.clone();
            let nested = |item: &Abstract| matches!(item, Abstract::List(_));
            while flat.known.iter().any(nested) || flat.of.as_deref().is_some_and(nested) {
                flat = flat.flattened();
            }
            flat
        }
        leaf => List::known(vec![leaf.clone()]),
    }
}

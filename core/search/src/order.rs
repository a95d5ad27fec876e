//! In which order candidates are looked at around an anchor: backfill priority, sort rules, age (D-97).

use std::cmp::Ordering;

use matchwright_model::AttributeValue;
use matchwright_rules::{
    Batching, MapKey, Party, PartyAggregation, RuleKind, RuleSet, Sort, SortDirection, SortKind,
};

use crate::pool::Entry;

/// The first `most` candidates for an anchor, in order. Where no rule and no batching sorts, they are taken as they
/// come, which is by age; else a large bucket is cut before it is sorted.
pub(crate) fn documented_order<'e>(
    rules: &RuleSet,
    anchor: &Entry,
    candidates: impl Iterator<Item = &'e Entry>,
    most: usize,
) -> Vec<&'e Entry> {
    let sorts: Vec<&Sort> = rules.rules.iter().filter_map(|rule| sort_of(&rule.kind)).collect();
    match (sorts.is_empty(), &rules.algorithm.batching) {
        (true, Batching::Sorted(attributes)) => least(candidates.collect(), most, |a, b| {
            by_class(a, b)
                .then_with(|| by_attributes(attributes, &a.party, &b.party))
                .then(a.rank.cmp(&b.rank))
        }),
        (true, _) => candidates.take(most).collect(),
        (false, _) => {
            let keys = |entry: &Entry| Keys(sorts.iter().map(|sort| key(sort, anchor, entry)).collect());
            let keyed = candidates.map(|entry| ((entry.rank.class(), keys(entry), entry.rank), entry));
            let first = least(keyed.collect(), most, |(a, _), (b, _)| a.cmp(b));
            first.into_iter().map(|(_, entry)| entry).collect()
        }
    }
}

/// The least `most` items in order. No two are equal: ranks differ.
fn least<T>(mut items: Vec<T>, most: usize, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    if most > 0 && items.len() > most {
        items.select_nth_unstable_by(most - 1, &compare);
    }
    items.truncate(most);
    items.sort_unstable_by(compare);
    items
}

fn by_class(a: &Entry, b: &Entry) -> Ordering {
    a.rank.class().cmp(&b.rank.class())
}

fn sort_of(kind: &RuleKind) -> Option<&Sort> {
    match kind {
        RuleKind::Sort(sort) => Some(sort),
        _ => None,
    }
}

/// A sort key: least first. Missing values go last, whatever the direction (D-81).
#[derive(Debug, Clone, PartialEq)]
enum Key {
    Number(f64),
    /// Equal to the anchor's text first, then alphabetical (D-80).
    Text {
        differs: bool,
        text: String,
        descending: bool,
    },
    Missing,
}

#[derive(PartialEq)]
struct Keys(Vec<Key>);

impl Eq for Keys {}

impl PartialOrd for Keys {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Keys {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0).map(|(a, b)| compare(a, b));
        pairs.fold(Ordering::Equal, Ordering::then)
    }
}

fn compare(a: &Key, b: &Key) -> Ordering {
    match (a, b) {
        (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
        (Key::Text { differs, text, descending }, Key::Text { differs: other_differs, text: other, .. }) => {
            let alphabetical = if *descending { other.cmp(text) } else { text.cmp(other) };
            differs.cmp(other_differs).then(alphabetical)
        }
        (Key::Missing, Key::Missing) => Ordering::Equal,
        (Key::Missing, _) => Ordering::Greater,
        (_, Key::Missing) => Ordering::Less,
        (Key::Number(_), Key::Text { .. }) => Ordering::Less,
        (Key::Text { .. }, Key::Number(_)) => Ordering::Greater,
    }
}

fn key(sort: &Sort, anchor: &Entry, entry: &Entry) -> Key {
    let map_key = sort.map_key.and_then(|which| extreme_key(&anchor.party, sort.attribute, which));
    let descending = sort.direction == SortDirection::Descending;
    if let Some(AttributeValue::Text(text)) =
        entry.party.members.first().map(|member| &member.values[sort.attribute])
    {
        let own = anchor.party.members.first().map(|member| &member.values[sort.attribute]);
        let differs = own != Some(&AttributeValue::Text(text.clone()));
        return Key::Text { differs, text: text.clone(), descending };
    }
    let value = aggregate(&entry.party, sort.attribute, map_key.as_deref(), sort.party);
    let value = match (sort.kind, value) {
        (SortKind::Distance, Some(value)) => {
            aggregate(&anchor.party, sort.attribute, map_key.as_deref(), sort.party)
                .map(|own| (value - own).abs())
        }
        (_, value) => value,
    };
    match value {
        Some(value) if descending => Key::Number(-value),
        Some(value) => Key::Number(value),
        None => Key::Missing,
    }
}

/// The key with the anchor's highest or lowest value; the first in alphabetical order where several are.
fn extreme_key(party: &Party, attribute: usize, which: MapKey) -> Option<String> {
    let maps = party.members.iter().filter_map(|member| match &member.values[attribute] {
        AttributeValue::NumberMap(map) => Some(map),
        _ => None,
    });
    let signed = |value: f64| if which == MapKey::MaxValue { -value } else { value };
    let all = maps.flatten().map(|(key, value)| (signed(*value), key));
    all.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1))).map(|(_, key)| key.clone())
}

/// A party's one number, as `partyAggregation` makes it (D-86).
pub(crate) fn aggregate(
    party: &Party,
    attribute: usize,
    map_key: Option<&str>,
    how: PartyAggregation,
) -> Option<f64> {
    let number = |value: &AttributeValue| match value {
        AttributeValue::Number(number) => Some(*number),
        AttributeValue::NumberMap(map) => map.get(map_key?).copied(),
        _ => None,
    };
    let values: Vec<f64> =
        party.members.iter().filter_map(|member| number(&member.values[attribute])).collect();
    if values.is_empty() {
        return None;
    }
    Some(match how {
        PartyAggregation::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        PartyAggregation::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => values.iter().sum::<f64>() / values.len() as f64,
    })
}

/// `sortByAttributes`: ascending, usual order of numbers and letters (D-56).
fn by_attributes(attributes: &[usize], a: &Party, b: &Party) -> Ordering {
    let one = |attribute: &usize| match (first(a, *attribute), first(b, *attribute)) {
        (Some(AttributeValue::Text(a)), Some(AttributeValue::Text(b))) => a.cmp(b),
        (Some(AttributeValue::TextList(a)), Some(AttributeValue::TextList(b))) => sorted(a).cmp(&sorted(b)),
        _ => {
            let value =
                |party| aggregate(party, *attribute, None, PartyAggregation::Avg).unwrap_or(f64::INFINITY);
            value(a).total_cmp(&value(b))
        }
    };
    attributes.iter().map(one).fold(Ordering::Equal, Ordering::then)
}

fn first(party: &Party, attribute: usize) -> Option<&AttributeValue> {
    party.members.first().map(|member| &member.values[attribute])
}

fn sorted(texts: &[String]) -> Vec<&String> {
    let mut texts: Vec<&String> = texts.iter().collect();
    texts.sort();
    texts
}

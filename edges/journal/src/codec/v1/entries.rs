//! A map as a list of its entries: what is only written out and read in needs no tree.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use matchwright_model::{AttributeName, AttributeValue as Attribute, Listing, Region};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::AttributeValue;

/// Entries by key: as they were read, or still in the map that lends them to be written.
#[derive(Debug)]
pub enum Entries<'a, M, V> {
    Read(Vec<(&'a str, V)>),
    Lent(&'a M),
}

/// A map whose entries can be written one by one, without a list of them.
pub trait Lend<'a, V> {
    fn lend(&'a self) -> impl ExactSizeIterator<Item = (&'a str, V)>;
}

impl<'a> Lend<'a, AttributeValue<'a>> for Listing<AttributeName, Attribute> {
    fn lend(&'a self) -> impl ExactSizeIterator<Item = (&'a str, AttributeValue<'a>)> {
        self.iter().map(|(name, value)| (name.as_str(), value.into()))
    }
}

impl<'a> Lend<'a, u32> for Listing<Region, u32> {
    fn lend(&'a self) -> impl ExactSizeIterator<Item = (&'a str, u32)> {
        self.iter().map(|(region, latency)| (region.as_str(), *latency))
    }
}

impl<'a> Lend<'a, f64> for BTreeMap<String, f64> {
    fn lend(&'a self) -> impl ExactSizeIterator<Item = (&'a str, f64)> {
        self.iter().map(|(key, number)| (key.as_str(), *number))
    }
}

impl<'a, M: Lend<'a, V>, V> Entries<'a, M, V> {
    pub fn into_list(self) -> Vec<(&'a str, V)> {
        match self {
            Self::Read(entries) => entries,
            Self::Lent(map) => map.lend().collect(),
        }
    }
}

impl<'a, M: Lend<'a, V>, V: Serialize> Serialize for Entries<'a, M, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Read(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
            Self::Lent(map) => serializer.collect_map(map.lend()),
        }
    }
}

impl<'de: 'a, 'a, M, V: Deserialize<'de>> Deserialize<'de> for Entries<'a, M, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader(PhantomData)).map(Self::Read)
    }
}

struct Reader<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Reader<V> {
    type Value = Vec<(&'de str, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // How many there are is not believed: damaged bytes may say anything.
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

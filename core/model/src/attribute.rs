//! A player's attribute: one of four kinds of value that rules can look at.

use std::collections::BTreeMap;

/// What a rule set declares an attribute to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttributeType {
    Text,
    Number,
    TextList,
    NumberMap,
}

/// A value of one of the four types. Numbers are finite; a `TextList` holds no text twice (D-09).
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeValue {
    Text(String),
    Number(f64),
    TextList(Vec<String>),
    NumberMap(BTreeMap<String, f64>),
}

impl AttributeValue {
    pub fn kind(&self) -> AttributeType {
        match self {
            Self::Text(_) => AttributeType::Text,
            Self::Number(_) => AttributeType::Number,
            Self::TextList(_) => AttributeType::TextList,
            Self::NumberMap(_) => AttributeType::NumberMap,
        }
    }

    /// The list with later duplicates dropped (D-09).
    pub fn text_list(texts: impl IntoIterator<Item = String>) -> Self {
        let mut list: Vec<String> = Vec::new();
        for text in texts {
            if !list.contains(&text) {
                list.push(text);
            }
        }
        Self::TextList(list)
    }
}

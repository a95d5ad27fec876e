//! playerAttributes: names, types, defaults.

use matchwright_model::{AttributeType, AttributeValue};

use super::codes;
use super::source::{Finding, Members, Node};
use super::teams::check_name;
use crate::Attribute;

const TYPES: [(&str, AttributeType); 4] = [
    ("string", AttributeType::Text),
    ("number", AttributeType::Number),
    ("string_list", AttributeType::TextList),
    ("string_number_map", AttributeType::NumberMap),
];
const TEXT_MAX: usize = 100;
const LIST_MAX: usize = 100;
const MAP_MAX: usize = 10;

pub(super) fn check(root: &Members<'_>) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = Vec::new();
    root.each("playerAttributes", |_, node| {
        let attribute = check_one(node, &attributes)?;
        attributes.push(attribute);
        Some(())
    });
    attributes
}

fn check_one(node: Node<'_>, earlier: &[Attribute]) -> Option<Attribute> {
    let members = Members::new(node, &["name", "type", "default"])?;
    let name = members.required("name", |node| {
        let known = earlier.iter().map(|attribute| attribute.name.as_str());
        check_name(node, "attribute", known)
    });
    let kind = members.required("type", |node| node.choice(&TYPES));
    let kind = kind?;
    let default = members.with("default", |node| default_of(node, kind));
    Some(Attribute { name: name?, kind, default })
}

/// A default obeys the limits of a value in a request (D-45).
fn default_of(node: Node<'_>, kind: AttributeType) -> Option<AttributeValue> {
    match kind {
        AttributeType::Number => node.number().map(AttributeValue::Number),
        AttributeType::Text => short_text(node).map(AttributeValue::Text),
        AttributeType::TextList => {
            let items = node.items()?;
            let texts: Vec<Option<String>> = elements(node, items).collect();
            within(node, texts.len(), LIST_MAX, "strings")?;
            texts.into_iter().collect::<Option<Vec<_>>>().map(AttributeValue::text_list)
        }
        AttributeType::NumberMap => {
            let object = node.object()?;
            within(node, object.properties.len(), MAP_MAX, "entries")?;
            let entry = |property: &jsonc_parser::ast::ObjectProp<'_>| {
                let value = Node { value: &property.value, ..node };
                Some((property.name.as_str().to_string(), value.number()?))
            };
            object.properties.iter().map(entry).collect::<Option<_>>().map(AttributeValue::NumberMap)
        }
    }
}

fn elements<'n>(
    node: Node<'n>,
    items: &'n [jsonc_parser::ast::Value<'n>],
) -> impl Iterator<Item = Option<String>> + use<'n> {
    items.iter().map(move |value| short_text(Node { value, ..node }))
}

fn short_text(node: Node<'_>) -> Option<String> {
    let text = node.text()?;
    let length = text.chars().count();
    if length == 0 || length > TEXT_MAX {
        let expected = format!("1 to {TEXT_MAX} characters");
        node.report(Finding::new(codes::DEFAULT, expected, format!("{length}")));
        return None;
    }
    Some(text.to_string())
}

fn within(node: Node<'_>, count: usize, most: usize, what: &str) -> Option<()> {
    if count > most {
        node.report(Finding::new(codes::DEFAULT, format!("at most {most} {what}"), format!("{count}")));
        return None;
    }
    Some(())
}

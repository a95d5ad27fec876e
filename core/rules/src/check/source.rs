//! The text of a rule set as values with a place, and the notebook in which findings are written.

use std::cell::RefCell;
use std::ops::Range;

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::codes;
use crate::{Diagnostic, Severity};

const LENGTH_MAX: usize = 65_535;

/// A value, its JSON path, and where to report.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub value: &'a Value<'a>,
    pub path: &'a Path<'a>,
    pub notes: &'a Notes<'a>,
}

/// A path that is only spelled out when something is wrong.
pub(super) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
    /// Spelled out, to be kept.
    Text(String),
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Path::Root => f.write_str("$"),
            Path::Key(Path::Root, key) => f.write_str(key),
            Path::Key(parent, key) => write!(f, "{parent}.{key}"),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
            Path::Text(text) => f.write_str(text),
        }
    }
}

/// All findings so far.
pub(super) struct Notes<'a> {
    text: &'a str,
    found: RefCell<Vec<Diagnostic>>,
    unknown_keys: Severity,
}

/// One finding before it has a place.
pub(super) struct Finding {
    pub code: &'static str,
    pub expected: String,
    pub found: String,
    pub hint: Option<String>,
}

impl Finding {
    pub fn new(code: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { code, expected: expected.into(), found: found.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// "did you mean", when one of the known words is near.
    pub fn near(mut self, word: &str, known: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let scored = known.into_iter().map(|one| (strsim::jaro_winkler(word, one.as_ref()), one));
        let best = scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
        self.hint = best.map(|(_, one)| format!("did you mean `{}`?", one.as_ref())).or(self.hint);
        self
    }
}

impl<'a> Notes<'a> {
    pub fn new(text: &'a str, unknown_keys_warn: bool) -> Self {
        let unknown_keys = if unknown_keys_warn { Severity::Warning } else { Severity::Error };
        Self { text, found: RefCell::default(), unknown_keys }
    }

    pub fn add(&self, path: &Path<'_>, span: Range<usize>, finding: Finding) {
        let severity = if finding.code == codes::UNKNOWN_KEY { self.unknown_keys } else { Severity::Error };
        let (line, column) = self.place(span.start);
        self.found.borrow_mut().push(Diagnostic {
            code: finding.code,
            severity,
            path: path.to_string(),
            span,
            line,
            column,
            expected: finding.expected,
            found: finding.found,
            hint: finding.hint,
        });
    }

    fn place(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..offset.min(self.text.len())];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// In the order of the text.
    pub fn into_found(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|one| (one.span.start, one.span.end));
        found
    }
}

/// Parses the body. Comments are allowed, and line breaks inside strings, as the guide prints them; everything
/// else is strict JSON (D-41).
pub(super) fn parse<'a>(text: &'a str, notes: &Notes<'_>) -> Option<Value<'a>> {
    let length = text.chars().count();
    if length == 0 || length > LENGTH_MAX {
        let finding =
            Finding::new(codes::LENGTH, format!("1 to {LENGTH_MAX} characters"), format!("{length}"));
        notes.add(&Path::Root, 0..0, finding);
        return None;
    }
    let strict = ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    match parse_to_ast(text, &CollectOptions::default(), &strict) {
        Ok(parsed) if parsed.value.is_some() => parsed.value,
        Ok(_) => {
            notes.add(&Path::Root, 0..text.len(), Finding::new(codes::SYNTAX, "a JSON object", "no value"));
            None
        }
        Err(error) => {
            let range = error.range();
            let finding =
                Finding::new(codes::SYNTAX, "JSON (comments are allowed)", error.kind().to_string());
            notes.add(&Path::Root, range.start..range.end, finding);
            None
        }
    }
}

impl<'a> Node<'a> {
    pub fn span(&self) -> Range<usize> {
        let range = self.value.range();
        range.start..range.end
    }

    pub fn report(&self, finding: Finding) {
        self.notes.add(self.path, self.span(), finding);
    }

    fn wrong_kind(&self, expected: &str) {
        self.report(Finding::new(codes::KIND, expected, self.describe()));
    }

    pub fn describe(&self) -> String {
        match self.value {
            Value::StringLit(text) => format!("the string {:?}", text.value),
            Value::NumberLit(number) => format!("the number {}", number.value),
            Value::BooleanLit(boolean) => format!("{}", boolean.value),
            Value::Object(_) => "an object".to_string(),
            Value::Array(_) => "an array".to_string(),
            Value::NullKeyword(_) => "null".to_string(),
        }
    }

    pub fn object(&self) -> Option<&'a Object<'a>> {
        match self.value {
            Value::Object(object) => Some(object),
            _ => {
                self.wrong_kind("an object");
                None
            }
        }
    }

    pub fn items(&self) -> Option<&'a [Value<'a>]> {
        match self.value {
            Value::Array(array) => Some(&array.elements),
            _ => {
                self.wrong_kind("an array");
                None
            }
        }
    }

    pub fn as_text(&self) -> Option<&'a str> {
        match self.value {
            Value::StringLit(text) => Some(&text.value),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&'a str> {
        self.as_text().or_else(|| {
            self.wrong_kind("a string");
            None
        })
    }

    /// A finite number, or a string that holds one (D-43).
    pub fn number(&self) -> Option<f64> {
        let text = match self.value {
            Value::NumberLit(number) => number.value,
            Value::StringLit(text) => text.value.trim(),
            _ => "",
        };
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            self.wrong_kind("a number");
        }
        number
    }

    /// A whole number within bounds.
    pub fn whole(&self, least: u32, most: u32) -> Option<u32> {
        let number = self.number()?;
        let fits = number.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(&number);
        if !fits {
            let expected = format!("a whole number from {least} to {most}");
            self.report(Finding::new(codes::RANGE, expected, self.describe()));
        }
        fits.then_some(number as u32)
    }

    /// One of these words.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let expected = format!("one of {}", words.join(", "));
            self.report(Finding::new(codes::CHOICE, expected, self.describe()).near(text, words));
        }
        found.map(|(_, choice)| *choice)
    }
}

/// The members of an object, each looked at once.
pub(super) struct Members<'a> {
    node: Node<'a>,
    object: &'a Object<'a>,
}

impl<'a> Members<'a> {
    /// Reports duplicate keys and those that are not `known` (D-41, D-42). `description` may stand anywhere.
    pub fn new(node: Node<'a>, known: &[&str]) -> Option<Self> {
        let object = node.object()?;
        for (index, property) in object.properties.iter().enumerate() {
            let name = property.name.as_str();
            let range = property.name.range();
            let path = Path::Key(node.path, name);
            let span = range.start..range.end;
            if object.properties[..index].iter().any(|earlier| earlier.name.as_str() == name) {
                let finding = Finding::new(codes::DUPLICATE_KEY, "every key once", format!("`{name}` again"));
                node.notes.add(&path, span, finding);
            } else if !known.contains(&name) && name != "description" {
                let expected = format!("one of {}", known.join(", "));
                let finding = Finding::new(codes::UNKNOWN_KEY, expected, format!("`{name}`"));
                node.notes.add(&path, span, finding.near(name, known));
            }
        }
        Some(Self { node, object })
    }

    /// The value under a key, handed on with its path.
    pub fn with<T>(&self, key: &str, then: impl FnOnce(Node<'_>) -> Option<T>) -> Option<T> {
        let property = self.object.properties.iter().find(|property| property.name.as_str() == key)?;
        let path = Path::Key(self.node.path, key);
        then(Node { value: &property.value, path: &path, notes: self.node.notes })
    }

    /// The same for a key that has to be there.
    pub fn required<T>(&self, key: &str, then: impl FnOnce(Node<'_>) -> Option<T>) -> Option<T> {
        if !self.has(key) {
            let finding = Finding::new(codes::MISSING_KEY, format!("the key `{key}`"), "none");
            self.node.report(finding);
        }
        self.with(key, then)
    }

    /// Every element of an array under a key; those that fail are left out.
    pub fn each<T>(&self, key: &str, mut then: impl FnMut(usize, Node<'_>) -> Option<T>) -> Vec<Option<T>> {
        let all = self.with(key, |node| {
            let path = node.path;
            let one = |(index, value)| {
                let path = Path::Index(path, index);
                then(index, Node { value, path: &path, notes: node.notes })
            };
            Some(node.items()?.iter().enumerate().map(one).collect())
        });
        all.unwrap_or_default()
    }

    pub fn has(&self, key: &str) -> bool {
        self.object.properties.iter().any(|property| property.name.as_str() == key)
    }

    pub fn report(&self, finding: Finding) {
        self.node.report(finding);
    }
}

//! The filter and sort expressions of SearchGameSessions (hosting 3.6).
//!
//! ```text
//! filter   := and ("OR" and)*
//! and      := not ("AND" not)*
//! not      := "NOT" not | "(" filter ")" | operand ("=" | "<>" | "<" | "<=" | ">" | ">=") value
//! value    := number | true | false | 'text' | "text"
//! sort     := operand ("ASC" | "DESC")?
//! operand  := gameSessionId | gameSessionName | gameSessionProperties.KEY | maximumSessions | creationTimeMillis
//!           | playerSessionCount | hasAvailablePlayerSessions
//! ```
//! In a text or a key, `\` takes the next character as it is. Words are read in capital and small letters.

use std::fmt;

use matchwright_amazon::{Kind, name_of};
use matchwright_hosting::{Comparison, Filter, Operand, Sort, Value};

/// How deep parentheses and `NOT` may be nested.
const DEPTH_MAX: usize = 32;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchError {
    /// In characters, from 1.
    pub position: usize,
    pub expected: String,
    pub found: String,
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {} at position {}, found {}", self.expected, self.position, self.found)
    }
}

/// Reads a FilterExpression.
///
/// # Errors
/// The first thing that is not as expected.
pub fn parse_filter(text: &str) -> Result<Filter, SearchError> {
    let mut reader = Reader::new(text);
    let filter = reader.any(DEPTH_MAX)?;
    reader.end("AND, OR or the end")?;
    Ok(filter)
}

/// Reads a SortExpression.
///
/// # Errors
/// The first thing that is not as expected.
pub fn parse_sort(text: &str) -> Result<Sort, SearchError> {
    let mut reader = Reader::new(text);
    let by = reader.operand()?;
    let is_descending = reader.word("DESC");
    if !is_descending {
        reader.word("ASC");
    }
    reader.end("ASC, DESC or the end")?;
    Ok(Sort { by, is_descending })
}

/// Reads from the front of what is left.
struct Reader<'t> {
    whole: &'t str,
    rest: &'t str,
}

const PROPERTY: &str = "gameSessionProperties.";
const OPERANDS: [(&str, Operand); 6] = [
    ("gameSessionId", Operand::Id),
    ("gameSessionName", Operand::Name),
    ("maximumSessions", Operand::MaxPlayers),
    ("creationTimeMillis", Operand::CreatedAt),
    ("playerSessionCount", Operand::Players),
    ("hasAvailablePlayerSessions", Operand::HasRoom),
];
/// The longer before the shorter that it begins with.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("<>", Comparison::Unequal),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("=", Comparison::Equal),
];

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { whole: text, rest: text.trim_start() }
    }

    /// What stands here is not `expected`.
    fn wrong<T>(&self, expected: impl Into<String>) -> Result<T, SearchError> {
        let read = &self.whole[..self.whole.len() - self.rest.len()];
        let next: String = self.rest.chars().take(20).collect();
        let found = if next.is_empty() { "the end".to_string() } else { format!("{next:?}") };
        Err(SearchError { position: read.chars().count() + 1, expected: expected.into(), found })
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest[bytes..].trim_start();
    }

    fn end(&self, expected: &str) -> Result<(), SearchError> {
        if self.rest.is_empty() { Ok(()) } else { self.wrong(expected) }
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let is_next = self.rest.starts_with(symbol);
        if is_next {
            self.skip(symbol.len());
        }
        is_next
    }

    /// A word that ends here: what follows belongs to no word.
    fn word(&mut self, word: &str) -> bool {
        let Some(next) = self.rest.get(..word.len()) else { return false };
        let goes_on =
            self.rest[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let is_next = next.eq_ignore_ascii_case(word) && !goes_on;
        if is_next {
            self.skip(word.len());
        }
        is_next
    }

    fn any(&mut self, depth: usize) -> Result<Filter, SearchError> {
        let mut parts = vec![self.all(depth)?];
        while self.word("OR") {
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Filter::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, SearchError> {
        let mut parts = vec![self.not(depth)?];
        while self.word("AND") {
            parts.push(self.not(depth)?);
        }
        Ok(one_or(parts, Filter::All))
    }

    fn not(&mut self, depth: usize) -> Result<Filter, SearchError> {
        let Some(deeper) = depth.checked_sub(1) else {
            return self.wrong(format!("parentheses and NOT at most {DEPTH_MAX} deep"));
        };
        if self.word("NOT") {
            return Ok(Filter::Not(Box::new(self.not(deeper)?)));
        }
        if !self.symbol("(") {
            return self.compare();
        }
        let inner = self.any(deeper)?;
        match self.symbol(")") {
            true => Ok(inner),
            false => self.wrong("AND, OR or )"),
        }
    }

    fn compare(&mut self) -> Result<Filter, SearchError> {
        let operand = self.operand()?;
        let by = self.comparison(&operand)?;
        let value = self.value(&operand)?;
        Ok(Filter::Compare { operand, by, value })
    }

    fn operand(&mut self) -> Result<Operand, SearchError> {
        if let Some(rest) = self.rest.strip_prefix(PROPERTY) {
            let (key, length) = key(rest);
            if !key.is_empty() {
                self.skip(PROPERTY.len() + length);
                return Ok(Operand::Property(key));
            }
        }
        match OPERANDS.into_iter().find(|(word, _)| self.word(word)) {
            Some((_, operand)) => Ok(operand),
            None => {
                let words = OPERANDS.map(|(word, _)| word).join(", ");
                self.wrong(format!("one of {words}, {PROPERTY}KEY"))
            }
        }
    }

    fn comparison(&mut self, operand: &Operand) -> Result<Comparison, SearchError> {
        let allowed = if is_number(operand) { &COMPARISONS[..] } else { &[COMPARISONS[0], COMPARISONS[5]] };
        match allowed.iter().find(|(symbol, _)| self.symbol(symbol)) {
            Some((_, by)) => Ok(*by),
            None if is_number(operand) => self.wrong("one of = <> < > <= >="),
            None => self.wrong("one of = <>, there is no other between texts or truth values"),
        }
    }

    fn value(&mut self, operand: &Operand) -> Result<Value, SearchError> {
        match operand {
            Operand::HasRoom if self.word("true") => Ok(Value::Bool(true)),
            Operand::HasRoom if self.word("false") => Ok(Value::Bool(false)),
            Operand::HasRoom => self.wrong("true or false"),
            Operand::Id => {
                let text = self.text()?;
                // The ARN of a session ends with its id.
                Ok(Value::Text(name_of(&text, Kind::GameSession).map_or(text.clone(), str::to_string)))
            }
            Operand::Name | Operand::Property(_) => self.text().map(Value::Text),
            Operand::MaxPlayers | Operand::CreatedAt | Operand::Players => self.number().map(Value::Number),
        }
    }

    fn number(&mut self) -> Result<i64, SearchError> {
        let digits = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let length = self.rest.len() - digits.len() + length;
        match self.rest[..length].parse() {
            Ok(number) => {
                self.skip(length);
                Ok(number)
            }
            Err(_) => self.wrong("a whole number"),
        }
    }

    fn text(&mut self) -> Result<String, SearchError> {
        let Some(quote) = self.rest.chars().next().filter(|c| ['\'', '"'].contains(c)) else {
            return self.wrong("a text in quotes");
        };
        let mut text = String::new();
        let mut rest = self.rest[1..].char_indices();
        while let Some((at, c)) = rest.next() {
            match c {
                '\\' => text.extend(rest.next().map(|(_, c)| c)),
                c if c == quote => {
                    self.skip(at + 2);
                    return Ok(text);
                }
                c => text.push(c),
            }
        }
        self.rest = "";
        self.wrong(format!("{quote} at the end of the text"))
    }
}

/// The key of a property, and how long it is written.
fn key(text: &str) -> (String, usize) {
    let mut key = String::new();
    let mut rest = text.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => key.extend(rest.next().map(|(_, c)| c)),
            c if c.is_whitespace() || "=<>()'\"".contains(c) => return (key, at),
            c => key.push(c),
        }
    }
    (key, text.len())
}

fn is_number(operand: &Operand) -> bool {
    matches!(operand, Operand::MaxPlayers | Operand::CreatedAt | Operand::Players)
}

fn one_or(mut parts: Vec<Filter>, join: impl Fn(Vec<Filter>) -> Filter) -> Filter {
    if parts.len() == 1 { parts.remove(0) } else { join(parts) }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// As a client might write it.
    fn print(filter: &Filter) -> String {
        let joined = |parts: &[Filter], word: &str| parts.iter().map(grouped).collect::<Vec<_>>().join(word);
        match filter {
            Filter::All(parts) => joined(parts, " AND "),
            Filter::Any(parts) => joined(parts, " OR "),
            Filter::Not(part) => format!("NOT {}", grouped(part)),
            Filter::Compare { operand, by, value } => {
                format!("{}{}{}", print_operand(operand), symbol(*by), print_value(value))
            }
        }
    }

    fn grouped(filter: &Filter) -> String {
        match filter {
            Filter::All(_) | Filter::Any(_) => format!("({})", print(filter)),
            _ => print(filter),
        }
    }

    fn symbol(by: Comparison) -> &'static str {
        COMPARISONS.iter().find(|(_, other)| *other == by).expect("every comparison is listed").0
    }

    fn print_operand(operand: &Operand) -> String {
        match operand {
            Operand::Property(key) => format!("{PROPERTY}{}", escaped(key)),
            other => {
                OPERANDS.iter().find(|(_, one)| one == other).expect("every operand is listed").0.to_string()
            }
        }
    }

    fn print_value(value: &Value) -> String {
        match value {
            Value::Text(text) => format!("'{}'", escaped(text)),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
        }
    }

    /// Everything that could mean something.
    fn escaped(text: &str) -> String {
        text.chars().flat_map(|c| (!c.is_alphanumeric()).then_some('\\').into_iter().chain([c])).collect()
    }

    fn any_compare() -> impl Strategy<Value = Filter> {
        let text_operand =
            prop_oneof![select(vec![Operand::Id, Operand::Name]), ".{1,8}".prop_map(Operand::Property)];
        let text = "[^:]{0,8}".prop_map(Value::Text);
        let number_operand = select(vec![Operand::MaxPlayers, Operand::CreatedAt, Operand::Players]);
        let equality = || select(vec![Comparison::Equal, Comparison::Unequal]);
        let compare = |(operand, by, value)| Filter::Compare { operand, by, value };
        prop_oneof![
            (text_operand, equality(), text).prop_map(compare),
            (Just(Operand::HasRoom), equality(), any::<bool>().prop_map(Value::Bool)).prop_map(compare),
            (
                number_operand,
                select(COMPARISONS.map(|(_, by)| by).to_vec()),
                any::<i64>().prop_map(Value::Number)
            )
                .prop_map(compare),
        ]
    }

    fn any_filter() -> impl Strategy<Value = Filter> {
        any_compare().prop_recursive(6, 40, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 2..4).prop_map(Filter::All),
                vec(inner.clone(), 2..4).prop_map(Filter::Any),
                inner.prop_map(|part| Filter::Not(Box::new(part))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(filter in any_filter()) {
            let text = print(&filter);
            prop_assert_eq!(parse_filter(&text), Ok(filter), "{}", text);
        }

        #[test]
        fn every_text_is_answered(text in "(gameSession(Id|Name|Properties\\.[a-z]{1,2})|AND|OR|NOT|[ ()<>='\"\\\\0-9a-z]|\\PC){0,30}") {
            for found in [parse_filter(&text).err(), parse_sort(&text).err()].into_iter().flatten() {
                prop_assert!((1..=text.chars().count() + 1).contains(&found.position), "{}: {}", text, found);
            }
        }

        #[test]
        fn a_sort_is_read_again(by in any_compare(), is_descending in any::<bool>()) {
            let Filter::Compare { operand: by, .. } = by else { unreachable!("they compare") };
            let text = format!("{} {}", print_operand(&by), if is_descending { "DESC" } else { "ASC" });
            prop_assert_eq!(parse_sort(&text), Ok(Sort { by, is_descending }));
        }
    }

    #[test]
    fn not_binds_closer_than_and_and_that_closer_than_or() {
        let loose = "NOT maximumSessions>1 AND playerSessionCount>2 OR playerSessionCount>3";
        let grouped = "((NOT (maximumSessions > 1)) AND playerSessionCount > 2) OR (playerSessionCount > 3)";
        assert_eq!(parse_filter(loose), parse_filter(grouped));
        assert!(matches!(parse_filter(loose), Ok(Filter::Any(parts)) if matches!(parts[0], Filter::All(_))));
    }

    #[test]
    fn both_quotes_and_the_arn_of_a_session() {
        let one = parse_filter("gameSessionProperties.gameMode = \"brawl\"");
        assert_eq!(one, parse_filter(" gameSessionProperties.gameMode='brawl' "));
        let arn = "gameSessionId='arn:aws:gamelift:us-east-1::gamesession/fleet-1/custom-a/gs-1'";
        assert_eq!(parse_filter(arn), parse_filter("gameSessionId = 'fleet-1/custom-a/gs-1'"));
    }

    #[test]
    fn an_error_tells_position_expected_and_found() {
        let cases = [
            (
                "",
                "expected one of gameSessionId, gameSessionName, maximumSessions, creationTimeMillis, playerSessionCount, hasAvailablePlayerSessions, gameSessionProperties.KEY at position 1, found the end",
            ),
            ("maximumSessions 5", "expected one of = <> < > <= >= at position 17, found \"5\""),
            ("maximumSessions = 'x'", "expected a whole number at position 19, found \"'x'\""),
            (
                "gameSessionName < 'a'",
                "expected one of = <>, there is no other between texts or truth values at position 17, found \"< 'a'\"",
            ),
            ("gameSessionName = 5", "expected a text in quotes at position 19, found \"5\""),
            ("gameSessionName = 'é", "expected ' at the end of the text at position 21, found the end"),
            ("hasAvailablePlayerSessions=1", "expected true or false at position 28, found \"1\""),
            ("(maximumSessions=1", "expected AND, OR or ) at position 19, found the end"),
            ("maximumSessions=1 XOR", "expected AND, OR or the end at position 19, found \"XOR\""),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_filter(text).unwrap_err().to_string(), expected, "{text}");
        }
        let sort = parse_sort("gameSessionName UP").unwrap_err().to_string();
        assert_eq!(sort, "expected ASC, DESC or the end at position 17, found \"UP\"");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}maximumSessions=1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse_filter(&nested(DEPTH_MAX - 1)).is_ok());
        let refused = parse_filter(&nested(DEPTH_MAX)).unwrap_err();
        assert_eq!(refused.expected, "parentheses and NOT at most 32 deep");
        assert!(parse_filter(&"NOT ".repeat(100_000)).is_err());
    }
}

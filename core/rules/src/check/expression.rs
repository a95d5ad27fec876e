//! Property expressions: text to typed tree (spec 2.3).

use matchwright_model::AttributeType;

use super::codes;
use super::source::Finding;
use crate::{Attribute, Expression, Function, Node, Team, TeamSelection, Type};

/// What an expression may name.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub attributes: &'a [Attribute],
    pub teams: &'a [Team],
    /// Name of each team definition, by index; empty where it could not be read.
    pub definitions: &'a [String],
}

const FUNCTIONS: [(&str, Function); 9] = [
    ("min", Function::Min),
    ("max", Function::Max),
    ("avg", Function::Avg),
    ("median", Function::Median),
    ("sum", Function::Sum),
    ("count", Function::Count),
    ("stddev", Function::Stddev),
    ("flatten", Function::Flatten),
    ("set_intersection", Function::SetIntersection),
];

/// Deepest nesting of calls; more can never type-check.
const CALLS_MAX: usize = 16;

/// A text that begins like an expression has to be one; others are literals (D-67).
pub(super) fn looks_like_one(text: &str) -> bool {
    let text = text.trim_start();
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = text[word.len()..].trim_start();
    match word.as_str() {
        "team" | "teams" => rest.starts_with('['),
        _ => rest.starts_with('(') && FUNCTIONS.iter().any(|(name, _)| *name == word),
    }
}

pub(super) fn parse(text: &str, names: Names<'_>) -> Result<Expression, Finding> {
    let mut reader = Reader { text, rest: text, names };
    let expression = reader.expression(0)?;
    reader.space();
    match reader.rest.is_empty() {
        true => Ok(expression),
        false => Err(reader.unexpected("the end of the expression")),
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    names: Names<'a>,
}

impl<'a> Reader<'a> {
    fn expression(&mut self, depth: usize) -> Result<Expression, Finding> {
        let word = self.word();
        if word == "teams" || word == "team" {
            return self.path();
        }
        let function = FUNCTIONS.iter().find(|(name, _)| *name == word).map(|(_, function)| *function);
        let function = function.filter(|_| depth < CALLS_MAX).ok_or_else(|| {
            let names = FUNCTIONS.iter().map(|(name, _)| *name).chain(["teams"]);
            self.unreadable("teams[..] or a function", &format!("`{word}`")).near(word, names)
        })?;
        self.take('(')?;
        let argument = self.expression(depth + 1)?;
        self.take(')')?;
        call(function, argument).ok_or_else(|| {
            Finding::new(
                codes::EXPRESSION_TYPE,
                format!("{word} over {}", wanted(function)),
                format!("other values in `{}`", self.text.trim()),
            )
        })
    }

    fn path(&mut self) -> Result<Expression, Finding> {
        let (teams, levels) = self.teams()?;
        self.take('.')?;
        self.expect_word("players")?;
        self.space();
        let (node, kind) = if self.rest.starts_with('[') {
            let name = self.bracketed()?;
            if !name.eq_ignore_ascii_case("playerId") {
                return Err(self.unreadable("players[playerId]", &format!("players[{name}]")));
            }
            (Node::PlayerIds(teams), Type::Text)
        } else if self.rest.starts_with('.') {
            self.take('.')?;
            self.expect_word("attributes")?;
            let name = self.bracketed()?;
            let attribute = self.attribute(name)?;
            (Node::Attribute { teams, attribute }, self.type_of(attribute)?)
        } else {
            (Node::Players(teams), Type::Player)
        };
        let kind = (0..levels).fold(kind, |kind, _| Type::list(kind));
        Ok(Expression { node, kind })
    }

    /// The teams, and how many lists they wrap around a player.
    fn teams(&mut self) -> Result<(TeamSelection, usize), Finding> {
        let inside = self.bracketed()?;
        if inside == "*" {
            return Ok((TeamSelection::Many((0..self.names.teams.len()).collect()), 2));
        }
        let mut chosen = Vec::new();
        for name in inside.split(',').map(str::trim) {
            chosen.extend(self.team(name)?);
        }
        chosen.sort_unstable();
        chosen.dedup();
        let is_one = !inside.contains(',') && chosen.len() == 1;
        match is_one {
            true => Ok((TeamSelection::One(chosen[0]), 1)),
            false => Ok((TeamSelection::Many(chosen), 2)),
        }
    }

    /// One team by its name in a match, or all teams of a definition (D-58).
    fn team(&self, name: &str) -> Result<Vec<usize>, Finding> {
        let teams = self.names.teams.iter().enumerate();
        let of_name = |(index, team): (usize, &Team)| {
            let definition = self.names.definitions.get(team.definition);
            (team.name.as_str() == name || definition.is_some_and(|one| one == name)).then_some(index)
        };
        let found: Vec<usize> = teams.filter_map(of_name).collect();
        if found.is_empty() {
            let known: Vec<&str> = self.names.teams.iter().map(|team| team.name.as_str()).collect();
            let finding = Finding::new(
                codes::UNKNOWN_TEAM,
                format!("a team: {}", known.join(", ")),
                format!("`{name}`"),
            );
            return Err(finding.near(name, known));
        }
        Ok(found)
    }

    fn attribute(&self, name: &str) -> Result<usize, Finding> {
        let all = self.names.attributes;
        all.iter().position(|attribute| attribute.name == name).ok_or_else(|| undeclared(name, all))
    }

    fn type_of(&self, attribute: usize) -> Result<Type, Finding> {
        match self.names.attributes[attribute].kind {
            AttributeType::Number => Ok(Type::Number),
            AttributeType::Text => Ok(Type::Text),
            AttributeType::TextList => Ok(Type::list(Type::Text)),
            AttributeType::NumberMap => Err(Finding::new(
                codes::ATTRIBUTE_TYPE,
                "a number, string or string_list attribute",
                format!("the string_number_map `{}`", self.names.attributes[attribute].name),
            )
            .hint("only sort rules can use a map, with mapKey")),
        }
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn word(&mut self) -> &'a str {
        self.space();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn expect_word(&mut self, wanted: &str) -> Result<(), Finding> {
        let word = self.word();
        match word == wanted {
            true => Ok(()),
            false => Err(self.unreadable(&format!("`{wanted}`"), &format!("`{word}`")).near(word, [wanted])),
        }
    }

    fn take(&mut self, wanted: char) -> Result<(), Finding> {
        self.space();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.unexpected(&format!("`{wanted}`"))),
        }
    }

    fn bracketed(&mut self) -> Result<&'a str, Finding> {
        self.take('[')?;
        let end = self.rest.find(']').ok_or_else(|| self.unexpected("`]`"))?;
        let (inside, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        Ok(inside.trim())
    }

    fn unexpected(&self, expected: &str) -> Finding {
        let found = self.rest.chars().next().map_or_else(|| "the end".to_string(), |c| format!("`{c}`"));
        self.unreadable(expected, &found)
    }

    fn unreadable(&self, expected: &str, found: &str) -> Finding {
        let place = self.text.len() - self.rest.len();
        Finding::new(
            codes::EXPRESSION,
            expected,
            format!("{found} at character {} of `{}`", place + 1, self.text.trim()),
        )
        .hint("an expression reads like avg(flatten(teams[*].players.attributes[skill]))")
    }
}

pub(super) fn undeclared(name: &str, all: &[Attribute]) -> Finding {
    let known: Vec<&str> = all.iter().map(|attribute| attribute.name.as_str()).collect();
    let expected = match known.is_empty() {
        true => "a declared attribute, but playerAttributes declares none".to_string(),
        false => format!("a declared attribute: {}", known.join(", ")),
    };
    Finding::new(codes::UNDECLARED, expected, format!("`{name}`")).near(name, known)
}

fn wanted(function: Function) -> &'static str {
    match function {
        Function::Count => "a list",
        Function::Flatten => "a list of lists",
        Function::SetIntersection => "a list of string lists",
        _ => "a list of numbers",
    }
}

/// A function applies at the deepest level where its input fits; outer levels are mapped (D-61).
fn call(function: Function, argument: Expression) -> Option<Expression> {
    let Type::List(inner) = &argument.kind else { return None };
    if function == Function::Flatten {
        return match &**inner {
            Type::List(_) => {
                let kind = (**inner).clone();
                Some(Expression { node: node(function, argument, 0), kind })
            }
            // A flat list stays what it is (D-62).
            _ => Some(argument),
        };
    }
    let (lift, result) = fit(function, &argument.kind)?;
    let kind = (0..lift).fold(result, |kind, _| Type::list(kind));
    Some(Expression { node: node(function, argument, lift), kind })
}

fn node(function: Function, argument: Expression, lift: u8) -> Node {
    Node::Call { function, argument: Box::new(argument), lift }
}

/// How deep, and what one application gives.
fn fit(function: Function, kind: &Type) -> Option<(u8, Type)> {
    let Type::List(inner) = kind else { return None };
    if let Some((lift, result)) = fit(function, inner) {
        return Some((lift + 1, result));
    }
    match (function, &**inner) {
        (Function::Count, Type::List(_)) => None,
        (Function::Count, _) => Some((0, Type::Number)),
        (Function::SetIntersection, Type::List(texts)) if **texts == Type::Text => {
            Some((0, Type::list(Type::Text)))
        }
        (Function::SetIntersection | Function::Flatten, _) => None,
        (_, Type::Number) => Some((0, Type::Number)),
        _ => None,
    }
}

//! Compound statements: `or(and(A, B), not(C))` over earlier rules.

use super::codes;
use super::source::Finding;
use crate::Statement;

const DEPTH_MAX: usize = 32;
pub(super) const OPERATORS: [&str; 4] = ["and", "or", "xor", "not"];

/// A rule that stands before the statement: its name, and why it cannot be used, if so.
pub(super) struct Earlier<'a> {
    pub index: usize,
    pub name: &'a str,
    pub refused: Option<&'static str>,
}

pub(super) fn parse(text: &str, earlier: &[Earlier<'_>]) -> Result<Statement, Finding> {
    let mut reader = Reader { text, rest: text, earlier };
    let statement = reader.statement(0)?;
    match reader.rest.trim().is_empty() {
        true => Ok(statement),
        false => Err(reader.unreadable("the end of the statement")),
    }
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    earlier: &'a [Earlier<'a>],
}

impl<'a> Reader<'a> {
    fn statement(&mut self, depth: usize) -> Result<Statement, Finding> {
        let word = self.word();
        let is_call = self.rest.trim_start().starts_with('(');
        if word.is_empty() || depth > DEPTH_MAX {
            return Err(self.unreadable("a rule name or an operator"));
        }
        if !is_call {
            return self.rule(word);
        }
        if !OPERATORS.contains(&word) {
            let finding = Finding::new(codes::STATEMENT, "one of and, or, xor, not", format!("`{word}`"));
            return Err(finding.near(word, OPERATORS));
        }
        let mut parts = self.parts(depth)?;
        let fits = if word == "not" { parts.len() == 1 } else { parts.len() >= 2 };
        if !fits {
            let expected =
                if word == "not" { "exactly one argument of not" } else { "two arguments or more" };
            return Err(Finding::new(codes::STATEMENT, expected, format!("{} in {word}(..)", parts.len())));
        }
        Ok(match word {
            "and" => Statement::And(parts),
            "or" => Statement::Or(parts),
            "xor" => Statement::Xor(parts),
            _ => Statement::Not(Box::new(parts.remove(0))),
        })
    }

    fn parts(&mut self, depth: usize) -> Result<Vec<Statement>, Finding> {
        self.rest = &self.rest.trim_start()[1..];
        let mut parts = vec![self.statement(depth + 1)?];
        loop {
            self.rest = self.rest.trim_start();
            let next = self.rest.chars().next();
            if !matches!(next, Some(',' | ')')) {
                return Err(self.unreadable("`,` or `)`"));
            }
            self.rest = &self.rest[1..];
            if next == Some(')') {
                return Ok(parts);
            }
            parts.push(self.statement(depth + 1)?);
        }
    }

    fn rule(&self, name: &str) -> Result<Statement, Finding> {
        let Some(rule) = self.earlier.iter().find(|rule| rule.name == name) else {
            let finding = Finding::new(
                codes::STATEMENT_RULE,
                "a rule that stands before this one",
                format!("`{name}`"),
            );
            return Err(finding.near(name, self.earlier.iter().map(|rule| rule.name)));
        };
        match rule.refused {
            Some(why) => Err(Finding::new(
                codes::STATEMENT_KIND,
                "a rule that is true or false by itself",
                format!("`{name}`, {why}"),
            )),
            None => Ok(Statement::Rule(rule.index)),
        }
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest.trim_start();
        let end = rest.find([',', '(', ')']).unwrap_or(rest.len());
        self.rest = &rest[end..];
        rest[..end].trim_end()
    }

    fn unreadable(&self, expected: &str) -> Finding {
        let rest = self.rest.trim_start();
        let found = rest.chars().next().map_or_else(|| "the end".to_string(), |c| format!("`{c}`"));
        Finding::new(codes::STATEMENT, expected, format!("{found} in `{}`", self.text.trim()))
    }
}

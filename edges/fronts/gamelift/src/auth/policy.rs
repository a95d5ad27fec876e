//! What a key may do: the identity policy document, as far as it speaks of actions and resources.
//!
//! Absent: conditions, principals, `NotAction` and `NotResource`. A document that uses them is refused, because a
//! statement read without its condition would allow too much.

use serde::Deserialize;
use wildmatch::WildMatch;

/// A policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq)]
struct Statement {
    is_allow: bool,
    /// Lower case: actions are compared without regard to case.
    actions: Vec<WildMatch>,
    resources: Vec<WildMatch>,
}

/// Why a text is not a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError(String);

impl std::fmt::Display for PolicyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "expected a policy document with Version and Statement (Effect, Action, Resource): {}",
            self.0
        )
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(default, rename = "Version")]
    _version: Version,
    #[serde(default, rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<Written>,
}

#[derive(Default, Deserialize)]
enum Version {
    #[default]
    #[serde(rename = "2012-10-17")]
    Current,
    #[serde(rename = "2008-10-17")]
    First,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
}

#[derive(Deserialize, PartialEq)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Policy {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// Not JSON, an unknown key or value, or a part that this server does not judge.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        // Read as a tree first: an untagged choice would hide which key is wrong.
        let tree: serde_json::Value =
            serde_json::from_str(text).map_err(|error| PolicyError(error.to_string()))?;
        refuse_unjudged(&tree)?;
        let document: Document =
            serde_json::from_value(tree).map_err(|error| PolicyError(error.to_string()))?;
        let statements = document.statement.into_vec().into_iter().map(Statement::from).collect();
        Ok(Self { statements })
    }

    /// Whether some statement allows the action on the resource and none denies it.
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let mut speaking = self.statements.iter().filter(|one| one.speaks_of(&action, resource)).peekable();
        speaking.peek().is_some() && speaking.all(|statement| statement.is_allow)
    }
}

fn refuse_unjudged(tree: &serde_json::Value) -> Result<(), PolicyError> {
    let statements = match &tree["Statement"] {
        serde_json::Value::Array(many) => many.as_slice(),
        one => std::slice::from_ref(one),
    };
    let unjudged = ["Condition", "NotAction", "NotResource", "Principal", "NotPrincipal"];
    let used = unjudged.iter().find(|key| statements.iter().any(|one| one.get(**key).is_some()));
    match used {
        None => Ok(()),
        Some(key) => Err(PolicyError(format!("{key} is not judged by this server; write it without {key}"))),
    }
}

impl From<Written> for Statement {
    fn from(written: Written) -> Self {
        let patterns = |all: OneOrMany<String>, lower: bool| {
            let all = all.into_vec().into_iter();
            all.map(|one| if lower { one.to_ascii_lowercase() } else { one })
                .map(|one| WildMatch::new(&one))
                .collect()
        };
        Self {
            is_allow: written.effect == Effect::Allow,
            actions: patterns(written.action, true),
            resources: patterns(written.resource, false),
        }
    }
}

impl Statement {
    fn speaks_of(&self, action: &str, resource: &str) -> bool {
        self.actions.iter().any(|pattern| pattern.matches(action))
            && self.resources.iter().any(|pattern| pattern.matches(resource))
    }
}

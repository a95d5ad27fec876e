//! Rule sets as the realm keeps them.

use std::collections::BTreeMap;
use std::sync::Arc;

use matchwright_model::{RuleSetName, Timestamp};
use matchwright_rules::{Options, RuleSet};

use crate::decide::{Context, Decision, Reply};
use crate::{Change, Rejection, Settings, State};

#[derive(Debug, Clone, PartialEq)]
pub struct RuleSetRecord {
    /// Byte for byte as given (D-12).
    pub body: String,
    pub created_at: Timestamp,
    pub tags: BTreeMap<String, String>,
    /// `None` when a newer compiler refuses what an older one took: its matchmakers then make no matches.
    pub compiled: Option<Arc<RuleSet>>,
}

fn options(settings: &Settings) -> Options {
    Options { unknown_keys_warn: settings.unknown_keys_warn }
}

/// # Rejections, in this order
/// `RuleSetInvalid`, `RuleSetExists`, `TagReserved`, `TagQuota`, `RuleSetQuota`.
pub(crate) fn decide_create(
    state: &State,
    context: &Context<'_>,
    name: &RuleSetName,
    body: &str,
    tags: &BTreeMap<String, String>,
) -> Result<Decision, Rejection> {
    let settings = context.settings;
    let (compiled, _) =
        matchwright_rules::compile(body, options(settings)).map_err(Rejection::RuleSetInvalid)?;
    if state.rule_sets.contains_key(name) {
        return Err(Rejection::RuleSetExists(name.clone()));
    }
    crate::state::check_tags(tags, settings)?;
    if state.rule_sets.len() >= settings.rule_sets_max {
        return Err(Rejection::RuleSetQuota { limit: settings.rule_sets_max });
    }
    let record = RuleSetRecord {
        body: body.to_string(),
        created_at: context.now,
        tags: tags.clone(),
        compiled: Some(Arc::new(compiled)),
    };
    let created = Change::RuleSetCreated { name: name.clone(), body: body.to_string(), tags: tags.clone() };
    Ok(Decision { changes: vec![created], reply: Reply::RuleSet(name.clone(), Box::new(record)) })
}

/// # Rejections, in this order
/// `RuleSetNotFound`, `RuleSetInUse`.
pub(crate) fn decide_delete(state: &State, name: &RuleSetName) -> Result<Decision, Rejection> {
    if !state.rule_sets.contains_key(name) {
        return Err(Rejection::RuleSetNotFound(name.clone()));
    }
    if let Some((matchmaker, _)) = state.matchmakers.iter().find(|(_, one)| one.fields.rule_set == *name) {
        return Err(Rejection::RuleSetInUse { name: name.clone(), matchmaker: matchmaker.clone() });
    }
    Ok(Decision::done(vec![Change::RuleSetDeleted { name: name.clone() }]))
}

pub(crate) fn apply_created(
    state: &mut State,
    at: Timestamp,
    name: &RuleSetName,
    body: &str,
    tags: &BTreeMap<String, String>,
) {
    // Unknown keys were refused or warned of when it was decided; here the body only has to be understood again.
    let compiled = matchwright_rules::compile(body, Options { unknown_keys_warn: true }).ok();
    let compiled = compiled.map(|(rules, _)| Arc::new(rules));
    let record = RuleSetRecord { body: body.to_string(), created_at: at, tags: tags.clone(), compiled };
    state.rule_sets.insert(name.clone(), record);
}

//! Matchmakers: a rule set, timeouts and what to do with a match.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_model::{MatchmakerName, Timestamp};

use crate::decide::{Context, Decision, Reply};
use crate::{Change, MatchmakerFields, MatchmakerPatch, Rejection, State};

/// Asked for where acceptance is required and no timeout was given (D-20).
const ACCEPTANCE_TIMEOUT_DEFAULT: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, PartialEq)]
pub struct Matchmaker {
    /// Every default filled in: `mode` and `backfill_mode` are always there.
    pub fields: MatchmakerFields,
    pub created_at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Matches complete without a host.
    Standalone,
    WithQueue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackfillMode {
    Automatic,
    Manual,
}

impl Matchmaker {
    pub fn mode(&self) -> Mode {
        self.fields.mode.unwrap_or(Mode::Standalone)
    }

    /// How long players have to accept, where they are asked.
    pub fn acceptance(&self) -> Option<Duration> {
        self.fields
            .acceptance_required
            .then(|| self.fields.acceptance_timeout.unwrap_or(ACCEPTANCE_TIMEOUT_DEFAULT))
    }
}

/// # Rejections, in this order
/// `MatchmakerExists`, `RuleSetNotFound`, `MatchmakerInvalid`, `QueueNotFound`, `TagReserved`, `TagQuota`,
/// `MatchmakerQuota`.
pub(crate) fn decide_create(
    state: &State,
    context: &Context<'_>,
    name: &MatchmakerName,
    fields: &MatchmakerFields,
    tags: &BTreeMap<String, String>,
) -> Result<Decision, Rejection> {
    if state.matchmakers.contains_key(name) {
        return Err(Rejection::MatchmakerExists(name.clone()));
    }
    let fields = completed(state, fields.clone())?;
    crate::state::check_tags(tags, context.settings)?;
    let limit = context.settings.matchmakers_max;
    if state.matchmakers.len() >= limit {
        return Err(Rejection::MatchmakerQuota { limit });
    }
    let made = Matchmaker { fields: fields.clone(), created_at: context.now, tags: tags.clone() };
    let created = Change::MatchmakerCreated { name: name.clone(), fields: fields.into(), tags: tags.clone() };
    Ok(Decision { changes: vec![created], reply: Reply::Matchmaker(name.clone(), Box::new(made)) })
}

/// # Rejections, in this order
/// `MatchmakerNotFound`, `RuleSetNotFound`, `MatchmakerInvalid`, `QueueNotFound`, `MatchmakerInUse` (what is under way
/// would end in another way than it began).
pub(crate) fn decide_update(
    state: &State,
    name: &MatchmakerName,
    patch: &MatchmakerPatch,
) -> Result<Decision, Rejection> {
    let old = state.matchmaker(name)?;
    let fields = completed(state, patched(old.fields.clone(), patch.clone()))?;
    let active_tickets = state.active_count(name);
    if fields.mode != old.fields.mode && active_tickets > 0 {
        return Err(Rejection::MatchmakerInUse { name: name.clone(), active_tickets });
    }
    let made = Matchmaker { fields: fields.clone(), ..old.clone() };
    let updated = Change::MatchmakerUpdated { name: name.clone(), fields: fields.into() };
    Ok(Decision { changes: vec![updated], reply: Reply::Matchmaker(name.clone(), Box::new(made)) })
}

/// # Rejections, in this order
/// `MatchmakerNotFound`, `MatchmakerInUse` (D-24).
pub(crate) fn decide_delete(state: &State, name: &MatchmakerName) -> Result<Decision, Rejection> {
    state.matchmaker(name)?;
    let active_tickets = state.active_count(name);
    if active_tickets > 0 {
        return Err(Rejection::MatchmakerInUse { name: name.clone(), active_tickets });
    }
    Ok(Decision::done(vec![Change::MatchmakerDeleted { name: name.clone() }]))
}

fn patched(mut fields: MatchmakerFields, patch: MatchmakerPatch) -> MatchmakerFields {
    /// An empty text clears a member (D-23).
    fn text(old: &mut Option<String>, new: Option<String>) {
        if let Some(new) = new {
            *old = Some(new).filter(|text| !text.is_empty());
        }
    }
    fn set<T>(old: &mut T, new: Option<T>) {
        if let Some(new) = new {
            *old = new;
        }
    }
    text(&mut fields.description, patch.description);
    text(&mut fields.notification_target, patch.notification_target);
    text(&mut fields.custom_event_data, patch.custom_event_data);
    text(&mut fields.game_session_data, patch.game_session_data);
    set(&mut fields.rule_set, patch.rule_set);
    set(&mut fields.request_timeout, patch.request_timeout);
    set(&mut fields.acceptance_required, patch.acceptance_required);
    fields.acceptance_timeout = patch.acceptance_timeout.or(fields.acceptance_timeout);
    fields.mode = patch.mode.or(fields.mode);
    set(&mut fields.queues, patch.queues);
    set(&mut fields.additional_players, patch.additional_players);
    set(&mut fields.game_properties, patch.game_properties);
    fields.backfill_mode = patch.backfill_mode.or(fields.backfill_mode);
    fields
}

/// Fills in the defaults (D-17, D-19, D-20) and checks the whole.
fn completed(state: &State, mut fields: MatchmakerFields) -> Result<MatchmakerFields, Rejection> {
    let rule_set = state.rule_sets.get(&fields.rule_set);
    let rule_set = rule_set.ok_or_else(|| Rejection::RuleSetNotFound(fields.rule_set.clone()))?;
    let by_queues = if fields.queues.is_empty() { Mode::Standalone } else { Mode::WithQueue };
    let mode = *fields.mode.get_or_insert(by_queues);
    let backfill = *fields.backfill_mode.get_or_insert(BackfillMode::Manual);
    if fields.acceptance_required {
        fields.acceptance_timeout.get_or_insert(ACCEPTANCE_TIMEOUT_DEFAULT);
    }
    let invalid = |why: &str| Err(Rejection::MatchmakerInvalid(why.to_string()));
    match mode {
        Mode::WithQueue if fields.queues.is_empty() => {
            return invalid(
                "FlexMatchMode WITH_QUEUE needs GameSessionQueueArns; give one, or use STANDALONE",
            );
        }
        Mode::WithQueue => {
            if let Some(queue) = fields.queues.iter().find(|queue| !state.hosting.queues.contains_key(*queue))
            {
                return Err(Rejection::QueueNotFound(queue.clone()));
            }
            let least: u32 = rule_set
                .compiled
                .iter()
                .flat_map(|rules| &rules.teams)
                .map(|team| team.min_players.0[0])
                .sum();
            let most: u32 = rule_set
                .compiled
                .iter()
                .flat_map(|rules| &rules.teams)
                .map(|team| team.max_players.0[0])
                .sum();
            if least + fields.additional_players > most {
                return Err(Rejection::MatchmakerInvalid(format!(
                    "AdditionalPlayerCount {} leaves {} of {most} seats, but the teams need at least {least}; lower it",
                    fields.additional_players,
                    most.saturating_sub(fields.additional_players)
                )));
            }
        }
        Mode::Standalone if !fields.queues.is_empty() => {
            return invalid(
                "FlexMatchMode STANDALONE takes no GameSessionQueueArns; leave them out, or use WITH_QUEUE",
            );
        }
        Mode::Standalone if backfill == BackfillMode::Automatic => {
            return invalid("BackfillMode AUTOMATIC needs FlexMatchMode WITH_QUEUE; use MANUAL");
        }
        Mode::Standalone => {}
    }
    Ok(fields)
}

pub(crate) fn apply_created(
    state: &mut State,
    at: Timestamp,
    name: &MatchmakerName,
    fields: &MatchmakerFields,
    tags: &BTreeMap<String, String>,
) {
    let made = Matchmaker { fields: fields.clone(), created_at: at, tags: tags.clone() };
    state.matchmakers.insert(name.clone(), made);
}

pub(crate) fn apply_updated(state: &mut State, name: &MatchmakerName, fields: &MatchmakerFields) {
    if let Some(made) = state.matchmakers.get_mut(name) {
        made.fields = fields.clone();
    }
}

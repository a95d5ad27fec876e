//! Another name for a fleet, which can be pointed elsewhere without telling the clients.

use std::collections::BTreeMap;

use matchwright_model::{AliasId, FleetId, Timestamp};

use crate::decide::{Context, Decision, Draft, Reply};
use crate::resource::check_tags;
use crate::{Change, Destination, Queue, Rejection, State, placement};

#[derive(Debug, Clone, PartialEq)]
pub struct Alias {
    pub fields: AliasFields,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AliasFields {
    pub name: String,
    pub description: Option<String>,
    pub routing: Routing,
}

/// Where an alias leads.
#[derive(Debug, Clone, PartialEq)]
pub enum Routing {
    /// SIMPLE.
    Fleet(FleetId),
    /// TERMINAL: nowhere, with a text for the player.
    Nowhere { message: String },
}

/// Only the given members change; an empty text clears one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AliasPatch {
    pub name: Option<String>,
    pub description: Option<String>,
    pub routing: Option<Routing>,
}

fn check_routing(state: &State, routing: &Routing) -> Result<(), Rejection> {
    match routing {
        Routing::Fleet(id) => state.fleet(id).map(|_| ()),
        Routing::Nowhere { .. } => Ok(()),
    }
}

/// # Rejections, in this order
/// `FleetNotFound`, `TagReserved`, `TagQuota`, `Quota`.
pub(crate) fn decide_create(
    state: &State,
    context: &Context<'_>,
    fields: &AliasFields,
    tags: &BTreeMap<String, String>,
) -> Result<Decision, Rejection> {
    check_routing(state, &fields.routing)?;
    check_tags(tags, context.settings)?;
    let limit = context.settings.aliases_max;
    if state.aliases.len() >= limit {
        return Err(Rejection::Quota { what: "aliases", limit });
    }
    let id = AliasId::new(format!("alias-{}", context.fresh.uuid()));
    let made = Alias {
        fields: fields.clone(),
        created_at: context.now,
        updated_at: context.now,
        tags: tags.clone(),
    };
    let created = Change::AliasCreated { id: id.clone(), fields: fields.clone(), tags: tags.clone() };
    Ok(Decision { changes: vec![created], reply: Reply::Alias(id, Box::new(made)) })
}

/// What waits in the queues that lead to it tries its new fleet.
///
/// # Rejections, in this order
/// `AliasNotFound`, `FleetNotFound`.
pub(crate) fn decide_update(
    state: &State,
    context: &Context<'_>,
    id: &AliasId,
    patch: &AliasPatch,
) -> Result<Decision, Rejection> {
    let alias = state.alias(id)?;
    let old = &alias.fields;
    let fields = AliasFields {
        name: patch.name.clone().unwrap_or_else(|| old.name.clone()),
        description: match &patch.description {
            Some(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            None => old.description.clone(),
        },
        routing: patch.routing.clone().unwrap_or_else(|| old.routing.clone()),
    };
    check_routing(state, &fields.routing)?;
    let made = Alias { fields: fields.clone(), updated_at: context.now, ..alias.clone() };
    let mut draft = Draft::default();
    if let Routing::Fleet(fleet) = &fields.routing {
        offer_fleet(state, context, id, fleet, &mut draft);
    }
    draft.changes.insert(0, Change::AliasUpdated { id: id.clone(), fields });
    Ok(Decision { changes: draft.changes, reply: Reply::Alias(id.clone(), Box::new(made)) })
}

fn offer_fleet(state: &State, context: &Context<'_>, id: &AliasId, fleet: &FleetId, draft: &mut Draft) {
    let is_meant = |one: &Destination| matches!(one, Destination::Alias(alias) if alias == id);
    for (name, queue) in &state.queues {
        if queue.fields.destinations.iter().any(is_meant) {
            // The decision does not see the alias as it will be: to these placements it is its fleet already.
            let mut led: Queue = queue.clone();
            let meant = led.fields.destinations.iter_mut().filter(|one| is_meant(one));
            meant.for_each(|one| *one = Destination::Fleet(fleet.clone()));
            placement::offer_all(state, context, name, &led, draft);
        }
    }
}

/// # Rejections, in this order
/// `AliasNotFound`, `AliasInUse`.
pub(crate) fn decide_delete(state: &State, id: &AliasId) -> Result<Decision, Rejection> {
    state.alias(id)?;
    let is_meant =
        |destination: &Destination| matches!(destination, Destination::Alias(alias) if alias == id);
    if let Some((queue, _)) =
        state.queues.iter().find(|(_, queue)| queue.fields.destinations.iter().any(is_meant))
    {
        return Err(Rejection::AliasInUse { alias: id.clone(), queue: queue.clone() });
    }
    Ok(Decision::done(vec![Change::AliasDeleted { id: id.clone() }]))
}

pub(crate) fn apply_updated(state: &mut State, at: Timestamp, id: &AliasId, fields: &AliasFields) {
    if let Some(alias) = state.aliases.get_mut(id) {
        alias.fields = fields.clone();
        alias.updated_at = at;
    }
}

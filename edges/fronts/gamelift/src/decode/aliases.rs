//! Aliases (hosting 3.2).

use matchwright_hosting::{AliasFields, AliasPatch, Command, Query, Resource, Routing};

use super::{Asked, PAGE_MAX, command, page_of, query};
use crate::shapes::Shapes;

pub(super) fn create(shapes: &Shapes<'_>) -> Option<Asked> {
    shapes.required("Name");
    shapes.required("RoutingStrategy");
    let given = patch(shapes);
    let tags = shapes.tags("Tags");
    let fields = AliasFields { name: given.name?, description: given.description, routing: given.routing? };
    command(Command::CreateAlias { fields, tags: tags? }, None)
}

pub(super) fn update(shapes: &Shapes<'_>) -> Option<Asked> {
    let alias = shapes.required_alias();
    let patch = patch(shapes);
    let alias = alias?;
    command(Command::UpdateAlias { alias: alias.clone(), patch }, Some(Resource::Alias(alias)))
}

pub(super) fn delete(shapes: &Shapes<'_>) -> Option<Asked> {
    let alias = shapes.required_alias()?;
    command(Command::DeleteAlias { alias: alias.clone() }, Some(Resource::Alias(alias)))
}

pub(super) fn describe(shapes: &Shapes<'_>) -> Option<Asked> {
    let alias = shapes.required_alias()?;
    query(Query::Alias(alias.clone()), Some(Resource::Alias(alias)))
}

pub(super) fn resolve(shapes: &Shapes<'_>) -> Option<Asked> {
    let alias = shapes.required_alias()?;
    query(Query::Resolve(alias.clone()), Some(Resource::Alias(alias)))
}

pub(super) fn list(shapes: &Shapes<'_>) -> Option<Asked> {
    let leads_nowhere = shapes.choice("RoutingStrategyType", &[("SIMPLE", false), ("TERMINAL", true)]);
    let name = shapes.optional_text("Name", 1..=1024);
    query(Query::Aliases { name, leads_nowhere, page: page_of(shapes, PAGE_MAX)? }, None)
}

/// The members that create and update share; what is not given stays `None`.
fn patch(shapes: &Shapes<'_>) -> AliasPatch {
    let name = shapes.optional_text("Name", 1..=1024).filter(|name| {
        let fits = !name.trim().is_empty();
        if !fits {
            shapes.violate("Name", "a text that is not only spaces", format!("{name:?}"));
        }
        fits
    });
    AliasPatch {
        name,
        description: shapes.optional_text("Description", 1..=1024),
        routing: shapes.get("RoutingStrategy").and_then(|given| {
            let routing = shapes.inside("RoutingStrategy", given)?;
            self::routing(&routing)
        }),
    }
}

fn routing(shapes: &Shapes<'_>) -> Option<Routing> {
    shapes.required("Type");
    match shapes.choice("Type", &[("SIMPLE", false), ("TERMINAL", true)])? {
        false => shapes.required_fleet().map(Routing::Fleet),
        true => {
            Some(Routing::Nowhere { message: shapes.optional_text("Message", 0..=1024).unwrap_or_default() })
        }
    }
}

//! Locations (hosting 3.1).

use matchwright_hosting::{Command, Query, Resource};

use super::{Asked, command, page, query};
use crate::shapes::Shapes;

pub(super) fn create(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.new_location("LocationName");
    let tags = shapes.tags("Tags");
    let name = name?;
    command(Command::CreateLocation { name: name.clone(), tags: tags? }, Some(Resource::Location(name)))
}

pub(super) fn delete(shapes: &Shapes<'_>) -> Option<Asked> {
    let name = shapes.custom_location("LocationName")?;
    command(Command::DeleteLocation { name: name.clone() }, Some(Resource::Location(name)))
}

pub(super) fn list(shapes: &Shapes<'_>) -> Option<Asked> {
    let kinds: Vec<bool> = match shapes.get("Filters") {
        Some(kinds) => shapes.each("Filters", kinds, 1..=2, |path, kind| {
            shapes.choice_of(path, kind, &[("AWS", false), ("CUSTOM", true)])
        })?,
        None => vec![true],
    };
    let limit = match shapes.get("Limit") {
        Some(limit) => shapes.whole("Limit", limit, 1, 200),
        None => Some(200),
    };
    // Of Amazon's own locations there are none here: a page of nothing.
    let limit = limit.map(|limit| if kinds.contains(&true) { limit } else { 0 });
    query(Query::Locations { page: page(shapes, limit)? }, None)
}

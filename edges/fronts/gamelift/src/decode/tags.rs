//! Tags, on whatever can carry them.

use std::fmt::Arguments;

use matchwright_amazon::resource_of;
use matchwright_engine::{Command, Query, Resource};

use super::Asked;
use crate::Ask;
use crate::shapes::Shapes;

pub(super) fn tag(shapes: &Shapes<'_>) -> Option<Asked> {
    let resource = resource(shapes);
    let tags = shapes.required("Tags").and_then(|_| shapes.tags("Tags"));
    let resource = resource?;
    let command = Command::Tag { resource: resource.clone(), tags: tags? };
    Some((Ask::Command(command), Some(resource)))
}

pub(super) fn untag(shapes: &Shapes<'_>) -> Option<Asked> {
    let resource = resource(shapes);
    let keys = shapes.required("TagKeys").and_then(|keys| {
        let key = |path: Arguments<'_>, item| shapes.text(path, item, 1..=128).map(str::to_string);
        shapes.each("TagKeys", keys, 0..=200, key)
    });
    let resource = resource?;
    let command = Command::Untag { resource: resource.clone(), keys: keys? };
    Some((Ask::Command(command), Some(resource)))
}

pub(super) fn list(shapes: &Shapes<'_>) -> Option<Asked> {
    let resource = resource(shapes)?;
    Some((Ask::Query(Query::Tags(resource.clone())), Some(resource)))
}

fn resource(shapes: &Shapes<'_>) -> Option<Resource> {
    let arn = shapes.required("ResourceARN").and_then(|arn| shapes.text("ResourceARN", arn, 1..=1011))?;
    let found = resource_of(arn);
    if found.is_none() {
        shapes.violate(
            "ResourceARN",
            "the ARN of a matchmaking configuration or rule set, location, fleet, alias or queue",
            format!("{arn:?}"),
        );
    }
    found
}

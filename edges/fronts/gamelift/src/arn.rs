//! Amazon resource names: always written with the account, read in any form (D-11).

use matchwright_engine::Resource;

#[derive(Debug, Clone, PartialEq)]
pub struct Arns {
    prefix: String,
}

const MATCHMAKER: &str = "matchmakingconfiguration/";
const RULE_SET: &str = "matchmakingruleset/";

impl Arns {
    pub(crate) fn new(region: &str, account: &str) -> Self {
        Self { prefix: format!("arn:aws:gamelift:{region}:{account}:") }
    }

    pub fn matchmaker(&self, name: &str) -> String {
        [&self.prefix, MATCHMAKER, name].concat()
    }

    pub(crate) fn of(&self, resource: &Resource) -> String {
        match resource {
            Resource::Matchmaker(name) => self.matchmaker(name.as_str()),
            Resource::RuleSet(name) => self.rule_set(name.as_str()),
        }
    }

    pub fn rule_set(&self, name: &str) -> String {
        [&self.prefix, RULE_SET, name].concat()
    }
}

/// The name in a name or in an ARN of that kind of resource.
pub(crate) fn name_of<'t>(name_or_arn: &'t str, resource: &str) -> Option<&'t str> {
    match name_or_arn.starts_with("arn:") {
        true => name_or_arn.rsplit(':').next()?.strip_prefix(resource)?.strip_prefix('/'),
        false => Some(name_or_arn),
    }
}

/// What an ARN of ours names.
pub(crate) fn resource_of(arn: &str) -> Option<Resource> {
    let resource = arn.starts_with("arn:").then(|| arn.rsplit(':').next()).flatten()?;
    let rule_set = resource.strip_prefix(RULE_SET).map(|name| Resource::RuleSet(name.into()));
    rule_set.or_else(|| resource.strip_prefix(MATCHMAKER).map(|name| Resource::Matchmaker(name.into())))
}

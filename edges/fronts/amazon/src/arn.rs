//! Amazon resource names: always written with the account, read in any form (D-11).

use matchwright_engine::Resource;
use matchwright_hosting::Resource as Hosted;
use matchwright_model::{ComputeName, FleetId, GameSessionId};

/// Writes the names of one realm.
#[derive(Debug, Clone, PartialEq)]
pub struct Arns {
    prefix: String,
}

/// What an ARN can name, by the word that stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Matchmaker,
    RuleSet,
    Location,
    Fleet,
    Alias,
    Compute,
    Queue,
    GameSession,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Matchmaker => "matchmakingconfiguration",
            Self::RuleSet => "matchmakingruleset",
            Self::Location => "location",
            Self::Fleet => "fleet",
            Self::Alias => "alias",
            Self::Compute => "compute",
            Self::Queue => "gamesessionqueue",
            Self::GameSession => "gamesession",
        }
    }
}

impl Arns {
    pub fn new(region: &str, account: &str) -> Self {
        Self { prefix: format!("arn:aws:gamelift:{region}:{account}:") }
    }

    pub fn name(&self, kind: Kind, name: &str) -> String {
        self.parts(kind, name).concat()
    }

    /// What a name is made of, for whoever writes it part by part.
    pub fn parts<'p>(&'p self, kind: Kind, name: &'p str) -> [&'p str; 4] {
        [&self.prefix, kind.word(), "/", name]
    }

    pub fn of(&self, resource: &Resource) -> String {
        match resource {
            Resource::Matchmaker(name) => self.matchmaker(name.as_str()),
            Resource::RuleSet(name) => self.name(Kind::RuleSet, name.as_str()),
            Resource::Hosted(Hosted::Location(name)) => self.name(Kind::Location, name.as_str()),
            Resource::Hosted(Hosted::Fleet(id)) => self.fleet(id),
            Resource::Hosted(Hosted::Alias(id)) => self.name(Kind::Alias, id.as_str()),
            Resource::Hosted(Hosted::Queue(name)) => self.name(Kind::Queue, name.as_str()),
        }
    }

    pub fn matchmaker(&self, name: &str) -> String {
        self.name(Kind::Matchmaker, name)
    }

    pub fn fleet(&self, id: &FleetId) -> String {
        self.name(Kind::Fleet, id.as_str())
    }

    pub fn compute(&self, name: &ComputeName) -> String {
        self.name(Kind::Compute, name.as_str())
    }

    /// Its id is the end of its ARN: fleet, location and name.
    pub fn game_session(&self, id: &GameSessionId) -> String {
        self.name(Kind::GameSession, id.as_str())
    }
}

/// The name in a name or in an ARN of that kind of resource.
pub fn name_of(name_or_arn: &str, kind: Kind) -> Option<&str> {
    match name_or_arn.starts_with("arn:") {
        true => name_or_arn.rsplit(':').next()?.strip_prefix(kind.word())?.strip_prefix('/'),
        false => Some(name_or_arn),
    }
}

/// What an ARN of ours names, where it can carry tags.
pub fn resource_of(arn: &str) -> Option<Resource> {
    let (kind, name) = arn.strip_prefix("arn:")?.rsplit(':').next()?.split_once('/')?;
    let kinds = [Kind::Matchmaker, Kind::RuleSet, Kind::Location, Kind::Fleet, Kind::Alias, Kind::Queue];
    Some(match kinds.into_iter().find(|one| one.word() == kind)? {
        Kind::Matchmaker => Resource::Matchmaker(name.into()),
        Kind::RuleSet => Resource::RuleSet(name.into()),
        Kind::Location => Resource::Hosted(Hosted::Location(name.into())),
        Kind::Fleet => Resource::Hosted(Hosted::Fleet(name.into())),
        Kind::Alias => Resource::Hosted(Hosted::Alias(name.into())),
        _ => Resource::Hosted(Hosted::Queue(name.into())),
    })
}

//! `[[allocators]]`: homes of queues that are not ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use matchwright_allocate::{self as allocate, Agones, AgonesOptions, Api, Client, ClientOptions, Webhook};
use matchwright_hosting::Home;
use matchwright_model::QueueName;
use serde::{Deserialize, Serialize};

use super::load::wrong;
use super::{Config, ConfigError};

/// Who finds servers for the placements of some queues.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allocator {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: AllocatorKind,
    pub queues: Vec<String>,
    #[serde(default)]
    pub region: Option<String>,
    pub url: String,
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default = "Allocator::default_concurrency")]
    pub concurrency: usize,
    #[serde(default = "Allocator::default_timeout_seconds")]
    pub timeout_seconds: u64,
    #[serde(default = "Allocator::default_life_seconds")]
    pub session_seconds: u64,
    #[serde(default = "Allocator::default_life_seconds")]
    pub reservation_seconds: u64,
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    #[serde(default)]
    pub certificate_file: Option<PathBuf>,
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    #[serde(default)]
    pub api: AgonesApi,
    #[serde(default = "Allocator::default_namespace")]
    pub namespace: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    #[serde(default)]
    pub scheduling: Scheduling,
    #[serde(default)]
    pub players_list: Option<String>,
    #[serde(default)]
    pub port_name: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllocatorKind {
    Agones,
    Webhook,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgonesApi {
    #[default]
    Kubernetes,
    Allocator,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheduling {
    #[default]
    Packed,
    Distributed,
}

impl Allocator {
    fn default_concurrency() -> usize {
        16
    }

    fn default_timeout_seconds() -> u64 {
        10
    }

    fn default_life_seconds() -> u64 {
        Home::default().life.as_secs()
    }

    fn default_namespace() -> String {
        "default".to_string()
    }

    pub fn serves(&self, region: &str) -> bool {
        self.region.as_deref().is_none_or(|own| own == region)
    }

    pub fn location(&self) -> &str {
        self.location.as_deref().unwrap_or(&self.name)
    }

    fn files(&mut self) -> [&mut Option<PathBuf>; 4] {
        [&mut self.token_file, &mut self.ca_file, &mut self.certificate_file, &mut self.key_file]
    }

    fn build(&self) -> Result<Arc<dyn allocate::Allocator>, allocate::Unusable> {
        let client = Client::new(ClientOptions {
            url: self.url.clone(),
            timeout: Duration::from_secs(self.timeout_seconds),
            token_file: self.token_file.clone(),
            ca_file: self.ca_file.clone(),
            certificate_file: self.certificate_file.clone(),
            key_file: self.key_file.clone(),
        })?;
        Ok(match self.kind {
            AllocatorKind::Agones => Arc::new(Agones::new(client, self.agones())),
            AllocatorKind::Webhook => Arc::new(Webhook::new(client)),
        })
    }

    fn agones(&self) -> AgonesOptions {
        AgonesOptions {
            api: match self.api {
                AgonesApi::Kubernetes => Api::Kubernetes,
                AgonesApi::Allocator => Api::Allocator,
            },
            namespace: self.namespace.clone(),
            labels: self.labels.clone(),
            scheduling: match self.scheduling {
                Scheduling::Packed => allocate::Scheduling::Packed,
                Scheduling::Distributed => allocate::Scheduling::Distributed,
            },
            players_list: self.players_list.clone(),
            port_name: self.port_name.clone(),
        }
    }
}

impl Config {
    /// The queues of a region that are homed elsewhere.
    pub fn homes(&self, region: &str) -> BTreeMap<QueueName, Home> {
        let here = self.allocators.iter().filter(|one| one.serves(region));
        let homes = here.flat_map(|one| {
            let home = Home {
                life: Duration::from_secs(one.session_seconds),
                reservation: Duration::from_secs(one.reservation_seconds),
            };
            one.queues.iter().map(move |queue| (QueueName::new(queue.as_str()), home))
        });
        homes.collect()
    }
}

/// An allocator as it is configured, and as it is asked.
type Ready<'c> = (&'c Allocator, Arc<dyn allocate::Allocator>);

/// The configured allocators, ready to be asked.
///
/// # Errors
/// The first file that cannot be used.
pub fn allocators(config: &Config) -> Result<Vec<Ready<'_>>, ConfigError> {
    let built = config.allocators.iter().map(|one| {
        let unusable =
            |why: allocate::Unusable| ConfigError::Allocator { name: one.name.clone(), why: why.to_string() };
        one.build().map(|allocator| (one, allocator)).map_err(unusable)
    });
    built.collect()
}

/// Files are named relative to the configuration file.
pub(super) fn resolve(config: &mut Config, file: Option<&Path>) {
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    for path in config.allocators.iter_mut().flat_map(Allocator::files).flatten() {
        *path = folder.join(&*path);
    }
}

pub(super) fn check(config: &Config, place: &str) -> Result<(), ConfigError> {
    let mut names = BTreeSet::new();
    let mut homed = BTreeSet::new();
    for one in &config.allocators {
        check_one(config, place, one)?;
        if one.name.is_empty() || !names.insert(&one.name) {
            return Err(wrong(place, "allocators[].name", "a name that no other allocator has", &one.name));
        }
        for region in config.regions.iter().filter(|region| one.serves(region)) {
            if let Some(queue) = one.queues.iter().find(|queue| !homed.insert((region, *queue))) {
                return Err(wrong(place, "allocators[].queues", "each queue once", queue));
            }
        }
    }
    Ok(())
}

fn check_one(config: &Config, place: &str, one: &Allocator) -> Result<(), ConfigError> {
    if one.queues.is_empty() {
        return Err(wrong(place, "allocators[].queues", "at least one queue", "none"));
    }
    if !(one.url.starts_with("http://") || one.url.starts_with("https://")) {
        return Err(wrong(place, "allocators[].url", "http:// or https://", &one.url));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let location = one.location();
    if !(1..=64).contains(&location.len()) || !location.bytes().all(fits) {
        let expected = "1 to 64 letters, digits and hyphens, which go into ARNs";
        return Err(wrong(place, "allocators[].location", expected, location));
    }
    if let Some(region) = one.region.as_ref().filter(|region| !config.regions.contains(region)) {
        return Err(wrong(place, "allocators[].region", "a region that is served", region));
    }
    if !(1..=256).contains(&one.concurrency) {
        return Err(wrong(place, "allocators[].concurrency", "1 to 256", &one.concurrency.to_string()));
    }
    let at_least_one = [
        ("allocators[].timeout_seconds", one.timeout_seconds),
        ("allocators[].session_seconds", one.session_seconds),
        ("allocators[].reservation_seconds", one.reservation_seconds),
    ];
    if let Some((key, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
        return Err(wrong(place, key, "at least 1", "0"));
    }
    match one.certificate_file.is_some() == one.key_file.is_some() {
        true => Ok(()),
        false => {
            let expected = "both certificate_file and key_file, or neither";
            Err(wrong(place, "allocators[].certificate_file", expected, "one of them"))
        }
    }
}

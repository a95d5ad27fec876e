//! Sources to a checked configuration.

use std::path::{Path, PathBuf};

use matchwright_gamelift::auth::Keyring;
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::{Config, ConfigError, KEYS, allocator, allocators};

/// Where settings come from; a later one wins.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    pub file: Option<PathBuf>,
    /// All variables; those that begin with `MATCHWRIGHT_` count, `__` separates section and key.
    pub environment: Vec<(String, String)>,
    /// `section.key=value` from the command line, after named flags were turned into the same form.
    pub set: Vec<String>,
}

/// Reads and checks everything.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let mut table = match &sources.file {
        Some(path) => read_file(path)?,
        None => Table::new(),
    };
    for (name, value) in &sources.environment {
        let Some(rest) = name.strip_prefix("MATCHWRIGHT_") else { continue };
        let path = rest.to_ascii_lowercase().replace("__", ".");
        assign(&mut table, &path, value, &format!("environment variable {name}"))?;
    }
    for one in &sources.set {
        let place = format!("--set {one}");
        let (path, value) = one
            .split_once('=')
            .ok_or_else(|| ConfigError::NotAssignment { place: place.clone(), found: one.clone() })?;
        assign(&mut table, path.trim(), value, &place)?;
    }
    let place = sources.file.as_ref().map_or("configuration".to_string(), |path| path.display().to_string());
    let mut config = Config::deserialize(Value::Table(table))
        .map_err(|error| wrong(&place, "value", "what the reference says", error.message()))?;
    check(&config, &place)?;
    read_policies(&mut config, sources.file.as_deref())?;
    allocator::resolve(&mut config, sources.file.as_deref());
    config.tls.resolve(sources.file.as_deref());
    allocators(&config)?;
    keyring(&config).map(|_| config)
}

pub(super) fn wrong(place: &str, key: &str, expected: &str, found: &str) -> ConfigError {
    let [place, key, expected, found] = [place, key, expected, found].map(str::to_string);
    ConfigError::WrongValue { place, key, expected, found }
}

fn read_file(path: &Path) -> Result<Table, ConfigError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::Unreadable { place: name.clone(), why: error.to_string() })?;
    let not_toml = |error: toml::de::Error| {
        let place = error.span().map_or(name.clone(), |span| place_of(&name, &text, span.start));
        ConfigError::NotToml { place, why: error.message().to_string() }
    };
    let spanned = toml::de::DeTable::parse(&text).map_err(not_toml)?;
    check_keys(spanned.get_ref(), "", &|at| place_of(&name, &text, at))?;
    // A value of the wrong type is told with its line, which only a parse of the text knows.
    toml::from_str::<Config>(&text).map_err(|error| {
        let place = error.span().map_or(name.clone(), |span| place_of(&name, &text, span.start));
        let message = error.message().trim().to_string();
        ConfigError::WrongValue {
            place,
            key: "value".to_string(),
            expected: "what the reference says".to_string(),
            found: message,
        }
    })?;
    toml::from_str(&text).map_err(not_toml)
}

fn place_of(name: &str, text: &str, at: usize) -> String {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("{name}:{line}:{column}")
}

fn check_keys(
    table: &toml::de::DeTable<'_>,
    prefix: &str,
    place: &dyn Fn(usize) -> String,
) -> Result<(), ConfigError> {
    for (key, value) in table {
        let path =
            if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        check_value(&path, key.span().start, value, place)?;
    }
    Ok(())
}

fn check_value(
    path: &str,
    at: usize,
    value: &Spanned<toml::de::DeValue<'_>>,
    place: &dyn Fn(usize) -> String,
) -> Result<(), ConfigError> {
    match value.get_ref() {
        toml::de::DeValue::Table(inner) if is_section(path) => check_keys(inner, path, place),
        toml::de::DeValue::Array(items) if is_section(&format!("{path}[]")) => {
            let tables = items.iter().filter_map(|item| match item.get_ref() {
                toml::de::DeValue::Table(inner) => Some(inner),
                _ => None,
            });
            tables.into_iter().try_for_each(|inner| check_keys(inner, &format!("{path}[]"), place))
        }
        _ => known(path, &place(at)),
    }
}

fn is_section(path: &str) -> bool {
    let inside = format!("{path}.");
    KEYS.iter().any(|key| key.path.starts_with(&inside))
}

fn known(path: &str, place: &str) -> Result<(), ConfigError> {
    if KEYS.iter().any(|key| key.path == path) {
        return Ok(());
    }
    let near = KEYS
        .iter()
        .map(|key| (strsim::jaro_winkler(key.path, path), key.path))
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .filter(|(likeness, _)| *likeness > 0.8);
    let hint = match near {
        Some((_, near)) => format!("did you mean {near}?"),
        None => "docs/reference/configuration.md lists every key".to_string(),
    };
    Err(ConfigError::UnknownKey { place: place.to_string(), key: path.to_string(), hint })
}

/// Sets `section.key` from text: a TOML value, or else a plain text.
fn assign(table: &mut Table, path: &str, text: &str, place: &str) -> Result<(), ConfigError> {
    if !["sinks", "keys", "allocators"].contains(&path) {
        known(path, place)?;
    }
    if path.contains("[]") {
        return Err(wrong(
            place,
            path,
            "a list as a whole, like sinks=[{name=\"a\", url=\"http://...\"}]",
            text,
        ));
    }
    let value = match toml::from_str::<Table>(&format!("value = {text}")) {
        Ok(mut parsed) => parsed.remove("value").unwrap_or_else(|| Value::String(text.to_string())),
        Err(_) => Value::String(text.to_string()),
    };
    // A list of one, or of texts with commas, may be written bare: region=eu-west-1,us-east-1.
    let value = match (path, value) {
        ("region", Value::String(text)) => {
            Value::Array(text.split(',').map(|one| Value::String(one.trim().to_string())).collect())
        }
        ("account", Value::Integer(_)) => Value::String(text.to_string()),
        (_, value) => value,
    };
    // Judged alone first, so that the message names this source.
    let mut alone = Table::new();
    insert(&mut alone, path, value.clone());
    Config::deserialize(Value::Table(alone))
        .map_err(|error| wrong(place, path, "what the reference says", error.message()))?;
    insert(table, path, value);
    Ok(())
}

fn insert(table: &mut Table, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(table.insert(path.to_string(), value)),
        Some((section, rest)) => {
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

fn check(config: &Config, place: &str) -> Result<(), ConfigError> {
    let is_digits = config.account.len() == 12 && config.account.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits {
        return Err(wrong(place, "account", "twelve digits", &config.account));
    }
    if config.regions.is_empty() {
        return Err(wrong(place, "region", "at least one region", "none"));
    }
    for (index, region) in config.regions.iter().enumerate() {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || region.len() > 63 || !region.bytes().all(fits) || region.starts_with('-') {
            return Err(wrong(place, "region", "names of 1 to 63 of a-z, 0-9 and -", region));
        }
        if config.regions[..index].contains(region) {
            return Err(wrong(place, "region", "each region once", region));
        }
    }
    for (index, sink) in config.sinks.iter().enumerate() {
        if sink.name.is_empty() || config.sinks[..index].iter().any(|other| other.name == sink.name) {
            return Err(wrong(place, "sinks[].name", "a name that no other sink has", &sink.name));
        }
        if !(sink.url.starts_with("http://") || sink.url.starts_with("https://")) {
            return Err(wrong(place, "sinks[].url", "http:// or https://", &sink.url));
        }
    }
    let holds = [
        ("search.hold_seconds", config.search.hold_seconds),
        ("search.hold_partial_seconds", config.search.hold_partial_seconds),
    ];
    for (key, seconds) in holds {
        if !(0.0..=43_200.0).contains(&seconds) {
            return Err(wrong(place, key, "0 to 43200 seconds", &seconds.to_string()));
        }
    }
    let at_least_one = [
        ("limits.body_bytes", config.limits.body_bytes),
        ("limits.requests", config.limits.requests),
        ("limits.connections", config.limits.connections),
        ("events.keep", config.events.keep),
    ];
    if let Some((key, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
        return Err(wrong(place, key, "at least 1", "0"));
    }
    check_hosting(config, place)?;
    allocator::check(config, place)?;
    if !(1..=64).contains(&config.search.workers) {
        return Err(wrong(place, "search.workers", "1 to 64", &config.search.workers.to_string()));
    }
    if config.limits.body_bytes > 1 << 20 {
        return Err(wrong(
            place,
            "limits.body_bytes",
            "at most 1048576",
            &config.limits.body_bytes.to_string(),
        ));
    }
    if !config.listen.ip().is_loopback() && config.keys.is_empty() && !config.insecure_listen {
        return Err(ConfigError::OpenListen { address: config.listen.to_string() });
    }
    Ok(())
}

const YEAR_SECONDS: u64 = 31_536_000;

fn check_hosting(config: &Config, place: &str) -> Result<(), ConfigError> {
    let hosting = &config.hosting;
    if let Some((key, _)) = hosting.at_least_one().iter().find(|(_, value)| *value == 0) {
        return Err(wrong(place, key, "at least 1", "0"));
    }
    if let Some((key, value)) = hosting.seconds().iter().find(|(_, seconds)| *seconds > YEAR_SECONDS) {
        return Err(wrong(place, key, "at most a year", &value.to_string()));
    }
    if hosting.heartbeats_missed > 1000 {
        let found = hosting.heartbeats_missed.to_string();
        return Err(wrong(place, "hosting.heartbeats_missed", "at most 1000", &found));
    }
    let endpoint = &hosting.public_endpoint;
    let is_url = endpoint.starts_with("ws://") || endpoint.starts_with("wss://");
    if !endpoint.is_empty() && (!is_url || endpoint.len() > 128) {
        let expected = "ws:// or wss://, at most 128 characters";
        return Err(wrong(place, "hosting.public_endpoint", expected, endpoint));
    }
    if let Some(path) = hosting.paths.iter().find(|path| !path.starts_with('/')) {
        return Err(wrong(place, "hosting.paths", "paths that begin with /", path));
    }
    let (certificate, key) = (&config.tls.certificate, &config.tls.key);
    if certificate.as_os_str().is_empty() != key.as_os_str().is_empty() {
        return Err(wrong(place, "tls", "both certificate and key, or neither", "one of them"));
    }
    Ok(())
}

/// Replaces `policy_file` by its text.
fn read_policies(config: &mut Config, file: Option<&Path>) -> Result<(), ConfigError> {
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    for key in &mut config.keys {
        if let Some(path) = key.policy_file.take() {
            let path = folder.join(path);
            let text = std::fs::read_to_string(&path).map_err(|error| ConfigError::Unreadable {
                place: path.display().to_string(),
                why: error.to_string(),
            })?;
            key.policy = Some(text);
        }
    }
    Ok(())
}

/// The configured keys, ready to verify with.
///
/// # Errors
/// The first key that cannot be used.
pub fn keyring(config: &Config) -> Result<Keyring, ConfigError> {
    let mut keyring = Keyring::default();
    for key in &config.keys {
        keyring
            .add(&key.access_key_id, &key.secret, key.policy.as_deref())
            .map_err(|why| ConfigError::Key { id: key.access_key_id.clone(), why })?;
    }
    Ok(keyring)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_text(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("matchwright.toml");
        std::fs::write(&file, text).unwrap();
        load(&Sources { file: Some(file), ..Sources::default() })
    }

    fn set(assignments: &[&str]) -> Result<Config, ConfigError> {
        load(&Sources { set: assignments.iter().map(|one| one.to_string()).collect(), ..Sources::default() })
    }

    #[test]
    fn nothing_set_is_the_default() {
        assert_eq!(load(&Sources::default()), Ok(Config::default()));
        assert_eq!(from_text(""), Ok(Config::default()));
    }

    #[test]
    fn a_file_is_read() {
        let config = from_text(
            "listen = \"127.0.0.1:0\"\nregion = \"eu-west-1\"\n[[sinks]]\nname = \"game\"\nurl = \"http://127.0.0.1:1/x\"\nformat = \"sns\"\n[limits]\nrequests = 7\n",
        );
        let config = config.unwrap();
        assert_eq!((config.listen.port(), config.limits.requests), (0, 7));
        assert_eq!(config.sinks[0].format, super::super::SinkFormat::Sns);
    }

    #[test]
    fn a_region_is_a_name_or_a_list_of_names() {
        let regions = |text: &str| from_text(text).map(|config| config.regions);
        assert_eq!(regions("region = \"eu-west-1\""), Ok(vec!["eu-west-1".to_string()]));
        assert_eq!(regions("region = [\"a\", \"b\"]"), Ok(vec!["a".to_string(), "b".to_string()]));
        assert!(regions("region = 7").unwrap_err().to_string().contains("a name, or a list of names"));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place_and_a_suggestion() {
        let error = from_text("account = \"000000000000\"\n[limits]\nbody_byte = 7\n").unwrap_err();
        assert_eq!(error.code(), "C103");
        let text = error.to_string();
        assert!(
            text.contains("matchwright.toml:3:1") && text.contains("did you mean limits.body_bytes?"),
            "{text}"
        );
        assert_eq!(from_text("[[sinks]]\nnam = \"x\"\nurl = \"http://x\"").unwrap_err().code(), "C103");
        assert_eq!(from_text("[limit]\nrequests = 1").unwrap_err().code(), "C103");
        assert_eq!(set(&["limits.nothing=1"]).unwrap_err().code(), "C103");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_place() {
        let error = from_text("[limits]\n\nrequests = \"many\"\n").unwrap_err();
        assert_eq!(error.code(), "C104");
        assert!(error.to_string().contains("matchwright.toml:3:"), "{error}");
        for one in [
            "account=12",
            "region=",
            "region=a,a",
            "limits.requests=0",
            "search.hold_seconds=-1",
            "search.workers=0",
            "limits.requests=x",
            "hosting.heartbeat_seconds=0",
            "hosting.heartbeats_missed=1001",
            "hosting.ping_seconds=9000000000000000000",
            "hosting.public_endpoint=http://x",
            "hosting.paths=[\"x\"]",
            "tls.key=x.pem",
        ] {
            assert_eq!(set(&[one]).unwrap_err().code(), "C104", "{one}");
        }
        assert_eq!(from_text("x = = 1").unwrap_err().code(), "C102");
        assert_eq!(set(&["listen"]).unwrap_err().code(), "C105");
    }

    #[test]
    fn certificates_are_named_relative_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("matchwright.toml");
        std::fs::write(&file, "[tls]\ncertificate = \"c.pem\"\nkey = \"/elsewhere/k.pem\"\n").unwrap();
        let tls = load(&Sources { file: Some(file), ..Sources::default() }).unwrap().tls;
        let key = std::path::PathBuf::from("/elsewhere/k.pem");
        assert_eq!((tls.certificate, tls.key), (folder.path().join("c.pem"), key));
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_command_line_over_both() {
        let environment = vec![
            ("MATCHWRIGHT_LIMITS__REQUESTS".to_string(), "5".to_string()),
            ("MATCHWRIGHT_REGION".to_string(), "eu-west-1,us-east-1".to_string()),
            ("HOME".to_string(), "/".to_string()),
        ];
        let set = vec!["limits.requests=6".to_string()];
        let config = load(&Sources { file: None, environment, set }).unwrap();
        assert_eq!(config.limits.requests, 6);
        assert_eq!(config.regions, ["eu-west-1", "us-east-1"]);
    }

    #[test]
    fn an_open_address_without_keys_needs_a_word() {
        assert_eq!(set(&["listen=0.0.0.0:80"]).unwrap_err().code(), "C106");
        assert!(set(&["listen=0.0.0.0:80", "insecure_listen=true"]).is_ok());
        assert!(
            set(&[
                "listen=0.0.0.0:80",
                "keys=[{access_key_id=\"a\", secret=\"0123456789012345678901234567890123456789\"}]"
            ])
            .is_ok()
        );
    }
}

//! What is wrong with a configuration. A released code keeps its meaning.

use matchwright_gamelift::auth::KeyError;

/// Found while the configuration was read; nothing was started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{place}: cannot be read: {why}; correct the path, or leave the file out [C101]")]
    Unreadable { place: String, why: String },
    #[error("{place}: not TOML: {why} [C102]")]
    NotToml { place: String, why: String },
    #[error("{place}: unknown key {key}; {hint} [C103]")]
    UnknownKey { place: String, key: String, hint: String },
    #[error("{place}: {key}: expected {expected}, found {found} [C104]")]
    WrongValue { place: String, key: String, expected: String, found: String },
    #[error("{place}: expected section.key=value, found {found} [C105]")]
    NotAssignment { place: String, found: String },
    #[error(
        "listen is {address}, which other machines can reach, and no keys are configured; add [[keys]], listen on 127.0.0.1, or allow it with insecure_listen = true (--insecure-listen) [C106]"
    )]
    OpenListen { address: String },
    #[error("key {id}: {why} [C107]")]
    Key { id: String, why: KeyError },
    #[error("allocator {name}: {why}; correct the path or the file [C108]")]
    Allocator { name: String, why: String },
}

impl ConfigError {
    /// The stable code, as at the end of the message.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "C101",
            Self::NotToml { .. } => "C102",
            Self::UnknownKey { .. } => "C103",
            Self::WrongValue { .. } => "C104",
            Self::NotAssignment { .. } => "C105",
            Self::OpenListen { .. } => "C106",
            Self::Key { .. } => "C107",
            Self::Allocator { .. } => "C108",
        }
    }
}

//! What a game server can ask: a closed list (spec hosting 1.4).

macro_rules! actions {
    ($($name:ident),* $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Action { $($name),* }

        impl Action {
            pub const ALL: &'static [Action] = &[$(Action::$name),*];

            /// As it stands in a request, and exactly so in its answer.
            pub fn name(self) -> &'static str {
                match self { $(Action::$name => stringify!($name)),* }
            }

            pub fn of_name(name: &str) -> Option<Self> {
                match name { $(stringify!($name) => Some(Action::$name),)* _ => None }
            }
        }
    };
}

actions! {
    AcceptPlayerSession,
    ActivateGameSession,
    ActivateServerProcess,
    DescribePlayerSessions,
    GetComputeCertificate,
    GetFleetRoleCredentials,
    HeartbeatServerProcess,
    RemovePlayerSession,
    StartMatchBackfill,
    StopMatchBackfill,
    TerminateServerProcess,
    UpdatePlayerSessionCreationPolicy,
}

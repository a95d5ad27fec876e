//! Commands in any order: nothing panics, every change can be applied, and a snapshot rebuilds what came of it, with its
//! indexes.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_hosting::{
    AliasFields, AliasPatch, Command, ComputeFields, Context, Destination, Fallback, FleetFields, FleetPatch,
    Fresh, JoinPolicy, LatencyPolicy, LocationOverride, PlacementRequest, PlayerLatency, PlayerRequest,
    Priority, ProcessKey, QueueFields, QueuePatch, Routing, Sdk, SessionFields, SessionPatch, SessionRequest,
    Settings, State, Target, TerminationMode, apply, decide, decide_tick, push, snapshot,
};
use matchwright_model::{
    AliasId, FleetId, GameSessionId, LocationName, PlacementId, PlayerSessionId, QueueName, Timestamp,
};
use proptest::prelude::*;

/// One draw: which command, and the numbers that its names come from.
type Draw = (u8, u8, u8, u8);

/// Few names, so that most commands meet something; now and then one that nobody has.
struct World {
    state: State,
    settings: Settings,
    now: Timestamp,
    sent: u128,
}

fn nth<T>(all: impl ExactSizeIterator<Item = T>, number: u8) -> Option<T> {
    let many = all.len();
    let mut all = all;
    if many == 0 { None } else { all.nth(usize::from(number) % many) }
}

fn location(number: u8) -> LocationName {
    LocationName::from(format!("custom-{}", number % 3).as_str())
}

fn queue(number: u8) -> QueueName {
    QueueName::from(format!("queue-{}", number % 2).as_str())
}

fn players(count: u8, first: u8) -> Vec<PlayerRequest> {
    let player = |number: u8| PlayerRequest { player: format!("p{number}").as_str().into(), data: None };
    (0..count % 4).map(|offset| player(first.wrapping_add(offset) % 6)).collect()
}

impl World {
    fn begin() -> Self {
        let seconds = Duration::from_secs;
        let settings = Settings {
            activation_timeout: seconds(7),
            reservation: seconds(5),
            ready_timeout: seconds(6),
            reconnect_grace: seconds(8),
            termination_grace: seconds(9),
            token_life: seconds(20),
            session_retention: seconds(30),
            placement_retention: seconds(30),
            process_retention: seconds(30),
            queue_timeout: seconds(15),
            placement_attempts: 2,
            processes_max: 8,
            fleets_max: 2,
            due_per_tick: 3,
            ..Settings::default()
        };
        Self { state: State::new(&settings), settings, now: Timestamp::from_secs(100), sent: 0 }
    }

    fn fleet(&self, number: u8) -> FleetId {
        nth(self.state.fleets.keys(), number).cloned().unwrap_or_else(|| "fleet-none".into())
    }

    fn alias(&self, number: u8) -> AliasId {
        nth(self.state.aliases.keys(), number).cloned().unwrap_or_else(|| "alias-none".into())
    }

    fn process(&self, number: u8, other: u8) -> ProcessKey {
        let live = self.state.processes.values().filter(|process| process.is_live());
        let live: Vec<&ProcessKey> = live.map(|process| &process.key).collect();
        let known = nth(live.into_iter(), number).cloned();
        known.filter(|_| !other.is_multiple_of(4)).unwrap_or_else(|| ProcessKey {
            fleet: self.fleet(number),
            compute: format!("machine-{}", other % 2).as_str().into(),
            id: format!("process-{}", number % 64).as_str().into(),
        })
    }

    fn session(&self, number: u8) -> GameSessionId {
        nth(self.state.sessions.keys(), number).cloned().unwrap_or_else(|| "session-none".into())
    }

    fn placement(&self, number: u8) -> PlacementId {
        nth(self.state.placements.keys(), number).cloned().unwrap_or_else(|| "placement-none".into())
    }

    fn seat(&self, session: &GameSessionId, number: u8) -> PlayerSessionId {
        let seats = self.state.sessions.get(session).map(|session| session.players.iter());
        let seat = seats.and_then(|seats| nth(seats, number));
        seat.map_or_else(|| "psess-none".into(), |seat| seat.id.clone())
    }

    fn target(&self, number: u8) -> Target {
        match number % 3 {
            0 => Target::Alias(self.alias(number)),
            _ => Target::Fleet(self.fleet(number)),
        }
    }

    fn routing(&self, number: u8) -> Routing {
        match number % 4 {
            0 => Routing::Nowhere { message: "closed".to_string() },
            _ => Routing::Fleet(self.fleet(number)),
        }
    }

    fn queue_fields(&self, one: u8, other: u8) -> QueueFields {
        let policy = |max_latency_ms, seconds: Option<u64>| LatencyPolicy {
            max_latency_ms,
            duration: seconds.map(Duration::from_secs),
        };
        let priorities = [Priority::Location, Priority::Cost];
        QueueFields {
            timeout: Duration::from_secs(u64::from(other % 20)),
            destinations: vec![Destination::Fleet(self.fleet(one)), Destination::Alias(self.alias(other))],
            latency_policies: match one % 3 {
                0 => vec![policy(10, Some(2)), policy(60, Some(3)), policy(100, None)],
                1 => vec![policy(10, None), policy(60, Some(0))],
                _ => Vec::new(),
            },
            allowed_locations: (0..other % 3).map(location).collect(),
            priority: priorities[..usize::from(one % 3)].to_vec(),
            location_order: (0..3).map(location).collect(),
            custom_event_data: None,
            notification_target: None,
        }
    }

    fn of_owner(&self, (kind, one, two, three): Draw) -> Command {
        let tags = BTreeMap::new;
        let locations = || (0..=one % 3).map(location).collect();
        match kind % 15 {
            0 => Command::CreateLocation { name: location(one), tags: tags() },
            1 => Command::DeleteLocation { name: location(one) },
            2 | 3 => Command::CreateFleet {
                fields: FleetFields {
                    name: "fleet".to_string(),
                    description: None,
                    cost: format!("{two}.5").parse().ok(),
                    is_protected: false,
                    creation_limit: None,
                    metric_group: None,
                },
                locations: locations(),
                tags: tags(),
            },
            4 => Command::UpdateFleet { fleet: self.fleet(one), patch: FleetPatch::default() },
            5 if three % 8 == 0 => Command::DeleteFleet { fleet: self.fleet(one) },
            5 | 6 => Command::AddFleetLocations { fleet: self.fleet(two), locations: locations() },
            7 => Command::RemoveFleetLocations { fleet: self.fleet(two), locations: locations() },
            8 => Command::CreateAlias {
                fields: AliasFields { name: "a".to_string(), description: None, routing: self.routing(one) },
                tags: tags(),
            },
            9 => {
                let patch = AliasPatch { routing: Some(self.routing(two)), ..AliasPatch::default() };
                Command::UpdateAlias { alias: self.alias(one), patch }
            }
            10 if three % 3 == 0 => Command::DeleteAlias { alias: self.alias(one) },
            10 | 11 => Command::RegisterCompute {
                fleet: self.fleet(one),
                name: format!("machine-{}", two % 2).as_str().into(),
                fields: ComputeFields {
                    location: location(three),
                    ip: "10.0.0.1".to_string(),
                    dns: None,
                    certificate_path: None,
                },
            },
            12 if three % 4 == 0 => Command::DeregisterCompute {
                fleet: self.fleet(one),
                name: format!("machine-{}", two % 2).as_str().into(),
            },
            12 => Command::IssueToken {
                fleet: self.fleet(one),
                compute: format!("machine-{}", two % 2).as_str().into(),
            },
            13 if three % 4 == 0 => Command::DeleteQueue { name: queue(one) },
            13 => {
                let fields = self.queue_fields(two, three);
                let patch = QueuePatch {
                    destinations: Some(fields.destinations),
                    latency_policies: Some(fields.latency_policies),
                    ..QueuePatch::default()
                };
                Command::UpdateQueue { name: queue(one), patch }
            }
            _ => {
                Command::CreateQueue { name: queue(one), fields: self.queue_fields(two, three), tags: tags() }
            }
        }
    }

    fn of_client(&self, (kind, one, two, three): Draw) -> Command {
        match kind % 7 {
            0 | 1 => Command::StartPlacement(PlacementRequest {
                id: format!("placement-{}", one % 16).as_str().into(),
                queue: queue(two),
                match_id: None,
                max_players: u32::from(three % 5),
                name: None,
                properties: Vec::new(),
                data: None,
                roster: None,
                latencies: match two % 3 {
                    0 => (0..3).map(|place| told(place, three.wrapping_mul(place))).collect(),
                    _ => Vec::new(),
                },
                players: players(two, one),
                order: (two % 5 == 1).then(|| LocationOverride {
                    locations: vec![location(one)],
                    fallback: if three % 2 == 0 { Fallback::Queue } else { Fallback::Nothing },
                }),
            }),
            2 => Command::StopPlacement { id: self.placement(one) },
            3 => Command::CreateSession(SessionRequest {
                target: self.target(one),
                location: (two % 3 > 0).then(|| location(two)),
                fields: SessionFields {
                    name: None,
                    max_players: u32::from(three % 4),
                    properties: Vec::new(),
                    data: None,
                    creator: (three % 2 == 0).then(|| "creator".to_string()),
                    token: (two % 2 == 0).then(|| format!("token-{}", one % 3)),
                    policy: JoinPolicy::AcceptAll,
                    is_protected: false,
                },
            }),
            4 => {
                let patch = SessionPatch { max_players: Some(u32::from(two % 5)), ..SessionPatch::default() };
                Command::UpdateSession { id: self.session(one), patch }
            }
            5 => Command::TerminateSession {
                id: self.session(one),
                mode: if two % 4 == 0 { TerminationMode::Force } else { TerminationMode::Trigger },
            },
            _ => Command::ReservePlayers { session: self.session(one), players: players(two, three) },
        }
    }

    fn of_server(&self, (kind, one, two, three): Draw) -> Command {
        let process = self.process(one, two);
        let session = match self.state.processes.get(&process).map(|one| &one.phase) {
            Some(matchwright_hosting::Phase::Busy { session }) if three % 8 > 0 => session.clone(),
            _ => self.session(two),
        };
        let player_session = self.seat(&session, three);
        match kind % 14 {
            0..=2 => {
                let token = (three % 5 == 0).then(|| "nonsense".to_string());
                Command::ConnectProcess { process, token, sdk: Sdk::default() }
            }
            3 | 4 => Command::ReadyProcess { process, port: 7000, log_paths: Vec::new() },
            5 | 6 => Command::ActivateSession { process, session },
            7 => Command::DisconnectProcess { process },
            8 if three % 4 == 0 => Command::LoseConnections,
            8 => Command::ReportUnhealthy { process },
            9 => Command::EndProcess { process },
            10 => {
                let policy = if three % 2 == 0 { JoinPolicy::DenyAll } else { JoinPolicy::AcceptAll };
                Command::SetJoinPolicy { process, session, policy }
            }
            11 | 12 => Command::AcceptPlayer { process, session, player_session },
            _ => Command::RemovePlayer { process, session, player_session },
        }
    }

    fn step(&mut self, draw: Draw) {
        let (kind, ..) = draw;
        let fresh = Fresh::new(self.sent);
        self.sent += 1;
        let rest = (kind / 12, draw.1, draw.2, draw.3);
        let command = match kind % 12 {
            0 => self.of_owner(rest),
            1..=3 => self.of_client(rest),
            4..=10 => self.of_server(rest),
            _ => {
                self.now = self.now + Duration::from_millis(u64::from(draw.1) * 8);
                let context = Context { now: self.now, settings: &self.settings, fresh: &fresh };
                let changes = decide_tick(&self.state, &context);
                let is_due = self.state.next_due().is_some_and(|due| due <= self.now);
                assert_eq!(changes.is_empty(), !is_due, "a tick does something where something is due");
                changes.iter().for_each(|change| self.happens(change));
                return;
            }
        };
        let context = Context { now: self.now, settings: &self.settings, fresh: &fresh };
        if let Ok(decided) = decide(&self.state, &context, &command) {
            decided.changes.iter().for_each(|change| self.happens(change));
        }
    }

    fn happens(&mut self, change: &matchwright_hosting::Change) {
        use matchwright_hosting::Change::{
            PlacementCancelled, PlacementFailed, PlacementFulfilled, PlacementTimedOut, SessionEnded,
        };
        match change {
            SessionEnded { id, .. } => assert!(self.state.sessions[id].status.is_live(), "{id} ends once"),
            PlacementCancelled { id }
            | PlacementFailed { id }
            | PlacementFulfilled { id }
            | PlacementTimedOut { id } => {
                assert_eq!(self.state.placements[id].status.ended_at(), None, "{id} ends once");
            }
            _ => {}
        }
        push(&self.state, self.now, change);
        apply(&mut self.state, self.now, change);
        for session in self.state.sessions.values() {
            assert!(
                session.players.iter().filter(|seat| seat.status.is_open()).count()
                    == session.occupied as usize
            );
        }
    }
}

fn told(place: u8, latency: u8) -> PlayerLatency {
    PlayerLatency {
        player: "p1".into(),
        region: location(place).as_str().into(),
        latency_ms: f32::from(latency % 120),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_commands_in_any_order_leave_a_state_that_its_snapshot_rebuilds(
        draws in prop::collection::vec(any::<Draw>(), 1..250)
    ) {
        let mut world = World::begin();
        // Something to begin with: without it most of what follows is refused.
        let first = (0..3).map(|number| (0, number, 0, 0)).chain([(24, 2, 1, 1), (132, 0, 0, 0), (132, 0, 1, 1), (96, 1, 0, 0), (168, 0, 2, 9), (168, 1, 0, 9)]);
        for draw in first.chain(draws) {
            world.step(draw);
        }
        let mut rebuilt = State::new(&world.settings);
        snapshot(&world.state).iter().for_each(|(at, change)| apply(&mut rebuilt, *at, change));
        prop_assert!(rebuilt == world.state, "a snapshot rebuilds the state");
    }
}

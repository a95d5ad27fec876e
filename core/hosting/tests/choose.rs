//! Which process a placement gets. Each row fills a whole world by one placement after the other; the places that they
//! get, in order, are the order of preference.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_hosting::{
    AliasFields, Change, Command, ComputeFields, Context, Destination, Fallback, FleetFields, Fresh,
    LatencyPolicy, LocationOverride, PlacementRequest, PlayerLatency, Priority, ProcessKey, QueueFields,
    Reply, Routing, Sdk, Settings, State, apply, decide, decide_tick,
};
use matchwright_model::{AliasId, FleetId, LocationName, PlacementId, Timestamp};

/// Fleets `a` (dear), `b` (cheap) and `c` (of unknown cost) stand in `custom-1`, `custom-2` and `custom-3`, `c` only in
/// the last, with one free process in each place. The alias `d` leads to `b`, `e` nowhere.
struct World {
    state: State,
    now: Timestamp,
    sent: u128,
    settings: Settings,
    fleets: BTreeMap<&'static str, FleetId>,
    aliases: BTreeMap<&'static str, AliasId>,
}

impl World {
    fn begin() -> Self {
        let settings = Settings::default();
        let (state, now) = (State::new(&settings), Timestamp::from_secs(10_000));
        let (fleets, aliases) = (BTreeMap::new(), BTreeMap::new());
        let mut world = Self { state, now, sent: 0, settings, fleets, aliases };
        for name in places("123") {
            world.send(&Command::CreateLocation { name, tags: BTreeMap::new() });
        }
        for (name, cost, standing) in [("a", Some("2"), "123"), ("b", Some("1"), "123"), ("c", None, "3")] {
            world.create_fleet(name, cost, standing);
        }
        let b = Routing::Fleet(world.fleets["b"].clone());
        for (name, routing) in [("d", b), ("e", Routing::Nowhere { message: "closed".into() })] {
            let fields = AliasFields { name: name.into(), description: None, routing };
            if let Reply::Alias(id, _) = world.send(&Command::CreateAlias { fields, tags: BTreeMap::new() }) {
                world.aliases.insert(name, id);
            }
        }
        world
    }

    fn create_fleet(&mut self, name: &'static str, cost: Option<&str>, standing: &str) {
        let fields = FleetFields {
            name: name.into(),
            description: None,
            cost: cost.map(|cost| cost.parse().expect("a cost")),
            is_protected: false,
            creation_limit: None,
            metric_group: None,
        };
        let locations = places(standing).into_iter().collect();
        let Reply::Fleet(fleet, _) =
            self.send(&Command::CreateFleet { fields, locations, tags: BTreeMap::new() })
        else {
            panic!("a new fleet")
        };
        self.fleets.insert(name, fleet);
        for location in places(standing) {
            let fields = ComputeFields {
                location: location.clone(),
                ip: "10.0.0.1".into(),
                dns: None,
                certificate_path: None,
            };
            let compute = location.as_str().into();
            let fleet = self.fleets[name].clone();
            self.send(&Command::RegisterCompute { fleet, name: compute, fields });
            self.start(name, &location, "process");
        }
    }

    fn start(&mut self, fleet: &str, location: &LocationName, id: &str) {
        let fleet = self.fleets[fleet].clone();
        let process = ProcessKey { fleet, compute: location.as_str().into(), id: id.into() };
        let connect = Command::ConnectProcess { process: process.clone(), token: None, sdk: Sdk::default() };
        self.send(&connect);
        self.send(&Command::ReadyProcess { process, port: 7000, log_paths: Vec::new() });
    }

    fn send(&mut self, command: &Command) -> Reply {
        let fresh = Fresh::new(self.sent);
        let context = Context { now: self.now, settings: &self.settings, fresh: &fresh };
        let decided = decide(&self.state, &context, command);
        let decided = decided.unwrap_or_else(|rejection| panic!("{command:?}: {rejection}"));
        self.apply(decided.changes);
        decided.reply
    }

    fn apply(&mut self, changes: Vec<Change>) {
        changes.iter().for_each(|change| apply(&mut self.state, self.now, change));
        self.sent += 1;
    }

    fn later(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        while self.state.next_due().is_some_and(|due| due <= self.now) {
            let fresh = Fresh::new(self.sent);
            let context = Context { now: self.now, settings: &self.settings, fresh: &fresh };
            let changes = decide_tick(&self.state, &context);
            self.apply(changes);
        }
    }

    fn queue(&mut self, queue: &Given) {
        let destination = |name: char| match self.aliases.get(name.to_string().as_str()) {
            Some(alias) => Destination::Alias(alias.clone()),
            None => Destination::Fleet(self.fleets[name.to_string().as_str()].clone()),
        };
        let policy = |(max_latency_ms, seconds): &(u32, u64)| LatencyPolicy {
            max_latency_ms: *max_latency_ms,
            duration: (*seconds > 0).then(|| Duration::from_secs(*seconds)),
        };
        let fields = QueueFields {
            timeout: Duration::from_secs(600),
            destinations: queue.to.chars().map(destination).collect(),
            latency_policies: queue.policies.iter().map(policy).collect(),
            allowed_locations: places(queue.allowed),
            priority: queue.priority.to_vec(),
            location_order: places(queue.order),
            custom_event_data: None,
            notification_target: None,
        };
        self.send(&Command::CreateQueue { name: "queue".into(), fields, tags: BTreeMap::new() });
    }

    fn place(&mut self, given: &Given, number: usize) -> PlacementId {
        let id = PlacementId::from(format!("placement-{number}").as_str());
        let told = given.told.iter().map(|(player, place, latency_ms)| PlayerLatency {
            player: (*player).into(),
            region: place_of(*place).as_str().into(),
            latency_ms: *latency_ms,
        });
        let order = given
            .first
            .map(|(locations, fallback)| LocationOverride { locations: places(locations), fallback });
        self.send(&Command::StartPlacement(PlacementRequest {
            id: id.clone(),
            queue: "queue".into(),
            match_id: None,
            max_players: 2,
            name: None,
            properties: Vec::new(),
            data: None,
            roster: None,
            latencies: told.collect(),
            players: Vec::new(),
            order,
        }));
        id
    }

    /// `a1`: fleet and location, where it has a process.
    fn place_of(&self, id: &PlacementId) -> Option<String> {
        let session = self.state.sessions.get(self.state.placements[id].session.as_ref()?)?;
        let (name, _) = self.fleets.iter().find(|(_, id)| Some(*id) == session.fleet())?;
        Some(format!("{name}{}", session.location.as_str().trim_start_matches("custom-")))
    }

    fn order(&mut self, given: &Given) -> String {
        let mut order = Vec::new();
        while let Some(place) = {
            let id = self.place(given, order.len());
            self.place_of(&id)
        } {
            order.push(place);
        }
        order.join(" ")
    }
}

fn place_of(number: char) -> LocationName {
    LocationName::from(format!("custom-{number}").as_str())
}

fn places(numbers: &str) -> Vec<LocationName> {
    numbers.chars().map(place_of).collect()
}

/// A queue and what a placement brings.
#[derive(Clone, Default)]
struct Given {
    to: &'static str,
    priority: &'static [Priority],
    order: &'static str,
    allowed: &'static str,
    /// Cap and seconds; 0 s: for ever.
    policies: &'static [(u32, u64)],
    /// Player, place and latency.
    told: &'static [(&'static str, char, f32)],
    /// An order of its own, and what comes behind it.
    first: Option<(&'static str, Fallback)>,
}

#[test]
fn the_first_place_by_the_criteria_of_the_queue_is_taken() {
    use Priority::{Cost, Destination, Latency, Location};
    let of = |to: &'static str| Given { to, ..Given::default() };
    let ann = |told| Given { told, ..of("ab") };
    let rows: Vec<(&str, Given, &str)> = vec![
        ("destinations come first, then locations by name", of("abc"), "a1 a2 a3 b1 b2 b3 c3"),
        ("in the order of the queue", of("cba"), "c3 b1 b2 b3 a1 a2 a3"),
        ("a queue without destinations places nothing", of(""), ""),
        ("an alias is its fleet", of("da"), "b1 b2 b3 a1 a2 a3"),
        ("an alias that leads nowhere is passed over", of("ea"), "a1 a2 a3"),
        ("an alias and its fleet are one", of("db"), "b1 b2 b3"),
        ("only allowed locations", Given { allowed: "23", ..of("ab") }, "a2 a3 b2 b3"),
        ("cost first", Given { priority: &[Cost], ..of("ab") }, "b1 b2 b3 a1 a2 a3"),
        ("an unknown cost is the highest", Given { priority: &[Cost], ..of("cab") }, "b1 b2 b3 a1 a2 a3 c3"),
        (
            "location first, in the order given, those left out by name",
            Given { priority: &[Location], order: "3", ..of("ab") },
            "b3 a3 b1 a1 b2 a2",
        ),
        (
            "location, then destination",
            Given { priority: &[Location, Destination], order: "32", ..of("ab") },
            "a3 b3 a2 b2 a1 b1",
        ),
        (
            "destination, then location in the order given",
            Given { priority: &[Destination, Location], order: "321", ..of("ab") },
            "a3 a2 a1 b3 b2 b1",
        ),
        (
            "latency comes first where players tell one; then cost",
            ann(&[("ann", '1', 90.0), ("ann", '2', 20.0), ("ann", '3', 50.0)]),
            "b2 a2 b3 a3 b1 a1",
        ),
        (
            "the average of the players counts, not the worst",
            ann(&[("ann", '1', 10.0), ("bob", '1', 80.0), ("ann", '2', 50.0), ("bob", '2', 50.0)]),
            "b1 a1 b2 a2 b3 a3",
        ),
        ("a location that nobody told of comes last", ann(&[("ann", '3', 300.0)]), "b3 a3 b1 b2 a1 a2"),
        (
            "latencies that are alike leave it to the cost",
            ann(&[("ann", '1', 5.0), ("ann", '2', 5.0)]),
            "b1 b2 a1 a2 b3 a3",
        ),
        (
            "destination before latency",
            Given {
                priority: &[Destination, Latency],
                ..ann(&[("ann", '1', 9.0), ("ann", '2', 5.0), ("ann", '3', 7.0)])
            },
            "a2 a3 a1 b2 b3 b1",
        ),
        (
            "the policy in force keeps all from where one is too far away",
            Given {
                policies: &[(50, 60), (500, 0)],
                ..ann(&[("ann", '1', 10.0), ("bob", '1', 51.0), ("ann", '2', 50.0), ("bob", '2', 1.0)])
            },
            "b2 a2",
        ),
        (
            "the lowest cap is in force first, in whatever order they are given",
            Given { policies: &[(500, 0), (50, 60)], ..ann(&[("ann", '1', 60.0), ("ann", '2', 50.0)]) },
            "b2 a2",
        ),
        ("policies mean nothing without latencies", Given { policies: &[(1, 0)], ..of("a") }, "a1 a2 a3"),
        (
            "an order of its own comes first, then the queue's",
            Given { first: Some(("3", Fallback::Queue)), priority: &[Location], order: "2", ..of("ab") },
            "b3 a3 b2 a2 b1 a1",
        ),
        (
            "an order of its own and nothing else",
            Given { first: Some(("31", Fallback::Nothing)), priority: &[Location], order: "2", ..of("ab") },
            "b3 a3 b1 a1",
        ),
        (
            "an order of its own cannot lead out of the queue",
            Given {
                first: Some(("3", Fallback::Nothing)),
                priority: &[Location],
                order: "1",
                allowed: "12",
                ..of("ab")
            },
            "",
        ),
    ];
    for (name, given, wanted) in rows {
        let mut world = World::begin();
        world.queue(&given);
        assert_eq!(world.order(&given), wanted, "{name}");
    }
}

#[test]
fn a_fleet_that_is_being_deleted_gets_nothing() {
    let mut world = World::begin();
    let given = Given { to: "ab", ..Given::default() };
    world.queue(&given);
    let fleet = world.fleets["a"].clone();
    world.send(&Command::DeleteFleet { fleet });
    assert_eq!(world.order(&given), "b1 b2 b3");
}

#[test]
fn the_process_that_is_free_for_the_longest_is_taken() {
    let mut world = World::begin();
    let given = Given { to: "c", ..Given::default() };
    world.queue(&given);
    world.later(1);
    // By id it would come first.
    world.start("c", &place_of('3'), "an-earlier-id");
    let id = world.place(&given, 0);
    let session = world.state.placements[&id].session.clone().expect("a process is free");
    assert_eq!(world.state.sessions[&session].process().map(|process| process.id.as_str()), Some("process"));
}

#[test]
fn latency_policies_give_way_one_by_one() {
    let given = Given {
        to: "a",
        policies: &[(10, 20), (30, 20), (60, 0)],
        told: &[("ann", '1', 50.0), ("ann", '2', 25.0), ("ann", '3', 5.0)],
        ..Given::default()
    };
    let mut world = World::begin();
    world.queue(&given);
    let ids: Vec<PlacementId> = (0..4).map(|number| world.place(&given, number)).collect();
    let mut seen = Vec::new();
    for seconds in [0, 19, 1, 19, 1, 500] {
        world.later(seconds);
        let taken = ids.iter().map(|id| world.place_of(id).unwrap_or_else(|| "-".into()));
        let relaxed = world.state.placements[&ids[3]].relaxed;
        seen.push(format!("{} after {relaxed}", taken.collect::<Vec<_>>().join(" ")));
    }
    let wanted = [
        "a3 - - - after 0",
        "a3 - - - after 0",
        "a3 a2 - - after 1",
        "a3 a2 - - after 1",
        "a3 a2 a1 - after 2",
        "- - - - after 2",
    ];
    // The games that took a process are never activated, so they are over in the end.
    assert_eq!(seen, wanted);
}

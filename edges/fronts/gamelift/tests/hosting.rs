//! The whole way of a game through the API: from a location to a player who knows where to connect. Requests are
//! decoded, decided and applied by the core, and answered in JSON.

use http::{HeaderMap, HeaderName, HeaderValue};
use matchwright_engine as engine;
use matchwright_gamelift::{Ask, Front, FrontSettings, Operation, Outcome, Protocol};
use matchwright_hosting::*;
use matchwright_model::{GameSessionId, Timestamp};
use serde_json::{Value as Json, json};

struct World {
    front: Front,
    settings: Settings,
    state: State,
    at: Timestamp,
}

impl World {
    fn new() -> Self {
        let front = FrontSettings {
            region: "us-east-1".to_string(),
            account: "000000000000".to_string(),
            lenient_ids: false,
            lenient_latency: false,
            unknown_keys_warn: false,
            game_server_endpoint: "ws://127.0.0.1:4600".to_string(),
        };
        let settings = Settings::default();
        Self {
            front: Front::new(front),
            state: State::new(&settings),
            settings,
            at: Timestamp::from_secs(1000),
        }
    }

    /// One second later.
    fn command(&mut self, command: &Command) -> Result<Reply, Rejection> {
        self.at = Timestamp(self.at.0 + 1000);
        let fresh = Fresh::new(u128::from(self.at.0));
        let context = Context { now: self.at, settings: &self.settings, fresh: &fresh };
        let decision = decide(&self.state, &context, command)?;
        decision.changes.iter().for_each(|change| apply(&mut self.state, self.at, change));
        Ok(decision.reply)
    }

    fn answer(&mut self, operation: &str, body: Json) -> (u16, Json) {
        let target = HeaderValue::from_str(&format!("GameLift.{operation}")).unwrap();
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-amz-target"), target)]);
        let body = body.to_string();
        let request = self.front.decode("/", &headers, body.as_bytes(), String::new).expect(operation);
        let outcome = match request.ask {
            Ask::Command(engine::Command::Hosting(command)) => {
                self.command(&command).map(|reply| Outcome::Reply(engine::Reply::Hosting(reply)))
            }
            Ask::Query(engine::Query::Hosting(query)) => answer(&self.state, &query)
                .map(|answer| Outcome::Answer(engine::Answer::Hosting(Box::new(answer)))),
            other => panic!("{operation} asks {other:?}"),
        };
        let operation = Operation::of_name(operation).unwrap();
        let answer =
            self.front.encode(Protocol::Json, operation, outcome.map_err(engine::Rejection::Hosting));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    #[track_caller]
    fn ask(&mut self, operation: &str, body: Json) -> Json {
        let (status, answer) = self.answer(operation, body);
        assert_eq!(status, 200, "{operation}: {answer}");
        answer
    }

    /// The class of a refusal.
    #[track_caller]
    fn refused(&mut self, operation: &str, body: Json) -> String {
        let (status, answer) = self.answer(operation, body);
        assert_eq!(status, 400, "{operation}: {answer}");
        answer["__type"].as_str().unwrap().to_string()
    }

    /// A fleet in two locations, with a compute.
    fn fleet(&mut self) -> String {
        for name in ["custom-a", "custom-b"] {
            self.ask("CreateLocation", json!({"LocationName": name}));
        }
        let locations = json!([{"Location": "custom-a"}]);
        let made = json!({"Name": "home", "ComputeType": "ANYWHERE", "Locations": locations});
        let made = self.ask("CreateFleet", made);
        let fleet = made["FleetAttributes"]["FleetId"].as_str().unwrap().to_string();
        self.ask(
            "RegisterCompute",
            json!({"FleetId": fleet, "ComputeName": "pc-1", "IpAddress": "127.0.0.1", "Location": "custom-a"}),
        );
        fleet
    }

    /// A process that is free for a game.
    fn process(&mut self, fleet: &str, id: &str) -> ProcessKey {
        let token = self.ask("GetComputeAuthToken", json!({"FleetId": fleet, "ComputeName": "pc-1"}));
        let token = token["AuthToken"].as_str().map(str::to_string);
        let process = ProcessKey { fleet: fleet.into(), compute: "pc-1".into(), id: id.into() };
        self.command(&Command::ConnectProcess { process: process.clone(), token, sdk: Sdk::default() })
            .unwrap();
        let ready = Command::ReadyProcess { process: process.clone(), port: 7777, log_paths: Vec::new() };
        self.command(&ready).unwrap();
        process
    }

    fn activate(&mut self, process: &ProcessKey, arn: &str) {
        let session = GameSessionId::from(arn.split_once("gamesession/").unwrap().1);
        self.command(&Command::ActivateSession { process: process.clone(), session }).unwrap();
    }
}

#[test]
fn a_game_is_made_found_and_joined() {
    let mut world = World::new();
    let fleet = world.fleet();
    let asked = json!({"FleetId": fleet, "Location": "custom-a", "MaximumPlayerSessionCount": 2,
        "GameProperties": [{"Key": "map", "Value": "desert"}]});
    assert_eq!(world.refused("CreateGameSession", asked.clone()), "FleetCapacityExceededException");
    let process = world.process(&fleet, "p-1");
    let made = world.ask("CreateGameSession", asked);
    assert_eq!(made["GameSession"]["Status"], "ACTIVATING");
    let arn = made["GameSession"]["GameSessionId"].as_str().unwrap().to_string();
    let seat = json!({"GameSessionId": arn, "PlayerId": "ann"});
    assert_eq!(world.refused("CreatePlayerSession", seat.clone()), "InvalidGameSessionStatusException");
    world.activate(&process, &arn);
    let open = json!({"FleetId": fleet, "SortExpression": "playerSessionCount DESC",
        "FilterExpression": "hasAvailablePlayerSessions=true AND gameSessionProperties.map = 'desert'"});
    assert_eq!(world.ask("SearchGameSessions", open.clone())["GameSessions"][0]["GameSessionId"], arn);
    let made = world.ask("CreatePlayerSession", seat);
    assert_eq!(made["PlayerSession"]["Status"], "RESERVED");
    let both = json!({"GameSessionId": arn, "PlayerIds": ["bob", "cat"]});
    assert_eq!(world.refused("CreatePlayerSessions", both), "GameSessionFullException");
    world.ask("CreatePlayerSession", json!({"GameSessionId": arn, "PlayerId": "bob"}));
    assert_eq!(world.ask("SearchGameSessions", open)["GameSessions"], json!([]), "it is full");
    let connected = world
        .ask("GetPlayerConnectionDetails", json!({"GameSessionId": arn, "PlayerIds": ["bob", "nobody"]}));
    let expected = json!([{"PlayerId": "bob", "Endpoints": [{"IpAddress": "127.0.0.1", "Port": 7777}]}]);
    assert_eq!(connected["PlayerConnectionDetails"], expected);
    let used = world.ask("DescribeFleetUtilization", json!({"FleetIds": [fleet]}));
    let used = &used["FleetUtilization"][0];
    assert_eq!(
        (&used["ActiveServerProcessCount"], &used["CurrentPlayerSessionCount"]),
        (&json!(1), &json!(2))
    );
}

#[test]
fn a_placement_is_fulfilled_with_seats() {
    let mut world = World::new();
    let fleet = world.fleet();
    let queue = json!({"Name": "q", "Destinations": [{"DestinationArn": fleet}]});
    let queue = world.ask("CreateGameSessionQueue", queue);
    assert_eq!(queue["GameSessionQueue"]["TimeoutInSeconds"], 600, "the one of the settings");
    let players = json!([{"PlayerId": "ann"}, {"PlayerId": "bob"}]);
    let asked = json!({"PlacementId": "pl-1", "GameSessionQueueName": "q", "MaximumPlayerSessionCount": 4,
        "DesiredPlayerSessions": players});
    let started = world.ask("StartGameSessionPlacement", asked);
    assert_eq!(started["GameSessionPlacement"]["Status"], "PENDING");
    let process = world.process(&fleet, "p-1");
    let described = world.ask("DescribeGameSessionPlacement", json!({"PlacementId": "pl-1"}));
    let arn = described["GameSessionPlacement"]["GameSessionArn"].as_str().expect("a session").to_string();
    world.activate(&process, &arn);
    let described = world.ask("DescribeGameSessionPlacement", json!({"PlacementId": "pl-1"}));
    let placement = &described["GameSessionPlacement"];
    assert_eq!((&placement["Status"], &placement["Port"]), (&json!("FULFILLED"), &json!(7777)));
    assert_eq!(placement["PlacedPlayerSessions"].as_array().map(Vec::len), Some(2));
    let stop = json!({"PlacementId": "pl-1"});
    assert_eq!(world.refused("StopGameSessionPlacement", stop), "InvalidRequestException");
}

#[test]
fn fleets_and_their_locations_are_told() {
    let mut world = World::new();
    let fleet = world.fleet();
    let added = json!({"FleetId": fleet, "Locations": [{"Location": "custom-b"}]});
    let added = world.ask("CreateFleetLocations", added);
    let told = added["LocationStates"].as_array().unwrap();
    assert_eq!((told.len(), &told[0]["Location"]), (1, &json!("custom-b")), "only what was added");
    let names = |answer: &Json| -> Vec<String> {
        let found = answer["LocationAttributes"].as_array().unwrap().iter();
        found.map(|one| one["LocationState"]["Location"].as_str().unwrap().to_string()).collect()
    };
    let all = world.ask("DescribeFleetLocationAttributes", json!({"FleetId": fleet}));
    assert_eq!(names(&all), ["custom-a", "custom-b"]);
    let page = world.ask("DescribeFleetLocationAttributes", json!({"FleetId": fleet, "Limit": 1}));
    let next = json!({"FleetId": fleet, "NextToken": page["NextToken"]});
    assert_eq!(names(&page), ["custom-a"]);
    assert_eq!(names(&world.ask("DescribeFleetLocationAttributes", next)), ["custom-b"]);
    let some = json!({"FleetId": fleet, "Locations": ["custom-c", "custom-b"]});
    assert_eq!(names(&world.ask("DescribeFleetLocationAttributes", some)), ["custom-b"]);
    let one = |location: &str| json!({"FleetId": fleet, "Location": location});
    let capacity = world.ask("DescribeFleetLocationCapacity", one("custom-a"));
    assert_eq!(capacity["FleetCapacity"]["InstanceCounts"]["ACTIVE"], 1);
    let capacity = world.ask("DescribeFleetLocationCapacity", one("custom-b"));
    assert_eq!(capacity["FleetCapacity"]["InstanceCounts"]["ACTIVE"], 0);
    for operation in ["DescribeFleetLocationCapacity", "DescribeFleetPortSettings"] {
        assert_eq!(world.refused(operation, one("custom-c")), "NotFoundException", "{operation}");
    }
    assert_eq!(
        world.refused("DescribeRuntimeConfiguration", json!({"FleetId": "fleet-0"})),
        "NotFoundException"
    );
    let removed = world.ask("DeleteFleetLocations", json!({"FleetId": fleet, "Locations": ["custom-b"]}));
    assert_eq!(removed["LocationStates"][0]["Status"], "DELETING");
}

#[test]
fn aliases_lead_to_a_fleet_or_nowhere() {
    let mut world = World::new();
    let fleet = world.fleet();
    let simple = json!({"Name": "live", "RoutingStrategy": {"Type": "SIMPLE", "FleetId": fleet}});
    let terminal = json!({"Name": "old", "RoutingStrategy": {"Type": "TERMINAL", "Message": "closed"}});
    let simple = world.ask("CreateAlias", simple)["Alias"]["AliasId"].clone();
    let terminal = world.ask("CreateAlias", terminal)["Alias"]["AliasId"].clone();
    assert_eq!(world.ask("ResolveAlias", json!({"AliasId": simple}))["FleetId"], json!(fleet));
    let refused = world.refused("ResolveAlias", json!({"AliasId": terminal}));
    assert_eq!(refused, "TerminalRoutingStrategyException");
    for (kind, expected) in [("SIMPLE", &simple), ("TERMINAL", &terminal)] {
        let found = world.ask("ListAliases", json!({"RoutingStrategyType": kind}));
        let found: Vec<&Json> =
            found["Aliases"].as_array().unwrap().iter().map(|one| &one["AliasId"]).collect();
        assert_eq!(found, [expected], "{kind}");
    }
}

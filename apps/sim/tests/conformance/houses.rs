//! Game servers, queues and seats in a case. Ids that the core makes have short names there: games `g1`, `g2`, ... in the
//! order they start, matches `m1`, ..., and `auto1`, ... the tickets of automatic backfill.

use std::collections::BTreeMap;

use matchwright_engine::{Change, Command, Record, Reply, Settings, Ticket};
use matchwright_hosting as hosting;
use matchwright_hosting::{
    AliasFields, AliasPatch, ComputeFields, Connection, Destination, Fallback, FleetFields, GameSession,
    JoinPolicy, LatencyPolicy, LocationOverride, PlacementRequest, PlayerLatency, PlayerRequest, Priority,
    ProcessKey, Push, PushKind, QueueFields, QueuePatch, Routing, Sdk, SessionFields, SessionPatch,
    SessionRequest, Target, TerminationMode,
};
use matchwright_model::{AliasId, FleetId, GameSessionId, LocationName, PlayerId};
use matchwright_sim::World;
use serde_json::Value;

use crate::{same, seconds, texts};

/// What the names in a case stand for.
#[derive(Default)]
pub struct Houses {
    fleets: BTreeMap<String, FleetId>,
    aliases: BTreeMap<String, AliasId>,
    processes: BTreeMap<String, ProcessKey>,
    tokens: BTreeMap<String, String>,
    pushes_read: usize,
    missed: Vec<Push>,
}

fn hosted(command: hosting::Command) -> Command {
    Command::Hosting(Box::new(command))
}

/// `{"placement_attempts": 3, "reservation": 30}`: time limits in seconds.
pub fn settle(settings: &mut Settings, given: &Value) {
    for (key, value) in given.as_object().into_iter().flatten() {
        let hosting = &mut settings.hosting;
        let time = match key.as_str() {
            "backfill_forgets_leavers" => {
                settings.backfill_forgets_leavers = value.as_bool().expect("yes or no");
                continue;
            }
            "backfill_offers_own_seat" => {
                settings.backfill_offers_own_seat = value.as_bool().expect("yes or no");
                continue;
            }
            "placement_attempts" => {
                hosting.placement_attempts = value.as_u64().expect("a number") as u32;
                continue;
            }
            "activation_timeout" => &mut hosting.activation_timeout,
            "reservation" => &mut hosting.reservation,
            "ready_timeout" => &mut hosting.ready_timeout,
            "reconnect_grace" => &mut hosting.reconnect_grace,
            "termination_grace" => &mut hosting.termination_grace,
            "token_life" => &mut hosting.token_life,
            "process_retention" => &mut hosting.process_retention,
            other => panic!("no setting: {other}"),
        };
        *time = seconds(value).expect("seconds");
    }
}

impl Houses {
    /// Fleets, each with a compute in each of its locations, then aliases and queues.
    pub fn build(world: &mut World, given: &Value) -> Self {
        let mut houses = Self::default();
        let default = serde_json::json!({"f": {"locations": ["custom-east"]}});
        let fleets = if given["fleets"].is_null() { &default } else { &given["fleets"] };
        for (name, fleet) in fleets.as_object().expect("fleets by name") {
            houses.create_fleet(world, name, fleet);
        }
        for (name, to) in given["aliases"].as_object().into_iter().flatten() {
            let fields = AliasFields { name: name.clone(), description: None, routing: houses.routing(to) };
            let created = hosting::Command::CreateAlias { fields, tags: BTreeMap::new() };
            if let hosting::Reply::Alias(id, _) = ask(world, created) {
                houses.aliases.insert(name.clone(), id);
            }
        }
        for (name, queue) in given["queues"].as_object().into_iter().flatten() {
            let fields = houses.queue(queue);
            let name = name.as_str().into();
            ask(world, hosting::Command::CreateQueue { name, fields, tags: BTreeMap::new() });
        }
        houses
    }

    fn create_fleet(&mut self, world: &mut World, name: &str, given: &Value) {
        let locations: Vec<LocationName> = texts(&given["locations"]).map(LocationName::from).collect();
        for location in &locations {
            if !world.state.hosting.locations.contains_key(location) {
                let created =
                    hosting::Command::CreateLocation { name: location.clone(), tags: BTreeMap::new() };
                ask(world, created);
            }
        }
        let fields = FleetFields {
            name: name.to_string(),
            description: None,
            cost: given["cost"].as_str().map(|cost| cost.parse().expect("a cost")),
            is_protected: false,
            creation_limit: None,
            metric_group: None,
        };
        let created = hosting::Command::CreateFleet {
            fields,
            locations: locations.iter().cloned().collect(),
            tags: BTreeMap::new(),
        };
        let hosting::Reply::Fleet(id, _) = ask(world, created) else { panic!("a new fleet") };
        for location in locations {
            let fields = ComputeFields {
                location: location.clone(),
                ip: "10.0.0.1".to_string(),
                dns: None,
                certificate_path: None,
            };
            let name = location.as_str().into();
            ask(world, hosting::Command::RegisterCompute { fleet: id.clone(), name, fields });
        }
        self.fleets.insert(name.to_string(), id);
    }

    fn routing(&self, to: &Value) -> Routing {
        match to.as_str() {
            Some(fleet) => Routing::Fleet(self.fleets[fleet].clone()),
            None => Routing::Nowhere { message: "closed".to_string() },
        }
    }

    fn destinations(&self, given: &Value) -> Vec<Destination> {
        let named = |name: &str| match self.aliases.get(name) {
            Some(alias) => Destination::Alias(alias.clone()),
            None => Destination::Fleet(self.fleets[name].clone()),
        };
        match given.is_null() {
            true => self.fleets.values().cloned().map(Destination::Fleet).collect(),
            false => texts(given).map(named).collect(),
        }
    }

    fn queue(&self, given: &Value) -> QueueFields {
        let policies = given["PlayerLatencyPolicies"].as_array().into_iter().flatten();
        let policy = |one: &Value| LatencyPolicy {
            max_latency_ms: one["Max"].as_u64().expect("ms") as u32,
            duration: seconds(&one["Seconds"]),
        };
        QueueFields {
            timeout: seconds(&given["TimeoutInSeconds"]).unwrap_or_default(),
            destinations: self.destinations(&given["Destinations"]),
            latency_policies: policies.map(policy).collect(),
            allowed_locations: texts(&given["AllowedLocations"]).map(LocationName::from).collect(),
            priority: texts(&given["PriorityOrder"]).map(priority).collect(),
            location_order: texts(&given["LocationOrder"]).map(LocationName::from).collect(),
            custom_event_data: None,
            notification_target: None,
        }
    }

    /// What a step asks for, where it is about hosting; a step that brings a server `up` asks twice.
    pub fn commands(&mut self, world: &World, step: &Value) -> Vec<Command> {
        let text = |key: &str| step[key].as_str();
        let one = |command| vec![hosted(command)];
        if let Some(name) = text("up").or(text("connect")) {
            let connect = self.connect(name, step);
            let process = self.processes[name].clone();
            let ready = hosting::Command::ReadyProcess { process, port: 7000, log_paths: Vec::new() };
            return match text("up") {
                Some(_) => vec![hosted(connect), hosted(ready)],
                None => one(connect),
            };
        }
        for verb in ["ready", "end", "disconnect", "unhealthy"] {
            let Some(process) = text(verb).map(|name| self.processes[name].clone()) else { continue };
            return one(match verb {
                "ready" => hosting::Command::ReadyProcess { process, port: 7000, log_paths: Vec::new() },
                "end" => hosting::Command::EndProcess { process },
                "disconnect" => hosting::Command::DisconnectProcess { process },
                _ => hosting::Command::ReportUnhealthy { process },
            });
        }
        if step["lose_connections"] == true {
            return one(hosting::Command::LoseConnections);
        }
        let asked = self.of_placement(world, step).or_else(|| self.of_game(world, step));
        asked.or_else(|| self.of_owner(step)).into_iter().map(hosted).collect()
    }

    fn connect(&mut self, name: &str, step: &Value) -> hosting::Command {
        let (fleet, location) = match step["on"].as_str() {
            Some(on) => on.split_once('/').expect("fleet/location"),
            None => (self.fleets.keys().next().expect("a fleet").as_str(), "custom-east"),
        };
        let id = step["id"].as_str().unwrap_or(name);
        let known = self.processes.get(name).cloned();
        let process = known.unwrap_or_else(|| ProcessKey {
            fleet: self.fleets[fleet].clone(),
            compute: location.into(),
            id: id.into(),
        });
        self.processes.insert(name.to_string(), process.clone());
        let token = step["token"].as_str();
        let token = token.map(|name| self.tokens.get(name).cloned().unwrap_or_else(|| name.to_string()));
        hosting::Command::ConnectProcess { process, token, sdk: Sdk::default() }
    }

    fn of_placement(&self, world: &World, step: &Value) -> Option<hosting::Command> {
        if let Some(id) = step["stop_placement"].as_str() {
            return Some(hosting::Command::StopPlacement { id: placement_of(world, id).as_str().into() });
        }
        let id = step["place"].as_str()?;
        let latency = step["latency"].as_object().into_iter().flatten();
        let latencies = latency.flat_map(|(player, told)| {
            told.as_object().expect("latencies by region").iter().map(|(region, ms)| PlayerLatency {
                player: player.as_str().into(),
                region: region.as_str().into(),
                latency_ms: ms.as_f64().expect("ms") as f32,
            })
        });
        let order = step["order"].is_array().then(|| LocationOverride {
            locations: texts(&step["order"]).map(LocationName::from).collect(),
            fallback: if step["fallback"] == "NONE" { Fallback::Nothing } else { Fallback::Queue },
        });
        Some(hosting::Command::StartPlacement(PlacementRequest {
            id: id.into(),
            queue: step["in"].as_str().unwrap_or("queue").into(),
            match_id: None,
            max_players: step["size"].as_u64().unwrap_or(4) as u32,
            name: None,
            properties: Vec::new(),
            data: None,
            roster: None,
            latencies: latencies.collect(),
            players: requests(&step["players"]),
            order,
        }))
    }

    fn of_game(&self, world: &World, step: &Value) -> Option<hosting::Command> {
        let text = |key: &str| step[key].as_str();
        if let Some(size) = step["create_game"].as_u64() {
            return Some(self.create(size as u32, step));
        }
        if let Some(name) = text("terminate") {
            let mode =
                if step["mode"] == "FORCE" { TerminationMode::Force } else { TerminationMode::Trigger };
            return Some(hosting::Command::TerminateSession { id: game(world, name), mode });
        }
        if let Some(name) = text("update") {
            let patch = SessionPatch {
                name: text("name").map(str::to_string),
                max_players: step["size"].as_u64().map(|size| size as u32),
                policy: text("policy").map(policy),
                ..SessionPatch::default()
            };
            return Some(hosting::Command::UpdateSession { id: game(world, name), patch });
        }
        if let Some(name) = text("reserve") {
            let players = requests(&step["players"]);
            return Some(hosting::Command::ReservePlayers { session: game(world, name), players });
        }
        if let Some(name) = text("activate") {
            let session = game(world, name);
            let process = self.speaker(world, step, &session);
            return Some(hosting::Command::ActivateSession { process, session });
        }
        if let Some(name) = text("close").or(text("open")) {
            let session = game(world, name);
            let process = self.speaker(world, step, &session);
            let policy = if text("open").is_some() { JoinPolicy::AcceptAll } else { JoinPolicy::DenyAll };
            return Some(hosting::Command::SetJoinPolicy { process, session, policy });
        }
        let player = text("come").or(text("leave"))?;
        let session = game(world, text("in").expect("the game that he comes to or leaves"));
        let process = self.speaker(world, step, &session);
        let seats = world.state.hosting.sessions.values().flat_map(|session| &session.players);
        let number = step["seat"].as_u64().map(|number| number as usize - 1);
        let own: Vec<_> = seats.filter(|seat| seat.player.as_str() == player).collect();
        let seat = own.get(number.unwrap_or(own.len().saturating_sub(1)));
        let player_session = seat.map_or_else(|| "psess-unknown".into(), |seat| seat.id.clone());
        Some(match text("come").is_some() {
            true => hosting::Command::AcceptPlayer { process, session, player_session },
            false => hosting::Command::RemovePlayer { process, session, player_session },
        })
    }

    fn create(&self, max_players: u32, step: &Value) -> hosting::Command {
        let text = |key: &str| step[key].as_str().map(str::to_string);
        let name = step["of"].as_str().unwrap_or_else(|| self.fleets.keys().next().expect("a fleet"));
        let target = match self.aliases.get(name) {
            Some(alias) => Target::Alias(alias.clone()),
            None => Target::Fleet(self.fleets[name].clone()),
        };
        let fields = SessionFields {
            name: text("name"),
            max_players,
            properties: Vec::new(),
            data: None,
            creator: text("creator"),
            token: text("token"),
            policy: JoinPolicy::AcceptAll,
            is_protected: false,
        };
        let location = step["location"].as_str().map(LocationName::from);
        hosting::Command::CreateSession(SessionRequest { target, location, fields })
    }

    /// The process that a message comes from: that of the game, where no other is named.
    fn speaker(&self, world: &World, step: &Value, session: &GameSessionId) -> ProcessKey {
        match step["by"].as_str() {
            Some(name) => self.processes[name].clone(),
            None => world.state.hosting.sessions[session].process().expect("a process hosts it").clone(),
        }
    }

    /// What the owner of queues, fleets and aliases does.
    fn of_owner(&self, step: &Value) -> Option<hosting::Command> {
        let text = |key: &str| step[key].as_str();
        if let Some(name) = text("delete_queue") {
            return Some(hosting::Command::DeleteQueue { name: name.into() });
        }
        if let Some(name) = text("lead") {
            let routing = Some(self.routing(&step["to"]));
            let patch = AliasPatch { routing, ..AliasPatch::default() };
            return Some(hosting::Command::UpdateAlias { alias: self.aliases[name].clone(), patch });
        }
        if let Some(name) = text("update_queue") {
            let destinations = Some(self.destinations(&step["Destinations"]));
            let patch = QueuePatch { destinations, ..QueuePatch::default() };
            return Some(hosting::Command::UpdateQueue { name: name.into(), patch });
        }
        if let Some(name) = text("delete_fleet") {
            return Some(hosting::Command::DeleteFleet { fleet: self.fleets[name].clone() });
        }
        let on = text("deregister").or(text("issue_token"))?;
        let (fleet, compute) = on.split_once('/').expect("fleet/compute");
        let (fleet, name) = (self.fleets[fleet].clone(), compute.into());
        Some(match text("deregister").is_some() {
            true => hosting::Command::DeregisterCompute { fleet, name },
            false => hosting::Command::IssueToken { fleet, compute: name },
        })
    }

    /// What a game server asks of its own game: wrapped as it comes from the socket.
    pub fn asked(&self, world: &World, step: &Value, command: Command) -> Command {
        let Some(process) = step["by"].as_str() else { return command };
        let session = step["session"].as_str().expect("the game that it asks for");
        Command::OfSession {
            process: Box::new(self.processes[process].clone()),
            session: game(world, session),
            command: Box::new(command),
        }
    }

    /// Keeps what a reply tells: tokens, and what a process that comes back is told again.
    pub fn heard(&mut self, step: &Value, reply: Reply) {
        match reply {
            Reply::Hosting(hosting::Reply::Token(_, _, token)) => {
                let name = step["as"].as_str().unwrap_or("token");
                self.tokens.insert(name.to_string(), token.text);
            }
            Reply::Hosting(hosting::Reply::Connected(missed)) => self.missed = missed,
            _ => {}
        }
    }

    pub fn check(&mut self, world: &World, step: &Value) -> Result<(), String> {
        for (name, wanted) in step["placements"].as_object().into_iter().flatten() {
            let id = placement_of(world, name);
            let found = world.state.hosting.placements.get(id.as_str());
            same(name, wanted, found.map_or("gone", |found| found.status.name()))?;
        }
        for (name, wanted) in step["processes"].as_object().into_iter().flatten() {
            same(name, wanted, self.process(world, name))?;
        }
        for (name, wanted) in step["hosts"].as_object().into_iter().flatten() {
            let session = &world.state.hosting.sessions[&game(world, name)];
            same(name, wanted, self.name(session.process().expect("a process hosts it")))?;
        }
        for (ticket, wanted) in step["connections"].as_object().into_iter().flatten() {
            same(ticket, wanted, connection(world, ticket))?;
        }
        self.check_games(world, step)?;
        if let Some(wanted) = step["missed"].as_array() {
            let found: Vec<Value> = self.missed.iter().map(|push| self.brief(world, push).into()).collect();
            same("missed", &Value::Array(wanted.clone()), Value::Array(found))?;
        }
        if let Some(wanted) = step["pushes"].as_array() {
            let new = &world.pushes[self.pushes_read..];
            let found: Vec<Value> = new.iter().map(|push| self.brief(world, push).into()).collect();
            self.pushes_read = world.pushes.len();
            same("pushes", &Value::Array(wanted.clone()), Value::Array(found))?;
        }
        Ok(())
    }

    fn check_games(&self, world: &World, step: &Value) -> Result<(), String> {
        let wanted = |what: &str| step[what].as_object().cloned().into_iter().flatten();
        let found = |name: &str| world.state.hosting.sessions.get(&game(world, name));
        for (name, wanted) in wanted("games") {
            same(&name, &wanted, found(&name).map_or("gone", |session| session.status.name()))?;
        }
        for (name, wanted) in wanted("capacity") {
            same(&name, &wanted, found(&name).expect("a game").fields.max_players)?;
        }
        for (name, wanted) in wanted("seats") {
            let seats = &found(&name).expect("a game").players;
            let latest = seats.iter().map(|seat| (seat.player.to_string(), seat.status.name().into()));
            same(&name, &wanted, Value::Object(latest.collect()))?;
        }
        for (name, wanted) in wanted("rosters") {
            same(&name, &wanted, roster(found(&name).expect("a game")))?;
        }
        for (name, wanted) in wanted("refills") {
            let roster = found(&name).expect("a game").roster.clone();
            let ticket = roster.and_then(|roster| roster.refill.ticket().cloned());
            let ticket = ticket.map_or(Value::Null, |ticket| alias_of(world, ticket.as_str()).into());
            same(&name, &wanted, ticket)?;
        }
        Ok(())
    }

    fn process(&self, world: &World, name: &str) -> String {
        let Some(process) = world.state.hosting.processes.get(&self.processes[name]) else {
            return "gone".to_string();
        };
        let mut text = match process.phase {
            hosting::Phase::Ended { cause, .. } => format!("ended, {cause:?}"),
            _ => process.phase.name().to_string(),
        };
        if process.is_live() && process.connection != Connection::Connected {
            text.push_str(", away");
        }
        if process.is_live() && process.terminating.is_some() {
            text.push_str(", told to end");
        }
        text
    }

    fn name(&self, key: &ProcessKey) -> String {
        let mut names = self.processes.iter().filter(|(_, one)| *one == key);
        names.next().map_or_else(|| key.id.to_string(), |(name, _)| name.clone())
    }

    /// `UpdateSession x g1 BackfillFailed auto1`.
    fn brief(&self, world: &World, push: &Push) -> String {
        let process = self.name(&push.process);
        match &push.kind {
            PushKind::CreateSession(session) => {
                format!("CreateSession {process} {}", game_name(world, session))
            }
            PushKind::UpdateSession { session, reason, backfill } => {
                let backfill = backfill.as_ref().map(|id| alias_of(world, id.as_str())).unwrap_or_default();
                format!("UpdateSession {process} {} {reason:?} {backfill}", game_name(world, session))
            }
            PushKind::Terminate { .. } => format!("Terminate {process}"),
            PushKind::Close => format!("Close {process}"),
        }
    }
}

fn ask(world: &mut World, command: hosting::Command) -> hosting::Reply {
    match world.send(&hosted(command)) {
        Ok(Reply::Hosting(reply)) => reply,
        other => panic!("{other:?}"),
    }
}

fn priority(name: &str) -> Priority {
    match name {
        "LATENCY" => Priority::Latency,
        "COST" => Priority::Cost,
        "DESTINATION" => Priority::Destination,
        "LOCATION" => Priority::Location,
        other => panic!("no priority: {other}"),
    }
}

fn policy(name: &str) -> JoinPolicy {
    if name == "DENY_ALL" { JoinPolicy::DenyAll } else { JoinPolicy::AcceptAll }
}

fn requests(given: &Value) -> Vec<PlayerRequest> {
    texts(given).map(|player| PlayerRequest { player: PlayerId::from(player), data: None }).collect()
}

fn started(world: &World) -> impl Iterator<Item = &GameSessionId> {
    world.log.iter().filter_map(|record: &Record| match &record.change {
        Change::Hosting(change) => match &**change {
            hosting::Change::SessionStarted { id, .. } => Some(id),
            _ => None,
        },
        _ => None,
    })
}

/// `g1`, `g2`, ...: in the order they started; anything else is an id itself.
pub fn game(world: &World, name: &str) -> GameSessionId {
    let number = name.strip_prefix('g').and_then(|number| number.parse::<usize>().ok());
    let found = number.and_then(|number| started(world).nth(number - 1));
    found.cloned().unwrap_or_else(|| GameSessionId::new(name))
}

fn game_name(world: &World, session: &GameSession) -> String {
    let place = started(world).position(|id| *id == session.id);
    place.map_or_else(|| session.id.to_string(), |place| format!("g{}", place + 1))
}

/// `m1`, `m2`, ...: the placement of a match; anything else is an id itself.
fn placement_of(world: &World, name: &str) -> String {
    let number = name.strip_prefix('m').and_then(|number| number.parse::<usize>().ok());
    let mut matches = world.log.iter().filter_map(|record| match &record.change {
        Change::MatchProposed { id, .. } => Some(id.to_string()),
        _ => None,
    });
    number.and_then(|number| matches.nth(number - 1)).unwrap_or_else(|| name.to_string())
}

/// Tickets of automatic backfill have ids of 36 characters, which no case gives.
fn automatic(world: &World) -> impl Iterator<Item = &str> {
    world.log.iter().filter_map(|record| match &record.change {
        Change::TicketStarted { asked, .. } if asked.is_backfill() && asked.id.as_str().len() == 36 => {
            Some(asked.id.as_str())
        }
        _ => None,
    })
}

pub fn ticket_of(world: &World, name: &str) -> String {
    let number = name.strip_prefix("auto").and_then(|number| number.parse::<usize>().ok());
    let found = number.and_then(|number| automatic(world).nth(number - 1));
    found.unwrap_or(name).to_string()
}

pub fn alias_of(world: &World, ticket: &str) -> String {
    let place = automatic(world).position(|id| id == ticket);
    place.map_or_else(|| ticket.to_string(), |place| format!("auto{}", place + 1))
}

/// `"g1 a b"`: the game of a ticket and those who have a seat of theirs told.
fn connection(world: &World, ticket: &str) -> String {
    let ticket = ticket_of(world, ticket);
    let found = world.state.tickets.get(ticket.as_str()).and_then(Ticket::session);
    let Some(session) = found else { return "none".to_string() };
    let game = &world.state.hosting.sessions[&session.id];
    let is_seat = |(player, seat): &(&PlayerId, &String)| {
        game.open_seat(player).is_some_and(|own| own.id.as_str() == seat.as_str())
    };
    let told = session.player_sessions.iter().filter(is_seat).map(|(player, _)| format!(" {player}"));
    game_name(world, game) + &told.collect::<String>()
}

fn roster(session: &GameSession) -> Value {
    let Some(roster) = &session.roster else { return Value::Null };
    let teams = roster.teams.iter().map(|team| {
        let players: Vec<Value> = team.players.iter().map(|player| player.id.to_string().into()).collect();
        (team.name.to_string(), Value::Array(players))
    });
    Value::Object(teams.collect())
}

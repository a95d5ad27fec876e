//! Behaviour as data: every file under `conformance/lifecycle`, `conformance/matches` and `conformance/hosting` is one
//! case, its name the sentence. CONTRIBUTING.md tells how to write one.

mod houses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use matchwright_engine::{
    BackfillMode, Command, EventKind, MatchmakerFields, Mode, PlacementOutcome, Settings, Ticket,
};
use matchwright_model::{AttributeValue, Player, PlayerId, Region, TeamName, TicketId, Timestamp};
use matchwright_search::SearchSettings;
use matchwright_sim::{Told, World};
use serde_json::Value;

use houses::Houses;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cases(area: &str) -> Vec<PathBuf> {
    let folder = root().join("conformance").join(area);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder entry").path()).collect();
    files.sort();
    files
}

#[test]
fn lifecycle() {
    run("lifecycle");
}

#[test]
fn matches() {
    run("matches");
}

#[test]
fn hosting() {
    run("hosting");
}

fn run(area: &str) {
    let files = cases(area);
    let mut failed = Vec::new();
    for file in &files {
        let case = std::fs::read_to_string(file).expect("a readable case");
        let case: Value =
            serde_json::from_str(&case).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let played = std::panic::catch_unwind(|| Case::begin(&case).play(&case));
        match played {
            Ok(Ok(())) => {}
            Ok(Err(why)) => failed.push(format!("{name}: {why}")),
            Err(_) => failed.push(format!("{name}: panicked")),
        }
    }
    assert!(failed.is_empty(), "{} of {} cases failed:\n{}", failed.len(), files.len(), failed.join("\n"));
    println!("{} cases in conformance/{area}", files.len());
}

struct Case {
    world: World,
    houses: Houses,
    start: Timestamp,
    told: usize,
}

impl Case {
    fn begin(case: &Value) -> Self {
        let given = &case["given"];
        let mut settings = Settings::default();
        if let Some(keep) = given["requeue_cancels_backfill"].as_bool() {
            settings.requeue_cancels_backfill = keep;
        }
        if let Some(during) = given["deadline_during_acceptance"].as_bool() {
            settings.deadline_during_acceptance = during;
        }
        if given["party_aggregation"] == "literal" {
            settings.party_policy = matchwright_model::PartyPolicy::Literal;
        }
        houses::settle(&mut settings, &given["settings"]);
        let mut search = SearchSettings { party_policy: settings.party_policy, ..SearchSettings::default() };
        search.fullest_first = given["backfill_fullest_first"].as_bool().unwrap_or_default();
        search.hold = seconds(&given["hold"]).unwrap_or_default();
        search.hold_partial = seconds(&given["hold_partial"]).unwrap_or_default();
        let mut world = World::new(settings, search, 1);
        let houses = Houses::build(&mut world, given);
        let start = world.now;
        if given["rule_set"].is_null() {
            return Self { world, houses, start, told: 0 };
        }
        let body = given["rule_set"].to_string();
        let made = Command::CreateRuleSet { name: "rules".into(), body, tags: BTreeMap::new() };
        world.send(&made).unwrap_or_else(|rejection| panic!("{rejection}"));
        let fields = fields(&given["configuration"]);
        let names = given["matchmakers"].as_array().cloned().unwrap_or_else(|| vec!["m".into()]);
        for name in names {
            let name = name.as_str().expect("a name").into();
            let made =
                Command::CreateMatchmaker { name, fields: fields.clone().into(), tags: BTreeMap::new() };
            world.send(&made).unwrap_or_else(|rejection| panic!("{rejection}"));
        }
        Self { world, houses, start, told: 0 }
    }

    fn play(&mut self, case: &Value) -> Result<(), String> {
        for (index, step) in case["steps"].as_array().expect("steps").iter().enumerate() {
            // Steps of one moment follow one another without a tick between them.
            let at = seconds(&step["at"]).map(|at| self.start + at);
            if let Some(at) = at.filter(|at| *at > self.world.now) {
                self.world.advance(at);
            }
            self.act(step)
                .and_then(|()| self.check(step))
                .map_err(|why| format!("step {}: {why}", index + 1))?;
        }
        Ok(())
    }

    fn act(&mut self, step: &Value) -> Result<(), String> {
        if step["crash"] == true {
            self.world.crash();
        }
        if let Some(many) = step["many"].as_object() {
            self.many(many);
        }
        let mut commands = self.houses.commands(&self.world, step);
        if commands.is_empty() {
            let world = &self.world;
            commands.extend(command(world, step).map(|command| self.houses.asked(world, step, command)));
        }
        for command in commands {
            self.ask(step, &command)?;
        }
        Ok(())
    }

    fn ask(&mut self, step: &Value, command: &Command) -> Result<(), String> {
        let quiet = step["quiet"] == true;
        let sent = if quiet { self.world.commit(command) } else { self.world.send(command) };
        match (sent, step["refused"].as_str()) {
            (Ok(reply), None) => {
                self.houses.heard(step, reply);
                Ok(())
            }
            (Err(rejection), Some(wanted)) if rejection.code() == wanted => Ok(()),
            (Ok(_), Some(wanted)) => Err(format!("expected refusal {wanted}, found success")),
            (Err(rejection), wanted) => {
                let wanted = wanted.unwrap_or("success");
                Err(format!("expected {wanted}, found refusal {}: {rejection}", rejection.code()))
            }
        }
    }

    /// Many single players at once; search starts when all are there.
    fn many(&mut self, many: &serde_json::Map<String, Value>) {
        let prefix = many["prefix"].as_str().expect("a prefix");
        for number in 1..=many["count"].as_u64().expect("a count") {
            let id = format!("{prefix}{number}");
            let mut one = Value::Object(many.clone());
            one["id"] = id.clone().into();
            let players = [player(&one)].into();
            let start = Command::StartTicket { id: id.as_str().into(), matchmaker: "m".into(), players };
            self.world.commit(&start).unwrap_or_else(|rejection| panic!("{rejection}"));
        }
        self.world.settle();
    }

    fn check(&mut self, step: &Value) -> Result<(), String> {
        for (ticket, wanted) in step["tickets"].as_object().into_iter().flatten() {
            let id = houses::ticket_of(&self.world, ticket);
            let found = self.world.state.tickets.get(id.as_str()).map_or("gone", |one| one.status.name());
            same(ticket, wanted, found)?;
        }
        for (player, wanted) in step["teams"].as_object().into_iter().flatten() {
            same(player, wanted, self.team_of(player))?;
        }
        for (team, wanted) in step["sizes"].as_object().into_iter().flatten() {
            same(team, wanted, self.players_in(team))?;
        }
        if let Some(order) = step["fill_order"].as_object() {
            self.check_fill_order(order)?;
        }
        if let Some(wanted) = step["matches"].as_u64() {
            same("matches", &wanted.into(), self.match_count())?;
        }
        for (key, wanted) in step["together"].as_object().into_iter().flatten() {
            let of = |id: &str| self.world.state.tickets.get(id).and_then(Ticket::last_match);
            for other in wanted.as_array().into_iter().flatten().filter_map(Value::as_str) {
                if of(key).is_none() || of(key) != of(other) {
                    return Err(format!(
                        "{key} and {other} should be in one match: {:?}, {:?}",
                        of(key),
                        of(other)
                    ));
                }
            }
        }
        if let Some(wanted) = step["events"].as_array() {
            let found: Vec<Value> =
                self.world.events[self.told..].iter().map(|told| brief(&self.world, told).into()).collect();
            self.told = self.world.events.len();
            same("events", &Value::Array(wanted.clone()), Value::Array(found))?;
        }
        self.houses.check(&self.world, step)
    }

    fn team_of(&self, player: &str) -> String {
        let id = PlayerId::from(player);
        let mut teams = self.world.state.tickets.values().filter_map(|ticket| ticket.team_of(&id));
        teams.next_back().map_or_else(|| "none".to_string(), ToString::to_string)
    }

    fn players_in(&self, team: &str) -> usize {
        let tickets = self.world.state.tickets.values();
        let matched = tickets.filter_map(|ticket| ticket.matched.as_deref());
        matched.flat_map(|matched| matched.teams.values()).filter(|one| one.as_str() == team).count()
    }

    fn match_count(&self) -> usize {
        let made = |record: &&matchwright_engine::Record| {
            matches!(record.change, matchwright_engine::Change::MatchProposed { .. })
        };
        self.world.log.iter().filter(made).count()
    }

    /// `{"prefix": "p", "teams": ["red", "blue"], "order": "RBRB"}`: the team of player 1, 2, ... by first letter.
    fn check_fill_order(&self, order: &serde_json::Map<String, Value>) -> Result<(), String> {
        let prefix = order["prefix"].as_str().expect("a prefix");
        let wanted = order["order"].as_str().expect("an order");
        let letter = |number: usize| self.team_of(&format!("{prefix}{number}")).chars().next().unwrap_or('-');
        let found: String = (1..=wanted.len()).map(letter).collect();
        same("fill order", &wanted.into(), found)
    }
}

fn same(what: &str, wanted: &Value, found: impl Into<Value>) -> Result<(), String> {
    let found = found.into();
    if *wanted == found { Ok(()) } else { Err(format!("{what}: expected {wanted}, found {found}")) }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().expect("a text"))
}

fn seconds(value: &Value) -> Option<Duration> {
    value.as_f64().map(Duration::from_secs_f64)
}

fn fields(given: &Value) -> MatchmakerFields {
    let text = |key: &str| given[key].as_str().map(str::to_string);
    MatchmakerFields {
        description: text("Description"),
        rule_set: "rules".into(),
        request_timeout: seconds(&given["RequestTimeoutSeconds"]).unwrap_or(Duration::from_secs(600)),
        acceptance_required: given["AcceptanceRequired"].as_bool().unwrap_or(false),
        acceptance_timeout: seconds(&given["AcceptanceTimeoutSeconds"]),
        mode: (given["FlexMatchMode"] == "STANDALONE").then_some(Mode::Standalone),
        queues: texts(&given["GameSessionQueueArns"]).map(Into::into).collect(),
        notification_target: text("NotificationTarget"),
        additional_players: given["AdditionalPlayerCount"].as_u64().unwrap_or(0) as u32,
        custom_event_data: text("CustomEventData"),
        game_properties: Vec::new(),
        game_session_data: text("GameSessionData"),
        backfill_mode: (given["BackfillMode"] == "AUTOMATIC").then_some(BackfillMode::Automatic),
    }
}

fn command(world: &World, step: &Value) -> Option<Command> {
    let matchmaker = || step["in"].as_str().unwrap_or("m").into();
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    if let Some(id) = step["start"].as_str() {
        let players = players(&step["players"]).into();
        return Some(Command::StartTicket { id: id.into(), matchmaker: matchmaker(), players });
    }
    if let Some(id) = step["backfill"].as_str() {
        let game_session = step["session"].as_str().map(|name| houses::game(world, name).to_string());
        let players = players(&step["players"]);
        return Some(Command::StartBackfill {
            id: id.into(),
            matchmaker: matchmaker(),
            game_session,
            players: players.into(),
        });
    }
    if let Some(id) = step["stop_backfill"].as_str() {
        let id = TicketId::from(houses::ticket_of(world, id));
        let session = step["session"].as_str().expect("the game of the backfill");
        return Some(Command::StopBackfill { id, game_session: houses::game(world, session).to_string() });
    }
    if let Some(id) = step["stop"].as_str() {
        return Some(Command::StopTicket { id: TicketId::from(houses::ticket_of(world, id)) });
    }
    for (verb, accept) in [("accept", true), ("reject", false)] {
        if let Some(id) = step[verb].as_str() {
            let players =
                step["players"].as_array().expect("players").iter().map(|id| PlayerId::from(text(id)));
            return Some(Command::AnswerProposal { ticket: id.into(), players: players.collect(), accept });
        }
    }
    None
}

fn players(list: &Value) -> Vec<Player> {
    list.as_array().expect("a list of players").iter().map(player).collect()
}

/// `{"id": "p1", "skill": 10, "latency": {"east": 30}, "team": "red"}`: other members are attributes.
fn player(given: &Value) -> Player {
    let given = given.as_object().expect("a player");
    let is_attribute = |key: &str| !["id", "latency", "team", "prefix", "count"].contains(&key);
    let attributes =
        given.iter().filter(|(key, _)| is_attribute(key)).map(|(key, v)| (key.as_str().into(), attribute(v)));
    let latencies = given.get("latency").and_then(Value::as_object).into_iter().flatten();
    Player {
        id: given["id"].as_str().expect("a player id").into(),
        attributes: attributes.collect(),
        latencies: latencies
            .map(|(region, ms)| (Region::from(region.as_str()), ms.as_u64().expect("ms") as u32))
            .collect(),
        team: given.get("team").and_then(Value::as_str).map(TeamName::from),
    }
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Number(number) => AttributeValue::Number(number.as_f64().expect("a double")),
        Value::String(text) => AttributeValue::Text(text.clone()),
        Value::Array(list) => {
            AttributeValue::text_list(list.iter().map(|text| text.as_str().expect("a text").to_string()))
        }
        Value::Object(map) => AttributeValue::NumberMap(
            map.iter().map(|(key, value)| (key.clone(), value.as_f64().expect("a double"))).collect(),
        ),
        other => panic!("no attribute: {other}"),
    }
}

/// `PotentialMatchCreated t1 t2`, with what tells one event from another of its type.
fn brief(world: &World, told: &Told) -> String {
    let name = match &told.event.kind {
        EventKind::Searching { .. } => "MatchmakingSearching".to_string(),
        EventKind::PotentialMatch { .. } => "PotentialMatchCreated".to_string(),
        EventKind::Answered { .. } => "AcceptMatch".to_string(),
        EventKind::AcceptanceEnded { outcome, .. } => format!("AcceptMatchCompleted({outcome:?})"),
        EventKind::Succeeded { .. } => "MatchmakingSucceeded".to_string(),
        EventKind::TimedOut { .. } => "MatchmakingTimedOut".to_string(),
        EventKind::Cancelled { .. } => "MatchmakingCancelled".to_string(),
        EventKind::Failed { .. } => "MatchmakingFailed".to_string(),
        EventKind::PlacementEnded { outcome, .. } => match outcome {
            PlacementOutcome::Fulfilled(_) => "PlacementFulfilled".to_string(),
            other => format!("Placement{other:?}"),
        },
    };
    let tickets = told.event.tickets.iter().map(|ticket| houses::alias_of(world, ticket.id.as_str()));
    let tickets: Vec<String> = tickets.collect();
    format!("{name} {}", tickets.join(" "))
}

//! What the owner of fleets, queues and matchmakers does while games go on.

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_engine::{BackfillMode, Command, MatchmakerFields, Mode};
use matchwright_hosting as hosting;
use matchwright_hosting::{
    AliasFields, AliasPatch, ComputeFields, Destination, FleetFields, LatencyPolicy, QueueFields, QueuePatch,
    Routing,
};
use matchwright_model::{FleetId, LocationName};
use rand_chacha::rand_core::Rng;

use super::{LOCATIONS, Life, QUEUES};

const RULE_SETS: [&str; 2] = [
    r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number","default":10}],
        "teams":[{"name":"red","minPlayers":1,"maxPlayers":3},{"name":"blue","minPlayers":1,"maxPlayers":3}]}"#,
    r#"{"ruleLanguageVersion":"1.0","playerAttributes":[{"name":"skill","type":"number","default":10}],
        "algorithm":{"backfillPriority":"high"},
        "teams":[{"name":"all","minPlayers":2,"maxPlayers":4}],
        "rules":[{"name":"ping","type":"latency","maxLatency":110}]}"#,
];

impl Life<'_> {
    pub(super) fn administrate(&mut self) {
        match self.draw(8) {
            0 | 1 => {
                let Some(fleet) = self.pick(&self.fleets.clone()) else { return };
                let nowhere = || Routing::Nowhere { message: "closed".to_string() };
                let routing = if self.one_in(3) { nowhere() } else { Routing::Fleet(fleet) };
                let patch = AliasPatch { routing: Some(routing), ..AliasPatch::default() };
                self.ask(hosting::Command::UpdateAlias { alias: self.alias.clone(), patch });
            }
            2 | 3 => {
                let fields = self.queue_fields();
                let patch = QueuePatch {
                    destinations: Some(fields.destinations),
                    latency_policies: Some(fields.latency_policies),
                    allowed_locations: Some(fields.allowed_locations),
                    ..QueuePatch::default()
                };
                let name = QUEUES[self.draw(2) as usize].into();
                self.ask(hosting::Command::UpdateQueue { name, patch });
            }
            4 => {
                let name = QUEUES[self.draw(2) as usize];
                self.ask(hosting::Command::DeleteQueue { name: name.into() });
                self.advance(3_000);
                self.create_queue(name);
            }
            5 => {
                let fleet = self.fleets.remove(0);
                self.create_fleet();
                // Queues and aliases lead to it still; they lose it with their next update.
                self.ask(hosting::Command::DeleteFleet { fleet });
            }
            6 => {
                let Some(fleet) = self.pick(&self.fleets.clone()) else { return };
                let number = self.draw(LOCATIONS.len() as u64);
                let name = format!("machine-{number}").as_str().into();
                self.ask(hosting::Command::DeregisterCompute { fleet: fleet.clone(), name });
                self.register(&fleet, number as usize);
            }
            _ => self.fleets.clone().iter().for_each(|fleet| self.renew(fleet)),
        }
    }

    pub(super) fn create_fleet(&mut self) {
        let fields = FleetFields::least("fleet");
        let locations = LOCATIONS.map(LocationName::from).into();
        let created = hosting::Command::CreateFleet { fields, locations, tags: BTreeMap::new() };
        let Some(hosting::Reply::Fleet(id, _)) = self.ask(created) else { panic!("a new fleet") };
        (0..LOCATIONS.len()).for_each(|number| self.register(&id, number));
        self.fleets.push(id);
    }

    fn register(&mut self, fleet: &FleetId, number: usize) {
        let fields = ComputeFields {
            location: LOCATIONS[number].into(),
            ip: "10.0.0.1".to_string(),
            dns: None,
            certificate_path: None,
        };
        let name = format!("machine-{number}").as_str().into();
        self.ask(hosting::Command::RegisterCompute { fleet: fleet.clone(), name, fields });
        self.renew(fleet);
    }

    fn renew(&mut self, fleet: &FleetId) {
        let issue = hosting::Command::IssueToken { fleet: fleet.clone(), compute: "machine-0".into() };
        if let Some(hosting::Reply::Token(_, _, token)) = self.ask(issue) {
            self.tokens.insert(fleet.clone(), token.text);
        }
    }

    pub(super) fn create_alias(&mut self) {
        let routing = Routing::Fleet(self.fleets[0].clone());
        let fields = AliasFields { name: "alias".to_string(), description: None, routing };
        let created = hosting::Command::CreateAlias { fields, tags: BTreeMap::new() };
        let Some(hosting::Reply::Alias(id, _)) = self.ask(created) else { panic!("a new alias") };
        self.alias = id;
    }

    pub(super) fn create_queue(&mut self, name: &str) {
        let fields = self.queue_fields();
        self.ask(hosting::Command::CreateQueue { name: name.into(), fields, tags: BTreeMap::new() });
    }

    fn queue_fields(&mut self) -> QueueFields {
        let mut destinations = vec![Destination::Alias(self.alias.clone())];
        destinations.extend(
            self.fleets.iter().skip(self.random.next_u64() as usize % 3).cloned().map(Destination::Fleet),
        );
        let policy = |max_latency_ms, seconds: Option<u64>| LatencyPolicy {
            max_latency_ms,
            duration: seconds.map(Duration::from_secs),
        };
        let latency_policies = match self.one_in(2) {
            true => Vec::new(),
            false => vec![policy(40, Some(5)), policy(70, Some(10)), policy(200, None)],
        };
        let allowed = if self.one_in(4) { &LOCATIONS[..2] } else { &[] };
        QueueFields {
            timeout: Duration::from_secs(20 + self.draw(60)),
            destinations,
            latency_policies,
            allowed_locations: allowed.iter().map(|one| LocationName::from(*one)).collect(),
            priority: Vec::new(),
            location_order: Vec::new(),
            custom_event_data: None,
            notification_target: None,
        }
    }

    pub(super) fn create_matchmaker(&mut self, name: &str, queue: &str) {
        let body = RULE_SETS[self.draw(RULE_SETS.len() as u64) as usize].to_string();
        let rules = Command::CreateRuleSet { name: name.into(), body, tags: BTreeMap::new() };
        self.world.send(&rules).expect("the rule sets of the simulation are valid");
        let mode = if self.one_in(3) { BackfillMode::Manual } else { BackfillMode::Automatic };
        let fields = MatchmakerFields {
            acceptance_required: self.one_in(2),
            acceptance_timeout: Some(Duration::from_secs(5 + self.draw(10))),
            mode: Some(Mode::WithQueue),
            queues: vec![queue.into()],
            additional_players: self.draw(2) as u32,
            backfill_mode: Some(mode),
            ..MatchmakerFields::least(name.into(), Duration::from_secs(30 + self.draw(60)))
        };
        let made =
            Command::CreateMatchmaker { name: name.into(), fields: fields.into(), tags: BTreeMap::new() };
        self.world.send(&made).expect("the matchmakers of the simulation are valid");
    }
}

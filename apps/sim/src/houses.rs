//! A random life of game servers: they start, get ready, host games, crash, lose their connection and come back; what
//! they say arrives late, twice and in another order. Players are matched into their games, come, leave, or never come.
//! Everything follows from the seed.

mod owner;

use std::collections::BTreeMap;
use std::time::Duration;

use matchwright_engine::{Change, Command, Settings, Status, TicketKind};
use matchwright_hosting as hosting;
use matchwright_hosting::{
    Connection, JoinPolicy, Phase, PlacementRequest, PlayerLatency, PlayerRequest, PlayerSessionStatus,
    ProcessKey, Push, PushKind, Sdk, SessionFields, SessionPatch, SessionRequest, SessionStatus, Target,
    TerminationMode,
};
use matchwright_model::{
    AliasId, FleetId, GameSessionId, LocationName, Player, PlayerId, Region, TicketId, Timestamp,
};
use matchwright_search::SearchSettings;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::World;
use crate::life::{hash, player_of};

/// How long and how lively.
#[derive(Debug, Clone)]
pub struct Plan {
    pub steps: u32,
    pub players: u64,
    /// Live processes that are kept up.
    pub processes: usize,
    /// One crash of the node in so many steps.
    pub crash_every: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { steps: 300, players: 40, processes: 12, crash_every: 60 }
    }
}

/// What a life came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    pub changes: usize,
    pub processes: usize,
    pub games: usize,
    pub seats: usize,
    pub placements: usize,
    pub completed: usize,
    /// Matches of new players with a running game.
    pub refilled: usize,
    pub crashes: u32,
    /// Of all changes: the same seed gives the same hash.
    pub hash: u64,
}

const LOCATIONS: [&str; 3] = ["custom-east", "custom-north", "custom-west"];
const QUEUES: [&str; 2] = ["far", "near"];

/// Lives one life, audited change by change.
///
/// # Panics
/// When anything that must hold does not; the seed stands in the message of the caller.
pub fn live(seed: u64, plan: &Plan) -> Story {
    let mut life = Life::begin(seed, plan);
    for _ in 0..plan.steps {
        life.step();
    }
    life.end();
    life.story()
}

/// Something that a game server says, and when it arrives.
struct Message {
    at: Timestamp,
    from: ProcessKey,
    command: Command,
}

struct Life<'p> {
    world: World,
    plan: &'p Plan,
    random: ChaCha8Rng,
    settings: Settings,
    fleets: Vec<FleetId>,
    alias: AliasId,
    tokens: BTreeMap<FleetId, String>,
    messages: Vec<Message>,
    pushes_read: usize,
    made: u64,
    crashes: u32,
}

fn hosted(command: hosting::Command) -> Command {
    Command::Hosting(Box::new(command))
}

impl<'p> Life<'p> {
    fn begin(seed: u64, plan: &'p Plan) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let settings = settings(&mut random);
        let mut world = World::new(settings.clone(), SearchSettings::default(), seed);
        for name in LOCATIONS {
            let created = hosting::Command::CreateLocation { name: name.into(), tags: BTreeMap::new() };
            world.send(&hosted(created)).expect("a new location");
        }
        let mut life = Self {
            world,
            plan,
            random,
            settings,
            fleets: Vec::new(),
            alias: "alias-none".into(),
            tokens: BTreeMap::new(),
            messages: Vec::new(),
            pushes_read: 0,
            made: 0,
            crashes: 0,
        };
        life.create_fleet();
        life.create_fleet();
        life.create_alias();
        QUEUES.iter().for_each(|queue| life.create_queue(queue));
        for (number, name) in ["first", "second"].into_iter().enumerate() {
            life.create_matchmaker(name, QUEUES[number]);
        }
        life
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.random.next_u64() % below
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.draw(many) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        match from.len() {
            0 => None,
            many => Some(from[self.draw(many as u64) as usize].clone()),
        }
    }

    /// Many are refused, for the world has gone on: then nothing changes.
    fn send(&mut self, command: &Command) -> Option<matchwright_engine::Reply> {
        let before = self.world.log.len();
        let sent = self.world.send(command);
        if sent.is_err() {
            assert_eq!(self.world.log.len(), before, "a rejection changes nothing: {command:?}");
        }
        self.hear();
        sent.ok()
    }

    fn ask(&mut self, command: hosting::Command) -> Option<hosting::Reply> {
        match self.send(&hosted(command))? {
            matchwright_engine::Reply::Hosting(reply) => Some(reply),
            other => panic!("{other:?} is no reply of hosting"),
        }
    }

    fn step(&mut self) {
        match self.draw(26) {
            0..=4 => self.start_ticket(),
            5 | 6 => self.answer(),
            7..=10 => self.seats(),
            11 => self.place(),
            12 => self.client(),
            13 => self.administrate(),
            14 => self.stop(),
            15 => self.disturb(),
            16 | 17 => self.backfill(),
            18..=20 => self.keep_up(),
            21 => self.advance(60_000),
            _ => self.advance(8_000),
        }
        if self.one_in(self.plan.crash_every) {
            self.crash();
        }
    }

    /// Messages arrive while time goes by.
    fn advance(&mut self, most_ms: u64) {
        let to = self.world.now + Duration::from_millis(self.draw(most_ms));
        loop {
            let next = self.messages.iter().enumerate().min_by_key(|(_, message)| message.at);
            let Some((place, _)) = next.filter(|(_, message)| message.at <= to) else { break };
            let message = self.messages.swap_remove(place);
            self.world.advance(message.at.max(self.world.now));
            self.arrive(message);
        }
        self.world.advance(to);
        self.hear();
    }

    /// What a server says gets through only while it is connected; it repeats what does not, or gives it up.
    fn arrive(&mut self, message: Message) {
        let process = self.world.state.hosting.processes.get(&message.from);
        let is_connected = process.is_some_and(|one| one.connection == Connection::Connected);
        let is_connecting = matches!(&message.command, Command::Hosting(one) if matches!(**one, hosting::Command::ConnectProcess { .. }));
        if is_connecting {
            self.connect(&message);
        } else if is_connected {
            self.send(&message.command);
        } else if self.one_in(2) {
            let delay = Duration::from_millis(self.draw(20_000));
            self.messages.push(Message { at: self.world.now + delay, ..message });
        }
    }

    fn connect(&mut self, message: &Message) {
        let reply = self.send(&message.command);
        if let Some(matchwright_engine::Reply::Hosting(hosting::Reply::Connected(missed))) = reply {
            missed.iter().for_each(|push| self.told(push));
        }
    }

    /// A message on its way: late, and one in eight twice.
    fn say(&mut self, from: &ProcessKey, most_ms: u64, command: Command) {
        let times = if self.one_in(8) { 2 } else { 1 };
        for _ in 0..times {
            let at = self.world.now + Duration::from_millis(self.draw(most_ms));
            self.messages.push(Message { at, from: from.clone(), command: command.clone() });
        }
    }

    /// Servers hear what they are told, those that are connected.
    fn hear(&mut self) {
        while let Some(push) = self.world.pushes.get(self.pushes_read).cloned() {
            self.pushes_read += 1;
            let process = self.world.state.hosting.processes.get(&push.process);
            if process.is_some_and(|one| one.connection == Connection::Connected) {
                self.told(&push);
            }
        }
    }

    fn told(&mut self, push: &Push) {
        let process = push.process.clone();
        match &push.kind {
            PushKind::CreateSession(session) if !self.one_in(10) => {
                let session = session.id.clone();
                let activate = hosting::Command::ActivateSession { process: process.clone(), session };
                self.say(&process, 15_000, hosted(activate));
            }
            PushKind::Terminate { .. } if !self.one_in(6) => {
                let end = hosting::Command::EndProcess { process: process.clone() };
                self.say(&process, 60_000, hosted(end));
            }
            _ => {}
        }
    }

    /// Starts game servers where too few run.
    fn keep_up(&mut self) {
        let live = self.world.state.hosting.processes.values().filter(|one| one.is_live()).count();
        let missing = self.plan.processes.saturating_sub(live);
        (0..missing.min(self.plan.processes / 6)).for_each(|_| self.start_server());
    }

    fn start_server(&mut self) {
        let Some(fleet) = self.pick(&self.fleets.clone()) else { return };
        let compute = format!("machine-{}", self.draw(LOCATIONS.len() as u64));
        self.made += 1;
        // One in fifty takes an id that was used before.
        let number = if self.one_in(50) { self.draw(self.made) } else { self.made };
        let id = format!("process-{number}");
        let key = ProcessKey { fleet, compute: compute.as_str().into(), id: id.as_str().into() };
        self.come(&key, 1);
        if !self.one_in(20) {
            let port = 7000 + (self.made % 1000) as u16;
            let ready = hosting::Command::ReadyProcess { process: key.clone(), port, log_paths: Vec::new() };
            self.say(&key, 5_000, hosted(ready));
        }
    }

    /// Connects, or connects again with the token that it was started with.
    fn come(&mut self, key: &ProcessKey, most_ms: u64) {
        let token = self.tokens.get(&key.fleet).cloned();
        let token = token.filter(|_| key.compute.as_str() == "machine-0");
        let connect = hosting::Command::ConnectProcess { process: key.clone(), token, sdk: Sdk::default() };
        self.say(key, most_ms, hosted(connect));
    }

    /// A server loses its connection, crashes, is unhealthy, ends by itself or closes its game.
    fn disturb(&mut self) {
        let live = self.world.state.hosting.processes.values().filter(|one| one.is_live());
        let live: Vec<ProcessKey> = live.map(|process| process.key.clone()).collect();
        let Some(process) = self.pick(&live) else { return };
        match self.draw(6) {
            0 | 1 => {
                self.send(&hosted(hosting::Command::DisconnectProcess { process: process.clone() }));
                self.come(&process, 30_000);
            }
            // It never comes back.
            2 => drop(self.send(&hosted(hosting::Command::DisconnectProcess { process }))),
            3 => drop(self.send(&hosted(hosting::Command::ReportUnhealthy { process }))),
            4 => drop(self.send(&hosted(hosting::Command::EndProcess { process }))),
            _ => {
                let policy = if self.one_in(3) { JoinPolicy::DenyAll } else { JoinPolicy::AcceptAll };
                if let Phase::Busy { session } = self.world.state.hosting.processes[&process].phase.clone() {
                    self.send(&hosted(hosting::Command::SetJoinPolicy { process, session, policy }));
                }
            }
        }
    }

    /// The node dies and comes back, sometimes late, when much is due at once; then the servers do.
    fn crash(&mut self) {
        let away = if self.one_in(2) { self.draw(90_000) } else { 0 };
        self.world.now = self.world.now + Duration::from_millis(away);
        self.world.crash();
        self.world.advance(self.world.now);
        self.crashes += 1;
        self.send(&hosted(hosting::Command::LoseConnections));
        let live = self.world.state.hosting.processes.values().filter(|one| one.is_live());
        for key in live.map(|process| process.key.clone()).collect::<Vec<_>>() {
            if !self.one_in(10) {
                self.come(&key, 30_000);
            }
        }
    }

    fn player(&mut self, number: u64) -> Player {
        let skill = self.draw(40) as f64;
        let latencies =
            LOCATIONS.map(|location| (Region::from(location), 20 + self.draw(100) as u32)).to_vec();
        let latencies = if self.one_in(4) { Vec::new() } else { latencies };
        player_of(number, skill, &latencies)
    }

    fn start_ticket(&mut self) {
        let size = [1, 1, 1, 2][self.draw(4) as usize];
        let first = self.draw(self.plan.players);
        let players: Vec<Player> =
            (0..size).map(|offset| self.player((first + offset) % self.plan.players)).collect();
        self.made += 1;
        let id = TicketId::from(format!("t{}", self.made));
        let matchmaker = if self.one_in(2) { "first" } else { "second" }.into();
        self.send(&Command::StartTicket { id, matchmaker, players: players.into() });
    }

    fn answer(&mut self) {
        let asked =
            self.world.state.tickets.values().filter(|one| matches!(one.status, Status::Proposed { .. }));
        let asked: Vec<(TicketId, Vec<PlayerId>)> = asked
            .map(|one| (one.id.clone(), one.players.iter().map(|player| player.id.clone()).collect()))
            .collect();
        for (ticket, players) in asked {
            let accept = !self.one_in(10);
            if !self.one_in(4) {
                self.send(&Command::AnswerProposal { ticket, players, accept });
            }
        }
    }

    /// Players come to the seats that are kept for them, or leave those that they have; some more than once.
    fn seats(&mut self) {
        let sessions = self.world.state.hosting.sessions.values();
        let mut seats: Vec<(ProcessKey, GameSessionId, hosting::PlayerSession)> = sessions
            .filter(|session| session.status.is_live())
            .flat_map(|session| session.players.iter().map(move |seat| (session, seat)))
            .filter_map(|(session, seat)| {
                Some((session.process()?.clone(), session.id.clone(), seat.clone()))
            })
            .collect();
        seats.sort_by(|one, other| one.2.id.cmp(&other.2.id));
        for _ in 0..4 {
            let Some((process, session, seat)) = self.pick(&seats) else { return };
            let player_session = seat.id.clone();
            let from = process.clone();
            let leaves = seat.status == PlayerSessionStatus::Active && self.one_in(3);
            let command = match leaves || self.one_in(10) {
                true => hosting::Command::RemovePlayer { process, session, player_session },
                false => hosting::Command::AcceptPlayer { process, session, player_session },
            };
            self.say(&from, 3_000, hosted(command));
        }
    }

    /// StartGameSessionPlacement, or its end.
    fn place(&mut self) {
        if self.one_in(4) {
            let pending = self.world.state.hosting.placements.values().map(|one| one.id.clone());
            let mut pending: Vec<_> = pending.collect();
            pending.sort();
            if let Some(id) = self.pick(&pending) {
                self.ask(hosting::Command::StopPlacement { id });
            }
            return;
        }
        self.made += 1;
        let max_players = 1 + self.draw(6) as u32;
        let count = self.draw(u64::from(max_players) + 1);
        let players: Vec<u64> = (0..count).map(|number| 1000 + number).collect();
        let latencies = match self.one_in(2) {
            true => Vec::new(),
            false => players.iter().flat_map(|player| self.latencies(*player)).collect(),
        };
        let request = PlacementRequest {
            id: format!("placement-{}", self.made).as_str().into(),
            queue: QUEUES[self.draw(2) as usize].into(),
            match_id: None,
            max_players,
            name: None,
            properties: Vec::new(),
            data: None,
            roster: None,
            latencies,
            players: players.iter().map(|number| seat_for(*number)).collect(),
            order: None,
        };
        self.ask(hosting::Command::StartPlacement(request));
    }

    fn latencies(&mut self, player: u64) -> Vec<PlayerLatency> {
        let told = |location: &str, latency_ms| PlayerLatency {
            player: PlayerId::from(format!("p{player}")),
            region: location.into(),
            latency_ms,
        };
        LOCATIONS.iter().map(|location| told(location, 20.0 + self.draw(120) as f32)).collect()
    }

    /// What a client does with game sessions of its own choice.
    fn client(&mut self) {
        let live = self.world.state.hosting.sessions.values().filter(|session| session.status.is_live());
        let mut live: Vec<GameSessionId> = live.map(|session| session.id.clone()).collect();
        live.sort();
        let Some(id) = self.pick(&live) else { return self.create_session() };
        let command = match self.draw(6) {
            0 => return self.create_session(),
            1 => hosting::Command::TerminateSession { id, mode: TerminationMode::Trigger },
            2 => {
                let max_players = Some(1 + self.draw(8) as u32);
                hosting::Command::UpdateSession {
                    id,
                    patch: SessionPatch { max_players, ..Default::default() },
                }
            }
            _ => {
                let first = 2000 + self.draw(20);
                let players = (first..first + 1 + self.draw(3)).map(seat_for).collect();
                hosting::Command::ReservePlayers { session: id, players }
            }
        };
        self.ask(command);
    }

    fn create_session(&mut self) {
        let Some(fleet) = self.pick(&self.fleets.clone()) else { return };
        let target = if self.one_in(3) { Target::Alias(self.alias.clone()) } else { Target::Fleet(fleet) };
        let token = self.one_in(3).then(|| format!("token-{}", self.draw(20)));
        let fields = SessionFields {
            name: None,
            max_players: 1 + self.draw(4) as u32,
            properties: Vec::new(),
            data: None,
            creator: self.one_in(2).then(|| "creator".to_string()),
            token,
            policy: JoinPolicy::AcceptAll,
            is_protected: false,
        };
        let location = Some(LocationName::from(LOCATIONS[self.draw(3) as usize]));
        self.ask(hosting::Command::CreateSession(SessionRequest { target, location, fields }));
    }

    fn stop(&mut self) {
        let active = self.world.state.tickets.values().filter(|one| one.status.is_active());
        let active: Vec<TicketId> = active.map(|ticket| ticket.id.clone()).collect();
        if let Some(id) = self.pick(&active) {
            self.send(&Command::StopTicket { id });
        }
    }

    /// A game server asks for players in place of those that left, or takes that back.
    fn backfill(&mut self) {
        let state = &self.world.state;
        let games = state.hosting.sessions.values().filter(|one| one.status == SessionStatus::Active);
        let mut games: Vec<_> = games.filter(|one| one.roster.is_some()).cloned().collect();
        games.sort_by(|one, other| one.id.cmp(&other.id));
        let Some(game) = self.pick(&games) else { return };
        let roster = game.roster.as_ref().expect("it was filtered for one");
        let is_own = |kind: &TicketKind| matches!(kind, TicketKind::Backfill { game_session: Some(id) } if *id == game.id.as_str());
        let own = self.world.state.tickets.values().find(|one| one.status.is_active() && is_own(&one.kind));
        let own = own.map(|ticket| ticket.id.clone());
        let asked = match own.filter(|_| self.draw(3) == 0) {
            Some(id) => Command::StopBackfill { id, game_session: game.id.to_string() },
            None => {
                self.made += 1;
                let there = roster
                    .teams
                    .iter()
                    .flat_map(|team| team.players.iter().map(move |player| (player, team.name.clone())));
                let there = there.filter(|(player, _)| game.open_seat(&player.id).is_some());
                let players: Vec<Player> = there
                    .map(|(player, team)| Player {
                        id: player.id.clone(),
                        attributes: player.attributes.clone(),
                        latencies: Default::default(),
                        team: Some(team),
                    })
                    .collect();
                Command::StartBackfill {
                    id: TicketId::from(format!("t{}", self.made)),
                    matchmaker: roster.matchmaker.clone(),
                    game_session: Some(game.id.to_string()),
                    players: players.into(),
                }
            }
        };
        let Some(process) = game.process().cloned() else { return };
        let command = Command::OfSession {
            process: process.clone().into(),
            session: game.id.clone(),
            command: asked.into(),
        };
        self.say(&process, 2_000, command);
    }

    /// Everybody goes home: every game, seat, placement and ticket ends, and is forgotten.
    fn end(&mut self) {
        let processes: Vec<ProcessKey> = self.world.state.hosting.processes.keys().cloned().collect();
        for process in processes {
            self.send(&hosted(hosting::Command::EndProcess { process }));
        }
        let settings = &self.settings.hosting;
        let longest = settings.process_retention + settings.session_retention + Duration::from_secs(7200);
        self.world.advance(self.world.now + longest);
        let state = &self.world.state;
        assert!(state.tickets.is_empty(), "every ticket ends and is forgotten");
        assert!(state.matches.is_empty(), "every match ends");
        assert!(state.hosting.processes.is_empty(), "every process ends and is forgotten");
        assert!(state.hosting.sessions.is_empty(), "every game ends and is forgotten");
        assert!(state.hosting.placements.is_empty(), "every placement ends and is forgotten");
        self.world.crash();
    }

    fn story(&self) -> Story {
        let log = &self.world.log;
        let count = |is: fn(&hosting::Change) -> bool| {
            let all = log.iter().filter_map(|record| match &record.change {
                Change::Hosting(change) => Some(change),
                _ => None,
            });
            all.filter(|change| is(change)).count()
        };
        let completed = log.iter().filter(|record| matches!(record.change, Change::MatchCompleted { .. }));
        Story {
            changes: log.len(),
            processes: count(|change| matches!(change, hosting::Change::ProcessConnected { .. })),
            games: count(|change| matches!(change, hosting::Change::SessionStarted { .. })),
            seats: count(|change| matches!(change, hosting::Change::PlayersReserved { .. })),
            placements: count(|change| matches!(change, hosting::Change::PlacementStarted { .. })),
            completed: completed.count(),
            refilled: count(|change| {
                matches!(
                    change,
                    hosting::Change::SessionInformed { reason: hosting::UpdateReason::RosterChanged, .. }
                )
            }),
            crashes: self.crashes,
            hash: hash(log),
        }
    }
}

fn settings(random: &mut ChaCha8Rng) -> Settings {
    let mut yes = || random.next_u64().is_multiple_of(2);
    let mut settings = Settings {
        requeue_cancels_backfill: yes(),
        backfill_forgets_leavers: yes(),
        backfill_offers_own_seat: yes(),
        ..Settings::default()
    };
    settings.hosting.placement_attempts = if yes() { 1 } else { 3 };
    settings.hosting.due_per_tick = if yes() { 1000 } else { 2 };
    // Short, so that a life sees all of them.
    settings.hosting.activation_timeout = Duration::from_secs(20);
    settings.hosting.reservation = Duration::from_secs(15);
    settings.hosting.ready_timeout = Duration::from_secs(30);
    settings.hosting.reconnect_grace = Duration::from_secs(25);
    settings.hosting.termination_grace = Duration::from_secs(40);
    settings.hosting.token_life = Duration::from_secs(120);
    settings
}

fn seat_for(number: u64) -> PlayerRequest {
    PlayerRequest { player: PlayerId::from(format!("p{number}")), data: None }
}

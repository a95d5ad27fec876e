//! What hosting means for tickets, and tickets for hosting, where one outlives the other.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::process;
use matchwright_engine::{
    Asked, BackfillMode, Change, Command, Context, MatchmakerFields, MatchmakerPatch, Mode, Record,
    Rejection, Seat, Settings, State, TicketKind, apply, decide,
};
use matchwright_hosting as hosting;
use matchwright_hosting::{Fresh, ProcessKey, Sdk, UpdateReason};
use matchwright_model::{
    Listing, MatchId, MatchmakerName, Player, Refill, Roster, RosterPlayer, RosterTeam, TicketId, Timestamp,
};

const START: Timestamp = Timestamp::from_secs(1000);

fn player(id: &str) -> Player {
    let team = Some("red".into());
    Player { id: id.into(), attributes: Listing::new(), latencies: Listing::new(), team }
}

fn fields() -> MatchmakerFields {
    MatchmakerFields {
        mode: Some(Mode::WithQueue),
        backfill_mode: Some(BackfillMode::Automatic),
        queues: vec!["queue".into()],
        ..MatchmakerFields::least("rules".into(), Duration::from_secs(60))
    }
}

/// A fleet with a queue, and a game of ann's in it with an automatic backfill, `auto`.
fn game() -> Vec<hosting::Change> {
    let ann = RosterPlayer { id: "ann".into(), attributes: Listing::new(), latencies: Listing::new() };
    let roster = Roster {
        match_id: MatchId::new(1),
        matchmaker: "m".into(),
        teams: vec![RosterTeam { name: "red".into(), players: vec![ann] }],
        refill: Refill::Open("auto".into()),
    };
    common::game(Duration::from_secs(600), START + Duration::from_secs(300), Some(roster))
}

struct World {
    state: State,
    settings: Settings,
    now: Timestamp,
    made: u128,
}

impl World {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let mut world = Self { state: State::new(&settings), settings, now: START, made: 0 };
        game().into_iter().for_each(|change| world.happen(Change::Hosting(Box::new(change))));
        world.happen(Change::RuleSetCreated {
            name: "rules".into(),
            body: "{}".into(),
            tags: BTreeMap::new(),
        });
        for name in ["m", "other"] {
            let fields = fields().into();
            world.happen(Change::MatchmakerCreated { name: name.into(), fields, tags: BTreeMap::new() });
        }
        world
    }

    fn happen(&mut self, change: Change) {
        apply(&mut self.state, &Record { at: self.now, change });
    }

    /// The automatic backfill searches.
    fn backfilled() -> Self {
        let mut world = Self::new();
        let kind = TicketKind::Backfill { game_session: Some("game".into()) };
        world.start("auto", kind, "ann", Duration::from_secs(60));
        world.happen(Change::TicketSearching { id: "auto".into(), reason: None });
        world
    }

    /// A ticket of one player, and how long it has from the start.
    fn start(&mut self, id: &str, kind: TicketKind, of: &str, timeout: Duration) {
        let (id, matchmaker, players) = (id.into(), "m".into(), [player(of)].into());
        let asked = Asked { id, matchmaker, kind, players };
        self.happen(Change::TicketStarted { asked: asked.into(), deadline: START + timeout });
    }

    #[track_caller]
    fn ask(&mut self, command: &Command) -> Vec<Change> {
        self.made += 1;
        let rule_counts = BTreeMap::new();
        let context = Context {
            now: self.now,
            settings: &self.settings,
            rule_counts: &rule_counts,
            fresh: Fresh::new(self.made),
        };
        let changes = decide(&self.state, &context, command).expect("accepted").changes;
        changes.iter().for_each(|change| self.happen(change.clone()));
        changes
    }

    fn refused(&self, command: &Command) -> Rejection {
        let context = Context {
            now: self.now,
            settings: &self.settings,
            rule_counts: &BTreeMap::new(),
            fresh: Fresh::new(7),
        };
        decide(&self.state, &context, command).expect_err("it is refused")
    }

    fn active(&self) -> Vec<&TicketId> {
        self.state.tickets.values().filter(|one| one.status.is_active()).map(|one| &one.id).collect()
    }
}

fn told(changes: &[Change]) -> Vec<(UpdateReason, Option<TicketId>)> {
    let told = changes.iter().filter_map(|change| match change {
        Change::Hosting(change) => match &**change {
            hosting::Change::SessionInformed { reason, backfill, .. } => Some((*reason, backfill.clone())),
            _ => None,
        },
        _ => None,
    });
    told.collect()
}

fn start_backfill(id: &str, matchmaker: &str) -> Command {
    Command::StartBackfill {
        id: id.into(),
        matchmaker: matchmaker.into(),
        game_session: Some("game".into()),
        players: [player("ann")].into(),
    }
}

#[test]
fn tickets_that_end_all_the_time_do_not_keep_hosting_from_its_deadlines() {
    let mut world = World::with(Settings { due_per_tick: 1, ..Settings::default() });
    let key = ProcessKey { id: "late".into(), ..process() };
    let ready_by = START + Duration::from_secs(1);
    let connected = hosting::Change::ProcessConnected { process: key.clone(), sdk: Sdk::default(), ready_by };
    world.happen(Change::Hosting(Box::new(connected)));
    for number in 0..3 {
        let (id, player) = (format!("t{number}"), format!("p{number}"));
        world.start(&id, TicketKind::Matchmaking, &player, Duration::from_secs(2 + number));
    }
    world.now = START + Duration::from_secs(10);
    world.ask(&Command::Tick);
    assert!(!world.state.hosting.processes[&key].is_live(), "what is due first ends first");
    world.ask(&Command::Tick);
    assert_eq!(world.active().len(), 2);
}

#[test]
fn an_automatic_backfill_starts_again_until_its_matchmaker_wants_none() {
    let mut world = World::backfilled();
    world.now = START + Duration::from_secs(60);
    let changes = world.ask(&Command::Tick);
    assert_eq!(told(&changes), [(UpdateReason::BackfillTimedOut, Some("auto".into()))]);
    assert_eq!(world.active().len(), 1, "it starts again");

    let manual = MatchmakerFields { backfill_mode: Some(BackfillMode::Manual), ..fields() };
    world.happen(Change::MatchmakerUpdated { name: "m".into(), fields: manual.into() });
    world.now = START + Duration::from_secs(120);
    let changes = world.ask(&Command::Tick);
    assert_eq!(told(&changes).len(), 1, "the server hears of the last one too");
    assert_eq!(world.active(), Vec::<&TicketId>::new());
    let roster = world.state.hosting.sessions["game"].roster.clone().expect("a roster");
    assert_eq!(roster.refill, Refill::Off);
}

#[test]
fn a_session_has_one_backfill_whichever_matchmaker_it_is_of() {
    let mut world = World::backfilled();
    let changes = world.ask(&start_backfill("newer", "other"));
    assert_eq!(told(&changes), [(UpdateReason::BackfillCancelled, Some("auto".into()))]);
    assert_eq!(world.active(), [&TicketId::from("newer")]);
}

#[test]
fn a_game_that_was_told_to_end_gets_no_more_players() {
    let terminate =
        hosting::Command::TerminateSession { id: "game".into(), mode: hosting::TerminationMode::Trigger };
    let unhealthy = hosting::Command::ReportUnhealthy { process: process() };
    for command in [terminate, unhealthy] {
        let mut world = World::backfilled();
        let changes = world.ask(&Command::Hosting(Box::new(command.clone())));
        assert_eq!(world.active(), Vec::<&TicketId>::new(), "{command:?}");
        assert_eq!(told(&changes), [(UpdateReason::BackfillCancelled, Some("auto".into()))]);
    }
}

#[test]
fn a_matchmaker_is_free_again_when_its_automatic_backfill_was_stopped() {
    let mut world = World::backfilled();
    world.ask(&Command::StopTicket { id: "auto".into() });
    let name = MatchmakerName::from("m");
    world.ask(&Command::DeleteMatchmaker { name: name.clone() });
    assert!(!world.state.matchmakers.contains_key(&name));
}

#[test]
fn a_mode_does_not_change_under_what_is_under_way() {
    let mut world = World::backfilled();
    let patch = MatchmakerPatch {
        mode: Some(Mode::Standalone),
        queues: Some(Vec::new()),
        backfill_mode: Some(BackfillMode::Manual),
        ..MatchmakerPatch::default()
    };
    let update = Command::UpdateMatchmaker { name: "m".into(), patch: patch.into() };
    let refused = world.refused(&update);
    assert!(matches!(refused, Rejection::MatchmakerInUse { active_tickets: 1, .. }), "{refused}");
    world.ask(&Command::StopTicket { id: "auto".into() });
    world.ask(&update);
    assert_eq!(world.state.matchmakers["m"].mode(), Mode::Standalone);
}

#[test]
fn a_ticket_whose_time_is_over_while_it_is_placed_does_not_keep_hosting_from_its_deadlines() {
    let settings = Settings { deadline_during_acceptance: true, ..Settings::default() };
    let mut world = World::with(settings);
    let id = TicketId::from("bob");
    world.start("bob", TicketKind::Matchmaking, "bob", Duration::from_secs(60));
    world.happen(Change::TicketSearching { id: id.clone(), reason: None });
    let seat = Seat { ticket: id, player: "bob".into(), team: "red".into() };
    world.happen(Change::MatchProposed {
        id: MatchId::new(2),
        matchmaker: "m".into(),
        seats: vec![seat],
        acceptance_deadline: None,
        region: None,
        rule_counts: Vec::new(),
    });
    let lost =
        hosting::Change::ProcessDisconnected { process: process(), until: START + Duration::from_secs(90) };
    world.happen(Change::Hosting(Box::new(lost)));
    world.now = START + Duration::from_secs(120);
    world.ask(&Command::Tick);
    assert!(!world.state.hosting.processes[&process()].is_live(), "it did not come back in time");
}

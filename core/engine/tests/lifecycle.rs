//! Every state × every event, the refused ones too. `cargo xtask bless` rewrites the tables; the diff is the review.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::process;
use expect_test::expect_file;
use matchwright_engine::{
    Asked, Change, Command, Context, MatchmakerFields, Mode, Proposal, Record, Seat, Settings, State, Status,
    TicketKind, apply, decide, snapshot,
};
use matchwright_hosting as hosting;
use matchwright_hosting::{Fresh, ProcessKey};
use matchwright_model::{Listing, MatchId, PlacementId, Player, PlayerId, TeamName, Timestamp};

const START: Timestamp = Timestamp::from_secs(1000);
const MATCH: MatchId = MatchId::new(7);
/// Behind the acceptance deadline (10 s), before the request deadline (60 s).
const AFTER_ACCEPTANCE: Timestamp = Timestamp::from_secs(1020);
/// How long the queue lets a placement wait.
const QUEUE: Duration = Duration::from_secs(600);
const AFTER_REQUEST: Timestamp = Timestamp::from_secs(1070);

fn player(id: &str, team: Option<&str>) -> Player {
    let team = team.map(TeamName::from);
    Player { id: PlayerId::from(id), attributes: Listing::new(), latencies: Listing::new(), team }
}

fn fields() -> MatchmakerFields {
    MatchmakerFields {
        acceptance_required: true,
        acceptance_timeout: Some(Duration::from_secs(10)),
        mode: Some(Mode::WithQueue),
        queues: vec!["queue".into()],
        ..MatchmakerFields::least("rules".into(), Duration::from_secs(60))
    }
}

fn seats() -> Vec<Seat> {
    let seat = |ticket: &str, player: &str, team: &str| Seat {
        ticket: ticket.into(),
        player: player.into(),
        team: team.into(),
    };
    vec![seat("own", "ann", "red"), seat("other", "bob", "blue")]
}

fn game() -> Vec<hosting::Change> {
    common::game(QUEUE, AFTER_REQUEST, None)
}

/// The process that the match gets.
fn host() -> ProcessKey {
    ProcessKey { id: "host".into(), ..process() }
}

fn placement() -> PlacementId {
    MATCH.to_string().as_str().into()
}

/// A host is sought for the match.
fn placing() -> Change {
    let request = hosting::PlacementRequest {
        id: placement(),
        queue: "queue".into(),
        match_id: Some(MATCH),
        max_players: 2,
        name: None,
        properties: Vec::new(),
        data: None,
        roster: None,
        latencies: Vec::new(),
        players: Vec::new(),
        order: None,
    };
    let started = hosting::Change::PlacementStarted { request, deadline: START + QUEUE };
    Change::Hosting(Box::new(started))
}

/// A process has come, and starts the game of the match.
fn starting() -> Vec<Change> {
    let changes = game().into_iter().filter_map(|change| match change {
        hosting::Change::ProcessConnected { sdk, .. } => {
            Some(hosting::Change::ProcessConnected { process: host(), sdk, ready_by: START + QUEUE })
        }
        hosting::Change::ProcessReady { port, log_paths, .. } => {
            Some(hosting::Change::ProcessReady { process: host(), port, log_paths })
        }
        hosting::Change::SessionStarted { fields, roster, .. } => Some(hosting::Change::SessionStarted {
            id: "match".into(),
            process: host(),
            fields,
            placement: Some(placement()),
            roster,
            activate_by: START + QUEUE,
        }),
        _ => None,
    });
    changes.map(|change| Change::Hosting(Box::new(change))).collect()
}

/// Ticket `own` (ann) under test, and `other` (bob).
fn begin(backfill: bool) -> State {
    let mut state = State::new(&Settings::default());
    let mut happen = |change| apply(&mut state, &Record { at: START, change });
    game().into_iter().for_each(|change| happen(Change::Hosting(Box::new(change))));
    happen(Change::RuleSetCreated { name: "rules".into(), body: "{}".into(), tags: BTreeMap::new() });
    happen(Change::MatchmakerCreated { name: "m".into(), fields: fields().into(), tags: BTreeMap::new() });
    let deadline = START + Duration::from_secs(60);
    let start = |id: &str, kind, player| {
        let asked = Asked { id: id.into(), matchmaker: "m".into(), kind, players: [player].into() };
        Change::TicketStarted { asked: asked.into(), deadline }
    };
    happen(match backfill {
        true => {
            let kind = TicketKind::Backfill { game_session: Some("game".into()) };
            start("own", kind, player("ann", Some("red")))
        }
        false => start("own", TicketKind::Matchmaking, player("ann", None)),
    });
    happen(start("other", TicketKind::Matchmaking, player("bob", None)));
    happen(Change::TicketSearching { id: "other".into(), reason: None });
    state
}

fn proposed(deadline: bool) -> Change {
    Change::MatchProposed {
        id: MATCH,
        matchmaker: "m".into(),
        seats: seats(),
        acceptance_deadline: deadline.then(|| START + Duration::from_secs(10)),
        region: None,
        rule_counts: Vec::new(),
    }
}

fn states(backfill: bool) -> Vec<(&'static str, State)> {
    let searching = || Change::TicketSearching { id: "own".into(), reason: None };
    let answered = |id: &str, player: &str| Change::ProposalAnswered {
        id: MATCH,
        ticket: id.into(),
        players: vec![player.into()],
        accept: true,
    };
    let cancelled = Change::TicketCancelled {
        id: "own".into(),
        reason: matchwright_engine::EndReason::Stopped,
        rule_counts: Vec::new(),
    };
    let paths: Vec<(&'static str, Vec<Change>)> = vec![
        ("QUEUED", vec![]),
        ("SEARCHING", vec![searching()]),
        ("REQUIRES_ACCEPTANCE", vec![searching(), proposed(true)]),
        ("REQUIRES_ACCEPTANCE, own accepted", vec![searching(), proposed(true), answered("own", "ann")]),
        ("REQUIRES_ACCEPTANCE, other accepted", vec![searching(), proposed(true), answered("other", "bob")]),
        ("PLACING, no process is free", vec![searching(), proposed(false), placing()]),
        ("PLACING, its game starts", [vec![searching(), proposed(false), placing()], starting()].concat()),
        (
            "COMPLETED",
            vec![searching(), proposed(false), Change::MatchCompleted { id: MATCH, session: None }],
        ),
        (
            "FAILED",
            vec![searching(), proposed(false), Change::MatchFailed { id: MATCH, rule_counts: vec![] }],
        ),
        ("CANCELLED", vec![searching(), cancelled]),
        ("TIMED_OUT", vec![searching(), Change::TicketTimedOut { id: "own".into(), rule_counts: vec![] }]),
    ];
    let walk = |(name, changes): (&'static str, Vec<Change>)| {
        let mut state = begin(backfill);
        changes.into_iter().for_each(|change| apply(&mut state, &Record { at: START, change }));
        (name, state)
    };
    // A match with a backfill has its game: it is never being placed.
    let is_reached = |(name, _): &(&str, Vec<Change>)| !backfill || !name.starts_with("PLACING");
    paths.into_iter().filter(is_reached).map(walk).collect()
}

fn events() -> Vec<(&'static str, Timestamp, Command)> {
    let answer = |ticket: &str, player: &str, accept| Command::AnswerProposal {
        ticket: ticket.into(),
        players: vec![player.into()],
        accept,
    };
    let start = |id: &str| Command::StartTicket {
        id: id.into(),
        matchmaker: "m".into(),
        players: [player("ann", None)].into(),
    };
    let replace = Command::StartBackfill {
        id: "newer".into(),
        matchmaker: "m".into(),
        game_session: Some("game".into()),
        players: [player("ann", Some("red"))].into(),
    };
    let propose = Command::Propose(Proposal {
        match_id: MatchId::new(8),
        matchmaker: "m".into(),
        rule_set: "rules".into(),
        seats: seats(),
        rule_counts: Vec::new(),
        region: None,
    });
    let of_host = |command| Command::Hosting(Box::new(command));
    let activate = hosting::Command::ActivateSession { process: host(), session: "match".into() };
    let now = START + Duration::from_secs(1);
    let end = hosting::Command::EndProcess { process: process() };
    vec![
        ("StartMatchmaking with the same id", now, start("own")),
        ("StartMatchmaking by the same player", now, start("newer")),
        ("StartMatchBackfill of the same session", now, replace),
        ("Propose", now, propose),
        ("AcceptMatch ACCEPT", now, answer("own", "ann", true)),
        ("AcceptMatch REJECT", now, answer("own", "ann", false)),
        ("AcceptMatch by a stranger", now, answer("own", "eve", true)),
        ("AcceptMatch ACCEPT of the other", now, answer("other", "bob", true)),
        ("AcceptMatch REJECT of the other", now, answer("other", "bob", false)),
        ("StopMatchmaking", now, Command::StopTicket { id: "own".into() }),
        ("StopMatchmaking of the other", now, Command::StopTicket { id: "other".into() }),
        ("the acceptance deadline", AFTER_ACCEPTANCE, Command::Tick),
        ("the request deadline", AFTER_REQUEST, Command::Tick),
        ("the end of retention", START + Duration::from_secs(4 * 3600), Command::Tick),
        ("the game of the match runs", now, of_host(activate)),
        ("the process of the match ends", now, of_host(hosting::Command::EndProcess { process: host() })),
        ("StopGameSessionPlacement", now, of_host(hosting::Command::StopPlacement { id: placement() })),
        ("the time of the queue", START + QUEUE, Command::Tick),
        ("the game of the backfill ends", now, Command::Hosting(Box::new(end))),
    ]
}

fn brief(change: &Change) -> String {
    match change {
        Change::TicketStarted { asked, .. } if asked.is_backfill() => {
            format!("BackfillStarted({})", asked.id)
        }
        Change::TicketStarted { asked, .. } => format!("TicketStarted({})", asked.id),
        Change::TicketSearching { id, reason } => match reason {
            Some(reason) => format!("TicketSearching({id}, {reason:?})"),
            None => format!("TicketSearching({id})"),
        },
        Change::TicketCancelled { id, reason, .. } => format!("TicketCancelled({id}, {reason:?})"),
        Change::TicketTimedOut { id, .. } => format!("TicketTimedOut({id})"),
        Change::TicketForgotten { id } => format!("TicketForgotten({id})"),
        Change::MatchProposed { .. } => "MatchProposed".to_string(),
        Change::ProposalAnswered { ticket, accept, .. } => format!("ProposalAnswered({ticket}, {accept})"),
        Change::AcceptanceEnded { outcome, .. } => format!("AcceptanceEnded({outcome:?})"),
        Change::Hosting(change) => match &**change {
            hosting::Change::SessionInformed { reason, .. } => format!("SessionInformed({reason:?})"),
            other => first_word(other),
        },
        other => first_word(other),
    }
}

fn first_word(change: &impl std::fmt::Debug) -> String {
    format!("{change:?}").split([' ', '{']).next().unwrap_or_default().to_string()
}

fn outcome(state: &State, now: Timestamp, command: &Command) -> String {
    let (settings, rule_counts) = (Settings::default(), BTreeMap::new());
    let decided = decide(
        state,
        &Context { now, settings: &settings, rule_counts: &rule_counts, fresh: Fresh::new(7) },
        command,
    );
    match decided {
        Err(rejection) => format!("refused: {rejection}"),
        Ok(decision) if decision.changes.is_empty() => "nothing".to_string(),
        Ok(decision) => {
            let mut next = state.clone();
            decision
                .changes
                .iter()
                .for_each(|change| apply(&mut next, &Record { at: now, change: change.clone() }));
            let mut rebuilt = State::new(&settings);
            snapshot(&next).iter().for_each(|record| apply(&mut rebuilt, record));
            assert_eq!(rebuilt, next, "a snapshot rebuilds the state after {command:?}");
            let status = next.tickets.get("own").map_or("forgotten", |ticket| ticket.status.name());
            let changes: Vec<String> = decision.changes.iter().map(brief).collect();
            format!("{} => own is {status}", changes.join(", "))
        }
    }
}

fn table(backfill: bool) -> String {
    let mut table = String::new();
    for (name, state) in states(backfill) {
        assert!(name.starts_with(state.tickets["own"].status.name()), "{name}");
        table.push_str(&format!("{name}\n"));
        for (event, now, command) in events() {
            table.push_str(&format!("  {event}: {}\n", outcome(&state, now, &command)));
        }
        table.push('\n');
    }
    table
}

#[test]
fn every_state_of_a_ticket_meets_every_event() {
    expect_file!["lifecycle_ticket.txt"].assert_eq(&table(false));
}

#[test]
fn every_state_of_a_backfill_ticket_meets_every_event() {
    expect_file!["lifecycle_backfill.txt"].assert_eq(&table(true));
}

#[test]
fn a_proposal_that_is_out_of_date_is_refused() {
    let fresh = |seats: Vec<Seat>, rule_set: &str| {
        Command::Propose(Proposal {
            match_id: MatchId::new(9),
            matchmaker: "m".into(),
            rule_set: rule_set.into(),
            seats,
            rule_counts: Vec::new(),
            region: None,
        })
    };
    let mut state = begin(false);
    apply(
        &mut state,
        &Record { at: START, change: Change::TicketSearching { id: "own".into(), reason: None } },
    );
    let stranger = Seat { ticket: "gone".into(), player: "eve".into(), team: "red".into() };
    let half = vec![Seat { player: "eve".into(), ..seats()[0].clone() }];
    let twice = vec![seats()[0].clone(), seats()[1].clone(), seats()[0].clone()];
    let table = [
        ("a good one", fresh(seats(), "rules")),
        ("another rule set", fresh(seats(), "older")),
        ("a ticket that is gone", fresh(vec![stranger], "rules")),
        ("seats of other players", fresh(half, "rules")),
        ("a ticket twice", fresh(twice, "rules")),
    ];
    let rows = table.map(|(name, command)| format!("{name}: {}\n", outcome(&state, START, &command)));
    expect_file!["lifecycle_proposal.txt"].assert_eq(&rows.concat());
    assert!(matches!(state.tickets["own"].status, Status::Searching), "decide changes nothing");
}

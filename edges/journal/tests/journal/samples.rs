//! Records of every kind: fixed ones, one or more per variant, and generated ones.

mod hosting;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use matchwright_engine::*;
use matchwright_model::*;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9-]{0,12}", "\\PC{0,6}", Just("\"\\\n\u{0}💠".to_string())]
}

fn name<T: From<String> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    text().prop_map(T::from)
}

fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(text(), text(), 0..3)
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp)
}

fn span() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

fn match_id() -> impl Strategy<Value = MatchId> {
    any::<u128>().prop_map(MatchId::new)
}

fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

fn attribute() -> BoxedStrategy<AttributeValue> {
    prop_oneof![
        text().prop_map(AttributeValue::Text),
        number().prop_map(AttributeValue::Number),
        vec(text(), 0..4).prop_map(AttributeValue::text_list),
        btree_map(text(), number(), 0..4).prop_map(AttributeValue::NumberMap),
    ]
    .boxed()
}

fn player() -> BoxedStrategy<Player> {
    let attributes = vec((name(), attribute()), 0..4).prop_map(Listing::from_iter);
    let latencies = vec((name::<Region>(), any::<u32>()), 0..4).prop_map(Listing::from_iter);
    (name(), attributes, latencies, option::of(name()))
        .prop_map(|(id, attributes, latencies, team)| Player { id, attributes, latencies, team })
        .boxed()
}

fn seat() -> BoxedStrategy<Seat> {
    (name(), name(), name()).prop_map(|(ticket, player, team)| Seat { ticket, player, team }).boxed()
}

fn rule_counts() -> BoxedStrategy<Vec<RuleCount>> {
    let count = (text(), any::<u64>(), any::<u64>()).prop_map(|(rule, passed, failed)| RuleCount {
        rule,
        passed,
        failed,
    });
    vec(count, 0..3).boxed()
}

fn reason() -> impl Strategy<Value = EndReason> {
    use EndReason::*;
    prop::sample::select(vec![
        Stopped,
        Requeued,
        Replaced,
        NotAccepted,
        OthersNotAccepted,
        ProposalWithdrawn,
        NoCapacity,
        GameEnded,
    ])
}

fn session() -> BoxedStrategy<Session> {
    let players = btree_map(name(), text(), 0..3);
    (text(), option::of(text()), option::of(text()), any::<u16>(), players)
        .prop_map(|(id, ip, dns, port, player_sessions)| Session {
            id: id.into(),
            ip,
            dns,
            port,
            player_sessions,
        })
        .boxed()
}

fn fields() -> BoxedStrategy<MatchmakerFields> {
    let mode = option::of(prop::sample::select(vec![Mode::Standalone, Mode::WithQueue]));
    let backfill = option::of(prop::sample::select(vec![BackfillMode::Automatic, BackfillMode::Manual]));
    let optional = || option::of(text());
    let asked = (name(), span(), any::<bool>(), option::of(span()), mode, vec(text(), 0..3), any::<u32>());
    let said = (optional(), optional(), optional(), optional(), vec((text(), text()), 0..3), backfill);
    (asked, said)
        .prop_map(|(asked, said)| MatchmakerFields {
            rule_set: asked.0,
            request_timeout: asked.1,
            acceptance_required: asked.2,
            acceptance_timeout: asked.3,
            mode: asked.4,
            queues: asked.5.into_iter().map(Into::into).collect(),
            additional_players: asked.6,
            description: said.0,
            notification_target: said.1,
            custom_event_data: said.2,
            game_session_data: said.3,
            game_properties: said.4,
            backfill_mode: said.5,
        })
        .boxed()
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Queued),
        Just(Status::Searching),
        match_id().prop_map(|match_id| Status::Proposed { match_id }),
        match_id().prop_map(|match_id| Status::Placing { match_id }),
        time().prop_map(|at| Status::Completed { at }),
        time().prop_map(|at| Status::Failed { at }),
        time().prop_map(|at| Status::Cancelled { at }),
        time().prop_map(|at| Status::TimedOut { at }),
    ]
}

fn ticket() -> BoxedStrategy<Ticket> {
    let matched = (match_id(), btree_map(name(), name(), 0..3), option::of(session()))
        .prop_map(|(id, teams, session)| Box::new(Matched { id, teams, session }));
    (asked(), time(), time(), status(), option::of(reason()), option::of(matched))
        .prop_map(|(asked, started_at, deadline, status, reason, matched)| Ticket {
            asked,
            started_at,
            deadline,
            status,
            reason,
            matched,
        })
        .boxed()
}

fn asked() -> impl Strategy<Value = Arc<Asked>> {
    let kind = prop_oneof![
        Just(TicketKind::Matchmaking),
        option::of(text()).prop_map(|game_session| TicketKind::Backfill { game_session })
    ];
    (name(), name(), kind, vec(player(), 0..3)).prop_map(|(id, matchmaker, kind, players)| {
        Arc::new(Asked { id, matchmaker, kind, players: players.into() })
    })
}

fn live_match() -> BoxedStrategy<Match> {
    let phase = prop_oneof![
        Just(MatchPhase::Placing),
        time().prop_map(|deadline| MatchPhase::Acceptance { deadline })
    ];
    (name(), vec(seat(), 0..3), phase, btree_map(name(), any::<bool>(), 0..3), option::of(name()))
        .prop_map(|(matchmaker, seats, phase, answers, region)| Match {
            matchmaker,
            seats,
            phase,
            answers,
            region,
        })
        .boxed()
}

fn configuration() -> BoxedStrategy<Change> {
    let resource = prop_oneof![
        name().prop_map(Resource::RuleSet),
        name().prop_map(Resource::Matchmaker),
        hosting::resource().prop_map(Resource::Hosted),
    ];
    prop_oneof![
        (name(), text(), texts()).prop_map(|(name, body, tags)| Change::RuleSetCreated { name, body, tags }),
        name().prop_map(|name| Change::RuleSetDeleted { name }),
        (name(), fields(), texts()).prop_map(|(name, fields, tags)| Change::MatchmakerCreated {
            name,
            fields: fields.into(),
            tags
        }),
        (name(), fields())
            .prop_map(|(name, fields)| Change::MatchmakerUpdated { name, fields: fields.into() }),
        name().prop_map(|name| Change::MatchmakerDeleted { name }),
        (resource, texts()).prop_map(|(resource, tags)| Change::TagsReplaced { resource, tags }),
    ]
    .boxed()
}

fn of_a_ticket() -> BoxedStrategy<Change> {
    prop_oneof![
        (asked(), time()).prop_map(|(asked, deadline)| Change::TicketStarted { asked, deadline }),
        (name(), option::of(reason())).prop_map(|(id, reason)| Change::TicketSearching { id, reason }),
        (name(), reason(), rule_counts()).prop_map(|(id, reason, rule_counts)| Change::TicketCancelled {
            id,
            reason,
            rule_counts
        }),
        (name(), rule_counts()).prop_map(|(id, rule_counts)| Change::TicketTimedOut { id, rule_counts }),
        name().prop_map(|id| Change::TicketForgotten { id }),
    ]
    .boxed()
}

fn of_a_match() -> BoxedStrategy<Change> {
    use AcceptanceOutcome::*;
    let outcome = prop::sample::select(vec![Accepted, Rejected, TimedOut]);
    let region = || option::of(name());
    prop_oneof![
        (match_id(), name(), vec(seat(), 0..4), option::of(time()), region(), rule_counts()).prop_map(
            |(id, matchmaker, seats, acceptance_deadline, region, rule_counts)| Change::MatchProposed {
                id,
                matchmaker,
                seats,
                acceptance_deadline,
                region,
                rule_counts
            }
        ),
        (match_id(), name(), vec(name(), 0..4), any::<bool>()).prop_map(|(id, ticket, players, accept)| {
            Change::ProposalAnswered { id, ticket, players, accept }
        }),
        (match_id(), outcome).prop_map(|(id, outcome)| Change::AcceptanceEnded { id, outcome }),
        match_id().prop_map(|id| Change::PlacementStarted { id }),
        match_id().prop_map(|id| Change::PlacementAbandoned { id }),
        (match_id(), option::of(session()))
            .prop_map(|(id, session)| Change::MatchCompleted { id, session: session.map(Box::new) }),
        (match_id(), rule_counts()).prop_map(|(id, rule_counts)| Change::MatchFailed { id, rule_counts }),
    ]
    .boxed()
}

fn of_a_snapshot() -> BoxedStrategy<Change> {
    prop_oneof![
        (text(), any::<u64>()).prop_map(|(sink, position)| Change::SinkAdvanced { sink, position }),
        ticket().prop_map(|ticket| Change::TicketRestored { ticket: Box::new(ticket) }),
        (match_id(), live_match()).prop_map(|(id, open)| Change::MatchRestored { id, open: Box::new(open) }),
        (name(), any::<u64>(), any::<u64>(), any::<u64>()).prop_map(
            |(matchmaker, minute, tickets, total_ms)| {
                Change::WaitsRestored { matchmaker, minute, tickets, total_ms }
            }
        ),
    ]
    .boxed()
}

/// Any record.
pub fn record() -> impl Strategy<Value = Record> {
    let hosted = hosting::change().prop_map(|change| Change::Hosting(Box::new(change)));
    let change = prop_oneof![configuration(), of_a_ticket(), of_a_match(), of_a_snapshot(), hosted];
    (time(), change).prop_map(|(at, change)| Record { at, change })
}

fn players() -> Vec<Player> {
    let attributes = Listing::from([
        ("mode".into(), AttributeValue::Text("ctf".to_string())),
        ("skill".into(), AttributeValue::Number(1234.5)),
        ("maps".into(), AttributeValue::text_list(["harbor".to_string(), "mine".to_string()])),
        ("roles".into(), AttributeValue::NumberMap(BTreeMap::from([("healer".to_string(), -0.5)]))),
    ]);
    let latencies = Listing::from([(Region::from("eu-west-1"), 24), (Region::from("us-east-1"), 110)]);
    vec![
        Player { id: "ann".into(), attributes, latencies, team: None },
        Player {
            id: "bob".into(),
            attributes: Listing::new(),
            latencies: Listing::new(),
            team: Some("red".into()),
        },
    ]
}

fn a_session() -> Session {
    Session {
        id: "game-1".into(),
        ip: Some("192.0.2.7".to_string()),
        dns: Some("host.example".to_string()),
        port: 7777,
        player_sessions: BTreeMap::from([("ann".into(), "ps-1".to_string())]),
    }
}

fn a_matchmaker() -> MatchmakerFields {
    MatchmakerFields {
        description: Some("four against four".to_string()),
        rule_set: "rules".into(),
        request_timeout: Duration::from_secs(120),
        acceptance_required: true,
        acceptance_timeout: Some(Duration::from_millis(30_500)),
        mode: Some(Mode::WithQueue),
        queues: vec!["queue".into()],
        notification_target: Some("topic".to_string()),
        additional_players: 2,
        custom_event_data: Some("season 3".to_string()),
        game_properties: vec![("map".to_string(), "harbor".to_string())],
        game_session_data: Some("{}".to_string()),
        backfill_mode: Some(BackfillMode::Automatic),
    }
}

fn a_ticket(status: Status, kind: TicketKind) -> Box<Ticket> {
    let teams = BTreeMap::from([("ann".into(), "red".into())]);
    let id = MatchId::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    Box::new(Ticket {
        asked: asked_for("t-1", kind),
        started_at: Timestamp(1_700_000_000_000),
        deadline: Timestamp(1_700_000_120_000),
        status,
        reason: Some(EndReason::NoCapacity),
        matched: Some(Box::new(Matched { id, teams, session: Some(a_session()) })),
    })
}

fn asked_for(id: &str, kind: TicketKind) -> Arc<Asked> {
    Arc::new(Asked { id: id.into(), matchmaker: "arena".into(), kind, players: players().into() })
}

/// One or more of every variant, in the order of their declaration. They are in the golden files for ever.
pub fn of_every_kind() -> Vec<Record> {
    let tags = || BTreeMap::from([("team".to_string(), "ops".to_string())]);
    let id = MatchId::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
    let seats = || vec![Seat { ticket: "t-1".into(), player: "ann".into(), team: "red".into() }];
    let rule_counts = || vec![RuleCount { rule: "FairSkill".to_string(), passed: 3, failed: 300 }];
    let at = Timestamp(1_700_000_060_000);
    let bare = MatchmakerFields {
        description: None,
        acceptance_required: false,
        acceptance_timeout: None,
        mode: Some(Mode::Standalone),
        queues: vec![],
        notification_target: None,
        additional_players: 0,
        custom_event_data: None,
        game_properties: vec![],
        game_session_data: None,
        backfill_mode: Some(BackfillMode::Manual),
        ..a_matchmaker()
    };
    let mut changes = vec![
        Change::RuleSetCreated { name: "rules".into(), body: "{\"name\":\"é\"}".to_string(), tags: tags() },
        Change::RuleSetDeleted { name: "rules".into() },
        Change::MatchmakerCreated { name: "arena".into(), fields: a_matchmaker().into(), tags: tags() },
        Change::MatchmakerUpdated { name: "arena".into(), fields: bare.into() },
        Change::MatchmakerDeleted { name: "arena".into() },
        Change::TagsReplaced { resource: Resource::RuleSet("rules".into()), tags: tags() },
        Change::TagsReplaced { resource: Resource::Matchmaker("arena".into()), tags: BTreeMap::new() },
        Change::TicketStarted { asked: asked_for("t-1", TicketKind::Matchmaking), deadline: at },
        Change::TicketStarted {
            asked: asked_for("b-1", TicketKind::Backfill { game_session: Some("game-1".to_string()) }),
            deadline: at,
        },
        Change::TicketSearching { id: "t-1".into(), reason: None },
    ];
    use EndReason::*;
    for reason in [Stopped, Requeued, Replaced, NotAccepted, OthersNotAccepted, ProposalWithdrawn, NoCapacity]
    {
        changes.push(Change::TicketSearching { id: "t-1".into(), reason: Some(reason) });
    }
    changes.extend([
        Change::TicketCancelled { id: "t-1".into(), reason: Stopped, rule_counts: rule_counts() },
        Change::TicketTimedOut { id: "t-1".into(), rule_counts: rule_counts() },
        Change::TicketForgotten { id: "t-1".into() },
        Change::MatchProposed {
            id,
            matchmaker: "arena".into(),
            seats: seats(),
            acceptance_deadline: Some(at),
            region: Some("eu-west-1".into()),
            rule_counts: rule_counts(),
        },
        Change::ProposalAnswered { id, ticket: "t-1".into(), players: vec!["ann".into()], accept: true },
        Change::AcceptanceEnded { id, outcome: AcceptanceOutcome::Accepted },
        Change::AcceptanceEnded { id, outcome: AcceptanceOutcome::Rejected },
        Change::AcceptanceEnded { id, outcome: AcceptanceOutcome::TimedOut },
        Change::PlacementStarted { id },
        Change::PlacementAbandoned { id },
        Change::MatchCompleted { id, session: Some(a_session().into()) },
        Change::MatchFailed { id, rule_counts: rule_counts() },
        Change::SinkAdvanced { sink: "events".to_string(), position: 1 << 40 },
    ]);
    let statuses = [
        Status::Queued,
        Status::Searching,
        Status::Proposed { match_id: id },
        Status::Placing { match_id: id },
        Status::Completed { at },
        Status::Failed { at },
        Status::Cancelled { at },
        Status::TimedOut { at },
    ];
    changes.extend(
        statuses.map(|status| Change::TicketRestored { ticket: a_ticket(status, TicketKind::Matchmaking) }),
    );
    let kind = TicketKind::Backfill { game_session: Some("game-1".to_string()) };
    changes.push(Change::TicketRestored { ticket: a_ticket(Status::Searching, kind) });
    for phase in [MatchPhase::Acceptance { deadline: at }, MatchPhase::Placing] {
        let answers = BTreeMap::from([("ann".into(), true), ("bob".into(), false)]);
        let open = Match { matchmaker: "arena".into(), seats: seats(), phase, answers, region: None };
        changes.push(Change::MatchRestored { id, open: Box::new(open) });
    }
    changes.push(Change::WaitsRestored {
        matchmaker: "arena".into(),
        minute: 28_333_334,
        tickets: 9,
        total_ms: 81_000,
    });
    one_after_the_other(changes)
}

/// The same of what came with hosting, in golden files of its own.
pub fn of_hosting() -> Vec<Record> {
    let resource = Resource::Hosted(matchwright_hosting::Resource::Fleet("fleet-1".into()));
    let ended = EndReason::GameEnded;
    let mut changes = vec![
        Change::TagsReplaced { resource, tags: BTreeMap::new() },
        Change::TicketCancelled { id: "b-1".into(), reason: ended, rule_counts: vec![] },
    ];
    changes.extend(hosting::of_every_kind().into_iter().map(|change| Change::Hosting(Box::new(change))));
    one_after_the_other(changes)
}

fn one_after_the_other(changes: Vec<Change>) -> Vec<Record> {
    (0..)
        .zip(changes)
        .map(|(step, change)| Record { at: Timestamp(1_700_000_000_000 + step), change })
        .collect()
}

//! The scenarios through aws-sdk-gamelift. Each is a function; its name is the sentence that it shows.

use std::pin::Pin;
use std::time::Duration;

use aws_sdk_gamelift::types::{
    AcceptanceType, AttributeValue, FlexMatchMode, MatchmakingConfiguration,
    MatchmakingConfigurationStatus as Status, MatchmakingTicket, Player, Tag,
};
use aws_sdk_gamelift::{Client, Error};

pub type Scenario = fn(Client) -> Pin<Box<dyn Future<Output = ()>>>;

macro_rules! list {
    ($($name:ident),* $(,)?) => {
        /// Name and scenario, in the order of the file.
        pub fn all() -> Vec<(&'static str, Scenario)> {
            vec![$((stringify!($name), |client| Box::pin($name(client)))),*]
        }
    };
}

list![
    a_match_is_proposed_accepted_and_completed,
    who_rejects_is_cancelled_and_the_other_searches_on,
    who_does_not_answer_in_time_is_cancelled,
    a_ticket_alone_times_out,
    players_too_far_apart_do_not_meet,
    a_running_match_is_filled_up,
    lists_come_in_pages,
    tags_are_set_listed_and_removed,
    a_configuration_is_updated_and_deleted,
    what_is_wrong_is_told_as_a_typed_error,
    a_broken_rule_set_is_explained,
    the_quota_of_configurations_holds,
];

const DUEL: &str = include_str!("../../data/duel.json");
const TABLE: &str = include_str!("../../data/table.json");
const BROKEN: &str = include_str!("../../data/broken.json");

/// Polls one ticket until it has the wanted state.
async fn until(client: &Client, ticket: &str, wanted: Status) -> MatchmakingTicket {
    let mut last = None;
    for _ in 0..500 {
        let answer = client.describe_matchmaking().ticket_ids(ticket).send().await.expect("describe");
        let found = answer.ticket_list()[0].clone();
        if found.status() == Some(&wanted) {
            return found;
        }
        last = found.status;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{ticket} is {last:?}, expected {wanted:?}");
}

/// The call fails with this typed exception, and its message has the text.
macro_rules! refused {
    ($variant:ident, $text:expr, $call:expr) => {{
        let why: Error = $call.send().await.expect_err("expected a refusal, found success").into();
        let Error::$variant(inner) = &why else { panic!("expected {}, found {why:?}", stringify!($variant)) };
        let message = inner.message().expect("a message").to_owned();
        assert!(message.contains($text), "expected {:?} in {message:?}", $text);
        message
    }};
}

/// What the scenarios set beyond the defaults.
#[derive(Default)]
struct Settings {
    rules: Option<&'static str>,
    timeout: Option<i32>,
    acceptance: Option<i32>,
    description: Option<String>,
    event_data: Option<String>,
}

/// A rule set and a configuration of the same name.
async fn make(client: &Client, name: &str, settings: Settings) -> MatchmakingConfiguration {
    let body = settings.rules.unwrap_or(DUEL);
    client.create_matchmaking_rule_set().name(name).rule_set_body(body).send().await.expect("a rule set");
    let call = client.create_matchmaking_configuration().name(name).rule_set_name(name);
    let call = call
        .request_timeout_seconds(settings.timeout.unwrap_or(60))
        .acceptance_required(settings.acceptance.is_some())
        .set_acceptance_timeout_seconds(settings.acceptance)
        .set_description(settings.description)
        .set_custom_event_data(settings.event_data);
    call.send().await.expect("a configuration").configuration.expect("the configuration")
}

fn player(id: &str, skill: Option<f64>) -> Player {
    let player = Player::builder().player_id(id);
    match skill {
        Some(skill) => player.player_attributes("skill", AttributeValue::builder().n(skill).build()).build(),
        None => player.build(),
    }
}

async fn start(client: &Client, name: &str, ticket: &str, skill: f64) -> MatchmakingTicket {
    let call = client.start_matchmaking().ticket_id(ticket).configuration_name(name);
    let answer = call.players(player(&format!("player-of-{ticket}"), Some(skill))).send().await;
    answer.expect("a started ticket").matchmaking_ticket.expect("the ticket")
}

async fn answer(client: &Client, ticket: &str, with: AcceptanceType) {
    let call = client.accept_match().ticket_id(ticket).player_ids(format!("player-of-{ticket}"));
    call.acceptance_type(with).send().await.expect("an answer");
}

async fn stop(client: &Client, ticket: &str) {
    client.stop_matchmaking().ticket_id(ticket).send().await.expect("a stopped ticket");
}

/// Two tickets that wait for their players' answers.
async fn propose(client: &Client, name: &str, tickets: [&str; 2]) {
    for ticket in tickets {
        start(client, name, ticket, 50.0).await;
    }
    for ticket in tickets {
        until(client, ticket, Status::RequiresAcceptance).await;
    }
}

async fn a_match_is_proposed_accepted_and_completed(client: Client) {
    let made = make(&client, "accepted", Settings { acceptance: Some(30), ..Settings::default() }).await;
    let arn = made.configuration_arn().expect("an ARN");
    assert!(arn.ends_with(":matchmakingconfiguration/accepted"), "{arn}");
    assert_eq!(made.flex_match_mode(), Some(&FlexMatchMode::Standalone));

    let started = start(&client, "accepted", "accepted-1", 50.0).await;
    assert_eq!(started.status(), Some(&Status::Queued));
    assert_eq!(started.ticket_id(), Some("accepted-1"));
    start(&client, "accepted", "accepted-2", 55.0).await;
    let tickets = ["accepted-1", "accepted-2"];
    for ticket in tickets {
        until(&client, ticket, Status::RequiresAcceptance).await;
    }
    for ticket in tickets {
        answer(&client, ticket, AcceptanceType::Accept).await;
    }

    let mut teams = Vec::new();
    for ticket in tickets {
        let done = until(&client, ticket, Status::Completed).await;
        assert!(done.end_time() >= done.start_time(), "{done:?}");
        let player = &done.players()[0];
        assert!(player.player_attributes().expect("attributes")["skill"].n().is_some(), "{player:?}");
        teams.push(player.team().expect("a team").to_owned());
    }
    teams.sort();
    assert_eq!(teams, ["blue", "red"]);
    let text = "Matchmaking ticket is in COMPLETED status and cannot be canceled.";
    refused!(InvalidRequestException, text, client.stop_matchmaking().ticket_id("accepted-1"));
}

async fn who_rejects_is_cancelled_and_the_other_searches_on(client: Client) {
    make(&client, "rejected", Settings { acceptance: Some(30), ..Settings::default() }).await;
    propose(&client, "rejected", ["rejected-1", "rejected-2"]).await;
    answer(&client, "rejected-1", AcceptanceType::Reject).await;
    let gone = until(&client, "rejected-1", Status::Cancelled).await;
    assert_eq!(gone.status_reason(), Some("Cancelled"));
    let back = until(&client, "rejected-2", Status::Searching).await;
    assert_eq!(back.status_reason(), Some("AcceptanceFailed"));
    stop(&client, "rejected-2").await;
    let stopped = until(&client, "rejected-2", Status::Cancelled).await;
    assert_eq!(stopped.status_message(), Some("Cancelled by request."));
}

async fn who_does_not_answer_in_time_is_cancelled(client: Client) {
    make(&client, "silent", Settings { acceptance: Some(1), ..Settings::default() }).await;
    propose(&client, "silent", ["silent-1", "silent-2"]).await;
    answer(&client, "silent-2", AcceptanceType::Accept).await;
    until(&client, "silent-1", Status::Cancelled).await;
    until(&client, "silent-2", Status::Searching).await;
    stop(&client, "silent-2").await;
}

async fn a_ticket_alone_times_out(client: Client) {
    make(&client, "alone", Settings { timeout: Some(1), ..Settings::default() }).await;
    start(&client, "alone", "alone-1", 50.0).await;
    let out = until(&client, "alone-1", Status::TimedOut).await;
    assert_eq!(out.status_reason(), Some("TimedOut"));
    assert_eq!(out.status_message(), Some("Removed from matchmaking due to timing out."));
}

async fn players_too_far_apart_do_not_meet(client: Client) {
    make(&client, "far", Settings::default()).await;
    start(&client, "far", "far-1", 10.0).await;
    start(&client, "far", "far-2", 90.0).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let call = client.describe_matchmaking().ticket_ids("far-2").ticket_ids("unknown").ticket_ids("far-1");
    let found = call.send().await.expect("describe");
    let seen: Vec<_> = found.ticket_list().iter().map(|one| (one.ticket_id(), one.status())).collect();
    let searching = Some(&Status::Searching);
    assert_eq!(seen, [(Some("far-2"), searching), (Some("far-1"), searching)]);
    stop(&client, "far-1").await;
    stop(&client, "far-2").await;
}

async fn a_running_match_is_filled_up(client: Client) {
    make(&client, "filled", Settings { rules: Some(TABLE), ..Settings::default() }).await;
    let seated =
        (0..3).map(|number| Player::builder().player_id(format!("seated-{number}")).team("table").build());
    let call = client.start_match_backfill().ticket_id("filled-open").configuration_name("filled");
    let open = call.set_players(Some(seated.collect())).send().await.expect("a backfill");
    assert_eq!(open.matchmaking_ticket().and_then(MatchmakingTicket::status), Some(&Status::Queued));
    start(&client, "filled", "filled-new", 50.0).await;
    let new = until(&client, "filled-new", Status::Completed).await;
    assert_eq!(new.players()[0].team(), Some("table"));
    until(&client, "filled-open", Status::Completed).await;

    let call = || client.start_match_backfill().configuration_name("filled");
    refused!(InvalidRequestException, "Team", call().players(player("seated-9", None)));
    let sofa = Player::builder().player_id("seated-9").team("sofa").build();
    refused!(InvalidRequestException, "sofa", call().players(sofa));
}

async fn lists_come_in_pages(client: Client) {
    let names: Vec<String> = (0..12).map(|number| format!("page-{number:02}")).collect();
    for name in &names {
        client.create_matchmaking_rule_set().name(name).rule_set_body(DUEL).send().await.expect("a rule set");
    }
    let mut pages = client.describe_matchmaking_rule_sets().into_paginator().page_size(5).send();
    let (mut sizes, mut found) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.expect("a page");
        sizes.push(page.rule_sets().len());
        found.extend(page.rule_sets().iter().filter_map(|one| one.rule_set_name().map(str::to_owned)));
    }
    assert!(sizes.len() >= 3 && sizes[..sizes.len() - 1].iter().all(|size| *size == 5), "{sizes:?}");
    found.retain(|name| names.contains(name));
    found.sort();
    assert_eq!(found, names);
    for name in &names {
        client.delete_matchmaking_rule_set().name(name).send().await.expect("a deleted rule set");
    }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

async fn tags_are_set_listed_and_removed(client: Client) {
    let call = client.create_matchmaking_rule_set().name("tagged").rule_set_body(DUEL);
    let made = call.tags(tag("team", "core")).send().await.expect("a rule set");
    let arn = made.rule_set().and_then(|one| one.rule_set_arn()).expect("an ARN").to_owned();
    let call = client.tag_resource().resource_arn(&arn).tags(tag("team", "live"));
    call.tags(tag("stage", "beta")).send().await.expect("tagged");
    let call = client.untag_resource().resource_arn(&arn).tag_keys("stage");
    call.tag_keys("never-there").send().await.expect("untagged");
    let listed = client.list_tags_for_resource().resource_arn(&arn).send().await.expect("tags");
    assert_eq!(listed.tags(), [tag("team", "live")]);

    let call = client.tag_resource().resource_arn(&arn).tags(tag("aws:mine", "no"));
    refused!(TaggingFailedException, "aws:", call);
    let nobody = arn.replace("tagged", "nobody");
    refused!(NotFoundException, "", client.list_tags_for_resource().resource_arn(nobody));
}

async fn a_configuration_is_updated_and_deleted(client: Client) {
    let settings = Settings {
        description: Some("first".to_owned()),
        event_data: Some("keep".to_owned()),
        ..Settings::default()
    };
    let made = make(&client, "changed", settings).await;
    assert!(made.rule_set_arn().expect("an ARN").ends_with(":matchmakingruleset/changed"));
    client
        .create_matchmaking_rule_set()
        .name("changed-2")
        .rule_set_body(TABLE)
        .send()
        .await
        .expect("a rule set");
    let call = client.update_matchmaking_configuration().name("changed").description("second");
    let after = call.rule_set_name("changed-2").send().await.expect("an update").configuration.expect("it");
    assert_eq!(after.description(), Some("second"));
    assert_eq!(after.rule_set_name(), Some("changed-2"));
    assert_eq!(after.custom_event_data(), Some("keep"));
    assert_eq!(after.creation_time(), made.creation_time());
    let call = client.describe_matchmaking_configurations().rule_set_name("changed-2");
    let listed = call.send().await.expect("a list");
    assert_eq!(listed.configurations().iter().map(|one| one.name()).collect::<Vec<_>>(), [Some("changed")]);

    refused!(InvalidRequestException, "changed", client.delete_matchmaking_rule_set().name("changed-2"));
    start(&client, "changed", "changed-1", 50.0).await;
    refused!(InvalidRequestException, "active", client.delete_matchmaking_configuration().name("changed"));
    stop(&client, "changed-1").await;
    client.delete_matchmaking_configuration().name("changed").send().await.expect("deleted");
    client.delete_matchmaking_rule_set().name("changed-2").send().await.expect("deleted");
    let left = client.describe_matchmaking_configurations().names("changed").send().await.expect("a list");
    assert_eq!(left.configurations(), []);
}

async fn what_is_wrong_is_told_as_a_typed_error(client: Client) {
    make(&client, "errors", Settings::default()).await;
    let call = || client.start_matchmaking().configuration_name("errors");
    let nobody = client.start_matchmaking().configuration_name("nobody").players(player("p", Some(1.0)));
    refused!(NotFoundException, "nobody", nobody);
    refused!(NotFoundException, "no-ticket", client.stop_matchmaking().ticket_id("no-ticket"));
    refused!(NotFoundException, "nobody", client.delete_matchmaking_configuration().name("nobody"));
    refused!(NotFoundException, "nobody", client.describe_matchmaking_rule_sets().names("nobody"));
    let text = "missing required attribute skill";
    refused!(InvalidRequestException, text, call().players(player("p", None)));
    refused!(InvalidRequestException, "", call().set_players(Some(Vec::new())));
    let twice = client.create_matchmaking_rule_set().name("errors").rule_set_body(DUEL);
    refused!(InvalidRequestException, "exists", twice);
    start(&client, "errors", "errors-1", 50.0).await;
    let early =
        client.accept_match().ticket_id("errors-1").player_ids("p").acceptance_type(AcceptanceType::Accept);
    refused!(InvalidRequestException, "", early);
}

async fn a_broken_rule_set_is_explained(client: Client) {
    let valid = client.validate_matchmaking_rule_set().rule_set_body(DUEL).send().await.expect("valid");
    assert_eq!(valid.valid(), Some(true));
    let call = client.validate_matchmaking_rule_set().rule_set_body(BROKEN);
    let message = refused!(InvalidRequestException, "teams[0]", call);
    assert!(message.starts_with("Invalid rule set: "), "{message}");
    let call = client.create_matchmaking_rule_set().name("broken").rule_set_body(BROKEN);
    refused!(InvalidRequestException, &message, call);
}

async fn the_quota_of_configurations_holds(client: Client) {
    client.create_matchmaking_rule_set().name("many").rule_set_body(DUEL).send().await.expect("a rule set");
    let call = |number: usize| {
        let call =
            client.create_matchmaking_configuration().name(format!("many-{number}")).rule_set_name("many");
        call.request_timeout_seconds(10).acceptance_required(false)
    };
    let mut made = 0;
    let why: Error = loop {
        assert!(made < 25, "expected LimitExceededException, found success");
        match call(made).send().await {
            Ok(_) => made += 1,
            Err(why) => break why.into(),
        }
    };
    let Error::LimitExceededException(inner) = &why else {
        panic!("expected LimitExceededException, found {why:?}")
    };
    assert!(inner.message().expect("a message").contains("24"), "{inner:?}");
    for number in 0..made {
        let name = format!("many-{number}");
        client.delete_matchmaking_configuration().name(name).send().await.expect("deleted");
    }
}

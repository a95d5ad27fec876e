//! From a rule set to a match, over restarts.

use serde_json::json;

use crate::client::Server;

#[test]
fn two_players_meet() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.create_duel("duel-now");
    server.join("duel-now", "t-1");
    assert_eq!(server.status("t-1"), "SEARCHING");
    server.join("duel-now", "t-2");
    server.until_status("t-1", "COMPLETED");
    server.until_status("t-2", "COMPLETED");
    let (status, text) = server.get("/metrics");
    assert_eq!(status, 200);
    let placed = r#"matchwright_matches_placed_total{region="us-east-1",matchmaker="duel-now"} 1"#;
    assert!(text.contains(placed), "{text}");
    assert_eq!(server.get("/healthz").0, 200);
    assert_eq!(server.get("/readyz").0, 200);
    assert_eq!(server.get("/nothing").0, 404);
}

#[test]
fn a_restart_keeps_tickets_and_the_search_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    server.create_duel("duel-now");
    server.join("duel-now", "t-1");
    server.stop();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.status("t-1"), "SEARCHING");
    server.join("duel-now", "t-2");
    server.until_status("t-1", "COMPLETED");
}

#[test]
fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Server::start(folder.path(), &[]);
    let second = matchwright_server::Node::start(&crate::client::config(folder.path(), &[]));
    let refused = second.err().expect("the journal is in use").to_string();
    assert!(refused.contains("[F102]"), "{refused}");
}

#[test]
fn regions_are_worlds_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["region=eu-west-1,us-east-1"]);
    let body = json!({ "Name": "duel", "RuleSetBody": crate::client::DUEL }).to_string();
    let create = |region| server.post("CreateMatchmakingRuleSet", body.as_bytes(), Some(region));
    assert_eq!(create("eu-west-1").0, 200);
    let (status, answer) = create("us-east-1");
    assert_eq!(status, 200);
    assert_eq!(
        answer["RuleSet"]["RuleSetArn"],
        "arn:aws:gamelift:us-east-1:000000000000:matchmakingruleset/duel"
    );
    assert_eq!(create("us-east-1").1["__type"], "InvalidRequestException");
    let (status, answer) = create("ap-south-1");
    assert_eq!((status, &answer["__type"]), (400, &json!("UnsupportedRegionException")));
    assert!(answer["Message"].as_str().unwrap().contains("eu-west-1 or us-east-1"), "{answer}");
}

#[test]
fn one_region_without_keys_serves_every_client() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.post("DescribeMatchmakingConfigurations", b"{}", Some("ap-south-1")).0, 200);
}

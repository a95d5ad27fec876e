//! A journal without room: changes are refused, questions answered, and it recovers by itself.

use serde_json::json;

use crate::client::{Server, until};

#[test]
fn a_full_journal_refuses_changes_answers_questions_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    // The sink cannot be reached, so nothing may be forgotten and the journal stays full.
    let sink = r#"sinks=[{name="away", url="http://127.0.0.1:9/"}]"#;
    let server = Server::start(folder.path(), &["journal.max_bytes=200000", sink]);
    server.create_duel("duel-now");
    let join = |id: usize| {
        let players = json!([{ "PlayerId": format!("{id}-{}", "x".repeat(900)) }]);
        server.call(
            "StartMatchmaking",
            json!({ "ConfigurationName": "duel-now", "TicketId": format!("t-{id}"), "Players": players }),
        )
    };
    let mut kept = 0;
    let refused = loop {
        match join(kept) {
            (200, _) => kept += 1,
            (status, answer) => break (status, answer),
        }
        assert!(kept < 10_000, "the journal never fills");
    };
    assert_eq!((refused.0, &refused.1["__type"]), (500, &json!("InternalServiceException")));
    assert!(refused.1["Message"].as_str().unwrap().contains("[F103]"), "{}", refused.1);
    assert_ne!(server.status("t-0"), "none");
    assert_eq!(server.status(&format!("t-{kept}")), "none", "a refused ticket does not exist");
    server.stop();
    // Without the sink the journal may forget: it makes room by a snapshot.
    let server = Server::start(folder.path(), &["journal.max_bytes=200000"]);
    let body = json!({ "ConfigurationName": "duel-now", "TicketId": "late", "Players": [{ "PlayerId": "y".repeat(900) }] });
    until("there is room again", || server.call("StartMatchmaking", body.clone()).0 == 200);
    assert_ne!(server.status("t-0"), "none");
    assert_ne!(server.status("late"), "none");
}

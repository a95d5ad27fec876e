//! The binary as a user meets it: exit codes, what it says, signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn matchwright(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_matchwright"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = matchwright(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

/// A server as a process, with the address that it said.
fn serve(folder: &Path, more: &[&str]) -> (Child, String) {
    let data = folder.display().to_string();
    let mut command =
        matchwright(&["serve", "--listen", "127.0.0.1:0", "--log", "error", "--data-dir", &data]);
    let mut child = command.args(more).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split_whitespace().find_map(|word| word.strip_prefix("http://")).unwrap().to_string();
    (child, address)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn code_within(child: &mut Child, span: Duration) -> Option<i32> {
    let started = Instant::now();
    while started.elapsed() < span {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code().unwrap_or(-1));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    None
}

const RIGHT: &str = r#"{"ruleLanguageVersion":"1.0","teams":[{"name":"a","minPlayers":1,"maxPlayers":2}]}"#;

#[test]
fn rules_check_tells_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let right = file("right.json", RIGHT);
    let wrong = file("wrong.json", &RIGHT.replace("minPlayers\":1", "minPlayers\":3"));
    assert_eq!(run(&["rules", "check", &right]).0, 0);
    let (code, out, _) = run(&["rules", "check", &right, &wrong]);
    assert_eq!(code, 1);
    assert!(out.contains("error[R") && out.contains("wrong.json"), "{out}");
    let (code, out, _) = run(&["rules", "check", "--json", &wrong]);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &found["valid"]), (1, &serde_json::json!(false)));
    assert_eq!(run(&["rules", "check", "no-such-file.json"]).0, 2);

    let mut child = matchwright(&["rules", "check", "-"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(RIGHT.as_bytes()).unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn rules_schema_prints_a_schema() {
    let (code, out, _) = run(&["rules", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &schema["$schema"]), (0, &"https://json-schema.org/draft/2020-12/schema".into()));
}

#[test]
fn a_wrong_configuration_starts_nothing() {
    let (code, _, error) = run(&["serve", "--check-config", "--set", "limits.request=1"]);
    assert_eq!(code, 2);
    assert!(error.contains("did you mean limits.requests?") && error.contains("[C103]"), "{error}");
    let (code, _, error) = run(&["serve", "--check-config", "--listen", "0.0.0.0:8080"]);
    assert_eq!(code, 2);
    assert!(error.contains("[C106]"), "{error}");
    assert_eq!(run(&["serve", "--check-config", "--listen", "0.0.0.0:8080", "--insecure-listen"]).0, 0);
}

#[test]
fn a_signal_stops_and_the_journal_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) = serve(folder.path(), &[]);
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    let realm = folder.path().join("us-east-1").display().to_string();
    let (code, _, error) = run(&["journal", "inspect", &realm]);
    assert!(code == 1 && error.contains("[F102]"), "a running server's journal is not touched: {error}");
    signal(&child, "TERM");
    assert_eq!(code_within(&mut child, Duration::from_secs(10)), Some(0));
    let (code, out, error) = run(&["journal", "inspect", &realm]);
    assert!(code == 0 && out.contains("whole"), "{out}{error}");
}

#[test]
fn a_second_signal_stops_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, address) =
        serve(folder.path(), &["--set", "limits.drain_seconds=60", "--set", "limits.body_read_seconds=60"]);
    // A request that never ends holds the drain up.
    let mut stuck = TcpStream::connect(&address).unwrap();
    stuck.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(child.try_wait().unwrap(), None, "the first signal waits for requests at work");
    signal(&child, "INT");
    assert_eq!(code_within(&mut child, Duration::from_secs(5)), Some(1));
}

#[test]
fn a_taken_address_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = folder.path().display().to_string();
    let (code, _, error) = run(&["serve", "--listen", &address, "--data-dir", &data]);
    assert_eq!(code, 1);
    assert!(error.contains("[N101]"), "{error}");
}

#[test]
fn the_demo_shows_matches_and_ends() {
    let (code, out, error) = run(&["demo", "--exit", "--players", "30", "--seconds", "1"]);
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("players") && out.contains("duel"), "{out}");
}

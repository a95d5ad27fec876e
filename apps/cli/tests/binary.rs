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

/// Ends with this value: a server that outlives its test would keep the test's output open.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl std::ops::Deref for Server {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl std::ops::DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

/// A server as a process, with the address that it said.
fn serve(folder: &Path, more: &[&str]) -> (Server, String) {
    serve_at("127.0.0.1:0", folder, more)
}

fn serve_at(listen: &str, folder: &Path, more: &[&str]) -> (Server, String) {
    let data = folder.display().to_string();
    let mut command = matchwright(&["serve", "--listen", listen, "--log", "error", "--data-dir", &data]);
    let mut child = Server(command.args(more).stdout(Stdio::piped()).spawn().unwrap());
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

/// What an operation answers.
fn call(address: &str, operation: &str, body: &serde_json::Value) -> serde_json::Value {
    let (mut stream, body) = (TcpStream::connect(address).unwrap(), body.to_string());
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-amz-target: GameLift.{operation}\r\n\
         content-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{operation}: {text}");
    serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

/// The count of a row of the summary.
fn row(table: &str, name: &str) -> u64 {
    let after = table.split(name).nth(1).unwrap_or_else(|| panic!("no {name} in {table}"));
    after.split_whitespace().find_map(|word| word.parse().ok()).unwrap()
}

#[test]
fn a_dev_fleet_is_made_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, address) = serve(folder.path(), &[]);
    let url = format!("http://{address}");
    let once = ["dev-fleet", "--endpoint", &url, "--once", "--format", "json", "--matchmaker", "duel"];
    let ((code, first, _), (again, second, told)) = (run(&once), run(&once));
    assert_eq!((code, again), (0, 0), "{told}");
    assert!(told.contains("matchmaker  duel") && !told.contains("made"), "{told}");
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (first, second) = (read(&first), read(&second));
    let same = |name: &str| assert_eq!(first[name], second[name]);
    ["GAMELIFT_SDK_FLEET_ID", "GAMELIFT_SDK_HOST_ID", "GAMELIFT_SDK_AUTH_TOKEN"]
        .iter()
        .for_each(|name| same(name));
    assert_ne!(first["GAMELIFT_SDK_PROCESS_ID"], second["GAMELIFT_SDK_PROCESS_ID"]);
    assert_eq!(first["GAMELIFT_SDK_WEBSOCKET_URL"], format!("ws://{address}/game-server"));

    let say = "echo $GAMELIFT_SDK_FLEET_ID $GAMELIFT_SDK_PROCESS_ID {port}";
    let (code, out, told) =
        run(&["dev-fleet", "--endpoint", &url, "--count", "2", "--exec", "sh", "-c", say]);
    assert_eq!(code, 0, "{told}");
    let mut lines: Vec<Vec<&str>> = out.lines().map(|line| line.split(' ').collect()).collect();
    lines.sort_by_key(|line| line[2]);
    assert_eq!((lines[0][2], lines[1][2]), ("7777", "7778"), "{out}");
    assert!(lines[0][1] != lines[1][1] && lines[0][0] == first["GAMELIFT_SDK_FLEET_ID"], "{out}");
    assert_eq!(run(&["dev-fleet", "--endpoint", &url, "--exec", "false"]).0, 1);

    let file = folder.path().join("fleet.env");
    let (endpoint, path) = (url.clone(), file.display().to_string());
    let mut kept = matchwright(&["dev-fleet", "--endpoint", &endpoint, "--env-file", &path]).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while !file.exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("GAMELIFT_SDK_AUTH_TOKEN=") && !text.contains("PROCESS_ID"), "{text}");
    signal(&kept, "TERM");
    assert_eq!(code_within(&mut kept, Duration::from_secs(5)), Some(0));
}

#[test]
fn without_a_server_it_is_told_how_to_start_one() {
    let (code, _, error) = run(&["dev-fleet", "--endpoint", "http://127.0.0.1:1", "--once"]);
    assert!(code == 1 && error.contains("matchwright serve"), "{error}");
}

#[test]
fn fake_servers_host_a_match_and_come_back_to_a_server_that_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (server, address) = serve(folder.path(), &[]);
    let url = format!("http://{address}");
    let fake = "fake-servers --count 3 --matchmaker --activation-delay 10ms --session-length 9s --arrival-delay 10ms \
                --seconds 16 --endpoint";
    let arguments: Vec<&str> = fake.split_whitespace().chain([url.as_str()]).collect();
    let servers = matchwright(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let has_fleet = |address: &str| {
        let all = call(address, "DescribeMatchmakingConfigurations", &serde_json::json!({}));
        !all["Configurations"].as_array().unwrap().is_empty()
    };
    let end = Instant::now() + Duration::from_secs(10);
    while !has_fleet(&address) && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    for player in ["ann", "bob"] {
        let ticket = serde_json::json!({ "TicketId": player, "ConfigurationName": "dev", "Players": [{ "PlayerId": player }] });
        call(&address, "StartMatchmaking", &ticket);
    }
    let status = |address: &str| {
        let asked = serde_json::json!({ "TicketIds": ["ann"] });
        call(address, "DescribeMatchmaking", &asked)["TicketList"][0]["Status"].as_str().unwrap().to_string()
    };
    while status(&address) != "COMPLETED" && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(1));
    drop(server);
    let (_server, _) = serve_at(&address, folder.path(), &[]);
    let out = servers.wait_with_output().unwrap();
    let table = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{table}");
    assert_eq!(row(&table, "games activated"), 1, "{table}");
    assert_eq!(row(&table, "players came"), 2, "{table}");
    assert_eq!(row(&table, "processes finished"), 1, "it outlived the server: {table}");
    assert_eq!(row(&table, "connections lost and found"), 3, "{table}");
}

#[test]
fn the_hosting_benchmark_measures_every_part() {
    let small = "bench hosting --servers 20 --clients 4 --sockets 50 --beats 2 --rate 20 --seconds 2 --json";
    let (code, out, error) = run(&small.split(' ').collect::<Vec<_>>());
    assert_eq!(code, 0, "{error}");
    let found: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert!(found["placements"]["activated"].as_u64() > Some(0), "{out}");
    assert!(found["idle"]["bytesPerSocket"].as_f64() > Some(0.0), "{out}");
    assert!(found["pushes"]["matches"].as_u64() >= Some(38), "{out}");
}

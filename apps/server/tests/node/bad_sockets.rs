//! Game servers that are not what they say, that say what nobody understands, or that do not listen: each is answered
//! clearly, nothing is lost by it, and others play on.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Server;
use crate::raw_socket::{BINARY, FIN, Machine, PING, Socket, TEXT, connect, frame, upgrade};

/// A message whose every byte is a problem of its own: the limit of the nodes here.
const MESSAGE_BYTES: usize = 100_000;

fn start(folder: &tempfile::TempDir) -> Server {
    Server::start(folder.path(), &["hosting.message_bytes=100000", "limits.header_read_seconds=1"])
}

/// A node with one process that plays on whatever else happens.
fn with_player() -> (tempfile::TempDir, Server, Machine, Socket) {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder);
    let machine = Machine::register(&server, "here");
    let mut player = machine.connect(&server, "player");
    player.say("ActivateServerProcess", "r-1", json!({ "Port": 7777 }));
    assert_eq!(player.hear()["StatusCode"], 200);
    (folder, server, machine, player)
}

#[test]
fn tokens_that_are_wrong_or_of_others_are_refused() {
    let (_folder, server, machine, mut player) = with_player();
    let other = Machine::register(&server, "other");
    let gone = Machine {
        token: machine.token.clone(),
        fleet: "fleet-none".to_string(),
        compute: "here".to_string(),
    };
    for (who, query) in [
        ("no token", machine.query("p-1", "")),
        ("a wrong token", machine.query("p-1", "no-such-token")),
        ("half of the token", machine.query("p-1", &machine.token[..machine.token.len() / 2])),
        ("the token of another machine", machine.query("p-1", &other.token)),
        ("another machine with this token", other.query("p-1", &machine.token)),
        ("a fleet that is not there", gone.query("p-1", &machine.token)),
        ("a process that plays, with a wrong token", machine.query("player", "no-such-token")),
        ("nobody", String::new()),
    ] {
        let Err((status, why)) = Socket::open(&server, &query) else { panic!("{who} was let in") };
        assert!(status == 403 && why.len() > 20, "{who}: {status} {why}");
        assert!(!why.contains(&machine.token), "{who} is told a token: {why}");
    }
    machine.connect(&server, "p-1").beats();
    player.beats();
}

#[test]
fn thousands_who_are_refused_disturb_nobody() {
    const CALLERS: usize = 4;
    const EACH: usize = 500;
    let (_folder, server, machine, mut player) = with_player();
    let slowest = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (server, machine) = (&server, &machine);
                scope.spawn(move || {
                    for number in 0..EACH {
                        let query = machine.query(&format!("p-{caller}-{number}"), "no-such-token");
                        assert_eq!(Socket::open(server, &query).err().map(|(status, _)| status), Some(403));
                    }
                })
            })
            .collect();
        let mut slowest = Duration::ZERO;
        while callers.iter().any(|caller| !caller.is_finished()) {
            let asked = Instant::now();
            player.beats();
            slowest = slowest.max(asked.elapsed());
            std::thread::sleep(Duration::from_millis(20));
        }
        slowest
    });
    assert!(slowest < Duration::from_secs(2), "a heartbeat was answered after {slowest:?}");
    let (_, metrics) = server.get("/metrics");
    let refused = format!("matchwright_game_server_refused_total{{status=\"403\"}} {}", CALLERS * EACH);
    assert!(metrics.contains(&refused), "{metrics}");
}

#[test]
fn frames_that_nobody_understands_are_answered_and_the_socket_goes_on() {
    let (_folder, server, machine, mut player) = with_player();
    let mut socket = machine.connect(&server, "p-1");
    for (what, text) in [
        ("nothing", ""),
        ("no JSON", "GET / HTTP/1.1"),
        ("a list", "[]"),
        ("a number", "7"),
        ("no action", r#"{"RequestId":"r-1"}"#),
        ("an unknown action", r#"{"Action":"Dance","RequestId":"r-1"}"#),
        ("no id", r#"{"Action":"TerminateServerProcess"}"#),
        ("a field of another type", r#"{"Action":"ActivateServerProcess","RequestId":"r-1","Port":"x"}"#),
        ("a port that is none", r#"{"Action":"ActivateServerProcess","RequestId":"r-1","Port":70000}"#),
        (
            "half a surrogate",
            r#"{"Action":"ActivateGameSession","RequestId":"r-1","GameSessionId":"\ud800"}"#,
        ),
    ] {
        socket.send(FIN | TEXT, text.as_bytes());
        let answer = socket.hear();
        assert!(answer["StatusCode"] == 400 && answer["ErrorMessage"].is_string(), "{what}: {answer}");
    }
    let deep = "[".repeat(MESSAGE_BYTES - 100);
    socket.send(FIN | TEXT, format!(r#"{{"Action":"Dance","RequestId":"r-1","x":{deep}"#).as_bytes());
    assert_eq!(socket.hear()["StatusCode"], 400);
    socket.send(FIN | BINARY, br#"{"Action":"TerminateServerProcess","RequestId":"r-1"}"#);
    socket.beats();
    player.beats();
}

#[test]
fn a_message_in_pieces_is_one_message() {
    let (_folder, server, machine, _player) = with_player();
    let mut socket = machine.connect(&server, "p-1");
    let text = r#"{"Action":"HeartbeatServerProcess","RequestId":"ü","HealthStatus":true}"#.as_bytes();
    for (place, byte) in text.iter().enumerate() {
        let kind = if place == 0 { TEXT } else { 0 };
        let end = if place + 1 == text.len() { FIN } else { 0 };
        socket.send(kind | end, &[*byte]);
        // Control frames may come between.
        socket.send(FIN | PING, b"");
    }
    assert_eq!(socket.hear()["RequestId"], "ü");
}

/// Who breaks the rules of the socket itself is told by the code that is meant for it; none of these codes keeps an
/// SDK from coming back.
#[test]
fn broken_frames_end_their_socket_with_a_reason() {
    let (_folder, server, machine, mut player) = with_player();
    let unmasked = [FIN | TEXT, 2, b'{', b'}'].to_vec();
    let endless = [&[FIN | TEXT, 0x80 | 127][..], &(1_u64 << 62).to_be_bytes(), &[0; 4]].concat();
    let mut pieces = frame(TEXT, &[b' '; MESSAGE_BYTES / 2]);
    pieces.extend(frame(0, &[b' '; MESSAGE_BYTES / 2]));
    pieces.extend(frame(0, b"  "));
    let cases = [
        ("invalid UTF-8", 1007, frame(FIN | TEXT, b"{\xff}")),
        ("HTTP", 1002, b"GET / HTTP/1.1\r\nHost: here\r\n\r\n".to_vec()),
        ("a frame without a mask", 1002, unmasked),
        ("a reserved bit", 1002, frame(FIN | 0x40 | TEXT, b"{}")),
        ("a kind of frame that is none", 1002, frame(FIN | 3, b"{}")),
        ("a piece of nothing", 1002, frame(FIN, b"{}")),
        ("a message within another", 1002, [frame(TEXT, b"{"), frame(FIN | TEXT, b"{}")].concat()),
        ("a long ping", 1002, frame(FIN | PING, &[0; 126])),
        ("a ping in pieces", 1002, frame(PING, b"")),
        ("a frame as long as it can be", 1009, endless),
        ("a message that is too long", 1009, frame(FIN | TEXT, &[b' '; MESSAGE_BYTES + 1])),
        ("pieces that are too long together", 1009, pieces),
    ];
    for (number, (what, code, bytes)) in cases.into_iter().enumerate() {
        let mut socket = machine.connect(&server, &format!("p-{number}"));
        socket.stream.write_all(&bytes).unwrap();
        assert_eq!(socket.closed(), code, "{what}");
        // Its process may come back.
        machine.connect(&server, &format!("p-{number}")).beats();
    }
    player.beats();
}

#[test]
fn slow_handshakes_are_cut() {
    let (_folder, server, machine, mut player) = with_player();
    let query = machine.query("p-1", &machine.token);
    let silent = connect(&server);
    let mut slow = connect(&server);
    slow.write_all(&upgrade(&query).as_bytes()[..40]).unwrap();
    let begun = Instant::now();
    for mut stream in [silent, slow] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "they were cut after {:?}", begun.elapsed());
    player.beats();
}

#[test]
fn a_flood_is_answered_429_and_others_play_on() {
    let (_folder, server, machine, mut player) = with_player();
    let mut socket = machine.connect(&server, "p-1");
    let flood: Vec<u8> = (0..2000)
        .flat_map(|number| {
            let text = format!(
                r#"{{"Action":"HeartbeatServerProcess","RequestId":"{number}","HealthStatus":true}}"#
            );
            frame(FIN | TEXT, text.as_bytes())
        })
        .collect();
    socket.stream.write_all(&flood).unwrap();
    player.beats();
    let mut statuses = [0, 0];
    for number in 0..2000 {
        let answer = socket.hear();
        assert_eq!(answer["RequestId"], number.to_string(), "each is answered");
        match answer["StatusCode"].as_u64() {
            Some(200) => statuses[0] += 1,
            Some(429) => statuses[1] += 1,
            other => panic!("{other:?}: {answer}"),
        }
    }
    assert!(statuses[0] >= 500 && statuses[1] >= 500, "{statuses:?}");
    std::thread::sleep(Duration::from_millis(100));
    socket.beats();
}

/// Whatever it sends without reading what comes back, the node takes no more of it than the system's buffers hold.
#[test]
fn who_never_reads_is_not_read_for_ever() {
    const MUCH: usize = 64 << 20;
    let (_folder, server, machine, mut player) = with_player();
    let unknown =
        frame(FIN | TEXT, &format!(r#"{{"Action":"{}","RequestId":"r"}}"#, "x".repeat(1000)).into_bytes());
    for (process, one) in [("pings", frame(FIN | PING, &[7; 125])), ("questions", unknown)] {
        let mut deaf = machine.connect(&server, process);
        deaf.stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        let many = one.repeat(1000);
        let taken = std::iter::repeat_with(|| deaf.stream.write_all(&many)).take_while(Result::is_ok);
        let taken = taken.take(MUCH / many.len()).count() * many.len();
        assert!(taken < MUCH - many.len(), "{process}: all {taken} bytes were taken");
        player.beats();
    }
}

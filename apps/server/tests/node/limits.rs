//! Clients that are too large, too slow or too many.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::client::Server;

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

#[test]
fn a_huge_body_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["limits.body_bytes=10000"]);
    let (status, answer) = server.post("StartMatchmaking", &vec![b' '; 10_001], None);
    assert_eq!((status, &answer["__type"]), (413, &json!("RequestEntityTooLargeException")));
    // Chunked, so that the size is not known before it is read.
    let mut stream = connect(&server);
    stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    for _ in 0..20 {
        let chunk = format!("400\r\n{}\r\n", " ".repeat(1024));
        if stream.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 413");
}

#[test]
fn slow_clients_are_cut_and_disturb_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let server =
        Server::start(folder.path(), &["limits.header_read_seconds=1", "limits.body_read_seconds=1"]);
    let mut slow_head = connect(&server);
    slow_head.write_all(b"POST / HTTP/1.1\r\nhost:").unwrap();
    let mut slow_body = connect(&server);
    slow_body.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").unwrap();
    assert_eq!(server.call("DescribeMatchmakingConfigurations", json!({})).0, 200);
    let mut text = String::new();
    slow_body.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 408") && text.contains("[H105]"), "{text}");
    let mut rest = Vec::new();
    slow_head.read_to_end(&mut rest).unwrap();
}

#[test]
fn too_many_requests_are_told_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["limits.requests=1"]);
    let begin = || {
        let mut stream = connect(&server);
        stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{").unwrap();
        stream
    };
    let mut slow_body = begin();
    crate::client::until("the slow one is at work", || {
        let (status, answer) = server.call("DescribeMatchmakingConfigurations", json!({}));
        let is_at_work = status == 503 && answer["__type"] == "ThrottlingException";
        if !is_at_work {
            // The other way round: it was told to come back, because this one was at work.
            slow_body = begin();
        }
        is_at_work
    });
    slow_body.write_all(b"}").unwrap();
    let mut start = [0; 12];
    slow_body.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 404", "it named no operation");
    assert_eq!(server.call("DescribeMatchmakingConfigurations", json!({})).0, 200);
}

#[test]
fn a_stop_does_not_wait_for_idle_clients_and_streams() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["limits.drain_seconds=60"]);
    let _idle = connect(&server);
    let mut stream = connect(&server);
    stream.write_all(b"GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    let started = std::time::Instant::now();
    server.stop();
    assert!(started.elapsed() < Duration::from_secs(5), "it took {:?}", started.elapsed());
}

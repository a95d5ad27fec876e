//! Many questions at once, each until it is answered or taken back.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matchwright_allocate::{Allocator, Api, Desk, DeskOptions, Failure, Request, Server};
use serde_json::json;

use crate::service::{Act, Service, json as answer, request};

const SOON: Duration = Duration::from_secs(10);

type Told = (String, Result<Server, Failure>);

fn desk(allocator: impl Allocator, concurrency: usize) -> (Desk, Receiver<Told>) {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let (pause_min, pause_max) = (Duration::from_millis(5), Duration::from_millis(10));
    let options = DeskOptions { concurrency, pause_min, pause_max, ..DeskOptions::default() };
    let hear = move |request: &Request, answer| {
        let _ = tell.lock().unwrap().send((request.session.clone(), answer));
    };
    (Desk::start(&options, Arc::new(allocator), hear).unwrap(), told)
}

fn asked_for(session: &str) -> Request {
    Request { session: session.to_string(), ..request() }
}

#[test]
fn it_asks_again_until_there_is_a_server() {
    let state = |state: &str| answer(201, json!({ "status": { "state": state } }));
    let allocated =
        json!({ "status": { "state": "Allocated", "address": "192.0.2.8", "ports": [{ "port": 7463 }] } });
    let script = vec![
        state("UnAllocated"),
        state("Contention"),
        answer(500, json!({})),
        answer(429, json!({})),
        Act::Answer(201, "no JSON".to_string()),
        answer(201, allocated),
    ];
    let tries = script.len();
    let service = Service::start(script);
    let (desk, told) = desk(service.agones(Api::Kubernetes), 1);
    desk.ask(request());
    let (session, found) = told.recv_timeout(SOON).unwrap();
    assert_eq!((session.as_str(), found.unwrap().port), ("gsess-1", 7463));
    let asked = service.asked();
    assert_eq!(asked.len(), tries);
    assert!(asked.iter().all(|one| one.body == asked[0].body), "a repetition says the same");
    desk.stop();
}

#[test]
fn what_is_refused_is_told_and_not_asked_again() {
    let service = Service::start(vec![answer(422, json!({}))]);
    let (desk, told) = desk(service.webhook(), 1);
    desk.ask(request());
    assert!(matches!(told.recv_timeout(SOON).unwrap().1, Err(Failure::Refused(_))));
    assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
    assert_eq!(service.asked().len(), 1);
    desk.stop();
}

/// Has a server for every session but those that begin with "full".
struct Partial;

impl Allocator for Partial {
    fn allocate(&self, request: &Request) -> Result<Server, Failure> {
        match request.session.starts_with("full") {
            true => Err(Failure::NoCapacity),
            false => Ok(Server { address: "192.0.2.8".to_string(), dns: None, port: 1, session: None }),
        }
    }
}

#[test]
fn who_waits_for_room_keeps_nobody_from_asking() {
    let (desk, told) = desk(Partial, 1);
    (0..100).for_each(|number| desk.ask(asked_for(&format!("full-{number}"))));
    desk.ask(asked_for("other"));
    assert_eq!(told.recv_timeout(SOON).unwrap().0, "other");
    desk.stop();
}

/// Says how often it was asked.
struct Count(Arc<Mutex<usize>>);

impl Allocator for Count {
    fn allocate(&self, _: &Request) -> Result<Server, Failure> {
        *self.0.lock().unwrap() += 1;
        Err(Failure::NoCapacity)
    }
}

#[test]
fn what_is_taken_back_is_not_asked_for_any_more() {
    let count: Arc<Mutex<usize>> = Arc::default();
    let (desk, _told) = desk(Count(count.clone()), 1);
    desk.ask(request());
    while *count.lock().unwrap() < 3 {
        std::thread::yield_now();
    }
    desk.take_back("gsess-1");
    // A try may be under way.
    std::thread::sleep(Duration::from_millis(50));
    let so_far = *count.lock().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(*count.lock().unwrap(), so_far);
    desk.stop();
}

/// Takes its time, so that the same question could be asked twice meanwhile.
struct Slow(Arc<Mutex<usize>>);

impl Allocator for Slow {
    fn allocate(&self, _: &Request) -> Result<Server, Failure> {
        *self.0.lock().unwrap() += 1;
        std::thread::sleep(Duration::from_millis(50));
        Ok(Server { address: "192.0.2.8".to_string(), dns: None, port: 1, session: None })
    }
}

#[test]
fn one_session_is_asked_for_once_at_a_time() {
    let count: Arc<Mutex<usize>> = Arc::default();
    let (desk, told) = desk(Slow(count.clone()), 4);
    (0..3).for_each(|_| desk.ask(request()));
    assert!(told.recv_timeout(SOON).is_ok());
    desk.stop();
    assert_eq!(*count.lock().unwrap(), 1);
}

#[test]
fn a_stop_does_not_wait_for_room() {
    let (desk, told) = desk(Partial, 2);
    desk.ask(asked_for("full"));
    desk.stop();
    assert!(told.recv().is_err());
}

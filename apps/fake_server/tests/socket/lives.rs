//! Whole lives of simulated servers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use matchwright_fake_server::connection::Trouble;
use matchwright_fake_server::{Crowd, Ending, Habits, Happening, Span};
use serde_json::json;
use tokio::sync::watch;

use super::script::{Do, Script, quick};

type Told = Arc<Mutex<Vec<Happening>>>;

fn crowd(count: usize, habits: Habits) -> (Crowd, Told) {
    let told: Told = Arc::default();
    let into = told.clone();
    let watch = Arc::new(move |_, happening| into.lock().unwrap().push(happening));
    (Crowd { count, habits, timing: quick(), seed: 1, watch }, told)
}

fn habits() -> Habits {
    let ms = |ms| Span::exactly(Duration::from_millis(ms));
    Habits {
        activation_delay: ms(20),
        session_length: ms(300),
        arrival_delay: ms(10),
        look_every: Some(Duration::from_millis(50)),
        ..Habits::hasty()
    }
}

/// Starts it, and ends it when told.
fn start(crowd: Crowd, script: &Script) -> (watch::Sender<bool>, tokio::task::JoinHandle<()>) {
    let (stop, stopped) = watch::channel(false);
    let (_, place) = watch::channel(script.place());
    (stop, tokio::spawn(crowd.run(place, stopped)))
}

fn game(id: &str) -> Do {
    Do::Say(
        json!({ "Action": "CreateGameSession", "GameSessionId": id, "GameSessionName": "n", "Port": 7777 }),
    )
}

fn ending(told: &Told) -> Option<Ending> {
    let told = told.lock().unwrap();
    told.iter().find_map(|one| if let Happening::Ended(ending) = one { Some(ending.clone()) } else { None })
}

async fn ready(script: &Script) {
    script.until("it is ready", |script| script.count("HeartbeatServerProcess") >= 1).await;
}

#[tokio::test]
async fn a_process_hosts_one_game_and_another_takes_its_place() {
    let script = Script::start().await;
    let seat = json!({ "PlayerSessions": [{ "PlayerSessionId": "psess-1", "PlayerId": "ann" }] });
    script.rules.lock().unwrap().answers = vec![("DescribePlayerSessions", seat)];
    let (crowd, told) = crowd(1, Habits { leave_rate: 1.0, ..habits() });
    let (stop, running) = start(crowd, &script);
    ready(&script).await;
    script.act(game("arn:g-1"));
    script.until("another is ready", |script| script.count("ActivateServerProcess") == 2).await;
    assert_eq!(ending(&told), Some(Ending::Finished));
    let actions = script.actions();
    let once = |action: &str| actions.iter().filter(|one| *one == action).count();
    let counts: BTreeMap<&str, usize> =
        ["ActivateGameSession", "AcceptPlayerSession", "RemovePlayerSession", "TerminateServerProcess"]
            .map(|action| (action, once(action)))
            .into();
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    let urls = script.seen.lock().unwrap().urls.clone();
    assert_ne!(urls[0], urls[1], "a new process");
    stop.send_replace(true);
    running.await.unwrap();
    assert_eq!(script.count("TerminateServerProcess"), 2, "the second ended politely");
}

#[tokio::test]
async fn a_crash_says_nothing() {
    let script = Script::start().await;
    let (crowd, told) = crowd(1, Habits { crash_rate: 1.0, ..habits() });
    let (stop, running) = start(crowd, &script);
    ready(&script).await;
    script.act(game("arn:g-1"));
    script.until("another is ready", |script| script.count("ActivateServerProcess") == 2).await;
    assert_eq!(ending(&told), Some(Ending::Crashed));
    assert_eq!(script.count("TerminateServerProcess"), 0);
    stop.send_replace(true);
    running.await.unwrap();
}

#[tokio::test]
async fn told_to_end_it_ends() {
    let script = Script::start().await;
    let (crowd, told) = crowd(1, habits());
    let (stop, running) = start(crowd, &script);
    ready(&script).await;
    script.act(Do::Say(json!({ "Action": "TerminateProcess", "TerminationTime": 1 })));
    script.until("another is ready", |script| script.count("ActivateServerProcess") == 2).await;
    assert_eq!(ending(&told), Some(Ending::Terminated));
    stop.send_replace(true);
    running.await.unwrap();
}

#[tokio::test]
async fn who_waits_for_a_game_tells_of_a_lost_connection_too() {
    let script = Script::start().await;
    let (crowd, told) = crowd(1, habits());
    let (stop, running) = start(crowd, &script);
    ready(&script).await;
    script.act(Do::Drop);
    let came_back = Happening::Trouble(Trouble::Reconnected);
    script.until("it is told", |_| told.lock().unwrap().contains(&came_back)).await;
    stop.send_replace(true);
    running.await.unwrap();
}

#[tokio::test]
async fn a_player_who_is_refused_is_turned_away() {
    let script = Script::start().await;
    let seat = json!({ "PlayerSessions": [{ "PlayerSessionId": "psess-1", "PlayerId": "ann" }] });
    let refusal = json!({ "StatusCode": 400, "ErrorMessage": "timed out" });
    script.rules.lock().unwrap().answers =
        vec![("DescribePlayerSessions", seat), ("AcceptPlayerSession", refusal)];
    let (crowd, told) = crowd(1, habits());
    let (stop, running) = start(crowd, &script);
    ready(&script).await;
    script.act(game("arn:g-1"));
    script.until("its game is over", |script| script.count("TerminateServerProcess") == 1).await;
    let refused = |one: &Happening| matches!(one, Happening::PlayerRefused(why) if why.contains("timed out"));
    assert!(told.lock().unwrap().iter().any(refused));
    stop.send_replace(true);
    running.await.unwrap();
}

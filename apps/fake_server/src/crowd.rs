//! Many game servers on one machine: each process hosts one game session, and another takes its place.

use std::sync::Arc;
use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::address::Address;
use crate::connection::{Connection, Timing};
use crate::habits::Habits;
use crate::life::{Ending, Happening, Life, Watch};

/// The ports that game servers say; nobody listens there.
const FIRST_PORT: u16 = 7777;
const PORTS: usize = 50_000;
/// So many connect at the same time: more would only wait in the server's backlog.
const CONNECTING_MAX: usize = 64;
/// After a process that could not even begin.
const REST: Duration = Duration::from_secs(2);

/// A crowd of servers that behave alike.
#[derive(Clone)]
pub struct Crowd {
    pub count: usize,
    pub habits: Habits,
    pub timing: Timing,
    /// The same seed brings the same habits, server by server and process by process.
    pub seed: u64,
    pub watch: Watch,
}

impl Crowd {
    /// Lives until `stop` says true: then every process ends politely. New processes take the newest address.
    pub async fn run(self, address: watch::Receiver<Address>, stop: watch::Receiver<bool>) {
        let (crowd, gate) = (Arc::new(self), Arc::new(Semaphore::new(CONNECTING_MAX)));
        let mut places = JoinSet::new();
        for number in 0..crowd.count {
            places.spawn(place(crowd.clone(), number, address.clone(), gate.clone(), stop.clone()));
        }
        while places.join_next().await.is_some() {}
    }
}

/// One process after the other.
async fn place(
    crowd: Arc<Crowd>,
    number: usize,
    address: watch::Receiver<Address>,
    gate: Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
) {
    for generation in 0.. {
        if *stop.borrow() {
            return;
        }
        let now = address.borrow().clone();
        let rng = ChaCha12Rng::seed_from_u64(crowd.seed ^ ((number as u64) << 32) ^ generation);
        let ending = live(&crowd, number, now, rng, &gate, &mut stop).await;
        let is_hopeless = matches!(ending, Ending::Lost(_) | Ending::Failed(_));
        (crowd.watch)(number, Happening::Ended(ending));
        if is_hopeless {
            let stopped = stop.wait_for(|stop| *stop);
            let _ = tokio::time::timeout(REST, stopped).await;
        }
    }
}

async fn live(
    crowd: &Crowd,
    number: usize,
    address: Address,
    rng: ChaCha12Rng,
    gate: &Semaphore,
    stop: &mut watch::Receiver<bool>,
) -> Ending {
    let port = FIRST_PORT + (number % PORTS) as u16;
    let begun = async {
        let _permit = gate.acquire().await.expect("it is never closed");
        let connection = Connection::open(address, crowd.timing.clone()).await.map_err(Ending::Lost)?;
        let mut life = Life::new(number, port, connection, &crowd.habits, rng, &crowd.watch);
        life.begin().await?;
        Ok(life)
    };
    let mut life = tokio::select! {
        begun = begun => match begun {
            Ok(life) => life,
            Err(ending) => return ending,
        },
        _ = stop.wait_for(|stop| *stop) => return Ending::Stopped,
    };
    tokio::select! {
        ending = life.go_on() => return ending,
        _ = stop.wait_for(|stop| *stop) => {}
    }
    life.end().await;
    Ending::Stopped
}

//! One process: it connects, is ready, hosts one game session and ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha12Rng;
use serde_json::json;
use tokio::time::Instant;

use crate::connection::{CallError, Connection, Lost, Trouble};
use crate::habits::Habits;
use crate::push::{Game, Push};

/// Told as it happens; called on the task of the server with its number.
pub type Watch = Arc<dyn Fn(usize, Happening) + Send + Sync>;

#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    Connected,
    /// It waits for a game.
    Ready,
    /// CreateGameSession arrived.
    Told(Game),
    Activated,
    /// Its game got other players, or a search for some ended.
    Updated {
        reason: String,
    },
    PlayerCame,
    /// AcceptPlayerSession was refused.
    PlayerRefused(String),
    PlayerLeft,
    Trouble(Trouble),
    /// A call was refused or not answered.
    Failed(String),
    Ended(Ending),
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// After its game.
    Finished,
    /// On purpose, in the middle of its game.
    Crashed,
    /// It was told to end.
    Terminated,
    /// Because the whole crowd ends.
    Stopped,
    Lost(Lost),
    /// The server did not take what it cannot do without.
    Failed(String),
}

/// What a process does next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Act {
    Activate,
    Look,
    Accept(String),
    Remove(String),
    Crash,
    Finish,
}

/// A process with an open connection.
pub struct Life<'a> {
    pub number: usize,
    pub port: u16,
    pub connection: Connection,
    pub habits: &'a Habits,
    pub rng: ChaCha12Rng,
    pub watch: &'a Watch,
    agenda: Agenda,
    game: Option<Game>,
    seats: BTreeSet<String>,
}

/// In order of time, then as they were added.
#[derive(Default)]
struct Agenda {
    acts: BTreeMap<(Instant, u64), Act>,
    added: u64,
}

impl Agenda {
    fn add(&mut self, after: Duration, act: Act) {
        self.added += 1;
        self.acts.insert((Instant::now() + after, self.added), act);
    }

    fn next_at(&self) -> Option<Instant> {
        self.acts.keys().next().map(|(at, _)| *at)
    }

    /// How long until then; no time where it is not planned.
    fn until(&self, act: &Act) -> Duration {
        let planned = self.acts.iter().find(|(_, planned)| *planned == act);
        planned.map_or(Duration::ZERO, |((at, _), _)| at.saturating_duration_since(Instant::now()))
    }

    fn pop_due(&mut self) -> Option<Act> {
        let next = self.acts.first_entry()?;
        (next.key().0 <= Instant::now()).then(|| next.remove())
    }
}

impl<'a> Life<'a> {
    pub fn new(
        number: usize,
        port: u16,
        connection: Connection,
        habits: &'a Habits,
        rng: ChaCha12Rng,
        watch: &'a Watch,
    ) -> Self {
        let (agenda, game, seats) = (Agenda::default(), None, BTreeSet::new());
        Self { number, port, connection, habits, rng, watch, agenda, game, seats }
    }

    /// Is ready for a game.
    pub async fn begin(&mut self) -> Result<(), Ending> {
        self.tell(Happening::Connected);
        self.connection.ready(self.port).await.map_err(|error| match error {
            CallError::Lost(lost) => Ending::Lost(lost),
            error => Ending::Failed(said("ActivateServerProcess", &error)),
        })?;
        self.tell(Happening::Ready);
        Ok(())
    }

    /// Goes on until it ends by itself.
    pub async fn go_on(&mut self) -> Ending {
        loop {
            let done = match self.connection.next_push(self.agenda.next_at()).await {
                Ok(Some(push)) => self.hear(push).await,
                Ok(None) => self.act().await,
                Err(lost) => Err(lost),
            };
            let troubles: Vec<Trouble> = self.connection.troubles().collect();
            troubles.into_iter().for_each(|trouble| self.tell(Happening::Trouble(trouble)));
            match done {
                Ok(None) => {}
                Ok(Some(ending)) => return ending,
                Err(lost) => return Ending::Lost(lost),
            }
        }
    }

    /// Says that it ends. Whether that is heard no longer matters to it.
    pub async fn end(&mut self) {
        let _ = self.connection.call("TerminateServerProcess", json!({})).await;
    }

    async fn hear(&mut self, push: Push) -> Result<Option<Ending>, Lost> {
        match push {
            Push::CreateGameSession(game) if self.game.is_none() => {
                self.tell(Happening::Told(game.clone()));
                self.game = Some(game);
                let delay = self.habits.activation_delay.pick(&mut self.rng);
                self.agenda.add(delay, Act::Activate);
            }
            Push::UpdateGameSession { reason } => {
                self.tell(Happening::Updated { reason });
                self.agenda.add(Duration::ZERO, Act::Look);
            }
            Push::TerminateProcess => {
                self.end().await;
                return Ok(Some(Ending::Terminated));
            }
            // Told again after a reconnect; a refresh was done below.
            Push::CreateGameSession(_) | Push::RefreshConnection { .. } => {}
        }
        Ok(None)
    }

    async fn act(&mut self) -> Result<Option<Ending>, Lost> {
        let (Some(act), Some(game)) = (self.agenda.pop_due(), self.game.clone()) else { return Ok(None) };
        match act {
            Act::Activate => return self.activate(&game).await,
            Act::Look => self.look(&game).await?,
            Act::Accept(seat) => self.accept(&game, &seat).await?,
            Act::Remove(seat) => self.remove(&game, &seat).await?,
            Act::Crash => return Ok(Some(Ending::Crashed)),
            Act::Finish => {
                self.end().await;
                return Ok(Some(Ending::Finished));
            }
        }
        Ok(None)
    }

    async fn activate(&mut self, game: &Game) -> Result<Option<Ending>, Lost> {
        let answer = self.call("ActivateGameSession", json!({ "GameSessionId": game.id })).await?;
        if let Err(why) = answer {
            self.end().await;
            return Ok(Some(Ending::Failed(why)));
        }
        self.tell(Happening::Activated);
        let length = self.habits.session_length.pick(&mut self.rng);
        self.agenda.add(length, Act::Finish);
        if self.rng.random_bool(self.habits.crash_rate.clamp(0.0, 1.0)) {
            let at = length.mul_f64(self.rng.random_range(0.0..1.0));
            self.agenda.add(at, Act::Crash);
        }
        if self.habits.look_every.is_some() {
            self.agenda.add(Duration::ZERO, Act::Look);
        }
        Ok(None)
    }

    /// Who has a seat comes after a while: as the game clients would, who have heard of it from the matchmaker.
    async fn look(&mut self, game: &Game) -> Result<(), Lost> {
        let asked =
            json!({ "GameSessionId": game.id, "PlayerSessionStatusFilter": "RESERVED", "Limit": 200 });
        if let Ok(answer) = self.call("DescribePlayerSessions", asked).await? {
            let seats = answer["PlayerSessions"].as_array().into_iter().flatten();
            for seat in seats.filter_map(|seat| seat["PlayerSessionId"].as_str()) {
                if self.seats.insert(seat.to_string()) {
                    let delay = self.habits.arrival_delay.pick(&mut self.rng);
                    self.agenda.add(delay, Act::Accept(seat.to_string()));
                }
            }
        }
        if let Some(every) = self.habits.look_every
            && !self.agenda.acts.values().any(|act| *act == Act::Look)
        {
            self.agenda.add(every, Act::Look);
        }
        Ok(())
    }

    async fn accept(&mut self, game: &Game, seat: &str) -> Result<(), Lost> {
        let asked = json!({ "GameSessionId": game.id, "PlayerSessionId": seat });
        match self.connection.call("AcceptPlayerSession", asked).await {
            Ok(_) => self.tell(Happening::PlayerCame),
            Err(CallError::Lost(lost)) => return Err(lost),
            Err(error) => {
                self.tell(Happening::PlayerRefused(said("AcceptPlayerSession", &error)));
                return Ok(());
            }
        }
        if self.rng.random_bool(self.habits.leave_rate.clamp(0.0, 1.0)) {
            let left = self.agenda.until(&Act::Finish);
            self.agenda.add(left.mul_f64(self.rng.random_range(0.0..1.0)), Act::Remove(seat.to_string()));
        }
        Ok(())
    }

    async fn remove(&mut self, game: &Game, seat: &str) -> Result<(), Lost> {
        let asked = json!({ "GameSessionId": game.id, "PlayerSessionId": seat });
        if self.call("RemovePlayerSession", asked).await?.is_ok() {
            self.tell(Happening::PlayerLeft);
        }
        Ok(())
    }

    /// A refusal is told and handed on as text.
    async fn call(
        &mut self,
        action: &str,
        fields: serde_json::Value,
    ) -> Result<Result<serde_json::Value, String>, Lost> {
        match self.connection.call(action, fields).await {
            Ok(answer) => Ok(Ok(answer)),
            Err(CallError::Lost(lost)) => Err(lost),
            Err(error) => {
                let why = said(action, &error);
                self.tell(Happening::Failed(why.clone()));
                Ok(Err(why))
            }
        }
    }

    fn tell(&self, happening: Happening) {
        (self.watch)(self.number, happening);
    }
}

fn said(action: &str, error: &CallError) -> String {
    match error {
        CallError::Answered { status, message } => format!("{action}: {status} {message}"),
        CallError::Silent => format!("{action}: no answer"),
        CallError::Lost(_) => format!("{action}: the connection is lost"),
    }
}

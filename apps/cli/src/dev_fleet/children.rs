//! Game servers as child processes: each execution with a process id of its own.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use matchwright_fake_server::Address;
use matchwright_fake_server::address::Ids;

use super::environment::variables;

/// Who lived for less is not started again at once.
const SHORT_LIFE: Duration = Duration::from_secs(1);
/// How long they have to end, once asked.
const FAREWELL: Duration = Duration::from_secs(10);
const FIRST_PORT: u16 = 7777;

/// What to run, and how often.
pub struct Plan {
    pub command: Vec<String>,
    pub count: usize,
    pub restart: bool,
    pub is_secure: bool,
}

/// The game servers that run.
pub struct Children {
    plan: Plan,
    ids: Ids,
    places: Vec<Place>,
}

enum Place {
    Running { child: Child, since: Instant },
    Resting { until: Instant },
    Done { is_failure: bool },
}

impl Children {
    /// Nothing runs yet; [`Children::look`] starts it.
    pub fn new(plan: Plan) -> Result<Self, String> {
        let now = Instant::now();
        let places = (0..plan.count).map(|_| Place::Resting { until: now }).collect();
        Ok(Self { plan, ids: Ids::from_system()?, places })
    }

    /// Starts whose time has come, notes who ended. True: nothing runs, and nothing will.
    pub fn look(&mut self, address: &Address) -> Result<bool, String> {
        let now = Instant::now();
        for number in 0..self.places.len() {
            let next = match &mut self.places[number] {
                Place::Running { child, since } => {
                    match child.try_wait().map_err(|error| error.to_string())? {
                        Some(status) => {
                            eprintln!("game server {number} ended: {status}");
                            let rest = SHORT_LIFE.saturating_sub(since.elapsed());
                            match self.plan.restart {
                                true => Place::Resting { until: now + rest },
                                false => Place::Done { is_failure: !status.success() },
                            }
                        }
                        None => continue,
                    }
                }
                Place::Resting { until } if *until <= now => {
                    Place::Running { child: self.start(number, address)?, since: now }
                }
                Place::Resting { .. } | Place::Done { .. } => continue,
            };
            self.places[number] = next;
        }
        Ok(self.places.iter().all(|place| matches!(place, Place::Done { .. })))
    }

    pub fn failures(&self) -> usize {
        self.places.iter().filter(|place| matches!(place, Place::Done { is_failure: true })).count()
    }

    /// `{port}` in the command is a port of its own for each.
    fn start(&mut self, number: usize, address: &Address) -> Result<Child, String> {
        let port = (usize::from(FIRST_PORT) + number).to_string();
        let mut words = self.plan.command.iter().map(|word| word.replace("{port}", &port));
        let program = words.next().ok_or("expected a command, found none")?;
        let process = self.ids.next_id();
        let mut command = Command::new(&program);
        command.args(words).envs(variables(address, self.plan.is_secure, Some(&process)));
        let child = command.spawn().map_err(|error| format!("could not start {program}: {error}"))?;
        eprintln!("game server {number} started: process {process}");
        Ok(child)
    }

    /// Asks all to end, and ends those who do not.
    pub fn end(&mut self) {
        let running = |place| match place {
            Place::Running { child, .. } => Some(child),
            Place::Resting { .. } | Place::Done { .. } => None,
        };
        let mut children: Vec<Child> = self.places.drain(..).filter_map(running).collect();
        children.iter().for_each(ask_to_end);
        let end = Instant::now() + FAREWELL;
        while Instant::now() < end && children.iter_mut().any(|child| matches!(child.try_wait(), Ok(None))) {
            std::thread::sleep(Duration::from_millis(50));
        }
        for child in &mut children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn ask_to_end(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    // It may have ended just now.
    let _ = pid.map(|pid| kill_process(pid, Signal::TERM));
}

impl Drop for Children {
    fn drop(&mut self) {
        self.end();
    }
}

//! What a crowd of simulated servers did so far, and what each does now.

use std::collections::BTreeMap;

use comfy_table::Table;
use matchwright_fake_server::connection::Trouble;
use matchwright_fake_server::{Ending, Happening, Lost};

/// Different refusals that are shown.
const SHOWN: usize = 5;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Doing {
    #[default]
    Connecting,
    Waiting,
    Loading,
    Playing,
}

#[derive(Debug, Default)]
pub struct Ledger {
    doing: Vec<Doing>,
    counts: BTreeMap<&'static str, u64>,
    /// How often each was said.
    complaints: BTreeMap<String, u64>,
}

impl Ledger {
    pub fn new(servers: usize) -> Self {
        Self { doing: vec![Doing::default(); servers], ..Self::default() }
    }

    pub fn note(&mut self, server: usize, happening: &Happening) {
        let (what, doing) = told(happening);
        *self.counts.entry(what).or_default() += 1;
        if let (Some(doing), Some(place)) = (doing, self.doing.get_mut(server)) {
            *place = doing;
        }
        if let Some(complaint) = complaint(happening) {
            *self.complaints.entry(complaint).or_default() += 1;
        }
    }

    pub fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// One line, for logs.
    pub fn line(&self) -> String {
        format!(
            "{} waiting, {} loading, {} playing; {} games, {} crashed; players: {} came, {} left, {} turned away",
            self.now(Doing::Waiting),
            self.now(Doing::Loading),
            self.now(Doing::Playing),
            self.count("games activated"),
            self.count("processes crashed"),
            self.count("players came"),
            self.count("players left"),
            self.count("players turned away"),
        )
    }

    /// What is so now, and what was so far.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY);
        table.set_header(["now", "", "so far", ""]);
        let now = [
            ("connecting", Doing::Connecting),
            ("waiting for a game", Doing::Waiting),
            ("loading", Doing::Loading),
            ("playing", Doing::Playing),
        ];
        for (row, what) in ROWS.iter().enumerate() {
            let (name, count) = match now.get(row) {
                Some((name, doing)) => (*name, self.now(*doing).to_string()),
                None => ("", String::new()),
            };
            table.add_row([name, &count, what, &self.count(what).to_string()]);
        }
        let complaints =
            self.complaints.iter().take(SHOWN).map(|(what, count)| format!("\n{count} x {what}"));
        format!("{table}{}", complaints.collect::<String>())
    }

    fn now(&self, doing: Doing) -> usize {
        self.doing.iter().filter(|one| **one == doing).count()
    }
}

const ROWS: [&str; 12] = [
    "processes connected",
    "games told",
    "games activated",
    "games updated",
    "players came",
    "players left",
    "players turned away",
    "processes finished",
    "processes crashed",
    "processes told to end",
    "connections lost and found",
    "connections refreshed",
];

/// The row in which it counts, and what the server does from then on.
fn told(happening: &Happening) -> (&'static str, Option<Doing>) {
    match happening {
        Happening::Connected => ("processes connected", None),
        Happening::Ready => ("processes ready", Some(Doing::Waiting)),
        Happening::Told(_) => ("games told", Some(Doing::Loading)),
        Happening::Activated => ("games activated", Some(Doing::Playing)),
        Happening::Updated { .. } => ("games updated", None),
        Happening::PlayerCame => ("players came", None),
        Happening::PlayerRefused(_) => ("players turned away", None),
        Happening::PlayerLeft => ("players left", None),
        Happening::Trouble(Trouble::Reconnected) => ("connections lost and found", None),
        Happening::Trouble(Trouble::Refreshed) => ("connections refreshed", None),
        Happening::Trouble(Trouble::Heartbeat) => ("heartbeats", None),
        Happening::Failed(_) => ("calls refused", None),
        Happening::Ended(ending) => (ended(ending), Some(Doing::Connecting)),
    }
}

fn ended(ending: &Ending) -> &'static str {
    match ending {
        Ending::Finished => "processes finished",
        Ending::Crashed => "processes crashed",
        Ending::Terminated => "processes told to end",
        Ending::Stopped => "processes stopped",
        Ending::Lost(_) | Ending::Failed(_) => "processes lost",
    }
}

fn complaint(happening: &Happening) -> Option<String> {
    match happening {
        Happening::Failed(why) | Happening::PlayerRefused(why) | Happening::Ended(Ending::Failed(why)) => {
            Some(general(why))
        }
        Happening::Ended(Ending::Lost(lost)) => Some(match lost {
            Lost::Refused { status, why } => format!("refused with {status}: {}", general(why)),
            Lost::Dismissed => "the server closed the connection for good".to_string(),
            Lost::Unreachable(why) => why.clone(),
        }),
        _ => None,
    }
}

/// Without ids, so that the same complaint of many counts as one.
fn general(why: &str) -> String {
    let is_id = |word: &str| word.len() >= 20 && word.chars().any(|letter| letter.is_ascii_digit());
    let words = why.split(' ').map(|word| if is_id(word) { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_does_one_thing_at_a_time() {
        let mut ledger = Ledger::new(2);
        for server in 0..2 {
            ledger.note(server, &Happening::Connected);
            ledger.note(server, &Happening::Ready);
        }
        ledger.note(1, &Happening::Activated);
        assert!(ledger.line().starts_with("1 waiting, 0 loading, 1 playing; 1 games"), "{}", ledger.line());
        ledger.note(1, &Happening::Ended(Ending::Crashed));
        assert_eq!((ledger.now(Doing::Connecting), ledger.count("processes crashed")), (1, 1));
    }

    #[test]
    fn the_same_complaint_of_many_counts_as_one() {
        let mut ledger = Ledger::new(1);
        for id in ["0856dce9-9b34-5ff4-96b1-675989002eff", "1856dce9-9b34-5ff4-96b1-675989002eff"] {
            ledger.note(0, &Happening::Failed(format!("no session {id} here")));
        }
        assert!(ledger.table().ends_with("\n2 x no session … here"), "{}", ledger.table());
    }

    #[test]
    fn every_row_is_of_something_that_happens() {
        let endings = [Ending::Finished, Ending::Crashed, Ending::Terminated];
        let mut known: Vec<&str> = endings.iter().map(ended).collect();
        let text = String::new;
        let game = matchwright_fake_server::Game { id: text(), match_id: None };
        let happenings = [
            Happening::Connected,
            Happening::Told(game),
            Happening::Activated,
            Happening::Updated { reason: text() },
            Happening::PlayerCame,
            Happening::PlayerLeft,
            Happening::PlayerRefused(text()),
            Happening::Trouble(Trouble::Reconnected),
            Happening::Trouble(Trouble::Refreshed),
        ];
        known.extend(happenings.iter().map(|happening| told(happening).0));
        assert!(ROWS.iter().all(|row| known.contains(row)), "{known:?}");
    }
}

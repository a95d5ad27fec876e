//! `matchwright journal`: look into a journal that no server has open.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use matchwright_journal::{Fault, inspect};

/// Looks into a journal. Stop its server first; nothing is changed.
#[derive(Debug, Subcommand)]
pub enum Journal {
    /// Verify a journal and show what it holds
    #[command(after_help = "Examples:
  matchwright journal inspect matchwright-data/us-east-1
  matchwright journal inspect matchwright-data/us-east-1 --json
  matchwright journal inspect matchwright-data/us-east-1 --records --after 1000

Exit codes: 0 whole, 1 something is wrong with it.")]
    Inspect {
        /// The folder of one region, with journal.db in it
        folder: PathBuf,
        /// As one JSON object
        #[arg(long)]
        json: bool,
        /// Print the records instead, one JSON object per line
        #[arg(long)]
        records: bool,
        /// With --records: only those above this position
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
}

impl Journal {
    pub fn run(self) -> ExitCode {
        let Self::Inspect { folder, json, records, after } = self;
        if !folder.join("journal.db").is_file() {
            let example = folder.join("us-east-1");
            eprintln!(
                "error: {} holds no journal.db; expected the folder of one region, such as {}",
                folder.display(),
                example.display()
            );
            return ExitCode::FAILURE;
        }
        let done = match records {
            true => {
                let mut out = std::io::stdout().lock();
                inspect::write_records(&folder, after, &mut out).map(|()| true)
            }
            false => show(&folder, json),
        };
        match done {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(fault) => {
                eprintln!("error: {fault}");
                ExitCode::FAILURE
            }
        }
    }
}

/// True: nothing is wrong.
fn show(folder: &Path, json: bool) -> Result<bool, Fault> {
    let found = inspect::overview(folder)?;
    let frames_are_whole = found.frames.iter().all(|frame| frame.damage.is_none());
    let is_whole = found.problems.is_empty()
        && frames_are_whole
        && found.snapshots.iter().all(|one| one.damage.is_none());
    let mut out = std::io::stdout().lock();
    // A reader that closed the pipe has seen enough.
    if json {
        let _ = writeln!(out, "{}", serde_json::json!(found));
        return Ok(is_whole);
    }
    let first = found.frames.first().map_or(found.last_position, |frame| frame.first_position);
    let mut line = |text: String| drop(writeln!(out, "{text}"));
    line(format!("realm {}, identity {}, opened {} times", found.realm, found.identity, found.epoch));
    line(format!("positions {first} to {} in {} frames", found.last_position, found.frames.len()));
    line(format!("{} bytes, and {} in the write-ahead file", found.database_bytes, found.write_ahead_bytes));
    for one in &found.snapshots {
        let state = one.damage.as_ref().map_or("whole".to_string(), |damage| format!("damaged: {damage}"));
        line(format!("snapshot {}: {} records, {} bytes, {state}", one.name, one.records, one.bytes));
    }
    for frame in found.frames.iter().filter(|frame| frame.damage.is_some()) {
        let damage = frame.damage.as_deref().unwrap_or_default();
        line(format!("positions {} to {}: {damage}", frame.first_position, frame.last_position));
    }
    found.problems.iter().for_each(|problem| line(format!("problem: {problem}")));
    line(if is_whole { "whole".to_string() } else { "not whole".to_string() });
    Ok(is_whole)
}

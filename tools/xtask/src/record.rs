//! The whole record of match construction: every table measured by the release binary, one file with the commit, and a
//! drawing of each table.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Map, Value, json};

use crate::shell::{Outcome, cargo, command, root, run, said, step, target_directory};

/// A list of the record, and the runs of the benchmark of that name whose lines it holds.
type List = (&'static str, &'static [&'static str]);

const ALL: [List; 3] = [
    (
        "search",
        &[
            "--workload w1,w2,w3,w4a,w4b,w4c,w5 --tickets 10000",
            "--workload w1,w2,w3,w4a,w4b,w4c,w5 --tickets 100000 --rounds 3",
            "--workload w1,w2,w3,w5 --tickets 1000000 --rounds 3 --baseline-seconds 0",
            "--workload same-skill,two-clusters,no-healers,all-threes,all-fours,fours-some-solos --tickets 20000 \
             --mode anchor --rounds 3 --baseline-seconds 0",
        ],
    ),
    // w3 with a thousand times the budget takes minutes: fewer pools, and not of 30.
    (
        "small",
        &[
            "--workload w2,w5 --tickets 12,20,30,40 --pools 100",
            "--workload w3 --tickets 12,20,40 --pools 50",
        ],
    ),
    // The greedy of w5 at 200/s takes minutes: three rounds were not done after twenty.
    (
        "arrivals",
        &["--rounds 3", "--workload w5 --per-second 20,200 --hold 0,1 --rounds 3 --greedy-up-to 20"],
    ),
];

/// The same in a minute, to see that it works: the figures say nothing.
const TRIED: [List; 3] = [
    (
        "search",
        &[
            "--workload w1,w2,w4b --tickets 1000 --rounds 1 --baseline-seconds 1",
            "--workload no-healers --tickets 1000 --mode anchor --rounds 1 --baseline-seconds 0",
        ],
    ),
    ("small", &["--workload w2,w5 --tickets 12 --pools 2 --listed 2"]),
    ("arrivals", &["--per-second 20 --hold 0 --tickets-max 200"]),
];

const USAGE: &str = "usage: cargo xtask record [--try] [--out FOLDER]";

pub fn record(arguments: &[String]) -> Outcome {
    let (mut is_tried, mut out) = (false, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--try" => is_tried = true,
            "--out" => out = Some(PathBuf::from(rest.next().ok_or(USAGE)?)),
            _ => return Err(USAGE.to_owned()),
        }
    }
    run(cargo().args(["build", "--locked", "--release", "--package", "matchwright"]))?;
    let target = target_directory()?;
    let binary = target.join("release").join(format!("matchwright{}", std::env::consts::EXE_SUFFIX));
    let home = if is_tried { target.join("benchmarks") } else { root().join("docs/benchmarks") };
    let folder = out.unwrap_or(home);
    let mut record = Map::new();
    record
        .insert("commit".to_owned(), json!(said(command("git").args(["describe", "--always", "--dirty"]))?));
    record.insert("machine".to_owned(), json!(machine()));
    for (name, runs) in if is_tried { TRIED } else { ALL } {
        let mut lines = Vec::new();
        step(name, || {
            runs.iter().try_for_each(|one| {
                lines.extend(measured(&binary, name, one)?);
                Ok(())
            })
        })?;
        record.insert(name.to_owned(), Value::Array(lines));
    }
    let day = said(command("date").args(["-u", "+%F"]))?;
    let file = folder.join(format!("{day}.json"));
    write(&file, &Value::Object(record))?;
    run(command(&binary).args(["bench", "plot"]).arg(&file).arg("--out").arg(&folder))
}

/// One run of a benchmark: its lines. Its progress is shown.
fn measured(binary: &Path, name: &str, arguments: &str) -> Result<Vec<Value>, String> {
    println!("bench {name} {arguments}");
    let mut bench = command(binary);
    bench.args(["bench", name, "--json"]).args(arguments.split_whitespace()).stderr(Stdio::inherit());
    rows(&said(&mut bench)?).map_err(|why| format!("bench {name} {arguments}: {why}"))
}

fn rows(lines: &str) -> Result<Vec<Value>, String> {
    let rows: Result<Vec<Value>, _> = lines.lines().map(serde_json::from_str).collect();
    match rows {
        Ok(rows) if rows.is_empty() => Err("it printed nothing".to_owned()),
        Ok(rows) => Ok(rows),
        Err(why) => Err(format!("a line is no JSON: {why}")),
    }
}

fn write(file: &Path, record: &Value) -> Outcome {
    let failed = |why: std::io::Error| format!("{}: {why}", file.display());
    let text = serde_json::to_string_pretty(record).map_err(|why| why.to_string())?;
    file.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
    std::fs::write(file, text + "\n").map_err(failed)
}

/// Its processor where the system tells it, and how many cores it has.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    match model(&about) {
        Some(model) => format!("{cores} cores, {model}"),
        None => format!("{cores} cores"),
    }
}

fn model(about: &str) -> Option<&str> {
    let line = about.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim()).filter(|model| !model.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_row() {
        assert_eq!(rows("{\"a\":1}\n{\"a\":2}\n").map(|rows| rows.len()), Ok(2));
        assert!(rows("").is_err_and(|why| why.contains("nothing")));
        assert!(rows("{\"a\":1}\nerror\n").is_err_and(|why| why.contains("no JSON")));
    }

    #[test]
    fn the_processor_is_named() {
        assert_eq!(model("processor\t: 0\nmodel name\t: Some CPU\n"), Some("Some CPU"));
        assert_eq!(model("processor\t: 0\n"), None);
    }

    #[test]
    fn an_unknown_argument_is_refused() {
        assert_eq!(record(&["--fast".to_owned()]), Err(USAGE.to_owned()));
        assert_eq!(record(&["--out".to_owned()]), Err(USAGE.to_owned()));
    }
}

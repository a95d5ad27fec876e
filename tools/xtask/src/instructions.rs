//! Instructions of the hot paths of match construction, counted by callgrind: a regression shows on a busy machine too.
//!
//! `cargo xtask instructions` records, `cargo xtask instructions --compare` compares with what was recorded. The paths
//! stand in `apps/workbench/examples/hot_path.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::shell::{Outcome, cargo, command, root, run, said, target_directory};

const RECORD: &str = "docs/benchmarks/instructions.json";
/// A path may take so much more than was recorded, in per cent: less is what a compiler does with code that moved.
const SLOWER_MAX: f64 = 3.0;

/// A path as the driver lists it.
#[derive(Debug)]
struct HotPath {
    name: String,
    /// What one operation is.
    of: String,
    /// Inside of which function instructions are counted.
    function: String,
}

pub fn instructions(arguments: &[String]) -> Outcome {
    let is_compared = match arguments {
        [] => false,
        [one] if one == "--compare" => true,
        _ => return Err("usage: cargo xtask instructions [--compare]".to_owned()),
    };
    has_valgrind()?;
    let build =
        ["build", "--locked", "--release", "--package", "matchwright-workbench", "--example", "hot_path"];
    run(cargo().args(build))?;
    let driver = target_directory()?.join("release/examples/hot_path");
    let paths = listed(&said(&mut command(&driver))?);
    let mut counted = Map::new();
    for path in &paths {
        counted.insert(path.name.clone(), count(&driver, path)?);
    }
    let file = root().join(RECORD);
    if is_compared {
        return compare(&recorded(&file)?, &counted);
    }
    let commit = said(command("git").args(["describe", "--always", "--dirty"]))?;
    let compiler = said(command("rustc").arg("--version"))?;
    let record = json!({ "commit": commit, "compiler": compiler, "paths": counted });
    let pretty = serde_json::to_string_pretty(&record).map_err(|why| why.to_string())?;
    std::fs::write(&file, pretty + "\n").map_err(|why| format!("{RECORD}: {why}"))?;
    table(&counted);
    println!("\nwritten to {RECORD}");
    Ok(())
}

fn has_valgrind() -> Outcome {
    let found = Command::new("valgrind").arg("--version").output();
    found.map(|_| ()).map_err(|why| {
        format!("valgrind counts the instructions and could not be started: {why}; on Debian: apt-get install valgrind")
    })
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn listed(text: &str) -> Vec<HotPath> {
    let path = |line: &str| {
        let [name, of, function] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        Some(HotPath { name: str::to_owned(name), of: str::to_owned(of), function: str::to_owned(function) })
    };
    text.lines().filter_map(path).collect()
}

/// Callgrind runs the driver, and counts while the path's function is at work.
fn count(driver: &Path, path: &HotPath) -> Result<Value, String> {
    let mut valgrind = command("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]);
    valgrind.arg(format!("--toggle-collect={}", path.function)).arg(driver).arg(&path.name);
    let ran = valgrind.output().map_err(|why| format!("valgrind: {why}"))?;
    let (told, log) = (text(ran.stdout), text(ran.stderr));
    let operations = told.trim().parse::<u64>();
    let instructions = collected(&log);
    match (operations, instructions) {
        (Ok(operations @ 1..), Some(instructions @ 1..)) => {
            let each = instructions as f64 / operations as f64;
            println!("{:<14} {each:>12.0} per {}", path.name, path.of);
            Ok(json!({ "of": path.of, "operations": operations, "instructions": instructions,
                       "perOperation": (each * 10.0).round() / 10.0 }))
        }
        (Ok(_), Some(0)) => Err(format!(
            "nothing of {} was counted inside of `{}`; was the function renamed or inlined? \
             apps/workbench/examples/hot_path.rs names it",
            path.name, path.function
        )),
        _ => Err(format!("{} under callgrind failed with {}:\n{told}{log}", path.name, ran.status)),
    }
}

/// Out of a line `==1234== Collected : 517763`.
fn collected(log: &str) -> Option<u64> {
    log.lines()
        .find_map(|line| line.split_once("Collected :"))
        .and_then(|(_, number)| number.trim().parse().ok())
}

fn recorded(file: &PathBuf) -> Result<Value, String> {
    let text = std::fs::read_to_string(file)
        .map_err(|why| format!("{RECORD}: {why}; cargo xtask instructions records one"))?;
    serde_json::from_str(&text).map_err(|why| format!("{RECORD}: {why}"))
}

fn compare(record: &Value, counted: &Map<String, Value>) -> Outcome {
    println!("\nbeside {}, made with {}", record["commit"], record["compiler"]);
    println!("{:<14} {:>12} {:>12} {:>8}", "path", "recorded", "now", "change");
    let mut slower = Vec::new();
    for (name, now) in counted {
        let before = record["paths"][name]["perOperation"].as_f64();
        let now = now["perOperation"].as_f64().unwrap_or_default();
        match before {
            Some(before) => {
                let change = 100.0 * (now / before - 1.0);
                println!("{name:<14} {before:>12.1} {now:>12.1} {change:>+7.2} %");
                slower.extend((change > SLOWER_MAX).then(|| format!("{name} {change:+.1} %")));
            }
            None => println!("{name:<14} {:>12} {now:>12.1}      new", "-"),
        }
    }
    let names = record["paths"].as_object().into_iter().flat_map(Map::keys);
    names
        .filter(|name| !counted.contains_key(*name))
        .for_each(|name| println!("{name:<14} is no path any more"));
    match slower.is_empty() {
        true => Ok(()),
        false => Err(format!(
            "more than {SLOWER_MAX} % more instructions: {}; make it cheaper, or record it with its reason: \
             cargo xtask instructions",
            slower.join(", ")
        )),
    }
}

fn table(counted: &Map<String, Value>) {
    println!("\n| path | instructions | of |\n|---|---|---|");
    for (name, one) in counted {
        println!("| {name} | {} | {} |", one["perOperation"], one["of"].as_str().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(each: f64) -> Map<String, Value> {
        [("seek".to_owned(), json!({ "perOperation": each }))].into_iter().collect()
    }

    #[test]
    fn the_sum_is_read_from_the_log() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 517763\n==7==\n"), Some(517_763));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn paths_are_read_from_the_list() {
        let paths = listed("seek-w1\tan anchor\thot_path::measured\nodd\n");
        assert_eq!(paths.len(), 1);
        assert_eq!((paths[0].name.as_str(), paths[0].of.as_str()), ("seek-w1", "an anchor"));
    }

    #[test]
    fn more_instructions_than_allowed_fail() {
        let record = json!({ "commit": "a", "compiler": "b", "paths": counted(1000.0) });
        assert_eq!(compare(&record, &counted(1029.0)), Ok(()));
        assert_eq!(compare(&record, &counted(500.0)), Ok(()));
        let found = compare(&record, &counted(1031.0)).unwrap_err();
        assert!(found.contains("seek +3.1 %"), "{found}");
        let other = json!({ "commit": "a", "compiler": "b", "paths": {} });
        assert_eq!(compare(&other, &counted(1.0)), Ok(()), "what was not recorded is new");
    }
}

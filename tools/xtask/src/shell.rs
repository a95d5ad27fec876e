//! Runs programs from the root of the project and says which one failed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

/// What a task answers with: nothing, or what failed and what to do.
pub type Outcome = Result<(), String>;

/// The root of the project.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("xtask lives in tools/xtask").to_path_buf()
}

/// The cargo that runs us, so that a pinned toolchain stays pinned.
///
/// What that cargo told us about ourselves is not handed on: build scripts that look at it would build anew each time.
pub fn cargo() -> Command {
    let mut cargo = command(std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from));
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
        cargo.env_remove(name);
    }
    cargo
}

/// A program that will run at the root.
pub fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.current_dir(root());
    command
}

/// Runs to the end with our own output; an error tells the whole command line.
pub fn run(command: &mut Command) -> Outcome {
    let line = describe(command);
    println!("$ {line}");
    let status =
        command.status().map_err(|why| format!("could not start `{line}`: {why}; is it installed?"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed with {status}")) }
}

/// The output of a program that must succeed.
pub fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let line = describe(command);
    let output = command.output().map_err(|why| format!("could not start `{line}`: {why}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("`{line}` failed with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// What a program that must succeed said, as text without space around it.
pub fn said(command: &mut Command) -> Result<String, String> {
    output(command).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// `cargo metadata`, without the crates of others.
pub fn metadata() -> Result<Value, String> {
    let bytes = output(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    serde_json::from_slice(&bytes).map_err(|why| format!("cargo metadata gave no JSON: {why}"))
}

/// Where cargo builds to.
pub fn target_directory() -> Result<PathBuf, String> {
    let metadata = metadata()?;
    let folder = metadata["target_directory"].as_str().ok_or("cargo metadata has no target_directory")?;
    Ok(PathBuf::from(folder))
}

/// One step under a heading, with the time it took.
pub fn step(title: &str, body: impl FnOnce() -> Outcome) -> Outcome {
    println!("\n=== {title}");
    let started = Instant::now();
    let outcome = body();
    let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
    println!("=== {title}: {verdict}, {:.1} s", started.elapsed().as_secs_f64());
    outcome.map_err(|why| format!("{title}: {why}"))
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

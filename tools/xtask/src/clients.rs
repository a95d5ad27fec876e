//! The scenarios through real clients: installs each at its pinned version, then runs it against
//! the binary. The scenarios themselves stand in `tests/clients/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Outcome, cargo, command, output, root, run, step, target_directory};

/// Runs the named clients, or all of them.
pub fn clients(names: &[String]) -> Outcome {
    let known = ["python", "js", "rust", "go"];
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("client {unknown} is not known; expected one of {}", known.join(", ")));
    }
    run(cargo().args(["build", "--locked", "--package", "matchwright"]))?;
    let target = target_directory()?;
    let binary = target.join("debug").join(format!("matchwright{}", std::env::consts::EXE_SUFFIX));
    let folder = target.join("clients");
    for name in known.into_iter().filter(|name| names.is_empty() || names.iter().any(|one| one == name)) {
        step(&format!("client: {name}"), || match name {
            "python" => python(&folder, &binary),
            "js" => javascript(&folder, &binary),
            "rust" => rust(&folder, &binary),
            _ => go(&folder, &binary),
        })?;
    }
    Ok(())
}

fn python(folder: &Path, binary: &Path) -> Outcome {
    let python = installed_python(folder)?;
    run(command(&python).arg("tests/clients/python/scenarios.py").env("MATCHWRIGHT_BIN", binary))
}

/// The interpreter that has boto3.
fn installed_python(folder: &Path) -> Result<PathBuf, String> {
    let home = folder.join("python");
    let wanted = root().join("tests/clients/python/requirements.txt");
    let python = home.join("bin/python");
    if !installed(&home, &wanted)? {
        // A Debian without python3-venv has no ensurepip; the message of venv itself says so.
        run(command("python3").args(["-m", "venv", "--clear"]).arg(&home))
            .map_err(|why| format!("{why}; on Debian: apt-get install python3-venv"))?;
        run(command(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&wanted))?;
        remember(&home, &wanted)?;
    }
    Ok(python)
}

/// npm wants its packages beside the package file, so the scenario is run from a copy in the target folder.
fn javascript(folder: &Path, binary: &Path) -> Outcome {
    let home = folder.join("js");
    let source = root().join("tests/clients/js");
    fs::create_dir_all(&home).map_err(|why| format!("{}: {why}", home.display()))?;
    let wanted = source.join("package-lock.json");
    let fresh = installed(&home, &wanted)?;
    for name in ["package.json", "package-lock.json", "scenarios.mjs", "server.mjs"] {
        fs::copy(source.join(name), home.join(name)).map_err(|why| format!("{name}: {why}"))?;
    }
    if !fresh {
        run(command("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&home))?;
        remember(&home, &wanted)?;
    }
    let data = root().join("tests/clients/data");
    let mut node = command("node");
    run(node
        .arg("scenarios.mjs")
        .current_dir(&home)
        .env("MATCHWRIGHT_BIN", binary)
        .env("SCENARIO_DATA", data))
}

fn rust(folder: &Path, binary: &Path) -> Outcome {
    run(cargo()
        .args([
            "run",
            "--quiet",
            "--locked",
            "--manifest-path",
            "tests/clients/rust/Cargo.toml",
            "--target-dir",
        ])
        .arg(folder.join("rust"))
        .env("MATCHWRIGHT_BIN", binary))
}

/// Game servers on the official Go SDK, one for each version of it in `tests/clients/go/versions`; boto3 is the studio.
fn go(folder: &Path, binary: &Path) -> Outcome {
    let mut servers = Vec::new();
    for version in sdk_versions()? {
        match fetched(&folder.join("go"), &version) {
            Ok(home) => servers.push(built(&home)?),
            // A machine of CI has Go and its proxy, so there it is no excuse.
            Err(why) if std::env::var_os("CI").is_none() => println!("skipped SDK {version}: {why}"),
            Err(why) => return Err(format!("SDK {version}: {why}")),
        }
    }
    if servers.is_empty() {
        return Ok(());
    }
    let python = installed_python(folder)?;
    run(command(&python)
        .arg("tests/clients/go/game_servers.py")
        .args(servers)
        .env("MATCHWRIGHT_BIN", binary)
        .env("PYTHONPATH", root().join("tests/clients/python")))
}

fn sdk_versions() -> Result<Vec<String>, String> {
    let folder = root().join("tests/clients/go/versions");
    let entries = fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut versions: Vec<String> = names.collect();
    versions.sort();
    Ok(versions)
}

/// The folder of a game server with one version of the SDK, where all that it needs is at hand.
fn fetched(folder: &Path, version: &str) -> Result<PathBuf, String> {
    let source = root().join("tests/clients/go");
    let home = folder.join(version);
    fs::create_dir_all(&home).map_err(|why| format!("{}: {why}", home.display()))?;
    let pinned = source.join("versions").join(version);
    for (from, name) in [(&source, "game_server.go"), (&pinned, "go.mod"), (&pinned, "go.sum")] {
        fs::copy(from.join(name), home.join(name)).map_err(|why| format!("{name}: {why}"))?;
    }
    output(go_tool(&home).arg("version")).map_err(|_| "Go is not installed".to_owned())?;
    output(go_tool(&home).args(["mod", "download"]))
        .map_err(|_| "the Go module proxy does not give it, or cannot be reached".to_owned())?;
    Ok(home)
}

fn built(home: &Path) -> Result<PathBuf, String> {
    let server = home.join(format!("game-server{}", std::env::consts::EXE_SUFFIX));
    run(go_tool(home).args(["build", "-o"]).arg(&server).arg("."))?;
    Ok(server)
}

/// The pinned versions and checksums count, whatever this machine prefers.
fn go_tool(home: &Path) -> Command {
    let mut go = command("go");
    go.current_dir(home).env("GOFLAGS", "-mod=readonly").env("GOTOOLCHAIN", "local").env("GOWORK", "off");
    go
}

/// Whether exactly this list of packages was installed into `home` before.
fn installed(home: &Path, list: &Path) -> Result<bool, String> {
    let wanted = fs::read(list).map_err(|why| format!("{}: {why}", list.display()))?;
    Ok(fs::read(stamp(home)).is_ok_and(|found| found == wanted))
}

fn remember(home: &Path, list: &Path) -> Outcome {
    fs::copy(list, stamp(home)).map(|_| ()).map_err(|why| format!("{}: {why}", home.display()))
}

fn stamp(home: &Path) -> PathBuf {
    home.join("installed.stamp")
}

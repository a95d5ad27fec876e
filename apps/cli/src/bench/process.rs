//! A server as a process of its own, its CPU time and its memory.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Ends with this value.
pub struct Child {
    child: std::process::Child,
    pub url: String,
}

impl Child {
    /// Starts this program again and waits for its address.
    pub fn start(arguments: &[&str]) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        let command = command.args(arguments).stdout(Stdio::piped()).stdin(Stdio::null());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let out = child.stdout.take().ok_or("the child has no output")?;
        let mut line = String::new();
        let mut out = BufReader::new(out);
        out.read_line(&mut line).map_err(|error| error.to_string())?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_string);
        let Some(url) = url else {
            let _ = child.kill();
            return Err(format!("the child did not start: {line}"));
        };
        // What else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || out.lines().for_each(drop));
        Ok(Self { child, url })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr, String> {
        self.url.trim_start_matches("http://").parse().map_err(|error| format!("{}: {error}", self.url))
    }

    /// The CPU time of all its threads so far.
    pub fn cpu(&self) -> Result<Duration, String> {
        ticks(&format!("/proc/{}/stat", self.child.id()))
    }

    /// The memory that it has in use now, in bytes.
    pub fn memory(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/statm", self.child.id());
        let text = std::fs::read_to_string(&path).map_err(|error| unknown(&path, &error))?;
        let pages: u64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).ok_or("an odd statm")?;
        Ok(pages * rustix::param::page_size() as u64)
    }

    /// The CPU time so far of those of its threads whose name begins so; the system keeps fifteen letters of a name.
    pub fn cpu_of(&self, name: &str) -> Result<Duration, String> {
        let folder = format!("/proc/{}/task", self.child.id());
        let threads = std::fs::read_dir(&folder).map_err(|error| unknown(&folder, &error))?;
        let (mut sum, mut found) = (Duration::ZERO, 0);
        for thread in threads.flatten().map(|entry| entry.path()) {
            let own = std::fs::read_to_string(thread.join("comm")).unwrap_or_default();
            if own.starts_with(name) {
                sum += ticks(&thread.join("stat").display().to_string())?;
                found += 1;
            }
        }
        if found == 0 { Err(format!("no thread of the server is named {name}…")) } else { Ok(sum) }
    }
}

/// The CPU time of this program so far, all threads.
pub fn own_cpu() -> Result<Duration, String> {
    ticks("/proc/self/stat")
}

/// User and system time out of a `stat` of the system.
fn ticks(path: &str) -> Result<Duration, String> {
    let text = std::fs::read_to_string(path).map_err(|error| unknown(path, &error))?;
    // The name in parentheses may hold anything; user and system ticks are the 12th and 13th after it.
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<u64> = after.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    let ticks =
        fields.get(11).zip(fields.get(12)).map(|(user, system)| user + system).ok_or("an odd stat")?;
    Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

fn unknown(path: &str, why: &std::io::Error) -> String {
    format!("{path}: {why}; CPU time and memory are known on Linux only")
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

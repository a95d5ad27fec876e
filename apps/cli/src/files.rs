//! How many files, and with them sockets, this process and its children may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a process has open beside its sockets, and then some.
const OTHERS: u64 = 200;

/// Allows so many sockets, as far as the system lets us without asking an administrator.
///
/// # Errors
/// What the limit is and how to raise it.
pub fn allow_sockets(count: usize) -> Result<(), String> {
    let (wanted, limit) = (count as u64 + OTHERS, getrlimit(Resource::Nofile));
    // No limit is a limit of none.
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let most = limit.maximum.unwrap_or(wanted);
    if most < wanted {
        return Err(format!(
            "expected a limit of at least {wanted} open files for {count} sockets, found {most}; raise it with ulimit -Hn {wanted} as root, or take fewer"
        ));
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum })
        .map_err(|error| format!("the limit of open files could not be raised to {wanted}: {error}"))
}

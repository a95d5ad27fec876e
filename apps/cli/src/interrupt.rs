//! Ctrl-C and SIGTERM, for commands that run until somebody ends them.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Made early: what comes before it would end the process at once.
pub struct Interrupt {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupt {
    /// Wants to be called inside of a runtime.
    ///
    /// # Errors
    /// The system gives no signals.
    pub fn new() -> Result<Self, String> {
        let listen = |kind| signal(kind).map_err(|error| error.to_string());
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits so long; true: somebody wants it to end.
    pub async fn within(&mut self, span: Duration) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => true,
            () = tokio::time::sleep(span) => false,
        }
    }
}

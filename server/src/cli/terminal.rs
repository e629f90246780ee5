//! The only place that writes to the terminal. A reader that went away (`slipway ... | head`) is
//! no error.

use std::io::Write;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A line for whoever called: results.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line beside the result: progress, errors.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Resolves when the process is asked to stop: Ctrl-C, or SIGTERM. It listens from the call on, also
/// before anybody waits: called before a process says that it is ready, it misses nothing.
pub fn told_to_stop() -> impl Future<Output = ()> + Send + 'static {
    let terminated = signal(SignalKind::terminate());
    let interrupted = signal(SignalKind::interrupt());
    async move {
        tokio::select! {
            () = received(terminated) => {}
            () = received(interrupted) => {}
        }
    }
}

async fn received(signal: std::io::Result<Signal>) {
    match signal {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

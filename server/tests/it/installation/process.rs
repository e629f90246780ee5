//! A process of the built binary.

use crate::harness::slipway;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// How long a process may take to be ready, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Process {
    child: Child,
    /// Agents stop when this is closed, also when the test ends in a panic.
    _input: Option<ChildStdin>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts it and waits until it says that it is ready. What it complains goes to `log`.
    pub async fn start(arguments: &[&str], log: &Path) -> Self {
        let mut command = slipway();
        command.args(arguments);
        Self::run(command, log).await
    }

    /// The same with a command that becomes the binary in the end.
    pub async fn run(command: std::process::Command, log: &Path) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        let mut command = Command::from(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true);
        let what = format!("{:?}", command.as_std());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, url)) = line.split_once("is ready: http://") {
                    return url.trim().parse().unwrap();
                }
            }
            panic!("{what} ended before it was ready");
        };
        let address = tokio::time::timeout(PATIENCE, ready)
            .await
            .unwrap_or_else(|_| panic!("{what} is not ready after {PATIENCE:?}"));
        // What else it says is read, so that it never waits for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            child,
            _input: input,
            address,
        }
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// `SIGKILL`; returns when the kernel has buried it.
    pub async fn kill(mut self) {
        self.child.start_kill().expect("it runs");
        self.child.wait().await.unwrap();
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(mut self) {
        use nix::sys::signal::{Signal, kill};
        let id = i32::try_from(self.id()).unwrap();
        kill(nix::unistd::Pid::from_raw(id), Signal::SIGTERM).unwrap();
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("it stops when asked")
            .unwrap();
        assert!(status.success(), "it stopped with {status}");
    }
}

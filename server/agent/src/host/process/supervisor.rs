//! The lives of one service's process: started, asked for its health, started again, ended.

use super::leftovers::Mark;
use super::{Health, Program};
use crate::host::log::ServiceLog;
use crate::host::proxy::Upstream;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Between being asked to stop and being killed.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// First and longest wait before a service that ended is started again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// A service that was up this long starts with the first wait again.
const STEADY: Duration = Duration::from_mins(1);
/// After so many bad answers in a row it is started again.
const BAD_ANSWERS: u32 = 3;
/// Keeps a service running until it is told to stop.
pub(super) struct Supervisor {
    pub(super) program: Program,
    pub(super) client: reqwest::Client,
    pub(super) health: watch::Sender<Health>,
    pub(super) upstream: Arc<RwLock<Option<Arc<Upstream>>>>,
    pub(super) trouble: Arc<RwLock<Option<String>>>,
    pub(super) log: ServiceLog,
    pub(super) stop: CancellationToken,
}

/// How one life of the process went.
enum Life {
    /// It was asked to stop, and did.
    Stopped,
    /// It ended or never came up; it had been up for so long.
    Ended { up_for: Duration },
}

impl Supervisor {
    pub(super) async fn supervise(self) {
        let mut wait = BACK_OFF.0;
        loop {
            let life = self.live().await;
            self.goes_down();
            let Life::Ended { up_for } = life else {
                return;
            };
            if up_for >= STEADY {
                wait = BACK_OFF.0;
            }
            tracing::warn!(
                module = %self.program.name,
                again_in_ms = wait.as_millis() as u64,
                "a service ended and is started again"
            );
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(wait) => {}
            }
            wait = (wait * 2).min(BACK_OFF.1);
        }
    }

    /// Nobody is sent to it any more.
    fn goes_down(&self) {
        *self
            .upstream
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
        self.health.send_replace(Health::Down);
    }

    fn trouble(&self, text: String) {
        self.log.write(format!("[slipway] {text}\n").as_bytes());
        *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    async fn live(&self) -> Life {
        let never = Life::Ended {
            up_for: Duration::ZERO,
        };
        let (mut child, port) = match self.spawn() {
            Ok(started) => started,
            Err(error) => {
                self.trouble(format!("it could not be started: {error}"));
                return never;
            }
        };
        let mark = Mark::set(&self.program.marks, child.id());
        let group = Group(child.id());
        let url = format!("http://127.0.0.1:{port}{}", self.program.health);
        let came_up = tokio::select! {
            () = self.stop.cancelled() => None,
            status = child.wait() => {
                self.trouble(match status {
                    Ok(status) => format!("it ended at once ({status})"),
                    Err(error) => format!("it was lost: {error}"),
                });
                drop(group);
                drop(mark);
                return never;
            }
            came_up = self.comes_up(&url) => Some(came_up),
        };
        let life = match came_up {
            None => Life::Stopped,
            Some(false) => {
                self.trouble(format!(
                    "its health path {} did not answer well within {} s",
                    self.program.health,
                    self.program.start_limit.as_secs()
                ));
                never
            }
            Some(true) => {
                let upstream = Upstream::new(&self.program.url_path, port, self.program.limits);
                *self
                    .upstream
                    .write()
                    .unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(upstream));
                self.health.send_replace(Health::Up);
                let since = Instant::now();
                tokio::select! {
                    () = self.stop.cancelled() => Life::Stopped,
                    status = child.wait() => {
                        if let Ok(status) = status {
                            self.trouble(format!("it ended ({status})"));
                        }
                        drop(group);
                        drop(mark);
                        return Life::Ended { up_for: since.elapsed() };
                    }
                    () = self.hangs(&url) => {
                        self.goes_down();
                        self.trouble(format!(
                            "its health path {} did not answer well {BAD_ANSWERS} times in a row; \
                             it is started again",
                            self.program.health,
                        ));
                        Life::Ended { up_for: since.elapsed() }
                    }
                }
            }
        };
        terminate(child).await;
        drop(group);
        drop(mark);
        life
    }

    fn spawn(&self) -> io::Result<(Box<dyn ChildWrapper>, u16)> {
        let Some((program, arguments)) = self.program.command.split_first() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.program.folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A service sees what it is given, not what the agent happens to have.
        for name in ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
            .envs(&self.program.variables)
            .env("PORT", port.to_string());
        let mut wrap = CommandWrap::from(command);
        wrap.wrap(ProcessGroup::leader());
        let mut child = wrap.spawn()?;
        if let Some(stream) = child.stdout().take() {
            tokio::spawn(pump(stream, self.log.clone()));
        }
        if let Some(stream) = child.stderr().take() {
            tokio::spawn(pump(stream, self.log.clone()));
        }
        Ok((child, port))
    }

    /// Asks until it answers well, or its time is over.
    async fn comes_up(&self, url: &str) -> bool {
        let asked = async {
            let mut pause = Duration::from_millis(5);
            while !self.answers(url).await {
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(250));
            }
        };
        timeout(self.program.start_limit, asked).await.is_ok()
    }

    async fn answers(&self, url: &str) -> bool {
        match self
            .client
            .get(url)
            .timeout(Duration::from_secs(2))
            .send()
            .await
        {
            Ok(answer) => answer.status().is_success() || answer.status().is_redirection(),
            Err(_) => false,
        }
    }

    /// Returns when it runs and yet does not answer well any more.
    async fn hangs(&self, url: &str) {
        let mut bad = 0;
        while bad < BAD_ANSWERS {
            sleep(self.program.limits.health_every).await;
            bad = if self.answers(url).await { 0 } else { bad + 1 };
        }
    }
}

async fn pump(mut stream: impl tokio::io::AsyncRead + Unpin, log: ServiceLog) {
    let mut buffer = vec![0; 4 << 10];
    while let Ok(n) = stream.read(&mut buffer).await {
        if n == 0 {
            break;
        }
        log.write(&buffer[..n]);
    }
}

/// Asks the group to stop, then makes it.
async fn terminate(mut child: Box<dyn ChildWrapper>) {
    let asked = child
        .signal(nix::sys::signal::Signal::SIGTERM as i32)
        .is_ok();
    if asked && timeout(STOP_GRACE, child.wait()).await.is_ok() {
        return;
    }
    if let Err(error) = Box::into_pin(child.kill()).await {
        tracing::warn!(%error, "a service could not be killed");
    }
}

/// The group of a process that has ended: what it started and left behind ends too.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        use nix::sys::signal::{Signal, killpg};
        let group = self.0.and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group {
            // Mostly there is nobody left.
            let _ = killpg(nix::unistd::Pid::from_raw(group), Signal::SIGKILL);
        }
    }
}

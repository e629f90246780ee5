//! The lives of one service's process: started, asked for its health, started again, ended.

use super::leftovers::Mark;
use super::{Health, Program};
use crate::host::log::ServiceLog;
use crate::host::proxy::Upstream;
use crate::secrets::Locked;
use crate::settings;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use std::collections::BTreeMap;
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
use zeroize::Zeroizing;

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
    /// It could not be started, because its secrets cannot be opened.
    Locked,
    /// It ended or never came up; it had been up for so long.
    Ended { up_for: Duration },
}

/// How long a service that ended waits for its next start.
struct BackOff(Duration);

impl BackOff {
    const fn new() -> Self {
        Self(BACK_OFF.0)
    }

    /// The wait after a life in which it was up for so long.
    fn after(&mut self, up_for: Duration) -> Duration {
        if up_for >= STEADY {
            self.0 = BACK_OFF.0;
        }
        let wait = self.0;
        self.0 = (wait * 2).min(BACK_OFF.1);
        wait
    }
}

impl Supervisor {
    pub(super) async fn supervise(self) {
        let mut back_off = BackOff::new();
        loop {
            let life = self.live().await;
            let (up_for, down) = match life {
                Life::Stopped => {
                    self.goes_down(Health::Down);
                    return;
                }
                Life::Locked => (Duration::ZERO, Health::Locked),
                Life::Ended { up_for } => (up_for, Health::Down),
            };
            self.goes_down(down);
            let wait = back_off.after(up_for);
            tracing::warn!(
                module = %self.program.name,
                again_in_ms = wait.as_millis() as u64,
                "a service ended and is started again"
            );
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }

    /// Nobody is sent to it any more.
    fn goes_down(&self, health: Health) {
        *self
            .upstream
            .write()
            .unwrap_or_else(PoisonError::into_inner) = None;
        self.health.send_replace(health);
    }

    fn trouble(&self, text: String) {
        self.log.write(format!("[slipway] {text}\n").as_bytes());
        *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    async fn live(&self) -> Life {
        let never = Life::Ended {
            up_for: Duration::ZERO,
        };
        let secrets = match self.open_secrets() {
            Ok(secrets) => secrets,
            Err(locked) => {
                tracing::error!(module = %self.program.name, trouble = %locked, "a service cannot be started; it is tried again");
                self.trouble(format!("it could not be started: {locked}"));
                return Life::Locked;
            }
        };
        let (mut child, port) = match self.spawn(secrets) {
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
                        self.goes_down(Health::Down);
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

    fn open_secrets(&self) -> Result<BTreeMap<String, Zeroizing<String>>, Locked> {
        let program = &self.program;
        program.secrets.open_all(program.module, &program.sealed)
    }

    fn spawn(
        &self,
        secrets: BTreeMap<String, Zeroizing<String>>,
    ) -> io::Result<(Box<dyn ChildWrapper>, u16)> {
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
        for (name, value) in &secrets {
            command.env(settings::variable("SETTING_", name), value.as_str());
        }
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::ServiceLimits;
    use crate::secrets::Secrets;
    use seal::KeySource;
    use uuid::Uuid;

    const SHORT: Duration = Duration::ZERO;

    fn seconds(waits: &[Duration]) -> Vec<f64> {
        waits.iter().map(Duration::as_secs_f64).collect()
    }

    #[test]
    fn the_distance_doubles_up_to_half_a_minute_and_begins_anew_after_a_steady_life() {
        let mut back_off = BackOff::new();
        let waits: Vec<_> = (0..9).map(|_| back_off.after(SHORT)).collect();
        let doubled = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0];
        assert_eq!(seconds(&waits), doubled);
        let nearly = Duration::from_millis(59_999);
        let waits = [nearly, STEADY, SHORT].map(|up_for| back_off.after(up_for));
        assert_eq!(seconds(&waits), [30.0, 0.5, 1.0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_never_starts_is_tried_at_these_distances_until_it_is_stopped() {
        crate::link::console::prepare_tls();
        let folder = tempfile::TempDir::new().unwrap();
        let (health, mut seen) = watch::channel(Health::Starting);
        let stop = CancellationToken::new();
        let supervisor = Supervisor {
            program: Program {
                name: "Orders".to_owned(),
                command: vec![folder.path().join("nothing").display().to_string()],
                folder: folder.path().to_owned(),
                variables: BTreeMap::new(),
                module: Uuid::nil(),
                sealed: BTreeMap::new(),
                secrets: Arc::new(Secrets::new(KeySource::None)),
                health: "/health".to_owned(),
                start_limit: Duration::from_secs(1),
                log_folder: folder.path().to_owned(),
                marks: folder.path().to_owned(),
                url_path: "/orders".to_owned(),
                limits: ServiceLimits::default(),
            },
            client: reqwest::Client::new(),
            health,
            upstream: Arc::default(),
            trouble: Arc::default(),
            log: ServiceLog::open(folder.path()).unwrap(),
            stop: stop.clone(),
        };
        let supervised = tokio::spawn(supervisor.supervise());
        let mut waits = Vec::new();
        seen.changed().await.unwrap();
        let mut last = Instant::now();
        for _ in 0..8 {
            seen.changed().await.unwrap();
            waits.push(last.elapsed().as_secs());
            last = Instant::now();
        }
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 30, 30]);
        stop.cancel();
        supervised.await.unwrap();
        assert_eq!(
            last.elapsed(),
            Duration::ZERO,
            "it waited before it stopped"
        );
    }
}

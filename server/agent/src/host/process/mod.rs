//! Services: processes that are started on a port of their own, asked for their health, started
//! again when they end or do not answer any more, and stopped with their whole process group.

use super::log::ServiceLog;
use super::proxy::Upstream;
use crate::config::ServiceLimits;
use crate::error::Failure;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Between being asked to stop and being killed.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// First and longest wait before a service that ended is started again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// A service that was up this long starts with the first wait again.
const STEADY: Duration = Duration::from_mins(1);
/// After so many bad answers in a row it is started again.
const BAD_ANSWERS: u32 = 3;
/// How much of the output a failure quotes.
const QUOTED_LINES: usize = 8;

/// What to run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The module's name, for messages.
    pub(crate) name: String,
    /// Program and arguments, resolved.
    pub(crate) command: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) health: String,
    pub(crate) start_limit: Duration,
    pub(crate) log_folder: PathBuf,
    /// Where a file marks each process that runs.
    pub(crate) marks: PathBuf,
    /// What is taken off requests' paths.
    pub(crate) url_path: String,
    pub(crate) limits: ServiceLimits,
}

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// Started, not yet healthy.
    Starting,
    /// Answers.
    Up,
    /// Ended or not answering.
    Down,
}

/// A supervised service. Dropping it stops it.
pub(crate) struct Service {
    program: Program,
    health: watch::Receiver<Health>,
    upstream: Arc<RwLock<Option<Arc<Upstream>>>>,
    /// Why the last start failed.
    trouble: Arc<RwLock<Option<String>>>,
    log: ServiceLog,
    stop: CancellationToken,
    ended: watch::Receiver<bool>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Service {
    /// Starts it and keeps it running. Its supervision is a task of `tracker`.
    pub(crate) fn start(
        program: Program,
        client: reqwest::Client,
        tracker: &TaskTracker,
    ) -> Result<Self, Failure> {
        let log = ServiceLog::open(&program.log_folder)
            .map_err(|e| Failure::disk("opening a service's log", &e))?;
        let (health_sender, health) = watch::channel(Health::Starting);
        let (ended_sender, ended) = watch::channel(false);
        let stop = CancellationToken::new();
        let supervisor = Supervisor {
            program: program.clone(),
            client,
            health: health_sender,
            upstream: Arc::default(),
            trouble: Arc::default(),
            log: log.clone(),
            stop: stop.clone(),
        };
        let service = Self {
            program,
            health,
            upstream: Arc::clone(&supervisor.upstream),
            trouble: Arc::clone(&supervisor.trouble),
            log,
            stop,
            ended,
        };
        tracker.spawn(async move {
            supervisor.supervise().await;
            let _ = ended_sender.send(true);
        });
        Ok(service)
    }

    pub(crate) fn health(&self) -> Health {
        *self.health.borrow()
    }

    /// For whoever wants to know of changes.
    pub(crate) fn watch(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Where requests go while it is up.
    pub(crate) fn upstream(&self) -> Option<Arc<Upstream>> {
        self.upstream
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until it is up for the first time. A process that ends or is not healthy within its
    /// time is a failure that quotes its last lines; the caller drops the service then.
    pub(crate) async fn first_up(&self) -> Result<(), Failure> {
        let mut health = self.health.clone();
        let limit = self.program.start_limit + Duration::from_secs(1);
        let reached = timeout(limit, health.wait_for(|h| *h != Health::Starting)).await;
        if let Ok(Ok(health)) = &reached
            && **health == Health::Up
        {
            return Ok(());
        }
        drop(reached);
        let trouble = self
            .trouble
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .unwrap_or_else(|| {
                format!(
                    "it was not healthy after {} s",
                    self.program.start_limit.as_secs()
                )
            });
        let lines = self.log.last_lines(QUOTED_LINES);
        let said = if lines.is_empty() {
            "It printed nothing.".to_owned()
        } else {
            format!("Its last lines: {}", lines.join(" | "))
        };
        Err(Failure::lasting(
            "unhealthy",
            format!(
                "\"{}\" did not come up: {trouble}. {said} What ran before still runs. Correct \
                 the module and publish it again; the whole log is in {}.",
                self.program.name,
                self.program.log_folder.display()
            ),
        ))
    }

    /// Lets requests in flight finish for a while, then stops it. Returns when it has ended.
    pub(crate) async fn retire(&self, drain: Duration) {
        if let Some(upstream) = self.upstream() {
            upstream.drained(drain).await;
        }
        self.stop.cancel();
        let mut ended = self.ended.clone();
        let _ = ended.wait_for(|ended| *ended).await;
    }
}

struct Supervisor {
    program: Program,
    client: reqwest::Client,
    health: watch::Sender<Health>,
    upstream: Arc<RwLock<Option<Arc<Upstream>>>>,
    trouble: Arc<RwLock<Option<String>>>,
    log: ServiceLog,
    stop: CancellationToken,
}

/// How one life of the process went.
enum Life {
    /// It was asked to stop, and did.
    Stopped,
    /// It ended or never came up; it had been up for so long.
    Ended { up_for: Duration },
}

impl Supervisor {
    async fn supervise(self) {
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

/// A file that says that a process runs, so that an agent that was killed finds it again.
struct Mark(Option<PathBuf>);

impl Mark {
    fn set(folder: &Path, id: Option<u32>) -> Self {
        let Some(id) = id else { return Self(None) };
        let path = folder.join(id.to_string());
        let written = fs::write(&path, started_at(id).unwrap_or_default());
        Self(written.is_ok().then_some(path))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// When the kernel started a process: tells it from a later one of the same id.
fn started_at(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is a name in parentheses that may hold anything.
    let rest = stat.rsplit_once(')')?.1;
    rest.split_whitespace().nth(19).map(str::to_owned)
}

/// Ends the processes that a killed agent left behind: those it had marked, and those that it had
/// started and not marked yet, which name a folder in `data` as their own.
pub(crate) fn end_leftovers(marks: &Path, data: &Path) -> io::Result<()> {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    for entry in fs::read_dir(marks)? {
        let path = entry?.path();
        let id = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.parse::<u32>().ok());
        let marked = fs::read_to_string(&path)?;
        if let Some(id) = id
            && !marked.is_empty()
            && started_at(id).is_some_and(|started| started == marked)
            && let Ok(group) = i32::try_from(id)
        {
            tracing::info!(
                process = id,
                "ending a service that a former agent left running"
            );
            if let Err(error) = killpg(Pid::from_raw(group), Signal::SIGKILL) {
                tracing::warn!(process = id, %error, "it could not be ended");
            }
        }
        fs::remove_file(&path)?;
    }
    end_unmarked(data);
    Ok(())
}

/// Where the kernel does not tell about processes, what was marked is all that is known.
fn end_unmarked(data: &Path) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let own = format!("SLIPWAY_DATA={}/", data.display());
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let id = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
            .filter(|id| *id != Pid::this().as_raw());
        let variables = fs::read(process.path().join("environ")).unwrap_or_default();
        let ours = variables
            .split(|byte| *byte == 0)
            .any(|variable| variable.starts_with(own.as_bytes()));
        if let (Some(id), true) = (id, ours) {
            tracing::info!(
                process = id,
                "ending a service that a former agent had just started"
            );
            // It may be gone already.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// Turns a manifest's command into a program and arguments: `{slipway}` is `slipway`, relative
/// paths are inside the module's folder, bare names are looked up there and then on the search
/// path. The program must be there.
pub(crate) fn resolve(
    name: &str,
    command: &[String],
    folder: &Path,
    slipway: &Path,
) -> Result<Vec<String>, Failure> {
    let slipway = slipway.display().to_string();
    let mut resolved: Vec<String> = command
        .iter()
        .map(|part| part.replace("{slipway}", &slipway))
        .collect();
    let not_there = |program: &str| {
        Failure::lasting(
            "command_missing",
            format!(
                "The service \"{name}\" shall run `{program}`, which is not there or not \
                 executable. Correct `command` in slipway.toml, or add the file (with its \
                 executable bit) to the module's folder."
            ),
        )
    };
    let Some(program) = resolved.first_mut() else {
        return Err(not_there(""));
    };
    let inside = folder.join(program.as_str());
    if is_executable(&inside) {
        *program = inside.display().to_string();
    } else if program.contains('/') {
        return Err(not_there(program)); // an absolute path has joined to itself above
    } else {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .map(|folder| folder.join(program.as_str()))
            .find(|path| is_executable(path));
        match found {
            Some(found) => *program = found.display().to_string(),
            None => return Err(not_there(program)),
        }
    }
    Ok(resolved)
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

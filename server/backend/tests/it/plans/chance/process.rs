//! A console in a process of its own: this test binary once more (see `roles`), which is told what it
//! is to do over a socket, and dies where its fuse says so.

use super::asks::{Ask, do_at, open};
use backend::testing::{FakeClock, TestBackend};
use domain::AppError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, Command};

/// Names the database of a console that this process is to be.
pub(crate) const DATABASE: &str = "TEST_CONSOLE_ON";
/// And where it listens.
const SOCKET: &str = "TEST_CONSOLE_AT";

/// How it ends when it dies at a write.
const DEAD: i32 = 86;

/// How long it may take to be ready, and to be dead, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is wanted, and at what time.
#[derive(Serialize, Deserialize)]
struct Asked {
    at: i64,
    ask: Ask,
}

/// A console process.
pub(super) struct Process {
    child: Child,
    socket: PathBuf,
    clock: Arc<FakeClock>,
    /// Somebody was not answered.
    is_dead: AtomicBool,
    /// Holds the socket, and what the process leaves behind.
    _folder: TempDir,
}

impl Process {
    /// Starts one, and waits until it is ready.
    pub(super) async fn start(database: &str, clock: Arc<FakeClock>) -> Self {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("console");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "roles::play", "--nocapture"])
            .env(DATABASE, database)
            .env(SOCKET, &socket)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line == READY {
                    return;
                }
            }
            panic!("a console process ended before it was ready");
        };
        let ready = tokio::time::timeout(PATIENCE, ready).await;
        ready.expect("a console process is ready in time");
        // What else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            child,
            socket,
            clock,
            is_dead: AtomicBool::new(false),
            _folder: folder,
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::SeqCst)
    }

    /// Tells it what to do; nothing if it died over it.
    pub(super) async fn ask(&self, ask: Ask) -> Option<Result<Value, AppError>> {
        let asked = Asked {
            at: self.clock.read(),
            ask,
        };
        let answer = exchange(&self.socket, &asked).await;
        if answer.is_none() {
            self.is_dead.store(true, Ordering::SeqCst);
        }
        answer
    }

    /// Waits until the kernel has buried it; it must have died where it was to.
    pub(super) async fn bury(mut self) {
        let buried = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = buried.expect("who does not answer is dead").unwrap();
        assert_eq!(
            status.code(),
            Some(DEAD),
            "a console process ended by itself"
        );
    }
}

async fn exchange(socket: &Path, asked: &Asked) -> Option<Result<Value, AppError>> {
    let text = serde_json::to_vec(asked).unwrap();
    let mut stream = UnixStream::connect(socket).await.ok()?;
    stream.write_all(&text).await.ok()?;
    stream.shutdown().await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    // One that died over it says nothing.
    (!answer.is_empty()).then(|| serde_json::from_slice(&answer).unwrap())
}

const READY: &str = "the console is ready";

/// Is a console until whoever started this process has ended, or until it dies. Needs a local set.
pub(crate) async fn be_a_console(database: &str) {
    let console = Arc::new(open(database, FakeClock::at(0)).await);
    let listener = UnixListener::bind(std::env::var_os(SOCKET).unwrap()).unwrap();
    println!("\n{READY}");
    // Nothing comes: it ends when whoever has started this process does, however that ends.
    let orphaned =
        tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    tokio::select! {
        served = serve(&listener, &console) => served.unwrap(),
        _ = orphaned => {}
    }
}

async fn serve(listener: &UnixListener, console: &Arc<TestBackend>) -> std::io::Result<()> {
    let busy = Arc::new(AtomicUsize::new(0));
    loop {
        let (stream, _) = listener.accept().await?;
        busy.fetch_add(1, Ordering::SeqCst);
        let answer = answer(Arc::clone(console), Arc::clone(&busy), stream);
        tokio::task::spawn_local(answer);
    }
}

/// Does what is wanted, and says so, unless the console has died meanwhile: then nobody is answered
/// any more, and the process ends as soon as the last one has noticed.
async fn answer(console: Arc<TestBackend>, busy: Arc<AtomicUsize>, mut stream: UnixStream) {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await.unwrap();
    let asked: Asked = serde_json::from_slice(&text).unwrap();
    console.clock.show(asked.at);
    let answer = Box::pin(do_at(&console, asked.ask)).await;
    let is_last = busy.fetch_sub(1, Ordering::SeqCst) == 1;
    if console.fuse().is_blown() {
        if is_last {
            std::process::exit(DEAD);
        }
        return;
    }
    let text = serde_json::to_vec(&answer).unwrap();
    // Whoever asked may have gone.
    let _ = stream.write_all(&text).await;
}

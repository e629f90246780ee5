//! Throw-away PostgreSQL clusters: one that a test process shares, and own ones that a test may stop.

use sea_orm::{ConnectionTrait, Database};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// The address of a new, empty database in this process's PostgreSQL cluster.
pub async fn postgres_url() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let cluster = tokio::task::spawn_blocking(shared)
        .await
        .expect("the cluster starts");
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    cluster.make(&name).await
}

/// A PostgreSQL server that nobody else uses.
pub struct Cluster {
    folder: PathBuf,
    /// Ends the server and removes the folder when its standard input closes, however this
    /// process ends.
    _keeper: Child,
    orders: ChildStdin,
    words: BufReader<ChildStdout>,
}

impl Cluster {
    /// Starts one of its own for a test that stops it. Blocks until it takes connections.
    pub fn own() -> Self {
        start()
    }

    fn url(&self, database: &str) -> String {
        format!(
            "postgres://slipway@localhost/{database}?host={}",
            self.folder.display()
        )
    }

    /// Makes a new, empty database and gives its address.
    pub async fn make(&self, name: &str) -> String {
        let mut options = sea_orm::ConnectOptions::new(self.url("postgres"));
        options.max_connections(1).sqlx_logging(false);
        let admin = Database::connect(options)
            .await
            .expect("a connection to the cluster");
        admin
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .expect("a database of its own");
        admin.close().await.expect("the connection closes");
        self.url(name)
    }

    /// Stops the server as its machine does when it is restarted: connections are cut, what was
    /// committed is kept. Blocks until it is gone.
    pub fn stop(&mut self) {
        self.order("stop");
    }

    /// Starts it again. Blocks until it takes connections.
    pub fn start(&mut self) {
        self.order("start");
    }

    fn order(&mut self, word: &str) {
        writeln!(self.orders, "{word}").expect("the keeper listens");
        assert_eq!(self.answer(), "ready", "PostgreSQL did not {word}");
    }

    fn answer(&mut self) -> String {
        let mut word = String::new();
        self.words
            .read_line(&mut word)
            .expect("the output is readable");
        word.trim().to_owned()
    }
}

fn shared() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

/// PostgreSQL's programs: on the path, or where Debian puts them.
fn programs() -> PathBuf {
    let on_path = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
    });
    on_path
        .or_else(|| {
            let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
                .ok()?
                .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
                .filter(|folder| folder.join("initdb").is_file())
                .collect();
            versions.sort();
            versions.pop()
        })
        .expect("PostgreSQL is needed for these tests: apt-get install postgresql")
}

fn start() -> Cluster {
    let programs = programs();
    // PostgreSQL refuses to run as root, so root hands it to the account that its package made.
    let root = Path::new("/proc/self").metadata().is_ok_and(|meta| {
        use std::os::unix::fs::MetadataExt;
        meta.uid() == 0
    });
    let folder = TempDir::with_prefix("slipway-pg-")
        .expect("a temporary folder")
        .keep();
    if root {
        let given = Command::new("chown")
            .arg("postgres:postgres")
            .arg(&folder)
            .status()
            .expect("chown runs");
        assert!(given.success(), "the account postgres is there");
    }
    let as_owner = if root {
        "setpriv --reuid=postgres --regid=postgres --init-groups"
    } else {
        ""
    };
    // `pg_ctl start` returns when the server takes connections, and the word is read from a pipe.
    let script = format!(
        r#"cd "$1"; bin="$2"
{as_owner} "$bin/initdb" -D "$1/data" -U slipway -A trust -N -E UTF8 --locale=C >"$1/initdb.log" 2>&1 || exit 1
begin() {{
{as_owner} "$bin/pg_ctl" -D "$1/data" -l "$1/server.log" -w -t 120 start -o "-k $1 -c listen_addresses= -c fsync=off \
  -c full_page_writes=off -c synchronous_commit=off -c max_connections=400 -c shared_buffers=64MB" >"$1/start.log" 2>&1 </dev/null || exit 1
echo ready
}}
begin "$1"
while read -r word; do
  case $word in
    start) begin "$1" ;;
    stop) {as_owner} "$bin/pg_ctl" -D "$1/data" -m fast -w stop >/dev/null 2>&1 </dev/null && echo ready ;;
  esac
done
{as_owner} "$bin/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null 2>&1; cd /; rm -rf "$1""#
    );
    let mut keeper = Command::new("sh")
        .args(["-c", &script, "keeper"])
        .arg(&folder)
        .arg(&programs)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C in a terminal reaches the whole group; the cluster ends with this process.
        .process_group(0)
        .spawn()
        .expect("sh runs");
    let orders = keeper.stdin.take().expect("the input is piped");
    let output = keeper.stdout.take().expect("the output is piped");
    let mut cluster = Cluster {
        folder,
        _keeper: keeper,
        orders,
        words: BufReader::new(output),
    };
    assert_eq!(
        cluster.answer(),
        "ready",
        "PostgreSQL did not start; see the logs in {}",
        cluster.folder.display()
    );
    cluster
}

//! A console and an agent that has joined it.

use crate::console::{CODE, Console};
use agent::testing::Leftovers;
use agent::{Config, Running};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

pub fn config(folder: &Path, console: &str) -> Config {
    Config {
        folder: folder.to_owned(),
        console: console.to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        public_address: None,
        program: None,
        version: "0.0.0-test".to_owned(),
        secret_keys: None,
        services: agent::ServiceLimits {
            health_every: Duration::from_millis(200),
            answer: Duration::from_secs(3),
            request_body: 1 << 20,
        },
        tidy_after: Duration::ZERO,
    }
}

pub struct World {
    pub console: Arc<Console>,
    pub folder: PathBuf,
    _temporary: TempDir,
    pub client: reqwest::Client,
    running: Option<(Running, CancellationToken)>,
    process: Option<Child>,
    front: SocketAddr,
    /// Where the agent's key for secrets is, if not in its folder.
    pub secret_keys: Option<agent::KeySource>,
    /// How long the agent is left alone before it tidies up.
    pub tidy_after: Duration,
    leftovers: Leftovers,
}

impl World {
    /// A console and a joined agent that does not run yet.
    pub async fn joined() -> Self {
        Self::joined_in(tempfile::tempdir().unwrap()).await
    }

    /// The same in this folder.
    pub async fn joined_in(temporary: TempDir) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let console = Console::start().await;
        let folder = temporary.path().join("agent");
        agent::join(&config(&folder, &console.url()), CODE)
            .await
            .unwrap();
        Self {
            leftovers: Leftovers::of(&folder),
            console,
            folder,
            _temporary: temporary,
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
            running: None,
            process: None,
            front: SocketAddr::from(([127, 0, 0, 1], 0)),
            secret_keys: None,
            tidy_after: Duration::ZERO,
        }
    }

    /// A console and a running agent.
    pub async fn new() -> Self {
        let mut world = Self::joined().await;
        world.start().await;
        world
    }

    pub async fn start(&mut self) {
        let stop = CancellationToken::new();
        let config = Config {
            secret_keys: self.secret_keys.clone(),
            tidy_after: self.tidy_after,
            ..config(&self.folder, &self.console.url())
        };
        let running = agent::run(config, stop.clone()).await.unwrap();
        self.front = running.address();
        self.running = Some((running, stop));
    }

    pub async fn stop(&mut self) {
        let (running, stop) = self.running.take().unwrap();
        stop.cancel();
        running.finished().await.unwrap();
    }

    /// Starts the agent in a process of its own, which ends with this one. A file that may not grow
    /// any more is an error there, and not the end of the process.
    pub fn start_process(&mut self) {
        let mut child = Command::new("sh")
            .args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "roles::play", "--nocapture"])
            .env("AGENT_FOLDER", &self.folder)
            .env("AGENT_CONSOLE", self.console.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let front = lines
            .find_map(|line| line.unwrap().strip_prefix("front ").map(str::to_owned))
            .unwrap();
        self.front = front.parse().unwrap();
        // What it prints later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(child);
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        let mut child = self.process.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The process that [`Self::start_process`] has started.
    pub fn process(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// How many processes of services there are.
    pub fn services(&self) -> usize {
        self.leftovers.list().len()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.front)
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(self.url(path)).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.text().await.unwrap())
    }

    /// The body, which must be there.
    pub async fn read(&self, path: &str) -> String {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The names in one of the agent's folders.
    pub fn names(&self, part: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.join(part))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(child) = &mut self.process {
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some((_, stop)) = &self.running {
            stop.cancel();
        }
    }
}

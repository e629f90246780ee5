//! An installation of real parts: consoles and agents that are processes of the built binary, set up
//! as a person does it, struck down and started again.

pub mod asker;
pub mod asks;
pub mod factory;
pub mod process;
mod relay;
mod set_up;
pub mod truth;

pub use set_up::{ANY_PORT, Administrator, Joined, http_client, join, online, rule};

use agent::testing::Leftovers;
use asker::{Asker, answer};
use backend::testing::Facts;
use domain::EnvironmentId;
use domain::environment::{Purpose, Rules};
use process::Process;
use relay::Relay;
use server::console::{Console, Settings};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use truth::History;

/// How long anything may take until it has come to be so.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// An environment that is to be: its name, what it is for, and how it takes plans.
pub type Wanted<'a> = (&'a str, Purpose, Rules);

pub struct Agent {
    pub name: String,
    pub environment: EnvironmentId,
    pub folder: PathBuf,
    process: Option<Process>,
    pub history: History,
}

/// A console that walks runs.
pub struct Walker {
    process: Process,
    pub who: Who,
}

impl Walker {
    pub fn url(&self) -> String {
        format!("http://{}", self.process.address)
    }
}

/// As whom a console walks runs: it says so at its start.
pub struct Who {
    log: PathBuf,
}

impl Who {
    /// Whether it holds what this owner holds.
    pub fn is(&self, owner: &str) -> bool {
        std::fs::read_to_string(&self.log).is_ok_and(|text| text.contains(owner))
    }
}

pub struct Installation {
    pub folder: TempDir,
    pub database: String,
    session: String,
    token: String,
    /// How much consoles and agents log.
    pub log: &'static str,
    /// What agents call: each leads to a console, as long as there is one.
    relays: Vec<Relay>,
    pub consoles: Vec<Walker>,
    /// How many were started.
    started: u32,
    pub agents: Vec<Agent>,
    leftovers: Leftovers,
}

impl Installation {
    /// Sets one up that does not run yet, on a database at this address or else on SQLite.
    pub async fn set_up(database: Option<String>, wanted: &[Wanted<'_>], relays: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("bundles")).unwrap();
        std::fs::create_dir(folder.path().join("logs")).unwrap();
        let mut settings = Settings::in_folder(&data, ANY_PORT);
        if let Some(database) = database {
            settings.database = database;
        }
        let database = settings.database.clone();
        let console = Console::start(settings).await.unwrap();
        let backend = &console.backend;
        let administrator = Administrator::of(backend).await;
        let token = administrator.token(backend).await;
        let mut agents = Vec::new();
        for (name, purpose, rules) in wanted {
            let own = folder.path().join(name);
            let joined = join(&console, &administrator.actor, (*name, *purpose), &own).await;
            rule(backend, &administrator.actor, joined.environment, *rules).await;
            agents.push(Agent {
                name: (*name).to_owned(),
                environment: joined.environment,
                folder: own,
                process: None,
                history: History::default(),
            });
        }
        console.stop().await;
        let mut ways = Vec::new();
        for _ in 0..relays {
            ways.push(Relay::open().await);
        }
        Self {
            database,
            session: administrator.session,
            token,
            log: "info",
            relays: ways,
            consoles: Vec::new(),
            started: 0,
            agents,
            leftovers: Leftovers::of(folder.path()),
            folder,
        }
    }

    /// Where the consoles keep what is theirs.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Who set it up, at the end of the first relay.
    pub fn asker(&self) -> Asker {
        Asker {
            url: self.relays[0].url.clone(),
            http: http_client(),
            session: self.session.clone(),
            token: self.token.clone(),
        }
    }

    /// Starts consoles until there are so many.
    pub async fn start_consoles(&mut self, count: usize) {
        let data = self.data();
        while self.consoles.len() < count {
            let arguments = [
                "serve",
                "--log",
                self.log,
                "--listen",
                "127.0.0.1:0",
                "--data",
                data.to_str().unwrap(),
                "--database",
                &self.database,
            ];
            let name = format!("logs/console-{}", self.started);
            let log = self.folder.path().join(name);
            let process = Process::start(&arguments, &log).await;
            self.started += 1;
            let who = Who { log };
            self.consoles.push(Walker { process, who });
            self.lead();
        }
    }

    /// Every relay leads to a console, each to another as far as there are so many.
    fn lead(&self) {
        for (at, relay) in self.relays.iter().enumerate() {
            let console = self.consoles.iter().cycle().nth(at);
            relay.lead_to(console.map(|console| console.process.address));
        }
    }

    pub async fn start_agents(&mut self) {
        for position in 0..self.agents.len() {
            self.start_agent(position).await;
        }
    }

    pub async fn start_agent(&mut self, position: usize) {
        let agent = &self.agents[position];
        let arguments = [
            "agent",
            "run",
            "--stop-with-input",
            "--log",
            self.log,
            "--data",
            agent.folder.to_str().unwrap(),
            "--console",
            &self.relays[position % self.relays.len()].url,
            "--listen",
            "127.0.0.1:0",
        ];
        let log = self.log_of(&agent.name);
        let process = Process::start(&arguments, &log).await;
        self.agents[position].process = Some(process);
    }

    /// What a process has logged.
    pub fn log_of(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(name)
    }

    /// Kills a console. Whoever was led to it waits, or is led to another one.
    pub async fn kill_console(&mut self, position: usize) -> Who {
        let console = self.consoles[position].process.address;
        for relay in &self.relays {
            relay.leave(console);
        }
        let Walker { process, who } = self.consoles.remove(position);
        process.kill().await;
        self.lead();
        who
    }

    /// Kills an agent, and reads what it has done.
    pub async fn kill_agent(&mut self, position: usize) {
        let agent = &mut self.agents[position];
        agent.process.take().expect("it runs").kill().await;
        agent.history.read(&agent.folder);
    }

    /// Stops an agent in peace, and reads what it has done.
    pub async fn stop_agent(&mut self, position: usize) {
        let agent = &mut self.agents[position];
        agent.process.take().expect("it runs").stop().await;
        agent.history.read(&agent.folder);
    }

    /// The address of what people see of an environment.
    pub fn front_door(&self, position: usize) -> String {
        let agent = self.agents[position].process.as_ref().expect("it runs");
        format!("http://{}", agent.address)
    }

    /// What people see at an environment's address.
    pub async fn read(&self, http: &reqwest::Client, position: usize, path: &str) -> (u16, String) {
        let request = http.get(format!("{}{path}", self.front_door(position)));
        answer(request).await.unwrap_or_default()
    }

    /// Stops everything in peace.
    pub async fn stop(&mut self) {
        for position in 0..self.agents.len() {
            self.stop_agent(position).await;
        }
        for console in self.consoles.drain(..) {
            console.process.stop().await;
        }
    }

    /// Stops everything in peace and looks at what was left on the disks.
    pub async fn end(mut self) {
        self.stop().await;
        let facts = Facts::read(&self.database).await;
        truth::of_runs(&facts);
        for agent in &self.agents {
            truth::of_agent(agent, &facts);
        }
        let left = self.leftovers.list();
        assert!(left.is_empty(), "left running: {left:?}");
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for log in std::fs::read_dir(self.folder.path().join("logs")).unwrap() {
                let path = log.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let lines: Vec<&str> = text.lines().rev().take(30).collect();
                eprintln!("--- the end of {}", path.display());
                for line in lines.iter().rev() {
                    eprintln!("{line}");
                }
            }
        }
    }
}

//! A console behind its relay (on PostgreSQL: two) and three agents, all processes of their own.

use super::asker::{Asker, answer};
use super::factory::App;
use super::moments::Moments;
use super::process::Process;
use super::relay::Relay;
use super::truth::{self, History};
use agent::testing::Leftovers;
use backend::testing::Facts;
use backend::{Actor, Backend, Client};
use domain::EnvironmentId;
use domain::environment::Purpose;
use domain::view::{NewAdministrator, NewEnvironment, NewToken};
use server::console::{Console, Settings};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const ANY_PORT: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// How long anything may take until it has come to be so.
pub const PATIENCE: Duration = Duration::from_mins(3);

pub const ENVIRONMENTS: [(&str, Purpose); 3] = [
    ("Development", Purpose::Development),
    ("Quality", Purpose::Test),
    ("Production", Purpose::Production),
];

/// Who can be struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    /// The console that the relay leads to.
    Console,
    /// The agent of the environment at this position.
    Agent(usize),
}

pub struct Agent {
    pub environment: EnvironmentId,
    pub folder: PathBuf,
    process: Option<Process>,
    pub history: History,
}

impl Agent {
    fn watch(&self) -> Moments {
        let watched = ["", "bundles", "releases", "running"];
        Moments::of(&watched.map(|part| self.folder.join(part)))
    }
}

/// A console that walks runs.
struct Walker {
    process: Process,
    log: PathBuf,
}

impl Walker {
    /// Whether it holds what this owner holds: it says at its start as whom.
    fn is(&self, owner: &str) -> bool {
        std::fs::read_to_string(&self.log).is_ok_and(|text| text.contains(owner))
    }
}

pub struct World {
    folder: TempDir,
    database: String,
    relay: Relay,
    /// The first one is led to; those after it stand by.
    consoles: Vec<Walker>,
    /// How many were started.
    started: u32,
    standing_by: usize,
    pub agents: Vec<Agent>,
    pub ask: Asker,
    /// What each environment runs, by position: the edition of each application.
    pub runs: Vec<BTreeMap<App, u32>>,
    /// The last edition that was made.
    pub edition: u32,
    /// How often a process was killed.
    pub strikes: u32,
    /// How many plans were rolled back under strikes.
    pub rolled_back: u32,
    leftovers: Leftovers,
}

impl World {
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("data/console.db").display());
        Self::on(folder, database, 0).await
    }

    pub async fn on_postgres() -> Self {
        let database = backend::testing::postgres_url().await;
        Self::on(tempfile::tempdir().unwrap(), database, 1).await
    }

    async fn on(folder: TempDir, database: String, standing_by: usize) -> Self {
        let data = folder.path().join("data");
        std::fs::create_dir_all(data.join("bundles")).unwrap();
        std::fs::create_dir(folder.path().join("logs")).unwrap();
        let relay = Relay::open().await;
        let (session, token, agents) = set_up(folder.path(), &database).await;
        let agent_moments: Vec<Moments> = agents.iter().map(Agent::watch).collect();
        let ask = Asker {
            url: relay.url.clone(),
            http: crate::agents::http_client(),
            session,
            token,
            // A console on PostgreSQL changes no files; what it orders an agent to do tells as well.
            console_moments: if standing_by == 0 {
                Moments::of(&[data])
            } else {
                agent_moments[1].clone()
            },
            agent_moments,
        };
        let mut world = Self {
            database,
            relay,
            consoles: Vec::new(),
            started: 0,
            standing_by,
            agents,
            ask,
            runs: vec![BTreeMap::new(); ENVIRONMENTS.len()],
            edition: 0,
            strikes: 0,
            rolled_back: 0,
            leftovers: Leftovers::of(folder.path()),
            folder,
        };
        world.start_consoles().await;
        for position in 0..world.agents.len() {
            world.start_agent(position).await;
        }
        world
    }

    async fn start_consoles(&mut self) {
        let data = self.folder.path().join("data");
        while self.consoles.len() <= self.standing_by {
            let arguments = [
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--data",
                data.to_str().unwrap(),
                "--database",
                &self.database,
            ];
            let name = format!("logs/console-{}", self.started);
            self.started += 1;
            let log = self.folder.path().join(name);
            let process = Process::start(&arguments, &log).await;
            self.consoles.push(Walker { process, log });
            self.relay.lead_to(Some(self.consoles[0].process.address));
        }
    }

    async fn start_agent(&mut self, position: usize) {
        let agent = &mut self.agents[position];
        let arguments = [
            "agent",
            "run",
            "--stop-with-input",
            "--data",
            agent.folder.to_str().unwrap(),
            "--console",
            &self.relay.url,
            "--listen",
            "127.0.0.1:0",
        ];
        let log = self.folder.path().join(format!("logs/agent-{position}"));
        agent.process = Some(Process::start(&arguments, &log).await);
    }

    /// Kills them, all before the first is started again.
    pub async fn strike(&mut self, victims: &[Victim]) {
        for victim in victims {
            self.strikes += 1;
            match *victim {
                Victim::Console => {
                    let victim = self.walker().await;
                    if victim == 0 {
                        self.relay.lead_to(None);
                    }
                    self.consoles.remove(victim).process.kill().await;
                    self.relay
                        .lead_to(self.consoles.first().map(|next| next.process.address));
                }
                Victim::Agent(position) => {
                    let agent = &mut self.agents[position];
                    agent.process.take().expect("it runs").kill().await;
                    agent.history.read(&agent.folder);
                }
            }
        }
        for victim in victims {
            match *victim {
                Victim::Console => self.start_consoles().await,
                Victim::Agent(position) => self.start_agent(position).await,
            }
        }
    }

    /// The console that walks a run now; the first one if there is no other, or none walks.
    async fn walker(&self) -> usize {
        if self.standing_by == 0 {
            return 0;
        }
        let facts = Facts::read(&self.database).await;
        let open = facts.runs.iter().filter(|run| run.ended.is_none());
        open.filter_map(|run| facts.leases.iter().find(|lease| lease.run_id == run.id))
            .find_map(|lease| {
                let has_it = |console: &Walker| console.is(&lease.owner);
                self.consoles.iter().position(has_it)
            })
            .unwrap_or(0)
    }

    /// Whether somebody has ever gone on with a run that another one held.
    pub async fn changed_hands(&self) -> bool {
        let facts = Facts::read(&self.database).await;
        facts.leases.iter().any(|lease| lease.epoch > 1)
    }

    /// What people see at an environment's address.
    pub async fn read(&self, position: usize, path: &str) -> (u16, String) {
        let address = self.agents[position].process.as_ref().unwrap().address;
        let request = self.ask.http.get(format!("http://{address}{path}"));
        answer(request).await.unwrap_or_default()
    }

    /// Stops everything in peace and looks at what was left on the disks.
    pub async fn end(mut self) {
        for agent in &mut self.agents {
            agent.process.take().expect("it runs").stop().await;
            agent.history.read(&agent.folder);
        }
        for console in self.consoles.drain(..) {
            console.process.stop().await;
        }
        let facts = Facts::read(&self.database).await;
        truth::of_runs(&facts);
        for (position, agent) in self.agents.iter().enumerate() {
            truth::of_agent(ENVIRONMENTS[position].0, agent, &facts);
        }
        let left = self.leftovers.list();
        assert!(left.is_empty(), "left running: {left:?}");
    }
}

impl Drop for World {
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

/// What a person does once, with the console in this process: the account, a token, the
/// environments, and an agent for each.
async fn set_up(folder: &Path, database: &str) -> (String, String, Vec<Agent>) {
    let settings = Settings {
        database: database.to_owned(),
        ..Settings::in_folder(&folder.join("data"), SocketAddr::from(ANY_PORT))
    };
    let console = Console::start(settings).await.unwrap();
    let backend = &console.backend;
    let new = NewAdministrator {
        token: backend.create_setup_token().await.unwrap().unwrap(),
        name: "Ada Quill".to_owned(),
        login: "ada".to_owned(),
        email: String::new(),
        password: crate::harness::PASSWORD.to_owned(),
    };
    let (_, session) = backend
        .create_administrator(new, &Client::default())
        .await
        .unwrap();
    let actor: Actor = backend.find_session(&session).await.unwrap().unwrap();
    let new = NewToken {
        name: "build".to_owned(),
        days: None,
    };
    let token = backend
        .create_token(&actor, actor.user, new)
        .await
        .unwrap()
        .secret;
    let mut agents = Vec::new();
    for (name, purpose) in ENVIRONMENTS {
        let new = NewEnvironment {
            name: name.to_owned(),
            purpose,
        };
        let environment = backend.create_environment(&actor, new).await.unwrap();
        if purpose == Purpose::Production {
            in_two_stages(backend, &actor, environment).await;
        }
        let code = backend.create_join_code(&actor, environment).await.unwrap();
        let config = agent::Config {
            folder: folder.join(name),
            console: console.url(),
            listen: SocketAddr::from(ANY_PORT),
            public_address: None,
            program: None,
            version: "0.0.0".to_owned(),
            secret_keys: None,
            services: agent::ServiceLimits::default(),
        };
        agent::join(&config, &code.code).await.unwrap();
        agents.push(Agent {
            environment,
            folder: config.folder,
            process: None,
            history: History::default(),
        });
    }
    console.stop().await;
    (session, token, agents)
}

/// From now on what goes there is prepared, and switched when somebody continues it.
async fn in_two_stages(backend: &Backend, actor: &Actor, environment: EnvironmentId) {
    let all = backend.list_environments(actor).await.unwrap();
    let now = all.iter().find(|one| one.row.id == environment).unwrap();
    let mut rules = now.rules;
    rules.two_stage = true;
    backend
        .set_environment_rules(actor, environment, now.revision, rules)
        .await
        .unwrap();
}

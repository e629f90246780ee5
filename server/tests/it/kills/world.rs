//! A console behind its relay (on PostgreSQL: two) and three agents, all processes of their own, and
//! what they are to run.

use super::moments::Moments;
use crate::installation::asker::Asker;
use crate::installation::factory::App;
use crate::installation::{Agent, Installation, Wanted};
use backend::testing::Facts;
use domain::EnvironmentId;
use domain::environment::{Purpose, Rules};
use std::collections::BTreeMap;

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

/// The moments at which somebody can be struck.
#[derive(Clone)]
pub struct Struck {
    console: Moments,
    agents: Vec<Moments>,
}

impl Struck {
    pub fn of(&self, victim: Victim) -> &Moments {
        match victim {
            Victim::Console => &self.console,
            Victim::Agent(position) => &self.agents[position],
        }
    }
}

fn watch(agent: &Agent) -> Moments {
    let watched = ["", "bundles", "releases", "running"];
    Moments::of(&watched.map(|part| agent.folder.join(part)))
}

pub struct World {
    installation: Installation,
    /// How many consoles there are: the first one is led to, those after it stand by.
    consoles: usize,
    pub ask: Asker,
    pub moments: Struck,
    /// What each environment runs, by position: the edition of each application.
    pub runs: Vec<BTreeMap<App, u32>>,
    /// The last edition that was made.
    pub edition: u32,
    /// How often a process was killed.
    pub strikes: u32,
    /// How many plans were rolled back under strikes.
    pub rolled_back: u32,
}

impl World {
    pub async fn on_sqlite() -> Self {
        Self::on(None, 1).await
    }

    pub async fn on_postgres() -> Self {
        Self::on(Some(backend::testing::postgres_url().await), 2).await
    }

    async fn on(database: Option<String>, consoles: usize) -> Self {
        let wanted = ENVIRONMENTS.map(|(name, purpose)| -> Wanted<'static> {
            // What goes to Production is prepared, and switched when somebody continues it.
            let two_stage = purpose == Purpose::Production;
            let rules = Rules {
                two_stage,
                ..Rules::default()
            };
            (name, purpose, rules)
        });
        let mut installation = Installation::set_up(database, &wanted, 1).await;
        let agents: Vec<Moments> = installation.agents.iter().map(watch).collect();
        let moments = Struck {
            // A console on PostgreSQL changes no files; what it orders an agent to do tells as well.
            console: if consoles == 1 {
                Moments::of(&[installation.data()])
            } else {
                agents[1].clone()
            },
            agents,
        };
        installation.start_consoles(consoles).await;
        installation.start_agents().await;
        Self {
            ask: installation.asker(),
            installation,
            consoles,
            moments,
            runs: vec![BTreeMap::new(); ENVIRONMENTS.len()],
            edition: 0,
            strikes: 0,
            rolled_back: 0,
        }
    }

    /// The environment at this position.
    pub fn environment(&self, position: usize) -> EnvironmentId {
        self.installation.agents[position].environment
    }

    /// Kills them, all before the first is started again.
    pub async fn strike(&mut self, victims: &[Victim]) {
        for victim in victims {
            self.strikes += 1;
            match *victim {
                Victim::Console => {
                    let victim = self.walker().await;
                    self.installation.kill_console(victim).await;
                }
                Victim::Agent(position) => self.installation.kill_agent(position).await,
            }
        }
        for victim in victims {
            match *victim {
                Victim::Console => self.installation.start_consoles(self.consoles).await,
                Victim::Agent(position) => self.installation.start_agent(position).await,
            }
        }
    }

    /// The console that walks a run now; the first one if there is no other, or none walks.
    async fn walker(&self) -> usize {
        if self.consoles == 1 {
            return 0;
        }
        let facts = Facts::read(&self.installation.database).await;
        let open = facts.runs.iter().filter(|run| run.ended.is_none());
        open.filter_map(|run| facts.leases.iter().find(|lease| lease.run_id == run.id))
            .find_map(|lease| {
                let mut consoles = self.installation.consoles.iter();
                consoles.position(|console| console.who.is(&lease.owner))
            })
            .unwrap_or(0)
    }

    /// Whether somebody has ever gone on with a run that another one held.
    pub async fn changed_hands(&self) -> bool {
        let facts = Facts::read(&self.installation.database).await;
        facts.leases.iter().any(|lease| lease.epoch > 1)
    }

    /// What people see at an environment's address.
    pub async fn read(&self, position: usize, path: &str) -> (u16, String) {
        self.installation.read(&self.ask.http, position, path).await
    }

    /// Stops everything in peace and looks at what was left on the disks.
    pub async fn end(self) {
        self.installation.end().await;
    }
}

//! An agent in memory: keeps the contract that real agents keep (an attempt has one result and one
//! effect, however often its command comes; what a run has put back it does not switch again), and
//! can fail, lose its answer, be away or mix up what comes together on demand.

use super::Line;
use crate::agents::AgentActor;
use crate::{Backend, Client};
use domain::EnvironmentId;
use domain::environment::Purpose;
use domain::view::NewEnvironment;
use protocol::{AgentSelf, EventKind, Hosted, Inventory, Join, Order, Placement};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What goes wrong with one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails; another try may help.
    FailOnce,
    /// It fails for good.
    Fail,
    /// It is done, but the agent dies before it can say so; it says so when it is asked.
    LoseAnswer,
    /// It is never done and never answered.
    Silent,
    /// It is not done before [`FakeAgent::work_late`].
    Late,
}

type Mixer = Box<dyn FnMut(usize) -> usize + Send>;
type Chooser = Box<dyn FnMut(&Order) -> Option<Fault> + Send>;

/// The agent of one environment.
pub struct FakeAgent {
    /// As the console knows it.
    pub actor: AgentActor,
    /// What runs: module and module version.
    pub running: BTreeMap<Uuid, Uuid>,
    /// How many effects each attempt had; never more than one.
    pub effects: BTreeMap<Uuid, u32>,
    /// What it knows of module versions, for its inventory.
    pub known: BTreeMap<Uuid, Placement>,
    /// What each module found as its site properties whenever it was started, in order.
    pub starts: Vec<(Uuid, BTreeMap<String, String>)>,
    /// The attempt that activated each module.
    activated: BTreeMap<Uuid, Uuid>,
    counter: u64,
    staged: BTreeMap<(Uuid, Uuid), Uuid>,
    before: BTreeMap<(Uuid, Uuid), Option<Uuid>>,
    results: BTreeMap<Uuid, EventKind>,
    silent: BTreeSet<Uuid>,
    unsaid: Vec<(Uuid, EventKind)>,
    /// `Report` commands that wait for an inventory.
    asked: BTreeSet<Uuid>,
    epochs: BTreeMap<Uuid, u64>,
    /// Modules that runs have put back, and runs that were cleaned up.
    put_back: BTreeSet<(Uuid, Uuid)>,
    cleaned: BTreeSet<Uuid>,
    after: i64,
    faults: Chooser,
    mixer: Option<Mixer>,
    /// Commands that it has in its hands.
    late: Vec<(Uuid, Uuid, Order)>,
}

impl FakeAgent {
    /// Registers an environment and joins it.
    pub async fn join(backend: &Backend, name: &str) -> Self {
        let administrator = super::actor(domain::access::Standing::Administrator);
        let new = NewEnvironment {
            name: name.to_owned(),
            purpose: Purpose::Test,
        };
        let environment = backend
            .create_environment(&administrator, new)
            .await
            .expect("a new environment");
        Self::join_as(backend, environment).await
    }

    /// Joins an environment, and connects.
    pub async fn join_as(backend: &Backend, environment: EnvironmentId) -> Self {
        let administrator = super::actor(domain::access::Standing::Administrator);
        let code = backend
            .create_join_code(&administrator, environment)
            .await
            .expect("a join code");
        let joined = backend
            .join_agent(
                Join {
                    code: code.code,
                    agent: AgentSelf {
                        version: "0.1.0".to_owned(),
                        protocol: protocol::VERSION,
                        address: "http://127.0.0.1:9001".to_owned(),
                        platform: 1,
                    },
                },
                &Client::default(),
            )
            .await
            .expect("the agent joins");
        let bearer = format!("{}.{}", joined.agent_id, joined.secret);
        let actor = backend
            .find_agent(&bearer)
            .await
            .expect("the agent is known");
        let agent = Self::known(actor);
        assert!(agent.connect(backend).await, "a new agent connects");
        agent
    }

    /// Shows that it is there; false if the console cannot note it.
    pub async fn connect(&self, backend: &Backend) -> bool {
        Line::greet(backend, &self.actor).await
    }

    /// An agent that joined before, with nothing on it.
    pub fn known(actor: AgentActor) -> Self {
        Self {
            actor,
            running: BTreeMap::new(),
            effects: BTreeMap::new(),
            known: BTreeMap::new(),
            starts: Vec::new(),
            activated: BTreeMap::new(),
            counter: 0,
            asked: BTreeSet::new(),
            staged: BTreeMap::new(),
            before: BTreeMap::new(),
            results: BTreeMap::new(),
            silent: BTreeSet::new(),
            unsaid: Vec::new(),
            epochs: BTreeMap::new(),
            put_back: BTreeSet::new(),
            cleaned: BTreeSet::new(),
            after: 0,
            faults: Box::new(|_| None),
            mixer: None,
            late: Vec::new(),
        }
    }

    /// The same agent with everything it remembers, with which nothing goes wrong.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            running: self.running.clone(),
            effects: self.effects.clone(),
            known: self.known.clone(),
            activated: self.activated.clone(),
            counter: self.counter,
            staged: self.staged.clone(),
            before: self.before.clone(),
            results: self.results.clone(),
            silent: self.silent.clone(),
            unsaid: self.unsaid.clone(),
            asked: self.asked.clone(),
            epochs: self.epochs.clone(),
            put_back: self.put_back.clone(),
            cleaned: self.cleaned.clone(),
            after: self.after,
            late: self.late.clone(),
            ..Self::known(self.actor.clone())
        }
    }

    /// Chooses what goes wrong from now on.
    pub fn fails(&mut self, faults: impl FnMut(&Order) -> Option<Fault> + Send + 'static) {
        self.faults = Box::new(faults);
    }

    /// From now on commands that come together are done in another order: `choose` says which of
    /// so many is next.
    pub fn mixes_up(&mut self, choose: impl FnMut(usize) -> usize + Send + 'static) {
        self.mixer = Some(Box::new(choose));
    }

    /// Connects (or shows that it still is), takes the commands that wait, does them and posts
    /// what became of them. Posts that the console cannot take are kept. Answers whether there was
    /// anything to do.
    pub async fn work(&mut self, console: &impl Line) -> bool {
        if !console.greet(&self.actor).await {
            return false;
        }
        let mut waiting = console.waiting_after(&self.actor, self.after).await;
        let busy = !waiting.is_empty() || !self.unsaid.is_empty();
        self.after = waiting.last().map_or(self.after, |last| last.number);
        while !waiting.is_empty() {
            let next = match &mut self.mixer {
                Some(choose) => choose(waiting.len()).min(waiting.len() - 1),
                None => 0,
            };
            let one = waiting.remove(next);
            self.take(one.attempt, one.run, one.epoch, &one.order);
        }
        self.post(console).await;
        busy
    }

    /// Does a command, or says again what became of it.
    fn take(&mut self, attempt: Uuid, run: Uuid, epoch: u64, order: &Order) {
        let highest = self.epochs.entry(run).or_insert(epoch);
        if epoch < *highest {
            return;
        }
        *highest = epoch;
        if let Some(result) = self.results.get(&attempt) {
            if *order == Order::Report && *result == EventKind::Succeeded {
                self.asked.insert(attempt);
            }
            self.unsaid.push((attempt, result.clone()));
            return;
        }
        if self.silent.contains(&attempt) {
            return;
        }
        if self.is_past(run, order) {
            let refusal = EventKind::Failed {
                code: "going_back".to_owned(),
                message: "The run goes back or is over.".to_owned(),
                retry: false,
            };
            self.results.insert(attempt, refusal.clone());
            self.unsaid.push((attempt, refusal));
            return;
        }
        let fault = (self.faults)(order);
        let result = match fault {
            Some(Fault::Silent) => {
                self.silent.insert(attempt);
                return;
            }
            Some(Fault::Late) => {
                self.silent.insert(attempt);
                self.late.push((attempt, run, order.clone()));
                return;
            }
            Some(Fault::Fail | Fault::FailOnce) => EventKind::Failed {
                code: "made_to_fail".to_owned(),
                message: "The test made it fail.".to_owned(),
                retry: fault == Some(Fault::FailOnce),
            },
            _ => {
                self.act(attempt, run, order);
                *self.effects.entry(attempt).or_default() += 1;
                EventKind::Succeeded
            }
        };
        let reports = *order == Order::Report && result == EventKind::Succeeded;
        self.results.insert(attempt, result.clone());
        if reports {
            self.asked.insert(attempt);
        }
        if fault != Some(Fault::LoseAnswer) {
            self.unsaid.push((attempt, result));
        }
    }

    /// Does what it was late with, and says so when it works next.
    pub fn work_late(&mut self) {
        for (attempt, run, order) in std::mem::take(&mut self.late) {
            self.silent.remove(&attempt);
            if self.is_past(run, &order) {
                continue;
            }
            self.act(attempt, run, &order);
            *self.effects.entry(attempt).or_default() += 1;
            self.results.insert(attempt, EventKind::Succeeded);
            if order == Order::Report {
                self.asked.insert(attempt);
            }
            self.unsaid.push((attempt, EventKind::Succeeded));
        }
    }

    /// What goes forward in a run that has put the module back or is over.
    fn is_past(&self, run: Uuid, order: &Order) -> bool {
        match order {
            Order::Activate { module, .. }
            | Order::Remove { module }
            | Order::Settings { module, .. } => {
                self.cleaned.contains(&run) || self.put_back.contains(&(run, *module))
            }
            Order::Fetch { .. } | Order::Stage(_) => self.cleaned.contains(&run),
            Order::SwitchBack { .. } | Order::CleanUp | Order::Report => false,
        }
    }

    fn act(&mut self, attempt: Uuid, run: Uuid, order: &Order) {
        match order {
            Order::Stage(placement) => {
                self.known
                    .insert(placement.module_version, placement.clone());
                self.staged
                    .insert((run, placement.module), placement.module_version);
            }
            Order::Activate { module, .. } => {
                let staged = self.staged.get(&(run, *module)).copied();
                let staged = staged.expect("nothing is activated that was not staged");
                let before = self.running.insert(*module, staged);
                if let Some(known) = self.known.get(&staged) {
                    self.starts.push((*module, known.settings.clone()));
                }
                self.activated.insert(*module, attempt);
                self.counter += 1;
                self.before.entry((run, *module)).or_insert(before);
            }
            Order::Remove { module } => {
                let before = self.running.remove(module);
                self.before.entry((run, *module)).or_insert(before);
            }
            Order::SwitchBack { module } => {
                self.put_back.insert((run, *module));
                match self.before.remove(&(run, *module)) {
                    Some(Some(before)) => {
                        self.running.insert(*module, before);
                    }
                    Some(None) => {
                        self.running.remove(module);
                    }
                    None => {}
                }
            }
            Order::Settings {
                module,
                module_version,
                settings,
                ..
            } => {
                if let Some(known) = self.known.get_mut(module_version) {
                    known.settings.clone_from(settings);
                    self.starts.push((*module, settings.clone()));
                }
            }
            Order::CleanUp => {
                self.cleaned.insert(run);
                self.staged.retain(|(of, _), _| *of != run);
                self.before.retain(|(of, _), _| *of != run);
            }
            Order::Fetch { .. } | Order::Report => {}
        }
    }

    /// Counts a change of which a test tells in place of the agent; the counter of its inventory.
    pub const fn count_change(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Says by itself what it hosts now.
    pub async fn report(&mut self, backend: &Backend) {
        self.counter += 1;
        let said = backend.record_inventory(&self.actor, self.inventory(None));
        said.await.expect("the console takes it");
    }

    async fn post(&mut self, console: &impl Line) {
        // The inventory first: a report is answered by it.
        for attempt in self.asked.clone() {
            let inventory = self.inventory(Some(attempt));
            if console.say_hosted(&self.actor, inventory).await {
                self.asked.remove(&attempt);
            }
        }
        if self.unsaid.is_empty() || !self.asked.is_empty() {
            return;
        }
        if console.say_became(&self.actor, &self.unsaid).await {
            self.unsaid.clear();
        }
    }

    /// What it hosts; versions that it knows nothing of are left out.
    pub fn inventory(&self, attempt: Option<Uuid>) -> Inventory {
        let modules = self.running.iter().filter_map(|(module, version)| {
            let known = self.known.get(version)?;
            Some(Hosted {
                module: *module,
                name: known.name.clone(),
                application: known.application,
                application_name: known.application_name.clone(),
                kind: "static".to_owned(),
                url_path: format!("/{}", known.name),
                digest: known.digest.clone(),
                links: known
                    .links
                    .iter()
                    .map(|link| (link.producer, link.digest.clone()))
                    .collect(),
                module_version: Some(*version),
                attempt: self.activated.get(module).copied(),
                activated_ms: 0,
                state: "up".to_owned(),
                trouble: None,
                manifest: None,
            })
        });
        Inventory {
            counter: self.counter,
            attempt,
            modules: modules.collect(),
        }
    }
}

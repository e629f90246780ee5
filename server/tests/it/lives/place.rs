//! Where lives are lived: consoles on one PostgreSQL database, the agents of two environments, and
//! what is published there; and what is known of all that from the database.

use super::history::{History, conflict};
use crate::installation::asker::{Asker, publication};
use crate::installation::asks::{Made, create, start, until_over};
use crate::installation::factory::App;
use crate::installation::{Installation, PATIENCE, Walker};
use domain::EnvironmentId;
use domain::environment::{Purpose, Rules};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use store::Store;
use store::entity::audit::audit_entry;
use store::testing::{Tail, active, expire_leases_of};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How many console processes there are.
const CONSOLES: usize = 3;
const SOURCE: usize = 0;
const TARGET: usize = 1;
const NAMES: [&str; 2] = ["Development", "Quality"];

/// What plans bring.
pub const BROUGHT: [App; 5] = [App::Core, App::Stall, App::Market, App::Till, App::Booth];

/// What everybody knows.
pub struct Known {
    ask: Asker,
    pub store: Arc<Store>,
    pub source: EnvironmentId,
    pub target: EnvironmentId,
    /// The addresses of the consoles that are there.
    consoles: watch::Sender<Vec<String>>,
    history: Mutex<History>,
    /// The last entry of the audit that `history` has taken.
    grown: watch::Sender<i64>,
    edition: AtomicU32,
    /// What the bundles hold.
    editions: Mutex<BTreeMap<String, (App, u32)>>,
}

impl Known {
    pub fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap()
    }

    /// Listens for what happens from now on.
    pub fn listen(&self) -> watch::Receiver<i64> {
        self.grown.subscribe()
    }

    /// Waits until the history has all that is done.
    pub async fn catch_up(&self) {
        let last = store::testing::last_audited(&self.store).await;
        let mut grown = self.grown.subscribe();
        let all = grown.wait_for(|taken| *taken >= last);
        let all = tokio::time::timeout(PATIENCE, all).await;
        all.expect("it is told").unwrap();
    }

    /// Somebody at one of the consoles that are there.
    pub fn at(&self, chosen: usize) -> Asker {
        let consoles = self.consoles.borrow();
        self.ask.at(&consoles[chosen % consoles.len()])
    }

    /// A new edition of an application.
    pub fn pack(&self, app: App) -> Vec<(String, Vec<u8>)> {
        let edition = self.edition.fetch_add(1, Ordering::Relaxed);
        let bundles = app.pack(edition, "");
        let mut editions = self.editions.lock().unwrap();
        let digests = bundles.iter().map(|(digest, _)| digest.clone());
        editions.extend(digests.map(|digest| (digest, (app, edition))));
        bundles
    }

    /// Publishes a new edition in the source, or straight in the target.
    pub async fn publish(&self, ask: &Asker, app: App) {
        let bundles = self.pack(app);
        if ask.upload(&bundles).await.is_none() {
            return;
        }
        let new = publication(NAMES[usize::from(app == App::Kiosk)], &bundles);
        let begun = ask.ask_api("POST", "publications", |request| request.json(&new));
        if let Some((status, answer)) = begun.await {
            // Its modules are in motion, a plan in line comes first, or an agent is away.
            assert!([202, 409, 503].contains(&status), "{status}: {answer}");
        }
    }

    /// Takes what happens into the history, and looks at what is under way.
    async fn follow(&self, mut tail: Tail) {
        loop {
            let entries = tail.next().await;
            let under_way = active::under_way(self.store.read(), self.target.0).await;
            let under_way = under_way.expect("the database answers");
            self.note(&entries, &under_way);
            self.grown.send_replace(tail.last());
        }
    }

    fn note(&self, entries: &[audit_entry::Model], under_way: &[active::UnderWay]) {
        let mut history = self.history();
        for entry in entries {
            history.take(entry);
        }
        let mut plans: Vec<_> = under_way.iter().filter(|run| run.plan.is_some()).collect();
        while let Some(one) = plans.pop() {
            let conflicts =
                |other: &&&active::UnderWay| conflict(&one.applications, &other.applications);
            if let Some(other) = plans.iter().find(conflicts) {
                let wrong = format!("{one:?} runs beside {other:?}");
                history.wrong.push(wrong);
            }
        }
    }
}

pub struct Place {
    installation: Installation,
    pub known: Arc<Known>,
    follows: JoinHandle<()>,
    /// What the target is to run: modules and their versions.
    runs: BTreeMap<Uuid, Uuid>,
    /// How often a console was killed.
    pub killed: u32,
}

impl Place {
    /// Everything is published, and brought to the target once.
    pub async fn new() -> Self {
        let database = backend::testing::postgres_url().await;
        let rules = Rules::default();
        let wanted = [
            (NAMES[SOURCE], Purpose::Development, rules),
            (NAMES[TARGET], Purpose::Test, rules),
        ];
        let relays = wanted.len();
        let mut installation = Installation::set_up(Some(database), &wanted, relays).await;
        installation.start_consoles(CONSOLES).await;
        installation.start_agents().await;
        let store = Store::open_beside(&installation.database).await.unwrap();
        let store = Arc::new(store);
        let [source, target] = [SOURCE, TARGET].map(|at| installation.agents[at].environment);
        let known = Known {
            ask: installation.asker(),
            history: Mutex::new(History::new(target, rules, 0)),
            grown: watch::Sender::new(0),
            store,
            source,
            target,
            consoles: watch::Sender::new(addresses(&installation)),
            edition: AtomicU32::new(1),
            editions: Mutex::default(),
        };
        let runs = known.begin().await;
        let tail = Tail::of(Arc::clone(&known.store)).await;
        *known.history() = History::new(target, rules, tail.last());
        let known = Arc::new(known);
        let follows = tokio::spawn({
            let known = Arc::clone(&known);
            async move { known.follow(tail).await }
        });
        Self {
            installation,
            known,
            follows,
            runs,
            killed: 0,
        }
    }

    /// Kills a console, and another one takes its place.
    pub async fn strike(&mut self, chosen: usize) {
        let position = chosen % self.installation.consoles.len();
        let gone = self.installation.consoles[position].url();
        self.known
            .consoles
            .send_modify(|there| there.retain(|url| *url != gone));
        let dead = self.installation.kill_console(position).await;
        // The others wait for its leases; so long nobody waits here.
        expire_leases_of(&self.known.store, |owner| dead.is(owner)).await;
        self.installation.start_consoles(CONSOLES).await;
        let there = addresses(&self.installation);
        self.known.consoles.send_replace(there);
        self.killed += 1;
    }

    /// The target hosts what the plans and publications that went well have brought, and nothing of
    /// the others; and nothing was wrong meanwhile.
    pub async fn check(&mut self) {
        let connection = self.known.store.read();
        let changed = {
            let mut history = self.known.history();
            assert!(history.wrong.is_empty(), "{:#?}", history.wrong);
            std::mem::take(&mut history.changed)
        };
        for run in changed {
            for (module, version) in active::brought(connection, run).await.unwrap() {
                match version {
                    Some(version) => self.runs.insert(module, version),
                    None => self.runs.remove(&module),
                };
            }
        }
        let stored = active::runs(connection, self.known.target.0).await;
        assert_eq!(stored.unwrap(), self.runs, "what the target runs");
        let versions = self.runs.values().copied();
        let digests = active::digests(connection, versions).await.unwrap();
        for digest in BTreeSet::from_iter(digests) {
            let (app, edition) = self.known.editions.lock().unwrap()[&digest];
            for (path, text) in app.shows(edition) {
                let http = &self.known.ask.http;
                let (status, body) = self.installation.read(http, TARGET, &path).await;
                assert_eq!(status, 200, "{path}");
                assert!(body.contains(&text), "{path} is not {text:?} but {body}");
            }
        }
    }

    /// Stops everything and looks at what was left on the disks.
    pub async fn end(self) {
        assert!(!self.follows.is_finished());
        self.follows.abort();
        self.installation.end().await;
    }
}

impl Known {
    /// Publishes everything and brings it to the target; what that runs then.
    async fn begin(&self) -> BTreeMap<Uuid, Uuid> {
        for app in BROUGHT {
            let id = self.ask.publish(NAMES[SOURCE], &self.pack(app)).await;
            self.ask.published(&id).await.unwrap();
        }
        let (number, revision) = create(&self.ask, (self.source, self.target), &BROUGHT).await;
        let made = Made {
            number,
            revision,
            waits: false,
        };
        start(&self.ask, &made).await;
        let numbers = [number];
        let over = until_over(&self.ask, &numbers);
        tokio::time::timeout(PATIENCE, over).await.unwrap();
        let kiosk = self.pack(App::Kiosk);
        let id = self.ask.publish(NAMES[TARGET], &kiosk).await;
        self.ask.published(&id).await.unwrap();
        let runs = active::runs(self.store.read(), self.target.0).await;
        let runs = runs.unwrap();
        assert_eq!(runs.len(), BROUGHT.len() + 1);
        runs
    }
}

fn addresses(installation: &Installation) -> Vec<String> {
    let consoles = installation.consoles.iter();
    consoles.map(Walker::url).collect()
}

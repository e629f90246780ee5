//! Starting plans in a large factory, as the console does it: SQLite in a file, everything stored.
//!
//! A factory of 10,000 modules with 100,000 references runs in two environments. Plans of one
//! application each are started one after the other and go on running, up to 50 of them; each start
//! changes what the next one is checked against. Measured: the whole call that starts a plan, with
//! its check, its transaction and its rows; and a check on its own, right after such a change and
//! once more.
//!
//! `cargo bench -p backend --bench start`; `SLIPWAY_BENCH_MODULES=1000` for a smaller factory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

use backend::testing::{FakeAgent, actor, pack};
use backend::{Actor, Backend, Options};
use domain::ApplicationId;
use domain::access::Standing;
use domain::environment::{Infrastructure, Rules};
use domain::plan::Choice;
use domain::view::{PlanEdit, StartOutcome};
use protocol::{Hosted, Inventory};
use rand::rngs::SmallRng;
use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use store::Store;
use uuid::Uuid;

/// Modules of an application, and elements that each of them offers.
const MODULES: usize = 10;
const ELEMENTS: usize = 10;
/// Applications that use nothing of others than each other, so that plans may run beside each other.
const CLUSTER: usize = 10;
/// Elements that a module uses.
const USES: usize = 11;
/// Plans that run at the end: as many as an environment allows.
const RUNNING: usize = 50;
/// The last ones of them, which are measured.
const MEASURED: usize = 40;

#[tokio::main]
async fn main() {
    let modules: usize = std::env::var("SLIPWAY_BENCH_MODULES")
        .map_or(10_000, |number| number.parse().expect("a number"));
    let few = measure(modules / 10).await;
    let many = measure(modules).await;
    for (before, (name, times)) in few.iter().zip(&many) {
        let growth = (times.middle().as_secs_f64() / before.1.middle().as_secs_f64()).log10();
        println!(
            "row\t{name}\t{:.1} ms\t\t\tmedian of {}, slowest {:.1} ms; {modules} modules, beside 10 to 49 plans that run; grows with the power {growth:.2} from a tenth",
            milliseconds(times.middle()),
            times.0.len(),
            milliseconds(times.0.last().copied().unwrap_or_default()),
        );
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Times in order.
struct Times(Vec<Duration>);

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    fn middle(&self) -> Duration {
        self.0[self.0.len() / 2]
    }
}

async fn measure(modules: usize) -> Vec<(&'static str, Times)> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("console.db").display());
    let backend = Backend::open(&url, &folder.path().join("bundles"), Options::default())
        .await
        .expect("the database opens");
    let began = Instant::now();
    let agents = Factory::new(modules / MODULES).host(&backend, &url).await;
    println!("{modules} modules are there after {:.1?}", began.elapsed());
    let person = actor(Standing::Administrator);
    let line = Line {
        backend: &backend,
        person: &person,
        agents,
    };
    // A smaller factory has fewer clusters; its plans run beside as many as it has room for.
    let running = RUNNING.min(modules / MODULES / CLUSTER);
    // All are there before the first one starts: what is done with a plan reads the factory anew if
    // it has changed, which is what is measured.
    let mut plans = Vec::new();
    for cluster in 0..running {
        plans.push(line.plan(cluster).await);
    }
    let (before, measured) = plans.split_at(running - MEASURED.min(running * 4 / 5));
    for plan in before {
        line.start(*plan).await;
    }
    let mut times = [const { Vec::new() }; 4];
    for (round, plan) in measured.iter().enumerate() {
        line.greet().await;
        if round % 2 == 0 {
            times[0].push(line.start(*plan).await);
            continue;
        }
        for times in &mut times[1..3] {
            let before = Instant::now();
            let report = backend.check_plan(&person, plan.0).await.unwrap();
            times.push(before.elapsed());
            assert!(report.may_run(false), "{:?}", report.findings);
        }
        times[3].push(line.start(*plan).await);
    }
    let [anew, check, again, start] = times.map(Times::of);
    vec![
        ("start of a plan right after another start", anew),
        ("... a check right after another start", check),
        ("... a check once more", again),
        ("... a start after that", start),
    ]
}

/// Makes and starts plans, each in a cluster of its own.
struct Line<'a> {
    backend: &'a Backend,
    person: &'a Actor,
    /// Those of source and target.
    agents: [FakeAgent; 2],
}

impl Line<'_> {
    /// The agents are there.
    async fn greet(&self) {
        for agent in &self.agents {
            assert!(agent.connect(self.backend).await, "it is there");
        }
    }

    /// A saved plan with the newest state of the first application of a cluster.
    async fn plan(&self, cluster: usize) -> (u64, i64) {
        self.greet().await;
        let application = ApplicationId(id(1, cluster * CLUSTER));
        let [source, target] = [0, 1].map(|at: usize| self.agents[at].actor.environment);
        let plan = self
            .backend
            .create_plan(self.person, source, target, vec![application])
            .await
            .unwrap();
        let detail = self.backend.read_plan(self.person, plan).await.unwrap();
        let choice = Choice::TagAndDeploy {
            number: "7.0".parse().unwrap(),
            description: String::new(),
        };
        let edit = PlanEdit::SetChoice(application, choice);
        let revision = self
            .backend
            .edit_plan(self.person, plan, detail.revision, edit)
            .await
            .unwrap();
        let revision = self.backend.save_plan(self.person, plan, revision).await;
        (plan, revision.unwrap())
    }

    async fn start(&self, (plan, revision): (u64, i64)) -> Duration {
        let before = Instant::now();
        let started = self
            .backend
            .start_plan(self.person, plan, revision, None)
            .await
            .unwrap();
        let time = before.elapsed();
        assert!(matches!(started, StartOutcome::Started), "{started:?}");
        time
    }
}

/// The factory as agents tell of it.
struct Factory {
    applications: usize,
}

fn id(kind: u64, number: usize) -> Uuid {
    Uuid::from_u64_pair(
        0x0197_a000_0000_7000 + kind,
        0x8000_0000_0000_0000 + u64::try_from(number).unwrap(),
    )
}

impl Factory {
    const fn new(applications: usize) -> Self {
        Self { applications }
    }

    /// Both environments run it, the first one in a newer state.
    async fn host(&self, backend: &Backend, url: &str) -> [FakeAgent; 2] {
        let store = Store::open_beside(url).await.unwrap();
        let mut agents = Vec::new();
        for (name, state) in [("Quality", 1), ("Development", 2)] {
            let agent = FakeAgent::join(backend, name).await;
            let inventory = Inventory {
                counter: 1,
                attempt: None,
                modules: self.hosted(state),
            };
            let digests: Vec<_> = inventory.modules.iter().map(|m| m.digest.clone()).collect();
            store
                .write(async |tx| -> Result<(), store::StoreError> {
                    for digest in &digests {
                        store::bundles::insert(tx, digest, 1_000, 1).await?;
                    }
                    Ok(())
                })
                .await
                .unwrap();
            backend
                .record_inventory(&agent.actor, inventory)
                .await
                .expect("the console takes it");
            agents.push(agent);
        }
        store.close().await.unwrap();
        let person = actor(Standing::Administrator);
        let rules = Rules {
            infrastructure: Infrastructure::SelfManaged,
            parallel_limit: 50,
            ..Rules::default()
        };
        let listed = backend.list_environments(&person).await.unwrap();
        let development = agents.pop().unwrap();
        let quality = agents.pop().unwrap();
        let id = quality.actor.environment;
        let target = listed.iter().find(|e| e.row.id == id).unwrap();
        backend
            .set_environment_rules(&person, id, target.revision, rules)
            .await
            .unwrap();
        [development, quality]
    }

    fn hosted(&self, state: usize) -> Vec<Hosted> {
        let folder = tempfile::tempdir().unwrap();
        for module in 0..MODULES {
            let path = folder.path().join(format!("m{module}"));
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("index.html"), format!("state {state}")).unwrap();
        }
        (0..self.applications)
            .flat_map(|application| hosted(folder.path(), application))
            .collect()
    }
}

/// An application's modules. What they use is the same in every state.
fn hosted(folder: &Path, application: usize) -> Vec<Hosted> {
    let mut random = SmallRng::seed_from_u64(u64::try_from(application).unwrap());
    let first = application / CLUSTER * CLUSTER * MODULES;
    let mut toml = format!(
        "[application]\nid = \"{}\"\nname = \"Application {application:05}\"\n",
        id(1, application)
    );
    for module in 0..MODULES {
        let number = application * MODULES + module;
        write!(
            toml,
            "[[module]]\nid = \"{}\"\nname = \"Module {number:05}\"\nkind = \"static\"\npath = \"m{module}\"\nurl_path = \"/m{number}\"\n",
            id(2, number)
        )
        .unwrap();
        for element in 0..ELEMENTS {
            write!(
                toml,
                "[[module.provides]]\nkind = \"entity\"\nname = \"Entity{element}\"\n"
            )
            .unwrap();
        }
        for producer in sample(&mut random, number - first, USES.min(number - first)) {
            write!(
                toml,
                "[[module.uses]]\nmodule = \"{}\"\nelements = [{{ kind = \"entity\", name = \"Entity{}\" }}]\n",
                id(2, first + producer),
                random.random_range(0..ELEMENTS),
            )
            .unwrap();
        }
    }
    pack(folder, &toml)
        .into_iter()
        .map(|(digest, bytes)| {
            let named = digest.parse().unwrap();
            let found = bundle::inspect(bytes.as_slice(), &named, &bundle::Limits::STANDARD);
            let manifest = found.unwrap().manifest;
            Hosted {
                module: manifest.module.id,
                name: manifest.module.name.clone(),
                application: manifest.application.id,
                application_name: manifest.application.name.clone(),
                kind: "static".to_owned(),
                url_path: manifest.module.url_path.clone(),
                digest,
                links: Vec::new(),
                module_version: None,
                attempt: None,
                activated_ms: 5,
                state: "up".to_owned(),
                trouble: None,
                manifest: Some(String::from_utf8(manifest.to_json()).unwrap()),
            }
        })
        .collect()
}

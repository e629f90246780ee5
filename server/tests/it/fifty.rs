//! Fifty plans at once, with real agents: every one ends well, what it brings is served, and nothing
//! is done twice.

use crate::harness::write_files;
use crate::installation::{ANY_PORT, Administrator, Joined, http_client, join, online, rule};
use agent::testing::Leftovers;
use backend::testing::Facts;
use backend::{Actor, Backend, NewPublication};
use domain::environment::{Infrastructure, Purpose, Rules};
use domain::plan::PlanStatus;
use domain::view::StartOutcome;
use domain::{AppError, ApplicationId, EnvironmentId};
use futures::future::join_all;
use server::console::{Console, Settings};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PLANS: u128 = 50;
/// Everything together, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0197_b000_0000_7000_8000_0000_0000_0000 + number)
}

fn application(number: u128) -> ApplicationId {
    ApplicationId(id(number * 0x10))
}

/// Publishes an application that has to do with no other, and waits until it is there.
async fn publish(backend: &Backend, actor: &Actor, folder: &Path, number: u128) {
    let root = folder.join(format!("source {number}"));
    let toml = format!(
        "[application]\nid = \"{}\"\nname = \"Site {number}\"\n[[module]]\nid = \"{}\"\n\
         name = \"Site{number}\"\nkind = \"static\"\npath = \"site\"\nurl_path = \"/site{number}\"\n",
        application(number).0,
        id(number * 0x10 + 1),
    );
    let page = format!("<h1>Site {number}.</h1>");
    let files = [("slipway.toml", toml.as_str()), ("site/index.html", &page)];
    write_files(&root, &files);
    let bundles = backend.upload_application(actor, &root, &toml);
    let new = NewPublication {
        environment: "Development".to_owned(),
        bundles: bundles.await,
        allow_missing: false,
    };
    let mut changes = backend.topics().subscribe();
    backend.publish(actor, new).await.unwrap();
    loop {
        let known = backend.read_application(actor, application(number)).await;
        if known.is_ok_and(|known| known.running_revisions[0].is_some()) {
            return;
        }
        changed(&mut changes).await;
    }
}

/// Waits until anything has changed.
async fn changed<T: Clone>(changes: &mut Receiver<T>) {
    match changes.recv().await {
        Ok(_) | Err(RecvError::Lagged(_)) => {}
        Err(RecvError::Closed) => panic!("nobody tells any more"),
    }
}

/// Starts a plan as a person does: who is told to press again presses again.
async fn start(backend: &Backend, actor: &Actor, plan: u64, revision: i64) -> u32 {
    let mut again = 0;
    loop {
        match backend.start_plan(actor, plan, revision, None).await {
            Ok(StartOutcome::Started) => return again,
            Err(AppError::Unavailable { .. }) => again += 1,
            other => panic!("plan #{plan}: {other:?}"),
        }
    }
}

struct World {
    console: Console,
    actor: Actor,
    /// Development and the targets, with where each agent listens.
    environments: Vec<(EnvironmentId, SocketAddr)>,
    agents: Vec<agent::Running>,
    stop: CancellationToken,
    folder: tempfile::TempDir,
    _leftovers: Leftovers,
}

impl World {
    async fn new(targets: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let console = Console::start(Settings::in_folder(folder.path(), ANY_PORT)).await;
        let console = console.unwrap();
        let backend = &console.backend;
        let actor = Administrator::of(backend).await.actor;
        let stop = CancellationToken::new();
        let (mut environments, mut agents) = (Vec::new(), Vec::new());
        for number in 0..=targets {
            let (name, purpose) = if number == 0 {
                ("Development".to_owned(), Purpose::Development)
            } else {
                (format!("Target {number}"), Purpose::Test)
            };
            let own = folder.path().join(format!("agent {number}"));
            let joined = join(&console, &actor, (name.as_str(), purpose), &own).await;
            let Joined {
                environment,
                config,
                ..
            } = joined;
            let agent = agent::run(config, stop.clone()).await.unwrap();
            environments.push((environment, agent.address()));
            agents.push(agent);
        }
        online(&console, &actor).await;
        let rules = Rules {
            infrastructure: Infrastructure::SelfManaged,
            parallel_limit: 50,
            ..Rules::default()
        };
        for (environment, _) in &environments {
            rule(backend, &actor, *environment, rules).await;
        }
        Self {
            _leftovers: Leftovers::of(folder.path()),
            console,
            actor,
            environments,
            agents,
            stop,
            folder,
        }
    }

    /// Runs all plans at once, each to one of the targets; how often somebody had to press again,
    /// and how long all of it took.
    async fn run(&self) -> (u32, Duration) {
        let (backend, actor) = (&self.console.backend, &self.actor);
        let (source, targets) = self.environments.split_first().unwrap();
        let mut plans = Vec::new();
        for number in 0..PLANS {
            let target = targets[usize::try_from(number).unwrap() % targets.len()].0;
            let brings = vec![application(number)];
            let plan = backend.create_plan(actor, source.0, target, brings).await;
            let plan = plan.unwrap();
            plans.push((plan, backend.save_plan(actor, plan, 1).await.unwrap()));
        }
        let mut changes = backend.topics().subscribe();
        let begun = Instant::now();
        let starts = plans
            .iter()
            .map(|(plan, revision)| start(backend, actor, *plan, *revision));
        let again = join_all(starts).await.into_iter().sum();
        println!("fifty plans are started after {:?}", begun.elapsed());
        loop {
            let stand = backend.stand(plans.iter().map(|(plan, _)| *plan)).await;
            let mut counted: BTreeMap<PlanStatus, u32> = BTreeMap::new();
            for (status, _) in stand.values() {
                *counted.entry(*status).or_default() += 1;
            }
            if stand.values().all(|(status, _)| status.is_terminal()) {
                let all = BTreeMap::from([(PlanStatus::FinishedSuccessful, 50)]);
                assert_eq!(counted, all);
                return (again, begun.elapsed());
            }
            changed(&mut changes).await;
        }
    }

    /// Everything is served, and nothing was done twice.
    async fn end(self) {
        let http = http_client();
        for number in 0..PLANS {
            let targets = &self.environments[1..];
            let (_, address) = targets[usize::try_from(number).unwrap() % targets.len()];
            let page = http
                .get(format!("http://{address}/site{number}/"))
                .send()
                .await;
            let page = page.unwrap().text().await.unwrap();
            assert_eq!(page, format!("<h1>Site {number}.</h1>"));
        }
        self.stop.cancel();
        for agent in self.agents {
            agent.finished().await.unwrap();
        }
        self.console.stop().await;
        let database = format!("sqlite:{}", self.folder.path().join("console.db").display());
        let facts = Facts::read(&database).await;
        let plans = facts.runs.iter().filter(|run| run.plan_id.is_some());
        assert_eq!(plans.count(), 50);
        for step in &facts.steps {
            assert_eq!(step.state, "succeeded", "{}", step.kind);
            let tries = facts.attempts.iter().filter(|one| one.step_id == step.id);
            let wanted = usize::from(step.kind != "record");
            assert_eq!(tries.count(), wanted, "{}", step.kind);
        }
    }
}

async fn fifty_plans(targets: usize) {
    let begun = Instant::now();
    let world = World::new(targets).await;
    for number in 0..PLANS {
        publish(
            &world.console.backend,
            &world.actor,
            world.folder.path(),
            number,
        )
        .await;
    }
    println!(
        "fifty applications are published after {:?}",
        begun.elapsed()
    );
    let (again, took) = tokio::time::timeout(PATIENCE, world.run()).await.unwrap();
    println!("fifty plans to {targets} environments took {took:?}; pressed again {again} times");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_plans_run_at_once_into_one_environment() {
    fifty_plans(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_plans_run_at_once_into_three_environments() {
    fifty_plans(3).await;
}

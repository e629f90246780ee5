//! Where lives are lived: a database with its consoles and agents, and what is published there.

use super::super::{CORE, OTHER, SHOP, World, core, id, other, pages_folder, shop};
use super::asks::open;
use super::console::Console;
use super::process::Process;
use backend::Actor;
use backend::engine::EngineOptions;
use backend::testing::{FakeAgent, FakeClock, TestBackend, postgres_url};
use domain::{ApplicationId, EnvironmentId, ModuleId};
use futures::future::join_all;
use std::collections::BTreeSet;
use std::sync::Arc;
use tempfile::TempDir;
use uuid::Uuid;

/// Nobody looks by itself: the tests say when.
pub(super) const OPTIONS: EngineOptions = EngineOptions {
    lease_ms: 15_000,
    renew_ms: 5_000,
    idle_ms: 3_600_000,
};

/// An application that is published straight into the target, and that uses Core.
pub(super) const KIOSK: u128 = 0x400;

pub(super) fn kiosk_folder(content: &str) -> TempDir {
    let uses = "[[module.uses]]\nmodule = \"CoreLogic\"\n\
                elements = [{ kind = \"service_action\", name = \"Quote\" }]\n";
    pages_folder(KIOSK, "Kiosk", uses, content)
}

/// An application that wants values, and that has to do with no other.
const TILL: u128 = 0x500;

pub(super) fn till() -> ApplicationId {
    ApplicationId(id(TILL))
}

/// The modules that can be linked anew in the target, of Core, Shop and the three that have to do with
/// no other: each with its application.
pub(super) fn tickable() -> Vec<(ApplicationId, ModuleId)> {
    let all = [CORE, SHOP].into_iter();
    let all = all.chain((1..=3).map(|number| OTHER + 2 * number));
    all.map(|number| (ApplicationId(id(number)), ModuleId(id(number + 1))))
        .collect()
}

/// Till with a property of this name, for which nobody has given a value.
pub(super) fn till_folder(wants: &str) -> TempDir {
    let setting = format!("[[module.setting]]\nname = \"{wants}\"\ntype = \"text\"\n");
    pages_folder(TILL, "Till", &setting, wants)
}

/// What a plan keeps others from: Shop uses Core, and nothing else that plans bring is related.
pub(super) fn related(applications: &BTreeSet<Uuid>) -> BTreeSet<Uuid> {
    let bound = |application: &Uuid| {
        if *application == shop().0 {
            core().0
        } else {
            *application
        }
    };
    applications.iter().map(bound).collect()
}

/// A database with its consoles and two agents.
pub(super) struct Place {
    /// The first is in this process; where bundles are.
    pub(super) consoles: Vec<Arc<Console>>,
    pub(super) development: FakeAgent,
    pub(super) quality: FakeAgent,
    pub(super) clock: Arc<FakeClock>,
    pub(super) operator: Actor,
}

impl Place {
    /// Everything is published, and brought to the target once.
    async fn of(first: TestBackend, others: Vec<Console>) -> Self {
        let mut world = World::on(first).await;
        world.publish_core("first").await;
        world.publish_shop("first").await;
        for number in 1..=3 {
            world.publish_other(number, "first").await;
        }
        let all = vec![core(), shop(), other(1), other(2), other(3)];
        let (plan, revision) = world.plan(all).await;
        let started = world
            .slipway
            .start_plan(&world.operator, plan, revision, None);
        Box::pin(started).await.unwrap();
        let folder = till_folder("First");
        Box::pin(world.publish(folder.path(), "Development")).await;
        Box::pin(world.settle()).await;
        let World {
            slipway,
            development,
            quality,
            operator,
        } = world;
        Self {
            clock: Arc::clone(&slipway.clock),
            consoles: std::iter::once(Console::Here(slipway))
                .chain(others)
                .map(Arc::new)
                .collect(),
            development,
            quality,
            operator,
        }
    }

    pub(super) fn target(&self) -> EnvironmentId {
        self.quality.actor.environment
    }

    /// The console in this process, by which is looked at everything.
    pub(super) fn first(&self) -> &TestBackend {
        match &*self.consoles[0] {
            Console::Here(first) => first,
            Console::Apart(_) => panic!("the first one is here"),
        }
    }

    /// Another process takes the place of each console that has died.
    pub(super) async fn raise_the_dead(&mut self) {
        for at in 0..self.consoles.len() {
            if !self.consoles[at].is_dead() {
                continue;
            }
            let dead = Arc::into_inner(self.consoles.remove(at));
            let next = match dead.expect("nobody speaks to it any more") {
                Console::Here(dead) => Console::Here(dead.reborn().await),
                Console::Apart(dead) => {
                    dead.bury().await;
                    apart(&self.first().database_url(), &self.clock).await
                }
            };
            self.consoles.insert(at, Arc::new(next));
            // The others wait for its leases; so long nobody waits here.
            self.first().expire_leases().await;
        }
    }
}

async fn apart(database: &str, clock: &Arc<FakeClock>) -> Console {
    Console::Apart(Box::new(Process::start(database, Arc::clone(clock)).await))
}

pub(super) async fn on_sqlite() -> Place {
    let options = backend::Options {
        engine: OPTIONS,
        ..backend::Options::default()
    };
    Place::of(TestBackend::with_options(options).await, Vec::new()).await
}

/// How many consoles share a PostgreSQL database, each a process of its own.
const PROCESSES: usize = 3;

pub(super) async fn on_postgres() -> Place {
    let url = postgres_url().await;
    let clock = FakeClock::at(1_800_000_000_000);
    let first = open(&url, Arc::clone(&clock)).await;
    let others = (1..PROCESSES).map(|_| apart(&url, &clock));
    let others = join_all(others).await;
    Place::of(first, others).await
}

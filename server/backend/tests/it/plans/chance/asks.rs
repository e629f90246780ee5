//! What people, agents and the kernel's timers want of a console, so that it can be told to one in
//! another process; and how a console does it.

use super::place::OPTIONS;
use backend::AgentActor;
use backend::testing::{FakeClock, Kill, Line, TestBackend, actor};
use domain::access::Standing;
use domain::environment::Rules;
use domain::view::{PlanEdit, SuppliedValue};
use domain::{AgentId, AppError, ApplicationId, EnvironmentId, ModuleId};
use protocol::{EventKind, Inventory};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Something that is wanted of a console.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Ask {
    Create {
        source: EnvironmentId,
        target: EnvironmentId,
        brings: Vec<ApplicationId>,
    },
    Save(Seen),
    /// Which consumers are linked anew.
    Republish(Seen, Vec<ModuleId>),
    Refresh(Seen),
    Queue(Seen),
    Start {
        seen: Seen,
        reason: String,
    },
    Leave(u64),
    Abort(u64),
    Continue(u64),
    Discard(u64),
    ReadRun(u64),
    Supply(u64, Vec<SuppliedValue>),
    Environments,
    BeginMaintenance(EnvironmentId, i64),
    EndMaintenance(EnvironmentId, i64),
    Rule(EnvironmentId, i64, Rules),
    /// A round of what goes on by itself; how long it has nothing to do after that.
    GoOn,
    /// From an agent.
    Greet(Agent),
    WaitingAfter(Agent, i64),
    Hosted(Agent, Inventory),
    Became(Agent, Vec<(Uuid, EventKind)>),
    /// It dies at the so manieth write from now on.
    DieAt {
        write: u64,
        commits: bool,
    },
    /// It does not die after all.
    Spare,
}

/// A plan as somebody saw it: its number and revision.
pub(super) type Seen = (u64, i64);

/// An agent, and the environment that it serves.
pub(super) type Agent = (AgentId, EnvironmentId);

fn told<T: Serialize, E>(done: Result<T, E>) -> Result<Value, E> {
    done.map(|answer| serde_json::to_value(answer).expect("it can be told"))
}

fn known((agent, environment): Agent) -> AgentActor {
    AgentActor { agent, environment }
}

/// A round; as long as all of it went well, the pause after it.
async fn go_on(console: &TestBackend) -> Result<Duration, AppError> {
    let _ = console.serve_lines().await;
    console.walk_runs().await
}

/// Does it, at this console.
pub(super) async fn do_at(console: &TestBackend, ask: Ask) -> Result<Value, AppError> {
    let by = actor(Standing::Operator);
    let administrator = actor(Standing::Administrator);
    match ask {
        Ask::Create {
            source,
            target,
            brings,
        } => told(console.create_plan(&by, source, target, brings).await),
        Ask::Save((plan, revision)) => told(console.save_plan(&by, plan, revision).await),
        Ask::Republish((plan, revision), modules) => {
            let tick = PlanEdit::SetRepublish(modules);
            told(console.edit_plan(&by, plan, revision, tick).await)
        }
        Ask::Refresh((plan, revision)) => told(console.refresh_plan(&by, plan, revision).await),
        Ask::Queue((plan, revision)) => told(console.queue_plan(&by, plan, revision, None).await),
        Ask::Start {
            seen: (plan, revision),
            reason,
        } => told(console.start_plan(&by, plan, revision, Some(reason)).await),
        Ask::Leave(plan) => told(console.leave_queue(&by, plan).await),
        Ask::Abort(plan) => {
            let reason = "Not today.".to_owned();
            told(console.abort_plan(&by, plan, reason).await)
        }
        Ask::Continue(plan) => told(console.continue_plan(&by, plan, None).await),
        Ask::Discard(plan) => told(console.discard_plan(&by, plan).await),
        Ask::ReadRun(plan) => told(console.read_run(&by, plan).await),
        Ask::Supply(plan, values) => told(console.supply_values(&by, plan, values).await),
        Ask::Environments => told(console.list_environments(&administrator).await),
        Ask::BeginMaintenance(environment, revision) => {
            let begun =
                console.begin_maintenance(&administrator, environment, revision, "New disks.");
            told(begun.await)
        }
        Ask::EndMaintenance(environment, revision) => {
            let ended = console.end_maintenance(&administrator, environment, revision);
            told(ended.await)
        }
        Ask::Rule(environment, revision, rules) => {
            let set = console.set_environment_rules(&administrator, environment, revision, rules);
            told(set.await)
        }
        Ask::GoOn => told(Ok(go_on(console).await.unwrap_or_default())),
        Ask::Greet(agent) => told(Ok(console.greet(&known(agent)).await)),
        Ask::WaitingAfter(agent, after) => {
            told(Ok(console.waiting_after(&known(agent), after).await))
        }
        Ask::Hosted(agent, inventory) => {
            told(Ok(console.say_hosted(&known(agent), inventory).await))
        }
        Ask::Became(agent, became) => told(Ok(console.say_became(&known(agent), &became).await)),
        Ask::DieAt { write, commits } => {
            let kill = if commits {
                Kill::AfterCommit
            } else {
                Kill::BeforeCommit
            };
            console.fuse().set(write, kill);
            told(Ok(()))
        }
        Ask::Spare => {
            console.fuse().spare();
            told(Ok(()))
        }
    }
}

/// A console on this database.
pub(super) async fn open(url: &str, clock: Arc<FakeClock>) -> TestBackend {
    TestBackend::on_url(url, clock, OPTIONS).await
}

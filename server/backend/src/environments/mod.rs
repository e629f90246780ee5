//! Environments, their order, their agents as people see them.

mod change;
mod maintenance;
mod new_applications;
mod read;
mod rules;

pub(crate) use maintenance::{first_in_maintenance, require_in_service};
pub(crate) use rules::rules_from;

use crate::actor::Actor;
use crate::agents::{NewOrder, link_state};
use crate::audit::{Entry, Object};
use crate::events::Topic;
use crate::people::sentence;
use crate::{Backend, secrets};
use domain::access::Action;
use domain::environment::{NoAgent, Purpose, Rules};
use domain::name::{fold, parse_name};
use domain::view::{JoinCode, NewEnvironment, PersonRef, Stamp};
use domain::{AppError, AttemptId, EnvironmentId, Timestamp};
use protocol::Order;
use std::collections::BTreeMap;
use store::entity::environments::{agent, environment, join_code};
use store::{DatabaseTransaction, Set, StoreError, agents, environments, people, running};
use uuid::Uuid;

/// A join code can be used for 15 minutes.
const CODE_LIFETIME: i64 = 15 * 60 * 1_000;
/// An inventory that was asked for and has not come after this long did not come.
const SYNCHRONIZE_PATIENCE: i64 = 60_000;

/// The stored word of a purpose.
pub(crate) fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Development => "development",
        Purpose::Test => "test",
        Purpose::Production => "production",
    }
}

/// A stored purpose; an unknown one counts as not production (domain.md 1.3).
pub(crate) fn purpose_from(word: &str) -> Purpose {
    match word {
        "development" => Purpose::Development,
        "production" => Purpose::Production,
        _ => Purpose::Test,
    }
}

pub(crate) fn small(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// The names beside what people did, for one answer.
pub(crate) struct Names(BTreeMap<Uuid, PersonRef>);

impl Names {
    /// The person with this id; Slipway itself where there is none.
    pub(crate) fn of(&self, id: Option<Uuid>) -> PersonRef {
        id.and_then(|id| self.0.get(&id).cloned())
            .unwrap_or_else(|| PersonRef {
                name: "Slipway".to_owned(),
                login: String::new(),
            })
    }

    /// Who, and when.
    pub(crate) fn stamp(&self, id: Option<Uuid>, at: i64) -> Stamp {
        Stamp {
            by: self.of(id),
            at: Timestamp(at),
        }
    }
}

impl Backend {
    /// The names of these accounts, in one query.
    pub(crate) async fn names(&self, ids: Vec<Option<Uuid>>) -> Result<Names, AppError> {
        let ids = ids.into_iter().flatten().collect();
        let users = people::users(self.store.read(), ids).await?;
        Ok(Names(
            users
                .into_iter()
                .map(|user| {
                    (
                        user.id,
                        PersonRef {
                            name: user.name,
                            login: user.login,
                        },
                    )
                })
                .collect(),
        ))
    }

    /// All environments with their agents, in promotion order.
    pub(crate) async fn environments_and_agents(
        &self,
    ) -> Result<Vec<(environment::Model, Option<agent::Model>)>, AppError> {
        let mut agents: BTreeMap<Uuid, agent::Model> = agents::all(self.store.read())
            .await?
            .into_iter()
            .map(|agent| (agent.environment_id, agent))
            .collect();
        Ok(environments::all(self.store.read())
            .await?
            .into_iter()
            .map(|environment| {
                let agent = agents.remove(&environment.id);
                (environment, agent)
            })
            .collect())
    }

    /// Registers an environment at the end of the order.
    pub async fn create_environment(
        &self,
        actor: &Actor,
        new: NewEnvironment,
    ) -> Result<EnvironmentId, AppError> {
        actor.require(Action::ManageEnvironments)?;
        let name = parse_name(&new.name)
            .map_err(|error| AppError::invalid("name", sentence(&error.to_string())))?;
        let id = EnvironmentId(self.new_id());
        let now = self.now();
        let rules = Rules::default();
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let position = environments::all(tx)
                    .await?
                    .iter()
                    .map(|environment| environment.position + 1)
                    .max()
                    .unwrap_or(0);
                let row = environment::ActiveModel {
                    id: Set(id.0),
                    name: Set(name.clone()),
                    name_folded: Set(fold(&name)),
                    purpose: Set(purpose_word(new.purpose).to_owned()),
                    position: Set(position),
                    two_stage: Set(rules.two_stage),
                    parallel_creation: Set(rules.parallel_creation),
                    parallel_execution: Set(rules.parallel_execution),
                    parallel_limit: Set(i64::from(rules.parallel_limit)),
                    infrastructure: Set(rules.infrastructure.as_str().to_owned()),
                    keep_hours: Set(i64::from(rules.keep_hours)),
                    created: Set(now),
                    created_by: Set(self.stored_person(tx, actor).await?),
                    last_synchronized: Set(None),
                    synchronizing_since: Set(None),
                    synchronization_error: Set(None),
                    revision: Set(1),
                    maintenance_since: Set(None),
                    maintenance_by: Set(None),
                    maintenance_reason: Set(None),
                };
                environments::insert(tx, row)
                    .await
                    .map_err(|error| match error {
                        StoreError::Duplicate(_) => AppError::invalid(
                            "name",
                            "Another environment has this name. Choose another.",
                        ),
                        other => other.into(),
                    })?;
                // What the last environment runs has somewhere to go now.
                running::refresh_can_move(tx, None).await?;
                store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                let object = Object {
                    kind: "environment",
                    id: Some(id.0),
                    name: &name,
                };
                let entry = Entry::new().at(id).after(&serde_json::json!({
                    "purpose": purpose_word(new.purpose), "position": position,
                }));
                self.record(tx, Some(actor), "environment_created", object, entry)
                    .await
            })
            .await?;
        self.topics.bump([Topic::Environments, Topic::Applications]);
        Ok(id)
    }

    /// The actor's account as a row refers to it; none for actors without one.
    pub(crate) async fn stored_person(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
    ) -> Result<Option<Uuid>, AppError> {
        Ok(people::find_user(tx, actor.user.0)
            .await?
            .map(|user| user.id))
    }

    /// Makes a one-time code with which an agent joins the environment.
    pub async fn create_join_code(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
    ) -> Result<JoinCode, AppError> {
        actor.require(Action::ManageEnvironments)?;
        let code = secrets::new_code()?;
        let hash = secrets::hash(&code);
        let now = self.now();
        let expires = now + CODE_LIFETIME;
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let found = store::or_missing(
                    environments::find(tx, environment.0).await?,
                    "This environment",
                )?;
                let row = join_code::ActiveModel {
                    code_hash: Set(hash),
                    environment_id: Set(environment.0),
                    created: Set(now),
                    created_by: Set(self.stored_person(tx, actor).await?),
                    expires: Set(expires),
                    used: Set(None),
                };
                agents::insert_join_code(tx, row).await?;
                let object = Object {
                    kind: "environment",
                    id: Some(environment.0),
                    name: &found.name,
                };
                let entry = Entry::new().at(environment);
                self.record(tx, Some(actor), "join_code_created", object, entry)
                    .await
            })
            .await?;
        Ok(JoinCode {
            code,
            expires: Timestamp(expires),
        })
    }

    /// Swaps an environment with the one after it.
    pub async fn swap_environments(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
        revision: i64,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageEnvironments)?;
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let all = environments::all(tx).await?;
                let at = all
                    .iter()
                    .position(|row| row.id == environment.0)
                    .ok_or_else(|| AppError::not_found("This environment"))?;
                let Some([first, second]) = all.get(at..at + 2) else {
                    return Err(AppError::conflict(
                        "last_environment",
                        "This is the last environment; there is none after it to swap with.",
                    ));
                };
                let what = format!("Environment {}", first.name);
                environments::set_position(tx, first.id, revision, second.position)
                    .await
                    .map_err(|error| error.about(what))?;
                environments::set_position(tx, second.id, second.revision, first.position).await?;
                running::refresh_can_move(tx, None).await?;
                store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                let object = Object {
                    kind: "environment",
                    id: Some(first.id),
                    name: &first.name,
                };
                let entry = Entry::new()
                    .at(environment)
                    .after(&serde_json::json!({ "now_before": second.name }));
                self.record(tx, Some(actor), "environments_swapped", object, entry)
                    .await
            })
            .await?;
        self.topics.bump([Topic::Environments, Topic::Applications]);
        Ok(())
    }

    /// Asks the environment's agent for its inventory now.
    pub async fn synchronize_environment(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
    ) -> Result<(), AppError> {
        actor.require(Action::SynchronizeEnvironment)?;
        let now = self.now();
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let found = store::or_missing(
                    environments::find(tx, environment.0).await?,
                    "This environment",
                )?;
                require_in_service(
                    &found,
                    "It is synchronized by itself when that is over. Nothing was changed.",
                )?;
                let agent = agents::find_of_environment(tx, environment.0).await?;
                let no_agent = link_state(agent.as_ref(), now).no_agent(&found.name);
                if let Some(NoAgent { what, remedy }) = no_agent.filter(|_| agent.is_some()) {
                    return Err(AppError::Unavailable {
                        message: format!(
                            "{what}, so it cannot be asked what it runs. Nothing was changed; {remedy}, then synchronize again."
                        ),
                        retry_seconds: 10,
                    });
                }
                self.ask_for_inventory(tx, environment).await?;
                let object = Object {
                    kind: "environment",
                    id: Some(environment.0),
                    name: &found.name,
                };
                let entry = Entry::new().at(environment);
                self.record(tx, Some(actor), "synchronization_requested", object, entry)
                    .await
            })
            .await?;
        self.wake_agent(environment);
        self.topics.bump([Topic::Environments]);
        Ok(())
    }

    /// Orders an environment's agent to say what it hosts.
    async fn ask_for_inventory(
        &self,
        tx: &DatabaseTransaction,
        environment: EnvironmentId,
    ) -> Result<(), AppError> {
        let attempt = self.new_id();
        self.send_command(
            tx,
            NewOrder {
                environment,
                attempt: AttemptId(attempt),
                // An attempt that is its own run belongs to no plan.
                run: attempt,
                epoch: 1,
                time_limit_ms: SYNCHRONIZE_PATIENCE.unsigned_abs(),
                order: Order::Report,
            },
        )
        .await?;
        environments::begin_synchronization(tx, environment.0, self.now()).await?;
        Ok(())
    }
}

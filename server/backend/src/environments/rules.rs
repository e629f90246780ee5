//! How an environment takes plans: switches, limit, stages, how long prepared packages are kept.

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::events::Topic;
use domain::access::Action;
use domain::environment::{Infrastructure, Rules};
use domain::{AppError, EnvironmentId};
use store::entity::environments::environment;
use store::environments;

/// How a stored environment takes plans.
pub(crate) fn rules_from(row: &environment::Model) -> Rules {
    Rules {
        infrastructure: Infrastructure::parse(&row.infrastructure).unwrap_or_default(),
        parallel_creation: row.parallel_creation,
        parallel_execution: row.parallel_execution,
        parallel_limit: super::small(row.parallel_limit),
        two_stage: row.two_stage,
        keep_hours: super::small(row.keep_hours),
    }
}

impl Backend {
    /// Says how an environment takes plans. What runs or is prepared there goes on as it began;
    /// what waits in line is looked at anew.
    pub async fn set_environment_rules(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
        revision: i64,
        rules: Rules,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageEnvironments)?;
        let fields = rules.problems();
        if !fields.is_empty() {
            return Err(AppError::Invalid { fields });
        }
        self.store
            .write(async |tx| -> Result<(), AppError> {
                // Raised first: a start that was checked by the rules before is checked again.
                store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                let found = store::or_missing(
                    environments::find(tx, environment.0).await?,
                    "This environment",
                )?;
                let before = rules_from(&found);
                if before == rules {
                    return Ok(());
                }
                environments::set_rules(tx, found.id, revision, &rules)
                    .await
                    .map_err(|error| error.about(format!("Environment {}", found.name)))?;
                let object = Object {
                    kind: "environment",
                    id: Some(found.id),
                    name: &found.name,
                };
                let entry = Entry::new().at(environment).before(&before).after(&rules);
                self.record(tx, Some(actor), "environment_rules_changed", object, entry)
                    .await
            })
            .await?;
        self.wake_engine();
        self.topics.bump([Topic::Environments, Topic::Plans]);
        Ok(())
    }
}

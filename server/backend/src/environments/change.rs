//! Giving an environment another name, and taking one away that was never used.

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::events::Topic;
use crate::people::sentence;
use domain::access::Action;
use domain::name::parse_name;
use domain::{AppError, EnvironmentId};
use store::{StoreError, agents, environments, running};

impl Backend {
    /// Gives an environment another name. What refers to it goes on referring to it.
    pub async fn rename_environment(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
        revision: i64,
        name: &str,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageEnvironments)?;
        let name = parse_name(name)
            .map_err(|error| AppError::invalid("name", sentence(&error.to_string())))?;
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let found = store::or_missing(
                    environments::find(tx, environment.0).await?,
                    "This environment",
                )?;
                if found.name == name {
                    return Ok(());
                }
                environments::rename(tx, found.id, revision, &name)
                    .await
                    .map_err(|error| match error {
                        StoreError::Duplicate(_) => AppError::invalid(
                            "name",
                            "Another environment has this name. Choose another.",
                        ),
                        other => other.about(format!("Environment {}", found.name)),
                    })?;
                store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                let object = Object {
                    kind: "environment",
                    id: Some(found.id),
                    name: &name,
                };
                let entry = Entry::new()
                    .at(environment)
                    .before(&serde_json::json!({ "name": found.name }))
                    .after(&serde_json::json!({ "name": name }));
                self.record(tx, Some(actor), "environment_renamed", object, entry)
                    .await
            })
            .await?;
        self.topics
            .bump([Topic::Environments, Topic::Applications, Topic::Plans]);
        Ok(())
    }

    /// Takes away an environment that was never used: no agent ever joined it, and no plan, version
    /// or run names it. What has a history stays.
    pub async fn remove_environment(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
        revision: i64,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageEnvironments)?;
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let found = store::or_missing(
                    environments::find(tx, environment.0).await?,
                    "This environment",
                )?;
                let used = |why: &str| {
                    AppError::conflict(
                        "environment_used",
                        format!(
                            "{} was not removed: {why}. Only an environment that was never used can be; its history would lose its place.",
                            found.name
                        ),
                    )
                };
                if agents::find_of_environment(tx, found.id).await?.is_some() {
                    return Err(used("an agent has joined it"));
                }
                if environments::has_plans(tx, found.id).await? {
                    return Err(used("deployment plans name it"));
                }
                // What else may refer to it holds the row by itself.
                environments::remove(tx, found.id, revision)
                    .await
                    .map_err(|error| match error {
                        StoreError::Missing => used("versions, runs or settings name it"),
                        other => other.about(format!("Environment {}", found.name)),
                    })?;
                // What the one before it runs goes to the one after it now, or nowhere.
                running::refresh_can_move(tx, None).await?;
                store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                let object = Object {
                    kind: "environment",
                    id: Some(found.id),
                    name: &found.name,
                };
                let entry = Entry::new().at(environment).before(&serde_json::json!({
                    "purpose": found.purpose, "position": found.position,
                }));
                self.record(tx, Some(actor), "environment_removed", object, entry)
                    .await
            })
            .await?;
        self.topics.bump([Topic::Environments, Topic::Applications]);
        Ok(())
    }
}

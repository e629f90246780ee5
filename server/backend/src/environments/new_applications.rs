//! Whether newly created applications may be deployed everywhere (B7). If not, they are blocked in
//! all environments after the one they are created in, until somebody unblocks them.

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::catalog::absent;
use crate::events::Topic;
use domain::access::Action;
use domain::name::parse_reason;
use domain::view::NewApplicationsRule;
use domain::{AppError, EnvironmentId};
use store::console_settings::{self, NEW_APPLICATIONS};
use store::entity::catalog::{application, running as running_row};
use store::entity::environments::console_setting;
use store::{ConnectionTrait, DatabaseTransaction, counters, environments, running};
use uuid::Uuid;

/// What is stored while they are blocked.
const BLOCKED: &str = "false";
/// What is stored while they may go everywhere.
const EVERYWHERE: &str = "true";

async fn stored(
    connection: &impl ConnectionTrait,
) -> Result<Option<console_setting::Model>, AppError> {
    Ok(console_settings::find(connection, NEW_APPLICATIONS).await?)
}

fn is_blocked(row: Option<&console_setting::Model>) -> bool {
    row.is_some_and(|row| row.value == BLOCKED)
}

impl Backend {
    /// Whether newly created applications may be deployed everywhere.
    pub async fn read_new_applications(
        &self,
        actor: &Actor,
    ) -> Result<NewApplicationsRule, AppError> {
        actor.require(Action::SeeLandscape)?;
        let row = stored(self.store.read()).await?;
        let names = self
            .names(vec![row.as_ref().and_then(|row| row.changed_by)])
            .await?;
        Ok(NewApplicationsRule {
            blocked: is_blocked(row.as_ref()),
            revision: row.as_ref().map_or(0, |row| row.revision),
            changed: row.map(|row| (names.stamp(row.changed_by, row.changed), row.reason)),
        })
    }

    /// Says whether applications that are created from now on are blocked. Those that are there
    /// already stay as they are.
    pub async fn set_new_applications(
        &self,
        actor: &Actor,
        revision: i64,
        blocked: bool,
        reason: &str,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageEnvironments)?;
        let reason =
            parse_reason(reason).map_err(|error| AppError::invalid("reason", error.to_string()))?;
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let before = stored(tx).await?;
                if is_blocked(before.as_ref()) == blocked {
                    // Somebody else was faster, or it was asked twice.
                    return Ok(());
                }
                let what = "Whether new applications may be deployed everywhere";
                if before.map_or(0, |row| row.revision) != revision {
                    return Err(AppError::Stale {
                        what: what.to_owned(),
                    });
                }
                let row = console_setting::Model {
                    name: NEW_APPLICATIONS.to_owned(),
                    value: if blocked { BLOCKED } else { EVERYWHERE }.to_owned(),
                    reason: reason.clone(),
                    revision: revision + 1,
                    changed: self.now(),
                    changed_by: self.stored_person(tx, actor).await?,
                };
                console_settings::put(tx, row)
                    .await
                    .map_err(|error| error.about(what))?;
                let object = Object {
                    kind: "console",
                    id: None,
                    name: "New applications",
                };
                let entry = Entry::new()
                    .because(reason.as_str())
                    .before(&serde_json::json!({ "blocked": !blocked }))
                    .after(&serde_json::json!({ "blocked": blocked }));
                self.record(tx, Some(actor), "new_applications_changed", object, entry)
                    .await
            })
            .await?;
        self.topics.bump([Topic::Environments]);
        Ok(())
    }

    /// Blocks an application that was just created in `place`, if new ones are to be.
    pub(crate) async fn block_new(
        &self,
        tx: &DatabaseTransaction,
        application: &application::Model,
        place: Uuid,
    ) -> Result<(), AppError> {
        let Some(rule) = stored(tx).await?.filter(|row| row.value == BLOCKED) else {
            return Ok(());
        };
        counters::raise(tx, counters::LANDSCAPE).await?;
        let now = self.now();
        let reason = format!(
            "New applications are blocked until they are let in: {}",
            rule.reason
        );
        let all = environments::all(tx).await?;
        let later = all.iter().skip_while(|one| one.id != place).skip(1);
        for environment in later {
            let known = running::find(tx, environment.id, application.id).await?;
            let before = known.unwrap_or_else(|| absent(environment.id, application.id));
            if before.blocked || before.present {
                continue;
            }
            let row = running_row::Model {
                blocked: true,
                block_reason: Some(reason.clone()),
                revision: before.revision + 1,
                ..before
            };
            running::put(tx, row, now).await?;
            let object = Object {
                kind: "application",
                id: Some(application.id),
                name: &application.name,
            };
            let entry = Entry::new()
                .at(EnvironmentId(environment.id))
                .because(reason.as_str())
                .after(&serde_json::json!({ "blocked": reason }));
            self.record(tx, None, "application_blocked", object, entry)
                .await?;
        }
        Ok(())
    }
}

//! Hotfixes (domain.md 3.12) and holds: noted in the transaction that makes the mark, settled by a
//! person, told to the checks.

mod facts;
mod noted;
mod rows;

pub(crate) use facts::{add_guards, based_on};
pub(crate) use noted::{Change, fingerprint, is_settled};

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::events::Topic;
use crate::people::sentence;
use domain::access::Action;
use domain::hotfix::{HotfixState, descendants};
use domain::name::parse_reason;
use domain::{AppError, ApplicationId, EnvironmentId, HoldId, HotfixId, VersionId, VersionNumber};
use std::collections::BTreeSet;
use store::entity::hotfixes::hotfix;
use store::{DatabaseTransaction, Set, catalog, counters, holds, hotfixes, running};
use uuid::Uuid;

/// How a person settles a hotfix.
enum Settle<'a> {
    Solve(VersionNumber),
    Waive(&'a str),
}

impl Backend {
    /// Names the version that contains a hotfix: plans that bring it, or a newer one, pass.
    pub async fn solve_hotfix(
        &self,
        actor: &Actor,
        id: HotfixId,
        number: &str,
    ) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        let number = number
            .parse()
            .map_err(|error: domain::version::ParseVersionError| {
                AppError::invalid("number", sentence(&error.to_string()))
            })?;
        self.settle_hotfix(actor, id, Settle::Solve(number)).await
    }

    /// Goes without a hotfix, for a reason: plans may overwrite it.
    pub async fn waive_hotfix(
        &self,
        actor: &Actor,
        id: HotfixId,
        reason: &str,
    ) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        let reason = reason_given(reason)?;
        self.settle_hotfix(actor, id, Settle::Waive(&reason)).await
    }

    async fn settle_hotfix(
        &self,
        actor: &Actor,
        id: HotfixId,
        how: Settle<'_>,
    ) -> Result<(), AppError> {
        let application = self
            .store
            .write(async |tx| {
                // Raised first: what is looked at below stays as it is until the commit.
                counters::raise(tx, counters::LANDSCAPE).await?;
                let row = store::or_missing(hotfixes::find(tx, id.0).await?, "This hotfix")?;
                self.settle(tx, actor, &row, how).await?;
                Ok::<_, AppError>(ApplicationId(row.application_id))
            })
            .await?;
        self.topics
            .bump([Topic::Applications, Topic::Application(application)]);
        Ok(())
    }

    async fn settle(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        row: &hotfix::Model,
        how: Settle<'_>,
    ) -> Result<(), AppError> {
        let state = HotfixState::parse(&row.state);
        let (action, change, entry) = match how {
            Settle::Solve(number) => {
                let solution = solution(tx, row, number).await?;
                match state {
                    Some(HotfixState::Open) => {}
                    // Said twice.
                    Some(HotfixState::Solved) if row.solved_by_id == Some(solution) => {
                        return Ok(());
                    }
                    _ => return Err(stale()),
                }
                let change = hotfix::ActiveModel {
                    state: Set(HotfixState::Solved.as_str().to_owned()),
                    solved_by_id: Set(Some(solution)),
                    ..Default::default()
                };
                let entry = Entry::new().after(&serde_json::json!({ "contained_in": number }));
                ("hotfix_solved", change, entry)
            }
            Settle::Waive(reason) => {
                match state {
                    Some(state) if state.protects() => {}
                    Some(HotfixState::Waived) if row.reason.as_deref() == Some(reason) => {
                        return Ok(());
                    }
                    _ => return Err(stale()),
                }
                let change = hotfix::ActiveModel {
                    state: Set(HotfixState::Waived.as_str().to_owned()),
                    reason: Set(Some(reason.to_owned())),
                    ..Default::default()
                };
                ("hotfix_waived", change, Entry::new().because(reason))
            }
        };
        let change = hotfix::ActiveModel {
            ended: Set(Some(self.now())),
            ended_by: Set(self.stored_person(tx, actor).await?),
            ..change
        };
        hotfixes::update_seen(tx, row.id, &row.state, change)
            .await
            .map_err(|error| error.about("The hotfix"))?;
        self.refresh_hotfix_marks(tx, row.application_id).await?;
        let application = catalog::find_application(tx, row.application_id).await?;
        let name = application.map_or_else(String::new, |application| application.name);
        let object = Object {
            kind: "application",
            id: Some(row.application_id),
            name: &name,
        };
        let entry = entry.at(EnvironmentId(row.environment_id));
        self.record(tx, Some(actor), action, object, entry).await
    }

    /// Lets a version come back that a rollback took out, for a reason.
    pub async fn release_hold(
        &self,
        actor: &Actor,
        id: HoldId,
        reason: &str,
    ) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        let reason = reason_given(reason)?;
        let application = self
            .store
            .write(async |tx| {
                counters::raise(tx, counters::LANDSCAPE).await?;
                let row = store::or_missing(holds::find(tx, id.0).await?, "This hold")?;
                let application = ApplicationId(row.application_id);
                if row.released.is_some() && row.reason.as_deref() == Some(reason.as_str()) {
                    return Ok::<_, AppError>(application);
                }
                let person = self.stored_person(tx, actor).await?;
                holds::release(tx, row.id, person, self.now(), &reason)
                    .await
                    .map_err(|error| error.about("The hold"))?;
                store::running::refresh_can_move(tx, Some(&[row.application_id])).await?;
                let found = catalog::find_application(tx, row.application_id).await?;
                let name = found.map_or_else(String::new, |application| application.name);
                let version = catalog::find_version(tx, row.version_id).await?;
                let object = Object {
                    kind: "application",
                    id: Some(row.application_id),
                    name: &name,
                };
                let entry = Entry::new()
                    .at(EnvironmentId(row.environment_id))
                    .because(&reason)
                    .after(&serde_json::json!({ "version": version.map(|row| row.number) }));
                self.record(tx, Some(actor), "hold_released", object, entry)
                    .await?;
                Ok(application)
            })
            .await?;
        self.topics
            .bump([Topic::Applications, Topic::Application(application)]);
        Ok(())
    }

    /// Takes the red marks that no open hotfix stands behind.
    async fn refresh_hotfix_marks(
        &self,
        tx: &DatabaseTransaction,
        application: Uuid,
    ) -> Result<(), AppError> {
        let open = hotfixes::list_open(tx, application).await?;
        let tags = catalog::versions_of(tx, &[application]).await?;
        let based_on = based_on(&tags);
        let red: BTreeSet<VersionId> = open
            .iter()
            .filter_map(|row| row.version_id)
            .flat_map(|version| descendants(VersionId(version), &based_on))
            .collect();
        let unmarked: Vec<Uuid> = tags
            .iter()
            .filter(|tag| tag.hotfix && !red.contains(&VersionId(tag.id)))
            .map(|tag| tag.id)
            .collect();
        hotfixes::unmark_versions(tx, &unmarked).await?;
        for row in running::list_of_applications(tx, &[application]).await? {
            let by_tag = row
                .base_id
                .is_some_and(|base| red.contains(&VersionId(base)));
            let made_here = |row_of: &hotfix::Model| {
                row_of.version_id.is_none() && row_of.environment_id == row.environment_id
            };
            if row.hotfix && !by_tag && !open.iter().any(made_here) {
                hotfixes::unmark_running(tx, row.environment_id, application).await?;
            }
        }
        running::refresh_can_move(tx, Some(&[application])).await?;
        Ok(())
    }
}

fn reason_given(text: &str) -> Result<String, AppError> {
    parse_reason(text).map_err(|error| AppError::invalid("reason", error.to_string()))
}

fn stale() -> AppError {
    AppError::Stale {
        what: "The hotfix".to_owned(),
    }
}

/// The version with this number, if it can contain the hotfix.
async fn solution(
    tx: &DatabaseTransaction,
    row: &hotfix::Model,
    number: VersionNumber,
) -> Result<Uuid, AppError> {
    let tags = catalog::versions_of(tx, &[row.application_id]).await?;
    let number_of = |id: Uuid| {
        let tag = tags.iter().find(|tag| tag.id == id)?;
        tag.number.parse::<VersionNumber>().ok()
    };
    let Some(tag) = tags.iter().find(|tag| number_of(tag.id) == Some(number)) else {
        return Err(AppError::invalid(
            "number",
            format!("There is no version {number}. Name a version that exists."),
        ));
    };
    if row.version_id == Some(tag.id) {
        return Err(AppError::invalid(
            "number",
            format!("{number} is the hotfix itself. Name the version that it was merged into."),
        ));
    }
    if let Some(base) = row
        .base_id
        .and_then(number_of)
        .filter(|base| number <= *base)
    {
        return Err(AppError::invalid(
            "number",
            format!(
                "{number} cannot contain it: the hotfix was made from {base}. Name a newer version."
            ),
        ));
    }
    Ok(tag.id)
}

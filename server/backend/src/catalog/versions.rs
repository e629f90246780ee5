//! An application's tags: listed (domain.md V12) and removed (V11).

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::events::Topic;
use domain::access::Action;
use domain::view::{MAX_PAGE, Page, VersionFilter, VersionRow};
use domain::{AppError, ApplicationId, VersionId};
use store::catalog::{self, VersionUses};
use store::entity::catalog::version;
use store::{StoreError, counters, environments, running};
use uuid::Uuid;

/// The most characters of a search that are looked at.
const MAX_SEARCH: usize = 200;

impl Backend {
    /// A page of an application's tags, the highest first.
    pub async fn list_versions(
        &self,
        actor: &Actor,
        mut filter: VersionFilter,
    ) -> Result<Page<VersionRow>, AppError> {
        actor.require(Action::SeeLandscape)?;
        filter.limit = filter.limit.clamp(1, MAX_PAGE);
        filter.text = filter.text.chars().take(MAX_SEARCH).collect();
        let (rows, total, unfiltered) = self.version_rows(&filter).await?;
        Ok(Page {
            rows,
            offset: filter.offset,
            total,
            unfiltered,
        })
    }

    pub(super) async fn version_rows(
        &self,
        filter: &VersionFilter,
    ) -> Result<(Vec<VersionRow>, u64, u64), AppError> {
        let read = self.store.read();
        let (rows, total, unfiltered) = catalog::list_versions(read, filter).await?;
        let versions = self.rows_of_versions(filter.application, rows).await?;
        Ok((versions, total, unfiltered))
    }

    /// Tags of an application as rows, in the order given.
    pub(super) async fn rows_of_versions(
        &self,
        application: ApplicationId,
        rows: Vec<version::Model>,
    ) -> Result<Vec<VersionRow>, AppError> {
        let read = self.store.read();
        let names = self
            .names(rows.iter().map(|row| row.created_by).collect())
            .await?;
        let environments: Vec<(Uuid, String)> = environments::all(read)
            .await?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        let running = running::list_of_applications(read, &[application.0]).await?;
        let versions = rows
            .into_iter()
            .filter_map(|row| {
                let runs = |environment: Uuid| {
                    running.iter().any(|running| {
                        running.environment_id == environment
                            && running.present
                            && !running.modified
                            && running.base_id == Some(row.id)
                    })
                };
                Some(VersionRow {
                    id: VersionId(row.id),
                    number: row.number.parse().ok()?,
                    created: names.stamp(row.created_by, row.created),
                    environment: environments
                        .iter()
                        .find(|(id, _)| *id == row.environment_id)
                        .map(|(_, name)| name.clone())
                        .unwrap_or_default(),
                    running_in: environments
                        .iter()
                        .filter(|(id, _)| runs(*id))
                        .map(|(_, name)| name.clone())
                        .collect(),
                    hotfix: row.hotfix,
                    description: row.description,
                })
            })
            .collect();
        Ok(versions)
    }

    /// Removes a tag that runs nowhere and that no plan, hotfix or rollback refers to (V11). What
    /// it is made of is kept as long as something else needs it.
    pub async fn delete_version(&self, actor: &Actor, version: VersionId) -> Result<(), AppError> {
        actor.require(Action::DeleteVersion)?;
        let application = self
            .store
            .write(async |tx| -> Result<ApplicationId, AppError> {
                // Raised first: nothing is checked, started or tagged until the commit.
                counters::raise(tx, counters::LANDSCAPE).await?;
                let tag =
                    store::or_missing(catalog::find_version(tx, version.0).await?, "This version")?;
                let uses = catalog::version_uses(tx, tag.id).await?;
                if let Some(why) = self.kept_by(tx, &tag, &uses).await? {
                    return Err(in_use(why));
                }
                match catalog::delete_version(tx, &tag).await {
                    Err(StoreError::Missing) => {
                        return Err(in_use(format!(
                            "{} {} was taken into a plan just now. It was not removed.",
                            tag.name, tag.number
                        )));
                    }
                    other => other?,
                }
                let application = ApplicationId(tag.application_id);
                running::refresh_can_move(tx, Some(&[application.0])).await?;
                self.record(
                    tx,
                    Some(actor),
                    "version_deleted",
                    Object {
                        kind: "application",
                        id: Some(application.0),
                        name: &tag.name,
                    },
                    Entry::new().before(&serde_json::json!({
                        "version": tag.number,
                        "description": tag.description,
                    })),
                )
                .await?;
                Ok(application)
            })
            .await?;
        self.topics
            .bump([Topic::Applications, Topic::Application(application)]);
        Ok(())
    }

    /// Why a tag has to stay.
    async fn kept_by(
        &self,
        tx: &store::DatabaseTransaction,
        tag: &version::Model,
        uses: &VersionUses,
    ) -> Result<Option<String>, AppError> {
        let called = format!("{} {}", tag.name, tag.number);
        if !uses.running.is_empty() {
            let all = environments::all(tx).await?.into_iter();
            let here = all.filter(|row| uses.running.contains(&row.id));
            let places: Vec<String> = here.map(|row| row.name).collect();
            return Ok(Some(format!(
                "{called} runs in {}, or what runs there is based on it, so it was not removed.",
                places.join(" and ")
            )));
        }
        if !uses.plans.is_empty() {
            let plans: Vec<String> = uses.plans.iter().map(|plan| format!("#{plan}")).collect();
            return Ok(Some(format!(
                "{called} is part of deployment plan {}, so it was not removed. What was deployed stays on record.",
                plans.join(", ")
            )));
        }
        Ok(uses.remembered.then(|| {
            format!(
                "A hotfix or a rollback refers to {called}, so it was not removed. The application's page shows it."
            )
        }))
    }
}

fn in_use(why: String) -> AppError {
    AppError::conflict("version_in_use", why)
}

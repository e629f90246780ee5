//! Tags with their keys and what they are made of, as programs ask for them.

use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::view::{MAX_PAGE, Stamp, VersionFilter, VersionRow};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, VersionId};
use std::collections::BTreeMap;
use store::catalog;
use store::entity::catalog::version;
use uuid::Uuid;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// As lists show it.
    pub row: VersionRow,
    /// Where it was made.
    pub environment: EnvironmentId,
    /// What it is made of; empty if that was not asked for.
    pub modules: Vec<TagModule>,
}

/// A published state that a tag holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagModule {
    /// Its key.
    pub version: ModuleVersionId,
    /// The module.
    pub module: ModuleId,
    /// Who published it, and when.
    pub created: Stamp,
    /// SHA-256 of its bundle.
    pub digest: String,
}

impl Backend {
    /// The tags of an application, the highest first, at most [`MAX_PAGE`].
    pub async fn list_tags(
        &self,
        actor: &Actor,
        mut filter: VersionFilter,
    ) -> Result<Vec<Tag>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let read = self.store.read();
        let found = catalog::find_application(read, filter.application.0).await?;
        store::or_missing(found, "This application")?;
        if filter.limit == 0 {
            return Ok(Vec::new());
        }
        filter.limit = filter.limit.min(MAX_PAGE);
        filter.text = filter.text.chars().take(super::MAX_SEARCH).collect();
        let (rows, ..) = catalog::list_versions(read, &filter).await?;
        self.with_places(filter.application, rows).await
    }

    /// A tag of an application and what it is made of.
    pub async fn read_tag(
        &self,
        actor: &Actor,
        application: ApplicationId,
        version: VersionId,
    ) -> Result<Tag, AppError> {
        actor.require(Action::SeeLandscape)?;
        let read = self.store.read();
        let row = catalog::find_version(read, version.0).await?;
        let row = row.filter(|row| row.application_id == application.0);
        let row = store::or_missing(row, "This version of this application")?;
        let tag = self.with_places(application, vec![row]).await?.pop();
        let mut tag = store::or_missing(tag, "This version of this application")?;
        let made_of = catalog::version_modules(read, &[version.0]).await?;
        let states = made_of.iter().map(|row| row.module_version_id).collect();
        let states = catalog::module_versions(read, &states).await?;
        let names = self
            .names(states.iter().map(|row| row.created_by).collect())
            .await?;
        let modules = states.into_iter().map(|row| TagModule {
            version: ModuleVersionId(row.id),
            module: ModuleId(row.module_id),
            created: names.stamp(row.created_by, row.created),
            digest: row.digest,
        });
        tag.modules = modules.collect();
        tag.modules.sort_by_key(|module| module.module);
        Ok(tag)
    }

    async fn with_places(
        &self,
        application: ApplicationId,
        rows: Vec<version::Model>,
    ) -> Result<Vec<Tag>, AppError> {
        let places: BTreeMap<Uuid, Uuid> = rows
            .iter()
            .map(|row| (row.id, row.environment_id))
            .collect();
        let rows = self.rows_of_versions(application, rows).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                Some(Tag {
                    environment: EnvironmentId(*places.get(&row.id.0)?),
                    row,
                    modules: Vec::new(),
                })
            })
            .collect())
    }
}

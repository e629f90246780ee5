//! Applications with what runs of them where, as programs ask for them: all of them, part by part.

use crate::Backend;
use crate::actor::Actor;
use crate::environments::small;
use domain::access::Action;
use domain::application::ModuleKind;
use domain::view::MAX_PAGE;
use domain::{AppError, ApplicationId, EnvironmentId, ModuleVersionId, VersionId, VersionNumber};
use std::collections::BTreeMap;
use store::catalog::{self, kind_from};
use store::entity::catalog::{application, running_module};
use uuid::Uuid;

/// An application and where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Which.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// What it says of itself.
    pub description: String,
    /// The kind that shows best what it is.
    pub kind: ModuleKind,
    /// Where it runs, in promotion order.
    pub places: Vec<InstalledPlace>,
}

/// What an environment runs of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledPlace {
    /// Where.
    pub environment: EnvironmentId,
    /// The tag that it is based on; none if it was never tagged.
    pub base: Option<(VersionId, VersionNumber)>,
    /// Changed since that tag, or never tagged.
    pub modified: bool,
    /// References to what is missing or does not fit.
    pub broken: u32,
    /// References to what has newer logic.
    pub outdated: u32,
    /// What its modules run as.
    pub modules: Vec<ModuleVersionId>,
}

/// A part of the applications, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstalledPage {
    /// The applications.
    pub rows: Vec<Installed>,
    /// What the next part begins after, if there is one.
    pub next: Option<String>,
}

impl Backend {
    /// A part of the applications: all, with every place where they run, or those that one
    /// environment runs, with that place alone.
    pub async fn list_installed(
        &self,
        actor: &Actor,
        environment: Option<EnvironmentId>,
        after: Option<&str>,
    ) -> Result<InstalledPage, AppError> {
        actor.require(Action::SeeLandscape)?;
        let read = self.store.read();
        if let Some(environment) = environment {
            let found = store::environments::find(read, environment.0).await?;
            store::or_missing(found, "This environment")?;
        }
        let limit = u64::from(MAX_PAGE);
        let here = environment.map(|environment| environment.0);
        let mut rows = catalog::list_installed(read, here, after, limit + 1).await?;
        let more = rows.len() as u64 > limit;
        rows.truncate(MAX_PAGE as usize);
        let next = rows.last().filter(|_| more);
        Ok(InstalledPage {
            next: next.map(|row| row.name_folded.clone()),
            rows: self.installed(rows, environment).await?,
        })
    }

    /// An application; with an environment, only if it runs there.
    pub async fn read_installed(
        &self,
        actor: &Actor,
        application: ApplicationId,
        environment: Option<EnvironmentId>,
    ) -> Result<Installed, AppError> {
        actor.require(Action::SeeLandscape)?;
        let read = self.store.read();
        if let Some(environment) = environment {
            let found = store::environments::find(read, environment.0).await?;
            store::or_missing(found, "This environment")?;
        }
        let found = catalog::find_application(read, application.0).await?;
        let found = store::or_missing(found, "This application")?;
        let name = found.name.clone();
        let found = self.installed(vec![found], environment).await?.pop();
        let runs = |row: &Installed| environment.is_none() || !row.places.is_empty();
        store::or_missing(found.filter(runs), format!("{name} in this environment"))
    }

    /// Where these applications run.
    async fn installed(
        &self,
        rows: Vec<application::Model>,
        only: Option<EnvironmentId>,
    ) -> Result<Vec<Installed>, AppError> {
        let read = self.store.read();
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut running: BTreeMap<(Uuid, Uuid), _> =
            store::running::list_of_applications(read, &ids)
                .await?
                .into_iter()
                .filter(|row| row.present)
                .map(|row| ((row.application_id, row.environment_id), row))
                .collect();
        let bases: Vec<Uuid> = running.values().filter_map(|row| row.base_id).collect();
        let bases: BTreeMap<Uuid, VersionNumber> = catalog::versions(read, &bases)
            .await?
            .into_iter()
            .filter_map(|row| Some((row.id, row.number.parse().ok()?)))
            .collect();
        let mut modules: BTreeMap<(Uuid, Uuid), Vec<running_module::Model>> = BTreeMap::new();
        for row in store::running::list_modules_of_applications(read, &ids).await? {
            let place = modules.entry((row.application_id, row.environment_id));
            place.or_default().push(row);
        }
        let environments = store::environments::all(read).await?;
        let environments: Vec<Uuid> = environments
            .into_iter()
            .map(|row| row.id)
            .filter(|id| only.is_none_or(|only| only.0 == *id))
            .collect();
        Ok(rows
            .into_iter()
            .map(|row| Installed {
                application: ApplicationId(row.id),
                kind: kind_from(&row.kind),
                places: environments
                    .iter()
                    .filter_map(|environment| {
                        let place = (row.id, *environment);
                        let runs = running.remove(&place)?;
                        let base = runs
                            .base_id
                            .and_then(|id| bases.get(&id).map(|number| (VersionId(id), *number)));
                        let modules = modules.remove(&place).unwrap_or_default().into_iter();
                        Some(InstalledPlace {
                            environment: EnvironmentId(*environment),
                            modified: runs.modified || base.is_none(),
                            base,
                            broken: small(runs.broken),
                            outdated: small(runs.outdated),
                            modules: modules
                                .map(|row| ModuleVersionId(row.module_version_id))
                                .collect(),
                        })
                    })
                    .collect(),
                name: row.name,
                description: row.description,
            })
            .collect())
    }
}

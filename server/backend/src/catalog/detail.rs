//! One application's page and its tags.

use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::landscape::{Ix, Landscape};
use domain::plan::propose_number;
use domain::view::{ApplicationDetail, ModuleCell, ModuleRow, VersionFilter};
use domain::{
    AppError, ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, Timestamp, VersionNumber,
};
use protocol::SECRETS_LOCKED;
use std::collections::{BTreeMap, BTreeSet};
use store::catalog::{self, kind_from};
use store::entity::catalog::{running, running_module, version};
use store::entity::environments::{agent, environment};
use store::running as what_runs;
use uuid::Uuid;

/// Tags on the application's page.
const FIRST_VERSIONS: u32 = 50;

impl Backend {
    /// Whether there is such an application.
    pub async fn has_application(
        &self,
        actor: &Actor,
        application: ApplicationId,
    ) -> Result<bool, AppError> {
        actor.require(Action::SeeLandscape)?;
        let found = catalog::find_application(self.store.read(), application.0).await?;
        Ok(found.is_some())
    }

    /// One application's page.
    pub async fn read_application(
        &self,
        actor: &Actor,
        application: ApplicationId,
    ) -> Result<ApplicationDetail, AppError> {
        actor.require(Action::SeeLandscape)?;
        let read = self.store.read();
        let found = store::or_missing(
            catalog::find_application(read, application.0).await?,
            "This application",
        )?;
        let environments = self.environments_and_agents().await?;
        let rows: BTreeMap<Uuid, running::Model> =
            what_runs::list_of_applications(read, &[application.0])
                .await?
                .into_iter()
                .map(|row| (row.environment_id, row))
                .collect();
        let tags = catalog::versions_of(read, &[application.0]).await?;
        let newest = VersionFilter::newest(application, FIRST_VERSIONS);
        let (versions, version_total, _) = self.version_rows(&newest).await?;
        let cells = self
            .cells(&[application.0])
            .await?
            .remove(&application.0)
            .unwrap_or_default();
        let runs = what_runs::list_modules_of_application(read, application.0).await?;
        let places: Vec<(Uuid, String)> = environments
            .iter()
            .map(|(row, _)| (row.id, row.name.clone()))
            .collect();
        let guarded = self.guarded(application, &places, &rows, &tags).await?;
        Ok(ApplicationDetail {
            id: application,
            guarded,
            addresses: self.addresses(&environments, &runs).await?,
            modules: self
                .module_rows(application, &environments, &rows, &tags, &runs)
                .await?,
            proposals: environments
                .iter()
                .enumerate()
                .map(|(position, (environment, _))| {
                    let row = rows.get(&environment.id).filter(|row| row.present)?;
                    Some(propose(row, &tags, position > 0))
                })
                .collect(),
            running_revisions: environments
                .iter()
                .map(|(environment, _)| {
                    let row = rows.get(&environment.id).filter(|row| row.present)?;
                    Some(row.revision)
                })
                .collect(),
            environments: environments.into_iter().map(|(row, _)| row.name).collect(),
            name: found.name,
            description: found.description,
            cells,
            versions,
            version_total,
        })
    }

    /// Where the application is reached in each environment: its first module with a URL path,
    /// sites before services.
    async fn addresses(
        &self,
        environments: &[(environment::Model, Option<agent::Model>)],
        runs: &[running_module::Model],
    ) -> Result<Vec<Option<String>>, AppError> {
        let ids = runs.iter().map(|row| row.module_version_id).collect();
        let states = self.states.load(self.store.read(), ids).await?;
        Ok(environments
            .iter()
            .map(|(environment, agent)| {
                let agent = agent.as_ref()?;
                let best = runs
                    .iter()
                    .filter(|row| row.environment_id == environment.id)
                    .filter_map(|row| states.get(&row.module_version_id))
                    .filter(|state| !state.url_path.is_empty())
                    .min_by_key(|state| (state.kind, &state.url_path))?;
                let path = best.url_path.trim_matches('/');
                Some(format!("{}/{path}", agent.address))
            })
            .collect())
    }

    async fn module_rows(
        &self,
        application: ApplicationId,
        environments: &[(environment::Model, Option<agent::Model>)],
        rows: &BTreeMap<Uuid, running::Model>,
        tags: &[version::Model],
        runs: &[running_module::Model],
    ) -> Result<Vec<ModuleRow>, AppError> {
        let read = self.store.read();
        let landscape = self.landscape().await?;
        let problems = problems(&landscape, application);
        // The bundles of each base, to tell which modules differ from it.
        let bases: Vec<Uuid> = rows.values().filter_map(|row| row.base_id).collect();
        let made_of = catalog::version_modules(read, &bases).await?;
        let needed: BTreeSet<Uuid> = made_of
            .iter()
            .map(|row| row.module_version_id)
            .chain(runs.iter().map(|row| row.module_version_id))
            .collect();
        let states = self.states.load(read, needed).await?;
        let mut base_content: BTreeMap<(Uuid, Uuid), &str> = BTreeMap::new();
        for row in &made_of {
            if let Some(state) = states.get(&row.module_version_id) {
                base_content.insert((row.version_id, state.module), &state.digest);
            }
        }
        let number_of = |id: Uuid| -> Option<VersionNumber> {
            let tag = tags.iter().find(|tag| tag.id == id)?;
            tag.number.parse().ok()
        };
        let runs: BTreeMap<(Uuid, Uuid), &running_module::Model> = runs
            .iter()
            .map(|row| ((row.module_id, row.environment_id), row))
            .collect();
        let cell = |module: Uuid, environment: Uuid| -> ModuleCell {
            let Some(row) = runs.get(&(module, environment)) else {
                return ModuleCell {
                    version: None,
                    number: None,
                    modified: false,
                    broken: Vec::new(),
                    outdated: Vec::new(),
                    healthy: None,
                    secrets_locked: false,
                    published: None,
                };
            };
            let base = rows.get(&environment).and_then(|row| row.base_id);
            let digest = states
                .get(&row.module_version_id)
                .map(|state| state.digest.as_str());
            let same =
                base.is_some_and(|base| base_content.get(&(base, module)).copied() == digest);
            let key = (
                EnvironmentId(environment),
                ModuleVersionId(row.module_version_id),
            );
            let (broken, outdated) = problems.get(&key).cloned().unwrap_or_default();
            ModuleCell {
                version: Some(ModuleVersionId(row.module_version_id)),
                number: base.filter(|_| same).and_then(number_of),
                modified: base.is_some() && !same,
                broken,
                outdated,
                healthy: match row.state.as_str() {
                    "up" => Some(true),
                    "down" | "starting" | SECRETS_LOCKED => Some(false),
                    _ => None,
                },
                secrets_locked: row.state == SECRETS_LOCKED,
                published: Some(Timestamp(row.activated)),
            }
        };
        let mut modules = catalog::modules_of(read, application.0).await?;
        modules.sort_by(|a, b| a.name_folded.cmp(&b.name_folded));
        Ok(modules
            .into_iter()
            .map(|module| ModuleRow {
                id: ModuleId(module.id),
                kind: kind_from(&module.kind),
                cells: environments
                    .iter()
                    .map(|(environment, _)| cell(module.id, environment.id))
                    .collect(),
                name: module.name,
            })
            .collect())
    }
}

/// The number that tagging what runs would propose (V5).
pub(super) fn propose(
    row: &running::Model,
    tags: &[version::Model],
    downstream: bool,
) -> VersionNumber {
    let number = |tag: &version::Model| tag.number.parse::<VersionNumber>().ok();
    let base = tags
        .iter()
        .find(|tag| Some(tag.id) == row.base_id)
        .and_then(number);
    let existing: Vec<VersionNumber> = tags.iter().filter_map(number).collect();
    propose_number(base, &existing, downstream)
}

/// Broken elements and outdated producers of an application's modules, in words, by environment
/// and published state.
type Problems = BTreeMap<(EnvironmentId, ModuleVersionId), (Vec<String>, Vec<String>)>;

fn problems(landscape: &Landscape, application: ApplicationId) -> Problems {
    let mut problems = Problems::new();
    let Ok(place) = landscape
        .applications
        .binary_search_by_key(&application, |row| row.id)
    else {
        return problems;
    };
    let element = |ix: Ix| {
        let element = &landscape.elements[ix as usize];
        let module = &landscape.modules[element.module as usize].name;
        (
            format!("{} {module}.{}", element.kind.label(), element.name),
            module,
        )
    };
    for (at, environment) in (0..).zip(&landscape.environments) {
        let marks = landscape.reference_marks(at);
        for mark in marks
            .iter()
            .filter(|mark| mark.application as usize == place)
        {
            let missing = mark
                .missing
                .iter()
                .map(|ix| format!("{} is missing", element(*ix).0));
            let incompatible = mark
                .incompatible
                .iter()
                .map(|ix| format!("{} does not fit any more", element(*ix).0));
            let outdated: BTreeSet<&String> =
                mark.outdated.iter().map(|ix| element(*ix).1).collect();
            let version = landscape.module_versions[mark.version as usize].id;
            problems.insert(
                (environment.id, version),
                (
                    missing.chain(incompatible).collect(),
                    outdated.into_iter().cloned().collect(),
                ),
            );
        }
    }
    problems
}

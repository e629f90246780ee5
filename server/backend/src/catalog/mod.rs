//! Applications, their versions and their references.

mod blocking;
mod cells;
mod deliveries;
mod detail;
mod graph;
mod installed;
mod package;
mod retag;
mod search;
mod tagging;
mod tags;
mod versions;

pub use blocking::Block;
pub(crate) use blocking::absent;
pub use installed::{Installed, InstalledPage, InstalledPlace};
pub use package::Package;
pub use tags::{Tag, TagModule};

use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::landscape::Landscape;
use domain::view::{ApplicationCounts, ApplicationFilter, ApplicationRow, Page};
use domain::{AppError, ApplicationId};
use store::catalog::{self, kind_from};
use uuid::Uuid;

/// The most characters of a search that are looked at.
const MAX_SEARCH: usize = 200;

/// A filter whose text is no longer than is looked at.
fn bounded(mut filter: ApplicationFilter) -> ApplicationFilter {
    filter.text = filter.text.chars().take(MAX_SEARCH).collect();
    filter
}

impl Backend {
    /// A page of the matrix: the applications in one query, their cells in a fixed number more.
    pub async fn list_applications(
        &self,
        actor: &Actor,
        filter: ApplicationFilter,
    ) -> Result<Page<ApplicationRow>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let filter = bounded(filter);
        let (applications, total, unfiltered) =
            catalog::list_applications(self.store.read(), &filter).await?;
        let ids: Vec<Uuid> = applications.iter().map(|row| row.id).collect();
        let mut cells = self.cells(&ids).await?;
        Ok(Page {
            rows: applications
                .into_iter()
                .map(|row| ApplicationRow {
                    id: ApplicationId(row.id),
                    kind: kind_from(&row.kind),
                    modules: u32::try_from(row.modules).unwrap_or(0),
                    cells: cells.remove(&row.id).unwrap_or_default(),
                    name: row.name,
                })
                .collect(),
            offset: filter.offset,
            total,
            unfiltered,
        })
    }

    /// The numbers on the tabs and lane heads of the matrix.
    pub async fn count_applications(
        &self,
        actor: &Actor,
        filter: ApplicationFilter,
    ) -> Result<ApplicationCounts, AppError> {
        actor.require(Action::SeeLandscape)?;
        let filter = bounded(filter);
        let tabs = catalog::count_tabs(self.store.read(), &filter).await?;
        let environments = store::environments::all(self.store.read()).await?;
        let mut movable = vec![0; environments.len().min(1)];
        for pair in environments.windows(2) {
            let (from, into) = (pair[0].id, pair[1].id);
            movable.push(catalog::count_movable(self.store.read(), &filter, from, into).await?);
        }
        Ok(ApplicationCounts { tabs, movable })
    }

    /// Everything the installation knows, without secrets.
    pub async fn export_landscape(&self, actor: &Actor) -> Result<Landscape, AppError> {
        actor.require(Action::SeeLandscape)?;
        let landscape = self.landscape_for(actor).await?;
        let mut landscape = (*landscape).clone();
        // What is exported names no people.
        for plan in &mut landscape.active_plans {
            plan.started = None;
        }
        Ok(landscape)
    }
}

//! Where plans brought the versions of an application, with the notes that they were given.

use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::plan::PlanStatus;
use domain::view::{DELIVERY_PAGE, Deliveries, Delivery, MAX_PAGE};
use domain::{AppError, VersionId};
use store::{catalog, environments};

impl Backend {
    /// For each of these versions a page of the plans that brought it somewhere and are over, the
    /// newest first. Of more than a page of versions the first are answered.
    pub async fn list_deliveries(
        &self,
        actor: &Actor,
        mut versions: Vec<VersionId>,
        offset: u64,
    ) -> Result<Vec<Deliveries>, AppError> {
        actor.require(Action::SeeLandscape)?;
        versions.truncate(MAX_PAGE as usize);
        let read = self.store.read();
        let mut found = Vec::with_capacity(versions.len());
        for version in versions {
            let page = catalog::list_bringing(read, version.0, offset, u64::from(DELIVERY_PAGE));
            found.push((version, page.await?));
        }
        let plans = || found.iter().flat_map(|(_, (rows, _))| rows);
        let names = self.names(plans().map(|plan| plan.started_by).collect());
        let names = names.await?;
        let places = environments::all(read).await?;
        let place = |id| {
            let place = places.iter().find(|place| place.id == id);
            place.map_or_else(
                || "an environment that was removed".to_owned(),
                |place| place.name.clone(),
            )
        };
        Ok(found
            .into_iter()
            .map(|(version, (rows, total))| Deliveries {
                version,
                rows: rows
                    .into_iter()
                    .map(|plan| Delivery {
                        number: plan.number.unsigned_abs(),
                        target: place(plan.target_id),
                        status: PlanStatus::parse(&plan.status)
                            .unwrap_or(PlanStatus::FinishedWithErrors),
                        finished: names.stamp(plan.started_by, plan.finished),
                        name: plan.name,
                        notes: plan.notes,
                    })
                    .collect(),
                total,
            })
            .collect())
    }
}

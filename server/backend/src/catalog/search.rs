//! The command palette's search.

use super::MAX_SEARCH;
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::name::fold;
use domain::plan::PlanStatus;
use domain::view::Hit;
use domain::{AppError, ApplicationId, EnvironmentId};
use store::plans::PlanQuery;
use store::{catalog, environments, plans};

/// The most hits of one search.
const MOST: usize = 12;
/// The most plans among them, so that applications are not crowded out.
const PLANS: u64 = 5;

impl Backend {
    /// Finds applications, plans and environments by name or number, at most 12.
    pub async fn find(&self, actor: &Actor, text: &str) -> Result<Vec<Hit>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let text: String = text.trim().chars().take(MAX_SEARCH).collect();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.store.read();
        let folded = fold(&text);
        let environments = environments::all(read)
            .await?
            .into_iter()
            .filter(|row| row.name_folded.contains(&folded))
            .map(|row| Hit::Environment {
                id: EnvironmentId(row.id),
                name: row.name,
            });
        let query = PlanQuery {
            text: folded.clone(),
            ..PlanQuery::default()
        };
        let plans: Vec<Hit> = plans::list_plans(read, &query, 0, PLANS)
            .await?
            .into_iter()
            .filter_map(|row| {
                Some(Hit::Plan {
                    number: u64::try_from(row.number).ok()?,
                    status: PlanStatus::ALL
                        .into_iter()
                        .find(|status| status.as_str() == row.status)?,
                    name: row.name,
                })
            })
            .collect();
        let applications = catalog::find_applications(read, &text, MOST as u64)
            .await?
            .into_iter()
            .map(|row| Hit::Application {
                id: ApplicationId(row.id),
                name: row.name,
            });
        let mut hits: Vec<Hit> = applications.collect();
        hits.truncate(MOST - plans.len());
        hits.extend(plans);
        hits.extend(environments);
        hits.truncate(MOST);
        Ok(hits)
    }
}

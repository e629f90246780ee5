//! The command palette's search.

use super::MAX_SEARCH;
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::name::fold;
use domain::plan::PlanStatus;
use domain::view::{Found, Hit, PLAN_MATCH_CAP};
use domain::{AppError, ApplicationId, EnvironmentId};
use store::plans::{Cut, PlanQuery};
use store::{catalog, environments, plans};

/// The most applications of one search.
const APPLICATIONS: u64 = 7;
/// The most plans.
const PLANS: u64 = 5;
/// The most environments.
const ENVIRONMENTS: usize = 5;

impl Backend {
    /// Finds applications, plans and environments by name or number: of each kind the best, and
    /// how many more there are.
    pub async fn find(&self, actor: &Actor, text: &str) -> Result<Found, AppError> {
        actor.require(Action::SeeLandscape)?;
        let text: String = text.trim().chars().take(MAX_SEARCH).collect();
        if text.is_empty() {
            return Ok(Found::default());
        }
        let read = self.store.read();
        let folded = fold(&text);
        let environments: Vec<Hit> = environments::all(read)
            .await?
            .into_iter()
            .filter(|row| row.name_folded.contains(&folded))
            .map(|row| Hit::Environment {
                id: EnvironmentId(row.id),
                name: row.name,
            })
            .collect();
        let query = PlanQuery {
            text: folded.clone(),
            ..PlanQuery::default()
        };
        let plans: Vec<Hit> = plans::list_plans(read, &query, Cut::Start, PLANS)
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
        let all_plans = plans::count_plans(read, &query, PLAN_MATCH_CAP).await?;
        let mut hits: Vec<Hit> = catalog::find_applications(read, &text, APPLICATIONS)
            .await?
            .into_iter()
            .map(|row| Hit::Application {
                id: ApplicationId(row.id),
                name: row.name,
            })
            .collect();
        let more = |all: u64, shown: usize| all.saturating_sub(shown as u64);
        let all_applications = catalog::count_found(read, &text).await?;
        let found = Found {
            more_applications: more(all_applications, hits.len()),
            more_plans: more(all_plans, plans.len()),
            more_environments: environments.len().saturating_sub(ENVIRONMENTS) as u64,
            hits: {
                hits.extend(plans);
                hits.extend(environments.into_iter().take(ENVIRONMENTS));
                hits
            },
        };
        Ok(found)
    }
}

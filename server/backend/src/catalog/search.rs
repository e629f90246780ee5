//! The command palette's search.

use super::MAX_SEARCH;
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::name::fold;
use domain::plan::PlanStatus;
use domain::view::{Found, Hit, MatrixCell, PLAN_MATCH_CAP, PossibleMove};
use domain::{AppError, ApplicationId, EnvironmentId};
use store::plans::{Cut, PlanQuery};
use store::{catalog, environments, plans};
use uuid::Uuid;

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
        let mut plans: Vec<Hit> = plans::list_plans(read, &query, Cut::Start, PLANS)
            .await?
            .into_iter()
            .filter_map(|row| plan_hit(row.number, &row.status, row.name))
            .collect();
        let listed = plans.len();
        // Who types a number means that plan, whatever else has the number in it.
        let number = folded.trim_start_matches('#').parse::<u64>().ok();
        if let Some(number) = number
            && let Some(row) = plans::find_by_number(read, number).await?
            && row.status != PlanStatus::Draft.as_str()
            && let Some(exact) = plan_hit(row.number, &row.status, row.name)
        {
            plans.retain(|hit| *hit != exact);
            plans.insert(0, exact);
            plans.truncate(listed.max(1));
        }
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
            more_plans: more(all_plans, listed),
            more_environments: environments.len().saturating_sub(ENVIRONMENTS) as u64,
            hits: {
                hits.extend(plans);
                hits.extend(environments.into_iter().take(ENVIRONMENTS));
                hits
            },
        };
        Ok(found)
    }

    /// Finds applications by name, each with every two neighbouring environments of which the first
    /// runs it: whether a plan can move it there hangs on the two.
    pub async fn find_moves(
        &self,
        actor: &Actor,
        text: &str,
    ) -> Result<Vec<PossibleMove>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let text: String = text.trim().chars().take(MAX_SEARCH).collect();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let read = self.store.read();
        let applications = catalog::find_applications(read, &text, APPLICATIONS).await?;
        let ids: Vec<Uuid> = applications.iter().map(|row| row.id).collect();
        let mut cells = self.cells(&ids).await?;
        let names: Vec<String> = environments::all(read)
            .await?
            .into_iter()
            .map(|row| row.name)
            .collect();
        let mut moves = Vec::new();
        for row in applications {
            let cells = cells.remove(&row.id).unwrap_or_default();
            // Both are in promotion order.
            let lanes: Vec<(String, MatrixCell)> = names.iter().cloned().zip(cells).collect();
            for pair in lanes.windows(2).filter(|pair| pair[0].1.present) {
                moves.push(PossibleMove {
                    application: ApplicationId(row.id),
                    name: row.name.clone(),
                    here: pair[0].clone(),
                    next: pair[1].clone(),
                });
            }
        }
        Ok(moves)
    }
}

fn plan_hit(number: i64, status: &str, name: String) -> Option<Hit> {
    Some(Hit::Plan {
        number: u64::try_from(number).ok()?,
        status: PlanStatus::parse(status)?,
        name,
    })
}

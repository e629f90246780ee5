//! What is under way, for tests that look after every step.

use crate::Backend;
use domain::EnvironmentId;
use domain::plan::PlanStatus;
use std::collections::{BTreeMap, BTreeSet};
use store::testing::active;
use uuid::Uuid;

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// Its id.
    pub run: Uuid,
    /// The plan's number; none for a publication.
    pub plan: Option<u64>,
    /// The applications of which it moves modules.
    pub applications: BTreeSet<Uuid>,
    /// Whether it only links some of these modules anew.
    pub links_anew: bool,
}

fn as_stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn as_known(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl Backend {
    /// Runs in an environment that are not over.
    pub async fn under_way(&self, environment: EnvironmentId) -> Vec<UnderWay> {
        active::under_way(self.store.read(), environment.0)
            .await
            .expect("the database answers")
            .into_iter()
            .map(|one| UnderWay {
                run: one.run,
                plan: one.plan.map(as_known),
                applications: one.applications,
                links_anew: one.links_anew,
            })
            .collect()
    }

    /// Status and revision of plans, by number; those that are gone are left out.
    pub async fn stand(
        &self,
        plans: impl IntoIterator<Item = u64>,
    ) -> BTreeMap<u64, (PlanStatus, i64)> {
        active::stand(self.store.read(), plans.into_iter().map(as_stored))
            .await
            .expect("the database answers")
            .into_iter()
            .map(|(number, (status, revision))| {
                let status = PlanStatus::parse(&status).expect("a status");
                (as_known(number), (status, revision))
            })
            .collect()
    }

    /// The plans that stand in line for an environment, first come first.
    pub async fn line_of(&self, environment: EnvironmentId) -> Vec<u64> {
        let places = store::line::list(self.store.read(), environment.0).await;
        let mut numbers = Vec::new();
        for place in places.expect("the database answers") {
            let row = store::plans::find(self.store.read(), place.plan_id).await;
            numbers.extend(
                row.expect("the database answers")
                    .map(|row| as_known(row.number)),
            );
        }
        numbers
    }

    /// What an environment runs, as the console knows it: modules and their versions.
    pub async fn runs_in(&self, environment: EnvironmentId) -> BTreeMap<Uuid, Uuid> {
        active::runs(self.store.read(), environment.0)
            .await
            .expect("the database answers")
    }
}

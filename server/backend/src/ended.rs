//! How one's own plans ended, as the watch bar tells it.

use crate::{Actor, Backend};
use domain::plan::PlanStatus;
use domain::view::{EndedPlanRef, Watch};
use domain::{AppError, Timestamp};
use store::entity::plans::plan;
use store::plans_ended;

impl Backend {
    /// The last plan that the actor started and that is over, for as long as that is news.
    pub(crate) async fn last_ended(&self, actor: &Actor) -> Result<Option<EndedPlanRef>, AppError> {
        let connection = self.store.read();
        let after = self.now() - Watch::NEWS;
        let Some(row) = plans_ended::find_last(connection, actor.user.0, after).await? else {
            return Ok(None);
        };
        let Some(mut ended) = ended_from(row) else {
            return Ok(None);
        };
        if ended.failed {
            ended.failed =
                !plans_ended::started_after(connection, actor.user.0, ended.over.0).await?;
        }
        Ok(Some(ended))
    }
}

fn ended_from(row: plan::Model) -> Option<EndedPlanRef> {
    let status = PlanStatus::ALL
        .into_iter()
        .find(|status| status.as_str() == row.status)?;
    let failed = match status {
        PlanStatus::FinishedWithErrors => true,
        PlanStatus::Aborted => row.aborted_by.is_none(),
        _ => false,
    };
    Some(EndedPlanRef {
        number: u64::try_from(row.number).ok()?,
        name: row.name,
        status,
        over: Timestamp(row.finished?),
        failed,
    })
}

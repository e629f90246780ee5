//! *Replicate to Quality*: exactly what a later environment runs, brought to an earlier one, so that
//! a fault can be mended on what has it (S0, domain.md 3.12). Lower versions are allowed.

use super::draft::{ends, preselected};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::plan::PlanKind;
use domain::{AppError, ApplicationId, EnvironmentId};
use std::collections::BTreeSet;

impl Backend {
    /// Makes a draft that brings to `target` what `source` runs of the applications, and gives its
    /// number. What the source does not run is left out.
    pub async fn replicate_applications(
        &self,
        actor: &Actor,
        source: EnvironmentId,
        target: EnvironmentId,
        applications: Vec<ApplicationId>,
    ) -> Result<u64, AppError> {
        actor.require(Action::EditPlan)?;
        self.store
            .write(async |tx| {
                let (from, to) = ends(tx, source, target).await?;
                if from.position <= to.position {
                    return Err(AppError::invalid(
                        "target",
                        format!(
                            "{} does not come before {}. Deploy there with an ordinary plan.",
                            to.name, from.name
                        ),
                    ));
                }
                let ids: Vec<_> = applications.iter().map(|id| id.0).collect();
                let there: BTreeSet<_> = store::plans::list_running(tx, &[source.0], &ids)
                    .await?
                    .into_iter()
                    .filter(|row| row.present)
                    .map(|row| row.application_id)
                    .collect();
                let mut seen = BTreeSet::new();
                let applications: Vec<ApplicationId> = applications
                    .iter()
                    .copied()
                    .filter(|id| there.contains(&id.0) && seen.insert(*id))
                    .collect();
                if applications.is_empty() {
                    return Err(AppError::invalid(
                        "applications",
                        format!(
                            "{} runs none of these applications. Nothing was made.",
                            from.name
                        ),
                    ));
                }
                let ends = (source, target);
                let content = preselected(tx, PlanKind::Replicate, ends, &applications).await?;
                self.insert_draft(tx, actor, &content, None).await
            })
            .await
    }
}

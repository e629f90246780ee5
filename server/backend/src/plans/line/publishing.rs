//! Who is next in line does not starve however often somebody publishes.

use super::serve::Waiting;
use crate::Backend;
use crate::plans::check::fault;
use domain::impact::Severity;
use domain::landscape::ActivePlan;
use domain::queue::stance;
use domain::{AppError, ApplicationId, PlanId};
use std::collections::BTreeSet;
use store::entity::environments::environment;
use store::running;
use uuid::Uuid;

/// How often the line is read again because the landscape moved on meanwhile.
const LOOKS: u32 = 8;

impl Backend {
    /// Refuses what would be published straight into an environment if it holds modules that the
    /// first plan in its line waits for: it would start once more when that plan is free, and again,
    /// and the plan never. Only the first has this, so that a line does not close an environment;
    /// and only while nothing but waiting is needed for it. References that only the publication
    /// brings count from its end on.
    pub(crate) async fn give_way_to_line(
        &self,
        environment: &environment::Model,
        application: ApplicationId,
        brought: &BTreeSet<Uuid>,
    ) -> Result<(), AppError> {
        for _ in 0..LOOKS {
            let mut line = store::line::list(self.store.read(), environment.id).await?;
            line.truncate(1);
            if line.is_empty() {
                return Ok(());
            }
            let revision = self.landscape().await?.revision;
            let Some(waiting) = self.read_line_facts(line, revision).await? else {
                continue;
            };
            let Some(first) = waiting.into_iter().next() else {
                return Ok(());
            };
            let running = running::list_modules(self.store.read(), environment.id).await?;
            let leaving = running
                .into_iter()
                .filter(|row| row.application_id == application.0)
                .map(|row| row.module_id);
            let touched: BTreeSet<Uuid> = leaving.chain(brought.iter().copied()).collect();
            let tie = tokio::task::spawn_blocking(move || first.tie_with(&touched));
            let tie = tie.await.map_err(|error| fault("line", &error))?;
            return match tie {
                None => Ok(()),
                Some((plan, needs)) => Err(AppError::conflict(
                    "next_in_line",
                    format!(
                        "{plan} is next in {} and needs {needs}. Nothing was published: publish again when it has run, or take it out of the line.",
                        environment.name
                    ),
                )),
            };
        }
        Err(AppError::Unavailable {
            message: format!(
                "What runs in {} changes faster than its line of plans can be read. Nothing was published; publish again.",
                environment.name
            ),
            retry_seconds: 1,
        })
    }
}

impl Waiting {
    /// Its title and what it needs, if it could not run beside a publication that holds these
    /// modules.
    fn tie_with(&self, touched: &BTreeSet<Uuid>) -> Option<(String, String)> {
        let holds = &self.stance.holds;
        let report = &self.stance.report;
        if report.count(Severity::Error) > 0 {
            // It will be sent back, or something else than what runs holds it up.
            return None;
        }
        let modules = &self.index.landscape().modules;
        let held = modules
            .iter()
            .zip(0..)
            .filter(|(m, _)| touched.contains(&m.id.0));
        let publication = ActivePlan {
            id: PlanId(Uuid::nil()),
            number: 0,
            name: String::new(),
            target: holds.target,
            modules: held.map(|(_, at)| at).collect(),
            brings: Vec::new(),
            started: None,
        };
        let of_plan = (holds.id, holds.number, holds.name.as_str());
        let stance = stance(&self.index, &self.plan.content, of_plan, &[publication]);
        let (_, finding) = stance.behind.into_iter().next()?;
        let needs = match &finding.path[..] {
            [module] => module.to_string(),
            path => format!("what this changes ({})", path.join(" uses ")),
        };
        Some((format!("#{} {}", holds.number, holds.name), needs))
    }
}

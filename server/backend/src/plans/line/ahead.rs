//! Whoever starts a plan at once stands behind those that wait in line already: nobody in line is
//! delayed by one who came later, and nobody starves however many press *Deploy now*. Nor does who is
//! next starve however often somebody publishes.

use super::serve::{Waiting, in_line, slots};
use crate::Backend;
use crate::environments::rules_from;
use crate::plans::Plan;
use crate::plans::check::{Checked, fault};
use domain::impact::{Finding, FindingCode, Report, Severity};
use domain::landscape::ActivePlan;
use domain::queue::{Cause, InLine, Turn, active_on, stance, turns};
use domain::{AppError, ApplicationId, PlanId};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::entity::environments::environment;
use store::running;
use uuid::Uuid;

/// How often the line is read again because the landscape moved on meanwhile.
const LOOKS: u32 = 8;

/// What a look at the line says of a plan that somebody wants to start at once.
pub(in crate::plans) enum Ahead {
    /// Nobody in line is delayed by it.
    Free,
    /// These come first.
    Taken(Vec<Finding>),
    /// The landscape or the line is another one by now.
    Changed,
}

impl Backend {
    /// Whether a plan that was checked may start before those in the line of its target.
    pub(in crate::plans) async fn look_at_line(
        &self,
        plan: &Plan,
        checked: &Checked,
    ) -> Result<Ahead, AppError> {
        let target = plan.content.target.0;
        let mut line = store::line::list(self.store.read(), target).await?;
        line.retain(|place| place.plan_id != plan.row.id);
        if line.is_empty() {
            return Ok(Ahead::Free);
        }
        let environment = store::environments::find(self.store.read(), target).await?;
        let environment = store::or_missing(environment, "The target environment")?;
        let limit = rules_from(&environment).limit();
        let revision = checked.index.landscape().revision;
        let Some(waiting) = self.read_line_facts(line, revision).await? else {
            return Ok(Ahead::Changed);
        };
        let ahead: Vec<ActivePlan> = waiting.iter().map(|one| one.stance.holds.clone()).collect();
        let (shared, content) = (Arc::clone(&checked.index), plan.content.clone());
        let (id, name) = (PlanId(plan.row.id), plan.row.name.clone());
        let number = u64::try_from(plan.row.number).unwrap_or(0);
        // Milliseconds of pure work; it must not hold up the requests.
        let own = tokio::task::spawn_blocking(move || {
            stance(&shared, &content, (id, number, &name), &ahead)
        })
        .await
        .map_err(|error| fault("line", &error))?;
        let active: Vec<ActivePlan> = active_on(&checked.index).cloned().collect();
        let mut all: Vec<InLine> = waiting.iter().map(|one| in_line(&one.stance)).collect();
        all.push(in_line(&own));
        let causes = match turns(&slots(&active), limit, &all).pop() {
            Some(Turn::Wait(causes)) => causes,
            Some(Turn::Start) | None => return Ok(Ahead::Free),
        };
        let found = causes.into_iter().filter_map(|cause| match cause {
            // What is active was looked at by the check.
            Cause::Active(_) => None,
            Cause::Ahead(at) => {
                let mut behind = own.behind.iter();
                behind
                    .find(|(other, _)| *other == at)
                    .map(|(_, finding)| finding.clone())
            }
            Cause::Slot => waiting.first().map(|first| {
                let holds = &first.stance.holds;
                slot_kept(&format!("#{} {}", holds.number, holds.name))
            }),
        });
        let found: Vec<Finding> = found.collect();
        Ok(if found.is_empty() {
            Ahead::Free
        } else {
            Ahead::Taken(found)
        })
    }
}

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
            let running = running::list_modules(self.store.read(), Some(environment.id)).await?;
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
        };
        let of_plan = (holds.id, holds.number, holds.name.as_str());
        let stance = stance(&self.index, &self.plan.content, of_plan, &[publication]);
        let (_, finding) = stance.behind.into_iter().next()?;
        let needs = match &finding.path[..] {
            [module] => module.clone(),
            path => format!("what this changes ({})", path.join(" uses ")),
        };
        Some((format!("#{} {}", holds.number, holds.name), needs))
    }
}

/// That the free slots are kept for plans in line, of which this is the first.
fn slot_kept(first: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        code: FindingCode::ParallelLimit,
        application: None,
        consumer: None,
        producer: None,
        elements: Vec::new(),
        element_count: 0,
        versions: domain::impact::Versions::default(),
        path: Vec::new(),
        detail: Some(format!(
            "Plans that wait in line come first, the next one is {first}"
        )),
    }
}

/// A report with what was found in the line, most urgent first as ever.
pub(in crate::plans) fn with_line(mut report: Report, found: Vec<Finding>) -> Report {
    let errors = report
        .findings
        .iter()
        .take_while(|finding| finding.severity == Severity::Error)
        .count();
    report.findings.splice(errors..errors, found);
    report
}

//! What people ask of the console about plans.

use super::asker::Asker;
use super::factory::App;
use domain::impact::{Finding, FindingCode, Report, Severity};
use domain::plan::PlanStatus;
use domain::view::{
    ApplicationDetail, NewVersion, PlanDetail, PlanPage, PlanRequest, PlanRow, QueueOutcome,
    StartOutcome,
};
use domain::{ApplicationId, EnvironmentId, VersionId};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A plan that was made.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    pub number: u64,
    pub revision: i64,
    pub waits: bool,
}

/// Tags what an environment runs.
pub async fn tag(ask: &Asker, environment: EnvironmentId, app: App, edition: u32) {
    let application = ApplicationId(app.id());
    let detail: ApplicationDetail = ask
        .call("read_application", &json!({ "application": application }))
        .await
        .unwrap();
    let new = NewVersion {
        application,
        environment,
        number: format!("1.{edition}"),
        description: format!("Edition {edition}."),
        running_revision: detail.running_revisions[0].unwrap(),
    };
    let _: VersionId = ask
        .call("tag_version", &json!({ "new": new }))
        .await
        .unwrap();
}

/// What is asked for to make a plan from one environment to another.
pub fn new_plan((source, target): (EnvironmentId, EnvironmentId), apps: &[App]) -> Value {
    let applications: Vec<ApplicationId> = apps.iter().map(|app| ApplicationId(app.id())).collect();
    json!({ "source": source, "target": target, "applications": applications })
}

/// Makes a plan; its number and revision.
pub async fn create(ask: &Asker, ends: (EnvironmentId, EnvironmentId), apps: &[App]) -> (u64, i64) {
    let number: u64 = ask
        .call("create_plan", &new_plan(ends, apps))
        .await
        .unwrap();
    let plan: PlanDetail = ask
        .call("read_plan", &json!({ "number": number }))
        .await
        .unwrap();
    (number, plan.revision)
}

/// Starts a plan or puts it in line; what is refused of it, if anything.
async fn begin(ask: &Asker, made: &Made) -> Result<Option<Report>, Value> {
    let Made {
        number, revision, ..
    } = made;
    if made.waits {
        let queued = json!({ "number": number, "revision": revision });
        let queued = ask.call("queue_plan", &queued).await;
        return queued.map(|outcome| match outcome {
            QueueOutcome::Queued => None,
            QueueOutcome::Refused(report) => Some(report),
        });
    }
    let started = json!({ "number": number, "revision": revision, "override_reason": null });
    let started = ask.call("start_plan", &started).await;
    started.map(|outcome| match outcome {
        StartOutcome::Started => None,
        StartOutcome::Refused(report) => Some(report),
    })
}

/// The same, however often the console dies over it: it is told apart whether it had begun.
pub async fn start(ask: &Asker, made: &Made) {
    let number = made.number;
    // Listened to before the first try, so that no change in between is missed.
    let mut changes = ask.listen().await;
    loop {
        match begin(ask, made).await {
            Ok(None) => return,
            // Its agent was struck down, or a publication holds its modules: when that is over,
            // that is a change.
            Ok(Some(report)) if report.findings.iter().all(|one| passes(one, made.waits)) => {
                let heard = match &mut changes {
                    Some(stream) => matches!(stream.chunk().await, Ok(Some(_))),
                    None => false,
                };
                if !heard {
                    changes = ask.listen().await;
                }
            }
            Ok(Some(report)) => panic!("plan #{number} is refused: {report:?}"),
            Err(problem) => {
                // A draft is not listed: it has not begun.
                if list(ask).await.contains_key(&number) {
                    return;
                }
                let text = problem.to_string();
                assert!(
                    text.contains("Unavailable"),
                    "plan #{number} cannot be started: {text}"
                );
            }
        }
    }
}

/// Whether a finding goes away by itself. A publication is named without a number; another plan
/// stands in the way only of those that wait in line.
fn passes(finding: &Finding, waits: bool) -> bool {
    if finding.severity != Severity::Error {
        return true;
    }
    match finding.code {
        FindingCode::TargetUnreachable => true,
        FindingCode::AheadInLine => waits,
        FindingCode::ParallelSameModule | FindingCode::ParallelRelatedModule => finding
            .detail
            .as_ref()
            .is_some_and(|detail| waits || !detail.starts_with('#')),
        _ => false,
    }
}

/// All plans that are not drafts, by number.
pub async fn list(ask: &Asker) -> BTreeMap<u64, PlanRow> {
    let request = PlanRequest {
        limit: domain::view::MAX_PAGE,
        ..PlanRequest::default()
    };
    let page: PlanPage = ask
        .call("list_plans", &json!({ "request": request }))
        .await
        .unwrap();
    page.rows.into_iter().map(|row| (row.number, row)).collect()
}

fn is_over(row: &PlanRow) -> bool {
    matches!(
        row.status,
        PlanStatus::Aborted
            | PlanStatus::FinishedSuccessful
            | PlanStatus::FinishedWithWarnings
            | PlanStatus::FinishedWithErrors
    )
}

/// Waits until these plans are over, and continues those that are prepared: looks whenever the
/// console says that a plan has changed.
pub async fn until_over(ask: &Asker, plans: &[u64]) {
    loop {
        let Some(mut changes) = ask.listen().await else {
            continue;
        };
        loop {
            let rows = list(ask).await;
            let prepared = plans.iter().filter(|number| {
                rows.get(number)
                    .is_some_and(|row| row.status == PlanStatus::NeedsIntervention)
            });
            for number in prepared {
                // Somebody may have aborted it meanwhile.
                let number = json!({ "number": number });
                let _: Result<Value, Value> = ask.call("continue_plan", &number).await;
            }
            if plans
                .iter()
                .all(|number| rows.get(number).is_some_and(is_over))
            {
                return;
            }
            // Broken off: the console died, or the agents' side of it went on without us.
            match changes.chunk().await {
                Ok(Some(_)) => {}
                _ => break,
            }
        }
    }
}

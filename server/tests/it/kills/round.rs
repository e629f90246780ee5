//! A round: a new edition of everything in Development, plans to Quality and Production and a
//! publication all at once, strikes while they run, and a look at every target when they are over.

use super::asker::Asker;
use super::factory::App;
use super::world::{ENVIRONMENTS, PATIENCE, Victim, World};
use domain::impact::{Finding, FindingCode};
use domain::plan::PlanStatus;
use domain::view::{
    ApplicationDetail, NewVersion, PlanDetail, PlanPage, PlanRequest, PlanRow, StartOutcome,
};
use domain::{ApplicationId, EnvironmentId, VersionId};
use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

/// When somebody is struck: after so many moments of the first victim.
#[derive(Debug)]
struct Strike {
    after: u64,
    victims: Vec<Victim>,
}

/// What happens in a round.
#[derive(Debug)]
pub struct Round {
    strikes: Vec<Strike>,
    /// Where Desk's service refuses to start, so that its plan goes back.
    refuses: &'static str,
    /// The plan (by position) that a person stops after so many moments of its target.
    abort: Option<(usize, u64)>,
}

/// The plans of a round: what goes where, by position of the environment.
const PLANS: [(&[App], usize); 4] = [
    (&[App::Core, App::Shop], 1),
    (&[App::Desk], 1),
    (&[App::Core, App::Shop], 2),
    (&[App::Desk], 2),
];

impl Round {
    pub fn draw(dice: &mut SmallRng) -> Self {
        let strikes = (0..dice.random_range(4..=7))
            .map(|_| {
                let victim = match dice.random_range(0..8) {
                    0..=2 => Victim::Console,
                    3..=4 => Victim::Agent(1),
                    5..=6 => Victim::Agent(2),
                    _ => Victim::Agent(0),
                };
                let mut victims = vec![victim];
                if dice.random_range(0..4) == 0 {
                    victims.push(match victim {
                        Victim::Console => Victim::Agent(dice.random_range(1..3)),
                        Victim::Agent(_) => Victim::Console,
                    });
                }
                Strike {
                    after: dice.random_range(1..=25),
                    victims,
                }
            })
            .collect();
        Self {
            strikes,
            refuses: ["", "", "Quality", "Production"][dice.random_range(0..4)],
            abort: (dice.random_range(0..3) == 0)
                .then(|| (dice.random_range(0..PLANS.len()), dice.random_range(1..=30))),
        }
    }

    /// One strike at the console that walks the runs.
    pub fn of_consoles(dice: &mut SmallRng) -> Self {
        Self {
            strikes: vec![Strike {
                // The console's own moments are in its database; those of an agent tell as well.
                after: dice.random_range(3..=20),
                victims: vec![Victim::Console],
            }],
            refuses: "",
            abort: None,
        }
    }

    pub async fn run(self, world: &mut World) {
        world.edition += 1;
        let edition = world.edition;
        let before = world.runs.clone();
        for app in [App::Core, App::Shop, App::Desk] {
            let refuses = if app == App::Desk { self.refuses } else { "" };
            let publication = world.ask.publish(app, edition, refuses).await;
            world.ask.published(&publication).await.unwrap();
            world.runs[0].insert(app, edition);
            tag(world, app, edition).await;
        }
        let lab = world.ask.publish(App::Lab, edition, "").await;
        world.runs[0].insert(App::Lab, edition);
        let mut plans = Vec::new();
        for (apps, target) in PLANS {
            plans.push(create(world, apps, target).await);
        }

        self.strike_until_over(world, &plans, &lab).await;

        let rows = list(&world.ask).await;
        for (at, (number, _)) in plans.iter().enumerate() {
            let (apps, target) = PLANS[at];
            let row = &rows[number];
            let planned = match row.status {
                PlanStatus::FinishedSuccessful | PlanStatus::FinishedWithWarnings => true,
                PlanStatus::Aborted => false,
                other => panic!("plan #{number} is {other:?}: {:?}", row.outcome),
            };
            let refused = apps.contains(&App::Desk) && ENVIRONMENTS[target].0 == self.refuses;
            let stopped = self.abort.is_some_and(|(plan, _)| plan == at);
            assert!(
                planned != refused || (!planned && stopped),
                "plan #{number} is {:?} with {self:?}: {:?}",
                row.status,
                row.outcome
            );
            if planned {
                for app in apps {
                    world.runs[target].insert(*app, edition);
                }
            }
        }
        println!(
            "  {} strikes, {}",
            world.strikes,
            plans
                .iter()
                .map(|(number, _)| format!("#{number} {:?}", rows[number].status))
                .collect::<Vec<_>>()
                .join(", ")
        );
        look(world, &before).await;
    }

    async fn strike_until_over(&self, world: &mut World, plans: &[(u64, i64)], lab: &str) {
        // The strikes need the world for themselves; those who ask need only its addresses.
        let asker = world.ask.clone();
        let numbers: Vec<u64> = plans.iter().map(|(number, _)| *number).collect();
        // A strike that has begun is carried through, also when everything is over meanwhile.
        let over = CancellationToken::new();
        let asked = async {
            for (number, revision) in plans {
                start(&asker, *number, *revision).await;
            }
            let ((), published) = tokio::join!(until_over(&asker, &numbers), asker.published(lab));
            published.expect("Lab is published");
            over.cancel();
        };
        let abort = over.run_until_cancelled(async {
            if let Some((plan, after)) = self.abort {
                let target = Victim::Agent(PLANS[plan].1);
                asker.moments(target).pass(after).await;
                let stop = json!({ "number": numbers[plan], "reason": "We changed our minds." });
                // It may be over, or too late, or not begun; then it is not stopped.
                let _: Result<Value, Value> = asker.call("abort_plan", &stop).await;
            }
        });
        let struck = async {
            for strike in &self.strikes {
                let due = async {
                    let first = strike.victims[0];
                    asker.moments(first).pass(strike.after).await;
                };
                if over.run_until_cancelled(due).await.is_none() {
                    return;
                }
                world.strike(&strike.victims).await;
            }
        };
        let all = async { tokio::join!(asked, abort, struck) };
        let _ = tokio::time::timeout(PATIENCE, all)
            .await
            .unwrap_or_else(|_| panic!("a plan or publication is lost, with {self:?}"));
    }
}

/// Tags what Development runs.
async fn tag(world: &World, app: App, edition: u32) {
    let application = ApplicationId(app.id());
    let detail: ApplicationDetail = world
        .ask
        .call("read_application", &json!({ "application": application }))
        .await
        .unwrap();
    let new = NewVersion {
        application,
        environment: world.agents[0].environment,
        number: format!("1.{edition}"),
        description: format!("Edition {edition}."),
        running_revision: detail.running_revisions[0].unwrap(),
    };
    let _: VersionId = world
        .ask
        .call("tag_version", &json!({ "new": new }))
        .await
        .unwrap();
}

/// Makes a plan; its number and revision.
async fn create(world: &World, apps: &[App], target: usize) -> (u64, i64) {
    let environment = |position: usize| -> EnvironmentId { world.agents[position].environment };
    let applications: Vec<ApplicationId> = apps.iter().map(|app| ApplicationId(app.id())).collect();
    let new = json!({
        "source": environment(0),
        "target": environment(target),
        "applications": applications,
    });
    let number: u64 = world.ask.call("create_plan", &new).await.unwrap();
    let plan: PlanDetail = world
        .ask
        .call("read_plan", &json!({ "number": number }))
        .await
        .unwrap();
    (number, plan.revision)
}

/// Starts a plan. If the console died over it, it is told apart whether it had begun.
async fn start(ask: &Asker, number: u64, revision: i64) {
    let started = json!({ "number": number, "revision": revision, "override_reason": null });
    // Listened to before the first try, so that no change in between is missed.
    let mut changes = ask.listen().await;
    loop {
        match ask.call("start_plan", &started).await {
            Ok(StartOutcome::Started) => return,
            // Its agent was struck down, or a publication holds its modules: when that is over,
            // that is a change.
            Ok(StartOutcome::Refused(report)) if report.findings.iter().all(passes) => {
                let heard = match &mut changes {
                    Some(stream) => matches!(stream.chunk().await, Ok(Some(_))),
                    None => false,
                };
                if !heard {
                    changes = ask.listen().await;
                }
            }
            Ok(StartOutcome::Refused(report)) => panic!("plan #{number} is refused: {report:?}"),
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
/// never stands in the way here.
fn passes(finding: &Finding) -> bool {
    match finding.code {
        FindingCode::TargetUnreachable => true,
        FindingCode::ParallelSameModule | FindingCode::ParallelRelatedModule => finding
            .detail
            .as_ref()
            .is_some_and(|detail| !detail.starts_with('#')),
        _ => false,
    }
}

/// All plans that are not drafts, by number.
async fn list(ask: &Asker) -> BTreeMap<u64, PlanRow> {
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

/// Waits until these plans are over: looks whenever the console says that a plan has changed.
async fn until_over(ask: &Asker, plans: &[u64]) {
    loop {
        let Some(mut changes) = ask.listen().await else {
            continue;
        };
        loop {
            let rows = list(ask).await;
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

/// Every environment serves exactly what it should, and the console knows it.
async fn look(world: &World, before: &[BTreeMap<App, u32>]) {
    for (position, runs) in world.runs.iter().enumerate() {
        for (app, edition) in runs {
            for (path, text) in app.shows(*edition) {
                let seen = async {
                    loop {
                        let (status, body) = world.read(position, &path).await;
                        // An agent that was just started may still start its services.
                        if status == 200 {
                            return body;
                        }
                    }
                };
                let body = tokio::time::timeout(PATIENCE, seen)
                    .await
                    .unwrap_or_else(|_| panic!("{path} is not served"));
                assert!(
                    body.contains(&text),
                    "{} in {} should be edition {edition} (before: {:?}) but {path} is: {body}",
                    app.name(),
                    ENVIRONMENTS[position].0,
                    before[position].get(app),
                );
            }
        }
    }
}

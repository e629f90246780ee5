//! Who is next: the lines are looked at whenever something may have become free. What
//! `domain::queue` says may start is checked once more, with the rights of who put it there, and
//! started as a person would. Several console processes may do this at the same time: a start
//! succeeds only on the landscape that it was checked on, so it happens once.

use super::super::check::{Checked, fault};
use super::super::draft::object;
use super::super::start::Try;
use super::super::{Plan, pass, plan_of};
use super::{ACCEPTED, words};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::environments::rules_from;
use crate::events::Topic;
use crate::people::actor_from;
use domain::impact::{Finding, FindingCode, Index, Report, Severity};
use domain::landscape::{ActivePlan, Landscape};
use domain::plan::{PlanEvent, PlanStatus};
use domain::queue::{Active, Cause, InLine, Stance, Turn, active_on, stance, turns};
use domain::view::{Blocker, Hindrance};
use domain::{AppError, EnvironmentId, PlanId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use store::entity::waiting::place;
use uuid::Uuid;

/// How many plans of one line are started or sent back before others have their turn.
const AT_ONCE: usize = 64;

/// The landscape on which nothing was left to do in a line, and the places in that line.
type Seen = (Weak<Landscape>, Vec<i64>);

/// The lines as they were when nothing was left to do, by target.
#[derive(Debug, Default)]
pub(crate) struct Served(Mutex<BTreeMap<Uuid, Seen>>);

impl Served {
    /// Whether neither the landscape nor the line is another one than then.
    fn is_done(&self, target: Uuid, landscape: &Arc<Landscape>, line: &[place::Model]) -> bool {
        let served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        served.get(&target).is_some_and(|(seen, places)| {
            std::ptr::eq(seen.as_ptr(), Arc::as_ptr(landscape))
                && places.iter().eq(line.iter().map(|place| &place.sequence))
        })
    }

    fn done(&self, target: Uuid, landscape: &Arc<Landscape>, line: &[place::Model]) {
        let places = line.iter().map(|place| place.sequence).collect();
        let mut served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        served.insert(target, (Arc::downgrade(landscape), places));
    }
}

/// A plan in line, with who put it there and where it stands.
pub(super) struct Waiting {
    place: place::Model,
    pub(super) plan: Plan,
    /// Who put it there; why nobody can start it in their name, if so.
    actor: Result<Actor, String>,
    pub(super) stance: Stance,
    pub(super) index: Arc<Index>,
}

impl Backend {
    /// Starts what is free to start, in every line.
    pub async fn serve_lines(&self) -> Result<(), AppError> {
        for target in store::line::list_targets(self.store.read()).await? {
            for _ in 0..AT_ONCE {
                // On the heap: it is long, and most of the time there is nothing to do.
                match Box::pin(self.serve_line(EnvironmentId(target))).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        // One line must not hold up the others; it is looked at again soon.
                        tracing::warn!(%target, code = error.code(), "a line of plans could not be served");
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Starts or sends back one plan of a line; false if there is nothing to do.
    async fn serve_line(&self, target: EnvironmentId) -> Result<bool, AppError> {
        let landscape = self.landscape().await?;
        let line = store::line::list(self.store.read(), target.0).await?;
        if line.is_empty() || self.served.is_done(target.0, &landscape, &line) {
            return Ok(false);
        }
        let environment = store::environments::find(self.store.read(), target.0).await?;
        let environment = store::or_missing(environment, "The target environment")?;
        let limit = rules_from(&environment).limit();
        let Some(waiting) = self
            .read_line_facts(line.clone(), landscape.revision)
            .await?
        else {
            // The landscape moved on meanwhile.
            return Ok(true);
        };
        let Some(first) = waiting.first() else {
            return Ok(false);
        };
        let active: Vec<ActivePlan> = active_on(&first.index).cloned().collect();
        let slots: Vec<Active> = active.iter().map(Active::of).collect();
        let in_line = |one: &Waiting| InLine::of(&one.stance.beside, &one.stance.behind);
        let all: Vec<InLine> = waiting.iter().map(in_line).collect();
        let turns = turns(&slots, limit, &all);
        let in_hand = store::executions::list_in_hand(self.store.read()).await?;
        for (one, turn) in waiting.iter().zip(&turns) {
            let held_up = held_up(one, &in_hand);
            if *turn == Turn::Start && held_up.is_empty() {
                return Box::pin(self.give_turn(one)).await;
            }
            let mut waits_for = match turn {
                Turn::Start => Vec::new(),
                Turn::Wait(causes) => causes
                    .iter()
                    .map(|cause| hindrance(*cause, one, &active, &waiting, limit))
                    .collect(),
            };
            waits_for.extend(held_up);
            self.note_wait(one, &waits_for).await?;
        }
        self.served.done(target.0, &landscape, &line);
        Ok(false)
    }

    /// Everybody in line, each checked on the landscape of this revision; none if it is another by
    /// now.
    pub(super) async fn read_line_facts(
        &self,
        line: Vec<place::Model>,
        revision: u64,
    ) -> Result<Option<Vec<Waiting>>, AppError> {
        let mut waiting: Vec<Waiting> = Vec::new();
        for place in line {
            let row = store::plans::find(self.store.read(), place.plan_id).await?;
            // Whoever left meanwhile stands here no more.
            let Some(row) = row.filter(|row| row.status == PlanStatus::Queued.as_str()) else {
                return Ok(None);
            };
            let plan = plan_of(self.store.read(), row).await?;
            let actor = self.who_queued(place.queued_by).await?;
            // What nobody can start still has its place until its turn.
            let eyes = match &actor {
                Ok(actor) => actor.clone(),
                Err(_) => Actor::at_terminal("somebody"),
            };
            let index = self
                .index_for(&eyes, plan.content.source, plan.content.target)
                .await?;
            if index.landscape().revision != revision {
                return Ok(None);
            }
            let ahead: Vec<ActivePlan> =
                waiting.iter().map(|one| one.stance.holds.clone()).collect();
            let content = plan.content.clone();
            let id = PlanId(plan.row.id);
            let number = u64::try_from(plan.row.number).unwrap_or(0);
            let name = plan.row.name.clone();
            let shared = Arc::clone(&index);
            // Milliseconds of pure work; it must not hold up the requests.
            let stance = tokio::task::spawn_blocking(move || {
                stance(&shared, &content, (id, number, &name), &ahead)
            })
            .await
            .map_err(|error| fault("line", &error))?;
            waiting.push(Waiting {
                place,
                plan,
                actor,
                stance,
                index,
            });
        }
        Ok(Some(waiting))
    }

    /// The person in whose name a plan starts, as they are now; or why it cannot.
    async fn who_queued(&self, by: Option<Uuid>) -> Result<Result<Actor, String>, AppError> {
        let Some(id) = by else {
            // Only who sits at the console's own machine has no account.
            return Ok(Ok(Actor::at_terminal("somebody")));
        };
        let user = store::people::find_user(self.store.read(), id).await?;
        Ok(match user {
            Some(user) if user.active => Ok(actor_from(&user)),
            Some(user) => Err(format!(
                "The account of {} is not active any more.",
                user.name
            )),
            None => Err("The account of who put it in line is gone.".to_owned()),
        })
    }

    /// It is its turn: it starts, or goes back to the saved ones; true if the line has to be looked
    /// at again.
    async fn give_turn(&self, one: &Waiting) -> Result<bool, AppError> {
        let number = u64::try_from(one.plan.row.number).unwrap_or(0);
        let checked = Checked {
            report: one.stance.report.clone(),
            index: Arc::clone(&one.index),
        };
        let actor = match &one.actor {
            Ok(actor) => actor,
            Err(reason) => {
                self.send_back(one, &checked, reason).await?;
                return Ok(true);
            }
        };
        let unaccepted = self.unaccepted(one, &checked.report).await?;
        if let Some(reason) = words::found(&unaccepted, &one.index, &one.plan.content) {
            self.send_back(one, &checked, &reason).await?;
            return Ok(true);
        }
        let because = one.place.override_reason.as_deref();
        match self
            .try_start(actor, &one.plan, &checked, because, true)
            .await
        {
            Ok(Try::Started) => {
                tracing::info!(number, "a plan was started from its line");
                self.after_start(number);
                Ok(true)
            }
            // Something changed since; or somebody else was faster.
            Ok(Try::Changed) | Err(AppError::Stale { .. } | AppError::NotFound { .. }) => Ok(true),
            // The database, or files that have not arrived: once more, later.
            Err(error @ (AppError::Unavailable { .. } | AppError::Internal { .. })) => Err(error),
            Err(error) => {
                self.send_back(one, &checked, &error.to_string()).await?;
                Ok(true)
            }
        }
    }

    /// What was found that nobody has given a reason for: the reason is about what was known when
    /// the plan was put in line.
    async fn unaccepted(&self, one: &Waiting, report: &Report) -> Result<Vec<Finding>, AppError> {
        let errors = report.findings.iter();
        let errors = errors.filter(|finding| finding.severity == Severity::Error);
        let mut unaccepted: Vec<Finding> = errors.cloned().collect();
        if one.place.override_reason.is_none() || unaccepted.is_empty() {
            return Ok(unaccepted);
        }
        let id = one.plan.row.id;
        let kept = store::plans::find_report(self.store.read(), id, ACCEPTED).await?;
        let accepted: Report = match kept {
            Some(kept) => {
                serde_json::from_str(&kept.report).map_err(|error| fault("report", &error))?
            }
            None => Report::default(),
        };
        unaccepted.retain(|error| {
            let known = accepted
                .own_errors()
                .any(|known| known.is_about_same(error));
            !known || !error.code.is_overridable()
        });
        Ok(unaccepted)
    }

    /// Makes it a saved plan again, and keeps why.
    async fn send_back(
        &self,
        one: &Waiting,
        checked: &Checked,
        reason: &str,
    ) -> Result<(), AppError> {
        let number = u64::try_from(one.plan.row.number).unwrap_or(0);
        let seen = &one.plan;
        // Nobody's right is needed for it.
        let slipway = Actor::at_terminal("Slipway");
        self.store
            .write(async |tx| {
                let next = pass(&slipway, seen, PlanEvent::LeaveQueue)?;
                self.move_plan(tx, seen, next, super::not_queued()).await?;
                store::line::send_back(tx, seen.row.id, self.now(), reason).await?;
                let mut now = seen.clone();
                PlanStatus::Saved.as_str().clone_into(&mut now.row.status);
                self.store_report(tx, &now, checked, "check").await?;
                let entry = Entry::new().at(seen.content.target).because(reason);
                self.record(tx, None, "plan_sent_back", object(seen), entry)
                    .await
            })
            .await
            .or_else(|error| match error {
                // Somebody else moved it.
                AppError::Stale { .. } => Ok(()),
                other => Err(other),
            })?;
        self.tell_line(number);
        Ok(())
    }

    /// Keeps what a plan waits for, if that is something else than before.
    async fn note_wait(&self, one: &Waiting, waits_for: &[Hindrance]) -> Result<(), AppError> {
        let text = serde_json::to_string(waits_for).map_err(|error| fault("line", &error))?;
        if text == one.place.waits_for {
            return Ok(());
        }
        self.store
            .write(async |tx| store::line::note_wait(tx, one.place.plan_id, &text).await)
            .await?;
        let number = u64::try_from(one.plan.row.number).unwrap_or(0);
        self.topics().bump([Topic::Plan(number), Topic::Plans]);
        Ok(())
    }
}

/// What keeps it from starting and passes by itself: the target's agent takes no work, one of its
/// environments is in maintenance, or what it takes from its source is in hand there, of these
/// environments and applications.
fn held_up(one: &Waiting, in_hand: &BTreeSet<(Uuid, Uuid)>) -> Vec<Hindrance> {
    let findings = one.stance.report.findings.iter();
    let found = |code| findings.clone().any(|finding| finding.code == code);
    let facts = one.index.landscape().environments.iter();
    let mut held_up = Vec::new();
    if found(FindingCode::TargetUnreachable) {
        let target = facts
            .clone()
            .find(|facts| facts.id == one.plan.content.target);
        held_up.extend(target.map(|facts| Hindrance::NoAgent(facts.name.clone(), facts.link)));
    }
    if found(FindingCode::EnvironmentInMaintenance) {
        let ends = [one.plan.content.source, one.plan.content.target];
        held_up.extend(
            facts
                .filter(|facts| ends.contains(&facts.id) && facts.maintenance.is_some())
                .map(|facts| Hindrance::Maintenance(facts.name.clone())),
        );
    }
    let source = one.plan.content.source;
    let place = one.index.landscape().environments.iter();
    let place = place.clone().find(|facts| facts.id == source);
    let takes_what_runs = |choice: &str| matches!(choice, "tag_and_deploy" | "deploy_custom");
    for row in one
        .plan
        .operations
        .iter()
        .filter(|row| takes_what_runs(&row.choice))
    {
        let applications = one.index.landscape().applications.iter();
        let mut named = applications.filter(|facts| facts.id.0 == row.application_id);
        if in_hand.contains(&(source.0, row.application_id))
            && let (Some(facts), Some(place)) = (named.next(), place)
        {
            held_up.push(Hindrance::InHand(facts.name.clone(), place.name.clone()));
        }
    }
    held_up
}

/// A cause as people read it.
fn hindrance(
    cause: Cause,
    one: &Waiting,
    active: &[ActivePlan],
    waiting: &[Waiting],
    limit: u32,
) -> Hindrance {
    let path = |found: &[(usize, Finding)], at: usize| {
        let finding = found.iter().find(|(other, _)| *other == at);
        finding.map_or_else(Vec::new, |(_, finding)| finding.path.clone())
    };
    match cause {
        Cause::Slot => Hindrance::Slot(limit),
        Cause::Active(at) => {
            let path = path(&one.stance.beside, at);
            let plan = &active[at];
            let blocker = Blocker {
                number: plan.number,
                name: plan.name.clone(),
                path,
            };
            if plan.is_publication() {
                Hindrance::Publication(blocker)
            } else {
                Hindrance::Plan(blocker)
            }
        }
        Cause::Ahead(at) => {
            let holds = &waiting[at].stance.holds;
            Hindrance::Ahead(Blocker {
                number: holds.number,
                name: holds.name.clone(),
                path: path(&one.stance.behind, at),
            })
        }
    }
}

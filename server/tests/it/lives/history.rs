//! What happened, in the order of the commits, as the audit has it; and what must hold after each of
//! them: what conflicts does not run together, the limit and the switches are kept, and nobody is
//! overtaken by whoever came later and conflicts.

use crate::installation::factory::App;
use domain::EnvironmentId;
use domain::environment::Rules;
use domain::plan::{Choice, PlanContent, PlanStatus};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::entity::audit::audit_entry;
use uuid::Uuid;

/// What somebody wants of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Save,
    Start,
    Queue,
}

/// Somebody pressed a button.
#[derive(Debug)]
struct Pressed {
    plan: Uuid,
    wish: Wish,
    /// The last entry before.
    from: i64,
    /// The last one when it was said that it is done; none as long as that is not known.
    until: Option<i64>,
}

#[derive(Debug)]
struct Stand {
    status: PlanStatus,
    /// The applications that it changes.
    brings: BTreeSet<Uuid>,
    /// Since when it is more than a draft.
    opened: Option<i64>,
    is_to_stop: bool,
}

/// A place in the line.
#[derive(Debug)]
struct Queued {
    plan: Uuid,
    joined: i64,
    /// The last entry before somebody wanted it there.
    asked: i64,
}

/// What became of everything.
#[derive(Debug, Default)]
pub struct Seen {
    pub ends: BTreeMap<PlanStatus, u32>,
    pub started_at_once: u32,
    /// Of these, while others stood in line.
    pub passed: u32,
    pub started_from_line: u32,
    pub sent_back: u32,
    pub prepared: u32,
    /// Publications into the target that began while plans ran there.
    pub published_beside: u32,
    /// The most plans at a time.
    pub at_a_time: usize,
}

#[derive(Debug)]
pub struct History {
    target: EnvironmentId,
    rules: Rules,
    /// Since when they are these.
    ruled: i64,
    /// The last entry.
    last: i64,
    plans: BTreeMap<Uuid, Stand>,
    line: Vec<Queued>,
    /// By run: where and what.
    publications: BTreeMap<Uuid, (EnvironmentId, Uuid)>,
    pressed: BTreeMap<u64, Pressed>,
    /// The runs that changed what the target runs, in their order.
    pub changed: Vec<Uuid>,
    pub seen: Seen,
    /// What must not be.
    pub wrong: Vec<String>,
}

/// Whether what brings these applications cannot run beside what brings those.
pub fn conflict(one: &BTreeSet<Uuid>, other: &BTreeSet<Uuid>) -> bool {
    let core = App::Core.id();
    let users = [App::Stall, App::Market, App::Kiosk].map(App::id);
    let uses = |brings: &BTreeSet<Uuid>| users.iter().any(|user| brings.contains(user));
    !one.is_disjoint(other)
        || (one.contains(&core) && uses(other))
        || (other.contains(&core) && uses(one))
}

/// How something is after what the entry tells.
fn after<T: DeserializeOwned>(entry: &audit_entry::Model) -> T {
    let text = entry.after.as_deref().expect("it says how it is now");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {error}: {text}", entry.action))
}

fn brings(entry: &audit_entry::Model) -> BTreeSet<Uuid> {
    let content: PlanContent = after(entry);
    let operations = content.operations.into_iter();
    let changed = operations.filter(|one| one.choice != Choice::DoNothing);
    changed.map(|one| one.application.0).collect()
}

fn run_of(entry: &audit_entry::Model) -> Uuid {
    let told: Value = after(entry);
    told["run"].as_str().unwrap().parse().unwrap()
}

impl History {
    /// From now on, when no plan is open and nothing is published.
    pub fn new(target: EnvironmentId, rules: Rules, last: i64) -> Self {
        Self {
            target,
            rules,
            ruled: last,
            last,
            plans: BTreeMap::new(),
            line: Vec::new(),
            publications: BTreeMap::new(),
            pressed: BTreeMap::new(),
            changed: Vec::new(),
            seen: Seen::default(),
            wrong: Vec::new(),
        }
    }

    /// Where a plan stands; none if it is gone.
    pub fn status(&self, plan: Uuid) -> Option<PlanStatus> {
        self.plans.get(&plan).map(|known| known.status)
    }

    pub fn is_published(&self) -> bool {
        !self.publications.is_empty()
    }

    /// Whether something goes on by itself until there is an entry more.
    pub fn goes_on(&self) -> bool {
        let mut plans = self.plans.values();
        self.is_published()
            || plans.any(|known| matches!(known.status, PlanStatus::Running | PlanStatus::Aborting))
    }

    /// Somebody is about to press a button.
    pub fn press(&mut self, plan: Uuid, wish: Wish) -> u64 {
        let key = self.pressed.last_key_value().map_or(0, |(key, _)| key + 1);
        let pressed = Pressed {
            plan,
            wish,
            from: self.last,
            until: None,
        };
        self.pressed.insert(key, pressed);
        key
    }

    /// It was said to be done, or not to be done.
    pub fn answered(&mut self, key: u64, until: Option<i64>) {
        match (until, self.pressed.get_mut(&key)) {
            (Some(_), Some(pressed)) => pressed.until = until,
            _ => {
                self.pressed.remove(&key);
            }
        }
    }

    /// Since when somebody has wanted what was done to a plan at this entry, in one of these ways.
    fn asked(&mut self, plan: Uuid, wishes: &[Wish], at: i64) -> i64 {
        let all = self.pressed.values();
        let asked = all
            .filter(|one| one.plan == plan && wishes.contains(&one.wish))
            .filter(|one| one.from < at && one.until.is_none_or(|until| until >= at))
            .map(|one| one.from)
            .min();
        asked.unwrap_or_else(|| {
            self.wrong
                .push(format!("entry {at}: nobody asked for {wishes:?} of {plan}"));
            at
        })
    }

    /// What the next entry of the audit tells.
    pub fn take(&mut self, entry: &audit_entry::Model) {
        let at = entry.sequence;
        self.last = at;
        let (Some(environment), Some(id)) = (entry.environment_id, entry.object_id) else {
            return;
        };
        let environment = EnvironmentId(environment);
        match entry.action.as_str() {
            "publication_started" => self.publish(environment, id, entry),
            "application_published" | "publication_failed" => {
                let run = run_of(entry);
                self.publications.remove(&run);
                if entry.action == "application_published" && environment == self.target {
                    self.changed.push(run);
                }
            }
            _ if environment != self.target => {}
            "environment_rules_changed" => {
                self.rules = after(entry);
                self.ruled = at;
            }
            "plan_started" => {
                let asked = self.asked(id, &[Wish::Start], at);
                self.seen.started_at_once += 1;
                self.seen.passed += u32::from(!self.line.is_empty());
                self.start(id, entry, asked);
            }
            "plan_started_from_line" => {
                let place = self.line.iter().find(|place| place.plan == id);
                let asked = place.map(|place| place.asked);
                if asked.is_none() {
                    self.wrong
                        .push(format!("entry {at}: {id} did not stand in line"));
                }
                self.seen.started_from_line += 1;
                self.start(id, entry, asked.unwrap_or(at));
            }
            "plan_queued" => {
                let asked = self.asked(id, &[Wish::Queue], at);
                self.open(id, at, asked);
                self.set(id, PlanStatus::Queued);
                let joined = at;
                self.line.push(Queued {
                    plan: id,
                    joined,
                    asked,
                });
                self.plan(id).brings = brings(entry);
            }
            "plan_left_queue" | "plan_sent_back" => {
                self.seen.sent_back += u32::from(entry.action == "plan_sent_back");
                self.set(id, PlanStatus::Saved);
            }
            "plan_created" => self.set(id, PlanStatus::Draft),
            "plan_saved" => {
                // Who starts a plan, or puts it in line, saves what nobody has saved.
                let asked = self.asked(id, &[Wish::Save, Wish::Start, Wish::Queue], at);
                self.open(id, at, asked);
                self.set(id, PlanStatus::Saved);
            }
            "plan_discarded" => {
                self.plans.remove(&id);
            }
            "plan_paused" => {
                self.seen.prepared += 1;
                self.set(id, PlanStatus::NeedsIntervention);
            }
            "plan_continued" => self.set(id, PlanStatus::Running),
            "plan_abort_requested" => {
                self.plan(id).is_to_stop = true;
                self.set(id, PlanStatus::Aborting);
            }
            "plan_stopped" | "plan_packages_expired" | "plan_suspension_expired" => {
                self.set(id, PlanStatus::Aborting);
            }
            "plan_aborted" | "plan_finished" => self.end(id, entry),
            _ => {}
        }
    }

    fn plan(&mut self, id: Uuid) -> &mut Stand {
        self.plans.entry(id).or_insert(Stand {
            status: PlanStatus::Draft,
            brings: BTreeSet::new(),
            opened: None,
            is_to_stop: false,
        })
    }

    fn set(&mut self, id: Uuid, status: PlanStatus) {
        self.plan(id).status = status;
        if status != PlanStatus::Queued {
            self.line.retain(|place| place.plan != id);
        }
    }

    /// A draft becomes a plan that everybody sees, as somebody has wanted it since `asked`.
    fn open(&mut self, id: Uuid, at: i64, asked: i64) {
        let opened = &mut self.plan(id).opened;
        if opened.is_some() {
            return;
        }
        *opened = Some(at);
        // What happens at the same moment as a change of the rules may come before it.
        if self.rules.parallel_creation || self.ruled > asked {
            return;
        }
        let is_open = |known: &Stand| {
            !known.status.is_terminal() && known.opened.is_some_and(|opened| opened <= asked)
        };
        let mut others = self.plans.iter();
        if let Some((other, _)) = others.find(|(_, known)| is_open(known)) {
            let wrong = format!("entry {at}: {id} was saved although {other} is not over");
            self.wrong.push(wrong);
        }
    }

    /// A plan starts; `asked` is the last entry before somebody wanted that.
    fn start(&mut self, id: Uuid, entry: &audit_entry::Model, asked: i64) {
        let at = entry.sequence;
        let moves = brings(entry);
        let active = self
            .plans
            .iter()
            .filter(|(_, known)| known.status.is_active());
        let active: Vec<(&Uuid, &Stand)> = active.collect();
        let mut wrong = Vec::new();
        for (other, known) in &active {
            if conflict(&moves, &known.brings) {
                wrong.push(format!("{id} began beside {other}: {known:?}"));
            }
        }
        for (run, (place, application)) in &self.publications {
            if *place == self.target && conflict(&moves, &BTreeSet::from([*application])) {
                wrong.push(format!("{id} began beside the publication {run}"));
            }
        }
        if active.len() >= self.rules.limit() as usize {
            wrong.push(format!("{id} began beside {active:?}, of {:?}", self.rules));
        }
        for place in &self.line {
            let ahead = place.plan != id && place.joined <= asked;
            if ahead && conflict(&moves, &self.plans[&place.plan].brings) {
                wrong.push(format!("{id}, asked for after {asked}, passed {place:?}"));
            }
        }
        self.seen.at_a_time = self.seen.at_a_time.max(active.len() + 1);
        let wrong = wrong.into_iter();
        self.wrong
            .extend(wrong.map(|wrong| format!("entry {at}: {wrong}")));
        self.open(id, at, asked);
        self.set(id, PlanStatus::Running);
        self.plan(id).brings = moves;
    }

    fn publish(
        &mut self,
        environment: EnvironmentId,
        application: Uuid,
        entry: &audit_entry::Model,
    ) {
        let run = run_of(entry);
        let plans = self.plans.iter();
        let active = plans.filter(|(_, known)| known.status.is_active());
        if environment == self.target {
            let beside: Vec<_> = active.collect();
            self.seen.published_beside += u32::from(!beside.is_empty());
            let same = |(_, known): &&(&Uuid, &Stand)| known.brings.contains(&application);
            if let Some((plan, _)) = beside.iter().find(same) {
                let at = entry.sequence;
                self.wrong.push(format!(
                    "entry {at}: the publication {run} began beside {plan}"
                ));
            }
        }
        self.publications.insert(run, (environment, application));
    }

    fn end(&mut self, id: Uuid, entry: &audit_entry::Model) {
        let status: PlanStatus = after(entry);
        *self.seen.ends.entry(status).or_default() += 1;
        self.set(id, status);
        match status {
            PlanStatus::FinishedSuccessful | PlanStatus::FinishedWithWarnings => {
                // A plan's run has the plan's id.
                self.changed.push(id);
            }
            PlanStatus::Aborted if self.plan(id).is_to_stop => {}
            _ => self.wrong.push(format!(
                "entry {}: {id} ended as {status:?}",
                entry.sequence
            )),
        }
    }
}

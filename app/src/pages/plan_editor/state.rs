//! What the editor holds: the plan's content with every change applied at once, and the queue of
//! changes on their way to the server. A change is applied by the same function on both sides.

use crate::api::plans::{edit_plan, read_plan};
use crate::components::toast::{Toasts, use_toasts};
use crate::error::ApiError;
use domain::impact::MissingProducer;
use domain::plan::{Choice, Operation, PlanContent, edit, plan_name};
use domain::view::{EligibleVersion, PlanApplicationRow, PlanDetail, PlanEdit};
use domain::{AppError, ApplicationId, VersionNumber};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::{BTreeMap, VecDeque};

/// A change that the server did not take because somebody else was faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The changes of this page that are not on the server.
    pub mine: Vec<PlanEdit>,
}

/// The editor's state. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Editor {
    /// The number people know the plan by.
    pub number: u64,
    /// The server's last word on status, stamps and permissions.
    pub detail: RwSignal<PlanDetail>,
    /// What the plan does, with the changes of this page.
    pub content: RwSignal<PlanContent>,
    /// What is known of each application, by id.
    pub rows: RwSignal<BTreeMap<ApplicationId, PlanApplicationRow>>,
    /// There are changes that were not saved.
    pub unsaved: RwSignal<bool>,
    /// Changes that wait for a decision.
    pub conflict: RwSignal<Option<Conflict>>,
    /// Changes on their way.
    queue: RwSignal<VecDeque<PlanEdit>>,
    sending: RwSignal<bool>,
    revision: RwSignal<i64>,
    waiting: StoredValue<Vec<Callback<()>>>,
    on_gone: Callback<()>,
    toasts: Toasts,
}

impl Editor {
    /// The editor of a plan as the server gave it. `on_gone` is called when the plan can no longer
    /// be edited (somebody started or removed it).
    pub fn new(detail: PlanDetail, on_gone: Callback<()>) -> Self {
        let rows = by_application(&detail.rows);
        Self {
            number: detail.row.number,
            content: RwSignal::new(detail.content.clone()),
            revision: RwSignal::new(detail.revision),
            unsaved: RwSignal::new(detail.row.status == domain::plan::PlanStatus::Draft),
            detail: RwSignal::new(detail),
            rows: RwSignal::new(rows),
            conflict: RwSignal::new(None),
            queue: RwSignal::new(VecDeque::new()),
            sending: RwSignal::new(false),
            waiting: StoredValue::new(Vec::new()),
            on_gone,
            toasts: use_toasts(),
        }
    }

    /// Whether the plan is a draft that only this person sees.
    pub fn is_draft(self) -> bool {
        self.detail
            .with(|d| d.row.status == domain::plan::PlanStatus::Draft)
    }

    /// Whether the reader may change it.
    pub fn may_edit(self) -> bool {
        self.detail.with(|d| d.may_edit)
    }

    /// The revision that the server knows; the next edit names it.
    pub fn revision(self) -> i64 {
        self.revision.get_untracked()
    }

    /// Whether everything typed here is on the server.
    pub fn is_settled(self) -> bool {
        self.queue.with(VecDeque::is_empty) && !self.sending.get()
    }

    /// Runs `then` once everything typed here is on the server; not at all if that fails.
    pub fn when_settled(self, then: Callback<()>) {
        if self.queue.with_untracked(VecDeque::is_empty) && !self.sending.get_untracked() {
            then.run(());
        } else {
            self.waiting.update_value(|waiting| waiting.push(then));
        }
    }

    /// The name of the plan, as its content makes it.
    pub fn name(self, target: &str) -> String {
        self.content.with(|content| {
            self.rows.with(|rows| {
                let brings: Vec<_> = content
                    .operations
                    .iter()
                    .filter(|o| o.choice != Choice::DoNothing)
                    .map(|o| {
                        let row = rows.get(&o.application);
                        let name = row.map_or_else(String::new, |r| r.name.clone());
                        (name, row.and_then(|r| number_of(&o.choice, r)))
                    })
                    .collect();
                plan_name(&brings, target)
            })
        })
    }

    /// Changes the plan: here at once, on the server as soon as the changes before are there.
    /// Tells whether anything changed.
    pub fn apply(self, change: PlanEdit) -> bool {
        let before = self.content.get_untracked();
        let after = self.rows.with_untracked(|rows| {
            edit(&before, change.clone(), |id| {
                rows.get(&id)
                    .map_or(Choice::DoNothing, |row| row.preselected.clone())
            })
        });
        match after {
            Ok(after) if after == before => false,
            Ok(after) => {
                self.content.set(after);
                self.unsaved.set(true);
                self.queue.update(|queue| queue.push_back(change));
                self.pump();
                true
            }
            Err(error) => {
                self.toasts.warn("Not changed", error.to_string());
                false
            }
        }
    }

    /// Puts applications into the plan whose rows are known from the dialog.
    pub fn add(self, rows: Vec<PlanApplicationRow>) {
        let ids: Vec<ApplicationId> = rows.iter().map(|row| row.application).collect();
        self.rows.update(|known| {
            for row in rows {
                known.insert(row.application, row);
            }
        });
        self.apply(PlanEdit::AddApplications(ids));
    }

    /// Puts a missing producer into the plan, with the lowest version that does.
    pub fn add_producer(self, missing: &MissingProducer) {
        self.rows.update(|rows| {
            rows.entry(missing.application)
                .or_insert_with(|| row_of(missing));
        });
        let choice = missing
            .lowest
            .map_or(Choice::DoNothing, |(version, _)| Choice::Deploy { version });
        self.set_or_add(missing.application, choice);
    }

    /// Gives an application this choice, and adds it first if it is not in the plan.
    pub fn set_or_add(self, application: ApplicationId, choice: Choice) {
        let mut content = self.content.get_untracked();
        if content
            .operations
            .iter()
            .any(|o| o.application == application)
        {
            self.apply(PlanEdit::SetChoice(application, choice));
        } else {
            content.operations.push(Operation {
                application,
                choice,
            });
            self.apply(PlanEdit::Replace(content));
        }
    }

    /// Takes a whole content, and offers the way back.
    pub fn replace(self, content: PlanContent, said: &str) {
        let before = self.content.get_untracked();
        if self.apply(PlanEdit::Replace(content)) {
            self.toasts.undoable(
                said,
                "",
                "Undo",
                Callback::new(move |()| {
                    self.apply(PlanEdit::Replace(before.clone()));
                }),
            );
        }
    }

    /// Asks the server how the plan is now.
    pub fn refresh(self) {
        spawn_local(async move {
            let answer = read_plan(self.number).await;
            match answer {
                Ok(detail) => self.take(detail),
                Err(ApiError::App(AppError::NotFound { .. })) => self.gone(),
                // What is on screen stays; the live stream says that it is old.
                Err(_) => {}
            }
        });
    }

    fn gone(self) {
        if self.detail.try_get_untracked().is_some() {
            self.on_gone.run(());
        }
    }

    /// Takes what the server says, unless changes are on their way: then it will be asked again.
    fn take(self, detail: PlanDetail) {
        let busy = self.sending.try_get_untracked().unwrap_or(true)
            || self
                .queue
                .try_with_untracked(|queue| !queue.is_empty())
                .unwrap_or(true)
            || self
                .conflict
                .try_with_untracked(Option::is_some)
                .unwrap_or(true);
        if busy {
            return;
        }
        if !detail.row.status.is_editable() {
            self.gone();
            return;
        }
        self.rows
            .update(|rows| rows.extend(by_application(&detail.rows)));
        if detail.revision != self.revision.get_untracked() {
            self.revision.set(detail.revision);
        }
        if self
            .content
            .with_untracked(|content| *content != detail.content)
        {
            self.content.set(detail.content.clone());
        }
        self.detail.set(detail);
    }

    /// Goes on with the server's content; the changes of this page are dropped.
    pub fn load_theirs(self) {
        self.queue.update(VecDeque::clear);
        self.conflict.set(None);
        self.refresh();
    }

    /// Puts the changes of this page on top of the server's content.
    pub fn keep_mine(self) {
        let Some(conflict) = self.conflict.get_untracked() else {
            return;
        };
        spawn_local(async move {
            match read_plan(self.number).await {
                Ok(detail) => {
                    self.queue.update(VecDeque::clear);
                    self.conflict.set(None);
                    self.take(detail);
                    for change in conflict.mine {
                        self.apply(change);
                    }
                }
                Err(error) => self.toasts.fail("The plan could not be loaded", &error),
            }
        });
    }

    /// Remembers a revision that another call brought (a save).
    pub fn saved(self, revision: i64) {
        let _ = self.revision.try_set(revision);
        let _ = self.unsaved.try_set(false);
        self.refresh();
    }

    fn pump(self) {
        if self.sending.get_untracked() || self.conflict.with_untracked(Option::is_some) {
            return;
        }
        let Some(change) = self.queue.with_untracked(|queue| queue.front().cloned()) else {
            return;
        };
        self.sending.set(true);
        let revision = self.revision.get_untracked();
        let reload = matches!(
            change,
            PlanEdit::AddApplications(_) | PlanEdit::SetEnvironments(..) | PlanEdit::Replace(_)
        );
        spawn_local(async move {
            let answer = edit_plan(self.number, revision, change).await;
            // The screen may be gone by now.
            if self.sending.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(revision) => {
                    self.revision.set(revision);
                    self.queue.update(|queue| {
                        queue.pop_front();
                    });
                    if self.queue.with_untracked(VecDeque::is_empty) {
                        self.settled();
                        if reload {
                            self.refresh();
                        }
                    } else {
                        self.pump();
                    }
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    fn settled(self) {
        let waiting = self
            .waiting
            .try_update_value(std::mem::take)
            .unwrap_or_default();
        for then in waiting {
            then.run(());
        }
    }

    fn refused(self, error: &ApiError) {
        self.waiting.update_value(Vec::clear);
        match error {
            ApiError::App(AppError::Stale { .. }) => {
                let mine = self
                    .queue
                    .with_untracked(|queue| queue.iter().cloned().collect());
                self.conflict.set(Some(Conflict { mine }));
            }
            ApiError::App(AppError::NotFound { .. }) => self.gone(),
            ApiError::App(_) | ApiError::Transport(_) => {
                self.queue.update(VecDeque::clear);
                self.toasts.fail("The last change was taken back", error);
                self.refresh();
            }
        }
    }
}

fn by_application(rows: &[PlanApplicationRow]) -> BTreeMap<ApplicationId, PlanApplicationRow> {
    rows.iter()
        .map(|row| (row.application, row.clone()))
        .collect()
}

/// The number of what a choice brings.
pub fn number_of(choice: &Choice, row: &PlanApplicationRow) -> Option<VersionNumber> {
    match choice {
        Choice::DoNothing => None,
        Choice::Deploy { version } => row
            .eligible
            .iter()
            .find(|e| e.id == *version)
            .map(|e| e.number),
        Choice::TagAndDeploy { number, .. } => Some(*number),
    }
}

/// What is known of a missing producer before the server says more.
fn row_of(missing: &MissingProducer) -> PlanApplicationRow {
    let mut eligible: Vec<EligibleVersion> = Vec::new();
    for (id, number) in missing.newest.into_iter().chain(missing.lowest) {
        if eligible.iter().all(|e| e.id != id) {
            eligible.push(EligibleVersion {
                id,
                number,
                description: String::new(),
                created: domain::Timestamp::default(),
            });
        }
    }
    PlanApplicationRow {
        application: missing.application,
        name: missing.name.clone(),
        kind: domain::application::ModuleKind::Service,
        modules: 0,
        different_modules: 0,
        in_source: missing
            .newest
            .map(|(_, number)| (Some(number), domain::application::Marks::default())),
        in_target: missing
            .in_target
            .map(|number| (Some(number), domain::application::Marks::default())),
        eligible,
        tag_proposal: None,
        blocked: None,
        preselected: missing
            .lowest
            .map_or(Choice::DoNothing, |(version, _)| Choice::Deploy { version }),
    }
}

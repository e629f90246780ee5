//! What the editor holds: the plan's content with every change applied at once, and the queue of
//! changes on their way to the server. A change is applied by the same function on both sides.

use super::conflict::Conflict;
use super::lost::LostPlan;
use super::missing::row_of;
use super::setting_drafts::SettingDrafts;
use super::settled::Waiting;
use super::tags::TagDrafts;
use super::undo::{Step, undo_from_elsewhere};
use crate::components::delay::Delay;
use crate::components::toast::{Toasts, use_toasts};
use crate::pages::blocking::Blocking;
use crate::routes;
use crate::session::{Session, use_session};
use domain::access::Action;
use domain::impact::MissingProducer;
use domain::plan::{Choice, Operation, PlanContent, edit, plan_name};
use domain::view::{EligibleVersion, PlanApplicationRow, PlanDetail, PlanEdit};
use domain::{ApplicationId, EnvironmentId, VersionNumber};
use leptos::prelude::*;
use std::collections::{BTreeMap, VecDeque};

/// Versions by application, with source and target.
pub(super) type Older =
    BTreeMap<ApplicationId, (EnvironmentId, EnvironmentId, Vec<EligibleVersion>)>;

/// The editor's state. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Editor {
    /// The number people know the plan by.
    pub number: u64,
    session: Session,
    /// The server's last word on status, stamps and permissions.
    pub detail: RwSignal<PlanDetail>,
    /// What the plan does, with the changes of this page.
    pub content: RwSignal<PlanContent>,
    /// What is known of each application, by id.
    pub rows: RwSignal<BTreeMap<ApplicationId, PlanApplicationRow>>,
    /// What the server has, or will have once all changes are there, is not what was saved.
    pub(super) dirty: RwSignal<bool>,
    /// Notes are typed that are not a change yet.
    pub typing: RwSignal<bool>,
    /// Why the notes that are typed cannot be sent.
    pub notes_problem: RwSignal<Option<String>>,
    /// Numbers and words of new tags that are typed and not a change yet.
    pub tags: TagDrafts,
    /// Values of site properties that are typed and not a change yet.
    pub settings: SettingDrafts,
    /// A block that is about to be lifted.
    pub blocking: RwSignal<Option<Blocking>>,
    /// The application whose modules are being chosen.
    pub choosing: RwSignal<Option<ApplicationId>>,
    /// The person is leaving; nothing is asked any more.
    pub(super) leaving: RwSignal<bool>,
    /// Makes what is typed a change.
    pub(super) flush: StoredValue<Option<Callback<()>>>,
    /// Changes that wait for a decision.
    pub conflict: RwSignal<Option<Conflict>>,
    /// Changes on their way.
    pub(super) queue: RwSignal<VecDeque<PlanEdit>>,
    /// A change, a save or a start is under way. Each names the revision that it saw, so there is
    /// one at a time.
    pub(super) sending: RwSignal<bool>,
    pub(super) revision: RwSignal<i64>,
    pub(super) waiting: StoredValue<VecDeque<Waiting>>,
    /// The server could not be reached; the queue is sent again later.
    pub(super) unsent: RwSignal<bool>,
    /// The answer to the queue's first change was lost: the server may have it.
    pub(super) doubtful: StoredValue<bool>,
    /// How often sending failed since it last worked.
    pub(super) tries: StoredValue<usize>,
    pub(super) retry: Delay,
    /// The editor is being left.
    pub(super) closed: StoredValue<bool>,
    /// Goes up whenever something is sent and whenever that is answered: what was asked before may
    /// be old by the time it is answered.
    pub(super) round: StoredValue<u64>,
    /// The server said something that could not be taken; it has to be asked again.
    pub(super) missed: StoredValue<bool>,
    /// Changes of the queue that name more than they change, with what they were made of.
    pub(super) steps: StoredValue<Vec<(PlanEdit, Step)>>,
    pub(super) on_gone: Callback<()>,
    pub(super) on_lost: Callback<LostPlan>,
    /// The plan is being removed from here: what is heard of it meanwhile is no news.
    pub(super) discarding: StoredValue<bool>,
    /// Versions that were read because somebody wanted older ones, with the ends they are for.
    pub(super) older: StoredValue<Older>,
    pub(super) toasts: Toasts,
    /// What can be taken back, by the message that offers it.
    pub(super) offers: StoredValue<Vec<(u64, Step)>>,
}

impl Editor {
    /// The editor of a plan as the server gave it. `on_gone` is called when the plan can no longer
    /// be edited (somebody started it), `on_lost` when it is not there any more.
    pub fn new(detail: PlanDetail, on_gone: Callback<()>, on_lost: Callback<LostPlan>) -> Self {
        let rows = by_application(&detail.rows);
        Self {
            number: detail.row.number,
            content: RwSignal::new(detail.content.clone()),
            revision: RwSignal::new(detail.revision),
            dirty: RwSignal::new(detail.row.unsaved),
            typing: RwSignal::new(false),
            notes_problem: RwSignal::new(None),
            tags: TagDrafts::new(),
            settings: SettingDrafts::new(),
            blocking: RwSignal::new(None),
            choosing: RwSignal::new(None),
            leaving: RwSignal::new(false),
            detail: RwSignal::new(detail),
            rows: RwSignal::new(rows),
            flush: StoredValue::new(None),
            conflict: RwSignal::new(None),
            queue: RwSignal::new(VecDeque::new()),
            sending: RwSignal::new(false),
            waiting: StoredValue::new(VecDeque::new()),
            unsent: RwSignal::new(false),
            doubtful: StoredValue::new(false),
            tries: StoredValue::new(0),
            retry: Delay::new(1_000),
            closed: StoredValue::new(false),
            round: StoredValue::new(0),
            missed: StoredValue::new(false),
            steps: StoredValue::new(Vec::new()),
            on_gone,
            on_lost,
            discarding: StoredValue::new(false),
            older: StoredValue::new(BTreeMap::new()),
            toasts: use_toasts(),
            session: use_session(),
            offers: StoredValue::new(Vec::new()),
        }
    }

    /// Whether the plan is a draft that only this person sees.
    pub fn is_draft(self) -> bool {
        self.detail
            .try_with(|d| d.row.status == domain::plan::PlanStatus::Draft)
            .unwrap_or(false)
    }

    /// Whether the reader may change it.
    pub fn may_edit(self) -> bool {
        self.detail.try_with(|d| d.may_edit).unwrap_or(false)
    }

    /// Who can deploy it, if the reader may not.
    pub fn who_can(self) -> Option<String> {
        self.detail.try_with(|d| d.who_can.clone()).flatten()
    }

    /// Why the reader may not change it.
    pub fn edit_refusal(self) -> Option<String> {
        if self.may_edit() {
            return None;
        }
        let told = self.detail.try_with(|d| d.refusal.clone()).flatten();
        told.or_else(|| Some("You may not change this plan.".to_owned()))
    }

    /// Why neither values nor ticks of consumers can be changed.
    pub fn values_refusal(self) -> Option<String> {
        let refusal = || self.session.refusal(Action::DeployApplications);
        self.edit_refusal().or_else(refusal)
    }

    /// The revision that the server knows.
    pub fn revision(self) -> i64 {
        self.revision.get_untracked()
    }

    /// The same, followed as it changes.
    pub fn known_revision(self) -> i64 {
        self.revision.get()
    }

    /// Whether there are changes that were not saved.
    pub fn is_unsaved(self) -> bool {
        !self.leaving.try_get().unwrap_or(true)
            && (self.dirty.try_get().unwrap_or(false) || self.is_typing())
    }

    /// Whether something is typed that is not a change yet.
    pub fn is_typing(self) -> bool {
        self.typing.try_get().unwrap_or(false) || self.tags.is_typing() || self.settings.is_typing()
    }

    /// Whether something is not with the server yet: typed, or on its way.
    pub fn has_unsent(self) -> bool {
        !self.leaving.try_get().unwrap_or(true)
            && (self.is_typing()
                || self.queue.try_with(|q| !q.is_empty()).unwrap_or(false)
                || self.conflict.try_with(Option::is_some).unwrap_or(false))
    }

    /// The person leaves, and was asked what to do with changes.
    pub fn leave(self) {
        self.leaving.set(true);
    }

    /// The plan is no more: nothing of what was typed here is sent.
    pub fn abandon(self) {
        self.queue.update(VecDeque::clear);
        self.typing.set(false);
        self.tags.clear();
        self.settings.clear();
        self.leave();
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
                plan_name(content.kind, &brings, target)
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
                if matches!(change, PlanEdit::Replace(_) | PlanEdit::SetRepublish(_)) {
                    let step = Step {
                        before,
                        after: after.clone(),
                    };
                    self.steps
                        .update_value(|steps| steps.push((change.clone(), step)));
                }
                self.content.set(after);
                self.dirty.set(true);
                if self.conflict.with_untracked(Option::is_some) {
                    self.conflict.update(|conflict| {
                        if let Some(conflict) = conflict {
                            conflict.mine.push(change.clone());
                        }
                    });
                }
                self.queue.update(|queue| queue.push_back(change));
                // While the server is away, the next try is set already.
                if !self.retry.is_waiting() {
                    self.pump();
                }
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

    /// Puts a missing producer into the plan, with the lowest version that does, or with a tag of
    /// what the source runs now if only that does.
    pub fn add_producer(self, missing: &MissingProducer) {
        self.rows.update(|rows| {
            rows.entry(missing.application)
                .or_insert_with(|| row_of(missing));
        });
        let choice = match (missing.lowest, missing.tag) {
            (Some((version, _)), _) => Choice::Deploy { version },
            (None, Some(number)) => Choice::TagAndDeploy {
                number,
                description: String::new(),
            },
            (None, None) => Choice::DoNothing,
        };
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
    pub fn replace(self, content: PlanContent, said: &str, text: &str) {
        let before = self.content.get_untracked();
        if self.apply(PlanEdit::Replace(content)) {
            self.offer_undo(before, said, text);
        }
    }

    /// Offers to take back what made the content of now out of `before`.
    pub fn offer_undo(self, before: PlanContent, said: &str, text: &str) {
        let after = self.content.get_untracked();
        if after == before {
            return;
        }
        let step = Step { before, after };
        let (number, toasts) = (self.number, self.toasts);
        let offered = step.clone();
        let message = toasts.undoable(number, said, text, move || {
            // The message stays when the editor is left, and the editor until another screen is there.
            let here = window().location().pathname().ok() == Some(routes::plan(number));
            match self.content.try_get_untracked().filter(|_| here) {
                Some(now) => {
                    let mut back = step.undone(&now);
                    // Who may not tick consumers cannot bring ticks back; the rest comes back.
                    if !self.session.can(Action::DeployApplications) {
                        back.republish.clone_from(&now.republish);
                    }
                    self.apply(PlanEdit::Replace(back));
                }
                None => undo_from_elsewhere(number, step.clone(), toasts),
            }
        });
        self.offers
            .update_value(|offers| offers.push((message, offered)));
    }

    /// Nothing that was offered to be taken back can be: the plan was saved, started, put in line
    /// or removed.
    pub(super) fn settle(self) {
        self.toasts.settle(self.number);
        self.offers.try_update_value(Vec::clear);
    }
}

pub(super) fn by_application(
    rows: &[PlanApplicationRow],
) -> BTreeMap<ApplicationId, PlanApplicationRow> {
    rows.iter()
        .map(|row| (row.application, row.clone()))
        .collect()
}

/// The number of what a choice brings.
pub fn number_of(choice: &Choice, row: &PlanApplicationRow) -> Option<VersionNumber> {
    match choice {
        Choice::DoNothing | Choice::DeployCustom { .. } => None,
        Choice::Deploy { version } => row
            .eligible
            .iter()
            .find(|e| e.id == *version)
            .map(|e| e.number),
        Choice::TagAndDeploy { number, .. } => Some(*number),
    }
}

//! Taking one step back, without losing what came after it.

use crate::api::plans::{edit_plan, read_plan};
use crate::components::toast::Toasts;
use crate::error::ApiError;
use domain::AppError;
use domain::plan::PlanContent;
use domain::view::PlanEdit;
use leptos::task::spawn_local;

/// A step that can be taken back: the content before it and the content it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The content before.
    pub before: PlanContent,
    /// The content right after.
    pub after: PlanContent,
}

impl Step {
    /// `now` with this step taken back. What was changed since, by whomever, stays as it is.
    pub fn undone(&self, now: &PlanContent) -> PlanContent {
        let Self { before, after } = self;
        let mut back = now.clone();
        if (now.source, now.target) == (after.source, after.target) {
            back.source = before.source;
            back.target = before.target;
        }
        if now.notes == after.notes {
            back.notes.clone_from(&before.notes);
        }
        if now.settings_after == after.settings_after {
            back.settings_after = before.settings_after;
        }
        let choice = |content: &PlanContent, id| {
            content
                .operations
                .iter()
                .find(|o| o.application == id)
                .map(|o| o.choice.clone())
        };
        back.operations.retain_mut(|operation| {
            let id = operation.application;
            match (choice(before, id), choice(after, id)) {
                // The step added it.
                (None, Some(_)) => false,
                (Some(was), Some(became)) => {
                    if operation.choice == became {
                        operation.choice = was;
                    }
                    true
                }
                // It came later, or came back.
                (_, None) => true,
            }
        });
        for (place, operation) in before.operations.iter().enumerate() {
            let id = operation.application;
            if choice(after, id).is_none() && choice(now, id).is_none() {
                let place = place.min(back.operations.len());
                back.operations.insert(place, operation.clone());
            }
        }
        back.republish
            .retain(|id| before.republish.contains(id) || !after.republish.contains(id));
        for id in &before.republish {
            if !after.republish.contains(id) && !back.republish.contains(id) {
                back.republish.push(*id);
            }
        }
        back.republish.sort_unstable();
        back
    }
}

impl Step {
    /// `now` with this step taken on top: what it changed is as it made it, whatever else was done
    /// meanwhile stays.
    pub fn redone(&self, now: &PlanContent) -> PlanContent {
        let Self { before, after } = self;
        let mut top = now.clone();
        if (before.source, before.target) != (after.source, after.target) {
            top.source = after.source;
            top.target = after.target;
        }
        if before.notes != after.notes {
            top.notes.clone_from(&after.notes);
        }
        let find = |content: &PlanContent, id| {
            let mut all = content.operations.iter();
            all.find(|o| o.application == id).cloned()
        };
        top.operations.retain(|operation| {
            let id = operation.application;
            find(before, id).is_none() || find(after, id).is_some()
        });
        for operation in &after.operations {
            let id = operation.application;
            if find(before, id).as_ref() == Some(operation) {
                continue;
            }
            match top.operations.iter_mut().find(|o| o.application == id) {
                Some(known) => known.choice = operation.choice.clone(),
                None => top.operations.push(operation.clone()),
            }
        }
        top.republish
            .retain(|id| !before.republish.contains(id) || after.republish.contains(id));
        for id in &after.republish {
            if !before.republish.contains(id) && !top.republish.contains(id) {
                top.republish.push(*id);
            }
        }
        top.republish.sort_unstable();
        top
    }
}

/// A change as it is to be made of `now`: what names more than it changes (all ticks, the whole
/// content) leaves alone what others have changed meanwhile.
pub(super) fn on_top(change: PlanEdit, steps: &[(PlanEdit, Step)], now: &PlanContent) -> PlanEdit {
    let step = steps.iter().find(|(made, _)| *made == change);
    match (&change, step) {
        (PlanEdit::Replace(_), Some((_, step))) => PlanEdit::Replace(step.redone(now)),
        (PlanEdit::SetRepublish(_), Some((_, step))) => {
            PlanEdit::SetRepublish(step.redone(now).republish)
        }
        _ => change,
    }
}

/// Takes a step back on the server, for a person who has left the editor meanwhile.
pub fn undo_from_elsewhere(number: u64, step: Step, toasts: Toasts) {
    spawn_local(async move {
        match undo_there(number, &step).await {
            Ok(()) => toasts.done(
                format!("Undone in plan #{number}"),
                "The plan is as it was before that change.",
            ),
            Err(error) => toasts.fail(format!("Nothing was undone in plan #{number}"), &error),
        }
    });
}

async fn undo_there(number: u64, step: &Step) -> Result<(), ApiError> {
    let mut tries = 0;
    loop {
        let plan = read_plan(number).await?;
        let content = step.undone(&plan.content);
        match edit_plan(number, plan.revision, PlanEdit::Replace(content)).await {
            // Somebody is editing it: what they did is kept, so look again.
            Err(ApiError::App(AppError::Stale { .. })) if tries < 3 => tries += 1,
            answer => return answer.map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plan::{Choice, Operation, PlanKind};
    use domain::{ApplicationId, EnvironmentId, ModuleId, VersionId};

    fn uuid<T: std::str::FromStr>(n: u32) -> T {
        format!("00000000-0000-7000-8000-{n:012}")
            .parse()
            .unwrap_or_else(|_| unreachable!("the text is a UUID"))
    }

    fn app(n: u32) -> ApplicationId {
        uuid(n)
    }

    fn module(n: u32) -> ModuleId {
        uuid(n)
    }

    fn deploy(n: u32) -> Choice {
        Choice::Deploy {
            version: uuid::<VersionId>(n),
        }
    }

    fn plan(operations: &[(u32, Choice)], republish: &[u32]) -> PlanContent {
        PlanContent {
            kind: PlanKind::Ordinary,
            source: uuid::<EnvironmentId>(1),
            target: uuid::<EnvironmentId>(2),
            operations: operations
                .iter()
                .map(|(n, choice)| Operation {
                    application: app(*n),
                    choice: choice.clone(),
                })
                .collect(),
            republish: republish.iter().map(|n| module(*n)).collect(),
            notes: String::new(),
            settings: Vec::new(),
            settings_after: false,
        }
    }

    #[test]
    fn right_away_it_gives_the_content_before() {
        let before = plan(&[(10, deploy(100)), (11, Choice::DoNothing)], &[5, 7]);
        for after in [
            plan(
                &[
                    (10, deploy(101)),
                    (11, Choice::DoNothing),
                    (12, deploy(120)),
                ],
                &[5, 6, 7],
            ),
            plan(&[(11, deploy(110))], &[]),
            PlanContent {
                source: uuid(2),
                target: uuid(1),
                ..plan(&[(10, Choice::DoNothing), (11, deploy(3))], &[])
            },
        ] {
            let step = Step {
                before: before.clone(),
                after: after.clone(),
            };
            assert_eq!(step.undone(&after), before);
        }
    }

    #[test]
    fn what_came_later_stays() {
        let step = Step {
            before: plan(&[(10, deploy(100)), (11, deploy(110))], &[5]),
            after: plan(
                &[(10, deploy(101)), (11, deploy(111)), (12, deploy(120))],
                &[5, 6],
            ),
        };
        let mut now = plan(
            &[
                (10, deploy(101)),
                // Chosen anew since.
                (11, Choice::DoNothing),
                (12, deploy(120)),
                // Added since.
                (13, deploy(130)),
            ],
            &[6, 8],
        );
        now.notes = "Tell the night shift".to_owned();
        let mut expected = plan(
            &[
                (10, deploy(100)),
                (11, Choice::DoNothing),
                (13, deploy(130)),
            ],
            &[8],
        );
        expected.notes.clone_from(&now.notes);
        assert_eq!(step.undone(&now), expected);
    }

    #[test]
    fn on_top_of_what_another_did_only_what_it_changed_counts() {
        let before = plan(&[(10, deploy(100)), (11, deploy(110))], &[5, 6]);
        let step = Step {
            before: before.clone(),
            // Another version, one application out and one in; one tick off and one on.
            after: plan(&[(10, deploy(101)), (12, deploy(120))], &[6, 7]),
        };
        assert_eq!(step.redone(&before), step.after);
        let mut theirs = plan(
            &[
                (10, Choice::DoNothing),
                (11, deploy(110)),
                (13, deploy(130)),
            ],
            &[5, 6, 8],
        );
        theirs.notes = "Tell the night shift".to_owned();
        let mut both = plan(
            &[(10, deploy(101)), (13, deploy(130)), (12, deploy(120))],
            &[6, 7, 8],
        );
        both.notes.clone_from(&theirs.notes);
        assert_eq!(step.redone(&theirs), both);
    }

    #[test]
    fn environments_chosen_since_are_kept() {
        let before = plan(&[], &[]);
        let after = PlanContent {
            target: uuid(3),
            ..before.clone()
        };
        let now = PlanContent {
            target: uuid(4),
            ..before.clone()
        };
        let step = Step { before, after };
        assert_eq!(step.undone(&now).target, uuid(4));
    }
}

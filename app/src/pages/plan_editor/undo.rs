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

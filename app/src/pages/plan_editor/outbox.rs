//! What becomes of a change that the server did not take: kept and sent again, put to the person,
//! or taken back; and the last changes of an editor that was left.

use super::unsent;
use crate::api::plans::{edit_plan, read_plan};
use crate::components::delay::sleep;
use crate::components::status::counted;
use crate::components::toast::Toasts;
use crate::error::ApiError;
use domain::AppError;
use domain::plan::{Choice, PlanContent, edit};
use domain::view::PlanEdit;
use leptos::task::spawn_local;
use std::collections::VecDeque;
use std::time::Duration;

/// What to do about a change after an answer that is no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Nobody said no: it is kept and sent again.
    Keep,
    /// Somebody else was faster (they may have started the plan), or an earlier try arrived after
    /// all.
    Ask,
    /// There is no such plan any more.
    Gone,
    /// It was refused: it is taken back.
    TakeBack,
}

/// The code of a refusal because the plan was started, or put in line.
const STARTED: &str = "plan_started";

/// What an answer means for the change that was sent.
pub(super) fn after(error: &ApiError) -> After {
    match error {
        // Who has to sign in first finds it again afterwards.
        ApiError::Transport(_)
        | ApiError::App(AppError::Unavailable { .. } | AppError::Unauthenticated) => After::Keep,
        ApiError::App(AppError::Stale { .. }) => After::Ask,
        ApiError::App(AppError::Conflict { code, .. }) if code == STARTED => After::Ask,
        ApiError::App(AppError::NotFound { .. }) => After::Gone,
        ApiError::App(_) => After::TakeBack,
    }
}

/// Whether a change whose answer was lost was taken: the plan is one revision further than the
/// change saw, and has what the change asks for.
pub(super) fn has_arrived(
    change: &PlanEdit,
    seen: i64,
    revision: i64,
    content: &PlanContent,
) -> bool {
    revision == seen + 1
        && edit(content, change.clone(), |_| Choice::DoNothing).is_ok_and(|same| same == *content)
}

/// Seconds between one try and the next. After the last one, somebody has to ask for it, or the
/// live stream has to come back.
const PAUSES: [u64; 10] = [1, 2, 4, 8, 15, 30, 30, 60, 60, 60];

/// How long to wait before the next try, after this many.
pub(super) fn pause(tries: usize) -> Option<Duration> {
    PAUSES.get(tries).copied().map(Duration::from_secs)
}

/// Sends the last changes of an editor that was left. The first of them may be on its way already;
/// whichever of the two comes second is one revision too late and changes nothing.
pub(super) fn send_rest(number: u64, revision: i64, changes: VecDeque<PlanEdit>, toasts: Toasts) {
    spawn_local(async move {
        let mut left = changes;
        let (mut revision, mut tries) = (revision, 0);
        while let Some(change) = left.front() {
            match send(number, revision, change).await {
                Ok(now) => {
                    revision = now;
                    tries = 0;
                    left.pop_front();
                }
                Err(ApiError::App(AppError::Unauthenticated)) => {
                    unsent::keep(number, revision, left);
                    return;
                }
                Err(error) => match pause(tries).filter(|_| after(&error) == After::Keep) {
                    Some(wait) => {
                        tries += 1;
                        sleep(wait).await;
                    }
                    None => {
                        let lost = counted(left.len() as u64, "change", "changes");
                        let title = format!("The last {lost} of plan #{number} did not arrive");
                        toasts.fail(title, &error);
                        return;
                    }
                },
            }
        }
    });
}

/// Sends one change; gives the revision after it, also if it had arrived before.
async fn send(number: u64, revision: i64, change: &PlanEdit) -> Result<i64, ApiError> {
    let error = match edit_plan(number, revision, change.clone()).await {
        Err(error) if after(&error) == After::Ask => error,
        answer => return answer,
    };
    let plan = read_plan(number).await?;
    if has_arrived(change, revision, plan.revision, &plan.content) {
        Ok(plan.revision)
    } else {
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plan::{Operation, PlanKind};
    use domain::{ApplicationId, EnvironmentId, VersionId};

    fn uuid<T: std::str::FromStr>(n: u32) -> T {
        format!("00000000-0000-7000-8000-{n:012}")
            .parse()
            .unwrap_or_else(|_| unreachable!("the text is a UUID"))
    }

    fn plan(version: u32, notes: &str) -> PlanContent {
        PlanContent {
            kind: PlanKind::Ordinary,
            source: uuid::<EnvironmentId>(1),
            target: uuid::<EnvironmentId>(2),
            operations: vec![Operation {
                application: uuid(10),
                choice: Choice::Deploy {
                    version: uuid(version),
                },
            }],
            republish: Vec::new(),
            notes: notes.to_owned(),
            settings: Vec::new(),
            settings_after: false,
        }
    }

    #[test]
    fn only_a_refusal_takes_a_change_back() {
        let said = |error: AppError| after(&ApiError::App(error));
        assert_eq!(after(&ApiError::Transport(String::new())), After::Keep);
        assert_eq!(
            said(AppError::Unavailable {
                message: String::new(),
                retry_seconds: 1,
            }),
            After::Keep
        );
        let what = String::new();
        assert_eq!(said(AppError::Stale { what: what.clone() }), After::Ask);
        assert_eq!(said(AppError::NotFound { what }), After::Gone);
        assert_eq!(
            said(AppError::invalid("notes", "Too long.")),
            After::TakeBack
        );
        assert_eq!(
            said(AppError::conflict("too_many_plans", "")),
            After::TakeBack
        );
        assert_eq!(said(AppError::conflict("plan_started", "")), After::Ask);
        assert_eq!(said(AppError::Unauthenticated), After::Keep);
    }

    #[test]
    fn a_change_that_arrived_unseen_is_known_again() {
        let changes = [
            PlanEdit::SetNotes("At night".to_owned()),
            PlanEdit::SetChoice(
                uuid(10),
                Choice::Deploy {
                    version: uuid::<VersionId>(101),
                },
            ),
            PlanEdit::AddApplications(vec![uuid(10)]),
            PlanEdit::RemoveApplication(uuid::<ApplicationId>(11)),
            PlanEdit::SetEnvironments(uuid(1), uuid(2)),
            PlanEdit::Replace(plan(101, "At night")),
        ];
        let there = plan(101, "At night");
        for change in &changes {
            assert!(has_arrived(change, 7, 8, &there), "{change:?}");
            // More happened than this change, or nothing did.
            assert!(!has_arrived(change, 7, 9, &there), "{change:?}");
            assert!(!has_arrived(change, 7, 7, &there), "{change:?}");
        }
        // One step further, but by something else.
        let other = plan(102, "By day");
        for change in [&changes[0], &changes[1], &changes[5]] {
            assert!(!has_arrived(change, 7, 8, &other), "{change:?}");
        }
        let unknown = PlanEdit::SetChoice(uuid(12), Choice::DoNothing);
        assert!(!has_arrived(&unknown, 7, 8, &there));
    }

    #[test]
    fn tries_become_rarer_and_end() {
        let pauses: Vec<_> = (0..).map_while(pause).collect();
        assert_eq!(pauses.len(), PAUSES.len());
        assert!(pauses.is_sorted());
    }
}

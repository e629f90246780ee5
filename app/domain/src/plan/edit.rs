//! Changes to a plan's content, each a pure function of the content before (domain.md 3.1).

use super::{Choice, Operation, PlanContent, PlanKind};
use crate::id::ApplicationId;
use crate::view::PlanEdit;
use std::collections::BTreeSet;

/// The most applications of a plan.
pub const MAX_OPERATIONS: usize = 2_000;
/// The most characters of a plan's notes.
pub const MAX_NOTES: usize = 20_000;
/// The most characters of a new tag's description.
pub const MAX_DESCRIPTION: usize = 2_000;

/// Why a change is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Source and target are the same.
    #[error("Source and target are the same environment. Choose two different ones.")]
    SameEnvironment,
    /// A rollback brings an environment's own former versions back to it; a replication brings
    /// what one environment runs to another. Neither goes anywhere else.
    #[error(
        "This plan keeps its environments: it brings back what ran there. Make another plan for others."
    )]
    EndsStay,
    /// The application is not in the plan.
    #[error("That application is not in the plan any more. Add it again first.")]
    NotInPlan,
    /// An application is there twice.
    #[error("An application can be in a plan only once.")]
    Twice,
    /// More than [`MAX_OPERATIONS`].
    #[error("A plan takes at most 2,000 applications.")]
    TooMany,
    /// Notes longer than [`MAX_NOTES`].
    #[error("The notes are too long. Keep them within 20,000 characters.")]
    NotesTooLong,
    /// A description longer than [`MAX_DESCRIPTION`].
    #[error("The tag's description is too long. Keep it within 2,000 characters.")]
    DescriptionTooLong,
}

impl EditError {
    /// The form field that the error belongs to.
    pub const fn field(self) -> &'static str {
        match self {
            Self::SameEnvironment | Self::EndsStay => "target",
            Self::NotInPlan | Self::Twice | Self::TooMany => "applications",
            Self::NotesTooLong => "notes",
            Self::DescriptionTooLong => "description",
        }
    }
}

/// The content after `edit`. `preselect` gives the choice of an application that is added, or
/// whose environments change.
pub fn edit(
    content: &PlanContent,
    edit: PlanEdit,
    preselect: impl Fn(ApplicationId) -> Choice,
) -> Result<PlanContent, EditError> {
    let mut after = content.clone();
    match edit {
        PlanEdit::AddApplications(applications) => {
            let mut known: BTreeSet<ApplicationId> =
                after.operations.iter().map(|o| o.application).collect();
            for application in applications {
                if known.insert(application) {
                    after.operations.push(Operation {
                        application,
                        choice: preselect(application),
                    });
                }
            }
        }
        PlanEdit::RemoveApplication(application) => {
            after.operations.retain(|o| o.application != application);
        }
        PlanEdit::SetChoice(application, choice) => {
            after
                .operations
                .iter_mut()
                .find(|o| o.application == application)
                .ok_or(EditError::NotInPlan)?
                .choice = choice;
        }
        PlanEdit::SetRepublish(mut modules) => {
            modules.sort_unstable();
            modules.dedup();
            after.republish = modules;
        }
        PlanEdit::SetNotes(notes) => after.notes = notes,
        PlanEdit::SetEnvironments(source, target) => {
            if (source, target) != (after.source, after.target) {
                if after.kind != PlanKind::Ordinary {
                    return Err(EditError::EndsStay);
                }
                after.source = source;
                after.target = target;
                after.republish.clear();
                for operation in &mut after.operations {
                    operation.choice = preselect(operation.application);
                }
            }
        }
        // What a plan is was decided when it was made: only then may it bring lower versions.
        PlanEdit::Replace(content) => {
            let ends = (content.source, content.target);
            if after.kind != PlanKind::Ordinary && ends != (after.source, after.target) {
                return Err(EditError::EndsStay);
            }
            after = PlanContent {
                kind: after.kind,
                ..content
            }
        }
    }
    check_form(&after)?;
    Ok(after)
}

/// The rules that any content keeps, whoever made it.
pub fn check_form(content: &PlanContent) -> Result<(), EditError> {
    match (content.source == content.target, content.kind) {
        // What comes back was in the target before: the target is where it comes from.
        (true, PlanKind::Rollback) | (false, PlanKind::Ordinary | PlanKind::Replicate) => {}
        (true, _) => return Err(EditError::SameEnvironment),
        (false, PlanKind::Rollback) => return Err(EditError::EndsStay),
    }
    if content.operations.len() > MAX_OPERATIONS {
        return Err(EditError::TooMany);
    }
    let mut seen = BTreeSet::new();
    for operation in &content.operations {
        if !seen.insert(operation.application) {
            return Err(EditError::Twice);
        }
        if let Choice::TagAndDeploy { description, .. } = &operation.choice
            && description.chars().count() > MAX_DESCRIPTION
        {
            return Err(EditError::DescriptionTooLong);
        }
    }
    if content.notes.chars().count() > MAX_NOTES {
        return Err(EditError::NotesTooLong);
    }
    Ok(())
}

//! Changes to a plan's content, each a pure function of the content before (domain.md 3.1).

use super::{Choice, Operation, PlanContent, PlanKind};
use crate::id::ApplicationId;
use crate::name::fold;
use crate::settings::{EnteredSetting, PropertyKind, SettingEdit};
use crate::view::PlanEdit;
use std::collections::BTreeSet;

/// The most applications of a plan.
pub const MAX_OPERATIONS: usize = 2_000;
/// The most characters of a plan's notes.
pub const MAX_NOTES: usize = 20_000;
/// The most characters of a new tag's description.
pub const MAX_DESCRIPTION: usize = 2_000;

/// The most modules that are chosen of one application.
pub const MAX_CUSTOM: usize = 2_000;

/// The most values that a plan sets.
pub const MAX_SETTINGS: usize = 10_000;

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
    /// Single modules are deployed, and none is chosen.
    #[error("Tick at least one module, or let the application do nothing.")]
    NoModules,
    /// More than [`MAX_CUSTOM`].
    #[error(
        "At most 2,000 modules of an application can be ticked. Deploy a version of it instead."
    )]
    TooManyModules,
    /// A value that its site property does not take.
    #[error("This is not a value of its type ({}).", .0.words())]
    NotOfItsType(PropertyKind),
    /// More than [`MAX_SETTINGS`].
    #[error("A plan sets at most 10,000 values. Set further ones after it has run.")]
    TooManySettings,
}

impl EditError {
    /// The form field that the error belongs to.
    pub const fn field(self) -> &'static str {
        match self {
            Self::SameEnvironment | Self::EndsStay => "target",
            Self::NotInPlan | Self::Twice | Self::TooMany => "applications",
            Self::NotesTooLong => "notes",
            Self::DescriptionTooLong => "description",
            Self::NoModules | Self::TooManyModules => "modules",
            Self::NotOfItsType(_) | Self::TooManySettings => "value",
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
                .choice = in_order(choice);
        }
        PlanEdit::SetRepublish(mut modules) => {
            modules.sort_unstable();
            modules.dedup();
            after.republish = modules;
        }
        PlanEdit::SetNotes(notes) => after.notes = notes,
        PlanEdit::SetSettingsAfter(after_switch) => after.settings_after = after_switch,
        PlanEdit::SetSetting(change) => set_setting(&mut after.settings, &change)?,
        PlanEdit::SetEnvironments(source, target) => {
            if (source, target) != (after.source, after.target) {
                if after.kind != PlanKind::Ordinary {
                    return Err(EditError::EndsStay);
                }
                // What was entered was meant for the target.
                if target != after.target {
                    after.settings.clear();
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
        // Values are entered one by one, because nobody but the server knows the secret ones.
        PlanEdit::Replace(content) => {
            let ends = (content.source, content.target);
            if after.kind != PlanKind::Ordinary && ends != (after.source, after.target) {
                return Err(EditError::EndsStay);
            }
            let mut settings = after.settings;
            if content.target != after.target {
                settings.clear();
            }
            after = PlanContent {
                kind: after.kind,
                settings,
                ..content
            };
            for operation in &mut after.operations {
                let choice = std::mem::replace(&mut operation.choice, Choice::DoNothing);
                operation.choice = in_order(choice);
            }
        }
    }
    check_form(&after)?;
    Ok(after)
}

/// The choice with its modules sorted and named once.
fn in_order(mut choice: Choice) -> Choice {
    if let Choice::DeployCustom { modules } = &mut choice {
        modules.sort_unstable();
        modules.dedup();
    }
    choice
}

/// Sets a value, or takes one out.
fn set_setting(settings: &mut Vec<EnteredSetting>, change: &SettingEdit) -> Result<(), EditError> {
    let key = (change.module, fold(&change.name));
    let at = settings.binary_search_by_key(&key, EnteredSetting::key);
    let Some(value) = &change.value else {
        if let Ok(at) = at {
            settings.remove(at);
        }
        return Ok(());
    };
    if change.property.kind.problem(value).is_some() {
        return Err(EditError::NotOfItsType(change.property.kind));
    }
    if let Some(entered) = change.entered() {
        match at {
            Ok(at) => settings[at] = entered,
            Err(at) => settings.insert(at, entered),
        }
    }
    if settings.len() > MAX_SETTINGS {
        return Err(EditError::TooManySettings);
    }
    Ok(())
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
        if let Choice::DeployCustom { modules } = &operation.choice {
            match modules.len() {
                0 => return Err(EditError::NoModules),
                1..=MAX_CUSTOM => {}
                _ => return Err(EditError::TooManyModules),
            }
        }
    }
    if content.notes.chars().count() > MAX_NOTES {
        return Err(EditError::NotesTooLong);
    }
    Ok(())
}

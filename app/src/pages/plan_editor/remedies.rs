//! What the remedies of findings do.

use super::actions::Actions;
use super::keys;
use super::settings::PlanSettings;
use crate::components::findings::Remedy;
use crate::components::guard::use_go;
use crate::routes;
use domain::ApplicationId;
use domain::plan::Choice;
use domain::view::PlanEdit;
use leptos::prelude::*;

/// What the remedies of findings do.
pub(super) fn use_remedies(
    actions: Actions,
    settings: PlanSettings,
    adding: RwSignal<bool>,
    settling: RwSignal<Option<ApplicationId>>,
    flush: Callback<()>,
) -> Callback<Remedy> {
    let go = use_go();
    let (editor, checker) = (actions.editor, actions.checker);
    Callback::new(move |remedy: Remedy| {
        flush.run(());
        let before = editor.content.get_untracked();
        let went = |to: String| go(&to);
        let said = match remedy {
            Remedy::Add {
                application,
                version,
            } => {
                let missing = checker.report.with_untracked(|report| {
                    report.as_ref().and_then(|r| {
                        r.missing_producers
                            .iter()
                            .find(|m| m.application == application)
                            .cloned()
                    })
                });
                match (missing, version) {
                    (Some(missing), _) => editor.add_producer(&missing),
                    (None, Some(version)) => {
                        editor.set_or_add(application, Choice::Deploy { version });
                    }
                    (None, None) => {
                        editor.apply(PlanEdit::AddApplications(vec![application]));
                    }
                }
                "Added to the plan"
            }
            Remedy::Take {
                application,
                version,
            } => {
                editor.set_or_add(application, Choice::Deploy { version });
                "Version changed"
            }
            Remedy::Tag {
                application,
                number,
            } => {
                let missing = checker.report.with_untracked(|report| {
                    let missing = &report.as_ref()?.missing_producers;
                    missing
                        .iter()
                        .find(|m| m.application == application)
                        .cloned()
                });
                match missing {
                    Some(missing) => editor.add_producer(&missing),
                    None => editor.set_or_add(
                        application,
                        Choice::TagAndDeploy {
                            number,
                            description: String::new(),
                        },
                    ),
                }
                "Tag & Deploy chosen"
            }
            Remedy::LeaveOut(application) => {
                editor.apply(PlanEdit::SetChoice(application, Choice::DoNothing));
                "Left out: it stays as it is"
            }
            Remedy::Republish(module) => {
                let mut republish = before.republish.clone();
                republish.push(module);
                editor.apply(PlanEdit::SetRepublish(republish));
                "Ticked for republishing"
            }
            Remedy::ShowSetting(module, name) => {
                return settings.lead_to(module, name);
            }
            Remedy::ShowRow(application) => return keys::show(&format!("row-{application}")),
            Remedy::AddApplications => return adding.set(true),
            Remedy::ChooseEnvironments => return keys::show("plan-target"),
            Remedy::OpenEnvironments => return went(routes::ENVIRONMENTS.to_owned()),
            Remedy::OpenPlan(number) => return went(routes::plan(number)),
            Remedy::OpenApplication(id) => return went(routes::application(id)),
            Remedy::StartWhenFree => return actions.ask_to_wait(),
            Remedy::Settle(id) => return settling.set(Some(id)),
        };
        editor.offer_undo(before, said, "");
        // Fixing a finding leads to the next one.
        keys::step_finding_soon();
    })
}

//! One more question before a plan goes into Production: what goes where.

use super::actions::Actions;
use super::custom::modules_in_words;
use super::rows::Lanes;
use super::state::Editor;
use crate::components::production::ProductionQuestion;
use domain::environment::Purpose;
use domain::plan::{Choice, PlanKind};
use domain::view::EnvironmentRow;
use leptos::prelude::*;

/// Whether a start changes what an environment of purpose Production runs. Where plans run in two
/// stages it prepares only; the question comes before the second stage then.
pub fn into_production(
    editor: Editor,
    environments: StoredValue<Vec<EnvironmentRow>>,
) -> Signal<bool> {
    Signal::derive(move || {
        let target = editor.content.with(|content| content.target);
        environments.with_value(|all| {
            all.iter()
                .any(|row| row.id == target && row.purpose == Purpose::Production && !row.two_stage)
        })
    })
}

/// What each operation brings, in words, in the order of the plan.
fn what_goes(editor: Editor) -> Vec<String> {
    let rows = editor.rows.get();
    editor.content.with(|content| {
        content
            .operations
            .iter()
            .filter_map(|operation| {
                let row = rows.get(&operation.application)?;
                Some(match &operation.choice {
                    Choice::DoNothing => return None,
                    Choice::Deploy { version } => {
                        let number = row.eligible.iter().find(|tag| tag.id == *version);
                        match number {
                            Some(tag) => format!("{} {}", row.name, tag.number),
                            None => row.name.clone(),
                        }
                    }
                    Choice::TagAndDeploy { number, .. } => {
                        format!("{} {number}, tagged now", row.name)
                    }
                    Choice::DeployCustom { modules } => {
                        format!(
                            "{}, {}",
                            row.name,
                            modules_in_words(modules.len(), row.modules)
                        )
                    }
                })
            })
            .collect()
    })
}

/// The dialog.
#[component]
pub fn ProductionDialog(
    editor: Editor,
    actions: Actions,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    let lead = move || {
        let when = if actions.when_free.get() {
            " It starts by itself as soon as no other plan is in the way."
        } else {
            ""
        };
        let back = editor
            .content
            .with(|content| content.kind == PlanKind::Rollback);
        lanes.with(|lanes| {
            if back {
                return format!(
                    "{} is in production use.{when} What comes back:",
                    lanes.target.0,
                );
            }
            format!(
                "{} is in production use.{when} This comes from {}:",
                lanes.target.0, lanes.source.0,
            )
        })
    };
    view! {
        <ProductionQuestion
            open=actions.confirming
            target=Signal::derive(move || lanes.with(|lanes| lanes.target.0.clone()))
            lead=Signal::derive(lead)
            brings=Signal::derive(move || what_goes(editor))
            busy=Signal::derive(move || actions.starting.get() || actions.queueing.get())
            refusal=Signal::derive(move || {
                if actions.when_free.get() {
                    actions.wait_refusal()
                } else {
                    actions.deploy_refusal()
                }
            })
            error=actions.problem
            on_keep=Callback::new(move |()| actions.confirming.set(false))
            on_deploy=Callback::new(move |()| actions.confirmed())
        />
    }
}

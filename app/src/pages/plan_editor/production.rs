//! One more question before a plan goes into Production: what goes where.

use super::actions::Actions;
use super::rows::Lanes;
use super::state::Editor;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use domain::environment::Purpose;
use domain::plan::Choice;
use domain::view::EnvironmentRow;
use leptos::prelude::*;

/// Applications that are named; of more, only how many.
const NAMED: usize = 12;

/// Whether the plan's target is an environment of purpose Production.
pub fn into_production(
    editor: Editor,
    environments: StoredValue<Vec<EnvironmentRow>>,
) -> Signal<bool> {
    Signal::derive(move || {
        let target = editor.content.with(|content| content.target);
        environments.with_value(|all| {
            all.iter()
                .any(|row| row.id == target && row.purpose == Purpose::Production)
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
    let close = Callback::new(move |()| actions.confirming.set(false));
    let go = Callback::new(move |()| {
        if untrack(move || actions.deploy_refusal()).is_none() {
            actions.deploy(None);
        }
    });
    view! {
        <Dialog
            open=actions.confirming
            on_close=close
            on_confirm=go
            error=actions.problem
            id="deploy-production"
            title=Signal::derive(move || {
                lanes.with(|lanes| format!("Deploy to {} now?", lanes.target.0))
            })
            lead=Signal::derive(move || {
                lanes
                    .with(|lanes| {
                        format!(
                            "{} is an environment of purpose Production. This comes from {}:",
                            lanes.target.0,
                            lanes.source.0,
                        )
                    })
            })
        >
            <div class="body">
                <ul class="breaks">
                    {move || {
                        let all = what_goes(editor);
                        let more = all.len().saturating_sub(NAMED);
                        all.into_iter()
                            .take(NAMED)
                            .chain((more > 0).then(|| format!("and {more} more")))
                            .map(|line| view! { <li>{line}</li> })
                            .collect_view()
                    }}
                </ul>
            </div>
            <footer>
                <Button label="Do not deploy yet" on_press=close/>
                <Button
                    label=Signal::derive(move || {
                        lanes.with(|lanes| format!("Deploy to {}", lanes.target.0))
                    })
                    weight=Weight::Primary
                    icon="play"
                    busy=actions.starting
                    refusal=Signal::derive(move || actions.deploy_refusal())
                    on_press=go
                />
            </footer>
        </Dialog>
    }
}

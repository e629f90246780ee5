//! The choice of source and target of a plan that exists already.

use super::rows::Lanes;
use super::state::Editor;
use crate::components::controls::Select;
use crate::components::icon::Icon;
use crate::derived::{Derived, derived};
use crate::pages::plans::kind_word;
use domain::EnvironmentId;
use domain::plan::{PlanContent, PlanKind};
use domain::view::{EnvironmentRow, PlanEdit};
use leptos::prelude::*;

/// Two selects with an arrow between. Choosing the other's environment swaps the two.
#[component]
pub fn EnvironmentChoice(
    editor: Editor,
    environments: StoredValue<Vec<EnvironmentRow>>,
    lanes: Derived<Lanes>,
) -> impl IntoView {
    let options = Signal::derive(move || {
        environments.with_value(|all| {
            all.iter()
                .map(|e| (e.id.to_string(), e.name.clone()))
                .collect::<Vec<_>>()
        })
    });
    let change = move |source: bool, chosen: String| {
        let Ok(chosen) = chosen.parse::<EnvironmentId>() else {
            return;
        };
        let before: PlanContent = editor.content.get_untracked();
        let (mut from, mut to) = (before.source, before.target);
        if source {
            if chosen == to {
                to = from;
            }
            from = chosen;
        } else {
            if chosen == from {
                from = to;
            }
            to = chosen;
        }
        if editor.apply(PlanEdit::SetEnvironments(from, to)) {
            editor.offer_undo(
                before,
                "Environments changed",
                "Versions were chosen anew for every application.",
            );
        }
    };
    let kind = derived(move |_| editor.content.with(|c| c.kind));
    // What comes back, and what is replicated, has its own way.
    let disabled = Signal::derive(move || !editor.may_edit() || kind.get() != PlanKind::Ordinary);
    view! {
        <span class="route-pick">
            <Show when=move || kind.get() != PlanKind::Ordinary>
                <b class="plan-kind">{move || kind_word(kind.get())}</b>
            </Show>
            <Show when=move || kind.get() != PlanKind::Rollback>
            <Select
                id="plan-source"
                label=Signal::derive(|| "Source".to_owned())
                options
                value=Signal::derive(move || editor.content.with(|c| c.source.to_string()))
                lane=Signal::derive(move || lanes.with(|l| l.source.1))
                disabled
                class="sm quiet"
                on_change=Callback::new(move |chosen| change(true, chosen))
            />
            <Icon name="arrow"/>
            </Show>
            <Select
                id="plan-target"
                label=Signal::derive(|| "Target".to_owned())
                options
                value=Signal::derive(move || editor.content.with(|c| c.target.to_string()))
                lane=Signal::derive(move || lanes.with(|l| l.target.1))
                disabled
                class="sm quiet"
                on_change=Callback::new(move |chosen| change(false, chosen))
            />
        </span>
    }
}

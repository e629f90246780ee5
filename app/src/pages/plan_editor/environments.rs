//! The choice of source and target of a plan that exists already.

use super::rows::Lanes;
use super::state::Editor;
use crate::components::controls::Select;
use crate::components::dialog::Confirm;
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
    // What was chosen and would take out values that were entered.
    let asked = RwSignal::new(None::<(EnvironmentId, EnvironmentId)>);
    let set = move |from, to| {
        let before: PlanContent = editor.content.get_untracked();
        if editor.apply(PlanEdit::SetEnvironments(from, to)) {
            editor.offer_undo(
                before,
                "Environments changed",
                "Versions were chosen anew for every application.",
            );
        }
    };
    let act = Callback::new(move |()| {
        if let Some((from, to)) = asked.get_untracked() {
            set(from, to);
            asked.set(None);
        }
    });
    let name_of = move |wanted: EnvironmentId| {
        environments.with_value(|all| {
            let found = all.iter().find(|e| e.id == wanted);
            found.map(|e| e.name.clone()).unwrap_or_default()
        })
    };
    // While the question stands open the fields say what was chosen.
    let source = move || {
        asked
            .get()
            .map_or_else(|| editor.content.with(|c| c.source), |way| way.0)
    };
    let target = move || {
        asked
            .get()
            .map_or_else(|| editor.content.with(|c| c.target), |way| way.1)
    };
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
        // Values are meant for the target, and the server alone knows the secret ones: nothing
        // could bring them back.
        if to != before.target && !before.settings.is_empty() {
            asked.set(Some((from, to)));
        } else {
            set(from, to);
        }
    };
    let kind = derived(move |_| editor.content.with(|c| c.kind));
    // What comes back, and what is replicated, has its own way.
    // Values that were entered would be lost, and who may not deploy cannot enter them.
    let values = move || {
        let entered = editor.content.with(|c| !c.settings.is_empty());
        editor.values_refusal().filter(|_| entered)
    };
    let refusal = Signal::derive(move || {
        editor.edit_refusal().or_else(values).or_else(|| {
            (kind.get() != PlanKind::Ordinary).then(|| {
                format!(
                    "A plan of the kind {} keeps its way.",
                    kind_word(kind.get())
                )
            })
        })
    });
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
                value=Signal::derive(move || source().to_string())
                lane=Signal::derive(move || lanes.with(|l| l.source.1))
                refusal
                class="sm quiet"
                on_change=Callback::new(move |chosen| change(true, chosen))
            />
            <Icon name="arrow"/>
            </Show>
            <Select
                id="plan-target"
                label=Signal::derive(|| "Target".to_owned())
                options
                value=Signal::derive(move || target().to_string())
                lane=Signal::derive(move || lanes.with(|l| l.target.1))
                refusal
                class="sm quiet"
                on_change=Callback::new(move |chosen| change(false, chosen))
            />
        </span>
        <Confirm
            open=Signal::derive(move || asked.with(Option::is_some))
            id="change-target"
            title=Signal::derive(move || {
                let to = asked.get().map(|way| name_of(way.1)).unwrap_or_default();
                format!("Deploy to {to} instead?")
            })
            lead=Signal::derive(move || {
                editor.content.with(|c| values_go(c.settings.len(), &name_of(c.target)))
            })
            keep="Keep the target"
            act="Change the target"
            on_keep=Callback::new(move |()| asked.set(None))
            on_act=act
        />
    }
}

/// What another target costs.
fn values_go(count: usize, target: &str) -> String {
    match count {
        1 => format!(
            "The value that was entered in step Settings is meant for {target}. It is taken out of \
             the plan and cannot be brought back; versions are chosen anew."
        ),
        many => format!(
            "The {many} values that were entered in step Settings are meant for {target}. They are \
             taken out of the plan and cannot be brought back; versions are chosen anew."
        ),
    }
}

//! The way back from a run, and the links between a run and what rolls it back.

use crate::components::button::Button;
use crate::derived::derived;
use crate::live::use_refusal;
use crate::routes;
use domain::access::Action;
use domain::plan::can_roll_back;
use domain::view::RunDetail;
use leptos::prelude::*;

/// *Roll back*, for a run that came to its end.
#[component]
pub fn RollBack(run: RwSignal<RunDetail>, rolling_back: RwSignal<Option<u64>>) -> impl IntoView {
    let refused = use_refusal(Action::EditPlan);
    let refusal = Signal::derive(move || {
        refused
            .get()
            .or_else(|| run.with(|r| r.plan.stay.no_way_back.clone()))
    });
    let over = derived(move |_| run.with(|r| can_roll_back(r.plan.status)));
    view! {
        <Show when=move || over.get()>
            <Button
                label="Roll back…"
                icon="back"
                controls="roll-back"
                refusal
                on_press=Callback::new(move |()| {
                    rolling_back.set(Some(run.with_untracked(|r| r.plan.number)));
                })
            />
        </Show>
    }
}

/// "Rolls back plan #7", "Rolled back by plan #9".
#[component]
pub fn RollbackLinks(run: RwSignal<RunDetail>) -> impl IntoView {
    let links = derived(move |_| run.with(|r| (r.rolls_back, r.rolled_back_by.clone())));
    let link = |number: u64| {
        view! { <a class="link" href=routes::plan(number)>{format!("plan #{number}")}</a> }
    };
    move || {
        let (of, by) = links.get();
        view! {
            {of.map(|number| view! { <span>"Rolls back " {link(number)}</span> })}
            {by
                .into_iter()
                .map(|number| view! { <span>"Rolled back by " {link(number)}</span> })
                .collect_view()}
        }
    }
}

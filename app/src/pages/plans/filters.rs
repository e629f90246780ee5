//! What is searched for, what is set, and the way to everything that can be set. All of it lives in
//! the address.

use super::Move;
use super::address::{Chip, PlansAddress};
use super::advanced::Advanced;
use crate::components::controls::SearchInput;
use crate::components::delay::Delay;
use crate::components::icon::Icon;
use crate::derived::{Derived, derived};
use domain::view::{EnvironmentRow, PlanFilter, PlanPage};
use leptos::prelude::*;

/// Search, the filters that are set, and the panel of all of them. They stay while the list below
/// is read again.
#[component]
pub fn Filters(
    /// What the address says.
    address: Derived<PlansAddress>,
    /// All environments, in promotion order.
    environments: Derived<Vec<EnvironmentRow>>,
    /// What was found.
    page: Derived<PlanPage>,
    /// Goes to another address.
    go: Callback<Move>,
) -> impl IntoView {
    let typed = RwSignal::new(address.with_untracked(|a| a.filter.text.clone()));
    let delay = Delay::new(250);
    let on_input = Callback::new(move |value: String| {
        typed.set(value);
        delay.run(move || {
            let before = address.get_untracked();
            let text = typed.get_untracked().trim().to_owned();
            if before.filter.text != text {
                // One entry in the history for one search, however it was typed.
                let replace = !before.filter.text.is_empty() && !text.is_empty();
                let filter = PlanFilter {
                    text,
                    ..before.filter.clone()
                };
                go.run(Move {
                    to: before.with(filter),
                    replace,
                });
            }
        });
    });
    // Back and forward change what is typed, unless somebody is typing.
    let sought = derived(move |_| address.with(|a| a.filter.text.clone()));
    Effect::new(move |_| {
        let sought = sought.get();
        if !delay.is_waiting() && typed.with_untracked(|typed| typed.trim() != sought) {
            typed.set(sought);
        }
    });
    let open = derived(move |_| address.with(|a| a.advanced));
    let chips = derived(move |_| address.with(PlansAddress::hidden_chips));
    let toggle = move |_| {
        let before = address.get_untracked();
        let to = PlansAddress {
            advanced: !before.advanced,
            ..before
        };
        go.run(Move { to, replace: true });
    };
    view! {
        <div class="filters" role="search">
            <SearchInput
                id="plan-search"
                label="Search number, name, application, note, person"
                value=typed
                on_input
            />
            {move || {
                chips
                    .get()
                    .into_iter()
                    .map(|Chip { key, what, value }| {
                        view! {
                            <span class="ftoken">
                                <span>
                                    <em>{what}</em>
                                    " "
                                    {value.clone()}
                                </span>
                                <button
                                    type="button"
                                    aria-label=format!("Remove filter {what} {value}")
                                    on:click=move |_| {
                                        go.run(Move::to(address.get_untracked().without(key)));
                                    }
                                >
                                    <Icon name="x"/>
                                </button>
                            </span>
                        }
                    })
                    .collect_view()
            }}
            {move || {
                (!chips.with(Vec::is_empty))
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="btn sm ghost"
                                on:click=move |_| {
                                    go.run(Move::to(address.get_untracked().cleared()));
                                }
                            >
                                <span>"Clear all"</span>
                            </button>
                        }
                    })
            }}
            <button
                type="button"
                class="btn sm ghost push"
                aria-expanded=move || open.get().to_string()
                aria-controls="advanced"
                on:click=toggle
            >
                <Icon name="sliders"/>
                <span>"Advanced filters"</span>
                <svg class="i" aria-hidden="true">
                    <use href=move || if open.get() { "#i-up" } else { "#i-down" }></use>
                </svg>
            </button>
        </div>
        <div id="advanced">
            {move || {
                open.get()
                    .then(|| view! { <Advanced address environments page go/> })
            }}
        </div>
    }
}

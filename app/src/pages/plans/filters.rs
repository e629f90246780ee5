//! Search and filters of the list. All of them live in the address.

use super::Move;
use super::address::PlansAddress;
use crate::components::controls::{SearchInput, Select};
use crate::components::delay::Delay;
use crate::derived::{Derived, derived};
use domain::view::EnvironmentRow;
use leptos::prelude::*;

/// Search, source and target. It stays while the list below is read again.
#[component]
pub fn Filters(
    /// What the address says.
    address: Derived<PlansAddress>,
    /// All environments, in promotion order.
    environments: Derived<Vec<EnvironmentRow>>,
    /// Goes to another address.
    go: Callback<Move>,
) -> impl IntoView {
    let typed = RwSignal::new(address.with_untracked(|a| a.text.clone()));
    let delay = Delay::new(250);
    let on_input = Callback::new(move |value: String| {
        typed.set(value);
        delay.run(move || {
            let before = address.get_untracked();
            let text = typed.get_untracked().trim().to_owned();
            if before.text != text {
                // One entry in the history for one search, however it was typed.
                let replace = !before.text.is_empty() && !text.is_empty();
                let to = PlansAddress {
                    text,
                    offset: 0,
                    ..before
                };
                go.run(Move { to, replace });
            }
        });
    });
    // Back and forward change what is typed, unless somebody is typing.
    let sought = derived(move |_| address.with(|a| a.text.clone()));
    Effect::new(move |_| {
        let sought = sought.get();
        if !delay.is_waiting() && typed.with_untracked(|typed| typed.trim() != sought) {
            typed.set(sought);
        }
    });
    let change = move |edit: fn(&mut PlansAddress, String), value: String| {
        let mut to = address.get_untracked();
        to.offset = 0;
        edit(&mut to, value);
        go.run(Move::to(to));
    };
    let options = move |any: &'static str| {
        Signal::derive(move || {
            environments.with(|all| {
                std::iter::once((String::new(), any.to_owned()))
                    .chain(all.iter().map(|e| (e.name.clone(), e.name.clone())))
                    .collect::<Vec<_>>()
            })
        })
    };
    view! {
        <div class="filters" role="search">
            <SearchInput
                id="plan-search"
                label="Search number, name, application, person"
                value=typed
                on_input
            />
            <Select
                id="filter-source"
                label=Signal::derive(|| "Source".to_owned())
                options=options("Any source")
                value=Signal::derive(move || address.with(|a| a.source.clone()))
                class="sm"
                on_change=Callback::new(move |source| change(|to, source| to.source = source, source))
            />
            <Select
                id="filter-target"
                label=Signal::derive(|| "Target".to_owned())
                options=options("Any target")
                value=Signal::derive(move || address.with(|a| a.target.clone()))
                class="sm"
                on_change=Callback::new(move |target| change(|to, target| to.target = target, target))
            />
        </div>
    }
}

//! What can be done with an environment: the buttons at the foot of its card, and its menu.

use super::Asked;
use super::change::Target;
use super::dialogs::JoinTarget;
use super::maintenance::Ending;
use crate::components::button::{Button, LinkButton, Size, Weight};
use crate::components::menu::MenuItem;
use crate::derived::{Derived, derived};
use crate::live::use_refusal;
use domain::access::Action;
use domain::environment::LinkState;
use domain::view::EnvironmentDetail;
use leptos::prelude::*;

/// The buttons at the foot.
#[component]
pub fn CardActions(
    /// Which environment.
    environment: Derived<EnvironmentDetail>,
    /// Its name.
    name: Derived<String>,
    /// Whether it was asked for its inventory.
    asked: Signal<bool>,
    /// What a button asks for.
    on_ask: Callback<Asked>,
) -> impl IntoView {
    let manage = use_refusal(Action::ManageEnvironments);
    let synchronize = use_refusal(Action::SynchronizeEnvironment);
    let id = environment.with_untracked(|e| e.row.id);
    let busy = Signal::derive(move || environment.with(|e| e.synchronizing) || asked.get());
    let link = derived(move |_| environment.with(|e| e.row.link));
    let maintenance = derived(move |_| environment.with(|e| e.row.maintenance.is_some()));
    let refusal = Signal::derive(move || {
        let paused = maintenance.get().then(|| {
            "It is in maintenance; it is synchronized by itself when that is over".to_owned()
        });
        synchronize.get().or(paused).or_else(|| {
            (link.get() != LinkState::Online).then(|| {
                let name = name.get();
                format!(
                    "The agent of {name} is not connected; it reports by itself when it is back"
                )
            })
        })
    });
    let address = derived(move |_| environment.with(|e| e.address.clone()));
    // Once an agent is there, another code is rare: a new machine for the same environment.
    let never_joined = derived(move |_| link.get() == LinkState::NeverJoined);
    view! {
        <footer>
            <Button
                label="Synchronize now"
                name=Signal::derive(move || format!("Synchronize now: {}", name.get()))
                icon="sync"
                size=Size::Small
                busy
                refusal
                on_press=Callback::new(move |()| on_ask.run(Asked::Synchronize(id)))
            />
            {move || {
                address
                    .get()
                    .map(|address| {
                        view! {
                            <LinkButton
                                label="Open"
                                name=format!("Open {}", name.get())
                                href=address
                                size=Size::Small
                                weight=Weight::Ghost
                                outside=true
                            />
                        }
                    })
            }}
            <Show when=move || never_joined.get()>
                <Button
                    label="Get a join code"
                    name=Signal::derive(move || format!("Get a join code for {}", name.get()))
                    icon="key"
                    size=Size::Small
                    weight=Weight::Primary
                    refusal=manage
                    on_press=Callback::new(move |()| {
                        let name = name.get_untracked();
                        on_ask.run(Asked::JoinCode(JoinTarget { id, name, joined: false }));
                    })
                />
            </Show>
        </footer>
    }
}

/// What the menu at the head offers; `manage` says why its user may not.
pub fn menu_items(
    manage: Option<&String>,
    environment: &EnvironmentDetail,
    next: Option<String>,
    on_ask: Callback<Asked>,
) -> Vec<MenuItem> {
    let id = environment.row.id;
    let revision = environment.revision;
    let name = environment.row.name.clone();
    let for_join = JoinTarget {
        id,
        name: name.clone(),
        joined: environment.row.link != LinkState::NeverJoined,
    };
    let target = Target {
        id,
        revision,
        name: name.clone(),
    };
    let manage = || manage.cloned();
    let mut swap = MenuItem::new(
        next.as_ref().map_or_else(
            || "Move after the next one".to_owned(),
            |next| format!("Move after {next}…"),
        ),
        "sort",
        Callback::new({
            let next = next.clone().unwrap_or_default();
            move |()| {
                on_ask.run(Asked::Swap {
                    id,
                    revision,
                    name: name.clone(),
                    next: next.clone(),
                });
            }
        }),
    );
    swap.refusal = manage().or_else(|| {
        next.is_none()
            .then(|| "It is the last one in the order".to_owned())
    });
    let compare = next.clone().map(|next| {
        let name = environment.row.name.clone();
        MenuItem::new(
            format!("Compare with {next}"),
            "compare",
            Callback::new(move |()| {
                on_ask.run(Asked::Compare {
                    name: name.clone(),
                    next: next.clone(),
                });
            }),
        )
    });
    let mut join = MenuItem::new(
        "Get a join code",
        "key",
        Callback::new(move |()| on_ask.run(Asked::JoinCode(for_join.clone()))),
    );
    join.refusal = manage();
    let rename = MenuItem {
        refusal: manage(),
        ..MenuItem::new(
            "Rename…",
            "edit",
            Callback::new({
                let target = target.clone();
                move |()| on_ask.run(Asked::Rename(target.clone()))
            }),
        )
    };
    let maintenance = if environment.row.maintenance.is_some() {
        let ending = Ending::of(environment);
        let press = Callback::new({
            let ending = ending.clone();
            move |()| on_ask.run(Asked::EndMaintenance(ending.clone()))
        });
        MenuItem::new(ending.label(), "play", press)
    } else {
        let target = target.clone();
        let press = Callback::new(move |()| on_ask.run(Asked::BeginMaintenance(target.clone())));
        MenuItem::new("Take into maintenance…", "pause", press)
    };
    let maintenance = MenuItem {
        refusal: manage(),
        ..maintenance
    };
    let used = (environment.row.link != LinkState::NeverJoined).then(|| {
        "An agent has joined it; only an environment that was never used can go".to_owned()
    });
    let remove = MenuItem {
        refusal: manage().or(used),
        danger: true,
        ..MenuItem::new(
            "Remove…",
            "trash",
            Callback::new(move |()| on_ask.run(Asked::Remove(target.clone()))),
        )
    };
    std::iter::once(join)
        .chain(compare)
        .chain([maintenance, rename, swap, remove])
        .collect()
}

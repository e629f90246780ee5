//! Search and filters. All of them live in the address.

use super::address::MatrixAddress;
use super::relation;
use crate::components::controls::{SearchInput, Select};
use crate::components::icon::Icon;
use crate::components::kind::{KINDS, kind_label, kind_word};
use crate::components::toast::use_toasts;
use crate::derived::Derived;
use domain::view::ApplicationSort;
use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// The bar above the matrix.
#[component]
pub fn Toolbar(
    /// What the address says.
    address: Derived<MatrixAddress>,
    /// Goes to another address; the second part says whether it takes the place of this one in
    /// the history.
    go: Callback<(MatrixAddress, bool)>,
) -> impl IntoView {
    let typed = RwSignal::new(address.with_untracked(|address| address.text.clone()));
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    // Back and Forward change the text behind the field's back.
    Effect::new(move |_| {
        let text = address.with(|address| address.text.clone());
        let busy = waiting.with_value(Option::is_some);
        if !busy && typed.with_untracked(|typed| typed.trim() != text) {
            typed.set(text);
        }
    });
    on_cleanup(move || {
        if let Some(Some(timer)) = waiting.try_update_value(Option::take) {
            timer.clear();
        }
    });
    let on_search = Callback::new(move |text: String| {
        typed.set(text);
        if let Some(Some(timer)) = waiting.try_update_value(Option::take) {
            timer.clear();
        }
        let timer = set_timeout_with_handle(
            move || {
                waiting.try_set_value(None);
                let mut next = address.get_untracked();
                let text = typed.get_untracked().trim().to_owned();
                if next.text != text {
                    // One entry in the history for one search, however it was typed.
                    let replace = !next.text.is_empty() && !text.is_empty();
                    next.text = text;
                    go.run((next, replace));
                }
            },
            Duration::from_millis(180),
        );
        waiting.set_value(timer.ok());
    });
    let change = move |edit: Box<dyn FnOnce(&mut MatrixAddress)>| {
        let mut next = address.get_untracked();
        edit(&mut next);
        go.run((next, false));
    };
    let kinds = std::iter::once((String::new(), "Any kind".to_owned()))
        .chain(
            KINDS
                .into_iter()
                .map(|kind| (kind_word(kind).to_owned(), kind_label(kind).to_owned())),
        )
        .collect::<Vec<_>>();
    let sorted =
        move |sort: ApplicationSort| address.with(|address| address.sort == sort).to_string();
    view! {
        <div class="matrix-bar">
            <div class="filters" role="search" aria-label="Applications">
                <SearchInput
                    id="application-search"
                    label="Search applications and modules"
                    value=typed
                    on_input=on_search
                />
                <Select
                    id="application-kind"
                    class="sm quiet"
                    options=kinds
                    label=Signal::derive(|| "Kind".to_owned())
                    value=Signal::derive(move || {
                        address.with(|address| address.kind.map(kind_word).unwrap_or_default().to_owned())
                    })
                    on_change=Callback::new(move |word: String| {
                        change(Box::new(move |next| {
                            next.kind = KINDS.into_iter().find(|kind| kind_word(*kind) == word);
                        }));
                    })
                />
                <Relation
                    label="Producer of"
                    name=Signal::derive(move || address.with(|address| address.producer_of.clone()))
                    on_change=Callback::new(move |name| {
                        change(Box::new(move |next| next.producer_of = name));
                    })
                />
                <Relation
                    label="Consumer of"
                    name=Signal::derive(move || address.with(|address| address.consumer_of.clone()))
                    on_change=Callback::new(move |name| {
                        change(Box::new(move |next| next.consumer_of = name));
                    })
                />
                <div class="seg push" role="group" aria-label="Order">
                    <button
                        type="button"
                        aria-pressed=move || sorted(ApplicationSort::Name)
                        on:click=move |_| change(Box::new(|next| next.sort = ApplicationSort::Name))
                    >
                        "By name"
                    </button>
                    <button
                        type="button"
                        aria-pressed=move || sorted(ApplicationSort::LastChange)
                        on:click=move |_| {
                            change(Box::new(|next| next.sort = ApplicationSort::LastChange));
                        }
                    >
                        "Last change"
                    </button>
                </div>
            </div>
        </div>
    }
}

/// A filter by another application: a button, then a field that proposes applications, then a token.
#[component]
fn Relation(
    label: &'static str,
    name: Signal<Option<String>>,
    on_change: Callback<Option<String>>,
) -> impl IntoView {
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let show = move |_| {
        spawn_local(async move {
            if relation::load().await {
                open.try_set(true);
            } else {
                toasts.warn(
                    "This filter could not be opened",
                    "A part of the page did not arrive from the console. Try again in a moment.",
                );
            }
        });
    };
    let choose = Callback::new(move |name| on_change.run(Some(name)));
    view! {
        {move || match name.get() {
            Some(name) => {
                let remove = format!("Remove the filter {label} {name}");
                view! {
                    <span class="ftoken">
                        <span>
                            <em>{label}</em>
                            " "
                            {name}
                        </span>
                        <button
                            type="button"
                            aria-label=remove.clone()
                            title=remove
                            on:click=move |_| on_change.run(None)
                        >
                            <Icon name="x"/>
                        </button>
                    </span>
                }
                    .into_any()
            }
            None if open.get() => {
                relation::field(label, open, choose)
                    .now_or_never()
                    .and_then(Result::ok)
                    .into_any()
            }
            None => {
                view! {
                    <button type="button" class="fadd" on:click=show>
                        <Icon name="plus"/>
                        {label}
                    </button>
                }
                    .into_any()
            }
        }}
    }
}

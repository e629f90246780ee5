//! What a plan in line brings and sets: nothing of it can be changed before it leaves the line.

use crate::components::icon::Glyph;
use crate::components::time::{When, WhenStyle};
use crate::derived::derived;
use crate::routes;
use domain::view::LineDetail;
use leptos::prelude::*;

/// What it brings.
#[component]
pub(super) fn Brings(detail: RwSignal<LineDetail>) -> impl IntoView {
    let applications =
        derived(move |_| detail.with(|d| (d.brings.clone(), d.plan.application_total as usize)));
    view! {
        <section class="panel" aria-labelledby="h-brings">
            <header>
                <h2 id="h-brings">"Applications"</h2>
                <span class="panel-sub">"as they were put in line"</span>
            </header>
            <ul class="waits">
                {move || {
                    let (named, total) = applications.get();
                    let more = total.saturating_sub(named.len());
                    let named = named
                        .into_iter()
                        .map(|one| {
                            let number = one
                                .number
                                .map_or_else(|| "single modules".to_owned(), |n| n.to_string());
                            view! {
                                <li>
                                    <Glyph name="saved"/>
                                    <div>
                                        <a class="link" href=routes::application(one.application)>
                                            {one.name}
                                        </a> " " {number}
                                    </div>
                                </li>
                            }
                        })
                        .collect_view();
                    let more = (more > 0)
                        .then(|| {
                            view! {
                                <li>
                                    <Glyph name="saved"/>
                                    <div>{format!("and {more} more")}</div>
                                </li>
                            }
                        });
                    view! { {named} {more} }
                }}
            </ul>
        </section>
    }
}

/// The values that it sets, if it sets any.
#[component]
pub(super) fn Values(detail: RwSignal<LineDetail>) -> impl IntoView {
    let settings = derived(move |_| detail.with(|d| d.settings.clone()));
    let after = derived(move |_| detail.with(|d| d.settings_after));
    view! {
        <Show when=move || settings.with(|settings| !settings.is_empty())>
            <section class="panel" aria-labelledby="h-values">
                <header>
                    <h2 id="h-values">"Settings"</h2>
                    <span class="panel-sub">
                        {move || {
                            if after.get() {
                                "set after everything was switched"
                            } else {
                                "set with the switch"
                            }
                        }}
                    </span>
                </header>
                <ul class="waits">
                    {move || {
                        settings
                            .get()
                            .into_iter()
                            .map(|one| {
                                let value = one.value.unwrap_or_else(|| "a secret".to_owned());
                                view! {
                                    <li>
                                        <Glyph name="saved"/>
                                        <div>
                                            <b>{one.name}</b>
                                            " "
                                            {value}
                                            <small>
                                                {one.module} ", entered by " {one.by.by.name} ", "
                                                <When
                                                    at=Signal::stored(one.by.at)
                                                    style=WhenStyle::Relative
                                                />
                                            </small>
                                        </div>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
            </section>
        </Show>
    }
}

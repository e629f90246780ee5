//! The shape of what comes. It appears after 200 ms, so that a fast answer does not flicker; what
//! takes long is said, and what takes too long can be asked for anew.

use super::icon::Glyph;
use leptos::prelude::*;
use std::time::Duration;

/// When a sentence says that it takes long, and when it is no use to wait on.
const LONG: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(20)];

/// Says how the waiting goes.
#[component]
fn Patience() -> impl IntoView {
    let stage = RwSignal::new(0_usize);
    Effect::new(move |_| {
        for (index, after) in LONG.into_iter().enumerate() {
            let timer = set_timeout_with_handle(
                move || {
                    stage.try_set(index + 1);
                },
                after,
            );
            if let Ok(timer) = timer {
                on_cleanup(move || timer.clear());
            }
        }
    });
    move || match stage.get() {
        0 => ().into_any(),
        1 => view! { <p class="soft">"Still loading…"</p> }.into_any(),
        _ => view! {
            <p class="late">
                <Glyph name="offline" tone="bad"/>
                "The console has not answered for 20 s. "
                <a class="btn sm" href="" rel="external">
                    <span>"Try now"</span>
                </a>
            </p>
        }
        .into_any(),
    }
}

/// Lines of text to come.
#[component]
pub fn Skeleton(
    /// How many lines.
    #[prop(default = 3)]
    lines: u32,
    /// What is loading, for screen readers.
    #[prop(default = "Loading")]
    label: &'static str,
) -> impl IntoView {
    view! {
        <div class="skeletons" role="status">
            <span class="vh">{label}</span>
            {(0..lines).map(|_| view! { <span class="skel line"></span> }).collect_view()}
            <Patience/>
        </div>
    }
}

/// Table rows to come: a name, and a hull for each environment.
#[component]
pub fn RowSkeleton(
    /// How many rows.
    #[prop(default = 8)]
    rows: u32,
    /// How many hulls in each.
    #[prop(default = 3)]
    hulls: u32,
) -> impl IntoView {
    view! {
        <div class="skeletons rows" role="status">
            <span class="vh">"Loading"</span>
            {(0..rows)
                .map(|_| {
                    view! {
                        <div class="skel-row">
                            <span class="skel line"></span>
                            {(0..hulls).map(|_| view! { <span class="skel hull"></span> }).collect_view()}
                        </div>
                    }
                })
                .collect_view()}
            <Patience/>
        </div>
    }
}

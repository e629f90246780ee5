//! The shape of what comes. It appears after 200 ms, so that a fast answer does not flicker.

use leptos::prelude::*;

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
        </div>
    }
}

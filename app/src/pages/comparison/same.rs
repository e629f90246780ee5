//! What is the same on both sides, for those who ask for it.

use crate::components::button::{Button, Size, Weight};
use crate::components::lane::{Place, VersionChip};
use crate::components::status::counted;
use crate::routes;
use domain::view::SameApplication;
use leptos::prelude::*;

/// Lists what is the same, or leaves it out.
#[component]
pub fn SameSwitch(
    /// How many applications that are.
    total: u32,
    /// Whether they are listed.
    listed: bool,
    /// Lists them, or not.
    on_same: Callback<bool>,
) -> impl IntoView {
    let label = match (listed, total) {
        (true, _) => "Leave out what is the same".to_owned(),
        (false, 1) => "List the 1 that is the same".to_owned(),
        (false, total) => format!("List the {total} that are the same"),
    };
    view! {
        <span class="push">
            <Button
                label
                weight=Weight::Link
                size=Size::Small
                on_press=Callback::new(move |()| on_same.run(!listed))
            />
        </span>
    }
}

/// The applications that are the same, each with what both sides have of it.
#[component]
pub fn Same(
    /// The first of them, by name.
    same: Vec<SameApplication>,
    /// How many there are.
    total: u32,
    /// The lane of the second side.
    place: Place,
) -> impl IntoView {
    let more = (total as usize).saturating_sub(same.len());
    view! {
        <section class="panel" aria-labelledby="cmp-same">
            <header>
                <h2 id="cmp-same">"The same on both sides"</h2>
                <span class="panel-sub">
                    {counted(u64::from(total), "application", "applications")}
                </span>
            </header>
            <ul class="cmp-same">
                {same
                    .into_iter()
                    .map(|row| {
                        let chip = row
                            .release
                            .map(|release| {
                                let number = release.number.map(|number| number.to_string());
                                view! { <VersionChip number place modified=release.modified/> }
                            });
                        view! {
                            <li>
                                <a href=routes::application(row.application)>{row.name}</a>
                                {chip}
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
            {(more > 0)
                .then(|| {
                    let more = counted(more as u64, "application", "applications");
                    view! { <p class="pad soft">{format!("And {more} more.")}</p> }
                })}
        </section>
    }
}

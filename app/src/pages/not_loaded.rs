//! A screen that is loaded when it is first opened, and did not arrive.

use super::later::{Ways, load};
use crate::components::button::{Button, Weight};
use crate::components::icon::Glyph;
use crate::components::layout::PageHead;
use crate::components::window_title::WindowTitle;
use crate::live::use_live;
use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// In place of a screen whose code did not arrive. It is asked for again when the console is back.
pub fn not_loaded(ways: Ways) -> AnyView {
    let live = use_live();
    let here = RwSignal::new(false);
    let trying = RwSignal::new(false);
    let again = Callback::new(move |()| {
        if trying.get_untracked() {
            return;
        }
        trying.set(true);
        spawn_local(async move {
            let came = load(ways).await;
            // The person may have gone elsewhere meanwhile.
            let _ = trying.try_set(false);
            if came {
                let _ = here.try_set(true);
            }
        });
    });
    Effect::new(move |before: Option<bool>| {
        let lost = live.lost();
        if before == Some(true) && !lost {
            again.run(());
        }
        lost
    });
    // The browser may know first.
    Effect::new(move |_| {
        let online = window_event_listener_untyped("online", move |_| {
            again.try_run(());
        });
        on_cleanup(move || online.remove());
    });
    let view = move || {
        if here.get() {
            // It is here, so that there is nothing to wait for.
            let view = (ways.show)().now_or_never().flatten();
            return view.unwrap_or_else(|| ().into_any());
        }
        view! { <NotLoaded trying again/> }.into_any()
    };
    view.into_any()
}

/// Says that the screen is not here, why, and what to do.
#[component]
fn NotLoaded(trying: RwSignal<bool>, again: Callback<()>) -> impl IntoView {
    view! {
        <WindowTitle text=|| "Not loaded".to_owned()/>
        <PageHead title="The screen could not be loaded"/>
        <section class="panel">
            <div class="blank" data-state="cannot-reach" role="alert">
                <Glyph name="offline" tone="bad"/>
                <p>
                    "The console cannot be reached, or was updated meanwhile. This is tried again when the connection is back. If it does not come then, reload the page."
                </p>
                <div class="acts">
                    <Button
                        label="Try again"
                        icon="retry"
                        weight=Weight::Primary
                        busy=trying
                        on_press=again
                    />
                    <a class="btn" href="" rel="external">"Reload the page"</a>
                </div>
            </div>
        </section>
    }
}

//! The title of the browser's window, where it follows from what a screen shows.

use crate::derived::derived;
use leptos::prelude::*;
use leptos_meta::Title;

/// The title of the window, made by `text` of what the screen shows.
///
/// The window may ask for its title once more when the screen that gave it is gone, and with it
/// what the title is made of. Then there is none, and the next screen gives its own.
#[component]
pub fn WindowTitle(text: impl Fn() -> String + Send + Sync + 'static) -> impl IntoView {
    let text = derived(move |_| text());
    view! { <Title text=move || text.try_get().unwrap_or_default()/> }
}

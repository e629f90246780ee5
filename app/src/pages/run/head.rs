//! What stands over a run: a link to exactly what is shown, and that it may be old.

use super::log::RunLog;
use crate::components::button::{Button, Size};
use crate::components::copy::copy;
use crate::components::icon::Glyph;
use crate::components::keyboard::use_shortcut;
use crate::components::toast::use_toasts;
use crate::error::ApiError;
use leptos::prelude::*;

/// Copies the address of what is shown, with the search and the line of the log.
#[component]
pub fn CopyLink() -> impl IntoView {
    let toasts = use_toasts();
    let press = Callback::new(move |()| {
        copy(&here(), move |worked| {
            if worked {
                toasts.done("Link copied", "");
            } else {
                toasts.warn(
                    "Not copied",
                    "The browser allows copying over a secure address only. Copy it from the address bar.",
                );
            }
        });
    });
    use_shortcut("y", "Copy link", move || press.run(()));
    view! { <Button label="Copy link" icon="link" on_press=press/> }
}

#[cfg(feature = "hydrate")]
fn here() -> String {
    window().location().href().unwrap_or_default()
}

#[cfg(not(feature = "hydrate"))]
fn here() -> String {
    String::new()
}

/// Says that the run or its log could not be read again.
#[component]
pub fn MayBeOld(
    /// Why the run could not be read again.
    failed: RwSignal<Option<ApiError>>,
    /// Its log.
    log: RunLog,
    /// Tries again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    move || {
        failed.get().or_else(|| log.failed.get()).map(|error| {
            view! {
                <div class="notice warn run-old" role="alert">
                    <Glyph name="warn"/>
                    <p>
                        <b>"May be old. "</b>
                        {error.to_string()}
                    </p>
                    <div class="acts">
                        <Button
                            label="Try now"
                            icon="retry"
                            size=Size::Small
                            on_press=on_retry
                        />
                    </div>
                </div>
            }
        })
    }
}

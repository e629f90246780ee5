//! What stands over a run: a link to exactly what is shown, and that it may be old.

use super::log::RunLog;
use crate::components::button::Button;
use crate::components::copy::{copy_link, use_copy_key};
use crate::components::empty::Stale;
use crate::components::toast::use_toasts;
use crate::error::ApiError;
use leptos::prelude::*;

/// Copies the address of what is shown, with the search and the line of the log.
#[component]
pub fn CopyLink() -> impl IntoView {
    let toasts = use_toasts();
    use_copy_key(|| None);
    view! {
        <Button
            label="Copy link"
            icon="link"
            on_press=Callback::new(move |()| copy_link(toasts, None))
        />
    }
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
            view! { <Stale title="May be old." error class="run-old" on_retry/> }
        })
    }
}

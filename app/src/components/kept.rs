//! What a screen shows while it asks again: the last good answer. A view that is built anew at
//! every answer would lose what is typed, open or focused in it, and an event that is already on
//! its way would reach signals that are gone.

use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::wire::Fetched;
use leptos::prelude::*;

/// The last good answer of a resource, and why there is none yet. To be called inside the
/// `Transition` that waits for the first answer.
pub fn use_kept<T>(
    resource: Fetched<Result<T, ApiError>>,
) -> (Derived<Option<T>>, Derived<Option<ApiError>>)
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let value = derived(move |before: Option<&Option<T>>| match resource.get() {
        Some(Ok(value)) => Some(value),
        // What is on screen stays; the watch bar says that it is not live.
        Some(Err(_)) | None => before.cloned().flatten(),
    });
    let failure = derived(move |_| match resource.get() {
        Some(Err(error)) if value.with(Option::is_none) => Some(error),
        _ => None,
    });
    (value, failure)
}

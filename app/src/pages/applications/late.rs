//! The bar of the selection, whose code comes with the first row that is selected: who only looks
//! does without it.

// `wasm_split` expands to the foreign functions that load a part; none is written here.
#![allow(
    unsafe_code,
    clippy::used_underscore_binding,
    clippy::unnecessary_wraps
)]

use super::selection;
use super::state::Matrix;
use crate::components::toast::use_toasts;
use crate::derived::derived;
use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

#[wasm_split(selection, wasm_split_path = ::leptos::wasm_split, preload(load_bar), fallible)]
fn bar(matrix: Matrix) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <selection::SelectionBar matrix/> }.into_any())
}

/// The bar at the foot while something is selected.
#[component]
pub fn SelectionBar(
    /// The matrix.
    matrix: Matrix,
) -> impl IntoView {
    let toasts = use_toasts();
    let here = RwSignal::new(false);
    let any = derived(move |_| matrix.picked.with(|picked| !picked.is_empty()));
    Effect::new(move |_| {
        if !any.get() || here.get_untracked() {
            return;
        }
        spawn_local(async move {
            if load_bar().await.is_ok() {
                here.try_set(true);
                return;
            }
            matrix.clear_selection();
            toasts.warn(
                "Nothing was selected",
                "A part of the page did not arrive from the console. Try again in a moment.",
            );
        });
    });
    move || {
        here.get()
            .then(|| bar(matrix).now_or_never().and_then(Result::ok))
            .flatten()
    }
}

//! The field of a filter by another application. Its code comes when the first such filter is
//! opened.

// `wasm_split` expands to the foreign functions that load a part; none is written here.
#![allow(
    unsafe_code,
    clippy::used_underscore_binding,
    clippy::unnecessary_wraps
)]

use crate::components::lookup::{Lookup, Proposal, ask_applications};
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

/// The field, once its code is here.
#[wasm_split(relation, wasm_split_path = ::leptos::wasm_split, preload(load_field), fallible)]
pub fn field(
    label: &'static str,
    open: RwSignal<bool>,
    choose: Callback<String>,
) -> Result<AnyView, SplitLoaderError> {
    let on_choose = Callback::new(move |proposal: Proposal| {
        open.set(false);
        choose.run(proposal.label);
    });
    Ok(view! {
        <Lookup
            id="related"
            label=format!("{label} which application")
            placeholder=format!("{label}…")
            ask=ask_applications()
            on_choose
            on_close=Callback::new(move |()| {
                open.try_set(false);
            })
        />
    }
    .into_any())
}

/// Fetches the field's code; false if it does not come.
pub async fn load() -> bool {
    load_field().await.is_ok()
}

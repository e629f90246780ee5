//! Who sees a draft: its maker, or, once it is shared, everybody who may edit plans.

use super::state::Editor;
use crate::api::plans::share_draft;
use crate::components::button::{Button, Size, Weight};
use crate::components::copy::copy_link;
use crate::derived::derived;
use crate::routes;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// In words, whose draft it is.
pub fn whose(shared: bool) -> &'static str {
    if shared {
        "Draft, shared"
    } else {
        "Draft, only you see it"
    }
}

/// Shares the draft, or stops that; for its maker.
#[component]
pub fn ShareButton(editor: Editor) -> impl IntoView {
    let shared = derived(move |_| editor.detail.with(|detail| detail.shared));
    let offered = derived(move |_| editor.is_draft() && editor.detail.with(|detail| detail.own));
    let busy = RwSignal::new(false);
    let press = Callback::new(move |()| {
        let share = !shared.get_untracked();
        busy.set(true);
        spawn_local(async move {
            let answer = share_draft(editor.number, share).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    editor.refresh();
                    if share {
                        copy_link(editor.toasts, Some(routes::plan(editor.number)));
                    }
                }
                Err(error) => editor.toasts.fail(
                    format!("Who sees plan #{} did not change", editor.number),
                    &error,
                ),
            }
        });
    });
    view! {
        <Show when=move || shared.get() && editor.is_draft()>
            <Button
                label="Copy link"
                weight=Weight::Link
                size=Size::Small
                icon="link"
                on_press=Callback::new(move |()| {
                    copy_link(editor.toasts, Some(routes::plan(editor.number)));
                })
            />
        </Show>
        <Show when=move || offered.get()>
            <Button
                label=Signal::derive(move || {
                    if shared.get() { "Stop sharing" } else { "Share draft" }.to_owned()
                })
                name=Signal::derive(move || {
                    if shared.get() {
                        "Stop sharing: only you will see this draft".to_owned()
                    } else {
                        "Share draft: everybody who may edit plans can open its link".to_owned()
                    }
                })
                weight=Weight::Link
                size=Size::Small
                icon="people"
                busy
                refusal=Signal::derive(move || editor.edit_refusal())
                on_press=press
            />
        </Show>
    }
}

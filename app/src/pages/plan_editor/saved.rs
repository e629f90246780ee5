//! What is saved and what is sent.

use super::sharing::{ShareButton, whose};
use super::state::Editor;
use crate::components::button::{Button, Size};
use crate::components::status::{Look, Status};
use crate::components::time::{When, WhenStyle};
use leptos::prelude::*;

/// Where the plan stands: saved or not, sent or not.
#[component]
pub fn SavedLine(editor: Editor) -> impl IntoView {
    let look = Signal::derive(move || {
        let status = editor.detail.with(|detail| detail.row.status);
        if !status.is_editable() {
            Look::of_plan(status, None)
        } else if editor.is_draft() {
            let shared = editor.detail.with(|detail| detail.shared);
            Look::of_plan(domain::plan::PlanStatus::Draft, None).saying(whose(shared))
        } else if editor.is_unsaved() {
            Look::of_plan(domain::plan::PlanStatus::Saved, None)
                .saying("Changed since it was saved")
        } else {
            Look::of_plan(domain::plan::PlanStatus::Saved, None).saying("Saved, not run")
        }
    });
    let saved = move || editor.detail.with(|d| d.row.stamps.saved.clone());
    view! {
        <Status look/>
        <ShareButton editor/>
        {move || {
            saved()
                .map(|stamp| {
                    view! {
                        <span class="soft">
                            "Saved " <When at=stamp.at style=WhenStyle::Relative/> " by "
                            {stamp.by.name}
                        </span>
                    }
                })
        }}
        <Show when=move || !editor.is_settled() && editor.conflict.with(Option::is_none)>
            <span class="soft" role="status">
                {move || if editor.is_unsent() { "Not sent yet" } else { "Sending…" }}
            </span>
        </Show>
        <Show when=move || editor.is_unsent()>
            <Button
                label="Send now"
                size=Size::Small
                icon="retry"
                on_press=Callback::new(move |()| editor.try_now())
            />
        </Show>
    }
}

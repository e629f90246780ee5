//! What is saved and what is sent, and whose changes count if two people were at it.

use super::sharing::{ShareButton, whose};
use super::state::Editor;
use crate::components::button::{Button, Size};
use crate::components::icon::Glyph;
use crate::components::status::{Look, Status, counted};
use crate::components::time::{When, WhenStyle};
use crate::session::use_session;
use domain::view::Stamp;
use leptos::prelude::*;

/// Where the plan stands: saved or not, sent or not.
#[component]
pub fn SavedLine(editor: Editor) -> impl IntoView {
    let look = Signal::derive(move || {
        if editor.is_draft() {
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

/// Somebody else was faster: the choice between theirs and ours, with nothing lost until it is
/// made.
#[component]
pub fn ConflictNotice(editor: Editor) -> impl IntoView {
    let session = use_session();
    let who = move |stamp: &Stamp| {
        let mine = session
            .me()
            .is_some_and(|me| me.login == stamp.by.login && me.name == stamp.by.name);
        if mine {
            "You changed this plan in another window at the same time".to_owned()
        } else {
            format!("{} changed this plan at the same time", stamp.by.name)
        }
    };
    move || {
        editor.conflict.get().map(|conflict| {
            let count = counted(conflict.mine.len() as u64, "change", "changes");
            let title = conflict.theirs.as_ref().map_or_else(
                || "Somebody else changed this plan at the same time".to_owned(),
                who,
            );
            view! {
                <div class="notice warn" role="alert">
                    <Glyph name="warn"/>
                    <div>
                        <b>{title}</b>
                        <p>
                            {conflict
                                .theirs
                                .map(|stamp| {
                                    view! {
                                        "The last change came "
                                        <When at=stamp.at style=WhenStyle::Both/>
                                        ". "
                                    }
                                })}
                            {format!(
                                "{count} of yours did not reach the server. What you see is still yours.",
                            )}
                        </p>
                    </div>
                    <div class="acts">
                        <Button
                            label="Load theirs"
                            size=Size::Small
                            on_press=Callback::new(move |()| editor.load_theirs())
                        />
                        <Button
                            label="Put mine on top of theirs"
                            size=Size::Small
                            on_press=Callback::new(move |()| editor.keep_mine())
                        />
                    </div>
                </div>
            }
        })
    }
}

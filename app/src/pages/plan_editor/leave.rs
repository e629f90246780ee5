//! Leaving a plan with changes that were not saved asks first, by whichever way.

use super::actions::Actions;
use super::state::Editor;
use crate::api::plans::discard_plan;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::guard::{Goal, go_back, use_guard};
use crate::session::use_session;
use domain::view::PlanDetail;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// Keeps the person while there are unsaved changes, whichever way they leave.
#[component]
pub fn LeaveGuard(editor: Editor, actions: Actions) -> impl IntoView {
    let goal = actions.leaving_to;
    let leaving = RwSignal::new(false);
    let dropping = RwSignal::new(false);
    // An empty draft that nobody changed is not worth a question.
    let asks = Signal::derive(move || {
        editor.is_unsaved()
            && editor.may_edit()
            && (editor.is_typing()
                || editor
                    .content
                    .with(|c| !c.operations.is_empty() || !c.notes.is_empty()))
    });
    use_guard(move |to| {
        let keeps = untrack(move || asks.try_get()).unwrap_or(false);
        if keeps {
            actions.problem.set(None);
            goal.set(Some(to));
        }
        keeps
    });
    // What the console has is not lost with the page: a draft is found again in the list.
    let unsent = Signal::derive(move || editor.has_unsent() && editor.may_edit());
    Effect::new(move |_| watch_page(unsent));
    let navigate = use_navigate();
    let go = Callback::new(move |()| {
        if let Some(to) = goal.get_untracked() {
            editor.leave();
            goal.set(None);
            match to {
                Goal::To(to) => navigate(&to, NavigateOptions::default()),
                Goal::Back => go_back(),
            }
        }
    });
    let stay = Callback::new(move |()| {
        leaving.set(false);
        goal.set(None);
    });
    // A save that the dialog asked for ends in leaving.
    Effect::new(move |_| {
        if leaving.get() && !editor.is_unsaved() {
            leaving.set(false);
            go.run(());
        }
    });
    // Whoever has to choose, or put something right, does not leave a moment later.
    Effect::new(move |_| {
        if editor.conflict.with(Option::is_some) {
            stay.run(());
        } else if actions.problem.with(Option::is_some) {
            leaving.set(false);
        }
    });
    let save = Callback::new(move |()| {
        if !actions.saving.get_untracked() {
            leaving.set(true);
            actions.save();
        }
    });
    let session = use_session();
    let drop_refusal = Signal::derive(move || {
        let creator = |detail: &PlanDetail| detail.row.stamps.created.by.login.clone();
        let creator = editor.is_draft().then(|| editor.detail.with(creator))?;
        session.discard_refusal(&creator)
    });
    let drop = Callback::new(move |()| {
        actions.problem.set(None);
        if editor.is_draft() {
            if dropping.get_untracked() {
                return;
            }
            dropping.set(true);
            editor.set_discarding(true);
            spawn_local(async move {
                let answer = discard_plan(editor.number).await;
                if answer.is_ok() {
                    editor.settle();
                }
                if dropping.try_set(false).is_some() {
                    return;
                }
                match answer {
                    Ok(()) => {
                        editor.abandon();
                        go.try_run(());
                    }
                    Err(error) => {
                        editor.set_discarding(false);
                        let said = format!("The draft was not discarded. {error}");
                        actions.problem.set(Some(said));
                    }
                }
            });
        } else if editor.conflict.with_untracked(Option::is_some) {
            go.run(());
        } else {
            // What stays in the working copy has to be there first. If the server is away, it goes
            // there after the editor is left; if somebody was faster, that has to be settled here.
            actions.flush.run(());
            let away = move || {
                if editor.conflict.with_untracked(Option::is_none) {
                    go.try_run(());
                }
            };
            editor.when_settled_or(away, away);
        }
    });
    // What is typed goes to the console when the editor is gone.
    let keep = Callback::new(move |()| {
        actions.problem.set(None);
        actions.flush.run(());
        go.run(());
    });
    view! {
        <Dialog
            open=Signal::derive(move || goal.with(Option::is_some))
            on_close=stay
            on_confirm=save
            error=actions.problem
            id="leave-plan"
            title=Signal::derive(move || {
                if editor.is_draft() {
                    format!("Save plan #{} before you leave?", editor.number)
                } else {
                    format!("Leave plan #{} with unsaved changes?", editor.number)
                }
            })
            lead=Signal::derive(move || {
                if editor.is_draft() {
                    let seen = if editor.detail.with(|d| d.shared) {
                        "who has its link sees it"
                    } else {
                        "only you see it"
                    };
                    format!(
                        "Saved, it is in the list for everybody; nothing runs by itself. As a draft {seen}, for 24 hours.",
                    )
                } else {
                    "The changes stay in the working copy that everybody edits, but they are not saved."
                        .to_owned()
                }
            })
        >
            <footer>
                <Button label="Stay" on_press=stay/>
                <Button
                    label=Signal::derive(move || {
                        if editor.is_draft() { "Discard draft" } else { "Leave" }.to_owned()
                    })
                    weight=Signal::derive(move || {
                        if editor.is_draft() { Weight::QuietDanger } else { Weight::Normal }
                    })
                    busy=dropping
                    refusal=drop_refusal
                    on_press=drop
                />
                <Show when=move || editor.is_draft() && editor.conflict.with(Option::is_none)>
                    <Button label="Keep draft" on_press=keep/>
                </Show>
                <Button
                    label="Save and leave"
                    weight=Weight::Primary
                    busy=actions.saving
                    on_press=save
                />
            </footer>
        </Dialog>
    }
}

/// The browser itself asks before the page is closed or loaded anew with something in it that the
/// console does not have.
#[cfg(feature = "hydrate")]
fn watch_page(asks: Signal<bool>) {
    let away = window_event_listener(leptos::ev::beforeunload, move |event| {
        // What waits while somebody signs in again is kept (`unsent.rs`).
        if asks.try_get_untracked().unwrap_or(false) && !crate::session::has_ended() {
            event.prevent_default();
        }
    });
    on_cleanup(move || away.remove());
}

#[cfg(not(feature = "hydrate"))]
fn watch_page(_asks: Signal<bool>) {}

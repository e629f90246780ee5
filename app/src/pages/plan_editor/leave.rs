//! Leaving a plan with changes that were not saved asks first.

use super::actions::Actions;
use super::state::Editor;
use crate::api::plans::discard_plan;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::toast::use_toasts;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// Catches links that lead away while there are unsaved changes.
#[component]
pub fn LeaveGuard(editor: Editor, actions: Actions) -> impl IntoView {
    let toasts = use_toasts();
    let goal = RwSignal::new(None::<String>);
    let leaving = RwSignal::new(false);
    // An empty draft that nobody changed is not worth a question.
    let asks = Signal::derive(move || {
        editor.is_unsaved()
            && editor.may_edit()
            && editor
                .content
                .with(|c| !c.operations.is_empty() || !c.notes.is_empty())
    });
    Effect::new(move |_| watch_links(asks, goal));
    let navigate = use_navigate();
    let go = Callback::new(move |()| {
        if let Some(to) = goal.get_untracked() {
            editor.leave();
            goal.set(None);
            navigate(&to, NavigateOptions::default());
        }
    });
    let stay = Callback::new(move |()| goal.set(None));
    // A save that the dialog asked for ends in leaving.
    Effect::new(move |_| {
        if leaving.get() && !editor.is_unsaved() {
            leaving.set(false);
            go.run(());
        }
    });
    let save = Callback::new(move |()| {
        leaving.set(true);
        actions.save();
    });
    let drop = Callback::new(move |()| {
        if editor.is_draft() {
            spawn_local(async move {
                match discard_plan(editor.number).await {
                    Ok(()) => {
                        go.try_run(());
                    }
                    Err(error) => toasts.fail("The draft was not discarded", &error),
                }
            });
        } else if editor.conflict.with_untracked(Option::is_some) {
            go.run(());
        } else {
            // What stays in the working copy has to be there first.
            actions.flush.run(());
            editor.when_settled(move || {
                go.try_run(());
            });
        }
    });
    view! {
        <Dialog
            open=Signal::derive(move || goal.with(Option::is_some))
            on_close=stay
            on_confirm=save
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
                    "A draft is not in the list. Saved, it is there for everybody; nothing runs by itself."
                        .to_owned()
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
                    on_press=drop
                />
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

#[cfg(feature = "hydrate")]
fn watch_links(asks: Signal<bool>, goal: RwSignal<Option<String>>) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{AddEventListenerOptions, Element, MouseEvent};

    let click = Closure::<dyn FnMut(MouseEvent)>::new(move |event: MouseEvent| {
        let plain = event.button() == 0
            && !event.ctrl_key()
            && !event.meta_key()
            && !event.shift_key()
            && !event.alt_key();
        if !plain || !asks.try_get_untracked().unwrap_or(false) {
            return;
        }
        let link = event
            .target()
            .and_then(|t| t.dyn_into::<Element>().ok())
            .and_then(|e| e.closest("a[href]").ok().flatten());
        let Some(link) = link else { return };
        let href = link.get_attribute("href").unwrap_or_default();
        if href.starts_with('/')
            && !href.starts_with("//")
            && link.get_attribute("target").is_none()
        {
            event.prevent_default();
            event.stop_propagation();
            goal.set(Some(href));
        }
    });
    let away = window_event_listener(leptos::ev::beforeunload, move |event| {
        if asks.try_get_untracked().unwrap_or(false) {
            event.prevent_default();
        }
    });
    let options = AddEventListenerOptions::new();
    options.set_capture(true);
    let document = document();
    let _ = document.add_event_listener_with_callback_and_add_event_listener_options(
        "click",
        click.as_ref().unchecked_ref(),
        &options,
    );
    let click = StoredValue::new_local(click);
    on_cleanup(move || {
        away.remove();
        click.try_with_value(|click| {
            let _ = leptos::prelude::document().remove_event_listener_with_callback_and_bool(
                "click",
                click.as_ref().unchecked_ref(),
                true,
            );
        });
    });
}

#[cfg(not(feature = "hydrate"))]
fn watch_links(_asks: Signal<bool>, _goal: RwSignal<Option<String>>) {}

//! Short messages in the corner: what was done, what was refused, what can be undone.

use super::button::{Button, IconButton, Size, Weight};
use super::icon::Glyph;
use crate::error::ApiError;
use leptos::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// What the button of a message does. It belongs to the message and to no view: a message outlives
/// the screen that wrote it, and whatever a view owns is gone when the view is.
type Act = Arc<dyn Fn() + Send + Sync>;

/// A message.
#[derive(Clone)]
pub struct Toast {
    id: u64,
    glyph: &'static str,
    tone: &'static str,
    title: String,
    text: String,
    action: Option<(String, Act)>,
    /// The plan that the action changes.
    plan: Option<u64>,
}

/// The messages of this page.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
}

impl Toasts {
    /// Something was done.
    pub fn done(self, title: impl Into<String>, text: impl Into<String>) {
        self.push("ok", "ok", title.into(), text.into(), None, None);
    }

    /// Something was done in a plan and can be undone, until [`Self::settle`]; gives the message.
    /// `undo` may run after the screen that offered it is gone, so it may read signals of that
    /// screen only in ways that cannot fail.
    pub fn undoable(
        self,
        plan: u64,
        title: impl Into<String>,
        text: impl Into<String>,
        undo: impl Fn() + Send + Sync + 'static,
    ) -> u64 {
        self.push(
            "ok",
            "ok",
            title.into(),
            text.into(),
            Some(("Undo".to_owned(), Arc::new(undo))),
            Some(plan),
        )
    }

    /// The plan was saved, started, put in line or removed: nothing of it can be undone any more.
    pub fn settle(self, plan: u64) {
        let _ = self
            .list
            .try_update(|list| list.retain(|toast| toast.plan != Some(plan)));
    }

    /// Something is worth a look.
    pub fn warn(self, title: impl Into<String>, text: impl Into<String>) {
        self.push("warn", "warn", title.into(), text.into(), None, None);
    }

    /// Something could not be done; `title` says what ("Plan #12 was not saved").
    pub fn fail(self, title: impl Into<String>, error: &ApiError) {
        self.push("fail", "bad", title.into(), error.to_string(), None, None);
    }

    /// Follows which messages there are.
    pub fn track(self) {
        self.list.track();
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u64) {
        let _ = self
            .list
            .try_update(|list| list.retain(|toast| toast.id != id));
    }

    fn push(
        self,
        glyph: &'static str,
        tone: &'static str,
        title: String,
        text: String,
        action: Option<(String, Act)>,
        plan: Option<u64>,
    ) -> u64 {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        // What can be undone or went wrong stays longer.
        let stay = if action.is_some() || tone == "bad" {
            30
        } else {
            6
        };
        self.list.update(|list| {
            list.push(Toast {
                id,
                glyph,
                tone,
                title,
                text,
                action,
                plan,
            });
            if list.len() > 4 {
                list.remove(0);
            }
        });
        set_timeout(move || self.dismiss(id), Duration::from_secs(stay));
        id
    }
}

/// The messages of this page.
pub fn use_toasts() -> Toasts {
    expect_context()
}

/// Makes the messages known to everything below.
pub fn provide_toasts() {
    provide_context(Toasts {
        list: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
    });
}

/// Where the messages are shown; read out politely.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.list.get() key=|toast| toast.id let:toast>
                <ToastCard toast/>
            </For>
        </div>
    }
}

#[component]
fn ToastCard(toast: Toast) -> impl IntoView {
    let toasts = use_toasts();
    let Toast {
        id,
        glyph,
        tone,
        title,
        text,
        action,
        ..
    } = toast;
    view! {
        <div class="toast">
            <Glyph name=glyph tone/>
            <div>
                <b>{title}</b>
                {(!text.is_empty()).then(|| view! { <p>{text}</p> })}
            </div>
            <IconButton
                label="Dismiss"
                icon="x"
                size=Size::Small
                on_press=Callback::new(move |()| toasts.dismiss(id))
            />
            {action
                .map(|(label, run)| {
                    view! {
                        <div class="acts">
                            <Button
                                label
                                weight=Weight::Link
                                size=Size::Small
                                on_press=Callback::new(move |()| {
                                    run();
                                    toasts.dismiss(id);
                                })
                            />
                        </div>
                    }
                })}
        </div>
    }
}

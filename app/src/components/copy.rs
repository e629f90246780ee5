//! Copying a text for the person.

use super::button::{Button, Size};
use super::keyboard::use_shortcut;
use super::toast::{Toasts, use_toasts};
use leptos::prelude::*;

/// Where the browser does not let a page copy.
const REFUSED: &str =
    "The browser allows copying over a secure address only. Select the text and copy it by hand.";

/// Copies a text and says so; where the browser refuses, it says what to do instead.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What it is, for the name of the button ("command").
    what: &'static str,
) -> impl IntoView {
    let toasts = use_toasts();
    let copied = RwSignal::new(false);
    let done = move |worked: bool| {
        if worked {
            copied.try_set(true);
            set_timeout(
                move || {
                    copied.try_set(false);
                },
                std::time::Duration::from_secs(3),
            );
        } else {
            toasts.warn("Not copied", REFUSED);
        }
    };
    view! {
        <Button
            label=Signal::derive(move || {
                if copied.get() { "Copied".to_owned() } else { "Copy".to_owned() }
            })
            name=Signal::derive(move || {
                if copied.get() { format!("Copied the {what}") } else { format!("Copy the {what}") }
            })
            icon="copy"
            size=Size::Small
            on_press=Callback::new(move |()| copy(&text.get_untracked(), done))
        />
    }
}

/// Copies the address of a path of this page, or of what is shown now, and says whether it worked.
pub fn copy_link(toasts: Toasts, path: Option<String>) {
    let location = window().location();
    let text = match path {
        Some(path) => format!("{}{path}", location.origin().unwrap_or_default()),
        None => location.href().unwrap_or_default(),
    };
    copy_text(toasts, &text, "Link copied");
}

/// Copies a text and says so in a message, or shows the text where the browser refuses.
pub fn copy_text(toasts: Toasts, text: &str, done: &'static str) {
    let shown = text.to_owned();
    copy(text, move |worked| {
        if worked {
            toasts.done(done, "");
        } else {
            toasts.warn("Not copied", format!("{shown} {REFUSED}"));
        }
    });
}

/// `y` copies the address of what `row` points at, or else of the screen.
pub fn use_copy_key(row: impl Fn() -> Option<String> + Send + Sync + 'static) {
    let toasts = use_toasts();
    use_shortcut("y", "Copy link to this view", move || {
        copy_link(toasts, row());
    });
}

/// Copies a text; tells whether the browser did it.
#[cfg(feature = "hydrate")]
pub fn copy(text: &str, done: impl Fn(bool) + 'static) {
    use wasm_bindgen::JsValue;
    let navigator = window().navigator();
    // Absent outside secure addresses.
    let there = js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard"))
        .is_ok_and(|clipboard| clipboard.is_object());
    if !there {
        done(false);
        return;
    }
    let promise = navigator.clipboard().write_text(text);
    leptos::task::spawn_local(async move {
        done(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
    });
}

/// Copies a text; tells whether the browser did it.
#[cfg(not(feature = "hydrate"))]
pub fn copy(_text: &str, _done: impl Fn(bool) + 'static) {}

//! The keys of the editor, and the ways to lead a person to a place on the screen.

use super::actions::Actions;
use crate::components::keyboard::use_shortcut;
use leptos::prelude::*;

/// `[` and `]` for findings, `a` to add, Ctrl+S to save, Ctrl+Enter to deploy.
pub fn use_editor_keys(actions: Actions, adding: RwSignal<bool>) {
    use_shortcut("[", "Previous finding", || step_finding(-1));
    use_shortcut("]", "Next finding", || step_finding(1));
    use_shortcut("a", "Add applications", move || {
        if actions.unwritable.with_untracked(Option::is_none) {
            adding.set(true);
        }
    });
    use_shortcut("v", "Validate", move || actions.validate());
    // These two work in fields as well, so they are heard on their own; here they are in the list.
    use_shortcut("Ctrl s", "Save", move || actions.save());
    use_shortcut("Ctrl Enter", "Deploy now", move || {
        actions.deploy_if_ready();
    });
    Effect::new(move |_| listen(actions));
}

#[cfg(feature = "hydrate")]
mod browser {
    use super::Actions;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    pub(super) fn listen(actions: Actions) {
        let handle = window_event_listener(leptos::ev::keydown, move |event| {
            if event.default_prevented() || !(event.ctrl_key() || event.meta_key()) {
                return;
            }
            // A dialog has keys of its own.
            let in_dialog = document()
                .query_selector("dialog[open]")
                .is_ok_and(|d| d.is_some());
            match event.key().as_str() {
                "s" | "S" => {
                    event.prevent_default();
                    if !in_dialog {
                        actions.save();
                    }
                }
                // Whoever writes several lines means the text, not the plan.
                "Enter" if !in_dialog && !in_text_area(&event) => {
                    event.prevent_default();
                    actions.deploy_if_ready();
                }
                _ => {}
            }
        });
        on_cleanup(move || handle.remove());
    }

    fn in_text_area(event: &web_sys::KeyboardEvent) -> bool {
        event
            .target()
            .is_some_and(|target| target.has_type::<web_sys::HtmlTextAreaElement>())
    }

    fn findings() -> Vec<HtmlElement> {
        let Ok(list) = document().query_selector_all("[data-finding]") else {
            return Vec::new();
        };
        (0..list.length())
            .filter_map(|index| list.item(index)?.dyn_into().ok())
            .collect()
    }

    /// Leads to the finding before or after the one that has the focus.
    pub fn step_finding(by: isize) {
        let all = findings();
        if all.is_empty() {
            return;
        }
        let active = document().active_element();
        let here = all.iter().position(|f| {
            active
                .as_ref()
                .is_some_and(|a| f.contains(Some(a.unchecked_ref())))
        });
        let count = all.len() as isize;
        let next = match here {
            Some(here) => (here as isize + by).rem_euclid(count),
            None if by > 0 => 0,
            None => count - 1,
        };
        focus(&all[next as usize]);
    }

    fn focus(element: &HtmlElement) {
        let _ = element.focus();
        element.scroll_into_view_with_scroll_into_view_options(&{
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            options
        });
    }

    /// Leads to the element with this id.
    pub fn show(id: &str) {
        let Some(element) = document().get_element_by_id(id) else {
            return;
        };
        let inner = if element.matches("select, input").unwrap_or(false) {
            Some(element.clone())
        } else {
            element.query_selector("select, input, a").ok().flatten()
        };
        scroll(&element);
        if let Some(inner) = inner.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
            let _ = inner.focus();
        }
    }

    /// Leads to the first button in the element with this id.
    pub fn show_button(id: &str) {
        let Some(element) = document().get_element_by_id(id) else {
            return;
        };
        scroll(&element);
        let button = element.query_selector("button").ok().flatten();
        if let Some(button) = button.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
            let _ = button.focus();
        }
    }

    /// The same once what was just asked for is drawn.
    pub fn show_soon(id: String) {
        request_animation_frame(move || show(&id));
    }

    fn scroll(element: &Element) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Center);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }

    /// Leads to the first finding if the one that had the focus is gone.
    pub fn step_finding_soon() {
        request_animation_frame(|| {
            let lost = document()
                .active_element()
                .is_none_or(|active| active.tag_name() == "BODY");
            if lost && let Some(first) = findings().first() {
                focus(first);
            }
        });
    }
}

#[cfg(feature = "hydrate")]
use browser::listen;
#[cfg(feature = "hydrate")]
pub use browser::{show, show_button, show_soon, step_finding, step_finding_soon};

#[cfg(not(feature = "hydrate"))]
fn listen(_actions: Actions) {}

/// Leads to the finding before or after the one that has the focus.
#[cfg(not(feature = "hydrate"))]
pub fn step_finding(_by: isize) {}

/// Leads to the element with this id.
#[cfg(not(feature = "hydrate"))]
pub fn show(_id: &str) {}

/// Leads to the first button in the element with this id.
#[cfg(not(feature = "hydrate"))]
pub fn show_button(_id: &str) {}

/// Leads to the element with this id, once it is drawn.
#[cfg(not(feature = "hydrate"))]
pub fn show_soon(_id: String) {}

/// Leads to the first finding if the one that had the focus is gone.
#[cfg(not(feature = "hydrate"))]
pub fn step_finding_soon() {}

//! One guard for everything that leads to another screen of the page: a screen with something that
//! would be lost asks first, whichever way the person goes.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::location::Location;

/// Where a person was about to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// To an address of the page.
    To(String),
    /// To where the browser's *Back* leads.
    Back,
}

/// Whether a screen keeps the person for now: it then asks, and leads to the goal itself if the
/// answer is to go.
type Keeps = Callback<Goal, bool>;

/// What the shown screen says to leaving it.
#[derive(Clone, Copy)]
pub struct NavGuard {
    keeps: RwSignal<Option<(u64, Keeps)>>,
    next: StoredValue<u64>,
}

impl NavGuard {
    /// Whether somebody may not go there yet; the screen asks them then.
    pub fn keeps(self, goal: Goal) -> bool {
        self.keeps
            .try_get_untracked()
            .flatten()
            .and_then(|(_, keeps)| keeps.try_run(goal))
            .unwrap_or(false)
    }
}

/// Makes the guard known to everything below.
pub fn provide_guard() {
    provide_context(NavGuard {
        keeps: RwSignal::new(None),
        next: StoredValue::new(0),
    });
}

/// Asks `keeps` before anybody leaves the screen that calls this, for as long as it is shown:
/// by a link, a key, the palette, or the browser's *Back*.
pub fn use_guard(keeps: impl Fn(Goal) -> bool + Send + Sync + 'static) {
    let Some(guard) = use_context::<NavGuard>() else {
        return;
    };
    let id = guard.next.get_value();
    guard.next.set_value(id + 1);
    guard.keeps.set(Some((id, Callback::new(keeps))));
    on_cleanup(move || {
        // The next screen may have put its own in place already.
        let mine = guard
            .keeps
            .try_with_untracked(|keeps| keeps.as_ref().is_some_and(|(other, _)| *other == id));
        if mine == Some(true) {
            guard.keeps.set(None);
        }
    });
    let here = use_location();
    Effect::new(move |_| listen(guard, here.clone()));
}

/// Leads to an address of the page, unless the screen asks first.
pub fn use_go() -> impl Fn(&str) + Clone + Send + Sync + 'static {
    let guard = use_context::<NavGuard>();
    let navigate = use_navigate();
    move |to: &str| {
        if !guard.is_some_and(|guard| guard.keeps(Goal::To(to.to_owned()))) {
            navigate(to, NavigateOptions::default());
        }
    }
}

#[cfg(feature = "hydrate")]
fn listen(guard: NavGuard, here: Location) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{AddEventListenerOptions, Element, Event, MouseEvent};

    // Links, before the router hears of them.
    let click = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let Some(mouse) = event.dyn_ref::<MouseEvent>() else {
            return;
        };
        let plain = mouse.button() == 0
            && !mouse.ctrl_key()
            && !mouse.meta_key()
            && !mouse.shift_key()
            && !mouse.alt_key();
        let link = event
            .target()
            .and_then(|t| t.dyn_into::<Element>().ok())
            .and_then(|e| e.closest("a[href]").ok().flatten());
        let Some(link) = link.filter(|_| plain) else {
            return;
        };
        let href = link.get_attribute("href").unwrap_or_default();
        let inside = href.starts_with('/') && !href.starts_with("//");
        if inside && link.get_attribute("target").is_none() && guard.keeps(Goal::To(href)) {
            event.prevent_default();
            event.stop_propagation();
        }
    });
    // *Back* has changed the address already when it is told: it is put back before the router
    // looks, and gone to again if that is the answer. Until then the router knows where we are.
    let back = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let (Some(path), Some(search), Some(hash)) = (
            here.pathname.try_get_untracked(),
            here.search.try_get_untracked(),
            here.hash.try_get_untracked(),
        ) else {
            return;
        };
        let there = window().location().pathname().unwrap_or_default();
        if there == path || !guard.keeps(Goal::Back) {
            return;
        }
        event.stop_immediate_propagation();
        let mut address = path;
        for (mark, part) in [('?', search), ('#', hash)] {
            let part = part.trim_start_matches(mark);
            if !part.is_empty() {
                address.push(mark);
                address.push_str(part);
            }
        }
        if let Ok(history) = window().history() {
            let state = wasm_bindgen::JsValue::NULL;
            let _ = history.push_state_with_url(&state, "", Some(&address));
        }
    });
    let options = AddEventListenerOptions::new();
    options.set_capture(true);
    let listeners = [
        (
            document().unchecked_into::<web_sys::EventTarget>(),
            "click",
            click,
        ),
        (
            window().unchecked_into::<web_sys::EventTarget>(),
            "popstate",
            back,
        ),
    ];
    for (target, name, listener) in &listeners {
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
            name,
            listener.as_ref().unchecked_ref(),
            &options,
        );
    }
    let listeners = StoredValue::new_local(listeners);
    on_cleanup(move || {
        listeners.try_with_value(|listeners| {
            for (target, name, listener) in listeners {
                let _ = target.remove_event_listener_with_callback_and_bool(
                    name,
                    listener.as_ref().unchecked_ref(),
                    true,
                );
            }
        });
    });
}

#[cfg(not(feature = "hydrate"))]
fn listen(_guard: NavGuard, _here: Location) {}

/// Goes to where the browser's *Back* leads.
pub fn go_back() {
    #[cfg(feature = "hydrate")]
    if let Ok(history) = window().history() {
        let _ = history.back();
    }
}

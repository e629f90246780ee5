//! One guard for everything that leads to another screen of the page: a screen with something that
//! would be lost asks first, whichever way the person goes.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

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
    /// The path of the screen that keeps people, and its whole address.
    here: StoredValue<(String, String)>,
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

/// Makes the guard known to everything below. To be called before the router is made: the browser
/// tells of *Back* in the order in which it was asked to.
pub fn provide_guard() {
    let guard = NavGuard {
        keeps: RwSignal::new(None),
        next: StoredValue::new(0),
        here: StoredValue::new(Default::default()),
    };
    provide_context(guard);
    listen_back(guard);
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
    Effect::new(move |_| {
        let path = here.pathname.get();
        let mut address = path.clone();
        for (mark, part) in [('?', here.search.get()), ('#', here.hash.get())] {
            let part = part.trim_start_matches(mark);
            if !part.is_empty() {
                address.push(mark);
                address.push_str(part);
            }
        }
        guard.here.set_value((path, address));
    });
    Effect::new(move |_| listen_links(guard));
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

/// *Back* has changed the address already when it is told: it is put back before the router looks,
/// and gone to again if that is the answer. Until then the router knows where we are.
#[cfg(feature = "hydrate")]
fn listen_back(guard: NavGuard) {
    // Lives as long as the page.
    let _ = window_event_listener(leptos::ev::popstate, move |event| {
        let Some((path, address)) = guard.here.try_get_value() else {
            return;
        };
        let there = window().location().pathname().unwrap_or_default();
        if there == path || !guard.keeps(Goal::Back) {
            return;
        }
        event.stop_immediate_propagation();
        if let Ok(history) = window().history() {
            let state = wasm_bindgen::JsValue::NULL;
            let _ = history.push_state_with_url(&state, "", Some(&address));
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn listen_back(_guard: NavGuard) {}

#[cfg(feature = "hydrate")]
fn listen_links(guard: NavGuard) {
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
        click.try_with_value(|click| {
            let _ = document.remove_event_listener_with_callback_and_bool(
                "click",
                click.as_ref().unchecked_ref(),
                true,
            );
        });
    });
}

#[cfg(not(feature = "hydrate"))]
fn listen_links(_guard: NavGuard) {}

/// Goes to where the browser's *Back* leads.
pub fn go_back() {
    #[cfg(feature = "hydrate")]
    if let Ok(history) = window().history() {
        let _ = history.back();
    }
}

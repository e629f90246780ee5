//! Tabs: saved views with live counts, or parts of a page.

use super::icon::Glyph;
use super::status::thousands;
use crate::derived::derived;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

/// A tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// What the address and the callback call it.
    pub key: String,
    /// Its words.
    pub label: String,
    /// How many things it holds.
    pub count: Option<u64>,
    /// And more than that.
    pub more: bool,
    /// A status glyph and its tone.
    pub glyph: Option<(&'static str, &'static str)>,
}

impl Tab {
    /// A tab of words alone.
    pub fn new(key: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            label: label.into(),
            count: None,
            more: false,
            glyph: None,
        }
    }
}

/// A row of tabs. Arrow keys, Home and End move between them.
#[component]
pub fn Tabs(
    /// What they are views of.
    label: &'static str,
    /// The tabs.
    #[prop(into)]
    tabs: Signal<Vec<Tab>>,
    /// The key of the one that is shown.
    #[prop(into)]
    active: Signal<String>,
    /// Another one was chosen.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let keys = move || tabs.with(|tabs| tabs.iter().map(|tab| tab.key.clone()).collect::<Vec<_>>());
    let on_key = move |event: KeyboardEvent| {
        let keys = keys();
        let here = active.with_untracked(|active| keys.iter().position(|key| key == active));
        let (Some(here), count) = (here, keys.len()) else {
            return;
        };
        let next = match event.key().as_str() {
            "ArrowRight" => (here + 1) % count,
            "ArrowLeft" => (here + count - 1) % count,
            "Home" => 0,
            "End" => count - 1,
            _ => return,
        };
        event.prevent_default();
        on_choose.try_run(keys[next].clone());
        focus_tab(node, next as u32);
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label node_ref=node on:keydown=on_key>
            {move || {
                tabs.get()
                    .into_iter()
                    .map(|tab| {
                        let key = tab.key.clone();
                        let chosen = derived({
                            let key = key.clone();
                            move |_| active.with(|active| *active == key)
                        });
                        view! {
                            <button
                                type="button"
                                role="tab"
                                aria-selected=move || chosen.get().to_string()
                                tabindex=move || (!chosen.get()).then_some("-1")
                                on:click=move |_| {
                                    on_choose.try_run(key.clone());
                                }
                            >
                                {tab.glyph.map(|(name, tone)| view! { <Glyph name tone/> })}
                                <span>{tab.label}</span>
                                {tab
                                    .count
                                    .map(|count| {
                                        view! {
                                            <span class="count">
                                                {thousands(count)} {tab.more.then_some("+")}
                                            </span>
                                        }
                                    })}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}

#[cfg(feature = "hydrate")]
fn focus_tab(node: NodeRef<html::Div>, index: u32) {
    use wasm_bindgen::JsCast;
    request_animation_frame(move || {
        let tab = node
            .try_get_untracked()
            .flatten()
            .and_then(|node| node.children().item(index))
            .and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(tab) = tab {
            let _ = tab.focus();
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn focus_tab(_node: NodeRef<html::Div>, _index: u32) {}

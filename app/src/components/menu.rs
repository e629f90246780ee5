//! A button with a menu of actions.

use super::button::{Button, Size, Weight};
use super::icon::Icon;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;

/// An entry of a menu.
#[derive(Clone)]
pub struct MenuItem {
    /// A verb, and an object where it is not obvious.
    pub label: String,
    /// A line icon.
    pub icon: &'static str,
    /// Why it cannot be chosen now; shown below the label.
    pub refusal: Option<String>,
    /// Destroys something.
    pub danger: bool,
    /// What it does.
    pub on_choose: Callback<()>,
}

impl MenuItem {
    /// An entry that can be chosen.
    pub fn new(label: impl Into<String>, icon: &'static str, on_choose: Callback<()>) -> Self {
        Self {
            label: label.into(),
            icon,
            refusal: None,
            danger: false,
            on_choose,
        }
    }
}

/// What keys and focus do to a menu and the button that it belongs to.
#[derive(Clone, Copy)]
pub struct Popup {
    /// Whether the menu is open.
    pub open: RwSignal<bool>,
    /// What holds both; the button is the first in it.
    pub anchor: NodeRef<html::Div>,
}

impl Popup {
    /// A menu that is closed.
    pub fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            anchor: NodeRef::new(),
        }
    }

    /// Whether the menu is open; also asked while the screen goes that the menu is on, because an
    /// entry may lead elsewhere.
    pub fn is_open(self) -> bool {
        self.open.try_get().unwrap_or(false)
    }

    /// The button was pressed.
    pub fn toggle(self) {
        self.open.update(|open| *open = !*open);
        if self.open.get_untracked() {
            focus_first(self.anchor);
        }
    }

    /// Closes and gives the focus back, so that a dialog that opens now can give it back, too.
    pub fn close(self) {
        focus_button(self.anchor);
        self.open.set(false);
    }

    /// Arrow keys move, Esc closes and gives the focus back.
    pub fn on_key(self, event: &KeyboardEvent) {
        if !self.open.get_untracked() {
            return;
        }
        match event.key().as_str() {
            "Escape" => {
                event.stop_propagation();
                self.close();
            }
            "ArrowDown" => {
                event.prevent_default();
                move_focus(self.anchor, 1);
            }
            "ArrowUp" => {
                event.prevent_default();
                move_focus(self.anchor, -1);
            }
            _ => {}
        }
    }

    /// The focus went; out of the menu, it closes.
    pub fn on_leave(self, event: &web_sys::FocusEvent) {
        if left(self.anchor, event) {
            self.open.set(false);
        }
    }
}

impl Default for Popup {
    fn default() -> Self {
        Self::new()
    }
}

/// A menu behind a button. Arrow keys move, Esc closes and gives the focus back.
#[component]
pub fn Menu(
    /// What the button says; names its row, if it is one of many.
    #[prop(into)]
    label: Signal<String>,
    /// Shows only "more", with the label as its name.
    #[prop(default = true)]
    icon_only: bool,
    /// The size of a button that shows its label.
    #[prop(default = Size::Normal)]
    size: Size,
    /// The entries, made when the menu opens.
    #[prop(into)]
    items: Callback<(), Vec<MenuItem>>,
) -> impl IntoView {
    let popup = Popup::new();
    view! {
        <div
            class="menu-anchor"
            node_ref=popup.anchor
            on:keydown=move |event| popup.on_key(&event)
            on:focusout=move |event| popup.on_leave(&event)
        >
            {if icon_only {
                view! {
                    <button
                        type="button"
                        class="btn icon ghost sm"
                        aria-label=move || label.get()
                        title=move || label.get()
                        aria-haspopup="menu"
                        aria-expanded=move || popup.is_open().to_string()
                        on:click=move |_| popup.toggle()
                    >
                        <Icon name="more"/>
                    </button>
                }
                    .into_any()
            } else {
                view! {
                    <Button
                        label
                        weight=Weight::Normal
                        size=size
                        icon_end="down"
                        on_press=Callback::new(move |()| popup.toggle())
                    />
                }
                    .into_any()
            }}
            {move || {
                popup
                    .is_open()
                    .then(|| {
                        view! {
                            <div class="menu menu-pop" role="menu" aria-label=move || label.get()>
                                {entries(popup, items.run(()))}
                            </div>
                        }
                    })
            }}
        </div>
    }
}

/// What a menu offers. A reason is no part of a name, but read with it; where entries below each
/// other share one, it is shown once, under the first.
fn entries(popup: Popup, items: Vec<MenuItem>) -> Vec<AnyView> {
    let mut shown = None;
    items
        .into_iter()
        .enumerate()
        .map(|(at, item)| {
            let why = item.refusal;
            let off = why.is_some();
            let id = why.as_ref().map(|_| format!("menu-why-{at}"));
            let class = if why == shown { "vh" } else { "why" };
            shown.clone_from(&why);
            let name = off.then(|| item.label.clone());
            let described = id.clone();
            view! {
                <button
                    type="button"
                    role="menuitem"
                    class=item.danger.then_some("bad")
                    tabindex="-1"
                    aria-label=name
                    aria-disabled=off.then_some("true")
                    aria-describedby=described
                    on:click=move |_| {
                        if !off {
                            popup.close();
                            item.on_choose.try_run(());
                        }
                    }
                >
                    <Icon name=item.icon/>
                    <span>{item.label} {why.map(|why| view! { <small class=class id=id>{why}</small> })}</span>
                </button>
            }
            .into_any()
        })
        .collect()
}

#[cfg(feature = "hydrate")]
mod focus {
    use leptos::html;
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::HtmlElement;

    fn all(anchor: NodeRef<html::Div>, selector: &str) -> Vec<HtmlElement> {
        let Some(list) = anchor
            .try_get_untracked()
            .flatten()
            .and_then(|anchor| anchor.query_selector_all(selector).ok())
        else {
            return Vec::new();
        };
        (0..list.length())
            .filter_map(|index| list.item(index)?.dyn_into().ok())
            .collect()
    }

    pub(super) fn first(anchor: NodeRef<html::Div>) {
        request_animation_frame(move || {
            if let Some(element) = all(anchor, "[role=menuitem]").first() {
                let _ = element.focus();
            }
        });
    }

    pub(super) fn button(anchor: NodeRef<html::Div>) {
        if let Some(element) = all(anchor, "button").first() {
            let _ = element.focus();
        }
    }

    pub(super) fn step(anchor: NodeRef<html::Div>, by: isize) {
        let items = all(anchor, "[role=menuitem]");
        if items.is_empty() {
            return;
        }
        let active = document().active_element();
        let here = items.iter().position(|item| {
            active
                .as_ref()
                .is_some_and(|active| active == item.as_ref())
        });
        let next = match here {
            Some(here) => (here as isize + by).rem_euclid(items.len() as isize) as usize,
            None => 0,
        };
        let _ = items[next].focus();
    }

    pub(super) fn left(anchor: NodeRef<html::Div>, event: &web_sys::FocusEvent) -> bool {
        // The focus also leaves when the row is taken away, and then nothing of it is left here.
        let Some(anchor) = anchor.try_get_untracked().flatten() else {
            return true;
        };
        let to = event
            .related_target()
            .and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        !anchor.contains(to.as_ref())
    }
}

#[cfg(feature = "hydrate")]
use focus::{button as focus_button, first as focus_first, left, step as move_focus};

#[cfg(not(feature = "hydrate"))]
fn focus_first(_anchor: NodeRef<html::Div>) {}
#[cfg(not(feature = "hydrate"))]
fn focus_button(_anchor: NodeRef<html::Div>) {}
#[cfg(not(feature = "hydrate"))]
fn move_focus(_anchor: NodeRef<html::Div>, _by: isize) {}
#[cfg(not(feature = "hydrate"))]
fn left(_anchor: NodeRef<html::Div>, _event: &web_sys::FocusEvent) -> bool {
    false
}

//! Buttons. A button that may not be pressed keeps its focus and says why.

use super::icon::{Glyph, Icon};
use leptos::prelude::*;

/// How heavy a button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weight {
    /// The one main action of a screen or dialog.
    Primary,
    /// Any other action.
    #[default]
    Normal,
    /// An action among many.
    Ghost,
    /// Looks like a link.
    Link,
    /// Destroys something.
    Danger,
    /// Leads to a dialog in which something is destroyed.
    QuietDanger,
    /// Goes on after a pause.
    Hold,
}

impl Weight {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Normal => "",
            Self::Ghost => "ghost",
            Self::Link => "link-btn",
            Self::Danger => "danger",
            Self::QuietDanger => "danger-quiet",
            Self::Hold => "hold-solid",
        }
    }
}

/// How large a button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    /// In tables and tool bars.
    Small,
    /// Everywhere else.
    #[default]
    Normal,
    /// On screens of their own.
    Large,
    /// Large, and as wide as its place.
    Wide,
}

impl Size {
    const fn class(self) -> &'static str {
        match self {
            Self::Small => "sm",
            Self::Normal => "",
            Self::Large => "lg",
            Self::Wide => "lg wide",
        }
    }
}

/// A button with a label. While `busy` it keeps its width and pressing it does nothing; while
/// `refusal` holds a reason it is disabled but can be reached, and the reason is read and shown: as
/// its title, which is its description and no part of its name.
#[component]
pub fn Button(
    /// What it says: a verb and, where it is not obvious, an object.
    #[prop(into)]
    label: Signal<String>,
    /// Its weight.
    #[prop(into, default = Weight::Normal.into())]
    weight: Signal<Weight>,
    /// Its size.
    #[prop(default = Size::Normal)]
    size: Size,
    /// An icon before the label.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// An icon after the label.
    #[prop(optional)]
    icon_end: Option<&'static str>,
    /// Whether what it does is under way.
    #[prop(into, default = false.into())]
    busy: Signal<bool>,
    /// Why it cannot be pressed now.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
    /// The full name, if the label is a part of it.
    #[prop(into, optional)]
    name: Option<Signal<String>>,
    /// Submits its form instead of calling `on_press`.
    #[prop(default = false)]
    submit: bool,
    /// The id of the dialog or menu it opens.
    #[prop(optional)]
    controls: Option<&'static str>,
    /// What it does.
    #[prop(into, optional)]
    on_press: Option<Callback<()>>,
) -> impl IntoView {
    let off = move || busy.get() || refusal.with(Option::is_some);
    view! {
        <button
            type=if submit { "submit" } else { "button" }
            class=move || format!("btn {} {}", weight.get().class(), size.class())
            aria-disabled=move || off().then_some("true")
            aria-busy=move || busy.get().then_some("true")
            aria-label=move || name.map(|name| name.get())
            aria-haspopup=controls.map(|_| "dialog")
            title=move || refusal.get()
            on:click=move |event| {
                if busy.try_get_untracked().unwrap_or(true)
                    || refusal.try_with_untracked(Option::is_some).unwrap_or(true)
                {
                    event.prevent_default();
                } else if let Some(on_press) = on_press {
                    on_press.try_run(());
                }
            }
        >
            {move || {
                if busy.get() {
                    Some(view! { <Glyph name="running"/> }.into_any())
                } else {
                    icon.map(|name| view! { <Icon name/> }.into_any())
                }
            }}
            <span>{move || label.get()}</span>
            {icon_end.map(|name| view! { <Icon name/> })}
        </button>
    }
}

/// A button that is only an icon; its label is its tooltip.
#[component]
pub fn IconButton(
    /// What it does, in words.
    #[prop(into)]
    label: Signal<String>,
    /// Which drawing.
    #[prop(into)]
    icon: Signal<&'static str>,
    /// Its size.
    #[prop(default = Size::Normal)]
    size: Size,
    /// Whether it is pressed in, if it is a toggle.
    #[prop(into, optional)]
    pressed: Option<Signal<bool>>,
    /// Why it cannot be pressed now.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("btn icon ghost {}", size.class())
            aria-label=move || label.get()
            title=move || refusal.get().unwrap_or_else(|| label.get())
            aria-pressed=move || pressed.map(|pressed| pressed.get().to_string())
            aria-disabled=move || refusal.with(Option::is_some).then_some("true")
            on:click=move |_| {
                if refusal.try_with_untracked(Option::is_none).unwrap_or(false) {
                    on_press.try_run(());
                }
            }
        >
            <svg class="i" aria-hidden="true">
                <use href=move || format!("#i-{}", icon.get())></use>
            </svg>
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    /// What it says.
    #[prop(into)]
    label: Signal<String>,
    /// The accessible name, where the label alone does not say it.
    #[prop(optional, into)]
    name: Option<String>,
    /// Where it leads.
    #[prop(into)]
    href: Signal<String>,
    /// Its weight.
    #[prop(default = Weight::Normal)]
    weight: Weight,
    /// Its size.
    #[prop(default = Size::Normal)]
    size: Size,
    /// An icon before the label.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// An icon after the label.
    #[prop(optional)]
    icon_end: Option<&'static str>,
    /// Opens in another tab, as what leads out of the console; its icon says so.
    #[prop(default = false)]
    outside: bool,
) -> impl IntoView {
    let icon_end = icon_end.or(outside.then_some("external"));
    view! {
        <a
            class=format!("btn {} {}", weight.class(), size.class())
            aria-label=name
            href=move || href.get()
            target=outside.then_some("_blank")
            rel=outside.then_some("noopener noreferrer")
        >
            {icon.map(|name| view! { <Icon name/> })}
            <span>{move || label.get()}</span>
            {icon_end.map(|name| view! { <Icon name/> })}
            {outside.then(|| view! { <span class="vh">", in another tab"</span> })}
        </a>
    }
}

/// A link that begins a change. While `refusal` holds a reason it leads nowhere, but can be reached,
/// and the reason is read and shown.
#[component]
pub fn ChangeLink(
    /// Its classes.
    class: &'static str,
    /// Where it leads.
    href: String,
    /// The accessible name, where the content alone does not say it; also shown as a tooltip.
    #[prop(optional, into)]
    name: Option<String>,
    /// Why it leads nowhere now.
    #[prop(into)]
    refusal: Signal<Option<String>>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    let tooltip = name.clone();
    view! {
        <a
            class=class
            href=href
            aria-label=name
            aria-disabled=move || refusal.with(Option::is_some).then_some("true")
            title=move || refusal.get().or_else(|| tooltip.clone())
            on:click=move |event| {
                if refusal.try_with_untracked(Option::is_some).unwrap_or(true) {
                    event.prevent_default();
                }
            }
        >
            {children()}
        </a>
    }
}

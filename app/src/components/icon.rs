//! Line icons, status glyphs and the mark. The drawings are in `style/icons.svg`, which the
//! document carries once.

use leptos::prelude::*;

/// A line icon. `name` is the part after `i-` in `style/icons.svg`.
#[component]
pub fn Icon(
    /// Which drawing.
    #[prop(into)]
    name: Signal<&'static str>,
    /// Further classes (`move`, `ok`, …).
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <svg class=format!("i {class}") aria-hidden="true">
            <use href=move || format!("#i-{}", name.get())></use>
        </svg>
    }
}

/// A status glyph: a silhouette that can be told without colour. `name` is the part after `s-`.
#[component]
pub fn Glyph(
    /// Which drawing.
    #[prop(into)]
    name: Signal<&'static str>,
    /// Its tone: `move`, `ok`, `warn`, `bad`, `hold`, `mute`, or none for the text's colour.
    #[prop(into, default = "".into())]
    tone: Signal<&'static str>,
) -> impl IntoView {
    view! {
        <svg class=move || format!("g {}", tone.get()) aria-hidden="true">
            <use href=move || format!("#s-{}", name.get())></use>
        </svg>
    }
}

/// The mark: one version in three lanes.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M1.5 3.25h6.25a2.25 2.25 0 0 1 0 4.5H1.5z" opacity=".38"></path>
            <path d="M6 9.75h7.5a2.25 2.25 0 0 1 0 4.5H6z" opacity=".66"></path>
            <path d="M11 16.25h9.25a2.25 2.25 0 0 1 0 4.5H11z"></path>
        </svg>
    }
}

//! Theme and density: the system's, or what the person chose. The choice is stored in the browser
//! and set before the first paint by the document's own script.

use leptos::prelude::*;

/// Sets or takes away one of the document's data attributes, and remembers it.
#[cfg(feature = "hydrate")]
fn remember(attribute: &str, key: &str, value: Option<&str>) {
    let root = document().document_element();
    let storage = window().local_storage().ok().flatten();
    match value {
        Some(value) => {
            if let Some(root) = root {
                let _ = root.set_attribute(attribute, value);
            }
            if let Some(storage) = storage {
                let _ = storage.set_item(key, value);
            }
        }
        None => {
            if let Some(root) = root {
                let _ = root.remove_attribute(attribute);
            }
            if let Some(storage) = storage {
                let _ = storage.remove_item(key);
            }
        }
    }
}

#[cfg(not(feature = "hydrate"))]
fn remember(_attribute: &str, _key: &str, _value: Option<&str>) {}

#[cfg(feature = "hydrate")]
fn recall(attribute: &str) -> Option<String> {
    document().document_element()?.get_attribute(attribute)
}

#[cfg(not(feature = "hydrate"))]
fn recall(_attribute: &str) -> Option<String> {
    None
}

/// `light`, `dark`, or nothing for the system's.
pub fn set_theme(theme: Option<&str>) {
    remember("data-theme", "slipway.theme", theme);
}

/// What is chosen.
pub fn theme() -> Option<String> {
    recall("data-theme")
}

/// `compact`, or nothing for comfortable rows.
pub fn set_density(density: Option<&str>) {
    remember("data-density", "slipway.density", density);
}

/// What is chosen.
pub fn density() -> Option<String> {
    recall("data-density")
}

/// The choices of theme and density.
#[component]
pub fn Appearance() -> impl IntoView {
    let chosen_theme = RwSignal::new(theme().unwrap_or_default());
    let chosen_density = RwSignal::new(density().unwrap_or_default());
    let themes = [("", "System"), ("light", "Light"), ("dark", "Dark")];
    let densities = [("", "Comfortable"), ("compact", "Compact")];
    view! {
        <div class="appearance">
            <div class="seg" role="group" aria-label="Theme">
                {themes
                    .into_iter()
                    .map(|(value, words)| {
                        view! {
                            <button
                                type="button"
                                aria-pressed=move || (chosen_theme.get() == value).to_string()
                                on:click=move |_| {
                                    chosen_theme.set(value.to_owned());
                                    set_theme((!value.is_empty()).then_some(value));
                                }
                            >
                                {words}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <div class="seg" role="group" aria-label="Density">
                {densities
                    .into_iter()
                    .map(|(value, words)| {
                        view! {
                            <button
                                type="button"
                                aria-pressed=move || (chosen_density.get() == value).to_string()
                                on:click=move |_| {
                                    chosen_density.set(value.to_owned());
                                    set_density((!value.is_empty()).then_some(value));
                                }
                            >
                                {words}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
        </div>
    }
}

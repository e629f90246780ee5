//! The controls of forms. All are bound by property, never by attribute or child text: a text
//! area's child text would reach the HTML unescaped.

use super::icon::Icon;
use super::lane::{LaneGlyph, Place};
use super::length::NEVER_CUT;
use leptos::html;
use leptos::prelude::*;

/// Makes a field show its value. What was typed, or filled in by the browser, before the page's
/// code took over is taken into the value and not erased.
macro_rules! show {
    ($node:ident, $value:ident, $on_input:ident) => {
        Effect::new(move |bound: Option<bool>| {
            let Some(node) = $node.get() else {
                return false;
            };
            let (wanted, shown) = ($value.get(), node.value());
            if wanted != shown {
                if bound == Some(true) || shown.is_empty() {
                    node.set_value(&wanted);
                } else {
                    $on_input.try_run(shown);
                }
            }
            true
        });
    };
}

/// A line of text.
#[component]
pub fn TextInput(
    /// Its id; the field's note describes it.
    id: &'static str,
    /// What is typed.
    #[prop(into)]
    value: Signal<String>,
    /// Typed.
    #[prop(into)]
    on_input: Callback<String>,
    /// Left with Enter or by going elsewhere.
    #[prop(into, optional)]
    on_change: Option<Callback<String>>,
    /// `text`, `password`, `email`, `search`.
    #[prop(into, default = "text".into())]
    kind: Signal<&'static str>,
    /// For password managers.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// An example.
    #[prop(default = "")]
    placeholder: &'static str,
    /// Whether it is wrong.
    #[prop(into, default = false.into())]
    invalid: Signal<bool>,
    /// Why it may not be changed.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
    /// Takes the focus when a dialog opens.
    #[prop(default = false)]
    autofocus: bool,
    /// Further classes (`num`, `mono`, `sm`).
    #[prop(default = "")]
    class: &'static str,
    /// The most characters.
    #[prop(default = 1_000)]
    max: u32,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    show!(node, value, on_input);
    view! {
        <input
            node_ref=node
            id=id
            name=id
            class=format!("input {class}")
            type=move || kind.get()
            autocomplete=autocomplete.unwrap_or("off")
            placeholder=(!placeholder.is_empty()).then_some(placeholder)
            aria-describedby=format!("{id}-note")
            aria-invalid=move || invalid.get().then_some("true")
            disabled=move || refusal.with(Option::is_some)
            title=move || refusal.get()
            autofocus=autofocus
            maxlength=max
            spellcheck="false"
            on:input=move |event| {
                on_input.try_run(event_target_value(&event));
            }
            on:change=move |event| {
                if let Some(on_change) = on_change {
                    on_change.try_run(event_target_value(&event));
                }
            }
        />
    }
}

/// Several lines of text. No child text, ever (see the module's comment).
#[component]
pub fn TextArea(
    /// Its id; the field's note describes it.
    id: &'static str,
    /// What is typed.
    #[prop(into)]
    value: Signal<String>,
    /// Typed.
    #[prop(into)]
    on_input: Callback<String>,
    /// An example.
    #[prop(default = "")]
    placeholder: &'static str,
    /// Whether it is wrong.
    #[prop(into, default = false.into())]
    invalid: Signal<bool>,
    /// Why it may not be changed.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
    /// How many lines are seen at first.
    #[prop(default = 4)]
    rows: u32,
    /// The most characters.
    #[prop(default = 20_000)]
    max: u32,
) -> impl IntoView {
    let node = NodeRef::<html::Textarea>::new();
    show!(node, value, on_input);
    view! {
        <textarea
            node_ref=node
            id=id
            name=id
            class="textarea"
            rows=rows
            maxlength=max
            placeholder=(!placeholder.is_empty()).then_some(placeholder)
            aria-describedby=format!("{id}-note")
            aria-invalid=move || invalid.get().then_some("true")
            disabled=move || refusal.with(Option::is_some)
            title=move || refusal.get()
            on:input=move |event| {
                on_input.try_run(event_target_value(&event));
            }
        ></textarea>
    }
}

/// A text in a row that grows with its words, of which there may be any number. No child text, ever.
#[component]
pub fn GrowingText(
    /// Its accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// What is typed.
    #[prop(into)]
    value: Signal<String>,
    /// An example.
    placeholder: &'static str,
    /// The id of what is said of it.
    note: String,
    /// Whether it is wrong.
    #[prop(into)]
    invalid: Signal<bool>,
    /// Why it may not be changed.
    #[prop(into)]
    refusal: Signal<Option<String>>,
    /// Typed.
    #[prop(into)]
    on_input: Callback<String>,
    /// Left after it was changed.
    #[prop(into)]
    on_change: Callback<()>,
) -> impl IntoView {
    view! {
        <textarea
            class="textarea"
            rows="1"
            maxlength=NEVER_CUT
            placeholder=placeholder
            aria-label=move || label.get()
            aria-describedby=note
            aria-invalid=move || invalid.get().then_some("true")
            disabled=move || refusal.with(Option::is_some)
            title=move || refusal.get()
            prop:value=move || value.get()
            on:input=move |event| {
                on_input.try_run(event_target_value(&event));
            }
            on:change=move |_| {
                on_change.try_run(());
            }
        ></textarea>
    }
}

/// A choice in a [`Select`]: the value that is sent, and the words that are read.
pub type Choice = (String, String);

/// One of a few.
#[component]
pub fn Select(
    /// Its id; the field's note describes it.
    id: &'static str,
    /// The choices.
    #[prop(into)]
    options: Signal<Vec<Choice>>,
    /// The value that is chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Chosen.
    #[prop(into)]
    on_change: Callback<String>,
    /// The lane that is chosen, for selects of environments.
    #[prop(into, optional)]
    lane: Option<Signal<Place>>,
    /// Why it may not be changed.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
    /// The name, where no label stands beside it.
    #[prop(into, optional)]
    label: Option<Signal<String>>,
    /// Further classes (`sm`, `quiet`).
    #[prop(default = "")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <div class=format!("select {class}")>
            {lane.map(|place| view! { <LaneGlyph place/> })}
            <select
                id=id
                name=id
                aria-label=move || label.map(|label| label.get())
                aria-describedby=format!("{id}-note")
                disabled=move || refusal.with(Option::is_some)
                title=move || refusal.get()
                prop:value=move || value.get()
                on:change=move |event| {
                    on_change.try_run(event_target_value(&event));
                }
            >
                {move || {
                    let chosen = value.get();
                    options
                        .get()
                        .into_iter()
                        .map(|(value, words)| {
                            let selected = value == chosen;
                            view! {
                                <option value=value selected=selected>
                                    {words}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
            <Icon name="down"/>
        </div>
    }
}

/// A box to tick.
#[component]
pub fn Checkbox(
    /// What is ticked.
    #[prop(into)]
    label: Signal<String>,
    /// Whether it is ticked.
    #[prop(into)]
    checked: Signal<bool>,
    /// Ticked or unticked.
    #[prop(into)]
    on_change: Callback<bool>,
    /// What it means.
    #[prop(into, default = String::new().into())]
    hint: Signal<String>,
    /// The label is there for screen readers only.
    #[prop(default = false)]
    hide_label: bool,
    /// Some of what it stands for is ticked.
    #[prop(into, default = false.into())]
    mixed: Signal<bool>,
    /// Why it may not be changed.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <label class=if hide_label { "tick bare" } else { "tick" }>
            <input
                type="checkbox"
                prop:checked=move || checked.get()
                prop:indeterminate=move || mixed.get()
                disabled=move || refusal.with(Option::is_some)
                title=move || refusal.get()
                on:change=move |event| {
                    on_change.try_run(event_target_checked(&event));
                }
            />
            <span class=hide_label.then_some("vh")>
                {move || label.get()}
                {move || {
                    let hint = hint.get();
                    (!hint.is_empty()).then(|| view! { <small>{hint}</small> })
                }}
            </span>
        </label>
    }
}

/// One of several, all in view.
#[component]
pub fn Radio(
    /// The group.
    name: &'static str,
    /// What is chosen.
    #[prop(into)]
    label: Signal<String>,
    /// Whether it is chosen.
    #[prop(into)]
    checked: Signal<bool>,
    /// Chosen.
    #[prop(into)]
    on_choose: Callback<()>,
    /// Why it may not be chosen.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <label class="tick">
            <input
                type="radio"
                name=name
                prop:checked=move || checked.get()
                disabled=move || refusal.with(Option::is_some)
                title=move || refusal.get()
                on:change=move |_| {
                    on_choose.try_run(());
                }
            />
            <span>{move || label.get()}</span>
        </label>
    }
}

/// On or off, at once.
#[component]
pub fn Switch(
    /// What is on or off.
    #[prop(into)]
    label: Signal<String>,
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Switched.
    #[prop(into)]
    on_change: Callback<bool>,
    /// What it means.
    #[prop(into, default = String::new().into())]
    hint: Signal<String>,
    /// Why it may not be changed.
    #[prop(into, default = None::<String>.into())]
    refusal: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <label class="switch">
            <input
                type="checkbox"
                role="switch"
                prop:checked=move || on.get()
                disabled=move || refusal.with(Option::is_some)
                title=move || refusal.get()
                on:change=move |event| {
                    on_change.try_run(event_target_checked(&event));
                }
            />
            <span class="track" aria-hidden="true"></span>
            <span class="switch-text">
                <span>{move || label.get()}</span>
                {move || {
                    let hint = hint.get();
                    (!hint.is_empty()).then(|| view! { <small>{hint}</small> })
                }}
            </span>
        </label>
    }
}

/// The search field of a screen; `/` leads there.
#[component]
pub fn SearchInput(
    /// Its id.
    id: &'static str,
    /// What is searched, in words ("Search applications and modules").
    label: &'static str,
    /// What is typed.
    #[prop(into)]
    value: Signal<String>,
    /// Typed; the caller waits a moment before it asks the server.
    #[prop(into)]
    on_input: Callback<String>,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    show!(node, value, on_input);
    view! {
        <div class="with-icon grow">
            <Icon name="search"/>
            <input
                node_ref=node
                id=id
                name=id
                class="input"
                type="search"
                data-page-search=""
                aria-label=label
                placeholder=label
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
                on:input=move |event| {
                    on_input.try_run(event_target_value(&event));
                }
            />
            <span class="end">
                <kbd aria-hidden="true">"/"</kbd>
            </span>
        </div>
    }
}

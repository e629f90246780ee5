//! The field for the value of a site property. A secret that is set has words in its place, and a
//! way to enter another.

use super::rows::Lanes;
use super::setting_drafts::SettingKey;
use super::setting_row::row_id;
use super::state::Editor;
use crate::components::button::{Button, Size, Weight};
use crate::components::field::error_line;
use crate::components::icon::Glyph;
use crate::components::time::{When, WhenStyle};
use crate::derived::{Derived, derived};
use domain::settings::{EnteredSetting, MAX_VALUE, Property, PropertyKind};
use domain::view::PlanProperty;
use leptos::prelude::*;

/// The field, or for a secret that is set the words that say so.
#[component]
pub fn Value(
    editor: Editor,
    key: StoredValue<SettingKey>,
    row: Derived<Option<PlanProperty>>,
    property: Property,
    entered: Derived<Option<EnteredSetting>>,
    wrong: Derived<Option<String>>,
    lanes: Signal<Lanes>,
) -> impl IntoView {
    let drafts = editor.settings;
    let open = derived(move |_| key.with_value(|key| drafts.shown(key).is_some()));
    let is_set = derived(move |_| {
        entered.with(|e| e.as_ref().is_some_and(|e| e.secret == property.secret))
            || row.with(|row| row.as_ref().is_some_and(|row| row.set_in_target))
    });
    let note = format!("{}-note", key.with_value(row_id));
    let name = key.with_value(|key| key.1.clone());
    let label = {
        let name = name.clone();
        Signal::derive(move || {
            lanes.with(|lanes| format!("Value of {name} for {}", lanes.target.0))
        })
    };
    let take_out = Callback::new(move |()| {
        key.with_value(|key| {
            drafts.forget(key);
            drafts.set(editor, key, property, None);
        });
    });
    let described = note.clone();
    view! {
        <div class=move || if wrong.with(Option::is_some) { "field invalid" } else { "field" }>
            {move || {
                if property.secret && is_set.get() && !open.get() {
                    view! { <SecretIsSet editor key row property entered name=name.clone() lanes/> }
                        .into_any()
                } else if property.kind == PropertyKind::Boolean && !property.secret {
                    view! { <YesNo editor key row property entered label wrong note=described.clone()/> }
                        .into_any()
                } else {
                    view! { <Typed editor key row property entered label wrong note=described.clone()/> }
                        .into_any()
                }
            }}
            <div id=note class="field-note">
                {move || wrong.get().map(error_line)}
                <Show when=move || !property.secret && entered.with(Option::is_some)>
                    <p class="hint">
                        // Who entered the former value says nothing of what is typed now.
                        <Show when=move || !open.get()>
                            <EnteredBy row/>
                            " "
                        </Show>
                        <Button
                            label="Take out"
                            name=Signal::derive(move || {
                                key.with_value(|key| format!("Take out the value of {}", key.1))
                            })
                            weight=Weight::Link
                            size=Size::Small
                            on_press=take_out
                        />
                    </p>
                </Show>
            </div>
        </div>
    }
}

/// Who entered the value, once the server has said so.
#[component]
fn EnteredBy(row: Derived<Option<PlanProperty>>) -> impl IntoView {
    move || {
        match row.with(|row| row.as_ref().and_then(|row| row.entered.clone())) {
        Some(entered) => view! {
            "Entered by " {entered.by.by.name} " " <When at=entered.by.at style=WhenStyle::Relative/>
        }
        .into_any(),
        None => "Entered just now".into_any(),
    }
    }
}

/// A secret that is set, in the plan or in the target.
#[component]
fn SecretIsSet(
    editor: Editor,
    key: StoredValue<SettingKey>,
    row: Derived<Option<PlanProperty>>,
    property: Property,
    entered: Derived<Option<EnteredSetting>>,
    name: String,
    lanes: Signal<Lanes>,
) -> impl IntoView {
    let drafts = editor.settings;
    let change_name = format!("Change the value of {name}");
    let out_name = format!("Take out the value of {name}");
    view! {
        <span class="ed-secret">
            <span class="st ok plain">
                <Glyph name="ok"/>
                <span>
                    {move || {
                        if entered.with(Option::is_some) {
                            view! { <EnteredBy row/> }.into_any()
                        } else {
                            lanes.with(|lanes| format!("Set in {}", lanes.target.0)).into_any()
                        }
                    }}
                </span>
            </span>
            <Button
                label="Change"
                name=Signal::stored(change_name)
                weight=Weight::Link
                size=Size::Small
                on_press=Callback::new(move |()| {
                    key.with_value(|key| {
                        drafts.open(editor, key.clone(), property);
                        super::keys::show_soon(row_id(key));
                    });
                })
            />
            <Show when=move || entered.with(Option::is_some)>
                <Button
                    label="Take out"
                    name=Signal::stored(out_name.clone())
                    weight=Weight::Link
                    size=Size::Small
                    on_press=Callback::new(move |()| {
                        key.with_value(|key| drafts.set(editor, key, property, None));
                    })
                />
            </Show>
        </span>
    }
}

/// What the field shows when nothing is typed.
fn at_rest(
    row: Derived<Option<PlanProperty>>,
    entered: Derived<Option<EnteredSetting>>,
    property: Property,
) -> String {
    if property.secret {
        return String::new();
    }
    entered
        .with(|entered| entered.as_ref().and_then(|entered| entered.value.clone()))
        .or_else(|| row.with(|row| row.as_ref().and_then(|row| row.in_target.clone())))
        .unwrap_or_default()
}

const fn example(kind: PropertyKind) -> &'static str {
    match kind {
        PropertyKind::Text | PropertyKind::Boolean => "",
        PropertyKind::Integer => "42",
        PropertyKind::Decimal => "3.14",
        PropertyKind::DateTime => "2026-01-31T08:00:00Z",
    }
}

#[component]
fn Typed(
    editor: Editor,
    key: StoredValue<SettingKey>,
    row: Derived<Option<PlanProperty>>,
    property: Property,
    entered: Derived<Option<EnteredSetting>>,
    label: Signal<String>,
    wrong: Derived<Option<String>>,
    note: String,
) -> impl IntoView {
    let drafts = editor.settings;
    let shown = move || {
        key.with_value(|key| drafts.shown(key))
            .unwrap_or_else(|| at_rest(row, entered, property))
    };
    let placeholder = move || {
        let default = row.with(|row| row.as_ref().and_then(|row| row.default.clone()));
        default.map_or_else(
            || example(property.kind).to_owned(),
            |default| format!("{default} (default)"),
        )
    };
    // A field tells of its change when it loses the focus, also when its row is taken away: what was
    // typed is sent then too, so the key is the field's own.
    let Some(own) = key.try_get_value() else {
        return ().into_any();
    };
    let typed = own.clone();
    let left = move |_| drafts.send(editor, &own);
    view! {
        <input
            class="input sm mono"
            type=if property.secret { "password" } else { "text" }
            aria-label=move || label.get()
            aria-invalid=move || wrong.with(Option::is_some).then_some("true")
            aria-describedby=note
            autocomplete=if property.secret { "new-password" } else { "off" }
            spellcheck="false"
            placeholder=placeholder
            maxlength=MAX_VALUE
            prop:value=shown
            on:input=move |event| {
                drafts.type_value(editor, typed.clone(), property, event_target_value(&event));
            }
            on:change=left
        />
    }
    .into_any()
}

#[component]
fn YesNo(
    editor: Editor,
    key: StoredValue<SettingKey>,
    row: Derived<Option<PlanProperty>>,
    property: Property,
    entered: Derived<Option<EnteredSetting>>,
    label: Signal<String>,
    wrong: Derived<Option<String>>,
    note: String,
) -> impl IntoView {
    let drafts = editor.settings;
    let shown = derived(move |_| at_rest(row, entered, property));
    let unset = move || {
        let default = row.with(|row| row.as_ref().and_then(|row| row.default.clone()));
        default.map_or_else(
            || "Not set".to_owned(),
            |default| format!("{default} (default)"),
        )
    };
    view! {
        <div class="select sm">
            <select
                aria-label=move || label.get()
                aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                aria-describedby=note
                prop:value=move || shown.get()
                on:change=move |event| {
                    let value = event_target_value(&event);
                    let value = (!value.is_empty()).then_some(value);
                    key.try_with_value(|key| drafts.set(editor, key, property, value));
                }
            >
                <option value="" selected=move || shown.with(String::is_empty)>
                    {unset}
                </option>
                <option value="true" selected=move || shown.with(|s| s == "true")>
                    "true"
                </option>
                <option value="false" selected=move || shown.with(|s| s == "false")>
                    "false"
                </option>
            </select>
        </div>
    }
}

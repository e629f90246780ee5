//! One site property of the settings step.

use super::rows::Lanes;
use super::setting_drafts::{SettingKey, entered_now};
use super::setting_value::Value;
use super::state::Editor;
use crate::components::status::{Look, Status};
use crate::derived::{Derived, derived};
use domain::settings::{EnteredSetting, Property, ValueSource, value_source};
use domain::view::PlanProperty;
use leptos::prelude::*;

/// The id of a property's row: what leads to it names it.
pub fn row_id(key: &SettingKey) -> String {
    format!("setting-{}-{}", key.0, key.1)
}

/// Where the value comes from, with what was entered on this page since the server was asked.
fn source_now(row: &PlanProperty, entered: Option<&EnteredSetting>) -> ValueSource {
    match (entered, row.entered.is_some()) {
        (Some(entered), _) => value_source(row.property, None, Some(entered.held())),
        (None, false) => row.source,
        // Taken out a moment ago.
        (None, true) if row.set_in_target => ValueSource::Target,
        (None, true) => value_source(row.property, None, None),
    }
}

/// Why a value has to be given.
fn wanted(source: ValueSource, property: Property) -> Option<String> {
    Some(match source {
        ValueSource::Missing => "This property has no default. Enter its value.".to_owned(),
        ValueSource::Invalid => format!(
            "The value that is set is no {} any more. Enter another one.",
            property.kind.words()
        ),
        ValueSource::SecretChanged if property.secret => {
            "This property is a secret now. Enter its value anew.".to_owned()
        }
        ValueSource::SecretChanged => {
            "This property is no secret any more. Enter its value anew.".to_owned()
        }
        ValueSource::Plan | ValueSource::Target | ValueSource::Default => return None,
    })
}

/// The row.
#[component]
pub fn SettingRow(
    editor: Editor,
    key: SettingKey,
    row: Derived<Option<PlanProperty>>,
    /// Whether the person may set values.
    permitted: Derived<bool>,
    lanes: Signal<Lanes>,
) -> impl IntoView {
    let id = row_id(&key);
    let key = StoredValue::new(key);
    let drafts = editor.settings;
    let entered = derived(move |_| key.with_value(|key| entered_now(editor, key)));
    let source = derived(move |_| {
        row.with(|row| {
            let row = row.as_ref()?;
            Some(entered.with(|entered| source_now(row, entered.as_ref())))
        })
    });
    let property = derived(move |_| row.with(|row| row.as_ref().map(|row| row.property)));
    let wrong = derived(move |_| {
        key.with_value(|key| drafts.wrong(key))
            .or_else(|| wanted(source.get()?, property.get()?))
    });
    let writable = derived(move |_| {
        permitted.get()
            && editor.may_edit()
            && row.with(|row| row.as_ref().is_some_and(|r| r.changes))
    });
    let title = key.with_value(|key| key.1.clone());
    let place = derived(move |_| {
        row.with(|row| {
            row.as_ref().map_or_else(String::new, |row| {
                if row.application == row.module_name {
                    row.application.clone()
                } else {
                    format!("{}, {}", row.application, row.module_name)
                }
            })
        })
    });
    let description = derived(move |_| {
        row.with(|row| {
            row.as_ref()
                .map_or_else(String::new, |row| row.description.clone())
        })
    });
    view! {
        <tr id=id class=move || if wrong.with(Option::is_some) { "bad" } else { "" }>
            <th scope="row">
                <span class="main-cell">
                    <b>{title}</b>
                    <small>{move || place.get()}</small>
                    {move || {
                        let text = description.get();
                        (!text.is_empty()).then(|| view! { <small>{text}</small> })
                    }}
                </span>
            </th>
            <td>
                <InSource row lanes/>
            </td>
            <td>
                {move || match (property.get(), writable.get()) {
                    (Some(property), true) => {
                        view! { <Value editor key row property entered wrong lanes/> }.into_any()
                    }
                    _ => view! { <ReadOnly row/> }.into_any(),
                }}
            </td>
        </tr>
    }
}

fn never_shown() -> AnyView {
    view! { <Status look=Signal::stored(Look::new("locked", "Secret, never shown", "mute"))/> }
        .into_any()
}

/// What holds in the source.
#[component]
fn InSource(row: Derived<Option<PlanProperty>>, lanes: Signal<Lanes>) -> impl IntoView {
    move || {
        let row = row.get()?;
        let narrow = lanes.with(|l| format!("In {}: ", l.source.0));
        let is_default = row.in_source == row.default;
        Some(if row.property.secret {
            never_shown()
        } else {
            match row.in_source {
                Some(value) => view! {
                    <span class="narrow-only">{narrow}</span>
                    <code>{value}</code>
                    {is_default.then(|| view! { " " <span class="dim">"default"</span> })}
                }
                .into_any(),
                None => view! { <span class="dim">"not set"</span> }.into_any(),
            }
        })
    }
}

/// A value that the person, or the plan, cannot change.
#[component]
fn ReadOnly(row: Derived<Option<PlanProperty>>) -> impl IntoView {
    move || {
        let row = row.get()?;
        let value = match row.entered {
            Some(entered) => entered.value,
            None => row.in_target.or_else(|| row.default.clone()),
        };
        Some(view! {
            {match value {
                _ if row.property.secret => never_shown(),
                Some(value) => view! { <code>{value}</code> }.into_any(),
                None => view! { <span class="dim">"not set"</span> }.into_any(),
            }}
            {(!row.changes)
                .then(|| view! { " " <span class="dim">"This plan does not change the application."</span> })}
        })
    }
}

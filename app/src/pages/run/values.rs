//! A run that waits for values: which ones, and the fields to enter them.

use crate::api::executions::supply_values;
use crate::components::button::{Button, Weight};
use crate::components::field::error_line;
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::error::ApiError;
use domain::plan::Intervention;
use domain::settings::{MAX_VALUE, PropertyKind};
use domain::view::{RunDetail, RunValue, SuppliedValue, value_key};
use domain::{AppError, FieldError};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeMap;

/// What is typed, and what is wrong with it, by the key of the field.
#[derive(Clone, Copy)]
struct Entered {
    typed: RwSignal<BTreeMap<String, String>>,
    wrong: RwSignal<Vec<FieldError>>,
}

/// Shown while the run waits for values.
#[component]
pub fn MissingValues(
    /// The run.
    run: RwSignal<RunDetail>,
    /// Values were entered, or somebody else was faster: the run has to be read again.
    on_changed: Callback<()>,
) -> impl IntoView {
    let entered = Entered {
        typed: RwSignal::new(BTreeMap::new()),
        wrong: RwSignal::new(Vec::new()),
    };
    let waits = derived(move |_| {
        run.with(|r| {
            r.plan.intervention == Some(Intervention::NeedsConfigurationOrConfirmation)
                && !r.values.is_empty()
        })
    });
    move || {
        waits
            .get()
            .then(|| view! { <ValueForm run entered on_changed/> })
    }
}

#[component]
fn ValueForm(
    run: RwSignal<RunDetail>,
    entered: Entered,
    on_changed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let number = run.with_untracked(|r| r.plan.number);
    let target = run.with_untracked(|r| r.plan.target.clone());
    let values = derived(move |_| run.with(|r| r.values.clone()));
    let supplied = move || {
        let all = values.get();
        entered.typed.with(|typed| {
            all.into_iter()
                .filter_map(|value| {
                    let text = typed.get(&value_key(value.module, &value.name))?;
                    Some(SuppliedValue {
                        module: value.module,
                        name: value.name,
                        value: value.property.kind.trimmed(text).to_owned(),
                    })
                })
                .collect::<Vec<_>>()
        })
    };
    let refusal = Signal::derive(move || {
        let may_not = run.with(|r| r.values_refusal.clone());
        may_not.or_else(|| {
            supplied()
                .is_empty()
                .then(|| "Enter a value first".to_owned())
        })
    });
    let save = Callback::new(move |()| {
        let values = untrack(supplied);
        busy.set(true);
        entered.wrong.set(Vec::new());
        spawn_local(async move {
            let answer = supply_values(number, values).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    entered.typed.update(BTreeMap::clear);
                    toasts.done("Values entered", "");
                }
                Err(ApiError::App(AppError::Invalid { fields })) => {
                    entered.wrong.set(fields);
                    return;
                }
                Err(error) => toasts.fail("No value was entered", &error),
            }
            on_changed.try_run(());
        });
    });
    view! {
        <section class="panel run-values" aria-labelledby="h-values">
            <header>
                <h2 id="h-values">"Values that are missing"</h2>
                <span class="panel-sub">
                    {format!("They are set in {target} for good, also if the plan is aborted.")}
                </span>
            </header>
            <form on:submit=move |event| {
                event.prevent_default();
                if !busy.get_untracked() && refusal.with_untracked(Option::is_none) {
                    save.run(());
                }
            }>
                <For
                    each=move || values.get()
                    key=|value| (value.module, value.name.clone(), value.given, value.value.clone())
                    let:value
                >
                    <ValueField value entered/>
                </For>
                <div class="acts">
                    <Button
                        label="Enter values"
                        weight=Weight::Primary
                        submit=true
                        busy
                        refusal
                    />
                </div>
            </form>
        </section>
    }
}

#[component]
fn ValueField(value: RunValue, entered: Entered) -> impl IntoView {
    let RunValue {
        module,
        module_name,
        name,
        description,
        property,
        given,
        value,
    } = value;
    let key = StoredValue::new(value_key(module, &name));
    let id = key.get_value();
    let note = format!("{id}-note");
    let described = note.clone();
    let shown = StoredValue::new(value.unwrap_or_default());
    let text = move || {
        let typed = entered
            .typed
            .with(|typed| key.with_value(|key| typed.get(key).cloned()));
        typed.unwrap_or_else(|| shown.get_value())
    };
    let wrong = move || {
        entered.wrong.with(|all| {
            let of = all
                .iter()
                .find(|error| key.with_value(|key| error.field == *key));
            of.map(|error| error.message.clone())
        })
    };
    let set = move |text: String| {
        key.with_value(|key| {
            entered.wrong.update(|all| all.retain(|e| e.field != *key));
            entered.typed.update(|typed| {
                if text.is_empty() || shown.with_value(|shown| *shown == text) {
                    typed.remove(key);
                } else {
                    typed.insert(key.clone(), text);
                }
            });
        });
    };
    let state = match (given, property.secret) {
        (false, _) if property.kind == PropertyKind::Boolean => "True or false".to_owned(),
        (false, _) => format!("A {}", property.kind.words()),
        (true, true) => "Entered; type another one to replace it".to_owned(),
        (true, false) => "Entered".to_owned(),
    };
    let hint = if description.is_empty() {
        format!("{state}.")
    } else {
        format!("{} {state}.", description.trim())
    };
    let control = if property.kind == PropertyKind::Boolean && !property.secret {
        view! {
            <div class="select">
                <select
                    id=id.clone()
                    aria-invalid=move || wrong().is_some().then_some("true")
                    aria-describedby=described
                    prop:value=text
                    on:change=move |event| set(event_target_value(&event))
                >
                    <option value="">"Not set"</option>
                    <option value="true" selected=move || text() == "true">
                        "true"
                    </option>
                    <option value="false" selected=move || text() == "false">
                        "false"
                    </option>
                </select>
            </div>
        }
        .into_any()
    } else {
        view! {
            <input
                id=id.clone()
                class="input mono"
                type=if property.secret { "password" } else { "text" }
                autocomplete=if property.secret { "new-password" } else { "off" }
                spellcheck="false"
                maxlength=MAX_VALUE
                aria-invalid=move || wrong().is_some().then_some("true")
                aria-describedby=described
                prop:value=text
                on:input=move |event| set(event_target_value(&event))
            />
        }
        .into_any()
    };
    view! {
        <div class=move || if wrong().is_some() { "field invalid" } else { "field" }>
            <label for=id>{format!("{name} of {module_name}")}</label>
            {control}
            <div id=note>
                <p class="hint">{hint}</p>
                {move || wrong().map(error_line)}
            </div>
        </div>
    }
}

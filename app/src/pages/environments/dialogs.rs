//! The dialogs of Environments: register one, join its agent, change the order.

use super::card::purpose_label;
use crate::api::environments::{create_environment, create_join_code};
use crate::components::button::{Button, Weight};
use crate::components::controls::{Select, TextInput};
use crate::components::copy::CopyButton;
use crate::components::dialog::Dialog;
use crate::components::field::{ErrorSummary, Field, FormErrors, refused_view, sentence};
use crate::components::icon::Glyph;
use crate::components::time::use_clock;
use crate::error::ApiError;
use domain::environment::Purpose;
use domain::name::parse_name;
use domain::view::{JoinCode, NewEnvironment};
use domain::{AppError, EnvironmentId, FieldError};
use leptos::prelude::*;
use leptos::task::spawn_local;

const PURPOSES: [(Purpose, &str); 3] = [
    (Purpose::Development, "development"),
    (Purpose::Test, "test"),
    (Purpose::Production, "production"),
];

/// Registers an environment at the end of the order.
#[component]
pub fn RegisterDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Why none can be registered now.
    refusal: Signal<Option<String>>,
    /// It was made, under this name.
    on_made: Callback<(EnvironmentId, String)>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let purpose = RwSignal::new("test".to_owned());
    let errors = FormErrors::new();
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if open.get() {
            name.set(String::new());
            purpose.set("test".to_owned());
            errors.set(Vec::new());
            refused.set(None);
        }
    });
    let close = Callback::new(move |()| open.set(false));
    let register = Callback::new(move |()| {
        if busy.get_untracked() || refusal.with_untracked(Option::is_some) {
            return;
        }
        let parsed = match parse_name(&name.get_untracked()) {
            Ok(parsed) => parsed,
            Err(error) => {
                errors.set(vec![FieldError::new("name", sentence(&error.to_string()))]);
                return;
            }
        };
        let word = purpose.get_untracked();
        let new = NewEnvironment {
            name: parsed.clone(),
            purpose: PURPOSES
                .into_iter()
                .find(|(_, known)| *known == word)
                .map_or(Purpose::Test, |(purpose, _)| purpose),
        };
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let answer = create_environment(new).await;
            busy.try_set(false);
            match answer {
                Ok(id) => {
                    open.try_set(false);
                    on_made.try_run((id, parsed));
                }
                Err(ApiError::App(AppError::Invalid { fields })) => errors.set(fields),
                Err(error) => {
                    refused.try_set(Some(error.to_string()));
                }
            }
        });
    });
    let options = Signal::stored(
        PURPOSES
            .into_iter()
            .map(|(purpose, word)| (word.to_owned(), purpose_label(purpose).to_owned()))
            .collect::<Vec<_>>(),
    );
    view! {
        <Dialog
            open
            on_close=close
            on_confirm=register
            id="register-environment"
            title="Register an environment"
            lead="It comes last in the promotion order. It is empty until its agent joins."
        >
            <form
                class="body"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    register.run(());
                }
            >
                <ErrorSummary title="The environment was not registered." errors/>
                {refused_view(refused)}
                <Field label="Name" id="name" hint="At most 50 characters, as people call it" error=errors.of("name")>
                    <TextInput
                        id="name"
                        value=name
                        max=50
                        autofocus=true
                        invalid=Signal::derive(move || errors.of("name").get().is_some())
                        on_input=Callback::new(move |text: String| {
                            name.set(text);
                            errors.clear_field("name");
                        })
                    />
                </Field>
                <Field
                    label="Purpose"
                    id="purpose"
                    hint="What people do there. Deploying into Production asks once more."
                    error=errors.of("purpose")
                >
                    <Select
                        id="purpose"
                        options
                        value=purpose
                        on_change=Callback::new(move |word| purpose.set(word))
                    />
                </Field>
            </form>
            <footer>
                <Button label="Cancel" on_press=close/>
                <Button
                    label="Register environment"
                    weight=Weight::Primary
                    busy
                    refusal
                    on_press=register
                />
            </footer>
        </Dialog>
    }
}

/// For which environment a join code is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinTarget {
    /// Which.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// Whether an agent serves it already; whoever joins with the code takes its place.
    pub joined: bool,
}

/// Shows a one-time code and what to type with it. The code is not kept and not shown again.
#[component]
pub fn JoinDialog(
    /// For which environment; none while it is closed.
    target: RwSignal<Option<JoinTarget>>,
) -> impl IntoView {
    let code = RwSignal::new(None::<JoinCode>);
    let failed = RwSignal::new(None::<String>);
    let round = StoredValue::new(0_u32);
    let console = RwSignal::new(String::new());
    Effect::new(move |_| {
        let origin = window().location().origin();
        console.set(origin.unwrap_or_default());
    });
    let asked = RwSignal::new(false);
    let ask = move |id: EnvironmentId| {
        asked.set(true);
        let mine = round.get_value().wrapping_add(1);
        round.set_value(mine);
        code.set(None);
        failed.set(None);
        spawn_local(async move {
            let answer = create_join_code(id).await;
            if round.try_get_value() != Some(mine) {
                return;
            }
            match answer {
                Ok(made) => code.set(Some(made)),
                Err(error) => failed.set(Some(error.to_string())),
            }
        });
    };
    Effect::new(move |_| {
        // Where an agent serves it, the code is made when the person has read what it does.
        if let Some(target) = target.get() {
            if !target.joined {
                ask(target.id);
            }
        } else {
            asked.set(false);
            code.set(None);
            failed.set(None);
        }
    });
    let close = Callback::new(move |()| target.set(None));
    let title = Signal::derive(move || {
        target.get().map_or_else(String::new, |target| {
            format!("Join an agent to {}", target.name)
        })
    });
    view! {
        <Dialog
            open=Signal::derive(move || target.with(Option::is_some))
            on_close=close
            id="join-agent"
            wide=true
            title
            lead="An agent dials this console; it needs no open port of its own. The code works once."
        >
            <div class="body" aria-live="polite">
                {move || {
                    target
                        .get()
                        .filter(|target| target.joined)
                        .map(|target| {
                            view! {
                                <div class="notice warn">
                                    <Glyph name="warn"/>
                                    <p>
                                        <b>{format!("{} has an agent. ", target.name)}</b>
                                        "Using a new code ends that agent's right: it is refused from then on. A new machine has none of its applications until they are deployed again."
                                    </p>
                                </div>
                            }
                        })
                }}
                {move || match (code.get(), failed.get()) {
                    (Some(made), _) => view! { <Code made console/> }.into_any(),
                    (None, Some(reason)) => {
                        view! {
                            <p class="field-error" role="alert">
                                <Glyph name="fail"/>
                                <span>{reason}</span>
                            </p>
                        }
                            .into_any()
                    }
                    (None, None) if !asked.get() => ().into_any(),
                    (None, None) => {
                        view! { <crate::components::skeleton::Skeleton lines=3 label="Making a code"/> }.into_any()
                    }
                }}
            </div>
            <footer>
                <Button
                    label=Signal::derive(move || {
                        if asked.get() { "Get another code" } else { "Get a join code" }.to_owned()
                    })
                    on_press=Callback::new(move |()| {
                        if let Some(target) = target.get_untracked() {
                            ask(target.id);
                        }
                    })
                />
                <Button label="Done" weight=Weight::Primary on_press=close/>
            </footer>
        </Dialog>
    }
}

#[component]
fn Code(made: JoinCode, console: RwSignal<String>) -> impl IntoView {
    let clock = use_clock();
    let expires = made.expires;
    let command = {
        let code = made.code.clone();
        Signal::derive(move || {
            format!(
                "slipway agent join --console {} --code {code}",
                console.get()
            )
        })
    };
    let left = move || {
        let left = expires.since(clock.now());
        if left <= 0 {
            "This code is over. Get another one.".to_owned()
        } else {
            format!(
                "Ends in {} min. It is shown only now.",
                left.div_euclid(60_000) + 1
            )
        }
    };
    view! {
        <p>"On the machine that will host the applications, type:"</p>
        <div class="secret">
            <code data-testid="join-command">{command}</code>
            <CopyButton text=command what="command"/>
        </div>
        <p>
            "Then start it with "
            <code>"slipway agent"</code>
            ". This page shows it as soon as it is connected."
        </p>
        <dl class="kv">
            <dt>"Code"</dt>
            <dd>
                <span class="join-code">{made.code.clone()}</span>
            </dd>
            <dt>"Time left"</dt>
            <dd>{left}</dd>
        </dl>
    }
}

//! The first account, made with the one-time token that the terminal printed.

use super::sign_in::{Art, Brand};
use crate::api::people::create_administrator;
use crate::components::button::{Button, Size, Weight};
use crate::components::controls::TextInput;
use crate::components::field::{ErrorSummary, Field, FormErrors};
use crate::components::icon::Glyph;
use crate::components::password::{PASSWORD_RULE, PasswordField};
use crate::error::ApiError;
use crate::routes;
use crate::session::VERSION;
use domain::name::{check_password, parse_name};
use domain::view::NewAdministrator;
use domain::{AppError, FieldError};
use leptos::prelude::*;
use leptos_meta::Title;

/// The set-up screen.
#[component]
pub fn SetupPage() -> impl IntoView {
    view! {
        <Title text="Set up"/>
        <div class="si">
            <main class="si-main" id="main">
                <div class="si-box">
                    <Brand/>
                    <h1>"Set up Slipway"</h1>
                    <p class="soft">
                        "Make the administrator's account. The terminal in which Slipway started shows a one-time token."
                    </p>
                    <SetupForm/>
                </div>
                <footer class="si-foot">
                    <span>{format!("Slipway {VERSION}")}</span>
                </footer>
            </main>
            <Art/>
        </div>
    }
    .into_any()
}

/// What is wrong with the form, before the server is asked. The server checks everything again.
fn check(new: &NewAdministrator, repeated: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if new.token.trim().is_empty() {
        errors.push(FieldError::new(
            "token",
            "Enter the token that the terminal shows.",
        ));
    }
    if let Err(error) = parse_name(&new.name) {
        errors.push(FieldError::new("name", format!("Your name: {error}.")));
    }
    if let Err(error) = parse_name(&new.login) {
        errors.push(FieldError::new("login", format!("User name: {error}.")));
    }
    if let Err(error) = check_password(&new.password) {
        errors.push(FieldError::new("password", format!("Password: {error}.")));
    } else if new.password != repeated {
        errors.push(FieldError::new(
            "repeated",
            "The two passwords differ. Type the same one twice.",
        ));
    }
    errors
}

#[component]
fn SetupForm() -> impl IntoView {
    let token = RwSignal::new(String::new());
    let name = RwSignal::new(String::new());
    let login = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let repeated = RwSignal::new(String::new());
    let errors = FormErrors::new();
    let failure = RwSignal::new(None::<ApiError>);
    let attempt = Action::new(|new: &NewAdministrator| create_administrator(new.clone()));
    let busy = attempt.pending();

    Effect::new(move |_| match attempt.value().get() {
        Some(Ok(_)) => {
            let _ = window().location().assign(routes::APPLICATIONS);
        }
        Some(Err(ApiError::App(AppError::Invalid { fields }))) => errors.set(fields),
        Some(Err(error)) => failure.set(Some(error)),
        None => {}
    });

    let submit = move || {
        if busy.get_untracked() {
            return;
        }
        let new = NewAdministrator {
            token: token.get_untracked().trim().to_owned(),
            name: name.get_untracked(),
            login: login.get_untracked(),
            email: email.get_untracked(),
            password: password.get_untracked(),
        };
        failure.set(None);
        let wrong = check(&new, &repeated.get_untracked());
        let fine = wrong.is_empty();
        errors.set(wrong);
        if fine {
            attempt.dispatch(new);
        }
    };
    let text = move |id: &'static str,
                     label: &'static str,
                     hint: &'static str,
                     value: RwSignal<String>,
                     autocomplete: &'static str| {
        view! {
            <Field label id hint error=errors.of(id)>
                <TextInput
                    id
                    value
                    on_input=Callback::new(move |text| {
                        value.set(text);
                        errors.clear_field(id);
                    })
                    autocomplete
                    invalid=Signal::derive(move || errors.of(id).with(Option::is_some))
                    max=200
                />
            </Field>
        }
    };

    view! {
        <ErrorSummary title="The account was not made." errors/>
        {move || {
            failure
                .get()
                .map(|error| {
                    view! {
                        <div class="notice bad" role="alert">
                            <Glyph name="fail"/>
                            <p>
                                <b>"The account was not made."</b>
                                " "
                                {error.to_string()}
                            </p>
                        </div>
                    }
                })
        }}
        <form
            class="stack si-form"
            method="post"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            {text("token", "Set-up token", "Works once, and only until the account is made.", token, "off")}
            {text("name", "Your name", "", name, "name")}
            {text("login", "User name", "You sign in with it.", login, "username")}
            {text("email", "E-mail", "Optional.", email, "email")}
            <PasswordField
                id="password"
                label="Password"
                hint=PASSWORD_RULE
                value=password
                autocomplete="new-password"
                error=errors.of("password")
            />
            <PasswordField
                id="repeated"
                label="Password again"
                value=repeated
                autocomplete="new-password"
                error=errors.of("repeated")
            />
            <Button
                label="Make the account"
                weight=Weight::Primary
                size=Size::Wide
                submit=true
                busy=busy
            />
        </form>
    }
}

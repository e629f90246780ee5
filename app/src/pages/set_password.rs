//! Setting a password with a one-time link. The code stands after `#` in the address, which the
//! browser sends nowhere by itself.

use super::sign_in::{Art, Brand};
use crate::api::people::{read_password_link, use_password_link};
use crate::components::button::{Button, LinkButton, Size, Weight};
use crate::components::field::{ErrorSummary, FormErrors};
use crate::components::icon::Glyph;
use crate::components::password::{PASSWORD_RULE, PasswordField};
use crate::components::skeleton::Skeleton;
use crate::error::ApiError;
use crate::routes;
use crate::session::VERSION;
use domain::name::check_password;
use domain::view::PasswordLinkOwner;
use domain::{AppError, FieldError};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;

/// The screen.
#[component]
pub fn SetPasswordPage() -> impl IntoView {
    let code = RwSignal::new(String::new());
    let owner = RwSignal::new(None::<Result<PasswordLinkOwner, ApiError>>);
    Effect::new(move |_| {
        let hash = window().location().hash().unwrap_or_default();
        let found = hash.trim_start_matches('#').to_owned();
        code.set(found.clone());
        spawn_local(async move {
            let answer = read_password_link(found).await;
            owner.try_set(Some(answer));
        });
    });
    view! {
        <Title text="Set your password"/>
        <div class="si">
            <main class="si-main" id="main">
                <div class="si-box">
                    <Brand/>
                    <h1>"Set your password"</h1>
                    {move || match owner.get() {
                        None => {
                            view! { <Skeleton lines=4 label="Looking at the link"/> }.into_any()
                        }
                        Some(Ok(owner)) => view! { <PasswordForm owner code/> }.into_any(),
                        Some(Err(error)) => {
                            view! {
                                <div class="notice bad" role="alert">
                                    <Glyph name="fail"/>
                                    <p>
                                        <b>"The password cannot be set."</b>
                                        " "
                                        {error.to_string()}
                                    </p>
                                </div>
                                <LinkButton label="Go to sign-in" href=routes::SIGN_IN/>
                            }
                                .into_any()
                        }
                    }}
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

/// What is wrong, before the server is asked.
fn check(new: &str, repeated: &str) -> Vec<FieldError> {
    if let Err(error) = check_password(new) {
        vec![FieldError::new("password", format!("Password: {error}."))]
    } else if new != repeated {
        vec![FieldError::new(
            "repeated",
            "The two passwords differ. Type the same one twice.",
        )]
    } else {
        Vec::new()
    }
}

#[component]
fn PasswordForm(owner: PasswordLinkOwner, code: RwSignal<String>) -> impl IntoView {
    let password = RwSignal::new(String::new());
    let repeated = RwSignal::new(String::new());
    let errors = FormErrors::new();
    let failure = RwSignal::new(None::<ApiError>);
    let attempt = Action::new(|(code, password): &(String, String)| {
        use_password_link(code.clone(), password.clone())
    });
    let busy = attempt.pending();
    Effect::new(move |_| match attempt.value().get() {
        Some(Ok(_)) => {
            // A whole new document: it carries who is signed in.
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
        failure.set(None);
        let wrong = check(&password.get_untracked(), &repeated.get_untracked());
        let fine = wrong.is_empty();
        errors.set(wrong);
        if fine {
            attempt.dispatch((code.get_untracked(), password.get_untracked()));
        }
    };
    let login = owner.login.clone();
    view! {
        <p class="soft">
            {format!("For {}, who signs in as ", owner.name)}
            <b>{owner.login}</b>
            "."
        </p>
        <ErrorSummary title="The password was not set." errors/>
        {move || {
            failure
                .get()
                .map(|error| {
                    view! {
                        <div class="notice bad" role="alert">
                            <Glyph name="fail"/>
                            <p>
                                <b>"The password was not set."</b>
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
            // Password managers want to know whose it is.
            <input
                class="vh"
                type="text"
                name="username"
                autocomplete="username"
                aria-hidden="true"
                tabindex="-1"
                readonly
                prop:value=login
            />
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
                label="Set password and sign in"
                weight=Weight::Primary
                size=Size::Wide
                submit=true
                busy=busy
            />
        </form>
    }
}

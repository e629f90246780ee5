//! Changing one's own password.

use crate::api::people::change_password;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::field::{ErrorSummary, FormErrors, refused_view};
use crate::components::password::{PASSWORD_RULE, PasswordField};
use crate::components::toast::use_toasts;
use crate::error::ApiError;
use crate::live::use_live;
use crate::session::use_session;
use domain::name::check_password;
use domain::{AppError, FieldError};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What is wrong, before the server is asked.
fn check(old: &str, new: &str, repeated: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if old.is_empty() {
        errors.push(FieldError::new("old", "Enter the password that you have."));
    }
    if let Err(error) = check_password(new) {
        errors.push(FieldError::new(
            "password",
            format!("New password: {error}."),
        ));
    } else if new != repeated {
        errors.push(FieldError::new(
            "repeated",
            "The two new passwords differ. Type the same one twice.",
        ));
    }
    errors
}

/// The dialog.
#[component]
pub fn ChangePasswordDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let toasts = use_toasts();
    let (session, live) = (use_session(), use_live());
    let old = RwSignal::new(String::new());
    let new = RwSignal::new(String::new());
    let repeated = RwSignal::new(String::new());
    let errors = FormErrors::new();
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        // Not kept while it is closed, either.
        open.track();
        for typed in [old, new, repeated] {
            typed.set(String::new());
        }
        errors.set(Vec::new());
        refused.set(None);
    });
    let close = Callback::new(move |()| open.set(false));
    let submit = Callback::new(move |()| {
        if busy.get_untracked() || live.lost_now() {
            return;
        }
        let (was, is) = (old.get_untracked(), new.get_untracked());
        let wrong = check(&was, &is, &repeated.get_untracked());
        let fine = wrong.is_empty();
        errors.set(wrong);
        refused.set(None);
        if !fine {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = change_password(was, is).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    open.try_set(false);
                    toasts.done(
                        "Password changed",
                        "Other browsers that were signed in as you are signed out.",
                    );
                }
                Err(ApiError::App(AppError::Invalid { fields })) => errors.set(fields),
                Err(error) => {
                    refused.try_set(Some(error.to_string()));
                }
            }
        });
    });
    view! {
        <Dialog
            open
            on_close=close
            on_confirm=submit
            id="change-password"
            title="Change password"
            lead="Other browsers that are signed in as you are signed out. Your tokens stay."
        >
            <form
                class="body"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    submit.run(());
                }
            >
                <ErrorSummary title="The password was not changed." errors/>
                {refused_view(refused)}
                // Password managers want to know whose it is.
                <input
                    class="vh"
                    type="text"
                    name="username"
                    autocomplete="username"
                    aria-hidden="true"
                    tabindex="-1"
                    readonly
                    prop:value=move || session.me().map(|me| me.login).unwrap_or_default()
                />
                <PasswordField
                    id="old"
                    label="Current password"
                    value=old
                    autocomplete="current-password"
                    error=errors.of("old")
                />
                <PasswordField
                    id="password"
                    label="New password"
                    hint=PASSWORD_RULE
                    value=new
                    autocomplete="new-password"
                    error=errors.of("password")
                />
                <PasswordField
                    id="repeated"
                    label="New password again"
                    value=repeated
                    autocomplete="new-password"
                    error=errors.of("repeated")
                />
                // Enter in a field submits only where there is a button to press.
                <button type="submit" class="vh" tabindex="-1" aria-hidden="true"></button>
            </form>
            <footer>
                <Button label="Cancel" on_press=close/>
                <Button
                    label="Change password"
                    weight=Weight::Primary
                    busy
                    refusal=Signal::derive(move || live.refusal())
                    on_press=submit
                />
            </footer>
        </Dialog>
    }
}

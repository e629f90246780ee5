//! Signing in. A failed try says how many are left; a pause says how long it still lasts.

mod art;

use crate::api::people::sign_in;
use crate::components::button::{Button, Size, Weight};
use crate::components::controls::TextInput;
use crate::components::field::Field;
use crate::components::icon::{Glyph, Mark};
use crate::components::password::PasswordField;
use crate::components::status::counted;
use crate::components::time::{duration, use_clock};
use crate::error::ApiError;
use crate::routes;
use crate::session::VERSION;
use domain::view::SignInOutcome;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

pub use art::Art;

/// What the last try led to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// Nothing was tried, or a try is under way.
    None,
    /// Login or password is wrong; so many tries are left.
    Wrong(u32),
    /// No try counts before this time (the console's clock).
    Paused(i64),
    /// The try could not be made.
    Failed(ApiError),
}

/// The sign-in screen.
#[component]
pub fn SignInPage() -> impl IntoView {
    view! {
        <Title text="Sign in"/>
        <div class="si">
            <main class="si-main" id="main">
                <div class="si-box">
                    <Brand/>
                    <h1>"Sign in"</h1>
                    <p class="soft">"Release console"</p>
                    <SignInForm/>
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

/// Mark and name, large.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <div class="brand si-brand">
            <Mark/>
            <span class="wordmark">"Slipway"</span>
        </div>
    }
}

#[component]
fn SignInForm() -> impl IntoView {
    let query = use_query_map();
    let clock = use_clock();
    let login = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let verdict = RwSignal::new(Verdict::None);
    let attempt = Action::new(move |(login, password): &(String, String)| {
        sign_in(login.clone(), password.clone())
    });
    let busy = attempt.pending();

    Effect::new(move |_| {
        let Some(outcome) = attempt.value().get() else {
            return;
        };
        match outcome {
            Ok(SignInOutcome::SignedIn(_)) => {
                let next = query.with_untracked(|query| query.get("next"));
                // A whole new document: it carries who is signed in.
                let _ = window()
                    .location()
                    .assign(&routes::local_path(next.as_deref()));
            }
            Ok(SignInOutcome::WrongCredentials { tries_left }) => {
                verdict.set(Verdict::Wrong(tries_left));
                password.set(String::new());
            }
            Ok(SignInOutcome::Paused { seconds }) => {
                let until = clock.now_untracked().0 + i64::from(seconds) * 1_000;
                verdict.set(Verdict::Paused(until));
                password.set(String::new());
            }
            Err(error) => verdict.set(Verdict::Failed(error)),
        }
    });

    let left = move || match verdict.get() {
        Verdict::Paused(until) => Some(until - clock.now().0).filter(|left| *left > 0),
        _ => None,
    };
    let wrong = Signal::derive(move || matches!(verdict.get(), Verdict::Wrong(_)));
    let paused = Signal::derive(move || left().is_some());
    let missing = move || login.with(String::is_empty) || password.with(String::is_empty);
    let submit = move || {
        if !busy.get_untracked() && !missing() && !paused.get_untracked() {
            verdict.set(Verdict::None);
            attempt.dispatch((login.get_untracked(), password.get_untracked()));
        }
    };
    let label = Signal::derive(move || match left() {
        Some(left) => format!("Try again in {}", duration(left + 999)),
        None => "Sign in".to_owned(),
    });

    view! {
        <div role="alert" id="sign-in-verdict">
            {move || verdict_view(verdict.get(), left())}
        </div>
        <form
            class="stack si-form"
            method="post"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <Field label="User name" id="login">
                <TextInput
                    id="login"
                    value=login
                    on_input=Callback::new(move |text| login.set(text))
                    autocomplete="username"
                    invalid=wrong
                    disabled=paused
                    autofocus=true
                    max=100
                />
            </Field>
            <PasswordField
                id="password"
                label="Password"
                value=password
                autocomplete="current-password"
                invalid=wrong
                disabled=paused
            />
            <Button
                label
                weight=Weight::Primary
                size=Size::Wide
                submit=true
                busy=busy
                refusal=Signal::derive(move || {
                    paused.get().then(|| "Sign-in is paused".to_owned())
                })
            />
        </form>
    }
}

fn verdict_view(verdict: Verdict, left: Option<i64>) -> Option<AnyView> {
    let (kind, glyph, title, text) = match verdict {
        Verdict::None => return None,
        Verdict::Wrong(tries_left) => (
            "notice bad",
            "fail",
            "User name or password is wrong.".to_owned(),
            match tries_left {
                0 => "The next try starts a pause.".to_owned(),
                left => format!(
                    "{} before a pause.",
                    counted(left, "more try", "more tries")
                ),
            },
        ),
        Verdict::Paused(_) => (
            "notice hold",
            "locked",
            match left {
                Some(left) => format!("Sign-in paused for {}.", duration(left + 999)),
                None => "The pause is over.".to_owned(),
            },
            if left.is_some() {
                "Too many failed tries from this address. Tries during the pause do not count."
                    .to_owned()
            } else {
                "You can try again.".to_owned()
            },
        ),
        Verdict::Failed(error) => (
            "notice bad",
            "offline",
            "You are not signed in.".to_owned(),
            error.to_string(),
        ),
    };
    Some(
        view! {
            <div class=kind>
                <Glyph name=glyph/>
                <p>
                    <b>{title}</b>
                    " "
                    {text}
                </p>
            </div>
        }
        .into_any(),
    )
}

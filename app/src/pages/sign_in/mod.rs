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
use crate::derived::derived;
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
    // Which fields were left empty at the last try.
    let empty = RwSignal::new((false, false));
    let submit = move || {
        if busy.get_untracked() || paused.get_untracked() {
            return;
        }
        let missing = (
            login.with_untracked(|login| login.trim().is_empty()),
            password.with_untracked(String::is_empty),
        );
        empty.set(missing);
        verdict.set(Verdict::None);
        match missing {
            (true, _) => focus("login"),
            (false, true) => focus("password"),
            (false, false) => {
                attempt.dispatch((login.get_untracked(), password.get_untracked()));
            }
        }
    };
    // An error goes away as soon as there is something in the field.
    let login_error = Signal::derive(move || {
        (empty.get().0 && login.with(|login| login.trim().is_empty()))
            .then(|| "Enter your user name.".to_owned())
    });
    let password_error = Signal::derive(move || {
        (empty.get().1 && password.with(String::is_empty))
            .then(|| "Enter your password.".to_owned())
    });
    // Read out once when it begins and once when it ends; the time that is left only stands there.
    let spoken = derived(move |_| (verdict.get(), paused.get()));
    let label = Signal::derive(move || match left() {
        Some(left) => format!("Try again in {}", duration(left + 999)),
        None => "Sign in".to_owned(),
    });

    let refusal = Signal::derive(move || paused.get().then(|| "Sign-in is paused".to_owned()));
    let ended = move || {
        query.with(|query| query.get(routes::ENDED).is_some())
            && verdict.with(|verdict| *verdict == Verdict::None)
    };
    view! {
        <Show when=ended>
            <div class="notice hold" id="session-ended">
                <Glyph name="locked"/>
                <p>"Your session has ended. Sign in to go on."</p>
            </div>
        </Show>
        <div role="alert" id="sign-in-verdict">
            {move || {
                let (verdict, paused) = spoken.get();
                verdict_view(verdict, paused)
            }}
        </div>
        <form
            class="stack si-form"
            method="post"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <Field label="User name" id="login" error=login_error>
                <TextInput
                    id="login"
                    value=login
                    on_input=Callback::new(move |text| login.set(text))
                    autocomplete="username"
                    invalid=Signal::derive(move || {
                        wrong.get() || login_error.with(Option::is_some)
                    })
                    refusal
                    autofocus=true
                    max=100
                />
            </Field>
            <PasswordField
                id="password"
                label="Password"
                value=password
                autocomplete="current-password"
                error=password_error
                invalid=wrong
                refusal
            />
            <Button
                label
                weight=Weight::Primary
                size=Size::Wide
                submit=true
                busy=busy
                refusal
            />
        </form>
        <p class="si-help">
            "Forgot your password? An administrator can give you a link to set a new one. On the console's own machine, slipway account password makes that link, too."
        </p>
    }
}

/// Puts the focus into a field.
fn focus(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        let field = document()
            .get_element_by_id(id)
            .and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(field) = field {
            let _ = field.focus();
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}

fn verdict_view(verdict: Verdict, paused: bool) -> Option<AnyView> {
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
            if paused {
                "Sign-in is paused.".to_owned()
            } else {
                "The pause is over.".to_owned()
            },
            if paused {
                "Too many failed tries from this address. Tries during the pause do not count. People who are signed in can go on working."
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

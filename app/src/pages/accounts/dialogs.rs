//! The dialogs of Accounts: add one, change one, show a link once.

use super::Asked;
use crate::api::people::{
    invite_account, reset_account_password, set_account_active, set_account_standing,
};
use crate::components::button::{Button, Weight};
use crate::components::controls::{Radio, TextInput};
use crate::components::copy::CopyButton;
use crate::components::dialog::Dialog;
use crate::components::field::{ErrorSummary, Field, FormErrors, refused_view};
use crate::components::length::{NEVER_CUT, too_long};
use crate::components::time::{duration, use_clock};
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::error::ApiError;
use crate::routes;
use domain::AppError;
use domain::access::Standing;
use domain::name::MAX_NAME;
use domain::view::{NewInvitation, PasswordLink};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The most characters of an e-mail address.
const MAX_EMAIL: usize = 254;

/// Makes an account; its person sets the password with a link.
#[component]
pub fn AddDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Why none can be made now.
    refusal: Signal<Option<String>>,
    /// It was made; the link is to be shown.
    on_made: Callback<PasswordLink>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let login = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let standing = RwSignal::new(Standing::Viewer);
    let errors = FormErrors::new();
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if open.get() {
            for typed in [name, login, email] {
                typed.set(String::new());
            }
            standing.set(Standing::Viewer);
            errors.set(Vec::new());
            refused.set(None);
        }
    });
    let close = Callback::new(move |()| open.set(false));
    let add = Callback::new(move |()| {
        if busy.get_untracked() || refusal.with_untracked(Option::is_some) {
            return;
        }
        let new = NewInvitation {
            name: name.get_untracked(),
            login: login.get_untracked(),
            email: email.get_untracked(),
            standing: standing.get_untracked(),
        };
        busy.set(true);
        errors.set(Vec::new());
        refused.set(None);
        spawn_local(async move {
            let answer = invite_account(new).await;
            busy.try_set(false);
            match answer {
                Ok(link) => {
                    open.try_set(false);
                    on_made.run(link);
                }
                Err(ApiError::App(AppError::Invalid { fields })) => errors.set(fields),
                Err(error) => {
                    refused.try_set(Some(error.to_string()));
                }
            }
        });
    });
    let text = move |id: &'static str,
                     label: &'static str,
                     hint: &'static str,
                     value: RwSignal<String>,
                     what: &'static str,
                     most: usize| {
        let long = derived(move |_| value.with(|text| too_long(text.trim(), what, most)));
        let wrong = Signal::derive(move || long.get().or_else(|| errors.of(id).get()));
        view! {
            <Field label id hint error=wrong>
                <TextInput
                    id
                    value
                    max=NEVER_CUT
                    autofocus={id == "name"}
                    invalid=Signal::derive(move || wrong.with(Option::is_some))
                    on_input=Callback::new(move |text: String| {
                        value.set(text);
                        errors.clear_field(id);
                    })
                />
            </Field>
        }
    };
    view! {
        <Dialog
            open
            on_close=close
            on_confirm=add
            id="add-account"
            title="Add an account"
            lead="You get a link to send to the person, who sets the password with it. Nobody else ever sees that password."
        >
            <form
                class="body"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    add.run(());
                }
            >
                <ErrorSummary title="The account was not made." errors/>
                {refused_view(refused)}
                {text(
                    "name",
                    "Name",
                    "Others see it next to what this person does",
                    name,
                    "a name",
                    MAX_NAME,
                )}
                {text(
                    "login",
                    "User name",
                    "For signing in; no spaces",
                    login,
                    "a user name",
                    MAX_NAME,
                )}
                {text("email", "E-mail", "Optional", email, "an address", MAX_EMAIL)}
                <fieldset class="field">
                    <legend class="label">"Standing"</legend>
                    <div class="standings">
                        {Standing::ALL
                            .into_iter()
                            .map(|choice| {
                                view! {
                                    <Radio
                                        name="standing"
                                        label=format!("{}: {}", choice.label(), choice.in_words())
                                        checked=Signal::derive(move || standing.get() == choice)
                                        on_choose=Callback::new(move |()| standing.set(choice))
                                    />
                                }
                            })
                            .collect_view()}
                    </div>
                </fieldset>
                <button type="submit" class="vh" tabindex="-1" aria-hidden="true"></button>
            </form>
            <footer>
                <Button label="Cancel" on_press=close/>
                <Button label="Add account" weight=Weight::Primary busy refusal on_press=add/>
            </footer>
        </Dialog>
    }
}

/// What a change is called, what will be true afterwards, its verb, and whether it takes away.
fn words(asked: &Asked) -> (String, String, String, bool) {
    let name = &asked.account().name;
    match asked {
        Asked::Standing(account, standing) => (
            format!("Make {name} {}?", standing.label().to_ascii_lowercase()),
            format!(
                "{} instead of {}. {}. It holds at once, also for their tokens.",
                standing.label(),
                account.standing.label().to_ascii_lowercase(),
                standing.in_words(),
            ),
            "Change the standing".to_owned(),
            *standing < account.standing,
        ),
        Asked::Active(_, true) => (
            format!("Activate {name}?"),
            "The account may sign in again with the password it had, and its tokens work again."
                .to_owned(),
            "Activate".to_owned(),
            false,
        ),
        Asked::Active(_, false) => (
            format!("Deactivate {name}?"),
            "They are signed out everywhere and cannot sign in; their tokens stop working. What they did stays, under their name. The account can be activated again."
                .to_owned(),
            "Deactivate".to_owned(),
            true,
        ),
        Asked::Reset(account) if account.has_password => (
            format!("Reset the password of {name}?"),
            "Their password stops working now, and they are signed out everywhere. You get a link to send to them, with which they set a new one. Their tokens go on working."
                .to_owned(),
            "Reset password".to_owned(),
            true,
        ),
        Asked::Reset(_) => (
            format!("Make a new link for {name}?"),
            "Any link that they have stops working.".to_owned(),
            "Make the link".to_owned(),
            false,
        ),
    }
}

/// Asks before an account is changed, and changes it.
#[component]
pub fn ChangeDialog(
    /// What is asked for; none while it is closed.
    asked: RwSignal<Option<Asked>>,
    /// Why nothing can be changed now.
    refusal: Signal<Option<String>>,
    /// It was done.
    on_done: Callback<()>,
    /// It was done, and this link is to be shown.
    on_link: Callback<PasswordLink>,
) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        asked.track();
        refused.set(None);
    });
    let keep = Callback::new(move |()| asked.set(None));
    let act = Callback::new(move |()| {
        let Some(what) = asked.get_untracked() else {
            return;
        };
        if busy.get_untracked() || refusal.with_untracked(Option::is_some) {
            return;
        }
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let (id, revision) = (what.account().id, what.account().revision);
            let name = what.account().name.clone();
            let answer = match &what {
                Asked::Standing(_, standing) => set_account_standing(id, revision, *standing)
                    .await
                    .map(|()| Some(("Standing changed", format!("{name}: {}.", standing.label())))),
                Asked::Active(_, active) => {
                    set_account_active(id, revision, *active).await.map(|()| {
                        Some(if *active {
                            ("Account activated", format!("{name} may sign in again."))
                        } else {
                            (
                                "Account deactivated",
                                format!("{name} cannot sign in any more."),
                            )
                        })
                    })
                }
                Asked::Reset(_) => reset_account_password(id, revision).await.map(|link| {
                    on_link.run(link);
                    None
                }),
            };
            busy.try_set(false);
            match answer {
                Ok(said) => {
                    asked.try_set(None);
                    on_done.run(());
                    if let Some((title, text)) = said {
                        toasts.done(title, text);
                    }
                }
                Err(error) => {
                    refused.try_set(Some(error.to_string()));
                    on_done.run(());
                }
            }
        });
    });
    let word = move |pick: fn((String, String, String, bool)) -> String| {
        Signal::derive(move || {
            asked.with(|asked| asked.as_ref().map(words).map(pick).unwrap_or_default())
        })
    };
    let danger = move || asked.with(|asked| asked.as_ref().is_some_and(|asked| words(asked).3));
    view! {
        <Dialog
            open=Signal::derive(move || asked.with(Option::is_some))
            on_close=keep
            id="change-account"
            title=word(|words| words.0)
            lead=word(|words| words.1)
        >
            {move || {
                refused.with(Option::is_some).then(|| view! { <div class="body">{refused_view(refused)}</div> })
            }}
            <footer>
                <Button label="Cancel" on_press=keep/>
                <Button
                    label=word(|words| words.2)
                    weight=Signal::derive(move || {
                        if danger() { Weight::Danger } else { Weight::Primary }
                    })
                    busy
                    refusal
                    on_press=act
                />
            </footer>
        </Dialog>
    }
}

/// Shows a link once.
#[component]
pub fn LinkDialog(
    /// Which; none while it is closed.
    link: RwSignal<Option<PasswordLink>>,
) -> impl IntoView {
    let clock = use_clock();
    let origin = RwSignal::new(String::new());
    Effect::new(move |_| {
        origin.set(window().location().origin().unwrap_or_default());
    });
    let close = Callback::new(move |()| link.set(None));
    let address = Signal::derive(move || {
        link.with(|link| {
            link.as_ref().map_or_else(String::new, |link| {
                format!("{}{}", origin.get(), routes::set_password(&link.code))
            })
        })
    });
    let left = move || {
        link.with(|link| {
            link.as_ref().map_or_else(String::new, |link| {
                format!(
                    "It works once, for {}, and is shown only now.",
                    duration(link.expires.since(clock.now()))
                )
            })
        })
    };
    view! {
        <Dialog
            open=Signal::derive(move || link.with(Option::is_some))
            on_close=close
            id="password-link"
            wide=true
            title=Signal::derive(move || {
                link.with(|link| {
                    link.as_ref()
                        .map_or_else(String::new, |link| format!("A link for {}", link.name))
                })
            })
            lead="Send it to them alone, in a way that you trust: whoever opens it sets the password."
        >
            <div class="body">
                <div class="secret">
                    <code data-testid="password-link">{address}</code>
                    <CopyButton text=address what="link"/>
                </div>
                <p>{left}</p>
            </div>
            <footer>
                <Button label="Done" weight=Weight::Primary on_press=close/>
            </footer>
        </Dialog>
    }
}

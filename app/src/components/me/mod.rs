//! The person who is signed in: their menu, and the dialogs that it opens.

mod change_password;
mod tokens;

use super::icon::Icon;
use super::keyboard::use_keyboard;
use super::person::{Avatar, initials};
use super::theme::Appearance;
use super::toast::use_toasts;
use crate::api::people::SignOut;
use crate::live::use_live;
use crate::routes;
use crate::session::{set_leaving, use_session};
use change_password::ChangePasswordDialog;
use domain::access::Action;
use leptos::prelude::*;
use tokens::TokensDialog;

/// Which of one's own dialogs are open. The menu is on the page twice, the dialogs once.
#[derive(Clone, Copy)]
pub struct MeDialogs {
    /// One's tokens.
    pub tokens: RwSignal<bool>,
    /// Changing one's password.
    pub password: RwSignal<bool>,
}

impl MeDialogs {
    /// Makes them known to everything below.
    pub fn provide() -> Self {
        let dialogs = Self {
            tokens: RwSignal::new(false),
            password: RwSignal::new(false),
        };
        provide_context(dialogs);
        dialogs
    }

    /// The dialogs themselves.
    pub fn view(self) -> AnyView {
        view! {
            <TokensDialog open=self.tokens/>
            <ChangePasswordDialog open=self.password/>
        }
        .into_any()
    }
}

/// The person, with their menu: appearance, tokens, password, keys, sign out.
#[component]
pub fn MeMenu(
    /// In the bar of small screens: only the initials, the menu below them.
    #[prop(default = false)]
    small: bool,
) -> impl IntoView {
    let session = use_session();
    let keyboard = use_keyboard();
    let dialogs = expect_context::<MeDialogs>();
    let open = RwSignal::new(false);
    let live = use_live();
    let sign_out = ServerAction::<SignOut>::new();
    let toasts = use_toasts();
    Effect::new(move |_| match sign_out.value().get() {
        Some(Ok(())) => {
            live.announce_sign_out();
            let _ = window().location().assign(routes::SIGN_IN);
        }
        Some(Err(error)) => {
            set_leaving(false);
            toasts.fail("You are still signed in", &error);
        }
        None => {}
    });
    let name = Signal::derive(move || session.me().map(|me| me.name).unwrap_or_default());
    let standing = move || session.me().map_or("", |me| me.access.standing.label());
    view! {
        <div
            class="menu-anchor"
            on:keydown=move |event| {
                if event.key() == "Escape" {
                    open.set(false);
                }
            }
        >
            <button
                type="button"
                class=if small { "btn icon ghost" } else { "me" }
                aria-label=move || {
                    // What is seen, the initials, is a part of the name.
                    small
                        .then(|| {
                            let name = name.get();
                            format!("{} {name}: appearance, keys, sign out", initials(&name))
                        })
                }
                aria-haspopup="true"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                <Avatar name/>
                {(!small)
                    .then(|| {
                        view! {
                            <span class="me-text">
                                <span>{move || name.get()}</span>
                                <small>{standing}</small>
                            </span>
                            <Icon name="up"/>
                        }
                    })}
            </button>
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <div class=if small { "menu menu-pop me-menu" } else { "menu menu-pop above me-menu" }>
                                <Appearance/>
                                <hr/>
                                {(small && session.can(Action::ManageUsers))
                                    .then(|| {
                                        view! {
                                            <a
                                                role="menuitem"
                                                href=routes::ACCOUNTS
                                                on:click=move |_| open.set(false)
                                            >
                                                <Icon name="people"/>
                                                <span>"Accounts"</span>
                                            </a>
                                        }
                                    })}
                                <button
                                    type="button"
                                    role="menuitem"
                                    aria-haspopup="dialog"
                                    on:click=move |_| {
                                        open.set(false);
                                        dialogs.tokens.set(true);
                                    }
                                >
                                    <Icon name="key"/>
                                    <span>"Tokens"</span>
                                </button>
                                <button
                                    type="button"
                                    role="menuitem"
                                    aria-haspopup="dialog"
                                    on:click=move |_| {
                                        open.set(false);
                                        dialogs.password.set(true);
                                    }
                                >
                                    <Icon name="lock"/>
                                    <span>"Change password"</span>
                                </button>
                                <hr/>
                                <button
                                    type="button"
                                    role="menuitem"
                                    on:click=move |_| {
                                        open.set(false);
                                        keyboard.help.set(true);
                                    }
                                >
                                    <Icon name="help"/>
                                    <span>"Keys"</span>
                                    <kbd>"?"</kbd>
                                </button>
                                <button
                                    type="button"
                                    role="menuitem"
                                    on:click=move |_| {
                                        set_leaving(true);
                                        sign_out.dispatch(SignOut {});
                                    }
                                >
                                    <Icon name="logout"/>
                                    <span>"Sign out"</span>
                                </button>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

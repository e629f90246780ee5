//! The person who is signed in: their menu, and the dialogs that it opens.

mod change_password;
mod tokens;

use super::icon::Icon;
use super::keyboard::use_keyboard;
use super::menu::Popup;
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

/// Which of one's own dialogs are open, and the way out. The menu is on the page twice, the dialogs
/// once.
#[derive(Clone, Copy)]
pub struct MeDialogs {
    /// One's tokens.
    pub tokens: RwSignal<bool>,
    /// Changing one's password.
    pub password: RwSignal<bool>,
    /// Signs out.
    pub sign_out: Callback<()>,
}

impl MeDialogs {
    /// Makes them known to everything below.
    pub fn provide() -> Self {
        let dialogs = Self {
            tokens: RwSignal::new(false),
            password: RwSignal::new(false),
            sign_out: sign_out(),
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

fn sign_out() -> Callback<()> {
    let live = use_live();
    let toasts = use_toasts();
    let action = ServerAction::<SignOut>::new();
    Effect::new(move |_| match action.value().get() {
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
    Callback::new(move |()| {
        set_leaving(true);
        action.dispatch(SignOut {});
    })
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
    let popup = Popup::new();
    let open = popup.open;
    let name = Signal::derive(move || session.me().map(|me| me.name).unwrap_or_default());
    let standing = move || session.me().map_or("", |me| me.access.standing.label());
    let item = move |icon: &'static str,
                     words: &'static str,
                     key: Option<&'static str>,
                     run: Callback<()>| {
        view! {
            <button
                type="button"
                role="menuitem"
                tabindex="-1"
                on:click=move |_| {
                    popup.close();
                    run.run(());
                }
            >
                <Icon name=icon/>
                <span>{words}</span>
                {key.map(|key| view! { <kbd>{key}</kbd> })}
            </button>
        }
    };
    // What small screens have no room for in their bar.
    let link = move |icon: &'static str, words: &'static str, href: &'static str| {
        view! {
            <a role="menuitem" tabindex="-1" href=href on:click=move |_| popup.close()>
                <Icon name=icon/>
                <span>{words}</span>
            </a>
        }
    };
    let opens = move |dialog: RwSignal<bool>| Callback::new(move |()| dialog.set(true));
    view! {
        <div
            class="menu-anchor"
            node_ref=popup.anchor
            on:keydown=move |event| popup.on_key(&event)
            on:focusout=move |event| popup.on_leave(&event)
        >
            <button
                type="button"
                class=if small { "btn icon ghost" } else { "me" }
                aria-label=move || {
                    // What is seen, the initials, is a part of the name.
                    small
                        .then(|| {
                            let name = name.get();
                            format!("{} {name}: your menu", initials(&name))
                        })
                }
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| popup.toggle()
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
                            // It can have the focus, so that a click between its parts does not
                            // take the focus out of it.
                            <div
                                class=if small { "menu menu-pop me-menu" } else { "menu menu-pop above me-menu" }
                                tabindex="-1"
                            >
                                <Appearance/>
                                <hr/>
                                <div role="menu" aria-label="Your account">
                                    {small.then(|| link("compare", "Compare", routes::COMPARE))}
                                    {(small && session.can(Action::ManageUsers))
                                        .then(|| link("people", "Accounts", routes::ACCOUNTS))}
                                    {item("key", "Your tokens…", None, opens(dialogs.tokens))}
                                    {item("lock", "Change password…", None, opens(dialogs.password))}
                                    {item("help", "Keyboard keys…", Some("?"), opens(keyboard.help))}
                                    {item("logout", "Sign out", None, dialogs.sign_out)}
                                </div>
                            </div>
                        }
                    })
            }}
        </div>
    }
}

//! A line of the accounts.

use super::Asked;
use crate::components::menu::{Menu, MenuItem};
use crate::components::person::Avatar;
use crate::components::status::{Look, Status};
use crate::components::time::{When, WhenStyle};
use crate::derived::{Derived, derived};
use domain::access::Standing;
use domain::view::AccountRow;
use leptos::prelude::*;

/// Whether somebody can sign in with it.
fn look(account: &AccountRow) -> Look {
    if !account.active {
        Look::new("locked", "Deactivated", "mute")
    } else if account.has_password {
        Look::new("ok", "Active", "ok")
    } else {
        Look::new("todo", "Waits for its password", "mute")
    }
}

/// An account.
#[component]
pub fn AccountLine(
    /// Which.
    account: Derived<AccountRow>,
    /// Whether it is the reader's own.
    own: Signal<bool>,
    /// Whether it is the only one that can manage accounts.
    last: Signal<bool>,
    /// What is asked for.
    asked: RwSignal<Option<Asked>>,
) -> impl IntoView {
    let name = derived(move |_| account.with(|account| account.name.clone()));
    let items = Callback::new(move |()| {
        account.with_untracked(|account| {
            menu_items(account, own.get_untracked(), last.get_untracked(), asked)
        })
    });
    let detail = move || {
        account.with(|account| {
            if account.email.is_empty() {
                account.login.clone()
            } else {
                format!("{} · {}", account.login, account.email)
            }
        })
    };
    let standing = derived(move |_| account.with(|account| account.standing));
    let signed_in = derived(move |_| account.with(|account| account.last_sign_in));
    view! {
        <tr
            role="row"
            data-state=move || account.with(|account| if account.active { "on" } else { "off" })
        >
            <th role="rowheader" scope="row">
                <div class="u">
                    <Avatar name/>
                    <div class="main-cell">
                        <b>{move || name.get()}{move || own.get().then_some(" (you)")}</b>
                        <small>{detail}</small>
                    </div>
                </div>
            </th>
            <td role="cell" title=move || standing.get().in_words()>{move || standing.get().label()}</td>
            <td role="cell">
                <Status look=Signal::derive(move || account.with(look)) plain=true/>
            </td>
            <td role="cell">
                {move || match signed_in.get() {
                    Some(at) => view! { <When at style=WhenStyle::Relative/> }.into_any(),
                    None => view! { <span class="dim">"Never"</span> }.into_any(),
                }}
            </td>
            <td role="cell" class="tight">
                <Menu label=Signal::derive(move || format!("Change {}", name.get())) items/>
            </td>
        </tr>
    }
}

fn menu_items(
    account: &AccountRow,
    own: bool,
    last: bool,
    asked: RwSignal<Option<Asked>>,
) -> Vec<MenuItem> {
    let ask = move |what: Asked| Callback::new(move |()| asked.set(Some(what.clone())));
    let last_words = || {
        last.then(|| {
            "The only administrator who can sign in. Make another account an administrator first"
                .to_owned()
        })
    };
    let mut items: Vec<MenuItem> = Standing::ALL
        .into_iter()
        .rev()
        .filter(|standing| *standing != account.standing)
        .map(|standing| MenuItem {
            refusal: last_words(),
            ..MenuItem::new(
                format!("Make {}…", standing.label().to_ascii_lowercase()),
                "people",
                ask(Asked::Standing(account.clone(), standing)),
            )
        })
        .collect();
    items.push(MenuItem {
        refusal: if own {
            Some("Change your own password from your own menu".to_owned())
        } else if account.active {
            last_words()
        } else {
            Some("Activate the account first".to_owned())
        },
        ..MenuItem::new(
            if account.has_password {
                "Reset password…"
            } else {
                "New password link…"
            },
            "key",
            ask(Asked::Reset(account.clone())),
        )
    });
    items.push(if account.active {
        MenuItem {
            refusal: if own {
                Some("You cannot deactivate your own account".to_owned())
            } else {
                last_words()
            },
            danger: true,
            ..MenuItem::new(
                "Deactivate…",
                "lock",
                ask(Asked::Active(account.clone(), false)),
            )
        }
    } else {
        MenuItem::new(
            "Activate…",
            "check",
            ask(Asked::Active(account.clone(), true)),
        )
    });
    items
}

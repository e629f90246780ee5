//! Accounts: who may sign in, and what they may do. For administrators.

mod dialogs;
mod row;

use crate::api::people::list_accounts;
use crate::components::button::{Button, Weight};
use crate::components::empty::Failure;
use crate::components::kept::use_kept;
use crate::components::layout::PageHead;
use crate::components::skeleton::Skeleton;
use crate::components::status::counted;
use crate::components::table::{Column, Table};
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::{use_refusal, use_topic};
use crate::session::use_session;
use crate::wire::{Fetched, fetched};
use dialogs::{AddDialog, ChangeDialog, LinkDialog};
use domain::UserId;
use domain::access::{Action, Standing};
use domain::view::{AccountRow, PasswordLink};
use leptos::prelude::*;
use leptos_meta::Title;
use row::AccountLine;

/// What a row asks the page to do; each is asked about before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Give it another standing.
    Standing(AccountRow, Standing),
    /// Take the right to sign in away, or give it back.
    Active(AccountRow, bool),
    /// Take the password away and make a link for another.
    Reset(AccountRow),
}

impl Asked {
    /// About whom.
    fn account(&self) -> &AccountRow {
        match self {
            Self::Standing(account, _) | Self::Active(account, _) | Self::Reset(account) => account,
        }
    }
}

/// The accounts.
#[component]
pub fn AccountsPage() -> impl IntoView {
    let manage = use_refusal(Action::ManageUsers);
    let me = use_topic("me");
    let changes = RwSignal::new(0_u32);
    let data = fetched(move || (me.get(), changes.get()), |_| list_accounts());
    let reload = Callback::new(move |()| {
        changes.try_update(|changes| *changes += 1);
    });
    let adding = RwSignal::new(false);
    let asked = RwSignal::new(None::<Asked>);
    let link = RwSignal::new(None::<PasswordLink>);
    let sub = RwSignal::new(String::new());
    let on_link = Callback::new(move |made: PasswordLink| {
        reload.run(());
        link.set(Some(made));
    });
    view! {
        <Title text="Accounts"/>
        <PageHead
            title="Accounts"
            sub
            actions=move || {
                view! {
                    <Button
                        label="Add account"
                        weight=Weight::Primary
                        icon="plus"
                        controls="add-account"
                        refusal=manage
                        on_press=Callback::new(move |()| adding.set(true))
                    />
                }
            }
        />
        <Transition fallback=|| {
            view! {
                <div class="panel" aria-busy="true">
                    <Skeleton lines=6 label="Loading accounts"/>
                </div>
            }
        }>
            <Shown data asked sub on_retry=reload/>
        </Transition>
        <AddDialog open=adding refusal=manage on_made=on_link/>
        <ChangeDialog asked refusal=manage on_done=reload on_link/>
        <LinkDialog link/>
    }
}

/// How many accounts there are: those that somebody signs in with, and the others by what they lack.
fn summary(list: &[AccountRow]) -> String {
    let number = |of: fn(&AccountRow) -> bool| list.iter().filter(|row| of(row)).count() as u64;
    let active = number(|row| row.active && row.has_password);
    let mut text = counted(active, "active account", "active accounts");
    match number(|row| row.active && !row.has_password) {
        0 => {}
        1 => text.push_str(", 1 waits for its password"),
        waiting => text.push_str(&format!(", {waiting} wait for their passwords")),
    }
    let off = number(|row| !row.active);
    if off > 0 {
        text.push_str(&format!(", {off} deactivated"));
    }
    text
}

/// The accounts, or why they cannot be shown. A row stays while its facts change, so that a menu
/// that is open stays open.
#[component]
fn Shown(
    data: Fetched<Result<Vec<AccountRow>, ApiError>>,
    asked: RwSignal<Option<Asked>>,
    sub: RwSignal<String>,
    on_retry: Callback<()>,
) -> impl IntoView {
    let (list, failure) = use_kept(data);
    Effect::new(move |_| {
        if let Some(text) = list.with(|list| list.as_deref().map(summary)) {
            sub.set(text);
        }
    });
    let there = derived(move |_| list.with(Option::is_some));
    move || match failure.get() {
        Some(error) => view! {
            <section class="panel">
                <Failure title="Accounts cannot be shown" error on_retry/>
            </section>
        }
        .into_any(),
        None if there.get() => view! { <Accounts list asked/> }.into_any(),
        None => ().into_any(),
    }
}

#[component]
fn Accounts(
    list: Derived<Option<Vec<AccountRow>>>,
    asked: RwSignal<Option<Asked>>,
) -> impl IntoView {
    let session = use_session();
    let own = Signal::derive(move || session.me().map(|me| me.id));
    let last = derived(move |_| list.with(|list| only_administrator(list.iter().flatten())));
    let ids = derived(move |_| {
        list.with(|list| {
            list.iter()
                .flatten()
                .map(|account| account.id)
                .collect::<Vec<_>>()
        })
    });
    let find = move |id: UserId| {
        list.with(|list| {
            list.iter()
                .flatten()
                .find(|account| account.id == id)
                .cloned()
        })
    };
    let line = move |id: UserId| {
        let first = untrack(move || find(id))?;
        let account = derived(move |before: Option<&AccountRow>| {
            find(id)
                .or_else(|| before.cloned())
                .unwrap_or_else(|| first.clone())
        });
        Some(view! {
            <AccountLine
                account
                own=Signal::derive(move || own.get() == Some(id))
                last=Signal::derive(move || last.get() == Some(id))
                asked
            />
        })
    };
    view! {
        <section class="panel accounts-panel">
            <Table
                caption="Accounts, by name"
                class="accounts as-cards"
                columns=vec![
                    Column::new("Account"),
                    Column::new("Standing"),
                    Column::new("State"),
                    Column::new("Last sign-in"),
                    Column::hidden("Actions", "tight"),
                ]
            >
                <For each=move || ids.get() key=|id| *id let:id>
                    {line(id)}
                </For>
            </Table>
        </section>
    }
}

/// The administrator without whom nobody could manage accounts, if there is only one.
fn only_administrator<'a>(list: impl Iterator<Item = &'a AccountRow>) -> Option<UserId> {
    let mut can = list.filter(|account| {
        account.standing == Standing::Administrator && account.active && account.has_password
    });
    match (can.next(), can.next()) {
        (Some(only), None) => Some(only.id),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::summary;
    use domain::Timestamp;
    use domain::access::Standing;
    use domain::view::AccountRow;

    #[test]
    fn who_has_no_password_yet_is_not_counted_as_active() {
        let account = |active, has_password| AccountRow {
            id: "00000001-0000-7000-8000-000000000000"
                .parse()
                .expect("an id"),
            name: "Ana Ribeiro".to_owned(),
            login: "ana".to_owned(),
            email: String::new(),
            standing: Standing::Viewer,
            active,
            has_password,
            last_sign_in: None,
            created: Timestamp(0),
            revision: 0,
        };
        let (active, invited, off) = (
            account(true, true),
            account(true, false),
            account(false, true),
        );
        assert_eq!(summary(std::slice::from_ref(&active)), "1 active account");
        assert_eq!(
            summary(&[active.clone(), active.clone(), invited.clone()]),
            "2 active accounts, 1 waits for its password"
        );
        assert_eq!(
            summary(&[active, invited.clone(), invited, off]),
            "1 active account, 2 wait for their passwords, 1 deactivated"
        );
    }
}

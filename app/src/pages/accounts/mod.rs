//! Accounts: who may sign in, and what they may do. For administrators.

mod dialogs;
mod row;

use crate::api::people::list_accounts;
use crate::components::button::{Button, Weight};
use crate::components::empty::Failure;
use crate::components::layout::PageHead;
use crate::components::skeleton::Skeleton;
use crate::components::status::counted;
use crate::components::table::{Column, Table};
use crate::live::use_topic;
use crate::session::use_session;
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
    let session = use_session();
    let me = use_topic("me");
    let changes = RwSignal::new(0_u32);
    let data = Resource::new(move || (me.get(), changes.get()), |_| list_accounts());
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
                        refusal=Signal::derive(move || session.refusal(Action::ManageUsers))
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
            {move || Suspend::new(async move {
                match data.await {
                    Ok(list) => view! { <Accounts list asked sub/> }.into_any(),
                    Err(error) => {
                        view! {
                            <section class="panel">
                                <Failure
                                    title="Accounts cannot be shown"
                                    error
                                    on_retry=reload
                                />
                            </section>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
        <AddDialog open=adding on_made=on_link/>
        <ChangeDialog asked on_done=reload on_link/>
        <LinkDialog link/>
    }
}

#[component]
fn Accounts(
    list: Vec<AccountRow>,
    asked: RwSignal<Option<Asked>>,
    sub: RwSignal<String>,
) -> impl IntoView {
    let session = use_session();
    let active = list.iter().filter(|account| account.active).count() as u64;
    let off = list.len() as u64 - active;
    Effect::new(move |_| {
        let mut text = counted(active, "active account", "active accounts");
        if off > 0 {
            text.push_str(&format!(", {off} deactivated"));
        }
        sub.set(text);
    });
    let own = untrack(move || session.me()).map(|me| me.id);
    let last = only_administrator(&list);
    view! {
        <section class="panel accounts-panel">
            <Table
                caption="Accounts, by name"
                class="accounts"
                columns=vec![
                    Column::new("Account"),
                    Column::new("Standing"),
                    Column::new("State"),
                    Column::new("Last sign-in"),
                    Column::hidden("Actions", "tight"),
                ]
            >
                {list
                    .into_iter()
                    .map(|account| {
                        let own = own == Some(account.id);
                        let last = last == Some(account.id);
                        view! { <AccountLine account own last asked/> }
                    })
                    .collect_view()}
            </Table>
        </section>
    }
}

/// The administrator without whom nobody could manage accounts, if there is only one.
fn only_administrator(list: &[AccountRow]) -> Option<UserId> {
    let mut can = list.iter().filter(|account| {
        account.standing == Standing::Administrator && account.active && account.has_password
    });
    match (can.next(), can.next()) {
        (Some(only), None) => Some(only.id),
        _ => None,
    }
}

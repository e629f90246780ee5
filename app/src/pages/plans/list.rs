//! The table of plans.

use super::address::PlansAddress;
use super::cursor::use_cursor;
use super::fresh::use_rows;
use super::heads::{Item, PartHead, use_items};
use super::keys::use_row_keys;
use super::others::Others;
use super::pager::{Pages, so_many};
use super::reuse::ReuseDialog;
use super::row::PlanTableRow;
use super::waiting::WaitDialog;
use super::wishes::{Asking, DeployDialog, DiscardDialog, use_go_on, use_start, use_wishes};
use super::{Listed, Move};
use crate::components::button::{Button, Size, Weight};
use crate::components::empty::{NoMatch, NothingYet};
use crate::components::icon::Icon;
use crate::components::status::counted;
use crate::derived::{Derived, derived};
use crate::live::use_refusal;
use crate::pages::plan_abort::{self, AbortDialog, Stoppable};
use crate::pages::rollback::RollbackDialog;
use domain::PlanId;
use domain::access::Action;
use domain::view::{Counted, EnvironmentRow, PlanCut, PlanFilter, PlanOrder, PlanRow};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The table, or why it is empty. Rows stay while what they say changes.
#[component]
pub fn PlanList(
    /// The rows, with what they are an answer to.
    listed: Derived<Option<Listed>>,
    /// What the address says now.
    address: Derived<PlansAddress>,
    /// All environments, in promotion order.
    environments: Derived<Vec<EnvironmentRow>>,
    /// Goes to another address.
    go: Callback<Move>,
    /// Opens the dialog that makes a plan.
    open_new: Callback<()>,
    /// Reads the list again.
    refresh: Callback<()>,
    /// Why plans cannot be changed by this person.
    edit_refusal: Signal<Option<String>>,
) -> impl IntoView {
    let page =
        derived(move |_| listed.with(|l| l.as_ref().map(|l| l.page.clone()).unwrap_or_default()));
    let asked = derived(move |_| {
        listed.with(|l| l.as_ref().map(|l| l.address.clone()).unwrap_or_default())
    });
    let (rows, show_new, leave) = use_rows(listed);
    let keys = derived(move |_| {
        rows.with(|rows| rows.shown.iter().map(|place| place.id).collect::<Vec<_>>())
    });
    let in_parts =
        derived(move |_| asked.with(|a| a.filter.answered_order() == PlanOrder::ByState));
    let items = use_items(rows, in_parts);
    let waiting = derived(move |_| rows.with(|rows| rows.waiting));
    let lanes = Signal::derive(move || environments.with(Vec::len) as u32);
    let asking = Asking::new();
    // An address of its own opens the popup, once the page is alive.
    let query = use_query_map();
    Effect::new(move |_| {
        let number = query.with(|query| query.get("reuse").and_then(|n| n.parse().ok()));
        if number.is_some() {
            asking.reusing.set(number);
        }
    });
    plan_abort::follow(asking.aborting, move |number| {
        let row = page.with(|page| page.rows.iter().find(|row| row.number == number).cloned());
        row.filter(|row| !row.status.is_terminal())
            .as_ref()
            .map(Stoppable::of_row)
    });
    let others = Others::follow(page, refresh);
    let start = use_start(refresh, asking.waiting, others);
    let go_on = use_go_on(refresh);
    let on_wish = use_wishes(page, environments, asking, others, start, go_on, refresh);
    let deploy_refusal = use_refusal(Action::DeployApplications);
    let cursor = use_cursor(page, keys);
    use_row_keys(page, cursor, asking, edit_refusal, deploy_refusal);
    let is_empty = derived(move |_| keys.with(Vec::is_empty));
    let row_of = move |id: PlanId| {
        let heard = listed
            .with_untracked(|l| l.as_ref().map(|l| l.heard))
            .unwrap_or_default();
        let first = page.with_untracked(|p| p.rows.iter().find(|r| r.id == id).cloned())?;
        let number = first.number;
        let row = derived(move |before: Option<&PlanRow>| {
            page.with(|p| p.rows.iter().find(|r| r.id == id).cloned())
                .or_else(|| before.cloned())
                .unwrap_or_else(|| first.clone())
        });
        Some(view! {
            <PlanTableRow
                row
                not_free=Signal::derive(move || others.of(number))
                heard
                lanes
                cursor=Signal::derive(move || cursor.get() == Some(id))
                edit_refusal
                deploy_refusal
                on_wish
            />
        })
    };
    view! {
        <section class="panel plans" aria-label="Plans">
            <div class="new-rows" role="status">
                {move || {
                    let count = waiting.get() as u64;
                    (count > 0)
                        .then(|| {
                            view! {
                                <Button
                                    label=format!("{}, show", counted(count, "new plan", "new plans"))
                                    icon="up"
                                    weight=Weight::Link
                                    size=Size::Small
                                    on_press=show_new
                                />
                            }
                        })
                }}
            </div>
            {move || {
                if is_empty.get() {
                    view! {
                        <NoPlans
                            filters=asked.with(PlansAddress::in_words)
                            unfiltered=page.with(|p| p.unfiltered)
                            cut=asked.with(|a| a.cut)
                            address
                            go
                            open_new
                            edit_refusal
                        />
                    }
                        .into_any()
                } else {
                    view! {
                        <table class="table" role="table">
                            <caption class="vh">
                                {move || {
                                    let order = asked.with(|a| a.filter.answered_order());
                                    format!("Deployment plans: {}", order.label().to_ascii_lowercase())
                                }}
                            </caption>
                            <colgroup>
                                <col class="k-status"/>
                                <col/>
                                <col class="k-apps"/>
                                <col class="k-route"/>
                                <col class="k-when"/>
                                <col class="k-dur"/>
                                <col class="k-acts"/>
                            </colgroup>
                            <thead role="rowgroup">
                                <tr role="row">
                                    <th role="columnheader" scope="col" class="c-status">
                                        "Status"
                                    </th>
                                    <SortHead
                                        title="Plan"
                                        orders=(PlanOrder::Name, PlanOrder::NameFromEnd)
                                        address
                                        go
                                    />
                                    <th role="columnheader" scope="col" class="c-apps end">
                                        "Apps"
                                    </th>
                                    <th role="columnheader" scope="col">
                                        "From and to"
                                    </th>
                                    <SortHead
                                        title="When and who"
                                        orders=(PlanOrder::Newest, PlanOrder::Oldest)
                                        address
                                        go
                                    />
                                    <SortHead
                                        title="Took"
                                        class="c-dur end"
                                        orders=(PlanOrder::Longest, PlanOrder::Shortest)
                                        address
                                        go
                                    />
                                    <th role="columnheader" scope="col">
                                        <span class="vh">"Actions"</span>
                                    </th>
                                </tr>
                            </thead>
                            <tbody
                                role="rowgroup"
                                on:pointerleave=move |_| leave.run(())
                                on:focusout=move |_| leave.run(())
                            >
                                <For each=move || items.get() key=Item::clone let:item>
                                    {match item {
                                        Item::Head(title, note) => {
                                            view! { <PartHead title note/> }.into_any()
                                        }
                                        Item::Row(id) => row_of(id).into_any(),
                                    }}
                                </For>
                            </tbody>
                        </table>
                    }
                        .into_any()
                }
            }}
            <footer class="p-foot">
                <Pages page address go/>
            </footer>
        </section>
        <DeployDialog deploying=asking.deploying refusal=deploy_refusal start go_on/>
        <WaitDialog waiting=asking.waiting on_done=refresh/>
        <AbortDialog run=asking.aborting on_asked=Callback::new(move |_| refresh.run(()))/>
        <DiscardDialog discarding=asking.discarding on_done=refresh/>
        <ReuseDialog reusing=asking.reusing environments/>
        <RollbackDialog rolling=asking.rolling_back/>
    }
}

/// The head of a column that the list can be sorted by: once, then the other way round.
#[component]
fn SortHead(
    title: &'static str,
    #[prop(default = "")] class: &'static str,
    /// The order that comes first, and the other direction.
    orders: (PlanOrder, PlanOrder),
    address: Derived<PlansAddress>,
    go: Callback<Move>,
) -> impl IntoView {
    let order = derived(move |_| address.with(|a| a.filter.answered_order()));
    let next = move || {
        if order.get() == orders.0 {
            orders.1
        } else {
            orders.0
        }
    };
    let sorted = move || match order.get() {
        now if now == orders.0 => Some(orders.0),
        now if now == orders.1 => Some(orders.1),
        _ => None,
    };
    // What is read from its greatest on is descending.
    let word = move || {
        sorted().map(|order| match order {
            PlanOrder::Oldest
            | PlanOrder::Name
            | PlanOrder::StartedFirst
            | PlanOrder::FinishedFirst
            | PlanOrder::Shortest => "ascending",
            _ => "descending",
        })
    };
    view! {
        <th role="columnheader" scope="col" class=class aria-sort=word>
            <button
                type="button"
                class="sort"
                aria-label=move || format!("{title}: sort, {}", next().label().to_ascii_lowercase())
                on:click=move |_| {
                    let before = address.get_untracked();
                    let filter = PlanFilter {
                        order: next(),
                        ..before.filter.clone()
                    };
                    go.run(Move::to(before.with(filter)));
                }
            >
                <span>{title}</span>
                {move || {
                    word().map(|word| {
                        view! { <Icon name=if word == "ascending" { "up" } else { "down" }/> }
                    })
                }}
            </button>
        </th>
    }
}

#[component]
fn NoPlans(
    filters: Vec<String>,
    unfiltered: Counted,
    cut: PlanCut,
    address: Derived<PlansAddress>,
    go: Callback<Move>,
    open_new: Callback<()>,
    edit_refusal: Signal<Option<String>>,
) -> impl IntoView {
    if !filters.is_empty() {
        let exist = if unfiltered.number == 1 {
            "plan exists"
        } else {
            "plans exist"
        };
        return view! {
            <NoMatch
                title="No plan matches these filters"
                text=format!(
                    "{} {exist}. Filters in use: {}.",
                    so_many(unfiltered),
                    filters.join(", "),
                )
                on_clear=Callback::new(move |()| {
                    go.run(Move::to(address.get_untracked().cleared()));
                })
            />
        }
        .into_any();
    }
    if cut != PlanCut::Start {
        return view! {
            <NothingYet title="No plans here any more" text="The plans of this page are gone.">
                <Button
                    label="To the first page"
                    on_press=Callback::new(move |()| {
                        go.run(Move::to(address.get_untracked().cleared()));
                    })
                />
            </NothingYet>
        }
        .into_any();
    }
    view! {
        <NothingYet
            title="No plans yet"
            text="A plan brings versions from one environment to the next. It is checked before it runs, and nothing moves by itself."
        >
            <Button
                label="Create new deployment plan"
                weight=Weight::Primary
                icon="plus"
                controls="new-plan"
                refusal=edit_refusal
                on_press=open_new
            />
        </NothingYet>
    }
    .into_any()
}

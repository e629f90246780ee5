//! The table of plans.

use super::address::{PAGE, PlanTab, PlansAddress};
use super::cursor::use_cursor;
use super::fresh::use_rows;
use super::reuse::ReuseDialog;
use super::row::PlanTableRow;
use super::wishes::{Asking, DeployDialog, DiscardDialog, use_start, use_wishes};
use super::{Listed, Move};
use crate::components::button::{Button, Size, Weight};
use crate::components::empty::{NoMatch, NothingYet};
use crate::components::status::{counted, thousands};
use crate::components::table::Pager;
use crate::derived::{Derived, derived};
use crate::live::use_refusal;
use crate::pages::plan_abort::AbortDialog;
use domain::access::Action;
use domain::view::{EnvironmentRow, Page, PlanRow};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The table, or why it is empty. Rows stay while what they say changes.
#[component]
pub fn PlanList(
    /// The rows, with what they are an answer to.
    listed: Derived<Option<Listed>>,
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
        derived(move |_| listed.with(|l| l.as_ref().map_or_else(nothing, |l| l.page.clone())));
    let address = derived(move |_| {
        listed.with(|l| l.as_ref().map(|l| l.address.clone()).unwrap_or_default())
    });
    let (rows, show_new) = use_rows(listed);
    let keys = derived(move |_| rows.with(|rows| rows.shown.clone()));
    let waiting = derived(move |_| rows.with(|rows| rows.waiting));
    let total = derived(move |_| page.with(|p| (p.total, p.unfiltered, p.offset)));
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
    let start = use_start(refresh);
    let on_wish = use_wishes(page, environments, asking, start, refresh);
    let deploy_refusal = use_refusal(Action::DeployApplications);
    let cursor = use_cursor(page);
    let is_filtered = derived(move |_| address.with(|a| a.is_filtered() || a.tab != PlanTab::All));
    let is_empty = derived(move |_| keys.with(Vec::is_empty));
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
                            filters=address.with(PlansAddress::in_words)
                            unfiltered=total.get().1
                            go
                            open_new
                            edit_refusal
                        />
                    }
                        .into_any()
                } else {
                    view! {
                        <table class="table" role="table">
                            <caption class="vh">"Deployment plans, newest first"</caption>
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
                                    <th role="columnheader" scope="col">
                                        "Plan"
                                    </th>
                                    <th role="columnheader" scope="col" class="c-apps end">
                                        "Apps"
                                    </th>
                                    <th role="columnheader" scope="col">
                                        "From and to"
                                    </th>
                                    <th role="columnheader" scope="col">
                                        "When and who"
                                    </th>
                                    <th role="columnheader" scope="col" class="c-dur end">
                                        "Took"
                                    </th>
                                    <th role="columnheader" scope="col">
                                        <span class="vh">"Actions"</span>
                                    </th>
                                </tr>
                            </thead>
                            <tbody role="rowgroup">
                                <For each=move || keys.get() key=|id| *id let:id>
                                    {
                                        let first = page
                                            .with_untracked(|p| p.rows.iter().find(|r| r.id == id).cloned());
                                        first
                                            .map(|first| {
                                                let row = derived(move |before: Option<&PlanRow>| {
                                                    page.with(|p| p.rows.iter().find(|r| r.id == id).cloned())
                                                        .or_else(|| before.cloned())
                                                        .unwrap_or_else(|| first.clone())
                                                });
                                                view! {
                                                    <PlanTableRow
                                                        row
                                                        lanes
                                                        cursor=Signal::derive(move || cursor.get() == Some(id))
                                                        edit_refusal
                                                        deploy_refusal
                                                        on_wish
                                                    />
                                                }
                                            })
                                    }
                                </For>
                            </tbody>
                        </table>
                    }
                        .into_any()
                }
            }}
            <footer class="p-foot">
                {move || {
                    let (total, unfiltered, offset) = total.get();
                    if total > u64::from(PAGE) {
                        view! {
                            <Pager
                                offset=Signal::stored(offset)
                                limit=Signal::stored(u64::from(PAGE))
                                total=Signal::stored(total)
                                words_for=("Newer", "Older")
                                on_page=Callback::new(move |offset| {
                                    go.run(Move::to(PlansAddress { offset, ..address.get_untracked() }));
                                })
                            />
                        }
                            .into_any()
                    } else if is_filtered.get() {
                        format!("{} of {}", thousands(total), counted(unfiltered, "plan", "plans"))
                            .into_any()
                    } else {
                        counted(total, "plan", "plans").into_any()
                    }
                }}
            </footer>
        </section>
        <DeployDialog deploying=asking.deploying refusal=deploy_refusal start/>
        <AbortDialog run=asking.aborting on_asked=Callback::new(move |_| refresh.run(()))/>
        <DiscardDialog discarding=asking.discarding on_done=refresh/>
        <ReuseDialog reusing=asking.reusing environments/>
    }
}

fn nothing() -> Page<PlanRow> {
    Page {
        rows: Vec::new(),
        total: 0,
        unfiltered: 0,
        offset: 0,
    }
}

#[component]
fn NoPlans(
    filters: Vec<String>,
    unfiltered: u64,
    go: Callback<Move>,
    open_new: Callback<()>,
    edit_refusal: Signal<Option<String>>,
) -> impl IntoView {
    if !filters.is_empty() {
        let exist = if unfiltered == 1 {
            "plan exists"
        } else {
            "plans exist"
        };
        return view! {
            <NoMatch
                title="No plan matches these filters"
                text=format!(
                    "{} {exist}. Filters in use: {}.",
                    thousands(unfiltered),
                    filters.join(", "),
                )
                on_clear=Callback::new(move |()| go.run(Move::to(PlansAddress::default())))
            />
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

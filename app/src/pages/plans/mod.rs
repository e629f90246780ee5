//! The list of deployment plans: what needs a person, what runs, what waits, what was.

mod address;
mod create;
mod row;

use crate::api::environments::list_environments;
use crate::api::executions::continue_plan;
use crate::api::plans::{discard_plan, list_plans, read_plan, start_plan};
use crate::components::button::{Button, Weight};
use crate::components::controls::{SearchInput, Select};
use crate::components::delay::Delay;
use crate::components::dialog::Confirm;
use crate::components::empty::{Failure, NoMatch, NothingYet};
use crate::components::keyboard::use_shortcut;
use crate::components::layout::PageHead;
use crate::components::skeleton::RowSkeleton;
use crate::components::status::{counted, thousands};
use crate::components::table::Pager;
use crate::components::tabs::{Tab, Tabs};
use crate::components::toast::use_toasts;
use crate::error::ApiError;
use crate::live::{Link, use_live, use_topic};
use crate::pages::plan_abort::{AbortDialog, Stoppable};
use crate::routes;
use crate::session::use_session;
use address::{PAGE, PlanTab, PlansAddress};
use create::{CreateDialog, NewPlan};
use domain::access::Action;
use domain::execution::Phase;
use domain::view::{EnvironmentRow, Page, PlanFilter, PlanRow, StartOutcome};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use row::{PlanTableRow, Wish};

async fn load(address: PlansAddress) -> Result<(Vec<EnvironmentRow>, Page<PlanRow>), ApiError> {
    let environments: Vec<EnvironmentRow> = list_environments()
        .await?
        .into_iter()
        .map(|e| e.row)
        .collect();
    let page = list_plans(address.filter(&environments)).await?;
    Ok((environments, page))
}

/// The list of deployment plans, and the dialog that creates one.
#[component]
pub fn PlansPage() -> impl IntoView {
    let query = use_query_map();
    let path = use_location().pathname;
    let is_new = Memo::new(move |_| path.with(|p| p == routes::NEW_PLAN));
    let address = Memo::new(move |_| {
        if is_new.get() {
            PlansAddress::default()
        } else {
            query.with(PlansAddress::read)
        }
    });
    let wanted = Memo::new(move |_| {
        is_new.get().then(|| {
            query.with(|q| NewPlan {
                source: q.get("source").unwrap_or_default(),
                target: q.get("target").unwrap_or_default(),
                applications: q.get("applications").unwrap_or_default(),
            })
        })
    });
    let again = RwSignal::new(0_u32);
    let loaded = Resource::new(
        move || (address.get(), again.get()),
        |(address, _)| load(address),
    );
    let navigate = use_navigate();
    let go = Callback::new(move |address: PlansAddress| {
        navigate(
            &address.path(),
            NavigateOptions {
                scroll: false,
                ..NavigateOptions::default()
            },
        );
    });
    let creating = RwSignal::new(None::<NewPlan>);
    let open_new = Callback::new(move |()| {
        let address = address.get_untracked();
        creating.set(Some(NewPlan {
            source: address.source,
            target: address.target,
            applications: String::new(),
        }));
    });
    // An address of its own opens the dialog, once the page is alive.
    Effect::new(move |_| {
        if let Some(wanted) = wanted.get() {
            creating.set(Some(wanted));
        }
    });
    let session = use_session();
    let edit_refusal = Signal::derive(move || session.refusal(Action::EditPlan));
    use_shortcut("c", "Create new deployment plan", move || {
        if edit_refusal.with_untracked(Option::is_none) {
            open_new.run(());
        }
    });
    let close = Callback::new(move |()| {
        creating.set(None);
        if is_new.get_untracked() {
            go.run(PlansAddress::default());
        }
    });
    view! {
        <Title text="Deployment Plans"/>
        <PageHead
            title="Deployment Plans"
            actions=ViewFn::from(move || {
                view! {
                    <Button
                        label="Create new deployment plan"
                        weight=Weight::Primary
                        icon="plus"
                        controls="new-plan"
                        refusal=edit_refusal
                        on_press=open_new
                    />
                }
            })
        >
            <PlanTabs address go/>
        </PageHead>
        <Transition fallback=|| {
            view! {
                <section class="panel plans">
                    <RowSkeleton rows=8 hulls=2/>
                </section>
            }
        }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok((environments, page)) => {
                        let environments = StoredValue::new(environments);
                        view! {
                            <Filters address environments go/>
                            <PlanList
                                page
                                environments
                                address=address.get_untracked()
                                go
                                open_new
                                edit_refusal
                            />
                            <CreateDialog open=creating environments on_close=close/>
                        }
                            .into_any()
                    }
                    Err(error) => {
                        view! {
                            <section class="panel plans">
                                <Failure
                                    title="The plans cannot be shown"
                                    error=Signal::stored(error)
                                    on_retry=Callback::new(move |()| again.update(|n| *n += 1))
                                />
                            </section>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

#[component]
fn PlanTabs(address: Memo<PlansAddress>, go: Callback<PlansAddress>) -> impl IntoView {
    let tabs: Vec<Tab> = PlanTab::ALL
        .into_iter()
        .map(|tab| {
            let mut entry = Tab::new(tab.word(), tab.label());
            if tab == PlanTab::Waiting {
                entry.glyph = Some(("hold", "hold"));
            }
            entry
        })
        .collect();
    view! {
        <Tabs
            label="Plans by status"
            tabs=Signal::stored(tabs)
            active=Signal::derive(move || address.with(|a| a.tab.word().to_owned()))
            on_choose=Callback::new(move |word: String| {
                let tab = PlanTab::ALL
                    .into_iter()
                    .find(|tab| tab.word() == word)
                    .unwrap_or_default();
                go.run(PlansAddress { tab, offset: 0, ..address.get_untracked() });
            })
        />
    }
}

#[component]
fn Filters(
    address: Memo<PlansAddress>,
    environments: StoredValue<Vec<EnvironmentRow>>,
    go: Callback<PlansAddress>,
) -> impl IntoView {
    let typed = RwSignal::new(address.with_untracked(|a| a.text.clone()));
    let delay = Delay::new(250);
    let on_input = Callback::new(move |value: String| {
        typed.set(value.clone());
        delay.run(move || {
            go.run(PlansAddress {
                text: value,
                offset: 0,
                ..address.get_untracked()
            });
        });
    });
    // Back and forward change the address, and with it what is typed.
    let sought = Memo::new(move |_| address.with(|a| a.text.clone()));
    Effect::new(move |before: Option<String>| {
        let now = sought.get();
        if before.is_some_and(|before| before != now) && typed.get_untracked() != now {
            typed.set(now.clone());
        }
        now
    });
    let options = move |any: &'static str| {
        Signal::derive(move || {
            environments.with_value(|all| {
                std::iter::once((String::new(), any.to_owned()))
                    .chain(all.iter().map(|e| (e.name.clone(), e.name.clone())))
                    .collect::<Vec<_>>()
            })
        })
    };
    view! {
        <div class="filters" role="search">
            <SearchInput
                id="plan-search"
                label="Search number, name, application, person"
                value=typed
                on_input
            />
            <Select
                id="filter-source"
                label=Signal::derive(|| "Source".to_owned())
                options=options("Any source")
                value=Signal::derive(move || address.with(|a| a.source.clone()))
                class="sm"
                on_change=Callback::new(move |source| {
                    go.run(PlansAddress { source, offset: 0, ..address.get_untracked() });
                })
            />
            <Select
                id="filter-target"
                label=Signal::derive(|| "Target".to_owned())
                options=options("Any target")
                value=Signal::derive(move || address.with(|a| a.target.clone()))
                class="sm"
                on_change=Callback::new(move |target| {
                    go.run(PlansAddress { target, offset: 0, ..address.get_untracked() });
                })
            />
        </div>
    }
}

#[component]
fn PlanList(
    page: Page<PlanRow>,
    environments: StoredValue<Vec<EnvironmentRow>>,
    address: PlansAddress,
    go: Callback<PlansAddress>,
    open_new: Callback<()>,
    edit_refusal: Signal<Option<String>>,
) -> impl IntoView {
    let page = RwSignal::new(page);
    let lanes = environments.with_value(Vec::len) as u32;
    let filter: PlanFilter = environments.with_value(|all| address.filter(all));
    let filter = StoredValue::new(filter);
    let address = StoredValue::new(address);
    let delay = Delay::new(250);
    let refresh = move || {
        delay.run(move || {
            spawn_local(async move {
                let Some(filter) = filter.try_get_value() else {
                    return;
                };
                // What is on screen stays if this fails; the watch bar says that it is not live.
                if let Ok(fresh) = list_plans(filter).await {
                    let _ = page.try_set(fresh);
                }
            });
        });
    };
    let topic = use_topic("plans");
    Effect::new(move |before: Option<u64>| {
        let now = topic.get();
        if before.is_some_and(|before| before != now) {
            refresh();
        }
        now
    });
    let keys = Memo::new(move |_| page.with(|p| p.rows.iter().map(|r| r.id).collect::<Vec<_>>()));
    let total = Memo::new(move |_| page.with(|p| (p.total, p.unfiltered, p.offset)));
    let aborting = RwSignal::new(None::<Stoppable>);
    let discarding = RwSignal::new(None::<u64>);
    let on_wish = use_wishes(
        page,
        aborting,
        discarding,
        Callback::new(move |()| refresh()),
    );
    let session = use_session();
    let live = use_live();
    let deploy_refusal = Signal::derive(move || {
        if matches!(live.link(), Link::Lost(_)) {
            return Some("The connection to Slipway is lost. It comes back by itself.".to_owned());
        }
        session.refusal(Action::DeployApplications)
    });
    let cursor = use_cursor(page);
    let is_filtered = address.with_value(|a| a.is_filtered() || a.tab != PlanTab::All);
    view! {
        <section class="panel plans" aria-label="Plans">
            {move || {
                if keys.with(Vec::is_empty) {
                    view! { <NoPlans is_filtered unfiltered=total.get().1 go open_new edit_refusal/> }
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
                                                let row = Memo::new(move |before: Option<&PlanRow>| {
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
                                on_page=Callback::new(move |offset| {
                                    go.run(PlansAddress { offset, ..address.get_value() });
                                })
                            />
                        }
                            .into_any()
                    } else if is_filtered {
                        format!("{} of {}", thousands(total), counted(unfiltered, "plan", "plans"))
                            .into_any()
                    } else {
                        counted(total, "plan", "plans").into_any()
                    }
                }}
            </footer>
        </section>
        <AbortDialog run=aborting on_asked=Callback::new(move |_| refresh())/>
        <DiscardDialog discarding on_done=Callback::new(move |()| refresh())/>
    }
}

#[component]
fn NoPlans(
    is_filtered: bool,
    unfiltered: u64,
    go: Callback<PlansAddress>,
    open_new: Callback<()>,
    edit_refusal: Signal<Option<String>>,
) -> impl IntoView {
    if is_filtered {
        return view! {
            <NoMatch
                title="No plan matches"
                text=format!("{} without filters.", counted(unfiltered, "plan", "plans"))
                on_clear=Callback::new(move |()| go.run(PlansAddress::default()))
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

/// The row cursor: `j` and `k` move it, Enter opens, `y` copies the row's address.
fn use_cursor(page: RwSignal<Page<PlanRow>>) -> RwSignal<Option<domain::PlanId>> {
    let cursor = RwSignal::new(None::<domain::PlanId>);
    let navigate = use_navigate();
    let toasts = use_toasts();
    let step = move |by: isize| {
        page.with_untracked(|p| {
            let count = p.rows.len() as isize;
            if count == 0 {
                return;
            }
            let here = cursor
                .get_untracked()
                .and_then(|id| p.rows.iter().position(|r| r.id == id));
            let next = match here {
                Some(here) => (here as isize + by).clamp(0, count - 1),
                None if by > 0 => 0,
                None => count - 1,
            };
            let row = &p.rows[next as usize];
            cursor.set(Some(row.id));
            into_view(row.number);
        });
    };
    let number = move || {
        let id = cursor.get_untracked()?;
        page.with_untracked(|p| p.rows.iter().find(|r| r.id == id).map(|r| r.number))
    };
    use_shortcut("j", "Next plan", move || step(1));
    use_shortcut("k", "Previous plan", move || step(-1));
    use_shortcut("Enter", "Open the plan", move || {
        if let Some(number) = number() {
            navigate(&routes::plan(number), NavigateOptions::default());
        }
    });
    use_shortcut("y", "Copy link to the plan", move || {
        if let Some(number) = number() {
            copy_link(number);
            toasts.done("Link copied", "");
        }
    });
    cursor
}

#[cfg(feature = "hydrate")]
fn into_view(number: u64) {
    if let Ok(Some(row)) = document().query_selector(&format!("[data-plan=\"{number}\"]")) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

#[cfg(not(feature = "hydrate"))]
fn into_view(_number: u64) {}

#[cfg(feature = "hydrate")]
fn copy_link(number: u64) {
    let window = window();
    let origin = window.location().origin().unwrap_or_default();
    let text = format!("{origin}{}", routes::plan(number));
    let _ = window.navigator().clipboard().write_text(&text);
}

#[cfg(not(feature = "hydrate"))]
fn copy_link(_number: u64) {}

/// What the rows ask for.
fn use_wishes(
    page: RwSignal<Page<PlanRow>>,
    aborting: RwSignal<Option<Stoppable>>,
    discarding: RwSignal<Option<u64>>,
    refresh: Callback<()>,
) -> Callback<Wish> {
    let toasts = use_toasts();
    let navigate = use_navigate();
    let starting = StoredValue::new(None::<u64>);
    Callback::new(move |wish: Wish| match wish {
        Wish::Refresh => refresh.run(()),
        Wish::Discard(number) => discarding.set(Some(number)),
        Wish::CopyLink(number) => {
            copy_link(number);
            toasts.done("Link copied", "");
        }
        Wish::Abort(number) => {
            aborting.set(page.with_untracked(|p| {
                p.rows
                    .iter()
                    .find(|r| r.number == number)
                    .map(|r| Stoppable {
                        number,
                        target: r.target.clone(),
                        switched: matches!(r.phase, Some(Phase::Activate | Phase::Finish)),
                    })
            }));
        }
        Wish::Continue(number) => {
            spawn_local(async move {
                match continue_plan(number).await {
                    Ok(()) => refresh.run(()),
                    Err(error) => toasts.fail(format!("Plan #{number} was not continued"), &error),
                }
            });
        }
        Wish::Deploy(number) => {
            // Pressing twice is harmless.
            if starting.get_value().is_some() {
                return;
            }
            starting.set_value(Some(number));
            let navigate = navigate.clone();
            spawn_local(async move {
                let answer = match read_plan(number).await {
                    Ok(detail) => start_plan(number, detail.revision, None).await,
                    Err(error) => Err(error),
                };
                if starting.try_set_value(None).is_some() {
                    return;
                }
                match answer {
                    Ok(StartOutcome::Started) => {
                        navigate(&routes::plan(number), NavigateOptions::default());
                    }
                    Ok(StartOutcome::Refused(_)) => {
                        toasts.warn(
                            format!("Plan #{number} was not started"),
                            "The check found errors. Open it to see them.",
                        );
                        refresh.run(());
                    }
                    Err(error) => toasts.fail(format!("Plan #{number} was not started"), &error),
                }
            });
        }
    })
}

#[component]
fn DiscardDialog(discarding: RwSignal<Option<u64>>, on_done: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let number = Memo::new(move |_| discarding.get().unwrap_or_default());
    let act = Callback::new(move |()| {
        let Some(number) = discarding.get_untracked() else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let answer = discard_plan(number).await;
            if busy.try_set(false).is_some() {
                return;
            }
            discarding.set(None);
            match answer {
                Ok(()) => toasts.done(format!("Plan #{number} discarded"), ""),
                Err(error) => toasts.fail(format!("Plan #{number} was not discarded"), &error),
            }
            on_done.run(());
        });
    });
    view! {
        <Confirm
            open=Signal::derive(move || discarding.with(Option::is_some))
            id="discard-plan"
            title=Signal::derive(move || format!("Discard plan #{}?", number.get()))
            lead="It is removed for everybody. Nothing in any environment changes."
            keep="Keep it"
            act="Discard plan"
            busy
            on_keep=Callback::new(move |()| discarding.set(None))
            on_act=act
        />
    }
}

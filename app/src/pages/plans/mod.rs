//! The list of deployment plans: what needs a person, what runs, what waits, what was.

pub mod actions;
mod address;
mod advanced;
mod create;
mod cursor;
pub mod discarded;
mod drafts;
mod filters;
mod fresh;
mod heads;
mod kept;
mod keys;
mod list;
mod others;
mod pager;
pub mod reuse;
pub mod row;
mod waiting;
mod way_back;
mod wishes;
mod words;

use crate::api::environments::list_environments;
use crate::api::plans::{count_plans, list_plans};
use crate::components::button::{Button, Weight};
use crate::components::delay::Delay;
use crate::components::empty::{Failure, NoMatch};
use crate::components::kept::use_kept;
use crate::components::keyboard::use_shortcut;
use crate::components::layout::PageHead;
use crate::components::skeleton::RowSkeleton;
use crate::components::tabs::{Tab, Tabs};
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::{Heard, use_live, use_refusal, use_topic};
use crate::routes;
use crate::wire::{Fetched, fetched};
pub use address::kind_word;
use address::{ALL, PlansAddress};
use create::{CreateDialog, NewPlan};
use domain::AppError;
use domain::access::Action;
use domain::view::{Counted, EnvironmentRow, PlanFilter, PlanOrder, PlanPage, STATUS_GROUPS};
use drafts::OwnDrafts;
use filters::Filters;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use list::PlanList;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use way_back::use_way_back;

/// A page of the list, and the address that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    address: PlansAddress,
    page: PlanPage,
    /// What was heard when it began to be read.
    heard: Heard,
}

/// Another address to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Move {
    to: PlansAddress,
    /// It takes the place of this one in the history.
    replace: bool,
}

impl Move {
    /// A step of its own in the history.
    const fn to(to: PlansAddress) -> Self {
        Self { to, replace: false }
    }
}

async fn environments() -> Result<Vec<EnvironmentRow>, ApiError> {
    Ok(list_environments()
        .await?
        .into_iter()
        .map(|e| e.row)
        .collect())
}

async fn load(address: PlansAddress, heard: Heard) -> Result<Listed, ApiError> {
    // What the console would refuse is known here.
    let fields = address.filter.problems();
    if !fields.is_empty() {
        return Err(ApiError::App(AppError::Invalid { fields }));
    }
    let page = list_plans(address.request()).await?;
    Ok(Listed {
        address,
        page,
        heard,
    })
}

/// The address whose rows are shown: whether the panel is open does not change them.
fn answered(address: &PlansAddress) -> PlansAddress {
    PlansAddress {
        advanced: false,
        ..address.clone()
    }
}

/// The list of deployment plans, and the dialog that creates one.
#[component]
pub fn PlansPage() -> impl IntoView {
    let query = use_query_map();
    let path = use_location().pathname;
    let is_new = derived(move |_| path.with(|p| p == routes::NEW_PLAN));
    let address = derived(move |_| {
        if is_new.get() {
            PlansAddress::default()
        } else {
            query.with(PlansAddress::read)
        }
    });
    let wanted = derived(move |_| is_new.get().then(|| query.with(NewPlan::read)));
    let again = RwSignal::new(0_u32);
    let places = use_topic("environments");
    let environments = fetched(move || places.get(), |_| environments());
    let live = use_live();
    let loaded = fetched(
        move || (address.with(answered), again.get()),
        move |(address, _)| load(address, live.heard()),
    );
    let refresh = Callback::new(move |()| {
        let _ = again.try_update(|again| *again += 1);
    });
    let retry = Callback::new(move |()| {
        environments.refetch();
        refresh.run(());
    });
    // What moves is told often; the list is read again once it has been quiet for a moment.
    let delay = Delay::new(250);
    let topic = use_topic("plans");
    Effect::new(move |before: Option<u64>| {
        let now = topic.get();
        if before.is_some_and(|before| before != now) {
            delay.run(move || refresh.run(()));
        }
        now
    });
    let navigate = use_navigate();
    let go = Callback::new(move |Move { to, replace }: Move| {
        navigate(
            &to.path(),
            NavigateOptions {
                scroll: false,
                replace,
                ..NavigateOptions::default()
            },
        );
    });
    let creating = RwSignal::new(None::<NewPlan>);
    let open_new = Callback::new(move |()| {
        let address = address.get_untracked();
        creating.set(Some(NewPlan {
            source: address.filter.source,
            target: address.filter.target,
            ..NewPlan::default()
        }));
    });
    // An address of its own opens the dialog, once the page is alive.
    Effect::new(move |_| {
        if let Some(wanted) = wanted.get() {
            creating.set(Some(wanted));
        }
    });
    let edit_refusal = use_refusal(Action::EditPlan);
    use_shortcut("c", "Create new deployment plan", move || {
        if edit_refusal.with_untracked(Option::is_none) {
            open_new.run(());
        }
    });
    let went_back = use_way_back();
    let close = Callback::new(move |()| {
        creating.set(None);
        if is_new.get_untracked() && !went_back() {
            go.run(Move::to(PlansAddress::default()));
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
            <PlanTabs address again go/>
        </PageHead>
        <OwnDrafts/>
        <Transition fallback=|| {
            view! {
                <section class="panel plans">
                    <RowSkeleton rows=8 hulls=2/>
                </section>
            }
        }>
            <Shown environments loaded address go creating open_new close refresh retry edit_refusal/>
        </Transition>
    }
}

/// Filters and list. They stay while the list is read again: what is typed, open or focused in
/// them must not be lost when an answer arrives.
#[component]
fn Shown(
    environments: Fetched<Result<Vec<EnvironmentRow>, ApiError>>,
    loaded: Fetched<Result<Listed, ApiError>>,
    address: Derived<PlansAddress>,
    go: Callback<Move>,
    creating: RwSignal<Option<NewPlan>>,
    open_new: Callback<()>,
    close: Callback<()>,
    refresh: Callback<()>,
    retry: Callback<()>,
    edit_refusal: Signal<Option<String>>,
) -> impl IntoView {
    let (listed, _) = use_kept(loaded);
    let (known, _) = use_kept(environments);
    let environments = derived(move |_| known.get().unwrap_or_default());
    // Rows of another address are no answer to this one.
    let failure = derived(move |_| match loaded.get() {
        Some(Err(error))
            if listed.with(|l| {
                l.as_ref()
                    .is_none_or(|l| address.with(|a| answered(a) != l.address))
            }) =>
        {
            Some(error)
        }
        _ => None,
    });
    let page =
        derived(move |_| listed.with(|l| l.as_ref().map(|l| l.page.clone()).unwrap_or_default()));
    let is_ready = derived(move |_| listed.with(Option::is_some) || failure.with(Option::is_some));
    let list = move || match failure.get() {
        // Trying again would not help: the address asks for what cannot be.
        Some(ApiError::App(AppError::Invalid { fields })) => {
            let told: Vec<String> = fields.into_iter().map(|field| field.message).collect();
            view! {
                <section class="panel plans">
                    <NoMatch
                        title="These filters find nothing"
                        text=told.join(" ")
                        on_clear=Callback::new(move |()| {
                            go.run(Move::to(address.get_untracked().cleared()));
                        })
                    />
                </section>
            }
            .into_any()
        }
        Some(error) => view! {
            <section class="panel plans">
                <Failure title="The plans cannot be shown" error on_retry=retry/>
            </section>
        }
        .into_any(),
        None => view! {
            <PlanList
                listed
                address
                environments
                go
                open_new
                refresh
                edit_refusal
            />
        }
        .into_any(),
    };
    move || {
        is_ready.get().then(|| {
            view! {
                <Filters address environments page go/>
                {list}
                <CreateDialog open=creating environments on_close=close/>
            }
        })
    }
}

/// The tabs with what each holds under the other filters; counted apart, so that the list does not
/// wait for it.
#[component]
fn PlanTabs(
    address: Derived<PlansAddress>,
    /// Goes up whenever the list is read again.
    again: RwSignal<u32>,
    go: Callback<Move>,
) -> impl IntoView {
    let others = derived(move |_| {
        address.with(|address| PlanFilter {
            statuses: BTreeSet::new(),
            waits: BTreeSet::new(),
            order: PlanOrder::default(),
            ..address.filter.clone()
        })
    });
    let counts = RwSignal::new(Vec::<Counted>::new());
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        again.track();
        let filter = others.get();
        let mine = asked.get_value().wrapping_add(1);
        asked.set_value(mine);
        // What the console would refuse is known here.
        if !filter.problems().is_empty() {
            counts.set(Vec::new());
            return;
        }
        spawn_local(async move {
            let answer = count_plans(filter).await;
            // Something else may be asked for by now.
            if asked.try_get_value() == Some(mine) {
                counts.try_set(answer.unwrap_or_default());
            }
        });
    });
    let tabs = derived(move |_| {
        let all = std::iter::once(Tab::new(ALL, "All"));
        let groups = STATUS_GROUPS.iter().map(|group| {
            let mut entry = Tab::new(group.word, group.label);
            if group.word == "waiting" {
                entry.glyph = Some(("hold", "hold"));
            }
            entry
        });
        let counts = counts.get();
        all.chain(groups)
            .enumerate()
            .map(|(at, tab)| {
                let counted = counts.get(at);
                Tab {
                    count: counted.map(|counted| counted.number),
                    more: counted.is_some_and(|counted| counted.more),
                    ..tab
                }
            })
            .collect::<Vec<_>>()
    });
    view! {
        <Tabs
            label="Plans by status"
            tabs
            active=Signal::derive(move || address.with(PlansAddress::tab))
            on_choose=Callback::new(move |word: String| {
                go.run(Move::to(address.with_untracked(|a| a.under(&word))));
            })
        />
    }
}

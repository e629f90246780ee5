//! Applications: the matrix of applications and environments, which is the home screen.

mod address;
mod block;
mod keys;
mod late;
mod relation;
mod row;
mod selection;
mod state;
mod toolbar;
mod view;
mod window;

use crate::api::catalog::{count_applications, find, list_applications};
use crate::api::environments::list_environments;
use crate::components::button::{Button, LinkButton, Weight};
use crate::components::empty::{Failure, NoMatch, NothingYet};
use crate::components::first_run::{Facts, FirstLane, FirstRun};
use crate::components::layout::{PageHead, use_new_plan_key};
use crate::components::skeleton::RowSkeleton;
use crate::components::status::{counted, thousands};
use crate::components::tabs::{Tab, Tabs};
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::{Heard, use_live, use_refusal};
use crate::routes;
use crate::wire::fetched;
use address::{MatrixAddress, tab_label, tab_word};
use domain::ApplicationId;
use domain::access::Action;
use domain::view::{
    ApplicationCounts, ApplicationFilter, ApplicationRow, ApplicationTab, Hit, Page,
};
use futures::future::join3;
use late::SelectionBar;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use serde::{Deserialize, Serialize};
use state::{LaneHead, Matrix, PAGE, Selection, lane_heads};
use std::collections::BTreeMap;
use toolbar::Toolbar;
use view::{MatrixTable, follow_changes};

/// What the first frame of the matrix needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Loaded {
    filter: ApplicationFilter,
    lanes: Vec<LaneHead>,
    page: Page<ApplicationRow>,
    counts: ApplicationCounts,
    /// The name in the address that no application has.
    unknown: Option<String>,
}

async fn load(address: MatrixAddress) -> Result<Loaded, ApiError> {
    let producer_of = named(address.producer_of.as_deref()).await?;
    let consumer_of = named(address.consumer_of.as_deref()).await?;
    let unknown = [
        (&address.producer_of, producer_of),
        (&address.consumer_of, consumer_of),
    ]
    .into_iter()
    .find_map(|(name, found)| name.clone().filter(|_| found.is_none()));
    let filter = address.filter(producer_of, consumer_of, 0, PAGE);
    let (page, counts, environments) = join3(
        list_applications(filter.clone()),
        count_applications(filter.clone()),
        list_environments(),
    )
    .await;
    Ok(Loaded {
        filter,
        lanes: lane_heads(&environments?),
        page: page?,
        counts: counts?,
        unknown,
    })
}

/// The application with this name, if there is a name and it has one.
async fn named(name: Option<&str>) -> Result<Option<ApplicationId>, ApiError> {
    let Some(name) = name else { return Ok(None) };
    let hits = find(name.to_owned()).await?.hits;
    Ok(hits.into_iter().find_map(|hit| match hit {
        Hit::Application { id, name: found } if found.eq_ignore_ascii_case(name) => Some(id),
        _ => None,
    }))
}

/// Applications.
#[component]
pub fn ApplicationsPage() -> impl IntoView {
    let query = use_query_map();
    let address = derived(move |_| query.with(MatrixAddress::read));
    let retries = RwSignal::new(0_u32);
    let live = use_live();
    let data = fetched(
        move || (address.get(), retries.get()),
        move |(address, _)| {
            let heard = live.heard();
            async move { (heard, load(address).await) }
        },
    );
    let navigate = use_navigate();
    let go = Callback::new(move |(next, replace): (MatrixAddress, bool)| {
        navigate(
            &format!("{}{}", routes::APPLICATIONS, next.query()),
            NavigateOptions {
                replace,
                ..NavigateOptions::default()
            },
        );
    });
    let clear = Callback::new(move |()| go.run((MatrixAddress::default(), false)));
    use_new_plan_key();
    let picked: Selection = RwSignal::new(BTreeMap::new());
    // What the head says of the matrix; known once the browser has taken over.
    let counts = RwSignal::new(None::<ApplicationCounts>);
    let known = RwSignal::new(None::<u64>);

    let tabs = Signal::derive(move || tabs(counts.get().as_ref()));
    let sub = Signal::derive(move || {
        known
            .get()
            .map(|all| counted(all, "application", "applications"))
            .unwrap_or_default()
    });
    view! {
        <Title text="Applications"/>
        <PageHead title="Applications" sub actions=|| view! { <Actions/> }>
            <Tabs
                label="Saved views"
                tabs
                active=Signal::derive(move || address.with(|address| tab_word(address.tab).to_owned()))
                on_choose=Callback::new(move |word: String| {
                    let mut next = address.get_untracked();
                    next.tab = ApplicationTab::ALL
                        .into_iter()
                        .find(|tab| tab_word(*tab) == word)
                        .unwrap_or_default();
                    go.run((next, false));
                })
            />
        </PageHead>
        <Toolbar address go/>
        <Transition fallback=|| {
            view! {
                <section class="panel matrix-panel" aria-busy="true" aria-label="Loading applications">
                    <RowSkeleton rows=12/>
                </section>
            }
        }>
            {move || Suspend::new(async move {
                let (heard, answer) = data.await;
                match answer {
                    Ok(loaded) => {
                        view! { <Shown loaded heard picked counts known address clear/> }.into_any()
                    }
                    Err(error) => {
                        view! {
                            <section class="panel matrix-panel">
                                <Failure
                                    title="Applications cannot be shown"
                                    error
                                    on_retry=Callback::new(move |()| {
                                        retries.update(|retries| *retries += 1);
                                    })
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

/// What stands below the tool bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// There is no environment or no application: the way to the first of each.
    First,
    /// The address names an application that is not there.
    Unknown,
    /// The filters match nothing.
    NoMatch,
    /// The matrix.
    Table,
}

/// The matrix, or why it is empty.
#[component]
fn Shown(
    loaded: Loaded,
    heard: Heard,
    picked: Selection,
    counts: RwSignal<Option<ApplicationCounts>>,
    known: RwSignal<Option<u64>>,
    address: Derived<MatrixAddress>,
    clear: Callback<()>,
) -> impl IntoView {
    let Loaded {
        filter,
        lanes,
        page,
        counts: first_counts,
        unknown,
    } = loaded;
    let matrix = Matrix::new(filter, page, lanes, first_counts, picked);
    Effect::new(move |_| counts.set(Some(matrix.counts.get())));
    Effect::new(move |_| known.set(Some(matrix.unfiltered.get())));
    follow_changes(matrix, heard);
    let is_known = unknown.is_none();
    let standing = derived(move |_| {
        if matrix.lanes.with(Vec::is_empty) || (is_known && matrix.unfiltered.get() == 0) {
            Standing::First
        } else if !is_known {
            Standing::Unknown
        } else if matrix.total.get() == 0 {
            Standing::NoMatch
        } else {
            Standing::Table
        }
    });
    let unknown = unknown.unwrap_or_default();
    // Asked once and not followed: the address belongs to the next matrix as soon as it changes.
    let words = address.with_untracked(MatrixAddress::in_words);
    view! {
        {move || match standing.get() {
            Standing::First => view! { <First matrix/> }.into_any(),
            Standing::Unknown => view! {
                <section class="panel matrix-panel">
                    <NoMatch
                        title=format!("No application is called “{unknown}”")
                        text="Choose another one, or clear the filters."
                        on_clear=clear
                    />
                </section>
            }
                .into_any(),
            Standing::NoMatch => {
                let words = words.join(", ");
                let text = move || {
                    let all = matrix.unfiltered.get();
                    let are = if all == 1 { "application exists" } else { "applications exist" };
                    format!("{} {are}. Filters in use: {words}.", thousands(all))
                };
                view! {
                    <section class="panel matrix-panel">
                        <NoMatch
                            title="No application matches these filters"
                            text=Signal::derive(text)
                            on_clear=clear
                        />
                    </section>
                }
                    .into_any()
            }
            Standing::Table => view! { <MatrixTable matrix/> }.into_any(),
        }}
        <SelectionBar matrix/>
    }
}

#[component]
fn Actions() -> impl IntoView {
    let refusal = use_refusal(Action::EditPlan);
    move || match refusal.get() {
        None => view! {
            <LinkButton
                label="Create new deployment plan"
                href=routes::NEW_PLAN
                weight=Weight::Primary
                icon="plus"
            />
        }
        .into_any(),
        Some(reason) => view! {
            <Button
                label="Create new deployment plan"
                weight=Weight::Primary
                icon="plus"
                refusal=Some(reason)
            />
        }
        .into_any(),
    }
}

/// The way to the first environment and the first application.
#[component]
fn First(matrix: Matrix) -> impl IntoView {
    let facts = derived(move |_| Facts {
        lanes: matrix.lanes.with(|lanes| {
            lanes
                .iter()
                .map(|lane| FirstLane {
                    name: lane.name.clone(),
                    link: lane.link,
                })
                .collect()
        }),
        applications: matrix.unfiltered.get() > 0,
    });
    let title = derived(move |_| {
        if facts.with(|facts| facts.lanes.is_empty()) {
            "No environments yet".to_owned()
        } else {
            "No applications yet".to_owned()
        }
    });
    view! {
        <FirstRun facts>
            <section class="panel matrix-panel">
                <NothingYet
                    title
                    text="An application appears here as soon as it is published into an environment whose agent has joined. Nothing is deployed until you run a plan."
                >
                    <LinkButton
                        label="Go to Environments"
                        href=routes::ENVIRONMENTS
                        weight=Weight::Primary
                    />
                </NothingYet>
            </section>
        </FirstRun>
    }
}

fn tabs(counts: Option<&ApplicationCounts>) -> Vec<Tab> {
    ApplicationTab::ALL
        .into_iter()
        .enumerate()
        .map(|(index, tab)| {
            let count = counts.and_then(|counts| counts.tabs.get(index).copied());
            Tab {
                key: tab_word(tab).to_owned(),
                label: tab_label(tab).to_owned(),
                count,
                more: false,
                glyph: (count.unwrap_or(0) > 0).then(|| tab_glyph(tab)).flatten(),
            }
        })
        .collect()
}

const fn tab_glyph(tab: ApplicationTab) -> Option<(&'static str, &'static str)> {
    match tab {
        ApplicationTab::Hotfix => Some(("hotfix", "bad")),
        ApplicationTab::Broken => Some(("broken", "bad")),
        ApplicationTab::ChangedOutside => Some(("drift", "warn")),
        _ => None,
    }
}

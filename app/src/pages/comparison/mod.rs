//! What differs: what a plan will change or changed, and any two sides beside each other.

mod choose;
mod module;
mod moment;
mod same;
mod shown;
mod side;
mod words;

use crate::api::comparison::{compare, list_same};
use crate::components::button::{Button, LinkButton};
use crate::components::copy::{copy_link, use_copy_key};
use crate::components::empty::Failure;
use crate::components::kept::use_kept;
use crate::components::layout::PageHead;
use crate::components::skeleton::Skeleton;
use crate::components::toast::use_toasts;
use crate::components::window_title::WindowTitle;
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::use_topic;
use crate::routes;
use crate::wire::{Fetched, fetched};
use choose::ChooseSides;
use domain::AppError;
use domain::view::{Compared, Comparison, SameApplication};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_params_map, use_query_map};
use serde::{Deserialize, Serialize};

pub use shown::Differences;

/// Applications on a page.
pub(crate) const PAGE: u32 = 25;

/// The two sides, where both are known.
type Sides = Option<(Compared, Compared)>;

/// What is shown of two sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    comparison: Comparison,
    /// What is the same, where that is asked for.
    same: Option<Vec<SameApplication>>,
}

async fn find(
    from: Compared,
    to: Compared,
    offset: u64,
    with_same: bool,
) -> Result<Found, ApiError> {
    let same = async {
        if with_same {
            list_same(from.clone(), to.clone()).await.map(Some)
        } else {
            Ok(None)
        }
    };
    let (comparison, same) = futures::join!(compare(from.clone(), to.clone(), offset, PAGE), same);
    Ok(Found {
        comparison: comparison?,
        same: same?,
    })
}

/// Reads what differs between two sides, and again whenever what runs or the plan changes.
fn use_comparison(
    sides: Derived<Sides>,
) -> (Fetched<Result<Option<Found>, ApiError>>, Callback<()>) {
    let topics = [
        use_topic("environments"),
        use_topic("applications"),
        use_topic("plans"),
    ];
    let again = RwSignal::new(0_u64);
    let offset = use_offset();
    let with_same = use_same();
    let data = fetched(
        move || {
            let moved = topics.iter().map(|topic| topic.get()).sum::<u64>() + again.get();
            (sides.get(), offset.get(), with_same.get(), moved)
        },
        |(sides, offset, with_same, _)| async move {
            match sides {
                Some((from, to)) => find(from, to, offset, with_same).await.map(Some),
                None => Ok(None),
            }
        },
    );
    let retry = Callback::new(move |()| {
        again.try_update(|again| *again += 1);
    });
    (data, retry)
}

/// The first application of the page, in the address.
fn use_offset() -> Derived<u64> {
    let query = use_query_map();
    derived(move |_| {
        query.with(|query| {
            let from = query.get("offset").and_then(|text| text.parse().ok());
            from.unwrap_or(0)
        })
    })
}

/// The word of the address that lists what is the same, too.
const SAME: (&str, &str) = ("same", "listed");

/// Whether what is the same is listed, too.
fn use_same() -> Derived<bool> {
    let query = use_query_map();
    derived(move |_| query.with(|query| query.get(SAME.0).as_deref() == Some(SAME.1)))
}

/// Changes one word of the address, or takes it out.
fn use_word() -> Callback<(&'static str, Option<String>)> {
    let query = use_query_map();
    let location = use_location();
    let navigate = use_navigate();
    Callback::new(move |(key, value): (&'static str, Option<String>)| {
        let mut query = query.get_untracked();
        query.remove(key);
        if let Some(value) = value {
            query.insert(key, value);
        }
        let path = location.pathname.get_untracked();
        let options = NavigateOptions {
            scroll: key != SAME.0,
            ..NavigateOptions::default()
        };
        navigate(&format!("{path}{}", query.to_query_string()), options);
    })
}

#[component]
fn CopyLink() -> impl IntoView {
    let toasts = use_toasts();
    use_copy_key(|| None);
    view! {
        <Button
            label="Copy link"
            icon="link"
            on_press=Callback::new(move |()| copy_link(toasts, None))
        />
    }
}

/// What a plan will change, or changed.
#[component]
pub fn PlanChangesPage() -> impl IntoView {
    let params = use_params_map();
    let number = derived(move |_| {
        params.with(|params| {
            params
                .get("number")
                .and_then(|text| text.parse::<u64>().ok())
        })
    });
    let sides = derived(move |_| {
        let number = number.get()?;
        Some((Compared::BeforePlan(number), Compared::Plan(number)))
    });
    let (data, retry) = use_comparison(sides);
    let started = RwSignal::new(false);
    let title = Signal::derive(move || {
        if started.get() {
            "What changed"
        } else {
            "What will change"
        }
        .to_owned()
    });
    let crumbs = Signal::derive(move || {
        let number = number.get().unwrap_or(0);
        vec![
            (
                "Deployment Plans".to_owned(),
                Some(routes::PLANS.to_owned()),
            ),
            (format!("Plan #{number}"), Some(routes::plan(number))),
        ]
    });
    view! {
        <WindowTitle text=move || format!("{} · Plan #{}", title.get(), number.get().unwrap_or(0))/>
        <PageHead
            title
            crumbs
            actions=move || {
                view! {
                    <CopyLink/>
                    <LinkButton
                        label="Back to the plan"
                        href=Signal::derive(move || routes::plan(number.get().unwrap_or(0)))
                    />
                }
            }
        />
        {move || number.get().is_none().then(not_a_plan)}
        <Transition fallback=|| view! { <Skeleton lines=8 label="Loading what changes"/> }>
            <Loaded data started on_retry=retry/>
        </Transition>
    }
}

fn not_a_plan() -> impl IntoView {
    let error = ApiError::from(AppError::not_found("This plan"));
    view! {
        <section class="panel">
            <Failure
                title="What changes cannot be shown"
                error
                on_retry=Callback::new(|()| ())
            />
        </section>
    }
}

/// Two sides beside each other, chosen in the address.
#[component]
pub fn ComparePage() -> impl IntoView {
    let query = use_query_map();
    let side = move |name: &str| {
        query.with(|query| {
            query
                .get(name)
                .and_then(|text| text.parse::<Compared>().ok())
        })
    };
    let sides = derived(move |_| side("from").zip(side("to")));
    let (data, retry) = use_comparison(sides);
    let titles = RwSignal::new(None);
    view! {
        <Title text="Compare"/>
        <PageHead title="Compare" actions=move || view! { <CopyLink/> }/>
        <ChooseSides
            from=Signal::derive(move || side("from"))
            to=Signal::derive(move || side("to"))
            titles
        />
        <Transition fallback=|| view! { <Skeleton lines=8 label="Loading what differs"/> }>
            <Loaded data started=RwSignal::new(false) titles on_retry=retry/>
        </Transition>
    }
}

/// What was last known, or why nothing is.
#[component]
fn Loaded(
    data: Fetched<Result<Option<Found>, ApiError>>,
    /// Set to whether the first side is history.
    started: RwSignal<bool>,
    /// Set to what the sides are called.
    #[prop(optional)]
    titles: Option<RwSignal<Option<(String, String)>>>,
    on_retry: Callback<()>,
) -> impl IntoView {
    let (known, failure) = use_kept(data);
    let word = use_word();
    let on_page = Callback::new(move |offset: u64| {
        word.run(("offset", (offset > 0).then(|| offset.to_string())));
    });
    let on_same = Callback::new(move |list: bool| {
        word.run((SAME.0, list.then(|| SAME.1.to_owned())));
    });
    Effect::new(move |_| {
        started.set(known.with(|known| {
            known
                .iter()
                .flatten()
                .any(|found| found.comparison.from.at.is_some())
        }));
    });
    if let Some(titles) = titles {
        Effect::new(move |_| {
            titles.set(known.with(|known| {
                let comparison = &known.as_ref()?.as_ref()?.comparison;
                Some((comparison.from.title.clone(), comparison.to.title.clone()))
            }));
        });
    }
    move || match (failure.get(), known.get()) {
        (Some(error), _) => view! {
            <section class="panel">
                <Failure title="What differs cannot be shown" error on_retry/>
            </section>
        }
        .into_any(),
        (None, Some(Some(Found { comparison, same }))) => {
            view! { <Differences comparison same on_page on_same/> }.into_any()
        }
        (None, _) => ().into_any(),
    }
}

//! How versions travelled: when each came to which environment in the last 30 days, from the tags
//! and the plans that are stored.

mod stops;

use super::places;
use crate::api::plans::list_plans;
use crate::components::empty::Failure;
use crate::components::icon::Icon;
use crate::components::kept::use_kept;
use crate::components::lane::{ChipState, Lane, Place, VersionChip};
use crate::components::skeleton::Skeleton;
use crate::components::status::counted;
use crate::components::time::{age, use_clock};
use crate::error::ApiError;
use crate::live::use_topic;
use crate::routes;
use crate::wire::{Fetched, fetched};
use domain::plan::PlanStatus;
use domain::view::{ApplicationDetail, PlanCut, PlanFilter, PlanPage, PlanRequest};
use domain::{ApplicationId, Timestamp};
use leptos::prelude::*;
use std::collections::BTreeSet;
use stops::{NOW_AT, Stop, is_covered, origin, place_of, since, stops};

const DAY: i64 = 24 * 60 * 60 * 1_000;
const DAYS: i64 = 30;
/// Plans that are looked through, newest first.
const PLANS: u32 = 100;

/// The panel.
#[component]
pub fn Travel(
    /// Which application.
    id: ApplicationId,
    /// The application, kept up to date.
    detail: RwSignal<ApplicationDetail>,
) -> impl IntoView {
    let changes = use_topic(format!("application/{id}"));
    let tries = RwSignal::new(0_u32);
    let plans = fetched(
        move || (changes.get(), tries.get()),
        move |_| {
            let application = detail.with_untracked(|detail| detail.name.clone());
            list_plans(PlanRequest {
                filter: PlanFilter {
                    statuses: BTreeSet::from([
                        PlanStatus::FinishedSuccessful,
                        PlanStatus::FinishedWithWarnings,
                    ]),
                    application,
                    ..PlanFilter::default()
                },
                cut: PlanCut::Start,
                limit: PLANS,
            })
        },
    );
    let on_retry = Callback::new(move |()| tries.update(|tries| *tries += 1));
    view! {
        <section class="panel" aria-labelledby="travel-title">
            <header>
                <h2 id="travel-title">"How versions travelled"</h2>
                <span class="panel-sub">{format!("last {DAYS} days")}</span>
            </header>
            <Transition fallback=|| view! { <Skeleton lines=3 label="Loading the history"/> }>
                <Kept plans detail on_retry/>
            </Transition>
        </section>
    }
}

#[component]
fn Kept(
    plans: Fetched<Result<PlanPage, ApiError>>,
    detail: RwSignal<ApplicationDetail>,
    on_retry: Callback<()>,
) -> impl IntoView {
    let clock = use_clock();
    let (plans, failure) = use_kept(plans);
    let as_list = RwSignal::new(false);
    move || {
        if let Some(error) = failure.get() {
            return view! { <Failure title="The history cannot be shown" error on_retry/> }
                .into_any();
        }
        plans
            .get()
            .map(|plans| {
                let (all, parts) = detail.with(|detail| stops(detail, &plans.rows));
                // It moves when something happens, not with every second.
                let now = clock.now_untracked();
                view! { <Chart detail all parts now as_list/> }
            })
            .into_any()
    }
}

#[component]
fn Chart(
    detail: RwSignal<ApplicationDetail>,
    all: Vec<Stop>,
    /// When single modules came.
    parts: Vec<Timestamp>,
    now: Timestamp,
    as_list: RwSignal<bool>,
) -> impl IntoView {
    let from = Timestamp(now.0 - DAYS * DAY);
    let shown = since(&all, from);
    let parts = parts.into_iter().filter(|at| *at >= from).count() as u64;
    let lanes: Vec<(String, Place)> = detail.with_untracked(|detail| {
        let places = places(detail);
        detail.environments.iter().cloned().zip(places).collect()
    });
    if shown.is_empty() {
        return view! {
            <div class="pad">
                <p class="soft">"Nothing of it was tagged or deployed yet."</p>
            </div>
        }
        .into_any();
    }
    let happened = shown.iter().filter(|stop| stop.at > from).count() as u64;
    let rows = lanes
        .iter()
        .enumerate()
        .map(|(lane, (name, place))| lane_view(&shown, lane, name.clone(), *place, from, now))
        .collect_view();
    let height = lanes.len() as i64 * 100;
    let ways = shown
        .iter()
        .filter_map(|stop| {
            let start = origin(&shown, stop)?;
            let (x, to) = (place_of(start.at, from, now), place_of(stop.at, from, now));
            let (y, down) = (start.lane as i64 * 100 + 50, stop.lane as i64 * 100 + 50);
            Some(view! {
                <path d=format!("M{x} {y}C{x} {down} {x} {down} {to} {down}")></path>
            })
        })
        .collect_view();
    let names: Vec<String> = lanes.into_iter().map(|(name, _)| name).collect();
    view! {
        <div class="travel" aria-hidden="true">
            <Days from now/>
            <div class="t-lanes">
                <svg class="t-ways" viewBox=format!("0 0 1000 {height}") preserveAspectRatio="none">
                    {ways}
                </svg>
                {rows}
            </div>
        </div>
        {(parts > 0)
            .then(|| {
                let plans = counted(
                    parts,
                    "deployment of single modules is",
                    "deployments of single modules are",
                );
                view! { <p class="soft pad">{format!("{plans} not drawn: those have no version of their own.")}</p> }
            })}
        <details
            class="g-table"
            open=as_list.get_untracked()
            on:toggle=move |event: leptos::ev::Event| as_list.set(super::references::is_open(&event))
        >
            <summary>
                <Icon name="right"/>
                {format!("As a list, {}", counted(happened, "step", "steps"))}
            </summary>
            <Steps shown names from/>
        </details>
    }
    .into_any()
}

/// The weeks on the line.
#[component]
fn Days(from: Timestamp, now: Timestamp) -> impl IntoView {
    let clock = use_clock();
    let days = (0..DAYS)
        .step_by(7)
        .map(|day| {
            let at = Timestamp(from.0 + day * DAY);
            let date = move || clock.civil(at).short_date();
            let left = place_of(at, from, now);
            view! { <span style=left_at(left)>{date}</span> }
        })
        .collect_view();
    view! {
        <div class="t-days">
            {days}
            <b style=left_at(NOW_AT)>"now"</b>
        </div>
    }
}

fn left_at(permille: i64) -> String {
    format!("inset-inline-start:{}.{}%", permille / 10, permille % 10)
}

/// Where a version stands: at the end of the line a long number still lies within it.
fn chip_at(permille: i64, number: &str) -> String {
    let (whole, tenth, room) = (permille / 10, permille % 10, number.len() + 4);
    format!("inset-inline-start:min({whole}.{tenth}%,100% - {room}ch)")
}

fn lane_view(
    shown: &[Stop],
    lane: usize,
    name: String,
    place: Place,
    from: Timestamp,
    now: Timestamp,
) -> impl IntoView + use<> {
    let first = shown.iter().find(|stop| stop.lane == lane);
    let line = first.map(|first| {
        let left = place_of(first.at, from, now);
        view! {
            <i style=format!(
                "{};inline-size:{}.{}%",
                left_at(left),
                (NOW_AT - left) / 10,
                (NOW_AT - left) % 10,
            )></i>
        }
    });
    let chips = shown
        .iter()
        .enumerate()
        .filter(|(_, stop)| stop.lane == lane)
        .map(|(index, stop)| {
            let left = place_of(stop.at, from, now);
            if is_covered(shown, index, from, now) {
                return view! { <span class="t-mark" style=left_at(left)></span> }.into_any();
            }
            let state = if stop.hotfix {
                ChipState::Hotfix
            } else {
                ChipState::Here
            };
            let number = stop.number.to_string();
            let style = chip_at(left, &number);
            view! {
                <span class="t-stop" style=style>
                    <VersionChip number=Some(number) place state/>
                </span>
            }
            .into_any()
        })
        .collect_view();
    view! {
        <div class="t-lane">
            <Lane name place/>
            <div class="t-line">{line} {chips}</div>
        </div>
    }
}

/// The same in words, newest first.
#[component]
fn Steps(shown: Vec<Stop>, names: Vec<String>, from: Timestamp) -> impl IntoView {
    let clock = use_clock();
    let steps = shown
        .iter()
        .rev()
        .filter(|stop| stop.at > from)
        .map(|stop| {
            let lane = names.get(stop.lane).cloned().unwrap_or_default();
            let words = match stop.plan {
                Some(_) => format!("{} came to {lane}", stop.number),
                None => format!("{} was tagged in {lane}", stop.number),
            };
            let took = origin(&shown, stop)
                .filter(|start| start.at > from)
                .map(|start| {
                    format!(
                        ", {} after {}",
                        age(stop.at.since(start.at)),
                        names[start.lane]
                    )
                });
            let at = stop.at;
            view! {
                <li>
                    {words}
                    {took}
                    {stop
                        .plan
                        .map(|plan| {
                            view! {
                                ", plan "
                                <a class="link" href=routes::plan(plan)>
                                    {format!("#{plan}")}
                                </a>
                            }
                        })}
                    " "
                    <span class="dim">{move || clock.civil(at).full()}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="t-steps">{steps}</ol> }
}

//! How versions travelled: when each came to which environment in the last 30 days, from the tags
//! and the plans that are stored.

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
use domain::version::VersionNumber;
use domain::view::{ApplicationDetail, PlanCut, PlanFilter, PlanPage, PlanRequest, PlanRow};
use domain::{ApplicationId, Timestamp};
use leptos::prelude::*;
use std::collections::BTreeSet;

const DAY: i64 = 24 * 60 * 60 * 1_000;
const DAYS: i64 = 30;
/// Plans that are looked through, newest first.
const PLANS: u32 = 100;
/// A chip is about this wide, in permille of the line; what would cover another is only a mark.
const CHIP: i64 = 75;
/// The line goes on a little beyond now, so that the last chip has its place.
const NOW_AT: i64 = 925;

/// A version came to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stop {
    lane: usize,
    at: Timestamp,
    number: VersionNumber,
    hotfix: bool,
    /// The plan that brought it; none where it was tagged.
    plan: Option<u64>,
}

/// Everything that is known, oldest first, and how many plans do not say which version they brought.
fn stops(detail: &ApplicationDetail, plans: &[PlanRow]) -> (Vec<Stop>, usize) {
    let lane_of = |name: &str| detail.environments.iter().position(|lane| lane == name);
    let hotfix = |number: VersionNumber| {
        let tag = detail.versions.iter().find(|tag| tag.number == number);
        tag.is_some_and(|tag| tag.hotfix)
    };
    let mut stops: Vec<Stop> = detail
        .versions
        .iter()
        .filter_map(|tag| {
            Some(Stop {
                lane: lane_of(&tag.environment)?,
                at: tag.created.at,
                number: tag.number,
                hotfix: tag.hotfix,
                plan: None,
            })
        })
        .collect();
    let mut silent = 0;
    for plan in plans {
        let (Some(lane), Some(at)) = (lane_of(&plan.target), plan.stamps.finished) else {
            continue;
        };
        // A long plan names only its first applications.
        let brought = plan
            .applications
            .iter()
            .find(|(name, _)| *name == detail.name);
        match brought.and_then(|(_, number)| *number) {
            Some(number) => stops.push(Stop {
                lane,
                at,
                number,
                hotfix: hotfix(number),
                plan: Some(plan.number),
            }),
            None => silent += 1,
        }
    }
    stops.sort_by_key(|stop| (stop.at, stop.lane));
    (stops, silent)
}

/// The stops since `from`, and what was in each lane then, which stands at the beginning.
fn since(stops: &[Stop], from: Timestamp) -> Vec<Stop> {
    let mut kept: Vec<Stop> = Vec::new();
    for stop in stops {
        if stop.at < from {
            kept.retain(|before| before.lane != stop.lane);
            kept.push(Stop {
                at: from,
                ..stop.clone()
            });
        } else {
            kept.push(stop.clone());
        }
    }
    kept.sort_by_key(|stop| (stop.at, stop.lane));
    kept
}

/// Where a time is on the line, in permille.
fn place_of(at: Timestamp, from: Timestamp, now: Timestamp) -> i64 {
    at.since(from) * NOW_AT / now.since(from).max(1)
}

/// Whether the chip of this stop would lie under a later one of its lane.
fn is_covered(stops: &[Stop], index: usize, from: Timestamp, now: Timestamp) -> bool {
    let stop = &stops[index];
    let here = place_of(stop.at, from, now);
    stops[index + 1..]
        .iter()
        .any(|later| later.lane == stop.lane && place_of(later.at, from, now) - here < CHIP)
}

/// The last stop of the same version in the lane before.
fn origin<'a>(stops: &'a [Stop], stop: &Stop) -> Option<&'a Stop> {
    let before = stop.lane.checked_sub(1)?;
    stops
        .iter()
        .rev()
        .find(|from| from.lane == before && from.number == stop.number && from.at <= stop.at)
}

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
                let (all, silent) = detail.with(|detail| stops(detail, &plans.rows));
                // It moves when something happens, not with every second.
                let now = clock.now_untracked();
                view! { <Chart detail all silent now as_list/> }
            })
            .into_any()
    }
}

#[component]
fn Chart(
    detail: RwSignal<ApplicationDetail>,
    all: Vec<Stop>,
    silent: usize,
    now: Timestamp,
    as_list: RwSignal<bool>,
) -> impl IntoView {
    let from = Timestamp(now.0 - DAYS * DAY);
    let shown = since(&all, from);
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
        {(silent > 0)
            .then(|| {
                let plans = counted(silent as u64, "plan is", "plans are");
                view! {
                    <p class="soft pad">
                        {format!("{plans} left out: too long to say which version went along.")}
                    </p>
                }
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
            let style = left_at(place_of(stop.at, from, now));
            if is_covered(shown, index, from, now) {
                return view! { <span class="t-mark" style=style></span> }.into_any();
            }
            let state = if stop.hotfix {
                ChipState::Hotfix
            } else {
                ChipState::Here
            };
            view! {
                <span class="t-stop" style=style>
                    <VersionChip number=Some(stop.number.to_string()) place state/>
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn stop(lane: usize, at: i64, number: &str) -> Stop {
        Stop {
            lane,
            at: Timestamp(at),
            number: number.parse().unwrap(),
            hotfix: false,
            plan: None,
        }
    }

    #[test]
    fn what_was_there_before_stands_at_the_beginning() {
        let all = [
            stop(0, 5, "1.0"),
            stop(0, 8, "1.1"),
            stop(1, 9, "1.0"),
            stop(0, 20, "1.2"),
        ];
        assert_eq!(
            since(&all, Timestamp(10)),
            [stop(0, 10, "1.1"), stop(1, 10, "1.0"), stop(0, 20, "1.2")]
        );
    }

    #[test]
    fn a_version_comes_from_the_lane_before() {
        let all = [
            stop(0, 1, "1.0"),
            stop(0, 2, "1.1"),
            stop(1, 3, "1.0"),
            stop(2, 4, "1.1"),
        ];
        assert_eq!(origin(&all, &all[2]), Some(&all[0]));
        assert_eq!(origin(&all, &all[3]), None, "it skipped one");
        assert_eq!(origin(&all, &all[0]), None);
    }

    #[test]
    fn chips_do_not_cover_each_other() {
        let (from, now) = (Timestamp(0), Timestamp(1_000));
        let all = [
            stop(0, 100, "1.0"),
            stop(0, 110, "1.1"),
            stop(1, 111, "1.1"),
            stop(0, 500, "1.2"),
        ];
        let covered: Vec<bool> = (0..4).map(|i| is_covered(&all, i, from, now)).collect();
        assert_eq!(covered, [true, false, false, false]);
        assert_eq!(place_of(now, from, now), NOW_AT);
    }
}

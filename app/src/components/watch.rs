//! The watch bar: connection, slots of the environments, what runs, what waits, the clock.

use super::icon::Glyph;
use super::kept::use_kept;
use super::lane::{Lane, Place};
use super::status::{Look, Status};
use super::time::use_clock;
use super::voice::Voice;
use crate::api::environments::read_watch;
use crate::error::ApiError;
use crate::live::{Link, use_live, use_topic};
use crate::routes;
use crate::session::VERSION;
use crate::wire::{Fetched, fetched};
use domain::plan::PlanStatus;
use domain::view::{ActivePlanRef, EnvironmentRow, Watch};
use leptos::prelude::*;

/// How many plans hold a slot somewhere, for the badge of the navigation.
#[derive(Clone, Copy)]
pub struct Busy(RwSignal<u32>);

impl Busy {
    /// None are known yet.
    pub fn new() -> Self {
        Self(RwSignal::new(0))
    }

    /// Plans that run or wait for somebody.
    pub fn count(self) -> u32 {
        self.0.get()
    }
}

impl Default for Busy {
    fn default() -> Self {
        Self::new()
    }
}

/// The bottom line of every page. Tells `busy` what it learns.
#[component]
pub fn WatchBar(
    /// Learns how many plans hold a slot.
    busy: Busy,
) -> impl IntoView {
    let environments = use_topic("environments");
    let plans = use_topic("plans");
    let watch = fetched(move || (environments.get(), plans.get()), |_| read_watch());
    Effect::new(move |_| {
        if let Some(Ok(watch)) = watch.get() {
            let count = watch.environments.iter().map(|row| row.active_plans).sum();
            if busy.0.get_untracked() != count {
                busy.0.set(count);
            }
        }
    });
    view! {
        <footer class="watch" aria-label="Watch bar: what is running now">
            <LinkItem/>
            <Transition fallback=|| ()>
                <Items watch/>
            </Transition>
            <ClockItem/>
        </footer>
    }
}

/// What was last known: a question that fails says nothing about the environments.
#[component]
fn Items(watch: Fetched<Result<Watch, ApiError>>) -> impl IntoView {
    let (watch, _) = use_kept(watch);
    view! {
        {move || watch.get().map(items)}
        <Voice watch/>
    }
}

fn items(watch: Watch) -> impl IntoView {
    let total = watch.environments.len() as u32;
    let none = watch.environments.is_empty();
    view! {
        {none
            .then(|| {
                view! {
                    <span class="w-item">
                        <Status look=Look::new("todo", "No environments yet", "mute")/>
                    </span>
                }
            })}
        {watch
            .environments
            .into_iter()
            .map(|environment| view! { <LaneItem environment total/> })
            .collect_view()}
        <span class="w-space"></span>
        {watch
            .active
            .into_iter()
            .enumerate()
            .map(|(index, plan)| view! { <RunItem plan optional={index > 0}/> })
            .collect_view()}
        {(watch.more_active > 0)
            .then(|| {
                view! {
                    <a class="w-item w-opt" href=routes::PLANS>
                        {format!("and {} more", watch.more_active)}
                    </a>
                }
            })}
        {(watch.waiting > 0)
            .then(|| {
                view! {
                    <a class="w-item w-hold" href=routes::WAITING_PLANS>
                        <Glyph name="hold" tone="hold"/>
                        <b>{format!("{} waiting for you", watch.waiting)}</b>
                    </a>
                }
            })}
    }
}

#[component]
fn LaneItem(environment: EnvironmentRow, total: u32) -> impl IntoView {
    let label = format!(
        "{} of {} in use in {}",
        environment.active_plans, environment.parallel_limit, environment.name
    );
    view! {
        <a class="w-item w-lane" href=routes::ENVIRONMENTS>
            <Lane name=environment.name place=Place::new(environment.position, total)/>
            <span class="w-n">
                {format!("{} of {}", environment.active_plans, environment.parallel_limit)}
            </span>
            <Slots used=environment.active_plans limit=environment.parallel_limit label/>
        </a>
    }
}

/// Slots as small hulls, the used ones filled.
#[component]
pub fn Slots(
    /// How many are in use.
    used: u32,
    /// How many there are.
    limit: u32,
    /// The same in words.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <span class="berths" role="img" aria-label=label>
            {(0..limit.min(12)).map(|slot| view! { <i class=(slot < used).then_some("on")></i> }).collect_view()}
        </span>
    }
}

#[component]
fn RunItem(plan: ActivePlanRef, optional: bool) -> impl IntoView {
    let percent = percent(plan.progress);
    let look = Look::of_plan(plan.status, plan.intervention);
    let class = if optional {
        "w-item w-run w-opt"
    } else {
        "w-item w-run"
    };
    let tone = if plan.status == PlanStatus::Aborting {
        "bad"
    } else {
        look.tone
    };
    view! {
        <a class=class href=routes::plan(plan.number) title=format!("{}: {}", plan.name, look.word)>
            <Glyph name=look.glyph tone/>
            <b>{format!("#{}", plan.number)}</b>
            // What has stopped does not look as if it moved.
            {if plan.status == PlanStatus::NeedsIntervention {
                view! { <span class="w-word">{look.word.to_ascii_lowercase()}</span> }.into_any()
            } else {
                view! {
                    <span class="w-bar">
                        <i style:width=format!("{percent}%")></i>
                    </span>
                    <span class="w-n">{format!("{percent}%")}</span>
                }
                    .into_any()
            }}
        </a>
    }
}

/// Done of all, in whole percent.
pub fn percent((done, all): (u32, u32)) -> u32 {
    if all == 0 {
        0
    } else {
        u32::try_from(u64::from(done.min(all)) * 100 / u64::from(all)).unwrap_or(100)
    }
}

/// Whether the page is live.
#[component]
fn LinkItem() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let lost = move || match live.link() {
        Link::Lost(since) => Some(since),
        Link::Starting | Link::Live => None,
    };
    let look = Signal::derive(move || match live.link() {
        Link::Live => Look::new("online", "Live", "ok"),
        Link::Starting => Look::new("todo", "Connecting", "mute"),
        Link::Lost(since) => Look::new(
            "offline",
            format!(
                "Not live, last {}",
                clock.civil(domain::Timestamp(since)).clock()
            ),
            "bad",
        ),
    });
    view! {
        <span class="w-item">
            <Status look/>
            {move || {
                live.newer()
                    .then(|| {
                        view! {
                            <a class="btn link-btn sm" href="" rel="external">
                                <span>"A newer version is here: reload"</span>
                            </a>
                        }
                    })
            }}
            {move || {
                lost().map(|_| {
                    view! {
                        <button type="button" class="btn link-btn sm" on:click=move |_| live.retry()>
                            <span>"Try now"</span>
                        </button>
                    }
                })
            }}
        </span>
    }
}

#[component]
fn ClockItem() -> impl IntoView {
    let clock = use_clock();
    view! {
        <a class="w-item w-version" href=routes::ABOUT>
            <span class="w-word">"Slipway"</span>
            {VERSION}
        </a>
        <span class="w-item w-opt w-time">
            {move || clock.civil(clock.now()).clock()}
            {move || clock.place().map(|place| view! { <small>{place}</small> })}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn percent_stays_in_its_range() {
        assert_eq!(percent((0, 0)), 0);
        assert_eq!(percent((1, 3)), 33);
        assert_eq!(percent((5, 3)), 100);
    }
}

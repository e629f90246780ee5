//! The line below a run's title: how it stands, who did what to it and when, from where to where it
//! went.

use crate::components::lane::{LaneRoute, Place};
use crate::components::line::waits_since;
use crate::components::status::{Look, Status};
use crate::components::time::{When, WhenStyle};
use crate::derived::derived;
use domain::Timestamp;
use domain::plan::{Intervention, PlanStatus};
use domain::view::RunDetail;
use leptos::prelude::*;

/// Made and saved when, by whom; one that is deployed unsaved is saved by that.
#[component]
fn MadeAndSaved(run: RwSignal<RunDetail>) -> impl IntoView {
    let made = derived(move |_| {
        run.with(|r| {
            let stamps = &r.plan.stamps;
            let started = stamps.started.as_ref().map(|stamp| stamp.at);
            let saved = stamps
                .saved
                .clone()
                .filter(|saved| Some(saved.at) != started);
            (stamps.created.clone(), saved)
        })
    });
    move || {
        let (created, saved) = made.get();
        view! {
            <span>
                "Created " <When at=created.at style=WhenStyle::Relative/> " by "
                {created.by.name}
            </span>
            {saved
                .map(|stamp| {
                    view! {
                        <span>
                            "Saved " <When at=stamp.at style=WhenStyle::Relative/> " by "
                            {stamp.by.name}
                        </span>
                    }
                })}
        }
    }
}

/// As what it waits for a person, since when, and who had it prepared if that is it.
fn waits(run: &RunDetail) -> Option<(&'static str, Timestamp, Option<String>)> {
    let (word, since) = waits_since(&run.plan)?;
    let prepared = run.plan.intervention == Some(Intervention::Prepared);
    let by = run.plan.stamps.started.as_ref().filter(|_| prepared);
    Some((word, since, by.map(|stamp| stamp.by.name.clone())))
}

/// From where to where it went, once the rail that shows it is gone.
#[component]
pub(super) fn Went(run: RwSignal<RunDetail>, lanes: u32) -> impl IntoView {
    let over = derived(move |_| run.with(|r| r.plan.status.is_terminal()));
    let lane = move |source: bool| {
        Signal::derive(move || {
            run.with(|r| {
                let plan = &r.plan;
                if source {
                    (plan.source.clone(), Place::new(plan.lanes.0, lanes))
                } else {
                    (plan.target.clone(), Place::new(plan.lanes.1, lanes))
                }
            })
        })
    };
    view! {
        <Show when=move || over.get()>
            <LaneRoute source=lane(true) target=lane(false)/>
        </Show>
    }
}

/// Made, saved, queued, started and continued when, by whom; since when it waits; ended when.
#[component]
pub(super) fn RunLine(run: RwSignal<RunDetail>) -> impl IntoView {
    let look = Signal::derive(move || {
        run.with(|r| {
            let look = Look::of_plan(r.plan.status, r.plan.intervention);
            match (&r.abort, r.plan.status) {
                (Some((stamp, _)), PlanStatus::Aborted | PlanStatus::Aborting) => {
                    let word = format!("{} by {}", look.word, stamp.by.name);
                    look.saying(word)
                }
                _ => look,
            }
        })
    });
    let queued = move || run.with(|r| r.plan.stamps.queued.clone());
    let started = move || run.with(|r| r.plan.stamps.started.clone());
    let finished = move || run.with(|r| r.plan.stamps.finished);
    view! {
        <Status look/>
        <MadeAndSaved run/>
        {move || {
            queued()
                .map(|stamp| {
                    view! {
                        <span>
                            "Queued " <When at=stamp.at style=WhenStyle::Both/> " by "
                            {stamp.by.name}
                        </span>
                    }
                })
        }}
        {move || {
            started()
                .map(|stamp| {
                    view! {
                        <span>
                            "Started " <When at=stamp.at style=WhenStyle::Both/> " by "
                            {stamp.by.name}
                        </span>
                    }
                })
        }}
        {move || {
            run.with(|r| r.plan.stamps.continued.clone())
                .map(|stamp| {
                    view! {
                        <span>
                            "Continued " <When at=stamp.at style=WhenStyle::Both/> " by "
                            {stamp.by.name}
                        </span>
                    }
                })
        }}
        {move || {
            run.with(waits)
                .map(|(word, since, by)| {
                    view! {
                        <span>
                            {word} " since " <When at=since style=WhenStyle::Both/>
                            {by.map(|by| format!(" by {by}"))}
                        </span>
                    }
                })
        }}
        {move || {
            finished()
                .map(|at| view! { <span>"Ended " <When at style=WhenStyle::Both/></span> })
        }}
    }
}

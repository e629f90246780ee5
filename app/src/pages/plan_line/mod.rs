//! A plan that stands in the line of its target: its place, whom it waits for, and the way out.

mod content;
mod hindrance;

use crate::api::line::{leave_queue, read_line};
use crate::components::button::{Button, LinkButton};
use crate::components::icon::Glyph;
use crate::components::lane::{LaneRoute, Place as LanePlace};
use crate::components::layout::PageHead;
use crate::components::line::ordinal;
use crate::components::status::{Look, Status};
use crate::components::time::{When, WhenStyle, use_clock};
use crate::components::toast::use_toasts;
use crate::components::window_title::WindowTitle;
use crate::derived::derived;
use crate::live::{Heard, follow};
use crate::pages::run::{CopyLink, Notes};
use crate::routes;
use content::{Brings, Values};
use domain::Timestamp;
use domain::plan::PlanStatus;
use domain::view::LineDetail;
use hindrance::WaitsFor;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The plan in its line; follows it until it leaves.
#[component]
pub fn LineView(
    /// As it was when the page was opened.
    detail: LineDetail,
    /// How many environments there are.
    lanes: u32,
    /// What was heard when it began to be read.
    heard: Heard,
    /// It stands there no more: the screen has to look again.
    on_left: Callback<()>,
) -> impl IntoView {
    let number = detail.plan.number;
    let detail = RwSignal::new(detail);
    follow(&[&format!("plan/{number}"), "plans"], heard, move || {
        refresh(number, detail, on_left);
    });
    let name = derived(move |_| detail.with(|d| d.plan.name.clone()));
    let place = derived(move |_| {
        detail.with(|d| {
            d.plan.stay.place.as_ref().map_or_else(
                || "in line".to_owned(),
                |place| format!("{} of {} in line", ordinal(place.position), place.length),
            )
        })
    });
    let crumbs = vec![
        (
            "Deployment Plans".to_owned(),
            Some(routes::PLANS.to_owned()),
        ),
        (format!("#{number}"), None),
    ];
    let lane = move |source: bool| {
        Signal::derive(move || {
            detail.with(|d| {
                let (name, at) = if source {
                    (d.plan.source.clone(), d.plan.lanes.0)
                } else {
                    (d.plan.target.clone(), d.plan.lanes.1)
                };
                (name, LanePlace::new(at, lanes))
            })
        })
    };
    view! {
        <WindowTitle text=move || format!("Queued: {}", name.get())/>
        <PageHead
            title=Signal::derive(move || name.get())
            crumbs
            actions=ViewFn::from(move || {
                view! {
                    <CopyLink/>
                    <LinkButton
                        label="What will change"
                        href=routes::changes(number)
                        icon="compare"
                    />
                    <LeaveButton detail on_left/>
                }
            })
        >
            <div class="page-sub below">
                <Status look=Look::of_plan(PlanStatus::Queued, None)/>
                <span>{move || place.get()}</span>
                <Queued detail/>
                <LaneRoute source=lane(true) target=lane(false)/>
            </div>
        </PageHead>
        <section class="outcome line-wait" role="status">
            <Glyph name="queued" tone="big"/>
            <div>
                <h2>
                    {move || {
                        detail.with(|d| format!("Waits until {} is free for it.", d.plan.target))
                    }}
                </h2>
                <p>
                    "It is checked once more and starts by itself. Nothing has changed yet."
                </p>
                {move || {
                    let because = detail
                        .with(|d| d.plan.stay.place.as_ref()?.in_spite_because.clone());
                    because
                        .map(|because| {
                            view! {
                                <p>
                                    "It starts in spite of the errors that were found when it was put in line: "
                                    {because}
                                </p>
                            }
                        })
                }}
                <Estimate detail/>
            </div>
        </section>
        <div class="line-grid">
            <WaitsFor detail/>
            <WholeLine detail number/>
            <Brings detail/>
            <Values detail/>
        </div>
        <Notes text=Signal::derive(move || detail.with(|d| d.notes.trim().to_owned()))/>
    }
}

fn refresh(number: u64, detail: RwSignal<LineDetail>, on_left: Callback<()>) {
    spawn_local(async move {
        match read_line(number).await {
            Ok(fresh) if fresh.plan.status == PlanStatus::Queued => {
                let _ = detail.try_set(fresh);
            }
            Ok(_) => {
                on_left.try_run(());
            }
            // What is shown stays; the next change asks again.
            Err(_) => {}
        }
    });
}

#[component]
fn LeaveButton(detail: RwSignal<LineDetail>, on_left: Callback<()>) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let number = detail.with_untracked(|d| d.plan.number);
    let leave = Callback::new(move |()| {
        busy.set(true);
        spawn_local(async move {
            let answer = leave_queue(number).await;
            if busy.try_set(false).is_some() {
                return;
            }
            if let Err(error) = answer {
                toasts.fail(format!("Plan #{number} did not leave the line"), &error);
            }
            on_left.try_run(());
        });
    });
    view! {
        <Button
            label="Leave the queue"
            icon="x"
            busy
            refusal=Signal::derive(move || detail.with(|d| d.leave_refusal.clone()))
            on_press=leave
        />
    }
}

#[component]
fn Queued(detail: RwSignal<LineDetail>) -> impl IntoView {
    let queued = derived(move |_| {
        detail.with(|d| d.plan.stay.place.as_ref().map(|place| place.queued.clone()))
    });
    move || {
        queued.get().map(|stamp| {
            view! {
                <span class="soft">
                    "Since " <When at=Signal::stored(stamp.at) style=WhenStyle::Both/> ", by "
                    {stamp.by.name}
                </span>
            }
        })
    }
}

#[component]
fn Estimate(detail: RwSignal<LineDetail>) -> impl IntoView {
    let estimate = derived(move |_| detail.with(|d| d.estimate));
    let clock = use_clock();
    // The clock may strike once more while the screen is taken away, and the estimate with it.
    let minutes = move |at: Timestamp| (at.since(clock.now()).max(0) + 59_999) / 60_000;
    view! {
        <p class="dim" data-testid="line-estimate">
            {move || match estimate.try_get().flatten() {
                Some((least, most)) => {
                    match (minutes(least), minutes(most)) {
                        (_, 0) => "Going by earlier runs, its turn comes any moment.".to_owned(),
                        (a, b) if a == b => {
                            format!("Going by earlier runs, its turn comes in about {b} min.")
                        }
                        (a, b) => {
                            format!("Going by earlier runs, its turn comes in {a} to {b} min.")
                        }
                    }
                }
                None => "There is no estimate of when its turn comes.".to_owned(),
            }}
        </p>
    }
}

/// Everybody in the same line.
#[component]
fn WholeLine(detail: RwSignal<LineDetail>, number: u64) -> impl IntoView {
    let line = derived(move |_| detail.with(|d| d.line.clone()));
    view! {
        <section class="panel" aria-labelledby="h-line">
            <header>
                <h2 id="h-line">
                    {move || detail.with(|d| format!("In line for {}", d.plan.target))}
                </h2>
                <span class="panel-sub">"first come, first served"</span>
            </header>
            <ol class="waits">
                {move || {
                    line.get()
                        .into_iter()
                        .map(|row| {
                            let here = row.number == number;
                            let title = format!("#{} {}", row.number, row.name);
                            view! {
                                <li aria-current=here.then_some("true")>
                                    <Glyph name="queued"/>
                                    <div>
                                        {if here {
                                            view! { <b>{title}</b> }.into_any()
                                        } else {
                                            view! {
                                                <a class="link" href=routes::plan(row.number)>
                                                    {title}
                                                </a>
                                            }
                                                .into_any()
                                        }}
                                        <small>
                                            {row.queued.by.name} ", "
                                            <When
                                                at=Signal::stored(row.queued.at)
                                                style=WhenStyle::Relative
                                            />
                                        </small>
                                    </div>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ol>
        </section>
    }
}

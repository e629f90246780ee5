//! Plans of the list that wait: what stands beside them, and the question whether one that is not
//! free to start shall wait until it is.

use crate::api::line::queue_plan;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::icon::Glyph;
use crate::components::line::{in_short, ordinal};
use crate::components::time::{When, WhenStyle, use_clock};
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::routes;
use domain::plan::PlanStatus;
use domain::view::{PlanRow, QueueOutcome};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// Below the status of a plan in line, prepared or suspended: place and whom it waits for, or how
/// long what it has brought is kept; and why a saved one left the line.
#[component]
pub fn WaitLines(row: Signal<PlanRow>) -> impl IntoView {
    let clock = use_clock();
    let place = derived(move |_| row.with(|r| r.stay.place.clone()));
    let kept = derived(move |_| row.with(|r| r.stay.kept));
    let sent_back = derived(move |_| {
        row.with(|r| {
            let saved = r.status == PlanStatus::Saved;
            saved.then(|| r.stay.sent_back.clone()).flatten()
        })
    });
    let maintenance = derived(move |_| {
        row.with(|r| {
            let over = r.status.is_terminal();
            r.stay.maintenance.clone().filter(|_| !over)
        })
    });
    let ending = derived(move |_| kept.get().is_some_and(|kept| kept.is_ending(clock.now())));
    view! {
        {move || {
            place
                .get()
                .map(|place| {
                    let first = place.waits_for.first().map(in_short);
                    let more = place.waits_for.len().saturating_sub(1);
                    view! {
                        <div class="sub">
                            {format!("{} of {} in line", ordinal(place.position), place.length)}
                        </div>
                        {first
                            .map(|(words, plan)| {
                                view! {
                                    <div class="sub">
                                        "waits for " {words}
                                        {plan
                                            .map(|number| {
                                                view! {
                                                    <a class="link" href=routes::plan(number)>
                                                        {format!("#{number}")}
                                                    </a>
                                                }
                                            })} {(more > 0).then(|| format!(" and {more} more"))}
                                    </div>
                                }
                            })}
                    }
                })
        }}
        {move || {
            maintenance
                .get()
                .map(|words| {
                    view! {
                        <div class="sub">
                            <span class="st mute plain" title=words>
                                <Glyph name="maint"/>
                                <span>"In maintenance"</span>
                            </span>
                        </div>
                    }
                })
        }}
        {move || {
            kept.get()
                .map(|kept| {
                    view! {
                        <div class="sub">
                            <span class=move || {
                                if ending.get() { "st warn plain" } else { "st mute plain" }
                            }>
                                {move || ending.get().then(|| view! { <Glyph name="warn"/> })}
                                <span>
                                    "ends "
                                    <When at=Signal::stored(kept.until) style=WhenStyle::Relative/>
                                </span>
                            </span>
                        </div>
                    }
                })
        }}
        {move || {
            sent_back
                .get()
                .map(|(_, reason)| {
                    view! {
                        <div class="sub">
                            <span class="st warn plain" title=reason>
                                <Glyph name="warn"/>
                                <span>"Left the line"</span>
                            </span>
                        </div>
                    }
                })
        }}
    }
}

/// Asks whether a plan that other plans keep from starting shall start when it is free.
#[component]
pub fn WaitDialog(
    /// Its number and revision; open while there is one.
    waiting: RwSignal<Option<(u64, i64)>>,
    /// The list has to look again.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let navigate = use_navigate();
    let busy = RwSignal::new(false);
    let close = Callback::new(move |()| waiting.set(None));
    let number = derived(move |_| waiting.get().unwrap_or_default().0);
    let act = Callback::new(move |()| {
        let Some((number, revision)) = waiting.get_untracked() else {
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let navigate = navigate.clone();
        spawn_local(async move {
            let answer = queue_plan(number, revision).await;
            if let Ok(QueueOutcome::Queued) = answer {
                toasts.settle(number);
            }
            if busy.try_set(false).is_some() {
                return;
            }
            waiting.set(None);
            match answer {
                Ok(QueueOutcome::Queued) => {
                    navigate(&routes::plan(number), NavigateOptions::default());
                }
                Ok(QueueOutcome::Refused(_)) => toasts.warn(
                    format!("Plan #{number} was not put in line"),
                    "The check found errors. Open it to see them.",
                ),
                Err(error) => toasts.fail(format!("Plan #{number} was not put in line"), &error),
            }
            on_done.try_run(());
        });
    });
    view! {
        <Dialog
            open=Signal::derive(move || waiting.with(Option::is_some))
            on_close=close
            on_confirm=act
            id="wait-for-others"
            title=Signal::derive(move || format!("Plan #{} is not free to start", number.get()))
            lead="Other plans are in the way. It can wait in line and start by itself as soon as they are over; it is checked once more right before."
        >
            <footer>
                <Button label="Not now" on_press=close/>
                <Button
                    label="Start when free"
                    weight=Weight::Primary
                    icon="clock"
                    busy
                    on_press=act
                />
            </footer>
        </Dialog>
    }
}

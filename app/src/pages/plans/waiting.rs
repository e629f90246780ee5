//! Plans of the list that wait: what stands beside them, and the question whether one that is not
//! free to start shall wait until it is.

use crate::api::line::queue_plan;
use crate::components::button::{Button, Weight};
use crate::components::dialog::Dialog;
use crate::components::findings::{FindingItem, FindingList, Remedy, Setting, finding_items};
use crate::components::icon::Glyph;
use crate::components::line::{in_short, ordinal};
use crate::components::time::{When, WhenStyle, use_clock};
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::routes;
use domain::impact::{Finding, Report};
use domain::plan::PlanStatus;
use domain::view::{PlanDetail, PlanRow, QueueOutcome};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// What of a maintenance is said in a row; the whole of it is in the words.
fn maintenance_in_short(words: &str) -> String {
    let (name, _) = words.split_once(" (\"").unwrap_or((words, ""));
    name.to_owned()
}

/// Below the status of a plan in line, prepared or suspended: place and whom it waits for, or how
/// long what it has brought is kept; why a saved one left the line, and why nothing can be done
/// with any of them while an environment is in maintenance (RU11, RT5).
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
    let maintenance = derived(move |_| row.with(|r| r.stay.maintenance.clone()));
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
                    let short = maintenance_in_short(&words);
                    view! {
                        <div class="sub">
                            <span class="st mute plain" title=words>
                                <Glyph name="maint"/>
                                <span>{short}</span>
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

/// A plan that is not free to start, and what is in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InTheWay {
    number: u64,
    revision: i64,
    items: Vec<FindingItem>,
}

impl InTheWay {
    /// What the start was refused for, as the editor says it.
    pub fn of(detail: &PlanDetail, report: &Report) -> Self {
        let name = |id| {
            let mut rows = detail.rows.iter();
            rows.find(|row| row.application == id)
                .map(|row| row.name.clone())
        };
        let setting = |finding: &Finding| Setting {
            source: detail.row.source.clone(),
            target: detail.row.target.clone(),
            application: finding.application.and_then(name),
            consumer_version: None,
            who_can: detail.who_can.clone(),
        };
        let mut others = report.clone();
        others.findings.retain(|f| f.code.is_about_other_plans());
        Self {
            number: detail.row.number,
            revision: detail.revision,
            items: finding_items(&others, &detail.content, setting),
        }
    }
}

/// Asks whether a plan that other plans keep from starting shall start when it is free.
#[component]
pub fn WaitDialog(
    /// What is in its way; open while there is one.
    waiting: RwSignal<Option<InTheWay>>,
    /// The list has to look again.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let navigate = use_navigate();
    let busy = RwSignal::new(false);
    let close = Callback::new(move |()| waiting.set(None));
    let number = derived(move |_| waiting.with(|w| w.as_ref().map_or(0, |w| w.number)));
    let items =
        derived(move |_| waiting.with(|w| w.as_ref().map_or_else(Vec::new, |w| w.items.clone())));
    let go = use_navigate();
    let on_remedy = Callback::new(move |remedy: Remedy| {
        let to = match remedy {
            Remedy::OpenPlan(number) => routes::plan(number),
            Remedy::OpenEnvironments => routes::ENVIRONMENTS.to_owned(),
            // Others change the plan; that is done in its editor.
            _ => routes::plan(number.get_untracked()),
        };
        waiting.set(None);
        go(&to, NavigateOptions::default());
    });
    let act = Callback::new(move |()| {
        let asked = waiting.with_untracked(|w| w.as_ref().map(|w| (w.number, w.revision)));
        let Some((number, revision)) = asked else {
            return;
        };
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let navigate = navigate.clone();
        spawn_local(async move {
            let answer = queue_plan(number, revision, None).await;
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
            <div class="body">
                <FindingList items on_remedy may_edit=false/>
            </div>
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_the_environment_that_is_in_maintenance() {
        let words = "Quality is in maintenance (\"Disks: new ones\"): no plan from it is made";
        assert_eq!(maintenance_in_short(words), "Quality is in maintenance");
    }
}

//! A plan in the list: where it stands, what it brings, who did what when, and what comes next.

use super::actions::RowActions;
use super::others::{NotFree, NotFreeLine};
use super::waiting::WaitLines;
use super::words::{application_words, latest, stamps, state_words, way_words};
use crate::components::icon::Glyph;
use crate::components::lane::{LaneRoute, Place};
use crate::components::person::Avatar;
use crate::components::status::{Look, Status, counted};
use crate::components::time::{When, WhenStyle, use_clock};
use crate::components::timeline::spoken;
use crate::components::watch::percent;
use crate::derived::derived;
use crate::live::{Heard, follow};
use crate::routes;
use domain::Timestamp;
use domain::plan::PlanStatus;
use domain::view::PlanRow;
use leptos::prelude::*;

/// What a row asks the page to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// Start a saved plan.
    Deploy(u64),
    /// Stop a run.
    Abort(u64),
    /// Go on after a pause.
    Continue(u64),
    /// Take a plan out of its line.
    Leave(u64),
    /// Make a new plan from one that is over.
    Reuse(u64),
    /// Make a plan that brings back what ran before one that finished.
    RollBack(u64),
    /// Open a saved plan to run it in spite of its errors.
    ContinueWithErrors(u64),
    /// Check a saved plan.
    Validate(u64),
    /// Remove a saved plan.
    Discard(u64),
    /// Copy the address of the plan.
    CopyLink(u64),
    /// Something moved: read the list again.
    Refresh,
}

/// A row of the table.
#[component]
pub fn PlanTableRow(
    /// The plan; changes in place.
    #[prop(into)]
    row: Signal<PlanRow>,
    /// What was heard when it began to be read.
    heard: Heard,
    /// How many environments there are.
    #[prop(into)]
    lanes: Signal<u32>,
    /// Whether the row cursor is here.
    #[prop(into)]
    cursor: Signal<bool>,
    /// Why plans cannot be changed by this person.
    #[prop(into)]
    edit_refusal: Signal<Option<String>>,
    /// Why plans cannot be run by this person.
    #[prop(into)]
    deploy_refusal: Signal<Option<String>>,
    /// What other plans keep it from, if that is known.
    #[prop(into)]
    not_free: Signal<Option<NotFree>>,
    /// What the row wants.
    #[prop(into)]
    on_wish: Callback<Wish>,
) -> impl IntoView {
    let number = row.with_untracked(|r| r.number);
    follow(&[&format!("run/{number}")], heard, move || {
        on_wish.run(Wish::Refresh);
    });
    let name = derived(move |_| row.with(|r| r.name.clone()));
    let clock = use_clock();
    let state = derived(move |_| {
        row.with(|r| {
            // Only what is under way follows the clock.
            let way = r.phase.map(|phase| way_words(phase, &r.stay, clock.now()));
            state_words(r.outcome.as_deref(), r.status, way)
        })
    });
    let names =
        derived(move |_| row.with(|r| application_words(&r.applications, r.application_total)));
    let apps = derived(move |_| row.with(|r| r.application_total));
    let notes = derived(move |_| row.with(|r| r.notes.clone()));
    let lane = move |first: bool| {
        Signal::derive(move || {
            row.with(|r| {
                if first {
                    (r.source.clone(), Place::new(r.lanes.0, lanes.get()))
                } else {
                    (r.target.clone(), Place::new(r.lanes.1, lanes.get()))
                }
            })
        })
    };
    view! {
        <tr role="row" class="p-row" data-cursor=move || cursor.get().then_some("") data-plan=number>
            <td role="cell" class="c-status">
                <StatusCell row not_free/>
            </td>
            <th role="rowheader" scope="row" class="c-plan">
                <span class="main-cell">
                    <a href=routes::plan(number)>
                        <span class="pid">{format!("#{number}")}</span>
                        " "
                        {move || name.get()}
                    </a>
                    {move || state.get().map(|words| view! { <small class="state">{words}</small> })}
                    <small class="names" title=move || names.get()>
                        {move || names.get()}
                    </small>
                    {move || {
                        let notes = notes.get();
                        (!notes.is_empty()).then(|| view! { <small class="notes">{notes}</small> })
                    }}
                </span>
            </th>
            <td role="cell" class="c-apps num end">
                {move || apps.get()}
            </td>
            <td role="cell" class="c-route">
                <LaneRoute source=lane(true) target=lane(false)/>
                <span class="only-s dim">{move || counted(apps.get(), "app", "apps")}</span>
            </td>
            <td role="cell" class="c-when">
                <WhenCell row/>
            </td>
            <td role="cell" class="c-dur num end">
                <TookCell row/>
            </td>
            <td role="cell" class="c-acts">
                <div class="row-acts">
                    <RowActions row edit_refusal deploy_refusal on_wish/>
                </div>
            </td>
        </tr>
    }
}

#[component]
fn StatusCell(row: Signal<PlanRow>, not_free: Signal<Option<NotFree>>) -> impl IntoView {
    let look = Signal::derive(move || {
        row.with(|r| {
            let look = Look::of_plan(r.status, r.intervention);
            if r.status == PlanStatus::Saved && r.unsaved {
                look.saying("Changed since it was saved")
            } else {
                look
            }
        })
    });
    let progress = derived(move |_| {
        row.with(|r| {
            let moving = matches!(r.status, PlanStatus::Running | PlanStatus::Aborting);
            (moving && r.progress.1 > 0).then(|| percent(r.progress))
        })
    });
    let is_saved = derived(move |_| row.with(|r| r.status == PlanStatus::Saved));
    let not_free = derived(move |_| not_free.get().filter(|_| is_saved.get()));
    // A plan that is not free to start is not ready to run, however fine it is itself.
    let findings = derived(move |_| {
        let found = row.with(|r| is_saved.get().then_some(r.findings))?;
        let is_fine = found.is_some_and(|(errors, _)| errors == 0);
        let since = row.with(|r| r.outdated_check);
        (!is_fine || not_free.with(Option::is_none)).then_some((found, since))
    });
    view! {
        <Status look/>
        <WaitLines row/>
        {move || {
            progress
                .get()
                .map(|percent| {
                    view! {
                        <div class="sub prog">
                            <span class="bar" aria-hidden="true">
                                <i style=format!("inline-size:{percent}%")></i>
                            </span>
                            <span>{percent}"%"</span>
                        </div>
                    }
                })
        }}
        {move || {
            findings
                .get()
                .map(|(found, since)| {
                    let (glyph, tone, words) = match found {
                        None => ("todo", "mute", "Not checked yet".to_owned()),
                        Some((0, 0)) if since.is_some() => ("ok", "mute", "Ready".to_owned()),
                        Some((0, 0)) => ("ok", "ok", "Ready to run".to_owned()),
                        Some((0, warnings)) => {
                            ("warn", "warn", counted(warnings, "warning", "warnings"))
                        }
                        Some((errors, _)) => ("fail", "bad", counted(errors, "error", "errors")),
                    };
                    // Source or target may be others by now; whoever starts it is told.
                    let since = found.and(since);
                    view! {
                        <div class="sub">
                            <span class=format!("st {tone} plain")>
                                <Glyph name=glyph/>
                                <span>
                                    {words}
                                    {since
                                        .map(|at| {
                                            view! {
                                                " when checked "
                                                <When
                                                    at=Signal::stored(at)
                                                    style=WhenStyle::Relative
                                                />
                                            }
                                        })}
                                </span>
                            </span>
                        </div>
                    }
                })
        }}
        {move || not_free.get().map(|found| view! { <NotFreeLine found/> })}
    }
}

#[component]
fn WhenCell(row: Signal<PlanRow>) -> impl IntoView {
    let latest = derived(move |_| row.with(latest));
    let who = Signal::derive(move || latest.with(|l| l.2.clone()));
    view! {
        <span class="who2">
            <Avatar name=who/>
            <span class="main-cell">
                <When at=Signal::derive(move || latest.with(|l| l.1)) style=WhenStyle::Both/>
                <details class="stamps">
                    <summary>
                        <small>{move || latest.with(|l| l.0.clone())}</small>
                    </summary>
                    <ul>
                        {move || {
                            row.with(stamps)
                                .into_iter()
                                .map(|(word, at, by)| {
                                    let by = by.map(|by| format!(" by {by}"));
                                    view! {
                                        <li>
                                            {word} {by} ", "
                                            <When at=Signal::stored(at) style=WhenStyle::Both/>
                                        </li>
                                    }
                                })
                                .collect_view()
                        }}
                    </ul>
                </details>
            </span>
        </span>
    }
}

#[component]
fn TookCell(row: Signal<PlanRow>) -> impl IntoView {
    let clock = use_clock();
    let span = derived(move |_| {
        row.with(|r| {
            r.stamps.started.as_ref()?;
            Some((r.stamps.clone(), r.status.is_terminal()))
        })
    });
    move || match span.get() {
        None => view! { <span class="dim">"not run"</span> }.into_any(),
        Some((stamps, true)) if stamps.finished.is_none() => "".into_any(),
        // Only what is under way follows the clock.
        Some((stamps, over)) => {
            let now = if over {
                Timestamp::default()
            } else {
                clock.now()
            };
            stamps.took(now).map(spoken).into_any()
        }
    }
}

//! What the rows of the list ask for, and what comes of it.

use super::discarded::say_discarded;
use super::others::Others;
use super::row::Wish;
use super::waiting::InTheWay;
use crate::api::executions::continue_plan;
use crate::api::line::leave_queue;
use crate::api::plans::{discard_plan, read_plan, start_plan, validate_plan};
use crate::components::copy::copy_link;
use crate::components::dialog::Confirm;
use crate::components::production::{Going, ProductionQuestion, asks_before, lead_of, what_goes};
use crate::components::status::counted;
use crate::components::toast::use_toasts;
use crate::derived::{Derived, derived};
use crate::pages::plan_abort::Stoppable;
use crate::routes;
use domain::impact::Severity;
use domain::view::{ContinueOutcome, EnvironmentRow, PlanPage, PlanRow, StartOutcome};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The dialogs that rows open; one is open while there is something in it.
#[derive(Clone, Copy)]
pub struct Asking {
    /// Before a run is stopped.
    pub aborting: RwSignal<Option<Stoppable>>,
    /// Before a plan is removed.
    pub discarding: RwSignal<Option<u64>>,
    /// Before a plan goes into Production: its row, and whether it starts or goes on.
    pub deploying: RwSignal<Option<(PlanRow, Going)>>,
    /// Before a plan that is over is taken up again.
    pub reusing: RwSignal<Option<u64>>,
    /// Before a plan waits for others.
    pub waiting: RwSignal<Option<InTheWay>>,
    /// Before a plan that finished is rolled back.
    pub rolling_back: RwSignal<Option<u64>>,
}

impl Asking {
    /// None is open.
    pub fn new() -> Self {
        Self {
            aborting: RwSignal::new(None),
            discarding: RwSignal::new(None),
            deploying: RwSignal::new(None),
            reusing: RwSignal::new(None),
            waiting: RwSignal::new(None),
            rolling_back: RwSignal::new(None),
        }
    }
}

/// What the rows ask for.
pub fn use_wishes(
    page: Derived<PlanPage>,
    environments: Derived<Vec<EnvironmentRow>>,
    asking: Asking,
    others: Others,
    start: Callback<u64>,
    go_on: Callback<u64>,
    refresh: Callback<()>,
) -> Callback<Wish> {
    let toasts = use_toasts();
    let navigate = use_navigate();
    let row_of = move |number: u64| {
        page.with_untracked(|p| p.rows.iter().find(|r| r.number == number).cloned())
    };
    Callback::new(move |wish: Wish| match wish {
        Wish::Refresh => refresh.run(()),
        Wish::Discard(number) => asking.discarding.set(Some(number)),
        Wish::ContinueWithErrors(number) => {
            navigate(
                &routes::continue_with_errors(number),
                NavigateOptions::default(),
            );
        }
        Wish::Validate(number) => {
            spawn_local(async move {
                match validate_plan(number).await {
                    Ok(report) => {
                        others.note(number, &report);
                        let errors = report.count_of_plan(Severity::Error) as u64;
                        if errors == 0 && report.is_for_others() {
                            toasts.done(
                                format!("Plan #{number} is ready for somebody else to run"),
                                "",
                            );
                        } else if errors == 0 {
                            toasts.done(format!("Plan #{number} is ready to run"), "");
                        } else {
                            toasts.warn(
                                format!("Plan #{number}: {}", counted(errors, "error", "errors")),
                                "Open it to see what stands in the way.",
                            );
                        }
                        refresh.try_run(());
                    }
                    Err(error) => toasts.fail(format!("Plan #{number} was not checked"), &error),
                }
            });
        }
        Wish::Reuse(number) => asking.reusing.set(Some(number)),
        Wish::RollBack(number) => asking.rolling_back.set(Some(number)),
        Wish::CopyLink(number) => copy_link(toasts, Some(routes::plan(number))),
        Wish::Abort(number) => {
            asking
                .aborting
                .set(row_of(number).as_ref().map(Stoppable::of_row));
        }
        Wish::Continue(number) => match row_of(number) {
            Some(row)
                if environments
                    .with_untracked(|all| asks_before(all, &row.target, Going::on(&row))) =>
            {
                let going = Going::on(&row);
                asking.deploying.set(Some((row, going)));
            }
            _ => go_on.run(number),
        },
        Wish::Leave(number) => {
            spawn_local(async move {
                if let Err(error) = leave_queue(number).await {
                    toasts.fail(format!("Plan #{number} did not leave the line"), &error);
                }
                refresh.try_run(());
            });
        }
        Wish::Deploy(number) => match row_of(number) {
            Some(row)
                if environments
                    .with_untracked(|all| asks_before(all, &row.target, Going::Start)) =>
            {
                asking.deploying.set(Some((row, Going::Start)));
            }
            _ => start.run(number),
        },
    })
}

/// Goes on with a plan that waits for somebody.
pub fn use_go_on(refresh: Callback<()>) -> Callback<u64> {
    let toasts = use_toasts();
    let navigate = use_navigate();
    Callback::new(move |number: u64| {
        let navigate = navigate.clone();
        spawn_local(async move {
            match continue_plan(number, None).await {
                Ok(ContinueOutcome::Continued) => {
                    refresh.try_run(());
                }
                // What it is, and the way on, is told where the plan is.
                Ok(ContinueOutcome::Refused(_)) => {
                    toasts.warn(
                        format!("Plan #{number} was not continued"),
                        "Its target has changed since it was prepared. Press Continue deployment here to see how.",
                    );
                    navigate(&routes::plan(number), NavigateOptions::default());
                }
                Err(error) => toasts.fail(format!("Plan #{number} was not continued"), &error),
            }
        });
    })
}

/// Starts a saved plan, as it was saved.
pub fn use_start(
    refresh: Callback<()>,
    waiting: RwSignal<Option<InTheWay>>,
    others: Others,
) -> Callback<u64> {
    let toasts = use_toasts();
    let navigate = use_navigate();
    let starting = StoredValue::new(None::<u64>);
    Callback::new(move |number: u64| {
        // Pressing twice is harmless.
        if starting.get_value().is_some() {
            return;
        }
        starting.set_value(Some(number));
        let navigate = navigate.clone();
        spawn_local(async move {
            let read = read_plan(number).await;
            let answer = match read {
                // Somebody changed it while the list was looked at: nobody has seen that here.
                Ok(detail) if detail.row.unsaved => Ok(None),
                Ok(detail) => {
                    let started = start_plan(number, detail.revision, None).await;
                    started.map(|outcome| Some((outcome, detail)))
                }
                Err(error) => Err(error),
            };
            if let Ok(Some((StartOutcome::Started, _))) = answer {
                toasts.settle(number);
            }
            if starting.try_set_value(None).is_some() {
                return;
            }
            match answer {
                Ok(None) => {
                    toasts.warn(
                        format!("Plan #{number} was not started"),
                        "It was changed since it was saved. This is how it is now.",
                    );
                    navigate(&routes::plan(number), NavigateOptions::default());
                }
                Ok(Some((StartOutcome::Started, _))) => {
                    navigate(&routes::plan(number), NavigateOptions::default());
                }
                // Nothing but other plans is in the way.
                Ok(Some((StartOutcome::Refused(report), detail))) if report.may_wait() => {
                    others.note(number, &report);
                    waiting.set(Some(InTheWay::of(&detail, &report)));
                    refresh.run(());
                }
                Ok(Some((StartOutcome::Refused(report), _))) => {
                    others.note(number, &report);
                    toasts.warn(
                        format!("Plan #{number} was not started"),
                        "The check found errors. Open it to see them.",
                    );
                    refresh.run(());
                }
                Err(error) => toasts.fail(format!("Plan #{number} was not started"), &error),
            }
        });
    })
}

/// Asks before a plan goes into Production, as its editor and its run do.
#[component]
pub fn DeployDialog(
    /// Its row and what is asked for; open while there is one.
    deploying: RwSignal<Option<(PlanRow, Going)>>,
    /// Why plans cannot be run by this person now.
    refusal: Signal<Option<String>>,
    /// Starts it.
    start: Callback<u64>,
    /// Goes on with it.
    go_on: Callback<u64>,
) -> impl IntoView {
    let act = Callback::new(move |()| {
        let asked =
            deploying.with_untracked(|d| d.as_ref().map(|(row, going)| (row.number, *going)));
        deploying.set(None);
        match asked {
            Some((number, Going::Start)) => start.run(number),
            Some((number, Going::Continue | Going::Resume | Going::Report)) => go_on.run(number),
            None => {}
        }
    });
    let row = move |f: fn(&PlanRow) -> String| {
        Signal::derive(move || {
            deploying.with(|d| d.as_ref().map(|(row, _)| f(row)).unwrap_or_default())
        })
    };
    view! {
        <ProductionQuestion
            open=Signal::derive(move || deploying.with(Option::is_some))
            target=row(|row| row.target.clone())
            lead=Signal::derive(move || {
                deploying
                    .with(|d| d.as_ref().map(|(row, going)| lead_of(row, *going)))
                    .unwrap_or_default()
            })
            brings=Signal::derive(move || {
                deploying.with(|d| d.as_ref().map(|(row, _)| what_goes(row)).unwrap_or_default())
            })
            total=Signal::derive(move || {
                deploying
                    .with(|d| d.as_ref().map_or(0, |(row, _)| row.application_total as usize))
            })
            refusal
            on_keep=Callback::new(move |()| deploying.set(None))
            on_deploy=act
        />
    }
}

/// Asks before a plan is removed.
#[component]
pub fn DiscardDialog(
    /// Its number; open while there is one.
    discarding: RwSignal<Option<u64>>,
    /// It is gone, or was not removed: the list has to look again.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let number = derived(move |_| discarding.get().unwrap_or_default());
    let act = Callback::new(move |()| {
        let Some(number) = discarding.get_untracked() else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let answer = discard_plan(number).await;
            if answer.is_ok() {
                toasts.settle(number);
            }
            if busy.try_set(false).is_some() {
                return;
            }
            discarding.set(None);
            match answer {
                Ok(()) => say_discarded(toasts, number),
                Err(error) => toasts.fail(format!("Plan #{number} was not discarded"), &error),
            }
            on_done.try_run(());
        });
    });
    view! {
        <Confirm
            open=Signal::derive(move || discarding.with(Option::is_some))
            id="discard-plan"
            title=Signal::derive(move || format!("Discard plan #{}?", number.get()))
            lead="It is removed for everybody. Nothing in any environment changes."
            keep="Keep it"
            act="Discard plan"
            busy
            on_keep=Callback::new(move |()| discarding.set(None))
            on_act=act
        />
    }
}

//! Taking an environment into maintenance: what that stops is named before, and why is kept. And
//! back into service: what goes on then is named before, if there is anything.

use super::change::Target;
use crate::api::environments::{begin_maintenance, end_maintenance, foresee_maintenance};
use crate::components::dialog::Confirm;
use crate::components::field::ReasonField;
use crate::components::icon::Glyph;
use crate::components::status::counted;
use crate::components::toast::{Toasts, use_toasts};
use crate::live::use_refusal;
use crate::routes;
use domain::access::Action;
use domain::view::{EnvironmentDetail, MaintenanceOutlook};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// An environment that may be put back into service, and the plans that this concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Which.
    pub target: Target,
    /// How many plans wait in line for it.
    queued: u32,
    /// The plans that hold a slot there.
    active: Vec<(u64, String)>,
}

impl Ending {
    /// What ending the maintenance of an environment would set going.
    pub fn of(environment: &EnvironmentDetail) -> Self {
        let active = environment.active.iter();
        Self {
            target: Target {
                id: environment.row.id,
                revision: environment.revision,
                name: environment.row.name.clone(),
            },
            queued: environment.queued,
            active: active
                .map(|plan| (plan.number, plan.name.clone()))
                .collect(),
        }
    }

    /// Whether somebody has to be asked: plans wait, or have begun.
    pub const fn asks(&self) -> bool {
        self.queued > 0 || !self.active.is_empty()
    }

    /// What the button says.
    pub const fn label(&self) -> &'static str {
        if self.asks() {
            "End maintenance…"
        } else {
            "End maintenance"
        }
    }
}

/// Puts an environment back into service.
pub async fn end(what: Target, toasts: Toasts) {
    match end_maintenance(what.id, what.revision).await {
        Ok(()) => toasts.done(
            format!("{} is back in service", what.name),
            "Its agent is asked what it runs. Plans in line go on.",
        ),
        Err(error) => toasts.fail(format!("{} stays in maintenance", what.name), &error),
    }
}

/// Asks before an environment is put back into service while plans wait or have begun.
#[component]
pub fn EndDialog(
    /// Which; none while it is closed.
    ending: RwSignal<Option<Ending>>,
    /// It was done, or somebody else was faster.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let manage = use_refusal(Action::ManageEnvironments);
    let act = Callback::new(move |()| {
        let Some(what) = ending.get_untracked() else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            end(what.target, toasts).await;
            if busy.try_set(false).is_none() {
                ending.set(None);
            }
            on_done.try_run(());
        });
    });
    let name = move || {
        ending.with(|e| {
            e.as_ref()
                .map_or_else(String::new, |e| e.target.name.clone())
        })
    };
    view! {
        <Confirm
            open=Signal::derive(move || ending.with(Option::is_some))
            id="end-maintenance"
            title=Signal::derive(move || format!("End the maintenance of {}?", name()))
            lead="It is in service again at once: plans from it and to it can be made and run, and its agent is asked what it runs."
            keep="Leave it in maintenance"
            act="End maintenance"
            busy
            refusal=manage
            on_keep=Callback::new(move |()| ending.set(None))
            on_act=act
        >
            {move || {
                let Ending { queued, active, .. } = ending.get()?;
                let going = (queued > 0).then(|| {
                    let words = counted(queued, "plan in line starts", "plans in line start");
                    view! { <p>{format!("{words} by itself as soon as there is room.")}</p> }
                });
                let begun = (!active.is_empty()).then(|| view! {
                    <div class="notice e-stopped">
                        <Glyph name="info"/>
                        <div>
                            <b>"These have begun, and can go on:"</b>
                            <ul>{plan_links(active)}</ul>
                        </div>
                    </div>
                });
                Some(view! { {going} {begun} })
            }}
        </Confirm>
    }
}

/// Plans as a list of links to their runs.
fn plan_links(plans: Vec<(u64, String)>) -> impl IntoView {
    plans
        .into_iter()
        .map(|(number, name)| {
            view! {
                <li>
                    <a class="link" href=routes::run(number)>
                        {format!("#{number} {name}")}
                    </a>
                </li>
            }
        })
        .collect_view()
}

/// Asks before an environment is taken into maintenance.
#[component]
pub fn MaintenanceDialog(
    /// Which; none while it is closed.
    target: RwSignal<Option<Target>>,
    /// It was done, or somebody else was faster.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let outlook = RwSignal::new(None::<MaintenanceOutlook>);
    let manage = use_refusal(Action::ManageEnvironments);
    Effect::new(move |_| {
        problem.set(None);
        outlook.set(None);
        let Some(what) = target.get() else { return };
        reason.set(String::new());
        spawn_local(async move {
            let answer = foresee_maintenance(what.id).await;
            // Another one may be asked about by now.
            if target.try_with_untracked(|t| t.as_ref().map(|t| t.id)) != Some(Some(what.id)) {
                return;
            }
            match answer {
                Ok(foreseen) => outlook.set(Some(foreseen)),
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    });
    let begin = Callback::new(move |()| {
        let Some(what) = target.get_untracked() else {
            return;
        };
        busy.set(true);
        problem.set(None);
        let text = reason.get_untracked();
        spawn_local(async move {
            let answer = begin_maintenance(what.id, what.revision, text).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    target.set(None);
                    toasts.done(
                        format!("{} is in maintenance", what.name),
                        "Nothing is deployed to it or from it until that is ended.",
                    );
                }
                Err(error) => problem.set(Some(error.to_string())),
            }
            on_done.try_run(());
        });
    });
    let refusal = Signal::derive(move || {
        manage
            .get()
            .or_else(|| {
                outlook
                    .with(Option::is_none)
                    .then(|| "What it stops is not known yet".to_owned())
            })
            .or_else(|| {
                reason
                    .with(|reason| reason.trim().is_empty())
                    .then(|| "Give a reason first".to_owned())
            })
    });
    view! {
        <Confirm
            open=Signal::derive(move || target.with(Option::is_some))
            id="maintenance"
            title=Signal::derive(move || {
                target
                    .get()
                    .map_or_else(String::new, |target| format!("Take {} into maintenance?", target.name))
            })
            lead="Until it is ended, no plan from it or to it is made, changed or run, nothing is published, tagged or set there, and it is not synchronized. Its applications go on running."
            keep="Keep it in service"
            act="Take into maintenance"
            busy
            refusal
            on_keep=Callback::new(move |()| target.set(None))
            on_act=begin
            error=problem
        >
            {move || outlook.get().map(|outlook| view! { <Stopped outlook/> })}
            <ReasonField id="maintenance-reason" aside="everybody reads it; kept in the audit" reason/>
        </Confirm>
    }
}

/// What is stopped, what goes on, who waits.
#[component]
fn Stopped(outlook: MaintenanceOutlook) -> impl IntoView {
    let MaintenanceOutlook {
        aborted,
        stopped,
        going_on,
        waiting,
    } = outlook;
    let quiet = aborted.is_empty() && stopped.is_empty();
    view! {
        {quiet
            .then(|| view! { <p class="dim">"Nothing runs there that would be stopped."</p> })}
        {(!quiet)
            .then(|| {
                view! {
                    <div class="notice warn e-stopped" role="status">
                        <Glyph name="warn"/>
                        <div>
                            <b>"These are aborted, and put back what they have changed:"</b>
                            <ul>
                                {plan_links(aborted)}
                                {stopped
                                    .into_iter()
                                    .map(|name| view! { <li>{name}</li> })
                                    .collect_view()}
                            </ul>
                        </div>
                    </div>
                }
            })}
        {(!going_on.is_empty())
            .then(|| {
                view! {
                    <div class="notice e-stopped">
                        <Glyph name="info"/>
                        <div>
                            <b>"These are not stopped by it:"</b>
                            <ul>{plan_links(going_on)}</ul>
                        </div>
                    </div>
                }
            })}
        {(waiting > 0)
            .then(|| {
                let words = counted(waiting, "plan in line waits", "plans in line wait");
                view! { <p class="dim">{format!("{words} until it is over.")}</p> }
            })}
    }
}

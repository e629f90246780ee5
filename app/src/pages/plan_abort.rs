//! Asking a run to stop: says what will be true afterwards, and why is kept. Used wherever a run
//! is shown.

use crate::api::executions::abort_plan;
use crate::components::controls::TextArea;
use crate::components::dialog::Confirm;
use crate::components::field::Field;
use crate::derived::derived;
use domain::execution::Phase;
use domain::name::MAX_REASON;
use domain::plan::{Intervention, PlanStatus};
use domain::view::PlanRow;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A run that may be asked to stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stoppable {
    /// The plan's number.
    pub number: u64,
    /// Where it deploys to.
    pub target: String,
    /// Whether anything visible was changed already.
    pub switched: bool,
    /// Whether it stands still and waits for somebody.
    pub stands: bool,
}

impl Stoppable {
    /// As the list knows it, by its phase. What is prepared waits at the door of the next one, and
    /// has changed nothing.
    pub fn of_row(row: &PlanRow) -> Self {
        let waits = row.status == PlanStatus::NeedsIntervention
            && row.intervention != Some(Intervention::DeploymentSuspended);
        Self {
            number: row.number,
            target: row.target.clone(),
            switched: !waits && matches!(row.phase, Some(Phase::Activate | Phase::Finish)),
            stands: row.status == PlanStatus::NeedsIntervention,
        }
    }
}

/// Keeps what is asked true while the run goes on behind the dialog: `now` is the run as it is, if
/// it is shown and not over.
pub fn follow(
    asked: RwSignal<Option<Stoppable>>,
    now: impl Fn(u64) -> Option<Stoppable> + 'static,
) {
    Effect::new(move |_| {
        let number = asked.with(|asked| asked.as_ref().map(|asked| asked.number));
        let Some(now) = number.and_then(&now) else {
            return;
        };
        // Only what is another thing is told, or this would follow itself without end.
        if asked.with_untracked(|asked| asked.as_ref() != Some(&now)) {
            asked.set(Some(now));
        }
    });
}

/// The dialog; open while there is a run to ask about.
#[component]
pub fn AbortDialog(
    /// The run.
    run: RwSignal<Option<Stoppable>>,
    /// The run was asked to stop.
    #[prop(into)]
    on_asked: Callback<u64>,
) -> impl IntoView {
    // What is typed belongs to one plan, also while the dialog is closed for a look.
    let typed = RwSignal::new(None::<(u64, String)>);
    let number = derived(move |_| run.with(|r| r.as_ref().map(|r| r.number)));
    let reason = derived(move |_| {
        typed.with(|typed| match typed {
            Some((plan, text)) if number.get() == Some(*plan) => text.clone(),
            _ => String::new(),
        })
    });
    let problem = RwSignal::new(None::<(u64, String)>);
    let error = Signal::derive(move || {
        let (plan, text) = problem.get()?;
        (number.get() == Some(plan)).then_some(text)
    });
    let busy = RwSignal::new(false);
    let title = Signal::derive(move || {
        run.with(|r| {
            r.as_ref()
                .map_or_else(String::new, |r| format!("Abort plan #{}?", r.number))
        })
    });
    let lead = Signal::derive(move || {
        run.with(|r| match r {
            Some(Stoppable { target, switched: true, .. }) => format!(
                "What was switched already is switched back, last first. {target} then runs what it ran before.",
            ),
            Some(Stoppable { target, .. }) => {
                format!("Nothing was switched yet. {target} goes on running what it runs now.")
            }
            None => String::new(),
        })
    });
    let keep = Callback::new(move |()| {
        problem.set(None);
        run.set(None);
    });
    let abort = Callback::new(move |()| {
        let text = reason.get_untracked().trim().to_owned();
        let Some(number) = run.with_untracked(|r| r.as_ref().map(|r| r.number)) else {
            return;
        };
        if text.is_empty() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = abort_plan(number, text).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    // Meanwhile the person may have asked about another one.
                    if run.with_untracked(|r| r.as_ref().is_some_and(|r| r.number == number)) {
                        run.set(None);
                    }
                    typed.update(|typed| {
                        typed.take_if(|(plan, _)| *plan == number);
                    });
                    on_asked.try_run(number);
                }
                Err(error) => {
                    let said = format!("Plan #{number} was not aborted. {error}");
                    problem.set(Some((number, said)));
                }
            }
        });
    });
    view! {
        <Confirm
            open=Signal::derive(move || run.with(Option::is_some))
            id="abort-plan"
            title
            lead
            keep=Signal::derive(move || {
                let stands = run.with(|r| r.as_ref().is_some_and(|r| r.stands));
                if stands { "Keep it" } else { "Keep running" }.to_owned()
            })
            act="Abort plan"
            busy
            refusal=Signal::derive(move || {
                reason
                    .with(|r| r.trim().is_empty())
                    .then(|| "Give a reason first".to_owned())
            })
            on_keep=keep
            on_act=abort
            error
        >
            <Field label="Reason" id="abort-reason" aside="kept in the audit">
                <TextArea
                    id="abort-reason"
                    rows=3
                    max=MAX_REASON
                    value=reason
                    on_input=Callback::new(move |value| {
                        typed.set(number.get_untracked().map(|number| (number, value)));
                    })
                />
            </Field>
        </Confirm>
    }
}

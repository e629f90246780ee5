//! The sentences of a run's log and outcome: what happened, to what, what it means.

use domain::environment::LinkState;
use domain::execution::{MAX_ATTEMPTS, Outcome, StepKind};
use domain::impact::Finding;
use store::entity::plans::run;

/// The first line.
pub(super) fn begins(run: &run::Model) -> String {
    format!("{}: started by {}.", run.name, run.actor_name)
}

/// An error that the check found and that somebody accepted.
pub(crate) fn accepted(finding: &Finding) -> String {
    let code = serde_json::to_value(finding.code).unwrap_or_default();
    let code = code.as_str().unwrap_or("an error").replace('_', " ");
    let mut text = format!("Accepted: {code}");
    let names = [&finding.consumer, &finding.producer].map(|subject| {
        subject
            .as_ref()
            .map(|subject| format!("{} of {}", subject.name, subject.application_name))
    });
    match names {
        [Some(consumer), Some(producer)] => {
            text = format!("{text}; {consumer} uses {producer}");
        }
        [Some(one), None] | [None, Some(one)] => text = format!("{text}; {one}"),
        [None, None] => {}
    }
    if !finding.elements.is_empty() {
        let elements: Vec<&str> = finding
            .elements
            .iter()
            .map(|element| element.name.as_str())
            .collect();
        text = format!("{text}: {}", elements.join(", "));
        let more = usize::try_from(finding.element_count)
            .unwrap_or(0)
            .saturating_sub(elements.len());
        if more > 0 {
            text = format!("{text} and {more} more");
        }
    }
    text.push('.');
    text
}

/// The line above a group of so many steps; none where the steps speak for themselves. `linked` of
/// them are for producers that are only linked into what is brought.
pub(super) fn group(
    kind: StepKind,
    wave: u32,
    waves: u32,
    (count, linked): (usize, usize),
) -> Option<String> {
    let counted = |count: usize, one: &str, more: &str| {
        if count == 1 {
            format!("1 {one}")
        } else {
            format!("{count} {more}")
        }
    };
    let many = |one: &str, more: &str| counted(count, one, more);
    Some(match kind {
        StepKind::Transfer => {
            let brought = count.saturating_sub(linked);
            let also = match linked {
                0 => String::new(),
                n => format!(
                    ", and {} to link into {}",
                    counted(n, "producer", "producers"),
                    if brought == 1 { "it" } else { "them" }
                ),
            };
            format!(
                "Transfer to the agent: {}{also}.",
                counted(brought, "module", "modules")
            )
        }
        StepKind::Stage => format!(
            "Prepare: {} staged and verified beside what runs.",
            many("module is", "modules are")
        ),
        StepKind::Activate => format!(
            "Activate, wave {wave} of {waves}: {}.",
            many("module", "modules")
        ),
        StepKind::Remove => format!("Activate: {} removed.", many("module is", "modules are")),
        StepKind::Settings => format!(
            "Finish: {} with the new values of site properties.",
            many("module goes on", "modules go on")
        ),
        StepKind::Synchronize => "Finish: the environment reports what it runs.".to_owned(),
        StepKind::SwitchBack | StepKind::CleanUp | StepKind::Record => return None,
    })
}

/// A step that is done, and how long it took in milliseconds. What was transferred only to be
/// linked into other modules names them.
pub(super) fn done(kind: StepKind, took: i64, linked_into: &[String]) -> String {
    if kind == StepKind::Transfer && !linked_into.is_empty() {
        return format!(
            "On the agent, to be linked into {} ({}).",
            linked_into.join(", "),
            seconds(took)
        );
    }
    let what = match kind {
        StepKind::Transfer => "On the agent",
        StepKind::Stage => "Staged and verified",
        StepKind::Activate => "Switched",
        StepKind::Remove => "Removed",
        StepKind::SwitchBack => "Put back to what it was",
        StepKind::CleanUp => "Cleaned up",
        StepKind::Record => "Versions recorded",
        StepKind::Synchronize => "Synchronized",
        StepKind::Settings => "Goes on with the new values",
    };
    format!("{what} ({}).", seconds(took))
}

fn seconds(milliseconds: i64) -> String {
    if milliseconds < 95 {
        return format!("{} ms", milliseconds.max(0));
    }
    let tenths = (milliseconds + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// What a step was about to do, to follow "could not".
const fn verb(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Transfer => "be transferred",
        StepKind::Stage => "be staged",
        StepKind::Activate => "be switched",
        StepKind::Remove => "be removed",
        StepKind::SwitchBack => "be put back",
        StepKind::CleanUp => "clean up",
        StepKind::Record => "be recorded",
        StepKind::Synchronize => "be synchronized",
        StepKind::Settings => "go on with the new values of its site properties",
    }
}

/// What follows an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// This attempt of [`MAX_ATTEMPTS`] begins after a pause in milliseconds.
    Again(u32, i64),
    /// Nothing more: as many attempts as there may be have failed, so many.
    Exhausted(u32),
    /// Nothing more: another attempt would not help, or is not wanted any more.
    Nothing,
}

/// An attempt that failed.
pub(super) fn failed(kind: StepKind, message: &str, then: Then) -> String {
    let failed = format!("Could not {}: {}", verb(kind), sentence(message));
    match then {
        Then::Again(attempt, pause) => format!(
            "{failed} It is tried again in {} s (attempt {attempt} of {MAX_ATTEMPTS}).",
            (pause.max(0) + 999) / 1_000
        ),
        Then::Exhausted(attempts) => {
            format!("{failed} It was given up after {attempts} attempts.")
        }
        Then::Nothing => failed,
    }
}

/// Why a run stops, in one sentence.
pub(super) fn cause(kind: StepKind, module: Option<&str>, error: Option<&str>) -> String {
    let subject = match (kind, module) {
        (StepKind::Synchronize, _) => "The environment",
        (StepKind::CleanUp, _) => "The agent",
        (_, Some(module)) => module,
        (_, None) => "A step",
    };
    format!(
        "{subject} could not {}: {}",
        verb(kind),
        error.unwrap_or("the reason is in the log.")
    )
}

/// What did not work out although the versions are right, and what that means.
pub(super) fn warning(kind: StepKind, cause: String) -> String {
    match kind {
        StepKind::Settings => format!(
            "{} It keeps the former values until it is deployed next; then it finds the new ones.",
            sentence(&cause)
        ),
        _ => cause,
    }
}

/// Of an environment that runs something else than what was brought.
pub(super) fn differs(target: &str, modules: &[String]) -> String {
    let (are, them) = match modules {
        [_] => ("is", "it"),
        _ => ("are", "them"),
    };
    format!(
        "{} {are} not in {target} as the plan brought {them}: somebody changed {them} there, or its agent has lost {them}. Look at what it runs, then deploy again.",
        modules.join(", ")
    )
}

/// Of an environment that could not say at the end of a run what it hosts.
pub(super) fn unsynchronized(message: &str) -> String {
    let text = format!(
        "At the end of a run: {} Its agent is asked again when it connects.",
        sentence(message)
    );
    text.chars().take(500).collect()
}

/// The agent did not answer in time and not when asked.
pub(super) fn no_answer() -> String {
    "the agent gave no answer in time, also when it was asked again. See whether it runs and can reach the console."
        .to_owned()
}

/// Another process (or this one after a restart) goes on with the run.
pub(super) fn taken_over(count: usize) -> String {
    if count == 1 {
        "The console was restarted or another one took over. The agent is asked what became of 1 step.".to_owned()
    } else {
        format!(
            "The console was restarted or another one took over. The agent is asked what became of {count} steps."
        )
    }
}

/// A person asked to stop.
pub(super) fn asked_to_stop(reason: &str, switched: bool) -> String {
    format!(
        "Stopping, as asked: {} {}",
        sentence(reason),
        what_follows(switched)
    )
}

/// A failure stops the run.
pub(super) fn stops(cause: &str, switched: bool) -> String {
    format!("Stopping. {} {}", sentence(cause), what_follows(switched))
}

/// The text with an end.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

const fn what_follows(switched: bool) -> &'static str {
    if switched {
        "What was switched is put back, in reverse order."
    } else {
        "Nothing was switched; the target stays as it is."
    }
}

/// The two-stage pause.
pub(super) fn prepared() -> String {
    "Prepared: everything is staged and verified, nothing has changed yet. It goes on when somebody presses Continue deployment.".to_owned()
}

/// The pause for values that are missing.
pub(super) fn waits_for_values(count: usize, names: &str) -> String {
    let values = if count == 1 { "a value" } else { "values" };
    format!(
        "Waits for {values}: {names}. Nothing is staged and nothing has changed yet. It goes on when somebody has entered {} and presses Continue deployment.",
        if count == 1 { "it" } else { "them" }
    )
}

/// The pause for an agent that stays away, for so many milliseconds if it was ever heard, or that
/// does not fit this console any more.
pub(super) fn suspended(target: &str, agent: LinkState, away: Option<i64>) -> String {
    match (agent.no_agent(target), away.map(|away| away / 60_000)) {
        (Some(no), _) if agent != LinkState::Offline => format!(
            "Suspended. {}. Nothing has changed there; {}, then continue.",
            no.what, no.remedy
        ),
        (_, Some(minutes)) if minutes >= 1 => format!(
            "Suspended: the agent of {target} has been away for {minutes} min. Nothing has changed there; continue when it is back."
        ),
        _ => format!(
            "Suspended: the agent of {target} is away. Nothing has changed there; continue when it is back."
        ),
    }
}

/// The pause after the last switch, because the agent has not said what its environment runs now:
/// it has been away for so many milliseconds, or `why` it cannot say.
pub(super) fn unreported(target: &str, agent: LinkState, away: Option<i64>, why: &str) -> String {
    let because = match (agent.no_agent(target), away.map(|away| away / 60_000)) {
        (None, _) => format!(
            "its agent has not said what it runs: {}",
            why.trim_end_matches('.')
        ),
        (Some(no), _) if agent != LinkState::Offline => {
            format!("nobody knows what it runs. {}; {}", no.what, no.remedy)
        }
        (_, Some(minutes)) if minutes >= 1 => {
            format!("its agent, which says what it runs, has been away for {minutes} min")
        }
        _ => "its agent, which says what it runs, is away".to_owned(),
    };
    let then = if agent == LinkState::Online {
        "The agent is asked again in a while, or when somebody presses Continue deployment"
    } else {
        "The plan goes on by itself when the agent is back"
    };
    format!(
        "Suspended: everything is switched in {target}, but {because}. {then}. Abort puts back what was switched."
    )
}

/// It waited for the agent alone.
pub(super) fn asks_again(target: &str) -> String {
    format!("Goes on: the agent of {target} is asked what it runs.")
}

/// Somebody let it go on.
pub(super) fn goes_on() -> String {
    "Continued.".to_owned()
}

/// The run goes back.
pub(super) fn goes_back(count: usize) -> String {
    if count == 1 {
        "Going back: 1 module is put back to what it was.".to_owned()
    } else {
        format!("Going back: {count} modules are put back to what they were, in reverse order.")
    }
}

/// How the run ended, in words. `mix` names every module and whether it may hold what the run
/// brought.
pub(super) fn outcome(
    run: &run::Model,
    outcome: Outcome,
    mix: &[(String, bool)],
    warnings: &[String],
) -> String {
    match outcome {
        Outcome::Successful => "Finished: the target runs what was planned.".to_owned(),
        Outcome::WithWarnings => {
            let mut text = "Finished with warnings: the target runs what was planned.".to_owned();
            if run.overridden {
                text.push_str(" It was started in spite of errors, so references may be broken.");
            }
            for warning in warnings {
                text.push(' ');
                text.push_str(warning);
            }
            text
        }
        Outcome::Aborted => match run.outcome.as_ref().or(run.stop_reason.as_ref()) {
            Some(reason) => format!("Aborted: {} The target is as it was.", sentence(reason)),
            None => "Aborted. The target is as it was.".to_owned(),
        },
        Outcome::WithErrors => {
            let names = |new: bool| {
                mix.iter()
                    .filter(|(_, left)| *left == new)
                    .map(|(name, _)| name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let old = names(false);
            format!(
                "Finished with errors: going back did not work out, so the target holds a mix. May run the new state: {}. As before: {}. Synchronize the environment to see what it runs, then deploy again.",
                names(true),
                if old.is_empty() { "none" } else { &old },
            )
        }
    }
}

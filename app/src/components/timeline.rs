//! The steps of a run with their durations on one common time line.

use super::icon::Glyph;
use super::status::Look;
use super::time::{duration, short_duration, use_clock};
use super::waves::wave_of;
use crate::derived::{Derived, derived};
use domain::Timestamp;
use domain::execution::{Phase, StepKind, StepState};
use domain::plan::PlanStatus;
use domain::view::{RunDetail, StepRow};
use leptos::prelude::*;

/// The word for a phase.
pub const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Transfer => "Transfer",
        Phase::Prepare => "Prepare",
        Phase::Activate => "Activate",
        Phase::Finish => "Finish",
    }
}

/// How long something took, for lists: tenths of a second while they say anything ("0.4 s"), then
/// minutes and seconds ("2:38").
pub fn brief(milliseconds: i64) -> String {
    tenths(milliseconds).unwrap_or_else(|| short_duration(milliseconds))
}

/// The same in a sentence: "0.4 s", "42 s", "11 min 42 s".
pub fn spoken(milliseconds: i64) -> String {
    tenths(milliseconds).unwrap_or_else(|| duration(milliseconds))
}

fn tenths(milliseconds: i64) -> Option<String> {
    let tenths = (milliseconds.max(0) + 50) / 100;
    (tenths < 100).then(|| format!("{}.{} s", tenths / 10, tenths % 10))
}

/// A line of the list: a phase, or the steps of one kind in one wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeLine {
    /// What tells it from the others.
    pub key: String,
    /// Its words.
    pub label: String,
    /// How many modules, in lighter ink.
    pub note: String,
    /// Where it stands.
    pub state: StepState,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// It belongs to the phase above it.
    pub sub: bool,
    /// What went wrong: module, sentence, line of the log.
    pub errors: Vec<(Option<String>, String, Option<u64>)>,
    /// The line of the log to go to.
    pub log_line: Option<u64>,
}

/// The lines of a run.
pub fn time_lines(run: &RunDetail) -> Vec<TimeLine> {
    let mut lines = Vec::new();
    for phase in &run.phases {
        let steps: Vec<&StepRow> = run
            .steps
            .iter()
            .filter(|s| s.phase == phase.phase)
            .collect();
        // A phase in which something was skipped and the rest is done is done.
        let state = if steps.is_empty() {
            phase.state
        } else {
            joined(steps.iter().map(|s| s.state))
        };
        lines.push(TimeLine {
            key: phase_word(phase.phase).to_owned(),
            label: phase_word(phase.phase).to_owned(),
            note: String::new(),
            state,
            started: phase.started,
            finished: steps
                .iter()
                .filter_map(|s| s.finished)
                .max()
                .or(phase.finished)
                .filter(|_| state != StepState::Running),
            sub: false,
            errors: Vec::new(),
            log_line: steps.iter().find_map(|s| s.log_line),
        });
        let mut groups: Vec<(StepKind, u32)> = Vec::new();
        for step in &steps {
            let group = (step.kind, shown_wave(run, step));
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        for (kind, wave) in groups {
            let group: Vec<&StepRow> = steps
                .iter()
                .copied()
                .filter(|s| (s.kind, shown_wave(run, s)) == (kind, wave))
                .collect();
            lines.push(group_line(
                phase.phase,
                kind,
                wave,
                &group,
                &run.plan.target,
            ));
        }
    }
    // What waits for a person stands still, also half-way.
    if run.plan.status == PlanStatus::NeedsIntervention {
        for line in lines.iter_mut().filter(|l| l.state == StepState::Running) {
            line.state = StepState::Waiting;
            line.started = None;
        }
    }
    lines
}

/// Waves matter where things change one after the other; before that they would only make the
/// list long.
fn shown_wave(run: &RunDetail, step: &StepRow) -> u32 {
    match step.kind {
        StepKind::Activate | StepKind::SwitchBack => wave_of(run, step),
        _ => 0,
    }
}

fn group_line(
    phase: Phase,
    kind: StepKind,
    wave: u32,
    steps: &[&StepRow],
    target: &str,
) -> TimeLine {
    let total = steps.len();
    let done = steps
        .iter()
        .filter(|s| s.state == StepState::Succeeded)
        .count();
    let state = joined(steps.iter().map(|s| s.state));
    let one_of = |one: &str, many: &str| {
        if total == 1 {
            one.to_owned()
        } else {
            many.replace('#', &total.to_string())
        }
    };
    let in_wave = |verb: &str| {
        if wave == 0 {
            one_of(&format!("{verb} 1 module"), &format!("{verb} # modules"))
        } else {
            format!("{verb} wave {wave}")
        }
    };
    let label = match kind {
        StepKind::Transfer => copied(steps),
        StepKind::Stage => in_wave("Stage and verify"),
        StepKind::Activate => in_wave("Switch"),
        StepKind::Remove => one_of("Remove 1 module", "Remove # modules"),
        StepKind::SwitchBack if wave == 0 => one_of(
            "Bring back 1 removed module",
            "Bring back # removed modules",
        ),
        StepKind::SwitchBack => in_wave("Switch back"),
        StepKind::CleanUp => "Clean up".to_owned(),
        StepKind::Record => "Record versions".to_owned(),
        StepKind::Synchronize => format!("Synchronize {target}"),
        StepKind::Settings => one_of(
            "New site property values for 1 module",
            "New site property values for # modules",
        ),
    };
    let note = match state {
        StepState::Running if total > 1 => format!("{done} of {total}"),
        _ if wave > 0 => total.to_string(),
        _ => String::new(),
    };
    let ended = matches!(
        state,
        StepState::Succeeded | StepState::Failed | StepState::Skipped
    );
    TimeLine {
        key: format!("{phase:?}-{kind:?}-{wave}"),
        label,
        note,
        state,
        started: steps.iter().filter_map(|s| s.started).min(),
        finished: if ended {
            steps.iter().filter_map(|s| s.finished).max()
        } else {
            None
        },
        sub: true,
        errors: steps
            .iter()
            .filter_map(|s| {
                let error = s.error.clone()?;
                let module = s.module.as_ref().map(|m| &m.1);
                let linked = || s.linked.as_ref().map(|l| &l.0);
                Some((module.or_else(linked).cloned(), error, s.log_line))
            })
            .collect(),
        log_line: steps.iter().find_map(|s| s.log_line),
    }
}

/// What is copied to the agent: the modules that the run brings, and producers that are linked into
/// them.
fn copied(steps: &[&StepRow]) -> String {
    let mut linked = steps.iter().filter_map(|s| s.linked.as_ref());
    let first = linked.next();
    let more = linked.count() + usize::from(first.is_some());
    let modules = match steps.len() - more {
        1 => "1 module".to_owned(),
        n => format!("{n} modules"),
    };
    match (first, more) {
        (Some((name, into)), 1) => {
            let into = match &into[..] {
                [only] => only.clone(),
                several => format!("{} modules", several.len()),
            };
            format!("Copy {modules}, and {name} to link into {into}")
        }
        (Some(_), n) => format!("Copy {modules}, and {n} producers to link into them"),
        (None, _) => format!("Copy {modules}"),
    }
}

/// The state of several steps together: a failure shows first, then work under way.
pub fn joined(states: impl Iterator<Item = StepState>) -> StepState {
    let mut seen = [false; 5];
    for state in states {
        seen[state as usize] = true;
    }
    let has = |state: StepState| seen[state as usize];
    if has(StepState::Failed) {
        StepState::Failed
    } else if has(StepState::Running) || (has(StepState::Succeeded) && has(StepState::Waiting)) {
        StepState::Running
    } else if has(StepState::Waiting) {
        StepState::Waiting
    } else if has(StepState::Succeeded) {
        StepState::Succeeded
    } else {
        StepState::Skipped
    }
}

/// Start and width of a bar on the common line, in permille.
pub fn bar(line: &TimeLine, from: Timestamp, to: Timestamp, now: Timestamp) -> Option<(i64, i64)> {
    let started = line.started?;
    let whole = to.since(from).max(1);
    let end = line.finished.unwrap_or(now);
    let left = (started.since(from) * 1000 / whole).clamp(0, 1000);
    let width = (end.since(started).max(0) * 1000 / whole).clamp(0, 1000 - left);
    Some((left, width))
}

/// The list of steps.
#[component]
pub fn TimeLineView(
    /// The run.
    #[prop(into)]
    run: Signal<RunDetail>,
    /// Somebody wants to see a line of the log.
    #[prop(into)]
    on_line: Callback<u64>,
) -> impl IntoView {
    let clock = use_clock();
    let lines = derived(move |_| run.with(time_lines));
    // While nothing runs the clock is not followed, so that a finished run stands still.
    let live = derived(move |_| lines.with(|l| l.iter().any(|l| l.state == StepState::Running)));
    let now = derived(move |_| {
        if live.get() {
            clock.now()
        } else {
            Timestamp::default()
        }
    });
    let span = derived(move |_| {
        let from = lines.with(|l| l.iter().filter_map(|l| l.started).min())?;
        let last = lines.with(|l| l.iter().filter_map(|l| l.finished).max());
        let to = if live.get() {
            last.unwrap_or(from).max(now.get())
        } else {
            last.unwrap_or(from)
        };
        Some((from, to))
    });
    let keys =
        derived(move |_| lines.with(|l| l.iter().map(|l| l.key.clone()).collect::<Vec<_>>()));
    view! {
        <ol class="steplist">
            <For each=move || keys.get() key=Clone::clone let:key>
                {
                    let line = derived(move |_| {
                        lines.with(|l| l.iter().find(|l| l.key == key).cloned())
                    });
                    view! { <Line line span now on_line/> }
                }
            </For>
        </ol>
    }
}

#[component]
fn Line(
    line: Derived<Option<TimeLine>>,
    span: Derived<Option<(Timestamp, Timestamp)>>,
    now: Derived<Timestamp>,
    on_line: Callback<u64>,
) -> impl IntoView {
    let state = derived(move |_| line.with(|l| l.as_ref().map_or(StepState::Waiting, |l| l.state)));
    let sub = line.with_untracked(|l| l.as_ref().is_some_and(|l| l.sub));
    let look = move || Look::of_step(state.get());
    let width = move || {
        let (from, to) = span.get()?;
        line.with(|l| bar(l.as_ref()?, from, to, now.get()))
    };
    let time = move || {
        line.with(|l| match l {
            Some(l) if l.state == StepState::Skipped => "skipped".to_owned(),
            Some(l) => l.started.map_or_else(String::new, |started| {
                brief(l.finished.unwrap_or_else(|| now.get()).since(started))
            }),
            None => String::new(),
        })
    };
    let errors = move || {
        line.with(|l| l.as_ref().map(|l| l.errors.clone()).unwrap_or_default())
            .into_iter()
            .map(|(module, text, log_line)| {
                view! {
                    <div class="step-err">
                        <p>
                            {module.map(|m| view! { <b>{m}</b> ": " })}
                            {text}
                        </p>
                        {log_line
                            .map(|number| {
                                view! {
                                    <p>
                                        <a
                                            class="link"
                                            href=format!("#L{number}")
                                            on:click=move |event| {
                                                event.prevent_default();
                                                on_line.try_run(number);
                                            }
                                        >
                                            {format!("Go to line {number}")}
                                        </a>
                                    </p>
                                }
                            })}
                    </div>
                }
            })
            .collect_view()
    };
    let label = move || line.with(|l| l.as_ref().map(|l| l.label.clone()).unwrap_or_default());
    let note = move || line.with(|l| l.as_ref().map(|l| l.note.clone()).unwrap_or_default());
    let content = move || {
        view! {
            <span class="sg">
                <Glyph name=Signal::derive(move || look().glyph)/>
            </span>
            <span class="sn">
                {label}
                " "
                <small>{note}</small>
                " "
                <span class="vh">{move || look().word}</span>
            </span>
            <span class="gantt" aria-hidden="true">
                {move || {
                    width()
                        .map(|(left, width)| {
                            view! {
                                <i style=format!(
                                    "inset-inline-start:{}.{}%;inline-size:{}.{}%",
                                    left / 10,
                                    left % 10,
                                    width / 10,
                                    width % 10,
                                )></i>
                            }
                        })
                }}
            </span>
            <span class="sd num">{time}</span>
        }
    };
    view! {
        <li
            class=move || format!("step {}{}", look().tone, if sub { " sub" } else { "" })
            aria-current=move || (state.get() == StepState::Running).then_some("step")
        >
            {move || match line.with(|l| l.as_ref().and_then(|l| l.log_line)) {
                Some(number) => {
                    view! {
                        <a
                            class="srow"
                            href=format!("#L{number}")
                            on:click=move |event| {
                                event.prevent_default();
                                on_line.try_run(number);
                            }
                        >
                            {content()}
                        </a>
                    }
                        .into_any()
                }
                None => view! { <div class="srow">{content()}</div> }.into_any(),
            }}
            {errors}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_before_anything_else() {
        use StepState::{Failed, Running, Skipped, Succeeded, Waiting};
        assert_eq!(joined([Succeeded, Failed, Running].into_iter()), Failed);
        assert_eq!(joined([Succeeded, Waiting].into_iter()), Running);
        assert_eq!(joined([Waiting, Waiting].into_iter()), Waiting);
        assert_eq!(joined([Succeeded, Skipped].into_iter()), Succeeded);
        assert_eq!(joined([Skipped].into_iter()), Skipped);
    }

    #[test]
    fn short_times_keep_their_tenths() {
        assert_eq!(brief(0), "0.0 s");
        assert_eq!(brief(449), "0.4 s");
        assert_eq!(brief(9_949), "9.9 s");
        assert_eq!(brief(9_950), "0:09");
        assert_eq!(brief(158_000), "2:38");
        assert_eq!(spoken(702_000), "11 min 42 s");
    }

    #[test]
    fn bars_stay_on_the_line() {
        let line = TimeLine {
            key: String::new(),
            label: String::new(),
            note: String::new(),
            state: StepState::Succeeded,
            started: Some(Timestamp(1_500)),
            finished: Some(Timestamp(9_000)),
            sub: false,
            errors: Vec::new(),
            log_line: None,
        };
        let at = |line: &TimeLine, to| bar(line, Timestamp(1_000), Timestamp(to), Timestamp(to));
        assert_eq!(at(&line, 2_000), Some((500, 500)));
        assert_eq!(at(&line, 17_000), Some((31, 468)));
        assert_eq!(at(&line, 1_000), Some((1_000, 0)));
    }
}

//! The steps of a run with their durations on one common time line.

mod lines;
mod pauses;

pub use lines::{TimeLine, joined, time_lines};
pub use pauses::{Pause, pauses, without};

use super::icon::Glyph;
use super::status::Look;
use super::time::{When, WhenStyle, duration, short_duration, use_clock};
use crate::derived::{Derived, derived};
use domain::Timestamp;
use domain::execution::{Phase, StepState};
use domain::view::RunDetail;
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

/// How long something took, for lists: thousandths ("24 ms") or tenths of a second ("0.4 s") while
/// they say anything, then minutes and seconds ("2:38").
pub fn brief(milliseconds: i64) -> String {
    parts(milliseconds).unwrap_or_else(|| short_duration(milliseconds))
}

/// The same in a sentence: "0.4 s", "42 s", "11 min 42 s".
pub fn spoken(milliseconds: i64) -> String {
    parts(milliseconds).unwrap_or_else(|| duration(milliseconds))
}

fn parts(milliseconds: i64) -> Option<String> {
    if milliseconds < 95 {
        return Some(format!("{} ms", milliseconds.max(0)));
    }
    let tenths = (milliseconds + 50) / 100;
    (tenths < 100).then(|| format!("{}.{} s", tenths / 10, tenths % 10))
}

/// Start and width of a bar on the common line, in permille. Pauses have no width.
pub fn bar(
    line: &TimeLine,
    (from, to): (Timestamp, Timestamp),
    pauses: &[Pause],
    now: Timestamp,
) -> Option<(i64, i64)> {
    let started = line.started.filter(|_| !line.rests)?;
    let whole = without(pauses, from, to).max(1);
    let end = line.finished.unwrap_or(now);
    let left = (without(pauses, from, started) * 1000 / whole).clamp(0, 1000);
    let width = (without(pauses, started, end) * 1000 / whole).clamp(0, 1000 - left);
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
    let paused = derived(move |_| run.with(pauses));
    let span = derived(move |_| {
        let steps = |l: &[TimeLine], at: fn(&TimeLine) -> Option<Timestamp>| {
            let steps = l.iter().filter(|l| !l.rests);
            steps.filter_map(at).collect::<Vec<_>>()
        };
        let from = lines.with(|l| steps(l, |l| l.started).into_iter().min())?;
        let last = lines.with(|l| steps(l, |l| l.finished).into_iter().max());
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
                    view! { <Line line span paused now on_line/> }
                }
            </For>
        </ol>
    }
}

#[component]
fn Line(
    line: Derived<Option<TimeLine>>,
    span: Derived<Option<(Timestamp, Timestamp)>>,
    paused: Derived<Vec<Pause>>,
    now: Derived<Timestamp>,
    on_line: Callback<u64>,
) -> impl IntoView {
    let state = derived(move |_| line.with(|l| l.as_ref().map_or(StepState::Waiting, |l| l.state)));
    let sub = line.with_untracked(|l| l.as_ref().is_some_and(|l| l.sub));
    let rests = line.with_untracked(|l| l.as_ref().is_some_and(|l| l.rests));
    let look = move || {
        if rests {
            Look::new("hold", "", "rest hold")
        } else {
            Look::of_step(state.get())
        }
    };
    let width = move || {
        let span = span.get()?;
        paused.with(|paused| line.with(|l| bar(l.as_ref()?, span, paused, now.get())))
    };
    let time = move || {
        line.with(|l| match l {
            Some(l) if l.state == StepState::Skipped => "skipped".to_owned(),
            Some(_) if rests => String::new(),
            Some(l) => l.started.map_or_else(String::new, |started| {
                let end = l.finished.unwrap_or_else(|| now.get());
                brief(paused.with(|paused| without(paused, started, end)))
            }),
            None => String::new(),
        })
    };
    // How long it will last nobody knows: since when it does is said.
    let since = move || {
        let open = line.with(|l| {
            l.as_ref()
                .filter(|l| rests && l.finished.is_none())?
                .started
        });
        open.map(|at| view! { <When at=Signal::stored(at) style=WhenStyle::Relative/> })
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
                <small>{note} {since}</small>
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
    fn short_times_keep_their_tenths() {
        assert_eq!(brief(0), "0 ms");
        assert_eq!(brief(94), "94 ms");
        assert_eq!(brief(95), "0.1 s");
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
            rests: false,
        };
        let at =
            |line: &TimeLine, to| bar(line, (Timestamp(1_000), Timestamp(to)), &[], Timestamp(to));
        assert_eq!(at(&line, 2_000), Some((500, 500)));
        assert_eq!(at(&line, 17_000), Some((31, 468)));
        assert_eq!(at(&line, 1_000), Some((1_000, 0)));
        // A pause takes no room.
        let pause = Pause {
            from: Timestamp(9_000),
            to: Timestamp(99_000),
        };
        let span = (Timestamp(1_000), Timestamp(107_000));
        assert_eq!(bar(&line, span, &[pause], span.1), Some((31, 468)));
    }
}

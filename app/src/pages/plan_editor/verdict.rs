//! Can it run? The verdict, the smallest fix, and what was found. It stays in view beside the
//! plan.

use super::check::{Checker, count};
use super::conflict::Standing;
use super::fix::SmallestFix;
use super::rows::Lanes;
use super::state::{Editor, number_of};
use super::two_versions::{StandingNote, standing_title};
use super::words::in_the_way;
use crate::components::button::{Button, Size, Weight};
use crate::components::field::error_line;
use crate::components::findings::{FindingList, Remedy, Setting, finding_items};
use crate::components::icon::Glyph;
use crate::components::skeleton::Skeleton;
use crate::components::status::counted;
use crate::components::time::{relative, use_clock};
use crate::derived::{Derived, derived};
use crate::routes;
use domain::VersionNumber;
use domain::impact::{Finding, FindingCode, Severity};
use domain::plan::Choice;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The panel at the right.
#[component]
pub fn Verdict(
    editor: Editor,
    checker: Checker,
    #[prop(into)] lanes: Signal<Lanes>,
    /// Somebody chose a remedy of a finding.
    #[prop(into)]
    on_remedy: Callback<Remedy>,
    /// Somebody wants to run the plan although errors were found; `None` if that is refused.
    #[prop(into)]
    on_continue: Callback<()>,
    /// Why the plan cannot be continued with errors.
    #[prop(into)]
    continue_refusal: Signal<Option<String>>,
    /// What is typed and cannot be taken: the check has not seen it.
    #[prop(into)]
    typed_wrong: Signal<Option<String>>,
) -> impl IntoView {
    let errors = derived(move |_| number(checker, Severity::Error));
    let warnings = derived(move |_| number(checker, Severity::Warning));
    let items = derived(move |_| {
        let report = checker.report.get();
        report.map_or_else(Vec::new, |report| {
            editor.content.with(|content| {
                lanes.with(|lanes| {
                    finding_items(&report, content, |finding| setting(editor, lanes, finding))
                })
            })
        })
    });
    let in_the_way = derived(move |_| {
        let report = checker.report.get()?;
        lanes.with(|lanes| in_the_way(&report, |finding| setting(editor, lanes, finding)))
    });
    ask_when_asked(errors, in_the_way, continue_refusal, on_continue);
    let for_others = derived(move |_| {
        let report = checker.report.get();
        report.is_some_and(|report| report.is_for_others())
    });
    // A plan that nobody has put anything into is not wrong.
    let empty = derived(move |_| {
        let is_empty = editor.content.with(|content| content.operations.is_empty());
        is_empty && errors.get() == Some(1) && {
            let report = checker.report.get();
            let mut codes = report.iter().flat_map(|r| &r.findings).map(|f| f.code);
            codes.any(|code| code == FindingCode::EmptyPlan)
        }
    });
    let standing = derived(move |_| editor.standing());
    // What is said of the plan as it was a moment ago is no verdict.
    let known = move || errors.get().filter(|_| !checker.pending.get());
    let look = move || match known() {
        _ if standing.get() == Standing::Two => ("warn", "warn"),
        _ if standing.get() != Standing::One => ("running", "mute"),
        None => ("todo", "mute"),
        Some(_) if empty.get() => ("todo", "mute"),
        Some(0) if typed_wrong.with(Option::is_some) => ("fail", "bad"),
        Some(0) if warnings.get().unwrap_or(0) > 0 => ("okwarn", "ok"),
        Some(0) => ("ok", "ok"),
        Some(_) => ("fail", "bad"),
    };
    let title = move || match known() {
        _ if standing.get() != Standing::One => standing_title(standing.get())
            .unwrap_or_default()
            .to_owned(),
        None => "Checking".to_owned(),
        Some(_) if empty.get() => "Nothing to run yet".to_owned(),
        Some(0) if typed_wrong.with(Option::is_some) => "Cannot run yet".to_owned(),
        Some(0) if for_others.get() => "Ready for somebody else to run".to_owned(),
        Some(0) => "Ready to run".to_owned(),
        Some(n) => format!("Cannot run yet: {}", counted(n as u64, "error", "errors")),
    };
    view! {
        <aside class="panel verdict" aria-label="Validation">
            <div class="v-head">
                <Glyph
                    name=Signal::derive(move || look().0)
                    tone=Signal::derive(move || match look().1 {
                        "ok" => "big ok",
                        "bad" => "big bad",
                        "warn" => "big warn",
                        _ => "big mute",
                    })
                />
                <div>
                    <h2 id="verdict-title" aria-live="polite">
                        {title}
                    </h2>
                    <CheckedLine checker/>
                </div>
            </div>
            <StandingNote editor/>
            {move || {
                typed_wrong
                    .get()
                    .map(|wrong| {
                        view! {
                            <p class="field-error pad">
                                <Glyph name="fail"/>
                                <span>{wrong}</span>
                            </p>
                        }
                    })
            }}
            <Differs checker/>
            <Show when=move || {
                standing.get() == Standing::One && errors.get().is_some_and(|n| n > 0)
                    && !empty.get()
            }>
                <Show when=move || editor.may_edit()>
                    <SmallestFix editor checker/>
                </Show>
                <div class="v-continue">
                    {move || match in_the_way.get() {
                        None => {
                            view! {
                                <Button
                                    label="Continue with errors"
                                    weight=Weight::QuietDanger
                                    size=Size::Small
                                    controls="continue-with-errors"
                                    refusal=continue_refusal
                                    on_press=on_continue
                                />
                            }
                                .into_any()
                        }
                        Some(text) => view! { <p class="dim">{text}</p> }.into_any(),
                    }}
                </div>
            </Show>
            <div id="findings">
                {move || {
                    if errors.get().is_none() {
                        Some(view! { <div class="pad"><Skeleton lines=4 label="Checking"/></div> }.into_any())
                    } else if items.with(Vec::is_empty) && typed_wrong.with(Option::is_none)
                        && standing.get() == Standing::One
                    {
                        Some(
                            view! { <p class="pad dim">"Nothing stands in the way."</p> }.into_any(),
                        )
                    } else {
                        None
                    }
                }}
                <FindingList items on_remedy may_edit=Signal::derive(move || editor.may_edit())/>
            </div>
        </aside>
    }
}

/// Who comes for it is asked for the reason at once, as soon as it is known that there are errors and
/// that they can be overridden. What stands in the way of that is on the screen.
fn ask_when_asked(
    errors: Derived<Option<usize>>,
    in_the_way: Derived<Option<String>>,
    refusal: Signal<Option<String>>,
    on_continue: Callback<()>,
) {
    let query = use_query_map();
    let done = StoredValue::new(false);
    Effect::new(move |_| {
        let wanted = query.with(|query| query.get(routes::CONTINUE).is_some());
        let possible = errors.get().is_some_and(|n| n > 0)
            && in_the_way.with(Option::is_none)
            && refusal.with(Option::is_none);
        if wanted && possible && !done.get_value() {
            done.set_value(true);
            on_continue.run(());
        }
    });
}

fn number(checker: Checker, severity: Severity) -> Option<usize> {
    checker
        .report
        .with(|r| r.as_ref().map(|r| count(r, severity)))
}

/// What the sentences of a finding need to know of the plan.
fn setting(editor: Editor, lanes: &Lanes, finding: &Finding) -> Setting {
    let name = |id| {
        editor
            .rows
            .with(|rows| rows.get(&id).map(|r| r.name.clone()))
    };
    let consumer = finding
        .consumer
        .as_ref()
        .map(|c| c.application)
        .or(finding.application);
    Setting {
        source: lanes.source.0.clone(),
        target: lanes.target.0.clone(),
        application: finding.application.and_then(name),
        consumer_version: consumer.and_then(|id| planned_number(editor, id)),
        who_can: editor.who_can(),
    }
}

fn planned_number(editor: Editor, id: domain::ApplicationId) -> Option<VersionNumber> {
    editor.content.with(|content| {
        let operation = content.operations.iter().find(|o| o.application == id)?;
        match &operation.choice {
            Choice::TagAndDeploy { number, .. } => Some(*number),
            choice => editor
                .rows
                .with(|rows| rows.get(&id).and_then(|row| number_of(choice, row))),
        }
    })
}

#[component]
fn CheckedLine(checker: Checker) -> impl IntoView {
    let clock = use_clock();
    let line = move || {
        // The clock may tick once more while the editor is being left, when its signals are gone.
        if let Some(reason) = checker.by_server.try_get().flatten() {
            return format!("{reason} The server checks it at every change.");
        }
        let failed = checker
            .failure
            .try_with(Option::is_some)
            .unwrap_or_default();
        if failed && checker.report.try_with(Option::is_none).unwrap_or_default() {
            return "The check could not begin.".to_owned();
        }
        if failed && checker.pending.try_get().unwrap_or_default() {
            return "The check could not go on. What is said below is about the plan before the last change.".to_owned();
        }
        match checker.checked.try_get().flatten() {
            None => "Reading what both environments run.".to_owned(),
            Some(at) => {
                let age = clock.now().since(at);
                let when = if age < 1_000 {
                    "just now".to_owned()
                } else {
                    relative(age).unwrap_or_else(|| "a while ago".to_owned())
                };
                format!("Checked {when}, rechecked on every change.")
            }
        }
    };
    view! {
        <p id="verdict-why">{line}</p>
        {move || {
            checker
                .failure
                .get()
                .map(|error| {
                    view! {
                        {error_line(error.to_string())}
                        <Button
                            label="Try now"
                            size=Size::Small
                            icon="retry"
                            on_press=Callback::new(move |()| checker.retry())
                        />
                    }
                })
        }}
    }
}

/// Client and server did not find the same: says so, and whose word this is.
#[component]
fn Differs(checker: Checker) -> impl IntoView {
    view! {
        <Show when=move || checker.differs.get()>
            <div class="v-note">
                <Glyph name="warn" tone="warn"/>
                <p>
                    "The server found something else than this page. What you see is the server's report; its word counts."
                </p>
            </div>
        </Show>
    }
}

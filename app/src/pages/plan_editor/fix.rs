//! The smallest fix of a plan with errors, with a preview of every step.

use super::check::Checker;
use super::state::Editor;
use super::words::{repair_bound, repair_label, repair_text, repair_title, step_text};
use crate::api::plans::repair_plan;
use crate::components::button::{Button, Size, Weight};
use crate::components::delay::Delay;
use crate::derived::derived;
use crate::error::ApiError;
use domain::impact::{Repair, RepairStep};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The smallest set of changes that makes the plan green, with a preview of every step.
#[component]
pub fn SmallestFix(editor: Editor, checker: Checker) -> impl IntoView {
    let repairs = RwSignal::new(None::<Vec<Repair>>);
    // What was found for the plan as it was stays where it is until there is an answer for the plan
    // as it is: nothing below moves.
    let looking = RwSignal::new(true);
    let failure = RwSignal::new(None::<ApiError>);
    let again = RwSignal::new(0);
    let preview = RwSignal::new(false);
    let delay = Delay::new(350);
    Effect::new(move |_| {
        again.track();
        editor.content.track();
        checker.report.track();
        let settled = editor.is_settled();
        looking.set(true);
        if !settled {
            return;
        }
        delay.run(move || {
            if editor.is_discarding() {
                return;
            }
            spawn_local(async move {
                let asked = editor.revision();
                let found = repair_plan(editor.number).await;
                // A change since then makes the answer worthless.
                if repairs.try_get_untracked().is_some() && editor.revision() == asked {
                    failure.set(found.as_ref().err().cloned());
                    repairs.set(found.ok().flatten());
                    looking.set(false);
                }
            });
        });
    });
    let accept = move |repair: Repair| {
        let said = repair_text(&repair);
        preview.set(false);
        editor.replace(repair.content, "Fix applied", &said);
    };
    let label = Callback::new(move |repair: Repair| {
        checker
            .report
            .with(|report| repair_label(&repair, report.as_deref()))
    });
    view! {
        <Fixes repairs looking preview label on_accept=Callback::new(accept)/>
        {move || {
            failure
                .get()
                .filter(|_| !looking.get())
                .map(|error| {
                    view! {
                        <p class="v-unfixed dim">
                            "The smallest fix could not be looked for. "
                            {error.to_string()}
                            " "
                            <Button
                                label="Try now"
                                size=Size::Small
                                icon="retry"
                                on_press=Callback::new(move |()| again.update(|again| *again += 1))
                            />
                        </p>
                    }
                })
        }}
    }
}

/// The smallest fix, and behind *Preview* its steps and the other ways with what each costs.
#[component]
pub fn Fixes(
    /// What was found, the smallest first.
    #[prop(into)]
    repairs: Signal<Option<Vec<Repair>>>,
    /// Whether it is being looked for again: what was found is no answer any more.
    #[prop(into, optional)]
    looking: Signal<bool>,
    /// Whether steps and other ways are shown.
    preview: RwSignal<bool>,
    /// What the button of the smallest says.
    label: Callback<Repair, &'static str>,
    /// One of them is chosen.
    on_accept: Callback<Repair>,
) -> impl IntoView {
    let best = derived(move |_| repairs.with(|r| r.as_ref().and_then(|r| r.first().cloned())));
    let others = derived(move |_| {
        repairs.with(|r| {
            r.as_ref()
                .map(|r| r.iter().skip(1).cloned().collect::<Vec<_>>())
                .unwrap_or_default()
        })
    });
    let refusal = Signal::derive(move || {
        looking
            .get()
            .then(|| "The plan has changed: the smallest fix is looked for again".to_owned())
    });
    let is_none = derived(move |_| repairs.with(|r| r.as_ref().is_some_and(Vec::is_empty)));
    view! {
        {move || {
            if best.with(Option::is_some) {
                return None;
            }
            if looking.get() {
                return Some(
                    view! {
                        <section class="v-fix looking" aria-label="Smallest fix">
                            <p class="dim">"Looking for the smallest fix…"</p>
                        </section>
                    }
                        .into_any(),
                );
            }
            is_none
                .get()
                .then(|| {
                    view! {
                        <p class="v-unfixed dim">"No other choice of versions settles this."</p>
                    }
                        .into_any()
                })
        }}
        {move || {
            best.get()
                .map(|repair| {
                    let label = label.run(repair.clone());
                    let steps = StoredValue::new(repair.steps.clone());
                    let title = repair_title(&repair);
                    let text = repair_text(&repair);
                    // Why, in a line; the steps have the others.
                    let why = repair.steps.first().map(|step| format!("{}.", step.because));
                    let exact = repair.exact;
                    view! {
                        <section
                            class="v-fix"
                            aria-label="Smallest fix"
                            aria-busy=move || looking.get().then_some("true")
                        >
                            <div>
                                <b>
                                    {if exact { "Smallest fix: " } else { "A fix: " }} {title}
                                </b>
                                <p>{text}</p>
                                {repair_bound(exact).map(|bound| view! { <p class="dim">{bound}</p> })}
                                {move || {
                                    why.clone()
                                        .filter(|_| !preview.get())
                                        .map(|why| view! { <p class="dim">{why}</p> })
                                }}
                            </div>
                            <div class="acts">
                                <Button
                                    label
                                    weight=Weight::Primary
                                    size=Size::Small
                                    icon="zap"
                                    refusal
                                    on_press=Callback::new(move |()| on_accept.run(repair.clone()))
                                />
                                <button
                                    type="button"
                                    class="btn link-btn sm"
                                    aria-expanded=move || preview.get().to_string()
                                    on:click=move |_| preview.update(|p| *p = !*p)
                                >
                                    <span>
                                        {move || if preview.get() { "Hide steps" } else { "Preview" }}
                                    </span>
                                </button>
                            </div>
                            <Show when=move || preview.get()>
                                <Steps steps=steps.get_value()/>
                                {move || {
                                    others
                                        .get()
                                        .into_iter()
                                        .map(|repair| {
                                            let title = format!("Or {}", repair_title(&repair));
                                            let text = repair_text(&repair);
                                            view! {
                                                <div class="v-other">
                                                    <p>
                                                        <b>{title}</b>
                                                        " "
                                                        {text}
                                                    </p>
                                                    <Button
                                                        label="Do this instead"
                                                        size=Size::Small
                                                        refusal
                                                        on_press=Callback::new(move |()| on_accept.run(repair.clone()))
                                                    />
                                                </div>
                                            }
                                        })
                                        .collect_view()
                                }}
                            </Show>
                        </section>
                    }
                })
        }}
    }
}

#[component]
fn Steps(steps: Vec<RepairStep>) -> impl IntoView {
    view! {
        <ol class="v-steps">
            {steps
                .into_iter()
                .map(|step| {
                    let mut text = step_text(&step);
                    if let Some(first) = text.get(..1).map(str::to_ascii_uppercase) {
                        text.replace_range(..1, &first);
                    }
                    view! {
                        <li>
                            <b>{text}</b>
                            <small>{step.because}</small>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}

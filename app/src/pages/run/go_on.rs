//! What has changed in the target since a plan was prepared, when somebody lets it go on: what was
//! found, and the reason to go on all the same where that is allowed.

use crate::components::button::{Button, Weight};
use crate::components::controls::TextArea;
use crate::components::dialog::Dialog;
use crate::components::field::Field;
use crate::components::findings::{Setting, sentence};
use domain::impact::Report;
use domain::name::MAX_REASON;
use domain::view::RunDetail;
use leptos::prelude::*;

/// The findings in words: what, and what is there.
pub fn found_in_words(report: &Report, run: &RunDetail) -> Vec<(String, String)> {
    let name_of = |id| {
        let mut all = run.applications.iter();
        all.find(|row| row.application == id)
    };
    report
        .findings
        .iter()
        .map(|finding| {
            let row = finding.application.and_then(name_of);
            let setting = Setting {
                source: run.plan.source.clone(),
                target: run.plan.target.clone(),
                application: row.map(|row| row.name.clone()),
                consumer_version: row.and_then(|row| row.to),
                who_can: None,
            };
            let said = sentence(finding, &setting);
            (said.title, said.facts)
        })
        .collect()
}

/// The dialog; open while something was found.
#[component]
pub(super) fn GoOnDialog(
    run: RwSignal<RunDetail>,
    found: RwSignal<Option<Report>>,
    #[prop(into)] busy: Signal<bool>,
    /// Goes on for this reason.
    on_go: Callback<String>,
) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let close = Callback::new(move |()| found.set(None));
    let may = move || found.with(|found| found.as_ref().is_some_and(|f| f.may_run(true)));
    let refusal = move || {
        if may() {
            let empty = reason.with(|reason| reason.trim().is_empty());
            empty.then(|| "Give a reason first".to_owned())
        } else {
            Some("This cannot be overridden. Abort the plan, or mend it in the target.".to_owned())
        }
    };
    let go = Callback::new(move |()| {
        if untrack(refusal).is_none() && !busy.get_untracked() {
            on_go.run(reason.get_untracked().trim().to_owned());
        }
    });
    view! {
        <Dialog
            open=Signal::derive(move || found.with(Option::is_some))
            on_close=close
            on_confirm=go
            id="go-on-with-errors"
            title=Signal::derive(move || {
                run.with(|run| format!("{} has changed since plan #{} was prepared", run.plan.target, run.plan.number))
            })
            lead="It was checked once more. This was not known at the start; nothing is switched yet:"
        >
            <div class="body">
                <ul class="breaks">
                    {move || {
                        let said = found
                            .with(|found| {
                                found
                                    .as_ref()
                                    .map(|report| run.with(|run| found_in_words(report, run)))
                            })
                            .unwrap_or_default();
                        let more = said.len().saturating_sub(12);
                        said.into_iter()
                            .take(12)
                            .map(|(title, facts)| format!("{title}. {facts}").trim().to_owned())
                            .chain((more > 0).then(|| format!("and {more} more")))
                            .map(|text| view! { <li>{text}</li> })
                            .collect_view()
                    }}
                </ul>
                <Show when=may>
                    <Field
                        label="Reason"
                        id="go-on-reason"
                        aside="kept in the audit"
                        hint="Say why this is all right; others will read it."
                    >
                        <TextArea
                            id="go-on-reason"
                            rows=3
                            max=MAX_REASON
                            value=reason
                            on_input=Callback::new(move |value| reason.set(value))
                        />
                    </Field>
                </Show>
            </div>
            <footer>
                <Button label="Continue later" on_press=close/>
                <Button
                    label="Continue with errors"
                    weight=Weight::Danger
                    busy
                    refusal=Signal::derive(refusal)
                    on_press=go
                />
            </footer>
        </Dialog>
    }
}

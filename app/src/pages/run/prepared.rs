//! A run that is prepared, suspended or waits for values: that nothing has changed, how long what it has
//! brought is kept, and what can be done about it besides continuing or aborting it.

use super::outcome::{OutcomeWords, outcome};
use crate::api::line::keep_plan_longer;
use crate::components::button::Button;
use crate::components::icon::Glyph;
use crate::components::time::{When, WhenStyle, use_clock};
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::routes;
use domain::plan::{Intervention, Kept};
use domain::view::RunDetail;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// Shown while the run is kept for a time.
#[component]
pub fn Prepared(
    /// The run.
    run: RwSignal<RunDetail>,
    /// It was kept longer, or somebody else was faster: the run has to be read again.
    on_changed: Callback<()>,
) -> impl IntoView {
    let kept = derived(move |_| run.with(|r| r.plan.stay.kept));
    // What is entered meanwhile changes them.
    let words = derived(move |_| run.with(outcome));
    move || {
        let kept = kept.get()?;
        let words = words.get()?;
        Some(view! { <KeptNotice run words kept on_changed/> })
    }
}

#[component]
fn KeptNotice(
    run: RwSignal<RunDetail>,
    words: OutcomeWords,
    kept: Kept,
    on_changed: Callback<()>,
) -> impl IntoView {
    let OutcomeWords { title, text, .. } = words;
    let clock = use_clock();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let number = run.with_untracked(|r| r.plan.number);
    let (stands, what) = match run.with_untracked(|r| r.plan.intervention) {
        Some(Intervention::DeploymentSuspended) => ("suspended", "What is there already"),
        Some(Intervention::NeedsConfigurationOrConfirmation) => {
            ("without its values", "What is there already")
        }
        _ => ("prepared", "What is prepared"),
    };
    let ending = derived(move |_| kept.is_ending(clock.now()));
    let modules = run.with_untracked(|r| {
        let mut modules: Vec<_> = r.steps.iter().filter_map(|s| s.module.clone()).collect();
        modules.sort();
        modules.dedup();
        modules.len()
    });
    let held = move || {
        let target = run.with(|r| r.plan.target.clone());
        let what = if modules == 1 {
            "1 module stays".to_owned()
        } else {
            format!("{modules} modules stay")
        };
        format!("{what} reserved in {target} until you continue or abort.")
    };
    let navigate = use_navigate();
    // Nothing has to be done for it to stay; what is true then is said.
    let leave = Callback::new(move |()| {
        let until = clock.civil(kept.until);
        toasts.done(
            format!("Plan #{number} stays {stands}"),
            format!(
                "It is kept until {} {} and then removed, unless somebody continues it in the list. Nothing has changed in {}.",
                until.date(),
                until.short_clock(),
                run.with_untracked(|run| run.plan.target.clone()),
            ),
        );
        navigate(routes::PLANS, NavigateOptions::default());
    });
    let longer = Callback::new(move |()| {
        busy.set(true);
        spawn_local(async move {
            let answer = keep_plan_longer(number, kept.until).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => toasts.done(
                    format!("Plan #{number} is kept longer"),
                    format!("{what} stays another {} h.", kept.hours),
                ),
                Err(error) => toasts.fail(format!("Plan #{number} is not kept longer"), &error),
            }
            on_changed.try_run(());
        });
    });
    view! {
        <section
            class=move || if ending.get() { "outcome warn" } else { "outcome hold" }
            aria-labelledby="h-kept"
        >
            <Glyph
                name=Signal::derive(move || if ending.get() { "warn" } else { "hold" })
                tone="big"
            />
            <div role="status">
                <h2 id="h-kept">{title}</h2>
                <p>{text} " " {held}</p>
                <p>
                    {move || ending.get().then(|| format!("{what} is soon removed. "))}
                    <b>"Ends " <When at=Signal::stored(kept.until) style=WhenStyle::Both/></b>
                    " unless somebody continues it."
                </p>
                // Its button is in the head of the page, where only a pointer finds this.
                {move || {
                    // Which value is missing was said above.
                    run.with(|r| {
                        let waits = r.plan.intervention
                            == Some(Intervention::NeedsConfigurationOrConfirmation);
                        r.continue_refusal.clone().filter(|_| !waits)
                    })
                        .map(|why| {
                            let why = why.trim_end_matches('.').to_owned();
                            view! { <p><b>"Cannot be continued now: "</b> {why} "."</p> }
                        })
                }}
            </div>
            <div class="acts">
                <Button
                    label="Keep longer"
                    name=format!("Keep longer: plan #{number}, another {} h", kept.hours)
                    icon="calendar"
                    busy
                    refusal=Signal::derive(move || run.with(|r| r.keep_refusal.clone()))
                    on_press=longer
                />
                <Button label="Continue later" icon="clock" on_press=leave/>
            </div>
        </section>
    }
}

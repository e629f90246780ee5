//! How an environment takes plans: on its card, and in the dialog that changes it.

use super::Asked;
use crate::api::environments::set_environment_rules;
use crate::components::button::{Button, Size, Weight};
use crate::components::controls::{Select, Switch, TextInput};
use crate::components::dialog::Dialog;
use crate::components::field::{ErrorSummary, Field, FormErrors, refused_view};
use crate::components::status::counted;
use crate::components::toast::use_toasts;
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::use_refusal;
use domain::access::Action;
use domain::environment::{Infrastructure, Rules};
use domain::view::EnvironmentDetail;
use domain::{AppError, EnvironmentId, FieldError};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// An environment whose rules are to be changed, as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesTarget {
    /// Which.
    pub id: EnvironmentId,
    /// The revision that was shown.
    pub revision: i64,
    /// Its name.
    pub name: String,
    /// How it takes plans.
    pub rules: Rules,
}

impl RulesTarget {
    /// As it is shown.
    pub fn of(environment: &EnvironmentDetail) -> Self {
        Self {
            id: environment.row.id,
            revision: environment.revision,
            name: environment.row.name.clone(),
            rules: environment.rules,
        }
    }
}

/// The rules in sentences: a title, and what it means.
pub fn rules_in_words(rules: &Rules) -> Vec<(String, &'static str)> {
    let running = if rules.limit() == 1 {
        (
            "One plan at a time".to_owned(),
            "Others wait, or stand in line",
        )
    } else {
        (
            format!("Up to {} plans in parallel", rules.limit()),
            "Refused when two plans touch related modules",
        )
    };
    let mut words = vec![running];
    if !rules.parallel_creation {
        words.push((
            "One saved plan at a time".to_owned(),
            "Another is saved when that one is over",
        ));
    }
    words.push(if rules.two_stage {
        (
            format!(
                "In two stages, prepared plans kept {}",
                counted(rules.keep_hours, "hour", "hours")
            ),
            "Prepared first, switched when someone continues",
        )
    } else {
        ("In one stage".to_owned(), "Prepared and switched in one go")
    });
    words
}

/// The part of a card.
#[component]
pub fn RulesPart(
    /// The environment.
    environment: Derived<EnvironmentDetail>,
    /// Something was asked for.
    on_ask: Callback<Asked>,
) -> impl IntoView {
    let words = derived(move |_| environment.with(|e| rules_in_words(&e.rules)));
    let kind = derived(move |_| environment.with(|e| e.rules.infrastructure.label()));
    let name = derived(move |_| environment.with(|e| e.row.name.clone()));
    view! {
        <section class="e-rules">
            <div class="e-rules-h">
                <b>"How it takes plans"</b>
                <Button
                    label="Change"
                    name=Signal::derive(move || format!("Change how {} takes plans", name.get()))
                    size=Size::Small
                    weight=Weight::Ghost
                    controls="environment-rules"
                    refusal=use_refusal(Action::ManageEnvironments)
                    on_press=Callback::new(move |()| {
                        on_ask.run(Asked::Rules(environment.with_untracked(RulesTarget::of)));
                    })
                />
            </div>
            <ul>
                {move || {
                    words
                        .get()
                        .into_iter()
                        .map(|(title, meaning)| {
                            view! {
                                <li>
                                    {title} <small>{meaning}</small>
                                </li>
                            }
                        })
                        .collect_view()
                }}
                <li>
                    {move || format!("{} infrastructure", kind.get())}
                </li>
            </ul>
        </section>
    }
}

/// A whole number that was typed; what is none is not between any bounds.
fn number(text: &str) -> u32 {
    text.trim().parse().unwrap_or(0)
}

/// Changes how an environment takes plans.
#[component]
pub fn RulesDialog(
    /// Which; none while it is closed.
    target: RwSignal<Option<RulesTarget>>,
    /// It was done, or somebody else was faster.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let rules = RwSignal::new(Rules::default());
    let limit = RwSignal::new(String::new());
    let hours = RwSignal::new(String::new());
    let errors = FormErrors::new();
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(target) = target.get() {
            limit.set(target.rules.parallel_limit.to_string());
            hours.set(target.rules.keep_hours.to_string());
            rules.set(target.rules);
            errors.set(Vec::new());
            refused.set(None);
        }
    });
    let refusal = use_refusal(Action::ManageEnvironments);
    let close = Callback::new(move |()| target.set(None));
    let save = Callback::new(move |()| {
        let Some(what) = target.get_untracked() else {
            return;
        };
        if busy.get_untracked() || refusal.with_untracked(Option::is_some) {
            return;
        }
        let wanted = Rules {
            parallel_limit: number(&limit.get_untracked()),
            keep_hours: number(&hours.get_untracked()),
            ..rules.get_untracked()
        };
        let problems: Vec<FieldError> = wanted.problems();
        errors.set(problems.clone());
        refused.set(None);
        if !problems.is_empty() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = set_environment_rules(what.id, what.revision, wanted).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    let _ = target.try_set(None);
                    toasts.done(
                        format!("{} changed", what.name),
                        "It holds for what starts from now on.",
                    );
                    on_done.try_run(());
                }
                Err(ApiError::App(AppError::Invalid { fields })) => errors.set(fields),
                Err(error) => {
                    let _ = refused.try_set(Some(error.to_string()));
                    on_done.try_run(());
                }
            }
        });
    });
    let kinds = Signal::stored(
        Infrastructure::ALL
            .into_iter()
            .map(|kind| (kind.as_str().to_owned(), kind.label().to_owned()))
            .collect::<Vec<_>>(),
    );
    let wrong =
        move |field: &'static str| Signal::derive(move || errors.of(field).with(Option::is_some));
    view! {
        <Dialog
            open=Signal::derive(move || target.with(Option::is_some))
            on_close=close
            on_confirm=save
            id="environment-rules"
            title=Signal::derive(move || {
                target
                    .get()
                    .map_or_else(String::new, |target| format!("How {} takes plans", target.name))
            })
            lead="Plans that run or are prepared go on as they began."
        >
            <form
                class="body"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    save.run(());
                }
            >
                <ErrorSummary title="Nothing was changed." errors/>
                {refused_view(refused)}
                <Field
                    label="Infrastructure"
                    id="infrastructure"
                    hint="Cloud and hybrid never run more than 5 plans at a time"
                >
                    <Select
                        id="infrastructure"
                        options=kinds
                        value=Signal::derive(move || {
                            rules.with(|rules| rules.infrastructure.as_str().to_owned())
                        })
                        on_change=Callback::new(move |word: String| {
                            if let Some(kind) = Infrastructure::parse(&word) {
                                errors.clear_field("parallel_limit");
                                rules.update(|rules| rules.infrastructure = kind);
                            }
                        })
                    />
                </Field>
                <Switch
                    label="Several saved plans"
                    hint="When off, a plan can only be saved once the one before it has ended"
                    on=Signal::derive(move || rules.with(|rules| rules.parallel_creation))
                    on_change=Callback::new(move |on| {
                        rules.update(|rules| rules.parallel_creation = on);
                    })
                />
                <Switch
                    label="Run plans in parallel"
                    hint="Refused when two plans touch related modules"
                    on=Signal::derive(move || rules.with(|rules| rules.parallel_execution))
                    on_change=Callback::new(move |on| {
                        rules.update(|rules| rules.parallel_execution = on);
                    })
                />
                <Show when=move || rules.with(|rules| rules.parallel_execution)>
                    <Field
                        label="At most"
                        id="parallel_limit"
                        hint="Plans that run, wait for somebody or are being aborted"
                        error=errors.of("parallel_limit")
                    >
                        <TextInput
                            id="parallel_limit"
                            class="num"
                            value=limit
                            max=3
                            invalid=wrong("parallel_limit")
                            on_input=Callback::new(move |text: String| {
                                limit.set(text);
                                errors.clear_field("parallel_limit");
                            })
                        />
                    </Field>
                </Show>
                <Switch
                    label="Deploy in two stages"
                    hint="Prepare first, switch when someone continues"
                    on=Signal::derive(move || rules.with(|rules| rules.two_stage))
                    on_change=Callback::new(move |on| {
                        rules.update(|rules| rules.two_stage = on);
                    })
                />
                <Show when=move || rules.with(|rules| rules.two_stage)>
                    <Field
                        label="Keep prepared plans"
                        id="keep_hours"
                        hint="Hours, at most 720. Then the plan ends and nothing has changed"
                        error=errors.of("keep_hours")
                    >
                        <TextInput
                            id="keep_hours"
                            class="num"
                            value=hours
                            max=4
                            invalid=wrong("keep_hours")
                            on_input=Callback::new(move |text: String| {
                                hours.set(text);
                                errors.clear_field("keep_hours");
                            })
                        />
                    </Field>
                </Show>
            </form>
            <footer>
                <Button label="Cancel" on_press=close/>
                <Button label="Save" weight=Weight::Primary busy refusal on_press=save/>
            </footer>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_said_as_they_hold() {
        let titles = |rules: &Rules| -> Vec<String> {
            rules_in_words(rules).into_iter().map(|w| w.0).collect()
        };
        let rules = Rules::default();
        assert_eq!(
            titles(&rules),
            ["Up to 5 plans in parallel", "In one stage"]
        );
        let rules = Rules {
            parallel_creation: false,
            parallel_execution: false,
            two_stage: true,
            keep_hours: 1,
            ..rules
        };
        assert_eq!(
            titles(&rules),
            [
                "One plan at a time",
                "One saved plan at a time",
                "In two stages, prepared plans kept 1 hour"
            ]
        );
        assert_eq!((number(" 7 "), number("many"), number("-1")), (7, 0, 0));
    }
}

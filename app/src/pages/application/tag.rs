//! The dialog that tags what an environment runs, or an older state anew.

use super::older::{Older, OlderContent};
use super::places;
use crate::api::catalog::{retag_version, tag_version};
use crate::components::button::{Button, Weight};
use crate::components::controls::{Select, TextArea, TextInput};
use crate::components::dialog::Dialog;
use crate::components::field::{ErrorSummary, Field, FormErrors, sentence};
use crate::components::icon::Glyph;
use crate::components::length::{NEVER_CUT, too_long};
use crate::components::status::{Look, Status};
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::error::ApiError;
use domain::plan::MAX_DESCRIPTION;
use domain::version::VersionNumber;
use domain::view::{ApplicationDetail, NewRetag, NewVersion};
use domain::{AppError, EnvironmentId, FieldError, VersionId};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A tag that shall be tagged again, and where it was made.
pub type Again = (VersionId, String);

/// What the form says, ready to be sent.
enum New {
    /// What runs.
    Running(NewVersion),
    /// An older state.
    Older(NewRetag),
}

/// Tags a version.
#[component]
pub fn TagDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The tag that shall be tagged again, if it was opened for one.
    again: RwSignal<Option<Again>>,
    /// Why nothing can be tagged now.
    refusal: Signal<Option<String>>,
    /// The application, kept up to date.
    detail: RwSignal<ApplicationDetail>,
    /// A version was tagged, or the shown state turned out to be old.
    on_tagged: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let lane = RwSignal::new(0_usize);
    let older = Older::new(detail.with_untracked(|detail| detail.id));
    let place_of = move |lane: usize| -> Option<EnvironmentId> {
        detail.with_untracked(|detail| detail.cells.get(lane).map(|cell| cell.environment))
    };
    let number = RwSignal::new(String::new());
    // Until the person changes it, also to nothing, it follows the proposal.
    let own_number = RwSignal::new(false);
    let description = RwSignal::new(String::new());
    let errors = FormErrors::new();
    let refused = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);

    Effect::new(move |_| {
        if open.get() {
            let asked = again.get_untracked();
            detail.with_untracked(|detail| {
                let here = |lane: &usize| detail.cells.get(*lane).is_some_and(|cell| cell.present);
                let asked = asked.as_ref().and_then(|(_, place)| {
                    let names = &detail.environments;
                    names.iter().position(|name| name == place).filter(here)
                });
                let first = detail.cells.iter().position(|cell| cell.present);
                lane.set(asked.or(first).unwrap_or(0));
            });
            older.open(place_of(lane.get_untracked()), asked.map(|(base, _)| base));
            own_number.set(false);
            description.set(String::new());
            errors.set(Vec::new());
            refused.set(None);
        } else {
            again.set(None);
        }
    });
    let proposal = derived(move |_| {
        let lane = lane.get();
        if older.base.get().is_some() {
            return older.proposal();
        }
        detail.with(|detail| detail.proposals.get(lane).copied().flatten())
    });
    Effect::new(move |_| {
        let proposal = proposal.get();
        if open.get() && !own_number.get() {
            number.set(proposal.map_or_else(String::new, |number| number.to_string()));
        }
    });
    let too_long =
        derived(move |_| description.with(|text| too_long(text.trim(), "a tag", MAX_DESCRIPTION)));
    let wrong_words =
        Signal::derive(move || too_long.get().or_else(|| errors.of("description").get()));
    // What the console would refuse is known here, as far as the tags are.
    let unusable = derived(move |_| {
        let typed = number.get();
        if typed.trim().is_empty() {
            return None;
        }
        let parsed = match typed.parse::<VersionNumber>() {
            Ok(parsed) => parsed,
            Err(error) => return Some(sentence(&error.to_string())),
        };
        let lane = lane.get();
        let of_older = older.base.get().map(|_| older.number());
        detail.with(|detail| {
            let runs = detail.cells.get(lane).and_then(|cell| cell.version);
            let taken = detail.versions.iter().map(|version| version.number);
            let usable = parsed.check_new(&detail.name, of_older.unwrap_or(runs), taken);
            usable.err().map(|error| error.to_string())
        })
    });
    let wrong_number = Signal::derive(move || unusable.get().or_else(|| errors.of("number").get()));
    let button_refusal = Signal::derive(move || {
        let nameless = || {
            let empty = number.with(|number| number.trim().is_empty());
            empty.then(|| "Give the tag a number first.".to_owned())
        };
        refusal
            .get()
            .or_else(nameless)
            .or_else(|| unusable.get())
            .or_else(|| too_long.get())
    });
    let close = Callback::new(move |()| open.set(false));
    let tag = Callback::new(move |()| {
        if busy.get_untracked() || refusal.with_untracked(Option::is_some) {
            return;
        }
        if let Some(said) = too_long.get_untracked() {
            errors.set(vec![FieldError::new("description", said)]);
            return;
        }
        let typed = number.get_untracked();
        let parsed = match typed.parse::<VersionNumber>() {
            Ok(parsed) => parsed,
            Err(error) => {
                errors.set(vec![FieldError::new(
                    "number",
                    sentence(&error.to_string()),
                )]);
                return;
            }
        };
        if let Some(said) = unusable.get_untracked() {
            errors.set(vec![FieldError::new("number", said)]);
            return;
        }
        let lane = lane.get_untracked();
        let Some(new) = detail.with_untracked(|detail| {
            let environment = detail.cells.get(lane)?.environment;
            let number = parsed.to_string();
            let description = description.get_untracked().trim().to_owned();
            Some(match older.base.get_untracked() {
                Some(base) => New::Older(NewRetag {
                    application: detail.id,
                    environment,
                    base,
                    modules: older.chosen()?,
                    number,
                    description,
                }),
                None => New::Running(NewVersion {
                    application: detail.id,
                    environment,
                    number,
                    description,
                    running_revision: detail.running_revisions.get(lane).copied().flatten()?,
                }),
            })
        }) else {
            refused.set(Some(
                "It is not known there any more. Choose another environment or another base."
                    .to_owned(),
            ));
            return;
        };
        let (name, place) = detail.with_untracked(|detail| {
            (
                detail.name.clone(),
                detail.environments.get(lane).cloned().unwrap_or_default(),
            )
        });
        let said = match (&new, older.number()) {
            (New::Older(_), Some(base)) => format!("{name}, as it was in {base}."),
            _ => format!("{name}, as it runs in {place}."),
        };
        busy.set(true);
        refused.set(None);
        spawn_local(async move {
            let answer = match new {
                New::Running(new) => tag_version(new).await,
                New::Older(new) => retag_version(new).await,
            };
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    open.try_set(false);
                    toasts.done(format!("Tagged {parsed}"), said);
                    on_tagged.try_run(());
                }
                Err(ApiError::App(AppError::Invalid { fields })) => errors.set(fields),
                Err(error) => {
                    if matches!(
                        error,
                        ApiError::App(AppError::Stale { .. } | AppError::Conflict { .. })
                    ) {
                        on_tagged.try_run(());
                    }
                    refused.try_set(Some(error.to_string()));
                }
            }
        });
    });

    let options = Signal::derive(move || {
        detail.with(|detail| {
            detail
                .environments
                .iter()
                .enumerate()
                .filter(|(lane, _)| detail.cells.get(*lane).is_some_and(|cell| cell.present))
                .map(|(lane, name)| (lane.to_string(), name.clone()))
                .collect::<Vec<_>>()
        })
    });
    let place = Signal::derive(move || {
        let lane = lane.get();
        detail.with(|detail| places(detail).get(lane).copied().unwrap_or_default())
    });
    let hint = Signal::derive(move || {
        if older.base.get().is_some() {
            let low = number
                .get()
                .parse()
                .ok()
                .and_then(|number| older.too_low(number));
            return low.unwrap_or_else(|| {
                "Above the tag it is based on. It is proposed; you can change it.".to_owned()
            });
        }
        detail
            .with(|detail| detail.versions.iter().map(|version| version.number).max())
            .map_or_else(
                || "Numbers and dots, for example 1.0".to_owned(),
                |last| {
                    format!("The highest tag is {last}. The number is proposed; you can change it.")
                },
            )
    });
    let title =
        Signal::derive(move || detail.with(|detail| format!("Tag a version of {}", detail.name)));
    let act = Signal::derive(move || {
        let number = number.get();
        let number = number.trim();
        if number.is_empty() || unusable.with(Option::is_some) {
            "Tag".to_owned()
        } else {
            format!("Tag {number}")
        }
    });
    view! {
        <Dialog
            open
            on_close=close
            on_confirm=tag
            id="tag-version"
            title
            lead="A tag freezes all modules as they are, so this exact state can be deployed later."
        >
            <form
                class="body"
                novalidate
                on:submit=move |event| {
                    event.prevent_default();
                    tag.run(());
                }
            >
                <ErrorSummary title="The version was not tagged." errors/>
                {move || {
                    refused
                        .get()
                        .map(|reason| {
                            view! {
                                <div class="notice bad" role="alert">
                                    <Glyph name="fail"/>
                                    <p>
                                        <b>"Not tagged. "</b>
                                        {reason}
                                    </p>
                                </div>
                            }
                        })
                }}
                <div class="tag-two">
                    <Field label="Tag in" id="environment" error=errors.of("environment")>
                        <Select
                            id="environment"
                            lane=place
                            options
                            value=Signal::derive(move || lane.get().to_string())
                            on_change=Callback::new(move |chosen: String| {
                                let chosen = chosen.parse().unwrap_or(0);
                                lane.set(chosen);
                                older.enter(place_of(chosen));
                                errors.clear_field("environment");
                            })
                        />
                    </Field>
                    <Field
                        label="Based on"
                        id="base"
                        hint=Signal::derive(move || older.more().unwrap_or_default())
                    >
                        <Select
                            id="base"
                            options=Signal::derive(move || older.options())
                            value=Signal::derive(move || {
                                older.base.get().map_or_else(String::new, |base| base.to_string())
                            })
                            on_change=Callback::new(move |chosen: String| {
                                older.choose(place_of(lane.get_untracked()), chosen.parse().ok());
                                errors.clear_field("number");
                            })
                        />
                    </Field>
                    <Field label="New tag" id="number" hint error=wrong_number>
                        <TextInput
                            id="number"
                            value=number
                            max=NEVER_CUT
                            autofocus=true
                            invalid=Signal::derive(move || wrong_number.with(Option::is_some))
                            on_input=Callback::new(move |typed: String| {
                                own_number.set(true);
                                number.set(typed);
                                errors.clear_field("number");
                            })
                        />
                    </Field>
                </div>
                <Field
                    label="What changed"
                    id="description"
                    aside="optional"
                    error=wrong_words
                >
                    <TextArea
                        id="description"
                        value=description
                        rows=3
                        max=NEVER_CUT
                        invalid=Signal::derive(move || wrong_words.with(Option::is_some))
                        on_input=Callback::new(move |typed| {
                            description.set(typed);
                            errors.clear_field("description");
                        })
                    />
                </Field>
                {move || {
                    if older.base.with(Option::is_some) {
                        view! { <OlderContent older/> }.into_any()
                    } else {
                        view! { <Content detail lane/> }.into_any()
                    }
                }}
            </form>
            <footer>
                <span class="note">
                    <kbd>"Ctrl"</kbd>
                    <kbd>"↵"</kbd>
                    " to tag"
                </span>
                <Button label="Cancel" on_press=close/>
                <Button label=act weight=Weight::Primary icon="tag" busy refusal=button_refusal on_press=tag/>
            </footer>
        </Dialog>
    }
}

/// What the tag will hold.
#[component]
fn Content(detail: RwSignal<ApplicationDetail>, lane: RwSignal<usize>) -> impl IntoView {
    let rows = derived(move |_| {
        let lane = lane.get();
        detail.with(|detail| {
            let base = detail.cells.get(lane).and_then(|cell| cell.version);
            detail
                .modules
                .iter()
                .filter_map(|module| {
                    let cell = module.cells.get(lane)?;
                    cell.version?;
                    let state = match (cell.modified, base) {
                        (true, Some(base)) => format!("changed since {base}"),
                        (false, Some(base)) => format!("as in {base}"),
                        (_, None) => "not in any tag yet".to_owned(),
                    };
                    Some((module.name.clone(), cell.modified || base.is_none(), state))
                })
                .collect::<Vec<_>>()
        })
    });
    let unchanged = move || rows.with(|rows| rows.iter().all(|(_, changed, _)| !changed));
    view! {
        <div class="field">
            <span class="label" id="tag-content">
                "Modules in this tag"
            </span>
            <ul class="tmods" aria-labelledby="tag-content" tabindex="0">
                {move || {
                    rows.get()
                        .into_iter()
                        .map(|(name, changed, state)| {
                            let look = if changed {
                                Look::new("modified", name, "")
                            } else {
                                Look::new("skipped", name, "mute")
                            };
                            view! {
                                <li>
                                    <Status look plain={!changed}/>
                                    <small>{state}</small>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
            {move || {
                unchanged()
                    .then(|| {
                        view! {
                            <p class="hint">
                                "Nothing has changed since the last tag. A new one would hold the same modules."
                            </p>
                        }
                    })
            }}
        </div>
    }
}

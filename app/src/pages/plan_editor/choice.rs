//! What happens to an application: the choice, and the number and words of a new tag.

use super::state::Editor;
use crate::components::icon::{Glyph, Icon};
use domain::plan::Choice;
use domain::view::{PlanApplicationRow, PlanEdit};
use domain::{ApplicationId, VersionNumber};
use leptos::prelude::*;

const NOTHING: &str = "nothing";
const TAG: &str = "tag";

/// *Do nothing / Deploy x.y / Tag & Deploy x.z*, and the number and words of a new tag.
#[component]
pub fn OperationChoice(
    editor: Editor,
    id: ApplicationId,
    row: Memo<Option<PlanApplicationRow>>,
    choice: Memo<Choice>,
    name: Signal<String>,
) -> impl IntoView {
    let value = move || match choice.get() {
        Choice::DoNothing => NOTHING.to_owned(),
        Choice::Deploy { version } => version.to_string(),
        Choice::TagAndDeploy { .. } => TAG.to_owned(),
    };
    let options = move || {
        let choice = choice.get();
        row.with(|row| {
            row.as_ref()
                .map(|row| options(row, &choice))
                .unwrap_or_default()
        })
    };
    let choose = move |chosen: String| {
        let next = row.with_untracked(|row| {
            let row = row.as_ref()?;
            match chosen.as_str() {
                NOTHING => Some(Choice::DoNothing),
                TAG => Some(Choice::TagAndDeploy {
                    number: row.tag_proposal?,
                    description: String::new(),
                }),
                id => Some(Choice::Deploy {
                    version: id.parse().ok()?,
                }),
            }
        });
        if let Some(next) = next {
            editor.apply(PlanEdit::SetChoice(id, next));
        }
    };
    let blocked = move || row.with(|row| row.as_ref().and_then(|row| row.blocked.clone()));
    view! {
        <span class="op">
            <span class="select sm">
                <select
                    aria-label=move || format!("What to do with {}", name.get())
                    title=blocked
                    disabled=move || !editor.may_edit()
                    prop:value=value
                    on:change=move |event| choose(event_target_value(&event))
                >
                    {move || {
                        let chosen = value();
                        options()
                            .into_iter()
                            .map(|(value, words)| {
                                let selected = value == chosen;
                                view! {
                                    <option value=value selected=selected>
                                        {words}
                                    </option>
                                }
                            })
                            .collect_view()
                    }}
                    {move || {
                        let more = row.with(|row| row.as_ref().map_or(0, |row| row.more_eligible));
                        (more > 0)
                            .then(|| {
                                view! {
                                    <option value="" disabled=true>
                                        {format!("and {more} older")}
                                    </option>
                                }
                            })
                    }}
                </select>
                <Icon name="down"/>
            </span>
            {move || {
                choice
                    .with(|c| matches!(c, Choice::TagAndDeploy { .. }))
                    .then(|| view! { <NewTag editor id choice name/> })
            }}
        </span>
    }
}

fn options(row: &PlanApplicationRow, choice: &Choice) -> Vec<(String, String)> {
    let mut options = vec![(NOTHING.to_owned(), "Do nothing".to_owned())];
    let tagging = match choice {
        Choice::TagAndDeploy { number, .. } => Some(*number),
        _ => None,
    };
    if let Some(number) = tagging.or(row.tag_proposal) {
        options.push((TAG.to_owned(), format!("Tag & Deploy {number}")));
    }
    for version in &row.eligible {
        options.push((version.id.to_string(), format!("Deploy {}", version.number)));
    }
    if let Choice::Deploy { version } = choice
        && row.eligible.iter().all(|e| e.id != *version)
    {
        options.push((
            version.to_string(),
            "Deploy (not available any more)".to_owned(),
        ));
    }
    options
}

/// The number of the new tag, and what it says about the change.
#[component]
fn NewTag(
    editor: Editor,
    id: ApplicationId,
    choice: Memo<Choice>,
    name: Signal<String>,
) -> impl IntoView {
    // A field tells of its change when it loses the focus, also when its row is taken away.
    let now = move || match choice.try_get_untracked() {
        Some(Choice::TagAndDeploy {
            number,
            description,
        }) => Some((number, description)),
        _ => None,
    };
    let wrong = RwSignal::new(None::<String>);
    let number = move || {
        choice.with(|c| match c {
            Choice::TagAndDeploy { number, .. } => number.to_string(),
            _ => String::new(),
        })
    };
    let description = move || {
        choice.with(|c| match c {
            Choice::TagAndDeploy { description, .. } => description.clone(),
            _ => String::new(),
        })
    };
    let set_number = move |typed: String| match (typed.parse::<VersionNumber>(), now()) {
        (Ok(number), Some((_, description))) => {
            wrong.set(None);
            let choice = Choice::TagAndDeploy {
                number,
                description,
            };
            editor.apply(PlanEdit::SetChoice(id, choice));
        }
        (Err(error), _) => wrong.set(Some(error.to_string())),
        (Ok(_), None) => {}
    };
    let set_description = move |description: String| {
        if let Some((number, _)) = now() {
            let choice = Choice::TagAndDeploy {
                number,
                description,
            };
            editor.apply(PlanEdit::SetChoice(id, choice));
        }
    };
    let note = format!("tag-{id}-note");
    view! {
        <span class="tagin">
            <Icon name="tag"/>
            <input
                class="input sm"
                aria-label=move || format!("Number of the new tag of {}", name.get())
                aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                aria-describedby=note.clone()
                autocomplete="off"
                spellcheck="false"
                maxlength="31"
                disabled=move || !editor.may_edit()
                prop:value=number
                on:change=move |event| set_number(event_target_value(&event))
            />
        </span>
        <span class="tagnote">
            <input
                class="input sm"
                aria-label=move || format!("What changed in the new tag of {}", name.get())
                placeholder="What changed"
                autocomplete="off"
                maxlength="2000"
                disabled=move || !editor.may_edit()
                prop:value=description
                on:change=move |event| set_description(event_target_value(&event))
            />
            <span id=note>
                {move || {
                    wrong
                        .get()
                        .map(|message| {
                            view! {
                                <span class="field-error">
                                    <Glyph name="fail"/>
                                    <span>{message}</span>
                                </span>
                            }
                        })
                }}
            </span>
        </span>
    }
}

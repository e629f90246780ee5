//! What happens to an application: the choice, and the number and words of a new tag. Single
//! modules are chosen in a dialog of their own.

use super::custom::{ChangeModules, modules_in_short};
use super::state::Editor;
use super::tags::Wrong;
use crate::components::button::{Button, Size, Weight};
use crate::components::controls::GrowingText;
use crate::components::icon::{Glyph, Icon};
use crate::components::status::{Look, Status};
use crate::derived::{Derived, derived};
use crate::pages::blocking::Blocking;
use crate::session::use_session;
use domain::ApplicationId;
use domain::access::Action;
use domain::plan::{Choice, PlanKind};
use domain::view::{PlanApplicationRow, PlanEdit};
use leptos::prelude::*;
use leptos::task::spawn_local;

const NOTHING: &str = "nothing";
const TAG: &str = "tag";
const CUSTOM: &str = "custom";

fn custom() -> String {
    CUSTOM.to_owned()
}

/// *Do nothing / Deploy x.y / Tag & Deploy x.z*, and the number and words of a new tag.
#[component]
pub fn OperationChoice(
    editor: Editor,
    id: ApplicationId,
    row: Derived<Option<PlanApplicationRow>>,
    choice: Derived<Choice>,
    name: Signal<String>,
) -> impl IntoView {
    // Shown while its modules are chosen, and gone again if they are not.
    let choosing = derived(move |_| editor.choosing.get() == Some(id));
    let value = move || match choice.get() {
        _ if choosing.get() => custom(),
        Choice::DoNothing => NOTHING.to_owned(),
        Choice::Deploy { version } => version.to_string(),
        Choice::TagAndDeploy { .. } => TAG.to_owned(),
        Choice::DeployCustom { .. } => custom(),
    };
    let options = move || {
        let choice = choice.get();
        let kind = editor.content.with(|content| content.kind);
        row.with(|row| {
            row.as_ref()
                .map(|row| {
                    let mut options = options(row, &choice, kind);
                    // Blocked since it was chosen: it can be left as it is, or left out.
                    let chosen = value();
                    options.retain(|(value, _)| {
                        row.blocked.is_none() || *value == NOTHING || *value == chosen
                    });
                    options
                })
                .unwrap_or_default()
        })
    };
    // Where the place is narrow the words of the choice may not be seen whole.
    let words = move || {
        let chosen = value();
        let mut options = options().into_iter();
        options.find_map(|(value, words)| (value == chosen).then_some(words))
    };
    let choose = move |chosen: String| {
        if chosen == CUSTOM {
            return editor.choosing.set(Some(id));
        }
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
            editor.tags.forget(id);
            editor.apply(PlanEdit::SetChoice(id, next));
        }
    };
    let tagging = derived(move |_| choice.with(|c| matches!(c, Choice::TagAndDeploy { .. })));
    let blocked = move || row.with(|row| row.as_ref().and_then(|row| row.blocked.clone()));
    // A blocked application is fixed at Do nothing (domain.md B3); one that was blocked after
    // something was chosen can still be left out.
    let fixed = move || blocked().is_some() && choice.with(|choice| *choice == Choice::DoNothing);
    view! {
        <span class="op">
            <span class="select sm">
                <select
                    aria-label=move || format!("What to do with {}", name.get())
                    title=move || editor.edit_refusal().or_else(blocked).or_else(words)
                    disabled=move || !editor.may_edit() || fixed()
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
                </select>
                <Icon name="down"/>
            </span>
            <Block editor id row name/>
            <Show when=move || blocked().is_none()>
                <ChangeModules editor id choice name/>
                <OlderVersions editor id row name/>
            </Show>
            {move || {
                let blocked = Signal::derive(blocked);
                tagging.get().then(|| view! { <NewTag editor id choice name blocked/> })
            }}
        </span>
    }
}

/// Says that the application is blocked in the target, and lifts that (B5).
#[component]
fn Block(
    editor: Editor,
    id: ApplicationId,
    row: Derived<Option<PlanApplicationRow>>,
    name: Signal<String>,
) -> impl IntoView {
    let session = use_session();
    let reason = derived(move |_| row.with(|row| row.as_ref().and_then(|row| row.blocked.clone())));
    let ask = Callback::new(move |()| {
        let (environment, environment_name) = (
            editor.content.with_untracked(|content| content.target),
            editor
                .detail
                .with_untracked(|detail| detail.row.target.clone()),
        );
        editor.blocking.set(Some(Blocking {
            applications: vec![(id, name.get_untracked())],
            environment,
            environment_name,
            block: false,
        }));
    });
    view! {
        <Show when=move || reason.with(Option::is_some)>
            <Status look=Signal::derive(move || {
                Look::blocked(&reason.get().unwrap_or_default())
            })/>
            <Show when=move || session.can(Action::DeployApplications)>
                <Button
                    label="Unblock"
                    icon="unlock"
                    name=Signal::derive(move || format!("Unblock {}", name.get()))
                    weight=Weight::Link
                    size=Size::Small
                    controls="block-application"
                    on_press=ask
                />
            </Show>
        </Show>
    }
}

/// Offers the versions that a row does not bring along because there are so many.
#[component]
fn OlderVersions(
    editor: Editor,
    id: ApplicationId,
    row: Derived<Option<PlanApplicationRow>>,
    name: Signal<String>,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let more = derived(move |_| row.with(|row| row.as_ref().map_or(0, |row| row.more_eligible)));
    let read = Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = editor.read_older(id).await;
            if busy.try_set(false).is_some() {
                return;
            }
            if let Err(error) = answer {
                let name = name.get_untracked();
                let title = format!("The older versions of {name} could not be read");
                editor.toasts.fail(title, &error);
            }
        });
    });
    view! {
        <Show when=move || (more.get() > 0) && editor.may_edit()>
            <Button
                label=Signal::derive(move || format!("Offer {} older", more.get()))
                name=Signal::derive(move || {
                    format!("Offer {} older versions of {}", more.get(), name.get())
                })
                weight=Weight::Link
                size=Size::Small
                busy
                on_press=read
            />
        </Show>
    }
}

fn options(row: &PlanApplicationRow, choice: &Choice, kind: PlanKind) -> Vec<(String, String)> {
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
        options.push((version.to_string(), "Not available any more".to_owned()));
    }
    match choice {
        Choice::DeployCustom { modules } => options.push((
            CUSTOM.to_owned(),
            format!(
                "Deploy Custom ({})",
                modules_in_short(modules.len(), row.modules)
            ),
        )),
        // Other kinds bring exactly what ran somewhere.
        _ if kind == PlanKind::Ordinary && row.in_source.is_some() => {
            options.push((CUSTOM.to_owned(), "Deploy Custom…".to_owned()));
        }
        _ => {}
    }
    options
}

/// The number of the new tag, and what it says about the change. It stays while the choice moves
/// from one number to the next, so that nobody loses their place in it.
#[component]
fn NewTag(
    editor: Editor,
    id: ApplicationId,
    choice: Derived<Choice>,
    name: Signal<String>,
    /// Why the target blocks the application, if it does.
    blocked: Signal<Option<String>>,
) -> impl IntoView {
    let tags = editor.tags;
    let refusal = Signal::derive(move || editor.edit_refusal().or_else(|| blocked.get()));
    let shown = derived(move |_| choice.with(|choice| tags.shown(id, choice)));
    let wrong = derived(move |_| tags.wrong(id));
    // A field tells of its change when it loses the focus, also when its row is taken away.
    let left = move |_| tags.flush(editor);
    let note = format!("tag-{id}-note");
    let words_note = note.clone();
    view! {
        <span class="tagin">
            <Icon name="tag"/>
            <input
                class="input sm"
                aria-label=move || format!("Number of the new tag of {}", name.get())
                aria-invalid=move || {
                    wrong.with(|wrong| matches!(wrong, Some(Wrong::Number(_)))).then_some("true")
                }
                aria-describedby=note.clone()
                autocomplete="off"
                spellcheck="false"
                maxlength="31"
                disabled=move || refusal.with(Option::is_some)
                title=move || refusal.get()
                prop:value=move || shown.with(|shown| shown.0.clone())
                on:input=move |event| tags.type_number(editor, id, event_target_value(&event))
                on:change=left
            />
        </span>
        <span class="tagnote">
            <GrowingText
                label=Signal::derive(move || format!("What changed in the new tag of {}", name.get()))
                value=Signal::derive(move || shown.with(|shown| shown.1.clone()))
                placeholder="What changed, in Markdown"
                note=words_note
                invalid=Signal::derive(move || {
                    wrong.with(|wrong| matches!(wrong, Some(Wrong::Words(_))))
                })
                refusal
                on_input=Callback::new(move |text| tags.type_description(editor, id, text))
                on_change=Callback::new(move |()| tags.flush(editor))
            />
            <span id=note>
                {move || {
                    wrong
                        .get()
                        .map(|message| {
                            view! {
                                <span class="field-error">
                                    <Glyph name="fail"/>
                                    <span>{message.said().to_owned()}</span>
                                </span>
                            }
                        })
                }}
            </span>
        </span>
    }
}

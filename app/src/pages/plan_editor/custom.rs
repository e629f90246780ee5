//! *Deploy Custom…*: the dialog that chooses single modules of an application, with what source and
//! target run of each side by side.

use super::rows::Lanes;
use super::state::Editor;
use crate::api::plan_modules::list_plan_modules;
use crate::components::button::{Button, Size, Weight};
use crate::components::controls::Checkbox;
use crate::components::dialog::Dialog;
use crate::components::empty::{Failure, NothingYet};
use crate::components::icon::Icon;
use crate::components::kind::kind_icon;
use crate::components::skeleton::RowSkeleton;
use crate::components::status::counted;
use crate::derived::{Derived, derived};
use crate::wire::fetched;
use domain::plan::Choice;
use domain::view::{ModuleSide, PlanEdit, PlanModule};
use domain::{ApplicationId, ModuleId};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// The modules that are ticked.
type Ticked = RwSignal<BTreeSet<ModuleId>>;

/// How many modules a choice names, in words: "2 of 5 modules".
pub fn modules_in_words(chosen: usize, of: u32) -> String {
    if u64::from(of) < chosen as u64 {
        return counted(chosen as u64, "module", "modules");
    }
    format!(
        "{chosen} of {}",
        counted(u64::from(of), "module", "modules")
    )
}

/// The same where there is little room: "2 of 5".
pub fn modules_in_short(chosen: usize, of: u32) -> String {
    if u64::from(of) < chosen as u64 {
        return chosen.to_string();
    }
    format!("{chosen} of {of}")
}

/// The dialog; it is open while [`Editor::choosing`] names an application.
#[component]
pub fn CustomDialog(editor: Editor, #[prop(into)] lanes: Signal<Lanes>) -> impl IntoView {
    let asked = editor.choosing;
    let ticked: Ticked = RwSignal::new(BTreeSet::new());
    Effect::new(move |_| {
        let chosen = asked.get().map(|id| untrack(move || chosen(editor, id)));
        ticked.set(chosen.unwrap_or_default());
    });
    let name = Signal::derive(move || {
        let id = asked.get();
        let row = id.and_then(|id| {
            editor
                .rows
                .with(|rows| rows.get(&id).map(|r| r.name.clone()))
        });
        row.unwrap_or_else(|| "the application".to_owned())
    });
    let close = Callback::new(move |()| asked.set(None));
    let refusal = Signal::derive(move || {
        ticked
            .with(BTreeSet::is_empty)
            .then(|| "Tick at least one module".to_owned())
    });
    let take = Callback::new(move |()| {
        let modules: Vec<ModuleId> = ticked.get_untracked().into_iter().collect();
        let Some(id) = asked.get_untracked().filter(|_| !modules.is_empty()) else {
            return;
        };
        editor.tags.forget(id);
        editor.apply(PlanEdit::SetChoice(id, Choice::DeployCustom { modules }));
        close.run(());
    });
    view! {
        <Dialog
            open=Signal::derive(move || asked.with(Option::is_some))
            on_close=close
            on_confirm=take
            title=Signal::derive(move || format!("Deploy single modules of {}", name.get()))
            lead=Signal::derive(move || {
                lanes
                    .with(|l| {
                        format!(
                            "What is ticked comes as {} runs it. The others stay in {} as they are, so its version there shows a +.",
                            l.source.0,
                            l.target.0,
                        )
                    })
            })
            wide=true
            id="deploy-custom"
        >
            <Modules editor lanes ticked/>
            <footer>
                <Button label="Cancel" on_press=close/>
                <Button
                    label=Signal::derive(move || match ticked.with(BTreeSet::len) {
                        0 => "Deploy custom".to_owned(),
                        n => format!("Deploy {}", counted(n as u64, "module", "modules")),
                    })
                    weight=Weight::Primary
                    refusal
                    on_press=take
                />
            </footer>
        </Dialog>
    }
}

/// What the plan chooses of an application now.
fn chosen(editor: Editor, id: ApplicationId) -> BTreeSet<ModuleId> {
    editor.content.with(|content| {
        let operation = content.operations.iter().find(|o| o.application == id);
        match operation.map(|operation| &operation.choice) {
            Some(Choice::DeployCustom { modules }) => modules.iter().copied().collect(),
            _ => BTreeSet::new(),
        }
    })
}

#[component]
fn Modules(editor: Editor, lanes: Signal<Lanes>, ticked: Ticked) -> impl IntoView {
    let again = RwSignal::new(0_u32);
    // What the plan is between when the dialog opens; it does not change while it is open.
    let (source, target) = editor
        .content
        .with_untracked(|content| (content.source, content.target));
    let application = editor.choosing.get_untracked();
    let modules = fetched(
        move || again.get(),
        move |_| async move {
            match application {
                Some(application) => list_plan_modules(source, target, application).await,
                None => Ok(Vec::new()),
            }
        },
    );
    view! {
        <div class="body custom-modules">
            <Transition fallback=move || view! { <RowSkeleton rows=4 hulls=2/> }>
                {move || Suspend::new(async move {
                    match modules.await {
                        Ok(modules) if modules.is_empty() => {
                            view! {
                                <NothingYet
                                    title="No modules to choose"
                                    text=Signal::derive(move || {
                                        lanes.with(|l| format!("{} does not run it any more.", l.source.0))
                                    })
                                />
                            }
                                .into_any()
                        }
                        Ok(modules) => view! { <ModuleTable modules lanes ticked/> }.into_any(),
                        Err(error) => {
                            view! {
                                <Failure
                                    title="The modules cannot be shown"
                                    error=Signal::stored(error)
                                    on_retry=Callback::new(move |()| again.update(|n| *n += 1))
                                />
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </div>
    }
}

#[component]
fn ModuleTable(modules: Vec<PlanModule>, lanes: Signal<Lanes>, ticked: Ticked) -> impl IntoView {
    // What the source does not run any more cannot be ticked.
    let known: BTreeSet<ModuleId> = modules.iter().map(|module| module.module).collect();
    let gone = ticked.with_untracked(|ticked| ticked.iter().any(|id| !known.contains(id)));
    if gone {
        ticked.update(|ticked| ticked.retain(|id| known.contains(id)));
    }
    view! {
        <table class="table">
            <caption class="vh">"Modules"</caption>
            <thead>
                <tr>
                    <th scope="col">"Module"</th>
                    <th scope="col">{move || lanes.with(|l| l.source.0.clone())}</th>
                    <th scope="col">{move || lanes.with(|l| l.target.0.clone())}</th>
                </tr>
            </thead>
            <tbody>
                {modules
                    .into_iter()
                    .map(|module| view! { <ModuleRow module ticked/> })
                    .collect_view()}
            </tbody>
        </table>
    }
}

#[component]
fn ModuleRow(module: PlanModule, ticked: Ticked) -> impl IntoView {
    let id = module.module;
    let there = match (module.in_target, module.moves_from) {
        (None, _) => view! { <span class="dim">"Not here"</span> }.into_any(),
        (Some(side), None) => view! {
            {bundle(side, false)}
            <small class="dim">{if module.differs { " another state" } else { " the same" }}</small>
        }
        .into_any(),
        (Some(side), Some(owner)) => view! {
            {bundle(side, false)}
            <small class="dim">{format!(" in {owner}; it moves")}</small>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <span class="custom-module">
                    <Checkbox
                        label=module.name
                        checked=Signal::derive(move || ticked.with(|ticked| ticked.contains(&id)))
                        on_change=Callback::new(move |on: bool| {
                            ticked
                                .update(|ticked| {
                                    if on {
                                        ticked.insert(id);
                                    } else {
                                        ticked.remove(&id);
                                    }
                                });
                        })
                    />
                    <Icon name=kind_icon(module.kind)/>
                </span>
            </th>
            <td>{bundle(module.in_source, module.changed)}</td>
            <td>{there}</td>
        </tr>
    }
}

/// The beginning of a bundle's name; `+` if it was changed since the tag, as everywhere.
fn bundle(side: ModuleSide, changed: bool) -> impl IntoView {
    view! {
        <span class="mono">
            {side.bundle}
            {changed
                .then(|| {
                    view! {
                        <span class="plus" role="img" aria-label="changed since the tag">
                            "+"
                        </span>
                    }
                })}
        </span>
    }
}

/// Opens the dialog for a row whose modules were chosen before.
#[component]
pub fn ChangeModules(
    editor: Editor,
    id: ApplicationId,
    choice: Derived<Choice>,
    name: Signal<String>,
) -> impl IntoView {
    let custom = derived(move |_| choice.with(|c| matches!(c, Choice::DeployCustom { .. })));
    view! {
        <Show when=move || custom.get() && editor.may_edit()>
            <Button
                label="Modules…"
                name=Signal::derive(move || format!("Choose modules of {}", name.get()))
                weight=Weight::Link
                size=Size::Small
                controls="deploy-custom"
                on_press=Callback::new(move |()| editor.choosing.set(Some(id)))
            />
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::modules_in_words;

    #[test]
    fn more_than_there_are_is_not_said() {
        assert_eq!(modules_in_words(2, 5), "2 of 5 modules");
        assert_eq!(modules_in_words(1, 1), "1 of 1 module");
        assert_eq!(modules_in_words(3, 0), "3 modules");
    }
}

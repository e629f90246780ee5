//! The order of publishing, computed and shown, and the consumers that would keep old logic.

use super::check::Checker;
use super::rows::Lanes;
use super::state::Editor;
use crate::components::controls::Checkbox;
use crate::components::findings::name_list;
use crate::components::status::counted;
use crate::derived::{Derived, derived};
use domain::ModuleId;
use domain::impact::OutdatedConsumer;
use domain::view::PlanEdit;
use leptos::prelude::*;

/// Waves, and the consumers that can be republished.
#[component]
pub fn OrderPanel(
    editor: Editor,
    checker: Checker,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    let waves = derived(move |_| {
        checker.report.with(|report| {
            report.as_ref().map_or_else(Vec::new, |report| {
                report
                    .waves
                    .iter()
                    .map(|wave| {
                        let names: Vec<&str> =
                            wave.modules.iter().map(|m| m.name.as_str()).collect();
                        (names.len(), name_list(&names, names.len(), "modules"))
                    })
                    .collect::<Vec<_>>()
            })
        })
    });
    let consumers = derived(move |_| {
        checker.report.with(|r| {
            r.as_ref()
                .map(|r| r.outdated_consumers.clone())
                .unwrap_or_default()
        })
    });
    let line = move || {
        let (count, modules) =
            waves.with(|w| (w.len(), w.iter().map(|wave| wave.0).sum::<usize>()));
        match count {
            0 => "Nothing would be published".to_owned(),
            n => format!(
                "Slipway orders modules by reference: {} in {}",
                counted(modules as u64, "module", "modules"),
                counted(n as u64, "wave", "waves"),
            ),
        }
    };
    view! {
        <section class="panel" id="part-order" aria-labelledby="h-order">
            <header>
                <h2 id="h-order">"Order and consumers"</h2>
                <span class="panel-sub">{line}</span>
            </header>
            <div class="order">
                <Show when=move || waves.with(|w| !w.is_empty())>
                    <ol class="waves">
                        {move || {
                            waves
                                .get()
                                .into_iter()
                                .enumerate()
                                .map(|(index, (count, names))| {
                                    view! {
                                        <li>
                                            <span>{format!("Wave {}", index + 1)}</span>
                                            <b>{count}</b>
                                            <small>{names}</small>
                                        </li>
                                    }
                                })
                                .collect_view()
                        }}
                    </ol>
                </Show>
                {move || {
                    if consumers.with(Vec::is_empty) {
                        view! {
                            <p class="dim">
                                {move || {
                                    lanes
                                        .with(|l| {
                                            format!("No consumer in {} would keep old logic.", l.target.0)
                                        })
                                }}
                            </p>
                        }
                            .into_any()
                    } else {
                        view! { <Consumers editor consumers lanes/> }.into_any()
                    }
                }}
            </div>
        </section>
    }
}

#[component]
fn Consumers(
    editor: Editor,
    consumers: Derived<Vec<OutdatedConsumer>>,
    lanes: Signal<Lanes>,
) -> impl IntoView {
    let keys = derived(move |_| {
        consumers.with(|list| list.iter().map(|c| c.consumer.module).collect::<Vec<_>>())
    });
    view! {
        <fieldset class="cons">
            <legend>
                {move || lanes.with(|l| format!("Also republish these consumers in {}", l.target.0))}
            </legend>
            <For each=move || keys.get() key=|id| *id let:id>
                {
                    let consumer = derived(move |_| {
                        consumers.with(|l| l.iter().find(|c| c.consumer.module == id).cloned())
                    });
                    view! { <Consumer editor consumer id lanes/> }
                }
            </For>
        </fieldset>
    }
}

#[component]
fn Consumer(
    editor: Editor,
    consumer: Derived<Option<OutdatedConsumer>>,
    id: ModuleId,
    lanes: Signal<Lanes>,
) -> impl IntoView {
    let label = Signal::derive(move || {
        consumer.with(|c| {
            c.as_ref().map_or_else(String::new, |c| {
                if c.consumer.application_name == c.consumer.name {
                    c.consumer.name.clone()
                } else {
                    format!("{} of {}", c.consumer.name, c.consumer.application_name)
                }
            })
        })
    });
    let ticked = Signal::derive(move || editor.content.with(|c| c.republish.contains(&id)));
    // A tick that is there can always be taken away.
    let refusal = move || {
        consumer.with(|c| {
            let c = c.as_ref()?;
            if !c.allowed {
                let target = lanes.with(|l| l.target.0.clone());
                Some(match editor.who_can() {
                    Some(who) => format!("You may not change it in {target}. {who} can."),
                    None => format!("You may not change it in {target}."),
                })
            } else if c.would_break {
                Some("Republishing would break it: an element it uses no longer fits.".to_owned())
            } else {
                None
            }
        })
    };
    let unchangeable = Signal::derive(move || {
        editor
            .edit_refusal()
            .or_else(|| refusal().filter(|_| !ticked.get()))
    });
    let hint = Signal::derive(move || {
        refusal().unwrap_or_else(|| {
            consumer.with(|c| {
                let producers = c.as_ref().map(|c| c.producers.clone()).unwrap_or_default();
                let names: Vec<&str> = producers.iter().map(String::as_str).collect();
                let uses = name_list(&names, names.len(), "producers");
                if ticked.get() {
                    format!("Uses {uses}; will be linked again")
                } else {
                    format!("Uses {uses}; keeps the old logic until republished")
                }
            })
        })
    });
    let change = Callback::new(move |on: bool| {
        let mut republish = editor.content.with_untracked(|c| c.republish.clone());
        republish.retain(|module| *module != id);
        if on {
            republish.push(id);
        }
        editor.apply(PlanEdit::SetRepublish(republish));
    });
    view! { <Checkbox label checked=ticked hint refusal=unchangeable on_change=change/> }
}

//! The order of publishing, computed and shown, and the consumers that would keep old logic.

use super::check::Checker;
use super::rows::Lanes;
use super::state::Editor;
use crate::components::controls::Checkbox;
use crate::components::findings::name_list;
use crate::components::foreseen::{Expected, span_in_words};
use crate::components::status::counted;
use crate::derived::{Derived, derived};
use domain::ModuleId;
use domain::execution::{Phase, estimate};
use domain::impact::OutdatedConsumer;
use domain::view::{Outlook, PlanEdit};
use leptos::prelude::*;

/// The steps with which a run ends: it synchronizes, records and cleans up.
const LAST_STEPS: u32 = 3;

/// Waves, and the consumers that can be republished.
#[component]
pub fn OrderPanel(
    editor: Editor,
    checker: Checker,
    expected: Expected,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    let outlook = expected.outlook();
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
    let sizes = derived(move |_| waves.with(|w| w.iter().map(|wave| wave.0).collect::<Vec<_>>()));
    let line = move || sizes.with(|sizes| outlook.with(|o| in_all(sizes, o.as_ref())));
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
                                            {move || {
                                                outlook
                                                    .with(|o| one_wave(count, o.as_ref()))
                                                    .map(|time| view! { <small class="dim">{time}</small> })
                                            }}
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

/// How many modules go in how many waves, and how long all of it will take.
fn in_all(waves: &[usize], outlook: Option<&Outlook>) -> String {
    if waves.is_empty() {
        return "Nothing would be published".to_owned();
    }
    let modules = waves.iter().sum::<usize>();
    let order = format!(
        "Slipway orders modules by reference: {} in {}",
        counted(modules as u64, "module", "modules"),
        counted(waves.len() as u64, "wave", "waves"),
    );
    let Some(outlook) = outlook else {
        return order;
    };
    let modules = u32::try_from(modules).unwrap_or(u32::MAX);
    let open = [
        (Phase::Transfer, modules),
        (Phase::Prepare, modules),
        (Phase::Activate, modules),
        (Phase::Finish, LAST_STEPS),
    ];
    match estimate(&outlook.paces, &open) {
        Some(told) => format!("{order}, {}", span_in_words(told.least, told.most)),
        None => format!("{order}, no estimate yet"),
    }
}

/// How long the switch of so many modules will take, where it is known.
fn one_wave(modules: usize, outlook: Option<&Outlook>) -> Option<String> {
    let modules = u32::try_from(modules).unwrap_or(u32::MAX);
    let told = estimate(&outlook?.paces, &[(Phase::Activate, modules)])?;
    Some(span_in_words(told.least, told.most))
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
                    c.consumer.name.to_string()
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
            .values_refusal()
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

#[cfg(test)]
mod tests {
    use super::{in_all, one_wave};
    use domain::execution::{Phase, PhasePace};
    use domain::view::Outlook;

    fn run(prepare: i64, activate: i64) -> Vec<PhasePace> {
        let pace = |phase, took, steps| PhasePace { phase, took, steps };
        vec![
            pace(Phase::Transfer, 10_000, 2),
            pace(Phase::Prepare, prepare, 2),
            pace(Phase::Activate, activate, 2),
            pace(Phase::Finish, 5_000, 3),
        ]
    }

    #[test]
    fn how_long_it_will_take_is_told_before_the_start_where_it_is_known() {
        let known = Outlook {
            paces: vec![run(20_000, 60_000), run(40_000, 120_000)],
            ..Outlook::default()
        };
        // Twice the modules of the earlier runs: 2 * (10 + 20 + 60) + 5 s to 2 * (10 + 40 + 120) + 5.
        assert_eq!(
            in_all(&[3, 1], Some(&known)),
            "Slipway orders modules by reference: 4 modules in 2 waves, about 3 to 6 min"
        );
        assert_eq!(one_wave(1, Some(&known)).as_deref(), Some("about 1 min"));
        assert_eq!(
            one_wave(3, Some(&known)).as_deref(),
            Some("about 2 to 3 min")
        );
        assert_eq!(in_all(&[], Some(&known)), "Nothing would be published");
    }

    #[test]
    fn nothing_is_made_up_where_nothing_is_known() {
        let first = Outlook {
            paces: vec![run(20_000, 60_000)],
            ..Outlook::default()
        };
        let said = "Slipway orders modules by reference: 1 module in 1 wave";
        assert_eq!(
            in_all(&[1], Some(&first)),
            format!("{said}, no estimate yet")
        );
        assert_eq!(one_wave(1, Some(&first)), None);
        assert_eq!(in_all(&[1], None), said, "it is still asked for");
    }
}

//! The modules of the application in each environment.

use crate::components::kind::kind_label;
use crate::components::status::{Look, Status, counted};
use crate::components::table::{Column, Table};
use crate::components::time::{relative, use_clock};
use crate::derived::{Derived, derived};
use domain::view::{ApplicationDetail, ModuleCell, ModuleRow};
use leptos::prelude::*;

/// What to do about a service whose agent has another key.
const LOCKED: &str = "The key of the environment's agent does not open its secret values. Put the key back on the agent's machine, whose log says which, or set the values anew.";

/// Modules by environment.
#[component]
pub fn Modules(
    /// The application.
    detail: RwSignal<ApplicationDetail>,
) -> impl IntoView {
    let environments = derived(move |_| detail.with(|detail| detail.environments.clone()));
    let columns = Signal::derive(move || {
        std::iter::once(Column::new("Module"))
            .chain(environments.get().into_iter().map(Column::new))
            .collect::<Vec<_>>()
    });
    let modules = derived(move |_| detail.with(|detail| detail.modules.clone()));
    view! {
        <section class="panel" aria-labelledby="modules-title">
            <header>
                <h2 id="modules-title">"Modules"</h2>
                <span class="panel-sub">{move || modules.with(Vec::len)}</span>
            </header>
            <Table caption="What each environment runs of each module" columns class="mods">
                <For each=move || modules.get() key=|module| module.id let:module>
                    <Module id=module.id modules environments/>
                </For>
            </Table>
        </section>
    }
}

/// A module; reads its own row, so that a change arrives in place.
#[component]
fn Module(
    id: domain::ModuleId,
    modules: Derived<Vec<ModuleRow>>,
    environments: Derived<Vec<String>>,
) -> impl IntoView {
    let row = derived(move |_| {
        modules.with(|modules| modules.iter().find(|module| module.id == id).cloned())
    });
    view! {
        <tr>
            {move || {
                row.get()
                    .map(|row| {
                        view! {
                            <th scope="row">
                                <span class="main-cell">
                                    <b>{row.name}</b>
                                    <small>{kind_label(row.kind)}</small>
                                </span>
                            </th>
                            {row
                                .cells
                                .into_iter()
                                .zip(environments.get())
                                .map(|(cell, environment)| {
                                    view! {
                                        <td data-lane=environment>
                                            <Cell cell/>
                                        </td>
                                    }
                                })
                                .collect_view()}
                        }
                    })
            }}
        </tr>
    }
}

#[component]
fn Cell(cell: ModuleCell) -> impl IntoView {
    let clock = use_clock();
    if cell.version.is_none() {
        return view! { <span class="dim">"Not here"</span> }.into_any();
    }
    let number = cell
        .number
        .map_or_else(|| "untagged".to_owned(), |number| number.to_string());
    let published = cell.published;
    let title = move || {
        published.map(|at| {
            let age =
                relative(clock.now().since(at)).map_or_else(String::new, |age| format!(", {age}"));
            format!("Published {}{age}", clock.civil(at).full())
        })
    };
    let count = |list: &[String]| u32::try_from(list.len()).unwrap_or(u32::MAX);
    view! {
        <span class="rv">
            <code title=title>{number}</code>
            {cell.modified.then(|| view! { <Status look=Look::modified() plain=true/> })}
            {(cell.healthy == Some(false) && !cell.secrets_locked)
                .then(|| view! { <Status look=Look::new("fail", "Down", "bad") plain=true/> })}
            {cell
                .secrets_locked
                .then(|| {
                    let lines = vec![LOCKED.to_owned()];
                    view! { <Why look=Look::new("fail", "Down, secrets locked", "bad") lines/> }
                })}
            {(!cell.broken.is_empty())
                .then(|| {
                    view! {
                        <Why look=Look::broken(count(&cell.broken)) lines=cell.broken.clone()/>
                    }
                })}
            {(!cell.outdated.is_empty())
                .then(|| {
                    let lines = cell
                        .outdated
                        .iter()
                        .map(|producer| {
                            format!("{producer} has other logic here than what is linked in. A republish takes over what it has here.")
                        })
                        .collect::<Vec<_>>();
                    let words = counted(count(&cell.outdated), "outdated producer", "outdated producers");
                    view! { <Why look=Look::outdated(1).saying(words) lines/> }
                })}
        </span>
    }
    .into_any()
}

/// A mark that says why: on hover, and in full when it is opened.
#[component]
fn Why(look: Look, lines: Vec<String>) -> impl IntoView {
    let tip = lines.join("\n");
    view! {
        <details class="why">
            <summary title=tip>
                <Status look plain=true/>
            </summary>
            <ul>{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
        </details>
    }
}

//! The applications of a plan: each row reads as a sentence (this version, do this, from now to
//! then). Missing producers stand in their place as dashed rows.

use super::check::Checker;
use super::choice::OperationChoice;
use super::missing::MissingRow;
use super::state::{Editor, number_of};
use super::words::modules_line;
use crate::components::button::{IconButton, Size};
use crate::components::icon::{Glyph, Icon};
use crate::components::kind::kind_icon;
use crate::components::lane::{ChipState, EmptyChip, LaneGlyph, Place, VersionChip};
use crate::components::status::counted;
use crate::derived::{Derived, derived};
use crate::routes;
use domain::application::Marks;
use domain::impact::{FindingCode, Severity};
use domain::plan::{Choice, PlanKind};
use domain::view::{PlanApplicationRow, PlanEdit};
use domain::{ApplicationId, VersionNumber};
use leptos::prelude::*;

/// Names and places of source and target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lanes {
    /// The source.
    pub source: (String, Place),
    /// The target.
    pub target: (String, Place),
}

/// What stands in the table, in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum RowKey {
    Operation(ApplicationId),
    Missing(ApplicationId),
}

/// The table.
#[component]
pub fn ApplicationTable(
    editor: Editor,
    checker: Checker,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    let keys = derived(move |_| row_keys(editor, checker));
    let rolls_back = derived(move |_| rolls_back(editor));
    view! {
        // A rollback comes from its own target: there is nothing to stand beside it.
        <table class="table ed-apps as-cards" class:back=move || rolls_back.get()>
            <caption class="vh">"Applications in this plan"</caption>
            <colgroup>
                <col/>
                <col class="k1"/>
                <col class="k2"/>
                <col class="k3"/>
                <col class="k4"/>
                <col class="k5"/>
            </colgroup>
            <thead>
                <tr>
                    <th scope="col">"Application"</th>
                    <th scope="col">
                        <span class="lane">
                            <LaneGlyph place=Signal::derive(move || lanes.with(|l| l.source.1))/>
                            <span>{move || lanes.with(|l| l.source.0.clone())}</span>
                        </span>
                    </th>
                    <th scope="col">"Do this"</th>
                    <th scope="col">
                        <span class="lane">
                            <LaneGlyph place=Signal::derive(move || lanes.with(|l| l.target.1))/>
                            <span>
                                {move || lanes.with(|l| format!("{}, now and after", l.target.0))}
                            </span>
                        </span>
                    </th>
                    <th scope="col">
                        <span class="vh">"Findings"</span>
                    </th>
                    <th scope="col">
                        <span class="vh">"Remove"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                <For each=move || keys.get() key=Clone::clone let:key>
                    {match key {
                        RowKey::Operation(id) => {
                            view! { <OperationRow editor checker lanes id/> }.into_any()
                        }
                        RowKey::Missing(id) => {
                            view! { <MissingRow editor checker lanes id/> }.into_any()
                        }
                    }}
                </For>
            </tbody>
        </table>
    }
}

fn rolls_back(editor: Editor) -> bool {
    editor
        .content
        .with(|content| content.kind == PlanKind::Rollback)
}

/// The operations in the order they were added; a missing producer behind the first row that
/// needs it.
fn row_keys(editor: Editor, checker: Checker) -> Vec<RowKey> {
    let mut keys: Vec<RowKey> = editor.content.with(|content| {
        content
            .operations
            .iter()
            .map(|o| RowKey::Operation(o.application))
            .collect()
    });
    let Some(report) = checker.report.get() else {
        return keys;
    };
    for missing in &report.missing_producers {
        let id = missing.application;
        if keys.contains(&RowKey::Operation(id)) || keys.contains(&RowKey::Missing(id)) {
            continue;
        }
        let after = report
            .findings
            .iter()
            .filter(|f| f.producer.as_ref().is_some_and(|p| p.application == id))
            .find_map(|f| {
                let row = f
                    .application
                    .or(f.consumer.as_ref().map(|c| c.application))?;
                keys.iter().position(|key| *key == RowKey::Operation(row))
            });
        match after {
            Some(index) => keys.insert(index + 1, RowKey::Missing(id)),
            None => keys.push(RowKey::Missing(id)),
        }
    }
    keys
}

/// Whether the target runs already what the row would bring, also by its number.
fn runs_there(checker: Checker, id: ApplicationId) -> bool {
    checker.report.with(|report| {
        let mut findings = report.iter().flat_map(|report| &report.findings);
        findings.any(|f| {
            let same = f.code == FindingCode::NothingToDo && f.renumbers().is_none();
            same && f.application == Some(id)
        })
    })
}

/// Errors and warnings that belong to a row.
fn weights(checker: Checker, id: ApplicationId) -> (usize, usize) {
    checker.report.with(|report| {
        let of = |severity| {
            report.as_ref().map_or(0, |report| {
                report
                    .findings
                    .iter()
                    .filter(|f| f.severity == severity)
                    .filter(|f| {
                        f.application == Some(id)
                            || (f.application.is_none()
                                && f.consumer.as_ref().is_some_and(|c| c.application == id))
                    })
                    .count()
            })
        };
        (of(Severity::Error), of(Severity::Warning))
    })
}

#[component]
fn OperationRow(
    editor: Editor,
    checker: Checker,
    lanes: Signal<Lanes>,
    id: ApplicationId,
) -> impl IntoView {
    let row = derived(move |_| editor.rows.with(|rows| rows.get(&id).cloned()));
    let choice = derived(move |_| {
        editor.content.with(|content| {
            content
                .operations
                .iter()
                .find(|o| o.application == id)
                .map_or(Choice::DoNothing, |o| o.choice.clone())
        })
    });
    let found = derived(move |_| weights(checker, id));
    let there = derived(move |_| runs_there(checker, id));
    let name = Signal::derive(move || {
        row.with(|row| {
            row.as_ref()
                .map_or_else(|| "Application".to_owned(), |r| r.name.clone())
        })
    });
    let class = move || match (found.get().0, choice.with(|c| *c == Choice::DoNothing)) {
        (0, true) => "leave",
        (0, false) => "",
        (_, _) => "bad",
    };
    view! {
        <tr class=class id=format!("row-{id}")>
            <th scope="row" class="c-app">
                <span class="an">
                    {move || {
                        let icon = row.with(|r| r.as_ref().map_or("service", |r| kind_icon(r.kind)));
                        view! { <Icon name=icon/> }
                    }}
                    <span class="main-cell">
                        <a href=routes::application(id)>{move || name.get()}</a>
                        <small>
                            {move || {
                                let alone = rolls_back(editor);
                                row.with(|r| {
                                    let r = r.as_ref()?;
                                    Some(if alone {
                                        counted(r.modules, "module", "modules")
                                    } else {
                                        modules_line(r.modules, r.different_modules)
                                    })
                                })
                            }}
                        </small>
                    </span>
                </span>
            </th>
            <td class="c-src">{move || running(row, |r| r.in_source, lanes.with(|l| l.source.1), false)}</td>
            <td class="c-op">
                <OperationChoice editor id row choice name/>
            </td>
            <td class="c-to">
                <NowAndAfter row choice lanes there/>
            </td>
            <td class="c-f">
                <RowFindings checker found there name/>
            </td>
            <td class="tight">
                <Show when=move || editor.may_edit()>
                    <IconButton
                        label=Signal::derive(move || format!("Remove {} from the plan", name.get()))
                        icon="x"
                        size=Size::Small
                        on_press=Callback::new(move |()| {
                            editor.apply(PlanEdit::RemoveApplication(id));
                        })
                    />
                </Show>
            </td>
        </tr>
    }
}

type Running = Option<(Option<VersionNumber>, Marks)>;

fn running(
    row: Derived<Option<PlanApplicationRow>>,
    pick: fn(&PlanApplicationRow) -> Running,
    place: Place,
    gone: bool,
) -> AnyView {
    match row.with(|row| row.as_ref().and_then(pick)) {
        Some((number, marks)) => {
            let state = if marks.hotfix {
                ChipState::Hotfix
            } else if gone {
                ChipState::Gone
            } else {
                ChipState::Here
            };
            view! {
                <VersionChip
                    number=number.map(|n| n.to_string())
                    place
                    modified=marks.modified
                    state
                />
            }
            .into_any()
        }
        None => view! { <EmptyChip/> }.into_any(),
    }
}

/// What the target runs, and what the choice makes of it: old, then new.
#[component]
pub fn NowAndAfter(
    row: Derived<Option<PlanApplicationRow>>,
    choice: Derived<Choice>,
    lanes: Signal<Lanes>,
    /// The target runs already what the choice would bring.
    #[prop(optional)]
    there: Option<Derived<bool>>,
) -> impl IntoView {
    // Single modules make a mix of what is there, or of what they are taken from.
    let after = move || {
        row.with(|row| {
            let row = row.as_ref()?;
            choice.with(|choice| match choice {
                Choice::DeployCustom { .. } => row.in_target.or(row.in_source)?.0,
                choice => number_of(choice, row),
            })
        })
    };
    let mixes = move || choice.with(|c| matches!(c, Choice::DeployCustom { .. }));
    let moves =
        move || choice.with(|c| *c != Choice::DoNothing) && !there.is_some_and(|there| there.get());
    view! {
        <span class="to">
            {move || running(row, |r| r.in_target, lanes.with(|l| l.target.1), false)}
            <span class=move || if moves() { "rail behind" } else { "rail held" }></span>
            <span class="vh">" becomes "</span>
            {move || {
                if moves() {
                    view! {
                        <VersionChip
                            number=after().map(|n| n.to_string()).or_else(|| Some("?".to_owned()))
                            place=lanes.with(|l| l.target.1)
                            modified=mixes()
                            state=ChipState::Planned
                        />
                    }
                        .into_any()
                } else {
                    view! { <span class="dim">"no change"</span> }.into_any()
                }
            }}
        </span>
    }
}

#[component]
fn RowFindings(
    checker: Checker,
    found: Derived<(usize, usize)>,
    /// The target runs already what the row would bring.
    there: Derived<bool>,
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="fs">
            {move || {
                let (errors, warnings) = found.get();
                let known = checker.report.with(Option::is_some);
                if errors + warnings == 0 && there.get() {
                    let title = format!("The target runs this of {} already", name.get());
                    return Some(
                        view! {
                            <a href="#findings" class="fs" title=title>
                                <span class="st mute plain">
                                    <Glyph name="info"/>
                                    <span class="vh">"Runs there already"</span>
                                </span>
                            </a>
                        }
                            .into_any(),
                    );
                }
                if errors + warnings == 0 {
                    return known
                        .then(|| {
                            view! {
                                <span class="st ok plain">
                                    <Glyph name="ok"/>
                                    <span class="vh">"No findings"</span>
                                </span>
                            }
                                .into_any()
                        });
                }
                let mark = |glyph: &'static str, tone: &'static str, n: usize, one, many| {
                    (n > 0)
                        .then(|| {
                            view! {
                                <span class=format!("st {tone} plain")>
                                    <Glyph name=glyph/>
                                    <span>
                                        {n}
                                        <span class="vh">{if n == 1 { one } else { many }}</span>
                                    </span>
                                </span>
                            }
                        })
                };
                Some(
                    view! {
                        <a href="#findings" class="fs" title=format!("Findings of {}", name.get())>
                            {mark("fail", "bad", errors, " error", " errors")}
                            {mark("warn", "warn", warnings, " warning", " warnings")}
                        </a>
                    }
                        .into_any(),
                )
            }}
        </span>
    }
}

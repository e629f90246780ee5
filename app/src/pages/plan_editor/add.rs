//! The dialog that adds applications: search, *with differences*, pages, several at a time.

use super::rows::{Lanes, NowAndAfter};
use super::state::Editor;
use super::words::modules_line;
use crate::api::plans::list_candidates;
use crate::components::button::{Button, Weight};
use crate::components::controls::{SearchInput, Switch};
use crate::components::delay::Delay;
use crate::components::dialog::Dialog;
use crate::components::empty::{Failure, NoMatch, NothingYet};
use crate::components::icon::Icon;
use crate::components::kind::kind_icon;
use crate::components::skeleton::RowSkeleton;
use crate::components::status::{counted, thousands};
use crate::components::table::Pager;
use crate::derived::derived;
use crate::wire::fetched;
use domain::ApplicationId;
use domain::view::{CandidateFilter, Page, PlanApplicationRow};
use leptos::prelude::*;
use std::collections::BTreeMap;

const PAGE: u32 = 20;

/// What was ticked, with the rows, so that they can be shown before the server answers.
type Ticked = BTreeMap<ApplicationId, PlanApplicationRow>;

/// The dialog.
#[component]
pub fn AddApplications(
    editor: Editor,
    open: RwSignal<bool>,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    let ticked = RwSignal::new(Ticked::new());
    let close = Callback::new(move |()| {
        open.set(false);
        ticked.set(Ticked::new());
    });
    let add = Callback::new(move |()| {
        let rows: Vec<PlanApplicationRow> = ticked.get_untracked().into_values().collect();
        if !rows.is_empty() {
            editor.add(rows);
            close.run(());
        }
    });
    view! {
        <Dialog
            open
            on_close=close
            on_confirm=add
            title="Add applications"
            lead=Signal::derive(move || {
                lanes
                    .with(|l| {
                        format!(
                            "What {} runs now, and what it would get from {}. Each can be changed afterwards.",
                            l.target.0,
                            l.source.0,
                        )
                    })
            })
            wide=true
            id="add-applications"
        >
            <Candidates editor lanes ticked/>
            <footer>
                <Button label="Cancel" on_press=close/>
                <Button
                    label=Signal::derive(move || match ticked.with(BTreeMap::len) {
                        0 => "Add to plan".to_owned(),
                        n => format!("Add {} to plan", counted(n as u64, "application", "applications")),
                    })
                    weight=Weight::Primary
                    refusal=Signal::derive(move || {
                        ticked
                            .with(BTreeMap::is_empty)
                            .then(|| "Tick at least one application".to_owned())
                    })
                    on_press=add
                />
            </footer>
        </Dialog>
    }
}

#[component]
fn Candidates(editor: Editor, lanes: Signal<Lanes>, ticked: RwSignal<Ticked>) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let text = RwSignal::new(String::new());
    let differing = RwSignal::new(true);
    let offset = RwSignal::new(0_u64);
    let again = RwSignal::new(0_u32);
    // What is in the plan when the dialog opens; it does not change while it is open.
    let (kind, source, target, except) = editor.content.with_untracked(|content| {
        let except: Vec<ApplicationId> = content.operations.iter().map(|o| o.application).collect();
        (content.kind, content.source, content.target, except)
    });
    let page = fetched(
        move || (text.get(), differing.get(), offset.get(), again.get()),
        move |(text, with_differences, offset, _)| {
            let except = except.clone();
            async move {
                list_candidates(CandidateFilter {
                    kind,
                    source,
                    target,
                    text,
                    with_differences,
                    except,
                    offset,
                    limit: PAGE,
                })
                .await
            }
        },
    );
    let delay = Delay::new(200);
    let on_input = Callback::new(move |value: String| {
        typed.set(value.clone());
        delay.run(move || {
            offset.set(0);
            text.set(value);
        });
    });
    let clear = Callback::new(move |()| {
        typed.set(String::new());
        text.set(String::new());
        differing.set(false);
        offset.set(0);
    });
    view! {
        <div class="body add-apps">
            <div class="filters">
                <SearchInput id="candidate-search" label="Search applications" value=typed on_input/>
                <Switch
                    label="With differences"
                    on=differing
                    on_change=Callback::new(move |on| {
                        offset.set(0);
                        differing.set(on);
                    })
                />
            </div>
            <Transition fallback=move || view! { <RowSkeleton rows=6 hulls=2/> }>
                {move || Suspend::new(async move {
                    match page.await {
                        Ok(page) => {
                            view! { <CandidatePage page lanes ticked offset clear/> }.into_any()
                        }
                        Err(error) => {
                            view! {
                                <Failure
                                    title="The applications cannot be shown"
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
fn CandidatePage(
    page: Page<PlanApplicationRow>,
    lanes: Signal<Lanes>,
    ticked: RwSignal<Ticked>,
    offset: RwSignal<u64>,
    clear: Callback<()>,
) -> impl IntoView {
    let Page {
        rows,
        offset: first,
        total,
        unfiltered,
    } = page;
    if rows.is_empty() && unfiltered == 0 {
        return view! {
            <NothingYet
                title="Nothing to add"
                text=Signal::derive(move || {
                    lanes.with(|l| format!("Every application of {} is in this plan.", l.source.0))
                })
            />
        }
        .into_any();
    }
    if rows.is_empty() {
        return view! {
            <NoMatch
                title="No application matches"
                text=format!("{} can be added without these filters.", thousands(unfiltered))
                on_clear=clear
            />
        }
        .into_any();
    }
    view! {
        <ul class="candidates">
            {rows
                .into_iter()
                .map(|row| view! { <Candidate row lanes ticked/> })
                .collect_view()}
        </ul>
        {(total > u64::from(PAGE))
            .then(|| {
                view! {
                    <Pager
                        offset=Signal::stored(first)
                        limit=Signal::stored(u64::from(PAGE))
                        total=Signal::stored(total)
                        on_page=Callback::new(move |to| offset.set(to))
                    />
                }
            })}
    }
    .into_any()
}

#[component]
fn Candidate(
    row: PlanApplicationRow,
    lanes: Signal<Lanes>,
    ticked: RwSignal<Ticked>,
) -> impl IntoView {
    let id = row.application;
    let name = row.name.clone();
    let hint = match (&row.blocked, row.different_modules) {
        (Some(reason), _) => format!("Blocked: {reason}"),
        (None, different) => modules_line(row.modules, different),
    };
    let icon = kind_icon(row.kind);
    let now = row.clone();
    let now = derived(move |_| Some(now.clone()));
    let proposed = row.preselected.clone();
    let proposed = derived(move |_| proposed.clone());
    let row = StoredValue::new(row);
    view! {
        <li>
            <label class="tick">
                <input
                    type="checkbox"
                    prop:checked=move || ticked.with(|t| t.contains_key(&id))
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        ticked
                            .update(|t| {
                                if on {
                                    t.insert(id, row.get_value());
                                } else {
                                    t.remove(&id);
                                }
                            });
                    }
                />
                <span>
                    <b>
                        <Icon name=icon/>
                        {name}
                    </b>
                    <small>{hint}</small>
                </span>
            </label>
            <NowAndAfter row=now choice=proposed lanes/>
        </li>
    }
}

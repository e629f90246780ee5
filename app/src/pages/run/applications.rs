//! The applications of a run: from which version to which, and how far each is.

use crate::components::icon::Icon;
use crate::components::lane::{ChipState, EmptyChip, Place, VersionChip};
use crate::components::status::{Look, Status};
use crate::derived::derived;
use crate::routes;
use domain::execution::StepState;
use domain::plan::PlanStatus;
use domain::view::{RunApplication, RunDetail};
use leptos::prelude::*;

/// The panel.
#[component]
pub fn RunApplications(run: RwSignal<RunDetail>, lanes: u32) -> impl IntoView {
    let rows = derived(move |_| run.with(|r| r.applications.clone()));
    let facts = derived(move |_| {
        run.with(|r| {
            (
                r.plan.target.clone(),
                Place::new(r.plan.lanes.1, lanes),
                r.plan.status,
            )
        })
    });
    view! {
        <section class="panel" aria-labelledby="h-applications">
            <header>
                <h2 id="h-applications">"Applications"</h2>
                <span class="panel-sub">{move || rows.with(Vec::len)}</span>
            </header>
            <ul class="applist">
                {move || {
                    let (target, place, status) = facts.get();
                    rows.get()
                        .into_iter()
                        .map(|row| view! { <Row row target=target.clone() place status/> })
                        .collect_view()
                }}
            </ul>
        </section>
    }
}

/// What the application's state is called: the target's name when the version is there.
fn look(row: &RunApplication, target: &str, status: PlanStatus) -> Look {
    let look = Look::of_step(row.state);
    match (row.state, status) {
        (_, PlanStatus::Aborted) => Look::new("aborted", "As before", "mute"),
        (StepState::Succeeded, _) => look.saying(format!("In {target}")),
        (StepState::Running, _) => look.saying(match row.to {
            None if !row.custom => "Being relinked",
            _ => "On its way",
        }),
        _ => look,
    }
}

#[component]
fn Row(row: RunApplication, target: String, place: Place, status: PlanStatus) -> impl IntoView {
    let look = look(&row, &target, status);
    let arrived = row.state == StepState::Succeeded && status != PlanStatus::Aborted;
    let back = status == PlanStatus::Aborted;
    let (rail, before, after) = if back {
        ("rail held", ChipState::Here, ChipState::Gone)
    } else if arrived {
        ("rail", ChipState::Gone, ChipState::Here)
    } else if row.state == StepState::Running {
        ("rail live", ChipState::Here, ChipState::Moving)
    } else {
        ("rail behind", ChipState::Here, ChipState::Planned)
    };
    let (done, all) = row.modules;
    let relinked = row.to.is_none() && !row.custom;
    view! {
        <li>
            <Icon name="module"/>
            <b>
                <a href=routes::application(row.application)>{row.name}</a>
            </b>
            <small class="dim">{format!("{done} of {all} modules")}</small>
            <span class="hop">
                {match row.from {
                    Some(number) => {
                        view! {
                            <VersionChip number=Some(number.to_string()) place state=before/>
                        }
                            .into_any()
                    }
                    // What is relinked runs there.
                    None if relinked => view! { <EmptyChip text="untagged"/> }.into_any(),
                    None => view! { <EmptyChip text="none"/> }.into_any(),
                }}
                <span class=rail></span>
                {match row.to {
                    Some(number) => {
                        view! { <VersionChip number=Some(number.to_string()) place state=after/> }
                            .into_any()
                    }
                    None if row.custom => {
                        view! { <span class="dim">"single modules"</span> }.into_any()
                    }
                    None => view! { <span class="dim">"relinked"</span> }.into_any(),
                }}
            </span>
            <Status look plain=true/>
        </li>
    }
}

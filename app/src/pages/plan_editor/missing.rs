//! A producer that the plan needs and does not have: a dashed row in its place.

use super::check::Checker;
use super::rows::Lanes;
use super::state::Editor;
use crate::components::button::{Button, Size, Weight};
use crate::components::findings::plan_number;
use crate::components::icon::Icon;
use crate::components::lane::{ChipState, EmptyChip, VersionChip};
use crate::derived::derived;
use crate::routes;
use domain::impact::MissingProducer;
use domain::plan::Choice;
use domain::view::{EligibleVersion, PlanApplicationRow};
use domain::{ApplicationId, VersionNumber};
use leptos::prelude::*;

/// A producer that the plan needs and does not have.
#[component]
pub fn MissingRow(
    editor: Editor,
    checker: Checker,
    lanes: Signal<Lanes>,
    id: ApplicationId,
) -> impl IntoView {
    let missing = derived(move |_| {
        checker.report.with(|report| {
            report.as_ref().and_then(|r| {
                r.missing_producers
                    .iter()
                    .find(|m| m.application == id)
                    .cloned()
            })
        })
    });
    let name = move || missing.with(|m| m.as_ref().map_or_else(String::new, |m| m.name.clone()));
    let because = move || missing.with(|m| m.as_ref().map(|m| m.because.join("\n")));
    let version = |pick: fn(&MissingProducer) -> Option<VersionNumber>| {
        move || {
            missing
                .with(|m| m.as_ref().and_then(pick))
                .map(|n| n.to_string())
        }
    };
    let newest = version(|m| m.newest.map(|v| v.1));
    let lowest = version(|m| m.lowest.map(|v| v.1).or(m.tag));
    let tag = version(|m| m.tag);
    let add = move || match tag() {
        Some(number) => format!("Tag & Deploy {number}"),
        None => "Add it to the plan".to_owned(),
    };
    let there = version(|m| m.in_target);
    let moved_by = move || missing.with(|m| m.as_ref().and_then(|m| m.moved_by.clone()));
    view! {
        <tr class="ghost">
            <th scope="row" class="c-app">
                <span class="an">
                    <Icon name="apps"/>
                    <span class="main-cell" title=because>
                        <b>{name}</b>
                        <small>"missing producer"</small>
                    </span>
                </span>
            </th>
            <td class="c-src">
                {move || match newest() {
                    Some(number) => {
                        view! {
                            <VersionChip number=Some(number) place=lanes.with(|l| l.source.1)/>
                        }
                            .into_any()
                    }
                    None => view! { <EmptyChip/> }.into_any(),
                }}
            </td>
            <td class="c-op">
                {move || moved_by().map(elsewhere)}
                <Show when=move || editor.may_edit() && moved_by().is_none()>
                    <Button
                        label=Signal::derive(add)
                        name=Signal::derive(move || format!("{}: {}", add(), name()))
                        weight=Weight::Link
                        size=Size::Small
                        icon="plus"
                        on_press=Callback::new(move |()| {
                            if let Some(missing) = missing.get_untracked() {
                                editor.add_producer(&missing);
                            }
                        })
                    />
                </Show>
            </td>
            <td class="c-to">
                <span class="to">
                    {move || match there() {
                        Some(number) => {
                            view! {
                                <VersionChip number=Some(number) place=lanes.with(|l| l.target.1)/>
                            }
                                .into_any()
                        }
                        None => view! { <EmptyChip/> }.into_any(),
                    }}
                    <span class="rail behind"></span>
                    {move || {
                        lowest()
                            .map(|number| {
                                view! {
                                    <VersionChip
                                        number=Some(number)
                                        place=lanes.with(|l| l.target.1)
                                        state=ChipState::Planned
                                    />
                                }
                            })
                    }}
                </span>
            </td>
            <td class="c-f"></td>
            <td class="tight"></td>
        </tr>
    }
}

/// It is on its way there already: adding it would collide with that.
fn elsewhere(by: String) -> AnyView {
    match plan_number(&by) {
        Some(number) => view! {
            <span class="dim">
                "Being brought by "
                <a class="link" href=routes::plan(number) title=by>
                    {format!("#{number}")}
                </a>
            </span>
        }
        .into_any(),
        None => view! { <span class="dim" title=by>"Being published there"</span> }.into_any(),
    }
}

/// What is known of a missing producer before the server says more.
pub(super) fn row_of(missing: &MissingProducer) -> PlanApplicationRow {
    let mut eligible: Vec<EligibleVersion> = Vec::new();
    for (id, number) in missing.newest.into_iter().chain(missing.lowest) {
        if eligible.iter().all(|e| e.id != id) {
            eligible.push(EligibleVersion {
                id,
                number,
                description: String::new(),
                created: domain::Timestamp::default(),
            });
        }
    }
    PlanApplicationRow {
        application: missing.application,
        name: missing.name.clone(),
        kind: domain::application::ModuleKind::Service,
        modules: 0,
        different_modules: 0,
        in_source: missing
            .newest
            .map(|(_, number)| (Some(number), domain::application::Marks::default())),
        in_target: missing
            .in_target
            .map(|number| (Some(number), domain::application::Marks::default())),
        eligible,
        more_eligible: 0,
        tag_proposal: None,
        blocked: None,
        preselected: missing
            .lowest
            .map_or(Choice::DoNothing, |(version, _)| Choice::Deploy { version }),
    }
}

//! Where the application runs: a card for each environment, joined by rails.

use super::places;
use crate::components::button::{Button, LinkButton, Size, Weight};
use crate::components::icon::Icon;
use crate::components::lane::{ChipState, EmptyChip, Lane, Place, VersionChip};
use crate::components::marks::MarkLine;
use crate::components::rail::Rail;
use crate::components::status::{Look, Status};
use crate::components::time::When;
use crate::live::use_refusal;
use crate::pages::blocking::Blocking;
use crate::pages::replicate::{Replication, use_replication};
use crate::routes;
use crate::session::use_session;
use domain::access::Action;
use domain::view::{ApplicationDetail, MatrixCell};
use leptos::prelude::*;

/// A card for each environment.
#[component]
pub fn Lanes(
    /// The application.
    detail: RwSignal<ApplicationDetail>,
    /// What is asked about blocking it.
    asked: RwSignal<Option<Blocking>>,
) -> impl IntoView {
    view! {
        <ol class="lcards" aria-label="Where it runs">
            {move || {
                detail
                    .with(|detail| {
                        let places = places(detail);
                        (0..detail.cells.len().min(places.len()))
                            .map(|lane| card(detail, lane, places[lane], asked))
                            .collect_view()
                    })
            }}
        </ol>
    }
}

/// How it is in one environment, in a word.
fn look(detail: &ApplicationDetail, lane: usize) -> Look {
    let cell = &detail.cells[lane];
    if !cell.present {
        return Look::new("todo", "Not here", "mute");
    }
    let down = detail
        .modules
        .iter()
        .filter_map(|module| module.cells.get(lane))
        .filter(|module| module.healthy == Some(false))
        .count();
    if down > 0 {
        return Look::new(
            "fail",
            if down == 1 {
                "1 module is down".to_owned()
            } else {
                format!("{down} modules are down")
            },
            "bad",
        );
    }
    Look::new("ok", "Running", "ok")
}

fn card(
    detail: &ApplicationDetail,
    lane: usize,
    place: Place,
    asked: RwSignal<Option<Blocking>>,
) -> impl IntoView + use<> {
    let session = use_session();
    let cell = &detail.cells[lane];
    let name = detail.environments[lane].clone();
    let next = detail
        .cells
        .get(lane + 1)
        .zip(detail.environments.get(lane + 1));
    let rail = next.map(|(next, _)| Rail::between(cell, next));
    let deploy = match (&rail, next) {
        (Some(rail), Some((_, target)))
            if rail.is_open() && session.can(Action::EditPlan) && !detail.is_held_after(lane) =>
        {
            let deed = Rail::deed(cell);
            Some((
                format!("{deed} to {target}"),
                routes::new_plan(&name, target, &[detail.id]),
            ))
        }
        _ => None,
    };
    let spoken = rail
        .as_ref()
        .zip(next)
        .and_then(|(rail, (_, name))| rail.spoken(name));
    let blocking = blocking_in(detail, lane).filter(|_| session.can(Action::DeployApplications));
    let address = detail.addresses.get(lane).cloned().flatten();
    view! {
        <li class="lcard">
            <div class="lc-head">
                <h2>
                    <Lane name=name.clone() place/>
                </h2>
                <Status look=look(detail, lane) plain=true/>
            </div>
            <div class="lc-chip">
                {chip(cell, place)}
                {rail
                    .map(|rail| {
                        view! {
                            <span class=rail.class()>
                                {rail
                                    .word()
                                    .map(|word| view! { <span class="rail-n" aria-hidden="true">{word}</span> })}
                                {spoken.map(|spoken| view! { <span class="vh">{spoken}</span> })}
                            </span>
                        }
                    })}
            </div>
            <div class="lc-meta">
                {cell
                    .changed
                    .clone()
                    .map(|stamp| {
                        view! {
                            <span>
                                "Changed "
                                <When at=stamp.at/>
                                {format!(" by {}", stamp.by.name)}
                            </span>
                        }
                    })}
                <MarkLine marks=cell.marks block_reason=cell.block_reason.clone() all=true/>
                {cell
                    .incoming
                    .map(|incoming| {
                        let plan = incoming.number;
                        let brings = incoming
                            .brings
                            .map_or_else(|| "a new version".to_owned(), |version| version.to_string());
                        let words = match incoming.waits {
                            Some(why) => format!(" holds {brings}: {}", why.word()),
                            None => format!(" brings {brings}"),
                        };
                        view! {
                            <span>
                                <Icon name=if incoming.waits.is_some() { "pause" } else { "arrow" } class="tiny"/>
                                <a class="link" href=routes::run(plan)>
                                    {format!("Plan #{plan}")}
                                </a>
                                {words}
                            </span>
                        }
                    })}
            </div>
            <div class="lc-act">
                {replication(detail, lane)}
                {deploy
                    .map(|(label, href)| {
                        view! { <LinkButton label href size=Size::Small icon_end="arrow"/> }
                    })}
                {blocking
                    .map(|blocking| {
                        let verb = if blocking.block { "Block" } else { "Unblock" };
                        let full = format!("{verb} {} in {}", blocking.subject(), blocking.environment_name);
                        view! {
                            <Button
                                label=verb
                                name=Signal::stored(full)
                                size=Size::Small
                                weight=Weight::Ghost
                                icon=blocking.icon()
                                controls="block-application"
                                on_press=Callback::new(move |()| asked.set(Some(blocking.clone())))
                            />
                        }
                    })}
                {address
                    .map(|href| {
                        view! {
                            <LinkButton
                                label=format!("Open in {name}")
                                href
                                size=Size::Small
                                weight=Weight::Ghost
                                outside=true
                            />
                        }
                    })}
            </div>
        </li>
    }
}

/// What can be asked about blocking in a lane. Only what is not there, and not on its way, can be
/// blocked.
pub(super) fn blocking_in(detail: &ApplicationDetail, lane: usize) -> Option<Blocking> {
    let (cell, name) = (detail.cells.get(lane)?, detail.environments.get(lane)?);
    let may_block = cell.marks.blocked || (!cell.present && cell.incoming.is_none());
    may_block.then(|| Blocking {
        applications: vec![(detail.id, detail.name.clone())],
        environment: cell.environment,
        environment_name: name.clone(),
        block: !cell.marks.blocked,
    })
}

/// *Replicate to Quality*, where the environment before runs something else.
fn replication(detail: &ApplicationDetail, lane: usize) -> Option<impl IntoView + use<>> {
    let before = lane.checked_sub(1)?;
    let (here, there) = (&detail.cells[lane], detail.cells.get(before)?);
    let same = here.version == there.version && !here.marks.modified && !there.marks.modified;
    if !here.present || (there.present && same) {
        return None;
    }
    let wanted = Replication {
        source: here.environment,
        target: there.environment,
        applications: vec![detail.id],
    };
    let (from, to) = (&detail.environments[lane], detail.environments.get(before)?);
    let busy = RwSignal::new(false);
    let replicate = use_replication(busy);
    let refusal = use_refusal(Action::EditPlan);
    let name = format!("Replicate to {to} what {from} runs");
    Some(view! {
        <Button
            label=format!("Replicate to {to}")
            name=Signal::stored(name)
            size=Size::Small
            weight=Weight::Ghost
            icon="back"
            busy
            refusal
            on_press=Callback::new(move |()| replicate.run(wanted.clone()))
        />
    })
}

fn chip(cell: &MatrixCell, place: Place) -> AnyView {
    if !cell.present {
        return view! { <EmptyChip/> }.into_any();
    }
    let state = if cell.marks.hotfix {
        ChipState::Hotfix
    } else {
        ChipState::Here
    };
    let modified = cell.marks.modified || cell.marks.changed_outside;
    view! {
        <VersionChip number=cell.version.map(|number| number.to_string()) place modified state/>
    }
    .into_any()
}

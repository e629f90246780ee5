//! A row of the matrix.

use super::state::{LaneHead, Matrix, out_of_service};
use crate::components::button::ChangeLink;
use crate::components::icon::Icon;
use crate::components::kind::{kind_and_modules, kind_icon};
use crate::components::lane::{ChipState, EmptyChip, VersionChip};
use crate::components::marks::MarkLine;
use crate::components::rail::Rail;
use crate::components::time::{age, use_clock};
use crate::derived::{Derived, derived};
use crate::routes;
use crate::session::use_session;
use domain::access::Action;
use domain::view::{ApplicationRow, IncomingPlan, MatrixCell, Stamp};
use leptos::prelude::*;

/// A row, or its skeleton while it is being fetched.
#[component]
pub fn MatrixRow(
    /// The matrix.
    matrix: Matrix,
    /// Which row, from 0.
    index: u64,
) -> impl IntoView {
    let row = derived(move |_| matrix.row(index));
    let cursor_lane = derived(move |_| {
        matrix
            .cursor
            .get()
            .filter(|cursor| cursor.row == index)
            .map(|cursor| cursor.lane)
    });
    let picked =
        derived(move |_| row.with(|row| row.as_ref().is_some_and(|row| matrix.is_picked(row.id))));
    view! {
        <tr
            role="row"
            class="row"
            class:cursor=move || cursor_lane.get().is_some()
            id=format!("row-{index}")
            aria-rowindex=(index + 2).to_string()
            aria-selected=move || picked.get().then_some("true")
        >
            {move || {
                if let Some(row) = row.get() {
                    row_cells(matrix, index, row, picked, cursor_lane).into_any()
                } else {
                    let lanes = matrix.lanes.with(Vec::len);
                    view! { <RowSkeleton lanes/> }.into_any()
                }
            }}
        </tr>
    }
}

/// The cells of a row. A function and not a component, so that what it reads is followed.
fn row_cells(
    matrix: Matrix,
    index: u64,
    row: ApplicationRow,
    picked: Derived<bool>,
    cursor_lane: Derived<Option<usize>>,
) -> impl IntoView {
    let lanes = matrix.lanes.get();
    let href = routes::application(row.id);
    let cells = row
        .cells
        .iter()
        .zip(&lanes)
        .enumerate()
        .map(|(position, (cell, lane))| {
            let next = row.cells.get(position + 1).zip(lanes.get(position + 1));
            cell_view(matrix, &row, cell, lane, next, position, cursor_lane)
        })
        .collect_view();
    view! {
        <td role="cell" class="c-pick">
            <label class="tick bare">
                <input
                    type="checkbox"
                    data-row=""
                    prop:checked=picked
                    on:click=move |event| {
                        if event.shift_key() {
                            matrix.extend_to(index);
                        } else {
                            matrix.toggle(index);
                        }
                    }
                />
                <span class="vh">{format!("Select {}", row.name)}</span>
            </label>
        </td>
        <th scope="row" role="rowheader" class="c-name">
            <a class="app" href=href>
                <span title=kind_and_modules(Some(row.kind), row.modules)>
                    <Icon name=kind_icon(row.kind)/>
                </span>
                <b title=row.name.clone()>{row.name.clone()}</b>
            </a>
        </th>
        {cells}
    }
}

/// What one lane has of the row's application, and the line to the next lane.
fn cell_view(
    matrix: Matrix,
    row: &ApplicationRow,
    cell: &MatrixCell,
    lane: &LaneHead,
    next: Option<(&MatrixCell, &LaneHead)>,
    position: usize,
    cursor_lane: Derived<Option<usize>>,
) -> impl IntoView + use<> {
    let rail = next.map(|(next, _)| Rail::between(cell, next));
    let may_plan = use_session().can(Action::EditPlan);
    let movable = may_plan && rail.as_ref().is_some_and(Rail::is_open);
    let class = format!(
        "lane-c{}{}",
        if position == 0 { " first" } else { "" },
        if movable { " movable" } else { "" },
    );
    let number = cell.version.map(|version| version.to_string());
    let chip = if cell.present {
        let state = if cell.marks.hotfix {
            ChipState::Hotfix
        } else {
            ChipState::Here
        };
        let modified = cell.marks.modified || cell.marks.changed_outside;
        Some(
            view! { <VersionChip number=number.clone() place=lane.place() modified state/> }
                .into_any(),
        )
    } else if cell.marks.blocked {
        None
    } else {
        Some(view! { <EmptyChip/> }.into_any())
    };
    let incoming = cell.incoming.map(|plan| view! { <Incoming plan/> });
    let deploy = movable.then(|| {
        let (_, to) = next.unzip();
        let closed = to.and_then(|to| out_of_service(lane, to));
        let refusal = Signal::derive(move || matrix.refusal.get().or_else(|| closed.clone()));
        let to = to.cloned();
        let text = Rail::deed(cell);
        let target = to.as_ref().map(|to| to.name.clone()).unwrap_or_default();
        let href = routes::new_plan(&lane.name, &target, &[row.id]);
        let label = format!("{text} of {} to {target}", row.name);
        view! {
            <ChangeLink class="btn sm primary rail-go" href name=label refusal>
                <span>{text}</span>
                <Icon name="arrow"/>
            </ChangeLink>
        }
    });
    let line = rail.map(|rail| {
        let spoken = next.and_then(|(_, lane)| rail.spoken(&lane.name));
        view! {
            <span class=rail.class()>
                {rail.word().map(|word| view! { <span class="rail-n" aria-hidden="true">{word}</span> })}
                {spoken.map(|spoken| view! { <span class="vh">{spoken}</span> })}
            </span>
        }
    });
    view! {
        <td
            role="cell"
            class=class
            class:at=move || cursor_lane.get() == Some(position)
            data-lane=lane.name.clone()
        >
            <div class="cell">
                {chip}
                {cell.changed.clone().map(|stamp| view! { <Changed stamp/> })}
                <MarkLine marks=cell.marks block_reason=cell.block_reason.clone()/>
                {incoming}
                {deploy}
                {line}
            </div>
        </td>
    }
}

/// How long ago something changed; by whom in the row of the cursor, on hover and for readers, and
/// when exactly on hover.
#[component]
fn Changed(stamp: Stamp) -> impl IntoView {
    let clock = use_clock();
    let at = stamp.at;
    let by = StoredValue::new(stamp.by.name);
    let text = derived(move |_| age(clock.now().since(at)));
    let full = move || format!("Changed by {}, {}", by.get_value(), clock.civil(at).full());
    view! {
        <span class="age" title=full>
            {text}
            <span class="by">{move || format!(" ago by {}", by.get_value())}</span>
        </span>
    }
}

/// A version on its way here.
#[component]
fn Incoming(plan: IncomingPlan) -> impl IntoView {
    let IncomingPlan {
        number: plan,
        brings,
        waits,
    } = plan;
    let version = brings.map(|brings| brings.to_string());
    let what = version.as_deref().unwrap_or("a new version");
    let (label, class) = match waits {
        Some(why) => (
            format!("Plan {plan} holds {what}: {}", why.word()),
            "chip prepared sm",
        ),
        None => (format!("Plan {plan} brings {what}"), "chip moving sm"),
    };
    view! {
        <span class="mk">
            <a href=routes::plan(plan) aria-label=label>
                <Icon name=if waits.is_some() { "pause" } else { "arrow" } class="tiny"/>
                {version.map(|version| view! { <span class=class>{version}</span> })}
                <span class="dim">{format!("#{plan}")}</span>
            </a>
        </span>
    }
}

/// A row that is not here yet.
#[component]
pub fn RowSkeleton(
    /// How many lanes.
    lanes: usize,
) -> impl IntoView {
    view! {
        <td role="cell" class="c-pick"></td>
        <th scope="row" role="rowheader" class="c-name">
            <span class="skel line"></span>
            <span class="vh">"Loading"</span>
        </th>
        {(0..lanes)
            .map(|position| {
                view! {
                    <td role="cell" class=if position == 0 { "lane-c first skel-c" } else { "lane-c skel-c" }>
                        <span class="skel hull"></span>
                    </td>
                }
            })
            .collect_view()}
    }
}

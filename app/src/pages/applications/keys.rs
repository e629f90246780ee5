//! The keyboard in the matrix: a cursor of row and lane, selection, and the way to a plan.

use super::selection::{best, ways};
use super::state::{Cursor, Matrix};
use super::view::Geometry;
use crate::components::copy::use_copy_key;
use crate::components::keyboard::use_shortcut;
use crate::components::rail::Rail;
use crate::routes;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// Makes the keys of the matrix work while it is on screen.
pub fn use_matrix_keys(matrix: Matrix, geometry: Geometry) {
    let step = move |by: i64, extend: bool| {
        if let Some(row) = move_cursor(matrix, by, extend) {
            geometry.reveal(matrix, row);
        }
    };
    use_shortcut("j", "Next row", move || step(1, false));
    use_shortcut("k", "Row before", move || step(-1, false));
    use_shortcut("ArrowDown", "Next row", move || step(1, false));
    use_shortcut("ArrowUp", "Row before", move || step(-1, false));
    use_shortcut("J", "Select to the next row", move || step(1, true));
    use_shortcut("K", "Select to the row before", move || step(-1, true));
    use_shortcut("ArrowRight", "Next environment", move || {
        move_lane(matrix, 1);
    });
    use_shortcut("ArrowLeft", "Environment before", move || {
        move_lane(matrix, -1);
    });
    use_shortcut("x", "Select the row", move || {
        if let Some(cursor) = matrix.cursor.get_untracked() {
            matrix.toggle(cursor.row);
        }
    });
    use_shortcut("Escape", "Clear the selection", move || {
        matrix.clear_selection();
        matrix.cursor.set(None);
    });
    use_copy_key(move || {
        let cursor = matrix.cursor.get_untracked()?;
        Some(routes::application(matrix.row_now(cursor.row)?.id))
    });
    let navigate = use_navigate();
    use_shortcut(
        "d",
        "Deploy what is selected or under the cursor",
        move || {
            if matrix.refusal.with_untracked(Option::is_some) {
                return;
            }
            if let Some(href) = plan_for_selection(matrix).or_else(|| plan_at_cursor(matrix)) {
                navigate(&href, NavigateOptions::default());
            }
        },
    );
}

/// Moves the cursor; the first key press puts it on the first row in view. Gives the row.
fn move_cursor(matrix: Matrix, by: i64, extend: bool) -> Option<u64> {
    let total = matrix.total.get_untracked();
    let last = total.checked_sub(1)?;
    let cursor = match matrix.cursor.get_untracked() {
        None => Cursor { row: 0, lane: 0 },
        Some(cursor) => {
            if extend && matrix.anchor.get_value().is_none() {
                matrix.anchor.set_value(Some(cursor.row));
            }
            Cursor {
                row: cursor.row.saturating_add_signed(by).min(last),
                ..cursor
            }
        }
    };
    matrix.cursor.set(Some(cursor));
    if extend {
        matrix.extend_to(cursor.row);
    }
    Some(cursor.row)
}

fn move_lane(matrix: Matrix, by: isize) {
    let lanes = matrix.lanes.with_untracked(Vec::len);
    if let Some(cursor) = matrix.cursor.get_untracked() {
        matrix.cursor.set(Some(Cursor {
            lane: cursor
                .lane
                .saturating_add_signed(by)
                .min(lanes.saturating_sub(1)),
            ..cursor
        }));
    }
}

fn plan_for_selection(matrix: Matrix) -> Option<String> {
    let ways = matrix
        .picked
        .with_untracked(|picked| matrix.lanes.with_untracked(|lanes| ways(picked, lanes)));
    best(&ways).map(|way| way.href.clone())
}

/// From the cursor's lane to the next one; in the last lane, into it.
fn plan_at_cursor(matrix: Matrix) -> Option<String> {
    let cursor = matrix.cursor.get_untracked()?;
    let row = matrix.row_now(cursor.row)?;
    matrix.lanes.with_untracked(|lanes| {
        let from = if cursor.lane + 1 < lanes.len() {
            cursor.lane
        } else {
            cursor.lane.checked_sub(1)?
        };
        let rail = Rail::between(row.cells.get(from)?, row.cells.get(from + 1)?);
        rail.is_open()
            .then(|| routes::new_plan(&lanes[from].name, &lanes[from + 1].name, &[row.id]))
    })
}

//! The keyboard's place in the list.

use crate::components::copy::copy_link;
use crate::components::keyboard::use_shortcut;
use crate::components::toast::use_toasts;
use crate::derived::Derived;
use crate::routes;
use domain::PlanId;
use domain::view::PlanPage;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The row cursor: `j` and `k` or the arrows move it, and the focus with it, so that Enter opens
/// the plan as it opens any link; `e` edits, `y` copies the address of the row. `shown` are the rows in
/// the order in which they are seen.
pub fn use_cursor(
    page: Derived<PlanPage>,
    shown: Derived<Vec<PlanId>>,
) -> RwSignal<Option<PlanId>> {
    let cursor = RwSignal::new(None::<PlanId>);
    let toasts = use_toasts();
    let step = move |by: isize| {
        let next = shown.with_untracked(|shown| {
            let here = cursor
                .get_untracked()
                .and_then(|id| shown.iter().position(|other| *other == id));
            moved(here, by, shown.len()).and_then(|next| shown.get(next).copied())
        });
        let Some(next) = next else {
            return;
        };
        let number =
            page.with_untracked(|p| p.rows.iter().find(|r| r.id == next).map(|r| r.number));
        if let Some(number) = number {
            cursor.set(Some(next));
            focus_row(number);
        }
    };
    let under = move || {
        let id = cursor.get_untracked()?;
        page.with_untracked(|p| {
            p.rows
                .iter()
                .find(|r| r.id == id)
                .map(|r| (r.number, r.status.is_editable()))
        })
    };
    use_shortcut("j", "Next plan", move || step(1));
    use_shortcut("k", "Previous plan", move || step(-1));
    use_shortcut("ArrowDown", "Next plan", move || step(1));
    use_shortcut("ArrowUp", "Previous plan", move || step(-1));
    let navigate = use_navigate();
    use_shortcut("e", "Edit the plan", move || {
        if let Some((number, true)) = under() {
            navigate(&routes::plan(number), NavigateOptions::default());
        }
    });
    use_shortcut("y", "Copy link to the plan, or to this view", move || {
        copy_link(toasts, under().map(|(number, _)| routes::plan(number)));
    });
    cursor
}

/// Where the cursor comes to stand: at either end it stays, and the first key puts it there.
fn moved(here: Option<usize>, by: isize, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    Some(match here {
        Some(here) => here.saturating_add_signed(by).min(last),
        None if by > 0 => 0,
        None => last,
    })
}

#[cfg(feature = "hydrate")]
fn focus_row(number: u64) {
    use wasm_bindgen::JsCast;
    let Ok(Some(row)) = document().query_selector(&format!("[data-plan=\"{number}\"]")) else {
        return;
    };
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    row.scroll_into_view_with_scroll_into_view_options(&options);
    let link = row.query_selector("th a").ok().flatten();
    if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = link.focus();
    }
}

#[cfg(not(feature = "hydrate"))]
fn focus_row(_number: u64) {}

#[cfg(test)]
mod tests {
    use super::moved;

    #[test]
    fn the_cursor_stays_in_the_list() {
        assert_eq!(moved(None, 1, 3), Some(0));
        assert_eq!(moved(None, -1, 3), Some(2));
        assert_eq!(moved(Some(2), 1, 3), Some(2));
        assert_eq!(moved(Some(0), -1, 3), Some(0));
        assert_eq!(moved(None, 1, 0), None);
    }
}

//! The keyboard's place in the list.

use crate::components::keyboard::use_shortcut;
use crate::components::toast::use_toasts;
use crate::routes;
use domain::view::{Page, PlanRow};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The row cursor: `j` and `k` move it, Enter opens, `y` copies the row's address.
pub fn use_cursor(page: Memo<Page<PlanRow>>) -> RwSignal<Option<domain::PlanId>> {
    let cursor = RwSignal::new(None::<domain::PlanId>);
    let navigate = use_navigate();
    let toasts = use_toasts();
    let step = move |by: isize| {
        page.with_untracked(|p| {
            let count = p.rows.len() as isize;
            if count == 0 {
                return;
            }
            let here = cursor
                .get_untracked()
                .and_then(|id| p.rows.iter().position(|r| r.id == id));
            let next = match here {
                Some(here) => (here as isize + by).clamp(0, count - 1),
                None if by > 0 => 0,
                None => count - 1,
            };
            let row = &p.rows[next as usize];
            cursor.set(Some(row.id));
            into_view(row.number);
        });
    };
    let number = move || {
        let id = cursor.get_untracked()?;
        page.with_untracked(|p| p.rows.iter().find(|r| r.id == id).map(|r| r.number))
    };
    use_shortcut("j", "Next plan", move || step(1));
    use_shortcut("k", "Previous plan", move || step(-1));
    use_shortcut("Enter", "Open the plan", move || {
        if let Some(number) = number() {
            navigate(&routes::plan(number), NavigateOptions::default());
        }
    });
    use_shortcut("y", "Copy link to the plan", move || {
        if let Some(number) = number() {
            copy_link(number);
            toasts.done("Link copied", "");
        }
    });
    cursor
}

#[cfg(feature = "hydrate")]
fn into_view(number: u64) {
    if let Ok(Some(row)) = document().query_selector(&format!("[data-plan=\"{number}\"]")) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

#[cfg(not(feature = "hydrate"))]
fn into_view(_number: u64) {}

/// Puts the address of a plan into the clipboard.
#[cfg(feature = "hydrate")]
pub fn copy_link(number: u64) {
    let window = window();
    let origin = window.location().origin().unwrap_or_default();
    let text = format!("{origin}{}", routes::plan(number));
    let _ = window.navigator().clipboard().write_text(&text);
}

/// Puts the address of a plan into the clipboard.
#[cfg(not(feature = "hydrate"))]
pub fn copy_link(_number: u64) {}

//! Where the log is scrolled to; nothing on the server.

use super::RunLog;
#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// Where a line is seen.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(feature = "hydrate"),
    expect(dead_code, reason = "the browser's part reads it")
)]
pub(super) struct Place {
    line: u64,
    below: i32,
}

#[cfg(feature = "hydrate")]
impl RunLog {
    pub(super) fn scroll_to_end(self) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_height());
            }
        });
    }

    pub(super) fn scroll_to_start(self) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(0);
            }
        });
    }

    /// How far a line is below the upper edge of what is seen, so that it can be kept there.
    pub(super) fn place_of(self, line: Option<u64>) -> Option<Place> {
        let (line, node) = (line?, self.node.get_untracked()?);
        let below = top_of(line)? - node.scroll_top();
        Some(Place { line, below })
    }

    /// Keeps the line where it was, whatever came or went above it.
    pub(super) fn keep_place(self, place: Option<Place>) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten()
                && let Some(place) = place
                && let Some(top) = top_of(place.line)
            {
                // The browser may have kept another line's place already.
                let wanted = top - place.below;
                if node.scroll_top() != wanted {
                    node.set_scroll_top(wanted);
                }
            }
        });
    }
}

/// Where a line begins, in pixels from where all lines do.
#[cfg(feature = "hydrate")]
fn top_of(line: u64) -> Option<i32> {
    use wasm_bindgen::JsCast;
    let element = document().get_element_by_id(&format!("L{line}"))?;
    Some(element.dyn_ref::<web_sys::HtmlElement>()?.offset_top())
}

#[cfg(not(feature = "hydrate"))]
#[allow(clippy::unused_self)] // the browser's part needs it
impl RunLog {
    pub(super) fn scroll_to_end(self) {}
    pub(super) fn scroll_to_start(self) {}
    pub(super) fn place_of(self, _line: Option<u64>) -> Option<Place> {
        None
    }
    pub(super) fn keep_place(self, _place: Option<Place>) {}
}

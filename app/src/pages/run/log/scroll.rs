//! Where the log is scrolled to; nothing on the server.

use super::RunLog;
#[cfg(feature = "hydrate")]
use leptos::prelude::*;

#[cfg(feature = "hydrate")]
impl RunLog {
    pub(super) fn scroll_to_end(self) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_height());
            }
        });
    }

    pub(super) fn height(self) -> i32 {
        self.node.get_untracked().map_or(0, |n| n.scroll_height())
    }

    pub(super) fn keep_place(self, before: i32) {
        request_animation_frame(move || {
            if let Some(node) = self.node.try_get_untracked().flatten() {
                node.set_scroll_top(node.scroll_top() + node.scroll_height() - before);
            }
        });
    }
}

#[cfg(not(feature = "hydrate"))]
#[allow(clippy::unused_self)] // the browser's part needs it
impl RunLog {
    pub(super) fn scroll_to_end(self) {}
    pub(super) fn height(self) -> i32 {
        0
    }
    pub(super) fn keep_place(self, _before: i32) {}
}

//! Waiting a moment before acting on what is typed.

use futures::channel::oneshot;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use std::time::Duration;

/// Runs the last of several actions, once nothing new came for a while.
#[derive(Clone, Copy)]
pub struct Delay {
    handle: StoredValue<Option<TimeoutHandle>>,
    wait: Duration,
}

impl Delay {
    /// Waits this many milliseconds. What waits when the screen is left is dropped.
    pub fn new(milliseconds: u64) -> Self {
        let this = Self {
            handle: StoredValue::new(None),
            wait: Duration::from_millis(milliseconds),
        };
        on_cleanup(move || {
            this.cancel();
        });
        this
    }

    /// Runs `action` after the wait, in place of the one before.
    pub fn run(self, action: impl FnOnce() + 'static) {
        self.run_in(self.wait, action);
    }

    /// The same after another wait.
    pub fn run_in(self, wait: Duration, action: impl FnOnce() + 'static) {
        self.cancel();
        let handle = set_timeout_with_handle(
            move || {
                let _ = self.handle.try_update_value(|handle| *handle = None);
                action();
            },
            wait,
        );
        self.handle.set_value(handle.ok());
    }

    /// Whether something waits.
    pub fn is_waiting(self) -> bool {
        self.handle
            .try_with_value(Option::is_some)
            .unwrap_or_default()
    }

    /// Drops what waits. Tells whether there was anything.
    pub fn cancel(self) -> bool {
        match self.handle.try_update_value(Option::take).flatten() {
            Some(handle) => {
                handle.clear();
                true
            }
            None => false,
        }
    }
}

/// Waits, whether or not the screen that asked for it is still there.
pub async fn sleep(wait: Duration) {
    let (over, waiting) = oneshot::channel::<()>();
    set_timeout(
        move || {
            let _ = over.send(());
        },
        wait,
    );
    let _ = waiting.await;
}

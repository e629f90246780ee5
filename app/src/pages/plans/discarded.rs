//! A plan that was discarded: said, and brought back by who did not mean it.

use crate::api::plans::restore_plan;
use crate::components::toast::Toasts;
use leptos::task::spawn_local;

/// Says that a saved plan is gone, and offers *Undo* for as long as the message stays.
pub fn say_discarded(toasts: Toasts, number: u64) {
    toasts.undoable(
        number,
        format!("Plan #{number} discarded"),
        "It is gone for everybody.",
        move || {
            spawn_local(async move {
                match restore_plan(number).await {
                    Ok(()) => toasts.done(format!("Plan #{number} is back"), "As it was before."),
                    Err(error) => toasts.fail(format!("Plan #{number} is not back"), &error),
                }
            });
        },
    );
}

//! What the page says and shows on its own: a sentence for screen readers, and the site's icon.

use crate::derived::{Derived, derived};
use crate::live::{Link, use_live};
use domain::plan::PlanStatus;
use domain::view::Watch;
use leptos::prelude::*;
use std::time::Duration;

/// At most one sentence in this time; of several, the last one.
const PAUSE: Duration = Duration::from_secs(10);

/// What is worth a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    link: Link,
    waiting: u32,
}

/// What to say of a change, if anything.
fn sentence(before: State, now: State) -> Option<String> {
    match (before.link, now.link) {
        (Link::Live, Link::Lost(_)) => {
            return Some("Connection lost. What is shown stays; the page keeps trying.".to_owned());
        }
        (Link::Lost(_), Link::Live) => return Some("The connection is back.".to_owned()),
        _ => {}
    }
    (now.waiting > before.waiting).then(|| {
        if now.waiting == 1 {
            "A plan waits for you.".to_owned()
        } else {
            format!("{} plans wait for you.", now.waiting)
        }
    })
}

/// Speaks politely, and seldom.
#[component]
pub fn Voice(
    /// What is known of the plans; nothing until it is.
    watch: Derived<Option<Watch>>,
) -> impl IntoView {
    let live = use_live();
    let said = RwSignal::new(String::new());
    let next = StoredValue::new(None::<String>);
    let resting = StoredValue::new(false);
    let state = derived(move |_| {
        watch.with(|watch| {
            watch.as_ref().map(|watch| State {
                link: live.link(),
                waiting: watch.waiting,
            })
        })
    });
    Effect::new(move |before: Option<Option<State>>| {
        let now = state.get();
        if let (Some(before), Some(now)) = (before.flatten(), now)
            && let Some(text) = sentence(before, now)
        {
            next.set_value(Some(text));
            if !resting.get_value() {
                speak(said, next, resting);
            }
        }
        now
    });
    let icon = derived(move |_| watch.with(|watch| watch.as_ref().map_or("", shape)));
    Effect::new(move |_| show_icon(icon.get()));
    view! {
        <span class="vh" role="status">
            {said}
        </span>
    }
}

/// Says what is next, then rests.
fn speak(said: RwSignal<String>, next: StoredValue<Option<String>>, resting: StoredValue<bool>) {
    let Some(text) = next.try_update_value(Option::take).flatten() else {
        return;
    };
    said.try_set(text);
    resting.set_value(true);
    set_timeout(
        move || {
            if resting.try_set_value(false).is_none() {
                speak(said, next, resting);
            }
        },
        PAUSE,
    );
}

/// The shape in the site's icon; empty for none.
fn shape(watch: &Watch) -> &'static str {
    let aborting = |status| status == PlanStatus::Aborting;
    if watch.waiting > 0 {
        // Two bars: it waits for a person.
        "<path d='M5 4v8M11 4v8' stroke='%23fff' stroke-width='3'/>"
    } else if watch.active.iter().any(|plan| aborting(plan.status)) {
        // A cross: something is being stopped.
        "<path d='M4 4l8 8M12 4l-8 8' stroke='%23fff' stroke-width='3'/>"
    } else if watch.active.is_empty() {
        ""
    } else {
        // A triangle: something runs.
        "<path d='M5 3l8 5-8 5z' fill='%23fff'/>"
    }
}

/// Puts a shape into the site's icon, or the mark back.
#[cfg(feature = "hydrate")]
fn show_icon(shape: &str) {
    let Ok(Some(link)) = document().query_selector("link[rel=icon]") else {
        return;
    };
    let mark = link.get_attribute("data-mark").or_else(|| {
        let mark = link.get_attribute("href")?;
        let _ = link.set_attribute("data-mark", &mark);
        Some(mark)
    });
    let href = if shape.is_empty() {
        mark.unwrap_or_default()
    } else {
        format!(
            "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='4' fill='%2305687f'/>{shape}</svg>"
        )
    };
    let _ = link.set_attribute("href", &href);
}

#[cfg(not(feature = "hydrate"))]
fn show_icon(_shape: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_said() {
        let state = |link, waiting| State { link, waiting };
        let say = |a, b| sentence(a, b).unwrap_or_default();
        assert_eq!(
            say(state(Link::Starting, 0), state(Link::Live, 0)),
            "",
            "that all is well is no news"
        );
        assert!(say(state(Link::Live, 0), state(Link::Lost(1), 0)).starts_with("Connection lost"));
        assert!(say(state(Link::Lost(1), 0), state(Link::Live, 0)).contains("back"));
        assert_eq!(
            say(state(Link::Live, 0), state(Link::Live, 1)),
            "A plan waits for you."
        );
        assert_eq!(say(state(Link::Live, 3), state(Link::Live, 2)), "");
    }
}

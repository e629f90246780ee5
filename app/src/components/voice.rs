//! What the page says and shows on its own: a sentence for screen readers, and the site's icon.

use super::status::Look;
use crate::derived::{Derived, derived};
use crate::live::{Link, use_live};
use crate::routes;
use domain::plan::PlanStatus;
use domain::view::{EndedPlanRef, Watch};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use std::time::Duration;

/// At most one sentence in this time; of several, the last one.
const PAUSE: Duration = Duration::from_secs(10);

/// What is worth a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    link: Link,
    waiting: u32,
    ended: Option<EndedPlanRef>,
}

/// What to say of a change; empty for nothing.
fn sentence(before: &State, now: &State) -> String {
    let link = match (before.link, now.link) {
        (Link::Live, Link::Lost(_)) => {
            Some("Connection lost. What is shown stays; the page keeps trying.".to_owned())
        }
        (Link::Lost(_), Link::Live) => Some("The connection is back.".to_owned()),
        _ => None,
    };
    let end = |ended: &EndedPlanRef| (ended.number, ended.over);
    let ended = now
        .ended
        .as_ref()
        .filter(|ended| before.ended.as_ref().map(end) != Some(end(ended)))
        .map(|ended| {
            let how = Look::of_plan(ended.status, None).word.to_ascii_lowercase();
            format!("#{} {}: {how}.", ended.number, ended.name)
        });
    let waiting = (now.waiting > before.waiting).then(|| {
        if now.waiting == 1 {
            "A plan waits for you.".to_owned()
        } else {
            format!("{} plans wait for you.", now.waiting)
        }
    });
    let all: Vec<String> = [link, ended, waiting].into_iter().flatten().collect();
    all.join(" ")
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
                ended: watch.ended.clone(),
            })
        })
    });
    Effect::new(move |before: Option<Option<State>>| {
        let now = state.get();
        if let (Some(before), Some(now)) = (before.flatten(), &now) {
            let text = sentence(&before, now);
            if !text.is_empty() {
                next.set_value(Some(text));
                if !resting.get_value() {
                    speak(said, next, resting);
                }
            }
        }
        now
    });
    let seen = use_seen(watch);
    let icon = derived(move |_| {
        watch.with(|watch| watch.as_ref().map_or("", |watch| shape(watch, seen.get())))
    });
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

/// The failed plan whose page was looked at last, here and by somebody: what is seen is no alarm
/// any more.
fn use_seen(watch: Derived<Option<Watch>>) -> Derived<Option<u64>> {
    let path = use_location().pathname;
    let looked_at = use_looked_at();
    derived(move |before: Option<&Option<u64>>| {
        let failed = watch.with(|watch| failed(watch.as_ref()?));
        failed
            .filter(|number| looked_at.get() && path.with(|path| *path == routes::plan(*number)))
            .or_else(|| before.copied().flatten())
    })
}

/// The plan that failed, if one did and its person has not gone on since.
fn failed(watch: &Watch) -> Option<u64> {
    watch
        .ended
        .as_ref()
        .filter(|ended| ended.failed)
        .map(|ended| ended.number)
}

/// Whether the page is in front, and not in a tab behind others.
fn use_looked_at() -> RwSignal<bool> {
    let looked_at = RwSignal::new(true);
    Effect::new(move |_| {
        let look = move || {
            let now = !document().hidden();
            if looked_at
                .try_get_untracked()
                .is_some_and(|before| before != now)
            {
                looked_at.set(now);
            }
        };
        look();
        let follow = window_event_listener_untyped("visibilitychange", move |_| look());
        on_cleanup(move || follow.remove());
    });
    looked_at
}

/// The shape in the site's icon; empty for none. `seen` is the failed plan that was looked at.
fn shape(watch: &Watch, seen: Option<u64>) -> &'static str {
    let aborting = |status| status == PlanStatus::Aborting;
    if watch.waiting > 0 {
        // Two bars: it waits for a person.
        "<path d='M5 4v8M11 4v8' stroke='%23fff' stroke-width='3'/>"
    } else if failed(watch).is_some_and(|number| seen != Some(number)) {
        // A cross in an octagon: something failed.
        "<path d='M5 1h6l4 4v6l-4 4H5l-4-4V5z' fill='%23b3261e'/><path d='M5 5l6 6M11 5l-6 6' stroke='%23fff' stroke-width='3'/>"
    } else if watch.active.iter().any(|plan| aborting(plan.status)) {
        // A square: something is being stopped.
        "<path d='M4 4h8v8H4z' fill='%23fff'/>"
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

    fn ended(number: u64, status: PlanStatus, failed: bool) -> EndedPlanRef {
        EndedPlanRef {
            number,
            name: "Policy 5.3 to Quality".to_owned(),
            status,
            over: domain::Timestamp(5),
            failed,
        }
    }

    #[test]
    fn only_what_matters_is_said() {
        let state = |link, waiting| State {
            link,
            waiting,
            ended: None,
        };
        let say = |a, b| sentence(&a, &b);
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

    #[test]
    fn that_ones_own_plan_ended_is_said_once() {
        let state = |ended| State {
            link: Link::Live,
            waiting: 0,
            ended,
        };
        let finished = ended(7, PlanStatus::FinishedSuccessful, false);
        let (running, over) = (state(None), state(Some(finished)));
        assert_eq!(
            sentence(&running, &over),
            "#7 Policy 5.3 to Quality: finished."
        );
        assert_eq!(sentence(&over, &over), "");
        assert_eq!(sentence(&over, &running), "", "it is no news any more");
        let mut also = state(Some(ended(8, PlanStatus::FinishedWithErrors, true)));
        also.waiting = 1;
        assert_eq!(
            sentence(&over, &also),
            "#8 Policy 5.3 to Quality: finished with errors. A plan waits for you."
        );
    }

    #[test]
    fn what_failed_is_in_the_icon_until_it_was_seen() {
        let mut watch = Watch::default();
        assert_eq!(shape(&watch, None), "");
        watch.ended = Some(ended(7, PlanStatus::FinishedSuccessful, false));
        assert_eq!(shape(&watch, None), "");
        watch.ended = Some(ended(7, PlanStatus::Aborted, true));
        let failed = shape(&watch, None);
        assert!(failed.contains("b3261e"), "{failed}");
        assert_eq!(shape(&watch, Some(6)), failed, "another one was seen");
        assert_eq!(shape(&watch, Some(7)), "");
        watch.waiting = 1;
        assert_ne!(shape(&watch, None), failed, "what waits comes first");
    }
}

//! The way from an empty console to a first plan, where there is nothing to show yet. What is done
//! and what comes next follow from what there is. Its code is a part of its own: who has
//! environments and applications never loads it.

// `wasm_split` expands to the foreign functions that load a part; none is written here.
#![allow(
    unsafe_code,
    clippy::used_underscore_binding,
    clippy::unnecessary_wraps
)]

mod view;

use crate::derived::Derived;
use crate::pages::later::load_style;
use domain::environment::LinkState;
use futures::FutureExt;
use futures::future::join;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

/// An environment, as far as the steps look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstLane {
    /// Its name.
    pub name: String,
    /// Whether its agent is there.
    pub link: LinkState,
}

/// What the steps follow from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The environments in promotion order.
    pub lanes: Vec<FirstLane>,
    /// Whether any application is known.
    pub applications: bool,
}

/// A step on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Registering the first environment.
    Register,
    /// Joining its agent.
    Join,
    /// Publishing the first application.
    Publish,
    /// Creating the first plan.
    Plan,
}

impl Step {
    /// All, in their order.
    const ALL: [Self; 4] = [Self::Register, Self::Join, Self::Publish, Self::Plan];
}

impl Facts {
    /// What is to be done next; every step before it is done.
    fn next(&self) -> Step {
        match self.lanes.first() {
            None => Step::Register,
            Some(_) if self.applications => Step::Plan,
            Some(first) if first.link == LinkState::NeverJoined => Step::Join,
            Some(_) => Step::Publish,
        }
    }
}

#[wasm_split(first_run, wasm_split_path = ::leptos::wasm_split, preload(load_first_run), fallible)]
fn first_run(facts: Derived<Facts>) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <view::Steps facts/> }.into_any())
}

/// The steps; until their code is here, what `children` say.
#[component]
pub fn FirstRun(
    /// What there is.
    facts: Derived<Facts>,
    /// The same in few words, with the way to the first step.
    children: ChildrenFn,
) -> impl IntoView {
    let here = RwSignal::new(false);
    Effect::new(move |_| {
        spawn_local(async move {
            // Without its code the few words stay; they lead on, too. Its style comes with those of
            // the later screens.
            let (code, ()) = join(load_first_run(), load_style()).await;
            if code.is_ok() {
                here.try_set(true);
            }
        });
    });
    move || {
        let steps = here
            .get()
            .then(|| first_run(facts).now_or_never().and_then(Result::ok))
            .flatten();
        steps.unwrap_or_else(|| children().into_any())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_step_follows_from_what_there_is() {
        let lane = |link| FirstLane {
            name: "Development".to_owned(),
            link,
        };
        let next = |lanes: Vec<FirstLane>, applications| {
            Facts {
                lanes,
                applications,
            }
            .next()
        };
        assert_eq!(next(Vec::new(), false), Step::Register);
        assert_eq!(next(vec![lane(LinkState::NeverJoined)], false), Step::Join);
        // An agent that is away has joined.
        for link in [
            LinkState::Online,
            LinkState::Offline,
            LinkState::Incompatible,
        ] {
            assert_eq!(next(vec![lane(link)], false), Step::Publish);
        }
        // Versions are published into the first one.
        let lanes = vec![lane(LinkState::NeverJoined), lane(LinkState::Online)];
        assert_eq!(next(lanes, false), Step::Join);
        assert_eq!(next(vec![lane(LinkState::Offline)], true), Step::Plan);
    }
}

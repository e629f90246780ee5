//! *Block…* in the head of an application's page: where plans may not bring it (domain.md 3.11).

use super::lanes::blocking_in;
use crate::components::menu::{Menu, MenuItem};
use crate::live::use_refusal;
use crate::pages::blocking::Blocking;
use domain::access::Action;
use domain::view::ApplicationDetail;
use leptos::prelude::*;

/// A menu with an entry for each environment: it can be blocked, its block can be lifted, or why
/// neither is possible.
#[component]
pub fn BlockMenu(
    /// The application.
    detail: RwSignal<ApplicationDetail>,
    /// What is asked about blocking it.
    asked: RwSignal<Option<Blocking>>,
) -> impl IntoView {
    let refusal = use_refusal(Action::DeployApplications);
    let items = Callback::new(move |()| {
        detail.with_untracked(|detail| {
            (0..detail.environments.len())
                .map(|lane| item(detail, lane, refusal.get_untracked(), asked))
                .collect()
        })
    });
    view! { <Menu label="Block…" icon_only=false items/> }
}

fn item(
    detail: &ApplicationDetail,
    lane: usize,
    refusal: Option<String>,
    asked: RwSignal<Option<Blocking>>,
) -> MenuItem {
    let place = &detail.environments[lane];
    let Some(blocking) = blocking_in(detail, lane) else {
        let why = if detail.cells[lane].present {
            format!("It runs in {place}; only what does not run there yet can be blocked")
        } else {
            format!("A plan is bringing it to {place}")
        };
        // The place is named, so that each entry has its own reason: a menu shows one that is shared
        // only once.
        return MenuItem {
            refusal: Some(why),
            ..MenuItem::new(format!("Block in {place}…"), "lock", Callback::new(|()| ()))
        };
    };
    let verb = if blocking.block { "Block" } else { "Unblock" };
    let icon = blocking.icon();
    let press = Callback::new(move |()| asked.set(Some(blocking.clone())));
    MenuItem {
        refusal,
        ..MenuItem::new(format!("{verb} in {place}…"), icon, press)
    }
}

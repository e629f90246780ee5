//! *Reuse Plan* and *Retry Plan* on a run's own page: the popup of the list, with the environments as
//! they are when it is opened.

use crate::api::environments::list_environments;
use crate::components::button::Button;
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::live::use_refusal;
use crate::pages::plans::reuse::ReuseDialog;
use domain::access::Action;
use domain::plan::Origin;
use domain::view::{EnvironmentRow, RunDetail};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// What the popup is about; it is open while there is a plan.
#[derive(Clone, Copy)]
pub struct Again {
    reusing: RwSignal<Option<u64>>,
    environments: RwSignal<Vec<EnvironmentRow>>,
}

impl Again {
    /// Closed.
    pub fn new() -> Self {
        Self {
            reusing: RwSignal::new(None),
            environments: RwSignal::new(Vec::new()),
        }
    }

    /// The popup itself.
    pub fn dialog(self) -> AnyView {
        let environments = derived(move |_| self.environments.get());
        view! { <ReuseDialog reusing=self.reusing environments/> }.into_any()
    }
}

/// The button, once the run is over.
#[component]
pub fn TakeUpAgain(run: RwSignal<RunDetail>, again: Again) -> impl IntoView {
    let toasts = use_toasts();
    let refused = use_refusal(Action::EditPlan);
    // As in the list (RU11, RT5).
    let refusal = Signal::derive(move || {
        refused
            .get()
            .or_else(|| run.with(|r| r.plan.stay.maintenance.clone()))
    });
    let number = run.with_untracked(|r| r.plan.number);
    let busy = RwSignal::new(false);
    let open = Callback::new(move |()| {
        busy.set(true);
        spawn_local(async move {
            let answer = list_environments().await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(cards) => {
                    let rows = cards.into_iter().map(|card| card.row).collect();
                    again.environments.set(rows);
                    again.reusing.set(Some(number));
                }
                Err(error) => toasts.fail("The environments could not be read", &error),
            }
        });
    });
    let offered = derived(move |_| run.with(|r| Origin::offered(r.plan.status)));
    move || {
        offered.get().map(|how| {
            let (label, icon) = match how {
                Origin::Retry => ("Retry Plan", "retry"),
                Origin::Reuse { .. } | Origin::Rollback => ("Reuse Plan", "reuse"),
            };
            view! { <Button label icon controls="reuse-plan" busy refusal on_press=open/> }
        })
    }
}

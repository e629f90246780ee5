//! What the rows of the list ask for, and what comes of it.

use super::cursor::copy_link;
use super::row::Wish;
use crate::api::executions::continue_plan;
use crate::api::plans::{discard_plan, read_plan, start_plan};
use crate::components::dialog::Confirm;
use crate::components::toast::use_toasts;
use crate::pages::plan_abort::Stoppable;
use crate::routes;
use domain::execution::Phase;
use domain::view::{Page, PlanRow, StartOutcome};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// What the rows ask for.
pub fn use_wishes(
    page: Memo<Page<PlanRow>>,
    aborting: RwSignal<Option<Stoppable>>,
    discarding: RwSignal<Option<u64>>,
    refresh: Callback<()>,
) -> Callback<Wish> {
    let toasts = use_toasts();
    let navigate = use_navigate();
    let starting = StoredValue::new(None::<u64>);
    Callback::new(move |wish: Wish| match wish {
        Wish::Refresh => refresh.run(()),
        Wish::Discard(number) => discarding.set(Some(number)),
        Wish::CopyLink(number) => {
            copy_link(number);
            toasts.done("Link copied", "");
        }
        Wish::Abort(number) => {
            aborting.set(page.with_untracked(|p| {
                p.rows
                    .iter()
                    .find(|r| r.number == number)
                    .map(|r| Stoppable {
                        number,
                        target: r.target.clone(),
                        switched: matches!(r.phase, Some(Phase::Activate | Phase::Finish)),
                    })
            }));
        }
        Wish::Continue(number) => {
            spawn_local(async move {
                match continue_plan(number).await {
                    Ok(()) => {
                        refresh.try_run(());
                    }
                    Err(error) => toasts.fail(format!("Plan #{number} was not continued"), &error),
                }
            });
        }
        Wish::Deploy(number) => {
            // Pressing twice is harmless.
            if starting.get_value().is_some() {
                return;
            }
            starting.set_value(Some(number));
            let navigate = navigate.clone();
            spawn_local(async move {
                let read = read_plan(number).await;
                let changed = read.as_ref().is_ok_and(|detail| detail.row.unsaved);
                let answer = match read {
                    // Somebody changed it while the list was looked at: nobody has seen that here.
                    Ok(_) if changed => Ok(None),
                    Ok(detail) => start_plan(number, detail.revision, None).await.map(Some),
                    Err(error) => Err(error),
                };
                if starting.try_set_value(None).is_some() {
                    return;
                }
                match answer {
                    Ok(None) => {
                        toasts.warn(
                            format!("Plan #{number} was not started"),
                            "It was changed since it was saved. This is how it is now.",
                        );
                        navigate(&routes::plan(number), NavigateOptions::default());
                    }
                    Ok(Some(StartOutcome::Started)) => {
                        navigate(&routes::plan(number), NavigateOptions::default());
                    }
                    Ok(Some(StartOutcome::Refused(_))) => {
                        toasts.warn(
                            format!("Plan #{number} was not started"),
                            "The check found errors. Open it to see them.",
                        );
                        refresh.run(());
                    }
                    Err(error) => toasts.fail(format!("Plan #{number} was not started"), &error),
                }
            });
        }
    })
}

/// Asks before a plan is removed.
#[component]
pub fn DiscardDialog(
    /// Its number; open while there is one.
    discarding: RwSignal<Option<u64>>,
    /// It is gone, or was not removed: the list has to look again.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let number = Memo::new(move |_| discarding.get().unwrap_or_default());
    let act = Callback::new(move |()| {
        let Some(number) = discarding.get_untracked() else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let answer = discard_plan(number).await;
            if busy.try_set(false).is_some() {
                return;
            }
            discarding.set(None);
            match answer {
                Ok(()) => toasts.done(format!("Plan #{number} discarded"), ""),
                Err(error) => toasts.fail(format!("Plan #{number} was not discarded"), &error),
            }
            on_done.try_run(());
        });
    });
    view! {
        <Confirm
            open=Signal::derive(move || discarding.with(Option::is_some))
            id="discard-plan"
            title=Signal::derive(move || format!("Discard plan #{}?", number.get()))
            lead="It is removed for everybody. Nothing in any environment changes."
            keep="Keep it"
            act="Discard plan"
            busy
            on_keep=Callback::new(move |()| discarding.set(None))
            on_act=act
        />
    }
}

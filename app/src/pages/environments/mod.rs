//! Environments: their order, their agents, what runs there.

mod actions;
mod card;
mod change;
mod dialogs;
mod maintenance;
mod new_applications;
mod rules;

use crate::api::environments::{list_environments, swap_environments, synchronize_environment};
use crate::components::button::{Button, LinkButton, Weight};
use crate::components::copy::use_copy_key;
use crate::components::dialog::Confirm;
use crate::components::empty::{Failure, NothingYet};
use crate::components::first_run::{Facts, FirstRun};
use crate::components::kept::use_kept;
use crate::components::kept_focus::KeptFocus;
use crate::components::layout::{PageHead, use_new_plan_key};
use crate::components::skeleton::Skeleton;
use crate::components::status::counted;
use crate::components::toast::use_toasts;
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::{use_refusal, use_topic};
use crate::routes;
use crate::session::use_session;
use crate::wire::{Fetched, fetched};
pub use card::EnvironmentCard;
use change::{RemoveDialog, RenameDialog, Target};
use dialogs::{JoinDialog, JoinTarget, RegisterDialog};
use domain::EnvironmentId;
use domain::access::Action;
use domain::view::{Compared, EnvironmentDetail};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use maintenance::{EndDialog, Ending, MaintenanceDialog};
use new_applications::NewApplications;
use rules::{RulesDialog, RulesTarget};
use std::collections::BTreeSet;

/// What a card asks the page to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Ask the agent for its inventory now.
    Synchronize(EnvironmentId),
    /// Show a join code.
    JoinCode(JoinTarget),
    /// Change how it takes plans.
    Rules(RulesTarget),
    /// Take it into maintenance.
    BeginMaintenance(Target),
    /// Put it back into service.
    EndMaintenance(Ending),
    /// Give it another name.
    Rename(Target),
    /// Take it away.
    Remove(Target),
    /// Show what it has and the next one in the order has not.
    Compare {
        /// Its name.
        name: String,
        /// The next one's name.
        next: String,
    },
    /// Put it after the next one in the order.
    Swap {
        /// Which.
        id: EnvironmentId,
        /// The revision that was shown.
        revision: i64,
        /// Its name.
        name: String,
        /// The next one's name.
        next: String,
    },
}

/// Environments.
#[component]
pub fn EnvironmentsPage() -> impl IntoView {
    let manage = use_refusal(Action::ManageEnvironments);
    let toasts = use_toasts();
    let environments = use_topic("environments");
    let plans = use_topic("plans");
    let applications = use_topic("applications");
    let changes = RwSignal::new(0_u32);
    let data = fetched(
        move || {
            (
                environments.get(),
                plans.get(),
                applications.get(),
                changes.get(),
            )
        },
        |_| list_environments(),
    );
    let reload = move || {
        changes.try_update(|changes| *changes += 1);
    };
    let register = RwSignal::new(false);
    open_when_asked(register);
    let join = RwSignal::new(None::<JoinTarget>);
    let maintain = RwSignal::new(None::<Target>);
    let ending = RwSignal::new(None::<Ending>);
    let rename = RwSignal::new(None::<Target>);
    let remove = RwSignal::new(None::<Target>);
    let rules = RwSignal::new(None::<RulesTarget>);
    let swap = RwSignal::new(None::<(EnvironmentId, i64, String, String)>);
    let swapping = RwSignal::new(false);
    // Asked for, and not answered yet; from then on the list itself says so.
    let asked = RwSignal::new(BTreeSet::<EnvironmentId>::new());

    let navigate = use_navigate();
    let on_ask = Callback::new(move |what: Asked| match what {
        Asked::Synchronize(id) => {
            if !asked.try_update(|asked| asked.insert(id)).unwrap_or(false) {
                return;
            }
            spawn_local(async move {
                let answer = synchronize_environment(id).await;
                asked.try_update(|asked| asked.remove(&id));
                match answer {
                    Ok(()) => reload(),
                    Err(error) => toasts.fail("Not synchronized", &error),
                }
            });
        }
        Asked::Compare { name, next } => {
            // As they stand, from left to right.
            let sides = (Compared::Now(name), Compared::Now(next));
            navigate(
                &routes::compare(&sides.0, &sides.1),
                NavigateOptions::default(),
            );
        }
        Asked::JoinCode(target) => join.set(Some(target)),
        Asked::Rules(target) => rules.set(Some(target)),
        Asked::BeginMaintenance(target) => maintain.set(Some(target)),
        Asked::EndMaintenance(what) if what.asks() => ending.set(Some(what)),
        Asked::EndMaintenance(what) => {
            spawn_local(async move {
                maintenance::end(what.target, toasts).await;
                reload();
            });
        }
        Asked::Rename(target) => rename.set(Some(target)),
        Asked::Remove(target) => remove.set(Some(target)),
        Asked::Swap {
            id,
            revision,
            name,
            next,
        } => swap.set(Some((id, revision, name, next))),
    });
    let on_swap = Callback::new(move |()| {
        let Some((id, revision, name, next)) = swap.get_untracked() else {
            return;
        };
        if swapping.get_untracked() {
            return;
        }
        swapping.set(true);
        spawn_local(async move {
            let answer = swap_environments(id, revision).await;
            swapping.try_set(false);
            swap.try_set(None);
            reload();
            match answer {
                Ok(()) => toasts.done("Order changed", format!("{next} now comes before {name}.")),
                Err(error) => toasts.fail("The order was not changed", &error),
            }
        });
    });
    let sub = RwSignal::new(String::new());
    let swap_title = Signal::derive(move || {
        swap.get().map_or_else(String::new, |(_, _, name, next)| {
            format!("Move {name} after {next}?")
        })
    });
    let swap_lead = Signal::derive(move || {
        swap.get().map_or_else(String::new, |(_, _, name, next)| {
            format!(
                "Versions will then be promoted from {next} to {name}. Nothing that runs changes; saved plans keep their source and target."
            )
        })
    });
    use_copy_key(|| None);
    use_new_plan_key();
    view! {
        <Title text="Environments"/>
        <PageHead
            title="Environments"
            sub
            actions=move || {
                view! {
                    <LinkButton label="Compare" href=routes::COMPARE icon="compare"/>
                    <Button
                        label="Register environment"
                        weight=Weight::Primary
                        icon="plus"
                        controls="register-environment"
                        refusal=manage
                        on_press=Callback::new(move |()| register.set(true))
                    />
                }
            }
        />
        <Transition fallback=|| {
            view! {
                <div class="panel" aria-busy="true">
                    <Skeleton lines=6 label="Loading environments"/>
                </div>
            }
        }>
            <Cards data asked on_ask sub register on_retry=Callback::new(move |()| reload())/>
        </Transition>
        <RegisterDialog
            open=register
            refusal=manage
            on_made=Callback::new(move |(id, name): (EnvironmentId, String)| {
                reload();
                toasts.done("Environment registered", format!("{name} waits for its agent."));
                join.set(Some(JoinTarget { id, name, joined: false }));
            })
        />
        <JoinDialog target=join/>
        <NewApplications/>
        <MaintenanceDialog target=maintain on_done=Callback::new(move |()| reload())/>
        <EndDialog ending on_done=Callback::new(move |()| reload())/>
        <RenameDialog target=rename on_done=Callback::new(move |()| reload())/>
        <RulesDialog target=rules on_done=Callback::new(move |()| reload())/>
        <RemoveDialog target=remove on_done=Callback::new(move |()| reload())/>
        <Confirm
            open=Signal::derive(move || swap.with(Option::is_some))
            id="swap-environments"
            title=swap_title
            lead=swap_lead
            keep="Keep the order"
            act="Change the order"
            busy=swapping
            refusal=manage
            on_keep=Callback::new(move |()| swap.set(None))
            on_act=on_swap
        />
    }
}

/// Opens the dialog when the address asks for it (`?new`, as the palette does), and takes the word
/// out of the address when the dialog is closed.
fn open_when_asked(register: RwSignal<bool>) {
    let session = use_session();
    let query = use_query_map();
    let asked = derived(move |_| query.with(|query| query.get("new").is_some()));
    let navigate = use_navigate();
    Effect::new(move |_| {
        if asked.get() && session.can(Action::ManageEnvironments) {
            register.set(true);
        }
    });
    Effect::new(move |was: Option<bool>| {
        let open = register.get();
        if was == Some(true) && !open && asked.get_untracked() {
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            navigate(routes::ENVIRONMENTS, options);
        }
        open
    });
}

/// What stands below the head.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shown {
    /// Nothing is known yet.
    Nothing,
    /// Why nothing is known.
    Failed(ApiError),
    /// There are none.
    None,
    /// The cards.
    Cards,
}

/// The cards in promotion order, or the first step. A card stays while its facts change.
#[component]
fn Cards(
    data: Fetched<Result<Vec<EnvironmentDetail>, ApiError>>,
    asked: RwSignal<BTreeSet<EnvironmentId>>,
    on_ask: Callback<Asked>,
    sub: RwSignal<String>,
    register: RwSignal<bool>,
    on_retry: Callback<()>,
) -> impl IntoView {
    let (list, failure) = use_kept(data);
    let shown = derived(
        move |_| match (failure.get(), list.with(|l| l.as_ref().map(Vec::len))) {
            (Some(error), _) => Shown::Failed(error),
            (None, None) => Shown::Nothing,
            (None, Some(0)) => Shown::None,
            (None, Some(_)) => Shown::Cards,
        },
    );
    let count = derived(move |_| list.with(|l| l.as_ref().map_or(0, Vec::len) as u64));
    // What a card offers goes with what can be done there.
    KeptFocus::start().follow(move || {
        let _ = list.try_with(|_| ());
    });
    Effect::new(move |_| {
        sub.set(match count.get() {
            0 => String::new(),
            1 => "1 environment".to_owned(),
            count => format!(
                "{}, promoted left to right",
                counted(count, "environment", "environments")
            ),
        });
    });
    move || match shown.get() {
        Shown::Nothing => ().into_any(),
        Shown::Failed(error) => view! {
            <section class="panel">
                <Failure title="Environments cannot be shown" error on_retry/>
            </section>
        }
        .into_any(),
        Shown::None => view! { <NoneYet register/> }.into_any(),
        Shown::Cards => view! { <CardList list asked on_ask/> }.into_any(),
    }
}

#[component]
fn NoneYet(register: RwSignal<bool>) -> impl IntoView {
    view! {
        <FirstRun facts=derived(|_| Facts::default())>
            <section class="panel">
                <NothingYet
                    title="No environments yet"
                    text="Slipway learns what runs where from an agent in each environment. Register the first one and join its agent. Nothing is deployed until you run a plan."
                >
                    <Button
                        label="Register environment"
                        weight=Weight::Primary
                        icon="plus"
                        refusal=use_refusal(Action::ManageEnvironments)
                        on_press=Callback::new(move |()| register.set(true))
                    />
                </NothingYet>
            </section>
        </FirstRun>
    }
}

#[component]
fn CardList(
    list: Derived<Option<Vec<EnvironmentDetail>>>,
    asked: RwSignal<BTreeSet<EnvironmentId>>,
    on_ask: Callback<Asked>,
) -> impl IntoView {
    let ids = derived(move |_| {
        list.with(|l| {
            l.iter()
                .flatten()
                .map(|environment| environment.row.id)
                .collect::<Vec<_>>()
        })
    });
    let find = move |id: EnvironmentId, after: usize| {
        list.with(|l| {
            let l = l.as_ref()?;
            let here = l.iter().position(|environment| environment.row.id == id)?;
            l.get(here + after).cloned()
        })
    };
    let card = move |id: EnvironmentId| {
        let first = untrack(move || find(id, 0))?;
        let environment = derived(move |before: Option<&EnvironmentDetail>| {
            find(id, 0)
                .or_else(|| before.cloned())
                .unwrap_or_else(|| first.clone())
        });
        let next = derived(move |_| find(id, 1).map(|environment| environment.row.name));
        Some(view! {
            <EnvironmentCard
                environment
                total=Signal::derive(move || u32::try_from(ids.with(Vec::len)).unwrap_or(u32::MAX))
                next
                asked=Signal::derive(move || asked.with(|asked| asked.contains(&id)))
                on_ask
            />
        })
    };
    view! {
        <ol class="envs" aria-label="In promotion order">
            <For each=move || ids.get() key=|id| *id let:id>
                {card(id)}
            </For>
        </ol>
    }
}

//! Choosing what is compared: two sides, each an environment now or at any time, or a version.

use super::side::{Ids, SideForm, environment_of};
use super::{SAME, use_same};
use crate::api::environments::list_environments;
use crate::components::button::{IconButton, LinkButton, Weight};
use crate::components::empty::NothingYet;
use crate::components::kept::use_kept;
use crate::derived::{Derived, derived};
use crate::live::use_topic;
use crate::routes;
use crate::wire::fetched;
use domain::view::Compared;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The form. Plans are chosen where they are shown.
#[component]
pub fn ChooseSides(
    /// The first side, if it is known.
    #[prop(into)]
    from: Signal<Option<Compared>>,
    /// The second side, if it is known.
    #[prop(into)]
    to: Signal<Option<Compared>>,
    /// What they are called, once that is known.
    #[prop(into)]
    titles: Signal<Option<(String, String)>>,
) -> impl IntoView {
    let topic = use_topic("environments");
    let environments = fetched(move || topic.get(), |_| list_environments());
    let navigate = use_navigate();
    let with_same = use_same();
    let go = Callback::new(move |(from, to): (Compared, Compared)| {
        let mut path = routes::compare(&from, &to);
        if with_same.get_untracked() {
            path.push_str(&format!("&{}={}", SAME.0, SAME.1));
        }
        navigate(&path, NavigateOptions::default());
    });
    view! {
        <Transition fallback=|| ()>
            {
                let (known, _) = use_kept(environments);
                let names = derived(move |_| {
                    known.with(|known| {
                        known
                            .iter()
                            .flatten()
                            .map(|environment| environment.row.name.clone())
                            .collect::<Vec<_>>()
                    })
                });
                view! {
                    <Form names=Signal::derive(move || names.get()) from to titles go/>
                    <Show when=move || from.with(Option::is_none) || to.with(Option::is_none)>
                        <Guide names/>
                    </Show>
                }
            }
        </Transition>
    }
}

/// What can be compared, and how, while nothing is.
#[component]
fn Guide(names: Derived<Vec<String>>) -> impl IntoView {
    let example = move || {
        names.with(|names| match names.as_slice() {
            [first, second, ..] => Some((first.clone(), second.clone())),
            _ => None,
        })
    };
    view! {
        <section class="panel">
            <NothingYet
                title="Nothing is compared yet"
                text="Choose two sides above, each an environment as it is now or as it was at any time, or a version of an application: the applications that differ are listed, and in each of them the modules. What a plan will change is told by the plan."
            >
                {move || {
                    example()
                        .map(|(from, to)| {
                            view! {
                                <LinkButton
                                    label=format!("Compare {from} with {to}")
                                    href=routes::compare(&Compared::Now(from), &Compared::Now(to))
                                    weight=Weight::Primary
                                    icon="compare"
                                />
                            }
                        })
                }}
                <LinkButton label="Applications" href=routes::APPLICATIONS.to_owned()/>
            </NothingYet>
        </section>
    }
}

#[component]
fn Form(
    names: Signal<Vec<String>>,
    from: Signal<Option<Compared>>,
    to: Signal<Option<Compared>>,
    /// What the sides are called, once it is known.
    titles: Signal<Option<(String, String)>>,
    go: Callback<(Compared, Compared)>,
) -> impl IntoView {
    // The other side is another environment, until it is chosen.
    let other = move |chosen: &Compared| {
        let here = environment_of(Some(chosen));
        let names = names.get_untracked();
        let other = names.iter().find(|name| Some(name.as_str()) != here);
        other.cloned().map(Compared::Now)
    };
    let choose_from = Callback::new(move |chosen: Compared| {
        if let Some(to) = to.get_untracked().or_else(|| other(&chosen)) {
            go.run((chosen, to));
        }
    });
    let choose_to = Callback::new(move |chosen: Compared| {
        if let Some(from) = from.get_untracked().or_else(|| other(&chosen)) {
            go.run((from, chosen));
        }
    });
    let swap = Callback::new(move |()| {
        if let (Some(from), Some(to)) = (from.get_untracked(), to.get_untracked()) {
            go.run((to, from));
        }
    });
    let lacking = Signal::derive(move || {
        let both = from.with(Option::is_some) && to.with(Option::is_some);
        (!both).then(|| "Choose both sides first".to_owned())
    });
    let title = move |second: bool| {
        let titles = titles.get()?;
        Some(if second { titles.1 } else { titles.0 })
    };
    view! {
        <form class="panel cmp-sides" on:submit=move |event| event.prevent_default()>
            <SideForm
                ids=Ids::FROM
                names
                side=from
                title=Signal::derive(move || title(false))
                on_choose=choose_from
            />
            <IconButton label="Swap the sides" icon="compare" refusal=lacking on_press=swap/>
            <SideForm
                ids=Ids::TO
                names
                side=to
                title=Signal::derive(move || title(true))
                on_choose=choose_to
            />
        </form>
    }
}

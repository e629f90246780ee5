//! Choosing what is compared: two environments, the first one now or at a time.

use crate::api::environments::list_environments;
use crate::components::button::{LinkButton, Weight};
use crate::components::controls::{Choice, Select};
use crate::components::empty::NothingYet;
use crate::components::field::Field;
use crate::components::kept::use_kept;
use crate::components::time::use_clock;
use crate::derived::{Derived, derived};
use crate::live::use_topic;
use crate::routes;
use crate::wire::fetched;
use domain::Timestamp;
use domain::view::Compared;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

const HOUR: i64 = 3_600_000;

/// How long ago the first side can be, with the words of the choice.
const AGO: [(i64, &str); 6] = [
    (0, "as it is now"),
    (HOUR, "an hour ago"),
    (24 * HOUR, "a day ago"),
    (7 * 24 * HOUR, "a week ago"),
    (30 * 24 * HOUR, "30 days ago"),
    (90 * 24 * HOUR, "90 days ago"),
];

/// The environment that a side is about, if it is one.
fn environment_of(side: Option<&Compared>) -> Option<&str> {
    match side? {
        Compared::Now(name) | Compared::Then(_, name) => Some(name),
        _ => None,
    }
}

/// The form. Versions and plans are chosen where they are shown.
#[component]
pub fn ChooseSides(
    /// The first side, if it is known.
    #[prop(into)]
    from: Signal<Option<Compared>>,
    /// The second side, if it is known.
    #[prop(into)]
    to: Signal<Option<Compared>>,
) -> impl IntoView {
    let topic = use_topic("environments");
    let environments = fetched(move || topic.get(), |_| list_environments());
    let navigate = use_navigate();
    let go = Callback::new(move |(from, to): (Compared, Compared)| {
        navigate(&routes::compare(&from, &to), NavigateOptions::default());
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
                    <Form names=Signal::derive(move || names.get()) from to go/>
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
                text="Choose two environments above: the applications that differ are listed, and in each of them the modules. The first one can also be taken as it was a while ago. Two versions of an application are compared from its page, and what a plan will change is told by the plan."
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
    go: Callback<(Compared, Compared)>,
) -> impl IntoView {
    let clock = use_clock();
    let options = move |chosen: Option<Compared>| {
        let mut options: Vec<Choice> = names
            .get()
            .into_iter()
            .map(|name| (name.clone(), name))
            .collect();
        // A version or a plan is chosen elsewhere, and stays until an environment is.
        if environment_of(chosen.as_ref()).is_none() {
            let words = match chosen {
                Some(Compared::Version(_)) => "a version",
                Some(_) => "a plan",
                None => "Choose an environment",
            };
            options.insert(0, (String::new(), words.to_owned()));
        }
        options
    };
    let value = |side: Option<Compared>| environment_of(side.as_ref()).unwrap_or("").to_owned();
    let ago = RwSignal::new(0_i64);
    let first = move |name: String, ago: i64| {
        if ago == 0 {
            return Compared::Now(name);
        }
        Compared::Then(Timestamp(clock.now_untracked().0 - ago), name)
    };
    // The other side is another environment, until it is chosen.
    let other = move |name: &str| {
        let names = names.get_untracked();
        let other = names.into_iter().find(|other| other != name);
        Compared::Now(other.unwrap_or_else(|| name.to_owned()))
    };
    let choose_from = Callback::new(move |name: String| {
        if !name.is_empty() {
            let to = to.get_untracked().unwrap_or_else(|| other(&name));
            go.run((first(name, ago.get_untracked()), to));
        }
    });
    let choose_to = Callback::new(move |name: String| {
        if !name.is_empty() {
            let from = from.get_untracked().unwrap_or_else(|| other(&name));
            go.run((from, Compared::Now(name)));
        }
    });
    let choose_ago = Callback::new(move |value: String| {
        let Ok(value) = value.parse() else { return };
        ago.set(value);
        let from = from.get_untracked();
        if let Some((name, to)) = environment_of(from.as_ref()).zip(to.get_untracked()) {
            go.run((first(name.to_owned(), value), to));
        }
    });
    let ago_options = move || {
        AGO.iter()
            .map(|(ago, words)| (ago.to_string(), (*words).to_owned()))
            .collect::<Vec<_>>()
    };
    // An address tells a time, not how long ago it was: the nearest choice is shown.
    let ago_value = Signal::derive(move || {
        match from.get() {
            Some(Compared::Then(at, _)) => {
                let age = clock.now().since(at);
                AGO.iter()
                    .skip(1)
                    .min_by_key(|(ago, _)| (age - ago).abs())
                    .map_or(0, |(ago, _)| *ago)
            }
            _ => ago.get(),
        }
        .to_string()
    });
    view! {
        <form class="panel cmp-sides" on:submit=move |event| event.prevent_default()>
            <Field label="From" id="compare-from">
                <Select
                    id="compare-from"
                    options=Signal::derive(move || options(from.get()))
                    value=Signal::derive(move || value(from.get()))
                    on_change=choose_from
                />
            </Field>
            <Field label="When" id="compare-ago">
                <Select
                    id="compare-ago"
                    options=Signal::derive(ago_options)
                    value=ago_value
                    on_change=choose_ago
                />
            </Field>
            <Field label="To" id="compare-to">
                <Select
                    id="compare-to"
                    options=Signal::derive(move || options(to.get()))
                    value=Signal::derive(move || value(to.get()))
                    on_change=choose_to
                />
            </Field>
        </form>
    }
}

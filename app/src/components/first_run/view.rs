//! The steps as they are shown: the lanes as they fill, one step open, the words that are used.

use super::{Facts, FirstLane, Step};
use crate::components::button::{Button, ChangeLink, Size};
use crate::components::copy::CopyButton;
use crate::components::icon::{Glyph, Icon};
use crate::components::lane::{Place, VersionChip};
use crate::components::me::MeDialogs;
use crate::components::status::{Look, Status};
use crate::derived::{Derived, derived};
use crate::live::use_refusal;
use crate::routes;
use crate::session::use_session;
use domain::access::Action;
use domain::environment::LinkState;
use leptos::prelude::*;

/// What an environment is called where none is registered: a usual order, for the picture.
const USUAL: [&str; 3] = ["Development", "Quality", "Production"];

/// The way to the first plan.
#[component]
pub(super) fn Steps(facts: Derived<Facts>) -> impl IntoView {
    let next = derived(move |_| facts.with(Facts::next));
    // Nothing before there is one; no step says it before then.
    let first = derived(move |_| {
        facts.with(|facts| {
            facts
                .lanes
                .first()
                .map(|lane| lane.name.clone())
                .unwrap_or_default()
        })
    });
    let title = move || match next.get() {
        Step::Register => "Connect your first environment".to_owned(),
        Step::Join => format!("Connect {}", first.get()),
        Step::Publish => "Publish your first application".to_owned(),
        Step::Plan => "Create your first plan".to_owned(),
    };
    view! {
        <section class="first-run" aria-labelledby="first-run-title">
            <header class="fr-head">
                <h2 id="first-run-title">{title}</h2>
                <p class="lead">
                    "Slipway learns what runs where from a small agent in each environment. Nothing is deployed until you run a plan."
                </p>
            </header>
            <Lanes facts/>
            <div class="fr-g">
                <ol class="tasks" aria-label="First steps">
                    {Step::ALL.map(|step| view! { <Task step next facts first/> }).collect_view()}
                </ol>
                <aside class="stack" aria-label="About Slipway">
                    <Example/>
                    <Words/>
                </aside>
            </div>
        </section>
    }
}

/// The lanes, filling.
#[component]
fn Lanes(facts: Derived<Facts>) -> impl IntoView {
    let lanes = move || {
        facts.with(|facts| {
            let registered = facts.lanes.iter().map(|lane| {
                let words = match (lane.link, facts.applications) {
                    (LinkState::Online, false) => "connected, nothing published yet".to_owned(),
                    (link, _) => Look::of_link(link).word.to_ascii_lowercase(),
                };
                (lane.name.clone(), words, true)
            });
            let usual = USUAL
                .into_iter()
                .skip(facts.lanes.len())
                .filter(|name| facts.lanes.iter().all(|lane| lane.name != *name))
                .map(|name| (name.to_owned(), "not registered".to_owned(), false));
            registered
                .chain(usual)
                .take(USUAL.len())
                .collect::<Vec<_>>()
        })
    };
    let label = move || {
        let all: Vec<_> = lanes()
            .into_iter()
            .map(|(name, words, _)| format!("{name}: {words}"))
            .collect();
        format!("The lanes. {}.", all.join("; "))
    };
    view! {
        <div class="first-lanes" role="img" aria-label=label>
            {move || {
                lanes()
                    .into_iter()
                    .map(|(name, words, registered)| {
                        view! {
                            <div class="first-lane" class:registered=registered>
                                <b>{name}</b>
                                <span>{words}</span>
                                <i></i>
                                <i></i>
                                <i></i>
                            </div>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}

/// One step: done, open or waiting.
#[component]
fn Task(
    step: Step,
    next: Derived<Step>,
    facts: Derived<Facts>,
    first: Derived<String>,
) -> impl IntoView {
    let open = derived(move |_| next.get() == step);
    let done = derived(move |_| step < next.get());
    let glyph = Signal::derive(move || match (done.get(), open.get()) {
        (true, _) => "ok",
        (_, true) => "running",
        _ => "todo",
    });
    let tone = Signal::derive(move || match (done.get(), open.get()) {
        (true, _) => "ok",
        (_, true) => "move",
        _ => "mute",
    });
    let state = move || match (done.get(), open.get()) {
        (true, _) => ", done",
        (_, true) => ", now",
        _ => ", later",
    };
    let title = move || match step {
        Step::Register => "Register an environment".to_owned(),
        Step::Join if next.get() == Step::Register => "Join its agent".to_owned(),
        Step::Join => format!("Join the agent of {}", first.get()),
        Step::Publish => "Publish an application".to_owned(),
        Step::Plan => "Create a plan".to_owned(),
    };
    view! {
        <li class="task" class:done=done aria-current=move || open.get().then_some("step")>
            <span class="tn">
                <Glyph name=glyph tone/>
            </span>
            <div class="tb">
                <h3>
                    {title}
                    <span class="vh">{state}</span>
                </h3>
                {move || body(step, done.get(), open.get(), facts, first)}
            </div>
        </li>
    }
}

/// What stands below a step's title.
fn body(
    step: Step,
    done: bool,
    open: bool,
    facts: Derived<Facts>,
    first: Derived<String>,
) -> AnyView {
    match (step, done, open) {
        (Step::Register, true, _) => view! { <p>{move || facts.with(names)}</p> }.into_any(),
        (Step::Register, ..) => view! { <Register/> }.into_any(),
        (Step::Join, true, _) => view! { <p><FirstLink facts/></p> }.into_any(),
        (Step::Join, _, true) => view! { <Join facts/> }.into_any(),
        (Step::Join, ..) => view! {
            <p>"A one-time code lets it in. It dials this console and needs no open port."</p>
        }
        .into_any(),
        (Step::Publish, true, _) => view! { <p>"It is here."</p> }.into_any(),
        (Step::Publish, _, true) => view! { <Publish first/> }.into_any(),
        (Step::Publish, ..) => view! {
            <p>"From its folder, with slipway publish, as a build server would."</p>
        }
        .into_any(),
        (Step::Plan, ..) => view! { <Plan facts open/> }.into_any(),
    }
}

fn names(facts: &Facts) -> String {
    let names: Vec<_> = facts.lanes.iter().map(|lane| lane.name.as_str()).collect();
    names.join(", ")
}

#[component]
fn Register() -> impl IntoView {
    view! {
        <p>
            "A place where applications run. The order of environments is the order of promotion; it can be changed at any time."
        </p>
        <div class="acts">
            <ChangeLink
                class="btn primary"
                href=routes::NEW_ENVIRONMENT.to_owned()
                refusal=use_refusal(Action::ManageEnvironments)
            >
                <Icon name="plus"/>
                <span>"Register environment"</span>
            </ChangeLink>
        </div>
    }
}

/// How the first environment's agent is.
#[component]
fn FirstLink(facts: Derived<Facts>) -> impl IntoView {
    let link = move |facts: &Facts| {
        facts
            .lanes
            .first()
            .map_or(LinkState::NeverJoined, |lane: &FirstLane| lane.link)
    };
    view! { <Status look=Signal::derive(move || Look::of_link(facts.with(link))) plain=true/> }
}

#[component]
fn Join(facts: Derived<Facts>) -> impl IntoView {
    let refusal = use_refusal(Action::ManageEnvironments);
    view! {
        <p>
            "On the environment’s card, Get a join code shows what to type on the machine that will host the applications. The code works once, for 15 minutes. Then start it with slipway agent."
        </p>
        <p>
            <FirstLink facts/>
        </p>
        <div class="acts">
            <ChangeLink class="btn primary" href=routes::ENVIRONMENTS.to_owned() refusal>
                <span>"Go to its card"</span>
                <Icon name="arrow"/>
            </ChangeLink>
        </div>
    }
}

#[component]
fn Publish(first: Derived<String>) -> impl IntoView {
    let me = expect_context::<MeDialogs>();
    let session = use_session();
    let console = RwSignal::new(String::new());
    Effect::new(move |_| console.set(window().location().origin().unwrap_or_default()));
    let command = Signal::derive(move || {
        let name = first.get();
        // As a shell takes it.
        let name = if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            name
        } else {
            format!("'{}'", name.replace('\'', r"'\''"))
        };
        format!(
            "slipway publish --console {} --environment {name} .",
            console.get()
        )
    });
    let refusal = move || session.refusal(Action::PublishApplication);
    view! {
        <p>
            "Go to the folder with its slipway.toml (slipway init makes one) and type this. SLIPWAY_TOKEN holds a token of somebody who may publish."
        </p>
        <div class="cmd">
            <code>{command}</code>
            <CopyButton text=command what="command"/>
        </div>
        {move || refusal().map(|reason| view! { <p class="soft">{reason}</p> })}
        <div class="acts">
            <Button
                label="Make a token…"
                size=Size::Small
                controls="tokens"
                on_press=Callback::new(move |()| me.tokens.set(true))
            />
        </div>
    }
}

#[component]
fn Plan(facts: Derived<Facts>, open: bool) -> impl IntoView {
    let alone = move || facts.with(|facts| facts.lanes.len() < 2);
    view! {
        <p>
            "Tag what was published, and a plan brings that version to the next environment. It is checked before it runs."
            {move || alone().then_some(" It needs a second environment, registered in the same way.")}
        </p>
        {open
            .then(|| {
                view! {
                    <div class="acts">
                        <ChangeLink
                            class="btn primary"
                            href=routes::NEW_PLAN.to_owned()
                            refusal=use_refusal(Action::EditPlan)
                        >
                            <Icon name="plus"/>
                            <span>"Create new deployment plan"</span>
                        </ChangeLink>
                    </div>
                }
            })}
    }
}

/// A made-up company, in a console of its own.
#[component]
fn Example() -> impl IntoView {
    let command = Signal::stored("slipway demo".to_owned());
    view! {
        <section class="panel" aria-labelledby="first-run-example">
            <header>
                <h3 id="first-run-example">"Look around first"</h3>
            </header>
            <div class="pad">
                <p class="soft">
                    "A made-up company with three environments, in a console of its own. Nothing of yours is touched, and Ctrl-C ends it."
                </p>
                <div class="cmd">
                    <code>{command}</code>
                    <CopyButton text=command what="command of the example"/>
                </div>
            </div>
        </section>
    }
}

/// The words that the screens use.
#[component]
fn Words() -> impl IntoView {
    let chip = |modified| {
        view! { <VersionChip number=Some("2.14".to_owned()) place=Place::default() modified/> }
    };
    view! {
        <section class="panel" aria-labelledby="first-run-words">
            <header>
                <h3 id="first-run-words">"Five words"</h3>
            </header>
            <dl class="kv words">
                <dt>"Environment"</dt>
                <dd>"a lane; versions move from left to right"</dd>
                <dt>{chip(false)}</dt>
                <dd>"a tag: a frozen version of an application"</dd>
                <dt>{chip(true)}</dt>
                <dd>"something changed since that tag"</dd>
                <dt>"Plan"</dt>
                <dd>"which versions go from where to where"</dd>
                <dt>"Finding"</dt>
                <dd>"what validation says about a plan"</dd>
            </dl>
        </section>
    }
}

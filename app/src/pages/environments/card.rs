//! An environment's card.

use super::Asked;
use super::actions::{CardActions, menu_items};
use super::maintenance::Ending;
use super::rules::RulesPart;
use crate::components::button::{Button, Size};
use crate::components::icon::Glyph;
use crate::components::lane::{LaneGlyph, Place};
use crate::components::menu::Menu;
use crate::components::status::{Look, Status, counted};
use crate::components::time::{When, WhenStyle, duration};
use crate::components::watch::Slots;
use crate::derived::{Derived, derived};
use crate::live::use_refusal;
use crate::routes;
use crate::session::VERSION;
use domain::access::Action;
use domain::environment::{LinkState, Purpose};
use domain::plan::PlanStatus;
use domain::view::{ActivePlanRef, EnvironmentDetail};
use leptos::prelude::*;

/// Clocks that differ by more than this are worth a word: times of the log then mislead.
const SKEW_WORTH_A_WORD: i64 = 5_000;

/// The purpose in words.
pub const fn purpose_label(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Development => "Development",
        Purpose::Test => "Test",
        Purpose::Production => "Production",
    }
}

/// What is worth saying about the agent's version.
fn agent_look(environment: &EnvironmentDetail) -> Option<Look> {
    let version = environment.agent_version.as_deref()?;
    Some(if environment.row.link == LinkState::Incompatible {
        Look::new(
            "fail",
            format!("Refused: does not speak the protocol of console {VERSION}"),
            "bad",
        )
    } else if version == VERSION {
        Look::new("ok", "current", "ok")
    } else {
        Look::new("ok", format!("works, {VERSION} is out"), "ok")
    })
}

/// The facts about the applications there, the bad ones last.
fn application_facts(environment: &EnvironmentDetail) -> String {
    let mut facts = vec![
        counted(environment.applications, "application", "applications"),
        counted(environment.modules, "module", "modules"),
    ];
    if environment.broken > 0 {
        facts.push(format!("{} broken", environment.broken));
    }
    if environment.changed_outside > 0 {
        facts.push(format!("{} changed outside", environment.changed_outside));
    }
    facts.join(", ")
}

/// An environment. Its facts change in place, so that an open menu stays open.
#[component]
pub fn EnvironmentCard(
    /// What it shows.
    environment: Derived<EnvironmentDetail>,
    /// How many environments there are.
    #[prop(into)]
    total: Signal<u32>,
    /// Name of the next one in the order, if there is one.
    next: Derived<Option<String>>,
    /// A synchronization was asked for and not answered yet.
    #[prop(into)]
    asked: Signal<bool>,
    /// Something was asked for.
    on_ask: Callback<Asked>,
) -> impl IntoView {
    let manage = use_refusal(Action::ManageEnvironments);
    let id = environment.with_untracked(|e| e.row.id);
    let heading = format!("environment-{id}");
    let labelled = heading.clone();
    let place =
        Signal::derive(move || Place::new(environment.with(|e| e.row.position), total.get()));
    let name = derived(move |_| environment.with(|e| e.row.name.clone()));
    let link = derived(move |_| environment.with(|e| e.row.link));
    let items = Callback::new(move |()| {
        environment.with_untracked(|e| {
            menu_items(
                manage.get_untracked().as_ref(),
                e,
                next.get_untracked(),
                on_ask,
            )
        })
    });
    let maintenance = derived(move |_| {
        environment.with(|e| e.in_maintenance.clone().zip(e.row.maintenance.clone()))
    });
    let error = derived(move |_| environment.with(|e| e.synchronization_error.clone()));
    let skew = derived(move |_| {
        environment.with(|e| {
            e.clock_skew_ms
                .filter(|skew| skew.abs() >= SKEW_WORTH_A_WORD)
        })
    });
    view! {
        <li class="env" id=id.to_string()>
            <article class="panel" aria-labelledby=labelled>
                <header>
                    <LaneGlyph place/>
                    <h2 id=heading title=move || name.get()>
                        {move || name.get()}
                    </h2>
                    <span class="push">
                        <Status look=Signal::derive(move || {
                            let reason = maintenance.with(|m| m.as_ref().map(|m| m.1.clone()));
                            match reason {
                                // The reason stands below.
                                Some(_) => Look::new("maint", "In maintenance", "mute"),
                                None => Look::of_link(link.get()),
                            }
                        })/>
                    </span>
                    <Menu label=Signal::derive(move || format!("More for {}", name.get())) items/>
                </header>
                <div class="e-now">
                <Running environment/>
                {move || {
                    maintenance
                        .get()
                        .map(|(stamp, reason)| {
                            view! {
                                <div class="notice warn e-warn">
                                    <Glyph name="maint"/>
                                    <p>
                                        <b>{format!("In maintenance: {}. ", reason.trim_end_matches('.'))}</b>
                                        "Nothing is deployed from it or to it, published, tagged or synchronized there. "
                                        {format!("{} switched this on ", stamp.by.name)}
                                        <When at=stamp.at style=WhenStyle::Relative/>
                                        "."
                                    </p>
                                    <div class="acts">
                                        <Button
                                            label=Signal::derive(move || {
                                                environment.with(|e| Ending::of(e).label())
                                            })
                                            name=Signal::derive(move || {
                                                format!("End maintenance of {}", name.get())
                                            })
                                            icon="play"
                                            size=Size::Small
                                            refusal=manage
                                            on_press=Callback::new(move |()| {
                                                let ending = environment.with_untracked(Ending::of);
                                                on_ask.run(Asked::EndMaintenance(ending));
                                            })
                                        />
                                    </div>
                                </div>
                            }
                        })
                }}
                {move || {
                    error
                        .get()
                        .map(|error| {
                            view! {
                                <div class="notice bad e-warn">
                                    <Glyph name="fail"/>
                                    <p>
                                        <b>"The last synchronization failed. "</b>
                                        {error}
                                    </p>
                                </div>
                            }
                        })
                }}
                {move || {
                    skew.get()
                        .map(|skew| {
                            view! {
                                <div class="notice warn e-warn">
                                    <Glyph name="warn"/>
                                    <p>
                                        <b>
                                            {format!(
                                                "Its clock is {} {}. ",
                                                duration(skew.abs()),
                                                if skew > 0 { "ahead" } else { "behind" },
                                            )}
                                        </b>
                                        "Times in its logs are off by that much. Set the clock of that machine, or switch on time synchronization there."
                                    </p>
                                </div>
                            }
                        })
                }}
                </div>
                {move || view! { <Facts environment=environment.get()/> }}
                <RulesPart environment on_ask/>
                <CardActions environment name asked on_ask/>
            </article>
        </li>
    }
}

/// Slots in use, and the plans that use them.
#[component]
fn Running(environment: Derived<EnvironmentDetail>) -> impl IntoView {
    let slots = derived(move |_| {
        environment.with(|e| (e.row.active_plans, e.row.parallel_limit, e.row.name.clone()))
    });
    let active = derived(move |_| environment.with(|e| e.active.clone()));
    let publications = derived(move |_| environment.with(|e| e.publications.clone()));
    let queued = derived(move |_| environment.with(|e| (e.queued, e.row.name.clone())));
    view! {
        <div class="e-run">
            {move || {
                let (used, limit, name) = slots.get();
                view! {
                    <div class="e-run-h">
                        <b>{format!("{used} of {limit}")}</b>
                        <span>"slots in use"</span>
                        <Slots used limit label=format!("{used} of {limit} in use in {name}")/>
                    </div>
                }
            }}
            {move || {
                let (queued, name) = queued.get();
                (queued > 0)
                    .then(|| {
                        view! {
                            <a class="link e-line" href=routes::line(&name)>
                                {format!("{} in line", counted(queued, "plan", "plans"))}
                            </a>
                        }
                    })
            }}
            <ul>
                {move || active.get().into_iter().map(|plan| view! { <Run plan/> }).collect_view()}
                {move || {
                    publications
                        .get()
                        .into_iter()
                        .map(|(what, stamp)| {
                            view! {
                                <li>
                                    <span>
                                        <Glyph name="running" tone="move"/>
                                        {what}
                                    </span>
                                    <span class="dim">
                                        {format!("by {}, ", stamp.by.name)}
                                        <When at=stamp.at style=WhenStyle::Relative/>
                                    </span>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </div>
    }
}

/// What is known about it.
#[component]
fn Facts(environment: EnvironmentDetail) -> impl IntoView {
    let agent = agent_look(&environment);
    view! {
        <dl class="kv">
            <dt>"Applications"</dt>
            <dd>{application_facts(&environment)}</dd>
            <dt>"Purpose"</dt>
            <dd>{purpose_label(environment.row.purpose)}</dd>
            <dt>"Agent"</dt>
            <dd>
                {match environment.agent_version.clone() {
                    Some(version) => view! { <span>{version}</span> }.into_any(),
                    None => view! { <span class="dim">"None has joined yet"</span> }.into_any(),
                }}
                {agent.map(|look| view! { <Status look plain=true/> })}
            </dd>
            {(environment.row.link != LinkState::Online)
                .then(|| {
                    environment
                        .last_seen
                        .map(|at| {
                            view! {
                                <dt>"Last heard"</dt>
                                <dd>
                                    <When at/>
                                </dd>
                            }
                        })
                })}
            <dt>"Address"</dt>
            <dd>
                {match environment.address.clone() {
                    Some(address) => {
                        let href = address.clone();
                        view! {
                            <a class="link" href=href target="_blank" rel="noopener noreferrer">
                                <code>{address}</code>
                            </a>
                        }
                            .into_any()
                    }
                    None => view! { <span class="dim">"The agent reports it when it joins"</span> }.into_any(),
                }}
            </dd>
            <dt>"Last synchronization"</dt>
            <dd>
                {match environment.last_synchronized {
                    Some(at) => view! { <When at/> }.into_any(),
                    None => view! { <span class="dim">"Never"</span> }.into_any(),
                }}
            </dd>
        </dl>
    }
}

/// A plan that holds a slot.
#[component]
fn Run(plan: ActivePlanRef) -> impl IntoView {
    let look = Look::of_plan(plan.status, plan.intervention);
    let (done, all) = plan.progress;
    let state = match plan.status {
        PlanStatus::Running if all > 0 => {
            format!("{}%", u64::from(done) * 100 / u64::from(all))
        }
        _ => look.word.to_ascii_lowercase(),
    };
    view! {
        <li>
            <a href=routes::run(plan.number)>
                <Glyph name=look.glyph tone=look.tone/>
                <b>{format!("#{}", plan.number)}</b>
                <span>{plan.name}</span>
            </a>
            <span class="dim">{state}</span>
        </li>
    }
}

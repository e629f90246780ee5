//! What a plan in line waits for, and how that stands.

use crate::components::foreseen::end_in_words;
use crate::components::icon::Glyph;
use crate::components::status::Look;
use crate::components::time::{When, WhenStyle, use_clock};
use crate::derived::{Derived, derived};
use crate::routes;
use domain::plan::PlanStatus;
use domain::view::{Blocker, Hindrance, HoldsSlot, LineDetail};
use leptos::prelude::*;

/// What is in the way, each with the modules that tie the two.
#[component]
pub(super) fn WaitsFor(detail: RwSignal<LineDetail>) -> impl IntoView {
    let hindrances: Derived<Vec<Hindrance>> = derived(move |_| {
        detail.with(|d| {
            let place = d.plan.stay.place.as_ref();
            place.map_or_else(Vec::new, |place| place.waits_for.clone())
        })
    });
    let there = derived(move |_| detail.with(|d| (d.there.clone(), d.usual)));
    view! {
        <section class="panel" aria-labelledby="h-waits">
            <header>
                <h2 id="h-waits">"Waits for"</h2>
            </header>
            <ul class="waits">
                {move || {
                    let all = hindrances.get();
                    if all.is_empty() {
                        return view! { <li class="dim">"Its turn is being looked at."</li> }
                            .into_any();
                    }
                    let (there, usual) = there.get();
                    all.into_iter()
                        .map(|one| view! { <Wait hindrance=one there=&there usual/> })
                        .collect_view()
                        .into_any()
                }}
            </ul>
        </section>
    }
}

/// How a plan that is in the way stands: what it does, and since when it is under way.
#[component]
fn Stands(one: HoldsSlot, usual: Option<(i64, i64)>) -> impl IntoView {
    let clock = use_clock();
    let end = usual.zip(one.ends);
    let end =
        move || end.map(|(usual, ends)| format!(". {}", end_in_words(usual, ends, clock.now())));
    let words = if one.plan.status == PlanStatus::NeedsIntervention {
        let look = Look::of_plan(one.plan.status, one.plan.intervention);
        format!("{}: it goes on when somebody continues it. ", look.word)
    } else {
        let look = Look::of_plan(one.plan.status, None);
        format!("{}. ", look.word)
    };
    view! {
        <small>
            {words}
            {one
                .started
                .map(|started| {
                    view! {
                        "Started " <When at=Signal::stored(started.at) style=WhenStyle::Relative/>
                        " by " {started.by.name} {end}
                    }
                })}
        </small>
    }
}

/// The plans that hold the slots, each with how it stands.
#[component]
fn Holders(there: Vec<HoldsSlot>, usual: Option<(i64, i64)>) -> impl IntoView {
    there
        .into_iter()
        .map(move |one| {
            let title = format!("#{} {}", one.plan.number, one.plan.name);
            view! {
                <small>
                    <a class="link" href=routes::plan(one.plan.number)>
                        {title}
                    </a>
                </small>
                <Stands one usual/>
            }
        })
        .collect_view()
}

#[component]
fn Wait<'a>(
    hindrance: Hindrance,
    there: &'a [HoldsSlot],
    usual: Option<(i64, i64)>,
) -> impl IntoView + use<> {
    let stands = |number: u64| there.iter().find(|one| one.plan.number == number).cloned();
    let (glyph, what, by) = match hindrance {
        Hindrance::Plan(by) => {
            let held = stands(by.number)
                .is_some_and(|one| one.plan.status == PlanStatus::NeedsIntervention);
            (
                if held { "hold" } else { "running" },
                "It moves what this one needs or changes",
                Some(by),
            )
        }
        Hindrance::Publication(by) => ("running", "A publication that is under way", Some(by)),
        Hindrance::Ahead(by) => (
            "queued",
            "It came first and moves related modules",
            Some(by),
        ),
        Hindrance::Slot(limit) => {
            let text = if limit == 1 {
                "The slot: one plan runs at a time".to_owned()
            } else {
                format!("A slot: {limit} plans may run at a time")
            };
            return view! {
                <li>
                    <Glyph name="todo"/>
                    <div>{text} <Holders there=there.to_vec() usual/></div>
                </li>
            }
            .into_any();
        }
        Hindrance::InHand(name, place) => {
            return view! {
                <li>
                    <Glyph name="running"/>
                    <div>
                        {format!("A plan that has switched {name} in {place}, and may still go back there")}
                    </div>
                </li>
            }
            .into_any();
        }
        Hindrance::Maintenance(name) => {
            return view! {
                <li>
                    <Glyph name="maint"/>
                    <div>{format!("The end of the maintenance of {name}")}</div>
                </li>
            }
            .into_any();
        }
        Hindrance::NoAgent(target, link) => {
            let look = Look::of_link(link);
            let no_agent = link.no_agent(&target);
            return view! {
                <li>
                    <Glyph name=look.glyph/>
                    <div>
                        {format!("The agent of {target}")}
                        {no_agent
                            .map(|no| {
                                view! {
                                    <small>
                                        {format!("{}. To let the line go on, {}.", no.what, no.remedy)}
                                    </small>
                                }
                            })}
                    </div>
                </li>
            }
            .into_any();
        }
    };
    let Blocker { number, name, path } = by.unwrap_or_else(|| Blocker {
        number: 0,
        name: String::new(),
        path: Vec::new(),
    });
    let stands = stands(number);
    view! {
        <li>
            <Glyph name=glyph/>
            <div>
                {if number > 0 {
                    view! {
                        <a class="link" href=routes::plan(number)>
                            {format!("#{number} {name}")}
                        </a>
                    }
                        .into_any()
                } else {
                    name.into_any()
                }} <small>{what}</small> {stands.map(|one| view! { <Stands one usual/> })}
                {(!path.is_empty())
                    .then(|| {
                        view! {
                            <small class="path">
                                <span class="vh">"Path of references: "</span>
                                {path.join(" \u{2192} ")}
                            </small>
                        }
                    })}
            </div>
        </li>
    }
    .into_any()
}

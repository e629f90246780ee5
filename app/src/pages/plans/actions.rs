//! What comes next for a plan in the list, by where it stands (domain.md 2.3).

use super::row::Wish;
use crate::components::button::{Button, LinkButton, Size, Weight};
use crate::components::line::deploy_label;
use crate::components::menu::{Menu, MenuItem};
use crate::components::status::counted;
use crate::derived::derived;
use crate::routes;
use crate::session::use_session;
use domain::plan::{Intervention, Origin, PlanStatus, can_roll_back};
use domain::view::PlanRow;
use leptos::prelude::*;

/// What an entry of the menu needs, to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// That somebody sees the plan.
    Nothing,
    /// The right to discard this plan.
    Discard,
    /// That right, and environments that are in service.
    Make,
    /// That right, and a target that is in service: nothing is fetched from the source.
    Back,
    /// The right to run plans.
    Deploy,
    /// That right, and environments that are in service.
    Start,
}

/// An entry of a plan's menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// A verb, and an object where it is not obvious.
    pub label: &'static str,
    icon: &'static str,
    danger: bool,
    /// What it needs.
    pub needs: Needs,
    wish: Wish,
}

/// What stands in the menu of a plan, beside its buttons.
pub fn in_menu(row: &PlanRow) -> Vec<Entry> {
    let number = row.number;
    let entry = |label, icon, needs, wish| Entry {
        label,
        icon,
        danger: false,
        needs,
        wish,
    };
    let danger = |entry: Entry| Entry {
        danger: true,
        ..entry
    };
    let mut entries = vec![entry(
        "Copy link",
        "link",
        Needs::Nothing,
        Wish::CopyLink(number),
    )];
    if row.status == PlanStatus::Saved {
        entries.push(entry(
            "Validate",
            "check",
            Needs::Nothing,
            Wish::Validate(number),
        ));
        if row.findings.is_some_and(|(errors, _)| errors > 0) {
            let anyway = Wish::ContinueWithErrors(number);
            entries.push(danger(entry(
                "Continue with errors…",
                "play",
                Needs::Start,
                anyway,
            )));
        }
        entries.push(danger(entry(
            "Discard plan",
            "trash",
            Needs::Discard,
            Wish::Discard(number),
        )));
    }
    if row.status == PlanStatus::NeedsIntervention {
        // Beside the button that goes on there is no room for a second one.
        entries.push(danger(entry(
            "Abort…",
            "stop",
            Needs::Deploy,
            Wish::Abort(number),
        )));
    }
    if can_roll_back(row.status) {
        entries.push(entry(
            "Roll back…",
            "back",
            Needs::Back,
            Wish::RollBack(number),
        ));
    }
    entries
}

/// The one or two sensible next actions as buttons, the rest in a menu.
#[component]
pub fn RowActions(
    /// The plan.
    row: Signal<PlanRow>,
    /// Why plans cannot be changed by this person.
    edit_refusal: Signal<Option<String>>,
    /// Why plans cannot be run by this person.
    deploy_refusal: Signal<Option<String>>,
    /// What the row wants.
    on_wish: Callback<Wish>,
) -> impl IntoView {
    let number = row.with_untracked(|r| r.number);
    let session = use_session();
    // In maintenance a plan can be looked at, discarded and taken out of its line (RU11, RT5).
    let maintenance = derived(move |_| row.with(|r| r.stay.maintenance.clone()));
    let unless_in_maintenance = move |refusal: Signal<Option<String>>| {
        Signal::derive(move || refusal.get().or_else(|| maintenance.get()))
    };
    let start_refusal = unless_in_maintenance(deploy_refusal);
    let make_refusal = unless_in_maintenance(edit_refusal);
    let needs_values = derived(move |_| {
        let values = Intervention::NeedsConfigurationOrConfirmation;
        row.with(|r| r.intervention == Some(values))
    });
    let status = derived(move |_| {
        row.with(|r| {
            let errors = r.findings.map_or(0, |(errors, _)| errors);
            (r.status, errors, r.unsaved, r.stay.two_stage)
        })
    });
    let wish = move |wish: Wish| Callback::new(move |()| on_wish.run(wish.clone()));
    let named = move |verb: &str| {
        let name = format!("{verb} plan #{number}");
        Signal::derive(move || name.clone())
    };
    let items = Callback::new(move |()| {
        let entries = row.with_untracked(in_menu).into_iter();
        entries
            .map(|entry| {
                let mut item = MenuItem::new(entry.label, entry.icon, wish(entry.wish));
                item.danger = entry.danger;
                item.refusal = match entry.needs {
                    Needs::Nothing => None,
                    Needs::Discard => {
                        let creator = row.with_untracked(|r| r.stamps.created.by.login.clone());
                        session.discard_refusal(&creator)
                    }
                    Needs::Make => make_refusal.get_untracked(),
                    Needs::Back => edit_refusal
                        .get_untracked()
                        .or_else(|| row.with_untracked(|r| r.stay.no_way_back.clone())),
                    Needs::Deploy => deploy_refusal.get_untracked(),
                    Needs::Start => start_refusal.get_untracked(),
                };
                item
            })
            .collect()
    });
    view! {
        {move || match status.get() {
            (PlanStatus::Saved, errors, unsaved, two_stage) => {
                let label = deploy_label(two_stage);
                let has_errors = errors > 0;
                view! {
                    {has_errors
                        .then(|| {
                            let found = counted(errors, "error", "errors");
                            view! {
                                <LinkButton
                                    label="See errors"
                                    name=format!(
                                        "See errors: plan #{number} was not free to run when it was checked last, {found} found",
                                    )
                                    href=format!("{}#findings", routes::plan(number))
                                    icon="eye"
                                    size=Size::Small
                                />
                            }
                        })}
                    {(!has_errors && unsaved)
                        .then(|| {
                            view! {
                                <LinkButton
                                    label
                                    name=format!(
                                        "{label}: plan #{number} was changed since it was saved, so it is opened first",
                                    )
                                    href=routes::plan(number)
                                    icon="play"
                                    size=Size::Small
                                />
                            }
                        })}
                    {(!has_errors && !unsaved)
                        .then(|| {
                            view! {
                                <Button
                                    label
                                    name=named(&format!("{label}:"))
                                    icon="play"
                                    weight=Weight::Primary
                                    size=Size::Small
                                    refusal=start_refusal
                                    on_press=wish(Wish::Deploy(number))
                                />
                            }
                        })}
                    <LinkButton
                        label="Edit"
                        name=format!("Edit plan #{number}")
                        href=routes::plan(number)
                        icon="edit"
                        size=Size::Small
                    />
                }
                    .into_any()
            }
            (PlanStatus::Queued, ..) => {
                view! {
                    <Button
                        label="Leave the queue"
                        name=named("Leave the queue:")
                        icon="x"
                        size=Size::Small
                        refusal=deploy_refusal
                        on_press=wish(Wish::Leave(number))
                    />
                }
                    .into_any()
            }
            (PlanStatus::Running, ..) => {
                view! { <AbortButton number refusal=deploy_refusal on_wish/> }.into_any()
            }
            (PlanStatus::NeedsIntervention, ..) if needs_values.get() => {
                view! {
                    <LinkButton
                        label="Enter values"
                        name=format!("Enter values: plan #{number} waits for them")
                        href=routes::plan(number)
                        icon="edit"
                        size=Size::Small
                    />
                }
                    .into_any()
            }
            (PlanStatus::NeedsIntervention, ..) => {
                view! {
                    <Button
                        label="Continue deployment"
                        name=named("Continue deployment:")
                        icon="play"
                        weight=Weight::Hold
                        size=Size::Small
                        refusal=start_refusal
                        on_press=wish(Wish::Continue(number))
                    />
                }
                    .into_any()
            }
            (status, ..) => {
                Origin::offered(status)
                    .map(|how| {
                        let (label, icon) = match how {
                            Origin::Retry => ("Retry Plan", "retry"),
                            Origin::Reuse { .. } | Origin::Rollback => ("Reuse Plan", "reuse"),
                        };
                        view! {
                            <Button
                                label
                                name=format!("{label} #{number}")
                                icon
                                size=Size::Small
                                controls="reuse-plan"
                                refusal=make_refusal
                                on_press=wish(Wish::Reuse(number))
                            />
                        }
                    })
                    .into_any()
            }
        }}
        <Menu label=format!("More for plan #{number}") items/>
    }
}

/// Asks to stop the run of a plan.
#[component]
fn AbortButton(
    number: u64,
    refusal: Signal<Option<String>>,
    on_wish: Callback<Wish>,
) -> impl IntoView {
    view! {
        <Button
            label="Abort"
            name=format!("Abort plan #{number}")
            icon="stop"
            weight=Weight::QuietDanger
            size=Size::Small
            controls="abort-plan"
            refusal
            on_press=Callback::new(move |()| on_wish.run(Wish::Abort(number)))
        />
    }
}

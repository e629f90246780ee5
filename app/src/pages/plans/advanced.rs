//! The panel of everything that the list can be filtered by. Each change is another address.

use super::Move;
use super::address::{PlansAddress, kind_word};
use super::kept::KeptFilters;
use super::pager::matching;
use crate::api::catalog::find;
use crate::api::plans::list_plan_people;
use crate::components::button::{Button, Size, Weight};
use crate::components::controls::{Choice, Select};
use crate::components::copy::copy_link;
use crate::components::field::{Field, error_line};
use crate::components::icon::Icon;
use crate::components::lookup::{Found, Lookup, Proposal, ask_applications};
use crate::components::status::Look;
use crate::components::toast::use_toasts;
use crate::derived::{Derived, derived};
use domain::plan::{PlanKind, PlanStatus};
use domain::view::{
    Days, EnvironmentRow, Hit, PlanFilter, PlanOrder, PlanPage, STATUS_GROUPS, WAITS,
};
use domain::{Day, VersionNumber};
use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The panel.
#[component]
pub fn Advanced(
    /// What the address says.
    address: Derived<PlansAddress>,
    /// All environments, in promotion order.
    environments: Derived<Vec<EnvironmentRow>>,
    /// What was found.
    page: Derived<PlanPage>,
    /// Goes to another address.
    go: Callback<Move>,
) -> impl IntoView {
    let toasts = use_toasts();
    let change = Callback::new(move |filter: PlanFilter| {
        go.run(Move::to(address.get_untracked().with(filter)));
    });
    let people = RwSignal::new(Vec::<Choice>::new());
    Effect::new(move |_| {
        spawn_local(async move {
            // Without them the filter can still be set in the address.
            if let Ok(all) = list_plan_people().await {
                people.try_set(all.into_iter().map(|p| (p.login, p.name)).collect());
            }
        });
    });
    let places = Signal::derive(move || {
        environments.with(|all| {
            all.iter()
                .map(|e| (e.name.clone(), e.name.clone()))
                .collect()
        })
    });
    let statuses = Signal::stored(status_choices());
    let kinds = Signal::stored(
        PlanKind::ALL
            .into_iter()
            .map(|kind| (kind.as_str().to_owned(), kind_word(kind).to_owned()))
            .collect::<Vec<Choice>>(),
    );
    let warnings = Signal::stored(vec![
        ("yes".to_owned(), "With warnings".to_owned()),
        ("no".to_owned(), "Without warnings".to_owned()),
    ]);
    let orders = PlanOrder::ALL.into_iter().skip(1);
    let orders = Signal::stored(
        orders
            .map(|order| (order.word().to_owned(), order.label().to_owned()))
            .collect::<Vec<_>>(),
    );
    let set = move |edit: fn(&mut PlanFilter, String)| {
        Callback::new(move |value: String| {
            let mut filter = address.with_untracked(|a| a.filter.clone());
            edit(&mut filter, value);
            change.run(filter);
        })
    };
    let get = move |read: fn(&PlanFilter) -> String| {
        Signal::derive(move || address.with(|a| read(&a.filter)))
    };
    let is_set = derived(move |_| address.with(|a| a.filter.narrows()));
    view! {
        <section class="panel adv" aria-label="Advanced filters">
            <KeptFilters address/>
            <div class="adv-grid">
                <OneOf id="f-status" label="Status" any="Any" options=statuses
                    value=get(PlanFilter::status)
                    on_change=set(|f, word| f.set_status(&word))/>
                <OneOf id="f-source" label="Source" any="Any" options=places
                    value=get(|f| f.source.clone()) on_change=set(|f, name| f.source = name)/>
                <OneOf id="f-target" label="Target" any="Any" options=places
                    value=get(|f| f.target.clone()) on_change=set(|f, name| f.target = name)/>
                <ApplicationField value=get(|f| f.application.clone())
                    on_change=set(|f, name| f.application = name)/>
                <VersionField address change/>
                <OneOf id="f-by" label="Created or run by" any="Anyone" options=people
                    value=get(|f| f.person.clone()) on_change=set(|f, login| f.person = login)/>
                <OneOf id="f-kind" label="Kind" any="Any" options=kinds
                    value=get(|f| f.kind.map(|k| k.as_str().to_owned()).unwrap_or_default())
                    on_change=set(|f, word| f.kind = PlanKind::parse(&word))/>
                <OneOf id="f-warnings" label="Warnings" any="With or without" options=warnings
                    value=get(|f| match f.warnings {
                        Some(true) => "yes".to_owned(),
                        Some(false) => "no".to_owned(),
                        None => String::new(),
                    })
                    on_change=set(|f, word| f.warnings = match word.as_str() {
                        "yes" => Some(true),
                        "no" => Some(false),
                        _ => None,
                    })/>
                <OneOf id="f-order" label="Order" any=PlanOrder::default().label() options=orders
                    value=get(|f| f.order.word().to_owned())
                    on_change=set(|f, word| f.order = PlanOrder::parse(&word))/>
                <DaysField label="Created" id="f-created" address change
                    pick=|f: &mut PlanFilter| &mut f.created/>
                <DaysField label="Started" id="f-started" address change
                    pick=|f: &mut PlanFilter| &mut f.started/>
                <DaysField label="Finished" id="f-finished" address change
                    pick=|f: &mut PlanFilter| &mut f.finished/>
            </div>
            <footer>
                <span role="status">{move || page.with(matching)}</span>
                <span class="push"></span>
                {move || {
                    is_set
                        .get()
                        .then(|| {
                            view! {
                                <Button
                                    label="Clear all"
                                    name=Signal::stored("Clear all filters".to_owned())
                                    weight=Weight::Ghost
                                    size=Size::Small
                                    on_press=Callback::new(move |()| {
                                        go.run(Move::to(address.get_untracked().cleared()));
                                    })
                                />
                            }
                        })
                }}
                <Button
                    label="Copy link"
                    icon="link"
                    size=Size::Small
                    on_press=Callback::new(move |()| copy_link(toasts, None))
                />
                <a class="btn sm" href=move || address.with(PlansAddress::file) download="">
                    <Icon name="download"/>
                    <span>"Export CSV"</span>
                </a>
            </footer>
        </section>
    }
}

/// The groups of statuses, then each status that is not one of them, then what plans wait for.
fn status_choices() -> Vec<Choice> {
    let groups = STATUS_GROUPS
        .iter()
        .map(|group| (group.word.to_owned(), group.label.to_owned()));
    let alone = PlanStatus::ALL
        .into_iter()
        .filter(|status| *status != PlanStatus::Draft)
        .filter(|status| {
            !STATUS_GROUPS
                .iter()
                .any(|group| group.statuses == [*status])
        })
        .map(|status| {
            let word = match status {
                PlanStatus::FinishedSuccessful => "Finished, nothing to tell".to_owned(),
                other => Look::of_plan(other, None).word,
            };
            (status.as_str().to_owned(), word)
        });
    let waits = WAITS
        .into_iter()
        .map(|(word, label, _)| (word.to_owned(), label.to_owned()));
    groups.chain(alone).chain(waits).collect()
}

/// A choice of one value, or any. What the address says is among them even if nobody knows it.
#[component]
fn OneOf(
    id: &'static str,
    label: &'static str,
    any: &'static str,
    #[prop(into)] options: Signal<Vec<Choice>>,
    value: Signal<String>,
    on_change: Callback<String>,
) -> impl IntoView {
    // Names are compared without case in addresses, but not by a select.
    let chosen = Signal::derive(move || {
        let value = value.get();
        options
            .with(|all| {
                let same = |(known, _): &&Choice| known.eq_ignore_ascii_case(&value);
                all.iter().find(same).map(|(known, _)| known.clone())
            })
            .unwrap_or(value)
    });
    let all = Signal::derive(move || {
        let mut all = vec![(String::new(), any.to_owned())];
        all.extend(options.get());
        let chosen = chosen.get();
        if !all.iter().any(|(known, _)| *known == chosen) {
            all.push((chosen.clone(), chosen));
        }
        all
    });
    view! {
        <Field label id>
            <Select id options=all value=chosen class="sm" on_change/>
        </Field>
    }
}

/// The applications with a text in their name, the closest first; all of them for no text.
async fn by_name(text: String) -> Found {
    if text.is_empty() {
        return ask_applications().run(text).await;
    }
    let found = find(text).await?;
    let proposals = found.hits.into_iter().filter_map(|hit| match hit {
        Hit::Application { id, name } => Some(Proposal {
            key: id.to_string(),
            label: name,
            note: String::new(),
        }),
        _ => None,
    });
    Ok((proposals.collect(), found.more_applications))
}

/// An application, found by a part of its name.
#[component]
fn ApplicationField(value: Signal<String>, on_change: Callback<String>) -> impl IntoView {
    view! {
        <Field label="Application" id="f-application">
            <Lookup
                id="f-application"
                class="sm"
                label="Application"
                placeholder="Any, by a part of its name"
                ask=Callback::new(|text| by_name(text).boxed_local())
                chosen=value
                on_choose=Callback::new(move |chosen: Proposal| {
                    if value.with_untracked(|value| *value != chosen.label) {
                        on_change.run(chosen.label);
                    }
                })
                on_close=Callback::new(|()| ())
            />
        </Field>
    }
}

/// The number of a version.
#[component]
fn VersionField(address: Derived<PlansAddress>, change: Callback<PlanFilter>) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let value = Signal::derive(move || {
        address.with(|a| a.filter.version.map(|v| v.to_string()).unwrap_or_default())
    });
    // Another version, or none, is set elsewhere: what was typed is gone, and so is its fault.
    Effect::new(move |_| {
        value.track();
        problem.set(None);
    });
    let on_change = move |text: String| {
        let text = text.trim();
        let version = match text.parse::<VersionNumber>() {
            Ok(number) => Some(number),
            Err(_) if text.is_empty() => None,
            Err(_) => {
                problem.set(Some("Only numbers and dots, like 2.14.".to_owned()));
                return;
            }
        };
        problem.set(None);
        let filter = address.with_untracked(|a| PlanFilter {
            version,
            ..a.filter.clone()
        });
        change.run(filter);
    };
    view! {
        <Field label="Version" id="f-version" error=problem>
            <input
                id="f-version"
                class="input sm"
                type="text"
                placeholder="Any, for example 2.14"
                autocomplete="off"
                spellcheck="false"
                maxlength="40"
                aria-describedby="f-version-note"
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                prop:value=move || value.get()
                on:change=move |event| on_change(event_target_value(&event))
            />
        </Field>
    }
}

/// What a form says of days that no moment can lie between; the days themselves stand in it.
fn fault_of(days: &Days) -> Option<&'static str> {
    let problem = days.problem();
    problem.map(|_| "The first day is after the last one.")
}

/// The first and the last day. Days the wrong way round stay in the fields, and the list stays what
/// it was.
#[component]
fn DaysField(
    label: &'static str,
    id: &'static str,
    address: Derived<PlansAddress>,
    change: Callback<PlanFilter>,
    pick: fn(&mut PlanFilter) -> &mut Days,
) -> impl IntoView {
    let set_days = derived(move |_| address.with(|a| *pick(&mut a.filter.clone())));
    let days = RwSignal::new(set_days.get_untracked());
    Effect::new(move |_| days.set(set_days.get()));
    let set = move |edit: fn(&mut Days, Option<Day>), value: &str| {
        days.update(|days| edit(days, value.parse().ok()));
        let wanted = days.get_untracked();
        if wanted.problem().is_none() && wanted != set_days.get_untracked() {
            let mut filter = address.with_untracked(|a| a.filter.clone());
            *pick(&mut filter) = wanted;
            change.run(filter);
        }
    };
    let shown = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
    let problem = move || days.with(fault_of);
    let invalid = move || problem().map(|_| "true");
    view! {
        <div class=move || if problem().is_some() { "field days invalid" } else { "field days" }>
            <span class="label" id=id>
                {label}
                <span class="opt">" days in UTC"</span>
            </span>
            <div class="range" role="group" aria-labelledby=id>
                <input
                    class="input sm"
                    type="date"
                    aria-label=format!("{label} from")
                    aria-describedby=format!("{id}-note")
                    aria-invalid=invalid
                    prop:value=move || shown(days.get().from)
                    on:change=move |event| set(|d, day| d.from = day, &event_target_value(&event))
                />
                <span class="dim">"to"</span>
                <input
                    class="input sm"
                    type="date"
                    aria-label=format!("{label} to")
                    aria-describedby=format!("{id}-note")
                    aria-invalid=invalid
                    prop:value=move || shown(days.get().to)
                    on:change=move |event| set(|d, day| d.to = day, &event_target_value(&event))
                />
            </div>
            <div id=format!("{id}-note") class="field-note" role="status">
                {move || problem().map(|fault| error_line(fault.to_owned()))}
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::fault_of;
    use domain::view::PlanFilter;

    #[test]
    fn only_days_the_wrong_way_round_are_told_at_the_field() {
        let created = |query| PlanFilter::parse(query).created;
        let wrong = created("created-from=2026-11-20&created-to=2026-11-13");
        assert_eq!(
            fault_of(&wrong),
            Some("The first day is after the last one.")
        );
        for query in [
            "",
            "created-to=2026-11-13",
            "created-from=2026-11-13&created-to=2026-11-13",
        ] {
            assert_eq!(fault_of(&created(query)), None, "{query}");
        }
    }
}

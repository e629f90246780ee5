//! What became of one module, with its elements, what it uses and its site properties.

use super::shown::ChangeTag;
use super::words::Sides;
use crate::components::icon::Icon;
use crate::components::kind::{kind_icon, kind_label};
use crate::components::status::counted;
use domain::difference::{
    Change, ElementDifference, MemberDifference, ModuleDetails, PropertyDifference, UseDifference,
};
use domain::view::ModuleDifference;
use leptos::prelude::*;

/// A module that can be opened.
#[component]
pub fn ModuleRow(
    /// Which, and what became of it.
    module: ModuleDifference,
    /// What the two sides are called.
    sides: StoredValue<Sides>,
    /// Whether it is open at first.
    open: bool,
) -> impl IntoView {
    let ModuleDifference {
        name,
        kind,
        change,
        from,
        to,
        republished,
        details,
        ..
    } = module;
    let saying = sides.with_value(|sides| match (&from, &to) {
        (Some(from), _) if sides.in_time => Some(format!("Moved here from {from}")),
        (_, Some(to)) if sides.in_time => Some(format!("Moved to {to}")),
        (Some(owner), _) => Some(format!("In {} a part of {owner}", sides.from)),
        (_, Some(owner)) => Some(format!("In {} a part of {owner}", sides.to)),
        _ => republished.then(|| "Published again".to_owned()),
    });
    let summary = summary(change, &details);
    // Where nothing more is known, there is nothing to open.
    let empty = details == ModuleDetails::default();
    let line = view! {
        <Icon name=kind_icon(kind) class="kind"/>
        <span class="vh">{kind_label(kind)}</span>
        <b>{name}</b>
        {match saying {
            Some(saying) => view! { <ChangeTag change sides saying/> },
            None => view! { <ChangeTag change sides/> },
        }}
        <span class="soft">{summary}</span>
    };
    if empty {
        return view! {
            <li class="cmp-module">
                <div class="cmp-line">{line}</div>
            </li>
        }
        .into_any();
    }
    view! {
        <li class="cmp-module">
            <details open=open>
                <summary class="cmp-line">
                    <Icon name="right" class="turns"/>
                    {line}
                </summary>
                <Details details sides/>
            </details>
        </li>
    }
    .into_any()
}

/// How much differs in a module, in words. Of one that came, left or moved as it is there is nothing
/// to say.
fn summary(change: Change, details: &ModuleDetails) -> String {
    let mut parts = Vec::new();
    let mut say = |count: usize, one: &str, many: &str| {
        if count > 0 {
            parts.push(counted(count as u64, one, many));
        }
    };
    say(details.elements.len(), "element", "elements");
    say(details.uses.len(), "reference", "references");
    say(details.properties.len(), "site property", "site properties");
    if details.content {
        parts.push("files".to_owned());
    }
    if details.url_path.is_some() {
        parts.push("address".to_owned());
    }
    if details.renamed_from.is_some() {
        parts.push("name".to_owned());
    }
    if parts.is_empty() && change == Change::Changed {
        "links other states of its producers".to_owned()
    } else {
        parts.join(", ")
    }
}

#[component]
fn Details(details: ModuleDetails, sides: StoredValue<Sides>) -> impl IntoView {
    let ModuleDetails {
        renamed_from,
        url_path,
        content,
        elements,
        uses,
        properties,
        same_secrets,
    } = details;
    let any_property = !(properties.is_empty() && same_secrets.is_empty());
    view! {
        <div class="cmp-details">
            {renamed_from
                .map(|name| {
                    let from = sides.with_value(|sides| sides.from.clone());
                    view! { <p>{format!("In {from} it is called ")} <b>{name}</b> "."</p> }
                })}
            {url_path
                .map(|(before, after)| {
                    let said = sides.with_value(|sides| sides.both(&shown(&before), &shown(&after)));
                    view! { <p>{format!("Its address: {said}.")}</p> }
                })}
            {content.then(|| view! { <p class="soft">"Its own files differ."</p> })}
            {(!elements.is_empty()).then(|| view! { <Elements elements sides/> })}
            {(!uses.is_empty()).then(|| view! { <Uses uses sides/> })}
            {any_property.then(|| view! { <Properties properties same_secrets sides/> })}
        </div>
    }
}

fn shown(path: &str) -> String {
    if path.is_empty() {
        "none".to_owned()
    } else {
        path.to_owned()
    }
}

#[component]
fn Elements(elements: Vec<ElementDifference>, sides: StoredValue<Sides>) -> impl IntoView {
    view! {
        <h4>"Elements"</h4>
        <ul class="cmp-list">
            {elements
                .into_iter()
                .map(|element| {
                    let inside = element.change == Change::Changed && element.members.is_empty();
                    view! {
                        <li>
                            <ChangeTag change=element.change sides/>
                            <span class="soft">{element.kind.label()}</span>
                            <b>{element.name}</b>
                            {inside.then(|| view! { <span class="soft">"same interface, other content"</span> })}
                            {(!element.members.is_empty())
                                .then(|| {
                                    let members = element.members;
                                    view! {
                                        <ul class="cmp-members">
                                            {members.iter().map(|one| sides.with_value(|sides| member(one, sides))).collect_view()}
                                        </ul>
                                    }
                                })}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

/// "amount: integer becomes integer, mandatory".
fn member(member: &MemberDifference, sides: &Sides) -> impl IntoView + use<> {
    let written = |text: &str| match text.strip_suffix('!') {
        Some(text) => format!("{text}, mandatory"),
        None => text.to_owned(),
    };
    let words = match (&member.before, &member.after) {
        (Some(before), Some(after)) => sides.both(&written(before), &written(after)),
        (None, Some(after)) => format!("{}: {}", sides.counted(Change::Added), written(after)),
        (Some(before), None) => format!("{}: {}", sides.counted(Change::Removed), written(before)),
        (None, None) => String::new(),
    };
    view! {
        <li>
            <code>{member.name.clone()}</code>
            " "
            {words}
        </li>
    }
}

#[component]
fn Uses(uses: Vec<UseDifference>, sides: StoredValue<Sides>) -> impl IntoView {
    view! {
        <h4>"References"</h4>
        <ul class="cmp-list">
            {uses
                .into_iter()
                .map(|used| {
                    view! {
                        <li>
                            <ChangeTag change=used.change sides/>
                            <span class="soft">{used.kind.label()}</span>
                            <b>{format!("{}.{}", used.producer_name, used.name)}</b>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

#[component]
fn Properties(
    properties: Vec<PropertyDifference>,
    /// Names of secrets that are not among them.
    same_secrets: Vec<String>,
    sides: StoredValue<Sides>,
) -> impl IntoView {
    let same = sides.with_value(Sides::same);
    view! {
        <h4>"Site properties"</h4>
        <ul class="cmp-list">
            {properties
                .into_iter()
                .map(|property| {
                    let words = sides.with_value(|sides| property_words(&property, sides));
                    view! {
                        <li>
                            <ChangeTag change=property.change sides/>
                            <b>{property.name}</b>
                            <span class="soft">{words}</span>
                        </li>
                    }
                })
                .collect_view()}
            {same_secrets
                .into_iter()
                .map(|name| {
                    view! {
                        <li>
                            <span class="badge">{same}</span>
                            <b>{name}</b>
                            <span class="soft">{SECRET}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

/// What is said in place of a secret's value.
const SECRET: &str = "a secret; its value is never shown";

/// What became of a value. Secrets only tell that they are others.
fn property_words(property: &PropertyDifference, sides: &Sides) -> String {
    if property.secret {
        return SECRET.to_owned();
    }
    let value = |value: &Option<String>| match value {
        Some(value) if value.is_empty() => "an empty text".to_owned(),
        Some(value) => value.clone(),
        None => "no value".to_owned(),
    };
    match property.change {
        Change::Added => value(&property.after),
        Change::Removed => value(&property.before),
        Change::Changed if property.before == property.after => "another type".to_owned(),
        Change::Changed => sides.both(&value(&property.before), &value(&property.after)),
    }
}

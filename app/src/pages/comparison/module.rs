//! What became of one module, with its elements, what it uses and its site properties.

use super::shown::ChangeTag;
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
    let saying = match (&from, &to) {
        (Some(from), _) => Some(format!("Moved here from {from}")),
        (_, Some(to)) => Some(format!("Moved to {to}")),
        _ => republished.then(|| "Published again".to_owned()),
    };
    let summary = summary(&details);
    // Where nothing more is known, there is nothing to open.
    let empty = details == ModuleDetails::default();
    let line = view! {
        <Icon name=kind_icon(kind) class="kind"/>
        <span class="vh">{kind_label(kind)}</span>
        <b>{name}</b>
        {match saying {
            Some(saying) => view! { <ChangeTag change saying/> },
            None => view! { <ChangeTag change/> },
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
                <Details details/>
            </details>
        </li>
    }
    .into_any()
}

/// How much differs in a module, in words.
fn summary(details: &ModuleDetails) -> String {
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
    if parts.is_empty() {
        "links other states of its producers".to_owned()
    } else {
        parts.join(", ")
    }
}

#[component]
fn Details(details: ModuleDetails) -> impl IntoView {
    let ModuleDetails {
        renamed_from,
        url_path,
        content,
        elements,
        uses,
        properties,
    } = details;
    view! {
        <div class="cmp-details">
            {renamed_from.map(|name| view! { <p>"Was called " <b>{name}</b> " before."</p> })}
            {url_path
                .map(|(before, after)| {
                    view! {
                        <p>
                            "Its address " <code>{shown(&before)}</code> " becomes "
                            <code>{shown(&after)}</code> "."
                        </p>
                    }
                })}
            {content.then(|| view! { <p class="soft">"Its own files differ."</p> })}
            {(!elements.is_empty()).then(|| view! { <Elements elements/> })}
            {(!uses.is_empty()).then(|| view! { <Uses uses/> })}
            {(!properties.is_empty()).then(|| view! { <Properties properties/> })}
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
fn Elements(elements: Vec<ElementDifference>) -> impl IntoView {
    view! {
        <h4>"Elements"</h4>
        <ul class="cmp-list">
            {elements
                .into_iter()
                .map(|element| {
                    let inside = element.change == Change::Changed && element.members.is_empty();
                    view! {
                        <li>
                            <ChangeTag change=element.change/>
                            <span class="soft">{element.kind.label()}</span>
                            <b>{element.name}</b>
                            {inside.then(|| view! { <span class="soft">"same interface, other content"</span> })}
                            {(!element.members.is_empty())
                                .then(|| {
                                    let members = element.members;
                                    view! {
                                        <ul class="cmp-members">
                                            {members.iter().map(member).collect_view()}
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
fn member(member: &MemberDifference) -> impl IntoView + use<> {
    let written = |text: &str| match text.strip_suffix('!') {
        Some(text) => format!("{text}, mandatory"),
        None => text.to_owned(),
    };
    let words = match (&member.before, &member.after) {
        (Some(before), Some(after)) => format!("{} becomes {}", written(before), written(after)),
        (None, Some(after)) => format!("new: {}", written(after)),
        (Some(before), None) => format!("removed: {}", written(before)),
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
fn Uses(uses: Vec<UseDifference>) -> impl IntoView {
    view! {
        <h4>"References"</h4>
        <ul class="cmp-list">
            {uses
                .into_iter()
                .map(|used| {
                    view! {
                        <li>
                            <ChangeTag change=used.change/>
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
fn Properties(properties: Vec<PropertyDifference>) -> impl IntoView {
    view! {
        <h4>"Site properties"</h4>
        <ul class="cmp-list">
            {properties
                .into_iter()
                .map(|property| {
                    let words = property_words(&property);
                    view! {
                        <li>
                            <ChangeTag change=property.change/>
                            <b>{property.name}</b>
                            <span class="soft">{words}</span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
}

/// What became of a value. Secrets only tell that they are others.
fn property_words(property: &PropertyDifference) -> String {
    if property.secret {
        return "a secret; its value is never shown".to_owned();
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
        Change::Changed => format!(
            "{} becomes {}",
            value(&property.before),
            value(&property.after)
        ),
    }
}

//! What became of one module: its elements, what it uses, its site properties.

use super::Change;
use crate::id::ModuleId;
use crate::name::fold;
use crate::reference::{ElementKind, Member, MemberRole};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An element as a published state offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its kind.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// Its interface.
    pub members: Vec<Member>,
    /// Its full hash.
    pub full: String,
}

/// An element as a published state uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whose it is.
    pub producer: ModuleId,
    /// The producer's name.
    pub producer_name: String,
    /// Its kind.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// The full hash that was seen; none if the producer was not there.
    pub full: Option<String>,
    /// The members that are used, sorted; empty means all.
    pub members: Vec<String>,
}

/// A site property with the value that holds on its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// The type of its value, as in the manifest.
    pub kind: String,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What holds: the value that is set, else the default.
    pub value: Option<String>,
}

/// What a published state is, as far as people compare it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// The module's name.
    pub name: String,
    /// The module's URL path; empty if it has none.
    pub url_path: String,
    /// The digest of its own content.
    pub digest: String,
    /// What it offers.
    pub provides: Vec<Offer>,
    /// What it uses.
    pub uses: Vec<Seen>,
    /// Its site properties.
    pub properties: Vec<Property>,
}

/// What became of an element that a module offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementDifference {
    /// Its kind.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// What became of its interface; empty if only its content is another.
    pub members: Vec<MemberDifference>,
}

/// What became of a member of an element's interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberDifference {
    /// What it is to the element.
    pub role: MemberRole,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// Its type before, `!` after it if consumers must give it.
    pub before: Option<String>,
    /// Its type afterwards.
    pub after: Option<String>,
}

/// What became of an element that a module uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseDifference {
    /// Whose it is.
    pub producer: ModuleId,
    /// The producer's name.
    pub producer_name: String,
    /// Its kind.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// What became of it: changed means that another state of it is used, or other members.
    pub change: Change,
}

/// What became of a site property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyDifference {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub change: Change,
    /// Whether its value is never shown; then the values below are none, also where there is one.
    pub secret: bool,
    /// What held before.
    pub before: Option<String>,
    /// What holds afterwards.
    pub after: Option<String>,
}

/// What became of a module, in all parts that people compare. All empty and false but for secrets
/// that are the same: it is the same, or only links other states of its producers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModuleDetails {
    /// Its name before, if it has another now.
    pub renamed_from: Option<String>,
    /// Its URL path before and afterwards, if they are not the same.
    pub url_path: Option<(String, String)>,
    /// Whether its own files are others.
    pub content: bool,
    /// The elements that it offers and that are not the same.
    pub elements: Vec<ElementDifference>,
    /// The elements that it uses and that are not the same.
    pub uses: Vec<UseDifference>,
    /// The site properties that are not the same.
    pub properties: Vec<PropertyDifference>,
    /// The secret site properties that are the same on both sides, by name: of values that nobody
    /// sees, people want to be told that they stay.
    pub same_secrets: Vec<String>,
}

/// Compares what a module was and is. A side that is none has nothing of it: everything that the
/// other has was added or removed.
pub fn contents_difference(before: Option<&Contents>, after: Option<&Contents>) -> ModuleDetails {
    let nothing = Contents::default();
    let both = before.zip(after);
    let (old, new) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    ModuleDetails {
        renamed_from: both
            .filter(|(old, new)| old.name != new.name)
            .map(|(old, _)| old.name.clone()),
        url_path: both
            .filter(|(old, new)| old.url_path != new.url_path)
            .map(|(old, new)| (old.url_path.clone(), new.url_path.clone())),
        content: both.is_some_and(|(old, new)| old.digest != new.digest),
        elements: elements(&old.provides, &new.provides),
        uses: uses(&old.uses, &new.uses),
        properties: properties(&old.properties, &new.properties),
        same_secrets: same_secrets(&old.properties, &new.properties),
    }
}

/// What became of the things of two lists, in the order of their keys.
fn pairs<'a, K: Ord, T>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&T) -> K,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<(Change, Option<&'a T>, Option<&'a T>)> {
    let mut all: BTreeMap<K, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for thing in before {
        all.entry(key(thing)).or_default().0 = Some(thing);
    }
    for thing in after {
        all.entry(key(thing)).or_default().1 = Some(thing);
    }
    all.into_values()
        .filter_map(|(old, new)| match (old, new) {
            (None, _) => Some((Change::Added, old, new)),
            (_, None) => Some((Change::Removed, old, new)),
            (Some(a), Some(b)) if !same(a, b) => Some((Change::Changed, old, new)),
            _ => None,
        })
        .collect()
}

fn elements(before: &[Offer], after: &[Offer]) -> Vec<ElementDifference> {
    let key = |offer: &Offer| (offer.kind, fold(&offer.name));
    // A full hash covers the interface, too; the members are compared all the same, so that two
    // builds that hash differently never hide a changed interface.
    let same = |old: &Offer, new: &Offer| old.full == new.full && old.members == new.members;
    pairs(before, after, key, same)
        .into_iter()
        .filter_map(|(change, old, new)| {
            let shown = new.or(old)?;
            let members = match (old, new) {
                (Some(old), Some(new)) => members(&old.members, &new.members),
                _ => Vec::new(),
            };
            Some(ElementDifference {
                kind: shown.kind,
                name: shown.name.clone(),
                change,
                members,
            })
        })
        .collect()
}

fn members(before: &[Member], after: &[Member]) -> Vec<MemberDifference> {
    let written = |member: &Member| {
        let must = if member.mandatory { "!" } else { "" };
        format!("{}{must}", member.data_type)
    };
    let key = |member: &Member| (member.role, fold(&member.name));
    pairs(before, after, key, |old, new| written(old) == written(new))
        .into_iter()
        .filter_map(|(change, old, new)| {
            let shown = new.or(old)?;
            Some(MemberDifference {
                role: shown.role,
                name: shown.name.clone(),
                change,
                before: old.map(written),
                after: new.map(written),
            })
        })
        .collect()
}

fn uses(before: &[Seen], after: &[Seen]) -> Vec<UseDifference> {
    let key = |seen: &Seen| (seen.producer, seen.kind, fold(&seen.name));
    let same = |old: &Seen, new: &Seen| old.full == new.full && old.members == new.members;
    let mut found: Vec<UseDifference> = pairs(before, after, key, same)
        .into_iter()
        .filter_map(|(change, old, new)| {
            let shown = new.or(old)?;
            Some(UseDifference {
                producer: shown.producer,
                producer_name: shown.producer_name.clone(),
                kind: shown.kind,
                name: shown.name.clone(),
                change,
            })
        })
        .collect();
    found.sort_by_key(|used| fold(&used.producer_name));
    found
}

fn properties(before: &[Property], after: &[Property]) -> Vec<PropertyDifference> {
    let key = |property: &Property| fold(&property.name);
    pairs(before, after, key, |old, new| old == new)
        .into_iter()
        .filter_map(|(change, old, new)| {
            let shown = new.or(old)?;
            // Secret on one side is enough: the other side's value may still be the one in use.
            let secret = [old, new].into_iter().flatten().any(|p| p.secret);
            let value =
                |side: Option<&Property>| side.filter(|_| !secret).and_then(|p| p.value.clone());
            Some(PropertyDifference {
                name: shown.name.clone(),
                change,
                secret,
                before: value(old),
                after: value(new),
            })
        })
        .collect()
}

fn same_secrets(before: &[Property], after: &[Property]) -> Vec<String> {
    let old: BTreeMap<String, &Property> = before
        .iter()
        .map(|property| (fold(&property.name), property))
        .collect();
    let same: BTreeMap<String, &Property> = after
        .iter()
        .filter(|property| property.secret)
        .map(|property| (fold(&property.name), property))
        .filter(|(name, property)| old.get(name) == Some(property))
        .collect();
    same.into_values().map(|p| p.name.clone()).collect()
}

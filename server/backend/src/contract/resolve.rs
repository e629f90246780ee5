//! Resolving what a module uses against what an environment offers.

use super::{Linked, ModuleState, SeenElement, Used, UsedElement};
use domain::name::fold;
use domain::reference::{ElementKind, Interface, Strength};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// A producer that is wanted, by name or id, with elements and the members used of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) producer: String,
    pub(crate) elements: Vec<(ElementKind, String, Vec<String>)>,
}

/// An element that could not be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    /// The producer, as the consumer names it.
    pub(crate) producer: String,
    pub(crate) kind: ElementKind,
    pub(crate) element: String,
    pub(crate) why: Why,
}

/// Why it could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The producer does not run there.
    Producer,
    /// The producer runs there without this element.
    Element,
    /// The element has no such member.
    Member(String),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, element, producer) = (self.kind.label(), &self.element, &self.producer);
        match &self.why {
            Why::Producer => {
                write!(
                    f,
                    "{kind} {producer}.{element} (module {producer} is not there)"
                )
            }
            Why::Element => write!(f, "{kind} {producer}.{element} ({producer} has none)"),
            Why::Member(member) => {
                write!(f, "{kind} {producer}.{element} (it has no member {member})")
            }
        }
    }
}

/// What can be used: modules by id, and by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offers {
    states: BTreeMap<Uuid, Arc<ModuleState>>,
    names: BTreeMap<String, Uuid>,
    /// Modules that are known by name but not there.
    absent: BTreeMap<String, Uuid>,
}

impl Offers {
    /// A module that is there; later ones take the place of earlier ones.
    pub(crate) fn add(&mut self, state: Arc<ModuleState>) {
        if let Some(before) = self.states.get(&state.module) {
            let name = fold(&before.name);
            if self.names.get(&name) == Some(&state.module) {
                self.names.remove(&name);
            }
        }
        self.names.insert(fold(&state.name), state.module);
        self.states.insert(state.module, state);
    }

    /// A module that is known by this name but not there.
    pub(crate) fn add_absent(&mut self, name: &str, module: Uuid) {
        self.absent.insert(fold(name), module);
    }

    fn find(&self, producer: &str) -> (Uuid, Option<&Arc<ModuleState>>) {
        let id = Uuid::try_parse(producer)
            .ok()
            .or_else(|| self.names.get(&fold(producer)).copied())
            .or_else(|| self.absent.get(&fold(producer)).copied())
            .unwrap_or_else(|| unknown_module(producer));
        (id, self.states.get(&id))
    }
}

/// The id that stands for a producer of which nothing but the name is known.
pub(crate) fn unknown_module(name: &str) -> Uuid {
    let digest = Sha256::digest(format!("slipway unknown module {}", fold(name)));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// What became of what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Resolved {
    /// All that is used, resolved or not, by producer.
    pub(crate) uses: Vec<Used>,
    /// Producers whose strong content is linked in.
    pub(crate) links: Vec<Linked>,
    /// What could not be resolved.
    pub(crate) missing: Vec<Missing>,
}

/// Looks everything up.
pub(crate) fn resolve(wanted: &[Wanted], offers: &Offers) -> Resolved {
    let mut resolved = Resolved::default();
    for want in wanted {
        let (producer, state) = offers.find(&want.producer);
        let name = state.map_or_else(|| want.producer.clone(), |state| state.name.clone());
        let mut linked = Vec::new();
        let mut elements = Vec::new();
        for (kind, element, members) in &want.elements {
            let seen = see(state, *kind, element, members);
            if seen.is_ok() && kind.strength() == Strength::Strong {
                linked.push((*kind, element.clone()));
            }
            let seen = seen
                .map_err(|why| {
                    resolved.missing.push(Missing {
                        producer: name.clone(),
                        kind: *kind,
                        element: element.clone(),
                        why,
                    });
                })
                .ok();
            elements.push(UsedElement {
                kind: *kind,
                name: element.clone(),
                members: members.clone(),
                seen,
            });
        }
        if let Some(state) = state.filter(|_| !linked.is_empty()) {
            resolved.links.push(Linked {
                producer,
                name: state.name.clone(),
                version: state.id,
                digest: state.digest.clone(),
                elements: linked,
            });
        }
        resolved.uses.push(Used {
            producer,
            name,
            elements,
        });
    }
    resolved.uses.sort_by_key(|used| used.producer);
    resolved.links.sort_by_key(|link| link.producer);
    resolved
}

fn see(
    state: Option<&Arc<ModuleState>>,
    kind: ElementKind,
    element: &str,
    members: &[String],
) -> Result<SeenElement, Why> {
    let state = state.ok_or(Why::Producer)?;
    let offered = state
        .contract
        .provides
        .iter()
        .find(|offered| offered.kind == kind && offered.name.eq_ignore_ascii_case(element))
        .ok_or(Why::Element)?;
    let names: Vec<&str> = members.iter().map(String::as_str).collect();
    Interface {
        members: offered.members.clone(),
    }
    .positions(&names)
    .map_err(|member| Why::Member(member.to_owned()))?;
    Ok(SeenElement {
        members: offered.members.clone(),
        full: offered.full.clone(),
    })
}

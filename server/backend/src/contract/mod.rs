//! A module's published state as the console keeps it: what it offers, what it uses and saw, whose
//! strong content is linked in. Made once from a bundle and the producers of that moment; never
//! changed after.

mod resolve;
mod states;

pub(crate) use resolve::{Missing, Offers, Wanted, resolve};
pub(crate) use states::States;

use bundle::BundleManifest;
use domain::application::ModuleKind;
use domain::reference::{ElementKind, Interface, Member, MemberRole, Strength};
use domain::{AppError, ModuleVersionId};
use protocol::{Link, Placement, WeakLink};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::catalog::{NewReference, kind_from, kind_word};
use store::entity::catalog::module_version;
use uuid::Uuid;

/// What a module version offers and uses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Contract {
    pub(crate) provides: Vec<Offered>,
    pub(crate) uses: Vec<Used>,
}

/// An element that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offered {
    pub(crate) kind: ElementKind,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<Member>,
    /// SHA-256 over interface and content, in hex.
    pub(crate) full: String,
}

/// A producer that is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Used {
    pub(crate) producer: Uuid,
    pub(crate) name: String,
    pub(crate) elements: Vec<UsedElement>,
}

/// An element that is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UsedElement {
    pub(crate) kind: ElementKind,
    pub(crate) name: String,
    /// The members used; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<String>,
    /// What the producer offered at publish; none if it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<SeenElement>,
}

/// What a consumer saw of an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenElement {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<Member>,
    pub(crate) full: String,
}

/// A producer whose strong content is linked in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Linked {
    pub(crate) producer: Uuid,
    pub(crate) name: String,
    pub(crate) version: Uuid,
    pub(crate) digest: String,
    pub(crate) elements: Vec<(ElementKind, String)>,
}

/// A published state of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModuleState {
    pub(crate) id: Uuid,
    pub(crate) module: Uuid,
    pub(crate) application: Uuid,
    pub(crate) name: String,
    pub(crate) kind: ModuleKind,
    pub(crate) url_path: String,
    pub(crate) needs_platform: u32,
    pub(crate) digest: String,
    pub(crate) contract: Contract,
    pub(crate) links: Vec<Linked>,
    /// The site properties of the manifest, as JSON.
    pub(crate) settings: Vec<bundle::Setting>,
}

/// The name of a kind as it stands in manifests and on the wire to agents.
fn wire_kind(kind: ElementKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The domain's kind of the same name; both lists are the same (domain.md 1.6).
fn kind_of(kind: bundle::ElementKind) -> ElementKind {
    serde_json::from_value(serde_json::Value::from(kind.as_str())).unwrap_or(ElementKind::Resource)
}

fn member_of(member: &bundle::Member) -> Member {
    Member {
        role: match member.role {
            bundle::MemberRole::Input => MemberRole::Input,
            bundle::MemberRole::Output => MemberRole::Output,
            bundle::MemberRole::Attribute => MemberRole::Attribute,
            bundle::MemberRole::Record => MemberRole::Record,
        },
        name: member.name.clone(),
        data_type: member.data_type.clone(),
        mandatory: member.mandatory,
    }
}

/// What a bundle's manifest offers.
pub(crate) fn offered_by(manifest: &BundleManifest) -> Vec<Offered> {
    manifest
        .provides
        .iter()
        .map(|element| Offered {
            kind: kind_of(element.kind),
            name: element.name.clone(),
            members: Interface::new(element.members.iter().map(member_of).collect()).members,
            full: element.full_hash.to_hex(),
        })
        .collect()
}

/// What a bundle's manifest wants; producers by name or id.
pub(crate) fn wanted_by(manifest: &BundleManifest) -> Vec<Wanted> {
    manifest
        .uses
        .iter()
        .map(|used| Wanted {
            producer: used.module.clone(),
            elements: used
                .elements
                .iter()
                .map(|element| {
                    (
                        kind_of(element.kind),
                        element.name.clone(),
                        element.members.clone(),
                    )
                })
                .collect(),
        })
        .collect()
}

pub(crate) fn module_kind(kind: bundle::ModuleKind) -> ModuleKind {
    match kind {
        bundle::ModuleKind::Static => ModuleKind::Static,
        bundle::ModuleKind::Service => ModuleKind::Service,
        bundle::ModuleKind::Library => ModuleKind::Library,
    }
}

impl ModuleState {
    /// Reads a stored state.
    pub(crate) fn read(row: &module_version::Model) -> Result<Self, AppError> {
        let damaged = |error: serde_json::Error| {
            tracing::error!(%error, module_version = %row.id, "a stored contract cannot be read");
            AppError::Internal {
                reference: format!("contract-{}", row.id),
            }
        };
        Ok(Self {
            id: row.id,
            module: row.module_id,
            application: row.application_id,
            name: row.name.clone(),
            kind: kind_from(&row.kind),
            url_path: row.url_path.clone(),
            needs_platform: u32::try_from(row.needs_platform).unwrap_or(0),
            digest: row.digest.clone(),
            contract: serde_json::from_str(&row.contract).map_err(damaged)?,
            links: serde_json::from_str(&row.links).map_err(damaged)?,
            settings: serde_json::from_str(&row.settings).map_err(damaged)?,
        })
    }

    /// The row that keeps it, and the producers that lists filter by.
    pub(crate) fn row(
        &self,
        now: i64,
        created_by: Option<Uuid>,
        environment: Uuid,
    ) -> (module_version::Model, Vec<NewReference>) {
        let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
        let row = module_version::Model {
            id: self.id,
            module_id: self.module,
            application_id: self.application,
            name: self.name.clone(),
            kind: kind_word(self.kind).to_owned(),
            url_path: self.url_path.clone(),
            needs_platform: i64::from(self.needs_platform),
            digest: self.digest.clone(),
            state_key: self.state_key(),
            contract: json(serde_json::to_string(&self.contract)),
            links: json(serde_json::to_string(&self.links)),
            settings: json(serde_json::to_string(&self.settings)),
            created: now,
            created_by,
            environment_id: Some(environment),
        };
        let count = |elements: &[UsedElement], strong: bool| {
            let all = elements
                .iter()
                .filter(|e| !strong || e.kind.strength() == Strength::Strong);
            i64::try_from(all.count()).unwrap_or(i64::MAX)
        };
        let references = self
            .contract
            .uses
            .iter()
            .map(|used| NewReference {
                producer: used.producer,
                producer_name: used.name.clone(),
                elements: count(&used.elements, false),
                strong: count(&used.elements, true),
            })
            .collect();
        (row, references)
    }

    /// SHA-256 over everything that makes the state what it is: the same module, application,
    /// bundle and producers seen give the same key.
    pub(crate) fn state_key(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.module.as_bytes());
        hasher.update(self.application.as_bytes());
        hasher.update(self.digest.as_bytes());
        for link in &self.links {
            hasher.update(link.producer.as_bytes());
            hasher.update(link.digest.as_bytes());
        }
        for used in &self.contract.uses {
            hasher.update(used.producer.as_bytes());
            let seen = serde_json::to_vec(&used.elements).unwrap_or_default();
            hasher.update((seen.len() as u64).to_le_bytes());
            hasher.update(&seen);
        }
        hex::encode(hasher.finalize())
    }

    /// How an agent shall have it.
    pub(crate) fn placement(&self, application_name: &str) -> Placement {
        let weak = self
            .contract
            .uses
            .iter()
            .filter(|used| {
                used.elements
                    .iter()
                    .any(|element| element.kind.strength() == Strength::Weak)
            })
            .map(|used| WeakLink {
                producer: used.producer,
                name: used.name.clone(),
            })
            .collect();
        Placement {
            module: self.module,
            name: self.name.clone(),
            application: self.application,
            application_name: application_name.to_owned(),
            module_version: self.id,
            digest: self.digest.clone(),
            links: self
                .links
                .iter()
                .map(|link| Link {
                    producer: link.producer,
                    name: link.name.clone(),
                    digest: link.digest.clone(),
                    elements: link
                        .elements
                        .iter()
                        .map(|(kind, name)| (wire_kind(*kind), name.clone()))
                        .collect(),
                })
                .collect(),
            weak,
            settings: BTreeMap::new(),
            secret_settings: self
                .settings
                .iter()
                .filter(|setting| setting.secret)
                .map(|setting| setting.name.clone())
                .collect(),
        }
    }

    /// Its id, typed.
    pub(crate) fn version_id(&self) -> ModuleVersionId {
        ModuleVersionId(self.id)
    }

    /// The same content, linked against these producers: what *Republish* makes. Elements that are
    /// missing are answered too; the state is then not to be used.
    pub(crate) fn relink(&self, id: Uuid, offers: &Offers) -> (Self, Vec<Missing>) {
        let wanted: Vec<Wanted> = self
            .contract
            .uses
            .iter()
            .map(|used| Wanted {
                producer: used.producer.to_string(),
                elements: used
                    .elements
                    .iter()
                    .map(|e| (e.kind, e.name.clone(), e.members.clone()))
                    .collect(),
            })
            .collect();
        let resolved = resolve(&wanted, offers);
        let state = Self {
            id,
            contract: Contract {
                provides: self.contract.provides.clone(),
                uses: resolved.uses,
            },
            links: resolved.links,
            ..self.clone()
        };
        (state, resolved.missing)
    }
}

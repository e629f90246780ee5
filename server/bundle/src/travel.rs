//! One module as it travels: `slipway.json`, the first entry of its bundle. Written by packing,
//! checked again wherever a bundle arrives, because a bundle may come from anywhere.

use crate::digest::Digest;
use crate::element::{ElementKind, Member, Strength, compatibility_hash, full_hash};
use crate::manifest::{
    Manifest, Module, ModuleKind, Service, Setting, Uses, name_rules, url_path_problem,
    value_problem,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The format of `slipway.json` that this build writes and reads.
const FORMAT: u32 = 1;

/// Everything that is known of a module without unpacking its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleManifest {
    /// The format's number.
    pub format: u32,
    /// The application it belonged to when packed.
    pub application: PackedApplication,
    /// The module.
    pub module: PackedModule,
    /// What it offers, sorted by kind and name.
    #[serde(default)]
    pub provides: Vec<ElementContract>,
    /// What it takes, sorted by producer.
    #[serde(default)]
    pub uses: Vec<Uses>,
    /// Its site properties, sorted by name.
    #[serde(default)]
    pub settings: Vec<Setting>,
}

/// The application of a packed module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedApplication {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
}

/// A packed module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedModule {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// How it comes alive.
    pub kind: ModuleKind,
    /// Where it is mounted; empty for libraries.
    #[serde(default)]
    pub url_path: String,
    /// The lowest platform it needs; 0 if any will do.
    #[serde(default)]
    pub needs_platform: u32,
    /// How to run it; services only.
    #[serde(default)]
    pub service: Option<Service>,
}

/// An element as a module offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementContract {
    /// What kind of element.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The file or folder in the bundle that is its content.
    #[serde(default)]
    pub content: Option<String>,
    /// Its interface, sorted by role and name.
    #[serde(default)]
    pub members: Vec<Member>,
    /// SHA-256 over the canonical bytes of kind, name and members.
    pub compatibility_hash: Digest,
    /// SHA-256 over the compatibility hash and the content's digest.
    pub full_hash: Digest,
}

/// What a module promises and needs: the part of its manifest that references are resolved with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contract {
    /// What it offers, sorted by kind and name.
    pub provides: Vec<ElementContract>,
    /// What it takes, sorted by producer.
    pub uses: Vec<Uses>,
}

/// Why a `slipway.json` is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TravelError {
    /// Not JSON of the expected shape.
    #[error(
        "The bundle's slipway.json cannot be read. Pack the module again with `slipway publish`."
    )]
    Unreadable,
    /// Written by a newer Slipway.
    #[error(
        "The bundle was packed in format {0}, which this Slipway does not know. Upgrade it, or pack with an older `slipway`."
    )]
    Newer(u32),
    /// It breaks a rule.
    #[error(
        "The bundle's slipway.json is not valid: {0}. Pack the module again with `slipway publish`."
    )]
    Invalid(String),
}

impl BundleManifest {
    /// Describes a module of a manifest. `content` gives the digest of an element's content by
    /// its path inside the module.
    pub(crate) fn describe<E>(
        manifest: &Manifest,
        application_id: Uuid,
        module: &Module,
        module_id: Uuid,
        mut content: impl FnMut(&str) -> Result<Digest, E>,
    ) -> Result<Self, E> {
        let mut provides = Vec::with_capacity(module.provides.len());
        for element in &module.provides {
            let digest = match &element.content {
                Some(path) => Some(content(path)?),
                None => None,
            };
            let mut members = element.members.clone();
            members.sort();
            let compatibility = compatibility_hash(element.kind, &element.name, &members);
            provides.push(ElementContract {
                kind: element.kind,
                name: element.name.clone(),
                description: element.description.clone(),
                content: element
                    .content
                    .as_ref()
                    .map(|path| path.trim_end_matches('/').to_owned()),
                members,
                compatibility_hash: compatibility,
                full_hash: full_hash(&compatibility, digest.as_ref()),
            });
        }
        provides.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        let mut uses = module.uses.clone();
        for used in &mut uses {
            used.elements
                .sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
            for element in &mut used.elements {
                element.members.sort();
            }
        }
        uses.sort_by(|a, b| a.module.cmp(&b.module));
        let mut settings = module.settings.clone();
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            format: FORMAT,
            application: PackedApplication {
                id: application_id,
                name: manifest.application.name.clone(),
                description: manifest.application.description.clone(),
            },
            module: PackedModule {
                id: module_id,
                name: module.name.clone(),
                description: module.description.clone(),
                kind: module.kind,
                url_path: module.url_path.clone(),
                needs_platform: module.needs_platform,
                service: module.service.clone(),
            },
            provides,
            uses,
            settings,
        })
    }

    /// Reads and checks a `slipway.json`.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TravelError> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let format: Format = serde_json::from_slice(bytes).map_err(|_| TravelError::Unreadable)?;
        if format.format > FORMAT {
            return Err(TravelError::Newer(format.format));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|_| TravelError::Unreadable)?;
        manifest.check().map_err(TravelError::Invalid)?;
        Ok(manifest)
    }

    /// Its bytes: the same for the same manifest, always.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// What references are resolved with.
    pub fn contract(&self) -> Contract {
        Contract {
            provides: self.provides.clone(),
            uses: self.uses.clone(),
        }
    }

    /// The element of this kind and name (case folded).
    pub fn element(&self, kind: ElementKind, name: &str) -> Option<&ElementContract> {
        self.provides
            .iter()
            .find(|e| e.kind == kind && e.name.eq_ignore_ascii_case(name))
    }

    /// The same rules that the manifest's reader keeps, for bundles that were not made by it.
    fn check(&self) -> Result<(), String> {
        name_rules::application(&self.application.name)?;
        name_rules::module(&self.module.name)?;
        match (self.module.kind, &self.module.service) {
            (ModuleKind::Service, Some(service)) => {
                if service.command.first().is_none_or(String::is_empty) {
                    return Err("the service has no command".to_owned());
                }
                if !service.health.starts_with('/') {
                    return Err("the health path does not begin with a slash".to_owned());
                }
                if !(1..=600).contains(&service.start_seconds) {
                    return Err("start_seconds is not from 1 to 600".to_owned());
                }
            }
            (ModuleKind::Service, None) => return Err("the service has no command".to_owned()),
            (_, Some(_)) => return Err("only services have a command".to_owned()),
            (_, None) => {}
        }
        if self.module.kind == ModuleKind::Library {
            if !self.module.url_path.is_empty() {
                return Err("a library has no url_path".to_owned());
            }
        } else if let Some(problem) = url_path_problem(&self.module.url_path) {
            return Err(format!("the url_path is not usable: {problem}"));
        }
        for (i, element) in self.provides.iter().enumerate() {
            name_rules::element(&element.name)?;
            if let Some(path) = &element.content {
                name_rules::inner_path(path)?;
            }
            if self
                .provides
                .iter()
                .take(i)
                .any(|e| e.kind == element.kind && e.name.eq_ignore_ascii_case(&element.name))
            {
                return Err(format!("the element \"{}\" is there twice", element.name));
            }
            let expected = compatibility_hash(element.kind, &element.name, &element.members);
            if expected != element.compatibility_hash {
                return Err(format!(
                    "the compatibility hash of \"{}\" is not that of its interface",
                    element.name
                ));
            }
        }
        for setting in &self.settings {
            name_rules::setting(&setting.name)?;
            if let Some(default) = &setting.default
                && (setting.secret || value_problem(setting.kind, default).is_some())
            {
                return Err(format!("the default of \"{}\" is not usable", setting.name));
            }
        }
        Ok(())
    }

    /// Checks the full hashes against the unpacked files in `folder`: a bundle that lies about
    /// its content would make consumers look up to date when they are not.
    pub(crate) fn check_content(&self, folder: &std::path::Path) -> Result<(), TravelError> {
        for element in &self.provides {
            let content = match &element.content {
                Some(path) => Some(crate::content_digest(&folder.join(path)).map_err(|_| {
                    TravelError::Invalid(format!(
                        "the content of \"{}\" ({path}) is not in the bundle",
                        element.name
                    ))
                })?),
                None => None,
            };
            if full_hash(&element.compatibility_hash, content.as_ref()) != element.full_hash {
                return Err(TravelError::Invalid(format!(
                    "the full hash of \"{}\" is not that of its content",
                    element.name
                )));
            }
        }
        Ok(())
    }

    /// The strong elements that have content.
    pub fn strong_content(&self) -> impl Iterator<Item = (&ElementContract, &str)> {
        self.provides
            .iter()
            .filter(|e| e.kind.strength() == Strength::Strong)
            .filter_map(|e| e.content.as_deref().map(|path| (e, path)))
    }
}

//! Bundles: what a developer publishes and an agent hosts. Owns the manifest (`slipway.toml`), the
//! canonical form of interfaces and their hashes, packing and unpacking. Knows nothing of plans,
//! environments or databases, does no network I/O, and makes no ids of its own.
//!
//! * [`Manifest`] is an application's folder as its developers describe it.
//! * [`BundleManifest`] is one module as it travels: first entry (`slipway.json`) of its bundle.
//! * [`pack_module`] makes the bundle, [`inspect`] and [`unpack`] take it apart, suspiciously.

mod content;
mod digest;
mod element;
mod initialise;
mod limits;
mod manifest;
mod pack;
mod schema;
mod travel;
mod unpack;

pub use content::content_digest;
pub use digest::{Digest, DigestReader, DigestWriter, ParseDigestError};
pub use element::{ElementKind, Member, MemberRole, Strength, canonical_interface};
pub use initialise::{InitError, Initialised, initialise};
pub use limits::Limits;
pub use manifest::{
    Application, Manifest, ManifestError, Mistake, Module, ModuleKind, Provides, Service, Setting,
    SettingKind, UsedElement, Uses, manifest_text,
};
pub use pack::{PackError, Packed, pack_module};
pub use schema::manifest_schema;
pub use travel::{
    BundleManifest, Contract, ElementContract, PackedApplication, PackedModule, TravelError,
};
pub use unpack::{UnpackError, Unpacked, inspect, unpack, unpack_into};

/// The manifest's file name in an application's folder.
pub const MANIFEST_FILE: &str = "slipway.toml";
/// The manifest's file name inside a bundle. Reserved at the root of a module's folder.
pub const BUNDLE_MANIFEST_FILE: &str = "slipway.json";
/// Where strong content of producers is placed in a staged module. Reserved likewise.
pub const PRODUCERS_FOLDER: &str = "producers";

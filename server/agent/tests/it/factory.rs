//! Modules for tests, packed as developers' modules are.

use crate::console::Console;
use bundle::{Limits, Manifest, Packed, pack_module};
use bytes::Bytes;
use protocol::{Link, Order, Placement, WeakLink};
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

/// A module under development.
#[derive(Clone)]
pub struct Module {
    pub id: Uuid,
    pub name: String,
    head: String,
    files: BTreeMap<String, Vec<u8>>,
}

/// A packed state of it, in the console's store.
#[derive(Clone)]
pub struct Version {
    pub module: Uuid,
    pub name: String,
    pub digest: String,
    pub size: u64,
}

pub const APPLICATION: Uuid = Uuid::from_u128(7);

impl Module {
    pub fn site(name: &str, url_path: &str) -> Self {
        Self::new(
            name,
            &format!("kind = \"static\"\nurl_path = \"{url_path}\"\n"),
        )
        .file("index.html", format!("<h1>{name}</h1>"))
    }

    /// A service that this test binary plays; see `roles`.
    pub fn service(name: &str, url_path: &str, behaviour: &str) -> Self {
        let head = format!(
            "kind = \"service\"\nurl_path = \"{url_path}\"\n[module.service]\n\
             command = [\"{{slipway}}\", \"--exact\", \"roles::play\", \"--nocapture\"]\n\
             health = \"/health\"\nstart_seconds = 10\n"
        );
        Self::new(name, &head).file("behaviour", behaviour)
    }

    /// A service with a command of its own.
    pub fn service_running(name: &str, url_path: &str, program: &str) -> Self {
        let head = format!(
            "kind = \"service\"\nurl_path = \"{url_path}\"\n[module.service]\ncommand = [\"{program}\"]\n"
        );
        Self::new(name, &head).file("readme", "nothing to run")
    }

    pub fn library(name: &str) -> Self {
        Self::new(name, "kind = \"library\"\n")
    }

    fn new(name: &str, head: &str) -> Self {
        Self {
            id: Uuid::now_v7(),
            name: name.to_owned(),
            head: head.to_owned(),
            files: BTreeMap::new(),
        }
    }

    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), content.into());
        self
    }

    /// The same site at another URL path.
    pub fn moved_to(mut self, url_path: &str) -> Self {
        self.head = format!("kind = \"static\"\nurl_path = \"{url_path}\"\n");
        self
    }

    /// More lines of its manifest.
    pub fn with(mut self, toml: &str) -> Self {
        self.head.push_str(toml);
        self.head.push('\n');
        self
    }

    /// Writes an application's folder of these modules.
    pub fn write(modules: &[&Self], folder: &Path) -> Manifest {
        let mut toml = format!("[application]\nid = \"{APPLICATION}\"\nname = \"Shop\"\n");
        for module in modules {
            toml.push_str(&format!(
                "[[module]]\nid = \"{}\"\nname = \"{}\"\npath = \"{}\"\n{}",
                module.id, module.name, module.id, module.head
            ));
            for (path, content) in &module.files {
                let path = folder.join(module.id.to_string()).join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, content).unwrap();
            }
        }
        std::fs::write(folder.join("slipway.toml"), &toml).unwrap();
        Manifest::parse("slipway.toml", &toml).unwrap_or_else(|e| panic!("{e}\n{toml}"))
    }

    pub fn pack(&self) -> (Packed, Bytes) {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Self::write(&[self], folder.path());
        let mut bytes = Vec::new();
        let packed = pack_module(
            folder.path(),
            &manifest,
            &manifest.modules[0],
            &Limits::STANDARD,
            &mut bytes,
        )
        .unwrap();
        (packed, bytes.into())
    }

    /// Packs it into the console's store.
    pub fn publish(&self, console: &Console) -> Version {
        let (packed, bytes) = self.pack();
        let digest = packed.digest.to_hex();
        console.inner().bundles.insert(digest.clone(), bytes);
        Version {
            module: self.id,
            name: self.name.clone(),
            digest,
            size: packed.size,
        }
    }
}

impl Version {
    pub fn fetch(&self) -> Order {
        Order::Fetch {
            digest: self.digest.clone(),
            size: self.size,
        }
    }

    pub fn placement(&self) -> Placement {
        Placement {
            module: self.module,
            name: self.name.clone(),
            application: APPLICATION,
            application_name: "Shop".to_owned(),
            module_version: Uuid::now_v7(),
            digest: self.digest.clone(),
            links: Vec::new(),
            weak: Vec::new(),
            settings: BTreeMap::new(),
            secret_settings: Vec::new(),
        }
    }

    pub fn stage(&self) -> Order {
        Order::Stage(self.placement())
    }

    pub fn activate(&self) -> Order {
        self.activate_instead_of(&[])
    }

    /// Switched to while these are still there, which the same run removes.
    pub fn activate_instead_of(&self, leaving: &[Uuid]) -> Order {
        Order::Activate {
            module: self.module,
            leaving: leaving.to_vec(),
        }
    }

    pub fn link(&self, elements: &[(&str, &str)]) -> Link {
        Link {
            producer: self.module,
            name: self.name.clone(),
            digest: self.digest.clone(),
            elements: elements
                .iter()
                .map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned()))
                .collect(),
        }
    }

    pub fn weak(&self) -> WeakLink {
        WeakLink {
            producer: self.module,
            name: self.name.clone(),
        }
    }
}

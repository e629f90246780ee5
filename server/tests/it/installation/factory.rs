//! The applications that are deployed. Every file says its edition, so that what an agent serves
//! tells which one it is.

use backend::testing::pack;
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

/// An application, by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum App {
    /// A library whose strong content is linked into Shop.
    Core,
    /// A site that uses Core, and a service.
    Shop,
    /// A site and a service that may refuse to start somewhere.
    Desk,
    /// A site and a service that are published straight into Development.
    Lab,
    /// A site that uses Core, too; whatever brings it has to wait for what brings Core.
    Stall,
    /// One more.
    Market,
    /// One more, that is published straight into a target.
    Kiosk,
    /// A site that has to do with no other.
    Till,
    /// One more.
    Booth,
}

impl App {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "Core",
            Self::Shop => "Shop",
            Self::Desk => "Desk",
            Self::Lab => "Lab",
            Self::Stall => "Stall",
            Self::Market => "Market",
            Self::Kiosk => "Kiosk",
            Self::Till => "Till",
            Self::Booth => "Booth",
        }
    }

    pub const fn uses_core(self) -> bool {
        matches!(self, Self::Shop | Self::Stall | Self::Market | Self::Kiosk)
    }

    const fn has_service(self) -> bool {
        matches!(self, Self::Shop | Self::Desk | Self::Lab)
    }

    pub fn id(self) -> Uuid {
        Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0000 + (self as u128) * 0x100)
    }

    fn module(self, number: u128) -> Uuid {
        Uuid::from_u128(self.id().as_u128() + number)
    }

    /// Paths on the agent's front door, and the text that each must hold for an edition.
    pub fn shows(self, edition: u32) -> Vec<(String, String)> {
        let mut shown = Vec::new();
        if self == Self::Core {
            return shown;
        }
        let path = self.name().to_lowercase();
        let text = format!("{} edition {edition}.", self.name());
        shown.push((format!("/{path}/"), text));
        if self == Self::Shop {
            let linked = "/shop/producers/CoreTheme/brand.css".to_owned();
            shown.push((linked, format!("brand {edition}.")));
        }
        if self.has_service() {
            let text = format!("{{\"edition\":{edition}}}");
            shown.push((format!("/{path}-service/data"), text));
        }
        shown
    }

    /// The packed modules of an edition: digests and bytes. Its service refuses to start in the
    /// environment named `refuses`.
    pub fn pack(self, edition: u32, refuses: &str) -> Vec<(String, Vec<u8>)> {
        let folder = TempDir::new().unwrap();
        let toml = self.write(folder.path(), edition, refuses);
        pack(folder.path(), &toml)
    }

    fn write(self, folder: &Path, edition: u32, refuses: &str) -> String {
        let name = self.name();
        let path = name.to_lowercase();
        let mut toml = format!("[application]\nid = \"{}\"\nname = \"{name}\"\n", self.id());
        if self == Self::Core {
            file(folder, "theme/brand.css", &format!("brand {edition}."));
            let id = self.module(1);
            write!(
                toml,
                "[[module]]\nid = \"{id}\"\nname = \"CoreTheme\"\nkind = \"library\"\npath = \"theme\"\n\
                 [[module.provides]]\nkind = \"theme\"\nname = \"Brand\"\ncontent = \"brand.css\"\n"
            )
            .unwrap();
            return toml;
        }
        file(
            folder,
            "site/index.html",
            &format!("<h1>{name} edition {edition}.</h1>"),
        );
        write!(
            toml,
            "[[module]]\nid = \"{}\"\nname = \"{name}\"\nkind = \"static\"\npath = \"site\"\nurl_path = \"/{path}\"\n",
            self.module(1)
        )
        .unwrap();
        if self.uses_core() {
            toml.push_str(
                "[[module.uses]]\nmodule = \"CoreTheme\"\nelements = [{ kind = \"theme\", name = \"Brand\" }]\n",
            );
        }
        if !self.has_service() {
            return toml;
        }
        file(folder, "service/refuses", refuses);
        file(
            folder,
            "service/start.sh",
            "if [ \"$SLIPWAY_ENVIRONMENT\" = \"$(cat refuses)\" ]; then\n\
             echo \"refuses to start in $SLIPWAY_ENVIRONMENT\"; exit 1\nfi\nexec \"$1\" sample-service\n",
        );
        file(
            folder,
            "service/service.json",
            &format!("{{\"records\":{{\"edition\":{edition}}}}}"),
        );
        write!(
            toml,
            "[[module]]\nid = \"{}\"\nname = \"{name}Service\"\nkind = \"service\"\npath = \"service\"\n\
             url_path = \"/{path}-service\"\n[module.service]\ncommand = [\"sh\", \"start.sh\", \"{{slipway}}\"]\n\
             health = \"/health\"\nstart_seconds = 60\n",
            self.module(2)
        )
        .unwrap();
        toml
    }
}

fn file(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

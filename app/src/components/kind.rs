//! The kinds of applications and modules, as people see them.

use super::status::counted;
use domain::application::ModuleKind;

/// All kinds, in the order they are offered.
pub const KINDS: [ModuleKind; 3] = [ModuleKind::Static, ModuleKind::Service, ModuleKind::Library];

/// The kind's label.
pub const fn kind_label(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Static => "Static",
        ModuleKind::Service => "Service",
        ModuleKind::Library => "Library",
    }
}

/// The kind's word in addresses.
pub const fn kind_word(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Static => "static",
        ModuleKind::Service => "service",
        ModuleKind::Library => "library",
    }
}

/// What an application is, and how much of it there is: "Service, 3 modules".
pub fn kind_and_modules(kind: Option<ModuleKind>, modules: u32) -> String {
    let modules = counted(modules, "module", "modules");
    match kind {
        Some(kind) => format!("{}, {modules}", kind_label(kind)),
        None => modules,
    }
}

/// The kind's icon.
pub const fn kind_icon(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Static => "web",
        ModuleKind::Service => "service",
        ModuleKind::Library => "library",
    }
}

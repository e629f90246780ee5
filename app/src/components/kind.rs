//! The kinds of applications and modules, as people see them.

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

/// The kind's icon.
pub const fn kind_icon(kind: ModuleKind) -> &'static str {
    match kind {
        ModuleKind::Static => "web",
        ModuleKind::Service => "service",
        ModuleKind::Library => "library",
    }
}

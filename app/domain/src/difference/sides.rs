//! Which module runs in which state, before and after.

use super::Change;
use crate::id::{ApplicationId, ModuleId, ModuleVersionId};
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a side has of an application, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Release {
    /// The tag it is, or is derived from; none if it was never tagged.
    pub number: Option<VersionNumber>,
    /// Something differs from that tag (the `+` of domain.md V2).
    pub modified: bool,
}

/// Where a module is, and in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Placed {
    /// The application it belongs to there.
    pub application: ApplicationId,
    /// Its published state.
    pub version: ModuleVersionId,
}

/// One side of a comparison. A module is in one place at most, as in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// The applications that are there.
    pub releases: BTreeMap<ApplicationId, Release>,
    /// The modules that are there.
    pub modules: BTreeMap<ModuleId, Placed>,
}

impl Side {
    /// An application comes in a release that is made of these modules: those of its modules that
    /// are not among them leave, and those that were in another application move.
    pub fn bring(
        &mut self,
        application: ApplicationId,
        release: Release,
        modules: impl IntoIterator<Item = (ModuleId, ModuleVersionId)>,
    ) {
        self.modules
            .retain(|_, placed| placed.application != application);
        self.releases.insert(application, release);
        self.modules
            .extend(modules.into_iter().map(|(module, version)| {
                let placed = Placed {
                    application,
                    version,
                };
                (module, placed)
            }));
    }

    /// Puts some modules of an application in the place of what is there of them; all others stay.
    /// Without the application, it is derived from `base`.
    pub fn bring_some(
        &mut self,
        application: ApplicationId,
        base: Option<VersionNumber>,
        modules: impl IntoIterator<Item = (ModuleId, ModuleVersionId)>,
    ) {
        let release = self.releases.entry(application).or_insert(Release {
            number: base,
            modified: true,
        });
        release.modified = true;
        self.modules
            .extend(modules.into_iter().map(|(module, version)| {
                let placed = Placed {
                    application,
                    version,
                };
                (module, placed)
            }));
    }

    /// Only these applications, with the modules that they have here.
    #[must_use]
    pub fn only(mut self, applications: &BTreeSet<ApplicationId>) -> Self {
        self.releases.retain(|id, _| applications.contains(id));
        self.modules
            .retain(|_, placed| applications.contains(&placed.application));
        self
    }
}

/// A module that stands in one application before and in another afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleMove {
    /// It came from this application.
    From(ApplicationId),
    /// It went to this application.
    To(ApplicationId),
}

/// What became of a module of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModuleChange {
    /// Which.
    pub module: ModuleId,
    /// What became of it, as seen from the application.
    pub change: Change,
    /// Where it came from or went, if it is on the other side in another application.
    pub moved: Option<ModuleMove>,
    /// Its state before; also of a module that came from another application.
    pub before: Option<ModuleVersionId>,
    /// Its state afterwards; also of a module that went to another application.
    pub after: Option<ModuleVersionId>,
    /// It is published again so that it links its producers anew, by choice.
    pub republished: bool,
}

/// What became of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationChange {
    /// Which.
    pub application: ApplicationId,
    /// What the first side has of it.
    pub before: Option<Release>,
    /// What the second side has of it.
    pub after: Option<Release>,
    /// Its modules that are not the same, by id. Empty if only the release's name is another.
    pub modules: Vec<ModuleChange>,
}

impl ApplicationChange {
    /// In a word.
    pub const fn change(&self) -> Change {
        match (self.before, self.after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Changed,
        }
    }
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Applications that only the second side has.
    pub applications_added: u32,
    /// Applications that only the first side has.
    pub applications_removed: u32,
    /// Applications that both have, and not the same.
    pub applications_changed: u32,
    /// Applications that are the same on both sides.
    pub applications_same: u32,
    /// Modules that came.
    pub modules_added: u32,
    /// Modules that left.
    pub modules_removed: u32,
    /// Modules in another state.
    pub modules_changed: u32,
    /// Of those, the ones that are only published again.
    pub modules_republished: u32,
}

/// What became of the applications of two sides, by id, with how much that is. `republished` are
/// modules that are published again by choice; they count as changed although their state before
/// may be the one afterwards, because what they link is another. `other_values` are modules that
/// find other values of their site properties; they count as changed, too.
pub fn changes(
    before: &Side,
    after: &Side,
    republished: &BTreeSet<ModuleId>,
    other_values: &BTreeSet<ModuleId>,
) -> (Vec<ApplicationChange>, Totals) {
    let mut modules = module_changes(before, after, republished, other_values);
    let ids: BTreeSet<ApplicationId> = before
        .releases
        .keys()
        .chain(after.releases.keys())
        .chain(modules.keys())
        .copied()
        .collect();
    let mut totals = Totals::default();
    let mut found = Vec::new();
    for application in ids {
        let change = ApplicationChange {
            application,
            before: before.releases.get(&application).copied(),
            after: after.releases.get(&application).copied(),
            modules: modules.remove(&application).unwrap_or_default(),
        };
        if change.before == change.after && change.modules.is_empty() {
            totals.applications_same += 1;
            continue;
        }
        totals.add(&change);
        found.push(change);
    }
    (found, totals)
}

impl Totals {
    fn add(&mut self, change: &ApplicationChange) {
        match change.change() {
            Change::Added => self.applications_added += 1,
            Change::Removed => self.applications_removed += 1,
            Change::Changed => self.applications_changed += 1,
        }
        for module in &change.modules {
            match module.change {
                // A module that moves is told of by the application that it comes to.
                Change::Removed if module.moved.is_some() => {}
                Change::Added if module.moved.is_some() => self.modules_changed += 1,
                Change::Added => self.modules_added += 1,
                Change::Removed => self.modules_removed += 1,
                Change::Changed => {
                    self.modules_changed += 1;
                    self.modules_republished += u32::from(module.republished);
                }
            }
        }
    }
}

/// The modules that are not the same, under the application that shows them. One that moved is
/// shown by both.
fn module_changes(
    before: &Side,
    after: &Side,
    republished: &BTreeSet<ModuleId>,
    other_values: &BTreeSet<ModuleId>,
) -> BTreeMap<ApplicationId, Vec<ModuleChange>> {
    let mut by_application: BTreeMap<ApplicationId, Vec<ModuleChange>> = BTreeMap::new();
    let ids: BTreeSet<&ModuleId> = before.modules.keys().chain(after.modules.keys()).collect();
    for module in ids {
        let (old, new) = (before.modules.get(module), after.modules.get(module));
        let again = republished.contains(module);
        let mut tell = |application: ApplicationId, change, moved| {
            by_application
                .entry(application)
                .or_default()
                .push(ModuleChange {
                    module: *module,
                    change,
                    moved,
                    before: old.map(|placed| placed.version),
                    after: new.map(|placed| placed.version),
                    republished: again,
                });
        };
        match (old, new) {
            (None, Some(new)) => tell(new.application, Change::Added, None),
            (Some(old), None) => tell(old.application, Change::Removed, None),
            (Some(old), Some(new)) if old.application != new.application => {
                let from = ModuleMove::From(old.application);
                tell(new.application, Change::Added, Some(from));
                let to = ModuleMove::To(new.application);
                tell(old.application, Change::Removed, Some(to));
            }
            (Some(old), Some(new))
                if old.version != new.version || again || other_values.contains(module) =>
            {
                tell(new.application, Change::Changed, None);
            }
            _ => {}
        }
    }
    by_application
}

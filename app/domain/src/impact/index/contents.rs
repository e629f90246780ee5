//! What the rows of a plan can deploy: tagged versions, and what the source runs now.

use super::{Index, VersionKeys};
use crate::id::{ModuleId, ModuleVersionId, VersionId};
use crate::impact::csr::Csr;
use crate::impact::lookup::NONE;
use crate::label::Label;
use crate::landscape::RunningFacts;
use crate::version::VersionNumber;
use std::sync::Arc;

/// What a rule may have to say about a module version, a row, or a plan: a rule whose mark is
/// nowhere in a plan has nothing to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks(u32);

impl Marks {
    pub const NOTHING: Self = Self(0);
    /// Needs a newer platform than the target's.
    pub const PLATFORM: Self = Self(1);
    /// The target runs the same content under the same name and path, in the same place.
    pub const SAME: Self = Self(1 << 1);
    /// Another module has, or had, the same name or URL path.
    pub const NAMES: Self = Self(1 << 2);
    /// Another application has, or had, the name of the row's.
    pub const APPLICATION_NAME: Self = Self(1 << 3);
    /// Has references that do not fit what the target offers now.
    pub const UNMET: Self = Self(1 << 4);
    /// Has references to something newer than the target's.
    pub const BEHIND: Self = Self(1 << 5);
    /// Offers something else than what the target runs of the module.
    pub const DELTA: Self = Self(1 << 6);
    /// Leads through references in the target to something broken.
    pub const LEADS: Self = Self(1 << 7);
    /// Does without a producer that leads to something broken and that the target's state uses.
    pub const DROPS: Self = Self(1 << 12);
    /// Brings a module that the target has in another application.
    pub const MOVES: Self = Self(1 << 8);
    /// Lacks a module that the target has.
    pub const REMOVES: Self = Self(1 << 9);
    /// The source has a higher version.
    pub const OLDER: Self = Self(1 << 10);
    /// The target has a higher version.
    pub const LOWER: Self = Self(1 << 11);
    /// Brings some modules of its content only; the others stay as they are in the target.
    pub const PART: Self = Self(1 << 13);
    /// Has other content linked in than that which the target offers now.
    pub const OTHER_LINKS: Self = Self(1 << 14);
    /// Module versions brought by a row: of those marks it has what any of them has.
    const OF_MODULES: Self = Self(
        Self::PLATFORM.0
            | Self::NAMES.0
            | Self::UNMET.0
            | Self::BEHIND.0
            | Self::OTHER_LINKS.0
            | Self::DELTA.0
            | Self::LEADS.0
            | Self::DROPS.0,
    );

    #[inline]
    pub const fn has(self, any_of: Self) -> bool {
        self.0 & any_of.0 != 0
    }

    #[inline]
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub const fn and_if(self, condition: bool, other: Self) -> Self {
        if condition { self.and(other) } else { self }
    }

    const fn only(self, kept: Self) -> Self {
        Self(self.0 & kept.0)
    }
}

/// A module version in the content of a row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Brought {
    pub version: u32,
    pub module: u32,
    pub marks: Marks,
    pub order: OrderKeys,
}

/// What the order of a plan asks of a module version.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OrderKeys {
    /// Its places in the topology and by name.
    pub place: u32,
    pub rank: u32,
    /// Its producers: from, and to before, in [`Index::producers`].
    pub from: u32,
    pub to: u32,
}

/// What a wave says of a module version.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub version: ModuleVersionId,
    pub module: ModuleId,
    pub name: Label,
}

/// A row that deploys something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub application: u32,
    pub content: Content,
    pub number: Option<VersionNumber>,
    /// The key of the application's name in that version.
    pub name: u32,
    pub marks: Marks,
}

/// What a row deploys: a row of [`Index::contents`], which has the tagged versions first and then
/// what the source runs of each application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content(u32);

impl Content {
    /// A tagged version.
    pub const fn version(version: u32) -> Self {
        Self(version)
    }
}

/// What a check asks about an application.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // facts of their own, side by side
pub(crate) struct ApplicationKeys {
    /// Its versions, lowest first: from, and to before.
    pub first_tag: u32,
    pub end_tag: u32,
    pub may_tag: bool,
    pub may_deploy: bool,
    pub blocked: bool,
    pub changed_outside: bool,
    pub guarded: bool,
    pub in_source: bool,
    pub target_number: Option<VersionNumber>,
    pub source_number: Option<VersionNumber>,
}

/// What a check asks about a tagged version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    pub id: VersionId,
    pub application: u32,
    pub name: u32,
    pub eligible: bool,
    pub marks: Marks,
    pub number: VersionNumber,
}

impl Index {
    pub(super) fn add_applications(&mut self) {
        let landscape = Arc::clone(&self.landscape);
        let number = |row: Option<&RunningFacts>| {
            let base = row?.base?;
            Some(landscape.versions.get(base as usize)?.number)
        };
        let mut next = 0;
        for (i, facts) in (0_u32..).zip(&landscape.applications) {
            // Versions are ordered by application.
            let first_tag = next;
            let own = landscape.versions[first_tag as usize..].iter();
            next += own.take_while(|v| v.application == i).count() as u32;
            let there = self.running_in_target(i);
            let here = self.running_in_source(i);
            self.applications.push(ApplicationKeys {
                first_tag,
                end_tag: next,
                may_tag: facts.may_tag || landscape.prepares,
                may_deploy: facts.may_deploy || landscape.prepares,
                blocked: self.blocked(i).is_some(),
                changed_outside: there.is_some_and(|r| r.changed_outside),
                guarded: self.is_guarded(i),
                in_source: here.is_some(),
                target_number: number(there),
                source_number: number(here),
            });
        }
    }

    /// Lays out what rows can deploy, with its marks. The marks of module versions are known.
    pub(super) fn add_contents(&mut self, version_key: &[u32], shared: &[bool]) {
        let landscape = Arc::clone(&self.landscape);
        let applications = landscape.applications.len() as u32;
        let total = landscape.versions.iter().map(|v| v.modules.len()).sum();
        let count = landscape.versions.len() + landscape.applications.len();
        self.contents = Csr::with_capacity(count, total);
        let source = self.source;
        for (i, version) in (0_u32..).zip(&landscape.versions) {
            let name = version_key[i as usize];
            let marks = self.add_content(version.application, &version.modules);
            let number = Some(version.number);
            self.tags.push(Tag {
                id: version.id,
                application: version.application,
                name,
                eligible: version.eligible.binary_search(&source).is_ok(),
                marks: marks
                    .and_if(shared[name as usize], Marks::APPLICATION_NAME)
                    .and(self.marks_of_number(version.application, number)),
                number: version.number,
            });
        }
        for application in 0..applications {
            let running = self.running_in_source(application);
            let modules = running.map_or_else(Vec::new, |r| r.modules.clone());
            let name = self.application_key[application as usize];
            let marks = self.add_content(application, &modules);
            self.source_marks
                .push(marks.and_if(shared[name as usize], Marks::APPLICATION_NAME));
        }
    }

    fn add_content(&mut self, application: u32, modules: &[u32]) -> Marks {
        let brought = |version: &u32| {
            let keys = self.facts[*version as usize];
            Brought {
                version: *version,
                module: keys.module,
                marks: keys.marks,
                order: self.order_keys(keys.module, *version),
            }
        };
        let content: Vec<Brought> = modules.iter().map(brought).collect();
        let before = self
            .running_in_target(application)
            .map_or(&[][..], |running| &running.modules);
        let owner = |module: u32| self.owner[module as usize];
        let own = |keys: VersionKeys| owner(keys.module) == application;
        let mut marks = Marks::NOTHING;
        let mut same = content.len() == before.len();
        for b in &content {
            let other = owner(b.module) != application;
            marks = marks
                .and(b.marks.only(Marks::OF_MODULES))
                .and_if(other && owner(b.module) != NONE, Marks::MOVES);
            same &= b.marks.has(Marks::SAME) && !other;
        }
        let removes = before.iter().any(|version| {
            let keys = self.facts[*version as usize];
            own(keys) && content.iter().all(|b| b.module != keys.module)
        });
        let published = modules.iter().map(|version| self.published(*version));
        let published: Vec<Published> = published.collect();
        self.published.extend(published);
        self.contents.push_row(content);
        marks
            .and_if(same, Marks::SAME)
            .and_if(removes, Marks::REMOVES)
    }

    fn marks_of_number(&self, application: u32, number: Option<VersionNumber>) -> Marks {
        // A rollback's source is its target: nothing is newer in one than in the other.
        let older = self.source != self.target && number < self.source_number(application);
        Marks::NOTHING
            .and_if(older, Marks::OLDER)
            .and_if(number < self.target_number(application), Marks::LOWER)
    }

    /// What the order of a plan asks of a module version.
    pub(crate) fn order_keys(&self, module: u32, version: u32) -> OrderKeys {
        let producers = self.producers.bounds(version);
        OrderKeys {
            place: self.topology.place[module as usize],
            rank: self.rank[version as usize],
            from: producers.start,
            to: producers.end,
        }
    }

    /// What a wave says of a module version.
    pub(crate) fn published(&self, version: u32) -> Published {
        let facts = &self.landscape.module_versions[version as usize];
        Published {
            version: facts.id,
            module: self.landscape.modules[facts.module as usize].id,
            name: Label::from(facts.name.as_str()),
        }
    }

    /// Where [`Self::content`] begins in [`Self::published`].
    #[inline]
    pub(crate) fn first_published(&self, row: &Row) -> u32 {
        self.contents.bounds(row.content.0).start
    }

    /// The module versions that a row brings, sorted.
    #[inline]
    pub(crate) fn content(&self, row: &Row) -> &[Brought] {
        self.contents.row(row.content.0)
    }

    #[inline]
    pub(crate) fn row_of_version(&self, version: u32) -> Row {
        let tag = &self.tags[version as usize];
        Row {
            application: tag.application,
            content: Content(version),
            number: Some(tag.number),
            name: tag.name,
            marks: tag.marks,
        }
    }

    /// The row that tags what the source runs of an application, with this number.
    pub(crate) fn row_of_source(&self, application: u32, number: VersionNumber) -> Row {
        let by_number = self.marks_of_number(application, Some(number));
        Row {
            application,
            content: Content(self.tags.len() as u32 + application),
            number: Some(number),
            name: self.application_key[application as usize],
            marks: self.source_marks[application as usize].and(by_number),
        }
    }

    /// The row that brings some modules of what the source runs of an application: those that
    /// `picked` names.
    pub(crate) fn row_of_modules(&self, application: u32, picked: impl Fn(u32) -> bool) -> Row {
        let content = Content(self.tags.len() as u32 + application);
        let number = self.source_number(application);
        let name_shared = self.source_marks[application as usize].only(Marks::APPLICATION_NAME);
        // What was never tagged is neither above nor below anything.
        let by_number = match number {
            Some(_) => self.marks_of_number(application, number),
            None => Marks::NOTHING,
        };
        let mut marks = Marks::PART.and(name_shared).and(by_number);
        let mut same = true;
        for b in self
            .contents
            .row(content.0)
            .iter()
            .filter(|b| picked(b.module))
        {
            let owner = self.owner[b.module as usize];
            let other = owner != application;
            marks = marks
                .and(b.marks.only(Marks::OF_MODULES))
                .and_if(other && owner != NONE, Marks::MOVES);
            same &= b.marks.has(Marks::SAME) && !other;
        }
        Row {
            application,
            content,
            number: None,
            name: self.application_key[application as usize],
            marks: marks.and_if(same, Marks::SAME),
        }
    }

    /// The versions of an application, lowest first.
    pub(crate) fn versions_of(&self, application: u32) -> std::ops::Range<u32> {
        let keys = self.applications.get(application as usize);
        keys.map_or(0..0, |keys| keys.first_tag..keys.end_tag)
    }

    /// A version of an application by its id.
    #[inline]
    pub(crate) fn version_of(&self, application: u32, id: VersionId) -> Option<u32> {
        let versions = self.versions_of(application);
        let tags = &self.tags[versions.start as usize..versions.end as usize];
        // Plans mostly bring the newest.
        let place = tags.iter().rposition(|tag| tag.id == id)?;
        Some(versions.start + place as u32)
    }

    pub(crate) fn running_in_target(&self, application: u32) -> Option<&RunningFacts> {
        let row = self.target_row.get(application as usize)?;
        self.landscape.running.get(*row as usize)
    }

    pub(crate) fn running_in_source(&self, application: u32) -> Option<&RunningFacts> {
        let row = self.source_row.get(application as usize)?;
        self.landscape.running.get(*row as usize)
    }

    pub(crate) fn target_number(&self, application: u32) -> Option<VersionNumber> {
        self.applications.get(application as usize)?.target_number
    }

    pub(crate) fn source_number(&self, application: u32) -> Option<VersionNumber> {
        self.applications.get(application as usize)?.source_number
    }

    pub(crate) fn number_of(&self, version: u32) -> Option<VersionNumber> {
        Some(self.tags.get(version as usize)?.number)
    }

    /// Whether a version may be deployed from the source.
    pub(crate) fn eligible(&self, version: u32) -> bool {
        self.tags[version as usize].eligible
    }

    /// The reason why an application may not be deployed to the target, if there is one.
    pub(crate) fn blocked(&self, application: u32) -> Option<&str> {
        let blocked = &self.landscape.applications[application as usize].blocked;
        let at = blocked.iter().find(|(e, _)| *e == self.target)?;
        Some(&at.1)
    }
}

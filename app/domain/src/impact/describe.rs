//! From positions to subjects, names and numbers: only for what was found.

use super::evaluate::{Outdated, Raw, Scratch};
use super::index::{Fit, Index, Marks, Offered};
use super::lookup::NONE;
use super::producers::Need;
use super::{
    ElementSubject, Finding, FindingCode, MAX_NAMED, ModuleSubject, OutdatedConsumer, Report,
    Severity, Versions,
};
use crate::id::ApplicationId;
use crate::label::Label;
use crate::plan::{Choice, PlanContent};
use crate::version::VersionNumber;

/// A check's result, read while its working memory still has it.
#[derive(Clone, Copy)]
pub(crate) struct Describe<'a> {
    pub(super) index: &'a Index,
    pub(super) scratch: &'a Scratch,
}

impl<'a> Describe<'a> {
    pub const fn new(index: &'a Index, scratch: &'a Scratch) -> Self {
        Self { index, scratch }
    }

    /// All findings, from `raw` and `outdated`, which are sorted.
    pub fn findings(self, plan: &PlanContent, report: &mut Report) {
        let raws = &self.scratch.raw;
        // Raws are sorted, so those of one finding are neighbours; modules removed count together.
        let together = |a: &Raw, b: &Raw| {
            let key = |r: &Raw| (r.severity, r.code, r.application);
            if key(a) != key(b) {
                return false;
            }
            match a.code {
                FindingCode::ModulesRemoved => true,
                _ if a.element != NONE => (a.consumer, a.producer) == (b.consumer, b.producer),
                _ => false,
            }
        };
        let groups = raws.chunk_by(together);
        report.findings.reserve(groups.clone().count());
        for group in groups {
            report.findings.push(self.finding(plan, group));
        }
        self.outdated(report);
    }

    fn finding(self, plan: &PlanContent, group: &[Raw]) -> Finding {
        let raw = group[0];
        let facts = &self.index.landscape;
        let mut finding = super::check::of_plan(raw.code);
        finding.severity = raw.severity;
        finding.application = self.application_id(raw.application);
        if raw.consumer != NONE {
            finding.consumer = Some(self.version_subject(raw.consumer));
        }
        if raw.producer != NONE {
            finding.producer = Some(self.module_subject(raw.producer));
        }
        match raw.code {
            FindingCode::ProducerModuleMissing
            | FindingCode::ProducerElementMissing
            | FindingCode::ProducerElementIncompatible
            | FindingCode::ConsumerElementMissing
            | FindingCode::ConsumerElementIncompatible => {
                self.name_elements(&mut finding, group.iter().map(|r| r.element));
                let home = self.home(raw.producer);
                finding.versions = self.versions(home);
                if !is_about_consumer(raw.code) {
                    let needs: Vec<Need> = group.iter().map(|r| self.need(r)).collect();
                    let lowest = self.sufficient(home, &needs, plan.kind).next();
                    finding.versions.needed = lowest.and_then(|v| self.index.number_of(v));
                }
                finding.path = direct_path(&finding);
            }
            FindingCode::NewerProducerAvailable => {
                let home = self.home(raw.producer);
                finding.versions = self.versions(home);
                finding.versions.needed = self.index.source_number(home);
                let refs = self.index.refs.row(raw.consumer).iter();
                let used = refs.filter(|r| {
                    let offer = self.scratch.offer(self.index, r.element);
                    self.index.element_module[r.element as usize] == raw.producer
                        && offer != Offered::NOTHING
                        && (offer.interface, offer.full) != (r.interface, r.full)
                });
                self.name_elements(&mut finding, used.map(|r| r.element));
                finding.path = direct_path(&finding);
            }
            FindingCode::LinkedContentDiffers => {
                self.name_elements(&mut finding, group.iter().map(|r| r.element));
                finding.versions = self.versions(self.home(raw.producer));
                finding.path = direct_path(&finding);
            }
            FindingCode::TargetBroken => {
                let version = self.index.running[raw.producer as usize];
                let unmet = self.index.unmet.row(version).iter();
                let left = unmet.filter(|r| {
                    let offer = self.scratch.offer(self.index, r.element);
                    self.index.fit(version, **r, offer) != Fit::Fits
                });
                self.name_elements(&mut finding, left.map(|r| r.element));
                finding.versions.in_target = self.index.target_number(self.home(raw.producer));
                if let Some(path) = self.scratch.paths.get(raw.extra as usize) {
                    finding.path = path.iter().map(|m| self.name_after(*m).into()).collect();
                }
            }
            FindingCode::ModulesRemoved => {
                finding.producer = None;
                let mut names: Vec<&str> =
                    group.iter().map(|r| self.name_now(r.producer)).collect();
                names.sort_unstable();
                finding.element_count = names.len() as u32;
                finding.detail = Some(names.join(", "));
                finding.versions = self.versions(raw.application);
            }
            FindingCode::ModuleMoved => {
                // The producer is the same module, where it belongs besides.
                finding.producer = finding.producer.map(|subject| ModuleSubject {
                    application: self
                        .application_id(raw.extra)
                        .unwrap_or(subject.application),
                    application_name: self.application_name(raw.extra).into(),
                    ..subject
                });
            }
            FindingCode::NameCollision if raw.consumer == NONE => {
                finding.detail = Some(self.application_name(raw.application).to_owned());
            }
            FindingCode::NameCollision => {
                let version = &facts.module_versions[raw.consumer as usize];
                finding.detail = Some(version.name.clone());
            }
            FindingCode::PathCollision => {
                let version = &facts.module_versions[raw.consumer as usize];
                finding.detail = Some(version.url_path.clone());
            }
            FindingCode::IncompatiblePlatform => {
                let version = &facts.module_versions[raw.consumer as usize];
                finding.detail = Some(version.needs_platform.to_string());
            }
            FindingCode::ApplicationBlocked => {
                finding.detail = self.index.blocked(raw.application).map(str::to_owned);
            }
            FindingCode::TagNumberUnusable => {
                let base = self.index.source_number(raw.application);
                finding.versions = self.versions(raw.application);
                let highest = self.index.versions_of(raw.application).last();
                let highest = highest.and_then(|v| self.index.number_of(v));
                finding.versions.needed = base.max(highest).map(|n| n.next_minor());
                let why = if raw.extra == 1 {
                    "taken"
                } else {
                    "not above the base"
                };
                finding.detail = Some(why.to_owned());
            }
            FindingCode::VersionDowngrade
            | FindingCode::NothingToDo
            | FindingCode::ChangedOutside
            | FindingCode::VersionNotAvailable
            | FindingCode::NoRightToDeploy
            | FindingCode::NoRightToTag => {
                finding.versions = self.versions(raw.application);
                // Single modules give no number.
                if raw.code == FindingCode::NothingToDo && self.brings_a_part(raw.application) {
                    finding.versions.planned = finding.versions.in_target;
                }
                if raw.code == FindingCode::VersionNotAvailable {
                    finding.versions.planned = self.chosen(plan, raw.application);
                }
            }
            FindingCode::HotfixOverwritten => {
                finding.versions = self.versions(raw.application);
                self.hotfix(raw.extra, &mut finding);
            }
            FindingCode::VersionHeld => {
                finding.versions = self.versions(raw.application);
                self.hold(raw.extra, &mut finding);
            }
            _ => {}
        }
        finding
    }

    /// Consumers that keep old content: a warning each, and the list offered for republishing.
    fn outdated(self, report: &mut Report) {
        let facts = &self.index.landscape;
        let unfit = self.unfit_consumers();
        for group in self
            .scratch
            .outdated
            .chunk_by(|a, b| a.consumer == b.consumer)
        {
            let version = group[0].consumer;
            let module = facts.module_versions[version as usize].module;
            let republished = self.scratch.is_republished(module);
            let owner = self.index.owner[module as usize];
            let mut producers = Vec::new();
            let pair = |a: &Outdated, b: &Outdated| a.producer == b.producer;
            for pair in group.chunk_by(pair) {
                let producer = pair[0].producer;
                producers.push(self.name_after(producer).to_owned());
                if republished {
                    continue;
                }
                let mut finding = super::check::of_plan(FindingCode::ConsumerOutdated);
                finding.severity = Severity::Warning;
                let row = self.scratch.row_of(producer);
                finding.application = row.and_then(|r| self.application_id(r.application));
                finding.consumer = Some(self.version_subject(version));
                finding.producer = Some(self.module_subject(producer));
                self.name_elements(&mut finding, pair.iter().map(|o| o.element));
                finding.versions = self.versions(self.home(producer));
                finding.path = direct_path(&finding);
                report.findings.push(finding);
            }
            producers.sort();
            // What the plan changes was told already; the rest did not fit before either.
            let mut unmet = self.index.unmet.row(version).iter();
            let would_break = unfit.binary_search(&version).is_ok()
                || unmet.any(|r| {
                    let offer = self.scratch.offer(self.index, r.element);
                    self.index.fit(version, *r, offer) != Fit::Fits
                });
            report.outdated_consumers.push(OutdatedConsumer {
                consumer: self.version_subject(version),
                version: facts.module_versions[version as usize].id,
                producers,
                republished,
                allowed: facts.applications[owner as usize].may_deploy && !facts.prepares,
                would_break,
            });
        }
        report
            .outdated_consumers
            .sort_by(|a, b| (&a.consumer.name, a.version).cmp(&(&b.consumer.name, b.version)));
    }

    /// The module versions of which a reference was found not to fit, sorted.
    fn unfit_consumers(self) -> Vec<u32> {
        let raws = self.scratch.raw.iter();
        let mut unfit: Vec<u32> = raws
            .filter(|raw| is_about_fit(raw.code))
            .map(|raw| raw.consumer)
            .collect();
        unfit.sort_unstable();
        unfit
    }

    /// Names the first of some elements, which are in the order of their positions, and counts
    /// them.
    fn name_elements(self, finding: &mut Finding, elements: impl Iterator<Item = u32>) {
        let (mut last, (some, _)) = (NONE, elements.size_hint());
        finding.elements.reserve_exact(some.clamp(1, MAX_NAMED));
        for element in elements {
            if element == last {
                continue;
            }
            debug_assert!(last == NONE || last < element, "elements are in order");
            last = element;
            finding.element_count += 1;
            if finding.elements.len() < MAX_NAMED {
                let element = &self.index.landscape.elements[element as usize];
                finding.elements.push(ElementSubject {
                    kind: element.kind,
                    name: element.name.as_str().into(),
                });
            }
        }
    }

    /// What the target has and what the plan brings of an application.
    fn versions(self, application: u32) -> Versions {
        let row = self.scratch.row_for(application);
        Versions {
            in_target: self.index.target_number(application),
            planned: row.and_then(|row| row.number),
            needed: None,
        }
    }

    /// Whether the plan brings single modules of an application.
    fn brings_a_part(self, application: u32) -> bool {
        let row = self.scratch.row_for(application);
        row.is_some_and(|row| row.marks.has(Marks::PART))
    }

    /// The number that a plan names for an application, available or not.
    fn chosen(self, plan: &PlanContent, application: u32) -> Option<VersionNumber> {
        let id = self.application_id(application)?;
        let operation = plan.operations.iter().find(|o| o.application == id)?;
        match &operation.choice {
            Choice::DoNothing | Choice::DeployCustom { .. } => None,
            Choice::TagAndDeploy { number, .. } => Some(*number),
            Choice::Deploy { version } => self.index.number_of(self.index.version(*version)?),
        }
    }

    /// The application a module belongs to: after the plan, else in the source's versions, else
    /// wherever it was last published; [`NONE`] if it never was.
    pub fn home(self, module: u32) -> u32 {
        let owner = self.scratch.owner_after(self.index, module);
        if owner != NONE {
            return owner;
        }
        let facts = &self.index.landscape;
        if let Some(carrier) = self.index.carriers.row(module).last() {
            return facts.versions[carrier.version as usize].application;
        }
        let end = facts
            .module_versions
            .partition_point(|v| v.module <= module);
        let last = end.checked_sub(1).map(|i| &facts.module_versions[i]);
        last.filter(|v| v.module == module)
            .map_or(NONE, |v| v.application)
    }

    pub fn module_subject(self, module: u32) -> ModuleSubject {
        self.subject(module, self.home(module), self.name_after(module))
    }

    pub fn version_subject(self, version: u32) -> ModuleSubject {
        let facts = &self.index.landscape.module_versions[version as usize];
        self.subject(facts.module, self.home(facts.module), &facts.name)
    }

    fn subject(self, module: u32, application: u32, name: &str) -> ModuleSubject {
        let nowhere = ApplicationId(uuid::Uuid::nil());
        ModuleSubject {
            module: self.index.landscape.modules[module as usize].id,
            name: name.into(),
            application: self.application_id(application).unwrap_or(nowhere),
            application_name: self.application_name(application).into(),
        }
    }

    /// A module's name after the plan, else its current one.
    pub fn name_after(self, module: u32) -> &'a str {
        let version = self.scratch.after(self.index, module);
        let facts = &self.index.landscape;
        match facts.module_versions.get(version as usize) {
            Some(version) => &version.name,
            None => &facts.modules[module as usize].name,
        }
    }

    /// A module's name in the target before the plan.
    fn name_now(self, module: u32) -> &'a str {
        let version = self.index.running[module as usize];
        let facts = &self.index.landscape;
        match facts.module_versions.get(version as usize) {
            Some(version) => &version.name,
            None => &facts.modules[module as usize].name,
        }
    }

    pub fn application_id(self, application: u32) -> Option<ApplicationId> {
        let applications = &self.index.landscape.applications;
        applications.get(application as usize).map(|a| a.id)
    }

    pub fn application_name(self, application: u32) -> &'a str {
        let applications = &self.index.landscape.applications;
        applications
            .get(application as usize)
            .map_or("", |a| &a.name)
    }
}

const fn is_about_fit(code: FindingCode) -> bool {
    is_about_consumer(code)
        || matches!(
            code,
            FindingCode::ProducerModuleMissing
                | FindingCode::ProducerElementMissing
                | FindingCode::ProducerElementIncompatible
        )
}

const fn is_about_consumer(code: FindingCode) -> bool {
    matches!(
        code,
        FindingCode::ConsumerElementMissing | FindingCode::ConsumerElementIncompatible
    )
}

fn direct_path(finding: &Finding) -> Vec<Label> {
    let ends = [finding.consumer.as_ref(), finding.producer.as_ref()];
    ends.into_iter().flatten().map(|s| s.name.clone()).collect()
}

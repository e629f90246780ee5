//! From positions to subjects, names and numbers: only for what was found.

use super::evaluate::{Outdated, Raw, Scratch};
use super::index::{Fit, Index, Offered, Ref};
use super::lookup::NONE;
use super::{
    ElementSubject, Finding, FindingCode, MAX_NAMED, MissingProducer, ModuleSubject,
    OutdatedConsumer, Report, Severity, Versions, Wave, WaveModule,
};
use crate::id::ApplicationId;
use crate::plan::{Choice, PlanContent, PlanKind};
use crate::version::VersionNumber;
use std::collections::BTreeMap;

/// A check's result, read while its working memory still has it.
#[derive(Clone, Copy)]
pub(crate) struct Describe<'a> {
    index: &'a Index,
    scratch: &'a Scratch,
}

impl<'a> Describe<'a> {
    pub const fn new(index: &'a Index, scratch: &'a Scratch) -> Self {
        Self { index, scratch }
    }

    /// Waves from (wave, module version), in order.
    pub fn waves(self, order: &[(u32, u32)]) -> Vec<Wave> {
        let facts = &self.index.landscape;
        let mut waves = Vec::new();
        for wave in order.chunk_by(|a, b| a.0 == b.0) {
            let mut modules = Vec::with_capacity(wave.len());
            for (_, version) in wave {
                let published = &facts.module_versions[*version as usize];
                let module = published.module;
                let application = self.scratch.owner_after(self.index, module);
                modules.push(WaveModule {
                    module: facts.modules[module as usize].id,
                    name: published.name.clone(),
                    application: facts.applications[application as usize].id,
                    version: published.id,
                    republish: !self.scratch.is_replaced(module),
                });
            }
            waves.push(Wave { modules });
        }
        waves
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
        for group in raws.chunk_by(together) {
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
                let needs: Vec<Need> = group.iter().map(|r| self.need(r)).collect();
                if !is_about_consumer(raw.code) {
                    let lowest = self.sufficient(home, &needs, plan.kind).first().copied();
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
                    finding.path = path.iter().map(|m| self.name_after(*m)).collect();
                }
            }
            FindingCode::ModulesRemoved => {
                finding.producer = None;
                let mut names: Vec<String> =
                    group.iter().map(|r| self.name_now(r.producer)).collect();
                names.sort();
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
                    application_name: self.application_name(raw.extra),
                    ..subject
                });
            }
            FindingCode::NameCollision if raw.consumer == NONE => {
                finding.detail = Some(self.application_name(raw.application));
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
                let versions = self.index.versions_of.row(raw.application);
                let highest = versions.last().and_then(|v| self.index.number_of(*v));
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
                if raw.code == FindingCode::VersionNotAvailable {
                    finding.versions.planned = self.chosen(plan, raw.application);
                }
            }
            _ => {}
        }
        finding
    }

    /// Consumers that keep old content: a warning each, and the list offered for republishing.
    fn outdated(self, report: &mut Report) {
        let facts = &self.index.landscape;
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
                producers.push(self.name_after(producer));
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
            let refs = self.index.refs.row(version).iter();
            let would_break = refs.into_iter().any(|r| {
                let offer = self.scratch.offer(self.index, r.element);
                self.index.fit(version, *r, offer) != Fit::Fits
            });
            report.outdated_consumers.push(OutdatedConsumer {
                consumer: self.version_subject(version),
                version: facts.module_versions[version as usize].id,
                producers,
                republished,
                allowed: facts.applications[owner as usize].may_deploy,
                would_break,
            });
        }
        report
            .outdated_consumers
            .sort_by(|a, b| (&a.consumer.name, a.version).cmp(&(&b.consumer.name, b.version)));
    }

    /// Producer applications that the source can give, from the unmet needs in `raw`.
    pub fn missing_producers(self, plan: &PlanContent, report: &mut Report) {
        let mut needs: BTreeMap<u32, Vec<Need>> = BTreeMap::new();
        for raw in &self.scratch.raw {
            let unmet = matches!(
                raw.code,
                FindingCode::ProducerModuleMissing
                    | FindingCode::ProducerElementMissing
                    | FindingCode::ProducerElementIncompatible
            );
            let home = if unmet { self.home(raw.producer) } else { NONE };
            if home != NONE && home != raw.application {
                needs.entry(home).or_default().push(self.need(raw));
            }
        }
        for (application, needs) in needs {
            let versions = self.sufficient(application, &needs, plan.kind);
            let named = |version: Option<&u32>| {
                let facts = &self.index.landscape.versions[*version? as usize];
                Some((facts.id, facts.number))
            };
            let (lowest, newest) = (named(versions.first()), named(versions.last()));
            let source = self.index.running_in_source(application);
            let runs = source.is_some_and(|running| {
                let modules = running.modules.iter();
                let mut modules = modules.map(|v| self.index.facts[*v as usize].module);
                modules.any(|m| needs.iter().any(|need| need.producer == m))
            });
            if lowest.is_none() && !runs {
                continue;
            }
            let mut because: Vec<String> = needs.iter().map(|n| self.in_words(n)).collect();
            because.sort();
            because.dedup();
            if because.len() > MAX_NAMED {
                let more = because.len() - MAX_NAMED;
                because.truncate(MAX_NAMED);
                because.push(format!("and {more} more"));
            }
            let facts = &self.index.landscape.applications[application as usize];
            report.missing_producers.push(MissingProducer {
                application: facts.id,
                name: facts.name.clone(),
                in_target: self.index.target_number(application),
                lowest,
                newest,
                because,
            });
        }
        report
            .missing_producers
            .sort_by(|a, b| (&a.name, a.application).cmp(&(&b.name, b.application)));
    }

    /// The versions of an application, eligible and allowed, that meet all needs; lowest first.
    pub fn sufficient(self, application: u32, needs: &[Need], kind: PlanKind) -> Vec<u32> {
        let versions = self.index.versions_of.row_or_empty(application).iter();
        let possible = versions.copied().filter(|version| {
            let row = self.index.row_of_version(*version);
            self.index.eligible(*version) && !self.index.is_downgrade(kind, &row)
        });
        possible
            .filter(|version| needs.iter().all(|need| self.index.meets(*version, need)))
            .collect()
    }

    /// What a version has to offer for a reference.
    pub fn need(self, raw: &Raw) -> Need {
        let facts = &self.index.landscape.module_versions[raw.consumer as usize];
        let used = &facts.uses[raw.extra as usize];
        Need {
            consumer: raw.consumer,
            producer: raw.producer,
            reference: Ref {
                element: used.element,
                interface: used.interface,
                full: used.full,
                at: raw.extra,
            },
        }
    }

    /// "Orders uses Pricing.Quote".
    fn in_words(self, need: &Need) -> String {
        let facts = &self.index.landscape;
        format!(
            "{} uses {}.{}",
            facts.module_versions[need.consumer as usize].name,
            self.name_after(need.producer),
            facts.elements[need.reference.element as usize].name,
        )
    }

    fn name_elements(self, finding: &mut Finding, elements: impl Iterator<Item = u32>) {
        let mut elements: Vec<u32> = elements.collect();
        elements.sort_unstable();
        elements.dedup();
        finding.element_count = elements.len() as u32;
        elements.truncate(MAX_NAMED);
        finding.elements = elements
            .iter()
            .map(|e| {
                let element = &self.index.landscape.elements[*e as usize];
                ElementSubject {
                    kind: element.kind,
                    name: element.name.clone(),
                }
            })
            .collect();
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

    /// The number that a plan names for an application, available or not.
    fn chosen(self, plan: &PlanContent, application: u32) -> Option<VersionNumber> {
        let id = self.application_id(application)?;
        let operation = plan.operations.iter().find(|o| o.application == id)?;
        match &operation.choice {
            Choice::DoNothing => None,
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
        self.subject(facts.module, self.home(facts.module), facts.name.clone())
    }

    fn subject(self, module: u32, application: u32, name: String) -> ModuleSubject {
        let nowhere = ApplicationId(uuid::Uuid::nil());
        ModuleSubject {
            module: self.index.landscape.modules[module as usize].id,
            name,
            application: self.application_id(application).unwrap_or(nowhere),
            application_name: self.application_name(application),
        }
    }

    /// A module's name after the plan, else its current one.
    pub fn name_after(self, module: u32) -> String {
        let version = self.scratch.after(self.index, module);
        let facts = &self.index.landscape;
        match facts.module_versions.get(version as usize) {
            Some(version) => version.name.clone(),
            None => facts.modules[module as usize].name.clone(),
        }
    }

    /// A module's name in the target before the plan.
    fn name_now(self, module: u32) -> String {
        let version = self.index.running[module as usize];
        let facts = &self.index.landscape;
        match facts.module_versions.get(version as usize) {
            Some(version) => version.name.clone(),
            None => facts.modules[module as usize].name.clone(),
        }
    }

    pub fn application_id(self, application: u32) -> Option<ApplicationId> {
        let applications = &self.index.landscape.applications;
        applications.get(application as usize).map(|a| a.id)
    }

    pub fn application_name(self, application: u32) -> String {
        let applications = &self.index.landscape.applications;
        applications
            .get(application as usize)
            .map_or_else(String::new, |a| a.name.clone())
    }
}

/// A reference that has to be met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    pub consumer: u32,
    pub producer: u32,
    pub reference: Ref,
}

impl Index {
    /// Whether a tagged version contains the producer and its offer fits.
    pub(crate) fn meets(&self, version: u32, need: &Need) -> bool {
        let carriers = self.carriers.row(need.producer).iter();
        let mut carriers = carriers.filter(|c| c.version == version);
        carriers.any(|carrier| {
            let provides =
                &self.landscape.module_versions[carrier.module_version as usize].provides;
            let place = provides.binary_search_by_key(&need.reference.element, |p| p.element);
            let offer = place.map_or(Offered::NOTHING, |p| Offered {
                interface: provides[p].interface,
                full: provides[p].full,
            });
            self.fit(need.consumer, need.reference, offer) == Fit::Fits
        })
    }
}

const fn is_about_consumer(code: FindingCode) -> bool {
    matches!(
        code,
        FindingCode::ConsumerElementMissing | FindingCode::ConsumerElementIncompatible
    )
}

fn direct_path(finding: &Finding) -> Vec<String> {
    let ends = [finding.consumer.as_ref(), finding.producer.as_ref()];
    ends.into_iter().flatten().map(|s| s.name.clone()).collect()
}

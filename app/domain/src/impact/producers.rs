//! Producers that a plan needs and that the source can give.

use super::describe::Describe;
use super::evaluate::Raw;
use super::index::{Fit, Index, Offered, Ref};
use super::lookup::NONE;
use super::{FindingCode, MAX_NAMED, MissingProducer, Report};
use crate::conflict::{moving, title};
use crate::environment::Purpose;
use crate::plan::{PlanContent, PlanKind, propose_number};
use crate::version::VersionNumber;
use std::collections::BTreeMap;

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

impl Describe<'_> {
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
            // What the target blocks stays out until somebody unblocks it (domain.md B3).
            let blocked = self.index.applications[application as usize].blocked;
            let sufficient = self.sufficient(application, &needs, plan.kind);
            let versions: Vec<u32> = sufficient.filter(|_| !blocked).collect();
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
            let because = self.because(&needs);
            let facts = &self.index.landscape.applications[application as usize];
            let in_plan = plan.operations.iter().any(|o| o.application == facts.id);
            let moved_by = versions
                .first()
                .map(|version| &self.index.landscape.versions[*version as usize].modules)
                .or_else(|| Some(&source?.modules))
                .and_then(|states| moving(self.index, states))
                .filter(|_| !in_plan)
                .map(title);
            report.missing_producers.push(MissingProducer {
                application: facts.id,
                name: facts.name.clone(),
                in_target: self.index.target_number(application),
                lowest,
                newest,
                tag: match lowest {
                    Some(_) => None,
                    None => self.tag_that_meets(application, &needs, plan.kind),
                },
                moved_by,
                because,
            });
        }
        report
            .missing_producers
            .sort_by(|a, b| (&a.name, a.application).cmp(&(&b.name, b.application)));
    }

    /// The versions of an application, eligible and allowed, that meet all needs; lowest first.
    pub fn sufficient(
        self,
        application: u32,
        needs: &[Need],
        kind: PlanKind,
    ) -> impl Iterator<Item = u32> {
        let versions = self.index.versions_of(application);
        let possible = versions.filter(move |version| {
            let row = self.index.row_of_version(*version);
            self.index.eligible(*version)
                && !self.index.is_downgrade(kind, &row)
                && !self.index.overwrites(application, *version)
        });
        possible.filter(move |version| needs.iter().all(|need| self.index.meets(*version, need)))
    }

    /// The number of a tag of what the source runs now, if that meets all needs and may be made
    /// and deployed.
    fn tag_that_meets(
        self,
        application: u32,
        needs: &[Need],
        kind: PlanKind,
    ) -> Option<VersionNumber> {
        let index = self.index;
        let facts = &index.applications[application as usize];
        // Over a hotfix or a hold somebody has to decide.
        let may = facts.may_tag && facts.may_deploy && !facts.blocked && !facts.guarded;
        if kind != PlanKind::Ordinary || !may {
            return None;
        }
        let running = index.running_in_source(application)?;
        if !running.modified && running.base.is_some() {
            return None;
        }
        let meets = |need: &Need| {
            running.modules.iter().any(|version| {
                let module = &index.landscape.module_versions[*version as usize];
                let offers = &module.provides;
                let place = offers.binary_search_by_key(&need.reference.element, |p| p.element);
                let offer = place.map_or(Offered::NOTHING, |p| Offered {
                    interface: offers[p].interface,
                    full: offers[p].full,
                });
                index.fit(need.consumer, need.reference, offer) == Fit::Fits
            })
        };
        if !needs.iter().all(meets) {
            return None;
        }
        // Of what can be deployed from the source: that is what a slice knows too. A number that is
        // taken elsewhere is told when the plan is checked with it.
        let known = index
            .versions_of(application)
            .filter(|v| index.eligible(*v));
        let known: Vec<VersionNumber> = known.filter_map(|v| index.number_of(v)).collect();
        let source = index.landscape.environments.get(index.source as usize)?;
        let downstream = source.purpose != Purpose::Development;
        let number = propose_number(index.source_number(application), &known, downstream);
        (index.target_number(application) < Some(number)).then_some(number)
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

    /// "Orders uses Pricing.Quote", for the first few.
    fn because(self, needs: &[Need]) -> Vec<String> {
        let facts = &self.index.landscape;
        let named = needs.iter().map(|need| {
            let consumer = &facts.module_versions[need.consumer as usize];
            let element = &facts.elements[need.reference.element as usize];
            let producer = self.name_after(need.producer);
            (consumer.name.as_str(), producer, element.name.as_str())
        });
        let mut named: Vec<(&str, &str, &str)> = named.collect();
        named.sort_unstable();
        named.dedup();
        let told = named.iter().take(MAX_NAMED);
        let mut because: Vec<String> = told
            .map(|(consumer, producer, element)| format!("{consumer} uses {producer}.{element}"))
            .collect();
        if named.len() > MAX_NAMED {
            because.push(format!("and {} more", named.len() - MAX_NAMED));
        }
        because
    }
}

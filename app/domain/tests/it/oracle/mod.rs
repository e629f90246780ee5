//! The check once more, written as plainly as possible: maps of what is there before and after,
//! every reference of every module compared. Slow, and independent of the index.

mod names;
mod references;
mod rows;

pub use rows::picture;

use domain::ModuleId;
use domain::impact::{FindingCode, Severity};
use domain::landscape::{Landscape, ModuleVersionFacts, RunningFacts};
use domain::plan::{PlanContent, PlanKind};
use domain::reference::{Compatibility, compatible};
use domain::version::VersionNumber;
use std::collections::{BTreeMap, BTreeSet};

/// A finding without its texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plain {
    pub severity: Severity,
    pub code: FindingCode,
    pub application: Option<String>,
    pub consumer: Option<ModuleId>,
    pub producer: Option<String>,
    pub elements: usize,
}

pub struct Row {
    pub application: usize,
    pub modules: Vec<usize>,
    pub number: Option<VersionNumber>,
    pub name: String,
    /// The application's other modules stay as they are.
    pub part: bool,
}

/// The target before and after a plan: module -> (application, module version).
pub struct Picture<'a> {
    pub facts: &'a Landscape,
    pub source: Option<usize>,
    pub target: Option<usize>,
    pub rows: Vec<Row>,
    pub republish: BTreeSet<usize>,
    pub before: BTreeMap<usize, (usize, usize)>,
    pub after: BTreeMap<usize, (usize, usize)>,
    pub found: BTreeSet<Plain>,
}

#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum State {
    Met,
    NoModule,
    NoElement,
    Unfit,
}

pub fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

impl<'a> Picture<'a> {
    pub fn application(&self, i: usize) -> String {
        self.facts.applications[i].id.to_string()
    }

    fn add(&mut self, severity: Severity, code: FindingCode, application: Option<usize>) {
        self.add_pair(severity, code, application, None, None, 0);
    }

    fn add_pair(
        &mut self,
        severity: Severity,
        code: FindingCode,
        application: Option<usize>,
        consumer: Option<usize>,
        producer: Option<usize>,
        elements: usize,
    ) {
        let application = application.map(|a| self.application(a));
        self.found.insert(Plain {
            severity,
            code,
            application,
            consumer: consumer.map(|m| self.facts.modules[m].id),
            producer: producer.map(|m| self.facts.modules[m].id.to_string()),
            elements,
        });
    }

    pub fn version(&self, i: usize) -> &'a ModuleVersionFacts {
        &self.facts.module_versions[i]
    }

    pub fn row_at(
        &self,
        environment: Option<usize>,
        application: usize,
    ) -> Option<&'a RunningFacts> {
        let environment = environment?;
        self.facts.running.iter().find(|r| {
            r.environment as usize == environment && r.application as usize == application
        })
    }

    pub fn number_at(
        &self,
        environment: Option<usize>,
        application: usize,
    ) -> Option<VersionNumber> {
        let base = self.row_at(environment, application)?.base?;
        Some(self.facts.versions[base as usize].number)
    }

    pub fn state(
        &self,
        world: &BTreeMap<usize, (usize, usize)>,
        version: usize,
        used: usize,
    ) -> State {
        let used = &self.version(version).uses[used];
        let producer = self.facts.elements[used.element as usize].module as usize;
        let Some((_, provider)) = world.get(&producer) else {
            return State::NoModule;
        };
        let provides = &self.version(*provider).provides;
        let Some(offer) = provides.iter().find(|p| p.element == used.element) else {
            return State::NoElement;
        };
        let interface = |i: u32| &self.facts.interfaces[i as usize];
        match compatible(
            self.facts.elements[used.element as usize].kind,
            interface(used.interface),
            interface(offer.interface),
            &used.members,
        ) {
            Compatibility::Incompatible => State::Unfit,
            _ => State::Met,
        }
    }

    /// All references of a module version to other modules: (position, producer).
    pub fn needs(&self, version: usize) -> Vec<(usize, usize)> {
        let own = self.version(version).module as usize;
        let uses = self.version(version).uses.iter().enumerate();
        uses.map(|(i, u)| (i, self.facts.elements[u.element as usize].module as usize))
            .filter(|(_, producer)| *producer != own)
            .collect()
    }

    /// Whether a row brings this module.
    pub fn brought(&self, module: usize) -> bool {
        self.rows.iter().any(|r| {
            r.modules
                .iter()
                .any(|v| self.version(*v).module as usize == module)
        })
    }

    /// Every rule that compares modules.
    pub fn run(&mut self) {
        self.needs_of_plan();
        self.consumers();
        self.names();
        self.newer();
        self.links();
        self.broken();
    }
}

/// What a plan's check should find, without texts.
pub fn expected(facts: &Landscape, plan: &PlanContent) -> BTreeSet<Plain> {
    let mut picture = picture(facts, plan);
    if plan.source != plan.target || plan.kind == PlanKind::Rollback {
        picture.run();
    }
    picture.found
}

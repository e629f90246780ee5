//! The check once more, written as plainly as possible: maps of what is there before and after,
//! every reference of every module compared. Slow, and independent of the index.

use domain::ModuleId;
use domain::impact::{FindingCode, Severity};
use domain::landscape::{Landscape, ModuleVersionFacts, RunningFacts, VersionFacts};
use domain::plan::{Choice, PlanContent, PlanKind};
use domain::reference::{Compatibility, ElementKind, Strength, compatible};
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
}

pub fn picture<'a>(facts: &'a Landscape, plan: &PlanContent) -> Picture<'a> {
    let at = |id| facts.environments.iter().position(|e| e.id == id);
    let mut p = Picture {
        facts,
        source: at(plan.source),
        target: at(plan.target),
        rows: Vec::new(),
        republish: BTreeSet::new(),
        before: BTreeMap::new(),
        after: BTreeMap::new(),
        found: BTreeSet::new(),
    };
    let error = Severity::Error;
    if plan.source == plan.target && plan.kind != PlanKind::Rollback {
        p.add(error, FindingCode::SameEnvironment, None);
        return p;
    }
    for row in &facts.running {
        if Some(row.environment as usize) == p.target {
            for version in &row.modules {
                let module = facts.module_versions[*version as usize].module as usize;
                p.before
                    .entry(module)
                    .or_insert((row.application as usize, *version as usize));
            }
        }
    }
    let mut active = false;
    let mut seen = BTreeSet::new();
    for operation in &plan.operations {
        let a = facts
            .applications
            .iter()
            .position(|a| a.id == operation.application)
            .unwrap();
        if !seen.insert(a) || operation.choice == Choice::DoNothing {
            continue;
        }
        active = true;
        if facts.applications[a]
            .blocked
            .iter()
            .any(|b| Some(b.0 as usize) == p.target)
        {
            p.add(error, FindingCode::ApplicationBlocked, Some(a));
            continue;
        }
        if !facts.applications[a].may_deploy {
            p.add(error, FindingCode::NoRightToDeploy, Some(a));
        }
        let row = match &operation.choice {
            Choice::DoNothing => continue,
            Choice::Deploy { version } => {
                let fits = |v: &&VersionFacts| {
                    v.id == *version
                        && v.application as usize == a
                        && v.eligible.iter().any(|e| Some(*e as usize) == p.source)
                };
                let Some(v) = facts.versions.iter().find(fits) else {
                    p.add(error, FindingCode::VersionNotAvailable, Some(a));
                    continue;
                };
                Row {
                    application: a,
                    modules: v.modules.iter().map(|m| *m as usize).collect(),
                    number: Some(v.number),
                    name: v.name.clone(),
                    part: false,
                }
            }
            Choice::TagAndDeploy { .. } if plan.kind == PlanKind::Rollback => {
                p.add(error, FindingCode::VersionNotAvailable, Some(a));
                continue;
            }
            Choice::TagAndDeploy { number, .. } => {
                if !facts.applications[a].may_tag {
                    p.add(error, FindingCode::NoRightToTag, Some(a));
                }
                let Some(running) = p.row_at(p.source, a) else {
                    p.add(error, FindingCode::VersionNotAvailable, Some(a));
                    continue;
                };
                let taken = facts
                    .versions
                    .iter()
                    .any(|v| v.application as usize == a && v.number == *number);
                if taken || p.number_at(p.source, a).is_some_and(|base| base >= *number) {
                    p.add(error, FindingCode::TagNumberUnusable, Some(a));
                }
                Row {
                    application: a,
                    modules: running.modules.iter().map(|m| *m as usize).collect(),
                    number: Some(*number),
                    name: facts.applications[a].name.clone(),
                    part: false,
                }
            }
            Choice::DeployCustom { modules } => {
                let running = p.row_at(p.source, a);
                let (Some(running), PlanKind::Ordinary) = (running, plan.kind) else {
                    p.add(error, FindingCode::VersionNotAvailable, Some(a));
                    continue;
                };
                let mut chosen = Vec::new();
                for id in modules {
                    let m = facts.modules.iter().position(|m| m.id == *id);
                    let states = running.modules.iter().map(|v| *v as usize);
                    let is_it = |v: &usize| Some(facts.module_versions[*v].module as usize) == m;
                    match states.clone().find(is_it) {
                        Some(v) => chosen.push(v),
                        None => {
                            let code = FindingCode::VersionNotAvailable;
                            let m = m.filter(|m| p.before.contains_key(m));
                            p.add_pair(error, code, Some(a), None, m, 0);
                        }
                    }
                }
                if chosen.is_empty() {
                    continue;
                }
                chosen.sort_unstable();
                Row {
                    application: a,
                    modules: chosen,
                    number: p.number_at(p.source, a),
                    name: facts.applications[a].name.clone(),
                    part: true,
                }
            }
        };
        let now = p.number_at(p.target, a);
        let lower = row.number.is_some() && row.number < now;
        if plan.kind == PlanKind::Ordinary && lower {
            p.add(error, FindingCode::VersionDowngrade, Some(a));
        }
        if plan.kind == PlanKind::Replicate && lower {
            p.add(Severity::Warning, FindingCode::VersionDowngrade, Some(a));
        }
        if p.row_at(p.target, a).is_some_and(|r| r.changed_outside) {
            p.add(Severity::Warning, FindingCode::ChangedOutside, Some(a));
        }
        p.rows.push(row);
    }
    let ticked: Vec<usize> = plan
        .republish
        .iter()
        .filter_map(|id| facts.modules.iter().position(|m| m.id == *id))
        .filter(|m| p.before.contains_key(m))
        .collect();
    if !active && ticked.is_empty() {
        p.add(error, FindingCode::EmptyPlan, None);
    }
    if !p.target.is_some_and(|t| facts.environments[t].reachable) {
        p.add(error, FindingCode::TargetUnreachable, None);
    }
    let ends: BTreeSet<usize> = p.source.into_iter().chain(p.target).collect();
    for end in ends {
        if facts.environments[end].maintenance.is_some() {
            p.add(error, FindingCode::EnvironmentInMaintenance, None);
        }
    }
    p.settle();
    p.republish = ticked
        .into_iter()
        .filter(|m| p.before.get(m) == p.after.get(m) && !p.brought(*m))
        .collect();
    p
}

impl Picture<'_> {
    /// Whether a row brings this module.
    pub fn brought(&self, module: usize) -> bool {
        self.rows.iter().any(|r| {
            r.modules
                .iter()
                .any(|v| self.version(*v).module as usize == module)
        })
    }

    /// Lays the rows over the target.
    fn settle(&mut self) {
        let mut after: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        let rows: Vec<(usize, Vec<usize>)> = self
            .rows
            .iter()
            .map(|r| (r.application, r.modules.clone()))
            .collect();
        for (a, modules) in &rows {
            for v in modules {
                let m = self.version(*v).module as usize;
                let first = *after.entry(m).or_insert((*a, *v));
                if first != (*a, *v) {
                    let code = FindingCode::ModuleMoved;
                    self.add_pair(Severity::Error, code, Some(*a), Some(m), Some(m), 0);
                }
            }
        }
        let whole = self.rows.iter().filter(|r| !r.part);
        let deployed: BTreeSet<usize> = whole.map(|r| r.application).collect();
        for (m, (a, v)) in &self.before.clone() {
            if deployed.contains(a) {
                if !after.contains_key(m) {
                    self.add(Severity::Warning, FindingCode::ModulesRemoved, Some(*a));
                }
            } else if let Some((other, _)) = after.get(m) {
                // Another state of it in the same application is no move.
                if other == a {
                    continue;
                }
                let code = FindingCode::ModuleMoved;
                self.add_pair(Severity::Warning, code, Some(*other), Some(*m), Some(*m), 0);
            } else {
                after.insert(*m, (*a, *v));
            }
        }
        for (i, (a, modules)) in rows.iter().enumerate() {
            let part = self.rows[i].part;
            let before: Vec<(usize, usize)> = self
                .row_at(self.target, *a)
                .map(|r| &r.modules[..])
                .unwrap_or_default()
                .iter()
                .map(|v| (self.version(*v as usize).module as usize, *v as usize))
                .collect();
            let equal = (part || before.len() == modules.len())
                && modules.iter().all(|v| {
                    let new = self.version(*v);
                    self.before
                        .get(&(new.module as usize))
                        .is_some_and(|(owner, old)| {
                            let old = self.version(*old);
                            owner == a
                                && old.content == new.content
                                && old.name == new.name
                                && old.url_path == new.url_path
                        })
                });
            if equal {
                self.add(Severity::Information, FindingCode::NothingToDo, Some(*a));
            }
        }
        self.after = after;
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

    fn plan_modules(&self) -> Vec<(usize, usize, usize)> {
        let planned = self.after.iter().filter(|(m, _)| self.brought(**m));
        let mut all: Vec<_> = planned.map(|(m, (a, v))| (*m, *a, *v)).collect();
        all.extend(
            self.republish
                .iter()
                .map(|m| (*m, self.before[m].0, self.before[m].1)),
        );
        all
    }

    fn needs_of_plan(&mut self) {
        for m in self.republish.clone() {
            let a = self.before[&m].0;
            if !self.facts.applications[a].may_deploy {
                let code = FindingCode::NoRightToDeploy;
                self.add_pair(Severity::Error, code, Some(a), Some(m), None, 0);
            }
        }
        for (m, a, v) in self.plan_modules() {
            let mut groups: BTreeMap<(FindingCode, usize), usize> = BTreeMap::new();
            for (i, producer) in self.needs(v) {
                let code = match self.state(&self.after, v, i) {
                    State::Met => continue,
                    State::NoModule => FindingCode::ProducerModuleMissing,
                    State::NoElement => FindingCode::ProducerElementMissing,
                    State::Unfit => FindingCode::ProducerElementIncompatible,
                };
                *groups.entry((code, producer)).or_default() += 1;
            }
            for ((code, producer), count) in groups {
                self.add_pair(
                    Severity::Error,
                    code,
                    Some(a),
                    Some(m),
                    Some(producer),
                    count,
                );
            }
        }
    }

    /// The row that makes the state of a module what it is after the plan.
    fn culprit(&self, module: usize) -> usize {
        match self.after.get(&module) {
            Some((a, _)) => *a,
            None => self.before[&module].0,
        }
    }

    fn changed(&self, element: usize) -> bool {
        let module = self.facts.elements[element].module as usize;
        let offer = |world: &BTreeMap<usize, (usize, usize)>| {
            let (_, v) = world.get(&module)?;
            let provides = &self.version(*v).provides;
            let offer = provides.iter().find(|p| p.element as usize == element)?;
            Some((offer.interface, offer.full))
        };
        offer(&self.before) != offer(&self.after)
    }

    fn consumers(&mut self) {
        let stay: Vec<(usize, usize)> = self
            .before
            .iter()
            .filter(|(m, at)| self.after.get(m) == Some(at) && !self.brought(**m))
            .map(|(m, (_, v))| (*m, *v))
            .collect();
        for (m, v) in stay {
            let mut groups: BTreeMap<(FindingCode, usize), usize> = BTreeMap::new();
            for (i, producer) in self.needs(v) {
                let used = &self.version(v).uses[i];
                let element = used.element as usize;
                if !self.changed(element) {
                    continue;
                }
                let code = match self.state(&self.after, v, i) {
                    State::Met => {
                        let (_, provider) = self.after[&producer];
                        let provides = &self.version(provider).provides;
                        let offer = provides.iter().find(|p| p.element == used.element).unwrap();
                        let kind: ElementKind = self.facts.elements[element].kind;
                        let keeps = kind.strength() == Strength::Strong && offer.full != used.full;
                        if !keeps || self.republish.contains(&m) {
                            continue;
                        }
                        FindingCode::ConsumerOutdated
                    }
                    _ if self.republish.contains(&m) => continue,
                    _ if self.state(&self.before, v, i) != State::Met => continue,
                    State::Unfit => FindingCode::ConsumerElementIncompatible,
                    _ => FindingCode::ConsumerElementMissing,
                };
                *groups.entry((code, producer)).or_default() += 1;
            }
            for ((code, producer), count) in groups {
                let severity = match code {
                    FindingCode::ConsumerOutdated => Severity::Warning,
                    _ => Severity::Error,
                };
                let a = self.culprit(producer);
                self.add_pair(severity, code, Some(a), Some(m), Some(producer), count);
            }
        }
    }

    fn names(&mut self) {
        let platform = self
            .target
            .map_or(0, |t| self.facts.environments[t].platform);
        let all: Vec<(usize, usize, usize, bool)> = self
            .after
            .iter()
            .map(|(m, (a, v))| (*m, *a, *v, self.brought(*m)))
            .collect();
        for (m, a, v, brought) in &all {
            let new = self.version(*v);
            if *brought && platform != 0 && new.needs_platform > platform {
                let code = FindingCode::IncompatiblePlatform;
                self.add_pair(Severity::Error, code, Some(*a), Some(*m), None, 0);
            }
            for (other, _, w, other_brought) in &all {
                // Of two that the plan brings, the finding stands at either.
                if m == other || !brought || (*other_brought && m < other) {
                    continue;
                }
                let old = self.version(*w);
                let path = |text: &str| text.trim_matches('/').to_owned();
                for (code, equal) in [
                    (FindingCode::NameCollision, same(&new.name, &old.name)),
                    (
                        FindingCode::PathCollision,
                        !path(&new.url_path).is_empty()
                            && same(&path(&new.url_path), &path(&old.url_path)),
                    ),
                ] {
                    if equal {
                        self.add_pair(Severity::Error, code, None, None, None, 0);
                        let _ = a;
                    }
                }
            }
        }
        let mut names: Vec<(usize, String, bool)> = self
            .rows
            .iter()
            .map(|r| (r.application, r.name.clone(), true))
            .collect();
        for (a, facts) in self.facts.applications.iter().enumerate() {
            let Some(row) = self.row_at(self.target, a) else {
                continue;
            };
            if !self.rows.iter().any(|r| r.application == a) {
                let base = row
                    .base
                    .map(|b| self.facts.versions[b as usize].name.clone());
                names.push((a, base.unwrap_or(facts.name.clone()), false));
            }
        }
        for (i, (_, name, mine)) in names.iter().enumerate() {
            for (_, other, _) in &names[i + 1..] {
                if *mine && same(name, other) {
                    self.add(Severity::Error, FindingCode::NameCollision, None);
                }
            }
        }
    }

    fn newer(&mut self) {
        if self.source == self.target {
            return;
        }
        let planned: Vec<(usize, usize)> = self
            .rows
            .iter()
            .flat_map(|r| r.modules.iter().map(|v| (r.application, *v)))
            .collect();
        for (a, v) in planned {
            for (i, producer) in self.needs(v) {
                let Some((owner, there)) = self.after.get(&producer).copied() else {
                    continue;
                };
                let used = &self.version(v).uses[i];
                let offer = self.version(there).provides.iter();
                let offer = offer.clone().find(|p| p.element == used.element);
                let sees_other =
                    offer.is_some_and(|o| (o.interface, o.full) != (used.interface, used.full));
                // A module that another row brings is that row's affair.
                let mine = self.after.get(&(self.version(v).module as usize)) == Some(&(a, v));
                if owner == a || !sees_other || !mine {
                    continue;
                }
                let row = self.rows.iter().find(|r| r.application == owner);
                let number = match row {
                    Some(row) if self.brought(producer) => row.number,
                    _ => self.number_at(self.target, owner),
                };
                let Some(number) = number else { continue };
                if self
                    .number_at(self.source, owner)
                    .is_none_or(|n| n <= number)
                {
                    continue;
                }
                let source = self.row_at(self.source, owner).unwrap();
                let differs = source.modules.iter().any(|s| {
                    let (s, t) = (self.version(*s as usize), self.version(there));
                    let plain = s.content == t.content;
                    let named = s.name == t.name && s.url_path == t.url_path;
                    s.module as usize == producer && !(plain && (named || self.brought(producer)))
                });
                if differs {
                    let application = Some(self.application(a));
                    self.found.insert(Plain {
                        severity: Severity::Warning,
                        code: FindingCode::NewerProducerAvailable,
                        application,
                        consumer: None,
                        producer: Some(self.application(owner)),
                        elements: 0,
                    });
                }
            }
        }
    }

    /// What the plan brings with other content linked in than the target will have.
    fn links(&mut self) {
        let brought: Vec<(usize, usize, usize)> = self
            .after
            .iter()
            .filter(|(m, _)| self.brought(**m))
            .map(|(m, (a, v))| (*m, *a, *v))
            .collect();
        for (m, a, v) in brought {
            let mut groups: BTreeMap<usize, usize> = BTreeMap::new();
            for (i, producer) in self.needs(v) {
                let used = &self.version(v).uses[i];
                let Some((owner, there)) = self.after.get(&producer).copied() else {
                    continue;
                };
                let newer = Plain {
                    severity: Severity::Warning,
                    code: FindingCode::NewerProducerAvailable,
                    application: Some(self.application(a)),
                    consumer: None,
                    producer: Some(self.application(owner)),
                    elements: 0,
                };
                let kind: ElementKind = self.facts.elements[used.element as usize].kind;
                if owner == a
                    || kind.strength() != Strength::Strong
                    || self.state(&self.after, v, i) != State::Met
                    || self.found.contains(&newer)
                {
                    continue;
                }
                let mut offers = self.version(there).provides.iter();
                let offer = offers.find(|p| p.element == used.element).unwrap();
                if offer.full != used.full {
                    *groups.entry(producer).or_default() += 1;
                }
            }
            for (producer, count) in groups {
                let code = FindingCode::LinkedContentDiffers;
                self.add_pair(
                    Severity::Warning,
                    code,
                    Some(a),
                    Some(m),
                    Some(producer),
                    count,
                );
            }
        }
    }

    fn broken(&mut self) {
        let left: Vec<(usize, usize)> = self
            .before
            .iter()
            .filter(|(m, at)| {
                self.after.get(m) == Some(at) && !self.brought(**m) && !self.republish.contains(m)
            })
            .filter(|(_, (_, v))| {
                self.needs(*v).iter().any(|(i, _)| {
                    self.state(&self.before, *v, *i) != State::Met
                        && self.state(&self.after, *v, *i) != State::Met
                })
            })
            .map(|(m, (a, _))| (*m, *a))
            .collect();
        let mut reached: BTreeSet<usize> = self.plan_modules().iter().map(|(m, ..)| *m).collect();
        loop {
            let more: BTreeSet<usize> = reached
                .iter()
                .filter_map(|m| self.after.get(m))
                .flat_map(|(_, v)| self.needs(*v))
                .map(|(_, producer)| producer)
                .filter(|m| !reached.contains(m))
                .collect();
            if more.is_empty() {
                break;
            }
            reached.extend(more);
        }
        let applications: BTreeSet<usize> = left.iter().map(|(_, a)| *a).collect();
        for a in applications {
            let hit = left.iter().any(|(m, b)| *b == a && reached.contains(m));
            let severity = if hit {
                Severity::Error
            } else {
                Severity::Information
            };
            let producer = Some(self.application(a));
            self.found.insert(Plain {
                severity,
                code: FindingCode::TargetBroken,
                application: None,
                consumer: None,
                producer,
                elements: 0,
            });
        }
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

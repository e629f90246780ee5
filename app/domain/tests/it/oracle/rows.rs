//! What a plan brings: its rows, laid over what the target runs.

use super::{Picture, Row};
use domain::impact::{FindingCode, Severity};
use domain::landscape::{Landscape, VersionFacts};
use domain::plan::{Choice, PlanContent, PlanKind};
use std::collections::{BTreeMap, BTreeSet};

/// What a plan brings, and the target after it, with every finding about that.
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
}

//! Whether a plan may run beside those that run already (domain.md 3.14).

use crate::impact::check::of_plan;
use crate::impact::describe::Describe;
use crate::impact::evaluate::Scratch;
use crate::impact::index::Index;
use crate::impact::lookup::NONE;
use crate::impact::{Finding, FindingCode};
use crate::landscape::ActivePlan;

/// The modules of a graph, each with those it refers to; made of what the target runs, what the
/// plan brings and what the active plans bring.
struct Walk {
    seen: Vec<bool>,
    parent: Vec<u32>,
    queue: Vec<u32>,
}

/// PM1 to PM3 for the plan that `scratch` holds: per active plan on the same target at most one
/// finding, with the path of references (consumer first) that ties the two.
pub(crate) fn conflicts(index: &Index, scratch: &Scratch, limit: Option<u32>) -> Vec<Finding> {
    let plans = &index.landscape.active_plans;
    let active: Vec<&ActivePlan> = plans.iter().filter(|p| p.target == index.target).collect();
    let mut findings = Vec::new();
    if limit.is_some_and(|limit| active.len() >= limit as usize) {
        let mut finding = of_plan(FindingCode::ParallelLimit);
        finding.detail = limit.map(|l| l.to_string());
        findings.push(finding);
    }
    if active.is_empty() {
        return findings;
    }
    let own = own_modules(scratch);
    let mut is_own = vec![false; index.running.len()];
    for module in &own {
        is_own[*module as usize] = true;
    }
    let describe = Describe::new(index, scratch);
    let mut walks: Option<(Walk, Walk)> = None;
    for plan in active {
        let mut held = plan.modules.clone();
        let brought = plan.brings.iter();
        held.extend(brought.map(|v| index.facts[*v as usize].module));
        held.sort_unstable();
        held.dedup();
        let name = |m: u32| describe.name_after(m);
        let shared = held.iter().copied().filter(|m| is_own[*m as usize]);
        let mut finding = if let Some(module) = shared.min_by_key(|m| name(*m)) {
            let mut finding = of_plan(FindingCode::ParallelSameModule);
            let subject = describe.module_subject(module);
            finding.consumer = Some(subject.clone());
            finding.path = vec![subject.name.clone()];
            finding.producer = Some(subject);
            finding
        } else {
            let (producers, consumers) =
                walks.get_or_insert_with(|| walk_both(index, scratch, &own));
            let Some(path) = nearest(producers, consumers, &held) else {
                continue;
            };
            let mut finding = of_plan(FindingCode::ParallelRelatedModule);
            let ends = [path.first(), path.last()].map(|m| m.map(|m| describe.module_subject(*m)));
            [finding.consumer, finding.producer] = ends;
            finding.path = path.iter().map(|m| name(*m)).collect();
            finding
        };
        finding.detail = Some(format!("#{} {}", plan.number, plan.name));
        findings.push(finding);
    }
    findings
}

/// What the plan deploys, republishes or removes.
fn own_modules(scratch: &Scratch) -> Vec<u32> {
    let planned = scratch.planned.iter();
    let mut own: Vec<u32> = planned.map(|p| p.module).collect();
    own.extend(&scratch.republish);
    own.extend(&scratch.removed);
    own.sort_unstable();
    own
}

/// Walks from the plan's modules to everything they need and to everything that needs them, in
/// the references of the target before and after, and of what the active plans bring.
fn walk_both(index: &Index, scratch: &Scratch, own: &[u32]) -> (Walk, Walk) {
    let count = index.running.len();
    let mut extra: Vec<(u32, u32)> = Vec::new();
    let plans = index.landscape.active_plans.iter();
    let brought = plans
        .filter(|p| p.target == index.target)
        .flat_map(|p| &p.brings);
    let planned = scratch.planned.iter().map(|p| &p.version);
    for version in planned.chain(brought) {
        let module = index.facts[*version as usize].module;
        let producers = index.producers.row(*version).iter();
        extra.extend(producers.map(|p| (module, *p)));
    }
    extra.sort_unstable();
    extra.dedup();
    let forward = Walk::run(count, own, |module, visit| {
        let version = index.running[module as usize];
        if version != NONE {
            index
                .producers
                .row(version)
                .iter()
                .copied()
                .for_each(&mut *visit);
        }
        let from = extra.partition_point(|e| e.0 < module);
        let to = extra.iter().skip(from).take_while(|e| e.0 == module);
        to.map(|e| e.1).for_each(visit);
    });
    let mut reverse: Vec<(u32, u32)> = extra.iter().map(|(c, p)| (*p, *c)).collect();
    reverse.sort_unstable();
    let backward = Walk::run(count, own, |module, visit| {
        index
            .consumers
            .row(module)
            .iter()
            .copied()
            .for_each(&mut *visit);
        let from = reverse.partition_point(|e| e.0 < module);
        let to = reverse.iter().skip(from).take_while(|e| e.0 == module);
        to.map(|e| e.1).for_each(visit);
    });
    (forward, backward)
}

impl Walk {
    /// Breadth first from `roots`.
    fn run(count: usize, roots: &[u32], next: impl Fn(u32, &mut dyn FnMut(u32))) -> Self {
        let mut walk = Self {
            seen: vec![false; count],
            parent: vec![NONE; count],
            queue: roots.to_vec(),
        };
        for root in roots {
            walk.seen[*root as usize] = true;
        }
        let mut at = 0;
        while let Some(module) = walk.queue.get(at).copied() {
            at += 1;
            next(module, &mut |other| {
                if !walk.seen[other as usize] {
                    walk.seen[other as usize] = true;
                    walk.parent[other as usize] = module;
                    walk.queue.push(other);
                }
            });
        }
        walk
    }

    /// From `module` back to the root it was reached from, both included.
    fn path(&self, module: u32) -> Vec<u32> {
        let mut path = vec![module];
        let mut at = module;
        while self.parent[at as usize] != NONE {
            at = self.parent[at as usize];
            path.push(at);
        }
        path
    }
}

/// The shortest path, consumer first, between the plan and one of `held`.
fn nearest(producers: &Walk, consumers: &Walk, held: &[u32]) -> Option<Vec<u32>> {
    let down = held
        .iter()
        .filter(|m| producers.seen[**m as usize])
        .map(|m| {
            let mut path = producers.path(*m);
            path.reverse();
            path
        });
    let up = held
        .iter()
        .filter(|m| consumers.seen[**m as usize])
        .map(|m| consumers.path(*m));
    down.chain(up).min_by_key(Vec::len)
}

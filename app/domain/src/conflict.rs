//! Whether a plan may run beside those that run already (domain.md 3.14).

use crate::impact::check::of_plan;
use crate::impact::csr::Csr;
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

/// The plans and publications that are active on the index's target, in the landscape's order.
pub(crate) fn on_target(index: &Index) -> impl Iterator<Item = &ActivePlan> {
    let plans = index.landscape.active_plans.iter();
    plans.filter(|p| p.target == index.target)
}

/// PM1 to PM4 for the plan that `scratch` holds: per active plan on the same target at most one
/// finding about modules, with the path of references (consumer first) that ties the two.
pub(crate) fn conflicts(index: &Index, scratch: &Scratch, limit: Option<u32>) -> Vec<Finding> {
    let active: Vec<&ActivePlan> = on_target(index).collect();
    let holders: Vec<&&ActivePlan> = active.iter().filter(|p| !p.is_publication()).collect();
    let mut findings = Vec::new();
    match (limit, holders.first()) {
        // One at a time: there is one plan to wait for.
        (Some(..=1), Some(plan)) => {
            let mut finding = of_plan(FindingCode::ParallelSwitchedOff);
            finding.detail = Some(title(plan));
            findings.push(finding);
        }
        (Some(limit), Some(_)) if holders.len() >= limit as usize => {
            let mut finding = of_plan(FindingCode::ParallelLimit);
            finding.detail = Some(limit.to_string());
            findings.push(finding);
        }
        _ => {}
    }
    let related = with(index, scratch, &active);
    findings.extend(related.into_iter().map(|(_, finding)| finding));
    findings
}

/// How a finding names another plan; a publication has no number.
fn title(plan: &ActivePlan) -> String {
    if plan.is_publication() {
        plan.name.clone()
    } else {
        format!("#{} {}", plan.number, plan.name)
    }
}

/// Which of `plans` the plan that `scratch` holds cannot run beside, by position, and why.
pub(crate) fn with(
    index: &Index,
    scratch: &Scratch,
    plans: &[&ActivePlan],
) -> Vec<(usize, Finding)> {
    let mut findings = Vec::new();
    if plans.is_empty() {
        return findings;
    }
    let own = own_modules(scratch);
    let mut is_own = vec![false; index.running.len()];
    for module in &own {
        is_own[*module as usize] = true;
    }
    let describe = Describe::new(index, scratch);
    let mut walks: Option<(Walk, Walk)> = None;
    for (at, plan) in plans.iter().enumerate() {
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
                walks.get_or_insert_with(|| walk_both(index, scratch, &own, plans));
            let Some(path) = nearest(producers, consumers, &held) else {
                continue;
            };
            let mut finding = of_plan(FindingCode::ParallelRelatedModule);
            let ends = [path.first(), path.last()].map(|m| m.map(|m| describe.module_subject(*m)));
            [finding.consumer, finding.producer] = ends;
            finding.path = path.iter().map(|m| name(*m)).collect();
            finding
        };
        finding.detail = Some(title(plan));
        findings.push((at, finding));
    }
    findings
}

/// What the plan deploys, republishes or removes.
pub(crate) fn own_modules(scratch: &Scratch) -> Vec<u32> {
    let planned = scratch.planned.iter();
    let mut own: Vec<u32> = planned.map(|p| p.module).collect();
    own.extend(&scratch.republish);
    own.extend(&scratch.removed);
    own.sort_unstable();
    own
}

/// Walks from the plan's modules to everything they need and to everything that needs them, in
/// the references of the target before and after, and of what the other plans bring.
fn walk_both(index: &Index, scratch: &Scratch, own: &[u32], plans: &[&ActivePlan]) -> (Walk, Walk) {
    let count = index.running.len();
    let extra = brought_references(index, scratch, plans);
    let mut reverse: Vec<(u32, u32)> = Vec::with_capacity(extra.item_count());
    for module in 0..count as u32 {
        reverse.extend(extra.row(module).iter().map(|producer| (*producer, module)));
    }
    let reverse = Csr::from_pairs(count, &reverse);
    let forward = Walk::run(count, own, |module| {
        let version = index.running[module as usize];
        let now = if version == NONE {
            &[]
        } else {
            index.producers.row(version)
        };
        [now, extra.row(module)]
    });
    let backward = Walk::run(count, own, |module| {
        [index.consumers.row(module), reverse.row(module)]
    });
    (forward, backward)
}

/// Per module the producers of what the plan and the other plans bring of it, sorted.
fn brought_references(index: &Index, scratch: &Scratch, plans: &[&ActivePlan]) -> Csr<u32> {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut add = |module: u32, version: u32| {
        let producers = index.producers.row(version).iter();
        pairs.extend(producers.map(|p| (module, *p)));
    };
    for planned in &scratch.planned {
        add(planned.module, planned.version);
    }
    let brought = plans.iter().flat_map(|p| &p.brings);
    let mut several = false;
    for version in brought {
        several = true;
        add(index.facts[*version as usize].module, *version);
    }
    if several {
        // A module may be brought by several plans.
        pairs.sort_unstable();
        pairs.dedup();
    }
    Csr::from_pairs(index.running.len(), &pairs)
}

impl Walk {
    /// Breadth first from `roots`.
    fn run<'a>(count: usize, roots: &[u32], next: impl Fn(u32) -> [&'a [u32]; 2]) -> Self {
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
            for others in next(module) {
                for other in others {
                    if !walk.seen[*other as usize] {
                        walk.seen[*other as usize] = true;
                        walk.parent[*other as usize] = module;
                        walk.queue.push(*other);
                    }
                }
            }
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

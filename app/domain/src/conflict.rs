//! Whether a plan may run beside those that run already (domain.md 3.14).

use crate::impact::check::of_plan;
use crate::impact::csr::Csr;
use crate::impact::describe::Describe;
use crate::impact::evaluate::Scratch;
use crate::impact::index::Index;
use crate::impact::lookup::NONE;
use crate::impact::{Finding, FindingCode, MAX_PAIRS};
use crate::landscape::ActivePlan;
use std::collections::BTreeSet;

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

/// PM1 to PM4 for the plan that `scratch` holds. Per active plan on the same target there is one
/// finding for each of its modules that collides, with the module of this plan that is nearest to
/// it and the path of references (consumer first) that ties the two.
pub(crate) fn conflicts(index: &Index, scratch: &Scratch, limit: Option<u32>) -> Vec<Finding> {
    let active: Vec<&ActivePlan> = on_target(index).collect();
    let holders: Vec<&&ActivePlan> = active.iter().filter(|p| !p.is_publication()).collect();
    let mut findings = Vec::new();
    match (limit, holders.first()) {
        // One at a time: there is one plan to wait for.
        (Some(..=1), Some(plan)) => {
            let mut finding = of_plan(FindingCode::ParallelSwitchedOff);
            finding.detail = Some(title(plan));
            finding.started.clone_from(&plan.started);
            findings.push(finding);
        }
        (Some(limit), Some(_)) if holders.len() >= limit as usize => {
            let mut finding = of_plan(FindingCode::ParallelLimit);
            let slots = holders.iter().map(|plan| title(plan));
            let told: Vec<String> = std::iter::once(limit.to_string()).chain(slots).collect();
            finding.detail = Some(told.join("\n"));
            findings.push(finding);
        }
        _ => {}
    }
    let related = with(index, scratch, &active);
    findings.extend(related.into_iter().map(|(_, finding)| finding));
    findings
}

/// How findings name another plan; a publication has no number.
pub(crate) fn title(plan: &ActivePlan) -> String {
    if plan.is_publication() {
        plan.name.clone()
    } else {
        format!("#{} {}", plan.number, plan.name)
    }
}

/// Which of `plans` the plan that `scratch` holds cannot run beside, by position, and why: the
/// nearest collision first.
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
    let (producers, consumers) = walk_both(index, scratch, &own, plans);
    for (at, plan) in plans.iter().enumerate() {
        let held: BTreeSet<u32> = held(index, plan).collect();
        let (mut shared, others): (Vec<u32>, Vec<u32>) =
            held.into_iter().partition(|m| is_own[*m as usize]);
        shared.sort_by_key(|m| describe.name_after(*m));
        let related = related(&producers, &consumers, &others);
        let pairs = u32::try_from(shared.len() + related.len()).unwrap_or(u32::MAX);
        let shared = shared.into_iter().map(|module| Tie {
            own: module,
            path: vec![module],
        });
        for Tie { own, path } in shared.chain(related).take(MAX_PAIRS) {
            let mut finding = of_plan(match path.len() {
                1 => FindingCode::ParallelSameModule,
                _ => FindingCode::ParallelRelatedModule,
            });
            finding.application = describe.application_id(describe.home(own));
            let ends = [path.first(), path.last()].map(|m| m.map(|m| describe.module_subject(*m)));
            [finding.consumer, finding.producer] = ends;
            finding.path = path
                .iter()
                .map(|m| describe.name_after(*m).into())
                .collect();
            finding.element_count = pairs;
            finding.detail = Some(title(plan));
            finding.started.clone_from(&plan.started);
            findings.push((at, finding));
        }
    }
    findings
}

/// The modules that are being changed on the target.
pub(crate) fn in_motion(index: &Index) -> BTreeSet<u32> {
    on_target(index)
        .flat_map(|plan| held(index, plan))
        .collect()
}

/// The plan or publication on the target that changes a module of these states: to bring them as
/// well would collide with that one.
pub(crate) fn moving<'a>(index: &'a Index, states: &[u32]) -> Option<&'a ActivePlan> {
    let module = |state: &u32| index.facts[*state as usize].module;
    let wanted: BTreeSet<u32> = states.iter().map(module).collect();
    on_target(index).find(|plan| held(index, plan).any(|module| wanted.contains(&module)))
}

/// The modules that a plan holds.
fn held<'a>(index: &'a Index, plan: &'a ActivePlan) -> impl Iterator<Item = u32> + 'a {
    let brought = plan.brings.iter();
    let brought = brought.map(|version| index.facts[*version as usize].module);
    plan.modules.iter().copied().chain(brought)
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
    for planned in &scratch.planned {
        let producers = index.producers.row(planned.version).iter();
        pairs.extend(producers.map(|p| (planned.module, *p)));
    }
    let brought = plans.iter().flat_map(|p| &p.brings);
    let mut several = false;
    for version in brought {
        several = true;
        // What waits in line may come from another source, which the index knows nothing of.
        let facts = &index.landscape.module_versions[*version as usize];
        let elements = &index.landscape.elements;
        let producers = facts
            .uses
            .iter()
            .map(|r| elements[r.element as usize].module);
        let others = producers.filter(|producer| *producer != facts.module);
        pairs.extend(others.map(|producer| (facts.module, producer)));
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

/// What ties a module of the plan to one that another plan holds.
struct Tie {
    own: u32,
    /// Consumer first; one module if it is the same.
    path: Vec<u32>,
}

/// For each of `held` that the plan is bound to the shortest path between the two, nearest first.
fn related(producers: &Walk, consumers: &Walk, held: &[u32]) -> Vec<Tie> {
    let tie = |module: &u32| {
        let seen = |walk: &Walk| walk.seen[*module as usize].then(|| walk.path(*module));
        match (seen(producers), seen(consumers)) {
            (None, None) => None,
            (Some(down), up) if up.as_ref().is_none_or(|up| down.len() <= up.len()) => {
                let mut path = down;
                path.reverse();
                path.first().copied().map(|own| Tie { own, path })
            }
            (_, Some(path)) => path.last().copied().map(|own| Tie { own, path }),
            (Some(_), None) => None,
        }
    };
    let mut ties: Vec<Tie> = held.iter().filter_map(tie).collect();
    ties.sort_by_key(|tie| tie.path.len());
    ties
}

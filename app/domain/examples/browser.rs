//! The check as WebAssembly, for `.ci/bench.d/browser.mjs` to time in a browser: what the editor
//! does with a slice and a plan, on the same factory as the native bench. Nothing here is part of
//! the page.
#![allow(clippy::unwrap_used, unsafe_code)]

use domain::fixtures::{Size, random, random_plan};
use domain::impact::{CheckOptions, Index, check};
use domain::landscape::Landscape;
use domain::plan::PlanContent;
use std::cell::RefCell;
use std::sync::Arc;

struct Bench {
    slice: Vec<u8>,
    plan: PlanContent,
    index: Option<Index>,
}

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

const OPTIONS: CheckOptions = CheckOptions {
    parallel_limit: None,
};

fn with<T>(work: impl FnOnce(&mut Bench) -> T) -> T {
    BENCH.with_borrow_mut(|bench| work(bench.as_mut().unwrap()))
}

/// Makes the factory, the plan and the slice as the server would send it; gives the slice's bytes.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(modules: u32, references: u32, planned: u32) -> u32 {
    let size = Size {
        applications: modules as usize * 2 / 5,
        modules: modules as usize,
        references: references as usize,
    };
    let whole = random(7, size).unwrap();
    let plan = random_plan(&whole, 7, planned as usize);
    let chosen: Vec<_> = plan.operations.iter().map(|o| o.application).collect();
    let slice = postcard::to_stdvec(&whole.slice(plan.source, plan.target, &chosen)).unwrap();
    let bytes = slice.len() as u32;
    BENCH.set(Some(Bench {
        slice,
        plan,
        index: None,
    }));
    bytes
}

/// Reads the slice and builds the index, once for each slice; gives the number of modules in it.
#[unsafe(no_mangle)]
pub extern "C" fn receive() -> u32 {
    with(|bench| {
        let landscape: Landscape = postcard::from_bytes(&bench.slice).unwrap();
        let modules = landscape.modules.len() as u32;
        let index = Index::new(Arc::new(landscape), bench.plan.source, bench.plan.target);
        bench.index = Some(index.unwrap());
        modules
    })
}

/// Checks, as after every change in the editor; gives the number of findings.
#[unsafe(no_mangle)]
pub extern "C" fn check_plan() -> u32 {
    with(|bench| {
        check(bench.index.as_ref().unwrap(), &bench.plan, OPTIONS)
            .findings
            .len() as u32
    })
}

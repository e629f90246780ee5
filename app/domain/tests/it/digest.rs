//! The same findings on the server and in the browser: the reports and repairs of 1,000 plans
//! made from seeds, as bytes, have the digest below, natively and on WebAssembly.

use domain::fixtures::{Size, chaotic, chaotic_plan, random, random_plan};
use domain::impact::{CheckOptions, Index, check};
use domain::landscape::Landscape;
use domain::plan::PlanContent;
use domain::repair::repair;
use std::sync::Arc;

/// Changes when the rules, the fixtures or the wire form of reports change; then take the new one
/// from the failure, after it is the same on both platforms.
const DIGEST: u64 = 0xbf2e_8053_4374_0baa;

const OPTIONS: CheckOptions = CheckOptions {
    parallel_limit: Some(2),
};

/// FNV-1a.
struct Digest(u64);

impl Digest {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn add_plan(&mut self, landscape: &Arc<Landscape>, plan: &PlanContent, budget: u32) {
        let index = Index::new(Arc::clone(landscape), plan.source, plan.target).unwrap();
        self.add(&postcard::to_stdvec(&check(&index, plan, OPTIONS)).unwrap());
        if budget > 0 {
            self.add(&postcard::to_stdvec(&repair(&index, plan, budget)).unwrap());
        }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn a_thousand_plans_have_the_same_findings_everywhere() {
    let mut digest = Digest(0xcbf2_9ce4_8422_2325);
    for seed in 0..900 {
        let landscape = chaotic(seed, 6).unwrap();
        let plan = chaotic_plan(&landscape, seed);
        digest.add(&postcard::to_stdvec(&landscape).unwrap());
        digest.add_plan(&Arc::new(landscape), &plan, 200);
    }
    let size = Size {
        applications: 60,
        modules: 150,
        references: 1_500,
    };
    let landscape = Arc::new(random(1, size).unwrap());
    digest.add(&postcard::to_stdvec(&*landscape).unwrap());
    for seed in 0..100 {
        let plan = random_plan(&landscape, seed, 1 + seed as usize % 40);
        digest.add_plan(&landscape, &plan, 0);
    }
    assert_eq!(digest.0, DIGEST, "{:#018x}", digest.0);
}

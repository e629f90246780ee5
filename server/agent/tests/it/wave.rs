//! Many modules at once.

use crate::factory::{Module, Version};
use crate::world::World;
use protocol::{EventKind, Order};
use std::time::Instant;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_modules_are_deployed_in_waves() {
    let world = World::new().await;
    let console = world.console.clone();
    let versions: Vec<_> = (0..100)
        .map(|n| {
            let mut module = Module::site(&format!("Module {n}"), &format!("/m{n}"));
            for file in 0..5_u32 {
                let mut noise = Vec::new();
                while noise.len() < 20_000 {
                    let seed = format!("{n} {file} {}", noise.len());
                    noise.extend_from_slice(bundle::Digest::of(seed).as_bytes());
                }
                module = module.file(&format!("file{file}"), noise);
            }
            module.publish(&console)
        })
        .collect();
    let run = Uuid::now_v7();
    let begun = Instant::now();
    let orders: [fn(&Version) -> Order; 3] = [Version::fetch, Version::stage, Version::activate];
    for order in orders {
        let wave = Instant::now();
        let attempts: Vec<_> = versions
            .iter()
            .map(|v| console.order(run, 1, order(v)))
            .collect();
        for attempt in attempts {
            assert_eq!(console.outcome(attempt).await, EventKind::Succeeded);
        }
        println!("a wave of 100 took {:?}", wave.elapsed());
    }
    println!("100 modules took {:?}", begun.elapsed());
    assert_eq!(world.read("/m99/").await, "<h1>Module 99</h1>");
    assert_eq!(console.report().await.modules.len(), 100);
}

//! A test that fails leaves nothing running: neither its agent nor the services of that.

use crate::services::{has_ended, until, with_service_on};
use crate::world::World;
use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// The test that fails, in a process of its own. Says first which service it has started.
pub async fn panicking(how: &OsStr) {
    let mut world = World::joined().await;
    if how == "agent in a process" {
        world.start_process();
    } else {
        world.start().await;
    }
    with_service_on(&world).await;
    println!("\nservice {}", world.read("/orders/process").await);
    println!("\nservice {}", world.read("/orders/child").await);
    panic!("on purpose");
}

async fn ends_everything(how: &str) {
    let test = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "roles::play", "--nocapture"])
        .env("TEST_PANICS", how)
        .stderr(Stdio::null())
        .output();
    let test = test.unwrap();
    assert!(!test.status.success());
    let said = String::from_utf8(test.stdout).unwrap();
    let services = said
        .lines()
        .filter_map(|line| line.strip_prefix("service "));
    let services: Vec<&str> = services.collect();
    assert_eq!(services.len(), 2, "{said}");
    for service in services {
        until(async || has_ended(service)).await;
    }
}

#[tokio::test]
async fn a_test_that_panics_leaves_no_service_of_its_agent() {
    ends_everything("agent in the test").await;
}

#[tokio::test]
async fn a_test_that_panics_leaves_no_service_of_an_agent_in_a_process() {
    ends_everything("agent in a process").await;
}

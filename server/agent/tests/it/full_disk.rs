//! Disks that are full, with real agents: while a bundle is fetched, and when a module is switched.
//! What ran runs on, the step says what is wrong, nothing is half done, and with room it goes well.

use crate::factory::{Module, Version};
use crate::world::World;
use agent::testing::SmallDisk;
use protocol::{EventKind, Order};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use uuid::Uuid;

/// Takes all the room that is left; gives the file that has it.
fn fill(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let mut filler = std::fs::File::create(&path).unwrap();
    for chunk in [64 << 10, 1] {
        while filler.write_all(&vec![7; chunk]).is_ok() {}
    }
    path
}

/// An agent on which one state of a module runs and another is staged, whose switch needs more room
/// in the journal than the answers about it.
struct Staged {
    old: Version,
    new: Version,
    run: Uuid,
}

impl Staged {
    async fn on(world: &World) -> Self {
        let console = &world.console;
        let portal = Module::site("Portal", "/portal");
        let old = portal.publish(console);
        let run = Uuid::now_v7();
        for order in [old.fetch(), old.stage(), old.activate()] {
            console.done(run, order).await;
        }
        let new = portal.file("index.html", "<h1>New</h1>").publish(console);
        let run = Uuid::now_v7();
        let mut placement = new.placement();
        let motto = "x".repeat(64 << 10);
        placement.settings.insert("Motto".to_owned(), motto);
        for order in [new.fetch(), Order::Stage(placement)] {
            console.done(run, order).await;
        }
        Self { old, new, run }
    }

    /// What people see, what the agent reports and what its disk says.
    async fn check(&self, world: &World, version: &Version, heading: &str) {
        assert_eq!(world.read("/portal/").await, heading);
        let hosted = world.console.report().await.modules;
        let digests: Vec<&String> = hosted.iter().map(|hosted| &hosted.digest).collect();
        assert_eq!(digests, [&version.digest]);
    }

    async fn check_old(&self, world: &World) {
        self.check(world, &self.old, "<h1>Portal</h1>").await;
    }

    /// The switch is refused with this code and these words, as often as it is tried; going back
    /// has nothing to put back.
    async fn is_refused(&self, world: &World, code: &str, words: &str) {
        for _ in 0..3 {
            let order = self.new.activate();
            let (message, retry) = world.console.refused(self.run, order, code).await;
            assert!(retry && message.contains(words), "{message}");
            assert!(message.contains("switching a module"), "{message}");
            assert!(message.to_lowercase().contains("nothing of it was kept"));
        }
        let module = self.new.module;
        let back = world
            .console
            .order(self.run, 1, Order::SwitchBack { module });
        assert_eq!(world.console.outcome(back).await, EventKind::Succeeded);
        self.check_old(world).await;
    }

    /// Another run with the same state goes well.
    async fn goes_well(&self, world: &World) {
        let run = Uuid::now_v7();
        for order in [self.new.fetch(), self.new.stage(), self.new.activate()] {
            world.console.done(run, order).await;
        }
        self.check(world, &self.new, "<h1>New</h1>").await;
    }
}

#[tokio::test]
async fn a_switch_on_a_full_disk_leaves_what_ran_and_passes_with_room() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("agent");
    std::fs::create_dir(&folder).unwrap();
    let Some(_mount) = SmallDisk::at(&folder, "8m") else {
        return;
    };
    let mut world = World::joined_in(temporary).await;
    world.start().await;
    let staged = Staged::on(&world).await;
    let filler = fill(&world.folder, "filler");
    staged
        .is_refused(&world, "disk_full", "The agent's disk is full")
        .await;
    // It can be started again on a disk that is full, and still runs what it ran.
    world.stop().await;
    let more = fill(&world.folder, "more");
    world.start().await;
    staged.check_old(&world).await;
    for file in [filler, more] {
        std::fs::remove_file(file).unwrap();
    }
    staged.goes_well(&world).await;
    world.stop().await;
}

#[tokio::test]
async fn a_journal_that_may_not_grow_leaves_what_ran_and_passes_with_room() {
    let mut world = World::joined().await;
    world.start_process();
    let staged = Staged::on(&world).await;
    let limit = |bytes: &str| {
        let set = Command::new("prlimit")
            .arg(format!("--pid={}", world.process()))
            .arg(format!("--fsize={bytes}:unlimited"))
            .status();
        assert!(set.unwrap().success());
    };
    let journal = std::fs::metadata(world.folder.join("journal")).unwrap();
    // Room for some answers, but not for the switch.
    limit(&(journal.len() + (32 << 10)).to_string());
    staged
        .is_refused(&world, "disk_error", "The agent's disk failed")
        .await;
    limit("unlimited");
    staged.goes_well(&world).await;
    // What is on the disk is what was said, also for the next agent in this folder.
    world.kill();
    world.start_process();
    staged.check(&world, &staged.new, "<h1>New</h1>").await;
}

#[tokio::test]
async fn what_nobody_needs_makes_room_when_the_disk_is_full() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("agent");
    std::fs::create_dir(&folder).unwrap();
    // Room for what two states take, and half of a third's.
    let Some(_mount) = SmallDisk::at(&folder, "12m") else {
        return;
    };
    let mut world = World::joined_in(temporary).await;
    world.tidy_after = Duration::from_hours(1);
    world.start().await;
    let console = world.console.clone();
    let portal = Module::site("Portal", "/portal");
    let state = |round: u64| {
        let noise = noise(round, 2 << 20);
        portal.clone().file("noise", noise).publish(&console)
    };
    for round in [1, 2] {
        let (version, run) = (state(round), Uuid::now_v7());
        for order in [
            version.fetch(),
            version.stage(),
            version.activate(),
            Order::CleanUp,
        ] {
            console.done(run, order).await;
        }
    }
    assert_eq!(world.names("releases").len(), 2, "it is not tidied yet");
    let (version, run) = (state(3), Uuid::now_v7());
    console.done(run, version.fetch()).await;
    console.refused(run, version.stage(), "disk_full").await;
    for order in [version.stage(), version.activate()] {
        console.done(run, order).await;
    }
    assert_eq!(world.names("releases").len(), 2, "the first is gone");
    world.stop().await;
}

/// Bytes that do not pack.
fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut noise = Vec::with_capacity(bytes + 32);
    while noise.len() < bytes {
        let next = [seed.to_be_bytes(), (noise.len() as u64).to_be_bytes()].concat();
        noise.extend_from_slice(bundle::Digest::of(next).as_bytes());
    }
    noise
}

#[tokio::test]
async fn a_disk_without_room_for_a_bundle_fails_cleanly_and_passes_with_room() {
    let mut world = World::joined().await;
    let bundles = world.folder.join("bundles");
    let Some(mount) = SmallDisk::at(&bundles, "256k") else {
        return;
    };
    world.start().await;
    let console = world.console.clone();
    let version = Module::site("Portal", "/portal")
        .file("noise", noise(0, 600_000))
        .publish(&console);
    let (message, retry) = console
        .refused(Uuid::now_v7(), version.fetch(), "disk_full")
        .await;
    assert!(retry && message.contains("Free some space"), "{message}");
    assert!(world.names("bundles").is_empty());
    mount.enlarge("4m");
    let run = Uuid::now_v7();
    for order in [version.fetch(), version.stage(), version.activate()] {
        console.done(run, order).await;
    }
    assert_eq!(world.read("/portal/").await, "<h1>Portal</h1>");
    world.stop().await;
}

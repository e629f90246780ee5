//! A new key for what plans hold, and a lost one: nobody enters anything anew but what is lost.

use super::{ALL, SECRET, module, pairs, till};
use crate::plans::World;
use backend::testing::{Kill, TestBackend, actor};
use backend::{KeySource, Options};
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::plan::PlanStatus;
use domain::view::StartOutcome;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FIRST: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA";
const OTHER: &str = "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA";

fn file(path: &Path) -> Options {
    Options {
        secret_keys: KeySource::File(path.to_path_buf()),
        ..Options::default()
    }
}

/// A folder with a key in it.
fn with_key() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secret.key");
    std::fs::write(&path, format!("{FIRST}\n")).unwrap();
    (folder, path)
}

impl World {
    /// Till is in Quality, with a secret that a plan brought; another saved plan holds a new one.
    async fn with_held_secret(mut self) -> (Self, u64, i64) {
        Box::pin(self.publish_till("one", ALL)).await;
        let (plan, _) = self.plan(vec![till()]).await;
        let revision = self
            .entered(plan, &[("Limit", "5"), ("ApiKey", "first")])
            .await;
        Box::pin(self.start_and_settle(plan, revision)).await;
        assert_eq!(self.status(plan).await, PlanStatus::FinishedSuccessful);
        Box::pin(self.publish_till("two", ALL)).await;
        let (plan, _) = self.plan(vec![till()]).await;
        let revision = self.entered(plan, &[("ApiKey", SECRET)]).await;
        let save = self.slipway.save_plan(&self.operator, plan, revision);
        let revision = Box::pin(save).await.unwrap();
        (self, plan, revision)
    }

    async fn reborn_with(self, options: Options) -> Self {
        let slipway = self.slipway.reborn_with(options).await;
        slipway.expire_leases().await;
        assert!(self.quality.connect(&slipway).await);
        Self { slipway, ..self }
    }
}

/// The keys in a file.
fn keys_in(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

async fn renewed(slipway: TestBackend, path: &Path) {
    let world = Box::pin(World::on(slipway)).await;
    let (world, plan, revision) = Box::pin(world.with_held_secret()).await;
    let administrator = actor(Standing::Administrator);
    // What the first plan held, what the target has of it, what the second holds.
    let done = world.slipway.rotate_secrets(&administrator).await.unwrap();
    assert_eq!(done.secrets, 3);
    let keys = keys_in(path);
    assert!(keys.len() == 1 && keys[0] != FIRST, "{keys:?}");
    // Nothing is left to do.
    let again = world.slipway.rotate_secrets(&administrator).await.unwrap();
    assert_eq!(again.secrets, 3, "each rotation has a key of its own");
    assert_ne!(keys_in(path), keys);

    let mut world = {
        let options = file(path);
        Box::pin(world.reborn_with(options)).await
    };
    let started = Box::pin(world.start_and_settle(plan, revision)).await;
    assert_eq!(started, StartOutcome::Started);
    assert_eq!(
        world.told(),
        pairs(&[("ApiKey", SECRET), ("Currency", "EUR"), ("Limit", "5")])
    );
    assert!(!world.slipway.stores(SECRET).await);
}

#[tokio::test]
async fn what_plans_hold_opens_with_the_new_key_on_sqlite() {
    let (_folder, path) = with_key();
    let slipway = TestBackend::with_options(file(&path)).await;
    Box::pin(renewed(slipway, &path)).await;
}

#[tokio::test]
async fn what_plans_hold_opens_with_the_new_key_on_postgres() {
    let (_folder, path) = with_key();
    let slipway = TestBackend::postgres_with(file(&path)).await;
    Box::pin(renewed(slipway, &path)).await;
}

/// Cut off before and after each of its transactions.
#[tokio::test]
async fn a_rotation_that_is_cut_off_loses_nothing_that_plans_hold() {
    for cut in 1..=4 {
        for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
            let (_folder, path) = with_key();
            let slipway = TestBackend::with_options(file(&path)).await;
            let world = Box::pin(World::on(slipway)).await;
            let (world, plan, revision) = Box::pin(world.with_held_secret()).await;
            let administrator = actor(Standing::Administrator);
            world.slipway.fuse().set(cut, kill);
            let _ = world.slipway.rotate_secrets(&administrator).await;
            assert!(world.slipway.fuse().is_blown(), "{cut} {kill:?}");
            let options = file(&path);
            let mut world = Box::pin(world.reborn_with(options)).await;
            world.slipway.rotate_secrets(&administrator).await.unwrap();
            assert_eq!(keys_in(&path).len(), 1, "{cut} {kill:?}");
            let started = Box::pin(world.start_and_settle(plan, revision)).await;
            assert_eq!(started, StartOutcome::Started);
            let key = ("ApiKey".to_owned(), SECRET.to_owned());
            assert!(world.told().contains(&key), "{cut} {kill:?}");
        }
    }
}

async fn lost(slipway: TestBackend, path: &Path) {
    let world = Box::pin(World::on(slipway)).await;
    let (world, plan, _) = Box::pin(world.with_held_secret()).await;
    std::fs::write(path, format!("{OTHER}\n")).unwrap();
    let mut world = Box::pin(world.reborn_with(file(path))).await;
    let administrator = actor(Standing::Administrator);
    let refused = world.slipway.rotate_secrets(&administrator).await;
    assert_eq!(refused.unwrap_err().code(), "unknown_key");
    let gone = world.slipway.forget_lost_secrets(&administrator).await;
    assert_eq!(gone.unwrap(), 3);
    let detail = world
        .slipway
        .read_plan(&world.operator, plan)
        .await
        .unwrap();
    assert_eq!(detail.content.settings, [], "it holds nothing any more");
    assert_eq!(
        world.missing(plan).await,
        [(FindingCode::SettingMissing, "ApiKey".to_owned())]
    );
    // Entered anew it is as before; the limit was no secret.
    let revision = world.entered(plan, &[("ApiKey", "anew")]).await;
    let started = Box::pin(world.start_and_settle(plan, revision)).await;
    assert_eq!(started, StartOutcome::Started);
    assert_eq!(
        world.told(),
        pairs(&[("ApiKey", "anew"), ("Currency", "EUR"), ("Limit", "5")])
    );
    assert!(world.quality.running.contains_key(&module().0));
}

#[tokio::test]
async fn what_plans_hold_and_no_key_opens_is_entered_anew_on_sqlite() {
    let (_folder, path) = with_key();
    let slipway = TestBackend::with_options(file(&path)).await;
    Box::pin(lost(slipway, &path)).await;
}

#[tokio::test]
async fn what_plans_hold_and_no_key_opens_is_entered_anew_on_postgres() {
    let (_folder, path) = with_key();
    let slipway = TestBackend::postgres_with(file(&path)).await;
    Box::pin(lost(slipway, &path)).await;
}

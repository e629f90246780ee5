//! Orders that change nothing people can see: fetching, staging, reporting.

use super::sweep::Kept;
use super::{Done, Orders};
use crate::error::Failure;
use crate::inventory;
use crate::publish::{StageWork, stage};
use crate::state::{Record, Release};
use protocol::{Command, Placement};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A bundle is asked for this often within one attempt.
const FETCH_TRIES: u32 = 3;

impl Orders {
    pub(super) async fn fetch(
        &self,
        command: &Command,
        digest: &str,
        size: u64,
    ) -> Result<Done, Failure> {
        if digest.parse::<bundle::Digest>().is_err() || size > bundle::Limits::STANDARD.packed {
            return Err(Failure::lasting(
                "bad_command",
                format!("The console asks for {digest:.80} with {size} bytes, which is no bundle."),
            ));
        }
        let kept = self.keep([digest.to_owned()]).await;
        let _turn = self.store.turn(digest).await;
        let slot = self.disk_work.acquire(command.run).await;
        Self::limited(command, async {
            let mut tries = 0;
            while !self.store.has(digest) {
                tries += 1;
                match self.fetch_once(digest, size).await {
                    Err(failure)
                        if tries < FETCH_TRIES
                            && matches!(failure.code, "download_cut" | "console_away") =>
                    {
                        self.log(command, "warning", failure.message);
                        tokio::time::sleep(Duration::from_millis(200 * u64::from(tries))).await;
                    }
                    other => other?,
                }
            }
            // Not while it waits for the disk: the next ones share one sync.
            drop(slot);
            self.sync
                .sync()
                .await
                .map_err(|e| Failure::disk("storing a bundle", &e))?;
            Ok(Done {
                records: vec![Record::Fetched {
                    run: command.run,
                    digest: digest.to_owned(),
                }],
                kept: Some(kept),
            })
        })
        .await
    }

    pub(super) async fn fetch_once(&self, digest: &str, size: u64) -> Result<(), Failure> {
        let Some(console) = &self.console else {
            return Err(Failure::passing(
                "console_away",
                "There is no console to fetch from.",
            ));
        };
        let answer = console.bundle(digest).await?;
        let stream = answer.bytes_stream();
        futures::pin_mut!(stream);
        self.store.put(digest, size, stream).await
    }

    pub(super) async fn stage(
        &self,
        command: &Command,
        placement: &Placement,
    ) -> Result<Done, Failure> {
        let _turn = self.module_turn(placement.module).await;
        self.still_current(command)?;
        let slot = self.disk_work.acquire(command.run).await;
        let staged = async {
            let staged = self.stage_files(placement.clone()).await?;
            // Not while it waits for the disk: the next ones share one sync.
            drop(slot);
            self.settle_files().await?;
            Ok(staged)
        };
        let (release, kept) = Self::limited(command, staged).await?;
        Ok(Done {
            records: vec![Record::Staged {
                run: command.run,
                release: Box::new(release),
            }],
            kept: Some(kept),
        })
    }

    /// Stages a module and makes it durable: for what is published on this machine. What is answered
    /// beside the release is held until a record names it.
    pub(crate) async fn stage_release(
        &self,
        placement: Placement,
    ) -> Result<(Release, Kept), Failure> {
        let staged = self.stage_files(placement).await?;
        self.settle_files().await?;
        Ok(staged)
    }

    /// Makes what was staged durable.
    async fn settle_files(&self) -> Result<(), Failure> {
        let synced = self.sync.sync().await;
        synced.map_err(|e| Failure::disk("staging a module", &e))
    }

    /// Stages a module; nothing of it is durable yet.
    async fn stage_files(&self, placement: Placement) -> Result<(Release, Kept), Failure> {
        let release_id = Uuid::now_v7();
        let kept = self.keep([release_id.to_string()]).await;
        let _folders = self.folders.read().await;
        let sources = {
            let state = self.journal.state();
            let wanted: BTreeSet<&str> =
                placement.links.iter().map(|l| l.digest.as_str()).collect();
            let mut sources: BTreeMap<String, PathBuf> = BTreeMap::new();
            if !wanted.is_empty() {
                for release in state.releases() {
                    if wanted.contains(release.digest.as_str()) {
                        let folder = self.releases.join(release.id.to_string());
                        sources.insert(release.digest.clone(), folder);
                    }
                }
            }
            sources
        };
        let work = StageWork {
            placement,
            releases: self.releases.clone(),
            bundles: self.bundles.clone(),
            release_id,
            sources,
            secrets: Arc::clone(&self.secrets),
        };
        let host = Arc::clone(&self.host);
        let release = tokio::task::spawn_blocking(move || {
            let release = stage(&work)?;
            let folder = work.releases.join(release.id.to_string());
            let checked = host.check_command(&release, &folder);
            if checked.is_err() {
                let _ = std::fs::remove_dir_all(&folder);
            }
            checked.map(|()| release)
        })
        .await
        .map_err(|_| Failure::passing("interrupted", "Staging was interrupted. Try again."))??;
        Ok((release, kept))
    }

    pub(super) async fn report(&self, command: &Command) -> Result<Vec<Record>, Failure> {
        let Some(console) = &self.console else {
            return Err(Failure::passing(
                "console_away",
                "There is no console to report to.",
            ));
        };
        let inventory = inventory::take(&self.journal, &self.host, Some(command.attempt));
        Self::limited(command, async {
            console.inventory(&inventory).await.map_err(|error| {
                Failure::passing(
                    "console_away",
                    format!("The inventory could not be posted: {error}. It is tried again."),
                )
            })
        })
        .await?;
        Ok(Vec::new())
    }
}

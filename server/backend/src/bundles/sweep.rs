//! Removing bundles that nothing needs. Needed are those of every tag, of whatever runs anywhere,
//! of every run that is not over, of what a plan replaced in its target in the last 90 days, so that
//! it can be rolled back, and all that is linked into these. A bundle is removed when it was found
//! unneeded more than a day ago and still is: what was uploaded and not yet published, and what a
//! publication has just replaced, has that long.
//!
//! Publishing says in its own transaction which bundles it needs; the row of a bundle is removed
//! only if nobody said so meanwhile, and the bytes only after the row. In this process uploads wait
//! for that; another console process on the same PostgreSQL may, at the worst, have to be given a
//! bundle again, which it says.

use crate::Backend;
use domain::AppError;
use serde::Deserialize;
use std::collections::BTreeSet;
use store::{Kept, bundles};

/// How long a bundle stays that nothing needs, in milliseconds.
const GRACE: i64 = 24 * 60 * 60 * 1_000;

/// How long what a plan replaced is kept after its end, in milliseconds.
const WAY_BACK: i64 = 90 * 24 * 60 * 60 * 1_000;

/// As much of what is linked into a state as matters here.
#[derive(Deserialize)]
struct Linked {
    digest: String,
}

impl Backend {
    /// Removes what nobody needs; how many bundles that were.
    pub async fn sweep_bundles(&self) -> Result<usize, AppError> {
        let now = self.now();
        // Read before, so that nobody who writes waits for it: what a plan replaces meanwhile was
        // needed until now, and stays for a day anyway.
        let replaced = bundles::list_replaced(self.store.read(), now - WAY_BACK).await?;
        let old = self
            .store
            .write(async |tx| -> Result<Vec<String>, AppError> {
                let mut needed = BTreeSet::new();
                let states = bundles::list_needed(tx).await?;
                for (digest, links) in states.iter().chain(&replaced) {
                    let links: Vec<Linked> = serde_json::from_str(links).map_err(|error| {
                        // Rather nothing is removed than something that is needed.
                        tracing::error!(%error, digest, "what is linked into a module cannot be read");
                        AppError::Internal {
                            reference: format!("links-{digest:.12}"),
                        }
                    })?;
                    needed.extend(links.into_iter().map(|link| link.digest));
                    needed.insert(digest.clone());
                }
                let (mut wanted, mut unneeded, mut old) = (Vec::new(), Vec::new(), Vec::new());
                for (digest, since) in bundles::list(tx).await? {
                    match (needed.contains(&digest), since) {
                        (true, Some(_)) => wanted.push(digest),
                        (false, None) => unneeded.push(digest),
                        (false, Some(since)) if since < now - GRACE => old.push(digest),
                        _ => {}
                    }
                }
                bundles::keep(tx, &wanted).await?;
                bundles::set_unneeded(tx, &unneeded, now).await?;
                Ok(old)
            })
            .await?;
        let mut removed = 0;
        for digest in old {
            let _turn = self.bundle_turn.write().await;
            let forgotten = self
                .store
                .write(async |tx| bundles::forget(tx, &digest, now - GRACE).await)
                .await?;
            if forgotten {
                self.blobs.remove(&digest).await?;
                removed += 1;
            }
        }
        self.sweep_strays(now).await?;
        Ok(removed)
    }

    /// Bytes that no row names: cut uploads, and what a crash left between row and bytes.
    async fn sweep_strays(&self, now: i64) -> Result<(), AppError> {
        for stray in self.blobs.list_before(now - GRACE).await? {
            match stray {
                Kept::Incoming(name) => self.blobs.remove_incoming(&name).await?,
                Kept::Blob(digest) => {
                    let _turn = self.bundle_turn.write().await;
                    if bundles::find(self.store.read(), &digest).await?.is_none() {
                        self.blobs.remove(&digest).await?;
                    }
                }
            }
        }
        Ok(())
    }
}

//! What is removed because nobody needs it any more: sessions that are over, commands that are
//! long done, join codes of the past, drafts that nobody saved, bundles that nothing needs. History
//! is never removed here.

use crate::Backend;
use domain::AppError;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked for.
const EVERY: Duration = Duration::from_hours(1);
/// Done commands are kept for 7 days, in milliseconds. So are join codes, so that somebody who uses
/// one too late or twice is told which of the two it was.
const KEEP: i64 = 7 * 24 * 60 * 60 * 1_000;

impl Backend {
    /// Tidies up every hour until `stop`.
    pub async fn keep_tidy(self: Arc<Self>, stop: CancellationToken) {
        loop {
            if let Err(error) = self.tidy().await {
                tracing::warn!(code = error.code(), "old rows could not be removed");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Tidies up once.
    pub async fn tidy(&self) -> Result<(), AppError> {
        self.remove_ended_sessions().await?;
        self.remove_old_drafts().await?;
        let now = self.now();
        self.store
            .write(async |tx| store::accounts::delete_ended_links(tx, now).await)
            .await?;
        let before = self.now() - KEEP;
        self.store
            .write(async |tx| {
                store::agents::remove_finished(tx, before).await?;
                store::agents::remove_join_codes(tx, before).await
            })
            .await?;
        if let Some(entry) = store::audit::find_break(self.store.read()).await? {
            tracing::error!(
                entry,
                "the audit was changed outside Slipway: this entry does not follow from those before it"
            );
        }
        let removed = self.sweep_bundles().await?;
        if removed > 0 {
            tracing::info!(removed, "bundles that nothing needs any more were removed");
        }
        Ok(())
    }
}

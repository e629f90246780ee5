//! Which runs this process walks: taken when nobody holds them, held on, given back.

use super::{Held, Rest, Runs};
use crate::Backend;
use domain::AppError;
use std::time::{Duration, Instant};
use store::DatabaseKind;
use store::executions::Claim;
use uuid::Uuid;

impl Backend {
    /// Takes runs that nobody holds.
    pub(super) async fn claim_runs(&self, runs: &mut Runs) -> Result<(), AppError> {
        let open = store::executions::list_open_runs(self.store.read()).await?;
        if open.iter().all(|run| runs.held.contains_key(&run.id)) {
            return Ok(());
        }
        // On SQLite there is one process; whoever else held a run is gone.
        let all = self.store.kind() == DatabaseKind::Sqlite;
        let claims = self
            .store
            .write(async |tx| {
                store::executions::claim(
                    &self.store,
                    tx,
                    &self.engine.owner,
                    self.engine.options.lease_ms,
                    all,
                )
                .await
                .map_err(AppError::from)
            })
            .await?;
        for claim in claims {
            runs.held.insert(
                claim.run,
                Held {
                    claim,
                    loaded: None,
                    rest: Rest::default(),
                },
            );
        }
        Ok(())
    }

    pub(super) async fn renew_leases(&self, runs: &mut Runs) {
        let due = Duration::from_millis(self.engine.options.renew_ms);
        if runs.renewed.is_some_and(|at| at.elapsed() < due) {
            return;
        }
        runs.renewed = Some(Instant::now());
        if let Err(error) = self.set_clock().await {
            tracing::debug!(
                code = error.code(),
                "the database's clock could not be read"
            );
        }
        if runs.held.is_empty() {
            return;
        }
        let claims: Vec<Claim> = runs.held.values().map(|held| held.claim).collect();
        let lost: Result<Vec<Uuid>, AppError> = self
            .store
            .write(async |tx| {
                let mut lost = Vec::new();
                for claim in claims {
                    let lease = self.engine.options.lease_ms;
                    if !store::executions::hold(&self.store, tx, claim, lease).await? {
                        lost.push(claim.run);
                    }
                }
                Ok(lost)
            })
            .await;
        // A renewal that fails is tried again; each write of a round checks the lease anyway.
        for run in lost.unwrap_or_default() {
            runs.held.remove(&run);
        }
    }

    pub(super) async fn release_runs(&self) {
        let mut runs = self.engine.runs.lock().await;
        let claims: Vec<Claim> = runs.held.values().map(|held| held.claim).collect();
        runs.held.clear();
        let released: Result<(), AppError> = self
            .store
            .write(async |tx| {
                for claim in claims {
                    store::executions::release(tx, claim).await?;
                }
                Ok(())
            })
            .await;
        if released.is_err() {
            tracing::debug!("leases could not be given back; they run out by themselves");
        }
    }
}

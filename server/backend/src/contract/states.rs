//! Published states, read once: they never change, so they are kept in memory.

use super::ModuleState;
use domain::AppError;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use store::ConnectionTrait;
use uuid::Uuid;

/// States kept in memory at most; above, all are forgotten and read anew.
const MOST: usize = 60_000;

/// The states that were read.
#[derive(Debug, Default)]
pub(crate) struct States(Mutex<BTreeMap<Uuid, Arc<ModuleState>>>);

impl States {
    /// These states. Ids that are not known are left out.
    pub(crate) async fn load(
        &self,
        connection: &impl ConnectionTrait,
        ids: BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, Arc<ModuleState>>, AppError> {
        let mut found = BTreeMap::new();
        let mut unread = BTreeSet::new();
        {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                match known.get(&id) {
                    Some(state) => {
                        found.insert(id, Arc::clone(state));
                    }
                    None => {
                        unread.insert(id);
                    }
                }
            }
        }
        if unread.is_empty() {
            return Ok(found);
        }
        let rows = store::catalog::module_versions(connection, &unread).await?;
        let mut read = Vec::with_capacity(rows.len());
        for row in &rows {
            read.push(Arc::new(ModuleState::read(row)?));
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + read.len() > MOST {
            known.clear();
        }
        for state in read {
            known.insert(state.id, Arc::clone(&state));
            found.insert(state.id, state);
        }
        Ok(found)
    }
}

//! Other values of its site properties for a module that runs: what is hosted stays the same, a
//! service is started anew with them, a static module's document says them from then on.

use super::Orders;
use crate::error::Failure;
use crate::state::Record;
use protocol::Command;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

impl Orders {
    pub(super) async fn set(
        &self,
        command: &Command,
        (module, version): (Uuid, Uuid),
        settings: &BTreeMap<String, String>,
        secret: &[String],
    ) -> Result<Vec<Record>, Failure> {
        let _turn = self.module_turn(module).await;
        self.still_current(command)?;
        let current = self.journal.state().current.get(&module).cloned();
        let Some(current) = current.filter(|now| now.module_version == Some(version)) else {
            return Err(Failure::lasting(
                "not_there",
                "The module does not run in the state that the values are meant for: it was \
                 published or removed meanwhile. The values take effect when it is deployed next.",
            ));
        };
        let mut release = current;
        if !self.secrets.set(&mut release, settings, secret)? {
            return Ok(Vec::new());
        }
        let limit = Duration::from_millis(command.time_limit_ms);
        let mounted = self.start(command.run, release.clone(), limit).await?;
        self.still_current(command)?;
        self.commit(Some(command.run), module, Some((release, mounted)))
            .await?;
        Ok(Vec::new())
    }
}

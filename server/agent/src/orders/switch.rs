//! Orders that change what runs: on the disk first, then in the table of what is mounted.

use super::Orders;
use crate::clock::now_ms;
use crate::error::Failure;
use crate::host::{Host, Mounted};
use crate::state::{Record, Release};
use protocol::Command;
use std::io;
use std::time::Duration;
use uuid::Uuid;

/// How long a switch may take beyond what the service's manifest allows it for its start.
const START_MARGIN: Duration = Duration::from_secs(30);

impl Orders {
    pub(super) async fn activate(
        &self,
        command: &Command,
        module: Uuid,
        leaving: &[Uuid],
    ) -> Result<Vec<Record>, Failure> {
        let _turn = self.module_turn(module).await;
        self.still_current(command)?;
        let (staged, touched) = {
            let state = self.journal.state();
            let run = state.runs.get(&command.run);
            (
                run.and_then(|r| r.staged.get(&module)).cloned(),
                run.is_some_and(|r| r.before.contains_key(&module)),
            )
        };
        let Some(mut release) = staged else {
            if touched && self.journal.state().current.contains_key(&module) {
                return Ok(Vec::new()); // this run has activated it already
            }
            return Err(Failure::lasting(
                "not_staged",
                "This run has staged nothing for the module, or it was cleaned up. Start the \
                 deployment again.",
            ));
        };
        let sharing = self.check_address(command.run, &release, leaving)?;
        release.attempt = Some(command.attempt);
        // Of those that share an address for a while the newest is reached, whatever the clock did.
        release.activated_ms = sharing.map_or_else(now_ms, |newest| now_ms().max(newest + 1));
        let limit = Duration::from_millis(command.time_limit_ms);
        let mounted = self.start(command.run, release.clone(), limit).await?;
        self.still_current(command)?;
        self.commit(Some(command.run), module, Some((release, mounted)))
            .await?;
        Ok(Vec::new())
    }

    /// Starts a release beside what runs and waits until it is up: at least `limit`, and always as
    /// long as its manifest allows. Waiting for room does not count; runs have their turns.
    pub(crate) async fn start(
        &self,
        run: Uuid,
        release: Release,
        limit: Duration,
    ) -> Result<Mounted, Failure> {
        if release.manifest.module.service.is_some() {
            self.secrets.require(&release)?;
        }
        let service = release.manifest.module.service.as_ref();
        let own = service.map_or(0, |service| service.start_seconds);
        let own = Duration::from_secs(u64::from(own)) + START_MARGIN;
        let _slot = self.starts.acquire(run).await;
        Self::within(limit.max(own), async {
            let mounted = self.host.mount(release)?;
            Host::ready(&mounted).await?;
            Ok(mounted)
        })
        .await
    }

    /// The switch: on disk, then in the table. Not interruptible in between.
    pub(crate) async fn commit(
        &self,
        run: Option<Uuid>,
        module: Uuid,
        to: Option<(Release, Mounted)>,
    ) -> Result<(), Failure> {
        let (release, mounted) = to.unzip();
        let id = release.as_ref().map(|release| release.id);
        let written = self
            .journal
            .write(vec![Record::Switched {
                run,
                module,
                release: release.map(Box::new),
            }])
            .await;
        written.map_err(|e| Failure::disk("switching a module", &e))?;
        self.host.switch(module, mounted);
        self.point(module, id);
        Ok(())
    }

    /// Keeps the link under `current/` for people who look at the disk; the journal decides.
    pub(super) fn point(&self, module: Uuid, release: Option<Uuid>) {
        let link = self.current.join(module.to_string());
        let result = match release {
            Some(release) => {
                let partial = self.current.join(format!("{module}.partial"));
                let _ = std::fs::remove_file(&partial);
                std::os::unix::fs::symlink(format!("../releases/{release}"), &partial)
                    .and_then(|()| std::fs::rename(&partial, &link))
            }
            None => std::fs::remove_file(&link),
        };
        if let Err(error) = result
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::debug!(%error, "the link to what runs could not be set");
        }
    }

    /// Nobody else may be mounted there, unless this run moves them away or removes them
    /// (`leaving`). Until it does, they share the address; answers when the newest of them was
    /// activated.
    pub(crate) fn check_address(
        &self,
        run: Uuid,
        release: &Release,
        leaving: &[Uuid],
    ) -> Result<Option<i64>, Failure> {
        let url_path = release.url_path();
        if url_path.is_empty() {
            return Ok(None);
        }
        let state = self.journal.state();
        let staged = state.runs.get(&run).map(|run| &run.staged);
        let there = state
            .current
            .values()
            .filter(|other| other.module != release.module && other.url_path() == url_path);
        let taken = there.clone().find(|other| {
            !leaving.contains(&other.module)
                && staged
                    .and_then(|staged| staged.get(&other.module))
                    .is_none_or(|next| next.url_path() == url_path)
        });
        match taken {
            Some(other) => Err(Failure::lasting(
                "address_taken",
                format!(
                    "\"{}\" shall be mounted at {url_path}, where \"{}\" is. Give one of them \
                     another url_path, or remove \"{}\" first.",
                    release.name, other.name, other.name
                ),
            )),
            None => Ok(there.map(|other| other.activated_ms).max()),
        }
    }

    pub(super) async fn remove(
        &self,
        command: &Command,
        module: Uuid,
    ) -> Result<Vec<Record>, Failure> {
        let _turn = self.module_turn(module).await;
        self.still_current(command)?;
        if self.journal.state().current.contains_key(&module) {
            self.commit(Some(command.run), module, None).await?;
        }
        Ok(Vec::new())
    }

    pub(super) async fn switch_back(
        &self,
        command: &Command,
        module: Uuid,
    ) -> Result<Vec<Record>, Failure> {
        let _turn = self.module_turn(module).await;
        self.still_current(command)?;
        // On the disk before the console hears how this ended: from then on nothing of the run may
        // switch the module again, also when there is nothing to put back.
        self.journal.note(vec![Record::GoingBack {
            run: command.run,
            module,
        }]);
        let (before, current, cleaned) = {
            let state = self.journal.state();
            let run = state.runs.get(&command.run);
            (
                run.and_then(|r| r.before.get(&module)).cloned(),
                state.current.get(&module).map(|r| r.id),
                run.is_some_and(|r| r.cleaned),
            )
        };
        let Some(before) = before else {
            if cleaned {
                return Err(Failure::lasting(
                    "nothing_kept",
                    "This run was cleaned up; what ran before it is no longer kept. Deploy the \
                     former version instead.",
                ));
            }
            return Ok(Vec::new()); // this run never touched the module
        };
        if before.as_ref().map(|r| r.id) == current {
            return Ok(Vec::new());
        }
        let mounted = match before.clone() {
            Some(release) => {
                let limit = Duration::from_millis(command.time_limit_ms);
                Some(self.start(command.run, release, limit).await?)
            }
            None => None,
        };
        self.journal
            .write(vec![Record::SwitchedBack {
                run: command.run,
                module,
            }])
            .await
            .map_err(|e| Failure::disk("switching a module back", &e))?;
        self.host.switch(module, mounted);
        self.point(module, before.map(|release| release.id));
        Ok(Vec::new())
    }
}

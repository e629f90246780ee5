//! What the agent hosts, as it tells the console.

use crate::host::Host;
use crate::journal::Journal;
use protocol::Inventory;
use uuid::Uuid;

/// Everything that is hosted, sorted by module. `attempt` is the `Report` that it answers.
pub(crate) fn take(journal: &Journal, host: &Host, attempt: Option<Uuid>) -> Inventory {
    let table = host.table();
    let state = journal.state();
    Inventory {
        counter: state.counter,
        attempt,
        modules: state
            .current
            .values()
            .map(|release| {
                // Between the journal's switch and the table's there may be another release.
                let mounted = table
                    .get(&release.module)
                    .filter(|mounted| mounted.release.id == release.id);
                let how = mounted.map_or("starting", |mounted| mounted.state());
                release.hosted(how, mounted.and_then(|mounted| mounted.trouble()))
            })
            .collect(),
    }
}

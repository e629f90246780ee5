//! Telling the console what happened: events in order until they are accepted, and inventories
//! when something changed without a command.

use super::Pause;
use super::console::{CallError, Console};
use crate::inventory;
use crate::journal::Journal;
use crate::orders::Orders;
use crate::state::Record;
use protocol::{Event, Events, Inventory};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Most events in one post.
const BATCH: usize = 500;

/// A post that follows another one within [`BUSY`] waits for [`GATHER`]: each costs the console a
/// transaction and its engine a round.
const BUSY: Duration = Duration::from_millis(20);
const GATHER: Duration = Duration::from_millis(4);

/// The longest pause before a refused bundle is offered again.
const REFUSED_BUNDLE: Duration = Duration::from_mins(5);

/// Posts what is in the spool, for ever. While one post is under way the next ones gather.
pub(super) async fn post_events(console: Console, journal: Journal) {
    let mut pause = Pause::new();
    let mut last_post: Option<Instant> = None;
    loop {
        if last_post.is_some_and(|last| last.elapsed() < BUSY) {
            sleep(GATHER).await;
        }
        let batch: Vec<Event> = journal.state().spool.iter().take(BATCH).cloned().collect();
        let Some(last) = batch.last().map(|e| e.number) else {
            journal.events.notified().await;
            continue;
        };
        match post(&console, batch).await {
            Ok(()) => {
                pause.reset();
                // Losing this in a crash repeats the post, which the console recognises. Waiting
                // for it keeps the spool from being read again before it is applied.
                if journal
                    .write(vec![Record::Accepted { number: last }])
                    .await
                    .is_err()
                {
                    pause.wait().await;
                }
                last_post = Some(Instant::now());
            }
            Err(error) => {
                tracing::debug!(%error, "events could not be posted");
                pause.wait().await;
            }
        }
    }
}

/// Posts a batch; if the console calls it wrong, one by one, so that a single event that it cannot
/// take does not hold up the others for ever.
async fn post(console: &Console, batch: Vec<Event>) -> Result<(), CallError> {
    let all = Events { events: batch };
    match console.events(&all).await {
        Err(CallError::Refused { status, .. }) if is_about_content(status) => {}
        other => return other,
    }
    for event in all.events {
        let number = event.number;
        let one = Events {
            events: vec![event],
        };
        match console.events(&one).await {
            Err(CallError::Refused {
                status, message, ..
            }) if is_about_content(status) => {
                tracing::error!(
                    number,
                    message,
                    "the console cannot take an event; it is dropped"
                );
            }
            other => other?,
        }
    }
    Ok(())
}

const fn is_about_content(status: u16) -> bool {
    matches!(status, 400 | 404 | 409 | 413 | 422)
}

/// What was published on this machine and the console has taken, by digest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(Arc<Mutex<BTreeSet<String>>>);

impl Given {
    /// Nothing is known to be there any more.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Posts an inventory whenever what is hosted changed, a moment later so that a wave is one post.
/// Bundles that were published on this machine are given to the console first; those that it
/// refuses are offered again, at a growing distance.
pub(super) async fn post_changes(console: Console, orders: Arc<Orders>, given: Given) {
    let mut refused = Pause::up_to(REFUSED_BUNDLE);
    loop {
        orders.journal.changes.notified().await;
        let mut pause = Pause::new();
        loop {
            sleep(Duration::from_millis(150)).await;
            let inventory = inventory::take(&orders.journal, &orders.host, None);
            let posted = match give_bundles(&console, &orders, &inventory, &given).await {
                Ok(all) => console.inventory(&inventory).await.map(|()| all),
                Err(away) => Err(away),
            };
            match posted {
                Ok(true) => {
                    refused.reset();
                    break;
                }
                Ok(false) => {
                    // A change in between is posted at once.
                    tokio::select! {
                        () = orders.journal.changes.notified() => {}
                        () = refused.wait() => {}
                    }
                }
                // Refused: hello says the counter at the next connection anyway.
                Err(CallError::Refused { message, .. }) => {
                    tracing::warn!(message, "the console refused an inventory");
                    break;
                }
                Err(CallError::Away(_)) => pause.wait().await,
            }
        }
    }
}

/// Gives the console what it cannot have from anywhere else; whether it took all of it.
async fn give_bundles(
    console: &Console,
    orders: &Orders,
    inventory: &Inventory,
    given: &Given,
) -> Result<bool, CallError> {
    let mut all = true;
    for hosted in &inventory.modules {
        if hosted.module_version.is_some() || given.lock().contains(&hosted.digest) {
            continue;
        }
        let Ok(file) = tokio::fs::File::open(orders.store.path(&hosted.digest)).await else {
            continue;
        };
        match console.give_bundle(&hosted.digest, file).await {
            Ok(()) => {
                given.lock().insert(hosted.digest.clone());
            }
            Err(away @ CallError::Away(_)) => return Err(away),
            Err(error) => {
                tracing::warn!(%error, module = %hosted.name, "the console refused a bundle; it is offered again");
                all = false;
            }
        }
    }
    Ok(all)
}

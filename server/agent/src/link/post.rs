//! Telling the console what happened: events in order until they are accepted, and inventories
//! when something changed without a command.

use super::Pause;
use super::console::{CallError, Console};
use crate::inventory;
use crate::journal::Journal;
use crate::orders::Orders;
use crate::state::Record;
use protocol::{Event, Events};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Most events in one post.
const BATCH: usize = 500;

/// Posts what is in the spool, for ever. While one post is under way the next ones gather.
pub(super) async fn post_events(console: Console, journal: Journal) {
    let mut pause = Pause::new();
    loop {
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

/// Posts an inventory whenever what is hosted changed, a moment later so that a wave is one post.
/// Bundles that were published on this machine are given to the console first.
pub(super) async fn post_changes(console: Console, orders: Arc<Orders>) {
    let mut given: BTreeSet<String> = BTreeSet::new();
    let mut pause = Pause::new();
    loop {
        orders.journal.changes.notified().await;
        loop {
            sleep(Duration::from_millis(150)).await;
            match post_inventory(&console, &orders, &mut given).await {
                Ok(()) => break,
                // Refused: hello says the counter at the next connection anyway.
                Err(CallError::Refused { message, .. }) => {
                    tracing::warn!(message, "the console refused an inventory");
                    break;
                }
                Err(CallError::Away(_)) => pause.wait().await,
            }
        }
        pause.reset();
    }
}

async fn post_inventory(
    console: &Console,
    orders: &Orders,
    given: &mut BTreeSet<String>,
) -> Result<(), CallError> {
    let inventory = inventory::take(&orders.journal, &orders.host, None);
    for hosted in &inventory.modules {
        if hosted.module_version.is_some() || given.contains(&hosted.digest) {
            continue;
        }
        if let Ok(file) = tokio::fs::File::open(orders.store.path(&hosted.digest)).await {
            match console.give_bundle(&hosted.digest, file).await {
                Err(away @ CallError::Away(_)) => return Err(away),
                Err(error) => tracing::warn!(%error, "the console refused a bundle"),
                Ok(()) => {}
            }
        }
        given.insert(hosted.digest.clone());
    }
    console.inventory(&inventory).await
}

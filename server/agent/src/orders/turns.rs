//! The order in which the commands of one run are carried out: those about the same module one
//! after the other as they came, and cleaning up after everything that came before it. All others
//! go side by side.

use protocol::Order;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Commands that are not finished with, by run, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    runs: BTreeMap<Uuid, Vec<Place>>,
    last: u64,
}

#[derive(Debug)]
struct Place {
    id: u64,
    about: About,
    over: CancellationToken,
}

/// What a command may have to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Others about the same module.
    Module(Uuid),
    /// Everything of its run.
    Run,
    /// Nothing but what concerns the whole run.
    Nothing,
}

impl About {
    const fn of(order: &Order) -> Self {
        match order {
            Order::Stage(placement) => Self::Module(placement.module),
            Order::Activate { module, .. }
            | Order::Remove { module }
            | Order::SwitchBack { module }
            | Order::Settings { module, .. } => Self::Module(*module),
            Order::CleanUp => Self::Run,
            Order::Fetch { .. } | Order::Report => Self::Nothing,
        }
    }

    fn waits_for(self, earlier: Self) -> bool {
        match (self, earlier) {
            (Self::Run, _) | (_, Self::Run) => true,
            (Self::Module(one), Self::Module(other)) => one == other,
            (Self::Nothing, _) | (_, Self::Nothing) => false,
        }
    }
}

impl Turns {
    /// The next place in the run's line. To be called in the order of the commands' numbers.
    pub(super) fn queue(&self, run: Uuid, order: &Order) -> Turn {
        let about = About::of(order);
        let over = CancellationToken::new();
        let mut lines = self.lock();
        lines.last += 1;
        let id = lines.last;
        let line = lines.runs.entry(run).or_default();
        let before = line
            .iter()
            .filter(|place| about.waits_for(place.about))
            .map(|place| place.over.clone())
            .collect();
        line.push(Place {
            id,
            about,
            over: over.clone(),
        });
        Turn {
            turns: self.clone(),
            run,
            id,
            before,
            over,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A command's place in the line; when it is dropped, the next ones may go on.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    run: Uuid,
    id: u64,
    before: Vec<CancellationToken>,
    over: CancellationToken,
}

impl Turn {
    /// Waits until it is this command's turn.
    pub(super) async fn come(&self) {
        for before in &self.before {
            before.cancelled().await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut lines = self.turns.lock();
        if let Some(line) = lines.runs.get_mut(&self.run) {
            line.retain(|place| place.id != self.id);
            if line.is_empty() {
                lines.runs.remove(&self.run);
            }
        }
        drop(lines);
        self.over.cancel();
    }
}

//! Room for work that is limited, shared fairly between runs: when a slot is free, the runs that wait
//! for one have their turns one after the other, however many commands each has brought. Within a
//! run, first come first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use uuid::Uuid;

/// A number of slots.
#[derive(Debug, Clone)]
pub(super) struct Slots(Arc<Mutex<Room>>);

#[derive(Debug)]
struct Room {
    /// Free while nobody waits.
    free: usize,
    waiting: BTreeMap<Uuid, VecDeque<oneshot::Sender<Slot>>>,
    /// The run that was given a slot last.
    last: Uuid,
}

impl Room {
    /// Who is next: the first in line of the next run.
    fn next(&mut self) -> Option<oneshot::Sender<Slot>> {
        let after = (
            std::ops::Bound::Excluded(self.last),
            std::ops::Bound::Unbounded,
        );
        let run = self
            .waiting
            .range(after)
            .next()
            .or_else(|| self.waiting.iter().next())
            .map(|(run, _)| *run)?;
        let line = self.waiting.get_mut(&run)?;
        let next = line.pop_front();
        if line.is_empty() {
            self.waiting.remove(&run);
        }
        self.last = run;
        next
    }
}

impl Slots {
    /// So many.
    pub(super) fn new(count: usize) -> Self {
        Self(Arc::new(Mutex::new(Room {
            free: count,
            waiting: BTreeMap::new(),
            last: Uuid::nil(),
        })))
    }

    /// Waits for a slot, as one of this run.
    pub(super) async fn acquire(&self, run: Uuid) -> Slot {
        loop {
            let waits = {
                let mut room = self.lock();
                if room.free > 0 {
                    room.free -= 1;
                    room.last = run;
                    return self.slot();
                }
                let (turn, waits) = oneshot::channel();
                room.waiting.entry(run).or_default().push_back(turn);
                waits
            };
            if let Ok(slot) = waits.await {
                return slot;
            }
        }
    }

    fn slot(&self) -> Slot {
        Slot(Some(self.clone()))
    }

    /// A slot is not needed any more: whoever is next has it.
    fn pass_on(&self) {
        loop {
            let next = {
                let mut room = self.lock();
                match room.next() {
                    Some(next) => next,
                    None => {
                        room.free += 1;
                        return;
                    }
                }
            };
            match next.send(self.slot()) {
                Ok(()) => return,
                // Who waited has gone meanwhile.
                Err(mut slot) => slot.0 = None,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot that is in use; when it is dropped, somebody else has it.
#[derive(Debug)]
pub(super) struct Slot(Option<Slots>);

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.0.take() {
            slots.pass_on();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::future::BoxFuture;

    fn run(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    /// Waits in line from now on.
    fn waits(slots: &Slots, number: u128) -> BoxFuture<'_, Slot> {
        let mut waits = slots.acquire(run(number)).boxed();
        assert!((&mut waits).now_or_never().is_none(), "there is no room");
        waits
    }

    #[test]
    fn a_run_that_comes_later_does_not_wait_for_all_of_a_long_one() {
        let slots = Slots::new(1);
        let in_use = slots.acquire(run(1)).now_or_never().unwrap();
        let mut line: Vec<(u128, BoxFuture<'_, Slot>)> = Vec::new();
        for number in [1, 1, 1, 1, 2, 2, 3] {
            line.push((number, waits(&slots, number)));
        }
        let mut order = Vec::new();
        let mut last = Some(in_use);
        while !line.is_empty() {
            drop(last.take());
            let at = line.iter_mut().position(|(number, waits)| {
                last = waits.now_or_never();
                if last.is_some() {
                    order.push(*number);
                }
                last.is_some()
            });
            drop(line.remove(at.unwrap()));
        }
        assert_eq!(order, [2, 3, 1, 2, 1, 1, 1]);
    }

    #[test]
    fn who_goes_away_while_waiting_takes_no_slot_along() {
        let slots = Slots::new(1);
        let in_use = slots.acquire(run(1)).now_or_never().unwrap();
        let gone = waits(&slots, 2);
        let given = waits(&slots, 3);
        let stays = waits(&slots, 4);
        drop(gone);
        drop(in_use);
        // It has the slot and never looks.
        drop(given);
        assert!(stays.now_or_never().is_some());
        assert!(slots.acquire(run(5)).now_or_never().is_some(), "free again");
    }
}

//! Commands that must not be carried out any more: of a console process that has lost the run, and
//! of a run that has gone back or is over.

use super::Orders;
use crate::error::Failure;
use protocol::{Command, Order};

impl Orders {
    /// Whether the run still belongs to the console process that gave this command.
    pub(super) fn still_current(&self, command: &Command) -> Result<(), Failure> {
        let highest = self
            .journal
            .state()
            .runs
            .get(&command.run)
            .map_or(0, |r| r.epoch);
        if command.epoch < highest {
            return Err(stale(command.epoch, highest));
        }
        Ok(())
    }

    /// A run that puts a module back does not switch it any more, and one that was cleaned up does
    /// nothing more: a command that was given up may come late, after what took its place.
    pub(super) fn still_wanted(&self, command: &Command) -> Result<(), Failure> {
        let state = self.journal.state();
        let Some(run) = state.runs.get(&command.run) else {
            return Ok(());
        };
        match &command.order {
            Order::Activate { module, .. }
            | Order::Remove { module }
            | Order::Settings { module, .. }
                if run.going_back.contains(module) =>
            {
                Err(Failure::lasting(
                    "going_back",
                    "This run has put the module back to what it was and does not change it any \
                     more. Nothing was done.",
                ))
            }
            Order::Fetch { .. }
            | Order::Stage(_)
            | Order::Activate { .. }
            | Order::Remove { .. }
            | Order::Settings { .. }
                if run.cleaned =>
            {
                Err(Failure::lasting(
                    "run_over",
                    "This run was cleaned up and is over. Nothing was done. Start the deployment \
                     again.",
                ))
            }
            _ => Ok(()),
        }
    }
}

fn stale(epoch: u64, highest: u64) -> Failure {
    Failure::lasting(
        "stale_epoch",
        format!(
            "The command comes from a console process that has lost this run (epoch {epoch}, the \
             run is at {highest}). Nothing was done."
        ),
    )
}

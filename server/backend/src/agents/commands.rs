//! Commands on their way to agents: rows, written with what they follow from, delivered at least
//! once.

use crate::Backend;
use crate::events::commands_message;
use domain::{AppError, AttemptId, EnvironmentId};
use protocol::Order;
use store::agents::NewCommand;
use store::{DatabaseTransaction, agents};
use uuid::Uuid;

/// An order for an environment's agent, as one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewOrder {
    /// Whose agent.
    pub(crate) environment: EnvironmentId,
    /// The attempt that the command is. Sending the same attempt again changes nothing.
    pub(crate) attempt: AttemptId,
    /// The run: the plan's id, or the id of a publication.
    pub(crate) run: Uuid,
    /// The lease epoch of this console process for the run.
    pub(crate) epoch: u64,
    /// How long the agent may take, in milliseconds.
    pub(crate) time_limit_ms: u64,
    /// What to do.
    pub(crate) order: Order,
}

impl Backend {
    /// Writes a command in the transaction that decided on it. After the commit call
    /// [`Backend::wake_agent`].
    ///
    /// # Errors
    /// `Conflict` (`no_agent`) if no agent ever joined the environment.
    pub(crate) async fn send_command(
        &self,
        tx: &DatabaseTransaction,
        new: NewOrder,
    ) -> Result<(), AppError> {
        let agent = agents::find_of_environment(tx, new.environment.0)
            .await?
            .ok_or_else(|| {
                AppError::conflict(
                    "no_agent",
                    "No agent has joined this environment yet. Make a join code on the Environments page and start an agent with it.",
                )
            })?;
        let body = serde_json::to_string(&new.order).map_err(|error| {
            tracing::error!(%error, "an order cannot be written");
            AppError::Internal {
                reference: "order".to_owned(),
            }
        })?;
        agents::append_command(
            tx,
            NewCommand {
                agent: agent.id,
                attempt: new.attempt.0,
                run: new.run,
                epoch: i64::try_from(new.epoch).unwrap_or(i64::MAX),
                time_limit_ms: i64::try_from(new.time_limit_ms).unwrap_or(i64::MAX),
                body,
                created: self.now(),
            },
        )
        .await?;
        Ok(())
    }

    /// Tells the environment's stream that there may be new commands. To be called after the
    /// commit; if it is forgotten, the stream's timer finds them a little later.
    pub(crate) fn wake_agent(&self, environment: EnvironmentId) {
        self.links.wake(environment);
        self.topics.tell(|| commands_message(environment));
    }
}

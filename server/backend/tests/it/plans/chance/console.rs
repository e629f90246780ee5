//! A console: in this process, or in one of its own.

use super::asks::{Agent, Ask, do_at};
use super::process::Process;
use backend::AgentActor;
use backend::testing::{Line, TestBackend, Waiting};
use domain::AppError;
use protocol::{EventKind, Inventory};
use serde::de::DeserializeOwned;
use uuid::Uuid;

pub(super) enum Console {
    Here(TestBackend),
    Apart(Box<Process>),
}

impl Console {
    /// Wants something of it; what the page would be told.
    pub(super) async fn ask<T: DeserializeOwned>(&self, ask: Ask) -> Result<T, AppError> {
        let answer = match self {
            Self::Here(console) => Box::pin(do_at(console, ask)).await,
            Self::Apart(process) => process.ask(ask).await.unwrap_or_else(|| {
                Err(AppError::Unavailable {
                    message: "The console has died.".to_owned(),
                    retry_seconds: 1,
                })
            }),
        };
        answer.map(|answer| serde_json::from_value(answer).expect("it is what was asked for"))
    }

    /// Whether it has died at a write.
    pub(super) fn is_dead(&self) -> bool {
        match self {
            Self::Here(console) => console.fuse().is_blown(),
            Self::Apart(process) => process.is_dead(),
        }
    }

    async fn listen<T: DeserializeOwned + Default>(&self, ask: Ask) -> T {
        self.ask(ask).await.unwrap_or_default()
    }
}

const fn who(agent: &AgentActor) -> Agent {
    (agent.agent, agent.environment)
}

impl Line for Console {
    async fn greet(&self, agent: &AgentActor) -> bool {
        self.listen(Ask::Greet(who(agent))).await
    }

    async fn waiting_after(&self, agent: &AgentActor, after: i64) -> Vec<Waiting> {
        self.listen(Ask::WaitingAfter(who(agent), after)).await
    }

    async fn say_hosted(&self, agent: &AgentActor, inventory: Inventory) -> bool {
        self.listen(Ask::Hosted(who(agent), inventory)).await
    }

    async fn say_became(&self, agent: &AgentActor, became: &[(Uuid, EventKind)]) -> bool {
        self.listen(Ask::Became(who(agent), became.to_vec())).await
    }
}

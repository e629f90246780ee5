//! Whether an environment's agent is there, and the words for one that is not: the same in a
//! finding, in a line and in what is refused.

use serde::{Deserialize, Serialize};

/// Whether the environment's agent is there.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// No agent has joined yet.
    NeverJoined,
    /// The agent's stream is open.
    Online,
    /// The agent was seen before and is away now.
    #[default]
    Offline,
    /// The agent speaks a protocol this console does not know.
    Incompatible,
}

/// What is the matter with an agent that takes no work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAgent {
    /// What is so: a sentence without its full stop.
    pub what: String,
    /// What to do about it, to go on after a comma or a semicolon.
    pub remedy: &'static str,
}

impl LinkState {
    /// What is the matter, if this environment's agent takes no work now.
    #[must_use]
    pub fn no_agent(self, environment: &str) -> Option<NoAgent> {
        let (what, remedy) = match self {
            Self::Online => return None,
            Self::NeverJoined => (
                format!("No agent has joined {environment} yet"),
                "make a join code on the Environments page and start an agent with it",
            ),
            Self::Offline => (
                format!("The agent of {environment} is away"),
                "start the agent",
            ),
            Self::Incompatible => (
                format!("The agent of {environment} speaks a protocol that this console does not"),
                "give agent and console versions that go together",
            ),
        };
        Some(NoAgent { what, remedy })
    }

    /// What a plan in line waits for where this environment's agent takes no work, in short.
    #[must_use]
    pub fn waited_for(self, environment: &str) -> String {
        match self {
            Self::NeverJoined => format!("an agent to join {environment}"),
            Self::Incompatible => format!("an agent of {environment} that fits"),
            Self::Online | Self::Offline => format!("the agent of {environment}"),
        }
    }
}

impl NoAgent {
    /// As a finding carries it: what is so, and on a line of its own what to do.
    #[must_use]
    pub fn lines(&self) -> String {
        format!("{}\n{}", self.what, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_agent_that_takes_no_work_is_told_apart_and_one_that_is_there_is_not_told() {
        assert_eq!(LinkState::Online.no_agent("Quality"), None);
        let said: std::collections::BTreeSet<String> = [
            LinkState::NeverJoined,
            LinkState::Offline,
            LinkState::Incompatible,
        ]
        .into_iter()
        .filter_map(|link| link.no_agent("Quality"))
        .map(|said| said.lines())
        .collect();
        assert_eq!(said.len(), 3);
        assert!(
            said.iter().all(|lines| lines.contains("Quality")),
            "{said:?}"
        );
        assert!(
            said.iter().all(|lines| lines.lines().count() == 2),
            "{said:?}"
        );
    }
}

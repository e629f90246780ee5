//! Agents that showed their secret a moment ago. A run of many modules fetches as many bundles in a
//! row, and to read the agent's row for each took as long as to find the bundle.

use super::AgentActor;
use domain::AgentId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For so long an agent is believed without its row being read again: one that another has taken the
/// place of may fetch bundles for that much longer, and nothing else.
const BELIEVED: Duration = Duration::from_secs(1);

/// Who showed what, and when. As many as there are agents.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<BTreeMap<AgentId, Shown>>);

#[derive(Debug)]
struct Shown {
    actor: AgentActor,
    /// The hash of the secret.
    hash: String,
    at: Instant,
}

impl Recent {
    /// The agent with this id, if it showed the secret of this hash a moment ago.
    pub(super) fn find(&self, agent: AgentId, hash: &str) -> Option<AgentActor> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&agent)
            .filter(|shown| shown.hash == hash && shown.at.elapsed() < BELIEVED)
            .map(|shown| shown.actor.clone())
    }

    /// It has just shown it, and the row was read.
    pub(super) fn note(&self, actor: &AgentActor, hash: String) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, shown| shown.at.elapsed() < BELIEVED);
        let shown = Shown {
            actor: actor.clone(),
            hash,
            at: Instant::now(),
        };
        known.insert(actor.agent, shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::EnvironmentId;
    use uuid::Uuid;

    #[test]
    fn only_the_secret_that_was_shown_counts_and_only_for_a_moment() {
        let recent = Recent::default();
        let actor = AgentActor {
            agent: AgentId(Uuid::from_u128(1)),
            environment: EnvironmentId(Uuid::from_u128(2)),
        };
        assert_eq!(recent.find(actor.agent, "a"), None);
        recent.note(&actor, "a".to_owned());
        assert_eq!(recent.find(actor.agent, "a"), Some(actor.clone()));
        assert_eq!(recent.find(actor.agent, "b"), None);
        assert_eq!(recent.find(AgentId(Uuid::from_u128(3)), "a"), None);
        if let Ok(mut known) = recent.0.lock() {
            for shown in known.values_mut() {
                shown.at = shown.at.checked_sub(BELIEVED).unwrap_or(shown.at);
            }
        }
        assert_eq!(recent.find(actor.agent, "a"), None);
    }
}

//! The landscape as the checks see it: read in one snapshot, kept until something in it changes,
//! shared.

mod cache;
mod facts;

pub(crate) use cache::Cache;
pub(crate) use facts::{add_state, unknown_producer};

use crate::Backend;
use crate::actor::Actor;
use crate::agents::link_state;
use crate::plans::fault;
use domain::access::Action;
use domain::environment::LinkState;
use domain::impact::Index;
use domain::landscape::{Landscape, LandscapeError, Slice};
use domain::queue::Waiting;
use domain::{AppError, ApplicationId, EnvironmentId};
use std::sync::Arc;
use store::{agents, counters};
use uuid::Uuid;

pub(crate) fn damaged(error: &LandscapeError) -> AppError {
    tracing::error!(%error, "what is stored contradicts itself");
    AppError::Internal {
        reference: "landscape".to_owned(),
    }
}

impl Backend {
    /// The number that changes whenever the landscape may have changed. A start compares it in its
    /// transaction with the one it checked.
    pub(crate) async fn landscape_revision(
        &self,
        connection: &impl store::ConnectionTrait,
    ) -> Result<u64, AppError> {
        let revision = counters::value(connection, counters::LANDSCAPE).await?;
        Ok(u64::try_from(revision).unwrap_or(0))
    }

    /// How the agents stand now, in order of their environments' ids.
    async fn links(
        &self,
        connection: &impl store::ConnectionTrait,
    ) -> Result<Vec<(Uuid, LinkState)>, AppError> {
        let now = self.now();
        let mut links: Vec<_> = agents::all(connection)
            .await?
            .into_iter()
            .map(|agent| (agent.environment_id, link_state(Some(&agent), now)))
            .collect();
        links.sort_unstable();
        Ok(links)
    }

    /// Everything, as it is now; what the person may do is not in it.
    pub(crate) async fn landscape(&self) -> Result<Arc<Landscape>, AppError> {
        let revision = self.landscape_revision(self.store.read()).await?;
        let links = self.links(self.store.read()).await?;
        if let Some(known) = self.landscapes.at(revision, &links) {
            return Ok(known);
        }
        let _turn = self.landscapes.turn.lock().await;
        let snapshot = self.store.snapshot().await?;
        let revision = self.landscape_revision(&snapshot).await?;
        let links = self.links(&snapshot).await?;
        if let Some(known) = self.landscapes.at(revision, &links) {
            return Ok(known);
        }
        let former = self.landscapes.last();
        let landscape = self.read_landscape(&snapshot, revision, former.as_deref());
        let landscape = Arc::new(landscape.await?);
        drop(snapshot);
        self.landscapes.keep(Arc::clone(&landscape), links);
        Ok(landscape)
    }

    /// Everything, with what the actor may do.
    pub(crate) async fn landscape_for(&self, actor: &Actor) -> Result<Arc<Landscape>, AppError> {
        let whole = self.landscape().await?;
        let may_tag = actor.access.can(Action::TagVersion);
        let may_deploy = actor.access.can(Action::DeployApplications);
        if may_tag && may_deploy {
            return Ok(whole);
        }
        Ok(self
            .landscapes
            .restricted(&whole, (may_tag, may_deploy), || {
                let mut own = (*whole).clone();
                own.prepares = !may_deploy;
                for application in &mut own.applications {
                    application.may_tag = may_tag;
                    application.may_deploy = may_deploy;
                }
                own
            }))
    }

    /// The landscape laid out for plans between two environments, made once for each state of it.
    pub(crate) async fn index_for(
        &self,
        actor: &Actor,
        source: EnvironmentId,
        target: EnvironmentId,
    ) -> Result<Arc<Index>, AppError> {
        let landscape = self.landscape_between(actor, source, target).await?;
        if let Some(known) = self.landscapes.index(&landscape, source, target) {
            return Ok(known);
        }
        // Milliseconds of pure work; it must not hold up the other requests.
        let made = tokio::task::spawn_blocking(move || Index::new(landscape, source, target))
            .await
            .map_err(|error| fault("index", &error))?;
        let index = Arc::new(made.map_err(|error| damaged(&error))?);
        self.landscapes.keep_index(Arc::clone(&index));
        Ok(index)
    }

    /// The part that a plan between two environments with these applications is checked against in
    /// the browser, which gets no more than it can check in a moment.
    pub(crate) fn slice_for_browser(
        &self,
        landscape: &Landscape,
        (source, target): (EnvironmentId, EnvironmentId),
        applications: &[ApplicationId],
        line: &[Waiting],
    ) -> Result<Slice, AppError> {
        let limit = self.options.browser_limit;
        landscape
            .slice_within(source, target, applications, line, limit)
            .map_err(|size| {
                AppError::conflict(
                    "slice_too_large",
                    format!(
                        "This plan is checked against {} modules with {} references, more than the {} and {} that a browser checks.",
                        thousands(size.modules),
                        thousands(size.references),
                        thousands(limit.modules),
                        thousands(limit.references),
                    ),
                )
            })
    }

    pub(crate) async fn landscape_between(
        &self,
        actor: &Actor,
        source: EnvironmentId,
        target: EnvironmentId,
    ) -> Result<Arc<Landscape>, AppError> {
        let whole = self.landscape_for(actor).await?;
        let known = |id: EnvironmentId| whole.environments.iter().any(|e| e.id == id);
        if known(source) && known(target) {
            Ok(whole)
        } else {
            Err(AppError::not_found("This environment"))
        }
    }
}

/// 12345 as `12,345`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn large_numbers_can_be_read() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }
}

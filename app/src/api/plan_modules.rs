//! The modules that *Deploy Custom…* chooses from.

#[cfg(feature = "ssr")]
use crate::api::signed_in;
use crate::error::ApiError;
use crate::wire::Wire;
use domain::view::PlanModule;
use domain::{ApplicationId, EnvironmentId};
use leptos::prelude::*;

/// The modules of an application, as the source and the target run them.
#[server(input = Wire, output = Wire, endpoint = "list_plan_modules")]
pub async fn list_plan_modules(
    source: EnvironmentId,
    target: EnvironmentId,
    application: ApplicationId,
) -> Result<Vec<PlanModule>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_plan_modules(&actor, source, target, application)
        .await
        .map_err(ApiError::from)
}

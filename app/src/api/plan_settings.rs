//! The settings step of a plan.

#[cfg(feature = "ssr")]
use crate::api::{found, signed_in};
use crate::error::ApiError;
use crate::wire::Wire;
use domain::view::{SettingsRequest, SettingsStep};
use leptos::prelude::*;

/// What a plan can set on its target, a page of it; none if the plan is gone.
#[server(input = Wire, output = Wire, endpoint = "read_plan_settings")]
pub async fn read_plan_settings(
    number: u64,
    request: SettingsRequest,
) -> Result<Option<SettingsStep>, ApiError> {
    let (backend, actor) = signed_in()?;
    found(backend.read_plan_settings(&actor, number, request).await)
}

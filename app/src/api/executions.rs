//! Server functions of runs. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use crate::wire::Wire;
use domain::view::{ContinueOutcome, LogFilter, LogPage, RunDetail, SuppliedValue};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::signed_in;

/// A run without its log.
#[server(input = Wire, output = Wire, endpoint = "read_run")]
pub async fn read_run(number: u64) -> Result<RunDetail, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_run(&actor, number)
        .await
        .map_err(ApiError::from)
}

/// A part of a run's log.
#[server(input = Wire, output = Wire, endpoint = "read_log")]
pub async fn read_log(number: u64, filter: LogFilter) -> Result<LogPage, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_log(&actor, number, filter)
        .await
        .map_err(ApiError::from)
}

/// Goes on after a pause; a reason goes on with what was found in the target since the start.
#[server(input = Wire, output = Wire, endpoint = "continue_plan")]
pub async fn continue_plan(
    number: u64,
    override_reason: Option<String>,
) -> Result<ContinueOutcome, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .continue_plan(&actor, number, override_reason)
        .await
        .map_err(ApiError::from)
}

/// Enters values that a run waits for.
#[server(input = Wire, output = Wire, endpoint = "supply_values")]
pub async fn supply_values(number: u64, values: Vec<SuppliedValue>) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .supply_values(&actor, number, values)
        .await
        .map_err(ApiError::from)
}

/// Asks a run to stop and go back.
#[server(input = Wire, output = Wire, endpoint = "abort_plan")]
pub async fn abort_plan(number: u64, reason: String) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .abort_plan(&actor, number, reason)
        .await
        .map_err(ApiError::from)
}

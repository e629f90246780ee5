//! Server functions of plans that wait. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use crate::wire::Wire;
use domain::view::{LineDetail, Outlook, QueueOutcome};
use domain::{EnvironmentId, Timestamp};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::signed_in;

/// Puts a plan in the line of its target; a reason goes on with errors.
#[server(input = Wire, output = Wire, endpoint = "queue_plan")]
pub async fn queue_plan(
    number: u64,
    revision: i64,
    override_reason: Option<String>,
) -> Result<QueueOutcome, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .queue_plan(&actor, number, revision, override_reason)
        .await
        .map_err(ApiError::from)
}

/// Takes a plan out of its line.
#[server(input = Wire, output = Wire, endpoint = "leave_queue")]
pub async fn leave_queue(number: u64) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .leave_queue(&actor, number)
        .await
        .map_err(ApiError::from)
}

/// What earlier runs to an environment let expect of the next one and of those under way.
#[server(input = Wire, output = Wire, endpoint = "foresee_target")]
pub async fn foresee_target(target: EnvironmentId) -> Result<Outlook, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .foresee_target(&actor, target)
        .await
        .map_err(ApiError::from)
}

/// A plan in line.
#[server(input = Wire, output = Wire, endpoint = "read_line")]
pub async fn read_line(number: u64) -> Result<LineDetail, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_line(&actor, number)
        .await
        .map_err(ApiError::from)
}

/// Keeps what a plan has prepared for the same time again.
#[server(input = Wire, output = Wire, endpoint = "keep_plan_longer")]
pub async fn keep_plan_longer(number: u64, until: Timestamp) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .keep_plan_longer(&actor, number, until)
        .await
        .map_err(ApiError::from)
}

//! Server functions of comparisons. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use crate::wire::Wire;
use domain::view::{Compared, Comparison, SameApplication};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::signed_in;

/// What differs between two sides: totals, and a page of the applications that are not the same.
#[server(input = Wire, output = Wire, endpoint = "compare")]
pub async fn compare(
    from: Compared,
    to: Compared,
    offset: u64,
    limit: u32,
) -> Result<Comparison, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .compare(&actor, from, to, offset, limit)
        .await
        .map_err(ApiError::from)
}

/// The applications that are the same on two sides.
#[server(input = Wire, output = Wire, endpoint = "list_same")]
pub async fn list_same(from: Compared, to: Compared) -> Result<Vec<SameApplication>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_same(&actor, from, to)
        .await
        .map_err(ApiError::from)
}

//! Server functions of deployment plans. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use crate::wire::Wire;
use domain::impact::{Repair, Report};
use domain::landscape::Slice;
use domain::view::{
    CandidateFilter, Counted, Drafts, EligibleFilter, EligibleVersion, Page, PersonRef,
    PlanApplicationRow, PlanDetail, PlanEdit, PlanFilter, PlanLoss, PlanPage, PlanRequest,
    Refreshed, ReuseOutlook, SavedFilter, StartOutcome,
};
use domain::{ApplicationId, EnvironmentId, PlanId, SavedFilterId};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::{found, signed_in};

/// A page of the list.
#[server(input = Wire, output = Wire, endpoint = "list_plans")]
pub async fn list_plans(request: PlanRequest) -> Result<PlanPage, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_plans(&actor, request)
        .await
        .map_err(ApiError::from)
}

/// How many plans each tab of the list holds.
#[server(input = Wire, output = Wire, endpoint = "count_plans")]
pub async fn count_plans(filter: PlanFilter) -> Result<Vec<Counted>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .count_plans(&actor, filter)
        .await
        .map_err(ApiError::from)
}

/// Shares a draft with everybody who may edit plans, or stops that.
#[server(input = Wire, output = Wire, endpoint = "share_draft")]
pub async fn share_draft(number: u64, shared: bool) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .share_draft(&actor, number, shared)
        .await
        .map_err(ApiError::from)
}

/// One's own drafts, and those that others share.
#[server(input = Wire, output = Wire, endpoint = "list_drafts")]
pub async fn list_drafts() -> Result<Drafts, ApiError> {
    let (backend, actor) = signed_in()?;
    backend.list_drafts(&actor).await.map_err(ApiError::from)
}

/// Everybody whom the list can be asked for.
#[server(input = Wire, output = Wire, endpoint = "list_plan_people")]
pub async fn list_plan_people() -> Result<Vec<PersonRef>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_plan_people(&actor)
        .await
        .map_err(ApiError::from)
}

/// One's own filters of the list.
#[server(input = Wire, output = Wire, endpoint = "list_saved_filters")]
pub async fn list_saved_filters() -> Result<Vec<SavedFilter>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_saved_filters(&actor)
        .await
        .map_err(ApiError::from)
}

/// Keeps a filter of the list under a name.
#[server(input = Wire, output = Wire, endpoint = "save_filter")]
pub async fn save_filter(name: String, filter: PlanFilter) -> Result<SavedFilter, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .save_filter(&actor, &name, &filter)
        .await
        .map_err(ApiError::from)
}

/// Gives a kept filter this name and content.
#[server(input = Wire, output = Wire, endpoint = "change_filter")]
pub async fn change_filter(
    id: SavedFilterId,
    revision: i64,
    name: String,
    filter: PlanFilter,
) -> Result<SavedFilter, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .change_filter(&actor, id, revision, &name, &filter)
        .await
        .map_err(ApiError::from)
}

/// Removes a kept filter.
#[server(input = Wire, output = Wire, endpoint = "delete_filter")]
pub async fn delete_filter(id: SavedFilterId) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .delete_filter(&actor, id)
        .await
        .map_err(ApiError::from)
}

/// Makes a draft and gives its number.
#[server(input = Wire, output = Wire, endpoint = "create_plan")]
pub async fn create_plan(
    source: EnvironmentId,
    target: EnvironmentId,
    applications: Vec<ApplicationId>,
) -> Result<u64, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .create_plan(&actor, source, target, applications)
        .await
        .map_err(ApiError::from)
}

/// A plan in its editor.
#[server(input = Wire, output = Wire, endpoint = "read_plan")]
pub async fn read_plan(number: u64) -> Result<PlanDetail, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_plan(&actor, number)
        .await
        .map_err(ApiError::from)
}

/// A plan in its editor; none if it is gone, as drafts are that somebody discards elsewhere.
#[server(input = Wire, output = Wire, endpoint = "find_plan")]
pub async fn find_plan(number: u64) -> Result<Option<PlanDetail>, ApiError> {
    let (backend, actor) = signed_in()?;
    found(backend.read_plan(&actor, number).await)
}

/// Why a plan that was open here is not there any more; none if it is, or nobody knows.
#[server(input = Wire, output = Wire, endpoint = "explain_plan_loss")]
pub async fn explain_plan_loss(id: PlanId) -> Result<Option<PlanLoss>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .explain_plan_loss(&actor, id)
        .await
        .map_err(ApiError::from)
}

/// Applications that can be added.
#[server(input = Wire, output = Wire, endpoint = "list_candidates")]
pub async fn list_candidates(
    filter: CandidateFilter,
) -> Result<Page<PlanApplicationRow>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_candidates(&actor, filter)
        .await
        .map_err(ApiError::from)
}

/// All versions of an application that a plan may deploy, also those that its row leaves out.
#[server(input = Wire, output = Wire, endpoint = "list_eligible")]
pub async fn list_eligible(filter: EligibleFilter) -> Result<Page<EligibleVersion>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_eligible(&actor, filter)
        .await
        .map_err(ApiError::from)
}

/// What the browser checks a plan against.
#[server(input = Wire, output = Wire, endpoint = "read_slice")]
pub async fn read_slice(
    source: EnvironmentId,
    target: EnvironmentId,
    applications: Vec<ApplicationId>,
) -> Result<Slice, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_slice(&actor, source, target, applications)
        .await
        .map_err(ApiError::from)
}

/// Changes a plan's content; answers with the new revision.
#[server(input = Wire, output = Wire, endpoint = "edit_plan")]
pub async fn edit_plan(number: u64, revision: i64, edit: PlanEdit) -> Result<i64, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .edit_plan(&actor, number, revision, edit)
        .await
        .map_err(ApiError::from)
}

/// Takes a plan's applications as they are now.
#[server(input = Wire, output = Wire, endpoint = "refresh_plan")]
pub async fn refresh_plan(number: u64, revision: i64) -> Result<Refreshed, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .refresh_plan(&actor, number, revision)
        .await
        .map_err(ApiError::from)
}

/// Saves a plan.
#[server(input = Wire, output = Wire, endpoint = "save_plan")]
pub async fn save_plan(number: u64, revision: i64) -> Result<i64, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .save_plan(&actor, number, revision)
        .await
        .map_err(ApiError::from)
}

/// Removes a draft or a saved plan.
#[server(input = Wire, output = Wire, endpoint = "discard_plan")]
pub async fn discard_plan(number: u64) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .discard_plan(&actor, number)
        .await
        .map_err(ApiError::from)
}

/// Brings back a saved plan that one has just discarded.
#[server(input = Wire, output = Wire, endpoint = "restore_plan")]
pub async fn restore_plan(number: u64) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .restore_plan(&actor, number)
        .await
        .map_err(ApiError::from)
}

/// The server's own check; none if the plan is gone.
#[server(input = Wire, output = Wire, endpoint = "check_plan")]
pub async fn check_plan(number: u64) -> Result<Option<Report>, ApiError> {
    let (backend, actor) = signed_in()?;
    found(backend.check_plan(&actor, number).await)
}

/// The server's own check, kept with the plan if the reader may edit it.
#[server(input = Wire, output = Wire, endpoint = "validate_plan")]
pub async fn validate_plan(number: u64) -> Result<Report, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .validate_plan(&actor, number)
        .await
        .map_err(ApiError::from)
}

/// The smallest fix, then alternatives; none if the plan is gone.
#[server(input = Wire, output = Wire, endpoint = "repair_plan")]
pub async fn repair_plan(number: u64) -> Result<Option<Vec<Repair>>, ApiError> {
    let (backend, actor) = signed_in()?;
    found(backend.repair_plan(&actor, number).await)
}

/// Starts a plan.
#[server(input = Wire, output = Wire, endpoint = "start_plan")]
pub async fn start_plan(
    number: u64,
    revision: i64,
    override_reason: Option<String>,
) -> Result<StartOutcome, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .start_plan(&actor, number, revision, override_reason)
        .await
        .map_err(ApiError::from)
}

/// What reusing or retrying a plan would give.
#[server(input = Wire, output = Wire, endpoint = "foresee_reuse")]
pub async fn foresee_reuse(
    number: u64,
    ends: Option<(EnvironmentId, EnvironmentId)>,
    keep_tags: bool,
) -> Result<ReuseOutlook, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .foresee_reuse(&actor, number, ends, keep_tags)
        .await
        .map_err(ApiError::from)
}

/// Makes a draft from a finished plan and gives its number.
#[server(input = Wire, output = Wire, endpoint = "reuse_plan")]
pub async fn reuse_plan(
    number: u64,
    source: EnvironmentId,
    target: EnvironmentId,
    keep_tags: bool,
) -> Result<u64, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .reuse_plan(&actor, number, source, target, keep_tags)
        .await
        .map_err(ApiError::from)
}

/// Makes a draft from an aborted plan and gives its number.
#[server(input = Wire, output = Wire, endpoint = "retry_plan")]
pub async fn retry_plan(number: u64) -> Result<u64, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .retry_plan(&actor, number)
        .await
        .map_err(ApiError::from)
}

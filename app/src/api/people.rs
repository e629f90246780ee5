//! Server functions of signing in. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use domain::view::{Me, NewAdministrator, SetupState, SignInOutcome};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::backend;
#[cfg(feature = "ssr")]
use super::signed_in;

/// Whether the first account is still to be made.
#[server(input = Json, output = Json, endpoint = "read_setup_state")]
pub async fn read_setup_state() -> Result<SetupState, ApiError> {
    backend()?.read_setup_state().await.map_err(ApiError::from)
}

/// Makes the first account and signs it in.
#[server(input = Json, output = Json, endpoint = "create_administrator")]
pub async fn create_administrator(new: NewAdministrator) -> Result<Me, ApiError> {
    let request = super::request()?;
    let (me, token) = request
        .backend
        .create_administrator(new, &request.client)
        .await?;
    super::set_session_cookie(&token);
    Ok(me)
}

/// Opens a session.
#[server(input = Json, output = Json, endpoint = "sign_in")]
pub async fn sign_in(login: String, password: String) -> Result<SignInOutcome, ApiError> {
    let request = super::request()?;
    let (outcome, token) = request
        .backend
        .sign_in(&login, &password, &request.client)
        .await?;
    if let Some(token) = token {
        super::set_session_cookie(&token);
    }
    Ok(outcome)
}

/// Ends the session.
#[server(input = Json, output = Json, endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ApiError> {
    let request = super::request()?;
    if let Some(token) = &request.session {
        request.backend.sign_out(token).await?;
    }
    super::clear_session_cookie();
    Ok(())
}

/// The person behind the session.
#[server(input = Json, output = Json, endpoint = "read_me")]
pub async fn read_me() -> Result<Me, ApiError> {
    let (backend, actor) = signed_in()?;
    backend.read_me(&actor).await.map_err(ApiError::from)
}

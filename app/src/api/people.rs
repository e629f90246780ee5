//! Server functions of signing in, oneself and accounts. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use crate::wire::Wire;
use domain::access::Standing;
use domain::view::{
    AccountRow, MadeToken, Me, NewAdministrator, NewInvitation, NewToken, PasswordLink,
    PasswordLinkOwner, SetupState, SignInOutcome, TokenRow,
};
use domain::{TokenId, UserId};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::{backend, in_person, signed_in};

/// Whether the first account is still to be made.
#[server(input = Wire, output = Wire, endpoint = "read_setup_state")]
pub async fn read_setup_state() -> Result<SetupState, ApiError> {
    backend()?.read_setup_state().await.map_err(ApiError::from)
}

/// Makes the first account and signs it in.
#[server(input = Wire, output = Wire, endpoint = "create_administrator")]
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
#[server(input = Wire, output = Wire, endpoint = "sign_in")]
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
#[server(input = Wire, output = Wire, endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ApiError> {
    let request = super::request()?;
    if let Some(token) = &request.session {
        request.backend.sign_out(token).await?;
    }
    super::clear_session_cookie();
    Ok(())
}

/// The person behind the session.
#[server(input = Wire, output = Wire, endpoint = "read_me")]
pub async fn read_me() -> Result<Me, ApiError> {
    let (backend, actor) = signed_in()?;
    backend.read_me(&actor).await.map_err(ApiError::from)
}

/// Changes one's own password; other browsers are signed out.
#[server(input = Wire, output = Wire, endpoint = "change_password")]
pub async fn change_password(old: String, password: String) -> Result<(), ApiError> {
    let (request, actor, session) = in_person()?;
    request
        .backend
        .change_password(&actor, &session, &old, &password, &request.client)
        .await
        .map_err(ApiError::from)
}

/// One's own tokens.
#[server(input = Wire, output = Wire, endpoint = "list_tokens")]
pub async fn list_tokens() -> Result<Vec<TokenRow>, ApiError> {
    let (request, actor, _) = in_person()?;
    let own = actor.user;
    Ok(request.backend.list_tokens(&actor, own).await?)
}

/// Makes a token of one's own; its secret is in this answer only.
#[server(input = Wire, output = Wire, endpoint = "create_token")]
pub async fn create_token(new: NewToken) -> Result<MadeToken, ApiError> {
    let (request, actor, _) = in_person()?;
    let own = actor.user;
    Ok(request.backend.create_token(&actor, own, new).await?)
}

/// Ends a token.
#[server(input = Wire, output = Wire, endpoint = "revoke_token")]
pub async fn revoke_token(token: TokenId) -> Result<(), ApiError> {
    let (request, actor, _) = in_person()?;
    Ok(request.backend.revoke_token(&actor, token).await?)
}

/// All accounts.
#[server(input = Wire, output = Wire, endpoint = "list_accounts")]
pub async fn list_accounts() -> Result<Vec<AccountRow>, ApiError> {
    let (backend, actor) = signed_in()?;
    Ok(backend.list_accounts(&actor).await?)
}

/// Makes an account and the link with which its person sets the password.
#[server(input = Wire, output = Wire, endpoint = "invite_account")]
pub async fn invite_account(new: NewInvitation) -> Result<PasswordLink, ApiError> {
    let (request, actor, _) = in_person()?;
    Ok(request.backend.invite_account(&actor, new).await?)
}

/// Gives an account another standing.
#[server(input = Wire, output = Wire, endpoint = "set_account_standing")]
pub async fn set_account_standing(
    account: UserId,
    revision: i64,
    standing: Standing,
) -> Result<(), ApiError> {
    let (request, actor, _) = in_person()?;
    Ok(request
        .backend
        .set_account_standing(&actor, account, revision, standing)
        .await?)
}

/// Takes the right to sign in from an account, or gives it back.
#[server(input = Wire, output = Wire, endpoint = "set_account_active")]
pub async fn set_account_active(
    account: UserId,
    revision: i64,
    active: bool,
) -> Result<(), ApiError> {
    let (request, actor, _) = in_person()?;
    Ok(request
        .backend
        .set_account_active(&actor, account, revision, active)
        .await?)
}

/// Takes an account's password away and makes the link with which its person sets another.
#[server(input = Wire, output = Wire, endpoint = "reset_account_password")]
pub async fn reset_account_password(
    account: UserId,
    revision: i64,
) -> Result<PasswordLink, ApiError> {
    let (request, actor, _) = in_person()?;
    Ok(request
        .backend
        .reset_account_password(&actor, account, revision)
        .await?)
}

/// Whose password a link sets; anybody with the link may ask.
#[server(input = Wire, output = Wire, endpoint = "read_password_link")]
pub async fn read_password_link(code: String) -> Result<PasswordLinkOwner, ApiError> {
    Ok(backend()?.read_password_link(&code).await?)
}

/// Sets a password with a link, and signs in.
#[server(input = Wire, output = Wire, endpoint = "use_password_link")]
pub async fn use_password_link(code: String, password: String) -> Result<Me, ApiError> {
    let request = super::request()?;
    let (me, token) = request
        .backend
        .use_password_link(&code, &password, &request.client)
        .await?;
    super::set_session_cookie(&token);
    Ok(me)
}

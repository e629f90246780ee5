//! Who asks: the session's cookie or a bearer token, found out once per request.

use crate::proxy::{Network, client_address};
use crate::{ServerState, answer};
use app::api::SESSION_COOKIE;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use backend::{Actor, Client};
use std::net::SocketAddr;

/// Who asks, as every handler finds it in the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// The account, if the session or token is valid.
    pub actor: Option<Actor>,
    /// The session's token, if the request carried one, valid or not.
    pub session: Option<String>,
    /// Whether a bearer token was used; browsers never send one on their own.
    pub bearer: bool,
    /// Where the request comes from.
    pub client: Client,
}

/// Puts the [`Identity`] into the request.
pub async fn identify(
    State(state): State<ServerState>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| *peer);
    let client = client_of(peer, request.headers(), &state.trusted_proxies);
    let headers = request.headers();
    let bearer = bearer_token(headers).map(str::to_owned);
    let session = cookie(headers, SESSION_COOKIE).map(str::to_owned);
    let found = match (&bearer, &session) {
        (Some(token), _) => state.backend.find_bearer(token).await,
        (None, Some(token)) => state.backend.find_session(token).await,
        (None, None) => Ok(None),
    };
    let actor = match found {
        Ok(actor) => actor,
        Err(error) => return answer::error(&error, request.uri().path()),
    };
    request.extensions_mut().insert(Identity {
        actor,
        session,
        bearer: bearer.is_some(),
        client,
    });
    next.run(request).await
}

/// Where a request comes from: the peer, or what trusted proxies in front of it say.
pub(crate) fn client_of(
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
    trusted: &[Network],
) -> Client {
    let address = peer
        .map(|peer| client_address(peer.ip(), headers, trusted).to_string())
        .unwrap_or_default();
    let user_agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .map(|value| value.chars().take(200).collect())
        .unwrap_or_default();
    Client {
        address,
        user_agent,
    }
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

/// A token that stands in the `Authorization` header by itself, as some clients send it.
pub fn bare_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    (!value.is_empty() && !value.contains(char::is_whitespace)).then_some(value)
}

/// A cookie's value.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; slipway_session=xyz"),
        );
        headers.append(header::COOKIE, HeaderValue::from_static("b=2"));
        assert_eq!(cookie(&headers, "slipway_session"), Some("xyz"));
        assert_eq!(cookie(&headers, "b"), Some("2"));
        assert_eq!(cookie(&headers, "session"), None);
    }

    #[test]
    fn only_bearer_tokens_are_tokens() {
        let with = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(text));
            bearer_token(&headers).map(str::to_owned)
        };
        assert_eq!(with("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(with("bearer abc").as_deref(), Some("abc"));
        assert_eq!(with("Basic abc"), None);
        assert_eq!(with("Bearer "), None);
        let bare = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(text));
            bare_token(&headers).map(str::to_owned)
        };
        assert_eq!(bare(" abc ").as_deref(), Some("abc"));
        assert_eq!(bare("Basic abc"), None);
        assert_eq!(bare(""), None);
    }
}

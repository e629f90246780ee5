//! The way from the page to the use cases. The axum layer in `server` has put a
//! [`RequestContext`] into the request before any of this runs.

pub mod catalog;
pub mod comparison;
pub mod environments;
pub mod executions;
pub mod hotfixes;
pub mod line;
pub mod people;
pub mod plan_modules;
pub mod plan_settings;
pub mod plans;

#[cfg(feature = "ssr")]
pub use context::*;

#[cfg(feature = "ssr")]
mod context {
    use crate::error::ApiError;
    use backend::{Actor, Backend, Client};
    use domain::AppError;
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;
    use std::sync::Arc;

    /// What the axum layer knows about a request.
    #[derive(Clone)]
    pub struct RequestContext {
        /// The use cases.
        pub backend: Arc<Backend>,
        /// Who asks, if they are signed in.
        pub actor: Option<Actor>,
        /// The session's token, if the request carried one.
        pub session: Option<String>,
        /// Whether a program asks, with a bearer token.
        pub bearer: bool,
        /// Where the request comes from.
        pub client: Client,
        /// Whether cookies may be marked `Secure` (the page is served over TLS).
        pub secure: bool,
        /// Whether a page is rendered: what it asks for may fail without failing the page.
        pub page: bool,
    }

    /// The request that is being answered.
    pub fn request() -> Result<RequestContext, ApiError> {
        use_context::<RequestContext>().ok_or_else(|| {
            AppError::Internal {
                reference: "no-request".to_owned(),
            }
            .into()
        })
    }

    /// The use cases, for functions that anybody may call.
    pub fn backend() -> Result<Arc<Backend>, ApiError> {
        request().map(|request| request.backend)
    }

    /// Takes it as an answer that something is not there any more. What a page has on screen and
    /// asks about again may be gone without anybody's mistake.
    pub fn found<T>(answer: Result<T, AppError>) -> Result<Option<T>, ApiError> {
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(AppError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The use cases and the person who is signed in.
    pub fn signed_in() -> Result<(Arc<Backend>, Actor), ApiError> {
        let request = request()?;
        let actor = request.actor.ok_or(AppError::Unauthenticated)?;
        Ok((request.backend, actor))
    }

    /// The request, the person and their session: for what a program's token is no substitute
    /// for, such as making another token.
    pub fn in_person() -> Result<(RequestContext, Actor, String), ApiError> {
        let request = request()?;
        let actor = request.actor.clone().ok_or(AppError::Unauthenticated)?;
        match request.session.clone().filter(|_| !request.bearer) {
            Some(session) => Ok((request, actor, session)),
            None => Err(AppError::Forbidden {
                action: "in_person".to_owned(),
                reason: "A token cannot do this. Sign in to the console and do it there."
                    .to_owned(),
            }
            .into()),
        }
    }

    /// Sets the HTTP status of a function's answer. Part of a page that cannot be shown does not
    /// change the page's own status.
    pub fn set_status(status: u16) {
        if !use_context::<RequestContext>().is_some_and(|request| request.page) {
            set_page_status(status);
        }
    }

    /// Sets the HTTP status of a page.
    pub fn set_page_status(status: u16) {
        if let (Some(response), Ok(status)) = (
            use_context::<ResponseOptions>(),
            http::StatusCode::from_u16(status),
        ) {
            response.set_status(status);
        }
    }

    /// The session cookie's name.
    pub const SESSION_COOKIE: &str = "slipway_session";

    /// Gives the browser its session.
    pub fn set_session_cookie(token: &str) {
        write_cookie(&format!(
            "{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict"
        ));
    }

    /// Takes the session from the browser.
    pub fn clear_session_cookie() {
        write_cookie(&format!(
            "{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
        ));
    }

    fn write_cookie(cookie: &str) {
        let secure = use_context::<RequestContext>().is_some_and(|request| request.secure);
        let text = if secure {
            format!("{cookie}; Secure")
        } else {
            cookie.to_owned()
        };
        if let (Some(response), Ok(value)) = (
            use_context::<ResponseOptions>(),
            http::HeaderValue::from_str(&text),
        ) {
            response.append_header(http::header::SET_COOKIE, value);
        }
    }
}

//! The error of server functions: [`AppError`] with a transport case, and the HTTP status that
//! goes with it (Leptos 0.8 would answer 500 for all of them).

use crate::wire::{WireEncoding, WireError};
use domain::AppError;
use serde::{Deserialize, Serialize};
use server_fn::Decodes;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};
use std::fmt;

/// What a server function answers when it cannot do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiError {
    /// The request arrived and was refused or failed.
    App(AppError),
    /// The request or its answer did not arrive, or could not be read.
    Transport(String),
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(error) => error.fmt(f),
            Self::Transport(_) => {
                f.write_str("Slipway did not answer. What you see may be old; nothing was changed by this request as far as we know.")
            }
        }
    }
}

impl std::error::Error for ApiError {}

impl FromServerFnError for ApiError {
    type Encoder = WireEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        #[cfg(feature = "ssr")]
        crate::api::set_status(400);
        Self::Transport(error.to_string())
    }

    /// Every answer of the server that is a refusal comes through here, also those that nobody
    /// waits for: the one place that learns that the session is over.
    fn de(data: server_fn::Bytes) -> Self {
        let error = WireEncoding::decode(data)
            .unwrap_or_else(|error: WireError| Self::Transport(error.to_string()));
        #[cfg(feature = "hydrate")]
        if error == Self::App(AppError::Unauthenticated) {
            crate::session::go_to_sign_in();
        }
        error
    }
}

impl From<AppError> for ApiError {
    fn from(error: AppError) -> Self {
        #[cfg(feature = "ssr")]
        crate::api::set_status(error.status());
        Self::App(error)
    }
}

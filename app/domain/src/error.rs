//! What can go wrong in a request, as everybody sees it: the page, the API and the terminal.
//! Closed and serialisable; a new variant is a new line in the test that lists all codes.

use serde::{Deserialize, Serialize};

/// What is wrong with one field of a form or of a request's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name as the form knows it (`login`, `number`, …).
    pub field: String,
    /// One sentence that says how to put it right.
    pub message: String,
}

impl FieldError {
    /// An error for `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
        }
    }
}

/// A request that could not be done. `Display` is the sentence that a person reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// The input breaks a rule; nothing was changed.
    #[error("{}", first_message(fields))]
    Invalid {
        /// What is wrong, field by field.
        fields: Vec<FieldError>,
    },
    /// The thing does not exist, or the caller may not know that it does.
    #[error("{what} was not found. It may have been removed, or you may not see it.")]
    NotFound {
        /// What was looked for, in words ("Plan #12").
        what: String,
    },
    /// The state of things does not allow it; nothing was changed.
    #[error("{message}")]
    Conflict {
        /// Stable, for programs: `name_taken`, `plan_running`, …
        code: String,
        /// What happened, to what, and what to do.
        message: String,
    },
    /// Somebody else changed it since it was read.
    #[error(
        "{what} was changed by somebody else since you opened it. Load it again, then repeat your change."
    )]
    Stale {
        /// What was changed, in words.
        what: String,
    },
    /// Nobody is signed in, or the session is over.
    #[error("Sign in to go on.")]
    Unauthenticated,
    /// The caller may not do this.
    #[error("{reason}")]
    Forbidden {
        /// What was refused, as a stable verb-noun (`start_plan`).
        action: String,
        /// Why, and who can.
        reason: String,
    },
    /// Cannot be done now (a locked database, an agent that is away); trying again may help.
    #[error("{message}")]
    Unavailable {
        /// What is away, what is still true, and what to do.
        message: String,
        /// Seconds after which another try makes sense.
        retry_seconds: u32,
    },
    /// A fault of ours. Details are in the log under this reference.
    #[error(
        "Something went wrong in Slipway. Nothing was changed by this request. An administrator finds it in the log under {reference}."
    )]
    Internal {
        /// Printed in the log line that holds the details.
        reference: String,
    },
}

fn first_message(fields: &[FieldError]) -> &str {
    fields
        .first()
        .map_or("The input is not valid.", |f| f.message.as_str())
}

impl AppError {
    /// A single wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            fields: vec![FieldError::new(field, message)],
        }
    }

    /// Something that was looked for and is not there.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// A state that does not allow the request.
    pub fn conflict(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Conflict {
            code: code.into(),
            message: message.into(),
        }
    }

    /// A stable code for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::NotFound { .. } => "not_found",
            Self::Conflict { code, .. } => code,
            Self::Stale { .. } => "stale",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden { .. } => "forbidden",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal { .. } => "internal",
        }
    }

    /// The HTTP status, as a plain number so that both edges agree.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Invalid { .. } => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden { .. } => 403,
            Self::NotFound { .. } => 404,
            Self::Conflict { .. } | Self::Stale { .. } => 409,
            Self::Internal { .. } => 500,
            Self::Unavailable { .. } => 503,
        }
    }
}

//! Signing in and oneself.

use crate::access::Access;
use crate::id::UserId;
use serde::{Deserialize, Serialize};

/// The person behind the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Their id.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// Login.
    pub login: String,
    /// What they may do.
    pub access: Access,
}

/// Whether the installation still needs its first account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupState {
    /// True until the administrator's account exists.
    pub needed: bool,
}

/// The first account, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAdministrator {
    /// The one-time token from the terminal.
    pub token: String,
    /// Display name.
    pub name: String,
    /// Login.
    pub login: String,
    /// E-mail address.
    pub email: String,
    /// Password; checked by [`crate::name::check_password`].
    pub password: String,
}

/// What a sign-in attempt led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInOutcome {
    /// A session was opened.
    SignedIn(Me),
    /// Wrong login or password.
    WrongCredentials {
        /// Tries left before a pause.
        tries_left: u32,
    },
    /// Too many failures; the pause has this long to go.
    Paused {
        /// Seconds left.
        seconds: u32,
    },
}

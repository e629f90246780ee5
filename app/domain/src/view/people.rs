//! Signing in and oneself.

use crate::Timestamp;
use crate::access::{Access, Standing};
use crate::id::{TokenId, UserId};
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

/// A bearer token as its owner sees it; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub last_used: Option<Timestamp>,
    /// When it ends; none if it does not.
    pub expires: Option<Timestamp>,
}

/// A new token, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// Days until it ends, 1 to [`NewToken::MAX_DAYS`]; none for a token that does not end.
    pub days: Option<u32>,
}

impl NewToken {
    /// The most days for which a token can be made: ten years.
    pub const MAX_DAYS: u32 = 3_650;
}

/// A token that was just made. The only time that its secret is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeToken {
    /// Its row.
    pub row: TokenRow,
    /// What programs send.
    pub secret: String,
}

/// An account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Its id.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// Login.
    pub login: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// What it may do.
    pub standing: Standing,
    /// Whether it may sign in.
    pub active: bool,
    /// Whether it has a password; until then only its link leads in.
    pub has_password: bool,
    /// When it last signed in, if ever.
    pub last_sign_in: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// For optimistic writes.
    pub revision: i64,
}

/// A new account, as an administrator types it. Its person sets the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    /// Display name.
    pub name: String,
    /// Login.
    pub login: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// What it may do.
    pub standing: Standing,
}

/// A one-time way to set an account's password; shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLink {
    /// Whose.
    pub account: UserId,
    /// Their display name.
    pub name: String,
    /// Their login.
    pub login: String,
    /// The code; the page makes an address of it.
    pub code: String,
    /// Until when it can be used.
    pub expires: Timestamp,
}

/// Whose password a link sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordLinkOwner {
    /// Their display name.
    pub name: String,
    /// Their login.
    pub login: String,
}

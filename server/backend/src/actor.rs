//! Who asks. Every use case takes an [`Actor`] and names the [`Action`] it needs; this is the one
//! seam through which permission is asked.

use domain::access::{Access, Action, Standing};
use domain::{AppError, UserId};
use uuid::Uuid;

/// The login of whoever sits at the console's own machine; no account has blanks in its login.
const TERMINAL: &str = "the terminal";

/// Somebody (or something) that acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user: UserId,
    /// Its login.
    pub login: String,
    /// Its display name.
    pub name: String,
    /// What it may do.
    pub access: Access,
    /// What the token is called that a program acts with; none for a person.
    pub token: Option<String>,
}

impl Actor {
    /// Whoever sits at the console's own machine and may write its database: an administrator
    /// without an account. `person` is their login there, for the audit.
    pub fn at_terminal(person: &str) -> Self {
        Self {
            user: UserId(Uuid::nil()),
            login: TERMINAL.to_owned(),
            name: format!("{person} at the console's terminal"),
            access: Access {
                standing: Standing::Administrator,
            },
            token: None,
        }
    }

    /// Who it is, for the audit: of a program also by which token it came.
    pub(crate) fn audited_name(&self) -> String {
        match &self.token {
            None => self.name.clone(),
            Some(token) => format!("{} through the API (token {token})", self.name),
        }
    }

    /// Whether this is [`Actor::at_terminal`].
    pub fn is_terminal(&self) -> bool {
        self.user.0.is_nil() && self.login == TERMINAL
    }

    /// Refuses unless the actor may do this.
    pub fn require(&self, action: Action) -> Result<(), AppError> {
        match self.access.refusal(action) {
            None => Ok(()),
            Some(reason) => Err(AppError::Forbidden {
                action: action_code(action),
                reason,
            }),
        }
    }
}

/// The stable code of an action, as it stands in refusals and in the audit.
pub fn action_code(action: Action) -> String {
    serde_json::to_value(action)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Where a request comes from, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// The peer's address.
    pub address: String,
    /// What the client calls itself, cut to 200 characters.
    pub user_agent: String,
}

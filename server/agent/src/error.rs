//! What can go wrong for the person who starts an agent ([`AgentError`]) and for an order of the
//! console ([`Failure`]).

use std::io;
use std::path::{Path, PathBuf};

/// An error for the person at the agent's terminal.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The folder cannot be used.
    #[error(
        "{path} cannot be used: {source}. Check that it exists, is writable and has free space."
    )]
    Folder {
        /// Which path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another agent lives there.
    #[error("Another agent runs in {0}. Stop it first, or choose another folder.")]
    FolderInUse(PathBuf),
    /// A file of the agent is not readable as what it should be.
    #[error(
        "{0} is damaged. Restore it from a backup, or remove the agent's folder and join again."
    )]
    DamagedFile(PathBuf),
    /// Not joined yet.
    #[error(
        "The agent in {0} belongs to no console yet. Make a join code on the console's Environments page, then run `slipway agent join`."
    )]
    NotJoined(PathBuf),
    /// Joined already.
    #[error(
        "The agent in {folder} already serves the environment \"{environment}\". Use another folder for another agent."
    )]
    AlreadyJoined {
        /// The folder.
        folder: PathBuf,
        /// The environment.
        environment: String,
    },
    /// The console is not there.
    #[error(
        "The console at {console} cannot be reached: {why}. Check the address and that the console runs."
    )]
    ConsoleAway {
        /// Its address.
        console: String,
        /// What the network said.
        why: String,
    },
    /// The console said no.
    #[error("The console refused ({code}): {message}")]
    Refused {
        /// Stable.
        code: String,
        /// The console's words.
        message: String,
    },
    /// The front door's address is not free.
    #[error(
        "The agent cannot listen on {address}: {source}. Stop what uses it, or choose another with --listen."
    )]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// `slipway agent publish` could not do it.
    #[error("{0}")]
    Publish(String),
}

impl AgentError {
    pub(crate) fn folder(path: &Path, source: io::Error) -> Self {
        Self::Folder {
            path: path.to_owned(),
            source,
        }
    }
}

/// Why an order failed. Whatever it had begun is undone when this is reported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// Stable: see `docs/agents.md`.
    pub(crate) code: &'static str,
    /// What happened, to what, and what to do.
    pub(crate) message: String,
    /// Whether another try may help.
    pub(crate) retry: bool,
}

impl Failure {
    /// A failure that another try will not cure.
    pub(crate) fn lasting(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry: false,
        }
    }

    /// A failure that may pass.
    pub(crate) fn passing(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry: true,
        }
    }

    /// A disk that failed while `doing`.
    pub(crate) fn disk(doing: &str, error: &io::Error) -> Self {
        if is_full(error) {
            return Self::passing(
                DISK_FULL,
                format!(
                    "The agent's disk is full: {doing} could not be finished, and nothing of it \
                     was kept. Free some space in the agent's folder, then try again."
                ),
            );
        }
        Self::passing(
            "disk_error",
            format!(
                "The agent's disk failed while {doing}: {error}. Nothing of it was kept. Check \
                 the agent's folder, then try again."
            ),
        )
    }
}

/// The code of a [`Failure`] because there is no room left.
pub(crate) const DISK_FULL: &str = "disk_full";

/// Whether there is no room left.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

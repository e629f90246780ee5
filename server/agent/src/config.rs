//! What an agent is told, and the folder that it lives in.

use crate::error::AgentError;
use nix::fcntl::{Flock, FlockArg};
use protocol::EnvironmentName;
use seal::KeySource;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// What an agent is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its own folder; made if it is not there. One agent per folder.
    pub folder: PathBuf,
    /// The console's address (`http://127.0.0.1:8080`).
    pub console: String,
    /// Where the front door listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where people reach the front door, if not at `http://{listen}` (behind a proxy).
    pub public_address: Option<String>,
    /// What `{slipway}` stands for in a service's command; this very program if none.
    pub program: Option<PathBuf>,
    /// The version that the agent reports.
    pub version: String,
    /// Where the key is that secret values are sealed with on this machine; without it in a file
    /// in the agent's folder.
    pub secret_keys: Option<KeySource>,
    /// What services may take.
    pub services: ServiceLimits,
    /// How long nothing is asked of the agent before it removes what runs have left; usually
    /// [`TIDY_AFTER`]; zero is at once, whatever is under way.
    pub tidy_after: Duration,
}

/// Making many files is slow right after many were removed, as the file system steps over their
/// places: between two deployments there is a better time for it.
pub const TIDY_AFTER: Duration = Duration::from_mins(1);

/// What services and those who call them may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceLimits {
    /// Between two questions for the health of a service that is up. One that does not answer well
    /// three times in a row is started again.
    pub health_every: Duration,
    /// How long a service may take until its answer begins; then the caller gets a 504.
    pub answer: Duration,
    /// The largest body of a request, in bytes; a larger one gets a 413.
    pub request_body: u64,
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            health_every: Duration::from_secs(5),
            answer: Duration::from_mins(2),
            request_body: 1 << 30,
        }
    }
}

/// Who an agent is, once it has joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its id.
    pub agent_id: Uuid,
    /// The environment it serves, by the name it had last.
    pub environment: EnvironmentName,
    /// The console that it joined.
    pub console: String,
}

/// Paths inside the agent's folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes the folder and its parts.
    pub(crate) fn prepare(root: &Path) -> Result<Self, AgentError> {
        fs::create_dir_all(root).map_err(|e| AgentError::folder(root, e))?;
        // Absolute, because services run with another working directory.
        let root = fs::canonicalize(root).map_err(|e| AgentError::folder(root, e))?;
        let folder = Self { root };
        for part in ["bundles", "releases", "current", "logs", "data", "running"] {
            let path = folder.root.join(part);
            fs::create_dir_all(&path).map_err(|e| AgentError::folder(&path, e))?;
        }
        // Bundles and settings are nobody else's business.
        fs::set_permissions(&folder.root, fs::Permissions::from_mode(0o700))
            .map_err(|e| AgentError::folder(&folder.root, e))?;
        Ok(folder)
    }

    /// Takes the folder for this process, as long as the returned lock lives.
    pub(crate) fn lock(&self) -> Result<Flock<File>, AgentError> {
        let path = self.root.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|e| AgentError::folder(&path, e))?;
        Flock::lock(file, FlockArg::LockExclusiveNonblock)
            .map_err(|_| AgentError::FolderInUse(self.root.clone()))
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Packed bundles by digest.
    pub(crate) fn bundles(&self) -> PathBuf {
        self.root.join("bundles")
    }

    /// Staged and running modules, a folder each.
    pub(crate) fn releases(&self) -> PathBuf {
        self.root.join("releases")
    }

    /// Links for people: module name to the release that runs.
    pub(crate) fn current(&self) -> PathBuf {
        self.root.join("current")
    }

    /// Output of services.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// What services keep, a folder per module, untouched by publishing.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// One file per process that runs, so that a crashed agent's children are found again.
    pub(crate) fn running(&self) -> PathBuf {
        self.root.join("running")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// Where the agent hears `slipway agent publish`.
    pub(crate) fn socket(&self) -> PathBuf {
        self.root.join("agent.sock")
    }

    fn identity(&self) -> PathBuf {
        self.root.join("agent.json")
    }

    fn secret(&self) -> PathBuf {
        self.root.join("secret")
    }

    /// The key that secret values are sealed with, unless it is somewhere else.
    pub(crate) fn secret_keys(&self, config: &Config) -> KeySource {
        let own = || KeySource::File(self.root.join("secret.key"));
        config.secret_keys.clone().unwrap_or_else(own)
    }

    /// Stores who the agent is; the secret readable by its owner only.
    pub(crate) fn write_identity(
        &self,
        identity: &Identity,
        secret: &str,
    ) -> Result<(), AgentError> {
        let json = serde_json::to_vec_pretty(identity).unwrap_or_default();
        write_durably(&self.secret(), secret.as_bytes(), 0o600)?;
        write_durably(&self.identity(), &json, 0o600)
    }

    /// Who the agent is and its secret; none before it joined.
    pub(crate) fn read_identity(&self) -> Result<Option<(Identity, String)>, AgentError> {
        let path = self.identity();
        let json = match fs::read(&path) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(AgentError::folder(&path, error)),
        };
        let identity =
            serde_json::from_slice(&json).map_err(|_| AgentError::DamagedFile(path.clone()))?;
        let path = self.secret();
        let secret = fs::read_to_string(&path).map_err(|e| AgentError::folder(&path, e))?;
        Ok(Some((identity, secret)))
    }
}

fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AgentError> {
    let write = || -> io::Result<()> {
        let partial = path.with_extension("partial");
        let _ = fs::remove_file(&partial);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)?;
        match path.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    };
    write().map_err(|e| AgentError::folder(path, e))
}

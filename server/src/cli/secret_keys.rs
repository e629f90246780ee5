//! Where the keys for secrets are: one option for every command that opens the database.

use backend::KeySource;
use std::path::{Path, PathBuf};

/// The environment variable that gives the keys themselves. No flag does: what is typed as one
/// stands in the shell's history, and others see it while the command runs.
const GIVEN: &str = "SLIPWAY_SECRET_KEY";

/// Where the keys for secrets are.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SecretKeys {
    /// The file with the key for secrets, made at the first start; without it, secret.key in the data folder. SLIPWAY_SECRET_KEY gives the key itself instead
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_SECRET_KEY_FILE",
        value_name = "FILE"
    )]
    secret_key_file: Option<PathBuf>,
}

impl SecretKeys {
    /// For the console with this data folder.
    pub fn source(&self, data: &Path) -> KeySource {
        match (std::env::var(GIVEN), &self.secret_key_file) {
            (Ok(given), _) if !given.trim().is_empty() => KeySource::Given {
                variable: GIVEN,
                keys: given,
            },
            (_, Some(file)) => KeySource::File(file.clone()),
            (_, None) => in_folder(data),
        }
    }
}

/// The file in a data folder.
pub fn in_folder(data: &Path) -> KeySource {
    KeySource::File(data.join("secret.key"))
}

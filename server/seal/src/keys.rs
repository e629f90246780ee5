//! The keys that secrets are sealed with: the one in use first, then former ones that something may
//! still be sealed with. They come from a file that only its owner reads, or are given.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where the keys come from.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum KeySource {
    /// There are none: no secret can be set.
    #[default]
    None,
    /// A file, made at the first start, one key a line.
    File(PathBuf),
    /// These, separated by spaces, commas or line ends, as they would stand in a file.
    Given {
        /// The environment variable that gives them, for messages.
        variable: &'static str,
        /// The keys.
        keys: String,
    },
}

/// Without the keys.
impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Given { variable, .. } => write!(f, "Given({variable}, …)"),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("no key"),
            Self::File(path) => write!(f, "the key file {}", path.display()),
            Self::Given { variable, .. } => f.write_str(variable),
        }
    }
}

/// Why there are no keys. For the person who runs the process; never a key in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Nobody said where they are.
    #[error(
        "no key for secrets is configured. Name its file with --secret-key-file, as `slipway serve` has it, or give the key in SLIPWAY_SECRET_KEY."
    )]
    NotConfigured,
    /// The file is not there.
    #[error(
        "the key file {0} is not there. It is made at the first start; put it back from your backup, or name the right one with --secret-key-file."
    )]
    NotThere(PathBuf),
    /// It cannot be read or written.
    #[error("the key file {path} could not be {what}: {source}. Check its permissions.")]
    File {
        /// Which.
        path: PathBuf,
        /// `read`, `written`.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// What is there is no key.
    #[error(
        "line {line} of {from} is no key: it is not 32 bytes in base64 (43 characters of A-Z, a-z, 0-9, `-`, `_`). Nothing was changed; put the key back from your backup."
    )]
    NoKey {
        /// Where.
        from: String,
        /// In which line, from 1.
        line: usize,
    },
    /// There is none in it.
    #[error("there is no key in {0}. Put it back from your backup.")]
    Empty(String),
    /// The system gives no random numbers.
    #[error("no new key could be made: the system gives no random numbers.")]
    NoRandomness,
    /// More than a cipher takes: no property's value is.
    #[error("the value is too long to be sealed.")]
    TooLong,
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        KeyError::NoRandomness
    })?;
    Ok(bytes)
}

/// 32 bytes that nobody may see.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// A new one, from the system's random numbers.
    pub fn new() -> Result<Self, KeyError> {
        let bytes = random::<32>()?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().ok()?;
        Some(Self(Zeroizing::new(bytes)))
    }

    fn write(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(*self.0))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What tells it from others, and may be seen; positive.
    pub fn number(&self) -> i64 {
        let mut hasher = Sha256::new();
        hasher.update(b"slipway key id\0");
        hasher.update(*self.0);
        let hash = hasher.finalize();
        let first = hash.iter().take(8);
        let number = first.fold(0_i64, |number, byte| (number << 8) | i64::from(*byte));
        (number & i64::MAX).max(1)
    }

    /// The same as it is stored beside what the key seals.
    pub fn id(&self) -> String {
        id_of(self.number())
    }
}

/// How a key is called.
pub fn id_of(number: i64) -> String {
    format!("{number:016x}")
}

/// The keys, the one in use first; never empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// What is sealed from now on is sealed with this one.
    pub current: Key,
    /// What something may still be sealed with.
    pub former: Vec<Key>,
}

impl Keys {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.former)
    }

    /// The one of this id.
    pub fn find(&self, id: &str) -> Option<&Key> {
        self.all().find(|key| key.id() == id)
    }

    /// Reads them.
    pub fn read(source: &KeySource) -> Result<Self, KeyError> {
        match source {
            KeySource::None => Err(KeyError::NotConfigured),
            KeySource::Given { keys, .. } => Self::parse(keys, &source.to_string()),
            KeySource::File(path) => {
                let text = fs::read_to_string(path).map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => KeyError::NotThere(path.clone()),
                    _ => failed(path, "read", error),
                })?;
                let text = Zeroizing::new(text);
                warn_if_open(path);
                Self::parse(&text, &source.to_string())
            }
        }
    }

    fn parse(text: &str, from: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for (line, words) in (1..).zip(text.lines()) {
            // What follows `#` is for people.
            let words = words.split_once('#').map_or(words, |(keys, _)| keys);
            for word in words
                .split([' ', ',', '\t'])
                .filter(|word| !word.is_empty())
            {
                let from = || from.to_owned();
                keys.push(Key::parse(word).ok_or_else(|| KeyError::NoKey { from: from(), line })?);
            }
        }
        let mut keys = keys.into_iter();
        let current = keys
            .next()
            .ok_or_else(|| KeyError::Empty(from.to_owned()))?;
        Ok(Self {
            current,
            former: keys.collect(),
        })
    }

    /// Makes the file with a new key, for its owner only. One that is there stays as it is.
    pub fn make_file(path: &Path) -> Result<(), KeyError> {
        let keys = Self {
            current: Key::new()?,
            former: Vec::new(),
        };
        let written = keys.write_to(path, |temporary| {
            // Unlike renaming, this fails if somebody else was faster.
            fs::hard_link(temporary, path)
        });
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(|error| failed(path, "written", error)),
        }
    }

    /// Puts these keys in the place of those in the file; all of them or none.
    pub fn replace_file(&self, path: &Path) -> Result<(), KeyError> {
        self.write_to(path, |temporary| fs::rename(temporary, path))
            .map_err(|error| failed(path, "written", error))
    }

    fn write_to(&self, path: &Path, put: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{}", uuid::Uuid::now_v7()));
        let temporary = PathBuf::from(temporary);
        let written = (|| {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temporary)?;
            writeln!(
                file,
                "# Keys for the secrets of this Slipway. Back this file up apart from what they seal."
            )?;
            for key in self.all() {
                writeln!(file, "{}", *key.write())?;
            }
            file.sync_all()?;
            put(&temporary)
        })();
        // Gone already if it was renamed.
        let _ = fs::remove_file(&temporary);
        written?;
        File::open(folder)?.sync_all()
    }
}

fn failed(path: &Path, what: &'static str, source: io::Error) -> KeyError {
    KeyError::File {
        path: path.to_owned(),
        what,
        source,
    }
}

fn warn_if_open(path: &Path) {
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            "the key file can be read by others than its owner; `chmod 600` it"
        );
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn the_file_is_made_once_for_its_owner_only() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("keys/secret.key");
        Keys::make_file(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let source = KeySource::File(path.clone());
        let first = Keys::read(&source).unwrap();
        Keys::make_file(&path).unwrap();
        assert!(Keys::read(&source).unwrap() == first, "it was made anew");
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "something is left behind");
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_what_is_none_is_named() {
        let key = Key::new().unwrap();
        let other = Key::new().unwrap();
        let (a, b) = (key.write(), other.write());
        for text in [
            format!("{}\n{}\n", *a, *b),
            format!("# new\n{}, {}", *a, *b),
            format!("{}= # new\n\n{}", *a, *b),
        ] {
            let keys = Keys::parse(&text, "x").unwrap();
            assert!(keys.current == key && keys.former == [other.clone()]);
            assert!(keys.find(&other.id()).is_some());
        }
        let line = |text: &str| Keys::parse(text, "x").err().unwrap().to_string();
        assert!(line(&format!("{}\nshort", *a)).starts_with("line 2 of x is no key"));
        assert!(
            !line("hush").contains("hush"),
            "what stands there is repeated"
        );
        assert!(line("# nothing").contains("no key in x"));
    }

    #[test]
    fn a_source_is_written_down_without_its_keys() {
        let given = KeySource::Given {
            variable: "KEY",
            keys: "hush".to_owned(),
        };
        assert!(!format!("{given:?} {given}").contains("hush"));
    }
}

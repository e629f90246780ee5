//! Random secrets and the hashes by which they are kept. The secrets have 256 bits, so that a fast
//! hash keeps them as well as a slow one would.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::AppError;
use sha2::{Digest, Sha256};

/// A new secret of 32 random bytes, as 43 characters.
pub(crate) fn new_secret() -> Result<String, AppError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], AppError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers");
        AppError::Internal {
            reference: "random".to_owned(),
        }
    })?;
    Ok(bytes)
}

/// What is stored of a secret.
pub(crate) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Letters and digits that are not taken for each other when read aloud.
const CLEAR: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A code that people can type: four groups of five, 100 bits.
pub(crate) fn new_code() -> Result<String, AppError> {
    let groups: Vec<String> = random::<20>()?
        .chunks(5)
        .map(|group| {
            group
                .iter()
                .map(|byte| char::from(CLEAR[usize::from(byte % 32)]))
                .collect()
        })
        .collect();
    Ok(groups.join("-"))
}

/// A typed code as [`new_code`] wrote it, to be hashed.
pub(crate) fn normal_code(typed: &str) -> String {
    let plain: Vec<u8> = typed
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|byte| byte.to_ascii_uppercase())
        .take(64)
        .collect();
    plain
        .chunks(5)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("-")
}

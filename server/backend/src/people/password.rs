//! Passwords: hashed with Argon2id, away from the threads that serve, a few at a time.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::AppError;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many passwords are hashed at once; each takes 19 MiB for some tens of milliseconds.
const AT_ONCE: usize = 2;

/// Hashes and verifies.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    params: Params,
}

impl Passwords {
    /// With the recommended cost, or the least there is.
    pub(crate) fn new(cheap: bool) -> Self {
        let params = if cheap {
            Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_default()
        } else {
            Params::default()
        };
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            params,
        }
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'static>) -> Result<T, argon2::password_hash::Error> + Send + 'static,
    ) -> Result<T, AppError> {
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let _turn = self.turns.acquire().await.map_err(|_| fault("closed"))?;
        tokio::task::spawn_blocking(move || work(argon))
            .await
            .map_err(|_| fault("ended"))?
            .map_err(|error| fault(&error.to_string()))
    }

    /// The text that is stored of a password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, AppError> {
        let salt = SaltString::encode_b64(&crate::secrets::random::<16>()?)
            .map_err(|error| fault(&error.to_string()))?;
        let password = password.to_owned();
        self.in_turn(move |argon| Ok(argon.hash_password(password.as_bytes(), &salt)?.to_string()))
            .await
    }

    /// Whether the password is the stored one. Without a stored one it takes as long and says no,
    /// so that the time does not tell which logins there are.
    pub(crate) async fn verify(
        &self,
        password: &str,
        stored: Option<&str>,
    ) -> Result<bool, AppError> {
        let Some(stored) = stored.map(str::to_owned) else {
            self.hash(password).await?;
            return Ok(false);
        };
        let password = password.to_owned();
        self.in_turn(move |argon| {
            let stored = PasswordHash::new(&stored)?;
            match argon.verify_password(password.as_bytes(), &stored) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::Password) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }
}

fn fault(detail: &str) -> AppError {
    tracing::error!(detail, "a password could not be hashed");
    AppError::Internal {
        reference: "password".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_stored_is_made_by_argon2id_at_the_recommended_cost() {
        let stored = Passwords::new(false).hash("correct horse").await.unwrap();
        let params = Params::default();
        let cost = format!(
            "$argon2id$v=19$m={},t={},p={}$",
            params.m_cost(),
            params.t_cost(),
            params.p_cost()
        );
        assert!(stored.starts_with(&cost), "{stored}");
        assert!(params.m_cost() >= 19 * 1_024 && params.t_cost() >= 2);
    }
}

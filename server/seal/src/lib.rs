//! Secrets at rest. The console seals what it stores in its database, an agent what it writes into
//! its journal, each with keys of its own. What is sealed says with which key, and opens only at the
//! place that it was sealed for (`place` is authenticated with it): it cannot be moved elsewhere.

mod keys;

pub use keys::{Key, KeyError, KeySource, Keys, id_of};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const NONCE: usize = 24;

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The key that opens it.
    #[serde(rename = "key")]
    pub key_id: String,
    /// Nonce and sealed bytes, in base64.
    pub value: String,
}

/// Why a secret cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Its key is not among ours.
    UnknownKey,
    /// It was changed, or moved from another place.
    Damaged,
}

impl Key {
    /// Seals a value for a place.
    pub fn seal(&self, place: &[u8], value: &str) -> Result<Sealed, KeyError> {
        let nonce = keys::random::<NONCE>()?;
        let payload = Payload {
            msg: value.as_bytes(),
            aad: place,
        };
        let sealed = XChaCha20Poly1305::new(self.bytes().into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| KeyError::TooLong)?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(Sealed {
            key_id: self.id(),
            value: URL_SAFE_NO_PAD.encode(bytes),
        })
    }

    /// Opens what this key has sealed for a place.
    pub fn open(&self, place: &[u8], value: &str) -> Result<Zeroizing<String>, Closed> {
        let bytes = URL_SAFE_NO_PAD.decode(value).map_err(|_| Closed::Damaged)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE).ok_or(Closed::Damaged)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| Closed::Damaged)?;
        let payload = Payload {
            msg: sealed,
            aad: place,
        };
        let opened = XChaCha20Poly1305::new(self.bytes().into())
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Closed::Damaged)?;
        String::from_utf8(opened)
            .map(Zeroizing::new)
            .map_err(|_| Closed::Damaged)
    }
}

impl Keys {
    /// Opens what one of these keys has sealed for a place.
    pub fn open(&self, place: &[u8], sealed: &Sealed) -> Result<Zeroizing<String>, Closed> {
        let key = self.find(&sealed.key_id).ok_or(Closed::UnknownKey)?;
        key.open(place, &sealed.value)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_at_its_place_and_with_its_key() {
        let key = Key::new().unwrap();
        let sealed = key.seal(b"here", "hush").unwrap();
        assert_eq!(sealed.key_id, key.id());
        assert_eq!(*key.open(b"here", &sealed.value).unwrap(), "hush");
        assert_eq!(key.open(b"there", &sealed.value), Err(Closed::Damaged));
        let other = Key::new().unwrap();
        assert_eq!(other.open(b"here", &sealed.value), Err(Closed::Damaged));
        let both = Keys {
            current: other.clone(),
            former: vec![key],
        };
        assert_eq!(*both.open(b"here", &sealed).unwrap(), "hush");
        let without = Keys {
            current: other,
            former: Vec::new(),
        };
        assert_eq!(without.open(b"here", &sealed), Err(Closed::UnknownKey));
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let key = Key::new().unwrap();
        let sealed = key.seal(b"here", "hush").unwrap().value;
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let text = URL_SAFE_NO_PAD.encode(changed);
            assert_eq!(key.open(b"here", &text), Err(Closed::Damaged));
        }
        for text in ["", "x", "§", &sealed[..20]] {
            assert_eq!(key.open(b"here", text), Err(Closed::Damaged));
        }
    }

    #[test]
    fn the_same_secret_is_never_sealed_the_same_way() {
        let key = Key::new().unwrap();
        let seal = || key.seal(b"here", "hush").unwrap().value;
        assert_ne!(seal(), seal());
    }
}

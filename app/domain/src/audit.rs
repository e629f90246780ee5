//! The chain that makes a later change of the audit visible: each entry carries the SHA-256 over
//! the hash before it and everything that it says. Who changes, removes or inserts an entry would
//! have to write every later one anew.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What the first bytes of every hash are made of; changes when the form does.
const FORM: &[u8] = b"slipway audit 1";

/// Everything that an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<'a> {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Which account; none for Slipway itself.
    pub actor: Option<Uuid>,
    /// The name at that time.
    pub actor_name: &'a str,
    /// What was done.
    pub action: &'a str,
    /// What kind of thing it was done to.
    pub object_kind: &'a str,
    /// Its id.
    pub object: Option<Uuid>,
    /// Its name at that time.
    pub object_name: &'a str,
    /// Where.
    pub environment: Option<Uuid>,
    /// The reason given.
    pub reason: Option<&'a str>,
    /// How it was.
    pub before: Option<&'a str>,
    /// How it is now.
    pub after: Option<&'a str>,
}

/// The hash of an entry that follows the one with the hash `previous` (none: it is the first), in
/// lower-case hex. Every part is preceded by whether it is there and by its length, so that no two
/// entries give the same bytes.
pub fn chain(previous: Option<&str>, said: &Said<'_>) -> String {
    let mut hasher = Sha256::new();
    hasher.update(FORM);
    let mut part = |bytes: Option<&[u8]>| match bytes {
        None => hasher.update([0]),
        Some(bytes) => {
            hasher.update([1]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
    };
    part(previous.map(str::as_bytes));
    part(Some(&said.at.to_be_bytes()));
    part(said.actor.as_ref().map(|id| &id.as_bytes()[..]));
    part(Some(said.actor_name.as_bytes()));
    part(Some(said.action.as_bytes()));
    part(Some(said.object_kind.as_bytes()));
    part(said.object.as_ref().map(|id| &id.as_bytes()[..]));
    part(Some(said.object_name.as_bytes()));
    part(said.environment.as_ref().map(|id| &id.as_bytes()[..]));
    part(said.reason.map(str::as_bytes));
    part(said.before.map(str::as_bytes));
    part(said.after.map(str::as_bytes));
    let mut hex = String::with_capacity(64);
    for byte in hasher.finalize() {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: Said<'static> = Said {
        at: 1,
        actor: None,
        actor_name: "Ada",
        action: "plan_started",
        object_kind: "plan",
        object: None,
        object_name: "Policy",
        environment: None,
        reason: None,
        before: None,
        after: None,
    };

    #[test]
    fn every_part_counts() {
        let id = Some(Uuid::from_u128(7));
        let others = [
            Said { at: 2, ..SAID },
            Said { actor: id, ..SAID },
            Said {
                actor_name: "ada",
                ..SAID
            },
            Said {
                action: "plan_saved",
                ..SAID
            },
            Said {
                object_kind: "run",
                ..SAID
            },
            Said { object: id, ..SAID },
            Said {
                object_name: "policy",
                ..SAID
            },
            Said {
                environment: id,
                ..SAID
            },
            Said {
                reason: Some(""),
                ..SAID
            },
            Said {
                before: Some(""),
                ..SAID
            },
            Said {
                after: Some(""),
                ..SAID
            },
            // The same letters, cut elsewhere.
            Said {
                actor_name: "Adap",
                action: "lan_started",
                ..SAID
            },
        ];
        let hash = chain(None, &SAID);
        assert_eq!(hash, chain(None, &SAID));
        assert_eq!(hash.len(), 64);
        assert_ne!(hash, chain(Some(""), &SAID));
        for other in others {
            assert_ne!(hash, chain(None, &other), "{other:?}");
        }
    }
}

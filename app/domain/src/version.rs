//! Version numbers: dot-separated numbers, compared part by part.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// The most parts a version number has.
pub const MAX_PARTS: usize = 4;
/// The largest single part.
pub const MAX_PART: u32 = 999_999;

/// Why a text is not a version number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseVersionError {
    /// Nothing was given.
    #[error("a version number is needed, for example 2.14")]
    Empty,
    /// A part is not a number, or is empty.
    #[error("a version number is made of numbers and dots, for example 2.14")]
    NotANumber,
    /// A part begins with a zero and is not 0.
    #[error("no part of a version number begins with a zero: 1.2, not 01.2")]
    LeadingZero,
    /// More parts than [`MAX_PARTS`].
    #[error("a version number has at most four parts, for example 2.14.1.3")]
    TooManyParts,
    /// A part above [`MAX_PART`].
    #[error("each part of a version number is at most 999999")]
    PartTooLarge,
}

/// Why a number cannot be that of a new tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagNumberError {
    /// What is tagged is based on a version that is not below it.
    #[error("{number} is not above {base}, which it is based on. Choose a higher number.")]
    NotAbove {
        /// The number.
        number: VersionNumber,
        /// What it is based on.
        base: VersionNumber,
    },
    /// Another tag has it.
    #[error("{application} has a version {number} already. Choose the next number.")]
    Taken {
        /// Whose tag it would be.
        application: String,
        /// The number.
        number: VersionNumber,
    },
}

/// A version's number, one to four parts. Missing parts count as zero when comparing, so 2.1 and
/// 2.1.0 are the same number (domain.md V5, V6).
#[derive(Debug, Clone, Copy)]
pub struct VersionNumber {
    parts: [u32; MAX_PARTS],
    len: u8,
}

impl VersionNumber {
    /// The number of an application's first tag, unless its maker chooses another.
    pub const FIRST: Self = Self {
        parts: [0, 1, 0, 0],
        len: 2,
    };

    /// The number with these parts; `None` if there are none, too many, or one is too large.
    pub fn from_parts(parts: &[u32]) -> Option<Self> {
        if parts.is_empty() || parts.len() > MAX_PARTS || parts.iter().any(|p| *p > MAX_PART) {
            return None;
        }
        let mut all = [0; MAX_PARTS];
        all[..parts.len()].copy_from_slice(parts);
        Some(Self {
            parts: all,
            len: u8::try_from(parts.len()).unwrap_or(1),
        })
    }

    /// The parts as written.
    pub fn parts(&self) -> &[u32] {
        &self.parts[..usize::from(self.len)]
    }

    /// Whether a new tag of what is based on `base` can have this number, where these are `taken`.
    pub fn check_new(
        self,
        application: &str,
        base: Option<Self>,
        taken: impl IntoIterator<Item = Self>,
    ) -> Result<(), TagNumberError> {
        if let Some(base) = base.filter(|base| self <= *base) {
            return Err(TagNumberError::NotAbove { number: self, base });
        }
        if taken.into_iter().any(|number| number == self) {
            return Err(TagNumberError::Taken {
                application: application.to_owned(),
                number: self,
            });
        }
        Ok(())
    }

    /// A text that sorts as the numbers do, for the database.
    pub fn sort_key(&self) -> String {
        let [a, b, c, d] = self.parts;
        format!("{a:06}.{b:06}.{c:06}.{d:06}")
    }

    /// The next number of ordinary development: the second part goes up (V5).
    #[must_use]
    pub fn next_minor(&self) -> Self {
        let [a, b, ..] = self.parts;
        if b < MAX_PART {
            Self {
                parts: [a, b + 1, 0, 0],
                len: 2,
            }
        } else {
            Self {
                parts: [(a + 1).min(MAX_PART), 0, 0, 0],
                len: 2,
            }
        }
    }

    /// The next number of a hotfix or of a re-tag of an old state: the third part goes up (V5).
    #[must_use]
    pub fn next_hotfix(&self) -> Self {
        let [a, b, c, _] = self.parts;
        if c < MAX_PART {
            Self {
                parts: [a, b, c + 1, 0],
                len: 3,
            }
        } else {
            self.next_minor()
        }
    }
}

impl PartialEq for VersionNumber {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}
impl Eq for VersionNumber {}
impl std::hash::Hash for VersionNumber {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts.hash(state);
    }
}
impl PartialOrd for VersionNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for VersionNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.parts.cmp(&other.parts)
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, part) in self.parts().iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

impl FromStr for VersionNumber {
    type Err = ParseVersionError;
    fn from_str(text: &str) -> Result<Self, ParseVersionError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ParseVersionError::Empty);
        }
        let mut parts = [0; MAX_PARTS];
        let mut len = 0_u8;
        for piece in text.split('.') {
            let slot = parts
                .get_mut(usize::from(len))
                .ok_or(ParseVersionError::TooManyParts)?;
            if piece.is_empty() || !piece.bytes().all(|b| b.is_ascii_digit()) {
                return Err(ParseVersionError::NotANumber);
            }
            if piece.len() > 1 && piece.starts_with('0') {
                return Err(ParseVersionError::LeadingZero);
            }
            if piece.len() > 6 {
                return Err(ParseVersionError::PartTooLarge);
            }
            *slot = piece.parse().map_err(|_| ParseVersionError::NotANumber)?;
            len += 1;
        }
        Ok(Self { parts, len })
    }
}

impl Serialize for VersionNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for VersionNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_new_tag_is_above_its_base_and_not_taken() {
        let number = |text: &str| text.parse::<VersionNumber>().unwrap();
        let check = |new: &str, base: Option<&str>| {
            let taken = [number("2.13"), number("2.15")];
            let error = number(new)
                .check_new("Claims", base.map(number), taken)
                .err();
            error.map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(check("2.14", Some("2.13")), "");
        assert_eq!(check("1.0", None), "");
        assert_eq!(
            check("2.12.9", Some("2.13")),
            "2.12.9 is not above 2.13, which it is based on. Choose a higher number."
        );
        assert!(check("2.13.0", Some("2.13")).contains("not above"));
        assert_eq!(
            check("2.15.0", Some("2.13")),
            "Claims has a version 2.15.0 already. Choose the next number."
        );
    }
}

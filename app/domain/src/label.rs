//! Names in answers: short ones are kept in place, so that an answer of a thousand modules does
//! not ask for memory a thousand times.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

/// The most bytes kept in place.
const SHORT: usize = 23;

/// A text that is read, compared and sent like a `String`, and copied without asking for memory
/// if it has at most 23 bytes.
#[derive(Clone)]
pub struct Label {
    // Side by side and not one or the other, so that copying asks no questions. The last byte of
    // a short text is its length.
    short: [u8; SHORT + 1],
    long: Option<Box<str>>,
}

impl Label {
    /// The text.
    pub fn as_str(&self) -> &str {
        // Made of a text and never cut, so it is one still.
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// Its bytes, which are in the order of the texts.
    fn bytes(&self) -> &[u8] {
        match &self.long {
            Some(text) => text.as_bytes(),
            None => &self.short[..usize::from(self.short[SHORT]).min(SHORT)],
        }
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        let mut short = [0; SHORT + 1];
        let mut long = None;
        if text.len() <= SHORT {
            short[..text.len()].copy_from_slice(text.as_bytes());
            short[SHORT] = text.len() as u8;
        } else {
            long = Some(text.into());
        }
        Self { short, long }
    }
}

impl Default for Label {
    fn default() -> Self {
        Self::from("")
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.as_str().to_owned()
    }
}

impl Deref for Label {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Label {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}
impl Eq for Label {}
impl PartialEq<str> for Label {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}
impl PartialEq<&str> for Label {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}
impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Label {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}

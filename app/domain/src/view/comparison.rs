//! What differs between two sides, as the page shows it.

use super::{Page, Stamp};
use crate::application::ModuleKind;
use crate::difference::{Change, ModuleDetails, Release, Totals};
use crate::id::{ApplicationId, ModuleId, VersionId};
use crate::time::Timestamp;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// What can be compared, as it stands in an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// `now:Quality`: what an environment runs.
    Now(String),
    /// `then:1767225600000:Quality`: what it ran at a time (milliseconds since 1970).
    Then(Timestamp, String),
    /// `version:<id>`: a tagged version.
    Version(VersionId),
    /// `before:12`: the target of plan 12 right before it started, or now if it has not.
    BeforePlan(u64),
    /// `plan:12`: the same with all that the plan brings.
    Plan(u64),
}

/// A text that names nothing that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" names nothing that can be compared")]
pub struct ParseComparedError(String);

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(environment) => write!(f, "now:{environment}"),
            Self::Then(at, environment) => write!(f, "then:{}:{environment}", at.0),
            Self::Version(id) => write!(f, "version:{id}"),
            Self::BeforePlan(number) => write!(f, "before:{number}"),
            Self::Plan(number) => write!(f, "plan:{number}"),
        }
    }
}

impl FromStr for Compared {
    type Err = ParseComparedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (word, rest) = text.split_once(':')?;
            Some(match word {
                "now" if !rest.is_empty() => Self::Now(rest.to_owned()),
                "then" => {
                    let (at, environment) = rest.split_once(':')?;
                    if environment.is_empty() {
                        return None;
                    }
                    Self::Then(Timestamp(at.parse().ok()?), environment.to_owned())
                }
                "version" => Self::Version(VersionId(Uuid::try_parse(rest).ok()?)),
                "before" => Self::BeforePlan(rest.parse().ok()?),
                "plan" => Self::Plan(rest.parse().ok()?),
                _ => return None,
            })
        };
        // Cut, so that a message does not repeat a page of text.
        read().ok_or_else(|| ParseComparedError(text.chars().take(80).collect()))
    }
}

/// A side of a comparison in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedSide {
    /// What it is: "Quality", "Claims 2.14", "Quality with plan #12".
    pub title: String,
    /// The environment that it is about, if it is.
    pub environment: Option<String>,
    /// Where that stands in the promotion order, from 0, and how many there are.
    pub lane: Option<(u32, u32)>,
    /// The plan that it is about, if it is.
    pub plan: Option<u64>,
    /// Since when it is history; none for what holds now.
    pub at: Option<Timestamp>,
    /// Nothing is on record of the environment at that time.
    pub unrecorded: bool,
}

/// A comparison: totals of all, and a page of the applications that are not the same, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The first side.
    pub from: ComparedSide,
    /// The second side.
    pub to: ComparedSide,
    /// How much there is.
    pub totals: Totals,
    /// The deployment notes, if the second side is what a plan brings.
    pub notes: String,
    /// Applications; `unfiltered` counts those that are the same, too.
    pub rows: Page<ApplicationDifference>,
}

/// What became of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationDifference {
    /// Which.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// In a word.
    pub change: Change,
    /// What the first side has of it.
    pub before: Option<Release>,
    /// What the second side has of it.
    pub after: Option<Release>,
    /// Its modules that are not the same, by name.
    pub modules: Vec<ModuleDifference>,
    /// What was said of the tags after the first side's up to the second side's, newest first.
    pub notes: Vec<ReleaseNote>,
    /// How many more of those there are.
    pub more_notes: u32,
}

/// What became of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleDifference {
    /// Which.
    pub module: ModuleId,
    /// Its name.
    pub name: String,
    /// How it comes alive.
    pub kind: ModuleKind,
    /// In a word.
    pub change: Change,
    /// The application that it comes from.
    pub from: Option<String>,
    /// The application that it goes to.
    pub to: Option<String>,
    /// It is published again, so that it links its producers anew.
    pub republished: bool,
    /// What is not the same in it.
    pub details: ModuleDetails,
}

/// The most applications that are named as the same.
pub const MAX_SAME: usize = 500;

/// An application that is the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameApplication {
    /// Which.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// What both have of it.
    pub release: Option<Release>,
}

/// What was said when a version was tagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseNote {
    /// The version.
    pub number: VersionNumber,
    /// The words.
    pub text: String,
    /// By whom, and when; none while the plan that makes it has not started.
    pub made: Option<Stamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compared_survives_an_address() {
        let all = [
            Compared::Now("Quality: two".to_owned()),
            Compared::Then(Timestamp(1_767_225_600_000), "Quality".to_owned()),
            Compared::Version(VersionId(Uuid::from_u128(7))),
            Compared::BeforePlan(12),
            Compared::Plan(u64::MAX),
        ];
        for compared in all {
            assert_eq!(compared.to_string().parse(), Ok(compared));
        }
    }

    #[test]
    fn other_texts_are_refused_and_not_repeated_whole() {
        for text in [
            "",
            "Quality",
            "now:",
            "then:x:Quality",
            "then:5:",
            "plan:-1",
        ] {
            assert!(text.parse::<Compared>().is_err(), "{text}");
        }
        let long = "x".repeat(10_000);
        let message = long.parse::<Compared>().map_err(|error| error.to_string());
        assert!(message.is_err_and(|message| message.len() < 200));
    }
}

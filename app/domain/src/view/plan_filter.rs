//! What the list of plans is asked for, and the same as the words of an address.

use super::{PlanOrder, PlanRow, WAITS, status_word, statuses_of, waits_of};
use crate::error::FieldError;
use crate::plan::{Intervention, PlanKind, PlanStatus};
use crate::time::Day;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The most characters of the text that is searched for.
pub const MAX_PLAN_SEARCH: usize = 200;
/// The most words that are searched for.
pub const MAX_PLAN_WORDS: usize = 12;
/// The most characters of a name in a filter.
const MAX_FILTER_NAME: usize = 200;
/// Plans that match a filter are counted up to this many.
pub const PLAN_MATCH_CAP: u64 = 500;
/// All plans are counted up to this many.
pub const PLAN_COUNT_CAP: u64 = 10_000;

/// Which plans, and in which order. Every part is in the page's address; what is not set does not
/// narrow the list. Drafts are never in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanFilter {
    /// Words that are all in the plan's number, name, notes, applications with their versions, or
    /// people. Words of one or two characters stand at the beginning of one there.
    pub text: String,
    /// Any of these statuses; empty, with `waits`, means all.
    pub statuses: BTreeSet<PlanStatus>,
    /// Besides, plans that wait for a person for one of these reasons ([`WAITS`]).
    pub waits: BTreeSet<Intervention>,
    /// The source's name; empty means any.
    pub source: String,
    /// The target's name.
    pub target: String,
    /// The name of an application that is in the plan.
    pub application: String,
    /// The number that an application gets; the one of `application` if that is set.
    pub version: Option<VersionNumber>,
    /// The login of who created, saved, started or aborted it.
    pub person: String,
    /// When it was created.
    pub created: Days,
    /// When it was started.
    pub started: Days,
    /// When its deployment was over.
    pub finished: Days,
    /// Whether it ended with warnings, or its last check found some.
    pub warnings: Option<bool>,
    /// Only this kind.
    pub kind: Option<PlanKind>,
    /// What it is sorted by.
    pub order: PlanOrder,
}

/// A span of days, both included, in UTC. An end that is not set is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Days {
    /// The first day.
    pub from: Option<Day>,
    /// The last day.
    pub to: Option<Day>,
}

impl Days {
    /// Whether neither end is set.
    pub const fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Why no moment can lie between the two.
    pub fn problem(&self) -> Option<String> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => Some(format!(
                "The first day, {from}, is after the last one, {to}. Choose them the other way round."
            )),
            _ => None,
        }
    }
}

impl PlanFilter {
    /// The statuses and what is waited for, as one word of the address.
    #[must_use]
    pub fn status(&self) -> String {
        let statuses = status_word(&self.statuses);
        let waits = WAITS
            .into_iter()
            .filter(|(_, _, why)| self.waits.contains(why));
        let words = (!statuses.is_empty()).then_some(statuses).into_iter();
        words
            .chain(waits.map(|(word, ..)| word.to_owned()))
            .collect::<Vec<_>>()
            .join(",")
    }

    /// Finds plans that stand as this word says, as [`PlanFilter::status`] writes it, and no others.
    pub fn set_status(&mut self, word: &str) {
        self.statuses = statuses_of(word);
        self.waits = waits_of(word);
    }

    /// Reads the words of an address, asking for each by its key. What it cannot read stays at the
    /// default.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let text = |key: &str| {
            get(key)
                .map(|value| value.trim().to_owned())
                .unwrap_or_default()
        };
        let days = |from: &str, to: &str| Days {
            from: text(from).parse().ok(),
            to: text(to).parse().ok(),
        };
        Self {
            text: text("search"),
            statuses: statuses_of(&text("status")),
            waits: waits_of(&text("status")),
            source: text("source"),
            target: text("target"),
            application: text("application"),
            version: text("version").parse().ok(),
            person: text("by"),
            created: days("created-from", "created-to"),
            started: days("started-from", "started-to"),
            finished: days("finished-from", "finished-to"),
            warnings: match text("warnings").as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            kind: PlanKind::parse(&text("kind")),
            order: PlanOrder::parse(&text("sort")),
        }
    }

    /// Reads the query part of an address, as [`PlanFilter::query`] writes it.
    pub fn parse(query: &str) -> Self {
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (decode(key), decode(value)))
            .collect();
        Self::read(|key| {
            pairs
                .iter()
                .find(|(known, _)| known == key)
                .map(|(_, value)| value.clone())
        })
    }

    /// The words of an address, key and value, in a fixed order; only what narrows or sorts.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let yes = |yes: Option<bool>| match yes {
            Some(true) => "yes".to_owned(),
            Some(false) => "no".to_owned(),
            None => String::new(),
        };
        let mut pairs = vec![
            ("status", self.status()),
            ("search", self.text.trim().to_owned()),
            ("source", self.source.clone()),
            ("target", self.target.clone()),
            ("application", self.application.clone()),
            (
                "version",
                self.version.map(|v| v.to_string()).unwrap_or_default(),
            ),
            ("by", self.person.clone()),
            ("created-from", day(self.created.from)),
            ("created-to", day(self.created.to)),
            ("started-from", day(self.started.from)),
            ("started-to", day(self.started.to)),
            ("finished-from", day(self.finished.from)),
            ("finished-to", day(self.finished.to)),
            ("warnings", yes(self.warnings)),
            (
                "kind",
                self.kind.map(|k| k.as_str().to_owned()).unwrap_or_default(),
            ),
            ("sort", self.order.word().to_owned()),
        ];
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// The query part of an address; empty if nothing is set.
    pub fn query(&self) -> String {
        let pairs: Vec<String> = self
            .pairs()
            .into_iter()
            .map(|(key, value)| format!("{key}={}", encode(&value)))
            .collect();
        pairs.join("&")
    }

    /// Whether it narrows the list at all.
    pub fn narrows(&self) -> bool {
        let sorted = Self {
            order: self.order,
            ..Self::default()
        };
        *self != sorted
    }

    /// The order that its answer has ([`PlanOrder::ByState`] is only of the whole list).
    pub fn answered_order(&self) -> PlanOrder {
        match self.order {
            PlanOrder::ByState if self.narrows() => PlanOrder::Newest,
            order => order,
        }
    }

    /// What is wrong with it, field by field (a field is named as in the address).
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        if self.text.chars().count() > MAX_PLAN_SEARCH {
            problems.push(FieldError::new(
                "search",
                "The text to search for is too long. Keep it within 200 characters.",
            ));
        } else if self.text.split_whitespace().count() > MAX_PLAN_WORDS {
            problems.push(FieldError::new(
                "search",
                "These are too many words to search for. Keep it within 12.",
            ));
        }
        for (field, name) in [
            ("source", &self.source),
            ("target", &self.target),
            ("application", &self.application),
            ("by", &self.person),
        ] {
            if name.chars().count() > MAX_FILTER_NAME {
                problems.push(FieldError::new(
                    field,
                    "The name is too long: nothing has one like that.",
                ));
            }
        }
        for (field, days) in [
            ("created", self.created),
            ("started", self.started),
            ("finished", self.finished),
        ] {
            if let Some(problem) = days.problem() {
                problems.push(FieldError::new(field, problem));
            }
        }
        problems
    }
}

/// Percent-encodes a value for the query part of an address.
pub fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Reads a percent-encoded value; `+` is a blank, and what is not well-formed stands for itself.
pub fn decode(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes
            .get(at + 1..at + 3)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, digits) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where a page of the list begins. Pages hang on a plan, not on a position: what is new does not
/// move them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PlanCut {
    /// At the beginning.
    #[default]
    Start,
    /// With the plans that follow this number in the list's order.
    After(u64),
    /// With those that come right before it.
    Before(u64),
}

/// Which page of which list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanRequest {
    /// Which list.
    pub filter: PlanFilter,
    /// Where the page begins.
    pub cut: PlanCut,
    /// Rows to give, at most [`super::MAX_PAGE`].
    pub limit: u32,
}

/// How many there are, counted up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counted {
    /// So many.
    pub number: u64,
    /// And more than that.
    pub more: bool,
}

impl Counted {
    /// From a count that went one beyond `cap`.
    pub fn up_to(found: u64, cap: u64) -> Self {
        Self {
            number: found.min(cap),
            more: found > cap,
        }
    }
}

/// A page of the list of plans.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanPage {
    /// The rows, in the list's order.
    pub rows: Vec<PlanRow>,
    /// Whether there are rows before the first one.
    pub has_before: bool,
    /// Whether there are rows after the last one.
    pub has_after: bool,
    /// How many plans match.
    pub total: Counted,
    /// How many there are without the filter.
    pub unfiltered: Counted,
}

/// A filter that somebody keeps for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFilter {
    /// Its id.
    pub id: crate::SavedFilterId,
    /// Its name, one of a kind for its owner.
    pub name: String,
    /// What it keeps.
    pub filter: PlanFilter,
    /// The revision; a change names the one it saw.
    pub revision: i64,
}

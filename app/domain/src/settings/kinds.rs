//! What values a site property takes. The same answers as those of the manifest's reader, which a
//! test in `backend` holds against each other.

use serde::{Deserialize, Serialize};

/// The most characters of a value.
pub const MAX_VALUE: usize = 2_000;

/// What values a site property takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PropertyKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number with a decimal point.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// `2026-01-31T08:00:00Z`.
    DateTime,
}

impl PropertyKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Integer,
        Self::Decimal,
        Self::Boolean,
        Self::DateTime,
    ];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::DateTime => "date_time",
        }
    }

    /// The kind with this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// As people call a value of it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "whole number",
            Self::Decimal => "decimal number",
            Self::Boolean => "true or false",
            Self::DateTime => "date and time",
        }
    }

    /// Why this cannot be a value, if it cannot; the end of a sentence.
    pub fn problem(self, value: &str) -> Option<&'static str> {
        if self.takes(value) {
            return None;
        }
        Some(match self {
            Self::Text => "a text has at most 2000 characters",
            Self::Integer => out_of_range(value).unwrap_or("an integer is written like \"42\""),
            Self::Decimal => "a decimal is written like \"3.14\"",
            Self::Boolean => "a boolean is \"true\" or \"false\"",
            Self::DateTime => "a date and time is written like \"2026-01-31T08:00:00Z\"",
        })
    }

    /// A value without the blanks around it, where blanks are no part of one.
    pub fn trimmed(self, value: &str) -> &str {
        match self {
            Self::Text => value,
            _ => value.trim(),
        }
    }

    fn takes(self, value: &str) -> bool {
        match self {
            Self::Text => value.chars().count() <= MAX_VALUE,
            Self::Integer => value.parse::<i64>().is_ok(),
            Self::Decimal => is_decimal(value),
            Self::Boolean => matches!(value, "true" | "false"),
            Self::DateTime => is_date_time(value),
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Integer => 2,
            Self::Decimal => 4,
            Self::Boolean => 8,
            Self::DateTime => 16,
        }
    }
}

/// The kinds that a value is one of. It is kept beside the value, so that what type it has can be
/// told where the value itself is a secret.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fits(u8);

impl Fits {
    /// The kinds of a value.
    pub fn of(value: &str) -> Self {
        Self(
            PropertyKind::ALL
                .into_iter()
                .filter(|kind| kind.takes(value))
                .fold(0, |bits, kind| bits | kind.bit()),
        )
    }

    /// As it is stored.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// As it was stored.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Whether the value is of this kind.
    pub const fn has(self, kind: PropertyKind) -> bool {
        self.0 & kind.bit() != 0
    }
}

/// Why a whole number is none that can be kept, if that is how large it is.
fn out_of_range(value: &str) -> Option<&'static str> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(if value.starts_with('-') {
        "the number is too small: an integer is at least -9,223,372,036,854,775,808"
    } else {
        "the number is too large: an integer is at most 9,223,372,036,854,775,807"
    })
}

fn is_decimal(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits =
        |s: &str| !s.is_empty() && s.len() <= 30 && s.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

/// RFC 3339 with an offset, as TOML reads it: `2026-01-31T08:00:00Z`, `2026-01-31 08:00:00.5+01:00`.
fn is_date_time(value: &str) -> bool {
    read_date_time(value.as_bytes()).is_some()
}

fn read_date_time(text: &[u8]) -> Option<()> {
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    let month = after(&mut rest, b"-", 2)?;
    let day = after(&mut rest, b"-", 2)?;
    if !(1..=12).contains(&month) || day == 0 || day > days_of(year, month) {
        return None;
    }
    let hour = after(&mut rest, b"Tt ", 2)?;
    let minute = after(&mut rest, b":", 2)?;
    let second = after(&mut rest, b":", 2)?;
    // A leap second is the 60th.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    if let Some((b'.', fraction)) = rest.split_first() {
        let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        rest = &fraction[digits..];
    }
    match rest {
        [b'Z' | b'z'] => Some(()),
        _ => {
            let hours = after(&mut rest, b"+-", 2)?;
            let minutes = after(&mut rest, b":", 2)?;
            (rest.is_empty() && hours <= 23 && minutes <= 59).then_some(())
        }
    }
}

/// The number of so many digits at the beginning.
fn number(rest: &mut &[u8], digits: usize) -> Option<u32> {
    let (first, left) = rest.split_at_checked(digits)?;
    *rest = left;
    first.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// The number behind one of these signs.
fn after(rest: &mut &[u8], signs: &[u8], digits: usize) -> Option<u32> {
    let (sign, left) = rest.split_first()?;
    if !signs.contains(sign) {
        return None;
    }
    *rest = left;
    number(rest, digits)
}

const fn days_of(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_told_apart_and_blanks_count_only_in_a_text() {
        let problem = |value| PropertyKind::Integer.problem(value).unwrap_or_default();
        assert!(problem("99999999999999999999").contains("too large"));
        assert!(problem("-99999999999999999999").contains("too small"));
        assert_eq!(problem("abc"), "an integer is written like \"42\"");
        assert_eq!(problem("-"), problem("abc"));
        assert_eq!(PropertyKind::Integer.trimmed(" 12 "), "12");
        assert_eq!(PropertyKind::Text.trimmed(" a "), " a ");
    }

    #[test]
    fn values_are_read_as_the_manifest_writes_them() {
        use PropertyKind::{Boolean, DateTime, Decimal, Integer, Text};
        let kinds = |value: &str| -> Vec<PropertyKind> {
            let fits = Fits::of(value);
            PropertyKind::ALL
                .into_iter()
                .filter(|kind| fits.has(*kind))
                .collect()
        };
        assert_eq!(kinds(""), [Text]);
        assert_eq!(kinds("42"), [Text, Integer, Decimal]);
        assert_eq!(kinds("-3.14"), [Text, Decimal]);
        assert_eq!(kinds("3."), [Text]);
        assert_eq!(kinds("9223372036854775808"), [Text, Decimal]);
        assert_eq!(kinds("true"), [Text, Boolean]);
        assert_eq!(kinds("True"), [Text]);
        for value in [
            "2026-01-31T08:00:00Z",
            "2024-02-29 08:00:00.25+01:00",
            "2026-12-31T23:59:60z",
        ] {
            assert_eq!(kinds(value), [Text, DateTime], "{value}");
        }
        for value in [
            "2026-01-31",
            "2026-01-31T08:00:00",
            "2026-02-29T08:00:00Z",
            "2026-13-01T08:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T08:00:00.Z",
            "2026-01-31T08:00:00Z ",
            "2026-01-31T08:00:00+1:00",
        ] {
            assert_eq!(kinds(value), [Text], "{value}");
        }
        assert_eq!(kinds(&"x".repeat(MAX_VALUE + 1)), []);
        for kind in PropertyKind::ALL {
            assert_eq!(PropertyKind::parse(kind.as_str()), Some(kind));
        }
    }
}

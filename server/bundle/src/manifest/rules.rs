//! Rules for single values, shared by the manifest's reader and by the reader of packed manifests.

use super::SettingKind;

/// Longest name of an application, module or element, in characters.
pub(crate) const NAME_LIMIT: usize = 50;
/// Longest description or default, in characters.
pub(crate) const TEXT_LIMIT: usize = 2000;

/// Why this is no name, if it is none.
pub(crate) fn name_problem(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("it is empty".to_owned());
    }
    if name.trim() != name {
        return Some("it begins or ends with a space".to_owned());
    }
    if name.chars().count() > NAME_LIMIT {
        return Some(format!("it is longer than {NAME_LIMIT} characters"));
    }
    if name.chars().any(char::is_control) {
        return Some("it holds a control character".to_owned());
    }
    None
}

/// Why a module's name cannot be a folder under `producers/`, if so.
pub(crate) fn folder_name_problem(name: &str) -> Option<String> {
    if name.contains(['/', '\\', '\0']) || name.starts_with('.') {
        return Some("it holds a slash or begins with a dot".to_owned());
    }
    None
}

/// Why this is no address to mount a module at, if it is none.
pub(crate) fn url_path_problem(path: &str) -> Option<String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Some("it does not begin with a slash".to_owned());
    };
    if rest.is_empty() {
        return Some("the root is the agent's own page".to_owned());
    }
    if path.len() > 200 {
        return Some("it is longer than 200 characters".to_owned());
    }
    for part in rest.split('/') {
        if part.is_empty() {
            return Some("it ends with a slash or has two in a row".to_owned());
        }
        if part.starts_with('.') {
            return Some("a part of it begins with a dot".to_owned());
        }
        if !part
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~'))
        {
            return Some(
                "it holds something besides letters, digits, `-`, `_`, `.`, `~`".to_owned(),
            );
        }
    }
    if rest == "-" || rest.starts_with("-/") {
        return Some("`/-` belongs to the agent".to_owned());
    }
    None
}

/// Why this is no path inside a folder, if it is none. `.` is the folder itself.
pub(crate) fn inner_path_problem(path: &str, may_be_dot: bool) -> Option<String> {
    if path == "." && may_be_dot {
        return None;
    }
    if path.is_empty() {
        return Some("it is empty".to_owned());
    }
    if path.contains(['\\', '\0']) {
        return Some("it holds a backslash; write slashes".to_owned());
    }
    if path.starts_with('/') {
        return Some("it is absolute".to_owned());
    }
    for part in path.trim_end_matches('/').split('/') {
        if matches!(part, "" | "." | "..") {
            return Some("it has an empty part, `.` or `..`".to_owned());
        }
    }
    None
}

/// Why this is no name of a site property, if it is none.
pub(crate) fn setting_name_problem(name: &str) -> Option<String> {
    if let Some(problem) = name_problem(name) {
        return Some(problem);
    }
    let mut bytes = name.bytes();
    if !bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
    {
        return Some(
            "it is not made of letters, digits and `_`, beginning with a letter".to_owned(),
        );
    }
    None
}

/// Why a site property of this kind cannot have this value, if it cannot.
pub(crate) fn value_problem(kind: SettingKind, value: &str) -> Option<&'static str> {
    let fits = match kind {
        SettingKind::Text => value.chars().count() <= TEXT_LIMIT,
        SettingKind::Integer => value.parse::<i64>().is_ok(),
        SettingKind::Decimal => is_decimal(value),
        SettingKind::Boolean => matches!(value, "true" | "false"),
        SettingKind::DateTime => value
            .parse::<toml::value::Datetime>()
            .is_ok_and(|d| d.date.is_some() && d.time.is_some() && d.offset.is_some()),
    };
    if fits {
        return None;
    }
    Some(match kind {
        SettingKind::Text => "a text has at most 2000 characters",
        SettingKind::Integer => out_of_range(value).unwrap_or("an integer is written like \"42\""),
        SettingKind::Decimal => "a decimal is written like \"3.14\"",
        SettingKind::Boolean => "a boolean is \"true\" or \"false\"",
        SettingKind::DateTime => "a date and time is written like \"2026-01-31T08:00:00Z\"",
    })
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

/// The rules as results, for the reader of packed manifests.
pub(crate) mod name_rules {
    use super::{folder_name_problem, inner_path_problem, name_problem, setting_name_problem};

    fn named(what: &str, name: &str, problem: Option<String>) -> Result<(), String> {
        match problem {
            Some(problem) => Err(format!("the {what} {name:?} is not usable: {problem}")),
            None => Ok(()),
        }
    }

    pub(crate) fn application(name: &str) -> Result<(), String> {
        named("application name", name, name_problem(name))
    }

    pub(crate) fn module(name: &str) -> Result<(), String> {
        named(
            "module name",
            name,
            name_problem(name).or_else(|| folder_name_problem(name)),
        )
    }

    pub(crate) fn element(name: &str) -> Result<(), String> {
        named("element name", name, name_problem(name))
    }

    pub(crate) fn inner_path(path: &str) -> Result<(), String> {
        named("path", path, inner_path_problem(path, false))
    }

    pub(crate) fn setting(name: &str) -> Result<(), String> {
        named("setting name", name, setting_name_problem(name))
    }
}

//! The words of an address, whatever their case.

use super::refused::Refused;
use super::shown;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::Day;
use domain::view::decode;
use std::collections::BTreeMap;

/// What stands after the question mark.
pub(super) struct Asked(BTreeMap<String, String>);

impl Asked {
    fn parse(query: &str) -> Self {
        Self(
            query
                .split('&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name).to_ascii_lowercase(), decode(value)))
                .collect(),
        )
    }

    /// The value of a name; none if it is not there or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let value = self.0.get(&name.to_ascii_lowercase())?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Yes or no; no if it is not said.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Refused> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(other) => Err(Refused::invalid(format!(
                "{name} is true or false, not {}.",
                shown(other)
            ))),
        }
    }

    /// A day.
    pub(super) fn day(&self, name: &str) -> Result<Option<Day>, Refused> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        // Some clients write the time along.
        let day = text.split(['T', ' ']).next().unwrap_or(text);
        match day.parse() {
            Ok(day) => Ok(Some(day)),
            Err(_) => Err(Refused::invalid(format!(
                "{name} is a day such as 2026-11-20, not {}.",
                shown(text)
            ))),
        }
    }

    /// A number from 0 on.
    pub(super) fn count(&self, name: &str) -> Result<Option<u32>, Refused> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(Refused::invalid(format!(
                "{name} is a number from 0 on, not {}.",
                shown(text)
            ))),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::Asked;

    #[test]
    fn names_and_truth_have_no_case() {
        let asked = Asked::parse("RedeployOutdated=True&mindate=2026-11-20T08%3A00&x&n=-1&y=maybe");
        assert!(asked.flag("redeployoutdated").is_ok_and(|flag| flag));
        assert!(asked.flag("ContinueWithErrors").is_ok_and(|flag| !flag));
        assert!(asked.flag("Y").is_err());
        let day = asked.day("MinDate").ok().flatten();
        assert_eq!(
            day.map(|day| day.to_string()).as_deref(),
            Some("2026-11-20")
        );
        assert!(asked.day("y").is_err());
        assert!(asked.count("N").is_err());
        assert_eq!(asked.text("X"), None);
    }
}

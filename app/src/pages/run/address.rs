//! What a run's address says about its log: `?log=warnings&search=core#L421`.

use crate::routes::encode;
use domain::execution::LogKind;
#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// Which lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Every line.
    #[default]
    All,
    /// What was done, step by step.
    Steps,
    /// Warnings and errors.
    Warnings,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::All, Self::Steps, Self::Warnings];

    /// Its name on the screen.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Steps => "Steps",
            Self::Warnings => "Warnings",
        }
    }

    /// Its name in the address; none for the one that needs no word.
    const fn address(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Steps => Some("steps"),
            Self::Warnings => Some("warnings"),
        }
    }

    /// The kinds of line that belong to it; none for all.
    pub fn kinds(self) -> Vec<LogKind> {
        match self {
            Self::All => Vec::new(),
            Self::Steps => vec![
                LogKind::Start,
                LogKind::Step,
                LogKind::StepSub,
                LogKind::PublishStop,
                LogKind::StageAborted,
                LogKind::End,
            ],
            Self::Warnings => vec![
                LogKind::Warning,
                LogKind::Error,
                LogKind::AcceptableError,
                LogKind::PublishStop,
                LogKind::StageAborted,
            ],
        }
    }
}

/// What an address says about the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// The lines to show.
    pub level: Level,
    /// The text searched for.
    pub text: String,
    /// The line to stand at.
    pub line: Option<u64>,
}

#[cfg_attr(not(any(feature = "hydrate", test)), allow(dead_code))]
impl Address {
    /// What a query's parts and the hash say.
    fn of(level: Option<&str>, text: Option<String>, hash: &str) -> Self {
        Self {
            level: Level::ALL
                .into_iter()
                .find(|known| known.address().is_some() && known.address() == level)
                .unwrap_or_default(),
            text: text.unwrap_or_default(),
            line: hash.strip_prefix("#L").and_then(|n| n.parse().ok()),
        }
    }

    /// The query with its question mark; empty when there is nothing to say.
    fn query(level: Level, text: &str) -> String {
        let mut parts = Vec::new();
        if let Some(word) = level.address() {
            parts.push(format!("{LEVEL}={word}"));
        }
        let text = text.trim();
        if !text.is_empty() {
            parts.push(format!("{SEARCH}={}", encode(text)));
        }
        if parts.is_empty() {
            String::new()
        } else {
            format!("?{}", parts.join("&"))
        }
    }
}

const LEVEL: &str = "log";
const SEARCH: &str = "search";

#[cfg(feature = "hydrate")]
impl Address {
    /// What the page's address says.
    pub fn read() -> Self {
        let location = window().location();
        let hash = location.hash().unwrap_or_default();
        let search = location.search().unwrap_or_default();
        match web_sys::UrlSearchParams::new_with_str(&search) {
            Ok(query) => Self::of(query.get(LEVEL).as_deref(), query.get(SEARCH), &hash),
            Err(_) => Self::of(None, None, &hash),
        }
    }
}

#[cfg(not(feature = "hydrate"))]
impl Address {
    /// What the page's address says.
    pub fn read() -> Self {
        Self::default()
    }
}

#[cfg(feature = "hydrate")]
fn replace(address: &str) {
    if let Ok(history) = window().history() {
        let state = history.state().unwrap_or(wasm_bindgen::JsValue::NULL);
        let _ = history.replace_state_with_url(&state, "", Some(address));
    }
}

/// Puts a line into the page's address.
#[cfg(feature = "hydrate")]
pub fn write_line(line: u64) {
    replace(&format!("#L{line}"));
}

/// Puts level and search into the page's address.
#[cfg(feature = "hydrate")]
pub fn write_query(level: Level, text: &str) {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    let hash = location.hash().unwrap_or_default();
    replace(&format!("{path}{}{hash}", Address::query(level, text)));
}

/// Brings a line into view; `focus` also puts the focus on it.
#[cfg(feature = "hydrate")]
pub fn scroll_to(line: u64, focus: bool) {
    use wasm_bindgen::JsCast;
    request_animation_frame(move || {
        let Some(element) = document().get_element_by_id(&format!("L{line}")) else {
            return;
        };
        if focus && let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
            let _ = element.focus();
        }
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Center);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    });
}

/// Puts a line into the page's address.
#[cfg(not(feature = "hydrate"))]
pub fn write_line(_line: u64) {}

/// Puts level and search into the page's address.
#[cfg(not(feature = "hydrate"))]
pub fn write_query(_level: Level, _text: &str) {}

/// Brings a line into view; `focus` also puts the focus on it.
#[cfg(not(feature = "hydrate"))]
pub fn scroll_to(_line: u64, _focus: bool) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_and_search_are_words_in_the_address() {
        assert_eq!(Address::query(Level::All, "  "), "");
        assert_eq!(Address::query(Level::Steps, ""), "?log=steps");
        assert_eq!(
            Address::query(Level::Warnings, " core & co "),
            "?log=warnings&search=core%20%26%20co"
        );
        let read = Address::of(Some("warnings"), Some("core".to_owned()), "#L421");
        assert_eq!(read.level, Level::Warnings);
        assert_eq!((read.text.as_str(), read.line), ("core", Some(421)));
        assert_eq!(Address::of(Some("all"), None, "#Lx"), Address::default());
        assert_eq!(Address::of(None, None, ""), Address::default());
    }
}

//! The matrix's address: every filter as words people can read, and back.

use crate::components::kind::{KINDS, kind_label, kind_word};
use crate::routes::encode;
use domain::ApplicationId;
use domain::application::ModuleKind;
use domain::view::{ApplicationFilter, ApplicationSort, ApplicationTab};
use leptos_router::params::ParamsMap;

/// What the address says about the matrix. Relations are named, not numbered; the page looks the
/// name up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatrixAddress {
    /// Text searched for.
    pub text: String,
    /// The tab.
    pub tab: ApplicationTab,
    /// Only applications with a module of this kind.
    pub kind: Option<ModuleKind>,
    /// Only applications that the named one uses.
    pub producer_of: Option<String>,
    /// Only applications that use the named one.
    pub consumer_of: Option<String>,
    /// The order.
    pub sort: ApplicationSort,
}

impl MatrixAddress {
    /// Reads the address; what it does not know it leaves at the default.
    pub fn read(params: &ParamsMap) -> Self {
        let name = |key: &str| {
            params
                .get(key)
                .map(|v| v.trim().to_owned())
                .filter(|v| !v.is_empty())
        };
        Self {
            text: params.get("search").unwrap_or_default(),
            tab: params
                .get("tab")
                .and_then(|word| {
                    ApplicationTab::ALL
                        .into_iter()
                        .find(|tab| tab_word(*tab) == word)
                })
                .unwrap_or_default(),
            kind: params
                .get("kind")
                .and_then(|word| KINDS.into_iter().find(|kind| kind_word(*kind) == word)),
            producer_of: name("producer-of"),
            consumer_of: name("consumer-of"),
            sort: if params.get("sort").as_deref() == Some("last-change") {
                ApplicationSort::LastChange
            } else {
                ApplicationSort::Name
            },
        }
    }

    /// The query with its question mark; empty when nothing differs from the default.
    pub fn query(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |key: &str, value: &str| {
            if !value.is_empty() {
                parts.push(format!("{key}={}", encode(value)));
            }
        };
        if self.tab != ApplicationTab::All {
            add("tab", tab_word(self.tab));
        }
        add("search", &self.text);
        if let Some(kind) = self.kind {
            add("kind", kind_word(kind));
        }
        add(
            "producer-of",
            self.producer_of.as_deref().unwrap_or_default(),
        );
        add(
            "consumer-of",
            self.consumer_of.as_deref().unwrap_or_default(),
        );
        if self.sort == ApplicationSort::LastChange {
            add("sort", "last-change");
        }
        if parts.is_empty() {
            String::new()
        } else {
            format!("?{}", parts.join("&"))
        }
    }

    /// Whether anything but the tab and the order narrows the list.
    pub fn is_filtered(&self) -> bool {
        !self.text.is_empty()
            || self.kind.is_some()
            || self.producer_of.is_some()
            || self.consumer_of.is_some()
    }

    /// The request for rows, once the names of relations are found.
    pub fn filter(
        &self,
        producer_of: Option<ApplicationId>,
        consumer_of: Option<ApplicationId>,
        offset: u64,
        limit: u32,
    ) -> ApplicationFilter {
        ApplicationFilter {
            text: self.text.trim().to_owned(),
            tab: self.tab,
            kind: self.kind,
            consumer_of,
            producer_of,
            sort: self.sort,
            offset,
            limit,
        }
    }

    /// The filters in use, in words, for "nothing matches".
    pub fn in_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.tab != ApplicationTab::All {
            words.push(format!("tab {}", tab_label(self.tab)));
        }
        if !self.text.is_empty() {
            words.push(format!("search “{}”", self.text));
        }
        if let Some(kind) = self.kind {
            words.push(format!("kind {}", kind_label(kind)));
        }
        if let Some(name) = &self.producer_of {
            words.push(format!("producer of {name}"));
        }
        if let Some(name) = &self.consumer_of {
            words.push(format!("consumer of {name}"));
        }
        words
    }
}

/// The tab's word in the address.
pub const fn tab_word(tab: ApplicationTab) -> &'static str {
    match tab {
        ApplicationTab::All => "all",
        ApplicationTab::CanMove => "can-move",
        ApplicationTab::Modified => "modified",
        ApplicationTab::Hotfix => "hotfix-open",
        ApplicationTab::Broken => "broken",
        ApplicationTab::ChangedOutside => "changed-outside",
        ApplicationTab::Blocked => "blocked",
    }
}

/// The tab's label.
pub const fn tab_label(tab: ApplicationTab) -> &'static str {
    match tab {
        ApplicationTab::All => "All",
        ApplicationTab::CanMove => "Can move",
        ApplicationTab::Modified => "Modified",
        ApplicationTab::Hotfix => "Hotfix open",
        ApplicationTab::Broken => "Broken",
        ApplicationTab::ChangedOutside => "Changed outside",
        ApplicationTab::Blocked => "Blocked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_round_trip() {
        let address = MatrixAddress {
            text: "claims & co".to_owned(),
            tab: ApplicationTab::CanMove,
            kind: Some(ModuleKind::Library),
            producer_of: Some("Rating Engine".to_owned()),
            consumer_of: Some("Ärzte/Portal?".to_owned()),
            sort: ApplicationSort::LastChange,
        };
        let query = address.query();
        assert!(query.starts_with("?tab=can-move&search="), "{query}");
        let mut params = ParamsMap::new();
        for pair in query.trim_start_matches('?').split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            params.insert(key.to_owned(), value.to_owned());
        }
        assert_eq!(MatrixAddress::read(&params), address);
    }

    #[test]
    fn the_default_has_no_query_and_unknown_words_are_ignored() {
        assert_eq!(MatrixAddress::default().query(), "");
        let mut params = ParamsMap::new();
        params.insert("tab", "nonsense".to_owned());
        params.insert("kind", "mobile".to_owned());
        params.insert("producer-of", "  ".to_owned());
        assert_eq!(MatrixAddress::read(&params), MatrixAddress::default());
    }
}

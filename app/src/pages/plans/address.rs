//! The list's address: every filter as words people can read, and back.

use crate::routes::{PLANS, encode};
use domain::EnvironmentId;
use domain::plan::PlanStatus;
use domain::view::{EnvironmentRow, PlanFilter};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

/// Rows on a page.
pub const PAGE: u32 = 50;

/// The tabs of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PlanTab {
    /// All of them.
    #[default]
    All,
    /// Those that hold a slot, or wait for one.
    Active,
    /// Those that wait for a person.
    Waiting,
    /// Saved, not started.
    Saved,
    /// Over, in whatever way but an abort.
    Finished,
    /// Over with errors.
    Failed,
    /// Stopped.
    Aborted,
}

impl PlanTab {
    /// All tabs, in order.
    pub const ALL: [Self; 7] = [
        Self::All,
        Self::Active,
        Self::Waiting,
        Self::Saved,
        Self::Finished,
        Self::Failed,
        Self::Aborted,
    ];

    /// Its word in the address.
    pub const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Saved => "saved",
            Self::Finished => "finished",
            Self::Failed => "errors",
            Self::Aborted => "aborted",
        }
    }

    /// Its word on the tab.
    pub const fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Active => "Active",
            Self::Waiting => "Waiting",
            Self::Saved => "Saved",
            Self::Finished => "Finished",
            Self::Failed => "With errors",
            Self::Aborted => "Aborted",
        }
    }

    /// The statuses it holds; empty means all.
    pub fn statuses(self) -> Vec<PlanStatus> {
        match self {
            Self::All => Vec::new(),
            Self::Active => vec![
                PlanStatus::Queued,
                PlanStatus::Running,
                PlanStatus::NeedsIntervention,
                PlanStatus::Aborting,
            ],
            Self::Waiting => vec![PlanStatus::NeedsIntervention],
            Self::Saved => vec![PlanStatus::Saved],
            Self::Finished => vec![
                PlanStatus::FinishedSuccessful,
                PlanStatus::FinishedWithWarnings,
                PlanStatus::FinishedWithErrors,
            ],
            Self::Failed => vec![PlanStatus::FinishedWithErrors],
            Self::Aborted => vec![PlanStatus::Aborted],
        }
    }
}

/// What the address says about the list. Environments are named.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlansAddress {
    /// Text searched for.
    pub text: String,
    /// The tab.
    pub tab: PlanTab,
    /// Only plans from here.
    pub source: String,
    /// Only plans to here.
    pub target: String,
    /// Position of the first row.
    pub offset: u64,
}

impl PlansAddress {
    /// Reads the address; what it does not know it leaves at the default.
    pub fn read(params: &ParamsMap) -> Self {
        let text = |key: &str| {
            params
                .get(key)
                .map(|v| v.trim().to_owned())
                .unwrap_or_default()
        };
        Self {
            text: params.get("search").unwrap_or_default(),
            tab: params
                .get("status")
                .and_then(|word| PlanTab::ALL.into_iter().find(|tab| tab.word() == word))
                .unwrap_or_default(),
            source: text("source"),
            target: text("target"),
            offset: params.get("from").and_then(|n| n.parse().ok()).unwrap_or(0),
        }
    }

    /// The whole path with its query.
    pub fn path(&self) -> String {
        let mut parts = Vec::new();
        let mut add = |key: &str, value: &str| {
            if !value.is_empty() {
                parts.push(format!("{key}={}", encode(value)));
            }
        };
        if self.tab != PlanTab::All {
            add("status", self.tab.word());
        }
        add("search", &self.text);
        add("source", &self.source);
        add("target", &self.target);
        if self.offset > 0 {
            add("from", &self.offset.to_string());
        }
        if parts.is_empty() {
            PLANS.to_owned()
        } else {
            format!("{PLANS}?{}", parts.join("&"))
        }
    }

    /// Whether anything but the tab narrows the list.
    pub fn is_filtered(&self) -> bool {
        !self.text.trim().is_empty() || !self.source.is_empty() || !self.target.is_empty()
    }

    /// The filters in use, in words.
    pub fn in_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.tab != PlanTab::All {
            words.push(format!("status {}", self.tab.label()));
        }
        if !self.text.trim().is_empty() {
            words.push(format!("search “{}”", self.text.trim()));
        }
        for (what, name) in [("source", &self.source), ("target", &self.target)] {
            if !name.is_empty() {
                words.push(format!("{what} {name}"));
            }
        }
        words
    }

    /// The request for rows. A name that no environment has matches nothing, so it is left out and
    /// the page says so by showing the select on *Any*.
    pub fn filter(&self, environments: &[EnvironmentRow]) -> PlanFilter {
        PlanFilter {
            text: self.text.trim().to_owned(),
            statuses: self.tab.statuses(),
            source: find(environments, &self.source),
            target: find(environments, &self.target),
            application: None,
            offset: self.offset,
            limit: PAGE,
        }
    }
}

/// The environment of this name, ASCII letters compared without case.
pub fn find(environments: &[EnvironmentRow], name: &str) -> Option<EnvironmentId> {
    environments
        .iter()
        .find(|e| e.name.eq_ignore_ascii_case(name))
        .map(|e| e.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back() {
        let address = PlansAddress {
            text: "claims & co".to_owned(),
            tab: PlanTab::Failed,
            source: "Development".to_owned(),
            target: "Pre production".to_owned(),
            offset: 50,
        };
        let path = address.path();
        assert_eq!(
            path,
            "/plans?status=errors&search=claims%20%26%20co&source=Development&target=Pre%20production&from=50"
        );
        assert_eq!(
            address.in_words().join(", "),
            "status With errors, search “claims & co”, source Development, target Pre production"
        );
        assert_eq!(PlansAddress::default().path(), "/plans");
        let waiting = PlansAddress {
            tab: PlanTab::Waiting,
            ..PlansAddress::default()
        };
        assert_eq!(waiting.path(), crate::routes::WAITING_PLANS);
        let mut params = ParamsMap::new();
        for (key, value) in [
            ("status", "errors"),
            ("search", "claims & co"),
            ("source", "Development"),
            ("target", "Pre production"),
            ("from", "50"),
        ] {
            params.insert(key.to_owned(), value.to_owned());
        }
        assert_eq!(PlansAddress::read(&params), address);
    }
}

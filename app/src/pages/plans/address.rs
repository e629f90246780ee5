//! The list's address: every filter as words people can read, and back.

use crate::components::status::Look;
use crate::routes::{PLANS, PLANS_CSV};
use domain::plan::PlanKind;
use domain::view::{Days, PlanCut, PlanFilter, PlanRequest, STATUS_GROUPS, WAITS};
use domain::view::{EnvironmentRow, SavedFilter};
use domain::{Day, EnvironmentId};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

/// Rows on a page.
pub const PAGE: u32 = 50;
/// The tab of all plans.
pub const ALL: &str = "all";

/// What the address says about the list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlansAddress {
    /// Which plans, in which order.
    pub filter: PlanFilter,
    /// Where the page begins.
    pub cut: PlanCut,
    /// Whether the panel of filters is open.
    pub advanced: bool,
}

/// A filter that is set: the key that stands for it, what it is, and its value in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// Which one.
    pub key: &'static str,
    /// What it filters by.
    pub what: &'static str,
    /// What it is set to.
    pub value: String,
}

impl PlansAddress {
    /// Reads the address; what it does not know it leaves at the default.
    pub fn read(params: &ParamsMap) -> Self {
        let number = |key: &str| params.get(key).and_then(|n| n.parse().ok());
        let cut = match (number("after"), number("before")) {
            (Some(after), _) => PlanCut::After(after),
            (None, Some(before)) => PlanCut::Before(before),
            (None, None) => PlanCut::Start,
        };
        Self {
            filter: PlanFilter::read(|key| params.get(key)),
            cut,
            advanced: params.get("filters").is_some_and(|word| word == "open"),
        }
    }

    /// The whole path with its query.
    pub fn path(&self) -> String {
        let mut parts = vec![self.filter.query()];
        match self.cut {
            PlanCut::Start => {}
            PlanCut::After(number) => parts.push(format!("after={number}")),
            PlanCut::Before(number) => parts.push(format!("before={number}")),
        }
        if self.advanced {
            parts.push("filters=open".to_owned());
        }
        parts.retain(|part| !part.is_empty());
        if parts.is_empty() {
            PLANS.to_owned()
        } else {
            format!("{PLANS}?{}", parts.join("&"))
        }
    }

    /// The same list from its beginning, with another filter.
    #[must_use]
    pub fn with(&self, filter: PlanFilter) -> Self {
        Self {
            filter,
            cut: PlanCut::Start,
            advanced: self.advanced,
        }
    }

    /// The list without any filter; what is open stays open.
    #[must_use]
    pub fn cleared(&self) -> Self {
        self.with(PlanFilter {
            order: self.filter.order,
            ..PlanFilter::default()
        })
    }

    /// The list without one of its filters.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        let mut filter = self.filter.clone();
        let nothing = PlanFilter::default();
        match key {
            "status" => filter.set_status(""),
            "search" => filter.text = nothing.text,
            "source" => filter.source = nothing.source,
            "target" => filter.target = nothing.target,
            "application" => filter.application = nothing.application,
            "version" => filter.version = nothing.version,
            "by" => filter.person = nothing.person,
            "created" => filter.created = nothing.created,
            "started" => filter.started = nothing.started,
            "finished" => filter.finished = nothing.finished,
            "warnings" => filter.warnings = nothing.warnings,
            "kind" => filter.kind = nothing.kind,
            _ => {}
        }
        self.with(filter)
    }

    /// The tab that shows exactly these statuses.
    fn own_tab(&self) -> Option<&'static str> {
        let word = self.filter.status();
        STATUS_GROUPS
            .iter()
            .map(|group| group.word)
            .find(|tab| *tab == word)
    }

    /// The word of the tab that is chosen; of other statuses than those of a tab it is the tab of
    /// all plans, and a chip says which.
    pub fn tab(&self) -> String {
        self.own_tab().unwrap_or(ALL).to_owned()
    }

    /// The filters that are set and not seen anyway, as the tab and the text searched for are.
    pub fn hidden_chips(&self) -> Vec<Chip> {
        let mut chips = self.chips();
        chips.retain(|chip| match chip.key {
            "search" => false,
            "status" => self.own_tab().is_none(),
            _ => true,
        });
        chips
    }

    /// The same filters under another tab.
    #[must_use]
    pub fn under(&self, tab: &str) -> Self {
        let mut filter = self.filter.clone();
        filter.set_status(tab);
        self.with(filter)
    }

    /// The filters that are set, each in words.
    pub fn chips(&self) -> Vec<Chip> {
        let filter = &self.filter;
        let chip = |key, what, value: String| Chip { key, what, value };
        let mut chips = vec![
            chip("status", "Status", statuses_in_words(filter)),
            chip("search", "Text", filter.text.trim().to_owned()),
            chip("source", "Source", filter.source.clone()),
            chip("target", "Target", filter.target.clone()),
            chip("application", "Application", filter.application.clone()),
            chip(
                "version",
                "Version",
                filter.version.map(|v| v.to_string()).unwrap_or_default(),
            ),
            chip("by", "By", filter.person.clone()),
            chip("created", "Created", days_in_words(filter.created)),
            chip("started", "Started", days_in_words(filter.started)),
            chip("finished", "Finished", days_in_words(filter.finished)),
            chip(
                "warnings",
                "Warnings",
                match filter.warnings {
                    Some(true) => "some".to_owned(),
                    Some(false) => "none".to_owned(),
                    None => String::new(),
                },
            ),
            chip(
                "kind",
                "Kind",
                filter.kind.map(kind_word).unwrap_or_default().to_owned(),
            ),
        ];
        chips.retain(|chip| !chip.value.is_empty());
        chips
    }

    /// The filters in use, in words.
    pub fn in_words(&self) -> Vec<String> {
        self.chips()
            .into_iter()
            .map(|chip| format!("{} {}", chip.what.to_ascii_lowercase(), chip.value))
            .collect()
    }

    /// The same list as a file.
    pub fn file(&self) -> String {
        match self.filter.query() {
            query if query.is_empty() => PLANS_CSV.to_owned(),
            query => format!("{PLANS_CSV}?{query}"),
        }
    }

    /// The request for rows.
    pub fn request(&self) -> PlanRequest {
        PlanRequest {
            filter: self.filter.clone(),
            cut: self.cut,
            limit: PAGE,
        }
    }
}

/// What people read for a kind of plan.
pub const fn kind_word(kind: PlanKind) -> &'static str {
    match kind {
        PlanKind::Ordinary => "Ordinary",
        PlanKind::Rollback => "Rollback",
        PlanKind::Replicate => "Replicate",
    }
}

fn statuses_in_words(filter: &PlanFilter) -> String {
    let word = filter.status();
    let group = STATUS_GROUPS.iter().find(|group| group.word == word);
    group.map_or_else(
        || {
            let waits = WAITS
                .into_iter()
                .filter(|(_, _, why)| filter.waits.contains(why))
                .map(|(_, label, _)| label.to_owned());
            let words: Vec<String> = filter
                .statuses
                .iter()
                .map(|status| Look::of_plan(*status, None).word)
                .chain(waits)
                .collect();
            words.join(", ")
        },
        |group| group.label.to_owned(),
    )
}

/// A day as people write it.
fn day_in_words(day: Day) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (year, month, day) = day.parts();
    let month = MONTHS
        .get((month as usize).saturating_sub(1))
        .copied()
        .unwrap_or_default();
    format!("{day} {month} {year}")
}

fn days_in_words(days: Days) -> String {
    match (days.from, days.to) {
        (Some(from), Some(to)) if from == to => format!("on {}", day_in_words(from)),
        (Some(from), Some(to)) => format!("{} to {}", day_in_words(from), day_in_words(to)),
        (Some(from), None) => format!("from {}", day_in_words(from)),
        (None, Some(to)) => format!("until {}", day_in_words(to)),
        (None, None) => String::new(),
    }
}

/// The environment of this name, ASCII letters compared without case.
pub fn find(environments: &[EnvironmentRow], name: &str) -> Option<EnvironmentId> {
    environments
        .iter()
        .find(|e| e.name.eq_ignore_ascii_case(name))
        .map(|e| e.id)
}

/// Where a kept filter leads; what is open stays open.
pub fn kept(saved: &SavedFilter, advanced: bool) -> String {
    PlansAddress {
        filter: saved.filter.clone(),
        cut: PlanCut::Start,
        advanced,
    }
    .path()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plan::PlanStatus;
    use std::collections::BTreeSet;

    fn params(query: &str) -> ParamsMap {
        let mut params = ParamsMap::new();
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            params.insert(key.to_owned(), domain::view::decode(value));
        }
        params
    }

    #[test]
    fn addresses_come_back() {
        let query = "status=errors&search=claims%20%26%20co&source=Development&target=Pre%20production\
                     &by=ada&started-from=2026-11-13&started-to=2026-11-20&warnings=no&sort=oldest\
                     &after=1850&filters=open";
        let address = PlansAddress::read(&params(query));
        assert_eq!(address.path(), format!("/plans?{query}"));
        assert_eq!(address.tab(), "errors");
        assert_eq!(
            address.in_words().join(", "),
            "status With errors, text claims & co, source Development, target Pre production, by ada, \
             started 13 Nov 2026 to 20 Nov 2026, warnings none"
        );
        assert!(
            !address.file().contains("after")
                && address.file().starts_with("/plans.csv?status=errors&")
        );
        assert_eq!(PlansAddress::default().path(), "/plans");
        assert_eq!(
            PlansAddress::default().under("waiting").path(),
            crate::routes::WAITING_PLANS
        );
    }

    #[test]
    fn what_is_waited_for_is_a_filter_of_its_own() {
        let address = PlansAddress::read(&params("status=needs-value,prepared"));
        assert_eq!(address.chips()[0].value, "Prepared, Needs a value");
        assert_eq!(
            (address.tab(), address.hidden_chips().len()),
            (ALL.to_owned(), 1)
        );
        assert_eq!(address.file(), "/plans.csv?status=prepared%2Cneeds-value");
        assert_eq!(address.without("status").path(), "/plans");
        // A tab takes its place.
        assert_eq!(address.under("saved").path(), "/plans?status=saved");
    }

    #[test]
    fn each_filter_can_be_taken_away_alone_and_all_at_once() {
        let query = "status=saved,aborted&search=x&source=A&target=B&application=C&version=1.2&by=d\
                     &created-from=2026-01-01&started-to=2026-01-01&finished-from=2026-01-01\
                     &warnings=yes&kind=rollback&sort=oldest&before=7&filters=open";
        let address = PlansAddress::read(&params(query));
        let chips = address.chips();
        assert_eq!(chips.len(), 12);
        assert_eq!(chips[0].value, "Saved, Aborted");
        assert_eq!(
            address.filter.statuses,
            BTreeSet::from([PlanStatus::Saved, PlanStatus::Aborted])
        );
        for chip in &chips {
            let without = address.without(chip.key);
            assert_eq!(without.chips().len(), 11, "{}", chip.key);
            assert_eq!(without.cut, PlanCut::Start);
        }
        assert_eq!(address.cleared().path(), "/plans?sort=oldest&filters=open");
    }
}

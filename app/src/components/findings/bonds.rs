//! The words of findings about what modules use of each other.

use super::sentence::{Words, consumer_name, with_version};

impl Words<'_> {
    pub(super) fn producer_module_missing(&self) -> (String, String) {
        let needed = with_version(self.producer_application(), self.finding.versions.needed);
        (
            format!("{} needs {needed}", self.consumer()),
            format!(
                "{} does not have {}, and it is not in this plan. {} uses {} of it.",
                self.target(),
                self.producer_module(),
                self.consumer_module(),
                self.elements(),
            ),
        )
    }

    pub(super) fn producer_element_missing(&self) -> (String, String) {
        let producer = self.producer_application();
        let title = match self.finding.versions.needed {
            Some(needed) => format!("{} needs {producer} {needed}", self.consumer()),
            None => format!("{} needs a newer {producer}", self.consumer()),
        };
        (
            title,
            format!(
                "{}. {} uses {}, which {} does not offer there.",
                self.producer_there(),
                self.consumer_module(),
                self.elements(),
                self.producer_module(),
            ),
        )
    }

    pub(super) fn producer_element_incompatible(&self) -> (String, String) {
        let producer = self.producer_application();
        let title = match self.finding.versions.needed {
            Some(needed) => format!(
                "{} fits {producer} {needed}, not the one in {}",
                self.consumer(),
                self.target()
            ),
            None => format!(
                "{} does not fit {producer} in {}",
                self.consumer(),
                self.target()
            ),
        };
        (
            title,
            format!(
                "{}. {} was made with another shape of {} than {} offers there.",
                self.producer_there(),
                self.consumer_module(),
                self.elements(),
                self.producer_module(),
            ),
        )
    }

    pub(super) fn consumer_element_missing(&self) -> (String, String) {
        (
            format!(
                "{} in {} would stop working",
                consumer_name(self.finding),
                self.target()
            ),
            format!(
                "{} uses {} of {}, which the plan's {} no longer offers.",
                self.consumer_module(),
                self.elements(),
                self.producer_module(),
                with_version(self.producer_application(), self.finding.versions.planned),
            ),
        )
    }

    pub(super) fn consumer_element_incompatible(&self) -> (String, String) {
        (
            format!(
                "{} in {} would stop working",
                consumer_name(self.finding),
                self.target()
            ),
            format!(
                "{} uses {} of {}, which looks different in the plan's {}.",
                self.consumer_module(),
                self.elements(),
                self.producer_module(),
                with_version(self.producer_application(), self.finding.versions.planned),
            ),
        )
    }

    pub(super) fn consumer_outdated(&self) -> (String, String) {
        (
            format!(
                "{} keeps the old logic of {}",
                self.consumer_module(),
                self.producer_module()
            ),
            format!(
                "It was linked with {} in {}. Until it is republished it runs on as before.",
                self.elements(),
                self.target(),
            ),
        )
    }

    pub(super) fn linked_otherwise(&self) -> (String, String) {
        let versions = &self.finding.versions;
        let other = match versions.planned.or(versions.in_target) {
            Some(number) => format!("{} {number}", self.producer_application()),
            None => self.producer_application(),
        };
        (
            format!(
                "{} was made with another {} than {} will have",
                self.consumer_module(),
                self.producer_module(),
                self.target(),
            ),
            format!(
                "It brings its own copy of {} along and keeps it beside {other}. Bring the {} it \
                 was made with, or publish it anew with this one.",
                self.elements(),
                self.producer_application(),
            ),
        )
    }

    pub(super) fn newer_producer(&self) -> (String, String) {
        let versions = &self.finding.versions;
        let title = match versions.needed {
            Some(newer) => format!(
                "{} has {} {newer}",
                self.setting.source,
                self.producer_application()
            ),
            None => format!(
                "{} has a newer {}",
                self.setting.source,
                self.producer_application()
            ),
        };
        let there = match (versions.planned, versions.in_target) {
            (Some(planned), _) => format!("This plan brings {planned}"),
            (None, Some(there)) => format!("{} stays at {there}", self.target()),
            (None, None) => format!("{} keeps an older state", self.target()),
        };
        (
            title,
            format!(
                "{there}. {} was made with the newer one.",
                self.consumer_module()
            ),
        )
    }

    pub(super) fn incompatible_platform(&self) -> (String, String) {
        (
            format!(
                "{} needs a newer agent in {}",
                self.consumer(),
                self.target()
            ),
            match &self.finding.detail {
                Some(platform) => format!(
                    "{} needs platform {platform}. Upgrade the agent of {} first.",
                    self.consumer_module(),
                    self.target(),
                ),
                None => format!(
                    "{} uses what the agent of {} does not know yet. Upgrade the agent first.",
                    self.consumer_module(),
                    self.target(),
                ),
            },
        )
    }
}

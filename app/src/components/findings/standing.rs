//! What is said of the target as it stands: what it runs already, what was changed there, and why it
//! takes nothing now.

use super::sentence::{Words, with_version};

impl Words<'_> {
    pub(super) fn modules_removed(&self) -> (String, String) {
        let names = self
            .finding
            .detail
            .clone()
            .unwrap_or_else(|| self.consumer_module());
        (
            format!(
                "Modules of {} will be removed from {}",
                self.application(),
                self.target()
            ),
            format!("What the plan brings has them no longer: {names}."),
        )
    }

    pub(super) fn changed_outside(&self) -> (String, String) {
        (
            format!(
                "{} was changed in {}, outside Slipway",
                self.application(),
                self.target()
            ),
            match &self.finding.detail {
                Some(detail) => {
                    format!("{}. This plan overwrites it.", detail.trim_end_matches('.'))
                }
                None => "This plan overwrites that change.".to_owned(),
            },
        )
    }

    pub(super) fn nothing_to_do(&self) -> (String, String) {
        let versions = &self.finding.versions;
        let name = with_version(self.application(), versions.planned);
        if let Some(number) = self.finding.renumbers() {
            let as_what = versions
                .in_target
                .map_or_else(String::new, |there| format!(", as {there}"));
            return (
                format!(
                    "{} runs the content of {name} already{as_what}",
                    self.target()
                ),
                format!("The content is the same; the plan makes it {number}."),
            );
        }
        (
            format!("{} runs {name} already", self.target()),
            "The content is the same: deploying it publishes the same again and changes nothing."
                .to_owned(),
        )
    }

    pub(super) fn in_maintenance(&self) -> (String, String) {
        let what = "Nothing is deployed from it or to it until that is over.";
        let detail = self.finding.detail.as_deref();
        match detail.and_then(|detail| detail.split_once(": ")) {
            Some((name, reason)) => (
                format!("{name} is in maintenance"),
                format!("\"{}\". {what}", reason.trim_end_matches('.')),
            ),
            None => (
                format!("{} is in maintenance", self.target()),
                what.to_owned(),
            ),
        }
    }

    pub(super) fn unreachable(&self) -> (String, String) {
        // What is so, and on the second line what to do.
        let lines = self.finding.detail.as_deref();
        match lines.and_then(|lines| lines.split_once('\n')) {
            Some((what, remedy)) => (
                what.to_owned(),
                format!("To deploy there, {remedy}. The plan can be saved until then."),
            ),
            None => (
                format!("{} cannot be reached", self.target()),
                "Its agent does not answer. The plan can be saved and run when it is back."
                    .to_owned(),
            ),
        }
    }
}

//! The words of findings about hotfixes and holds.

use super::sentence::{Words, with_version};

impl Words<'_> {
    pub(super) fn hotfix_overwritten(&self) -> (String, String) {
        let planned = with_version(self.application(), self.finding.versions.planned);
        let which = self.finding.detail.as_deref().unwrap_or("made there");
        let way = match self.finding.versions.needed {
            Some(solved) => format!("It is contained in {solved} and newer: bring one of those."),
            None => "Mark it as solved by the version that contains it, or waive it for a reason."
                .to_owned(),
        };
        (
            format!("{planned} would overwrite a hotfix in {}", self.target()),
            format!("The hotfix ({which}) is not in it. {way}"),
        )
    }

    pub(super) fn version_held(&self) -> (String, String) {
        let planned = with_version(self.application(), self.finding.versions.planned);
        let plan = self.finding.detail.as_deref().unwrap_or("a rollback");
        (
            format!("{planned} was taken out of {} before", self.target()),
            format!("Rolled back by plan {plan}. Release the hold, or bring another version."),
        )
    }
}

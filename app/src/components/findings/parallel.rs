//! The words of findings about what else is moving in the target.

use super::group::slot_holders;
use super::plan_number;
use super::sentence::Words;
use domain::impact::ModuleSubject;

impl Words<'_> {
    /// The other plan as the finding names it: `1852` becomes `plan #1852`.
    pub(super) fn other_plan(&self) -> String {
        match &self.finding.detail {
            Some(detail) if detail.chars().all(|c| c.is_ascii_digit()) && !detail.is_empty() => {
                format!("Plan #{detail}")
            }
            Some(detail) if detail.starts_with('#') => format!("Plan {detail}"),
            Some(detail) => detail.clone(),
            None => "Another plan".to_owned(),
        }
    }

    /// The name of the publication that is in the way, if it is one and no plan.
    fn publication(&self) -> Option<&str> {
        let detail = self.finding.detail.as_deref()?;
        (plan_number(detail).is_none()).then_some(detail)
    }

    pub(super) fn parallel_same(&self) -> (String, String) {
        if let Some(publication) = self.publication() {
            return (
                format!("{} is being published there now", self.application()),
                format!(
                    "\u{201c}{publication}\u{201d} is changing {}. Wait until that is over.",
                    self.consumer_module(),
                ),
            );
        }
        (
            format!("{} is moving in another plan", self.application()),
            format!(
                "{} brings {} to {} and is not over yet.",
                self.other_plan(),
                self.consumer_module(),
                self.target(),
            ),
        )
    }

    pub(super) fn parallel_related(&self) -> (String, String) {
        if let Some(publication) = self.publication() {
            return (
                format!(
                    "{} depends on what is being published there",
                    self.application()
                ),
                format!(
                    "\u{201c}{publication}\u{201d} is changing {}, which is bound to {}. Wait until that is over.",
                    self.producer_module(),
                    self.consumer_module(),
                ),
            );
        }
        // Which end is the other plan's: this one's is that of the row.
        let own = self.finding.application;
        let ends = (&self.finding.consumer, &self.finding.producer);
        let is_own = |end: &Option<ModuleSubject>| {
            own.is_some() && end.as_ref().map(|end| end.application) == own
        };
        if is_own(ends.1) && !is_own(ends.0) {
            return (
                format!(
                    "{} is used by what another plan is moving",
                    self.application()
                ),
                format!(
                    "{} brings {}, which is bound to {}, and is not over yet.",
                    self.other_plan(),
                    self.consumer_module(),
                    self.producer_module(),
                ),
            );
        }
        (
            format!(
                "{} depends on what another plan is moving",
                self.application()
            ),
            format!(
                "{} brings {}, which is bound to {}, and is not over yet.",
                self.other_plan(),
                self.producer_module(),
                self.consumer_module(),
            ),
        )
    }

    /// A plan that waits in line already: for the same module, for one that is bound to it, or for
    /// the slots that are free.
    pub(super) fn ahead_in_line(&self) -> (String, String) {
        let number = self.finding.detail.as_deref().and_then(plan_number);
        let short = number.map_or_else(|| "A plan".to_owned(), |number| format!("#{number}"));
        let target = self.target();
        let overtakes = "Starting now would overtake it; Start when free puts this plan behind it.";
        match self.finding.path.len() {
            0 => (
                format!("The free slots of {target} are kept for plans in line"),
                format!("{} is next. {overtakes}", self.other_plan()),
            ),
            1 => (
                format!("{short} waits in line for the same module"),
                format!(
                    "{} brings {} of {} to {target} when it is its turn. {overtakes}",
                    self.other_plan(),
                    self.consumer_module(),
                    self.application(),
                ),
            ),
            _ => {
                // This plan's end of the path is that of the row.
                let ends = [self.consumer_module(), self.producer_module()];
                let is_own = |end: &Option<ModuleSubject>| {
                    end.as_ref().map(|end| end.application) == self.finding.application
                };
                let [own, others] =
                    if is_own(&self.finding.producer) && !is_own(&self.finding.consumer) {
                        let [consumer, producer] = ends;
                        [producer, consumer]
                    } else {
                        ends
                    };
                (
                    format!("{short} waits in line for a module that is bound to one of this plan"),
                    format!(
                        "{} brings {others}, which is bound to {own}, when it is its turn. {overtakes}",
                        self.other_plan(),
                    ),
                )
            }
        }
    }

    pub(super) fn parallel_limit(&self) -> (String, String) {
        (
            format!("All slots of {} are in use", self.target()),
            self.finding.detail.clone().map_or_else(
                || "As many plans run there as it allows. This one can start when one has ended.".to_owned(),
                |detail| {
                    let limit = detail.lines().next().unwrap_or_default();
                    let holders = slot_holders(self.finding);
                    let said = match holders.len() {
                        0 => String::new(),
                        _ => format!(" Now: {}.", holders.join(", ")),
                    };
                    format!("{limit} plans may run there at a time.{said} This one can start when one has ended.")
                },
            ),
        )
    }
}

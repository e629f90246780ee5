//! The status vocabulary: a glyph, a word and a tone for every state, in one place.

use super::icon::Glyph;
use domain::environment::LinkState;
use domain::execution::StepState;
use domain::plan::{Intervention, PlanStatus};
use leptos::prelude::*;

/// A state as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The silhouette.
    pub glyph: &'static str,
    /// The word.
    pub word: String,
    /// The tone: `move`, `ok`, `warn`, `bad`, `hold` or `mute`.
    pub tone: &'static str,
}

impl Look {
    /// A state's glyph, word and tone.
    pub fn new(glyph: &'static str, word: impl Into<String>, tone: &'static str) -> Self {
        Self {
            glyph,
            word: word.into(),
            tone,
        }
    }

    /// The same glyph and tone with other words ("Queued behind #12").
    #[must_use]
    pub fn saying(self, word: impl Into<String>) -> Self {
        Self {
            word: word.into(),
            ..self
        }
    }

    /// A plan's status; a paused plan says what it waits for.
    pub fn of_plan(status: PlanStatus, intervention: Option<Intervention>) -> Self {
        let (glyph, word, tone) = match status {
            PlanStatus::Draft => ("draft", "Draft", "mute"),
            PlanStatus::Saved => ("saved", "Saved", "mute"),
            PlanStatus::Queued => ("queued", "Queued", "mute"),
            PlanStatus::Running => ("running", "Running", "move"),
            PlanStatus::NeedsIntervention => (
                "hold",
                match intervention {
                    Some(Intervention::Prepared) => "Prepared",
                    Some(Intervention::NeedsConfigurationOrConfirmation) => "Needs a value",
                    Some(Intervention::BusinessProcessImpact) | None => "Your turn",
                    Some(Intervention::DeploymentSuspended) => "Suspended",
                },
                "hold",
            ),
            PlanStatus::Aborting => ("aborting", "Aborting", "bad"),
            PlanStatus::Aborted => ("aborted", "Aborted", "mute"),
            PlanStatus::FinishedSuccessful => ("ok", "Finished", "ok"),
            PlanStatus::FinishedWithWarnings => ("okwarn", "Finished with warnings", "warn"),
            PlanStatus::FinishedWithErrors => ("fail", "Finished with errors", "bad"),
        };
        Self::new(glyph, word, tone)
    }

    /// A step's state.
    pub fn of_step(state: StepState) -> Self {
        match state {
            StepState::Waiting => Self::new("todo", "Waiting", "mute"),
            StepState::Running => Self::new("running", "Running", "move"),
            StepState::Succeeded => Self::new("ok", "Done", "ok"),
            StepState::Failed => Self::new("fail", "Failed", "bad"),
            StepState::Skipped => Self::new("skipped", "Not needed", "mute"),
        }
    }

    /// Whether an environment's agent is there.
    pub fn of_link(link: LinkState) -> Self {
        match link {
            LinkState::Online => Self::new("online", "Online", "ok"),
            LinkState::Offline => Self::new("offline", "Not reachable", "bad"),
            LinkState::NeverJoined => Self::new("todo", "Not joined yet", "mute"),
            LinkState::Incompatible => Self::new("warn", "Agent does not fit", "warn"),
        }
    }

    /// Changed since its tag.
    pub fn modified() -> Self {
        Self::new("modified", "Modified", "mute")
    }

    /// Changed without Slipway.
    pub fn changed_outside() -> Self {
        Self::new("drift", "Changed outside", "warn")
    }

    /// A hotfix that is not merged back.
    pub fn hotfix() -> Self {
        Self::new("hotfix", "Hotfix open", "bad")
    }

    /// References that are missing or do not fit.
    pub fn broken(count: u32) -> Self {
        Self::new("broken", counted(count, "broken ref", "broken refs"), "bad")
    }

    /// References to something older than what is there.
    pub fn outdated(count: u32) -> Self {
        Self::new(
            "outdated",
            counted(count, "outdated ref", "outdated refs"),
            "warn",
        )
    }

    /// An environment: in maintenance, else whether its agent is there.
    pub fn of_environment(maintenance: Option<&str>, link: LinkState) -> Self {
        match maintenance {
            Some(reason) => Self::new("maint", format!("In maintenance: {reason}"), "mute"),
            None => Self::of_link(link),
        }
    }

    /// May not be deployed.
    pub fn blocked(reason: &str) -> Self {
        Self::new("locked", format!("Blocked: {reason}"), "mute")
    }
}

/// "1 plan", "2 plans"; thousands with a comma.
pub fn counted(count: impl Into<u64>, one: &str, many: &str) -> String {
    let count = count.into();
    format!(
        "{} {}",
        thousands(count),
        if count == 1 { one } else { many }
    )
}

/// 12,345.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A status: glyph and word.
#[component]
pub fn Status(
    /// What to show.
    #[prop(into)]
    look: Signal<Look>,
    /// Lighter type, for marks beside other text.
    #[prop(default = false)]
    plain: bool,
) -> impl IntoView {
    view! {
        <span class=move || {
            format!("st {}{}", look.with(|look| look.tone), if plain { " plain" } else { "" })
        }>
            <Glyph name=Signal::derive(move || look.with(|look| look.glyph))/>
            <span>{move || look.with(|look| look.word.clone())}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(counted(1_u32, "plan", "plans"), "1 plan");
        assert_eq!(counted(0_u32, "plan", "plans"), "0 plans");
    }

    #[test]
    fn every_plan_status_has_its_own_look() {
        let looks: Vec<_> = PlanStatus::ALL
            .iter()
            .map(|status| Look::of_plan(*status, None).glyph)
            .collect();
        let mut distinct = looks.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), looks.len());
    }
}

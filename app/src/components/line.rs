//! The words of plans that wait, wherever they stand.

use domain::Timestamp;
use domain::plan::{Intervention, PlanStatus};
use domain::view::{Blocker, Hindrance, PlanRow};

/// What a button says that starts a plan; in two stages it prepares only.
pub const fn deploy_label(two_stage: bool) -> &'static str {
    if two_stage {
        "Prepare deployment"
    } else {
        "Deploy now"
    }
}

/// As what a plan waits for a person, and since when, if it does.
pub fn waits_since(plan: &PlanRow) -> Option<(&'static str, Timestamp)> {
    let since = plan.stamps.paused?;
    let waits = plan.status == PlanStatus::NeedsIntervention;
    let word = match plan.intervention {
        Some(Intervention::Prepared) => "Prepared",
        Some(Intervention::NeedsConfigurationOrConfirmation) => "Waiting for a value",
        Some(Intervention::DeploymentSuspended) => "Suspended",
        Some(Intervention::BusinessProcessImpact) | None => "Waiting for somebody",
    };
    waits.then_some((word, since))
}

/// "1st", "2nd", "11th".
pub fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// What a plan in line waits for, in short: words, and the plan that can be opened.
pub fn in_short(hindrance: &Hindrance) -> (String, Option<u64>) {
    let of = |by: &Blocker| (by.number > 0).then_some(by.number);
    match hindrance {
        Hindrance::Plan(by) => (String::new(), of(by)),
        Hindrance::Ahead(by) => ("ahead in line: ".to_owned(), of(by)),
        Hindrance::Publication(by) => (format!("publication of {}", by.name), None),
        Hindrance::Slot(limit) => (format!("a slot (all {limit} are in use)"), None),
        Hindrance::NoAgent(target, link) => (link.waited_for(target), None),
        Hindrance::InHand(name, place) => {
            (format!("the end of what moves {name} in {place}"), None)
        }
        Hindrance::Maintenance(name) => (format!("the end of maintenance of {name}"), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::environment::LinkState;

    #[test]
    fn places_are_counted_as_people_do() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111]
            .into_iter()
            .map(ordinal)
            .collect();
        assert_eq!(
            said,
            [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st",
                "111th"
            ]
        );
    }

    #[test]
    fn what_is_waited_for_can_be_opened_if_it_is_a_plan() {
        let by = |number| Blocker {
            number,
            name: "Claims".to_owned(),
            path: Vec::new(),
        };
        assert_eq!(
            in_short(&Hindrance::Plan(by(12))),
            (String::new(), Some(12))
        );
        assert_eq!(in_short(&Hindrance::Publication(by(0))).1, None);
        assert!(in_short(&Hindrance::Slot(5)).0.contains('5'));
        let no_agent = |link| in_short(&Hindrance::NoAgent("Quality".to_owned(), link)).0;
        assert_eq!(no_agent(LinkState::Offline), "the agent of Quality");
        assert_eq!(no_agent(LinkState::NeverJoined), "an agent to join Quality");
    }
}

//! How an environment takes plans: whether several at a time, how many, and whether in two stages
//! (domain.md 3.9, 3.14).

use crate::error::FieldError;
use serde::{Deserialize, Serialize};

/// Who runs the machines of an environment.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Infrastructure {
    /// A provider of platforms.
    Cloud,
    /// Who runs Slipway.
    #[default]
    SelfManaged,
    /// Both; counts as cloud.
    Hybrid,
}

/// The most plans at a time in a cloud (PP2).
pub const MOST_PLANS_IN_CLOUD: u32 = 5;
/// The most plans at a time on machines of one's own: more than one agent works on in good time.
pub const MOST_PLANS: u32 = 50;
/// The longest that prepared packages are kept, in hours: 30 days.
pub const MOST_HOURS: u32 = 720;

/// How an environment takes plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Who runs its machines.
    pub infrastructure: Infrastructure,
    /// Whether more than one plan for it may be saved and not over.
    pub parallel_creation: bool,
    /// Whether more than one plan may run there at a time.
    pub parallel_execution: bool,
    /// How many may.
    pub parallel_limit: u32,
    /// Whether a plan is prepared first and switched when somebody continues it.
    pub two_stage: bool,
    /// For how many hours what is prepared is kept.
    pub keep_hours: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            infrastructure: Infrastructure::default(),
            parallel_creation: true,
            parallel_execution: true,
            parallel_limit: MOST_PLANS_IN_CLOUD,
            two_stage: false,
            keep_hours: 96,
        }
    }
}

impl Infrastructure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Cloud, Self::SelfManaged, Self::Hybrid];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::SelfManaged => "self_managed",
            Self::Hybrid => "hybrid",
        }
    }

    /// The one with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// The words people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cloud => "Cloud",
            Self::SelfManaged => "Self-managed",
            Self::Hybrid => "Hybrid",
        }
    }

    /// The most plans at a time.
    pub const fn most_plans(self) -> u32 {
        match self {
            Self::Cloud | Self::Hybrid => MOST_PLANS_IN_CLOUD,
            Self::SelfManaged => MOST_PLANS,
        }
    }
}

impl Rules {
    /// How many plans may run at a time, all switches considered (PP3).
    pub const fn limit(&self) -> u32 {
        if self.parallel_execution {
            self.parallel_limit
        } else {
            1
        }
    }

    /// What is wrong with them, field by field.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let most = self.infrastructure.most_plans();
        if !(1..=most).contains(&self.parallel_limit) {
            problems.push(FieldError::new(
                "parallel_limit",
                match self.infrastructure {
                    Infrastructure::SelfManaged => {
                        format!("Allow between 1 and {most} plans at a time.")
                    }
                    Infrastructure::Cloud | Infrastructure::Hybrid => format!(
                        "Allow between 1 and {most} plans at a time: {} infrastructure never takes more. Self-managed may.",
                        self.infrastructure.label(),
                    ),
                },
            ));
        }
        if !(1..=MOST_HOURS).contains(&self.keep_hours) {
            problems.push(FieldError::new(
                "keep_hours",
                format!("Keep prepared packages between 1 and {MOST_HOURS} hours."),
            ));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(rules: Rules) -> Vec<String> {
        let problems = rules.problems();
        problems.into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn pp1_plans_run_in_parallel_by_default() {
        let rules = Rules::default();
        assert!(rules.parallel_creation && rules.parallel_execution && !rules.two_stage);
        assert_eq!(fields(rules), [""; 0]);
    }

    #[test]
    fn pp2_five_by_default_and_at_most_in_the_cloud_but_not_on_machines_of_ones_own() {
        let with = |infrastructure, parallel_limit| {
            let rules = Rules {
                infrastructure,
                parallel_limit,
                ..Rules::default()
            };
            rules.problems().is_empty()
        };
        assert_eq!(Rules::default().limit(), 5);
        for infrastructure in Infrastructure::ALL {
            assert!(with(infrastructure, 1) && with(infrastructure, 5));
            assert!(!with(infrastructure, 0));
            assert!(!with(infrastructure, MOST_PLANS + 1));
            let above = infrastructure == Infrastructure::SelfManaged;
            assert_eq!(with(infrastructure, 6), above);
            assert_eq!(with(infrastructure, MOST_PLANS), above);
            assert_eq!(
                Infrastructure::parse(infrastructure.as_str()),
                Some(infrastructure)
            );
        }
    }

    #[test]
    fn pp3_switched_off_is_a_limit_of_one() {
        let rules = Rules {
            parallel_execution: false,
            ..Rules::default()
        };
        assert_eq!((rules.limit(), rules.parallel_limit), (1, 5));
    }

    #[test]
    fn packages_are_kept_a_while_and_not_for_ever() {
        for (hours, wrong) in [
            (0, true),
            (1, false),
            (96, false),
            (720, false),
            (721, true),
        ] {
            let rules = Rules {
                keep_hours: hours,
                ..Rules::default()
            };
            assert_eq!(fields(rules) == ["keep_hours"], wrong, "{hours}");
        }
    }
}

//! What the line between two lanes says about one application.

use domain::plan::Intervention;
use domain::version::VersionNumber;
use domain::view::{IncomingPlan, MatrixCell};

/// The line from one environment to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rail {
    /// Nothing to say (one side is empty, or the later lane is ahead without a hotfix).
    Off,
    /// Both run the same.
    Same,
    /// Both run the same tag, but one of them was changed since.
    Changed,
    /// The earlier lane has a hotfix that the later one lacks.
    LacksHotfix,
    /// The earlier lane has something newer; `new` if the later one has nothing at all.
    CanMove {
        /// Whether the later lane does not have the application yet.
        new: bool,
    },
    /// A plan is bringing a version into the later lane.
    Moving {
        /// The plan's number.
        plan: u64,
        /// What it brings; none if it is made by the plan itself.
        version: Option<VersionNumber>,
    },
    /// A plan holds a version for the later lane and waits for a person.
    Waits {
        /// The plan's number.
        plan: u64,
        /// What it waits for.
        why: Intervention,
    },
    /// The later lane refuses it.
    Held,
    /// A rollback took it out of the later lane, and it is held.
    TakenOut,
    /// The later lane has a hotfix that is not merged back.
    MergeBack,
}

impl Rail {
    /// The line between two neighbouring cells.
    pub fn between(here: &MatrixCell, next: &MatrixCell) -> Self {
        match next.incoming {
            Some(IncomingPlan {
                number: plan,
                waits: Some(why),
                ..
            }) => return Self::Waits { plan, why },
            Some(IncomingPlan { number, brings, .. }) => {
                return Self::Moving {
                    plan: number,
                    version: brings,
                };
            }
            None => {}
        }
        if next.marks.blocked {
            return Self::Held;
        }
        let tag = here.present && next.present && here.version == next.version;
        let changed = |cell: &MatrixCell| cell.marks.modified || cell.marks.changed_outside;
        let same = tag && !changed(here) && !changed(next);
        // One hotfix that both run has nothing to be merged back on this way.
        if next.marks.hotfix && !(same && here.marks.hotfix) {
            return Self::MergeBack;
        }
        if next.held {
            return Self::TakenOut;
        }
        if here.present && here.can_move {
            return Self::CanMove { new: !next.present };
        }
        if here.marks.hotfix && next.present && !next.marks.hotfix {
            return Self::LacksHotfix;
        }
        if same {
            Self::Same
        } else if tag {
            Self::Changed
        } else {
            Self::Off
        }
    }

    /// Whether a plan can be begun that moves it along the line.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::CanMove { .. })
    }

    /// What a plan along an open line will do, as its button says it: what was changed since its
    /// tag, or has none, gets a new one first.
    pub fn deed(here: &MatrixCell) -> String {
        match here.version {
            Some(number) if !here.marks.modified => format!("Deploy {number}"),
            _ => "Tag & Deploy".to_owned(),
        }
    }

    /// The class of the drawn line.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Off => "rail off",
            Self::Same | Self::Changed => "rail",
            Self::CanMove { .. } => "rail behind",
            Self::LacksHotfix => "rail lacks",
            Self::Moving { .. } => "rail live",
            Self::Waits { .. } => "rail waits",
            Self::Held | Self::TakenOut => "rail held",
            Self::MergeBack => "rail backward",
        }
    }

    /// The word on the line.
    pub const fn word(&self) -> Option<&'static str> {
        match self {
            Self::CanMove { new: true } => Some("new"),
            Self::MergeBack => Some("merge back"),
            Self::TakenOut => Some("held"),
            Self::Waits { why, .. } => Some(why.word()),
            Self::LacksHotfix => Some("lacks hotfix"),
            _ => None,
        }
    }

    /// What a reader hears, given the later environment's name.
    pub fn spoken(&self, next: &str) -> Option<String> {
        match self {
            Self::Off => None,
            Self::Same => Some(format!("same version as {next}")),
            Self::Changed => Some(format!("same tag as {next}, and changed since")),
            Self::LacksHotfix => Some(format!("{next} lacks the hotfix that runs here")),
            Self::CanMove { new: true } => Some(format!("can move to {next}, new there")),
            Self::CanMove { new: false } => Some(format!("can move to {next}")),
            Self::Moving {
                plan,
                version: Some(version),
            } => Some(format!("plan {plan} brings {version} to {next}")),
            Self::Moving {
                plan,
                version: None,
            } => Some(format!("plan {plan} brings it to {next}")),
            Self::Waits { plan, why } => Some(format!(
                "plan {plan} for {next} has stopped: {}",
                why.word()
            )),
            Self::Held => Some(format!("held back: blocked in {next}")),
            Self::TakenOut => Some(format!("held back: a rollback took it out of {next}")),
            Self::MergeBack => Some(format!("{next} has a hotfix to merge back")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub mod tests {
    use super::*;
    use domain::application::Marks;

    /// A cell that runs this version, if any, with nothing to say of it.
    pub fn cell(number: Option<&str>) -> MatrixCell {
        MatrixCell {
            environment: "00000000-0000-7000-8000-000000000000".parse().unwrap(),
            present: number.is_some(),
            version: number.and_then(|n| n.parse().ok()),
            marks: Marks::default(),
            block_reason: None,
            changed: None,
            can_move: false,
            held: false,
            incoming: None,
        }
    }

    #[test]
    fn the_line_tells_the_most_urgent_thing() {
        let mut here = cell(Some("2.14"));
        assert_eq!(Rail::between(&here, &cell(Some("2.14.0"))), Rail::Same);
        assert_eq!(Rail::between(&here, &cell(Some("2.13"))), Rail::Off);
        here.can_move = true;
        assert_eq!(
            Rail::between(&here, &cell(Some("2.13"))),
            Rail::CanMove { new: false }
        );
        assert_eq!(
            Rail::between(&here, &cell(None)),
            Rail::CanMove { new: true }
        );
        let mut next = cell(Some("2.13.1"));
        next.marks.hotfix = true;
        assert_eq!(Rail::between(&here, &next), Rail::MergeBack);
        assert_eq!(Rail::between(&cell(None), &next), Rail::MergeBack);
        next.marks.blocked = true;
        assert_eq!(Rail::between(&here, &next), Rail::Held);
        let mut rid = cell(Some("2.13"));
        rid.held = true;
        assert_eq!(Rail::between(&here, &rid), Rail::TakenOut);
        assert_eq!(Rail::TakenOut.word(), Some("held"));
        let incoming = |waits| IncomingPlan {
            number: 1853,
            brings: None,
            waits,
        };
        for (why, word) in [
            (Intervention::Prepared, "prepared"),
            (Intervention::DeploymentSuspended, "suspended"),
            (
                Intervention::NeedsConfigurationOrConfirmation,
                "needs a value",
            ),
        ] {
            next.incoming = Some(incoming(Some(why)));
            let rail = Rail::between(&here, &next);
            assert_eq!(rail, Rail::Waits { plan: 1853, why });
            assert_eq!(rail.word(), Some(word));
            assert!(rail.spoken("Quality").unwrap().ends_with(word));
        }
        next.incoming = Some(incoming(None));
        assert_eq!(
            Rail::between(&here, &next),
            Rail::Moving {
                plan: 1853,
                version: None
            }
        );
    }

    #[test]
    fn what_was_changed_since_its_tag_is_tagged_first() {
        let mut here = cell(Some("2.14"));
        assert_eq!(Rail::deed(&here), "Deploy 2.14");
        here.marks.modified = true;
        assert_eq!(Rail::deed(&here), "Tag & Deploy");
        here.version = None;
        here.marks.modified = false;
        assert_eq!(Rail::deed(&here), "Tag & Deploy");
    }

    #[test]
    fn the_same_tag_is_not_the_same_version_where_only_one_has_the_hotfix() {
        let mut here = cell(Some("6.19"));
        here.marks.hotfix = true;
        here.marks.modified = true;
        let mut next = cell(Some("6.19"));
        assert_eq!(Rail::between(&here, &next), Rail::LacksHotfix);
        let said = Rail::LacksHotfix.spoken("Production").unwrap();
        assert_eq!(said, "Production lacks the hotfix that runs here");
        // What brings it there is said first.
        here.can_move = true;
        assert_eq!(Rail::between(&here, &next), Rail::CanMove { new: false });
        here.can_move = false;
        // Both run it, tagged: nothing is to be merged back on this way.
        here.marks.modified = false;
        next.marks.hotfix = true;
        assert_eq!(Rail::between(&here, &next), Rail::Same);
        // A change since the tag that is no hotfix.
        (here.marks.hotfix, next.marks.hotfix) = (false, false);
        here.marks.changed_outside = true;
        assert_eq!(Rail::between(&here, &next), Rail::Changed);
    }
}

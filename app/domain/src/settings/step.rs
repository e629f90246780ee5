//! How the settings step of a plan looks.

use super::{Held, Property, ValueSource, value_source};
use serde::{Deserialize, Serialize};

/// How the step stands (C1, C4, C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// There is something new, or something to enter.
    Shown {
        /// Properties that need a value before the plan can run.
        needed: u32,
        /// Properties that are new in the target, or are not what they were.
        news: u32,
    },
    /// Nothing new: it can be opened all the same.
    Skipped,
    /// Nothing can be set.
    Disabled(WhyDisabled),
}

/// Why the step is disabled (C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyDisabled {
    /// No application of the plan that changes has a site property.
    NothingToSet,
    /// The person may not change and deploy every application of the plan.
    NoRight,
}

/// A property of a module that the plan brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BroughtProperty {
    /// As the plan brings it.
    pub property: Property,
    /// As what the target runs now describes it.
    pub before: Option<Property>,
    /// What is set in the target.
    pub target: Option<Held>,
    /// What is entered in the plan.
    pub entered: Option<Held>,
}

impl BroughtProperty {
    /// Where its value will come from.
    pub const fn source(self) -> ValueSource {
        value_source(self.property, self.target, self.entered)
    }

    /// Whether it is shown without being asked for: it was never set in the target and the target
    /// does not run it (C1), it became a secret or stopped being one (C2), or it takes other values
    /// now.
    pub fn is_news(self) -> bool {
        match (self.before, self.target) {
            (Some(before), _) => {
                before.secret != self.property.secret || before.kind != self.property.kind
            }
            (None, target) => target.is_none_or(|held| !held.holds_for(self.property)),
        }
    }
}

/// A module of an application in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtModule {
    /// Whether the plan changes its application. Without that nothing of it can be set (C3).
    pub changes: bool,
    /// Its properties.
    pub properties: Vec<BroughtProperty>,
}

/// How the step stands for somebody who may, or may not, change and deploy every application of
/// the plan.
pub fn step_state<'a>(
    modules: impl IntoIterator<Item = &'a BroughtModule>,
    permitted: bool,
) -> StepState {
    let properties: Vec<&BroughtProperty> = modules
        .into_iter()
        .filter(|module| module.changes)
        .flat_map(|module| &module.properties)
        .collect();
    if properties.is_empty() {
        return StepState::Disabled(WhyDisabled::NothingToSet);
    }
    if !permitted {
        return StepState::Disabled(WhyDisabled::NoRight);
    }
    let count = |which: &dyn Fn(&BroughtProperty) -> bool| {
        let all = properties.iter().filter(|property| which(property));
        u32::try_from(all.count()).unwrap_or(u32::MAX)
    };
    let needed = count(&|property| property.source().needs_a_value());
    let news = count(&|property| property.is_news());
    if needed == 0 && news == 0 {
        return StepState::Skipped;
    }
    StepState::Shown { needed, news }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Fits, PropertyKind};

    const PLAIN: Property = Property {
        kind: PropertyKind::Text,
        secret: false,
        default: true,
    };

    const NEW: BroughtProperty = BroughtProperty {
        property: PLAIN,
        before: None,
        target: None,
        entered: None,
    };

    const KNOWN: BroughtProperty = BroughtProperty {
        before: Some(PLAIN),
        ..NEW
    };

    fn state(changes: bool, properties: &[BroughtProperty], permitted: bool) -> StepState {
        let module = BroughtModule {
            changes,
            properties: properties.to_vec(),
        };
        step_state([&module], permitted)
    }

    #[test]
    fn c1_the_step_is_shown_when_properties_are_new_in_the_target() {
        let shown = |needed, news| StepState::Shown { needed, news };
        assert_eq!(state(true, &[NEW, KNOWN], true), shown(0, 1));
        let must = BroughtProperty {
            property: Property {
                default: false,
                ..PLAIN
            },
            ..NEW
        };
        assert_eq!(state(true, &[must, KNOWN], true), shown(1, 1));
        // Set in the target before: nothing new.
        let set = BroughtProperty {
            target: Some(Held {
                secret: false,
                fits: Fits::of("x"),
            }),
            ..NEW
        };
        assert_eq!(state(true, &[set], true), StepState::Skipped);
    }

    #[test]
    fn c2_a_changed_secret_flag_shows_the_step() {
        let secret = Property {
            secret: true,
            default: false,
            ..PLAIN
        };
        let became = BroughtProperty {
            property: secret,
            ..KNOWN
        };
        assert_eq!(
            state(true, &[became], true),
            StepState::Shown { needed: 1, news: 1 }
        );
        let entered = BroughtProperty {
            entered: Some(Held::of(secret, "hush")),
            ..became
        };
        assert_eq!(
            state(true, &[entered], true),
            StepState::Shown { needed: 0, news: 1 }
        );
    }

    #[test]
    fn c3_what_does_not_change_cannot_be_set() {
        let why = StepState::Disabled(WhyDisabled::NothingToSet);
        assert_eq!(state(false, &[NEW, KNOWN], true), why);
    }

    #[test]
    fn c4_the_step_is_skipped_when_nothing_is_new() {
        assert_eq!(state(true, &[KNOWN], true), StepState::Skipped);
    }

    #[test]
    fn c5_the_step_is_disabled_when_nothing_can_be_set_or_the_right_is_missing() {
        let nothing = StepState::Disabled(WhyDisabled::NothingToSet);
        assert_eq!(state(true, &[], true), nothing);
        assert_eq!(state(true, &[], false), nothing);
        assert_eq!(
            state(true, &[NEW], false),
            StepState::Disabled(WhyDisabled::NoRight)
        );
    }

    #[test]
    fn another_type_is_news() {
        let number = BroughtProperty {
            property: Property {
                kind: PropertyKind::Integer,
                ..PLAIN
            },
            ..KNOWN
        };
        assert_eq!(
            state(true, &[number], true),
            StepState::Shown { needed: 0, news: 1 }
        );
    }
}

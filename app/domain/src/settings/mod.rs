//! The settings step of a plan (domain.md 3.7): which site properties it brings, which of them need
//! a value, and what holds for each on the target once the plan has run.
//!
//! Values themselves are not asked for: what is set is known by whether it is a secret and by the
//! types that it has ([`Held`]). That is enough to decide, and it may be told to a browser.

mod entered;
mod kinds;
mod step;

pub use entered::{EnteredSetting, SettingEdit};
pub use kinds::{Fits, MAX_VALUE, PropertyKind};
pub use step::{BroughtModule, BroughtProperty, StepState, WhyDisabled, step_state};

use serde::{Deserialize, Serialize};

/// A site property as a published state of a module describes it, as far as rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// What values it takes.
    pub kind: PropertyKind,
    /// Whether its value is never shown.
    pub secret: bool,
    /// Whether the manifest gives a value for where none is set. Secrets have none.
    pub default: bool,
}

/// A value that is set, without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Whether it was given as a secret.
    pub secret: bool,
    /// The types that it has.
    pub fits: Fits,
}

impl Held {
    /// A value that is given for a property.
    pub fn of(property: Property, value: &str) -> Self {
        Self {
            secret: property.secret,
            fits: Fits::of(value),
        }
    }

    /// Whether the value holds for this property: it has its type, and was given under the same
    /// secret flag. What was given in the open never becomes a secret by itself, and a secret never
    /// comes into the open (domain.md 1.11).
    pub const fn holds_for(self, property: Property) -> bool {
        self.secret == property.secret && self.fits.has(property.kind)
    }
}

/// Where the value comes from that a property has after the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueSource {
    /// It is entered in the plan.
    Plan,
    /// It is set in the target, and stays.
    Target,
    /// The manifest's default.
    Default,
    /// Nowhere: nobody has given one.
    Missing,
    /// Nowhere: one was given, and it is not of the property's type (any more).
    Invalid,
    /// Nowhere: one was given before the property became a secret, or stopped being one.
    SecretChanged,
}

impl ValueSource {
    /// Whether somebody has to give a value before the plan can run.
    pub const fn needs_a_value(self) -> bool {
        matches!(self, Self::Missing | Self::Invalid | Self::SecretChanged)
    }
}

/// Where the value of a property comes from, given what is set in the target and what is entered
/// in the plan (C1, C2).
pub const fn value_source(
    property: Property,
    target: Option<Held>,
    entered: Option<Held>,
) -> ValueSource {
    if let Some(entered) = entered {
        if entered.secret != property.secret {
            return ValueSource::SecretChanged;
        }
        if !entered.fits.has(property.kind) {
            return ValueSource::Invalid;
        }
        return ValueSource::Plan;
    }
    match target {
        Some(held) if held.holds_for(property) => ValueSource::Target,
        // A value has to be given anew, default or not (C2).
        Some(held) if held.secret != property.secret => ValueSource::SecretChanged,
        _ if property.default => ValueSource::Default,
        Some(_) => ValueSource::Invalid,
        None => ValueSource::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn property(secret: bool, default: bool) -> Property {
        Property {
            kind: PropertyKind::Integer,
            secret,
            default,
        }
    }

    fn held(secret: bool, value: &str) -> Held {
        Held {
            secret,
            fits: Fits::of(value),
        }
    }

    fn source(
        property: Property,
        target: impl Into<Option<Held>>,
        entered: impl Into<Option<Held>>,
    ) -> ValueSource {
        value_source(property, target.into(), entered.into())
    }

    #[test]
    fn c1_what_was_never_set_and_has_no_default_needs_a_value() {
        let plain = property(false, false);
        assert_eq!(source(plain, None, None), ValueSource::Missing);
        assert_eq!(source(plain, held(false, "5"), None), ValueSource::Target);
        assert_eq!(source(plain, None, held(false, "5")), ValueSource::Plan);
        assert_eq!(
            source(property(false, true), None, None),
            ValueSource::Default
        );
        assert!(ValueSource::Missing.needs_a_value());
        assert!(!ValueSource::Default.needs_a_value());
    }

    #[test]
    fn c2_a_changed_secret_flag_needs_a_value_whatever_the_default() {
        for default in [false, true] {
            let now_plain = property(false, default);
            assert_eq!(
                source(now_plain, held(true, "5"), None),
                ValueSource::SecretChanged
            );
            assert_eq!(
                source(now_plain, held(true, "5"), held(false, "6")),
                ValueSource::Plan
            );
        }
        let now_secret = property(true, false);
        assert_eq!(
            source(now_secret, held(false, "5"), None),
            ValueSource::SecretChanged
        );
        // Entered while another version was chosen, which had no secret here.
        assert_eq!(
            source(now_secret, held(true, "5"), held(false, "6")),
            ValueSource::SecretChanged
        );
        assert!(ValueSource::SecretChanged.needs_a_value());
    }

    #[test]
    fn a_value_of_another_type_gives_way_to_the_default_or_has_to_be_given_anew() {
        assert_eq!(
            source(property(false, true), held(false, "many"), None),
            ValueSource::Default
        );
        assert_eq!(
            source(property(false, false), held(false, "many"), None),
            ValueSource::Invalid
        );
        // What is entered in the plan was meant: it is never passed over.
        assert_eq!(
            source(property(false, true), held(false, "5"), held(false, "many")),
            ValueSource::Invalid
        );
    }
}

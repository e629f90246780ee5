//! Values that a plan sets. They are part of what it does, but for the secret ones: of those the
//! content says only that there is one.

use super::{Fits, Held, Property};
use crate::id::ModuleId;
use crate::name::fold;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A value that a plan sets on its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnteredSetting {
    /// Whose site property.
    pub module: ModuleId,
    /// Its name.
    pub name: String,
    /// The value; none for a secret, which only the server knows.
    pub value: Option<String>,
    /// Whether it was given as a secret.
    pub secret: bool,
    /// The types that it has.
    pub fits: Fits,
}

impl EnteredSetting {
    /// Whose it is, however the name is written.
    pub fn key(&self) -> (ModuleId, String) {
        (self.module, fold(&self.name))
    }

    /// The value, without the value.
    pub const fn held(&self) -> Held {
        Held {
            secret: self.secret,
            fits: self.fits,
        }
    }
}

/// Sets the value of a site property in a plan, or takes it out again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingEdit {
    /// Whose.
    pub module: ModuleId,
    /// Its name.
    pub name: String,
    /// What it is in the version that the plan brings. The server looks for itself.
    pub property: Property,
    /// The value; none takes it out.
    pub value: Option<String>,
}

impl SettingEdit {
    /// What becomes of the content.
    pub fn entered(&self) -> Option<EnteredSetting> {
        let value = self.value.as_ref()?;
        let held = Held::of(self.property, value);
        Some(EnteredSetting {
            module: self.module,
            name: self.name.clone(),
            value: (!held.secret).then(|| value.clone()),
            secret: held.secret,
            fits: held.fits,
        })
    }
}

/// Without the value: what is written down of an edit must not give a secret away.
impl fmt::Debug for SettingEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingEdit")
            .field("module", &self.module)
            .field("name", &self.name)
            .field("property", &self.property)
            .field("value", &self.value.as_ref().map(|_| "…"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::PropertyKind;

    #[test]
    fn a_secret_is_not_in_the_content_nor_in_what_is_written_down_of_the_edit() {
        let edit = |secret| SettingEdit {
            module: ModuleId(uuid::Uuid::from_u128(1)),
            name: "ApiKey".to_owned(),
            property: Property {
                kind: PropertyKind::Text,
                secret,
                default: false,
            },
            value: Some("hush".to_owned()),
        };
        assert!(!format!("{:?}", edit(true)).contains("hush"));
        let secret = edit(true).entered();
        assert_eq!(secret.as_ref().and_then(|e| e.value.clone()), None);
        assert!(secret.is_some_and(|e| e.secret));
        let plain = edit(false).entered();
        assert_eq!(plain.and_then(|e| e.value), Some("hush".to_owned()));
    }
}

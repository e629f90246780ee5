//! Values of site properties as they are typed. What is typed becomes a change when its field is
//! left, and at once before anything that depends on it; what is no value stays at its field and
//! holds up what depends on it. A secret is in here only while it is typed.

use super::state::Editor;
use domain::ModuleId;
use domain::name::fold;
use domain::settings::{EnteredSetting, Property, SettingEdit};
use domain::view::PlanEdit;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// A site property of a module: its name as the manifest writes it.
pub type SettingKey = (ModuleId, String);

/// What is typed for one property.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    property: Property,
    text: String,
    /// Typed at all: a secret's field may stand open and empty.
    typed: bool,
    /// The field was left: what is no value is said to be wrong.
    left: bool,
}

impl Draft {
    fn problem(&self) -> Option<&'static str> {
        self.property.kind.problem(&self.text)
    }
}

/// Everything that is typed for site properties.
#[derive(Clone, Copy)]
pub struct SettingDrafts {
    drafts: RwSignal<BTreeMap<SettingKey, Draft>>,
}

impl SettingDrafts {
    /// Nothing is typed.
    pub fn new() -> Self {
        Self {
            drafts: RwSignal::new(BTreeMap::new()),
        }
    }

    /// Whether something is typed that is not a change yet.
    pub fn is_typing(self) -> bool {
        self.drafts
            .try_with(|drafts| drafts.values().any(|draft| draft.typed))
            .unwrap_or(false)
    }

    /// What is typed for a property, if its field is open.
    pub fn shown(self, key: &SettingKey) -> Option<String> {
        self.drafts
            .with(|drafts| drafts.get(key).map(|draft| draft.text.clone()))
    }

    /// What is wrong with a value that was typed, once its field was left.
    pub fn wrong(self, key: &SettingKey) -> Option<String> {
        self.drafts.with(|drafts| {
            let draft = drafts.get(key).filter(|draft| draft.left)?;
            let problem = draft.problem()?;
            Some(format!("{}{}.", problem[..1].to_uppercase(), &problem[1..]))
        })
    }

    /// Why a plan with what is typed cannot be saved or started.
    pub fn refusal(self) -> Option<String> {
        self.drafts.with(|drafts| {
            drafts.iter().find_map(|((_, name), draft)| {
                let problem = draft.problem().filter(|_| draft.typed)?;
                Some(format!("The value of {name} cannot be taken: {problem}."))
            })
        })
    }

    /// Opens the field of a secret, empty.
    pub fn open(self, key: SettingKey, property: Property) {
        self.drafts.update(|drafts| {
            drafts.entry(key).or_insert(Draft {
                property,
                text: String::new(),
                typed: false,
                left: false,
            });
        });
    }

    /// Something is typed.
    pub fn type_value(self, key: SettingKey, property: Property, text: String) {
        self.drafts.update(|drafts| {
            drafts.insert(
                key,
                Draft {
                    property,
                    text,
                    typed: true,
                    left: false,
                },
            );
        });
    }

    /// Forgets what is typed for a property.
    pub fn forget(self, key: &SettingKey) {
        if self
            .drafts
            .with_untracked(|drafts| drafts.contains_key(key))
        {
            self.drafts.update(|drafts| {
                drafts.remove(key);
            });
        }
    }

    /// Forgets everything.
    pub fn clear(self) {
        self.drafts.update(BTreeMap::clear);
    }

    /// Makes what is typed a change of the plan. What is no value stays.
    pub fn send(self, editor: Editor, key: &SettingKey) {
        let draft = self
            .drafts
            .try_with_untracked(|drafts| drafts.get(key).cloned());
        let Some(draft) = draft.flatten() else {
            return;
        };
        if !draft.typed {
            return;
        }
        // An emptied field takes the value out again; a secret's field that stays empty is no word.
        let value = (!draft.text.is_empty()).then_some(draft.text.clone());
        if value.is_some() && draft.problem().is_some() {
            self.drafts.update(|drafts| {
                if let Some(draft) = drafts.get_mut(key) {
                    draft.left = true;
                }
            });
            return;
        }
        self.forget(key);
        if draft.property.secret && value.is_none() {
            return;
        }
        self.set(editor, key, draft.property, value);
    }

    /// Sets a value, or takes it out.
    pub fn set(self, editor: Editor, key: &SettingKey, property: Property, value: Option<String>) {
        if !untrack(move || editor.may_edit()) {
            return;
        }
        editor.apply(PlanEdit::SetSetting(SettingEdit {
            module: key.0,
            name: key.1.clone(),
            property,
            value,
        }));
    }

    /// Makes everything that is typed changes of the plan.
    pub fn flush(self, editor: Editor) {
        let keys: Vec<SettingKey> = self
            .drafts
            .try_with_untracked(|drafts| drafts.keys().cloned().collect())
            .unwrap_or_default();
        for key in &keys {
            self.send(editor, key);
        }
    }
}

/// What the plan sets of a property now.
pub fn entered_now(editor: Editor, key: &SettingKey) -> Option<EnteredSetting> {
    let key = (key.0, fold(&key.1));
    editor.content.with(|content| {
        let mut all = content.settings.iter();
        all.find(|entered| entered.key() == key).cloned()
    })
}

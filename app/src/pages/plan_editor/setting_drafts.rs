//! Values of site properties as they are typed. What is typed becomes a change when its field is
//! left, and at once before anything that depends on it; what is no value stays at its field and
//! holds up what depends on it. A secret is in here only while it is typed.

use super::state::Editor;
use domain::name::fold;
use domain::settings::{EnteredSetting, Property, SettingEdit};
use domain::view::{PlanEdit, PlanProperty};
use domain::{ModuleId, Timestamp};
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
    /// What the plan said when the field was opened.
    base: Known,
}

/// What is known of the value that a plan sets: a secret shows by who entered it when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Known {
    entered: Option<EnteredSetting>,
    at: Option<Timestamp>,
}

impl Known {
    /// Whether it is the same value still, as far as one can see.
    fn is_same(&self, now: &Self) -> bool {
        let is_secret = self.entered.as_ref().is_some_and(|entered| entered.secret);
        self.entered == now.entered && (!is_secret || self.at == now.at)
    }

    /// Whether this is what somebody typed.
    fn says(&self, typed: Option<&str>) -> bool {
        match &self.entered {
            None => typed.is_none(),
            Some(entered) => !entered.secret && entered.value.as_deref() == typed,
        }
    }
}

impl Draft {
    fn problem(&self) -> Option<&'static str> {
        self.property.kind.problem(self.value())
    }

    fn value(&self) -> &str {
        self.property.kind.trimmed(&self.text)
    }
}

/// Everything that is typed for site properties.
#[derive(Clone, Copy)]
pub struct SettingDrafts {
    drafts: RwSignal<BTreeMap<SettingKey, Draft>>,
    /// When each of the plan's values was entered.
    entered: StoredValue<BTreeMap<SettingKey, Timestamp>>,
}

impl SettingDrafts {
    /// Nothing is typed.
    pub fn new() -> Self {
        Self {
            drafts: RwSignal::new(BTreeMap::new()),
            entered: StoredValue::new(BTreeMap::new()),
        }
    }

    /// The server has said who entered what.
    pub fn see(self, rows: &[PlanProperty]) {
        // Rows of other pages are as they were.
        self.entered.try_update_value(|known| {
            for row in rows {
                let key = (row.module, row.name.clone());
                match &row.entered {
                    Some(entered) => known.insert(key, entered.by.at),
                    None => known.remove(&key),
                };
            }
        });
    }

    fn known(self, editor: Editor, key: &SettingKey) -> Known {
        Known {
            entered: untrack(move || entered_now(editor, key)),
            at: self
                .entered
                .try_with_value(|entered| entered.get(key).copied())
                .flatten(),
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
                Some(format!(
                    "In Settings, the value of {name} cannot be taken: {problem}."
                ))
            })
        })
    }

    /// How many values are typed that cannot be taken.
    pub fn refused(self) -> usize {
        self.drafts.with(|drafts| {
            let typed = drafts.values().filter(|draft| draft.typed);
            typed.filter(|draft| draft.problem().is_some()).count()
        })
    }

    /// Opens the field of a secret, empty.
    pub fn open(self, editor: Editor, key: SettingKey, property: Property) {
        let base = self.known(editor, &key);
        self.drafts.update(|drafts| {
            drafts.entry(key).or_insert(Draft {
                property,
                text: String::new(),
                typed: false,
                left: false,
                base,
            });
        });
    }

    /// Something is typed.
    pub fn type_value(self, editor: Editor, key: SettingKey, property: Property, text: String) {
        let now = self.known(editor, &key);
        self.drafts.update(|drafts| {
            // What there was when the typing began.
            let base = drafts.get(&key).map_or(now, |draft| draft.base.clone());
            let draft = Draft {
                property,
                text,
                typed: true,
                left: false,
                base,
            };
            drafts.insert(key, draft);
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
        let value = (!draft.value().is_empty()).then(|| draft.value().to_owned());
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
        let now = self.known(editor, key);
        if draft.base.is_same(&now) || now.says(value.as_deref()) {
            self.set(editor, key, draft.property, value);
        } else if untrack(move || editor.may_edit()) {
            // Somebody else entered another value since the typing began.
            editor.disagree(change(key, draft.property, value));
        }
    }

    /// Sets a value, or takes it out.
    pub fn set(self, editor: Editor, key: &SettingKey, property: Property, value: Option<String>) {
        if !untrack(move || editor.may_edit()) {
            return;
        }
        editor.apply(change(key, property, value));
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

fn change(key: &SettingKey, property: Property, value: Option<String>) -> PlanEdit {
    PlanEdit::SetSetting(SettingEdit {
        module: key.0,
        name: key.1.clone(),
        property,
        value,
    })
}

/// What the plan sets of a property now.
pub fn entered_now(editor: Editor, key: &SettingKey) -> Option<EnteredSetting> {
    let key = (key.0, fold(&key.1));
    editor.content.with(|content| {
        let mut all = content.settings.iter();
        all.find(|entered| entered.key() == key).cloned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::settings::{Held, PropertyKind};

    fn known(value: Option<&str>, secret: bool, at: i64) -> Known {
        let property = Property {
            kind: PropertyKind::Text,
            secret,
            default: false,
        };
        let entered = value.map(|value| EnteredSetting {
            module: "00000000-0000-7000-8000-000000000001"
                .parse()
                .unwrap_or_else(|_| unreachable!("the text is a UUID")),
            name: "Key".to_owned(),
            value: (!secret).then(|| value.to_owned()),
            secret,
            fits: Held::of(property, value).fits,
        });
        Known {
            at: entered.as_ref().map(|_| Timestamp(at)),
            entered,
        }
    }

    #[test]
    fn a_value_of_somebody_else_is_seen_also_if_it_is_secret() {
        let none = known(None, false, 0);
        assert!(none.is_same(&known(None, false, 0)));
        assert!(!none.is_same(&known(Some("a"), false, 1)));
        let plain = known(Some("a"), false, 1);
        // The same value again is no news.
        assert!(plain.is_same(&known(Some("a"), false, 2)));
        assert!(!plain.is_same(&known(Some("b"), false, 2)));
        assert!(!plain.is_same(&none));
        assert!(plain.says(Some("a")) && !plain.says(Some("b")) && !plain.says(None));
        let secret = known(Some("a"), true, 1);
        assert!(secret.is_same(&known(Some("a"), true, 1)));
        assert!(!secret.is_same(&known(Some("a"), true, 2)));
        assert!(!secret.says(Some("a")), "nobody but the server knows");
    }
}

//! The numbers and words of new tags as they are typed. What is typed becomes a change a moment
//! later, and at once before anything that depends on it; a number that is none stays here and
//! holds up what depends on it.

use super::state::Editor;
use crate::components::delay::Delay;
use crate::components::field::sentence;
use crate::components::length::too_long;
use domain::plan::{Choice, MAX_DESCRIPTION};
use domain::view::PlanEdit;
use domain::{ApplicationId, VersionNumber};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// What is wrong with a new tag, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Its number is none.
    Number(String),
    /// What changed is too long.
    Words(String),
}

impl Wrong {
    /// The words.
    pub fn said(&self) -> &str {
        let (Self::Number(said) | Self::Words(said)) = self;
        said
    }
}

/// What is typed for one new tag.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    number: String,
    description: String,
    /// What the plan said when the typing began: number and words.
    base: (String, String),
    /// The person has paused: a number that is none is said to be wrong.
    paused: bool,
}

impl Draft {
    fn new(base: &Choice) -> Self {
        let (number, description) = words_of(base);
        Self {
            base: (number.clone(), description.clone()),
            number,
            description,
            paused: false,
        }
    }

    /// What is not typed here is as the plan says it now; who typed the other one does not matter.
    fn follow(&mut self, now: &Choice) {
        let (number, description) = words_of(now);
        for (typed, base, now) in [
            (&mut self.number, &mut self.base.0, number),
            (&mut self.description, &mut self.base.1, description),
        ] {
            if typed == base {
                typed.clone_from(&now);
                *base = now;
            } else if *typed == now {
                *base = now;
            }
        }
    }

    /// Whether somebody else typed what is typed here, and something else.
    fn is_contested(&self, now: &Choice) -> bool {
        self.base != words_of(now)
    }

    /// The choice that is typed, or what is wrong with it.
    fn choice(&self) -> Result<Choice, Wrong> {
        let number = self
            .number
            .trim()
            .parse::<VersionNumber>()
            .map_err(|error| Wrong::Number(sentence(&error.to_string())))?;
        if let Some(wrong) = too_long(&self.description, "a tag", MAX_DESCRIPTION) {
            return Err(Wrong::Words(wrong));
        }
        Ok(Choice::TagAndDeploy {
            number,
            description: self.description.clone(),
        })
    }
}

/// Number and words of a choice; nothing if it makes no tag.
fn words_of(choice: &Choice) -> (String, String) {
    match choice {
        Choice::TagAndDeploy {
            number,
            description,
        } => (number.to_string(), description.clone()),
        Choice::DoNothing | Choice::Deploy { .. } | Choice::DeployCustom { .. } => {
            Default::default()
        }
    }
}

/// Everything that is typed for new tags.
#[derive(Clone, Copy)]
pub struct TagDrafts {
    drafts: RwSignal<BTreeMap<ApplicationId, Draft>>,
    delay: Delay,
}

impl TagDrafts {
    /// Nothing is typed.
    pub fn new() -> Self {
        Self {
            drafts: RwSignal::new(BTreeMap::new()),
            delay: Delay::new(600),
        }
    }

    /// Whether something is typed that is not a change yet.
    pub fn is_typing(self) -> bool {
        self.drafts
            .try_with(|drafts| !drafts.is_empty())
            .unwrap_or(false)
    }

    /// What the fields of a new tag show: its number and its words.
    pub fn shown(self, id: ApplicationId, choice: &Choice) -> (String, String) {
        self.drafts.with(|drafts| match drafts.get(&id) {
            Some(draft) => (draft.number.clone(), draft.description.clone()),
            None => words_of(choice),
        })
    }

    /// What is wrong with what was typed, once the person has paused.
    pub fn wrong(self, id: ApplicationId) -> Option<Wrong> {
        self.drafts.with(|drafts| {
            let draft = drafts.get(&id).filter(|draft| draft.paused)?;
            draft.choice().err()
        })
    }

    /// Why a plan with what is typed cannot be saved or started.
    pub fn refusal(self, editor: Editor) -> Option<String> {
        self.drafts.with(|drafts| {
            let (id, wrong) = drafts
                .iter()
                .find_map(|(id, draft)| Some((*id, draft.choice().err()?)))?;
            let name = editor
                .rows
                .with(|rows| rows.get(&id).map(|row| row.name.clone()))?;
            Some(match wrong {
                Wrong::Number(said) => {
                    format!("The new tag of {name} has no valid number. {said}")
                }
                Wrong::Words(said) => {
                    format!("What changed in the new tag of {name} is too long. {said}")
                }
            })
        })
    }

    /// A number is typed.
    pub fn type_number(self, editor: Editor, id: ApplicationId, number: String) {
        self.typed(editor, id, |draft| draft.number = number);
    }

    /// Words are typed.
    pub fn type_description(self, editor: Editor, id: ApplicationId, description: String) {
        self.typed(editor, id, |draft| draft.description = description);
    }

    fn typed(self, editor: Editor, id: ApplicationId, change: impl FnOnce(&mut Draft)) {
        let Some(choice) = choice_now(editor, id) else {
            return;
        };
        self.drafts.update(|drafts| {
            let draft = drafts.entry(id).or_insert_with(|| Draft::new(&choice));
            draft.paused = false;
            change(draft);
        });
        self.delay.run(move || self.flush(editor));
    }

    /// Forgets what is typed for an application: something else was chosen for it.
    pub fn forget(self, id: ApplicationId) {
        if self
            .drafts
            .with_untracked(|drafts| drafts.contains_key(&id))
        {
            self.drafts.update(|drafts| {
                drafts.remove(&id);
            });
        }
    }

    /// Forgets everything.
    pub fn clear(self) {
        self.delay.cancel();
        self.drafts.update(BTreeMap::clear);
    }

    /// What is typed follows the plan in what others change: of a tag's number and words the one
    /// that is not typed here. Where no tag is made any more, numbers that are none are forgotten.
    pub fn follow(self, editor: Editor) {
        if self.drafts.with_untracked(BTreeMap::is_empty) {
            return;
        }
        let mut drafts = self.drafts.get_untracked();
        drafts.retain(|id, draft| match choice_now(editor, *id) {
            Some(now @ Choice::TagAndDeploy { .. }) => {
                draft.follow(&now);
                true
            }
            _ => !draft.paused,
        });
        if self.drafts.with_untracked(|before| *before != drafts) {
            self.drafts.set(drafts);
        }
    }

    /// Makes what is typed changes of the plan. Numbers that are none stay.
    pub fn flush(self, editor: Editor) {
        self.delay.cancel();
        let typed = match self.drafts.try_get_untracked() {
            Some(typed) if !typed.is_empty() => typed,
            _ => return,
        };
        for (id, mut draft) in typed {
            let now = choice_now(editor, id);
            if let Some(now @ Choice::TagAndDeploy { .. }) = &now {
                draft.follow(now);
            }
            let Ok(choice) = draft.choice() else {
                self.drafts.update(|drafts| {
                    if let Some(draft) = drafts.get_mut(&id) {
                        draft.paused = true;
                    }
                });
                self.follow(editor);
                continue;
            };
            self.forget(id);
            if !untrack(move || editor.may_edit()) {
                continue;
            }
            let change = PlanEdit::SetChoice(id, choice.clone());
            match now {
                Some(now) if now == choice => {}
                Some(now) if !draft.is_contested(&now) => {
                    editor.apply(change);
                }
                // Somebody else chose something else meanwhile, or took the application out.
                _ => editor.disagree(change),
            }
        }
    }
}

/// What the plan does with an application now.
fn choice_now(editor: Editor, id: ApplicationId) -> Option<Choice> {
    editor
        .content
        .try_with_untracked(|content| {
            content
                .operations
                .iter()
                .find(|operation| operation.application == id)
                .map(|operation| operation.choice.clone())
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_said_in_a_sentence() {
        let choice = Choice::TagAndDeploy {
            number: VersionNumber::FIRST,
            description: "First".to_owned(),
        };
        let mut draft = Draft::new(&choice);
        assert_eq!(draft.choice(), Ok(choice));
        for wrong in ["", "2.x", "1.2.3.4.5", "1.9999999"] {
            wrong.clone_into(&mut draft.number);
            let found = draft.choice().err();
            assert!(matches!(found, Some(Wrong::Number(_))), "{wrong}");
            let said = found.as_ref().map_or("", Wrong::said);
            assert!(said.starts_with(|c: char| c.is_uppercase()), "{said}");
            assert!(
                said.ends_with('.') && said.contains("version number"),
                "{said}"
            );
        }
    }

    #[test]
    fn words_that_are_too_long_are_counted_and_stay_typed() {
        let mut draft = Draft::new(&tag("1.0", "First"));
        draft.description = "w".repeat(MAX_DESCRIPTION);
        assert!(draft.choice().is_ok());
        draft.description.push_str(" and more");
        let found = draft.choice().err();
        assert!(matches!(found, Some(Wrong::Words(_))), "{found:?}");
        let said = found.as_ref().map_or("", Wrong::said);
        assert!(said.contains("2,009 characters"), "{said}");
        assert_eq!(draft.description.chars().count(), 2_009);
    }

    fn tag(number: &str, words: &str) -> Choice {
        Choice::TagAndDeploy {
            number: number.parse().unwrap_or(VersionNumber::FIRST),
            description: words.to_owned(),
        }
    }

    #[test]
    fn two_who_type_number_and_words_of_one_tag_are_both_heard() {
        let mut draft = Draft::new(&tag("1.0", "First"));
        "1.5".clone_into(&mut draft.number);
        // Somebody else finds other words.
        let theirs = tag("1.0", "Better");
        draft.follow(&theirs);
        assert!(!draft.is_contested(&theirs));
        assert_eq!(draft.choice(), Ok(tag("1.5", "Better")));
        // And then the same number.
        let theirs = tag("1.5", "Better");
        draft.follow(&theirs);
        assert!(!draft.is_contested(&theirs));
        assert_eq!(draft.choice(), Ok(theirs));
    }

    #[test]
    fn two_who_type_the_same_of_one_tag_are_asked() {
        for (mine, theirs) in [
            (("1.5", "First"), tag("1.6", "First")),
            (("1.0", "Mine"), tag("1.0", "Theirs")),
            (("1.5", "First"), Choice::DoNothing),
            // Mine is no number yet, and would take theirs away later on.
            (("1.", "First"), tag("1.6", "First")),
        ] {
            let mut draft = Draft::new(&tag("1.0", "First"));
            mine.0.clone_into(&mut draft.number);
            mine.1.clone_into(&mut draft.description);
            draft.follow(&theirs);
            assert!(draft.is_contested(&theirs), "{mine:?} {theirs:?}");
        }
    }
}

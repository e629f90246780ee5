//! The deployment notes. What is typed is sent a moment later, and at once before anything that
//! depends on it.

use super::state::Editor;
use crate::components::controls::{Switch, TextArea};
use crate::components::delay::Delay;
use crate::components::field::Field;
use crate::components::length::NEVER_CUT;
use crate::components::markdown::Markdown;
use crate::components::status::thousands;
use crate::derived::derived;
use domain::plan::MAX_NOTES;
use domain::view::PlanEdit;
use leptos::prelude::*;

/// The notes as they are typed.
#[derive(Clone, Copy)]
pub struct Notes {
    typed: RwSignal<String>,
    /// What the plan said when the typing began.
    base: StoredValue<String>,
    delay: Delay,
    editor: Editor,
}

impl Notes {
    /// The notes of a plan.
    pub fn new(editor: Editor) -> Self {
        let notes = editor.content.with_untracked(|c| c.notes.clone());
        let this = Self {
            typed: RwSignal::new(notes.clone()),
            base: StoredValue::new(notes),
            delay: Delay::new(600),
            editor,
        };
        let sent = derived(move |_| editor.content.with(|c| c.notes.clone()));
        // Somebody else's notes arrive, unless this person is typing or has to choose.
        Effect::new(move |_| {
            let sent = sent.get();
            let mine = editor.typing.get() || editor.conflict.with(Option::is_some);
            if !mine && this.typed.with_untracked(|typed| *typed != sent) {
                this.typed.set(sent);
            }
        });
        this
    }

    /// Whether nothing is written.
    pub fn is_empty(self) -> bool {
        self.typed.with(|t| t.trim().is_empty())
    }

    fn typing(self, text: String) {
        if !self.editor.typing.get_untracked() {
            self.base
                .set_value(self.editor.content.with_untracked(|c| c.notes.clone()));
            self.editor.typing.set(true);
        }
        self.editor.notes_problem.set(problem(&text));
        self.typed.set(text);
        self.delay.run(move || self.flush());
    }

    /// Makes what is typed a change of the plan, if it is not one yet.
    pub fn flush(self) {
        self.delay.cancel();
        if !self.editor.typing.try_get_untracked().unwrap_or(false) {
            return;
        }
        // They stay typed, so that whoever leaves is asked.
        if self.editor.notes_problem.with_untracked(Option::is_some) {
            return;
        }
        self.editor.typing.set(false);
        if !untrack(move || self.editor.may_edit()) {
            return;
        }
        let typed = self.typed.get_untracked();
        let change = PlanEdit::SetNotes(typed.clone());
        let theirs = self.editor.content.with_untracked(|content| {
            content.notes != typed && self.base.with_value(|base| *base != content.notes)
        });
        if theirs {
            self.editor.disagree(change);
        } else {
            self.editor.apply(change);
        }
    }
}

/// What is wrong with notes.
fn problem(text: &str) -> Option<String> {
    let count = text.chars().count();
    (count > MAX_NOTES).then(|| {
        format!(
            "These notes have {} characters, and a plan takes {}. They are not sent before they are shortened; nothing is cut off.",
            thousands(count as u64),
            thousands(MAX_NOTES as u64)
        )
    })
}

/// The panel.
#[component]
pub fn NotesPanel(editor: Editor, notes: Notes) -> impl IntoView {
    let preview = RwSignal::new(false);
    view! {
        <section class="panel" id="part-notes" aria-labelledby="h-notes">
            <header>
                <h2 id="h-notes">"Deployment notes"</h2>
                <span class="panel-sub">"Markdown; shown on the run page and kept in the audit"</span>
                <span class="push">
                    <Switch
                        label="Preview"
                        on=preview
                        on_change=Callback::new(move |on| preview.set(on))
                    />
                </span>
            </header>
            <Show when=move || preview.get()>
                <div class="pad ed-preview" role="region" aria-label="Preview of the notes">
                    <Markdown text=notes.typed/>
                </div>
            </Show>
            <div class="pad">
                <Field
                    label="Deployment notes"
                    id="plan-notes"
                    hide_label=true
                    error=Signal::derive(move || editor.notes_problem.get())
                >
                    <TextArea
                        id="plan-notes"
                        value=notes.typed
                        max=NEVER_CUT
                        invalid=Signal::derive(move || editor.notes_problem.with(Option::is_some))
                        refusal=Signal::derive(move || editor.edit_refusal())
                        placeholder="What to check before and after, who was told"
                        on_input=Callback::new(move |value| notes.typing(value))
                    />
                </Field>
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_counted_in_characters_and_never_cut() {
        let longest = "\u{1f6a2}".repeat(MAX_NOTES);
        assert_eq!(problem(&longest), None);
        let said = problem(&format!("{longest}!")).unwrap_or_default();
        assert!(said.starts_with("These notes have 20,001 characters, and a plan takes 20,000."));
        assert!(said.ends_with("nothing is cut off."), "{said}");
    }
}

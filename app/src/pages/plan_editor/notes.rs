//! The deployment notes. What is typed is sent a moment later, and at once before anything that
//! depends on it.

use super::state::Editor;
use crate::components::controls::TextArea;
use crate::components::delay::Delay;
use crate::components::field::Field;
use domain::view::PlanEdit;
use leptos::prelude::*;

/// The notes as they are typed.
#[derive(Clone, Copy)]
pub struct Notes {
    typed: RwSignal<String>,
    delay: Delay,
    editor: Editor,
}

impl Notes {
    /// The notes of a plan.
    pub fn new(editor: Editor) -> Self {
        let this = Self {
            typed: RwSignal::new(editor.content.with_untracked(|c| c.notes.clone())),
            delay: Delay::new(600),
            editor,
        };
        let sent = Memo::new(move |_| editor.content.with(|c| c.notes.clone()));
        // Somebody else's notes arrive, unless this person is typing.
        Effect::new(move |before: Option<String>| {
            let sent = sent.get();
            if before.is_some_and(|before| before == this.typed.get_untracked()) {
                this.typed.set(sent.clone());
            }
            sent
        });
        this
    }

    /// Whether nothing is written.
    pub fn is_empty(self) -> bool {
        self.typed.with(|t| t.trim().is_empty())
    }

    /// Sends what is typed and not yet sent.
    pub fn flush(self) {
        self.delay.cancel();
        let typed = self.typed.get_untracked();
        if self.editor.may_edit() {
            self.editor.apply(PlanEdit::SetNotes(typed));
        }
    }
}

/// The panel.
#[component]
pub fn NotesPanel(editor: Editor, notes: Notes) -> impl IntoView {
    view! {
        <section class="panel" id="part-notes" aria-labelledby="h-notes">
            <header>
                <h2 id="h-notes">"Deployment notes"</h2>
                <span class="panel-sub">"shown on the run page and kept in the audit"</span>
            </header>
            <div class="pad">
                <Field label="Deployment notes" id="plan-notes" hide_label=true>
                    <TextArea
                        id="plan-notes"
                        value=notes.typed
                        disabled=Signal::derive(move || !editor.may_edit())
                        placeholder="What to check before and after, who was told"
                        on_input=Callback::new(move |value| {
                            notes.typed.set(value);
                            notes.editor.unsaved.set(true);
                            notes.delay.run(move || notes.flush());
                        })
                    />
                </Field>
            </div>
        </section>
    }
}

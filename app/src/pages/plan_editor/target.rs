//! What the plan's target says of plans: kept up to date as others start and end.

use super::state::Editor;
use crate::api::environments::list_environments;
use crate::components::icon::Glyph;
use crate::components::line::deploy_label;
use crate::components::time::{When, WhenStyle};
use crate::derived::derived;
use crate::live::{Heard, follow};
use crate::routes;
use domain::EnvironmentId;
use domain::view::EnvironmentRow;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The target's rules.
#[derive(Clone, Copy)]
pub struct Target {
    rows: RwSignal<Vec<EnvironmentRow>>,
    editor: Editor,
}

impl Target {
    /// Begins with what was loaded when so much was heard, and follows.
    pub fn follow(editor: Editor, rows: Vec<EnvironmentRow>, heard: Heard) -> Self {
        let rows = RwSignal::new(rows);
        follow(&["environments"], heard, move || {
            spawn_local(async move {
                // What is known stays if this fails; the next change asks again.
                if let Ok(all) = list_environments().await {
                    let all: Vec<_> = all.into_iter().map(|e| e.row).collect();
                    let known = rows.try_with_untracked(|rows| in_maintenance(rows));
                    let moved = known.is_some_and(|known| known != in_maintenance(&all));
                    let _ = rows.try_set(all);
                    if moved {
                        // Whether the plan can be changed hangs on it.
                        editor.refresh();
                    }
                }
            });
        });
        Self { rows, editor }
    }

    fn read<T>(self, what: impl Fn(&EnvironmentRow) -> T) -> Option<T> {
        let target = self.editor.content.with(|content| content.target);
        self.rows
            .with(|rows| rows.iter().find(|row| row.id == target).map(what))
    }

    /// How many plans may run there at a time.
    pub fn limit(self) -> Option<u32> {
        self.read(|row| row.parallel_limit)
    }

    /// Whether a start prepares only.
    pub fn two_stage(self) -> bool {
        self.read(|row| row.two_stage).unwrap_or(false)
    }

    /// What the button that starts the plan says.
    pub fn deploy_label(self) -> &'static str {
        deploy_label(self.two_stage())
    }

    /// The plan that keeps this one from being saved, where only one may be.
    pub fn taken(self) -> Option<(u64, String)> {
        let number = self.editor.number;
        self.read(|row| row.open_plan.clone())
            .flatten()
            .filter(|(other, _)| *other != number)
    }
}

/// Which environments are in maintenance.
fn in_maintenance(rows: &[EnvironmentRow]) -> Vec<EnvironmentId> {
    let rows = rows.iter().filter(|row| row.maintenance.is_some());
    rows.map(|row| row.id).collect()
}

/// What stands in the way of saving, and why the plan left the line.
#[component]
pub fn TargetNotices(editor: Editor, target: Target) -> impl IntoView {
    let taken = derived(move |_| editor.is_draft().then(|| target.taken()).flatten());
    let maintenance = derived(move |_| editor.detail.with(|d| d.row.stay.maintenance.clone()));
    let sent_back = derived(move |_| editor.detail.with(|d| d.row.stay.sent_back.clone()));
    view! {
        {move || {
            maintenance
                .get()
                .map(|words| {
                    view! {
                        <div class="notice warn ed-origin" role="status">
                            <Glyph name="maint"/>
                            <p>{format!("{words}.")}</p>
                        </div>
                    }
                })
        }}
        {move || {
            taken
                .get()
                .map(|(number, name)| {
                    view! {
                        <div class="notice warn ed-origin" role="status">
                            <Glyph name="warn"/>
                            <p>
                                <b>"The target takes one saved plan at a time. "</b>
                                "This one can be saved when "
                                <a class="link" href=routes::plan(number)>
                                    {format!("#{number} {name}")}
                                </a> " is over."
                            </p>
                        </div>
                    }
                })
        }}
        {move || {
            sent_back
                .get()
                .map(|(at, reason)| {
                    view! {
                        <div class="notice warn ed-origin" role="status">
                            <Glyph name="warn"/>
                            <p>
                                <b>"It left the line without being started. "</b>
                                {reason} " " <When at=Signal::stored(at) style=WhenStyle::Relative/>
                            </p>
                        </div>
                    }
                })
        }}
    }
}

//! What changed around the plan while it is edited, and *Refresh applications*, which looks again.

use super::actions::Actions;
use super::rows::Lanes;
use super::state::Editor;
use crate::api::plans::refresh_plan;
use crate::components::button::{Button, Size};
use crate::components::icon::Glyph;
use crate::components::status::counted;
use crate::components::time::{When, WhenStyle};
use crate::components::toast::use_toasts;
use crate::derived::derived;
use domain::VersionNumber;
use domain::view::{Adjusted, MAX_NEWS, NewsRow, PlanNews};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::BTreeSet;

/// How many applications or tags are named before the rest is counted.
const NAMED: usize = 3;

/// Names what changed; nothing while nothing did.
#[component]
pub fn NewsNotice(
    editor: Editor,
    actions: Actions,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    let news = derived(move |_| editor.detail.with(|d| d.news.clone()));
    let busy = RwSignal::new(false);
    let refresh = use_refresh(editor, busy);
    move || {
        let news = news.get()?;
        let (source, target) = lanes.with(|l| (l.source.0.clone(), l.target.0.clone()));
        let title = match (news.source.is_empty(), news.target.is_empty()) {
            (true, true) => "New tags were made".to_owned(),
            (false, true) => format!("{source} changed since you looked"),
            (true, false) => format!("{target} changed since you looked"),
            (false, false) => format!("{source} and {target} changed since you looked"),
        };
        let warns = !news.unseen.is_empty();
        Some(view! {
            <div class="notice ed-news" class:warn=warns role="status">
                <Glyph name=if warns { "warn" } else { "info" }/>
                <div>
                    <b>{title}</b>
                    <ul>
                        {changed(&source, &news.source)}
                        {changed(&target, &of_plan_first(editor, news.target.clone()))}
                        {tagged(&news.tags)}
                    </ul>
                    {unseen(&news).map(|words| view! { <p>{words}</p> })}
                </div>
                <div class="acts">
                    <Button
                        label="Refresh applications"
                        size=Size::Small
                        icon="sync"
                        busy
                        refusal=actions.unwritable
                        on_press=refresh
                    />
                </div>
            </div>
        })
    }
}

/// Those of the plan before the others, which are told as well.
fn of_plan_first(editor: Editor, mut rows: Vec<NewsRow>) -> Vec<NewsRow> {
    let own: BTreeSet<_> = editor.content.with_untracked(|content| {
        let operations = content.operations.iter();
        operations.map(|operation| operation.application).collect()
    });
    rows.sort_by_key(|row| !own.contains(&row.application));
    rows
}

/// The applications that an environment runs otherwise, the first few by name.
fn changed(environment: &str, rows: &[NewsRow]) -> Option<impl IntoView + use<>> {
    if rows.is_empty() {
        return None;
    }
    let named: Vec<_> = rows
        .iter()
        .take(NAMED)
        .enumerate()
        .map(|(at, row)| {
            let modules = counted(u64::from(row.modules), "module", "modules");
            view! {
                {(at > 0).then_some("; ")}
                <b>{row.name.clone()}</b>
                {format!(" ({modules}, {}, ", row.last.by.name)}
                <When at=row.last.at style=WhenStyle::Relative/>
                ")"
            }
        })
        .collect();
    Some(view! {
        <li>
            {format!("{environment} now runs something else of ")}
            {named}
            {rest(rows.len())}
            "."
        </li>
    })
}

fn tagged(tags: &[(String, VersionNumber)]) -> Option<impl IntoView + use<>> {
    if tags.is_empty() {
        return None;
    }
    let named: Vec<String> = tags
        .iter()
        .take(NAMED)
        .map(|(name, number)| format!("{name} {number}"))
        .collect();
    Some(view! {
        <li>{format!("New tags: {}{}.", named.join(", "), rest(tags.len()))}</li>
    })
}

/// What follows the first few of so many.
fn rest(count: usize) -> String {
    match count.saturating_sub(NAMED) {
        0 => String::new(),
        more if count >= MAX_NEWS => format!(" and at least {more} more"),
        more => format!(" and {more} more"),
    }
}

/// What has to be looked at before the plan may start.
fn unseen(news: &PlanNews) -> Option<String> {
    let first = news.unseen.first()?;
    let name = news
        .source
        .iter()
        .find(|row| row.application == *first)
        .map_or("An application", |row| row.name.as_str());
    let others = match news.unseen.len() - 1 {
        0 => " would be taken as it is now".to_owned(),
        n => format!(
            " and {} would be taken as they are now",
            counted(n as u64, "more application", "more applications")
        ),
    };
    Some(format!(
        "{name}{others}. Refresh, look, and then deploy: what is taken is what you have seen."
    ))
}

/// Looks again, and says which choices could not be kept.
fn use_refresh(editor: Editor, busy: RwSignal<bool>) -> Callback<()> {
    let toasts = use_toasts();
    Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        editor.when_settled(move || {
            let revision = editor.hold();
            spawn_local(async move {
                let answer = refresh_plan(editor.number, revision).await;
                if let Ok(refreshed) = &answer {
                    editor.moved_on(refreshed.revision);
                }
                let _ = busy.try_set(false);
                editor.release();
                match answer {
                    Ok(refreshed) if refreshed.adjusted.is_empty() => {
                        toasts.done("Applications refreshed", "All choices stay as they were.");
                    }
                    Ok(refreshed) => toasts.warn(
                        "Applications refreshed",
                        refreshed
                            .adjusted
                            .iter()
                            .map(|(name, what)| adjusted(name, *what))
                            .collect::<Vec<_>>()
                            .join(" "),
                    ),
                    Err(error) => {
                        toasts.fail("The applications were not refreshed", &error);
                        editor.refresh();
                    }
                }
            });
        });
    })
}

/// What became of a choice that was not possible any more.
fn adjusted(name: &str, what: Adjusted) -> String {
    match what {
        Adjusted::Dropped => {
            format!("The version of {name} cannot be deployed any more: choose another one.")
        }
        Adjusted::Renumbered(number) => {
            format!("{name} will be tagged {number}: the number before is taken.")
        }
        Adjusted::FewerModules(gone) => format!(
            "{} of {name} that {} ticked {} not in the source any more.",
            counted(u64::from(gone), "module", "modules"),
            if gone == 1 { "was" } else { "were" },
            if gone == 1 { "is" } else { "are" },
        ),
        Adjusted::Tagged(number) => {
            format!("{name} was tagged {number} meanwhile, and that is deployed.")
        }
    }
}

//! Two people changed the plan, or it was started without changes of this page: says so, keeps what
//! is at stake in sight, and offers what can be done.

use super::conflict::{Conflict, Over, Standing};
use super::keys;
use super::state::Editor;
use crate::components::button::{Button, Size};
use crate::components::copy::copy_text;
use crate::components::icon::Glyph;
use crate::components::status::counted;
use crate::components::time::{When, WhenStyle};
use crate::components::toast::use_toasts;
use crate::session::{Session, use_session};
use domain::view::{PlanEdit, Stamp};
use leptos::prelude::*;

/// Where the notice is.
const NOTICE: &str = "plan-conflict";

/// Whether the reader did it, at another screen.
fn is_own(session: Session, stamp: &Stamp) -> bool {
    untrack(move || session.me())
        .is_some_and(|me| me.login == stamp.by.login && me.name == stamp.by.name)
}

/// Somebody else was faster, or started the plan; nothing of this page is lost until its person
/// goes on.
#[component]
pub fn ConflictNotice(editor: Editor) -> impl IntoView {
    move || {
        editor.conflict.get().map(|conflict| match conflict.over {
            None => view! { <Choice editor conflict/> }.into_any(),
            Some(over) => view! { <Missed editor mine=conflict.mine over/> }.into_any(),
        })
    }
}

/// Whose changes count.
#[component]
fn Choice(editor: Editor, conflict: Conflict) -> impl IntoView {
    let session = use_session();
    let count = counted(conflict.mine.len() as u64, "change", "changes");
    let title = match &conflict.theirs {
        None => "Somebody else changed this plan at the same time".to_owned(),
        Some(stamp) if is_own(session, stamp) => {
            "You changed this plan in another window at the same time".to_owned()
        }
        Some(stamp) => format!("{} changed this plan at the same time", stamp.by.name),
    };
    view! {
        <div class="notice warn" role="alert" id=NOTICE>
            <Glyph name="warn"/>
            <div>
                <b>{title}</b>
                <p>
                    {conflict
                        .theirs
                        .map(|stamp| {
                            view! {
                                "The last change came "
                                <When at=stamp.at style=WhenStyle::Both/>
                                ". "
                            }
                        })}
                    {format!("{count} of yours did not reach the server. What you see is still yours.")}
                </p>
            </div>
            <div class="acts">
                <Button
                    label="Load theirs"
                    size=Size::Small
                    on_press=Callback::new(move |()| editor.load_theirs())
                />
                <Button
                    label="Put mine on top of theirs"
                    size=Size::Small
                    on_press=Callback::new(move |()| editor.keep_mine())
                />
            </div>
        </div>
    }
}

/// The plan was started or put in line: what of this page is not in it.
#[component]
fn Missed(editor: Editor, mine: Vec<PlanEdit>, over: Over) -> impl IntoView {
    let (session, toasts) = (use_session(), use_toasts());
    let did = if over.queued {
        "put this plan in line"
    } else {
        "started this plan"
    };
    let title = match &over.by {
        None if over.queued => "This plan was put in line".to_owned(),
        None => "This plan was started".to_owned(),
        Some(stamp) if is_own(session, stamp) => format!("You {did} in another window"),
        Some(stamp) => format!("{} {did}", stamp.by.name),
    };
    let notes = my_notes(&mine).map(str::to_owned);
    let copied = notes.clone();
    let show = if over.queued {
        "Show its place in line"
    } else {
        "Show the run"
    };
    view! {
        <div class="notice warn" role="alert" id=NOTICE>
            <Glyph name="warn"/>
            <div>
                <b>{title}</b>
                <p>
                    {over
                        .by
                        .map(|stamp| view! { <When at=stamp.at style=WhenStyle::Both/> ". " })}
                    {missed(&mine)}
                </p>
                {notes.map(|notes| view! { <blockquote class="mine">{notes}</blockquote> })}
            </div>
            <div class="acts">
                {copied
                    .map(|notes| {
                        view! {
                            <Button
                                label="Copy my notes"
                                icon="copy"
                                size=Size::Small
                                on_press=Callback::new(move |()| {
                                    copy_text(toasts, &notes, "Notes copied");
                                })
                            />
                        }
                    })}
                <Button
                    label=show
                    size=Size::Small
                    on_press=Callback::new(move |()| editor.go_on())
                />
            </div>
        </div>
    }
}

/// The notes as they were typed last, if that is among the changes.
fn my_notes(mine: &[PlanEdit]) -> Option<&str> {
    mine.iter().rev().find_map(|change| match change {
        PlanEdit::SetNotes(notes) => Some(notes.as_str()),
        _ => None,
    })
}

/// What did not get into a plan that cannot be changed any more.
fn missed(mine: &[PlanEdit]) -> String {
    let others = mine
        .iter()
        .filter(|change| !matches!(change, PlanEdit::SetNotes(_)))
        .count() as u64;
    let what = match (my_notes(mine).is_some(), others) {
        (true, 0) => "Your notes".to_owned(),
        (true, others) => format!(
            "Your notes and {}",
            counted(others, "other change", "other changes")
        ),
        (false, 0) => "What you typed last".to_owned(),
        (false, others) => format!("{} of yours", counted(others, "change", "changes")),
    };
    format!("{what} came too late and did not get into it. Keep what you need before you go on.")
}

/// The same beside the plan, where it is in sight: leads to the notice.
#[component]
pub fn StandingNote(editor: Editor) -> impl IntoView {
    let standing = Memo::new(move |_| editor.standing());
    move || {
        let (text, label) = match standing.get() {
            Standing::One => return None,
            Standing::Two => (
                "Yours, and the one that came first. Choose which changes count; nothing is saved or started before.",
                "Go to the choice",
            ),
            Standing::Queued => (
                "It stands in line without your last changes.",
                "See what is missing",
            ),
            Standing::Started => (
                "It runs or ran without your last changes.",
                "See what is missing",
            ),
        };
        Some(view! {
            <div class="v-note">
                <Glyph name="warn" tone="warn"/>
                <div>
                    <p>{text}</p>
                    <Button
                        label
                        size=Size::Small
                        on_press=Callback::new(|()| keys::show_button(NOTICE))
                    />
                </div>
            </div>
        })
    }
}

/// What the verdict says in place of whether the plan can run.
pub fn standing_title(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::One => None,
        Standing::Two => Some("Two versions of this plan"),
        Standing::Queued => Some("Already in line"),
        Standing::Started => Some("Already started"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_too_late_is_named() {
        let notes = PlanEdit::SetNotes("At night".to_owned());
        let other = PlanEdit::SetSettingsAfter(true);
        let said = |mine: &[PlanEdit]| {
            missed(mine).replace(
                " came too late and did not get into it. Keep what you need before you go on.",
                "",
            )
        };
        assert_eq!(said(std::slice::from_ref(&notes)), "Your notes");
        assert_eq!(
            said(&[notes.clone(), other.clone()]),
            "Your notes and 1 other change"
        );
        assert_eq!(said(&[other.clone(), other.clone()]), "2 changes of yours");
        assert_eq!(said(&[]), "What you typed last");
        let later = PlanEdit::SetNotes("By day".to_owned());
        assert_eq!(my_notes(&[notes, other, later]), Some("By day"));
    }
}

//! A comparison: how much differs, then every application that does.

use super::PAGE;
use super::module::ModuleRow;
use super::same::{Same, SameSwitch};
use super::words::Sides;
use crate::components::lane::{ChipState, EmptyChip, Place, VersionChip};
use crate::components::markdown::Markdown;
use crate::components::status::counted;
use crate::components::table::Pager;
use crate::components::time::{When, WhenStyle};
use crate::routes;
use domain::difference::{Change, Release, Totals};
use domain::view::{ApplicationDifference, ComparedSide, Comparison, ReleaseNote, SameApplication};
use leptos::prelude::*;

/// What differs.
#[component]
pub fn Differences(
    /// What was found.
    comparison: Comparison,
    /// What is the same, where that is listed.
    same: Option<Vec<SameApplication>>,
    /// Goes to another part of the list.
    on_page: Callback<u64>,
    /// Lists what is the same, or does not any more.
    on_same: Callback<bool>,
) -> impl IntoView {
    let Comparison {
        from,
        to,
        totals,
        notes,
        rows,
    } = comparison;
    let places = (place(&from), place(&to));
    let sides = Sides::of(&from, &to);
    let guide = sides.guide();
    let total_words = words(totals, &sides);
    let sides = StoredValue::new(sides);
    // That a plan found nothing in its target is told by what it brings.
    let unrecorded: Vec<String> = [&from, &to]
        .into_iter()
        .filter(|side| side.unrecorded && side.plan.is_none())
        .filter_map(|side| side.environment.clone())
        .collect();
    let (offset, total) = (rows.offset, rows.total);
    let none = rows.rows.is_empty();
    // A few modules are read at once; of many one chooses.
    let open = rows.rows.iter().map(|row| row.modules.len()).sum::<usize>() <= 12;
    view! {
        <section class="panel cmp-head" aria-labelledby="cmp-sides">
            <header>
                <h2 id="cmp-sides" class="cmp-title">
                    <Side side=from/>
                    <span class="cmp-arrow">
                        <span aria-hidden="true">{arrow(sides)}</span>
                        <span class="vh">{if sides.with_value(|s| s.in_time) { "to" } else { "and" }}</span>
                    </span>
                    <Side side=to/>
                </h2>
                {(totals.applications_same > 0)
                    .then(|| {
                        view! {
                            <SameSwitch total=totals.applications_same listed=same.is_some() on_same/>
                        }
                    })}
            </header>
            <p class="pad cmp-totals" role="status">{total_words}</p>
            {(!none).then(|| view! { <p class="pad cmp-totals dim">{guide}</p> })}
            {unrecorded
                .into_iter()
                .map(|name| {
                    view! {
                        <p class="pad cmp-totals">
                            {format!("Nothing is on record of {name} at that time: nothing ran there, or it was not watched yet.")}
                        </p>
                    }
                })
                .collect_view()}
            {(!notes.trim().is_empty())
                .then(|| {
                    view! {
                        <div class="pad cmp-notes">
                            <h3>"Deployment notes"</h3>
                            <Markdown text=Signal::stored(notes)/>
                        </div>
                    }
                })}
        </section>
        {none.then(|| nothing(totals))}
        <ol class="cmp-apps" aria-label="Applications that differ">
            {rows
                .rows
                .into_iter()
                .map(|row| view! { <li><Application row places sides open/></li> })
                .collect_view()}
        </ol>
        {(total > u64::from(PAGE))
            .then(|| {
                view! {
                    <footer class="cmp-pages">
                        <Pager offset limit=u64::from(PAGE) total on_page/>
                    </footer>
                }
            })}
        {same
            .filter(|same| !same.is_empty())
            .map(|same| view! { <Same same total=totals.applications_same place=places.1/> })}
    }
}

fn place(side: &ComparedSide) -> Place {
    let (position, total) = side.lane.unwrap_or((0, 1));
    Place::new(position, total)
}

#[component]
fn Side(side: ComparedSide) -> impl IntoView {
    let plan = side.plan;
    view! {
        <span class="cmp-side">
            {match plan {
                Some(number) => {
                    view! { <a href=routes::plan(number)>{side.title}</a> }.into_any()
                }
                None => side.title.into_any(),
            }}
            {side
                .at
                .filter(|_| plan.is_none())
                .map(|at| view! { <When at style=WhenStyle::Relative/> })}
        </span>
    }
}

/// The totals in words: "2 applications new, 1 changed; 3 modules changed, 1 of them only published
/// again".
fn words(totals: Totals, sides: &Sides) -> String {
    let (new, changed, removed) = (
        sides.counted(Change::Added),
        sides.counted(Change::Changed),
        sides.counted(Change::Removed),
    );
    let mut applications = Vec::new();
    let mut modules = Vec::new();
    let say = |list: &mut Vec<String>, count: u32, one: &str, many: &str, what: &str| {
        if count > 0 {
            // Only the first names what is counted.
            let what_is = if list.is_empty() {
                counted(u64::from(count), one, many)
            } else {
                count.to_string()
            };
            list.push(format!("{what_is} {what}"));
        }
    };
    let (one, many) = ("application", "applications");
    say(
        &mut applications,
        totals.applications_added,
        one,
        many,
        &new,
    );
    say(
        &mut applications,
        totals.applications_changed,
        one,
        many,
        &changed,
    );
    say(
        &mut applications,
        totals.applications_removed,
        one,
        many,
        &removed,
    );
    let (one, many) = ("module", "modules");
    say(&mut modules, totals.modules_added, one, many, &new);
    say(&mut modules, totals.modules_changed, one, many, &changed);
    say(&mut modules, totals.modules_removed, one, many, &removed);
    let mut text = applications.join(", ");
    if !modules.is_empty() {
        text.push_str("; ");
        text.push_str(&modules.join(", "));
    }
    match totals.modules_republished {
        0 => {}
        1 => text.push_str(", 1 of them published again"),
        count => text.push_str(&format!(", {count} of them published again")),
    }
    if text.is_empty() {
        // What is below says it.
        return String::new();
    }
    if totals.applications_same > 0 {
        let same = counted(
            u64::from(totals.applications_same),
            "application",
            "applications",
        );
        text.push_str(&format!(". {same} the same"));
    }
    text.push('.');
    text
}

fn nothing(totals: Totals) -> impl IntoView {
    let same = counted(
        u64::from(totals.applications_same),
        "application is",
        "applications are",
    );
    view! {
        <div class="blank" data-state="nothing-yet">
            <h2>"Nothing differs"</h2>
            <p>{format!("{same} the same on both sides.")}</p>
        </div>
    }
}

/// The sign between the two sides.
fn arrow(sides: StoredValue<Sides>) -> &'static str {
    if sides.with_value(|sides| sides.in_time) {
        "→"
    } else {
        "|"
    }
}

/// What became of something, as a tag.
#[component]
pub fn ChangeTag(
    /// What.
    change: Change,
    /// From whose view.
    sides: StoredValue<Sides>,
    /// Another word for it.
    #[prop(optional)]
    saying: Option<String>,
) -> impl IntoView {
    let (text, tone) = sides.with_value(|sides| sides.change(change));
    let text = saying.unwrap_or(text);
    view! { <span class=format!("badge {tone}")>{text}</span> }
}

#[component]
fn Application(
    row: ApplicationDifference,
    /// The lanes of both sides.
    places: (Place, Place),
    /// What they are called.
    sides: StoredValue<Sides>,
    /// Whether its modules are shown at once.
    open: bool,
) -> impl IntoView {
    let ApplicationDifference {
        application,
        name,
        change,
        before,
        after,
        modules,
        notes,
        more_notes,
    } = row;
    let heading = format!("cmp-{application}");
    let only_tag = modules.is_empty() && change == Change::Changed;
    view! {
        <section class="panel cmp-app" aria-labelledby=heading.clone()>
            <header>
                <h3 id=heading.clone()>
                    <a href=routes::application(application)>{name}</a>
                </h3>
                <ChangeTag change sides/>
                <span class="cmp-way push">
                    <small class="dim">{sides.with_value(|s| s.from.clone())}</small>
                    <Chip release=before place=places.0 gone=sides.with_value(|s| s.in_time)/>
                    <span aria-hidden="true">{arrow(sides)}</span>
                    <small class="dim">{sides.with_value(|s| s.to.clone())}</small>
                    <Chip release=after place=places.1 gone=false/>
                </span>
            </header>
            {only_tag
                .then(|| {
                    view! {
                        <p class="pad soft">"Its modules are the same; only the tag is another."</p>
                    }
                })}
            <ul class="cmp-modules">
                {modules
                    .into_iter()
                    .map(|module| view! { <ModuleRow module sides open/> })
                    .collect_view()}
            </ul>
            {(!notes.is_empty()).then(|| view! { <Notes notes more=more_notes/> })}
        </section>
    }
}

#[component]
fn Chip(release: Option<Release>, place: Place, gone: bool) -> impl IntoView {
    match release {
        None => view! { <EmptyChip text="not there"/> }.into_any(),
        Some(release) => {
            let state = if gone {
                ChipState::Gone
            } else {
                ChipState::Here
            };
            view! {
                <VersionChip
                    number=release.number.map(|number| number.to_string())
                    place
                    modified=release.modified
                    state
                />
            }
            .into_any()
        }
    }
}

/// What was said when the versions in between were tagged.
#[component]
fn Notes(notes: Vec<ReleaseNote>, more: u32) -> impl IntoView {
    view! {
        <div class="pad cmp-notes">
            <h4>"What was said of the versions"</h4>
            <dl class="kv">
                {notes
                    .into_iter()
                    .map(|note| {
                        view! {
                            <dt>{note.number.to_string()}</dt>
                            <dd>
                                <Markdown text=Signal::stored(note.text)/>
                                <span class="dim">
                                    {match note.made {
                                        Some(made) => {
                                            view! {
                                                {made.by.name}
                                                ", "
                                                <When at=made.at style=WhenStyle::Relative/>
                                            }
                                                .into_any()
                                        }
                                        None => "tagged as the plan starts".into_any(),
                                    }}
                                </span>
                            </dd>
                        }
                    })
                    .collect_view()}
            </dl>
            {(more > 0)
                .then(|| {
                    let more = counted(u64::from(more), "older version", "older versions");
                    view! { <p class="soft">{format!("And {more}.")}</p> }
                })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::{Sides, words};
    use domain::difference::Totals;

    #[test]
    fn totals_read_as_a_sentence() {
        let mut sides = Sides {
            from: "Quality".to_owned(),
            to: "Production".to_owned(),
            in_time: true,
        };
        assert_eq!(words(Totals::default(), &sides), "");
        let totals = Totals {
            applications_added: 1,
            applications_changed: 2,
            applications_same: 7,
            modules_changed: 4,
            modules_removed: 1,
            modules_republished: 1,
            ..Totals::default()
        };
        assert_eq!(
            words(totals, &sides),
            "1 application new, 2 changed; 4 modules changed, 1 removed, 1 of them published again. 7 applications the same."
        );
        sides.in_time = false;
        assert_eq!(
            words(totals, &sides),
            "1 application only in Production, 2 different; 4 modules different, 1 only in Quality, 1 of them published again. 7 applications the same."
        );
    }
}

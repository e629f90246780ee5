//! The plan editor: what goes where, whether it can, and what would make it.

// The states are handles; they are large only where builds keep the places they were made at.
#![allow(clippy::large_types_passed_by_value)]

mod action_bar;
mod actions;
mod add;
mod check;
mod choice;
mod conflict;
mod custom;
mod environments;
pub mod fix;
mod keys;
mod leave;
mod lost;
mod missing;
mod news;
mod notes;
mod older;
mod order;
mod origin;
mod outbox;
mod parts;
mod production;
mod remedies;
mod rows;
mod saved;
mod setting_drafts;
mod setting_row;
mod setting_value;
mod settings;
mod settled;
mod sharing;
mod state;
mod sync;
mod tags;
mod target;
mod two_versions;
mod undo;
mod unsent;
mod verdict;
mod wait;
mod words;

use crate::components::button::{Button, LinkButton, Size, Weight};
use crate::components::empty::NothingYet;
use crate::components::findings::plan_number;
use crate::components::foreseen::Expected;
use crate::components::kept_focus::KeptFocus;
use crate::components::lane::Place;
use crate::components::layout::PageHead;
use crate::components::status::counted;
use crate::components::window_title::WindowTitle;
use crate::derived::derived;
use crate::live::{Heard, follow};
use crate::pages::blocking::BlockDialog;
use crate::pages::settle::SettleDialog;
use crate::routes;
use action_bar::{ActionBar, ActionDialogs};
use actions::Actions;
use add::AddApplications;
use check::{Checker, count};
use custom::CustomDialog;
use domain::impact::{Report, Severity};
use domain::plan::{Choice, Operation};
use domain::view::{EnvironmentRow, PlanDetail, SettingsStep};
use domain::{ApplicationId, EnvironmentId};
use environments::EnvironmentChoice;
use leptos::prelude::*;
pub use lost::LostPlan;
use news::NewsNotice;
use notes::{Notes, NotesPanel};
use order::OrderPanel;
use origin::OriginNotice;
use parts::Parts;
use remedies::use_remedies;
use rows::{ApplicationTable, Lanes};
use saved::SavedLine;
use settings::{PlanSettings, SettingsPanel};
use state::Editor;
use target::{Target, TargetNotices};
use two_versions::ConflictNotice;
use verdict::Verdict;

/// The editor of a plan that can still be changed.
#[component]
pub fn PlanEditor(
    /// The plan.
    detail: PlanDetail,
    /// The server's report, for the first frame.
    report: Option<Report>,
    /// The settings step, for the first frame.
    #[prop(default = None)]
    settings: Option<SettingsStep>,
    /// All environments, in promotion order.
    environments: Vec<EnvironmentRow>,
    /// What was heard when all that began to be read.
    #[prop(default = Heard::default())]
    heard: Heard,
    /// The plan was started.
    on_left: Callback<()>,
    /// The plan is not there any more.
    #[prop(default = Callback::new(|_| ()))]
    on_lost: Callback<LostPlan>,
) -> impl IntoView {
    let editor = Editor::new(detail, on_left, on_lost);
    let target = Target::follow(editor, environments.clone(), heard);
    let environments = StoredValue::new(environments);
    let lanes = derived(move |_| {
        let ids = editor.content.with(|c| (c.source, c.target));
        environments.with_value(|all| Lanes {
            source: lane_of(all, ids.0),
            target: lane_of(all, ids.1),
        })
    });
    let limit = Signal::derive(move || target.limit());
    let checker = Checker::start(editor, report, limit);
    let expected = Expected::follow(
        derived(move |_| editor.content.with(|c| c.target)),
        derived(move |_| checker.report.with(|r| in_the_way(r.as_deref()))),
    );
    // The plan itself, and what of the world its news tell.
    let topic = format!("plan/{}", editor.number);
    follow(&[&topic, "applications"], heard, move || editor.refresh());
    // Rows and findings go with what is done about them.
    if let Some(focus) = use_context::<KeptFocus>() {
        focus.follow(move || {
            // The last change may be told when the editor is gone already.
            let _ = editor.content.try_with(|_| ());
            let _ = editor.detail.try_with(|_| ());
            let _ = editor.conflict.try_with(|_| ());
            let _ = checker.report.try_with(|_| ());
        });
    }
    let notes = Notes::new(editor);
    let settings = PlanSettings::new(editor, settings, heard);
    let flush = Callback::new(move |()| {
        notes.flush();
        editor.tags.flush(editor);
        editor.settings.flush(editor);
    });
    Effect::new(move |_| {
        editor.content.track();
        editor.tags.follow(editor);
    });
    editor.send_when_live();
    editor.keep_while_signed_out(flush);
    // Whichever way the editor is left, what was typed last still goes.
    on_cleanup(move || editor.hand_over(|| flush.run(())));
    let actions = Actions::new(
        editor,
        checker,
        flush,
        on_left,
        target,
        production::into_production(editor, environments),
    );
    let adding = RwSignal::new(false);
    keys::use_editor_keys(actions, adding);
    let name = Signal::derive(move || editor.name(&lanes.with(|l| l.target.0.clone())));
    // The table stays while its content changes: a field in it may have the focus.
    let is_empty = derived(move |_| editor.content.with(|c| c.operations.is_empty()));
    let settling = RwSignal::new(None::<ApplicationId>);
    let on_remedy = use_remedies(actions, settings, adding, settling, flush);
    let crumbs = vec![
        (
            "Deployment Plans".to_owned(),
            Some(routes::PLANS.to_owned()),
        ),
        (format!("#{}", editor.number), None),
    ];
    view! {
        <WindowTitle text=move || {
            let errors = checker.report.with(|r| r.as_ref().map_or(0, |r| count(r, Severity::Error)));
            if errors > 0 {
                format!("{}, {}", counted(errors as u64, "error", "errors"), name.get())
            } else {
                name.get()
            }
        }/>
        <PageHead
            title=name
            crumbs
            actions=ViewFn::from(move || view! { <ActionBar editor checker actions/> })
        >
            <div class="page-sub below">
                <EnvironmentChoice editor environments lanes/>
                <SavedLine editor/>
            </div>
        </PageHead>
        <ConflictNotice editor/>
        <OriginNotice editor lanes/>
        <NewsNotice editor actions lanes/>
        <TargetNotices editor target/>
        <Parts editor checker settings notes/>
        <div class="ed">
            <div class="stack">
                <section class="panel" id="part-applications" aria-labelledby="h-applications">
                    <header>
                        <h2 id="h-applications">"Applications"</h2>
                        <span class="panel-sub">
                            {move || editor.content.with(|c| in_this_plan(&c.operations))}
                        </span>
                        <span class="push">
                            // In a tab of its own, so that the plan stays open as it is.
                            <LinkButton
                                label="What will change"
                                href=routes::changes(editor.number)
                                size=Size::Small
                                icon="compare"
                                outside=true
                            />
                            <Button
                                label="Add applications"
                                icon="plus"
                                size=Size::Small
                                refusal=actions.unwritable
                                controls="add-applications"
                                on_press=Callback::new(move |()| adding.set(true))
                            />
                        </span>
                    </header>
                    {move || {
                        if is_empty.get() {
                            view! { <Empty adding actions lanes/> }.into_any()
                        } else {
                            view! { <ApplicationTable editor checker lanes/> }.into_any()
                        }
                    }}
                </section>
                <SettingsPanel editor settings lanes/>
                <OrderPanel editor checker expected lanes/>
                <NotesPanel editor notes/>
            </div>
            <Verdict
                editor
                checker
                lanes
                on_remedy
                on_continue=Callback::new(move |()| actions.ask_to_continue())
                continue_refusal=actions.unstartable
                typed_wrong=Signal::derive(move || typed_wrong(editor))
            />
        </div>
        <AddApplications editor open=adding lanes/>
        <CustomDialog editor lanes/>
        <ActionDialogs editor checker actions lanes/>
        <SettleDialog settling on_settled=Callback::new(move |()| checker.check_again())/>
        <BlockDialog
            asked=editor.blocking
            on_done=Callback::new(move |()| editor.refresh())
        />
        <leave::LeaveGuard editor actions/>
    }
}

/// How many applications there are; those that stay as they are, which the plan's name and the list do
/// not count, apart.
fn in_this_plan(operations: &[Operation]) -> String {
    let idle = operations.iter().filter(|o| o.choice == Choice::DoNothing);
    let all = operations.len();
    match idle.count() {
        0 => format!("{all} in this plan"),
        1 if all == 1 => "1 in this plan, and it does nothing".to_owned(),
        1 => format!("{all} in this plan, 1 of them does nothing"),
        idle if idle == all => format!("{all} in this plan, none of them does anything"),
        idle => format!("{all} in this plan, {idle} of them do nothing"),
    }
}

/// Name and place of an environment; a place of its own if it is not known (any more).
fn lane_of(all: &[EnvironmentRow], id: EnvironmentId) -> (String, Place) {
    let total = all.len() as u32;
    all.iter().find(|e| e.id == id).map_or_else(
        || {
            (
                "an environment that was removed".to_owned(),
                Place::new(0, total.max(1)),
            )
        },
        |e| (e.name.clone(), Place::new(e.position, total)),
    )
}

/// The plans that are in the way, by number.
fn in_the_way(report: Option<&Report>) -> Vec<u64> {
    let findings = report.map_or_else(Default::default, |report| report.findings.as_slice());
    let others = findings.iter().filter(|f| f.code.is_about_other_plans());
    others
        .filter_map(|f| plan_number(f.detail.as_deref()?))
        .collect()
}

/// What is typed in the editor and cannot be taken.
fn typed_wrong(editor: Editor) -> Option<String> {
    let tags = editor.tags.refusal(editor);
    tags.or_else(|| editor.settings.refusal())
        .or_else(|| editor.notes_problem.get())
}

#[component]
fn Empty(
    adding: RwSignal<bool>,
    actions: Actions,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    view! {
        <NothingYet
            title="No applications yet"
            text=Signal::derive(move || {
                lanes
                    .with(|l| {
                        format!(
                            "Choose what goes from {} to {}. Nothing moves before you start the plan.",
                            l.source.0,
                            l.target.0,
                        )
                    })
            })
        >
            <Button
                label="Add applications"
                icon="plus"
                weight=Weight::Primary
                refusal=actions.unwritable
                controls="add-applications"
                on_press=Callback::new(move |()| adding.set(true))
            />
        </NothingYet>
    }
}

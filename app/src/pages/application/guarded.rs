//! The debt comes first: hotfixes that are not merged back, with the environments that lack them,
//! and versions that a rollback took out.

use crate::components::button::{Button, Size};
use crate::components::icon::{Glyph, Icon};
use crate::components::status::counted;
use crate::components::time::When;
use crate::derived::derived;
use crate::live::use_refusal;
use crate::pages::settle::SettleDialog;
use crate::routes;
use domain::ApplicationId;
use domain::access::Action;
use domain::hotfix::HotfixState;
use domain::view::{ApplicationDetail, HoldRow, HotfixRow};
use leptos::prelude::*;

/// A notice for each, and the dialog that settles them.
#[component]
pub fn Guards(
    /// The application.
    detail: RwSignal<ApplicationDetail>,
    /// Something was settled.
    on_settled: Callback<()>,
) -> impl IntoView {
    let guarded = derived(move |_| detail.with(|detail| (detail.id, detail.guarded.clone())));
    let settling = RwSignal::new(None::<ApplicationId>);
    let refusal = use_refusal(Action::DeployApplications);
    let notices = move || {
        let (id, guarded) = guarded.get();
        let settle = Callback::new(move |()| settling.set(Some(id)));
        let hotfixes = guarded.hotfixes.into_iter();
        let (open, settled): (Vec<_>, Vec<_>) =
            hotfixes.partition(|row| row.state == HotfixState::Open);
        let open = open.into_iter();
        view! {
            {open.map(|row| view! { <OpenHotfix row refusal settle/> }).collect_view()}
            {guarded
                .holds
                .into_iter()
                .map(|row| view! { <Held row refusal settle/> })
                .collect_view()}
            {(!settled.is_empty()).then(|| view! { <Settled rows=settled/> })}
        }
    };
    // The dialog stays as it is when something moves behind it.
    view! {
        {notices}
        <SettleDialog settling on_settled/>
    }
}

#[component]
fn OpenHotfix(
    row: HotfixRow,
    refusal: Signal<Option<String>>,
    settle: Callback<()>,
) -> impl IntoView {
    let called = row.called();
    let lacking = match row.lacking.as_slice() {
        [] => "Every environment that runs the application has it.".to_owned(),
        [one] => format!("{one} lacks it."),
        [rest @ .., last] => format!("{} and {last} lack it.", rest.join(", ")),
    };
    let name = format!("Mark hotfix as solved: {called}");
    view! {
        <div class="notice bad hf">
            <Glyph name="hotfix"/>
            <div class="hf-text">
                <p>
                    <b>{format!("{called} was made in {} and is not merged back. ", row.environment)}</b>
                    {lacking}
                    " A version that does not contain it cannot be deployed where it runs."
                </p>
                <p class="dim">
                    {format!("By {}, ", row.made.by.name)}
                    <When at=row.made.at/>
                    {row.base.map(|base| format!(", made from {base}"))}
                </p>
            </div>
            <div class="acts">
                <Button
                    label="Mark hotfix as solved…"
                    name=Signal::stored(name)
                    size=Size::Small
                    controls="settle-hotfix"
                    refusal
                    on_press=settle
                />
            </div>
        </div>
    }
}

#[component]
fn Held(row: HoldRow, refusal: Signal<Option<String>>, settle: Callback<()>) -> impl IntoView {
    let name = format!("Release hold of {} in {}", row.number, row.environment);
    view! {
        <div class="notice warn hf">
            <Glyph name="warn"/>
            <div class="hf-text">
                <p>
                    <b>{format!("{} was taken out of {} ", row.number, row.environment)}</b>
                    "by "
                    <a class="link" href=routes::run(row.plan)>{format!("plan #{}", row.plan)}</a>
                    ", "
                    <When at=row.since/>
                    ". It is held: nothing offers it for there, and a plan that brings it all the same is warned."
                </p>
            </div>
            <div class="acts">
                <Button
                    label="Release hold…"
                    name=Signal::stored(name)
                    size=Size::Small
                    controls="settle-hotfix"
                    refusal
                    on_press=settle
                />
            </div>
        </div>
    }
}

/// What became of earlier hotfixes, and who lacks them still.
#[component]
fn Settled(rows: Vec<HotfixRow>) -> impl IntoView {
    let title = counted(rows.len() as u64, "settled hotfix", "settled hotfixes");
    view! {
        <details class="g-table hf">
            <summary>
                <Icon name="right"/>
                {title}
            </summary>
            <ul class="hf-settled">
                {rows.into_iter().map(|row| view! { <li><SettledLine row/></li> }).collect_view()}
            </ul>
        </details>
    }
}

#[component]
fn SettledLine(row: HotfixRow) -> impl IntoView {
    let called = row.called();
    let what = match (row.state, row.solved_by) {
        (HotfixState::Solved, Some(by)) => {
            format!("{called}, made in {}: solved in {by}", row.environment)
        }
        (HotfixState::Waived, _) => format!("{called}, made in {}: waived", row.environment),
        (HotfixState::Withdrawn, _) => format!(
            "{called}, made in {}: replaced there before it was tagged",
            row.environment
        ),
        _ => format!("{called}, made in {}: settled", row.environment),
    };
    let lacking = match row.lacking.as_slice() {
        [] => String::new(),
        [one] => format!(" {one} lacks it."),
        [rest @ .., last] => format!(" {} and {last} lack it.", rest.join(", ")),
    };
    view! {
        <p>
            {what}
            {row.ended.map(|ended| view! {
                {format!(" by {}, ", ended.by.name)}
                <When at=ended.at/>
            })}
            "."
            {lacking}
        </p>
        {row.reason.map(|reason| view! { <p class="dim">{reason}</p> })}
    }
}

//! The plan's screens, as the server renders them.

use crate::render::{NOW, render, text};
use crate::sample::{detail, environments, log, report, row, run};
use app::components::findings::{FindingList, Setting, finding_items};
use app::components::foreseen::Expected;
use app::live::Heard;
use app::pages::plan_abort::Stoppable;
use app::pages::plan_editor::PlanEditor;
use app::pages::plans::actions::{Needs, in_menu};
use app::pages::plans::row::PlanTableRow;
use app::pages::run::RunView;
use domain::Timestamp;
use domain::access::Standing;
use domain::execution::Phase;
use domain::impact::FindingCode;
use domain::landscape::Started;
use domain::plan::{Intervention, Kept, PlanStatus};
use domain::view::{Outlook, PlanRow, RunDetail};
use leptos::prelude::*;

fn editor(address: &str, standing: Standing, status: PlanStatus, with_report: bool) -> String {
    render(address, standing, move || {
        let report = with_report.then(report);
        view! {
            <PlanEditor
                detail=detail(status)
                report
                environments=environments()
                on_left=Callback::new(|()| ())
            />
        }
    })
}

fn run_view(address: &str, status: PlanStatus) -> String {
    render(address, Standing::Operator, move || {
        view! { <RunView run=run(status) log=log() lanes=3/> }
    })
}

fn has_all(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word} is not in {html}");
    }
}

fn is_escaped(html: &str) {
    assert!(
        !html.contains("<script>alert"),
        "a script of somebody's is in the page"
    );
}

#[test]
fn the_editor_says_what_stands_in_the_way_and_what_would_settle_it() {
    let html = editor("/plans/1854", Standing::Operator, PlanStatus::Saved, true);
    has_all(
        &html,
        &[
            "Policy Core 5.3 and 2 more to Quality",
            "Cannot run yet: 1 error",
            "Rating Engine 6.20 needs Document Vault 4.2",
            "RatingEngine_Core \u{2192} DocumentVault_API",
            "Add Document Vault 4.2",
            "Leave it out: Rating Engine",
            "Add it to the plan",
            "Continue with errors",
            "Validate",
            "Save",
            "Deploy now",
            "Do nothing",
            "Deploy 5.3",
            "Tag &amp; Deploy 5.4",
            "You may not change it in Quality.",
            "1 error blocks the run.",
            "4 in this plan, 1 of them does nothing",
        ],
    );
    is_escaped(&html);
}

#[test]
fn continuing_is_offered_exactly_where_the_server_takes_a_reason() {
    for code in FindingCode::ALL {
        let html = render("/plans/1854/override", Standing::Operator, move || {
            let mut report = report();
            let mut other = report.findings[0].clone();
            other.code = code;
            report.findings.insert(0, other);
            view! {
                <PlanEditor
                    detail=detail(PlanStatus::Saved)
                    report=Some(report)
                    environments=environments()
                    on_left=Callback::new(|()| ())
                />
            }
        });
        // The dialog's own button is always there, closed; this one opens it.
        let place = html
            .split("class=\"v-continue\"")
            .nth(1)
            .expect("its place");
        let place = place.split("</div>").next().unwrap_or(place);
        let offered = place.contains("Continue with errors");
        // What is about other plans is waited for, with a reason for the other error.
        let takes = code.is_overridable() || code.is_about_other_plans();
        assert_eq!(offered, takes, "{code:?}");
        assert_eq!(
            html.contains("This error cannot be overridden: "),
            !takes,
            "{code:?}"
        );
    }
}

#[test]
fn without_a_report_the_editor_says_that_it_checks() {
    let html = editor(
        "/plans/1854/checking",
        Standing::Operator,
        PlanStatus::Draft,
        false,
    );
    has_all(
        &html,
        &[
            "Checking",
            "Draft, only you see it",
            "The check is not done yet.",
        ],
    );
    assert!(!html.contains("Ready to run"));
}

#[test]
fn changes_that_nobody_saved_are_said_when_the_plan_is_opened() {
    let opened = |unsaved: bool| {
        render("/plans/1854/unsaved", Standing::Operator, move || {
            let mut detail = detail(PlanStatus::Saved);
            detail.row.unsaved = unsaved;
            view! {
                <PlanEditor
                    detail
                    report=None
                    environments=environments()
                    on_left=Callback::new(|()| ())
                />
            }
        })
    };
    assert!(opened(true).contains("Changed since it was saved"));
    assert!(opened(false).contains("Saved, not run"));
}

#[test]
fn versions_that_are_not_listed_can_be_asked_for() {
    let html = render("/plans/1854/older", Standing::Operator, move || {
        let mut detail = detail(PlanStatus::Saved);
        detail.rows[0].more_eligible = 50;
        view! {
            <PlanEditor
                detail
                report=None
                environments=environments()
                on_left=Callback::new(|()| ())
            />
        }
    });
    has_all(&html, &["Offer 50 older"]);
    assert!(!html.contains("and 50 older"), "nothing inert is offered");
}

#[test]
fn the_run_page_leads_to_the_last_error_if_there_is_one_and_can_be_shared() {
    let html = run_view("/plans/1853/share", PlanStatus::Running);
    has_all(&html, &["Copy link"]);
    assert!(!html.contains("May be old."));
    assert!(!html.contains("Read the last error"), "nothing went wrong");
    let html = run_view("/plans/1853/wrong", PlanStatus::Aborted);
    has_all(&html, &["Read the last error"]);
}

#[test]
fn an_abort_that_is_refused_says_why() {
    let html = render("/plans/1853/over", Standing::Operator, move || {
        let mut run = run(PlanStatus::Running);
        run.abort_refusal = Some("The plan is over.".to_owned());
        view! { <RunView run log=log() lanes=3/> }
    });
    has_all(&html, &["The plan is over."]);
    assert!(!html.contains("You may not abort this plan."));
}

#[test]
fn who_may_not_deploy_is_told_why() {
    let html = editor(
        "/plans/1854/viewer",
        Standing::Viewer,
        PlanStatus::Saved,
        true,
    );
    has_all(&html, &["Your standing is Viewer."]);
}

#[test]
fn a_run_shows_phases_waves_steps_and_log() {
    let html = run_view("/plans/1853", PlanStatus::Running);
    has_all(
        &html,
        &[
            "Claims 2.14 to Quality",
            "61%",
            "The last three runs to Quality took 11 to 13 min.",
            "Wave 3",
            "ClaimsWorkflow",
            "Switch wave 3",
            "0 of 3",
            "Abort plan #1853",
            "id=\"L12\"",
            "Read earlier lines, 2 in all",
            "Following",
        ],
    );
    is_escaped(&html);
}

#[test]
fn an_aborted_run_leads_with_what_did_not_change() {
    let html = run_view("/plans/1853/aborted", PlanStatus::Aborted);
    has_all(
        &html,
        &[
            "Stopped in wave 3. Quality still runs what it ran before.",
            "its health check did not pass",
            "Go to line",
        ],
    );
    assert!(!html.contains("Abort plan #1853?"));
    is_escaped(&html);
}

#[test]
fn a_finished_run_says_what_it_brought() {
    let html = run_view("/plans/1853/finished", PlanStatus::FinishedSuccessful);
    has_all(
        &html,
        &[
            "Done in 7 min 00 s. Brought Claims Core 2.14 to Quality.",
            "9 modules switched in 4 waves",
        ],
    );
}

#[test]
fn a_pause_is_a_line_of_its_own_and_no_time_of_a_phase() {
    let html = render("/plans/1853/paused", Standing::Operator, move || {
        let mut run = run(PlanStatus::FinishedSuccessful);
        let hours = 3 * 3_600_000;
        run.plan.stamps.waited = hours;
        let steps = run.steps.iter_mut();
        for step in steps.filter(|step| step.phase == Phase::Activate) {
            for at in [&mut step.started, &mut step.finished] {
                *at = at.map(|at| Timestamp(at.0 + hours));
            }
        }
        view! { <RunView run log=log() lanes=3/> }
    });
    has_all(&html, &["for 3 h 00 min", "It was paused for 3 h 00 min."]);
    // Each phase still takes what its steps took, and has its share of the line.
    assert!(html.contains(">1:20<"), "{html}");
    assert!(!html.contains(">3:0"), "{html}");
}

#[test]
fn a_prepared_run_says_once_that_nothing_has_changed() {
    let html = render("/plans/1853/prepared", Standing::Operator, move || {
        let mut run = run(PlanStatus::NeedsIntervention);
        run.plan.intervention = Some(Intervention::Prepared);
        run.plan.stay.kept = Some(Kept {
            since: Timestamp(NOW),
            until: Timestamp(NOW + 96 * 3_600_000),
            hours: 96,
        });
        view! { <RunView run log=log() lanes=3/> }
    });
    assert_eq!(html.matches("Nothing has changed").count(), 1, "{html}");
    has_all(
        &html,
        &[
            "Everything is staged and verified. Continuing switches it.",
            "9 modules stay reserved in Quality until you continue or abort.",
            "unless somebody continues it.",
            "Keep longer",
            "Continue later",
        ],
    );
}

/// A plan's row in the list, and its page.
fn row_and_page(run: RunDetail) -> impl IntoView {
    let row = Signal::stored(run.plan.clone());
    view! {
        <table>
            <tbody>
                <PlanTableRow
                    row
                    heard=Heard::default()
                    lanes=Signal::stored(3)
                    cursor=Signal::stored(false)
                    not_free=Signal::stored(None)
                    edit_refusal=Signal::stored(None::<String>)
                    deploy_refusal=Signal::stored(None::<String>)
                    on_wish=Callback::new(|_| ())
                />
            </tbody>
        </table>
        <RunView run log=log() lanes=3/>
    }
}

#[test]
fn a_day_before_it_ends_what_is_prepared_warns_on_its_page_and_in_the_list() {
    let shown = |left: i64| {
        render("/plans/1853/ends", Standing::Operator, move || {
            let mut run = run(PlanStatus::NeedsIntervention);
            run.plan.intervention = Some(Intervention::Prepared);
            run.plan.stay.kept = Some(Kept {
                since: Timestamp(NOW + left - 96 * 3_600_000),
                until: Timestamp(NOW + left),
                hours: 96,
            });
            row_and_page(run)
        })
    };
    let (before, after) = (shown(25 * 3_600_000), shown(23 * 3_600_000));
    let warns = ["What is prepared is soon removed.", "st warn plain"];
    for words in warns {
        assert!(!before.contains(words), "{words} too early in {before}");
    }
    has_all(&after, &warns);
}

#[test]
fn a_rollback_does_not_go_from_an_environment_to_itself() {
    let html = render("/plans/1853/back", Standing::Operator, move || {
        let mut run = run(PlanStatus::Running);
        run.plan.source = run.plan.target.clone();
        row_and_page(run)
    });
    let html = html.replace("<!>", "");
    let times = |text: &str| html.matches(text).count();
    assert_eq!(times("<span>Rollback in</span>"), 1, "{html}");
    assert_eq!(times("<span>Rollback</span>"), 1, "{html}");
}

#[test]
fn a_verdict_that_may_not_hold_any_more_says_when_it_was_made() {
    let row = |findings, since: Option<i64>| {
        let row = PlanRow {
            findings,
            outdated_check: since.map(|ago| domain::Timestamp(crate::render::NOW - ago)),
            ..row(1853, PlanStatus::Saved)
        };
        let html = render("/plans", Standing::Operator, move || {
            view! {
                <table>
                    <tbody>
                        <PlanTableRow
                            row=Signal::stored(row)
                            heard=Heard::default()
                            lanes=Signal::stored(3)
                            cursor=Signal::stored(false)
                            not_free=Signal::stored(None)
                            edit_refusal=Signal::stored(None::<String>)
                            deploy_refusal=Signal::stored(None::<String>)
                            on_wish=Callback::new(|_| ())
                        />
                    </tbody>
                </table>
            }
        });
        html.replace("<!>", "")
    };
    let day = 24 * 3_600_000;
    has_all(&row(Some((0, 0)), None), &["Ready to run"]);
    let before = row(Some((0, 0)), Some(day));
    has_all(&before, &["Ready when checked <time", "Deploy now"]);
    assert!(!before.contains("Ready to run"));
    has_all(
        &row(Some((2, 0)), Some(day)),
        &["2 errors when checked <time", "See errors"],
    );
    has_all(&row(None, None), &["Not checked yet"]);
}

/// What can be pressed or opened in the row of a plan, by its name; what is refused has a `-`. Its
/// menu comes last, as far as it does more than copy the address.
fn offered(row: PlanRow, refusal: Option<&str>) -> Vec<String> {
    let menu: Vec<&str> = in_menu(&row).iter().map(|entry| entry.label).collect();
    assert_eq!(
        menu.first(),
        Some(&"Copy link"),
        "every plan can be sent on"
    );
    let menu = menu.get(1..).unwrap_or_default().join(", ");
    let open = format!("href=\"/plans/{}\"", row.number);
    let refusal = refusal.map(str::to_owned);
    let html = render("/plans", Standing::Operator, move || {
        let refusal = Signal::stored(refusal);
        view! {
            <table>
                <tbody>
                    <PlanTableRow
                        row=Signal::stored(row)
                        heard=Heard::default()
                        lanes=Signal::stored(3)
                        cursor=Signal::stored(false)
                        not_free=Signal::stored(None)
                        edit_refusal=refusal
                        deploy_refusal=refusal
                        on_wish=Callback::new(|_| ())
                    />
                </tbody>
            </table>
        }
    });
    assert!(html.contains(&open), "every plan can be opened: {html}");
    let acts = html
        .split("class=\"row-acts\"")
        .nth(1)
        .expect("its actions");
    let mut names = Vec::new();
    for control in acts.split("<button").flat_map(|part| part.split("<a ")) {
        let tag = control.split('>').next().unwrap_or_default();
        let Some(name) = tag.split("aria-label=\"").nth(1) else {
            continue;
        };
        let name = name.split('"').next().unwrap_or_default();
        if !name.starts_with("More for") {
            let refused = if tag.contains("aria-disabled=\"true\"") {
                "-"
            } else {
                ""
            };
            names.push(format!("{refused}{name}"));
        }
    }
    names.push(menu);
    names
}

#[test]
fn what_can_be_done_with_a_plan_hangs_on_where_it_stands() {
    use PlanStatus::*;
    let saved = |change: fn(&mut PlanRow)| {
        let mut row = row(7, Saved);
        row.findings = Some((0, 0));
        change(&mut row);
        row
    };
    let paused = |why| {
        let mut row = row(7, NeedsIntervention);
        row.intervention = Some(why);
        row
    };
    let goes_on = ["Continue deployment: plan #7", "Abort…"];
    // domain.md 2.3, row by row.
    let table: [(&str, PlanRow, &[&str]); 16] = [
        (
            "saved",
            saved(|_| ()),
            &[
                "Deploy now: plan #7",
                "Edit plan #7",
                "Validate, Discard plan",
            ],
        ),
        (
            "saved, in two stages",
            saved(|row| row.stay.two_stage = true),
            &[
                "Prepare deployment: plan #7",
                "Edit plan #7",
                "Validate, Discard plan",
            ],
        ),
        (
            "saved, and changed since",
            saved(|row| row.unsaved = true),
            &[
                "Deploy now: plan #7 was changed since it was saved, so it is opened first",
                "Edit plan #7",
                "Validate, Discard plan",
            ],
        ),
        (
            "saved, with errors",
            saved(|row| row.findings = Some((2, 0))),
            &[
                "See errors: plan #7 was not free to run when it was checked last, 2 errors found",
                "Edit plan #7",
                "Validate, Continue with errors…, Discard plan",
            ],
        ),
        ("queued", row(7, Queued), &["Leave the queue: plan #7", ""]),
        ("running", row(7, Running), &["Abort plan #7", ""]),
        ("prepared", paused(Intervention::Prepared), &goes_on),
        (
            "impact",
            paused(Intervention::BusinessProcessImpact),
            &goes_on,
        ),
        (
            "suspended",
            paused(Intervention::DeploymentSuspended),
            &goes_on,
        ),
        (
            "values",
            paused(Intervention::NeedsConfigurationOrConfirmation),
            &["Enter values: plan #7 waits for them", "Abort…"],
        ),
        ("aborting", row(7, Aborting), &[""]),
        ("aborted", row(7, Aborted), &["Retry Plan #7", ""]),
        (
            "finished",
            row(7, FinishedSuccessful),
            &["Reuse Plan #7", "Roll back…"],
        ),
        (
            "warnings",
            row(7, FinishedWithWarnings),
            &["Reuse Plan #7", "Roll back…"],
        ),
        (
            "errors",
            row(7, FinishedWithErrors),
            &["Reuse Plan #7", "Roll back…"],
        ),
        // It is in no list; the line above the list leads to it.
        ("draft", row(7, Draft), &[""]),
    ];
    for (stands, row, actions) in table {
        assert_eq!(offered(row, None), actions, "{stands}");
    }
}

#[test]
fn who_may_only_look_is_refused_what_changes_or_runs_a_plan_and_may_still_open_it() {
    let why = Some("Your standing is Viewer.");
    let saved = |errors| {
        let mut row = row(7, PlanStatus::Saved);
        row.findings = Some((errors, 0));
        row
    };
    assert_eq!(
        offered(saved(0), why)[..2],
        ["-Deploy now: plan #7", "Edit plan #7"]
    );
    for (status, action) in [
        (PlanStatus::Queued, "-Leave the queue: plan #7"),
        (PlanStatus::Running, "-Abort plan #7"),
        (
            PlanStatus::NeedsIntervention,
            "-Continue deployment: plan #7",
        ),
        (PlanStatus::Aborted, "-Retry Plan #7"),
        (PlanStatus::FinishedSuccessful, "-Reuse Plan #7"),
    ] {
        assert_eq!(offered(row(7, status), why)[..1], [action], "{status:?}");
    }
    let needs = |row: &PlanRow| -> Vec<Needs> { in_menu(row).iter().map(|e| e.needs).collect() };
    assert_eq!(
        needs(&saved(1)),
        [Needs::Nothing, Needs::Nothing, Needs::Start, Needs::Discard]
    );
    assert_eq!(
        needs(&row(7, PlanStatus::NeedsIntervention)),
        [Needs::Nothing, Needs::Deploy]
    );
    assert_eq!(
        needs(&row(7, PlanStatus::FinishedSuccessful)),
        [Needs::Nothing, Needs::Back]
    );
}

#[test]
fn who_aborts_from_the_list_is_told_whether_anything_was_switched() {
    use domain::execution::Phase;
    let stopped = |status, intervention, phase| {
        let mut row = row(7, status);
        (row.intervention, row.phase) = (intervention, Some(phase));
        Stoppable::of_row(&row).switched
    };
    let (running, waits) = (PlanStatus::Running, PlanStatus::NeedsIntervention);
    assert!(!stopped(running, None, Phase::Prepare));
    assert!(stopped(running, None, Phase::Activate));
    // Two stages: all is staged, and the switch is what comes next.
    assert!(!stopped(
        waits,
        Some(Intervention::Prepared),
        Phase::Activate
    ));
    let suspended = Some(Intervention::DeploymentSuspended);
    assert!(stopped(waits, suspended, Phase::Activate));
}

#[test]
fn a_plan_that_is_in_the_way_says_when_it_should_end_where_that_is_known() {
    let shown = |known: bool| {
        let html = render("/plans/1854/in-the-way", Standing::Operator, move || {
            let minutes = |minutes: i64| Timestamp(NOW + minutes * 60_000);
            if known {
                provide_context(Expected::known(Outlook {
                    paces: Vec::new(),
                    usual: Some((240_000, 240_000)),
                    ends: vec![
                        (1852, (minutes(9), minutes(9))),
                        (1853, (minutes(2), minutes(2))),
                    ],
                }));
            }
            let mut report = report();
            let finding = &mut report.findings[0];
            finding.code = FindingCode::ParallelSameModule;
            finding.detail = Some("#1853 Claims 2.14 to Quality".to_owned());
            finding.started = Some(Started {
                by: "Jonas Weber".to_owned(),
                at: minutes(-2),
            });
            let content = detail(PlanStatus::Saved).content;
            let items = finding_items(&report, &content, |_| Setting::default());
            view! {
                <FindingList
                    items=Signal::stored(items)
                    on_remedy=Callback::new(|_| ())
                    may_edit=Signal::stored(true)
                />
            }
        });
        text(&html)
    };
    let end = "Usually about 4 min; it should end in about 2 min.";
    let known = shown(true);
    assert!(
        known.contains("Jonas Weber started it 2 min ago") && known.contains(end),
        "{known}"
    );
    let unknown = shown(false);
    assert!(unknown.contains("Jonas Weber started it 2 min ago") && !unknown.contains("Usually"));
}

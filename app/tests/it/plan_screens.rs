//! The plan's screens, as the server renders them.

use crate::render::render;
use crate::sample::{detail, environments, log, report, run};
use app::pages::plan_editor::PlanEditor;
use app::pages::run::RunView;
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::plan::PlanStatus;
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
        assert_eq!(offered, code.is_overridable(), "{code:?}");
        assert_eq!(
            html.contains("This error cannot be overridden: "),
            !code.is_overridable(),
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
fn an_abort_that_comes_too_late_is_refused_with_the_reason() {
    let html = render("/plans/1853/late", Standing::Operator, move || {
        let mut run = run(PlanStatus::Running);
        run.abort_refusal = Some("It has switched everything already.".to_owned());
        view! { <RunView run log=log() lanes=3/> }
    });
    has_all(&html, &["It has switched everything already."]);
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
fn a_finished_run_says_what_runs_now() {
    let html = run_view("/plans/1853/finished", PlanStatus::FinishedSuccessful);
    has_all(
        &html,
        &[
            "Done in 7 min 00 s. Quality now runs Claims Core 2.14.",
            "9 modules switched in 4 waves",
        ],
    );
}

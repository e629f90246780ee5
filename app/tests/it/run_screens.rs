//! A run's page and its row in the list, as the server renders them.

use crate::render::{NOW, render, text};
use crate::sample::{log, row, run};
use app::live::Heard;
use app::pages::plans::row::PlanTableRow;
use app::pages::run::RunView;
use domain::Timestamp;
use domain::access::Standing;
use domain::plan::{Intervention, PlanStatus};
use domain::view::{PlanRow, RunDetail};
use leptos::prelude::*;

fn html_of(run: RunDetail) -> String {
    render("/plans/1853", Standing::Operator, move || {
        view! { <RunView run log=log() lanes=3/> }
    })
}

/// What somebody reads on the page of a run.
fn shown(run: RunDetail) -> String {
    text(&html_of(run))
}

/// The row of a plan in the list.
pub fn row_html(row: PlanRow) -> String {
    render("/plans", Standing::Operator, move || {
        let refusal = Signal::stored(None::<String>);
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
    })
}

/// What somebody reads in the row of a plan.
fn listed(row: PlanRow) -> String {
    text(&row_html(row))
}

#[test]
fn a_run_that_is_over_is_not_taken_up_again_while_its_environment_is_in_maintenance() {
    let why = "Quality is in maintenance (&quot;New disks&quot;)";
    for (status, button) in [
        (PlanStatus::FinishedSuccessful, "Reuse Plan"),
        (PlanStatus::FinishedSuccessful, "Roll back\u{2026}"),
        (PlanStatus::Aborted, "Retry Plan"),
    ] {
        let button_of = |out: bool| {
            let mut run = run(status);
            let words = "Quality is in maintenance (\"New disks\"): try again later";
            run.plan.stay.maintenance = out.then(|| words.to_owned());
            run.plan.stay.no_way_back = out.then(|| words.to_owned());
            let html = html_of(run);
            let at = html.find(&format!(">{button}<")).expect(button);
            let from = html[..at].rfind("<button").expect("a button");
            html[from..at].to_owned()
        };
        assert!(
            button_of(true).contains(why),
            "{button}: {}",
            button_of(true)
        );
        assert!(!button_of(false).contains("maintenance"), "{button}");
    }
}

/// Since when it waits, and as what: in the run's head, and in the list with all that happened.
#[test]
fn what_waits_for_somebody_says_since_when() {
    for (why, word) in [
        (Intervention::Prepared, "Prepared"),
        (Intervention::DeploymentSuspended, "Suspended"),
        (
            Intervention::NeedsConfigurationOrConfirmation,
            "Waiting for a value",
        ),
    ] {
        let waiting = move |mut plan: PlanRow| {
            plan.intervention = Some(why);
            plan.stamps.paused = Some(Timestamp(NOW - 3 * 3_600_000));
            plan
        };
        let mut waits = run(PlanStatus::NeedsIntervention);
        waits.plan = waiting(waits.plan);
        let head = shown(waits);
        assert!(head.contains(&format!("{word} since")), "{word}: {head}");
        assert!(head.contains("Created 1 h ago by Ana Ribeiro"), "{head}");
        assert!(head.contains("Saved 10 min ago by Ana Ribeiro"), "{head}");
        let listed = listed(waiting(row(7, PlanStatus::NeedsIntervention)));
        assert!(
            listed.contains(&format!("{word}, started by Ana Ribeiro")),
            "{listed}"
        );
        assert_eq!(listed.matches("3 h ago").count(), 2, "{listed}");
    }
}

#[test]
fn a_run_that_is_over_says_from_where_to_where_it_went() {
    let head = |status| {
        let html = html_of(run(status));
        let head = html.split("class=\"page-sub below\"").nth(1).unwrap();
        text(head.split("class=\"outcome").next().unwrap())
    };
    for over in [PlanStatus::FinishedSuccessful, PlanStatus::Aborted] {
        let said = head(over);
        assert!(said.contains("Development"), "{said}");
        assert!(said.contains("Quality"), "{said}");
    }
}

#[test]
fn who_had_a_plan_prepared_is_said_with_since_when() {
    let mut prepared = run(PlanStatus::NeedsIntervention);
    prepared.plan.intervention = Some(Intervention::Prepared);
    prepared.plan.stamps.paused = Some(Timestamp(NOW - 60_000));
    let said = shown(prepared);
    assert!(said.contains("Prepared since"), "{said}");
    let after = said.split("Prepared since").nth(1).unwrap();
    assert!(
        after
            .split("Abort")
            .next()
            .unwrap()
            .contains("by Ana Ribeiro"),
        "{said}"
    );
}

/// Going back failed too: each module is named with what it runs now.
#[test]
fn what_ended_with_errors_lists_the_mix_that_the_target_runs() {
    let mut ended = run(PlanStatus::FinishedWithErrors);
    let mix = "Going back failed. ClaimsCore_BL may run what this plan brought; ClaimsTypes runs what it ran before.";
    ended.plan.outcome = Some(mix.to_owned());
    let page = shown(ended.clone());
    assert!(
        page.contains("Ended with errors. Look at what Quality runs now."),
        "{page}"
    );
    assert!(page.contains(mix), "{page}");
    assert!(
        page.contains("Reuse Plan") && page.contains("Roll back\u{2026}"),
        "{page}"
    );
    let row = listed(ended.plan.clone());
    assert!(row.contains("Finished with errors"), "{row}");
    assert!(row.contains(mix), "{row}");
    // Without words of its own it says what may be.
    ended.plan.outcome = None;
    for step in &mut ended.steps {
        step.error = None;
    }
    assert!(shown(ended).contains("may hold a mix of versions"));
}

#[test]
fn what_was_started_in_spite_of_errors_says_by_whom_and_why_and_ends_with_its_warnings() {
    let mut ended = run(PlanStatus::FinishedWithWarnings);
    ended.in_spite_because = Some("Core follows tonight.".to_owned());
    ended.plan.outcome = Some("1 reference of Partner API is broken now.".to_owned());
    let page = shown(ended.clone());
    assert!(
        page.contains("Started in spite of errors by Ana Ribeiro. Core follows tonight."),
        "{page}"
    );
    assert!(page.contains("Finished with warnings"), "{page}");
    assert!(
        page.contains("1 reference of Partner API is broken now."),
        "{page}"
    );
    let row = listed(ended.plan);
    assert!(row.contains("Finished with warnings"), "{row}");
    let calm = shown(run(PlanStatus::FinishedSuccessful));
    assert!(!calm.contains("in spite of"), "{calm}");
}

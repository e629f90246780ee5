//! What the editor says about a plan besides its findings, as the server renders it.

use crate::render::{NOW, render, text};
use crate::run_screens::row_html;
use crate::sample::{detail, environments, id, report, row};
use app::pages::plan_editor::PlanEditor;
use app::pages::plan_editor::fix::Fixes;
use domain::access::Standing;
use domain::impact::{Repair, RepairChange, RepairCost, RepairStep};
use domain::plan::PlanStatus;
use domain::{ApplicationId, Timestamp};
use leptos::prelude::*;

const WHY: &str =
    "When it was free to start, the check found an error: Quality lacks Document Vault.";

#[test]
fn a_plan_that_left_its_line_says_since_when_and_why() {
    let editor = text(&render("/plans/1854/back", Standing::Operator, || {
        let mut detail = detail(PlanStatus::Saved);
        detail.row.stay.sent_back = Some((Timestamp(NOW - 300_000), WHY.to_owned()));
        view! {
            <PlanEditor
                detail
                report=Some(report())
                environments=environments()
                on_left=Callback::new(|()| ())
            />
        }
    }));
    let notice = format!("It left the line without being started. {WHY} 5 min ago");
    assert!(editor.contains(&notice), "{editor}");
    let mut row = row(1854, PlanStatus::Saved);
    row.stay.sent_back = Some((Timestamp(NOW - 300_000), WHY.to_owned()));
    let html = row_html(row);
    assert!(text(&html).contains("Left the line"), "{html}");
    assert!(html.contains(WHY), "the row says why: {html}");
}

/// A repair of one step.
fn repair(name: &str, change: RepairChange, cost: RepairCost) -> Repair {
    let application: ApplicationId = id(15);
    Repair {
        content: detail(PlanStatus::Saved).content,
        steps: vec![RepairStep {
            application,
            name: name.to_owned(),
            change,
            because: "RatingEngine_Core uses DocumentVault_API.GetTariffFile".to_owned(),
        }],
        cost,
        remaining_errors: 0,
        exact: true,
    }
}

#[test]
fn other_fixes_stand_with_what_they_cost_and_are_one_press_away() {
    let shown = |preview: bool| {
        let found = vec![
            repair(
                "Document Vault",
                RepairChange::Add {
                    version: id(1500),
                    number: "4.2".parse().unwrap(),
                },
                RepairCost {
                    added: 1,
                    ..RepairCost::default()
                },
            ),
            repair(
                "Rating Engine",
                RepairChange::LeaveOut,
                RepairCost {
                    left_out: 1,
                    ..RepairCost::default()
                },
            ),
        ];
        text(&render("/plans/1854/fix", Standing::Operator, move || {
            view! {
                <Fixes
                    repairs=Signal::stored(Some(found))
                    preview=RwSignal::new(preview)
                    label=Callback::new(|_| "Add missing producers")
                    on_accept=Callback::new(|_| ())
                />
            }
        }))
    };
    let closed = shown(false);
    assert!(
        closed.contains("Smallest fix: add 1 application"),
        "{closed}"
    );
    assert!(
        closed.contains("Preview") && !closed.contains("Do this instead"),
        "{closed}"
    );
    let open = shown(true);
    assert!(open.contains("Or leave out 1 application"), "{open}");
    assert_eq!(open.matches("Do this instead").count(), 1, "{open}");
    assert!(open.contains("Hide steps"), "{open}");
}

#[test]
fn where_the_smallest_fix_will_stand_is_told_while_it_is_looked_for() {
    let shown = |repairs: Option<Vec<Repair>>, looking: bool| {
        text(&render("/plans/1854/fix", Standing::Operator, move || {
            view! {
                <Fixes
                    repairs=Signal::stored(repairs)
                    looking=Signal::stored(looking)
                    preview=RwSignal::new(false)
                    label=Callback::new(|_| "Apply this fix")
                    on_accept=Callback::new(|_| ())
                />
            }
        }))
    };
    let first = shown(None, true);
    assert!(first.contains("Looking for the smallest fix…"), "{first}");
    // What was found before stays where it is, and cannot be taken any more.
    let found = repair(
        "Rating Engine",
        RepairChange::LeaveOut,
        RepairCost::default(),
    );
    let again = shown(Some(vec![found]), true);
    assert!(again.contains("Apply this fix"), "{again}");
    assert!(!again.contains("Looking for"), "{again}");
    let none = shown(Some(Vec::new()), false);
    assert!(
        none.contains("No other choice of versions settles this."),
        "{none}"
    );
    assert_eq!(shown(None, false).trim(), "");
}

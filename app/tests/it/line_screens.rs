//! The page of a plan in line, as the server renders it.

use crate::render::{NOW, render, text};
use crate::sample::{HOSTILE, id, row};
use app::live::Heard;
use app::pages::plan_line::LineView;
use domain::Timestamp;
use domain::access::Standing;
use domain::environment::LinkState;
use domain::plan::PlanStatus;
use domain::view::{
    ActivePlanRef, Blocker, Hindrance, HoldsSlot, LineApplication, LineDetail, LineRow,
    LineSetting, PersonRef, Place, Stamp,
};
use leptos::prelude::*;

fn by(name: &str, minutes: i64) -> Stamp {
    Stamp {
        by: PersonRef {
            name: name.to_owned(),
            login: name.to_lowercase(),
        },
        at: Timestamp(NOW - minutes * 60_000),
    }
}

fn line(waits_for: Vec<Hindrance>) -> LineDetail {
    let mut plan = row(1854, PlanStatus::Queued);
    plan.stay.place = Some(Place {
        queued: by("Ana Ribeiro", 5),
        position: 1,
        length: 1,
        waits_for,
        in_spite_because: None,
    });
    LineDetail {
        plan,
        line: vec![LineRow {
            number: 1854,
            name: "Policy 5.3 and 3 more to Quality".to_owned(),
            queued: by("Ana Ribeiro", 5),
        }],
        there: vec![HoldsSlot {
            plan: ActivePlanRef {
                number: 1853,
                name: "Claims 2.14 to Quality".to_owned(),
                status: PlanStatus::Running,
                intervention: None,
                progress: (1, 4),
            },
            started: Some(by("Jonas Weber", 20)),
            ends: Some((Timestamp(NOW + 2 * 60_000), Timestamp(NOW + 4 * 60_000))),
        }],
        usual: Some((22 * 60_000, 24 * 60_000)),
        estimate: None,
        leave_refusal: None,
        notes: format!("Tell the **desk**. {HOSTILE}"),
        brings: vec![
            LineApplication {
                application: id(11),
                name: "Policy Core".to_owned(),
                number: "5.3".parse().ok(),
            },
            LineApplication {
                application: id(12),
                name: "Policy Centre".to_owned(),
                number: None,
            },
        ],
        settings: vec![
            LineSetting {
                module: "PolicyCore_BL".to_owned(),
                name: "Currency".to_owned(),
                value: Some("EUR".to_owned()),
                by: by("Mary Shaw", 60),
            },
            LineSetting {
                module: "PolicyCore_BL".to_owned(),
                name: "ApiKey".to_owned(),
                value: None,
                by: by("Mary Shaw", 60),
            },
        ],
        settings_after: false,
    }
}

fn html(detail: LineDetail) -> String {
    render("/plans/1854/line", Standing::Operator, move || {
        view! { <LineView detail lanes=3 heard=Heard::default() on_left=Callback::new(|()| ())/> }
    })
}

#[test]
fn a_plan_in_line_can_be_looked_at_and_sent_on_and_says_who_is_in_its_way() {
    let blocker = Blocker {
        number: 1853,
        name: "Claims 2.14 to Quality".to_owned(),
        path: vec!["PolicyCore_BL".into(), "ClaimsCore_BL".into()],
    };
    let html = html(line(vec![Hindrance::Plan(blocker)]));
    assert!(html.contains("href=\"/plans/1854/changes\""), "{html}");
    let shown = text(&html);
    for said in [
        "Copy link",
        "What will change",
        "Started 20 min ago by Jonas Weber. Usually about 22 to 24 min; it should end in about 2 to 4 min.",
        "Policy Core 5.3",
        "Policy Centre single modules",
        "and 2 more",
        "Currency EUR",
        "ApiKey a secret",
        "entered by Mary Shaw",
        "Deployment notes",
        "Tell the desk .",
    ] {
        assert!(shown.contains(said), "{said} is not in {shown}");
    }
    assert!(!html.contains("<script>alert"));
}

#[test]
fn an_agent_that_takes_no_work_is_told_with_what_to_do() {
    let waits = |link| {
        let no_agent = Hindrance::NoAgent("Quality".to_owned(), link);
        text(&html(line(vec![no_agent])))
    };
    for (link, what, remedy) in [
        (LinkState::Offline, "is away", "start the agent"),
        (LinkState::NeverJoined, "No agent has joined", "join code"),
        (LinkState::Incompatible, "speaks a protocol", "go together"),
    ] {
        let shown = waits(link);
        assert!(shown.contains("The agent of Quality"), "{shown}");
        assert!(shown.contains(what) && shown.contains(remedy), "{shown}");
    }
}

#[test]
fn what_another_plan_may_still_put_back_is_told_with_its_place() {
    let in_hand = Hindrance::InHand("Core".to_owned(), "Quality".to_owned());
    let shown = text(&html(line(vec![in_hand])));
    let said = "A plan that has switched Core in Quality, and may still go back there";
    assert!(shown.contains(said), "{shown}");
}

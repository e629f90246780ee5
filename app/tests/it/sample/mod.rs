//! A made-up plan, before and during its run.

mod plan;
mod report;
mod run;

pub use plan::detail;
pub use report::report;
pub use run::{log, run};

use crate::render::NOW;
use domain::Timestamp;
use domain::environment::{LinkState, Purpose};
use domain::execution::Phase;
use domain::plan::{PlanKind, PlanStatus};
use domain::view::{EnvironmentRow, PersonRef, PlanRow, PlanStamps, Stamp};
use std::str::FromStr;

/// A text that would be a script if anybody forgot to escape it.
pub const HOSTILE: &str = "</textarea><script>alert(1)</script>";

/// The id number `n`.
pub fn id<T: FromStr>(n: u32) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("{n:08}-0000-7000-8000-000000000000")
        .parse()
        .expect("an id")
}

fn number(text: &str) -> domain::VersionNumber {
    text.parse().expect("a number")
}

fn stamp(before: i64) -> Stamp {
    Stamp {
        by: PersonRef {
            name: "Ana Ribeiro".to_owned(),
            login: "ana".to_owned(),
        },
        at: Timestamp(NOW - before),
    }
}

/// Development, Quality, Production.
pub fn environments() -> Vec<EnvironmentRow> {
    [
        ("Development", Purpose::Development),
        ("Quality", Purpose::Test),
        ("Production", Purpose::Production),
    ]
    .into_iter()
    .zip(0_u32..)
    .map(|((name, purpose), position)| EnvironmentRow {
        id: id(100 + position),
        name: name.to_owned(),
        purpose,
        position,
        link: LinkState::Online,
        active_plans: 0,
        parallel_limit: 5,
        two_stage: false,
        open_plan: None,
        maintenance: None,
    })
    .collect()
}

/// A plan in the list.
pub fn row(plan: u64, status: PlanStatus) -> PlanRow {
    let started = !status.is_editable();
    PlanRow {
        id: id(plan as u32),
        number: plan,
        name: "Policy 5.3 and 3 more to Quality".to_owned(),
        kind: PlanKind::Ordinary,
        status,
        intervention: None,
        source: "Development".to_owned(),
        target: "Quality".to_owned(),
        lanes: (0, 1),
        applications: vec![
            ("Policy Core".to_owned(), Some(number("5.3"))),
            ("Policy Centre".to_owned(), Some(number("5.4"))),
        ],
        application_total: 4,
        unsaved: status == PlanStatus::Draft,
        findings: Some(if status == PlanStatus::Saved {
            (2, 1)
        } else {
            (0, 0)
        }),
        outdated_check: None,
        progress: if started { (13, 21) } else { (0, 0) },
        phase: started.then_some(Phase::Prepare),
        stamps: PlanStamps {
            created: stamp(3_600_000),
            saved: Some(stamp(600_000)),
            started: started.then(|| stamp(480_000)),
            continued: None,
            paused: None,
            waited: 0,
            queued: None,
            aborted: None,
            finished: status.is_terminal().then_some(Timestamp(NOW - 60_000)),
            synchronized: None,
        },
        stay: domain::view::PlanStay::default(),
        outcome: None,
        notes: String::new(),
    }
}

//! The plan in its editor.

use super::{HOSTILE, id, number, row};
use crate::render::NOW;
use domain::Timestamp;
use domain::application::{Marks, ModuleKind};
use domain::plan::{Choice, Operation, PlanContent, PlanKind, PlanStatus};
use domain::view::{EligibleVersion, PlanApplicationRow, PlanDetail};

fn application(
    n: u32,
    name: &str,
    source: (&str, bool),
    target: Option<&str>,
    eligible: &[&str],
    proposal: Option<&str>,
) -> PlanApplicationRow {
    let running = |n: &str, modified| {
        let marks = Marks {
            modified,
            ..Marks::default()
        };
        (Some(number(n)), marks)
    };
    let versions: Vec<EligibleVersion> = eligible
        .iter()
        .zip(0_u32..)
        .map(|(text, i)| EligibleVersion {
            id: id(n * 100 + i),
            number: number(text),
            description: String::new(),
            created: Timestamp(NOW),
        })
        .collect();
    let preselected = versions
        .first()
        .map_or(Choice::DoNothing, |v| Choice::Deploy { version: v.id });
    PlanApplicationRow {
        application: id(n),
        name: name.to_owned(),
        kind: ModuleKind::Service,
        modules: 6,
        different_modules: 4,
        in_source: Some(running(source.0, source.1)),
        in_target: target.map(|t| running(t, false)),
        eligible: versions,
        more_eligible: 0,
        tag_proposal: proposal.map(number),
        blocked: None,
        preselected,
    }
}

/// A saved plan with errors.
pub fn detail(status: PlanStatus) -> PlanDetail {
    let rows = vec![
        application(
            11,
            "Policy Core",
            ("5.3", false),
            Some("5.2"),
            &["5.3", "5.2"],
            None,
        ),
        application(
            12,
            "Policy Centre",
            ("5.3", true),
            Some("5.2"),
            &["5.3"],
            Some("5.4"),
        ),
        application(
            13,
            "Rating Engine",
            ("6.20", false),
            Some("6.19"),
            &["6.20"],
            None,
        ),
        application(14, "Harbour UI", ("9.5", false), None, &["9.5"], None),
    ];
    let operation = |n: u32, choice| Operation {
        application: id(n),
        choice,
    };
    PlanDetail {
        row: row(1854, status),
        content: PlanContent {
            kind: PlanKind::Ordinary,
            source: id(100),
            target: id(101),
            operations: vec![
                operation(11, Choice::Deploy { version: id(1100) }),
                operation(
                    12,
                    Choice::TagAndDeploy {
                        number: number("5.4"),
                        description: HOSTILE.to_owned(),
                    },
                ),
                operation(13, Choice::Deploy { version: id(1300) }),
                operation(14, Choice::DoNothing),
            ],
            republish: vec![id(51)],
            notes: HOSTILE.to_owned(),
            settings: Vec::new(),
            settings_after: false,
        },
        changed: None,
        shared: false,
        own: true,
        revision: 3,
        rows,
        rolled_back_by: Vec::new(),
        origin: None,
        news: None,
        may_edit: true,
        may_start: true,
        refusal: None,
        who_can: None,
    }
}

//! A made-up plan, before and during its run.

use domain::Timestamp;
use domain::application::{Marks, ModuleKind};
use domain::environment::{LinkState, Purpose};
use domain::execution::{LogKind, Phase, StepKind, StepState};
use domain::impact::{
    ElementSubject, Finding, FindingCode, MissingProducer, ModuleSubject, OutdatedConsumer, Report,
    Severity, Versions, Wave, WaveModule,
};
use domain::plan::{Choice, Operation, PlanContent, PlanKind, PlanStatus};
use domain::reference::ElementKind;
use domain::view::{
    EligibleVersion, EnvironmentRow, LogLine, LogPage, PersonRef, PhaseRow, PlanApplicationRow,
    PlanDetail, PlanRow, PlanStamps, RunApplication, RunDetail, Stamp, StepRow,
};
use std::str::FromStr;

use crate::render::NOW;

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
    }
}

fn module(n: u32, name: &str, application: u32, application_name: &str) -> ModuleSubject {
    ModuleSubject {
        module: id(n),
        name: name.to_owned(),
        application: id(application),
        application_name: application_name.to_owned(),
    }
}

/// A report with an error, a warning, waves and consumers.
pub fn report() -> Report {
    let engine = module(31, "RatingEngine_Core", 13, "Rating Engine");
    let vault = module(32, "DocumentVault_API", 15, "Document Vault");
    let partner = module(51, "PartnerAPI_Core", 16, "Partner API");
    let element = ElementSubject {
        kind: ElementKind::ServiceAction,
        name: "GetTariffFile".to_owned(),
    };
    let finding = |severity, code, consumer: &ModuleSubject, producer: &ModuleSubject| Finding {
        severity,
        code,
        application: Some(id(13)),
        consumer: Some(consumer.clone()),
        producer: Some(producer.clone()),
        elements: vec![element.clone()],
        element_count: 1,
        versions: Versions {
            in_target: Some(number("4.1")),
            planned: None,
            needed: Some(number("4.2")),
        },
        path: vec![consumer.name.clone(), producer.name.clone()],
        detail: None,
    };
    Report {
        findings: vec![
            finding(
                Severity::Error,
                FindingCode::ProducerElementMissing,
                &engine,
                &vault,
            ),
            finding(
                Severity::Warning,
                FindingCode::ConsumerOutdated,
                &module(52, "ReportingMart_Core", 17, "Reporting Mart"),
                &engine,
            ),
            finding(
                Severity::Information,
                FindingCode::ModulesRemoved,
                &engine,
                &vault,
            ),
        ],
        outdated_consumers: vec![
            OutdatedConsumer {
                consumer: partner,
                version: id(61),
                producers: vec!["PolicyCore_BL".to_owned()],
                republished: true,
                allowed: true,
                would_break: false,
            },
            OutdatedConsumer {
                consumer: module(52, "ReportingMart_Core", 17, "Reporting Mart"),
                version: id(62),
                producers: vec!["PolicyCore_BL".to_owned(), "PolicyCore_CS".to_owned()],
                republished: false,
                allowed: false,
                would_break: false,
            },
        ],
        waves: vec![
            Wave {
                modules: ["PolicyTypes", "TariffTypes"]
                    .iter()
                    .map(|name| wave_module(name))
                    .collect(),
            },
            Wave {
                modules: [
                    "PolicyCore_BL",
                    "RatingEngine_Core",
                    "PolicyCentre_UI",
                    "PolicyDocs_UI",
                ]
                .iter()
                .map(|name| wave_module(name))
                .collect(),
            },
        ],
        missing_producers: vec![MissingProducer {
            application: id(15),
            name: "Document Vault".to_owned(),
            in_target: Some(number("4.1")),
            lowest: Some((id(1500), number("4.2"))),
            newest: Some((id(1501), number("4.3"))),
            tag: None,
            moved_by: None,
            because: vec!["RatingEngine_Core uses DocumentVault_API.GetTariffFile".to_owned()],
        }],
    }
}

fn wave_module(name: &str) -> WaveModule {
    WaveModule {
        module: id(40),
        name: name.into(),
        application: id(11),
        version: id(41),
        republish: false,
    }
}

const MODULES: [(&str, u32); 9] = [
    ("ClaimsTypes", 1),
    ("CustomerCore_CS", 1),
    ("ClaimsCore_CS", 2),
    ("CustomerCore_BL", 2),
    ("ClaimsDocs_IS", 2),
    ("ClaimsCore_BL", 3),
    ("FieldSync_API", 3),
    ("ClaimsWorkflow", 3),
    ("ClaimsPortal_UI", 4),
];

/// A run in its third wave of four.
pub fn run(status: PlanStatus) -> RunDetail {
    let mut steps = Vec::new();
    let t = |offset: i64| Some(Timestamp(NOW - 480_000 + offset));
    for (kind, phase) in [
        (StepKind::Transfer, Phase::Transfer),
        (StepKind::Stage, Phase::Prepare),
        (StepKind::Activate, Phase::Activate),
    ] {
        for ((name, wave), n) in MODULES.iter().zip(0_u32..) {
            let state = match (phase, *wave, status) {
                (_, _, PlanStatus::FinishedSuccessful)
                | (Phase::Transfer | Phase::Prepare, ..)
                | (Phase::Activate, 1 | 2, _) => StepState::Succeeded,
                (Phase::Activate, 3, PlanStatus::Aborted) if *name == "ClaimsWorkflow" => {
                    StepState::Failed
                }
                (_, _, PlanStatus::Aborted) => StepState::Skipped,
                (Phase::Activate, 3, _) => StepState::Running,
                _ => StepState::Waiting,
            };
            let begun = state != StepState::Waiting && state != StepState::Skipped;
            let from = i64::from(n) * 9_000 + phase as i64 * 100_000;
            steps.push(StepRow {
                id: id(700 + steps.len() as u32),
                phase,
                wave: *wave,
                kind,
                module: Some((id(200 + n), (*name).to_owned())),
                linked: None,
                application: Some(id(11)),
                republish: n == 4,
                state,
                attempts: 1,
                started: begun.then_some(()).and(t(from)),
                finished: matches!(state, StepState::Succeeded | StepState::Failed)
                    .then_some(())
                    .and(t(from + 8_000)),
                error: (state == StepState::Failed)
                    .then(|| "its health check did not pass".to_owned()),
                log_line: begun.then_some(u64::from(n) + 1),
            });
        }
    }
    let state_of = |phase| {
        let states = steps
            .iter()
            .filter(|s: &&StepRow| s.phase == phase)
            .map(|s| s.state);
        app::components::timeline::joined(states)
    };
    let phases = [
        Phase::Transfer,
        Phase::Prepare,
        Phase::Activate,
        Phase::Finish,
    ]
    .into_iter()
    .map(|phase| {
        let of: Vec<&StepRow> = steps.iter().filter(|s| s.phase == phase).collect();
        PhaseRow {
            phase,
            state: if of.is_empty() {
                StepState::Waiting
            } else {
                state_of(phase)
            },
            started: of.iter().filter_map(|s| s.started).min(),
            finished: of.iter().filter_map(|s| s.finished).max(),
        }
    })
    .collect();
    let mut plan = row(1853, status);
    "Claims 2.14 to Quality".clone_into(&mut plan.name);
    RunDetail {
        plan,
        rolls_back: None,
        rolled_back_by: Vec::new(),
        in_spite_because: None,
        notes: HOSTILE.to_owned(),
        phases,
        steps,
        edges: [
            (2, 0),
            (4, 0),
            (3, 1),
            (2, 1),
            (5, 2),
            (6, 2),
            (5, 3),
            (7, 4),
            (8, 5),
            (8, 7),
        ]
        .into_iter()
        .map(|(consumer, producer)| (id(200 + consumer), id(200 + producer)))
        .collect(),
        applications: vec![
            RunApplication {
                application: id(11),
                name: "Claims Core".to_owned(),
                from: Some(number("2.13")),
                to: Some(number("2.14")),
                custom: false,
                modules: (4, 5),
                state: StepState::Running,
            },
            RunApplication {
                application: id(12),
                name: "Partner API".to_owned(),
                from: Some(number("1.9")),
                to: None,
                custom: false,
                modules: (0, 1),
                state: StepState::Waiting,
            },
        ],
        abort: None,
        past_durations: vec![660_000, 780_000, 700_000],
        past_paces: Vec::new(),
        last_log: 12,
        abort_refusal: None,
        continue_refusal: None,
        keep_refusal: None,
        values: Vec::new(),
        values_refusal: None,
    }
}

/// The end of a log.
pub fn log() -> LogPage {
    let kinds = [
        LogKind::Start,
        LogKind::Step,
        LogKind::Info,
        LogKind::Warning,
        LogKind::Error,
    ];
    LogPage {
        lines: (3_u64..=12)
            .map(|n| LogLine {
                number: n,
                at: Timestamp(NOW - 480_000 + n as i64 * 1_037),
                kind: kinds[n as usize % kinds.len()],
                module: (n % 3 > 0).then(|| "ClaimsCore_BL".to_owned()),
                text: if n == 7 {
                    HOSTILE.to_owned()
                } else {
                    format!("Staged 2.14 against CustomerCore_BL 3.8, part {n}")
                },
            })
            .collect(),
        last: 12,
        more: false,
        complete: false,
    }
}
